//! The traps of RT, each under its name, and how many requests things cost. Answers are cut down from those of a real RT.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::backend::testserver::{Step, TestServer, answer};
use crate::domain::{
    AssigneeFilter, Kind, NewTicket, Outgoing, Pick, Priority, Split, Status, Then, Upload, people::Requester as Person,
};

mod after;
mod copies;
mod costs;
mod lists;
mod merged;
mod news;
mod threads;

const HEAD: &str = "content-type: application/json; charset=\"utf-8\"\r\ndate: Sun, 22 Nov 2026 07:00:10 GMT";

/// An answer of RT, with its clock.
fn said(status: &str, body: &str) -> Step {
    answer(status, HEAD, body)
}

fn ok(body: &str) -> Step {
    said("200 OK", body)
}

fn list(items: &str, total: &str) -> Step {
    ok(&format!(r#"{{"items":[{items}],"count":1,"page":1,"per_page":100,"total":{total},"pages":1.0}}"#))
}

/// A row as `fields=…` gives it. `owner` is `number login`.
fn row(id: u32, owner: &str, more: &str) -> String {
    let (number, login) = owner.split_once(' ').unwrap();
    format!(
        r#"{{"id":"{id}","type":"ticket","Subject":"Parcel C-5510 is late","Status":"open","Priority":"0",
        "Queue":{{"id":"3","type":"queue","Name":"Shop","Lifecycle":"default"}},
        "Owner":{{"id":{number},"type":"user","Name":"{login}","RealName":"{login} L"}},
        "Requestor":[{{"id":"lena@customer.example","Name":"lena@customer.example","RealName":"Lena Fischer",
            "EmailAddress":"lena@customer.example"}}],"Cc":[],
        "Created":"2026-11-22T06:00:00Z","LastUpdated":"2026-11-22T07:00:09Z",
        "LastUpdatedBy":{{"id":{number},"Name":"{login}"}},"Due":"1970-01-01T00:00:00Z","Told":"1970-01-01T00:00:00Z",
        "Started":"2026-11-22T06:30:00Z","CustomFields":[{{"id":"2","name":"Labels","values":["配送"]}}]{more}}}"#
    )
}

const TOKEN: &str = "1-47-0123456789abcdef0123456789abcdef";
const CHEN: &str = "47 chen";
const BRAM: &str = "45 bram";
const NOBODY: &str = "6 Nobody";

/// The desk of chen, who has a token.
fn desk(server: &TestServer) -> Rt {
    Rt::new(&Connection { secret: Some(TOKEN.into()), kind: "rt".to_owned(), ..server.connection.clone() }).unwrap()
}

async fn apply(desk: &Rt, change: Change) -> DeskResult<Receipt> {
    desk.apply(&change, &ChangeId::new("k")).await
}

fn claim() -> Change {
    Change::Claim { ticket: "11".into() }
}

/// First lines, decoded, and bodies.
fn asked(server: &TestServer) -> Vec<String> {
    let line = |request: &String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").replace('+', " ");
        let pair = format!("x={}", line.replace(' ', "%20").replace('&', "%26"));
        let line = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned();
        format!("{line} {body}").trim_end().to_owned()
    };
    server.asked().iter().map(line).collect()
}

fn nobody_else(row: &TicketRow) -> Option<&str> {
    row.assignee.as_ref().map(|a| a.login.as_str())
}

