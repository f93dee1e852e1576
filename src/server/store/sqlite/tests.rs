//! The store's story and its promises, over a real file.

use std::sync::Arc;

use sqlx::Row;

use self::whole::tally_is_true;
use super::*;
use crate::domain::change::{Receipt, Then};
use crate::domain::people::Role;
use crate::domain::{AgentId, AssigneeFilter, Excerpt, Kind, MessageId, QueueId, Status};
use crate::mail::parse::{Address, ParsedMail};
use crate::server::store::{Store, Written};
use crate::wire::*;

mod plans;
pub(super) mod whole;
mod words;

pub(super) async fn empty() -> (tempfile::TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("desk.db")).await.unwrap();
    (dir, store)
}

const T0: i64 = 1_767_600_000_000; // 2026-01-05T08:00:00Z
const HOUR: i64 = 3_600_000;

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(T0 + ms).unwrap()
}

pub(super) async fn agent(store: &dyn Store, login: &str) -> Caller {
    let new = NewAgent {
        login: login.to_owned(),
        name: format!("{login} Name"),
        email: format!("{login}@desk.example"),
        role: Role::Agent,
    };
    let agent = store.add_agent(&new, at(0)).await.unwrap();
    let mut hash = [0; 32];
    hash[..login.len()].copy_from_slice(login.as_bytes());
    store.add_token(login, "test", &hash, None, at(0)).await.unwrap();
    let caller = store.caller(&hash, at(0)).await.unwrap().unwrap();
    assert_eq!(caller.agent, agent.id);
    caller
}

/// A desk with two agents and the open queue Shop.
async fn desk(store: &dyn Store) -> (Caller, Caller) {
    store.add_queue("Shop", None, at(0)).await.unwrap();
    (agent(store, "mika").await, agent(store, "taro").await)
}

async fn ask(store: &dyn Store, who: &Caller, write: Write, ms: i64) -> Result<Receipt, DeskError> {
    match store.write(who, &WriteMeta::default(), write, at(ms)).await.unwrap().result? {
        Written::Changed(receipt) => Ok(*receipt),
        Written::Uploaded(_) => panic!("not an upload"),
    }
}

fn a_new(subject: &str, text: &str) -> Write {
    Write::New(NewTicketBody {
        queue: "Shop".to_owned(),
        requester: RequesterBody {
            name: "Ben Ode".to_owned(),
            email: "ben@example.net".to_owned(),
            ..RequesterBody::default()
        },
        subject: subject.to_owned(),
        text: text.to_owned(),
        channel: crate::domain::Channel::Mail,
        priority: crate::domain::Priority::Normal,
        labels: vec![],
        attachments: vec![],
    })
}

pub(super) async fn a_ticket(store: &dyn Store, who: &Caller, subject: &str, ms: i64) -> TicketId {
    ask(store, who, a_new(subject, "Where is my parcel?"), ms).await.unwrap().ticket.id
}

fn patch(id: &TicketId, patch: PatchBody) -> Write {
    Write::Patch(id.clone(), patch)
}

fn status(id: &TicketId, to: Status) -> Write {
    patch(id, PatchBody { status: Some(to), ..PatchBody::default() })
}

fn undo(id: &TicketId) -> Write {
    Write::Undo(id.clone(), UndoBody::default())
}

fn reply(id: &TicketId, text: &str) -> Write {
    Write::Reply(id.clone(), ReplyBody { text: text.to_owned(), ..ReplyBody::default() })
}

fn mail(id: &str, answers: &[&str], from: &str, ms: i64, text: &str) -> ParsedMail {
    ParsedMail {
        message_id: Some(id.to_owned()),
        in_reply_to: answers.last().map(|a| (*a).to_owned()).into_iter().collect(),
        references: answers.iter().map(|a| (*a).to_owned()).collect(),
        from: vec![Address { name: Clean::default(), email: Clean::line(from) }],
        subject: Clean::line(&format!("About {id}")),
        date: Some(at(ms)),
        text: Clean::text(text),
        ..ParsedMail::default()
    }
}

async fn take(store: &dyn Store, who: &Caller, mail: &ParsedMail, ms: i64) -> Imported {
    let raw = format!("{mail:?}");
    store.import(who, "Shop", mail, raw.as_bytes(), at(ms)).await.unwrap()
}

