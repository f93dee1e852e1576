//! The API as a client meets it, over a store in a temporary folder.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::StreamExt;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::auth::{new_token, token_hash};
use super::store::{NewAgent, SqliteStore, Store};
use super::{ServerState, router};
use crate::domain::people::Role;

struct Desk {
    app: Router,
    store: Arc<SqliteStore>,
    mika: String,
    taro: String,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    bytes: Vec<u8>,
}

impl Answer {
    fn problem(&self) -> &str {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{:?}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16());
        self.body["type"].as_str().unwrap()
    }
}

impl Desk {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk.db");
        let store = Arc::new(SqliteStore::open(&path).await.unwrap());
        let now = Timestamp::now();
        store.add_queue("Shop", None, now).await.unwrap();
        store.add_queue("Claims", None, now).await.unwrap();
        let mut tokens = Vec::new();
        for (login, name) in [("mika", "Mika Kato"), ("taro", "Taro Sato")] {
            let agent = NewAgent { login: login.into(), name: name.into(), email: String::new(), role: Role::Agent };
            store.add_agent(&agent, now).await.unwrap();
            let token = new_token().unwrap();
            store.add_token(login, "test", &token_hash(&token), None, now).await.unwrap();
            tokens.push(token.expose_secret().to_owned());
        }
        store.set_member("Claims", "taro", true).await.unwrap();
        let state = ServerState::new(store.clone(), Some(path));
        let taro = tokens.pop().unwrap();
        let mika = tokens.pop().unwrap();
        Self { app: router(state), store, mika, taro, _dir: dir }
    }

    async fn send(&self, token: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, "GET", &format!("/api/v1{path}"), &[], Body::empty()).await
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.post_with(token, path, body, &[]).await
    }

    async fn post_with(&self, token: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.send(token, "POST", &format!("/api/v1{path}"), &headers, Body::from(body.to_string())).await
    }

    /// A new ticket's id.
    async fn ticket(&self, queue: &str) -> String {
        let body = json!({"queue": queue, "requester": {"name": "Ben Ode", "email": "ben@example.net"},
            "subject": "Double charge", "text": "I was charged twice."});
        let answer = self.post(&self.taro, "/tickets", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
        answer.body["ticket"]["id"].as_str().unwrap().to_owned()
    }

    async fn events(&self, token: &str, query: &str, headers: &[(&str, &str)]) -> Events {
        let mut request =
            Request::builder().uri(format!("/api/v1/events{query}")).header("authorization", format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Events { stream: response.into_body().into_data_stream(), buffer: String::new() }
    }
}

struct Events {
    stream: BodyDataStream,
    buffer: String,
}

impl Events {
    /// The next event: name, id, data.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                let found = (field("event"), field("id"), serde_json::from_str(&field("data")).unwrap_or_default());
                self.buffer = rest.to_owned();
                return found;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.stream.next()).await;
            let chunk = chunk.expect("an event within 20 s").expect("the stream goes on").unwrap();
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn of(&mut self, name: &str) -> (String, Value) {
        loop {
            let (found, id, data) = self.next().await;
            if found == name {
                return (id, data);
            }
        }
    }
}

#[tokio::test]
async fn nothing_without_a_token_but_health() {
    let desk = Desk::new().await;
    for (method, path) in
        [("GET", "/api/v1/main"), ("GET", "/api/v1/openapi.json"), ("POST", "/api/v1/tickets/1001/claim")]
    {
        for token in ["", "tkt_", &format!("tkt_{}", "0".repeat(64))] {
            let answer = desk.send(token, method, path, &[], Body::empty()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.problem(), "/problems/unauthenticated");
            assert!(answer.headers.contains_key("www-authenticate"));
        }
    }
    assert_eq!(desk.send("", "GET", "/healthz", &[], Body::empty()).await.status, StatusCode::OK);
    let answer = desk.send("", "GET", "/nowhere", &[], Body::empty()).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "/problems/not-found"));
    let answer = desk.send("", "DELETE", "/api/v1/main", &[], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.problem(), "/problems/not-possible");
    assert_eq!(answer.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn a_lost_claim_names_the_holder() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let claim = format!("/api/v1/tickets/{id}/claim");
    let (a, b) = tokio::join!(
        desk.send(&desk.mika, "POST", &claim, &[], Body::empty()),
        desk.send(&desk.taro, "POST", &claim, &[], Body::empty()),
    );
    let (won, lost) = if a.status == StatusCode::OK { (a, b) } else { (b, a) };
    assert_eq!((won.status, lost.status), (StatusCode::OK, StatusCode::CONFLICT));
    assert_eq!(lost.problem(), "/problems/held");
    assert_eq!(lost.body["holder"], won.body["ticket"]["assignee"]);
    assert_eq!(lost.body["mine"], false);
    assert!(lost.body["since"].is_string());
    assert_eq!(won.headers["etag"].to_str().unwrap(), format!("\"{}\"", won.body["ticket"]["version"]));
}