#[tokio::test]
async fn a_claim_is_take_and_a_look() {
    let server =
        TestServer::play([ok(r#"["Owner changed from Nobody to chen"]"#), list(&row(11, CHEN, ""), "1")]).await;
    let desk = desk(&server);
    let receipt = apply(&desk, claim()).await.unwrap();
    assert_eq!(nobody_else(&receipt.ticket), Some("chen"));
    assert_eq!(desk.round_trips(), 2);
    let asked = asked(&server);
    assert_eq!(asked[0], "PUT /REST/2.0/ticket/11/take");
    assert!(asked[1].starts_with("GET /REST/2.0/tickets?query=id = 11&"), "{asked:?}");
    assert!(server.asked()[0].contains("content-type: application/json"), "else RT answers 415");
    assert!(server.asked()[0].contains(&format!("authorization: token {TOKEN}")));
}

#[tokio::test]
async fn a_refused_change_answers_200_and_is_found_by_looking() {
    // What the loser of a race hears, and what one hears who holds it already: in any language.
    for (sentence, owner, mine) in [
        ("You can only take tickets that are unowned", BRAM, false),
        ("所有者のいないチケットだけ取得できます", BRAM, false),
        ("That user already owns that ticket", CHEN, true),
        ("そのユーザーは既にそのチケットを所有しています", CHEN, true),
    ] {
        let server = TestServer::play([ok(&format!(r#"["{sentence}"]"#)), list(&row(11, owner, ""), "1")]).await;
        let error = apply(&desk(&server), claim()).await.unwrap_err();
        let DeskError::Held { by, since, mine: own } = &error else { panic!("{error:?}") };
        assert_eq!((format!("{} {}", &owner[..2], by.login), *own), (owner.to_owned(), mine));
        assert!(since.is_some(), "the holder made the last change");
    }
    let server =
        TestServer::play([ok(r#"["That user may not own tickets in that queue"]"#), list(&row(11, NOBODY, ""), "1")])
            .await;
    let error = apply(&desk(&server), claim()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Denied { why } if why.contains("may not own")), "{error:?}");
    let server = TestServer::play([ok(r#"["Ticket 11: Permission Denied"]"#), list(&row(11, NOBODY, ""), "1")]).await;
    let error = apply(&desk(&server), Change::Priority { ticket: "11".into(), to: Priority::High }).await.unwrap_err();
    assert!(matches!(&error, DeskError::Denied { why } if why.contains("Permission Denied")), "{error:?}");
    assert!(asked(&server)[0].ends_with(r#"PUT /REST/2.0/ticket/11 {"Priority":100}"#));
}

#[tokio::test]
async fn untake_would_give_back_what_another_holds() {
    let held = ok(r#"{"id":11,"Owner":{"id":45,"Name":"bram","RealName":"Bram de Wit"}}"#);
    let server = TestServer::play([held]).await;
    let error = apply(&desk(&server), Change::Release { ticket: "11".into() }).await.unwrap_err();
    assert!(
        matches!(&error, DeskError::Held { by, mine: false, .. } if by.name.as_str() == "Bram de Wit"),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1, "nothing was written");
    let mine = answer(
        "200 OK",
        "content-type: application/json\r\netag: \"220\"",
        r#"{"id":11,"Owner":{"id":47,"Name":"chen"}}"#,
    );
    let server = TestServer::play([mine, ok("[]"), list(&row(11, NOBODY, ""), "1")]).await;
    apply(&desk(&server), Change::Release { ticket: "11".into() }).await.unwrap();
    assert!(server.asked()[1].contains("if-match: \"220\""));
}

#[tokio::test]
async fn a_token_is_named_by_its_word_and_dates_of_1970_are_none() {
    let server = TestServer::play([list(&row(11, NOBODY, ""), "1")]).await;
    let desk = desk(&server);
    let page = desk.list(&Query { queue: Some("Shop".into()), ..Query::default() }, None).await.unwrap();
    let row = &page.rows[0];
    assert_eq!((row.assignee.as_ref(), row.native_status.as_str(), row.status), (None, "open", Status::Open));
    assert_eq!(row.requester, Person::parse("Lena Fischer <lena@customer.example>"));
    assert_eq!(row.labels, [Clean::line("配送")]);
    // Never told anything: Lena waits since she wrote, and RT's own date is not set.
    assert_eq!(row.waiting_since, Some("2026-11-22T06:00:00Z".parse().unwrap()));
    assert_eq!(row.due_at, Some("2026-11-23T06:00:00Z".parse().unwrap()));
    assert_eq!(desk.round_trips(), 1, "one request for a page with all columns");
    let asked = asked(&server);
    assert!(asked[0].contains("query=Queue = 'Shop' AND Status = '__Active__'"), "{asked:?}");
    assert!(asked[0].contains("&orderby=id&order=ASC&per_page=100"), "an order is always named: {asked:?}");
}

const HISTORY: &str = r#"
 {"id":"108","Type":"Create","Created":"2026-11-22T06:00:00Z","Field":"","OldValue":"","NewValue":"","Creator":{"id":"lena@customer.example","Name":"lena@customer.example","RealName":"Lena Fischer","EmailAddress":"lena@customer.example"}},
 {"id":"109","Type":"EmailRecord","Created":"2026-11-22T06:00:00Z","Creator":{"id":"RT_System","Name":"RT_System"}},
 {"id":"110","Type":"Set","Field":"Owner","OldValue":"6","NewValue":"47","Created":"2026-11-22T06:20:00Z","Creator":{"id":"chen","Name":"chen","RealName":"chen L"}},
 {"id":"111","Type":"SetWatcher","Field":"Owner","OldValue":"6","NewValue":"47","Created":"2026-11-22T06:20:00Z","Creator":{"id":"chen","Name":"chen"}},
 {"id":"112","Type":"Correspond","Created":"2026-11-22T06:30:00Z","Creator":{"id":"chen","Name":"chen","RealName":"chen L"}},
 {"id":"113","Type":"EmailRecord","Created":"2026-11-22T06:30:01Z","Creator":{"id":"RT_System","Name":"RT_System"}},
 {"id":"114","Type":"Comment","Created":"2026-11-22T06:40:00Z","Creator":{"id":"bram","Name":"bram","RealName":"Bram"}},
 {"id":"115","Type":"Correspond","Created":"2026-11-22T07:00:09Z","Creator":{"id":"lena@customer.example","Name":"lena@customer.example","RealName":"Lena Fischer"}}"#;
const TEXTS: &str = r#"
 {"id":"28","TransactionId":"108","ContentType":"text/plain","Filename":"","Headers":"From: Lena\nTo: shop@rt.example, \"Office, B.\" <b@x.example>\nX-RT-Interface: Email","Content":"Where is it?\n\nLena","Subject":"Parcel C-5510 is late"},
 {"id":"30","TransactionId":"109","ContentType":"text/plain","Content":"A copy of what RT sent."},
 {"id":"32","TransactionId":"112","ContentType":"text/plain","Content":"It left."},
 {"id":"34","TransactionId":"114","ContentType":"text/plain","Content":"Only us."},
 {"id":"36","TransactionId":"115","ContentType":"multipart/mixed","Headers":"X-RT-Interface: Email\nTo: shop@rt.example"},
 {"id":"37","TransactionId":"115","ContentType":"multipart/alternative"},
 {"id":"38","TransactionId":"115","ContentType":"text/html","Content":"<p>Thank <b>you</b></p><script>x()</script>"},
 {"id":"39","TransactionId":"115","ContentType":"text/csv","Filename":"../一覧.csv","ContentLength":"12","Content":"a"}"#;
const FILES: &str = r#"
 {"id":"36","TransactionId":"115","ContentType":"multipart/mixed"},
 {"id":"40","TransactionId":"115","ContentType":"application/pdf","Filename":"old-invoice.pdf","ContentLength":"193"},
 {"id":"41","TransactionId":"109","ContentType":"image/png","Filename":"copy.png","ContentLength":"9"}"#;

fn thread_rules() -> Vec<(&'static str, Step)> {
    vec![
        ("/ticket/11/history", list(HISTORY, "null")),
        ("Content HTTP", list(TEXTS, "null")),
        ("query=%5B%7B%22field%22%3A%22ContentType%22%2C%22operator%22%3A%22STARTSWITH", list(TEXTS, "null")),
        ("NOT+LIKE", list(FILES, "null")),
    ]
}

#[tokio::test]
async fn a_known_thread_is_two_requests() {
    let mut rules = thread_rules();
    rules.extend(thread_rules());
    rules.push(("/tickets", list(&row(11, CHEN, ""), "1")));
    let server = TestServer::answer(rules).await;
    let desk = desk(&server);
    let thread = desk.thread(&"11".into(), None).await.unwrap();
    // Row, history and texts at once; then the files, for a message in parts that was not seen before.
    assert_eq!(desk.round_trips(), 4, "{:?}", asked(&server));
    let kinds: Vec<(Kind, &str)> = thread.messages.iter().map(|m| (m.kind, m.text.as_str())).collect();
    assert_eq!(
        kinds,
        [
            (Kind::Incoming, "Where is it?\n\nLena"),
            (Kind::Reply, "It left."),
            (Kind::Note, "Only us."),
            (Kind::Incoming, "Thank you")
        ]
    );
    assert_eq!(thread.messages[0].to[1], Person::parse("\"Office, B.\" <b@x.example>"));
    assert_eq!(thread.messages[1].delivery, Some(crate::domain::Delivery::Sent));
    assert!(thread.messages[3].from_html);
    let files: Vec<&str> = thread.messages[3].attachments.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(files, ["一覧.csv", "old-invoice.pdf"]);
    assert_eq!(thread.ticket.waiting_since, Some("2026-11-22T07:00:09Z".parse().unwrap()));
    // RT writes an owner's change twice; it is shown once.
    assert_eq!(thread.events.iter().map(|e| e.what.as_str()).collect::<Vec<_>>(), ["claim"]);
    for asked in asked(&server) {
        assert!(!asked.contains("Parent"), "a list with it is a 500: {asked}");
        let sql = asked.contains("/history?") && asked.contains("query=") && !asked.contains("query=[");
        assert!(!sql, "SQL drops the ticket from the question: {asked}");
    }
    // The row was read in the second of its last change: it is asked for again. Settled, it is known.
    let known = desk.memory().row(&"11".into()).unwrap().settled;
    assert!(!known);
    let mut settled = desk.memory().row(&"11".into()).unwrap().clone();
    settled.settled = true;
    desk.memory().saw(&settled);
    desk.thread(&"11".into(), None).await.unwrap();
    assert_eq!(desk.round_trips(), 6, "history and texts");
}

#[tokio::test]
async fn numbers_come_as_text_and_ids_of_tickets_as_numbers() {
    let body = r#"{"items":[null,{"id":7,"Subject":5,"Status":"new","Queue":"","Owner":"","Requestor":"","Priority":60,"CustomFields":""}],"total":1}"#;
    let server = TestServer::play([ok(body)]).await;
    let page = desk(&server).list(&Query::default(), None).await.unwrap();
    assert_eq!((page.rows[0].id.as_str(), page.rows[0].priority), ("7", Priority::Normal));
}

#[tokio::test]
async fn a_reply_looks_first_and_names_every_file_in_ascii() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("見積.txt");
    std::fs::write(&path, "一式").unwrap();
    let file =
        Upload { name: "見積.txt".to_owned(), media_type: "text/plain".to_owned(), path: path.clone(), size: 6 };
    let messages = r#"{"id":"108","Type":"Create","Created":"2026-11-22T06:00:00Z"}"#;
    let made = answer(
        "201 Created",
        "content-type: application/json\r\nlocation: /REST/2.0/transaction/412",
        r#"["Correspondence added"]"#,
    );
    let server = TestServer::play([list(messages, "null"), made, list(&row(11, CHEN, ""), "1")]).await;
    let desk = desk(&server);
    let message =
        Outgoing { text: "0".to_owned(), files: vec![file.clone()], seen: Some("108".into()), ..Outgoing::default() };
    let receipt = apply(&desk, Change::Reply { ticket: "11".into(), message }).await.unwrap();
    let message = receipt.message.unwrap();
    assert_eq!((message.id.as_str(), message.number, desk.round_trips()), ("412", 2, 3));
    let asked = asked(&server);
    // A file name beyond ASCII is a 500 and loses the reply; a text that is only `0` is dropped.
    assert!(asked[1].starts_with("POST /REST/2.0/ticket/11/correspond {"), "{asked:?}");
    assert!(asked[1].is_ascii() && asked[1].contains(r#""FileName":"=?UTF-8?B?6KaL56mNLnR4dA==?=""#), "{asked:?}");
    assert!(asked[1].contains(r#""Content":"0\n""#) && asked[1].contains(r#""ContentType":"text/plain""#), "{asked:?}");
    assert!(!server.asked()[1].contains("if-match"), "any is a 412 there");
    // What RT would take, and lose.
    std::fs::write(&path, "").unwrap();
    for message in [Outgoing::default(), Outgoing { text: "x".to_owned(), files: vec![file], ..Outgoing::default() }] {
        let error = apply(&desk, Change::Note { ticket: "11".into(), message }).await.unwrap_err();
        assert!(matches!(error, DeskError::Invalid { .. }), "{error:?}");
    }
    let blind = Outgoing { text: "x".to_owned(), bcc: vec![Person::parse("b@x.example")], ..Outgoing::default() };
    let error = apply(&desk, Change::Reply { ticket: "11".into(), message: blind }).await.unwrap_err();
    assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
    assert_eq!(desk.round_trips(), 3);
}

#[test]
fn a_long_name_is_cut_into_words_that_a_head_can_hold() {
    let name = "請求書".repeat(20) + ".pdf";
    let coded = speak::encoded_name(&name);
    assert!(coded.split(' ').all(|word| word.len() <= 75) && coded.is_ascii());
    let plain: Vec<u8> = coded
        .split(' ')
        .flat_map(|w| {
            crate::backend::base64::decode(w.trim_start_matches("=?UTF-8?B?").trim_end_matches("?=")).unwrap()
        })
        .collect();
    assert_eq!(String::from_utf8(plain).unwrap(), name);
    assert_eq!(speak::encoded_name("a\r\n\"b.txt"), "a___b.txt");
}

#[tokio::test]
async fn a_reply_waits_when_the_thread_moved_on() {
    let messages = r#"{"id":"108","Type":"Create"},{"id":"114","Type":"Comment"},{"id":"115","Type":"Correspond"}"#;
    let mut rules = vec![("Type%2CObjectId%2CCreator%2CCreated&orderby", list(messages, "null"))];
    rules.extend(thread_rules());
    rules.push(("/tickets", list(&row(11, CHEN, ""), "1")));
    let server = TestServer::answer(rules).await;
    let message = Outgoing { text: "Late.".to_owned(), seen: Some("112".into()), ..Outgoing::default() };
    let error = apply(&desk(&server), Change::Reply { ticket: "11".into(), message }).await.unwrap_err();
    let DeskError::MovedOn { messages } = &error else { panic!("{error:?}") };
    assert_eq!(messages.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["115"], "a note does not hold it back");
    assert!(!asked(&server).iter().any(|a| a.starts_with("POST")));
}

fn by_phone() -> NewTicket {
    NewTicket {
        queue: "Shop".into(),
        requester: Person::parse("lena@customer.example"),
        subject: "件名".to_owned(),
        text: "By phone".to_owned(),
        channel: crate::domain::Channel::Phone,
        files: Vec::new(),
    }
}

#[tokio::test]
async fn a_ticket_is_opened_before_its_requester_is_added() {
    let queues = r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#;
    let server = TestServer::play([
        ok(queues),
        said("201 Created", r#"{"id":"19","type":"ticket"}"#),
        ok(r#"["Added lena@customer.example as Requestor for this ticket"]"#),
        list(&row(19, NOBODY, ""), "1"),
    ])
    .await;
    let new = by_phone();
    let desk = desk(&server);
    let receipt = apply(&desk, Change::New(new.clone())).await.unwrap();
    assert_eq!((receipt.ticket.id.as_str(), receipt.remark), ("19", None));
    let asked = asked(&server);
    assert!(asked[1].starts_with("POST /REST/2.0/ticket {") && !asked[1].contains("Requestor"), "{asked:?}");
    assert_eq!(asked[2], r#"PUT /REST/2.0/ticket/19 {"Requestor":["lena@customer.example"]}"#);
    // RT would take a ticket where nobody here can see it.
    let hidden = NewTicket { queue: "Secret".into(), ..new };
    let unseen = TestServer::play([ok(queues), list("", "null"), list("", "null")]).await;
    let error = apply(&self::desk(&unseen), Change::New(hidden)).await.unwrap_err();
    assert!(matches!(error, DeskError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_split_mails_nobody_and_loses_nothing() {
    let links = |what: &str, id: u32| format!(r#","_hyperlinks":[{{"ref":"{what}","type":"ticket","id":"{id}"}}]"#);
    let mut rules = thread_rules();
    rules.extend([
        ("query=id+%3D+11&", list(&row(11, CHEN, ""), "1")),
        ("/attachment/39", ok(r#"{"id":39,"ContentType":"text/csv","Content":"gqA=\n","TransactionId":{"id":"115"}}"#)),
        (
            "/attachment/40",
            ok(r#"{"id":40,"ContentType":"application/pdf","Content":"JVBE\nRg==\n","TransactionId":{"id":"115"}}"#),
        ),
        ("POST /REST/2.0/ticket HTTP", said("201 Created", r#"{"id":"18"}"#)),
        (r#"{"Requestor":["lena@customer.example"]}"#, ok("[]")),
        ("query=id+%3D+18&", list(&row(18, CHEN, &links("refers-to", 11)), "1")),
        ("POST /REST/2.0/ticket/18/comment", said("201 Created", "[]")),
        ("POST /REST/2.0/ticket/11/comment", said("201 Created", "[]")),
        ("query=id+%3D+11&", list(&row(11, CHEN, &links("referred-to-by", 18)), "1")),
        ("query=id+%3D+18&", list(&row(18, CHEN, &links("refers-to", 11)), "1")),
    ]);
    let server = TestServer::answer(rules).await;
    let desk = desk(&server);
    let split = Split {
        ticket: "11".into(),
        pick: Pick::Messages(vec!["115".into(), "114".into()]),
        subject: Some("Invoice".to_owned()),
        queue: None,
        assignee: None,
        labels: None,
    };
    let receipt = apply(&desk, Change::Split(split.clone())).await.unwrap();
    assert_eq!(receipt.remark, None);
    let other = receipt.other.unwrap();
    assert_eq!((other.split_from.as_ref().map(TicketId::as_str), other.id.as_str()), (Some("11"), "18"));
    assert_eq!(receipt.ticket.split_into, ["18".into()]);
    let writes: Vec<String> = asked(&server).into_iter().filter(|a| !a.starts_with("GET")).collect();
    assert_eq!(writes.len(), 4, "{writes:#?}");
    let made = &writes[0];
    assert!(made.starts_with("POST /REST/2.0/ticket {") && !made.contains("Requestor"), "a requester would be mailed");
    for part in [
        r#""Status":"open""#,
        r#""RefersTo":[11]"#,
        r#""Owner":"chen""#,
        r#""Labels":["配送"]"#,
        r#""FileContent":"gqA=""#,
        "JVBERg==",
    ] {
        assert!(made.contains(part), "{part}: {made}");
    }
    // Who wrote it and when, and the words; the note stays inside.
    assert!(
        made.contains(r"Split from #11\n\nLena Fischer <lena@customer.example>, 2026-11-22 07:00 UTC:\n\nThank you\n"),
        "{made}"
    );
    assert!(!made.contains("Only us.") && writes[2].contains("/18/comment") && writes[2].contains("Only us."));
    assert!(writes[3].contains("/11/comment") && writes[3].contains("Split into #18"), "{writes:#?}");
    // Thread 4, files 2, open, requester and a look, two comments, two looks.
    assert_eq!(desk.round_trips(), 4 + 2 + 3 + 2 + 2);
}

#[tokio::test]
async fn a_link_alone_is_no_split() {
    let links = r#","_hyperlinks":[{"ref":"refers-to","type":"ticket","id":"6"},{"ref":"referred-to-by","type":"ticket","id":"17"}]"#;
    let mut rules = thread_rules();
    rules.push(("/tickets", list(&row(11, CHEN, links), "1")));
    let server = TestServer::answer(rules).await;
    let row = desk(&server).thread(&"11".into(), None).await.unwrap().ticket;
    assert_eq!((row.split_from, row.split_into), (None, Vec::new()));
}

#[tokio::test]
async fn a_split_is_shown_also_where_only_a_list_told_of_the_ticket() {
    let links = r#","_hyperlinks":[{"ref":"referred-to-by","type":"ticket","id":"17"},{"ref":"referred-to-by","type":"ticket","id":"18"}]"#;
    let note =
        r#"{"id":"34","TransactionId":"114","ContentType":"text/plain","Content":"Split into #18\n\nMessage 1"}"#;
    let server = TestServer::answer([
        ("__Active__", list(&row(11, CHEN, ""), "1")),
        ("/history", list(HISTORY, "null")),
        ("STARTSWITH", list(note, "null")),
        // The last message had no text on the first page.
        ("STARTSWITH", list(note, "null")),
        ("NOT+LIKE", list("", "null")),
        ("query=id+%3D+11&", list(&row(11, CHEN, links), "1")),
        // A row read by itself later does not bring back the link that is no split.
        ("query=id+%3D+11&", list(&row(11, CHEN, links), "1")),
    ])
    .await;
    let desk = desk(&server);
    desk.list(&Query::default(), None).await.unwrap();
    let mut settled = desk.memory().row(&"11".into()).unwrap().clone();
    settled.settled = true;
    desk.memory().saw(&settled);
    let row = desk.thread(&"11".into(), None).await.unwrap().ticket;
    assert_eq!(row.split_into, ["18".into()]);
    assert_eq!(desk.row(&"11".into()).await.unwrap().row.split_into, ["18".into()]);
}

#[tokio::test]
async fn a_password_is_used_once_and_its_session_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("desk.session");
    let login =
        answer("200 OK", "content-type: text/html\r\nset-cookie: RT_SID_rt.example.80=abc; path=/; HttpOnly", "<html>");
    let home = || answer("302 Found", "location: /\r\ncontent-type: text/plain", "Login required");
    let page = || list(&row(11, NOBODY, ""), "1");
    let server = TestServer::play([login, page(), page(), page(), home()]).await;
    let connection = Connection {
        kind: "rt".to_owned(),
        account: Some("chen".to_owned()),
        secret: Some("it's a secret".into()),
        session: Some(file.clone()),
        ..server.connection.clone()
    };
    let first = Rt::new(&connection).unwrap();
    first.list(&Query::default(), None).await.unwrap();
    first.list(&Query::default(), None).await.unwrap();
    assert!(asked(&server)[0].ends_with("POST /NoAuth/Login.html user=chen&pass=it%27s+a+secret"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Another process goes on with it, without the password.
    let second = Rt::new(&connection).unwrap();
    second.list(&Query::default(), None).await.unwrap();
    assert!(
        server.asked()[1..].iter().all(|r| r.contains("cookie: RT_SID_rt.example.80=abc") && !r.contains("secret"))
    );
}

#[tokio::test]
async fn a_session_that_ended_is_a_redirect_and_a_wrong_password_says_so() {
    let login = |n: u32| answer("200 OK", &format!("set-cookie: RT_SID_rt=n{n}; path=/"), "");
    let home = || answer("302 Found", "location: /", "Login required");
    let page = || list(&row(11, NOBODY, ""), "1");
    let connect = |server: &TestServer| {
        let account = Some("chen".to_owned());
        Rt::new(&Connection { account, secret: Some("pass word".into()), ..server.connection.clone() }).unwrap()
    };
    let server = TestServer::play([login(1), page(), home(), login(2), page()]).await;
    let desk = connect(&server);
    desk.list(&Query::default(), None).await.unwrap();
    desk.list(&Query::default(), None).await.unwrap();
    assert!(server.asked()[4].contains("cookie: RT_SID_rt=n2"));
    let refused = answer("401 No", "content-type: application/json", r#"{"message":"Unauthorized"}"#);
    let server = TestServer::play([login(1), home(), login(2), home(), refused]).await;
    let error = connect(&server).list(&Query::default(), None).await.unwrap_err();
    assert!(matches!(&error, DeskError::Unauthenticated { why } if why.contains("chen")), "{error:?}");
    assert!(server.asked()[4].contains("authorization: Basic "));
}

#[tokio::test]
async fn refusals_by_code_have_words() {
    let cases = [
        ("401 No", r#"{"message":"Unauthorized"}"#, "unauthenticated", "Auth Tokens"),
        ("403 No", r#"{"message":"Forbidden"}"#, "denied", "this account"),
        ("403 No", r#"{"message":"No permission to create tickets in the queue 'Nope'"}"#, "denied", "'Nope'"),
        ("404 No", r#"{"message":"Resource does not exist; use POST to create"}"#, "not-found", "#11"),
        ("409 No", r#"{"message":"Resource already exists; use PUT to update"}"#, "conflict", ""),
        ("412 No", r#"{"message":"Precondition Failed"}"#, "conflict", ""),
        ("400 No", r#"{"message":"Unknown field: Bogus at /usr/share/x.pm line 3187.\n"}"#, "invalid", "Bogus"),
        ("422 No", r#"{"message":"what"}"#, "invalid", "what"),
        ("500 No", "", "unavailable", "log"),
        ("302 Found", "", "unavailable", "elsewhere"),
    ];
    for (status, body, kind, words) in cases {
        let server = TestServer::play([said(status, body)]).await;
        let error = apply(&desk(&server), claim()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert_eq!(error.kind(), kind, "{status}: {error:?}");
        assert!(text.contains(words) && !text.contains(".pm"), "{status}: {text}");
    }
    let server = TestServer::play([answer("429 No", "retry-after: 60", "")]).await;
    let error = apply(&desk(&server), claim()).await.unwrap_err();
    assert_eq!(error, DeskError::Limited { retry_after: Some(Duration::from_mins(1)) });
}

#[tokio::test]
async fn a_status_is_named_as_its_lifecycle_names_it() {
    let onboarding = |status: &str, more: &str| {
        row(11, CHEN, more)
            .replace(r#""Lifecycle":"default""#, r#""Lifecycle":"onboarding""#)
            .replace(r#""Status":"open""#, &format!(r#""Status":"{status}""#))
    };
    let moves = r#","_hyperlinks":[{"ref":"lifecycle","from":"running","to":"waiting","label":"Wait","update":"Respond"},
        {"ref":"lifecycle","from":"running","to":"finished"}]"#;
    let server = TestServer::play([
        list(&onboarding("running", moves), "1"),
        ok(r#"["Status changed"]"#),
        list(&onboarding("finished", ""), "1"),
        ok(r#"["Ticket 11: Status 'waiting' isn't a valid status for this ticket."]"#),
        list(&onboarding("finished", ""), "1"),
    ])
    .await;
    let desk = desk(&server);
    let set = |to| Change::Status { ticket: "11".into(), to };
    let receipt = apply(&desk, set(Status::Resolved)).await.unwrap();
    assert_eq!((receipt.ticket.status, receipt.ticket.native_status.as_str()), (Status::Resolved, "finished"));
    assert_eq!(asked(&server)[1], r#"PUT /REST/2.0/ticket/11 {"Status":"finished"}"#);
    let error = apply(&desk, set(Status::Waiting)).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("isn't a valid status")), "{error:?}");
    let error = apply(&desk, set(Status::Snoozed)).await.unwrap_err();
    assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
}

#[tokio::test]
async fn labels_are_written_whole_under_their_version() {
    let ticket = |values: &str| {
        let body = format!(r#"{{"id":11,"CustomFields":[{{"id":"2","name":"Labels","values":[{values}]}}]}}"#);
        answer("200 OK", "content-type: application/json\r\netag: \"7\"", &body)
    };
    let after = row(11, CHEN, "").replace(r#"["配送"]"#, r#"["VIP","b","配送"]"#);
    let server = TestServer::play([
        ticket(r#""配送""#),
        said("412 No", r#"{"message":"Precondition Failed"}"#),
        ticket(r#""配送","b""#),
        ok("[]"),
        list(&after, "1"),
    ])
    .await;
    let desk = desk(&server);
    let change = Change::Label { ticket: "11".into(), add: vec![Clean::line("VIP")], remove: vec![Clean::line("x")] };
    let receipt = apply(&desk, change.clone()).await.unwrap();
    assert_eq!(receipt.ticket.labels.len(), 3, "what another set meanwhile is kept");
    assert!(asked(&server)[3].ends_with(r#"{"CustomFields":{"Labels":["VIP","b","配送"]}}"#));
    // One ticket without such a field says nothing of those of another queue.
    let bare = ok(r#"{"id":11,"CustomFields":[{"id":"3","name":"Severity","values":[]}]}"#);
    let none = TestServer::play([bare, ticket(r#""配送","b""#), ok("[]"), list(&after, "1")]).await;
    let desk = self::desk(&none);
    let error = apply(&desk, change.clone()).await.unwrap_err();
    assert_eq!(error, DeskError::NotPossible { why: Clean::line(write::NO_LABELS) });
    assert!(matches!(desk.support(Verb::Label), Support::Emulated { .. }));
    apply(&desk, change).await.unwrap();
}

#[tokio::test]
async fn a_merged_ticket_answers_as_its_target() {
    let none = || list("", "0");
    let server = TestServer::answer([
        ("/history", list("", "null")),
        ("/attachments", list("", "null")),
        ("query=id+%3D+11&", none()),
        ("/ticket/11 ", ok(r#"{"id":19,"Subject":"x"}"#)),
        ("/ticket/11?", ok(r#"{"id":19,"Subject":"x"}"#)),
        ("query=id+%3D+19&", list(&row(19, CHEN, ""), "1")),
    ])
    .await;
    let thread = desk(&server).thread(&"11".into(), None).await.unwrap();
    assert_eq!((thread.ticket.id.as_str(), thread.ticket.merged_into), ("11", Some("19".into())));
}

#[tokio::test]
async fn a_search_goes_down_by_number() {
    let server = TestServer::play([
        list(&format!("{},{}", row(40, BRAM, ""), row(30, BRAM, "")), "9"),
        list(&row(20, BRAM, ""), "1"),
    ])
    .await;
    let desk = desk(&server);
    let query =
        Query { text: Some("it's".to_owned()), assignee: AssigneeFilter::Nobody, limit: Some(2), ..Query::default() };
    let page = desk.list(&query, None).await.unwrap();
    assert_eq!(page.next, Some(Cursor("below:30".to_owned())));
    let page = desk.list(&query, page.next.as_ref()).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
    let asked = asked(&server);
    assert!(asked[0].contains(r"Subject LIKE 'it\'s'") && asked[1].contains(") AND id < 30"), "{asked:?}");
    let wrong = desk.list(&query, Some(&Cursor("x".to_owned()))).await.unwrap_err();
    assert!(matches!(wrong, DeskError::Invalid { .. }));
}

#[tokio::test]
async fn an_attachment_comes_as_base64_and_a_missing_one_as_a_fault() {
    use futures_util::StreamExt as _;
    let file = r#"{"id":24,"Filename":"写真.png","ContentType":"image/png","Content":"AAEC\n/w==\n","TransactionId":{"id":"1"}}"#;
    let server = TestServer::play([ok(file), said("500 No", r#"{"message":"Internal Server Error"}"#)]).await;
    let desk = desk(&server);
    let download = desk.attachment(&"24".into()).await.unwrap();
    let bytes: Vec<Bytes> = download.bytes.map(Result::unwrap).collect().await;
    assert_eq!((download.name.as_str(), download.size, bytes.concat()), ("写真.png", Some(4), vec![0, 1, 2, 255]));
    assert!(matches!(desk.attachment(&"9".into()).await.err(), Some(DeskError::NotFound { .. })));
    assert!(matches!(desk.attachment(&"../x".into()).await.err(), Some(DeskError::NotFound { .. })));
}

#[tokio::test]
async fn a_message_handed_on_says_what_failed_after_it_was_sent() {
    let server = TestServer::answer([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&row(11, CHEN, ""), "1")),
        ("/comment", said("201 Created", r#"["Comments added","Status 'x' isn't valid"]"#)),
        ("/tickets", list(&row(11, CHEN, ""), "1")),
    ])
    .await;
    let then = Then { status: Some(Status::Resolved), assignee: None };
    let message = Outgoing { text: "x".to_owned(), then, ..Outgoing::default() };
    let receipt = apply(&desk(&server), Change::Note { ticket: "11".into(), message }).await.unwrap();
    assert!(receipt.remark.is_some_and(|r| r.contains("the status is open and not resolved")));
    assert!(asked(&server).iter().any(|a| a.contains(r#""Status":"resolved""#)));
}

#[tokio::test]
async fn parts_of_a_ticket_that_is_not_there_are_those_of_others() {
    let missing = || said("404 No", r#"{"message":"Not Found"}"#);
    let server = TestServer::answer([
        ("/history", list("", "null")),
        // RT drops the ticket from the question when it finds none.
        ("/attachments", list(TEXTS, "null")),
        ("query=id+%3D+99&", list("", "0")),
        ("/ticket/99 ", missing()),
    ])
    .await;
    let error = desk(&server).thread(&"99".into(), None).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotFound { what } if what.as_str() == "ticket #99"), "{error:?}");
    // And in a thread only what belongs to its own messages is shown.
    let mut rules = vec![("/history", list(r#"{"id":"500","Type":"Comment","Creator":{"id":"bram"}}"#, "null"))];
    rules.extend([("/attachments", list(TEXTS, "null")), ("/attachments", list("", "null"))]);
    rules.push(("/attachments", list(FILES, "null")));
    rules.push(("/tickets", list(&row(11, CHEN, ""), "1")));
    let server = TestServer::answer(rules).await;
    let thread = desk(&server).thread(&"11".into(), None).await.unwrap();
    assert_eq!((thread.messages[0].text.as_str(), thread.messages[0].attachments.len()), ("", 0));
}
