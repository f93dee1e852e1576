//! A desk that refuses, falls silent and dies, and what the outbox makes of it.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use super::*;
use crate::backend::{Backend, DeskResult, Download, TimelineBy, UpdateStream};
use crate::domain::fixture::{receipt, reply};
use crate::domain::id::AttachmentId;
use crate::domain::{
    AgentRef, Cursor, DeskView, EventId, Imported, Page, Query, Requester, Support, Thread, TicketRow, Verb,
};

/// A desk whose answers are written down before; without any left it does what it is asked.
#[derive(Default)]
struct Desk {
    answers: Mutex<VecDeque<DeskError>>,
    asked: Mutex<Vec<(Change, ChangeId)>>,
    /// Changes on the line now, and the most there were.
    busy: Mutex<(usize, usize)>,
    /// An answer waits for one of these permits, when there is a gate.
    gate: Option<tokio::sync::Semaphore>,
    forgetful: bool,
    /// What its tickets look like.
    thread: Option<Thread>,
    /// The answers are for changes of this ticket.
    only: Option<&'static str>,
}

impl Desk {
    fn that_says_of(ticket: &'static str, answer: DeskError) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(VecDeque::from([answer])), only: Some(ticket), ..Self::default() })
    }

    fn that_says(answers: impl IntoIterator<Item = DeskError>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }

    fn asked(&self) -> Vec<Change> {
        self.asked.lock().unwrap().iter().map(|(change, _)| change.clone()).collect()
    }

    fn keys(&self) -> Vec<ChangeId> {
        self.asked.lock().unwrap().iter().map(|(_, key)| key.clone()).collect()
    }
}

fn never<T>() -> DeskResult<T> {
    Err(DeskError::NotPossible { why: Clean::line("not in this test") })
}

#[async_trait]
impl Backend for Desk {
    fn kind(&self) -> &'static str {
        "test"
    }
    fn support(&self, _: Verb) -> Support {
        Support::Native
    }
    async fn open(&self, _: &Query) -> DeskResult<DeskView> {
        never()
    }
    async fn list(&self, _: &Query, _: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        never()
    }
    async fn thread(&self, _: &TicketId, _: Option<&str>) -> DeskResult<Thread> {
        self.thread.clone().map_or_else(never, Ok)
    }
    async fn timeline(&self, _: &TimelineBy, _: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        never()
    }
    async fn attachment(&self, _: &AttachmentId) -> DeskResult<Download> {
        never()
    }
    async fn apply(&self, change: &Change, key: &ChangeId) -> DeskResult<Receipt> {
        self.asked.lock().unwrap().push((change.clone(), key.clone()));
        let said = {
            let mut answers = self.answers.lock().unwrap();
            let only = self.only.is_none_or(|ticket| change.ticket() == Some(&TicketId::new(ticket)));
            if only { answers.pop_front() } else { None }
        };
        {
            let mut busy = self.busy.lock().unwrap();
            busy.0 += 1;
            busy.1 = busy.1.max(busy.0);
        }
        match &self.gate {
            Some(gate) => gate.acquire().await.unwrap().forget(),
            None => tokio::task::yield_now().await,
        }
        self.busy.lock().unwrap().0 -= 1;
        match said {
            Some(error) => Err(error),
            None => Ok(receipt(change.ticket().map_or("1", |t| t.as_str()))),
        }
    }
    fn watch(&self, _: Option<EventId>) -> UpdateStream {
        Box::pin(stream::pending())
    }
    async fn presence(&self, _: &TicketId, _: bool) -> DeskResult<()> {
        never()
    }
    async fn import(&self, _: &str, _: Bytes) -> DeskResult<Imported> {
        never()
    }
    fn repeats_safely(&self) -> bool {
        !self.forgetful
    }
    fn round_trips(&self) -> u64 {
        0
    }
    async fn find_requester(&self, _: &str) -> DeskResult<Vec<Requester>> {
        never()
    }
}

fn local() -> (tempfile::TempDir, Local) {
    let dir = tempfile::tempdir().unwrap();
    let local = again(&dir);
    (dir, local)
}

fn again(dir: &tempfile::TempDir) -> Local {
    Local::open(dir.path(), "http://desk.example|mika").unwrap()
}

fn shared(desk: &Arc<Desk>) -> Shared {
    Arc::<Desk>::clone(desk)
}

