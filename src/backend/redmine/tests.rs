//! What the adapter says on the wire and makes of the answers. Each thing that bites has a test with its name; what a real server
//! does is in `tests/contract/redmine.rs`.

mod harm;
mod news;

use std::collections::HashMap;
use std::sync::Mutex as StdMutex;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::backend::testserver::{Step, TestServer, answer};
use crate::backend::{Shared, connect};
use crate::domain::{
    AssigneeFilter, Delivery, Kind, MessageId, Outgoing, Pick, Priority, Split, Status, Then, people::AgentRef,
};

/// Answers by method and path, in order; the last one stays.
type Script = HashMap<&'static str, Vec<Step>>;

fn ok(body: &Value) -> Step {
    answer("200 OK", "content-type: application/json; charset=utf-8", &body.to_string())
}

fn empty(status: &str) -> Step {
    answer(status, "", "")
}

fn refused(errors: &[&str]) -> Step {
    let body = json!({ "errors": errors }).to_string();
    answer("422 Unprocessable Entity", "content-type: application/json; charset=utf-8", &body)
}

fn page_with_version(version: i64) -> Step {
    let input =
        format!(r#"<input autocomplete="off" type="hidden" value="{version}" name="issue[lock_version]" id="x" />"#);
    answer("200 OK", "content-type: text/html; charset=utf-8", &format!("<!DOCTYPE html><form>{input}</form>"))
}

/// Who asks is 6, Ben; the only project is 1, Shop; Mika is 5, the mail gateway 9.
fn land() -> Script {
    let roles = |role: i64| json!([{ "id": role, "name": "R" }]);
    let member = |id: i64, name: &str, role: i64| json!({ "user": { "id": id, "name": name }, "roles": roles(role) });
    let memberships = json!([
        member(5, "美佳 加藤", 3),
        member(6, "Ben Osei", 3),
        member(9, "Mail Gateway", 3),
        member(10, "Erin", 4),
    ]);
    HashMap::from([
        (
            "GET /users/current.json",
            vec![ok(&json!({ "user": {
                "id": 6, "login": "ben", "admin": false, "firstname": "Ben", "lastname": "Osei",
                "mail": "ben@desk.example", "memberships": [{ "project": { "id": 1, "name": "Shop" }, "roles": roles(3) }],
            }}))],
        ),
        ("GET /users/5.json", vec![ok(&json!({ "user": { "id": 5, "login": "mika" } }))]),
        (
            "GET /projects.json",
            vec![ok(&json!({ "total_count": 1, "projects": [{
                "id": 1, "name": "Shop", "identifier": "shop", "status": 1,
                "issue_custom_fields": [{ "id": 1, "name": "Customer e-mail" }, { "id": 2, "name": "Tags" }],
            }]}))],
        ),
        (
            "GET /issue_statuses.json",
            vec![ok(&json!({ "issue_statuses": [
                { "id": 1, "name": "New", "is_closed": false }, { "id": 2, "name": "In Progress", "is_closed": false },
                { "id": 3, "name": "Resolved", "is_closed": false }, { "id": 4, "name": "Feedback", "is_closed": false },
                { "id": 5, "name": "Closed", "is_closed": true },
            ]}))],
        ),
        (
            "GET /enumerations/issue_priorities.json",
            vec![ok(&json!({ "issue_priorities": [
                { "id": 1, "name": "Low" }, { "id": 2, "name": "Normal", "is_default": true },
                { "id": 3, "name": "High" }, { "id": 4, "name": "Urgent" }, { "id": 5, "name": "Immediate" },
            ]}))],
        ),
        ("GET /projects/1/memberships.json", vec![ok(&json!({ "memberships": memberships, "total_count": 4 }))]),
        (
            "GET /roles/3.json",
            vec![ok(
                &json!({ "role": { "id": 3, "assignable": true, "permissions": ["edit_issues", "set_notes_private"] } }),
            )],
        ),
        ("GET /roles/4.json", vec![ok(&json!({ "role": { "id": 4, "assignable": false, "permissions": [] } }))]),
    ])
}

fn issue(id: i64, holder: Option<(i64, &str)>) -> Value {
    let mut issue = json!({
        "id": id, "project": { "id": 1, "name": "Shop" }, "status": { "id": 1, "name": "New", "is_closed": false },
        "priority": { "id": 2, "name": "Normal" }, "author": { "id": 9, "name": "Mail Gateway" },
        "subject": "Parcel", "description": "Where is it?\r\nAnd the invoice?",
        "custom_fields": [
            { "id": 1, "name": "Customer e-mail", "value": "lena@customer.example" },
            { "id": 2, "name": "Tags", "multiple": true, "value": ["vip"] },
        ],
        "created_on": "2026-11-21T10:00:00Z", "updated_on": "2026-11-21T10:00:00Z",
        "allowed_statuses": [
            { "id": 1, "name": "New", "is_closed": false }, { "id": 3, "name": "Resolved", "is_closed": false },
        ],
        "watchers": [],
    });
    if let Some((id, name)) = holder {
        issue["assigned_to"] = json!({ "id": id, "name": name });
    }
    issue
}

fn with(mut issue: Value, name: &str, value: Value) -> Value {
    issue[name] = value;
    issue
}

fn journal(id: i64, user: (i64, &str), notes: &str, private: bool) -> Value {
    json!({
        "id": id, "user": { "id": user.0, "name": user.1 }, "notes": notes, "private_notes": private,
        "created_on": format!("2026-11-21T11:00:{:02}Z", id % 60), "details": [],
    })
}

fn one(issue: &Value) -> Step {
    ok(&json!({ "issue": issue }))
}

const BEN: (i64, &str) = (6, "Ben Osei");
const MIKA: (i64, &str) = (5, "美佳 加藤");
const GATEWAY: (i64, &str) = (9, "Mail Gateway");

/// A server that answers by the script, and the desk before it.
async fn desk(more: impl IntoIterator<Item = (&'static str, Vec<Step>)>) -> (TestServer, Shared) {
    let mut script = land();
    script.extend(more);
    let script = StdMutex::new(script);
    let server = TestServer::by(move |request| {
        let line = request.lines().next().unwrap_or_default();
        let asked = line.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
        let mut script = script.lock().unwrap();
        match script.get_mut(asked.as_str()) {
            Some(steps) if steps.len() > 1 => steps.remove(0),
            Some(steps) => steps[0].clone(),
            None => empty("404 Not Found"),
        }
    })
    .await;
    let connection = Connection { kind: "redmine".to_owned(), ..server.connection.clone() };
    let desk = connect(&connection).unwrap();
    (server, desk)
}

fn key() -> ChangeId {
    ChangeId::new("k")
}

fn ticket() -> TicketId {
    TicketId::new("7")
}

fn claim() -> Change {
    Change::Claim { ticket: ticket() }
}

fn says(text: &str) -> Outgoing {
    Outgoing { text: text.to_owned(), ..Outgoing::default() }
}

fn note(text: &str) -> Change {
    Change::Note { ticket: ticket(), message: says(text) }
}

fn reply(message: Outgoing) -> Change {
    Change::Reply { ticket: ticket(), message }
}

/// Methods and targets asked, without what is asked once.
fn lines(server: &TestServer) -> Vec<String> {
    let line = |r: &String| r.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let once = ["/users/", "/projects.json", "/issue_statuses", "/enumerations/"];
    server.asked().iter().map(line).filter(|l| !once.iter().any(|o| l.contains(o))).collect()
}

/// The bodies of the writes.
fn written(server: &TestServer) -> Vec<Value> {
    let body = |r: &String| serde_json::from_str(r.split_once("\r\n\r\n")?.1).ok();
    server.asked().iter().filter(|r| !r.starts_with("GET")).filter_map(body).collect()
}

// The ten things that bite.

#[tokio::test]
async fn most_refusals_are_silent() {
    let free = one(&issue(7, None));
    let silent = || [("PUT /issues/7.json", vec![empty("204 No Content")]), ("GET /issues/7.json", vec![free.clone()])];
    let page = ("GET /issues/7", vec![page_with_version(3)]);
    let changes = [
        claim(),
        Change::Steal { ticket: ticket() },
        Change::Assign { ticket: ticket(), to: "mika".into() },
        Change::Status { ticket: ticket(), to: Status::Resolved },
        Change::Priority { ticket: ticket(), to: Priority::Urgent },
        Change::Subject { ticket: ticket(), to: Clean::line("Other") },
        Change::Label { ticket: ticket(), add: vec![Clean::line("parcel")], remove: Vec::new() },
        Change::Requester { ticket: ticket(), to: Requester::parse("ida@customer.example") },
        reply(says("On it.")),
        note("For us."),
    ];
    for change in changes {
        let (_server, desk) = desk(silent().into_iter().chain([page.clone()])).await;
        let error = desk.apply(&change, &key()).await.unwrap_err();
        let told = matches!(&error, DeskError::Denied { why } | DeskError::NotPossible { why } if why.len() > 20);
        assert!(told, "{change:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_private_note_can_come_out_public() {
    let free = || one(&issue(7, None));
    // The role may not, or nobody says whether it may: nothing is written.
    let may_not = ok(&json!({ "role": { "permissions": ["add_issue_notes"] } }));
    for role in [may_not, empty("403 Forbidden")] {
        let (server, desk) = desk([("GET /issues/7.json", vec![free()]), ("GET /roles/3.json", vec![role])]).await;
        let error = desk.apply(&note("Do not trust him."), &key()).await.unwrap_err();
        assert!(matches!(error, DeskError::Denied { .. }), "{error:?}");
        assert!(written(&server).is_empty());
    }
}

#[tokio::test]
async fn a_422_without_errors_is_a_lost_race() {
    let (server, desk) = desk([
        ("GET /issues/7", vec![page_with_version(3), page_with_version(4)]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&issue(7, Some(MIKA)))]),
        ("PUT /issues/7.json", vec![refused(&[])]),
    ])
    .await;
    let error = desk.apply(&claim(), &key()).await.unwrap_err();
    let mika = AgentRef { id: "5".into(), login: Clean::line("mika"), name: Clean::line("美佳 加藤") };
    assert_eq!(error, DeskError::Held { by: mika, since: "2026-11-21T10:00:00Z".parse().ok(), mine: false });
    assert_eq!(written(&server), [json!({ "issue": { "assigned_to_id": "me", "lock_version": 3 } })]);
}

/// A note that came in between is no reason to give up.
#[tokio::test]
async fn a_claim_is_tried_again_when_only_a_note_was_first() {
    let (server, desk) = desk([
        ("GET /issues/7", vec![page_with_version(3), page_with_version(4)]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&issue(7, None)), one(&issue(7, Some(BEN)))]),
        ("PUT /issues/7.json", vec![refused(&[]), empty("204 No Content")]),
    ])
    .await;
    let receipt = desk.apply(&claim(), &key()).await.unwrap();
    assert_eq!(receipt.ticket.assignee.unwrap().login.as_str(), "ben");
    assert_eq!(written(&server)[1]["issue"]["lock_version"], 4);
}

