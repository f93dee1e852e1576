//! What is known of the open issues, and what is news.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
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
    let heard = row(&rows(&desk).await, "7");
    assert!(heard.on_us, "{:#?}", lines(&server));
    // An open thread is read again for a newer row only.
    assert!(heard.version > receipt.ticket.version);
    // It is asked once, not for ever.
    let before = desk.round_trips();
    rows(&desk).await;
    assert_eq!(desk.round_trips() - before, 1, "{:#?}", lines(&server));
}

/// A customer answers within the second of a colleague's claim, which was seen in between: seen once on a real server, where nothing
/// came of the answer.
#[tokio::test]
async fn a_customers_word_within_a_colleagues_second_is_seen() {
    // However slow the test is.
    let now = Timestamp::now().checked_add(SignedDuration::from_hours(1)).unwrap();
    let open = json!({ "id": 2, "name": "In Progress", "is_closed": false });
    let free = with(at(issue(7, None), "11:00:20"), "status", open);
    let held = with(free.clone(), "assigned_to", json!({ "id": 6, "name": "Ben Ito" }));
    let held = with(held, "updated_on", json!(book::stamp(now)));
    let read = with(held.clone(), "journals", json!([journal(20, BEN, "On it.", false)]));
    let held = || list(std::slice::from_ref(&held));
    let (server, desk) = desk([
        ("GET /issues.json", vec![list(&[free]), list(&[]), held(), held(), held()]),
        ("GET /issues/7.json", vec![one(&read)]),
    ])
    .await;
    rows(&desk).await;
    // Read within that second, the thread lacks the answer as well.
    let thread = desk.thread(&ticket(), None).await.unwrap();
    assert!(thread.ticket.assignee.is_some() && !thread.ticket.on_us);
    assert!(!row(&rows(&desk).await, "7").on_us, "{:#?}", lines(&server));
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let heard = row(&rows(&desk).await, "7");
    assert!(heard.on_us && heard.version > thread.ticket.version, "{heard:?} {:#?}", lines(&server));
    // It is asked once, also where the server's clock is far ahead; what the thread told else is kept, and its row stands still.
    for _ in 0..2 {
        let before = desk.round_trips();
        let again = row(&rows(&desk).await, "7");
        assert_eq!((desk.round_trips() - before, again.version), (1, heard.version), "{:#?}", lines(&server));
        assert_eq!(again.messages, thread.ticket.messages);
    }
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

/// After a long silence everything is read again, and with it what came within the second in which we wrote: it is not asked for ever.
#[tokio::test]
async fn an_own_change_is_asked_after_once_also_when_everything_is_read() {
    let own = at(issue(7, Some(BEN)), "11:00:20");
    let other = at(issue(8, None), "12:00:00");
    let said = with(own.clone(), "journals", json!([journal(20, BEN, "On it.", false)]));
    let all = || list(&[own.clone(), other.clone()]);
    let many = ok(&json!({ "issues": [own], "total_count": 301 }));
    let (server, desk) = desk([
        ("GET /issues.json", vec![all(), list(&[]), many, all(), list(&[]), all()]),
        ("GET /issues/7.json", vec![one(&own), one(&said)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    rows(&desk).await;
    desk.apply(&reply(says("On it.")), &key()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    rows(&desk).await;
    let before = desk.round_trips();
    rows(&desk).await;
    assert_eq!(desk.round_trips() - before, 1, "{:#?}", lines(&server));
    let asked = since(&server);
    let begins: Vec<&str> = asked.iter().map(|at| &at[..20]).collect();
    assert_eq!(begins, ["2026-11-21T11:00:15Z", "2026-11-21T11:59:55Z"]);
}

/// A server takes no address of 8 kB.
#[tokio::test]
async fn many_customers_who_are_users_are_asked_about_a_hundred_at_a_time() {
    let of = |id: i64| {
        let issue = at(issue(id, None), "10:00:30");
        let issue = with(issue, "author", json!({ "id": 1000 + id, "name": format!("User {id}") }));
        let issue = with(issue, "status", json!({ "id": 2, "name": "In Progress", "is_closed": false }));
        with(issue, "custom_fields", json!([]))
    };
    let page = |from: i64, to: i64| {
        let issues: Vec<Value> = (from..to).map(of).collect();
        ok(&json!({ "issues": issues, "total_count": 250 }))
    };
    let pages = vec![page(1, 101), page(101, 201), page(201, 251), list(&[]), list(&[]), list(&[of(240)])];
    let (server, desk) = desk([("GET /issues.json", pages)]).await;
    let view = desk.open(&Query { limit: Some(200), ..Query::default() }).await.unwrap();
    let asked: Vec<String> = lines(&server).into_iter().filter(|l| l.contains("last_updated_by")).collect();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|l| l.len() < 1000), "{asked:?}");
    assert!(asked[0].contains("=1001%7C") && asked[2].contains("%7C1250&"), "{asked:?}");
    let waiting: Vec<&str> = view.tickets.iter().filter(|r| r.on_us).map(|r| r.id.as_str()).collect();
    assert_eq!(waiting, ["240"]);
}

/// One is closed while pages are read: those after it move up, and the first of a page would be on none.
#[tokio::test]
async fn no_issue_is_missed_while_another_is_closed() {
    let page = |ids: std::ops::RangeInclusive<i64>, total: i64| {
        let issues: Vec<Value> = ids.rev().map(|id| issue(id, None)).collect();
        ok(&json!({ "issues": issues, "total_count": total }))
    };
    let (server, desk) = desk([(
        "GET /issues.json",
        vec![page(3..=102, 102), page(1..=1, 101), page(2..=101, 101), page(1..=1, 101), list(&[])],
    )])
    .await;
    let view = desk.open(&Query::default()).await.unwrap();
    assert_eq!(view.totals.open, 101, "{:#?}", lines(&server));
    // A desk at which that goes on is not read for ever.
    let closing = (0..3).flat_map(|_| [page(3..=102, 102), page(1..=1, 101)]).chain([list(&[])]).collect();
    let (server, desk) = self::desk([("GET /issues.json", closing)]).await;
    desk.open(&Query::default()).await.unwrap();
    let read = lines(&server).iter().filter(|l| l.contains("offset=100")).count();
    assert_eq!(read, 3, "{:#?}", lines(&server));
}
