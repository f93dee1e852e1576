//! Copies of one reply: who gets one is no guest for ever.

use super::*;

fn with(cc: &str) -> String {
    row(11, CHEN, "").replace(r#""Cc":[]"#, &format!(r#""Cc":[{cc}]"#))
}

const OFFICE: &str = r#"{"id":"office@x.example","Name":"office@x.example","EmailAddress":"office@x.example"}"#;
const BOSS: &str = r#"{"id":"boss@x.example","Name":"boss@x.example","EmailAddress":"boss@x.example"}"#;

fn to_office() -> Change {
    let message = Outgoing { text: "x".to_owned(), cc: vec![Person::parse("office@x.example")], ..Outgoing::default() };
    Change::Reply { ticket: "11".into(), message }
}

fn writes(server: &TestServer) -> Vec<String> {
    asked(server).into_iter().filter(|a| !a.starts_with("GET")).collect()
}

#[tokio::test]
async fn copies_join_before_the_mail_and_leave_after_it() {
    let server = TestServer::answer([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&with(""), "1")),
        ("office@x.example", ok("[]")),
        ("/tickets", list(&with(OFFICE), "1")),
        ("/correspond", said("201 Created", "[]")),
        ("/tickets", list(&with(OFFICE), "1")),
        (r#"{"Cc":[]}"#, ok("[]")),
        ("/tickets", list(&with(""), "1")),
    ])
    .await;
    let receipt = apply(&desk(&server), to_office()).await.unwrap();
    assert_eq!(receipt.remark, None);
    let writes = writes(&server);
    assert_eq!(
        [&writes[0], &writes[2]],
        [r#"PUT /REST/2.0/ticket/11 {"Cc":["office@x.example"]}"#, r#"PUT /REST/2.0/ticket/11 {"Cc":[]}"#]
    );
    assert!(writes[1].starts_with("POST /REST/2.0/ticket/11/correspond"), "the mail between: {writes:?}");
}

#[tokio::test]
async fn who_cannot_be_taken_off_is_named_and_taken_off_before_the_next_reply() {
    let both = format!("{BOSS},{OFFICE}");
    let no = || ok(r#"["Ticket 11: Permission Denied"]"#);
    let mut rules = vec![
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&with(BOSS), "1")),
        (r#"{"Cc":["boss@x.example","office@x.example"]}"#, ok("[]")),
        ("/tickets", list(&with(&both), "1")),
        ("/correspond", said("201 Created", "[]")),
    ];
    // Tried twice at once, with a look before, between and after.
    rules.extend([("/tickets", list(&with(&both), "1")), (r#"{"Cc":["boss@x.example"]}"#, no())]);
    rules.extend([("/tickets", list(&with(&both), "1")), (r#"{"Cc":["boss@x.example"]}"#, no())]);
    rules.push(("/tickets", list(&with(&both), "1")));
    // The next reply, to the customer alone: the guest leaves before, who was there always stays.
    rules.extend([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&with(&both), "1")),
        (r#"{"Cc":["boss@x.example"]}"#, ok("[]")),
        ("/tickets", list(&with(BOSS), "1")),
        ("/correspond", said("201 Created", "[]")),
        ("/tickets", list(&with(BOSS), "1")),
    ]);
    let server = TestServer::answer(rules).await;
    let desk = desk(&server);
    let receipt = apply(&desk, to_office()).await.unwrap();
    let remark = receipt.remark.unwrap();
    assert!(
        remark.starts_with("office@x.example cannot be taken off") && remark.contains("Permission Denied"),
        "{remark}"
    );
    assert!(!remark.contains("boss@"), "{remark}");
    let message = Outgoing { text: "y".to_owned(), ..Outgoing::default() };
    let receipt = apply(&desk, Change::Reply { ticket: "11".into(), message }).await.unwrap();
    assert_eq!(receipt.remark, None);
    assert!(desk.memory().guests.is_empty());
    let writes = writes(&server);
    assert!(writes[4].ends_with(r#"{"Cc":["boss@x.example"]}"#) && writes[5].contains("/correspond"), "{writes:#?}");
}

#[tokio::test]
async fn what_was_not_sent_leaves_no_guest() {
    let server = TestServer::answer([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&with(""), "1")),
        (r#"{"Cc":["office@x.example"]}"#, ok("[]")),
        ("/tickets", list(&with(OFFICE), "1")),
        ("/correspond", said("403 No", r#"{"message":"Forbidden"}"#)),
        ("/tickets", list(&with(OFFICE), "1")),
        (r#"{"Cc":[]}"#, ok("[]")),
        ("/tickets", list(&with(""), "1")),
    ])
    .await;
    let error = apply(&desk(&server), to_office()).await.unwrap_err();
    assert!(matches!(error, DeskError::Denied { .. }), "{error:?}");
    assert!(writes(&server).last().unwrap().ends_with(r#"{"Cc":[]}"#));
    // The look after the joining fails: it goes out again later, and then they are guests still.
    let server = TestServer::answer([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/tickets", list(&with(""), "1")),
        (r#"{"Cc":["office@x.example"]}"#, ok("[]")),
        ("/tickets", answer("429 No", "retry-after: 60", "")),
    ])
    .await;
    let desk = desk(&server);
    let error = apply(&desk, to_office()).await.unwrap_err();
    assert!(matches!(error, DeskError::Limited { .. }), "nothing was sent: {error:?}");
    assert_eq!(desk.memory().guests.len(), 1);
}

/// Who is just being taken off by the news is known to a reply: it waits, and mails that one nothing.
#[tokio::test]
async fn a_reply_waits_until_the_news_have_taken_off_who_was_left() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let Step::Say(bytes) = ok("[]") else { unreachable!() };
    let mut off = false;
    let later = Step::Later(std::sync::Arc::clone(&gate), bytes);
    let server = TestServer::by(move |request| {
        let line = request.lines().next().unwrap();
        off |= request.contains(r#"{"Cc":[]}"#);
        match line {
            l if l.starts_with("PUT") => later.clone(),
            l if l.starts_with("POST") => said("201 Created", "[]"),
            l if l.contains("/history") => list(r#"{"id":"108","Type":"Create"}"#, "null"),
            _ => list(&with(if off { "" } else { OFFICE }), "1"),
        }
    })
    .await;
    let desk = desk(&server);
    desk.memory().guests.insert("11".into(), vec!["office@x.example".to_owned()]);
    let reply = Outgoing { text: "y".to_owned(), ..Outgoing::default() };
    let change = Change::Reply { ticket: "11".into(), message: reply };
    let asked_off = async {
        while !writes(&server).iter().any(|w| w.starts_with("PUT")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The reply begins while the news wait for RT.
        let said = apply(&desk, change);
        let open = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(!writes(&server).iter().any(|w| w.starts_with("POST")), "it waits");
            gate.add_permits(9);
        };
        futures_util::join!(said, open).0
    };
    let ((), receipt) = futures_util::join!(desk.see_off_the_left(), asked_off);
    assert_eq!(receipt.unwrap().remark, None);
    assert!(desk.memory().guests.is_empty());
    assert!(writes(&server).last().unwrap().contains("/correspond"));
}

#[tokio::test]
async fn the_news_take_off_who_was_left() {
    let server = TestServer::answer([
        ("/tickets", list(&with(OFFICE), "1")),
        (r#"{"Cc":[]}"#, ok("[]")),
        ("/tickets", list(&with(""), "1")),
    ])
    .await;
    let desk = desk(&server);
    desk.memory().guests.insert("11".into(), vec!["office@x.example".to_owned()]);
    desk.see_off_the_left().await;
    assert!(desk.memory().guests.is_empty());
    assert_eq!(writes(&server).len(), 1);
}