/// What every store promises, told once.
async fn story(store: &dyn Store) {
    let (mika, taro) = desk(store).await;
    let view = store.main(&mika, &Query::default(), at(0)).await.unwrap();
    assert_eq!((view.me.login.as_str(), view.queues.len(), view.tickets.len()), ("mika", 1, 0));
    assert_eq!(view.agents.iter().map(|a| a.color).collect::<Vec<_>>(), [0, 1]);
    let began = view.last_event.unwrap();

    // A ticket comes, is claimed once, and says who holds it.
    let id = a_ticket(store, &mika, "Where is my parcel", 0).await;
    assert_eq!(id.as_str(), "1001");
    let receipt = ask(store, &mika, Write::Claim(id.clone()), 1000).await.unwrap();
    assert_eq!(receipt.ticket.status, Status::New, "a claim leaves the status as it is");
    assert!(receipt.undoable && receipt.before.as_ref().unwrap().assignee.is_none());
    match ask(store, &taro, Write::Claim(id.clone()), 2000).await.unwrap_err() {
        DeskError::Held { by, since, mine } => {
            assert_eq!((by.login.as_str(), since, mine), ("mika", Some(at(1000)), false));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        ask(store, &mika, Write::Claim(id.clone()), 2000).await.unwrap_err(),
        DeskError::Held { mine: true, .. }
    ));
    let view = store.main(&mika, &Query::default(), at(2000)).await.unwrap();
    assert_eq!((view.totals.mine, view.totals.open, view.totals.unassigned), (1, 1, 0));
    assert_eq!((view.agents[0].load.load, view.agents[0].load.on_us), (1, 1));

    // An answer: new becomes open, the customer is waited for; then the customer answers.
    let first = store.thread(&mika, &id).await.unwrap().messages[0].id.clone();
    let body = ReplyBody {
        text: "On its way.".to_owned(),
        seen: Some(first.clone()),
        then: Then { status: Some(Status::Waiting), assignee: None },
        ..ReplyBody::default()
    };
    let answer = ask(store, &mika, Write::Reply(id.clone(), body.clone()), 3000).await.unwrap();
    assert_eq!((answer.ticket.status, answer.ticket.on_us), (Status::Waiting, false));
    assert_eq!(answer.message.unwrap().number, 2);
    let held_back = ask(store, &taro, Write::Reply(id.clone(), body.clone()), 4000).await.unwrap_err();
    assert!(matches!(held_back, DeskError::MovedOn { ref messages } if messages.len() == 1), "{held_back:?}");
    assert!(ask(store, &taro, Write::Reply(id.clone(), ReplyBody { force: true, ..body }), 4000).await.is_ok());
    ask(store, &taro, Write::Note(id.clone(), NoteBody { text: "VIP".to_owned(), ..NoteBody::default() }), 5000)
        .await
        .unwrap();

    // Steal, release, undo, redo.
    ask(store, &taro, Write::Steal(id.clone()), 6000).await.unwrap();
    let refused = ask(store, &mika, Write::Release(id.clone()), 6000).await.unwrap_err();
    assert_eq!(refused.kind(), "held");
    let back = ask(store, &taro, undo(&id), 7000).await.unwrap();
    assert_eq!(back.ticket.assignee.as_ref().unwrap().login.as_str(), "mika");
    let again = ask(store, &taro, Write::Undo(id.clone(), UndoBody { event: back.event }), 8000).await.unwrap();
    assert_eq!(again.ticket.assignee.as_ref().unwrap().login.as_str(), "taro");

    // Done tickets are not claimed; labels and subject change; history tells all of it.
    ask(store, &taro, Write::Release(id.clone()), 9000).await.unwrap();
    ask(store, &taro, status(&id, Status::Resolved), 9000).await.unwrap();
    assert_eq!(ask(store, &mika, Write::Claim(id.clone()), 9000).await.unwrap_err().kind(), "not-possible");
    let body = PatchBody {
        subject: Some("Parcel  88213".to_owned()),
        add_labels: vec!["vip".to_owned(), "parcel".to_owned()],
        status: Some(Status::Open),
        ..PatchBody::default()
    };
    let row = ask(store, &taro, patch(&id, body), 9500).await.unwrap().ticket;
    assert_eq!(row.subject.as_str(), "Parcel 88213");
    assert_eq!(row.labels.iter().map(Clean::as_str).collect::<Vec<_>>(), ["parcel", "vip"]);
    assert_eq!(store.labels(&mika).await.unwrap().len(), 2);
    let thread = store.thread(&mika, &id).await.unwrap();
    let kinds: Vec<Kind> = thread.messages.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [Kind::Incoming, Kind::Reply, Kind::Reply, Kind::Note]);
    let what: Vec<&str> = thread.events.iter().map(|e| e.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "new", "claim", "reply", "status", "reply", "note", "steal", "undo", "undo", "release", "status", "status",
            "label", "subject"
        ]
    );

    // The log gives the same to whoever was away.
    let log = store.events(&mika, &began, 100).await.unwrap().unwrap();
    assert_eq!(log.len(), what.len());
    assert_eq!(log.last().unwrap().ticket.version, row.version);
    assert_eq!(log[2].message.as_ref().unwrap().text.as_str(), "On its way.");
    assert_eq!(store.last_event().await.unwrap().to_string(), log.last().unwrap().event.id.to_string());
    assert!(store.events(&mika, &EventId::from(10_000), 100).await.unwrap().is_none());
    assert!(store.events(&mika, &EventId::from(0), 100).await.unwrap().is_none(), "before the agents were made");
}

