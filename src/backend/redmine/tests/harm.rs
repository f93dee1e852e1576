//! What must not happen: words or files where they do not belong, something said twice, somebody taken for somebody else.

use super::*;
use crate::domain::{Channel, Excerpt, NewTicket, Upload};

const OLGA: (i64, &str) = (10, "Olga Berg");

fn done() -> Step {
    empty("204 No Content")
}

fn made(issue: &Value) -> Step {
    answer("201 Created", "content-type: application/json", &json!({ "issue": issue }).to_string())
}

fn split(picked: &[&str]) -> Change {
    let pick = Pick::Messages(picked.iter().map(|id| MessageId::new(*id)).collect());
    Change::Split(Split { ticket: ticket(), pick, subject: None, queue: None, assignee: None, labels: None })
}

/// The second line of the issue's own text leaves.
fn second_line() -> Change {
    let pick = Pick::Lines(Excerpt { message: "0".into(), lines: (2, 2) });
    Change::Split(Split { ticket: ticket(), pick, subject: None, queue: None, assignee: None, labels: None })
}

/// A desk on which #7 can be split into #17.
async fn splitting(source: &Value) -> (TestServer, Shared) {
    desk([
        ("GET /issues/7.json", vec![one(source)]),
        ("GET /issues/17.json", vec![one(&issue(17, None))]),
        ("POST /issues.json", vec![made(&issue(17, None))]),
        ("POST /issues/7/relations.json", vec![made(&json!({}))]),
        ("PUT /issues/7.json", vec![done()]),
        ("PUT /issues/17.json", vec![done()]),
    ])
    .await
}

/// An issue that a user of the server made and no field names a customer.
fn of_user(author: (i64, &str)) -> Value {
    let issue = with(issue(7, None), "author", json!({ "id": author.0, "name": author.1 }));
    with(issue, "custom_fields", json!([]))
}

/// Files are the issue's there, whatever they came with.
#[tokio::test]
async fn files_do_not_go_with_a_note() {
    let (server, desk) = desk([("POST /uploads.json", vec![made(&json!({}))])]).await;
    let path = "/tmp/plan.txt".into();
    let file = Upload { name: "plan.txt".to_owned(), media_type: "text/plain".to_owned(), path, size: 1 };
    let message = Outgoing { files: vec![file], ..says("For us.") };
    let error = desk.apply(&Change::Note { ticket: ticket(), message }, &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("everybody")), "{error:?}");
    assert!(server.asked().is_empty(), "{:?}", lines(&server));
}

#[tokio::test]
async fn files_of_a_note_are_not_carried_into_a_split() {
    let brought = |id: i64, by: (i64, &str), notes: &str, private: bool, file: &str| {
        let detail = json!([{ "property": "attachment", "name": file, "new_value": "f.txt" }]);
        with(journal(id, by, notes, private), "details", detail)
    };
    let file = |id: i64, name: &str| json!({ "id": id, "filename": name, "filesize": 1, "content_type": "text/plain" });
    let journals = json!([
        brought(20, GATEWAY, "The invoice.", false, "1"),
        // A private note keeps its text only: what came with it stands before it, in the same second.
        brought(21, BEN, "", false, "2"),
        journal(22, BEN, "Do not trust him.", true),
    ]);
    let source = with(issue(7, None), "journals", journals);
    let source = with(source, "attachments", json!([file(1, "invoice.txt"), file(2, "our-plan.txt")]));
    let (server, desk) = desk([
        ("GET /issues/7.json", vec![one(&source)]),
        ("GET /issues/17.json", vec![one(&issue(17, None))]),
        ("GET /attachments/download/1", vec![answer("200 OK", "content-type: text/plain", "x")]),
        ("POST /uploads.json", vec![answer("201 Created", "content-type: application/json", UPLOADED)]),
        ("POST /issues.json", vec![made(&issue(17, None))]),
        ("POST /issues/7/relations.json", vec![made(&json!({}))]),
        ("PUT /issues/7.json", vec![done()]),
        ("PUT /issues/17.json", vec![done()]),
    ])
    .await;
    let receipt = desk.apply(&split(&["20", "22"]), &key()).await.unwrap();
    let remark = receipt.remark.unwrap();
    assert!(remark.contains("our-plan.txt was not carried over"), "{remark}");
    let asked = lines(&server);
    assert!(asked.iter().any(|l| l.contains("filename=invoice.txt")), "{asked:?}");
    assert!(!asked.iter().any(|l| l.contains("our-plan") || l.contains("download/2")), "{asked:?}");
    let written = written(&server);
    assert_eq!(written.iter().filter(|w| w["issue"].get("uploads").is_some()).count(), 1);
}

