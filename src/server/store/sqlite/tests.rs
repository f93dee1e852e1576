//! The store's story and its promises, over a real file.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use sqlx::Row;

use super::*;
use crate::domain::change::{Receipt, Then};
use crate::domain::people::Role;
use crate::domain::{AgentId, AssigneeFilter, Excerpt, Kind, MessageId, QueueId, Status};
use crate::mail::parse::{Address, ParsedMail};
use crate::server::store::{Store, Written};
use crate::wire::*;

pub(super) async fn empty() -> (tempfile::TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("desk.db")).await.unwrap();
    (dir, store)
}

const T0: i64 = 1_767_600_000_000; // 2026-01-05T08:00:00Z
const HOUR: i64 = 3_600_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(T0 + ms).unwrap()
}

async fn agent(store: &dyn Store, login: &str) -> Caller {
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
        requester: RequesterBody { name: "Ben Ode".to_owned(), email: "ben@example.net".to_owned(), phone: None },
        subject: subject.to_owned(),
        text: text.to_owned(),
        channel: crate::domain::Channel::Mail,
        priority: crate::domain::Priority::Normal,
        labels: vec![],
        attachments: vec![],
    })
}

async fn a_ticket(store: &dyn Store, who: &Caller, subject: &str, ms: i64) -> TicketId {
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
    let log = store.events(&mika, &EventId::from(0), 100).await.unwrap().unwrap();
    assert_eq!(log.len(), what.len());
    assert_eq!(log.last().unwrap().ticket.version, row.version);
    assert_eq!(log[2].message.as_ref().unwrap().text.as_str(), "On its way.");
    assert_eq!(store.last_event().await.unwrap().to_string(), log.last().unwrap().event.id.to_string());
    assert!(store.events(&mika, &EventId::from(10_000), 100).await.unwrap().is_none());
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
    let Write::New(body) = a_new("Hidden 返品", "secret words") else { unreachable!() };
    let hidden = ask(&store, &mika, Write::New(NewTicketBody { queue: "secret".to_owned(), ..body }), 0).await.unwrap();
    let id = hidden.ticket.id.clone();
    let file = UploadBody { name: "../a.txt".to_owned(), media_type: "text/plain".to_owned(), bytes: "x".into() };
    let uploaded = store.write(&mika, &WriteMeta::default(), Write::Upload(id.clone(), file), at(1)).await.unwrap();
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
    assert!(store.events(&taro, &EventId::from(0), 100).await.unwrap().unwrap().is_empty());
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