#[tokio::test]
async fn the_story_holds() {
    let (_dir, store) = empty().await;
    story(&store).await;
}

#[tokio::test]
async fn the_file_is_private_and_a_newer_one_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("desk.db");
    let store = SqliteStore::open(&path).await.unwrap();
    desk(&store).await;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    let copy = dir.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    assert!(store.backup(&copy).await.is_err(), "a backup never overwrites");
    let other = SqliteStore::open(&copy).await.unwrap();
    assert_eq!(other.all_agents().await.unwrap().len(), 2);
    sqlx::raw_sql("PRAGMA user_version = 99").execute(&other.writer).await.unwrap();
    drop(other);
    match SqliteStore::open(&copy).await {
        Err(StoreError::TooNew { found: 99, known: SCHEMA }) => {}
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_claims_one_wins() {
    let (dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    let other = Arc::new(SqliteStore::open(&dir.path().join("desk.db")).await.unwrap());
    let store = Arc::new(store);
    let id = a_ticket(&*store, &mika, "Race", 0).await;
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (store, who) = if n % 2 == 0 { (store.clone(), mika.clone()) } else { (other.clone(), taro.clone()) };
        let id = id.clone();
        claims.spawn(async move { ask(&*store, &who, Write::Claim(id), 1000).await.is_ok() });
    }
    assert_eq!(claims.join_all().await.into_iter().filter(|won| *won).count(), 1);
}

#[tokio::test]
async fn a_replay_answers_the_same_and_writes_nothing() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    let id = a_ticket(&store, &mika, "Once", 0).await;
    let meta = |key: &str, body: u8| WriteMeta {
        key: Some(key.to_owned()),
        scope: format!("POST /tickets/{id}/replies"),
        body_hash: [body; 32],
        if_match: Some(1),
    };
    let write = || reply(&id, "Hello");
    let stale = store.write(&mika, &meta("a", 1), write(), at(1)).await;
    assert!(matches!(stale, Err(StoreError::Stale(row)) if row.version == 2), "creation counts as two versions");
    let current = |key, body| WriteMeta { if_match: Some(2), ..meta(key, body) };
    let first = store.write(&mika, &current("a", 1), write(), at(1)).await.unwrap();
    let again = store.write(&mika, &current("a", 1), write(), at(2)).await.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.result, again.result);
    assert_eq!(store.thread(&mika, &id).await.unwrap().messages.len(), 2);
    let reused = store.write(&mika, &current("a", 2), write(), at(2)).await;
    assert!(matches!(reused, Err(StoreError::KeyReused)));

    // A refusal is an answer too.
    ask(&store, &taro, Write::Claim(id.clone()), 3).await.unwrap();
    let claim = || Write::Claim(id.clone());
    let free = |body| WriteMeta { if_match: None, ..meta("b", body) };
    let refused = store.write(&mika, &free(1), claim(), at(4)).await.unwrap();
    ask(&store, &taro, Write::Release(id.clone()), 5).await.unwrap();
    let replay = store.write(&mika, &free(1), claim(), at(6)).await.unwrap();
    assert_eq!(refused.result.as_ref().unwrap_err().kind(), "held");
    assert!(replay.replayed && replay.result == refused.result);
    // Keys belong to a token.
    assert!(store.write(&taro, &free(1), claim(), at(7)).await.unwrap().result.is_ok());
}

