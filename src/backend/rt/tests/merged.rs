//! A ticket that a colleague merged meanwhile: RT does to another what is meant for it.

use super::*;

/// An RT where #11 was merged into #19, and #20 into #12.
async fn merging() -> TestServer {
    TestServer::by(|request| {
        let line = request.lines().next().unwrap();
        let message = |id: u32, of: u32| {
            format!(r#"{{"id":"{id}","Type":"Create","ObjectId":"{of}","Created":"2026-11-22T06:00:00Z"}}"#)
        };
        match line {
            l if l.starts_with("PUT") => ok(r#"["Done"]"#),
            l if l.starts_with("POST") => said("201 Created", "[]"),
            l if l.contains("/ticket/11/history") => list(&[message(108, 11), message(130, 19)].join(","), "null"),
            l if l.contains("/ticket/12/history") => list(&[message(109, 12), message(140, 20)].join(","), "null"),
            l if l.contains("/ticket/11 ") || l.contains("/ticket/11?") => ok(r#"{"id":19,"Subject":"x"}"#),
            l if l.contains("query=id+%3D+11&") => list("", "0"),
            l if l.contains("query=id+%3D+12&") => list(&row(12, CHEN, ""), "1"),
            l if l.contains("query=id+%3D+19&") => list(&row(19, CHEN, ""), "1"),
            l => panic!("{l}"),
        }
    })
    .await
}

#[tokio::test]
async fn words_for_a_merged_ticket_are_not_said_in_another() {
    let says = || Outgoing { text: "x".to_owned(), ..Outgoing::default() };
    let then = Then { status: Some(Status::Open), assignee: None };
    let seen = Outgoing { seen: Some("108".into()), force: true, ..says() };
    for message in [says(), seen, Outgoing { then, ..says() }] {
        for change in [
            Change::Reply { ticket: "11".into(), message: message.clone() },
            Change::Note { ticket: "11".into(), message: message.clone() },
        ] {
            let server = merging().await;
            let error = apply(&desk(&server), change.clone()).await.unwrap_err();
            assert!(
                matches!(&error, DeskError::NotPossible { why } if why.contains("merged into #19")),
                "{change:?}: {error:?}"
            );
            assert!(asked(&server).iter().all(|a| a.starts_with("GET")), "{change:?}: {:#?}", asked(&server));
        }
    }
    // One that another was merged into is only looked at.
    let server = merging().await;
    let desk = desk(&server);
    apply(&desk, Change::Reply { ticket: "12".into(), message: says() }).await.unwrap();
    assert_eq!(desk.round_trips(), 4, "{:#?}", asked(&server));
}

#[tokio::test]
async fn what_is_done_to_another_ticket_says_so() {
    let server = merging().await;
    let receipt = apply(&desk(&server), Change::Priority { ticket: "11".into(), to: Priority::Low }).await.unwrap();
    assert_eq!(receipt.ticket.id.as_str(), "19");
    assert_eq!(receipt.remark, Some(Clean::line("#11 was merged into #19: it was done there")));
}

#[tokio::test]
async fn a_merged_ticket_takes_no_other_along() {
    let merge = || Change::Merge { ticket: "11".into(), into: "12".into() };
    let server = merging().await;
    let error = apply(&desk(&server), merge()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("merged into #19")), "{error:?}");
    assert!(asked(&server).iter().all(|a| a.starts_with("GET")), "{:#?}", asked(&server));
    // What happens between the look and the merge is looked at again.
    let at = |etag: &str, id: u32| {
        let head = format!("content-type: application/json\r\netag: \"{etag}\"");
        answer("200 OK", &head, &format!(r#"{{"id":{id}}}"#))
    };
    let changed = || said("412 No", r#"{"message":"Precondition Failed"}"#);
    let listed = || list(&row(11, CHEN, ""), "1");
    let server = TestServer::play([listed(), at("7", 11), changed(), at("8", 19)]).await;
    let error = apply(&desk(&server), merge()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("merged into #19")), "{error:?}");
    assert!(server.asked()[2].contains("if-match: \"7\""));
    let server = TestServer::answer([
        ("query=id+%3D+11&", listed()),
        ("GET /REST/2.0/ticket/11", at("7", 11)),
        ("PUT", changed()),
        ("GET /REST/2.0/ticket/11", at("8", 11)),
        ("PUT", ok(r#"["Merge Successful"]"#)),
        ("query=id+%3D+11&", list("", "0")),
        ("query=id+%3D+12&", list(&row(12, CHEN, ""), "1")),
    ])
    .await;
    let receipt = apply(&desk(&server), merge()).await.unwrap();
    assert_eq!(receipt.ticket.merged_into, Some("12".into()));
    assert!(server.asked()[4].contains("if-match: \"8\""));
}
