use super::*;
use crate::domain::fixture;
use crate::domain::{
    Agent, AssigneeFilter, Attachment, Bookmark, Counts, Cursor, DeskView, EventId, Page, Query, Queue, Status, Thread,
    TicketId, TicketRow, Update, UpdateKind,
};
use crate::text::Clean;
use sqlx::Row as _;

fn agent() -> Agent {
    Agent {
        id: "7".into(),
        login: Clean::line("mika"),
        name: Clean::line("Mika"),
        email: Clean::default(),
        color: 0,
        role: crate::domain::people::Role::Agent,
        load: crate::domain::Load::default(),
        presence: crate::domain::Presence::default(),
    }
}

fn view(tickets: Vec<TicketRow>, next: Option<Cursor>) -> Keep {
    Keep::View(
        Query::default(),
        Box::new(DeskView {
            me: agent(),
            queues: vec![Queue { id: "1".into(), name: Clean::line("Shop"), ..queue() }],
            agents: vec![agent()],
            totals: Counts::default(),
            tickets,
            next,
            last_event: Some(EventId::new("5")),
            labels: Vec::new(),
            preview: None,
        }),
    )
}

fn queue() -> Queue {
    serde_json::from_value(serde_json::json!({ "id": "1", "name": "Shop", "counts": Counts::default() })).unwrap()
}

fn row(n: u32) -> TicketRow {
    TicketRow { on_us: true, waiting_since: Some(time(n)), version: 1, ..fixture::row(&n.to_string()) }
}

fn time(n: u32) -> Timestamp {
    Timestamp::from_second(i64::from(n)).unwrap()
}

fn ids(page: &Kept<Page<TicketRow>>) -> Vec<&str> {
    page.what.rows.iter().map(|r| r.id.as_str()).collect()
}

fn open(dir: &std::path::Path) -> Cache {
    Local::open(dir, "a").unwrap().cache(Room::default())
}