#[tokio::test]
async fn a_queue_one_is_not_in_does_not_exist() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    store.add_queue("Secret", Some(3600), at(0)).await.unwrap();
    store.set_member("Secret", "mika", true).await.unwrap();
    let began = EventId::from(store.last_event().await.unwrap());
    let Write::New(body) = a_new("Hidden 返品", "secret words") else { unreachable!() };
    let hidden = ask(&store, &mika, Write::New(NewTicketBody { queue: "secret".to_owned(), ..body }), 0).await.unwrap();
    let id = hidden.ticket.id.clone();
    let file = UploadBody { name: "../a.txt".to_owned(), media_type: "text/plain".to_owned(), bytes: "x".into() };
    let uploaded =
        store.write(&mika, &WriteMeta::default(), Write::Upload(Some(id.clone()), file), at(1)).await.unwrap();
    let Ok(Written::Uploaded(file)) = uploaded.result else { panic!() };
    assert_eq!(file.name.as_str(), "a.txt");
    let body = ReplyBody { text: "see file".to_owned(), attachments: vec![file.id.clone()], ..ReplyBody::default() };
    ask(&store, &mika, Write::Reply(id.clone(), body), 2).await.unwrap();
    assert_eq!(store.attachment(&mika, &file.id).await.unwrap().2, "x");

    assert_eq!(store.queues(&taro, at(0)).await.unwrap().0.len(), 1);
    assert_eq!(store.queues(&taro, at(0)).await.unwrap().1.open, 0);
    assert_eq!(store.queues(&mika, at(0)).await.unwrap().1.open, 1);
    let kind = |e: StoreError| match e {
        StoreError::Refused(e) => e.kind(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(store.thread(&taro, &id).await.unwrap_err()), "not-found");
    assert_eq!(kind(store.attachment(&taro, &file.id).await.unwrap_err()), "not-found");
    let query = Query { queue: Some(QueueId::new("Secret")), ..Query::default() };
    assert_eq!(kind(store.list(&taro, &query, None, at(0)).await.unwrap_err()), "not-found");
    assert_eq!(ask(&store, &taro, Write::Claim(id.clone()), 3).await.unwrap_err().kind(), "not-found");
    for text in [None, Some("返品".to_owned()), Some("secret".to_owned())] {
        let query = Query { text, ..Query::default() };
        assert!(store.list(&taro, &query, None, at(0)).await.unwrap().rows.is_empty());
        assert_eq!(store.list(&mika, &query, None, at(0)).await.unwrap().rows.len(), 1);
    }
    assert!(store.events(&taro, &began, 100).await.unwrap().unwrap().is_empty());
    let by = TimelineBy::Email("BEN@example.net");
    assert!(store.timeline(&taro, by, None, 10).await.unwrap().rows.is_empty());
    assert_eq!(store.timeline(&mika, by, None, 10).await.unwrap().rows.len(), 1);
    let refused =
        ask(&store, &mika, Write::Assign(id.clone(), AssignBody { to: "taro".to_owned() }), 4).await.unwrap_err();
    assert!(refused.to_string().contains("mika"), "{refused}");

    // A ticket that leaves for a hidden queue is gone for those left behind, and they hear of it.
    let open = a_ticket(&store, &taro, "Open", 5).await;
    let last = EventId::from(store.last_event().await.unwrap());
    ask(&store, &mika, patch(&open, PatchBody { queue: Some("Secret".to_owned()), ..PatchBody::default() }), 6)
        .await
        .unwrap();
    let log = store.events(&taro, &last, 10).await.unwrap().unwrap();
    assert_eq!((log.len(), log[0].ticket.queue_id.as_str(), log[0].ticket.subject.as_str()), (1, "", ""));
    assert_eq!(kind(store.thread(&taro, &open).await.unwrap_err()), "not-found");
}