const UPLOADED: &str = r#"{"upload":{"id":6,"token":"6.2cf2"}}"#;

/// Redmine would keep on dropping the word "private": only without its text is such a note no longer read.
#[tokio::test]
async fn a_note_that_came_out_public_is_taken_out_again() {
    let with_note = |text: &str| one(&with(issue(7, None), "journals", json!([journal(20, BEN, text, false)])));
    let gone = one(&issue(7, None));
    for (then, told) in [
        (gone, "was taken out again"),
        (with_note(""), "was taken out again"),
        (with_note("Do not trust him."), "could not be taken out again"),
        (empty("500 Internal Server Error"), "is not known"),
    ] {
        let (server, desk) = desk([
            ("GET /issues/7.json", vec![one(&issue(7, None)), with_note("Do not trust him."), then]),
            ("PUT /issues/7.json", vec![done()]),
            ("PUT /journals/20.json", vec![done()]),
        ])
        .await;
        let error = desk.apply(&note("Do not trust him."), &key()).await.unwrap_err();
        assert!(matches!(&error, DeskError::Denied { why } if why.contains(told)), "{told}: {error:?}");
        assert_eq!(written(&server)[0]["issue"]["private_notes"], true);
        assert_eq!(written(&server)[1], json!({ "journal": { "notes": "" } }));
    }
}

/// Another of us may have written the same moment: only the note that was sent is taken out.
#[tokio::test]
async fn only_the_own_note_is_taken_out() {
    let journals = json!([journal(20, BEN, "A reply from elsewhere.", false)]);
    let (server, desk) = desk([
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&with(issue(7, None), "journals", journals))]),
        ("PUT /issues/7.json", vec![done()]),
    ])
    .await;
    let error = desk.apply(&note("Do not trust him."), &key()).await.unwrap_err();
    assert!(error.to_string().contains("may not write notes there"), "{error}");
    assert_eq!(written(&server).len(), 1);
}

/// The notes of a split hold what is internal.
#[tokio::test]
async fn a_note_of_a_split_that_came_out_public_is_taken_out_again() {
    let source =
        with(issue(7, None), "journals", json!([journal(20, GATEWAY, "x", false), journal(21, BEN, "Two.", true)]));
    let sent = std::sync::Arc::new(StdMutex::new(String::new()));
    let heard = std::sync::Arc::clone(&sent);
    let mut script = land();
    script.extend([
        ("GET /issues/7.json", vec![one(&source)]),
        ("POST /issues.json", vec![made(&issue(17, None))]),
        ("POST /issues/7/relations.json", vec![made(&json!({}))]),
        ("PUT /issues/7.json", vec![done()]),
        ("PUT /journals/30.json", vec![done()]),
    ]);
    let server = TestServer::by(move |request| {
        let line = request.lines().next().unwrap_or_default();
        let asked = line.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
        let mut sent = heard.lock().unwrap();
        match asked.as_str() {
            "PUT /issues/17.json" => {
                let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
                *sent = body["issue"]["notes"].as_str().unwrap().to_owned();
                done()
            }
            "GET /issues/17.json" => one(&with(issue(17, None), "journals", json!([journal(30, BEN, &sent, false)]))),
            asked => script.get(asked).map_or_else(|| empty("404 Not Found"), |steps| steps[0].clone()),
        }
    })
    .await;
    let desk = connect(&Connection { kind: "redmine".to_owned(), ..server.connection.clone() }).unwrap();
    let receipt = desk.apply(&split(&["21"]), &key()).await.unwrap();
    assert!(sent.lock().unwrap().contains("Two."));
    assert!(receipt.remark.unwrap().contains("could not be taken out again"));
    assert!(written(&server).contains(&json!({ "journal": { "notes": "" } })));
}

