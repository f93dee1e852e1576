//! A scripted django-helpdesk: what is sent, in how many requests, and what is made of the answers.

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::*;
use crate::backend::connect;
use crate::backend::testserver::{Step, TestServer, answer, json as says};
use crate::domain::change::{Excerpt, NewTicket, Outgoing, Upload};
use crate::domain::{Channel, Delivery, Kind, Pick, Priority, Split, Status, Then};

const FORMS: &str = r#"<html><select class="form-control" name="queue"><option value="1"  >Shop</option><option value="4"  >Billing</option></select>
<select name="assigned_to"><option value="" selected>--------</option><option value="2"  >mika</option><option value="3"  >ben</option></select>
<select name="status"><option value="1"  >Open</option></select></html>"#;

fn forms() -> Step {
    answer("200 OK", "content-type: text/html; charset=utf-8", FORMS)
}

fn entry(id: i64, user: Option<i64>, comment: &str, public: bool) -> Value {
    json!({"id": id, "ticket": 5, "user": user, "title": "Comment", "comment": comment, "public": public, "new_status": null,
        "time_spent": null, "followupattachment_set": [], "date": format!("2026-11-20T09:{:02}:00.250304Z", id % 60),
        "message_id": if user.is_none() { json!(format!("<{id}@mail.example>")) } else { Value::Null }, "email_recipients": null})
}

/// A ticket of Lena's with one message.
fn ticket(id: i64) -> Value {
    json!({"id": id, "queue": 1, "title": "Parcel", "description": "Where is it?", "resolution": null,
        "submitter_email": "lena@mail.example", "assigned_to": null, "status": 1, "on_hold": false, "priority": 3,
        "due_date": null, "merged_to": null, "followup_set": [entry(10 * id, None, "Where is it?\r\n", true)],
        "custom_tags": "vip"})
}

fn with(mut value: Value, changes: Value) -> Value {
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    value
}

fn said(value: &Value) -> Step {
    says(&value.to_string())
}

fn connection(server: &TestServer) -> Connection {
    Connection {
        kind: "django-helpdesk".to_owned(),
        account: Some("mika".to_owned()),
        secret: Some("0123456789abcdef0123456789abcdef01234567".into()),
        ..server.connection.clone()
    }
}

/// A desk whose names are known already.
async fn desk(script: impl IntoIterator<Item = Step>) -> (TestServer, DjangoHelpdesk) {
    let server = TestServer::play(std::iter::once(forms()).chain(script)).await;
    let desk = DjangoHelpdesk::new(&connection(&server)).unwrap();
    desk.roster().await.unwrap();
    (server, desk)
}

/// The requests without the one for names: method, target, body.
fn lines(server: &TestServer) -> Vec<String> {
    let line = |request: String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let first = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
        format!("{first} {body}").trim_end().to_owned()
    };
    server.asked().into_iter().skip(1).map(line).collect()
}

fn key() -> ChangeId {
    "k1".into()
}

fn claim() -> Change {
    Change::Claim { ticket: "5".into() }
}

fn reply(text: &str) -> Change {
    let message = Outgoing { text: text.to_owned(), seen: Some("50".into()), ..Outgoing::default() };
    Change::Reply { ticket: "5".into(), message }
}

fn note(text: &str) -> Change {
    Change::Note { ticket: "5".into(), message: Outgoing { text: text.to_owned(), ..Outgoing::default() } }
}

/// A stored entry of mika's, as its POST answers.
fn stored(text: &str, public: bool, recipients: &[&str]) -> Value {
    with(entry(51, Some(2), text, public), json!({"email_recipients": recipients}))
}

#[tokio::test]
async fn the_main_screen_costs_one_request_for_each_500_tickets() {
    let page = |next: Value, tickets: Vec<Value>| {
        said(&json!({"count": 3, "next": next, "previous": null, "results": tickets}))
    };
    let held = with(ticket(7), json!({"assigned_to": 2, "queue": 4}));
    let waiting = with(ticket(8), json!({"assigned_to": 2, "on_hold": true}));
    let (server, desk) =
        desk([page(json!("http://x/?page=2"), vec![ticket(5)]), page(Value::Null, vec![held, waiting])]).await;
    let view = desk.open(&Query::default()).await.unwrap();
    assert_eq!(
        lines(&server),
        ["GET /api/tickets/?status=1%2C2&page_size=500", "GET /api/tickets/?status=1%2C2&page_size=500&page=2"]
    );
    assert_eq!((view.me.login.as_str(), view.agents.len()), ("mika", 2));
    // Their order depends on the clock.
    let ids: std::collections::BTreeSet<&str> = view.tickets.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["5", "7", "8"].into());
    let names: Vec<(&str, u32)> = view.queues.iter().map(|q| (q.name.as_str(), q.counts.open)).collect();
    assert_eq!(names, [("Shop", 2), ("Billing", 1)]);
    assert_eq!((view.totals.open, view.totals.unassigned, view.totals.mine), (3, 1, 2));
    assert_eq!((view.agents[0].load.load, view.agents[0].load.waiting), (1, 1));
    assert_eq!(view.labels, [Clean::line("vip")]);
    assert!(server.asked()[0].contains("accept: text/html") && server.asked()[1].contains("authorization: Token 0123"));
}

