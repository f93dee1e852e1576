//! Lists that change while they are read, lists in which little fits, and lists that do not say how long they are.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Answers a question for tickets as RT does: between the ids, in the order and as many as asked for.
fn rows_of(ids: impl IntoIterator<Item = u32>, request: &str) -> Step {
    let line = request.lines().next().unwrap();
    let number = |before: &str| -> Option<u32> {
        let rest = &line[line.find(before)? + before.len()..];
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
    };
    let (low, high) = (number("+id+%3E+").unwrap_or(0), number("+id+%3C+").unwrap_or(u32::MAX));
    let mut ids: Vec<u32> = ids.into_iter().filter(|id| (low + 1..high).contains(id)).collect();
    ids.sort_unstable();
    if line.contains("order=DESC") {
        ids.reverse();
    }
    let rows: Vec<String> =
        ids.iter().take(number("per_page=").unwrap() as usize).map(|id| row(*id, BRAM, "")).collect();
    list(&rows.join(","), &ids.len().to_string())
}

const ME: &str = r#"{"id":47,"Name":"chen","RealName":"Chen Li","EmailAddress":"chen@rt.example"}"#;
const QUEUES: &str =
    r#"{"items":[{"id":"3","Name":"Shop"},{"id":"5","Name":"Onboarding"}],"count":2,"total":null,"pages":null}"#;

/// An RT with a main screen: `ids` are the active tickets when it is asked for them the nth time.
async fn shop(mut ids: impl FnMut(usize) -> Vec<u32> + Send + 'static) -> TestServer {
    let mut nth = 0;
    TestServer::by(move |request| match request {
        me if me.contains("/user/47") => ok(ME),
        queues if queues.contains("/queues/all") => ok(QUEUES),
        tickets => {
            nth += 1;
            rows_of(ids(nth), tickets)
        }
    })
    .await
}

#[tokio::test]
async fn the_main_screen_of_500_tickets_is_seven_requests() {
    let server = shop(|_| (1..=500).collect()).await;
    let desk = desk(&server);
    let view = desk.open(&Query { limit: Some(40), ..Query::default() }).await.unwrap();
    assert_eq!(desk.round_trips(), 7, "{:?}", asked(&server));
    assert_eq!((view.totals.open, view.totals.unassigned, view.queues[0].counts.open), (500, 0, 500));
    assert_eq!((view.me.name.as_str(), view.tickets.len(), view.queues.len()), ("Chen Li", 40, 2));
    // The rest is paged through without another question, and neither repeats nor skips one.
    let mut seen: BTreeSet<TicketId> = view.tickets.iter().map(|r| r.id.clone()).collect();
    let mut next = view.next;
    while let Some(cursor) = next {
        let page = desk.list(&Query { limit: Some(40), ..Query::default() }, Some(&cursor)).await.unwrap();
        assert!(page.rows.iter().all(|r| seen.insert(r.id.clone())));
        next = page.next;
    }
    assert_eq!((seen.len(), desk.round_trips()), (500, 7));
}

#[tokio::test]
async fn how_many_requests_a_list_is() {
    for (tickets, pages) in [(0, 1), (100, 1), (101, 2), (250, 3), (300, 3), (500, 5), (1001, 11)] {
        let server = shop(move |_| (1..=tickets).collect()).await;
        let view = desk(&server).open(&Query::default()).await.unwrap();
        assert_eq!((view.totals.open, server.asked().len()), (tickets, 2 + pages), "{tickets}");
    }
}

#[tokio::test]
async fn what_leaves_a_list_while_it_is_read_hides_no_other_ticket() {
    // With each question three of those leave that stood first, and three new ones come.
    let server = shop(|nth| (3 * nth as u32..=3 * nth as u32 + 460).collect()).await;
    let view = desk(&server).open(&Query { limit: Some(200), ..Query::default() }).await.unwrap();
    let desk = desk(&server);
    let mut seen: BTreeSet<i64> = BTreeSet::new();
    let mut page = desk.list(&Query { limit: Some(200), ..Query::default() }, None).await.unwrap();
    assert!(view.totals.open >= 440);
    loop {
        seen.extend(page.rows.iter().filter_map(|r| r.id.number()));
        let Some(next) = page.next else { break };
        page = desk.list(&Query { limit: Some(200), ..Query::default() }, Some(&next)).await.unwrap();
    }
    let (first, last) = (*seen.first().unwrap(), *seen.last().unwrap());
    let missing: Vec<i64> = (first..=last).filter(|id| !seen.contains(id)).collect();
    assert!(seen.len() > 400 && missing.is_empty(), "{first} to {last}: {missing:?}");
}