#[tokio::test]
async fn two_plain_claims_both_succeed() {
    // No version on the page: the write goes without, and what it overwrote is given back.
    let given = |id: i64, old: Value, new: &str| {
        json!({ "id": id, "user": { "id": 6, "name": "Ben Osei" }, "notes": "", "created_on": "2026-11-21T12:00:00Z",
            "details": [{ "property": "attr", "name": "assigned_to_id", "old_value": old, "new_value": new }] })
    };
    let taken = with(issue(7, Some(BEN)), "journals", json!([given(30, json!("5"), "6")]));
    let back = with(issue(7, Some(MIKA)), "journals", json!([given(30, json!("5"), "6"), given(31, json!("6"), "5")]));
    let bare = answer("200 OK", "content-type: text/html", "<!DOCTYPE html><p>A theme of its own</p>");
    let (server, desk) = desk([
        ("GET /issues/7", vec![bare.clone()]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&taken), one(&back)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    let error = desk.apply(&claim(), &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Held { by, mine: false, .. } if by.login.as_str() == "mika"), "{error:?}");
    let ids: Vec<Value> = written(&server).iter().map(|w| w["issue"]["assigned_to_id"].clone()).collect();
    assert_eq!(ids, [json!("me"), json!("5")]);
    // Nobody was overwritten: it is ours.
    let mine = with(issue(7, Some(BEN)), "journals", json!([given(30, Value::Null, "6")]));
    let (_server, desk) = self::desk([
        ("GET /issues/7", vec![bare]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&mine)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    assert!(desk.apply(&claim(), &key()).await.is_ok());
}

#[tokio::test]
async fn a_note_does_not_reach_an_outside_customer() {
    let said = with(issue(7, None), "journals", json!([journal(20, BEN, "On it.", false)]));
    let script = || [("PUT /issues/7.json", vec![empty("204 No Content")])];
    let reads = ("GET /issues/7.json", vec![one(&issue(7, None)), one(&said)]);
    let (server, desk) = desk(script().into_iter().chain([reads])).await;
    let receipt = desk.apply(&reply(says("On it.")), &key()).await.unwrap();
    assert_eq!(receipt.delivery, Some(Delivery::None));
    assert!(receipt.remark.unwrap().contains("NOT mailed to lena@customer.example"));
    let message = receipt.message.unwrap();
    assert_eq!((message.kind, message.id.as_str(), message.agent), (Kind::Reply, "20", Some("6".into())));
    assert_eq!(written(&server)[0]["issue"]["private_notes"], false);
    // Nobody else can be written to, and that is said before anything is.
    let reads = ("GET /issues/7.json", vec![one(&issue(7, None))]);
    let (server, desk) = self::desk(script().into_iter().chain([reads])).await;
    let copy = Outgoing { cc: vec![Requester::parse("office@customer.example")], ..says("On it.") };
    assert!(matches!(desk.apply(&reply(copy), &key()).await, Err(DeskError::NotPossible { .. })));
    assert!(written(&server).is_empty());
}

#[test]
fn updated_on_does_not_move_for_a_relation() {
    let mut memory = Memory::default();
    let names = Names::default();
    let first: Issue = serde_json::from_value(issue(7, None)).unwrap();
    let related =
        with(issue(7, None), "relations", json!([{ "issue_id": 7, "issue_to_id": 17, "relation_type": "copied_to" }]));
    let then: Issue = serde_json::from_value(related).unwrap();
    let land = plain_land(names);
    let row = |issue: &Issue| rows::row(&land, issue, &Facts::guess(&land, issue, false), issue.updated_on);
    let one = memory.number(&first, row(&first)).version;
    assert_eq!(memory.number(&first, row(&first)).version, one);
    let two = memory.number(&then, row(&then));
    assert!(two.version > one, "the same second, and yet a newer row");
    assert_eq!(two.split_into, [TicketId::new("17")]);
}

fn plain_land(names: Names) -> Land {
    let user = serde_json::from_value(json!({ "id": 6, "login": "ben" })).unwrap();
    let status = |id, name: &str, closed| wire::NativeStatus { id, name: name.to_owned(), is_closed: Some(closed) };
    Land {
        me: user,
        projects: Vec::new(),
        statuses: vec![status(1, "New", false), status(2, "In Progress", false), status(5, "Closed", true)],
        priorities: Vec::new(),
        names,
        logins: Logins::default(),
        me_at: Instant::now(),
    }
}

#[tokio::test]
async fn refusals_have_empty_bodies() {
    for (status, kind) in [
        ("401 Unauthorized", "unauthenticated"),
        ("403 Forbidden", "denied"),
        ("404 Not Found", "not-found"),
        ("406 Not Acceptable", "invalid"),
        ("412 Precondition Failed", "invalid"),
        ("500 Internal Server Error", "unavailable"),
    ] {
        let (_server, desk) = desk([("GET /issues/7.json", vec![empty(status)])]).await;
        assert_eq!(desk.thread(&ticket(), None).await.unwrap_err().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn a_page_has_at_most_100_issues() {
    let pages = |total: i64| {
        let page = |from: i64, to: i64| {
            let issues: Vec<Value> = (from..to).map(|id| issue(id, None)).collect();
            ok(&json!({ "issues": issues, "total_count": total }))
        };
        vec![page(1, 101), page(101, 201), page(201, 251), ok(&json!({ "issues": [], "total_count": 0 }))]
    };
    let (server, desk) = desk([("GET /issues.json", pages(250))]).await;
    let view = desk.open(&Query { limit: Some(200), ..Query::default() }).await.unwrap();
    assert_eq!((view.queues[0].counts.open, view.tickets.len()), (250, 200));
    let asked: Vec<String> = lines(&server).into_iter().filter(|l| l.contains("/issues.json")).collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for offset in ["&offset=100", "&offset=200"] {
        assert!(asked.iter().any(|l| l.ends_with(offset)), "{asked:?}");
    }
    assert!(asked[3].contains("last_updated_by=9"), "{asked:?}");
}

#[tokio::test]
async fn without_a_status_closed_issues_are_missing() {
    let none = ok(&json!({ "issues": [], "total_count": 0 }));
    let found = ok(&json!({ "results": [{ "id": 7 }], "total_count": 1 }));
    let script = || [("GET /issues.json", vec![none.clone()]), ("GET /search.json", vec![found.clone()])];
    let (server, desk) = desk(script()).await;
    desk.open(&Query::default()).await.unwrap();
    desk.list(&Query { status: vec![Status::Closed], ..Query::default() }, None).await.unwrap();
    desk.list(&Query { text: Some("parcel".to_owned()), ..Query::default() }, None).await.unwrap();
    desk.timeline(&TimelineBy::Email("lena@customer.example".to_owned()), None).await.unwrap();
    desk.find_requester("lena").await.unwrap();
    let asked: Vec<String> = lines(&server).into_iter().filter(|l| l.contains("/issues.json")).collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    assert!(asked.iter().all(|l| l.contains("status_id=")), "{asked:?}");
}

#[tokio::test]
async fn a_search_with_nothing_to_search_for_has_no_count() {
    let nothing = ok(&json!({ "results": [], "total_count": null }));
    let (_server, desk) = desk([("GET /search.json", vec![nothing])]).await;
    let query = Query { text: Some("の".to_owned()), ..Query::default() };
    let page = desk.list(&query, None).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (0, None));
}

#[tokio::test]
async fn the_api_must_be_switched_on() {
    let (_server, desk) = desk([("GET /users/current.json", vec![empty("403 Forbidden")])]).await;
    let error = desk.open(&Query::default()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Denied { why } if why.contains("Settings, API")), "{error:?}");
}

// What it costs.

#[tokio::test]
async fn round_trips_are_as_the_header_says() {
    let list = || ok(&json!({ "issues": [issue(7, None)], "total_count": 1 }));
    let nobody = ok(&json!({ "issues": [], "total_count": 0 }));
    let held = one(&issue(7, Some(BEN)));
    let said = with(issue(7, Some(BEN)), "journals", json!([journal(20, BEN, "On it.", false)]));
    let (server, desk) = desk([
        ("GET /issues.json", vec![list(), nobody.clone(), list()]),
        ("GET /issues/7", vec![page_with_version(3)]),
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&issue(7, None)), held.clone(), held, one(&said)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    let mut before = 0;
    let mut cost = |what: &str, trips: u64| {
        let now = desk.round_trips();
        assert_eq!(now - before, trips, "{what}: {:#?}", lines(&server));
        before = now;
    };
    desk.open(&Query::default()).await.unwrap();
    // Who, projects, statuses, priorities; members of one project, two roles, one unknown login; issues, whom a customer touched.
    cost("main screen", 4 + 1 + 2 + 1 + 1 + 1);
    desk.open(&Query::default()).await.unwrap();
    cost("main screen again, and news", 1);
    desk.list(&Query { assignee: AssigneeFilter::Me, ..Query::default() }, None).await.unwrap();
    cost("another list", 1);
    desk.thread(&ticket(), None).await.unwrap();
    cost("thread", 1);
    desk.apply(&claim(), &key()).await.unwrap();
    cost("claim", 4);
    desk.apply(&reply(says("On it.")), &key()).await.unwrap();
    cost("reply", 3);
}

#[tokio::test]
async fn a_split_costs_what_the_header_says() {
    let source = || {
        let journals =
            json!([journal(20, GATEWAY, "And the invoice is missing.", false), journal(21, BEN, "Two.", true)]);
        with(issue(7, Some(BEN)), "journals", journals)
    };
    let made = with(issue(17, Some(BEN)), "subject", json!("Invoice"));
    let created = answer("201 Created", "content-type: application/json", &json!({ "issue": made }).to_string());
    let related = answer("201 Created", "content-type: application/json", "{}");
    let link = json!([{ "issue_id": 7, "issue_to_id": 17, "relation_type": "copied_to" }]);
    let (server, desk) = desk([
        ("GET /issues/7.json", vec![one(&source()), one(&source()), one(&with(source(), "relations", link.clone()))]),
        ("GET /issues/17.json", vec![one(&with(made, "relations", link))]),
        ("POST /issues.json", vec![created]),
        ("POST /issues/7/relations.json", vec![related]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
        ("PUT /issues/17.json", vec![empty("204 No Content")]),
    ])
    .await;
    desk.thread(&ticket(), None).await.unwrap();
    let before = desk.round_trips();
    let pick = Pick::Messages(vec![MessageId::new("20"), MessageId::new("21")]);
    let subject = Some("Invoice".to_owned());
    let split = Split { ticket: ticket(), pick, subject, queue: None, assignee: None, labels: None };
    let receipt = desk.apply(&Change::Split(split), &key()).await.unwrap();
    assert_eq!(desk.round_trips() - before, 8, "{:#?}", lines(&server));
    assert_eq!(receipt.remark, None);
    assert_eq!(receipt.ticket.split_into, [TicketId::new("17")]);
    assert_eq!(receipt.other.unwrap().split_from, Some(ticket()));
    let written = written(&server);
    let new = &written[0]["issue"];
    assert_eq!(new["description"], "And the invoice is missing.", "the customer's words, and nothing internal");
    assert_eq!(new["assigned_to_id"], "6");
    assert_eq!(written[1], json!({ "relation": { "issue_to_id": 17, "relation_type": "copied_to" } }));
    for note in &written[2..4] {
        assert_eq!(note["issue"]["private_notes"], true);
    }
    assert!(written[2]["issue"]["notes"].as_str().unwrap().contains("Two."));
}

/// The links stand in notes where an administrator forbids relations between projects.
#[tokio::test]
async fn a_split_between_projects_keeps_its_links_without_a_relation() {
    let journals = |text: &str| json!([journal(20, GATEWAY, "The invoice.", false), journal(40, BEN, text, true)]);
    let source = || with(issue(7, None), "journals", journals("Split off into #17: Invoice (message 2)."));
    let made = with(issue(17, None), "journals", json!([journal(41, BEN, "Split off from #7 (message 2).", true)]));
    let created = answer("201 Created", "content-type: application/json", &json!({ "issue": made }).to_string());
    let (_server, desk) = desk([
        ("GET /issues/7.json", vec![one(&source())]),
        ("GET /issues/17.json", vec![one(&made)]),
        ("POST /issues.json", vec![created]),
        ("POST /issues/7/relations.json", vec![refused(&["Related issue doesn't belong to the same project"])]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
        ("PUT /issues/17.json", vec![empty("204 No Content")]),
    ])
    .await;
    let pick = Pick::Messages(vec![MessageId::new("20")]);
    let split = Split { ticket: ticket(), pick, subject: None, queue: None, assignee: None, labels: None };
    let receipt = desk.apply(&Change::Split(split), &key()).await.unwrap();
    assert!(receipt.remark.unwrap().contains("could not be related"));
    assert_eq!(receipt.ticket.split_into, [TicketId::new("17")]);
    assert_eq!(receipt.other.unwrap().split_from, Some(ticket()));
}

/// Internal notes do not leave where they would come out public.
#[tokio::test]
async fn a_split_with_notes_is_refused_where_notes_would_be_public() {
    let source =
        with(issue(7, None), "journals", json!([journal(20, GATEWAY, "x", false), journal(21, BEN, "Two.", true)]));
    let role = ok(&json!({ "role": { "permissions": [] } }));
    let (server, desk) = desk([("GET /issues/7.json", vec![one(&source)]), ("GET /roles/3.json", vec![role])]).await;
    let pick = Pick::Messages(vec![MessageId::new("21")]);
    let split = Split { ticket: ticket(), pick, subject: None, queue: None, assignee: None, labels: None };
    let error = desk.apply(&Change::Split(split), &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::Denied { .. }), "{error:?}");
    assert!(written(&server).is_empty());
}

#[tokio::test]
async fn a_reply_waits_when_the_thread_moved_on() {
    let more = with(
        issue(7, None),
        "journals",
        json!([journal(20, GATEWAY, "Forget it.", false), journal(21, MIKA, "Hm.", true)]),
    );
    let (server, desk) = desk([("GET /issues/7.json", vec![one(&more)])]).await;
    let message = Outgoing { seen: Some("0".into()), ..says("On it.") };
    let error = desk.apply(&reply(message), &key()).await.unwrap_err();
    let DeskError::MovedOn { messages } = error else { panic!("{error:?}") };
    assert_eq!(messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Forget it."], "a note is no reason");
    assert!(written(&server).is_empty());
}

#[tokio::test]
async fn a_status_that_the_workflow_forbids_is_told_with_those_it_allows() {
    let (server, desk) = desk([("GET /issues/7.json", vec![one(&issue(7, None))])]).await;
    let error = desk.apply(&Change::Status { ticket: ticket(), to: Status::Closed }, &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("only to Resolved")), "{error:?}");
    assert!(written(&server).is_empty());
    // With a reply it comes in the same write.
    let said = with(issue(7, None), "journals", json!([journal(20, BEN, "Done.", false)]));
    let said = with(said, "status", json!({ "id": 3, "name": "Resolved", "is_closed": false }));
    let (server, desk) = self::desk([
        ("GET /issues/7.json", vec![one(&issue(7, None)), one(&said)]),
        ("PUT /issues/7.json", vec![empty("204 No Content")]),
    ])
    .await;
    let then = Then { status: Some(Status::Resolved), assignee: None };
    let receipt = desk.apply(&reply(Outgoing { then, ..says("Done.") }), &key()).await.unwrap();
    assert_eq!(receipt.ticket.status, Status::Resolved);
    assert_eq!(written(&server)[0]["issue"]["status_id"], 3);
}

#[test]
fn lock_versions_are_read_wherever_their_attributes_stand() {
    use super::claim::lock_version;
    let page = |tag: &str| format!("<html><input name=\"issue[subject]\" value=\"9\"><p>{tag}</p></html>");
    for (tag, version) in [
        (
            r#"<input autocomplete="off" type="hidden" value="33" name="issue[lock_version]" id="issue_lock_version" />"#,
            Some(33),
        ),
        (r#"<input name="issue[lock_version]" type="hidden" value="0">"#, Some(0)),
        (r#"<input name="issue[lock_version]">"#, None),
        (r#"name="issue[lock_version]""#, None),
        ("", None),
    ] {
        assert_eq!(lock_version(&page(tag)), version, "{tag}");
    }
}

#[test]
fn statuses_and_priorities_are_ours_in_several_languages() {
    let mut land = plain_land(Names::default());
    let status = |land: &Land, id: i64, name: &str, closed: bool| {
        land.status(&wire::NativeStatus { id, name: name.to_owned(), is_closed: Some(closed) })
    };
    for (name, closed, ours) in [
        ("新規", false, Status::New),
        ("Neu", false, Status::New),
        ("In Bearbeitung", false, Status::Open),
        ("Renewed", false, Status::Open),
        ("フィードバック", false, Status::Waiting),
        ("Waiting for customer", false, Status::Waiting),
        ("解決", false, Status::Resolved),
        ("Resolved", true, Status::Resolved),
        ("Rejected", true, Status::Closed),
        ("Abandoned", true, Status::Closed),
    ] {
        assert_eq!(status(&land, 99, name, closed), ours, "{name}");
    }
    // The first open one is the new one, whatever it is called.
    assert_eq!(status(&land, 1, "Eingang", false), Status::New);
    let priority = |id, is_default| wire::NativePriority { id, name: String::new(), is_default, active: true };
    land.priorities =
        vec![priority(11, false), priority(12, true), priority(13, false), priority(14, false), priority(15, false)];
    let all: Vec<Priority> = (11..=15).map(|id| land.priority(id)).collect();
    assert_eq!(all, [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent, Priority::Urgent]);
    assert_eq!(Priority::ALL.map(|p| land.native_priority(p)), [Some(11), Some(12), Some(13), Some(14)]);
    land.priorities = vec![priority(12, true), priority(13, false)];
    assert_eq!(Priority::ALL.map(|p| land.native_priority(p)), [None, Some(12), Some(13), None]);
}

#[test]
fn fields_and_gateways_are_known_by_name_or_by_option() {
    let names = Names::default();
    assert!(
        names.is_customer("Customer e-mail")
            && names.is_customer("お客様メールアドレス")
            && !names.is_customer("Customer")
    );
    assert!(names.is_label("Tags") && names.is_label("ラベル") && !names.is_label("Stage"));
    assert!(names.is_gateway("Mail Gateway") && !names.is_gateway("Ben Osei"));
    let options = [("customer_field", "Von wem"), ("label_field", "Thema"), ("gateway", "Post, Import")];
    let names = Names::new(&options.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    assert!(names.is_customer("von wem") && !names.is_customer("Customer e-mail"));
    assert!(names.is_label("Thema") && names.is_gateway("Import") && !names.is_gateway("Mail Gateway"));
}

/// A list has no journals: what a thread told stays true until the issue changes.
#[tokio::test]
async fn a_list_knows_what_a_thread_told() {
    let journals = json!([journal(20, BEN, "On it.", false)]);
    let moved = || with(issue(7, None), "updated_on", json!("2026-11-21T11:00:20Z"));
    let answered = with(moved(), "journals", journals);
    let list = ok(&json!({ "issues": [moved()], "total_count": 1 }));
    let nobody = ok(&json!({ "issues": [], "total_count": 0 }));
    let (_server, desk) =
        desk([("GET /issues.json", vec![list.clone(), nobody, list]), ("GET /issues/7.json", vec![one(&answered)])])
            .await;
    let guessed = desk.open(&Query::default()).await.unwrap().tickets.remove(0);
    assert!(guessed.on_us, "still new: better shown than forgotten");
    let thread = desk.thread(&ticket(), None).await.unwrap();
    assert!(!thread.ticket.on_us);
    let known = desk.open(&Query::default()).await.unwrap().tickets.remove(0);
    assert_eq!((known.on_us, known.messages, known.version), (false, 2, thread.ticket.version));
}