#[tokio::test]
async fn what_needs_a_hand_comes_first() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    let old = a_ticket(&store, &mika, "old, nobody's", 0).await;
    let new = a_ticket(&store, &mika, "newer, nobody's", 1000).await;
    let mine = a_ticket(&store, &mika, "mine", 2000).await;
    let theirs = a_ticket(&store, &mika, "taro's", 3000).await;
    let waiting = a_ticket(&store, &mika, "answered", 4000).await;
    let snoozed = a_ticket(&store, &mika, "done", 4000).await;
    let late = a_ticket(&store, &mika, "late", -30 * HOUR).await;
    ask(&store, &mika, Write::Claim(mine.clone()), 5000).await.unwrap();
    ask(&store, &taro, Write::Claim(theirs.clone()), 5000).await.unwrap();
    ask(&store, &mika, reply(&waiting, "Done?"), 5000).await.unwrap();
    ask(&store, &mika, status(&snoozed, Status::Resolved), 5000).await.unwrap();
    let next = store.turn_late(at(6000), u32::MAX).await.unwrap();
    assert_eq!(next, Some(at(24 * HOUR)));
    let ids = |page: Page<TicketRow>| page.rows.into_iter().map(|r| r.id).collect::<Vec<_>>();
    let list = |who: Caller, query: Query| {
        let store = &store;
        async move { ids(store.list(&who, &query, None, at(6000)).await.unwrap()) }
    };
    let all = [&late, &old, &new, &mine, &theirs, &waiting].map(Clone::clone);
    assert_eq!(list(mika.clone(), Query::default()).await, all);
    let his = [&late, &old, &new, &theirs, &mine, &waiting].map(Clone::clone);
    assert_eq!(list(taro.clone(), Query::default()).await, his);
    let only = |assignee| Query { assignee, ..Query::default() };
    assert_eq!(list(mika.clone(), only(AssigneeFilter::Me)).await, std::slice::from_ref(&mine));
    assert_eq!(list(mika.clone(), only(AssigneeFilter::Agent(AgentId::new("taro")))).await, [theirs]);
    assert_eq!(list(mika.clone(), only(AssigneeFilter::Nobody)).await, [&late, &old, &new, &waiting].map(Clone::clone));
    let late_only = Query { late: true, ..Query::default() };
    assert_eq!(list(mika.clone(), late_only.clone()).await, std::slice::from_ref(&late));
    let resolved = Query { status: vec![Status::Resolved], ..Query::default() };
    assert_eq!(list(mika.clone(), resolved).await, [snoozed]);
    // Answered in time: not late any more. Everything else turns late by and by.
    ask(&store, &mika, reply(&late, "Sorry"), 7000).await.unwrap();
    assert!(list(mika.clone(), late_only).await.is_empty());
    assert_eq!(store.turn_late(at(25 * HOUR), u32::MAX).await.unwrap(), None);
    let (queues, totals) = store.queues(&mika, at(25 * HOUR)).await.unwrap();
    assert_eq!((totals.late, queues[0].counts.late), (4, 4));
    let events = store.thread(&mika, &old).await.unwrap().events;
    assert_eq!((events.last().unwrap().what.as_str(), events.last().unwrap().actor.is_none()), ("late", true));
}