#[tokio::test]
async fn a_repeated_write_answers_the_same_and_does_nothing_twice() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let notes = format!("/tickets/{id}/notes");
    let key = [("idempotency-key", "k-1")];
    let first = desk.post_with(&desk.mika, &notes, &json!({"text": "called back"}), &key).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = desk.post_with(&desk.mika, &notes, &json!({"text": "called back"}), &key).await;
    assert_eq!((again.status, &again.body["message"]), (first.status, &first.body["message"]));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = desk.post_with(&desk.mika, &notes, &json!({"text": "another"}), &key).await;
    assert_eq!((other.status, other.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "/problems/invalid"));
    let thread = desk.get(&desk.mika, &format!("/tickets/{id}")).await;
    assert_eq!(thread.body["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_ticket() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let path = format!("/api/v1/tickets/{id}");
    let tag = desk.get(&desk.mika, &format!("/tickets/{id}")).await.headers["etag"].to_str().unwrap().to_owned();
    let json = ("content-type", "application/json");
    let patch = |body: Value| Body::from(body.to_string());
    let headers = [json, ("if-match", tag.as_str())];
    let done = desk.send(&desk.mika, "PATCH", &path, &headers, patch(json!({"priority": "high"}))).await;
    assert_eq!(done.status, StatusCode::OK, "{:?}", done.body);
    let stale = desk.send(&desk.taro, "PATCH", &path, &headers, patch(json!({"priority": "low"}))).await;
    assert_eq!((stale.status, stale.problem()), (StatusCode::PRECONDITION_FAILED, "/problems/conflict"));
    assert_eq!(stale.body["ticket"]["priority"], "high");
    assert_eq!(stale.headers["etag"], done.headers["etag"]);
    let wrong = desk.send(&desk.taro, "PATCH", &path, &[json, ("if-match", "7")], patch(json!({}))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn bad_input_is_a_problem_each_time() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let notes = format!("/api/v1/tickets/{id}/notes");
    let json = ("content-type", "application/json");
    for (headers, body, status) in [
        (vec![json], "{", StatusCode::BAD_REQUEST),
        (vec![json], "{\"text\": \"a\", \"colour\": 1}", StatusCode::UNPROCESSABLE_ENTITY),
        (vec![json], "{\"text\": \" \"}", StatusCode::UNPROCESSABLE_ENTITY),
        (vec![json], "{\"text\": \"nul \\u0000\"}", StatusCode::UNPROCESSABLE_ENTITY),
        (vec![json], "{\"text\": 1e999}", StatusCode::BAD_REQUEST),
        (vec![("content-type", "text/plain")], "{\"text\": \"a\"}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![], "{\"text\": \"a\"}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![json, ("idempotency-key", "")], "{\"text\": \"a\"}", StatusCode::UNPROCESSABLE_ENTITY),
        (vec![json, ("idempotency-key", "a b")], "{\"text\": \"a\"}", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = desk.send(&desk.mika, "POST", &notes, &headers, Body::from(body)).await;
        assert_eq!(answer.status, status, "{body} {headers:?}");
        assert_eq!(answer.problem(), "/problems/invalid");
    }
    let answer = desk.send(&desk.mika, "POST", &notes, &[json], Body::from(&b"{\"text\": \"\xff\"}"[..])).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for (path, status) in [
        ("/tickets?limit=0", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?limit=99999999999999999999", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?late=maybe", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?status=lost", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?colour=red", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?q=%00", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets?q=%ff", StatusCode::BAD_REQUEST),
        ("/tickets?cursor=nonsense", StatusCode::UNPROCESSABLE_ENTITY),
        ("/timeline?by=colour&value=x", StatusCode::UNPROCESSABLE_ENTITY),
        ("/stats?since=yesterday", StatusCode::UNPROCESSABLE_ENTITY),
        ("/tickets/0", StatusCode::NOT_FOUND),
        ("/tickets/1%00", StatusCode::NOT_FOUND),
        ("/tickets/%ff", StatusCode::NOT_FOUND),
        ("/tickets/99999999999999999999", StatusCode::NOT_FOUND),
        ("/attachments/none", StatusCode::NOT_FOUND),
    ] {
        let answer = desk.get(&desk.mika, path).await;
        assert_eq!(answer.status, status, "{path} {:?}", answer.body);
        answer.problem();
    }
}

#[tokio::test]
async fn what_is_too_large_is_told_the_limit() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let large = |megabytes: usize| Body::from(vec![b'a'; megabytes * 1024 * 1024 + 1]);
    let mail = [("content-type", "message/rfc822")];
    let answer = desk.send(&desk.mika, "POST", "/api/v1/import?queue=Shop", &mail, large(72)).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large"));
    assert!(answer.body["detail"].as_str().unwrap().contains("72 MB"));
    let file = [("content-type", "application/octet-stream")];
    let path = format!("/api/v1/tickets/{id}/attachments?name=a.bin");
    let answer = desk.send(&desk.mika, "POST", &path, &file, large(25)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json = [("content-type", "application/json")];
    let answer = desk.send(&desk.mika, "POST", &format!("/api/v1/tickets/{id}/notes"), &json, large(1)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_new_ticket_takes_files_that_waited_for_it_once() {
    let desk = Desk::new().await;
    let octets = ("content-type", "application/octet-stream");
    let path = "/api/v1/attachments?name=a%20b.pdf&type=application%2Fpdf";
    let upload = async |token: &str, key: &str, bytes: &'static [u8]| {
        let headers = [octets, ("idempotency-key", key)];
        desk.send(token, "POST", path, &headers, Body::from(bytes)).await
    };
    let first = upload(&desk.mika, "k1", b"%PDF").await;
    assert_eq!(first.status, StatusCode::CREATED, "{:?}", first.body);
    assert_eq!(first.body["size"], 4);
    let file = first.body["id"].as_str().unwrap().to_owned();
    let again = upload(&desk.mika, "k1", b"%PDF").await;
    assert_eq!((&again.body["id"], &again.headers["idempotent-replayed"]), (&json!(file), &"true".parse().unwrap()));
    assert_eq!(upload(&desk.mika, "k1", b"other").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let plain = [("content-type", "text/plain")];
    let refused = desk.send(&desk.mika, "POST", path, &plain, Body::from("x")).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let body = |file: &str| json!({"queue": "Shop", "requester": {"email": "ben@example.net"}, "subject": "Files", "attachments": [file]});
    // It is the uploader's, and nobody's to read before a ticket bears it.
    let foreign = desk.post(&desk.taro, "/tickets", &body(&file)).await;
    assert_eq!((foreign.status, &foreign.body["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("attachments")));
    assert_eq!(desk.get(&desk.mika, &format!("/attachments/{file}")).await.status, StatusCode::NOT_FOUND);
    // A ticket that is refused leaves it waiting.
    let both = json!({"queue": "Shop", "requester": {"email": "ben@example.net"}, "subject": "Files",
        "attachments": [file, "999999"]});
    assert_eq!(desk.post(&desk.mika, "/tickets", &both).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = desk.post(&desk.mika, "/tickets", &body(&file)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    assert_eq!(made.body["message"]["attachments"][0]["name"], "a b.pdf");
    assert_eq!(desk.get(&desk.taro, &format!("/attachments/{file}")).await.bytes, b"%PDF");
    assert_eq!(desk.post(&desk.mika, "/tickets", &body(&file)).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // One that nobody came for goes after a day; asking again for the same upload then makes a new one.
    let lost = upload(&desk.mika, "k2", b"lost").await.body["id"].clone();
    let soon = Timestamp::now() + Duration::from_hours(23);
    assert_eq!(desk.store.sweep_files(soon).await.unwrap(), 0);
    assert_eq!(desk.store.sweep_files(soon + Duration::from_hours(2)).await.unwrap(), 1);
    let anew = upload(&desk.mika, "k2", b"lost").await;
    assert_eq!((anew.status, anew.headers.get("idempotent-replayed")), (StatusCode::CREATED, None));
    assert_ne!(anew.body["id"], lost);
}

#[tokio::test]
async fn a_new_colleague_or_queue_is_news() {
    let desk = Desk::new().await;
    let main = desk.get(&desk.mika, "/main").await.body;
    let after = main["last_event"].as_str().unwrap();
    let mut events = desk.events(&desk.mika, "", &[("last-event-id", after)]).await;
    assert_eq!(events.next().await.0, "hello");
    assert_eq!(events.next().await.0, "presence");
    desk.store.add_queue("Returns", None, Timestamp::now()).await.unwrap();
    let (kind, id, _) = events.next().await;
    assert_eq!(kind, "resync");
    assert!(id.parse::<i64>().unwrap() > after.parse().unwrap());
    // Who comes back after that has it already; who stood before it loads again.
    desk.ticket("Returns").await;
    let mut back = desk.events(&desk.mika, "", &[("last-event-id", &id)]).await;
    assert_eq!((back.next().await.0, back.next().await.0), ("hello".into(), "ticket".into()));
    let mut late = desk.events(&desk.mika, "", &[("last-event-id", after)]).await;
    assert_eq!((late.next().await.0, late.next().await.0), ("hello".into(), "resync".into()));
}

#[tokio::test]
async fn a_customer_code_is_kept_found_and_inherited() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let set = async |requester: Value| {
        let json = [("content-type", "application/json")];
        let body = Body::from(json!({ "requester": requester }).to_string());
        desk.send(&desk.mika, "PATCH", &format!("/api/v1/tickets/{id}"), &json, body).await
    };
    let by_code = async |code: &str| desk.get(&desk.mika, &format!("/timeline?by=code&value={code}")).await.body;
    assert_eq!(by_code("C-88").await["tickets"], json!([]));
    let answer = set(json!({"name": "Ben Ode", "email": "ben@example.net", "code": "C-88"})).await;
    assert_eq!(answer.body["ticket"]["requester"]["code"], "C-88", "{:?}", answer.body);
    assert_eq!(by_code("c-88").await["tickets"][0]["id"], json!(id));
    assert_eq!(desk.get(&desk.mika, "/search?q=C-88").await.body["tickets"][0]["id"], json!(id));
    // Not given: what is known of the same address stays; another ticket of the address has it from the start.
    let answer = set(json!({"name": "Benjamin", "email": "Ben@example.net"})).await;
    assert_eq!(answer.body["ticket"]["requester"]["code"], "C-88");
    desk.ticket("Shop").await;
    assert_eq!(by_code("C-88").await["tickets"].as_array().unwrap().len(), 2);
    // An empty one takes it away; so does another person.
    assert_eq!(
        set(json!({"email": "ben@example.net", "code": ""})).await.body["ticket"]["requester"].get("code"),
        None
    );
    set(json!({"email": "ben@example.net", "code": "C-9"})).await;
    assert_eq!(set(json!({"email": "eva@example.net"})).await.body["ticket"]["requester"].get("code"), None);
}

#[tokio::test]
async fn a_queue_of_others_does_not_exist() {
    let desk = Desk::new().await;
    let id = desk.ticket("Claims").await;
    assert_eq!(desk.get(&desk.taro, &format!("/tickets/{id}")).await.status, StatusCode::OK);
    let hidden = desk.get(&desk.mika, &format!("/tickets/{id}")).await;
    assert_eq!((hidden.status, hidden.problem()), (StatusCode::NOT_FOUND, "/problems/not-found"));
    let claim = desk.post(&desk.mika, &format!("/tickets/{id}/claim"), &json!({})).await;
    assert_eq!(claim.status, StatusCode::NOT_FOUND);
    let main = desk.get(&desk.mika, "/main").await;
    assert_eq!(main.body["queues"].as_array().unwrap().len(), 1);
    assert_eq!(main.body["totals"]["open"], 0);
    let list = desk.get(&desk.mika, "/tickets?queue=Claims").await;
    assert!(list.status == StatusCode::NOT_FOUND, "{:?}", list.body);
}

#[tokio::test]
async fn a_reply_is_held_back_when_the_thread_moved_on() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let thread = desk.get(&desk.mika, &format!("/tickets/{id}")).await;
    let seen = thread.body["messages"][0]["id"].clone();
    let replies = format!("/tickets/{id}/replies");
    let first = desk.post(&desk.taro, &replies, &json!({"text": "We look into it.", "seen": seen})).await;
    assert_eq!(first.status, StatusCode::CREATED, "{:?}", first.body);
    assert_eq!(first.body["delivery"], "none");
    let late = desk.post(&desk.mika, &replies, &json!({"text": "Sorry!", "seen": seen})).await;
    assert_eq!((late.status, late.problem()), (StatusCode::CONFLICT, "/problems/moved-on"));
    assert_eq!(late.body["messages"][0]["text"], "We look into it.");
    let forced = desk.post(&desk.mika, &replies, &json!({"text": "Sorry!", "seen": seen, "force": true})).await;
    assert_eq!(forced.status, StatusCode::CREATED);
}

#[tokio::test]
async fn files_go_in_and_come_out_whole_or_in_part() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let path = format!("/api/v1/tickets/{id}/attachments?name=dir%2F%E8%AB%8B%E6%B1%82.pdf&type=application/pdf");
    let octets = [("content-type", "application/octet-stream")];
    let up = desk.send(&desk.mika, "POST", &path, &octets, Body::from("0123456789")).await;
    assert_eq!(up.status, StatusCode::CREATED, "{:?}", up.body);
    assert_eq!(up.body["name"], "請求.pdf");
    let note = json!({"text": "see the file", "attachments": [up.body["id"]]});
    let note = desk.post(&desk.mika, &format!("/tickets/{id}/notes"), &note).await;
    assert_eq!(note.status, StatusCode::CREATED, "{:?}", note.body);
    let file = note.body["message"]["attachments"][0]["id"].as_str().unwrap().to_owned();
    let list = desk.get(&desk.mika, &format!("/tickets/{id}/attachments")).await;
    assert_eq!(list.body["attachments"][0]["id"], file);

    let file = format!("/api/v1/attachments/{file}");
    let whole = desk.send(&desk.mika, "GET", &file, &[], Body::empty()).await;
    assert_eq!((whole.status, whole.bytes.as_slice()), (StatusCode::OK, &b"0123456789"[..]));
    assert!(whole.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    let part = desk.send(&desk.mika, "GET", &file, &[("range", "bytes=2-4")], Body::empty()).await;
    assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &b"234"[..]));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
    let beyond = desk.send(&desk.mika, "GET", &file, &[("range", "bytes=10-")], Body::empty()).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers["content-range"], "bytes */10");
}

#[tokio::test]
async fn mail_comes_in_once() {
    let desk = Desk::new().await;
    let mail = "From: Ben <ben@example.net>\r\nSubject: Hello\r\nMessage-ID: <1@example.net>\r\n\r\nHello\r\n";
    let headers = [("content-type", "message/rfc822")];
    let path = "/api/v1/import?queue=Shop";
    let first = desk.send(&desk.mika, "POST", path, &headers, Body::from(mail)).await;
    assert_eq!((first.status, &first.body["outcome"]), (StatusCode::OK, &json!("new")));
    let again = desk.send(&desk.mika, "POST", path, &headers, Body::from(mail)).await;
    assert_eq!((&again.body["outcome"], &again.body["ticket"]), (&json!("already"), &first.body["ticket"]));
    let nowhere = desk.send(&desk.mika, "POST", "/api/v1/import?queue=Nope", &headers, Body::from("x")).await;
    assert!(nowhere.status.is_client_error());
}

#[tokio::test]
async fn a_stream_goes_on_where_it_stopped() {
    let desk = Desk::new().await;
    let mut events = desk.events(&desk.mika, "", &[]).await;
    let (name, _, hello) = events.next().await;
    assert_eq!(name, "hello");
    assert!(hello["stream"].is_string());

    let a = desk.ticket("Shop").await;
    let (id, update) = events.of("ticket").await;
    assert_eq!(update["id"], id);
    assert_eq!(update["ticket"]["id"], a);
    assert_eq!(update["message"]["text"], "I was charged twice.");
    assert_eq!(update["queues"][0]["counts"]["unassigned"], 1);
    assert_eq!(update["totals"]["open"], 1);
    drop(events);

    // While nobody listens: one event that is not for this agent, then three that are.
    desk.ticket("Claims").await;
    let b = desk.ticket("Shop").await;
    desk.post(&desk.taro, &format!("/tickets/{a}/claim"), &json!({})).await;
    desk.post(&desk.taro, &format!("/tickets/{b}/notes"), &json!({"text": "n"})).await;
    let mut events = desk.events(&desk.mika, "", &[("last-event-id", &id)]).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (_, update) = events.of("ticket").await;
        seen.push((update["ticket"]["id"].as_str().unwrap().to_owned(), update["event"]["what"].clone()));
    }
    assert_eq!(seen[0].0, b);
    assert_eq!(seen[1], (a.clone(), json!("claim")));
    assert_eq!(seen[2].0, b);
    desk.post(&desk.mika, &format!("/tickets/{b}/claim"), &json!({})).await;
    let (_, update) = events.of("ticket").await;
    assert_eq!(update["ticket"]["assignee"]["login"], "mika");
    assert!(update["agents"].as_array().unwrap().iter().any(|g| g["login"] == "mika" && g["load"]["load"] == 1));

    let mut lost = desk.events(&desk.mika, "?after=999999", &[]).await;
    assert_eq!(lost.next().await.0, "hello");
    assert_eq!(lost.next().await.0, "resync");
}

#[tokio::test]
async fn another_process_is_heard() {
    let desk = Desk::new().await;
    let mut events = desk.events(&desk.mika, "", &[]).await;
    events.of("presence").await;
    // The store is written behind the server's back, as a second server would.
    let caller = desk.store.caller(&hash_of(&desk.taro), Timestamp::now()).await.unwrap().unwrap();
    let body =
        serde_json::from_value(json!({"queue": "Shop", "requester": {"email": "a@example.net"}, "subject": "s"}));
    let write = crate::wire::Write::New(body.unwrap());
    let meta = super::store::WriteMeta::default();
    desk.store.write(&caller, &meta, write, Timestamp::now()).await.unwrap().result.unwrap();
    let (_, update) = events.of("ticket").await;
    assert_eq!(update["ticket"]["subject"], "s");
}

fn hash_of(token: &str) -> [u8; 32] {
    token_hash(&secrecy::SecretString::from(token.to_owned()))
}

#[tokio::test]
async fn readers_and_writers_are_seen_and_forgotten() {
    let desk = Desk::new().await;
    let id = desk.ticket("Shop").await;
    let mut watcher = desk.events(&desk.mika, "", &[]).await;
    let mut reader = desk.events(&desk.taro, "", &[]).await;
    let (_, hello) = reader.of("hello").await;
    let stream = hello["stream"].as_str().unwrap();
    let before = desk.get(&desk.taro, &format!("/tickets/{id}")).await;
    let after = desk.get(&desk.taro, &format!("/tickets/{id}?stream={stream}")).await;
    assert_eq!(before.headers["etag"], after.headers["etag"], "presence is no new version");
    let is = |update: &Value, key: &str, value: &Value| {
        let agents = update["agents"].as_array().unwrap();
        agents.iter().any(|a| a["login"] == "taro" && a["presence"][key] == *value)
    };
    while !is(&watcher.of("presence").await.1, "reading", &json!(id)) {}
    let row = desk.get(&desk.mika, "/main").await.body["tickets"][0].clone();
    assert_eq!(row["reading"][0]["login"], "taro");

    let put = |writing: bool| {
        let body = Body::from(json!({"writing": writing}).to_string());
        let path = format!("/api/v1/tickets/{id}/presence");
        let desk = &desk;
        async move { desk.send(&desk.taro, "PUT", &path, &[("content-type", "application/json")], body).await }
    };
    assert_eq!(put(true).await.status, StatusCode::NO_CONTENT);
    while !is(&watcher.of("presence").await.1, "writing", &json!(id)) {}
    assert_eq!(put(false).await.status, StatusCode::NO_CONTENT);
    while !is(&watcher.of("presence").await.1, "writing", &Value::Null) {}
    drop(reader);
    while !is(&watcher.of("presence").await.1, "online", &json!(false)) {}
    let row = desk.get(&desk.mika, "/main").await.body["tickets"][0].clone();
    assert_eq!(row["reading"], json!([]));
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let desk = Desk::new().await;
    let gzip = [("accept-encoding", "gzip")];
    let large = desk.send(&desk.mika, "GET", "/api/v1/openapi.json", &gzip, Body::empty()).await;
    assert_eq!(large.headers["content-encoding"], "gzip");
    let small = desk.send(&desk.mika, "GET", "/api/v1/me", &gzip, Body::empty()).await;
    assert!(!small.headers.contains_key("content-encoding"));
    let mut events = desk.events(&desk.mika, "", &gzip).await;
    assert_eq!(events.next().await.0, "hello");
}