#[tokio::test]
async fn the_main_screen_is_there_again_in_the_order_of_work() {
    let dir = tempfile::tempdir().unwrap();
    assert!(open(dir.path()).view(&Query::default()).await.is_none(), "nothing is known yet");
    open(dir.path()).keep(vec![view(vec![row(1), row(2), row(3)], None)]).await;
    let again = open(dir.path());
    let kept = again.view(&Query::default()).await.unwrap();
    assert_eq!(kept.what.tickets.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert_eq!((kept.what.me.login.as_str(), kept.what.queues.len()), ("mika", 1));
    // A list that was never asked for is made of the same rows.
    let nobody = Query { assignee: AssigneeFilter::Nobody, ..Query::default() };
    assert_eq!(ids(&again.page(&nobody, None).await.unwrap()), ["1", "2", "3"]);
    let mine = Query { assignee: AssigneeFilter::Me, ..Query::default() };
    assert!(again.page(&mine, None).await.is_none());
}

#[tokio::test]
async fn what_a_page_does_not_list_any_more_is_gone_and_what_is_behind_it_stays() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    cache.keep(vec![view((1..=6).map(row).collect(), None)]).await;
    // 2 is gone; 5 and 6 are on the next page.
    cache.keep(vec![view(vec![row(1), row(3), row(4)], Some(Cursor("x".into())))]).await;
    assert_eq!(ids(&cache.page(&Query::default(), None).await.unwrap()), ["1", "3", "4", "5", "6"]);
    let short = Query { limit: Some(2), ..Query::default() };
    let first = cache.page(&short, None).await.unwrap();
    assert_eq!(ids(&first), ["1", "3"]);
    let next = first.what.next.unwrap();
    assert_eq!(next.kept_rows(), Some(2));
    assert_eq!(ids(&cache.page(&short, Some(&next)).await.unwrap()), ["4", "5"]);
    assert!(cache.page(&short, Some(&Cursor("the desk's".into()))).await.is_none());
    // A page that goes on, and on which nothing fitted yet, takes nothing away.
    cache.keep(vec![view(Vec::new(), Some(Cursor("y".into())))]).await;
    assert_eq!(ids(&cache.page(&Query::default(), None).await.unwrap()), ["1", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn news_change_rows_and_threads() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    let thread = Thread { ticket: row(1), messages: Vec::new(), events: Vec::new() };
    cache.keep(vec![view(vec![row(1)], None), Keep::Thread(Box::new(thread))]).await;
    assert!(cache.is_current(&"1".into()).await);
    let news = |row: TicketRow| Update {
        id: EventId::new("6"),
        kind: UpdateKind::Ticket,
        ticket: Some(row),
        event: None,
        message: None,
        queues: Vec::new(),
        totals: Some(Counts { open: 9, ..Counts::default() }),
        agents: Vec::new(),
    };
    let done = TicketRow { status: Status::Resolved, version: 2, messages: 0, ..row(1) };
    cache.keep(vec![Keep::Update(Box::new(news(done)))]).await;
    assert!(cache.page(&Query::default(), None).await.is_none(), "it is done");
    assert!(cache.is_current(&"1".into()).await, "the thread went along");
    assert_eq!(cache.thread(&"1".into()).await.unwrap().what.ticket.status, Status::Resolved);
    // A message that did not come with the news: the thread is asked for again.
    let more = TicketRow { version: 3, messages: 2, ..row(1) };
    cache.keep(vec![Keep::Update(Box::new(news(more)))]).await;
    assert!(!cache.is_current(&"1".into()).await);
    assert_eq!(cache.view(&Query::default()).await.unwrap().what.totals.open, 9);
}

#[tokio::test]
async fn words_are_found_in_rows_and_threads_of_any_language() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    let mut deep = Thread { ticket: row(2), messages: Vec::new(), events: Vec::new() };
    deep.messages.push(crate::domain::Message {
        id: "9".into(),
        number: 1,
        kind: crate::domain::Kind::Incoming,
        author: crate::domain::Requester::parse("Ann <ann@example.net>"),
        agent: None,
        at: time(1),
        subject: None,
        to: Vec::new(),
        cc: Vec::new(),
        text: Clean::text("100% refund please, ＡＢＣ\n荷物が届きません"),
        from_html: false,
        attachments: Vec::new(),
        excerpt_of: None,
        delivery: None,
    });
    let done = TicketRow { status: Status::Closed, ..row(2) };
    cache.keep(vec![view(vec![row(1)], None), Keep::Thread(Box::new(Thread { ticket: done, ..deep }))]).await;
    for (words, found) in
        [("parcel", vec!["2", "1"]), ("荷物", vec!["2"]), ("abc REFUND", vec!["2"]), ("100%", vec!["2"])]
    {
        let query = Query { text: Some(words.to_owned()), ..Query::default() };
        let page = cache.page(&query, None).await.unwrap();
        let mut got = ids(&page);
        got.sort_unstable();
        let mut want = found.clone();
        want.sort_unstable();
        assert_eq!(got, want, "{words}");
    }
    let nothing = Query { text: Some("_arcel".to_owned()), ..Query::default() };
    assert!(cache.page(&nothing, None).await.is_none());
}

#[tokio::test]
async fn the_oldest_threads_and_files_go_when_there_is_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Local::open(dir.path(), "a").unwrap().cache(Room { threads: 3000, files: 10 });
    for n in 1..=9 {
        let thread = Thread { ticket: row(n), messages: Vec::new(), events: Vec::new() };
        cache.keep(vec![Keep::Thread(Box::new(thread))]).await;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        cache.looked_at(&"1".into()).await;
    }
    assert!(cache.thread(&"1".into()).await.is_some(), "somebody looked at it");
    assert!(cache.thread(&"2".into()).await.is_none());
    let file = |id: &str| Attachment {
        id: id.into(),
        name: Clean::line("a.pdf"),
        media_type: Clean::line("application/pdf"),
        size: 6,
    };
    cache.keep(vec![Keep::File(file("1"), b"first!".to_vec())]).await;
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    cache.keep(vec![Keep::File(file("2"), b"second".to_vec())]).await;
    assert!(cache.file(&"1".into()).await.is_none());
    assert_eq!(cache.file(&"2".into()).await.unwrap().2, b"second");
}

#[tokio::test]
async fn a_damaged_file_is_made_anew_and_only_its_user_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    std::fs::write(cache.path(), "no database ".repeat(1000)).unwrap();
    assert!(cache.view(&Query::default()).await.is_none());
    cache.keep(vec![view(vec![row(1)], None)]).await;
    assert!(cache.view(&Query::default()).await.is_some());
    assert_eq!(std::fs::metadata(cache.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_the_memory_only() {
    let cache = Cache::at("/proc/nowhere/cache.db".into(), Room::default(), false);
    cache.keep(vec![view(vec![row(1)], None)]).await;
    assert!(cache.view(&Query::default()).await.is_none());
}

#[tokio::test]
async fn how_far_was_read_is_there_again_and_the_oldest_goes() {
    let dir = tempfile::tempdir().unwrap();
    let read = |ticket: u32, message: &str, messages| {
        Keep::Read(TicketId::new(ticket.to_string()), Bookmark { message: message.into(), messages, at: time(9) })
    };
    open(dir.path()).keep(vec![read(1, "a", 1), read(2, "b", 4), read(1, "c", 3)]).await;
    let cache = open(dir.path());
    let at = |message: &str, messages| Bookmark { message: message.into(), messages, at: time(9) };
    assert_eq!(cache.bookmarks().await, [("1".into(), at("c", 3)), ("2".into(), at("b", 4))]);
    cache.keep((3..1_002).map(|n| read(n, "m", 1)).collect()).await;
    let mut line = cache.inner.reader.lock().await;
    let db = cache.connection(&mut line).await.unwrap();
    let kept = sqlx::query("SELECT count(*), min(CAST(ticket AS INTEGER)) FROM bookmark").fetch_one(db).await.unwrap();
    assert_eq!((kept.get::<i64, _>(0), kept.get::<i64, _>(1)), (1_000, 1), "#2 was read longest ago");
}
