//! What is known of the open issues, and what is news.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::*;
use crate::domain::TicketRow;

fn at(issue: Value, time: &str) -> Value {
    with(issue, "updated_on", json!(format!("2026-11-21T{time}Z")))
}

fn list(issues: &[Value]) -> Step {
    ok(&json!({ "issues": issues, "total_count": issues.len() }))
}

async fn rows(desk: &Shared) -> Vec<TicketRow> {
    desk.open(&Query::default()).await.unwrap().tickets
}

fn row(rows: &[TicketRow], id: &str) -> TicketRow {
    rows.iter().find(|r| r.id.as_str() == id).unwrap_or_else(|| panic!("no {id}: {rows:?}")).clone()
}

fn since(server: &TestServer) -> Vec<String> {
    let stamp = |l: String| l.split_once("updated_on=%3E%3D").map(|(_, rest)| rest.replace("%3A", ":"));
    lines(server).into_iter().filter(|l| !l.contains("last_updated_by")).filter_map(stamp).collect()
}

/// A ticket that was opened is newer than the list; what happened to others in between is asked for all the same.
#[tokio::test]
async fn opening_a_ticket_loses_no_news_of_others() {
    let eight = at(issue(8, None), "10:00:30");
    let (server, desk) = desk([
        ("GET /issues.json", vec![list(&[at(issue(7, None), "10:00:00"), eight]), list(&[]), list(&[])]),
        ("GET /issues/7.json", vec![one(&at(issue(7, None), "11:00:00"))]),
    ])
    .await;
    rows(&desk).await;
    desk.thread(&ticket(), None).await.unwrap();
    rows(&desk).await;
    let asked = since(&server);
    assert!(asked[0].starts_with("2026-11-21T10:00:25Z"), "{asked:?}");
}

/// While pages come, the first of them may change.
#[tokio::test]
async fn what_changes_while_everything_is_read_is_news() {
    let dated = |issues: Vec<Value>, time: &str| {
        let header = format!("content-type: application/json\r\ndate: Sat, 21 Nov 2026 {time} GMT");
        answer("200 OK", &header, &json!({ "issues": issues, "total_count": 101 }).to_string())
    };
    let first: Vec<Value> = (2..102).map(|id| issue(id, None)).collect();
    let (server, desk) = desk([(
        "GET /issues.json",
        vec![dated(first, "10:30:00"), dated(vec![at(issue(1, None), "10:31:00")], "10:31:01"), list(&[]), list(&[])],
    )])
    .await;
    rows(&desk).await;
    rows(&desk).await;
    assert!(since(&server)[0].starts_with("2026-11-21T10:29:55Z"), "{:?}", since(&server));
}

/// Two changes within a second have one time.
#[tokio::test]
async fn a_second_change_within_a_second_is_seen() {
    let busy = |name: &str, holder| with(at(issue(7, holder), "10:00:30"), "subject", json!(name));
    let (_server, desk) = desk([(
        "GET /issues.json",
        vec![list(&[busy("Parcel", None)]), list(&[]), list(&[busy("Parcel", Some(MIKA))]), list(&[])],
    )])
    .await;
    let before = row(&rows(&desk).await, "7");
    let after = row(&rows(&desk).await, "7");
    assert_eq!(after.assignee.unwrap().login.as_str(), "mika");
    assert!(after.version > before.version);
}

/// A customer answers within the second in which we wrote: the list looks the same.
#[tokio::test]
async fn a_customers_word_within_our_second_is_seen() {
    let now = |journals: Value| with(at(issue(7, Some(BEN)), "11:00:20"), "journals", journals);
    let open = with(now(json!([])), "status", json!({ "id": 2, "name": "In Progress", "is_closed": false }));
    let said = with(open.clone(), "journals", json!([journal(20, BEN, "On it.", false)]));
    let (server, desk) = desk([
        ("GET /issues.json", vec![list(std::slice::from_ref(&open))]),
        ("GET /issues/7.json", vec![one(&open), one(&said)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    rows(&desk).await;
    let receipt = desk.apply(&reply(says("On it.")), &key()).await.unwrap();
    assert!(!receipt.ticket.on_us);
    // Every list of the script names it, also the one of what the customer's side touched last.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert!(row(&rows(&desk).await, "7").on_us, "{:#?}", lines(&server));
    // It is asked once, not for ever.
    let before = desk.round_trips();
    rows(&desk).await;
    assert_eq!(desk.round_trips() - before, 1, "{:#?}", lines(&server));
}

/// A list that is long on its way keeps nobody from a ticket, and does not undo what was seen meanwhile.
#[tokio::test]
async fn a_slow_list_keeps_nobody_waiting() {
    let (asked, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (heard, bell) = (Arc::clone(&asked), Arc::clone(&go));
    let script = land();
    let server = TestServer::by(move |request| {
        let line = request.lines().next().unwrap_or_default();
        let asked = line.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
        match asked.as_str() {
            "GET /issues.json" => {
                heard.add_permits(1);
                let Step::Say(bytes) = list(&[issue(7, None)]) else { unreachable!() };
                Step::Later(Arc::clone(&bell), bytes)
            }
            "GET /issues/7.json" => one(&at(issue(7, Some(MIKA)), "11:00:00")),
            asked => script.get(asked).map_or_else(|| empty("404 Not Found"), |steps| steps[0].clone()),
        }
    })
    .await;
    let desk = connect(&Connection { kind: "redmine".to_owned(), ..server.connection.clone() }).unwrap();
    let listing = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { rows(&desk).await }
    });
    let _heard = asked.acquire().await.unwrap();
    let thread = tokio::time::timeout(Duration::from_mins(1), desk.thread(&ticket(), None)).await.expect("it waits");
    assert!(thread.unwrap().ticket.assignee.is_some());
    go.add_permits(1);
    let listed = listing.await.unwrap();
    assert!(row(&listed, "7").assignee.is_some(), "what was read alone is newer");
}

/// What is known stays known when the server fails: the next look asks for what changed, not for everything.
#[tokio::test]
async fn a_failed_look_throws_nothing_away() {
    let down = empty("500 Internal Server Error");
    let (server, desk) = desk([("GET /issues.json", vec![list(&[issue(7, None)]), list(&[]), down, list(&[])])]).await;
    rows(&desk).await;
    assert!(desk.open(&Query::default()).await.is_err());
    assert_eq!(rows(&desk).await.len(), 1);
    assert_eq!(since(&server).len(), 2, "{:#?}", lines(&server));
}