fn unreachable(maybe_done: bool) -> DeskError {
    DeskError::Unreachable { why: Clean::line("down"), maybe_done }
}

fn held(mine: bool) -> DeskError {
    let by = AgentRef { id: "5".into(), login: Clean::line("taro"), name: Clean::line("Taro Sato") };
    DeskError::Held { by, since: None, mine }
}

fn claim(ticket: &str) -> Change {
    Change::Claim { ticket: TicketId::new(ticket) }
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_command_gets_its_answers_in_the_order_of_its_changes() {
    let (_dir, local) = local();
    let desk = Desk::that_says_of("1", held(false));
    let outcomes = submit(&local, &shared(&desk), vec![claim("1"), claim("2"), reply("3", "x")], LONG).await.unwrap();
    let ends: Vec<_> = outcomes.iter().map(|o| matches!(o.end, End::Applied(_))).collect();
    assert_eq!(ends, [false, true, true]);
    assert_eq!(outcomes[0].end, End::Refused(held(false)));
    assert_eq!(local.outbox().await.unwrap(), [], "a refused change without text is forgotten");
    assert_eq!(local.done(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_refused_text_stays() {
    let (_dir, local) = local();
    let desk = Desk::that_says([DeskError::MovedOn { messages: Vec::new() }]);
    let outcomes = submit(&local, &shared(&desk), vec![reply("3", "long text")], LONG).await.unwrap();
    assert!(matches!(outcomes[0].end, End::Refused(DeskError::MovedOn { .. })));
    assert_eq!(local.outbox().await.unwrap()[0].change, reply("3", "long text"));
}

#[tokio::test]
async fn a_desk_that_is_not_there_keeps_a_command_no_longer_than_it_must() {
    let (dir, local) = local();
    let desk = Desk::that_says([unreachable(false)]);
    let outcomes = submit(&local, &shared(&desk), vec![reply("3", "x")], LONG).await.unwrap();
    assert_eq!(outcomes[0].end, End::Queued(Some(unreachable(false))));
    drop(local);
    // The next command takes it along, first things first.
    let next = submit(&again(&dir), &shared(&desk), vec![claim("4")], LONG).await.unwrap();
    assert!(matches!(next[0].end, End::Applied(_)));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let (_dir, local) = local();
    let desk = Desk::that_says([unreachable(true)]);
    let mut engine = Engine::new(local.clone(), shared(&desk), None);
    engine.backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(5));
    let outcomes = submit_by(engine, vec![reply("3", "x")], LONG).await.unwrap();
    assert!(matches!(outcomes[0].end, End::Applied(_)), "{outcomes:?}");
    let keys = desk.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
}

#[tokio::test]
async fn a_forgetful_desk_is_not_asked_again() {
    let (_dir, local) = local();
    let desk = Arc::new(Desk {
        answers: Mutex::new(VecDeque::from([DeskError::Garbled { why: Clean::line("a web page") }])),
        forgetful: true,
        ..Desk::default()
    });
    let mut engine = Engine::new(local.clone(), shared(&desk), None);
    engine.backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(5));
    let outcomes = submit_by(engine, vec![reply("3", "x")], LONG).await.unwrap();
    assert!(matches!(outcomes[0].end, End::Queued(Some(DeskError::Garbled { .. }))));
    let row = local.outbox().await.unwrap().remove(0);
    assert_eq!(row.state, OutboxState::Unknown);
    assert_eq!(desk.asked().len(), 1);
}

#[tokio::test]
async fn the_thread_tells_what_a_forgetful_desk_did() {
    let thread = |texts: &[&str]| {
        let message = |text: &&str| serde_json::json!({ "id": "5", "number": 1, "kind": "reply", "author": {}, "at": Timestamp::now(), "text": text });
        let messages: Vec<_> = texts.iter().map(message).collect();
        let row = crate::domain::fixture::row("3");
        serde_json::from_value::<Thread>(serde_json::json!({ "ticket": row, "messages": messages })).unwrap()
    };
    for (thread, asked) in [(thread(&["it is on its way"]), 1), (thread(&["something else"]), 2)] {
        let (_dir, local) = local();
        let desk = Arc::new(Desk {
            answers: Mutex::new(VecDeque::from([unreachable(true)])),
            forgetful: true,
            thread: Some(thread),
            ..Desk::default()
        });
        let mut engine = Engine::new(local.clone(), shared(&desk), None);
        engine.backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(5));
        let changes = vec![reply("3", "it is on its way"), reply("3", "and more")];
        let outcomes = submit_by(engine, changes, LONG).await.unwrap();
        assert!(outcomes.iter().all(|o| matches!(o.end, End::Applied(_))), "{outcomes:?}");
        // The second one waited until the first was known.
        assert_eq!(desk.asked().len(), asked + 1);
        assert_eq!(desk.asked().last(), Some(&reply("3", "and more")));
    }
}

struct Seat {
    pusher: Pusher,
    news: mpsc::Receiver<Pushed>,
}

fn sit(local: &Local, desk: &Arc<Desk>) -> Seat {
    let (events, news) = mpsc::channel(100);
    Seat { pusher: Pusher::start(local.clone(), shared(desk), events), news }
}

impl Seat {
    async fn submit(&self, change: Change, hold: Duration) -> ChangeId {
        let id = new_change_id();
        self.pusher.submit(vec![(id.clone(), change)], hold, Beside::default()).await.unwrap();
        id
    }

    async fn next(&mut self) -> Pushed {
        tokio::time::timeout(Duration::from_secs(20), self.news.recv()).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn changes_of_one_ticket_keep_their_order_and_tickets_do_not_wait_for_each_other() {
    let (_dir, local) = local();
    let desk = Arc::new(Desk { gate: Some(tokio::sync::Semaphore::new(0)), ..Desk::default() });
    for n in 0..3 {
        for ticket in ["7", "8"] {
            local.accept(&new_change_id(), reply(ticket, &n.to_string()), Duration::ZERO).await.unwrap();
        }
    }
    let merge = Change::Merge { ticket: TicketId::new("7"), into: TicketId::new("8") };
    local.accept(&new_change_id(), merge, Duration::ZERO).await.unwrap();
    let mut seat = sit(&local, &desk);
    let gate = desk.gate.as_ref().unwrap();
    while desk.busy.lock().unwrap().0 < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..7 {
        gate.add_permits(1);
        assert!(matches!(seat.next().await, Pushed::Applied { .. }));
    }
    let asked = desk.asked();
    for ticket in ["7", "8"] {
        let texts: Vec<_> = asked.iter().filter(|c| c.ticket() == Some(&TicketId::new(ticket))).collect();
        assert_eq!(texts[..3], [&reply(ticket, "0"), &reply(ticket, "1"), &reply(ticket, "2")]);
    }
    assert!(matches!(asked[6], Change::Merge { .. }), "a merge waits for both its tickets");
    assert_eq!(seat.pusher.settle(LONG).await, 0);
}

#[tokio::test]
async fn many_tickets_go_a_few_at_a_time() {
    let (_dir, local) = local();
    let desk = Desk::that_says([]);
    let changes = (0..20).map(|n| claim(&n.to_string())).collect();
    let outcomes = submit(&local, &shared(&desk), changes, LONG).await.unwrap();
    assert!(outcomes.iter().all(|o| matches!(o.end, End::Applied(_))));
    assert!(desk.busy.lock().unwrap().1 <= SIDE_BY_SIDE);
    assert_eq!(desk.asked().len(), 20);
}

#[tokio::test]
async fn a_reply_leaves_when_its_window_is_over_and_not_when_it_was_taken_back() {
    let (_dir, local) = local();
    let desk = Desk::that_says([]);
    let mut seat = sit(&local, &desk);
    let back = seat.submit(reply("7", "back"), Duration::from_hours(1)).await;
    let early = seat.submit(reply("8", "early"), Duration::from_hours(1)).await;
    let soon = seat.submit(reply("9", "soon"), Duration::from_millis(50)).await;
    assert_eq!(seat.pusher.unsend(&back).await.unwrap(), Some(reply("7", "back")));
    assert_eq!(*seat.next().await.id(), soon);
    assert_eq!(desk.asked(), [reply("9", "soon")]);
    assert!(seat.pusher.send_now(&early).await.unwrap());
    assert_eq!(*seat.next().await.id(), early);
    assert_eq!(seat.pusher.unsend(&early).await.unwrap(), None);
    assert_eq!(seat.pusher.waiting(), 0);
}

#[tokio::test]
async fn a_lost_claim_holds_back_what_was_meant_for_the_ticket() {
    let (_dir, local) = local();
    let desk = Desk::that_says_of("7", held(false));
    for change in [claim("7"), reply("7", "mine"), claim("7"), reply("8", "other")] {
        local.accept(&new_change_id(), change, Duration::ZERO).await.unwrap();
    }
    let mut seat = sit(&local, &desk);
    let mut refused = Vec::new();
    let mut applied = Vec::new();
    for _ in 0..4 {
        match seat.next().await {
            Pushed::Refused { change, error, .. } => refused.push((*change, error)),
            Pushed::Applied { change, .. } => applied.push(*change),
            other @ Pushed::Waiting { .. } => panic!("{other:?}"),
        }
    }
    assert_eq!(refused[0], (claim("7"), held(false)));
    assert_eq!(refused[1].0, reply("7", "mine"));
    assert!(refused[1].1.to_string().contains("Taro Sato"), "{}", refused[1].1);
    assert!(applied.contains(&reply("8", "other")) && applied.contains(&claim("7")));
    let kept = local.outbox().await.unwrap();
    assert!(kept.iter().any(|row| row.change == reply("7", "mine") && row.state == OutboxState::Failed));
}

#[tokio::test]
async fn a_desk_that_comes_back_gets_what_waited_in_order() {
    let (_dir, local) = local();
    let desk = Desk::that_says([unreachable(false)]);
    let mut seat = sit(&local, &desk);
    let first = seat.submit(reply("7", "1"), Duration::ZERO).await;
    assert!(matches!(seat.next().await, Pushed::Waiting { id, .. } if id == first));
    seat.submit(reply("7", "2"), Duration::ZERO).await;
    assert_eq!(seat.pusher.settle(Duration::from_millis(1)).await, 2);
    seat.pusher.hurry();
    assert_eq!(*seat.next().await.id(), first);
    seat.next().await;
    assert_eq!(desk.asked(), [reply("7", "1"), reply("7", "1"), reply("7", "2")]);
}

#[tokio::test]
async fn a_desk_that_asked_for_silence_gets_it_even_in_a_hurry() {
    let (_dir, local) = local();
    let desk = Desk::that_says([DeskError::Limited { retry_after: Some(Duration::from_hours(1)) }]);
    let mut seat = sit(&local, &desk);
    seat.submit(claim("7"), Duration::ZERO).await;
    seat.next().await;
    seat.pusher.hurry();
    // Another process of the same account is as patient.
    let outcomes = submit(&local, &shared(&desk), vec![claim("8")], Duration::from_millis(200)).await.unwrap();
    assert!(matches!(outcomes[0].end, End::Queued(_)));
    assert_eq!(desk.asked().len(), 1);
}

#[tokio::test]
async fn what_another_process_pushes_is_told_here_too() {
    let (dir, one) = local();
    let two = again(&dir);
    let desk = Desk::that_says([]);
    let lock = one.try_push_lock().unwrap().unwrap();
    let mut seat = sit(&two, &desk);
    let id = seat.submit(claim("7"), Duration::ZERO).await;
    // The other process sends it and ends.
    assert!(one.begin(&id).await.unwrap());
    one.applied(&id, &receipt("7")).await.unwrap();
    assert!(matches!(seat.next().await, Pushed::Applied { id: told, .. } if told == id));
    // What it did not get to is sent here as soon as the lock is free.
    let next = seat.submit(claim("8"), Duration::ZERO).await;
    drop(lock);
    assert!(matches!(seat.next().await, Pushed::Applied { id: told, .. } if told == next));
    assert_eq!(desk.asked(), [claim("8")]);
}

#[tokio::test]
async fn a_killed_programs_changes_go_out_once_more_under_their_keys() {
    let (dir, local) = local();
    let id = new_change_id();
    local.accept(&id, reply("7", "x"), Duration::ZERO).await.unwrap();
    assert!(local.begin(&id).await.unwrap());
    drop(local); // Killed with the request on the line.
    let desk = Desk::that_says([]);
    let mut seat = sit(&again(&dir), &desk);
    assert!(matches!(seat.next().await, Pushed::Applied { .. }));
    assert_eq!(desk.keys(), [id]);
}

#[tokio::test]
async fn the_task_ends_with_its_last_handle() {
    let (_dir, local) = local();
    let desk = Desk::that_says([]);
    let mut seat = sit(&local, &desk);
    drop(seat.pusher);
    assert_eq!(tokio::time::timeout(LONG, seat.news.recv()).await.unwrap(), None);
}