/// Whose membership was taken away a few minutes ago.
#[tokio::test]
async fn which_role_we_have_is_asked_again_before_a_note() {
    let me = |role: i64| {
        ok(&json!({ "user": { "id": 6, "login": "ben",
            "memberships": [{ "project": { "id": 1 }, "roles": [{ "id": role }] }] }}))
    };
    let said = one(&with(issue(7, None), "journals", json!([journal(20, BEN, "For us.", true)])));
    let (server, _) = desk([
        ("GET /users/current.json", vec![me(3), me(4)]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), said]),
        ("PUT /issues/7.json", vec![done()]),
    ])
    .await;
    let desk = Redmine::new(&server.connection).unwrap();
    desk.apply(&note("For us."), &key()).await.unwrap();
    // A minute goes by.
    if let Some((_, land)) = desk.lands.lock().await.as_mut() {
        let me_at = land.me_at.checked_sub(Duration::from_secs(61)).unwrap();
        *land = Arc::new(Land { me_at, ..Land::clone(land) });
    }
    let error = desk.apply(&note("For us again."), &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::Denied { .. }), "{error:?}");
    assert_eq!(written(&server).len(), 1);
}

/// A relation is a public step of history, and Redmine mails it.
#[tokio::test]
async fn a_split_makes_no_relation_that_a_customer_is_mailed_of() {
    let watched = |by: (i64, &str)| with(issue(7, None), "watchers", json!([{ "id": by.0, "name": by.1 }]));
    let mut unknown = issue(7, None);
    unknown.as_object_mut().unwrap().remove("watchers");
    for (source, whom) in [
        (of_user(OLGA), Some("Olga Berg")),
        (watched(OLGA), Some("Olga Berg")),
        (issue(7, Some(OLGA)), Some("Olga Berg")),
        (unknown, Some("those who watch it")),
        (of_user(MIKA), None),
        (watched(MIKA), None),
        (issue(7, Some(BEN)), None),
    ] {
        let source = with(source, "journals", json!([journal(20, MIKA, "The invoice.", false)]));
        let (server, desk) = splitting(&source).await;
        let remark = desk.apply(&split(&["20"]), &key()).await.unwrap().remark.unwrap_or_default();
        let related = lines(&server).iter().any(|l| l.contains("relations.json"));
        assert_eq!(related, whom.is_none(), "{source}");
        assert!(whom.is_none_or(|whom| remark.contains(whom)), "{remark}");
        let written = written(&server);
        assert_ne!(written[0]["issue"]["assigned_to_id"], "10", "the new one would be mailed to its holder");
        let notes: Vec<&str> = written.iter().filter_map(|w| w["issue"]["notes"].as_str()).collect();
        assert!(notes[0].starts_with("Split off from #7") && notes[1].starts_with("Split off into #17"), "{notes:?}");
    }
}

/// Whatever fails after the write: what was said is looked up, and neither said again nor given back as refused.
#[tokio::test]
async fn what_was_written_is_not_taken_for_undone() {
    for after in ["403 Forbidden", "404 Not Found", "500 Internal Server Error"] {
        for change in
            [reply(says("On it.")), note("For us."), Change::Subject { ticket: ticket(), to: Clean::line("B") }]
        {
            let reads = match &change {
                Change::Subject { .. } => vec![empty(after)],
                _ => vec![one(&issue(7, None)), empty(after)],
            };
            let (_server, desk) = desk([("GET /issues/7.json", reads), ("PUT /issues/7.json", vec![done()])]).await;
            let error = desk.apply(&change, &key()).await.unwrap_err();
            assert!(matches!(error, DeskError::Unreachable { maybe_done: true, .. }), "{after} {change:?}: {error:?}");
        }
    }
    // A server that keeps another text has kept it.
    let other = one(&with(issue(7, None), "journals", json!([journal(20, BEN, "On it, .", false)])));
    let (_server, desk) =
        desk([("GET /issues/7.json", vec![one(&issue(7, None)), other]), ("PUT /issues/7.json", vec![done()])]).await;
    let receipt = desk.apply(&reply(says("On it, 🙂.")), &key()).await.unwrap();
    assert!(receipt.remark.unwrap().contains("another text"));
    assert_eq!(receipt.message.unwrap().id.as_str(), "20");
}

