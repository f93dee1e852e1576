//! How the desk says no, and what stands before it.

use ticketty::backend::{Connection, connect};
use ticketty::domain::id::AttachmentId;

use super::*;

pub async fn what_does_not_exist(site: &dyn Site) {
    let nowhere = TicketId::new("99999999");
    let error = site.desk(Who::Mika).thread(&nowhere, None).await.unwrap_err();
    assert!(matches!(error, DeskError::NotFound { .. }), "{error:?}");
    let error = refused(site, Who::Mika, claim(&nowhere)).await;
    assert!(matches!(error, DeskError::NotFound { .. }), "{error:?}");
    let file = AttachmentId::new("99999999");
    let error = site.desk(Who::Mika).attachment(&file).await.err().unwrap();
    assert!(matches!(error, DeskError::NotFound { .. }), "{error:?}");
}

pub async fn a_stranger(site: &dyn Site) {
    let id = ticket(site).await;
    let before = thread(site, &id).await;
    let stranger = site.stranger();
    let error = stranger.open(&Query::default()).await.unwrap_err();
    assert!(matches!(error, DeskError::Unauthenticated { .. }), "{error:?}");
    assert_eq!(error.exit_code(), 4);
    let error = stranger.thread(&id, None).await.unwrap_err();
    assert!(matches!(error, DeskError::Unauthenticated { .. }), "{error:?}");
    let error = stranger.apply(&claim(&id), &key()).await.unwrap_err();
    assert!(matches!(error, DeskError::Unauthenticated { .. }), "{error:?}");
    assert_eq!(essence(&thread(site, &id).await), essence(&before));
}

/// What the desk does not do must not look done, whatever status its answer has.
pub async fn a_refused_write_is_told(site: &dyn Site) {
    let id = ticket(site).await;
    let before = thread(site, &id).await;
    for change in [
        Change::Assign { ticket: id.clone(), to: AgentId::new("99999999") },
        Change::Move { ticket: id.clone(), to: QueueId::new("99999999") },
        Change::Merge { ticket: id.clone(), into: TicketId::new("99999999") },
    ] {
        let error = refused(site, Who::Mika, change.clone()).await;
        assert!(!error.is_retryable(), "{change:?}: {error:?}");
        assert_eq!(essence(&thread(site, &id).await), essence(&before), "{change:?}");
    }
}

/// Answers every request in one way.
async fn stand_in(status: u16, headers: &'static [(&'static str, &'static str)], body: &'static str) -> String {
    use axum::http::{HeaderValue, StatusCode};
    let answer = move || async move {
        let mut answer = axum::response::Response::new(axum::body::Body::from(body));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            answer.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        answer
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(answer);
    // Ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What a real desk can hardly be made to answer: each has its kind, and none looks like success.
pub async fn answers_of_every_kind(site: &dyn Site) {
    const JSON: (&str, &str) = ("content-type", "application/json");
    const PAGE: (&str, &str) = ("content-type", "text/html; charset=utf-8");
    let page = "<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body>nginx</body></html>";
    type Case = (u16, &'static [(&'static str, &'static str)], &'static str, &'static [&'static str]);
    let cases: [Case; 14] = [
        (401, &[JSON], "{}", &["unauthenticated"]),
        (401, &[PAGE], page, &["unauthenticated"]),
        (403, &[JSON], "{}", &["denied"]),
        (404, &[JSON], "{}", &["not-found"]),
        (409, &[JSON], "{}", &["conflict", "invalid", "not-possible"]),
        (412, &[JSON], "{}", &["conflict", "invalid", "not-possible"]),
        (422, &[JSON], "{}", &["conflict", "invalid", "not-possible"]),
        (429, &[JSON, ("retry-after", "7")], "{}", &["limited"]),
        (429, &[PAGE], page, &["limited"]),
        (500, &[JSON], "{}", &["unavailable"]),
        (502, &[PAGE], page, &["unavailable"]),
        (503, &[JSON], "{}", &["unavailable"]),
        (200, &[PAGE], page, &["unavailable"]),
        (200, &[JSON], "{}", &["unavailable"]),
    ];
    let asked = cases.map(|(status, headers, body, kinds)| async move {
        let url = stand_in(status, headers, body).await;
        let desk = || connect(&Connection { patient: false, ..site.elsewhere(&url) }).unwrap();
        let id = TicketId::new("7");
        let errors = [
            ("open", desk().open(&Query::default()).await.unwrap_err()),
            ("thread", desk().thread(&id, None).await.unwrap_err()),
            ("claim", desk().apply(&claim(&id), &key()).await.unwrap_err()),
            ("note", desk().apply(&note(&id, "x"), &key()).await.unwrap_err()),
        ];
        for (what, error) in errors {
            assert!(kinds.contains(&error.kind()), "{what} with {status} {body}: {error:?}");
            if headers.iter().any(|(name, _)| *name == "retry-after") {
                assert!(matches!(error, DeskError::Limited { retry_after: Some(t) } if t.as_secs() == 7), "{error:?}");
            }
        }
    });
    futures_util::future::join_all(asked).await;
}
