//! How the server says no: RFC 9457 problem documents, one status for each kind.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::store::StoreError;
use crate::domain::DeskError;
use crate::text::Clean;
use crate::wire::Problem;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A refused request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The document.
    pub problem: Box<Problem>,
    /// `416`: how long the attachment is.
    pub length: Option<u64>,
}

impl Refusal {
    /// A refusal of a kind of the contract.
    pub fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        let problem = Problem {
            kind: format!("/problems/{kind}"),
            title: title(kind).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            ..Problem::default()
        };
        Self { problem: Box::new(problem), length: None }
    }

    /// A value is wrong.
    pub fn invalid(field: &str, why: impl Into<String>) -> Self {
        let mut refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", why);
        refusal.problem.field = Some(field.to_owned());
        refusal
    }

    /// The request cannot be read at all.
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", why)
    }

    /// Something does not exist, or not for this caller.
    pub fn not_found(what: &str) -> Self {
        let what: String = Clean::line(what).chars().take(80).collect();
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("{what} does not exist, or you are not in its queue."))
    }

    /// A body is too large.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body is larger than {} MB ({limit} bytes), the limit here.", limit / (1024 * 1024));
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// No usable token came.
    pub fn unauthenticated(why: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", why)
    }

    /// Too many requests.
    pub fn limited(seconds: u64) -> Self {
        let mut refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "limited",
            format!("Too many requests; try again in {seconds} s."),
        );
        refusal.problem.retry_after = Some(seconds);
        refusal
    }

    /// The server failed.
    pub fn failed() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unavailable",
            "The server failed on this request. Its log says more; what you wrote is not lost on your side.",
        )
    }
}

/// A kind in a few words.
fn title(kind: &str) -> &'static str {
    match kind {
        "held" => "Somebody holds the ticket",
        "moved-on" => "The thread has moved on",
        "conflict" => "The ticket has changed meanwhile",
        "not-possible" => "Not possible",
        "invalid" => "A value is wrong",
        "not-found" => "Not found",
        "denied" => "Not allowed",
        "unauthenticated" => "Not signed in",
        "limited" => "Too many requests",
        "too-large" => "Too large",
        _ => "The desk cannot answer now",
    }
}

/// The status that goes with a desk's refusal.
const fn status(error: &DeskError) -> StatusCode {
    match error {
        DeskError::Held { .. }
        | DeskError::MovedOn { .. }
        | DeskError::Conflict { .. }
        | DeskError::NotPossible { .. } => StatusCode::CONFLICT,
        DeskError::NotFound { .. } => StatusCode::NOT_FOUND,
        DeskError::Denied { .. } => StatusCode::FORBIDDEN,
        DeskError::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
        DeskError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        DeskError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        DeskError::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        DeskError::Unreachable { .. } | DeskError::Unavailable { .. } | DeskError::Garbled { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        let mut refusal = Self::new(status(&error), error.kind(), error.to_string());
        let problem = &mut refusal.problem;
        match error {
            DeskError::Held { by, since, mine } => {
                problem.detail = if mine {
                    "You hold it already.".to_owned()
                } else {
                    format!("{} holds it. Steal it to take it from its holder.", by.name)
                };
                problem.holder = Some(by);
                problem.since = since;
                problem.mine = Some(mine);
            }
            DeskError::MovedOn { messages } => problem.messages = messages,
            DeskError::Conflict { ticket, .. } => problem.ticket = ticket,
            DeskError::Invalid { field, .. } => problem.field = field.map(|f| f.to_string()),
            DeskError::Limited { retry_after } => {
                problem.retry_after = Some(retry_after.map_or(1, |d| d.as_secs().max(1)));
            }
            _ => {}
        }
        refusal
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::KeyReused => Self::invalid(
                "Idempotency-Key",
                "This Idempotency-Key was used for another request. Use a new key for a new request.",
            ),
            StoreError::Stale(ticket) => {
                let mut refusal = Self::new(
                    StatusCode::PRECONDITION_FAILED,
                    "conflict",
                    "The ticket has changed since. Look at it again and repeat with its new version.",
                );
                refusal.problem.ticket = Some(ticket);
                refusal
            }
            StoreError::Refused(error) => error.into(),
            StoreError::Database(why) => {
                tracing::error!(%why, "the database cannot be used");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "The desk's database cannot be used now; nothing was changed. The server's log says why.",
                )
            }
            StoreError::TooNew { found, known } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                format!("The database has schema {found}, this server knows {known}: use a newer ticketty."),
            ),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.problem.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ticketty\""));
        }
        if let Some(ticket) = &self.problem.ticket
            && let Ok(tag) = HeaderValue::from_str(&super::extract::etag(ticket.version))
        {
            headers.insert(header::ETAG, tag);
        }
        if let Some(length) = self.length
            && let Ok(range) = HeaderValue::from_str(&format!("bytes */{length}"))
        {
            headers.insert(header::CONTENT_RANGE, range);
        }
        response
    }
}