/// A new ticket and a split are made once: before that they may be tried again, after it they are told, and in between nobody knows.
#[tokio::test]
async fn a_ticket_is_made_once() {
    let new = || {
        let requester = Requester::parse("lena@customer.example");
        Change::New(NewTicket {
            queue: "shop".into(),
            subject: "Cup".to_owned(),
            text: "Broken.".to_owned(),
            requester,
            channel: Channel::Phone,
            files: Vec::new(),
        })
    };
    let source = with(issue(7, None), "journals", json!([journal(20, GATEWAY, "The invoice.", false)]));
    let script = |post: Step, read: Step| {
        [
            ("GET /issues/7.json", vec![one(&source), read.clone()]),
            ("GET /issues/17.json", vec![read]),
            ("POST /issues.json", vec![post]),
            ("POST /issues/7/relations.json", vec![empty("500 Internal Server Error")]),
            ("PUT /issues/7.json", vec![empty("500 Internal Server Error")]),
            ("PUT /issues/17.json", vec![empty("500 Internal Server Error")]),
        ]
    };
    let post_alone = |server: &TestServer| lines(server).iter().filter(|l| l.starts_with("POST /issues.json")).count();
    for change in [new(), split(&["20"])] {
        // All fails but the one.
        let (server, desk) = self::desk(script(made(&issue(17, None)), empty("500 Internal Server Error"))).await;
        let receipt = desk.apply(&change, &key()).await.unwrap();
        let is_split = matches!(change, Change::Split(_));
        let row = if is_split { receipt.other.unwrap() } else { receipt.ticket };
        assert_eq!(row.id.as_str(), "17");
        assert_eq!(receipt.remark.is_some(), is_split, "{:?}", receipt.remark);
        assert_eq!(post_alone(&server), 1);
        // Nobody knows.
        for lost in [
            empty("500 Internal Server Error"),
            answer("502 Bad Gateway", "content-type: text/html", "<html>"),
            answer("201 Created", "content-type: application/json", "{\"iss"),
        ] {
            let (server, desk) = self::desk(script(lost, one(&source))).await;
            let error = desk.apply(&change, &key()).await.unwrap_err();
            let unknown = matches!(error, DeskError::Unavailable { .. } | DeskError::Garbled { .. });
            assert!(unknown, "{change:?}: {error:?}");
            assert_eq!(post_alone(&server), 1);
        }
        // Nothing was done yet.
        let statuses = ("GET /issue_statuses.json", vec![empty("500 Internal Server Error")]);
        let (server, desk) = self::desk([statuses]).await;
        let error = desk.apply(&change, &key()).await.unwrap_err();
        assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }), "{change:?}: {error:?}");
        assert_eq!(post_alone(&server), 0);
    }
}

/// The message that was seen last may be gone, or be nobody's here.
#[tokio::test]
async fn a_reply_waits_also_when_what_was_seen_is_gone() {
    let journals = json!([journal(20, GATEWAY, "Seen.", false), journal(25, GATEWAY, "Forget it.", false)]);
    let more = with(issue(7, None), "journals", journals);
    for (seen, newer) in [("20", 1), ("22", 1), ("25", 0), ("26", 0), ("none-of-theirs", 2)] {
        let said = with(more.clone(), "journals", json!([journal(30, BEN, "On it.", false)]));
        let (server, desk) =
            desk([("GET /issues/7.json", vec![one(&more), one(&said)]), ("PUT /issues/7.json", vec![done()])]).await;
        let result = desk.apply(&reply(Outgoing { seen: Some(seen.into()), ..says("On it.") }), &key()).await;
        match result {
            Err(DeskError::MovedOn { messages }) => assert_eq!(messages.len(), newer, "{seen}"),
            other => assert!(newer == 0 && other.is_ok(), "{seen}: {other:?}"),
        }
        assert_eq!(written(&server).len(), usize::from(newer == 0));
    }
}

/// An issue that one of us made is not the customer's word for that, and one that a customer made is, also where work may be given to
/// customers.
#[tokio::test]
async fn who_made_an_issue_is_a_customer_unless_one_of_us() {
    let assignable = ok(&json!({ "role": { "id": 4, "assignable": true, "permissions": ["add_issue_notes"] } }));
    for (author, kind) in [(BEN, Kind::Reply), (MIKA, Kind::Reply), (OLGA, Kind::Incoming)] {
        let issue = with(of_user(author), "journals", json!([journal(20, author, "One more thing.", false)]));
        let (_server, desk) =
            desk([("GET /issues/7.json", vec![one(&issue)]), ("GET /roles/4.json", vec![assignable.clone()])]).await;
        let thread = desk.thread(&ticket(), None).await.unwrap();
        let last = thread.messages.last().unwrap();
        assert_eq!((last.kind, last.author.name.as_str()), (kind, author.1));
        assert_eq!(thread.ticket.on_us, kind == Kind::Incoming);
    }
}

