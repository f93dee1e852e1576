//! What fails once RT has done something: never told as not done, and never made again.

use super::*;

fn limited() -> Step {
    answer("429 No", "retry-after: 60", "")
}

/// Looked up by the outbox, and not sent again.
fn is_unknown(error: &DeskError) -> bool {
    matches!(
        error,
        DeskError::Unreachable { maybe_done: true, .. } | DeskError::Unavailable { .. } | DeskError::Garbled { .. }
    )
}

fn current(owner: &str) -> Step {
    let (number, login) = owner.split_once(' ').unwrap();
    let fields = r#"[{"id":"2","name":"Labels","values":[]}]"#;
    ok(&format!(r#"{{"id":11,"Owner":{{"id":{number},"Name":"{login}"}},"CustomFields":{fields}}}"#))
}

#[tokio::test]
async fn a_look_that_fails_after_a_write_is_no_failure_of_the_write() {
    let id = || TicketId::from("11");
    let done = || ok("[]");
    let note = Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    let list_of_messages = || list(r#"{"id":"108","Type":"Create"}"#, "null");
    let sent = || said("201 Created", "[]");
    let queue = || ok(r#"{"items":[{"id":"5","Name":"Onboarding"}],"total":null}"#);
    let listed = || list(&row(11, CHEN, ""), "1");
    let cases: Vec<(Change, Vec<Step>)> = vec![
        (claim(), vec![done()]),
        (Change::Release { ticket: id() }, vec![current(CHEN), done()]),
        (Change::Steal { ticket: id() }, vec![current(BRAM), done()]),
        (Change::Assign { ticket: id(), to: "bram".into() }, vec![done()]),
        (Change::Status { ticket: id(), to: Status::Waiting }, vec![listed(), done()]),
        (Change::Priority { ticket: id(), to: Priority::High }, vec![done()]),
        (Change::Subject { ticket: id(), to: Clean::line("y") }, vec![done()]),
        (Change::Move { ticket: id(), to: "5".into() }, vec![queue(), done()]),
        (Change::Requester { ticket: id(), to: Person::parse("y@x.example") }, vec![listed(), done()]),
        (Change::Label { ticket: id(), add: vec![Clean::line("y")], remove: vec![] }, vec![current(CHEN), done()]),
        (Change::Merge { ticket: id(), into: "12".into() }, vec![listed(), current(CHEN), done()]),
        (Change::Note { ticket: id(), message: note.clone() }, vec![list_of_messages(), sent()]),
        (Change::Reply { ticket: id(), message: note }, vec![list_of_messages(), sent()]),
    ];
    for (change, mut steps) in cases {
        let made = steps.len();
        steps.push(limited());
        let server = TestServer::play(steps).await;
        let error = apply(&desk(&server), change.clone()).await.unwrap_err();
        assert!(matches!(error, DeskError::Unreachable { maybe_done: true, .. }), "{change:?}: {error:?}");
        assert!(server.asked().len() > made, "{change:?}: it was made and looked at: {:#?}", asked(&server));
    }
}

#[tokio::test]
async fn what_is_known_before_is_enough_to_tell_that_it_was_sent() {
    let server = TestServer::answer([
        ("/tickets", list(&row(11, CHEN, ""), "1")),
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/comment", said("201 Created", "[]")),
        ("/tickets", limited()),
    ])
    .await;
    let desk = desk(&server);
    desk.list(&Query::default(), None).await.unwrap();
    let message = Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    let receipt = apply(&desk, Change::Note { ticket: "11".into(), message }).await.unwrap();
    assert!(receipt.message.is_some());
    assert!(receipt.remark.unwrap().contains("how the ticket stands now could not be seen"));
}

#[tokio::test]
async fn only_201_says_that_something_new_is_there() {
    let message = || Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        for change in [
            Change::Note { ticket: "11".into(), message: message() },
            Change::Reply { ticket: "11".into(), message: message() },
        ] {
            let messages = list(r#"{"id":"108","Type":"Create"}"#, "null");
            let server = TestServer::play([messages, said(status, "[]"), list(&row(11, CHEN, ""), "1")]).await;
            let error = apply(&desk(&server), change.clone()).await.unwrap_err();
            assert!(is_unknown(&error), "{status} {change:?}: {error:?}");
        }
        let queues = ok(r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#);
        let server = TestServer::play([queues, said(status, r#"{"id":"19"}"#)]).await;
        let error = apply(&desk(&server), Change::New(by_phone())).await.unwrap_err();
        assert!(is_unknown(&error), "{status}: {error:?}");
    }
}

/// Nothing was made yet: nobody has to look whether it was.
#[tokio::test]
async fn what_fails_before_the_first_write_made_nothing() {
    let split = Split {
        ticket: "11".into(),
        pick: Pick::Messages(vec!["115".into()]),
        subject: None,
        queue: None,
        assignee: None,
        labels: None,
    };
    for fault in [Step::Cut, said("500 No", ""), said("503 No", ""), ok("[")] {
        for change in [Change::Split(split.clone()), Change::New(by_phone())] {
            let server = TestServer::play([fault.clone(), fault.clone(), fault.clone()]).await;
            let error = apply(&desk(&server), change.clone()).await.unwrap_err();
            assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }), "{change:?}: {error:?}");
        }
        // The file of a message.
        let mut rules = thread_rules();
        rules.extend([("query=id+%3D+11&", list(&row(11, CHEN, ""), "1")), ("/attachment/39", fault)]);
        let server = TestServer::answer(rules).await;
        let error = apply(&desk(&server), Change::Split(split.clone())).await.unwrap_err();
        assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }), "{error:?}");
        assert!(asked(&server).iter().all(|a| a.starts_with("GET")));
    }
}

/// Not one of them is made a second time by itself.
#[tokio::test]
async fn a_lost_answer_is_unknown() {
    let message = || Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    let messages = || list(r#"{"id":"108","Type":"Create"}"#, "null");
    let queues = || ok(r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#);
    for lost in [Step::Cut, said("502 Bad Gateway", ""), said("500 No", ""), said("201 Created", "[")] {
        let cases = [
            (Change::Note { ticket: "11".into(), message: message() }, messages(), "/comment"),
            (Change::Reply { ticket: "11".into(), message: message() }, messages(), "/correspond"),
            (Change::New(by_phone()), queues(), "POST /REST/2.0/ticket "),
            (Change::Steal { ticket: "11".into() }, current(BRAM), "/steal"),
            (Change::Release { ticket: "11".into() }, current(CHEN), "/untake"),
            (claim(), ok("[]"), "/take"),
        ];
        for (change, first, write) in cases {
            let steps =
                if matches!(change, Change::Claim { .. }) { vec![lost.clone()] } else { vec![first, lost.clone()] };
            let server = TestServer::play(steps).await;
            let error = apply(&desk(&server), change.clone()).await.unwrap_err();
            assert!(is_unknown(&error), "{change:?} {lost:?}: {error:?}");
            assert_eq!(asked(&server).iter().filter(|a| a.contains(write)).count(), 1, "{change:?} {lost:?}");
        }
    }
}

#[tokio::test]
async fn a_new_ticket_that_cannot_be_seen_is_named() {
    let queues = ok(r#"{"items":[{"id":"3","Name":"Shop"}],"total":null}"#);
    let server = TestServer::play([queues, said("201 Created", r#"{"id":"19"}"#), ok("[]"), limited()]).await;
    let error = apply(&desk(&server), Change::New(by_phone())).await.unwrap_err();
    assert!(
        matches!(&error, DeskError::Unreachable { why, maybe_done: true } if why.contains("#19 is opened")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_reply_that_is_not_handed_on_says_so() {
    let server = TestServer::answer([
        ("/history", list(r#"{"id":"108","Type":"Create"}"#, "null")),
        ("/correspond", said("201 Created", "[]")),
        // As RT refuses: with 200.
        ("PUT", ok(r#"["That user may not own tickets in that queue"]"#)),
        ("/tickets", list(&row(11, CHEN, ""), "1")),
    ])
    .await;
    let then = Then { status: None, assignee: Some("dana".into()) };
    let message = Outgoing { text: "x".to_owned(), then, ..Outgoing::default() };
    let receipt = apply(&desk(&server), Change::Reply { ticket: "11".into(), message }).await.unwrap();
    assert!(receipt.message.is_some(), "the reply went");
    let remark = receipt.remark.unwrap();
    assert!(remark.contains("not handed on") && remark.contains("may not own"), "{remark}");
}

fn resolved(owner: &str) -> Step {
    list(&row(11, owner, "").replace(r#""Status":"open""#, r#""Status":"resolved""#), "1")
}

#[tokio::test]
async fn a_ticket_that_is_known_to_be_done_is_not_taken() {
    let server = TestServer::play([resolved(NOBODY), resolved(NOBODY)]).await;
    let desk = desk(&server);
    desk.row(&"11".into()).await.unwrap();
    let error = apply(&desk, claim()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("reopen it first")), "{error:?}");
    assert!(asked(&server).iter().all(|a| a.starts_with("GET")), "nothing was written");
}

#[tokio::test]
async fn a_ticket_that_was_done_is_given_back_or_said_to_be_held() {
    let taken = || ok(r#"["Owner changed from Nobody to chen"]"#);
    let server =
        TestServer::play([taken(), resolved(CHEN), said("500 No", ""), resolved(CHEN), ok("[]"), resolved(NOBODY)]);
    let server = server.await;
    let error = apply(&desk(&server), claim()).await.unwrap_err();
    assert_eq!(error, DeskError::NotPossible { why: Clean::line("the ticket is done; reopen it first") });
    let server = TestServer::play([
        taken(),
        resolved(CHEN),
        said("500 No", ""),
        resolved(CHEN),
        said("500 No", ""),
        resolved(CHEN),
    ]);
    let server = server.await;
    let error = apply(&desk(&server), claim()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("you may hold it now")), "{error:?}");
}

#[tokio::test]
async fn a_split_begins_open_also_where_rt_begins_otherwise() {
    let mut rules = thread_rules();
    rules.extend([
        ("query=id+%3D+11&", list(&row(11, CHEN, ""), "1")),
        (
            r#""Status":"open""#,
            said("400 No", r#"{"message":"New tickets can not have status 'open' in this queue."}"#),
        ),
        ("POST /REST/2.0/ticket HTTP", said("201 Created", r#"{"id":"18"}"#)),
        (r#"{"Status":"open"}"#, ok("[]")),
        (r#"{"Requestor":["lena@customer.example"]}"#, ok("[]")),
        ("query=id+%3D+18&", list(&row(18, CHEN, ""), "1")),
        ("POST /REST/2.0/ticket/11/comment", said("201 Created", "[]")),
        ("query=id+%3D+11&", list(&row(11, CHEN, ""), "1")),
        // The last look fails: the one before it is good enough.
        ("query=id+%3D+18&", limited()),
    ]);
    let server = TestServer::answer(rules).await;
    let split = Split {
        ticket: "11".into(),
        pick: Pick::Messages(vec!["108".into()]),
        subject: None,
        queue: None,
        assignee: None,
        labels: None,
    };
    let receipt = apply(&desk(&server), Change::Split(split)).await.unwrap();
    assert_eq!((receipt.other.unwrap().id.as_str(), receipt.remark), ("18", None));
    let writes: Vec<String> = asked(&server).into_iter().filter(|a| !a.starts_with("GET")).collect();
    assert!(writes[0].contains(r#""Status":"open""#) && !writes[1].contains(r#""Status""#), "{writes:#?}");
    assert!(writes[2].ends_with(r#"{"Status":"open"}"#), "before anybody is there who could be mailed: {writes:#?}");
    assert!(writes[3].contains("Requestor"), "{writes:#?}");
}
