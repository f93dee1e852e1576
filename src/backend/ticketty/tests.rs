//! What the adapter says on the wire and makes of the answers.

use std::path::PathBuf;

use futures_util::StreamExt as _;

use super::*;
use crate::backend::testserver::{Step, TestServer, answer, events, json, problem};
use crate::backend::{Shared, connect};
use crate::domain::change::{Excerpt, NewTicket};
use crate::domain::{AgentRef, Then};

fn key() -> ChangeId {
    ChangeId::new("k1")
}

fn row(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","subject":"s","status":"open","native_status":"open","priority":"normal","queue":"Shop","queue_id":"1",
        "assignee":null,"requester":{{"name":"Ben","email":"ben@example.net"}},"labels":[],
        "created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}}"#
    )
}

fn receipt(id: &str) -> Step {
    json(&format!(r#"{{"ticket":{}}}"#, row(id)))
}

fn update(id: u32) -> String {
    format!("id: {id}\nevent: ticket\ndata: {{\"id\":\"{id}\",\"type\":\"ticket\"}}\n\n")
}

fn desk(server: &TestServer) -> Shared {
    connect(&server.connection).unwrap()
}

/// Method, path, key and body of each request.
fn lines(server: &TestServer) -> Vec<String> {
    let short = |request: &String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let key = head.lines().find_map(|l| l.strip_prefix("idempotency-key: ")).unwrap_or("-");
        assert!(head.contains("authorization: Bearer s3cret"), "{head}");
        format!("{} {key} {body}", head.lines().next().unwrap().trim_end_matches(" HTTP/1.1"))
    };
    server.asked().iter().map(short).collect()
}

#[tokio::test]
async fn every_change_is_one_request_with_its_key() {
    let ticket = || TicketId::new("7");
    let split = |pick, assignee| {
        Change::Split(Split {
            ticket: ticket(),
            pick,
            subject: Some("Second".to_owned()),
            queue: None,
            assignee,
            labels: None,
        })
    };
    let label = Change::Label { ticket: ticket(), add: vec![Clean::line("vip")], remove: vec![Clean::line("b")] };
    let message = || Outgoing {
        text: "Hi\n".to_owned(),
        seen: Some("3".into()),
        then: Then { status: Some(Status::Waiting), assignee: None },
        ..Outgoing::default()
    };
    let new = NewTicket {
        queue: "2".into(),
        requester: Requester::parse("Ben <b@x.example>"),
        subject: "S".to_owned(),
        text: String::new(),
        channel: crate::domain::Channel::Phone,
        files: Vec::new(),
    };
    let cases = [
        (Change::Claim { ticket: ticket() }, "POST /api/v1/tickets/7/claim k1 "),
        (Change::Release { ticket: ticket() }, "POST /api/v1/tickets/7/release k1 "),
        (Change::Assign { ticket: ticket(), to: "5".into() }, r#"POST /api/v1/tickets/7/assign k1 {"to":"5"}"#),
        (Change::Steal { ticket: ticket() }, "POST /api/v1/tickets/7/steal k1 "),
        (
            Change::Reply { ticket: ticket(), message: message() },
            r#"POST /api/v1/tickets/7/replies k1 {"text":"Hi\n","seen":"3","force":false,"then":{"status":"waiting"}}"#,
        ),
        (
            Change::Note { ticket: ticket(), message: message() },
            r#"POST /api/v1/tickets/7/notes k1 {"text":"Hi\n","then":{"status":"waiting"}}"#,
        ),
        (
            Change::New(new),
            r#"POST /api/v1/tickets k1 {"queue":"2","requester":{"name":"Ben","email":"b@x.example"},"subject":"S","text":"","channel":"phone","priority":"normal","labels":[],"attachments":[]}"#,
        ),
        (
            Change::Status { ticket: ticket(), to: Status::Resolved },
            r#"PATCH /api/v1/tickets/7 k1 {"status":"resolved"}"#,
        ),
        (
            Change::Priority { ticket: ticket(), to: crate::domain::Priority::High },
            r#"PATCH /api/v1/tickets/7 k1 {"priority":"high"}"#,
        ),
        (label, r#"PATCH /api/v1/tickets/7 k1 {"add_labels":["vip"],"remove_labels":["b"]}"#),
        (Change::Move { ticket: ticket(), to: "3".into() }, r#"PATCH /api/v1/tickets/7 k1 {"queue":"3"}"#),
        (Change::Subject { ticket: ticket(), to: Clean::line("T") }, r#"PATCH /api/v1/tickets/7 k1 {"subject":"T"}"#),
        (
            Change::Requester { ticket: ticket(), to: Requester::parse("c@x.example") },
            r#"PATCH /api/v1/tickets/7 k1 {"requester":{"name":"","email":"c@x.example"}}"#,
        ),
        (
            split(Pick::Messages(vec!["2".into()]), None),
            r#"POST /api/v1/tickets/7/split k1 {"messages":["2"],"subject":"Second"}"#,
        ),
        (
            split(Pick::Lines(Excerpt { message: "2".into(), lines: (1, 3) }), Some(None)),
            r#"POST /api/v1/tickets/7/split k1 {"lines":{"message":"2","lines":[1,3]},"subject":"Second","assignee":""}"#,
        ),
        (Change::Merge { ticket: ticket(), into: "8".into() }, r#"POST /api/v1/tickets/7/merge k1 {"into":"8"}"#),
        (
            Change::Undo { ticket: ticket(), event: Some("99".into()) },
            r#"POST /api/v1/tickets/7/undo k1 {"event":"99"}"#,
        ),
    ];
    let server = TestServer::play(vec![receipt("7"); cases.len()]).await;
    let desk = desk(&server);
    for (change, _) in &cases {
        assert_eq!(desk.apply(change, &key()).await.unwrap().ticket.id, ticket());
    }
    assert_eq!(lines(&server), cases.iter().map(|(_, line)| (*line).to_owned()).collect::<Vec<_>>());
    assert_eq!(desk.round_trips(), cases.len() as u64);
}

#[tokio::test]
async fn a_write_whose_answer_is_cut_is_repeated_under_its_key() {
    let server = TestServer::play([Step::Cut, receipt("7")]).await;
    desk(&server).apply(&Change::Claim { ticket: "7".into() }, &key()).await.unwrap();
    assert_eq!(lines(&server), ["POST /api/v1/tickets/7/claim k1 "; 2]);
}

#[tokio::test]
async fn files_go_before_their_message() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, media_type: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, name).unwrap();
        Upload { name: format!("{name} ü.txt"), media_type: media_type.to_owned(), path, size: 1 }
    };
    let message = Outgoing {
        text: "x".to_owned(),
        files: vec![file("a", "text/plain; charset=utf-8"), file("b", "nonsense")],
        ..Outgoing::default()
    };
    let uploaded = |id: &str| json(&format!(r#"{{"id":"{id}","name":"n","size":1}}"#));
    let server = TestServer::play([uploaded("31"), uploaded("32"), receipt("7")]).await;
    let desk = desk(&server);
    desk.apply(&Change::Note { ticket: "7".into(), message: message.clone() }, &key()).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "POST /api/v1/tickets/7/attachments?name=a+%C3%BC.txt&type=text%2Fplain k1-f0 a",
            "POST /api/v1/tickets/7/attachments?name=b+%C3%BC.txt k1-f1 b",
            r#"POST /api/v1/tickets/7/notes k1 {"text":"x","attachments":["31","32"],"then":{}}"#,
        ]
    );
    let new = NewTicket {
        queue: "2".into(),
        requester: Requester::parse("b@x.example"),
        subject: "S".to_owned(),
        text: String::new(),
        channel: crate::domain::Channel::Mail,
        files: vec![file("a", "text/plain")],
    };
    let fresh = TestServer::play([uploaded("33"), receipt("8")]).await;
    self::desk(&fresh).apply(&Change::New(new), &key()).await.unwrap();
    assert_eq!(lines(&fresh)[0], "POST /api/v1/attachments?name=a+%C3%BC.txt&type=text%2Fplain k1-f0 a");
    assert!(lines(&fresh)[1].ends_with(r#""attachments":["33"]}"#), "{:?}", lines(&fresh));
    let gone =
        Outgoing { files: vec![Upload { path: PathBuf::from("/nowhere/x"), ..message.files[0].clone() }], ..message };
    let error = desk.apply(&Change::Note { ticket: "7".into(), message: gone }, &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn lists_ask_for_what_the_query_says() {
    let page = json(&format!(r#"{{"tickets":[{}],"next":"c2"}}"#, row("7")));
    let server = TestServer::play([page.clone(), page.clone(), page]).await;
    let desk = desk(&server);
    let query = Query {
        queue: Some("1".into()),
        assignee: AssigneeFilter::Nobody,
        status: vec![Status::New, Status::Open],
        labels: vec!["vip".to_owned()],
        late: true,
        requester: None,
        text: Some("返品 a".to_owned()),
        limit: Some(20),
    };
    let page = desk.list(&query, Some(&Cursor("c1".to_owned()))).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, Some(Cursor("c2".to_owned()))));
    desk.timeline(&TimelineBy::Tel("+81 3".to_owned()), None).await.unwrap();
    let people = desk.find_requester(" ben ").await.unwrap();
    assert_eq!(people, [Requester::parse("Ben <ben@example.net>")]);
    assert_eq!(
        lines(&server),
        [
            "GET /api/v1/tickets?queue=1&assignee=none&status=new%2Copen&label=vip&late=true&q=%E8%BF%94%E5%93%81+a&limit=20&cursor=c1 - ",
            "GET /api/v1/timeline?by=tel&value=%2B81+3 - ",
            "GET /api/v1/search?q=ben&limit=50 - ",
        ]
    );
}

#[tokio::test]
async fn refusals_are_what_the_problem_documents_say() {
    let by = AgentRef { id: "5".into(), login: Clean::line("taro"), name: Clean::line("Taro") };
    let why = Clean::line("said so");
    let holder = r#","holder":{"id":"5","login":"taro","name":"Taro"},"since":"2026-01-05T09:00:00Z","mine":true"#;
    let since = Some("2026-01-05T09:00:00Z".parse().unwrap());
    let cases = [
        (problem(409, "held", holder), DeskError::Held { by, since, mine: true }),
        (problem(409, "moved-on", ""), DeskError::MovedOn { messages: Vec::new() }),
        (problem(412, "conflict", ""), DeskError::Conflict { ticket: None, why: why.clone() }),
        (problem(409, "not-possible", ""), DeskError::NotPossible { why: why.clone() }),
        (problem(404, "not-found", ""), DeskError::NotFound { what: why.clone() }),
        (problem(403, "denied", ""), DeskError::Denied { why: why.clone() }),
        (problem(401, "unauthenticated", ""), DeskError::Unauthenticated { why: why.clone() }),
        (
            problem(422, "invalid", r#","field":"to""#),
            DeskError::Invalid { field: Some(Clean::line("to")), why: why.clone() },
        ),
        (problem(413, "too-large", ""), DeskError::TooLarge { why: why.clone() }),
        (problem(500, "unavailable", ""), DeskError::Unavailable { why }),
    ];
    let server = TestServer::play(cases.iter().map(|(step, _)| step.clone())).await;
    let desk = desk(&server);
    for (_, expected) in &cases {
        assert_eq!(desk.apply(&Change::Claim { ticket: "7".into() }, &key()).await.unwrap_err(), *expected);
    }
    let limited = TestServer::play([answer("429 No", "retry-after: 60", "")]).await;
    let error = super::super::connect(&limited.connection).unwrap().thread(&"7".into(), None).await.unwrap_err();
    assert_eq!(error, DeskError::Limited { retry_after: Some(Duration::from_mins(1)) });
}

#[tokio::test]
async fn a_thread_of_another_ticket_is_not_shown() {
    let thread = |id: &str| json(&format!(r#"{{"ticket":{},"messages":[]}}"#, row(id)));
    let server = TestServer::play([thread("7"), thread("8")]).await;
    let desk = desk(&server);
    assert_eq!(desk.thread(&"7".into(), Some("s1")).await.unwrap().ticket.id, "7".into());
    assert!(matches!(desk.thread(&"7".into(), None).await, Err(DeskError::Garbled { .. })));
    assert_eq!(lines(&server)[0], "GET /api/v1/tickets/7?stream=s1 - ");
}

#[tokio::test]
async fn a_receipt_of_another_ticket_confirms_nothing() {
    let server = TestServer::play([receipt("8"), receipt("7")]).await;
    let error = desk(&server).apply(&Change::Claim { ticket: "7".into() }, &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Garbled { why } if why.contains("about #8 and not #7")), "{error:?}");
    assert!(error.is_retryable(), "under its key it is asked for again");
}

#[tokio::test]
async fn a_refused_stream_and_a_refused_request_keep_the_same_silence() {
    let limited = answer("429 Too Many Requests", "retry-after: 30", "");
    let server = TestServer::play([limited]).await;
    let desk = desk(&server);
    let lost = desk.watch(None).next().await.unwrap();
    assert!(matches!(lost, Watched::Lost(DeskError::Limited { retry_after: Some(_) })), "{lost:?}");
    let refused = desk.apply(&Change::Claim { ticket: "7".into() }, &key()).await;
    assert!(matches!(refused, Err(DeskError::Limited { .. })));
    assert!(matches!(desk.thread(&"7".into(), None).await, Err(DeskError::Limited { .. })));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_attachment_comes_in_pieces_with_its_name() {
    let step = answer(
        "200 OK",
        "content-type: application/octet-stream\r\ncontent-disposition: attachment; filename=\"x.pdf\"; filename*=UTF-8''..%2F%E8%AB%8B%E6%B1%82.pdf",
        "bytes",
    );
    let server = TestServer::play([step, problem(404, "not-found", "")]).await;
    let desk = desk(&server);
    let download = desk.attachment(&"9".into()).await.unwrap();
    assert_eq!((download.name.as_str(), download.size), ("請求.pdf", Some(5)));
    let pieces: Vec<_> = download.bytes.map(Result::unwrap).collect().await;
    assert_eq!(pieces.concat(), b"bytes");
    assert!(matches!(desk.attachment(&"9".into()).await.err(), Some(DeskError::NotFound { .. })));
}

#[tokio::test]
async fn news_resume_after_the_last_event_and_the_line_is_told() {
    let hello = |s: &str| format!("event: hello\ndata: {{\"stream\":\"{s}\",\"after\":\"4\"}}\n\n");
    let first = format!("{}{}", hello("s1"), update(5));
    let cut = Step::Say(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{first}").into_bytes());
    let strange = format!("{}id: 7\nevent: later\ndata: {{\"new\":1}}\n\n", hello("s2"));
    let server = TestServer::play([cut, problem(503, "unavailable", ""), events(&strange)]).await;
    let mut news = desk(&server).watch(None);
    assert!(matches!(news.next().await, Some(Watched::Connected { stream: Some(s) }) if s == "s1"));
    assert!(matches!(news.next().await, Some(Watched::Update(u)) if u.id == "5".into()));
    assert!(matches!(news.next().await, Some(Watched::Lost(DeskError::Unreachable { .. }))));
    assert!(matches!(news.next().await, Some(Watched::Lost(DeskError::Unavailable { .. }))));
    assert!(matches!(news.next().await, Some(Watched::Connected { stream: Some(s) }) if s == "s2"));
    assert!(
        matches!(news.next().await, Some(Watched::Update(u)) if u.kind == UpdateKind::Resync && u.id == "7".into())
    );
    let asked = server.asked();
    assert!(!asked[0].contains("last-event-id"));
    assert!(asked[1..].iter().all(|r| r.contains("last-event-id: 5\r\n")), "{asked:?}");
}

#[tokio::test]
async fn a_silent_stream_is_a_dead_one() {
    let server = TestServer::play([events("event: hello\ndata: {\"stream\":\"s\"}\n\n"), Step::Cut]).await;
    let mut dead = Ticketty::new(&server.connection).unwrap();
    dead.silence = Duration::from_millis(20);
    let mut news = dead.watch(Some("3".into()));
    assert!(matches!(news.next().await, Some(Watched::Connected { .. })));
    assert!(matches!(news.next().await, Some(Watched::Lost(DeskError::Unreachable { .. }))));
    assert!(server.asked()[0].contains("last-event-id: 3\r\n"));
}

#[tokio::test]
async fn what_is_no_event_stream_is_told() {
    let server = TestServer::play([answer("200 OK", "content-type: text/html", "<html>")]).await;
    let mut news = desk(&server).watch(None);
    assert!(matches!(news.next().await, Some(Watched::Lost(DeskError::Garbled { .. }))));
}

#[test]
fn kinds_without_an_adapter_are_named() {
    let mut connection = crate::backend::testserver::connection("https://rt.example".parse().unwrap());
    connection.kind = "zendesk".to_owned();
    let error = connect(&connection).err().unwrap().to_string();
    assert!(error.contains("`zendesk`") && error.contains("supported: ticketty"), "{error}");
}