#[tokio::test]
async fn a_list_in_which_little_fits_is_walked_a_part_at_a_time() {
    // None of the 1200 closed ones bears that label.
    let server = TestServer::by(|request| {
        let Step::Say(bytes) = rows_of(1..=1200, request) else { unreachable!() };
        let text = String::from_utf8(bytes).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        ok(&body.replace(r#""Status":"open""#, r#""Status":"closed""#))
    })
    .await;
    let desk = desk(&server);
    let query = Query { status: vec![Status::Closed], labels: vec!["nowhere".to_owned()], ..Query::default() };
    let page = desk.list(&query, None).await.unwrap();
    assert_eq!((page.rows.len(), desk.round_trips()), (0, 5), "{:?}", asked(&server));
    assert_eq!(page.next, Some(Cursor("below:751".to_owned())));
    let mut calls = 1;
    let mut next = page.next;
    while let Some(cursor) = next {
        next = desk.list(&query, Some(&cursor)).await.unwrap().next;
        calls += 1;
    }
    assert_eq!((calls, desk.round_trips()), (3, 14));
    // What fills a page early leaves the rest to the next.
    let query = Query { status: vec![Status::Closed, Status::Resolved], limit: Some(150), ..Query::default() };
    let page = desk.list(&query, None).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (150, Some(Cursor("below:1051".to_owned()))));
}

#[tokio::test]
async fn nothing_is_asked_for_what_rt_does_not_know() {
    let server = TestServer::play([]).await;
    let query = Query { status: vec![Status::Snoozed], ..Query::default() };
    assert_eq!(desk(&server).list(&query, None).await.unwrap(), Page { rows: Vec::new(), next: None });
}

fn queues(range: std::ops::RangeInclusive<u32>) -> Step {
    let all: Vec<String> = range.map(|n| format!(r#"{{"id":"{n}","Name":"Q{n}","Lifecycle":"default"}}"#)).collect();
    list(&all.join(","), "null")
}

/// A page whose queues may not be seen.
fn hidden() -> Step {
    list("", "null")
}

#[tokio::test]
async fn queues_have_pages_and_short_ones_are_not_the_end() {
    // Most of the first hundred are hidden; a ticket is in a queue of the third page.
    let far = row(11, NOBODY, "").replace(r#""Queue":{"id":"3""#, r#""Queue":{"id":"231""#);
    let server = TestServer::answer([
        ("/user/47", ok(ME)),
        ("page=2", hidden()),
        ("page=3", queues(231..=232)),
        ("page=4", hidden()),
        ("page=5", hidden()),
        ("/queues/all", queues(3..=4)),
        ("/tickets", list(&far, "1")),
    ])
    .await;
    let view = desk(&server).open(&Query::default()).await.unwrap();
    assert_eq!(view.queues.iter().map(|q| q.id.as_str()).collect::<Vec<_>>(), ["3", "4", "231", "232"]);
    // A full page is followed by the next.
    let server = TestServer::answer([
        ("/user/47", ok(ME)),
        ("page=2", queues(101..=120)),
        ("page=3", hidden()),
        ("page=4", hidden()),
        ("/queues/all", queues(1..=100)),
        ("/tickets", list("", "0")),
    ])
    .await;
    assert_eq!(desk(&server).open(&Query::default()).await.unwrap().queues.len(), 120);
    // A queue that is named is looked for on all of them.
    let server = TestServer::play([queues(3..=4), queues(231..=232), hidden(), hidden()]).await;
    assert_eq!(desk(&server).queue("q232").await.unwrap().id.as_str(), "232");
}

#[tokio::test]
async fn labels_are_asked_for_in_every_field_that_was_seen() {
    let tags = row(12, NOBODY, "").replace(r#""name":"Labels""#, r#""name":"Tags""#);
    let server = TestServer::play([list(&format!("{},{tags}", row(11, NOBODY, "")), "2"), list("", "0")]).await;
    let desk = desk(&server);
    desk.list(&Query::default(), None).await.unwrap();
    desk.list(&Query { labels: vec!["VIP".to_owned()], ..Query::default() }, None).await.unwrap();
    let asked = asked(&server);
    assert!(asked[1].contains("( CF.{Labels} = 'VIP' OR CF.{Tags} = 'VIP' )"), "{asked:?}");
}

/// Answers each request after a while, and counts how many wait at once.
async fn slow() -> (Connection, Arc<AtomicUsize>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let (counted, waiting) = (Arc::clone(&most), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (counted, waiting) = (Arc::clone(&counted), Arc::clone(&waiting));
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = socket.read(&mut head).await;
                counted.fetch_max(waiting.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(30)).await;
                waiting.fetch_sub(1, Ordering::SeqCst);
                let Step::Say(bytes) = list(&row(11, NOBODY, ""), "1") else { unreachable!() };
                let _ = socket.write_all(&bytes).await;
            });
        }
    });
    (crate::backend::testserver::connection(url), most)
}

#[tokio::test]
async fn at_most_six_requests_are_made_at_once() {
    let (connection, most) = slow().await;
    let desk = Rt::new(&Connection { secret: Some(TOKEN.into()), ..connection }).unwrap();
    let query = Query::default();
    let all = futures_util::future::join_all((0..20).map(|_| desk.list(&query, None))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), line::AT_ONCE);
}

/// The first page of a list may be remembered from an earlier screen, with that screen's cursor. It was answered by reading all
/// tickets once more, for seconds, while somebody scrolled.
#[tokio::test]
async fn a_list_that_another_screen_began_goes_on_without_a_question() {
    let server = shop(|_| (1..=500).collect()).await;
    let query = Query { limit: Some(40), ..Query::default() };
    let first = desk(&server).open(&query).await.unwrap();
    let desk = desk(&server);
    desk.open(&query).await.unwrap();
    let before = desk.round_trips();
    let page = desk.list(&query, first.next.as_ref()).await.unwrap();
    assert_eq!(desk.round_trips(), before, "{:?}", asked(&server));
    assert!(page.rows.iter().all(|row| first.tickets.iter().all(|t| t.id != row.id)) && page.rows.len() == 40);
    // Of tickets that nobody read it asks.
    let desk = self::desk(&server);
    desk.list(&query, first.next.as_ref()).await.unwrap();
    assert!(desk.round_trips() > 1);
}
