//! What is new: nothing between two looks is lost.

use futures_util::StreamExt as _;

use super::*;
use crate::backend::Watched;

fn none() -> Step {
    list("", "null")
}

fn watching(server: &TestServer, poll: Duration) -> Rt {
    let connection = Connection { secret: Some(TOKEN.into()), poll: Some(poll), ..server.connection.clone() };
    Rt::new(&connection).unwrap()
}

const ME: &str = r#"{"id":47,"Name":"chen","RealName":"Chen Li","Memberships":[{"id":"51","type":"group"}]}"#;
const SHOP: &str = r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#;

#[tokio::test]
async fn news_are_what_was_updated_since() {
    let server = TestServer::answer([
        ("/queues/all", ok(SHOP)),
        ("page=2", none()),
        ("page=3", none()),
        ("__Active__", list(&row(11, NOBODY, ""), "1")),
        ("/user/47", ok(ME)),
        ("/group/51", ok(r#"{"id":51,"Members":[{"id":"bram","type":"user"},{"id":"52","type":"group"}]}"#)),
        ("LastUpdated+%3E", list("", "0")),
        ("LastUpdated+%3E", list(&row(11, BRAM, ""), "1")),
        ("LastUpdated+%3E", list(&row(11, BRAM, ""), "1")),
    ])
    .await;
    let desk = watching(&server, Duration::from_millis(1));
    let mut news = desk.watch(None);
    assert!(matches!(news.next().await, Some(Watched::Connected { .. })));
    let Some(Watched::Update(counts)) = news.next().await else { panic!() };
    assert_eq!((counts.totals.unwrap().unassigned, counts.queues.len()), (0, 1));
    assert!(counts.agents.iter().any(|a| a.login.as_str() == "bram"));
    let Some(Watched::Update(changed)) = news.next().await else { panic!() };
    assert_eq!(nobody_else(changed.ticket.as_ref().unwrap()), Some("bram"));
    // Told once; only lengths of time are sent, for a date would be in the agent's zone.
    assert!(matches!(news.next().await, Some(Watched::Lost(_))), "the script has ended");
    let asked = asked(&server);
    let questions: Vec<&String> = asked.iter().filter(|a| a.contains("LastUpdated >")).collect();
    assert!(questions.iter().all(|a| a.contains("LastUpdated > '-1") && a.contains("seconds'")), "{questions:?}");
}

#[tokio::test]
async fn news_begin_with_the_main_screen() {
    let server = TestServer::answer([
        ("/user/47", ok(ME)),
        ("page=2", none()),
        ("page=3", none()),
        ("/queues/all", ok(SHOP)),
        ("__Active__", list(&row(11, NOBODY, ""), "1")),
        ("/group/51", ok(r#"{"id":51,"Members":[]}"#)),
        ("LastUpdated+%3E", list("", "0")),
    ])
    .await;
    let desk = watching(&server, Duration::from_secs(2));
    desk.open(&Query::default()).await.unwrap();
    // The screen was read a while before the first look.
    let earlier = jiff::Timestamp::now() - jiff::SignedDuration::from_millis(1_900);
    desk.memory().complete = Some(earlier);
    let mut news = desk.watch(None);
    assert!(matches!(news.next().await, Some(Watched::Connected { .. })));
    let beyond = |asked: Vec<String>| asked.into_iter().filter(|a| a.contains("&page=")).count();
    assert_eq!(beyond(asked(&server)), 0, "the start costs what the main screen costs");
    assert!(matches!(news.next().await, Some(Watched::Lost(_))), "the script has ended");
    assert_eq!(beyond(asked(&server)), 2, "queues behind the first page");
    let question = asked(&server).into_iter().find(|a| a.contains("LastUpdated >")).unwrap();
    let seconds: u32 = question.split("'-").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    // What changed since the screen, with the overlap: the second until the look alone would be too short.
    assert!((17..40).contains(&seconds), "{question}");
}

#[tokio::test]
async fn what_vanished_is_asked_for_a_few_at_a_time_and_not_forgotten() {
    let all: Vec<String> = (1..=9).map(|n| row(n, NOBODY, "")).collect();
    let all = all.join(",");
    let mut active = 0;
    let server = TestServer::by(move |request| match request {
        r if r.contains("/user/47") => ok(r#"{"id":47,"Name":"chen"}"#),
        r if r.contains("page=2") || r.contains("page=3") => none(),
        r if r.contains("/queues/all") => ok(SHOP),
        r if r.contains("LastUpdated+%3E") => list("", "0"),
        r if r.contains("__Active__") => {
            active += 1;
            if active == 1 { list(&all, "9") } else { list(&row(9, NOBODY, ""), "1") }
        }
        r if r.contains("/history") || r.contains("/attachments") => none(),
        r => {
            let id = r.split("query=id+%3D+").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
            list(&row(id, BRAM, "").replace(r#""Status":"open""#, r#""Status":"resolved""#), "1")
        }
    })
    .await;
    let desk = watching(&server, Duration::from_millis(1));
    let mut told = std::collections::BTreeSet::new();
    let mut news = desk.watch(None);
    while told.len() < 8 {
        match tokio::time::timeout(Duration::from_secs(20), news.next()).await.expect("all eight are told").unwrap() {
            Watched::Update(update) => told.extend(update.ticket.map(|row| (row.id, row.status))),
            Watched::Lost(error) => panic!("{error:?}"),
            Watched::Connected { .. } => {}
        }
    }
    assert!(told.iter().all(|(_, status)| *status == Status::Resolved), "{told:?}");
}

#[tokio::test]
async fn a_group_that_could_not_be_asked_for_is_asked_for_again() {
    let me = r#"{"id":47,"Name":"chen","Memberships":[{"id":"51"},{"id":"52"},{"id":"53"}]}"#;
    let members = |login: &str| ok(&format!(r#"{{"Members":[{{"id":"{login}","type":"user"}}]}}"#));
    let server = TestServer::answer([
        ("/user/47", ok(me)),
        ("/group/53", members("aiko")),
        ("/group/52", said("403 No", r#"{"message":"Forbidden"}"#)),
        ("/group/51", said("500 No", "")),
        ("/group/51", members("bram")),
    ])
    .await;
    let desk = desk(&server);
    assert!(desk.meet_team().await.is_err());
    desk.meet_team().await.unwrap();
    let team: std::collections::BTreeSet<String> = desk.memory().team.keys().cloned().collect();
    assert_eq!(team.into_iter().collect::<Vec<_>>(), ["aiko", "bram"]);
    assert_eq!(server.asked().len(), 5, "each once, but the one that failed");
}