/// "Your turn", says an agent, and gives the customer her own issue: what she then writes is still her word.
#[tokio::test]
async fn a_customer_who_holds_an_issue_stays_one() {
    let assignable = ok(&json!({ "role": { "id": 4, "assignable": true, "permissions": ["add_issue_notes"] } }));
    let held = with(of_user(OLGA), "assigned_to", json!({ "id": OLGA.0, "name": OLGA.1 }));
    let wrote = with(held.clone(), "journals", json!([journal(20, OLGA, "One more thing.", false)]));
    let listed = ok(&json!({ "issues": [held], "total_count": 1 }));
    let (server, desk) = desk([
        ("GET /issues.json", vec![listed]),
        ("GET /issues/7.json", vec![one(&wrote)]),
        ("GET /roles/4.json", vec![assignable]),
    ])
    .await;
    let thread = desk.thread(&ticket(), None).await.unwrap();
    assert_eq!((thread.messages.last().unwrap().kind, thread.ticket.on_us), (Kind::Incoming, true));
    desk.open(&Query::default()).await.unwrap();
    let asked = lines(&server);
    assert!(asked.iter().any(|l| l.contains("last_updated_by=10")), "{asked:?}");
    // Where nobody says who works there, whoever holds work is taken for one of us.
    let secret = empty("403 Forbidden");
    let (_server, desk) =
        self::desk([("GET /issues/7.json", vec![one(&wrote)]), ("GET /projects/1/memberships.json", vec![secret])])
            .await;
    let thread = desk.thread(&ticket(), None).await.unwrap();
    assert_eq!(thread.messages.last().unwrap().kind, Kind::Reply);
}

/// An administrator is in no project. Who holds a customer's issue answers it, and is not taken for a customer.
#[tokio::test]
async fn an_administrator_who_holds_an_issue_is_one_of_us() {
    let root = (99, "Root Admin");
    let wrote = with(issue(7, None), "journals", json!([journal(20, root, "On its way.", false)]));
    let held = with(wrote.clone(), "assigned_to", json!({ "id": root.0, "name": root.1 }));
    // A customer whom the field names made it in a public project, and was given it.
    let given = with(held.clone(), "author", json!({ "id": root.0, "name": root.1 }));
    for (issue, kind) in [(wrote, Kind::Incoming), (held, Kind::Reply), (given, Kind::Incoming)] {
        let listed = ok(&json!({ "issues": [issue], "total_count": 1 }));
        let (_server, desk) =
            desk([("GET /issues.json", vec![listed]), ("GET /issues/7.json", vec![one(&issue)])]).await;
        desk.open(&Query::default()).await.unwrap();
        let thread = desk.thread(&ticket(), None).await.unwrap();
        assert_eq!(thread.messages.last().unwrap().kind, kind);
    }
}

/// Redmine lets work be given to customers, and by default does; here it is offered to agents.
#[tokio::test]
async fn no_work_is_offered_to_customers() {
    let assignable = ok(&json!({ "role": { "id": 4, "assignable": true, "permissions": ["add_issue_notes"] } }));
    let nothing = ok(&json!({ "issues": [], "total_count": 0 }));
    let (_server, desk) = desk([("GET /issues.json", vec![nothing]), ("GET /roles/4.json", vec![assignable])]).await;
    let view = desk.open(&Query::default()).await.unwrap();
    let ids: Vec<&str> = view.agents.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids, ["5", "6"]);
}

/// What was picked by lines is the customer's, without the files of its message.
#[tokio::test]
async fn lines_of_a_split_bring_no_files() {
    let file = json!([{ "id": 1, "filename": "photo.png", "filesize": 1 }]);
    let source = with(issue(7, None), "attachments", file);
    let (server, desk) = splitting(&source).await;
    desk.apply(&second_line(), &key()).await.unwrap();
    assert_eq!(written(&server)[0]["issue"]["description"], "And the invoice?");
    assert!(!lines(&server).iter().any(|l| l.contains("download")));
}

/// Redmine mails whoever a new text names as `@login`, customers who are users among them. A split names nobody.
#[tokio::test]
async fn a_split_mentions_nobody() {
    let text = "One\n@olga and (@nora), but lena@example.net too";
    let source = with(issue(7, None), "description", json!(text));
    let (server, desk) = splitting(&source).await;
    desk.apply(&second_line(), &key()).await.unwrap();
    let said = written(&server)[0]["issue"]["description"].as_str().unwrap().to_owned();
    assert_eq!(said, "@\u{200b}olga and (@\u{200b}nora), but lena@example.net too");
}