#[tokio::test]
async fn paging_neither_repeats_nor_skips_while_the_desk_moves() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    store.add_queue("Other", None, at(0)).await.unwrap();
    let mut all = Vec::new();
    for n in 0..1000 {
        let Write::New(mut body) = a_new("Paging", "please") else { unreachable!() };
        if n % 3 == 0 {
            body.queue = "Other".to_owned();
        }
        all.push(ask(&store, &mika, Write::New(body), n).await.unwrap().ticket.id);
    }
    for n in (0..1000).step_by(5) {
        ask(&store, &taro, Write::Claim(all[n].clone()), 2000).await.unwrap();
    }
    for n in (0..1000).step_by(7) {
        ask(&store, &taro, reply(&all[n], "yes"), 3000).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut turn = 0;
    loop {
        let query = Query { limit: Some(37), ..Query::default() };
        let page = store.list(&taro, &query, cursor.as_ref(), at(4000)).await.unwrap();
        seen.extend(page.rows.iter().map(|r| r.id.clone()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        // Between the pages everything moves: rows already shown, rows still to come, and new ones.
        turn += 1;
        a_ticket(&store, &mika, "later", 5000 + turn).await;
        for n in [turn * 11 % 1000, turn * 29 % 1000, 999 - turn] {
            let id = &all[n as usize];
            let _ = ask(&store, &taro, Write::Claim(id.clone()), 5000 + turn).await;
            let _ = ask(&store, &mika, reply(id, "moved"), 5000 + turn).await;
        }
        let _ = ask(&store, &mika, status(&all[(turn * 31 % 1000) as usize], Status::Resolved), 5000).await;
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (1000, 1000));
}

#[tokio::test]
async fn a_split_moves_a_merge_folds_and_both_go_back() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    for (n, text) in
        ["Charged twice for 5512", "And how do I change my address?\nSecond line\nThird"].iter().enumerate()
    {
        let answers: &[&str] = if n == 0 { &[] } else { &["m0"] };
        take(&store, &mika, &mail(&format!("m{n}"), answers, "ben@example.net", n as i64 * 1000, text), 5000).await;
    }
    let id = TicketId::new("1001");
    ask(&store, &mika, Write::Claim(id.clone()), 6000).await.unwrap();
    let label = PatchBody { add_labels: vec!["vip".to_owned()], ..PatchBody::default() };
    ask(&store, &mika, patch(&id, label), 6000).await.unwrap();
    let before = store.thread(&mika, &id).await.unwrap();
    let second = before.messages[1].id.clone();
    let split = |messages: Vec<MessageId>| {
        Write::Split(
            id.clone(),
            SplitBody { messages: Some(messages), subject: Some("Address".to_owned()), ..SplitBody::default() },
        )
    };
    let both = before.messages.iter().map(|m| m.id.clone()).collect();
    assert_eq!(ask(&store, &mika, split(both), 7000).await.unwrap_err().kind(), "not-possible");
    assert_eq!(ask(&store, &mika, split(vec![]), 7000).await.unwrap_err().kind(), "invalid");

    let receipt = ask(&store, &mika, split(vec![second.clone()]), 7000).await.unwrap();
    let new = receipt.other.clone().unwrap();
    assert_eq!(receipt.moved, std::slice::from_ref(&second));
    assert_eq!((new.subject.as_str(), new.status, new.split_from.as_ref()), ("Address", Status::Open, Some(&id)));
    assert_eq!(new.assignee.as_ref().unwrap().login.as_str(), "mika");
    assert_eq!(new.labels, receipt.ticket.labels);
    assert_eq!(receipt.ticket.split_into, std::slice::from_ref(&new.id));
    let part = store.thread(&mika, &new.id).await.unwrap();
    assert_eq!((part.messages.len(), part.messages[0].number, &part.messages[0].id), (1, 1, &second));
    assert_eq!(part.messages[0].at, before.messages[1].at);
    assert_eq!(store.queues(&mika, at(0)).await.unwrap().1.open, 2);

    // Later mail goes where the message went that it answers.
    let answer =
        take(&store, &mika, &mail("m2", &["m0", "m1"], "ben@example.net", 8000, "Any news on the address?"), 8000)
            .await;
    assert_eq!((answer.ticket, answer.new_ticket), (new.id.clone(), false));
    let answer = take(&store, &mika, &mail("m3", &["m0"], "ben@example.net", 8100, "And the charge?"), 8100).await;
    assert_eq!(answer.ticket, id);
    // So both have changed, and the split stays.
    assert_eq!(
        ask(&store, &mika, Write::Undo(id.clone(), UndoBody { event: receipt.event }), 8200).await.unwrap_err().kind(),
        "conflict"
    );

    // By lines: a copy, and the source as it was.
    let excerpt = Excerpt { message: second.clone(), lines: (2, 3) };
    let body = SplitBody { lines: Some(excerpt.clone()), assignee: Some(String::new()), ..SplitBody::default() };
    let receipt = ask(&store, &mika, Write::Split(new.id.clone(), body), 9000).await.unwrap();
    let lines = store.thread(&mika, &receipt.other.as_ref().unwrap().id).await.unwrap();
    assert_eq!(lines.messages[0].text.as_str(), "Second line\nThird");
    assert_eq!(lines.messages[0].excerpt_of.as_ref(), Some(&excerpt));
    assert_eq!(lines.messages[0].kind, Kind::Incoming);
    assert!(lines.ticket.assignee.is_none());
    let undone =
        ask(&store, &mika, Write::Undo(new.id.clone(), UndoBody { event: receipt.event }), 9100).await.unwrap();
    assert_eq!(undone.other.as_ref().unwrap().merged_into.as_ref(), Some(&new.id));
    let too_far = SplitBody { lines: Some(Excerpt { lines: (3, 4), ..excerpt }), ..SplitBody::default() };
    assert_eq!(ask(&store, &mika, Write::Split(new.id.clone(), too_far), 9200).await.unwrap_err().kind(), "invalid");

    // Merge, open the pointer, undo, redo.
    let whole = store.thread(&mika, &id).await.unwrap();
    let part = store.thread(&mika, &new.id).await.unwrap();
    let merged =
        ask(&store, &taro, Write::Merge(new.id.clone(), MergeBody { into: id.clone() }), 10_000).await.unwrap();
    assert_eq!(merged.ticket.merged_into.as_ref(), Some(&id));
    assert_eq!(merged.moved.len(), part.messages.len());
    let thread = store.thread(&mika, &id).await.unwrap();
    assert_eq!(thread.messages.iter().map(|m| m.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(thread.messages.is_sorted_by_key(|m| m.at));
    assert!(store.thread(&mika, &new.id).await.unwrap().messages.is_empty());
    assert_eq!(ask(&store, &mika, Write::Claim(new.id.clone()), 10_100).await.unwrap_err().kind(), "not-possible");
    let back = ask(&store, &taro, undo(&new.id), 11_000).await.unwrap();
    assert_eq!(store.thread(&mika, &id).await.unwrap().messages, whole.messages);
    assert_eq!(store.thread(&mika, &new.id).await.unwrap().messages, part.messages);
    assert!(back.ticket.merged_into.is_none());
    let again = ask(&store, &taro, Write::Undo(new.id.clone(), UndoBody { event: back.event }), 12_000).await.unwrap();
    assert_eq!(again.ticket.merged_into.as_ref(), Some(&id));
    assert_eq!(store.thread(&mika, &id).await.unwrap().messages, thread.messages);
    tally_is_true(&store).await;

    // Not of two customers.
    let other = take(&store, &mika, &mail("x", &[], "lena@example.net", 0, "hello"), 13_000).await.ticket;
    let refused = ask(&store, &mika, Write::Merge(other, MergeBody { into: id.clone() }), 13_000).await.unwrap_err();
    assert!(refused.to_string().contains("lena@example.net"));
}

#[tokio::test]
async fn undo_gives_back_only_what_nobody_changed_since() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    let id = a_ticket(&store, &mika, "Undo", 0).await;
    ask(&store, &mika, Write::Claim(id.clone()), 1000).await.unwrap();
    let urgent = PatchBody { priority: Some(crate::domain::Priority::Urgent), ..PatchBody::default() };
    ask(&store, &mika, patch(&id, urgent), 2000).await.unwrap();
    ask(&store, &mika, reply(&id, "hi"), 2500).await.unwrap();
    ask(&store, &taro, Write::Steal(id.clone()), 3000).await.unwrap();
    // Another's steal does not stand in the way of the priority, and the reply is passed over.
    let row = ask(&store, &mika, undo(&id), 4000).await.unwrap().ticket;
    assert_eq!(row.priority, crate::domain::Priority::Normal);
    let refused = ask(&store, &mika, undo(&id), 5000).await.unwrap_err();
    assert!(refused.kind() == "conflict" && format!("{refused:?}").contains("taro Name"), "{refused:?}");
    ask(&store, &taro, undo(&id), 6000).await.unwrap();
    let row = ask(&store, &mika, undo(&id), 7000).await.unwrap().ticket;
    assert!(row.assignee.is_none());
    assert_eq!(ask(&store, &mika, undo(&id), 8000).await.unwrap_err().kind(), "not-possible");
    let events = store.thread(&mika, &id).await.unwrap().events;
    let said = events.iter().find(|e| e.what.as_str() == "reply").unwrap().id.clone();
    let refused = ask(&store, &mika, Write::Undo(id.clone(), UndoBody { event: Some(said) }), 9000).await.unwrap_err();
    assert_eq!(refused.kind(), "not-possible");
}

#[tokio::test]
async fn mail_is_taken_once_and_reopens() {
    let (_dir, store) = empty().await;
    let (mika, _taro) = desk(&store).await;
    let first = mail("a", &[], "ben@example.net", 0, "hello");
    let got = take(&store, &mika, &first, 1000).await;
    assert_eq!((got.outcome, got.new_ticket, got.ticket.as_str()), (ImportOutcome::New, true, "1001"));
    let again = store.import(&mika, "Shop", &first, b"other bytes", at(2000)).await.unwrap();
    assert_eq!((again.outcome, again.new_ticket, &again.ticket), (ImportOutcome::Already, false, &got.ticket));
    let kept: i64 = sqlx::query("SELECT count(*) FROM raw").fetch_one(&store.readers).await.unwrap().get(0);
    assert_eq!(kept, 2);
    let nameless =
        ParsedMail { broken: Some("no mail header".to_owned()), text: Clean::text("junk"), ..ParsedMail::default() };
    let broken = store.import(&mika, "Shop", &nameless, b"junk", at(2000)).await.unwrap();
    assert_eq!((broken.outcome, broken.why.unwrap().as_str()), (ImportOutcome::Broken, "no mail header"));
    assert_eq!(
        store.import(&mika, "Shop", &nameless, b"junk", at(2000)).await.unwrap().outcome,
        ImportOutcome::Already
    );

    // An agent's own mail is an answer.
    take(&store, &mika, &mail("b", &["a"], "Mika@Desk.example", 3000, "answer"), 3000).await;
    let thread = store.thread(&mika, &got.ticket).await.unwrap();
    assert_eq!(
        (thread.messages[1].kind, thread.ticket.status, thread.ticket.on_us),
        (Kind::Reply, Status::Open, false)
    );
    assert_eq!(thread.ticket.created_at, at(0));

    // The customer's next mail reopens what was put away; a closed ticket begets a new one.
    ask(&store, &mika, status(&got.ticket, Status::Resolved), 4000).await.unwrap();
    let next = take(&store, &mika, &mail("c", &["a", "b"], "ben@example.net", 5000, "not yet!"), 5000).await;
    assert_eq!(next.ticket, got.ticket);
    let row = store.thread(&mika, &got.ticket).await.unwrap().ticket;
    assert_eq!((row.status, row.on_us, row.waiting_since), (Status::Open, true, Some(at(5000))));
    ask(&store, &mika, status(&got.ticket, Status::Closed), 6000).await.unwrap();
    let anew = take(&store, &mika, &mail("d", &["a", "c"], "ben@example.net", 7000, "again"), 7000).await;
    assert!(anew.new_ticket && anew.ticket != got.ticket);
    let events = store.thread(&mika, &anew.ticket).await.unwrap().events;
    assert!(events.iter().any(|e| e.what.as_str() == "link" && e.from.as_ref().unwrap().as_str() == "#1001"));
    // Mail that answers our own reply finds its way by the id we gave it.
    let said = ask(&store, &mika, reply(&anew.ticket, "We look"), 8000).await.unwrap().message.unwrap().id;
    let own: String = sqlx::query("SELECT mail_id FROM mail_ref WHERE message = $1")
        .bind(said.number())
        .fetch_one(&store.readers)
        .await
        .unwrap()
        .get(0);
    let back = take(&store, &mika, &mail("e", &[&own], "ben@example.net", 9000, "thanks"), 9000).await;
    assert_eq!(back.ticket, anew.ticket);
}

#[tokio::test]
async fn a_thread_is_one_ticket_in_any_order_of_arrival() {
    // a <- b <- c; d cites only the missing parent of e.
    let mails = [
        mail("a", &[], "ben@example.net", 0, "first"),
        mail("b", &["a"], "mika@desk.example", 1000, "answer"),
        mail("c", &["a", "b"], "ben@example.net", 2000, "thanks"),
        mail("d", &["lost"], "lena@example.net", 3000, "four"),
        mail("e", &["lost"], "lena@example.net", 4000, "five"),
    ];
    for order in permutations(mails.len()) {
        // All orders of five are 120; every seventh keeps the test short and hits each mail at each place.
        let rank = order.iter().fold(0, |n, i| n * 5 + i);
        if rank % 7 != 0 {
            continue;
        }
        let (_dir, store) = empty().await;
        let (mika, _) = desk(&store).await;
        for i in &order {
            take(&store, &mika, &mails[*i], 9000).await;
        }
        let query = Query { status: Status::ALL.to_vec(), ..Query::default() };
        let mut rows = store.list(&mika, &query, None, at(0)).await.unwrap().rows;
        rows.sort_by_key(|r| r.created_at);
        assert_eq!(rows.len(), 2, "{order:?}");
        let thread = store.thread(&mika, &rows[0].id).await.unwrap();
        let texts: Vec<&str> = thread.messages.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(texts, ["first", "answer", "thanks"], "{order:?}");
        assert_eq!(thread.messages.iter().map(|m| m.number).collect::<Vec<_>>(), [1, 2, 3]);
        let ticket = &thread.ticket;
        assert_eq!(
            (ticket.subject.as_str(), ticket.status, ticket.on_us, ticket.waiting_since),
            ("About a", Status::Open, true, Some(at(2000))),
            "{order:?}"
        );
        assert_eq!(ticket.requester.email.as_str(), "ben@example.net");
        assert_eq!((rows[1].messages, rows[1].status), (2, Status::New));
        tally_is_true(&store).await;
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let shorter = permutations(n - 1);
    shorter
        .iter()
        .flat_map(|p| {
            (0..n).map(move |at| {
                let mut p = p.clone();
                p.insert(at, n - 1);
                p
            })
        })
        .collect()
}

#[tokio::test]
async fn a_leaver_gives_the_tickets_away() {
    let (_dir, store) = empty().await;
    let (mika, taro) = desk(&store).await;
    let id = a_ticket(&store, &mika, "Held", 0).await;
    ask(&store, &mika, Write::Claim(id.clone()), 1000).await.unwrap();
    store.set_member("Shop", "mika", true).await.unwrap();
    assert!(store.remove_agent("mika", None, at(2000)).await.is_err(), "the queue would be open to all");
    assert_eq!(store.remove_agent("mika", Some("taro"), at(2000)).await.unwrap(), 1);
    let row = store.thread(&taro, &id).await.unwrap().ticket;
    assert_eq!(row.assignee.unwrap().login.as_str(), "taro");
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(b"mika");
    assert!(store.caller(&hash, at(3000)).await.unwrap().is_none());
    let next = agent(&store, "jo").await;
    let view = store.all_agents().await.unwrap();
    assert_eq!(view.iter().find(|a| a.id == next.agent).unwrap().color, 0, "the lowest free slot");
    tally_is_true(&store).await;
}
