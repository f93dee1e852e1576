//! Ten clients of one desk that sends no news.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::*;
use crate::backend::{Backend, UpdateStream};
use crate::domain::fixture;
use crate::domain::{Change, ChangeId, DeskError, Imported, Requester, Support, Verb};
use crate::text::Clean;

/// A desk that counts its questions and sends no news.
#[derive(Default)]
struct Quiet {
    opens: AtomicU32,
    lists: AtomicU32,
}

fn view(opens: u32) -> DeskView {
    let me = serde_json::json!({ "id": "1", "login": "mika", "name": "Mika" });
    let mut row = fixture::row("7");
    row.version = u64::from(opens);
    let view = serde_json::json!({
        "me": me, "queues": [], "agents": [me], "totals": crate::domain::Counts::default(),
        "tickets": [row], "next": "the desk's own", "last_event": null,
    });
    serde_json::from_value(view).unwrap()
}

#[async_trait]
impl Backend for Quiet {
    fn kind(&self) -> &'static str {
        "quiet"
    }
    fn support(&self, _: Verb) -> Support {
        Support::Native
    }
    async fn open(&self, _: &Query) -> DeskResult<DeskView> {
        let n = self.opens.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok(view(n + 1))
    }
    async fn list(&self, _: &Query, _: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        Ok(Page { rows: vec![fixture::row("7")], next: None })
    }
    async fn thread(&self, _: &TicketId, _: Option<&str>) -> DeskResult<Thread> {
        Err(DeskError::Unavailable { why: Clean::line("not here") })
    }
    async fn timeline(&self, _: &TimelineBy, _: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        Err(DeskError::Unavailable { why: Clean::line("not here") })
    }
    async fn attachment(&self, _: &AttachmentId) -> DeskResult<Download> {
        Err(DeskError::Unavailable { why: Clean::line("not here") })
    }
    async fn apply(&self, _: &Change, _: &ChangeId) -> DeskResult<Receipt> {
        Err(DeskError::Unavailable { why: Clean::line("not here") })
    }
    fn watch(&self, _: Option<EventId>) -> UpdateStream {
        self.lists.fetch_add(100, Ordering::SeqCst);
        let mut update = Update {
            id: EventId::new("1"),
            kind: UpdateKind::Ticket,
            ticket: Some(fixture::row("8")),
            event: None,
            message: None,
            queues: Vec::new(),
            totals: None,
            agents: Vec::new(),
        };
        let late = stream::once(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            update.kind = UpdateKind::Ticket;
            Watched::Update(Box::new(update))
        });
        late.chain(stream::pending()).boxed()
    }
    async fn presence(&self, _: &TicketId, _: bool) -> DeskResult<()> {
        Ok(())
    }
    async fn import(&self, _: &str, _: Bytes) -> DeskResult<Imported> {
        Err(DeskError::Unavailable { why: Clean::line("not here") })
    }
    fn poll_every(&self) -> Option<Duration> {
        Some(Duration::from_mins(1))
    }
    fn round_trips(&self) -> u64 {
        0
    }
    async fn find_requester(&self, _: &str) -> DeskResult<Vec<Requester>> {
        Ok(Vec::new())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_clients_ask_as_often_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Arc::new(Quiet::default());
    let clients: Vec<Reader> = (0..10)
        .map(|_| {
            // As processes have it: a connection and lock files of its own each.
            let local = Local::open(dir.path(), "a").unwrap();
            Reader::start(desk.clone(), local, Room::default())
        })
        .collect();
    let mut asked = Vec::new();
    for client in &clients {
        let client = client.clone();
        asked.push(tokio::spawn(async move {
            let view = client.view(&Query::default()).await.unwrap();
            let mine = Query { assignee: crate::domain::AssigneeFilter::Nobody, ..Query::default() };
            let page = client.page(&mine, None).await.unwrap();
            (view.tickets.len(), view.next, page.rows.len(), page.next)
        }));
    }
    for asked in asked {
        assert_eq!(asked.await.unwrap(), (1, Some(Cursor("the desk's own".into())), 1, None));
    }
    assert_eq!((desk.opens.load(Ordering::SeqCst), desk.lists.load(Ordering::SeqCst)), (1, 1));
    // One asks for news, and all hear them.
    let mut ears = Vec::new();
    for client in clients {
        let (sender, ear) = mpsc::channel(8);
        tokio::spawn(client.watch(None, sender));
        ears.push(ear);
    }
    for mut ear in ears {
        loop {
            match ear.recv().await.unwrap() {
                Watched::Update(update) => {
                    assert_eq!(update.ticket.unwrap().id.as_str(), "8");
                    break;
                }
                Watched::Connected { .. } => {}
                Watched::Lost(error) => panic!("{error}"),
            }
        }
    }
    assert_eq!(desk.lists.load(Ordering::SeqCst), 101, "one of them asks");
}

#[tokio::test]
async fn a_list_of_a_desk_that_was_never_opened_is_not_taken_for_empty() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Arc::new(Quiet::default());
    let local = Local::open(dir.path(), "a").unwrap();
    let reader = Reader::start(desk.clone(), local, Room::default());
    let mine = Query { assignee: crate::domain::AssigneeFilter::Me, ..Query::default() };
    for _ in 0..2 {
        // Who I am is not known here, so what was kept does not tell what is mine.
        assert_eq!(reader.page(&mine, None).await.unwrap().rows.len(), 1);
        reader.finish(Duration::from_secs(5)).await;
    }
}