#[tokio::test]
async fn pages_of_a_list_cost_nothing_more() {
    let all: Vec<Value> = (1..=5).map(ticket).collect();
    let (server, desk) = desk([said(&json!({"next": null, "results": all}))]).await;
    let query = Query { limit: Some(2), ..Query::default() };
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = desk.list(&query, after.as_ref()).await.unwrap();
        ids.extend(page.rows.iter().map(|r| r.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(lines(&server).len(), 1);
}

#[tokio::test]
async fn a_thread_costs_one_request() {
    let mut whole = ticket(5);
    let files = json!([{"id": 1, "filename": "part-1_写真 1.png", "mime_type": "image/png", "size": 9, "file": "http://x/m/1"}]);
    whole["followup_set"][0]["followupattachment_set"] = files;
    let entries = whole["followup_set"].as_array_mut().unwrap();
    entries.push(entry(51, Some(2), "Only for us", false));
    entries.push(with(entry(52, Some(3), "", true), json!({"title": "Resolved", "new_status": 3})));
    entries.push(with(entry(53, Some(3), "It comes.", true), json!({"email_recipients": ["lena@mail.example"]})));
    let (server, desk) = desk([said(&whole)]).await;
    let thread = desk.thread(&"5".into(), None).await.unwrap();
    assert_eq!(lines(&server), ["GET /api/tickets/5/"]);
    let kinds: Vec<Kind> = thread.messages.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [Kind::Incoming, Kind::Note, Kind::Reply]);
    let first = &thread.messages[0];
    assert_eq!((first.text.as_str(), first.author.email.as_str()), ("Where is it?", "lena@mail.example"));
    assert_eq!(first.attachments[0].name.as_str(), "写真 1.png");
    assert_eq!(thread.messages[2].author.name.as_str(), "ben");
    assert_eq!((thread.events.len(), thread.events[0].to.as_ref().unwrap().as_str()), (1, "resolved"));
    assert_eq!((thread.ticket.status, thread.ticket.on_us, thread.ticket.messages), (Status::Open, false, 3));
    assert_eq!((thread.ticket.priority, thread.ticket.channel), (Priority::Normal, Channel::Mail));
}

// The ten things that bite.

#[tokio::test]
async fn bite_1_a_follow_up_never_has_a_title() {
    let mine = with(ticket(5), json!({"followup_set": [entry(50, None, "Where is it?", true)]}));
    let (server, desk) = desk([said(&mine), said(&stored("It comes.", true, &["lena@mail.example"]))]).await;
    let receipt = desk.apply(&reply("It comes."), &key()).await.unwrap();
    // A reply costs two requests: has the thread moved on, and the reply.
    assert_eq!(
        lines(&server),
        ["GET /api/tickets/5/", r#"POST /api/followups/ {"comment":"It comes.","public":true,"ticket":5}"#]
    );
    assert_eq!((receipt.delivery, receipt.remark), (Some(Delivery::Sent), None));
    assert_eq!(receipt.message.unwrap().id, "51".into());
    assert!(!receipt.ticket.on_us);
    let (_server, desk) = self::desk([said(&mine)]).await;
    let subject = Outgoing { subject: Some("Other".to_owned()), ..Outgoing::default() };
    let error = desk.apply(&Change::Reply { ticket: "5".into(), message: subject }, &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
}

#[test]
fn bite_2_braces_are_escaped_in_one_pass() {
    let escaped = super::write::escaped;
    assert_eq!(escaped("a {{ ticket.title }} b"), r#"a {{ "{" }}{{ "{" }} ticket.title {{ "}" }}{{ "}" }} b"#);
    assert_eq!(escaped("{% verbatim %}{# gone #}"), r#"{{ "{" }}% verbatim %{{ "}" }}{{ "{" }}# gone #{{ "}" }}"#);
    assert_eq!(escaped("100 % & <b> 請求"), "100 % & <b> 請求");
    assert!(!escaped("%}{%}%{{%}}").contains("{%") && !escaped("%}{%}%{{%}}").contains("%}"));
}

#[tokio::test]
async fn bite_2_what_is_no_template_is_not_escaped() {
    let text = "{{ x }} stays";
    let made = with(
        ticket(6),
        json!({"description": text, "submitter_email": "", "followup_set": [entry(60, Some(2), text, true)]}),
    );
    let whole = with(made.clone(), json!({"submitter_email": "lena@mail.example"}));
    let (server, desk) = desk([said(&made), said(&whole), said(&whole)]).await;
    let new = NewTicket {
        queue: "4".into(),
        requester: Requester::parse("Lena <lena@mail.example>"),
        subject: "By phone".to_owned(),
        text: text.to_owned(),
        channel: Channel::Phone,
        files: Vec::new(),
    };
    desk.apply(&Change::New(new), &key()).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            r#"POST /api/tickets/ {"description":"{{ x }} stays","priority":3,"queue":4,"title":"By phone"}"#,
            r#"PATCH /api/tickets/6/?status=1 {"submitter_email":"lena@mail.example"}"#,
            "GET /api/tickets/6/?status=1",
        ],
        "made without the customer, who is mailed otherwise"
    );
}

#[tokio::test]
async fn bite_3_a_note_says_whom_it_was_mailed_to() {
    let (server, desk) = desk([
        said(&ticket(5)),
        said(&stored("x", false, &["office@mail.example"])),
        said(&ticket(5)),
        said(&stored("x", false, &[])),
    ])
    .await;
    let receipt = desk.apply(&note("x"), &key()).await.unwrap();
    assert!(receipt.remark.unwrap().contains("mailed to office@mail.example"));
    assert_eq!(desk.apply(&note("x"), &key()).await.unwrap().remark, None);
    assert_eq!(lines(&server).len(), 4, "a note costs two requests");
    assert_eq!(lines(&server)[1], r#"POST /api/followups/ {"comment":"x","public":false,"ticket":5}"#);
    let Support::Emulated { how } = desk.support(Verb::Note) else { panic!() };
    assert!(how.contains("copies"));
}

/// Whom a note went to is told, whatever else is.
#[tokio::test]
async fn whom_a_note_was_mailed_to_is_told_also_when_what_follows_fails() {
    let refused = answer("400 No", "content-type: application/json", r#"{"assigned_to":["No"]}"#);
    let (_server, desk) = desk([said(&ticket(5)), said(&stored("x", false, &["office@mail.example"])), refused]).await;
    let then = Then { status: None, assignee: Some("ben".into()) };
    let message = Outgoing { text: "x".to_owned(), then, ..Outgoing::default() };
    let receipt = desk.apply(&Change::Note { ticket: "5".into(), message }, &key()).await.unwrap();
    let remark = receipt.remark.unwrap();
    assert!(remark.contains("was not done") && remark.contains("mailed to office@mail.example"), "{remark}");
}

#[tokio::test]
async fn bite_4_a_claim_is_read_back_and_not_promised() {
    let mine = with(ticket(5), json!({"assigned_to": 2}));
    let bens = with(ticket(5), json!({"assigned_to": 3}));
    let (server, desk) = desk([said(&ticket(5)), said(&mine), said(&mine)]).await;
    let receipt = desk.apply(&claim(), &key()).await.unwrap();
    assert_eq!(receipt.ticket.assignee.unwrap().login.as_str(), "mika");
    assert_eq!(
        lines(&server),
        ["GET /api/tickets/5/", r#"PATCH /api/tickets/5/?status=1 {"assigned_to":2}"#, "GET /api/tickets/5/?status=1"]
    );
    let (_server, faster) = self::desk([said(&ticket(5)), said(&mine), said(&bens)]).await;
    let lost = faster.apply(&claim(), &key()).await.unwrap_err();
    assert!(matches!(&lost, DeskError::Held { by, mine: false, .. } if by.login.as_str() == "ben"), "{lost:?}");
    let (server, held) = self::desk([said(&bens)]).await;
    assert!(matches!(held.apply(&claim(), &key()).await, Err(DeskError::Held { mine: false, .. })));
    assert_eq!(lines(&server), ["GET /api/tickets/5/"]);
    assert!(matches!(desk.support(Verb::Claim), Support::Emulated { how } if how.contains("not guaranteed")));
}

#[tokio::test]
async fn bite_5_a_change_that_was_overwritten_is_made_again_and_then_told() {
    let mine = with(ticket(5), json!({"assigned_to": 2}));
    // Somebody's reply wrote the row that they had read before.
    let (server, desk) = desk([said(&ticket(5)), said(&mine), said(&ticket(5)), said(&mine), said(&mine)]).await;
    desk.apply(&claim(), &key()).await.unwrap();
    assert_eq!(lines(&server).len(), 5);
    let urgent = with(ticket(5), json!({"priority": 1}));
    let (server, desk) = self::desk([said(&urgent), said(&ticket(5)), said(&urgent), said(&ticket(5))]).await;
    let change = Change::Priority { ticket: "5".into(), to: Priority::Urgent };
    assert!(matches!(desk.apply(&change, &key()).await, Err(DeskError::Conflict { .. })));
    assert_eq!(lines(&server).len(), 4);
}

#[tokio::test]
async fn bite_6_a_change_that_leaves_no_trace_is_seen_by_its_version() {
    let urgent = with(ticket(5), json!({"priority": 1}));
    let (_server, desk) = desk([said(&ticket(5)), said(&ticket(5)), said(&urgent), said(&ticket(5))]).await;
    let mut versions = Vec::new();
    for _ in 0..4 {
        versions.push(desk.thread(&"5".into(), None).await.unwrap().ticket.version);
    }
    // A screen takes no row in that is older than the one it has.
    assert!(versions[0] == versions[1] && versions[1] < versions[2] && versions[2] < versions[3], "{versions:?}");
}

#[tokio::test]
async fn bite_7_statuses_are_named_by_number_and_the_rest_is_filtered_here() {
    let all = vec![ticket(5), with(ticket(6), json!({"queue": 4})), with(ticket(7), json!({"assigned_to": 3}))];
    let (server, desk) =
        desk([said(&json!({"next": null, "results": all})), said(&json!({"next": null, "results": []}))]).await;
    let query = Query { queue: Some("1".into()), assignee: crate::domain::AssigneeFilter::Nobody, ..Query::default() };
    let page = desk.list(&query, None).await.unwrap();
    assert_eq!(page.rows.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["5"]);
    desk.list(&Query { status: vec![Status::Resolved, Status::Closed], ..Query::default() }, None).await.unwrap();
    assert_eq!(lines(&server)[1], "GET /api/tickets/?status=3%2C4%2C5&page_size=500");
}

fn upload(dir: &tempfile::TempDir, name: &str) -> Upload {
    let path = dir.path().join(name);
    std::fs::write(&path, "x").unwrap();
    Upload { name: name.to_owned(), media_type: "text/plain".to_owned(), path, size: 1 }
}

#[tokio::test]
async fn bite_8_a_file_that_would_be_refused_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let change = |name: &str| {
        let message = Outgoing { text: "x".to_owned(), files: vec![upload(&dir, name)], ..Outgoing::default() };
        Change::Note { ticket: "5".into(), message }
    };
    let (server, desk) = desk([said(&ticket(5)), said(&stored("x", false, &[]))]).await;
    let error = desk.apply(&change("access.log"), &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Invalid { why, .. } if why.contains(".log")), "{error:?}");
    assert!(lines(&server).is_empty());
    desk.apply(&change("見積.TXT"), &key()).await.unwrap();
    let sent = &lines(&server)[1];
    assert!(
        sent.contains("name=\"attachments\"; filename=\"見積.TXT\"") && sent.contains("name=\"public\"\r\n\r\nfalse"),
        "{sent}"
    );
}

#[tokio::test]
async fn bite_8_after_a_fault_the_ticket_is_looked_at_and_nothing_is_said_twice() {
    let fault = answer(
        "500 Internal Server Error",
        "content-type: text/html",
        "<!doctype html><title>Server Error (500)</title>",
    );
    let before = with(ticket(5), json!({"followup_set": [entry(50, None, "Where is it?", true)]}));
    let mut after = before.clone();
    after["followup_set"].as_array_mut().unwrap().push(entry(51, Some(2), "It {comes}.", true));
    let (server, desk) = desk([said(&before), fault.clone(), said(&after)]).await;
    let receipt = desk.apply(&reply("It {comes}."), &key()).await.unwrap();
    assert_eq!(receipt.message.unwrap().id, "51".into());
    assert_eq!(lines(&server).iter().filter(|l| l.starts_with("POST")).count(), 1);
    let (_server, desk) = self::desk([said(&before), fault, said(&before)]).await;
    assert!(matches!(desk.apply(&reply("It comes."), &key()).await, Err(DeskError::Garbled { .. })));
    // The answer was lost on the way.
    let (_server, desk) = self::desk([said(&before), Step::Cut, said(&after)]).await;
    assert_eq!(desk.apply(&reply("It {comes}."), &key()).await.unwrap().message.unwrap().id, "51".into());
}

#[tokio::test]
async fn bite_9_a_status_is_named_also_for_one_ticket() {
    let gone =
        answer("404 Not Found", "content-type: application/json", r#"{"detail":"No Ticket matches the given query."}"#);
    let resolved = with(ticket(5), json!({"status": 3}));
    let (server, desk) = desk([
        said(&json!({"next": null, "results": [ticket(5)]})),
        said(&ticket(5)),
        gone.clone(),
        said(&resolved),
        gone.clone(),
        gone,
    ])
    .await;
    desk.list(&Query::default(), None).await.unwrap();
    desk.thread(&"5".into(), None).await.unwrap();
    assert_eq!(desk.thread(&"5".into(), None).await.unwrap().ticket.status, Status::Resolved);
    let error = desk.thread(&"5".into(), None).await.unwrap_err();
    assert_eq!(error, DeskError::NotFound { what: Clean::line("ticket 5") });
    assert_eq!(
        lines(&server)[1..],
        [
            "GET /api/tickets/5/?status=1",
            "GET /api/tickets/5/?status=1",
            "GET /api/tickets/5/",
            "GET /api/tickets/5/?status=3",
            "GET /api/tickets/5/",
        ]
    );
}

#[tokio::test]
async fn bite_10_an_account_that_is_no_staff_is_told_so() {
    for (kind, body) in [("text/html", "<!DOCTYPE html><html></html>"), ("application/json", r#"{"detail":"no"}"#)] {
        let header = format!("content-type: {kind}");
        let server = TestServer::play([answer("403 Forbidden", &header, body)]).await;
        let error = connect(&connection(&server)).unwrap().open(&Query::default()).await.unwrap_err();
        assert!(matches!(&error, DeskError::Denied { why } if why.contains("staff")), "{error:?}");
    }
}

#[tokio::test]
async fn whose_a_token_is_has_to_be_said() {
    let server = TestServer::play([forms(), forms()]).await;
    for (account, words) in [(None, "whose a token is"), (Some("taro"), "no account taro")] {
        let connection = Connection { account: account.map(str::to_owned), ..connection(&server) };
        let error = connect(&connection).unwrap().open(&Query::default()).await.unwrap_err();
        assert!(matches!(&error, DeskError::Invalid { why, .. } if why.contains(words)), "{error:?}");
    }
}

#[tokio::test]
async fn a_house_without_forms_has_names_in_the_configuration() {
    let none = answer("406 Not Acceptable", "content-type: application/json", r#"{"detail":"no"}"#);
    let server = TestServer::play([none, said(&json!({"next": null, "results": [ticket(5)]}))]).await;
    let options = [("queues", "1=Shop"), ("agents", "2=mika")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let connection = Connection { options: options.into(), secret: Some("pass word".into()), ..connection(&server) };
    let view = connect(&connection).unwrap().open(&Query::default()).await.unwrap();
    assert_eq!((view.queues[0].name.as_str(), view.me.id), ("Shop", "2".into()));
    assert!(server.asked()[0].contains("authorization: Basic bWlrYTpwYXNzIHdvcmQ="));
}

#[tokio::test]
async fn a_split_by_messages_moves_them_and_mails_nobody() {
    let source = with(
        ticket(5),
        json!({"assigned_to": 2, "followup_set": [entry(50, None, "First.", true), entry(51, None, "Second.", true)]}),
    );
    let made = with(
        ticket(6),
        json!({"title": "Invoice", "submitter_email": "", "followup_set": [entry(60, Some(2), "Second.", true)]}),
    );
    let filled = with(
        made.clone(),
        json!({"submitter_email": "lena@mail.example", "assigned_to": 2, "followup_set": [
        entry(51, None, "Second.", true), entry(61, Some(2), "Split from #5", false)]}),
    );
    let left = with(
        source.clone(),
        json!({"followup_set": [entry(50, None, "First.", true), entry(60, Some(2), "Split into #6", false)]}),
    );
    let any = said(&entry(51, None, "x", true));
    let (server, desk) =
        desk([said(&source), said(&made), any.clone(), any.clone(), any, said(&filled), said(&filled), said(&left)])
            .await;
    let split = Split {
        ticket: "5".into(),
        pick: Pick::Messages(vec!["51".into()]),
        subject: Some("Invoice".to_owned()),
        queue: None,
        assignee: None,
        labels: None,
    };
    let receipt = desk.apply(&Change::Split(split.clone()), &key()).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "GET /api/tickets/5/",
            r#"POST /api/tickets/ {"description":"Second.","priority":3,"queue":1,"title":"Invoice"}"#,
            r#"PATCH /api/followups/51/ {"ticket":6}"#,
            r#"PATCH /api/followups/60/ {"comment":"Split into #6","public":false,"ticket":5}"#,
            r#"POST /api/followups/ {"comment":"Split from #5","public":false,"ticket":6}"#,
            r#"PATCH /api/tickets/6/?status=1 {"assigned_to":2,"custom_tags":"vip","priority":3,"submitter_email":"lena@mail.example"}"#,
            "GET /api/tickets/6/?status=1",
            "GET /api/tickets/5/?status=1",
        ]
    );
    assert_eq!(receipt.moved, ["51".into()]);
    assert_eq!(receipt.ticket.split_into, ["6".into()]);
    assert_eq!(receipt.other.unwrap().split_from, Some("5".into()));

    // What stopped half-way is told and not repeated.
    let (_server, desk) = self::desk([said(&source), said(&made), answer("500 No", "", "")]).await;
    let error = desk.apply(&Change::Split(split.clone()), &key()).await.unwrap_err();
    assert!(is_unknown(&error, "ticket 6 was made"), "{error:?}");

    let lines_of = Split { pick: Pick::Lines(Excerpt { message: "50".into(), lines: (2, 9) }), ..split };
    let (server, desk) = self::desk([said(&source)]).await;
    assert!(desk.apply(&Change::Split(lines_of), &key()).await.is_err());
    assert_eq!(lines(&server).len(), 1);
}

/// What the outbox neither sends again nor gives back as refused.
fn is_unknown(error: &DeskError, words: &str) -> bool {
    matches!(error, DeskError::Unreachable { why, maybe_done: true } if why.contains(words))
}

fn lines_of(message: &str, lines: (u32, u32)) -> Change {
    let pick = Pick::Lines(Excerpt { message: message.into(), lines });
    let subject = Some("Invoice".to_owned());
    Change::Split(Split { ticket: "5".into(), pick, subject, queue: None, assignee: None, labels: None })
}

/// The answers after a split's new ticket was made, the note's own entry apart.
fn filled(source: &Value, made: &Value) -> [Step; 6] {
    let any = said(&entry(61, Some(2), "…", false));
    let whole = with(made.clone(), json!({"submitter_email": "lena@mail.example"}));
    [any.clone(), any.clone(), any, said(&whole), said(&whole), said(source)]
}

#[tokio::test]
async fn a_split_by_lines_costs_eight_requests() {
    let source = with(ticket(5), json!({"followup_set": [entry(50, None, "Where is it?\r\nAnd the invoice?", true)]}));
    let made = with(ticket(6), json!({"submitter_email": "", "followup_set": [entry(60, Some(2), "x", true)]}));
    let (server, desk) = desk([said(&source), said(&made)].into_iter().chain(filled(&source, &made))).await;
    desk.apply(&lines_of("50", (2, 2)), &key()).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "GET /api/tickets/5/",
            r#"POST /api/tickets/ {"description":"And the invoice?","priority":3,"queue":1,"title":"Invoice"}"#,
            r#"POST /api/followups/ {"comment":"…","public":false,"ticket":6}"#,
            r#"PATCH /api/followups/61/ {"comment":"Split into #6","public":false,"ticket":5}"#,
            r#"POST /api/followups/ {"comment":"Split from #5","public":false,"ticket":6}"#,
            r#"PATCH /api/tickets/6/?status=1 {"assigned_to":null,"custom_tags":"vip","priority":3,"submitter_email":"lena@mail.example"}"#,
            "GET /api/tickets/6/?status=1",
            "GET /api/tickets/5/?status=1",
        ]
    );
}

#[tokio::test]
async fn lines_of_a_note_stay_private() {
    let said_there = json!([entry(50, None, "Where is it?", true), entry(51, Some(2), "Steals.\r\nWatch him.", false)]);
    let source = with(ticket(5), json!({"followup_set": said_there}));
    let made = with(ticket(6), json!({"submitter_email": "", "followup_set": [entry(60, Some(2), "Invoice", true)]}));
    let own = said(&entry(60, Some(2), "Watch him.", false));
    let script = [said(&source), said(&made), own].into_iter().chain(filled(&source, &made));
    let (server, desk) = desk(script).await;
    desk.apply(&lines_of("51", (2, 2)), &key()).await.unwrap();
    let sent = lines(&server);
    assert_eq!(sent.len(), 9, "{sent:#?}");
    assert_eq!(
        sent[1..3],
        [
            r#"POST /api/tickets/ {"description":"Invoice","priority":3,"queue":1,"title":"Invoice"}"#,
            r#"PATCH /api/followups/60/ {"comment":"Watch him.","public":false}"#,
        ]
    );
    assert_eq!(sent.iter().filter(|line| line.contains("Watch him.")).count(), 1, "{sent:#?}");
}

#[tokio::test]
async fn a_note_that_resolves_puts_nothing_into_the_public_resolution() {
    let solved = with(ticket(5), json!({"status": 3}));
    let answers = [said(&ticket(5)), said(&stored("He lies.", false, &[])), said(&solved), said(&solved)];
    let (server, desk) = desk(answers.clone()).await;
    let then = Then { status: Some(Status::Resolved), assignee: None };
    let outgoing = Outgoing { text: "He lies.".to_owned(), then, ..Outgoing::default() };
    let note = Change::Note { ticket: "5".into(), message: outgoing.clone() };
    let receipt = desk.apply(&note, &key()).await.unwrap();
    assert_eq!((receipt.ticket.status, receipt.remark), (Status::Resolved, None));
    assert_eq!(
        lines(&server),
        [
            "GET /api/tickets/5/",
            r#"POST /api/followups/ {"comment":"He lies.","public":false,"ticket":5}"#,
            r#"PATCH /api/tickets/5/?status=1 {"status":3}"#,
            "GET /api/tickets/5/?status=3",
        ]
    );
    // What the customer reads anyway may.
    let (server, desk) = self::desk(answers).await;
    desk.apply(&Change::Reply { ticket: "5".into(), message: outgoing }, &key()).await.unwrap();
    let sent = lines(&server);
    assert_eq!(sent[1..], [r#"POST /api/followups/ {"comment":"He lies.","new_status":3,"public":true,"ticket":5}"#]);
}

fn by_phone() -> Change {
    Change::New(NewTicket {
        queue: "4".into(),
        requester: Requester::parse("Lena <lena@mail.example>"),
        subject: "By phone".to_owned(),
        text: "Where is it?".to_owned(),
        channel: Channel::Phone,
        files: Vec::new(),
    })
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_not_made_again() {
    let fault = || answer("500 No", "content-type: text/html", "<!doctype html>");
    for lost in [Step::Cut, fault(), says(r#"{"id": 6"#)] {
        let (server, desk) = desk([lost.clone(), said(&ticket(6))]).await;
        let error = desk.apply(&by_phone(), &key()).await.unwrap_err();
        let sure = matches!(error, DeskError::Limited { .. } | DeskError::Unreachable { maybe_done: false, .. });
        assert!(error.is_retryable() && !sure, "{error:?}");
        assert_eq!(lines(&server).len(), 1, "{:?}", lines(&server));

        let (server, desk) = self::desk([said(&ticket(5)), lost, said(&ticket(6))]).await;
        let error = desk.apply(&lines_of("50", (1, 1)), &key()).await.unwrap_err();
        let sure = matches!(error, DeskError::Limited { .. } | DeskError::Unreachable { maybe_done: false, .. });
        assert!(error.is_retryable() && !sure, "{error:?}");
        assert_eq!(lines(&server).len(), 2, "{:?}", lines(&server));
    }
    assert!(!self::desk([]).await.1.repeats_safely());
}

#[tokio::test]
async fn what_fails_after_a_write_says_that_it_was_made() {
    let limited = || answer("429 Too Many Requests", "retry-after: 60", "");
    let mine = || with(ticket(5), json!({"assigned_to": 2}));
    let made = with(ticket(6), json!({"submitter_email": ""}));
    let (_server, desk) = desk([said(&made), limited()]).await;
    let error = desk.apply(&by_phone(), &key()).await.unwrap_err();
    assert!(is_unknown(&error, "ticket 6 was made"), "{error:?}");
    for change in [claim(), Change::Release { ticket: "5".into() }, Change::Steal { ticket: "5".into() }] {
        let before = if matches!(change, Change::Release { .. }) { mine() } else { ticket(5) };
        let looks = (!matches!(change, Change::Steal { .. })).then(|| said(&before));
        let (_server, desk) = self::desk(looks.into_iter().chain([said(&mine()), limited()])).await;
        let error = desk.apply(&change, &key()).await.unwrap_err();
        assert!(is_unknown(&error, "it was sent"), "{change:?}: {error:?}");
    }
    // Said, and one file short: nobody says it again.
    let dir = tempfile::tempdir().unwrap();
    let message = Outgoing { text: "x".to_owned(), files: vec![upload(&dir, "a.txt")], ..Outgoing::default() };
    let fault = answer("500 No", "content-type: text/html", "<!doctype html>");
    let mut after = ticket(5);
    after["followup_set"].as_array_mut().unwrap().push(stored("x", false, &[]));
    let (_server, desk) = self::desk([said(&ticket(5)), fault, said(&after)]).await;
    let receipt = desk.apply(&Change::Note { ticket: "5".into(), message }, &key()).await.unwrap();
    assert!(receipt.remark.unwrap().contains("refused a file"));
}

#[tokio::test]
async fn what_goes_out_of_sight_with_a_change_was_changed() {
    let gone = || answer("404 Not Found", "content-type: application/json", r#"{"detail":"No"}"#);
    let mine = with(ticket(5), json!({"assigned_to": 2}));
    let (_server, desk) = desk([said(&mine), said(&ticket(5)), gone(), gone()]).await;
    let receipt = desk.apply(&Change::Release { ticket: "5".into() }, &key()).await.unwrap();
    assert_eq!(receipt.ticket.assignee, None);
}

#[tokio::test]
async fn odd_times_and_numbers_hide_no_list() {
    let late = with(entry(50, None, "Where is it?", true), json!({"date": "9999-12-30T21:00:00Z"}));
    let early = with(entry(51, None, "Where?", true), json!({"date": "-009999-01-02T02:00:00Z"}));
    let odd = [
        with(ticket(5), json!({"followup_set": [late], "status": i64::MIN})),
        with(ticket(6), json!({"followup_set": [early], "priority": i64::MAX})),
        with(ticket(7), json!({"due_date": "9999-12-31T23:59:59.999999Z"})),
        with(ticket(8), json!({"followup_set": []})),
    ];
    let (_server, desk) = desk([said(&json!({"next": null, "results": odd}))]).await;
    assert_eq!(desk.open(&Query::default()).await.unwrap().tickets.len(), 4);
}

#[tokio::test]
async fn counts_are_those_of_the_lists() {
    let all = [
        ticket(5),
        with(ticket(6), json!({"on_hold": true, "assigned_to": 2})),
        // It leads elsewhere, and no list shows it.
        with(ticket(7), json!({"merged_to": 5})),
        with(ticket(8), json!({"merged_to": 5, "assigned_to": 2})),
        with(ticket(9), json!({"status": 9, "queue": 4})),
    ];
    let (_server, desk) = desk([said(&json!({"next": null, "results": all}))]).await;
    let view = desk.open(&Query::default()).await.unwrap();
    let shown = |keep: &dyn Fn(&&TicketRow) -> bool| view.tickets.iter().filter(keep).count() as u32;
    assert_eq!(view.totals.open, shown(&|_| true));
    assert_eq!(view.totals.mine, shown(&|r| r.assignee.as_ref().is_some_and(|a| a.id == view.me.id)));
    assert_eq!(view.totals.unassigned, shown(&|r| r.assignee.is_none()));
    for queue in &view.queues {
        assert_eq!(queue.counts.open, shown(&|r| r.queue_id == queue.id), "{}", queue.name);
    }
    let load = view.agents[0].load;
    assert_eq!((load.load + load.waiting, load.waiting), (view.totals.mine, 1));
}

#[test]
fn what_was_typed_in_for_a_customer_stays_the_customers_when_it_moves() {
    let typed = json!([
        entry(50, Some(2), "Where is it?", true),
        entry(51, Some(2), "It comes.", true),
        entry(52, None, "Thanks", true)
    ]);
    let from: Ticket = serde_json::from_value(with(ticket(5), json!({"followup_set": typed}))).unwrap();
    let moved: Vec<Value> = from.followup_set.iter().map(|entry| super::split::moved_to(6, entry, &from)).collect();
    assert_eq!(moved[0], json!({"ticket": 6, "message_id": "<entry-50@ticketty.invalid>"}));
    assert_eq!(moved[1..], [json!({"ticket": 6}), json!({"ticket": 6})]);
}

#[tokio::test]
async fn statuses_follow_the_usual_flow() {
    let target = super::write::target;
    assert_eq!(target(1, Status::Open).unwrap(), (1, false));
    assert_eq!(target(3, Status::Open).unwrap(), (2, false));
    assert_eq!(target(4, Status::Waiting).unwrap(), (2, true));
    assert_eq!(target(2, Status::Resolved).unwrap(), (3, false));
    assert!(target(4, Status::Resolved).is_err() && target(1, Status::Snoozed).is_err());
    let (server, desk) = desk([said(&with(ticket(5), json!({"status": 3}))), said(&ticket(5)), said(&ticket(5))]).await;
    let change = Change::Status { ticket: "5".into(), to: Status::Resolved };
    // It is that already; the helpdesk answers something else, and that is told.
    assert!(desk.apply(&change, &key()).await.is_err());
    assert_eq!(lines(&server)[1], r#"PATCH /api/tickets/5/?status=3 {"on_hold":false,"status":3}"#);
}

#[tokio::test]
async fn files_come_from_the_desks_own_host_alone() {
    let file = |url: &str| {
        said(
            &json!({"id": 9, "followup": 5, "file": url, "filename": "part-1_メモ.txt", "mime_type": "text/plain", "size": 2}),
        )
    };
    let (_server, desk) = desk([file("http://elsewhere.example/media/x.txt")]).await;
    let error = desk.attachment(&"9".into()).await.err().unwrap();
    assert!(matches!(error, DeskError::NotPossible { .. }), "{error:?}");
}

#[test]
fn addresses_are_unquoted_once() {
    assert_eq!(unquoted("%E3%83%A1%E3%83%A2_1%25.txt"), "メモ_1%.txt");
    assert_eq!((unquoted("100%"), unquoted("a%+1")), ("100%".to_owned(), "a%+1".to_owned()));
}

/// A list that was asked for before a change and is answered after it is no newer than the change; the next one is.
#[tokio::test]
async fn a_slow_list_does_not_overrule_a_change() {
    let (asked, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (heard, bell) = (Arc::clone(&asked), Arc::clone(&go));
    let mine = with(ticket(5), json!({"assigned_to": 2}));
    let server = TestServer::by(move |request| {
        if request.contains("accept: text/html") {
            return forms();
        }
        if !request.starts_with("GET /api/tickets/?") {
            return said(&mine);
        }
        heard.add_permits(1);
        let Step::Say(bytes) = said(&json!({"next": null, "results": [ticket(5)]})) else { unreachable!() };
        Step::Later(Arc::clone(&bell), bytes)
    })
    .await;
    let desk = DjangoHelpdesk::new(&connection(&server)).unwrap();
    desk.roster().await.unwrap();
    let listing = tokio::spawn({
        let desk = desk.clone();
        async move { desk.open(&Query::default()).await.unwrap().tickets.remove(0) }
    });
    let _heard = asked.acquire().await.unwrap();
    let stolen = desk.apply(&Change::Steal { ticket: "5".into() }, &key()).await.unwrap().ticket;
    go.add_permits(1);
    let old = listing.await.unwrap();
    assert!(old.assignee.is_none() && old.version < stolen.version, "{} {}", old.version, stolen.version);
    let new = desk.open(&Query::default()).await.unwrap().tickets.remove(0);
    assert!(new.assignee.is_none() && new.version > stolen.version, "somebody else took it off again");
}

/// A ticket that is closed while pages are read moves those after it up, the first of a page to where it was not.
#[tokio::test]
async fn no_ticket_is_missed_while_another_is_closed() {
    let page = |count: u32, more: bool, ids: &[i64]| {
        let tickets: Vec<Value> = ids.iter().map(|id| ticket(*id)).collect();
        said(&json!({"count": count, "next": more.then_some("http://x/?page=2"), "results": tickets}))
    };
    let gone = answer("404 Not Found", "content-type: application/json", r#"{"detail":"Invalid page."}"#);
    for script in [
        vec![page(5, true, &[5, 6]), page(4, false, &[8, 9]), page(4, true, &[6, 7]), page(4, false, &[8, 9])],
        vec![page(5, true, &[5, 6]), gone, page(2, false, &[6, 7])],
    ] {
        let steps = script.len();
        let (server, desk) = desk(script).await;
        let rows = desk.open(&Query::default()).await.unwrap().tickets;
        assert!(rows.iter().any(|row| row.id.as_str() == "7"), "{rows:?}");
        assert_eq!(lines(&server).len(), steps);
    }
    // One at which that goes on is not read for ever.
    let (server, desk) = desk((0..9).rev().map(|n| page(n, n.is_multiple_of(2), &[5]))).await;
    let _ = desk.open(&Query::default()).await;
    assert!(lines(&server).len() < 9, "{:#?}", lines(&server));
}

/// Nothing was sent yet: it is tried again, and nobody is told that it may be done.
#[tokio::test]
async fn what_fails_before_anything_was_made_was_not_done() {
    let fault = || answer("500 No", "content-type: text/html", "<!doctype html>");
    for change in [lines_of("50", (1, 1)), note("x"), reply("x"), claim()] {
        let (server, desk) = desk((0..5).map(|_| fault())).await;
        let error = desk.apply(&change, &key()).await.unwrap_err();
        assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }), "{change:?}: {error:?}");
        assert!(lines(&server).iter().all(|line| line.starts_with("GET ")), "{:?}", lines(&server));
    }
    let server = TestServer::play((0..5).map(|_| fault())).await;
    let desk = DjangoHelpdesk::new(&connection(&server)).unwrap();
    let error = desk.apply(&by_phone(), &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::Unreachable { maybe_done: false, .. }), "{error:?}");
}
