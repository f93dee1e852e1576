//! The paths of `/api/v1`. A route decodes, asks the store once, and encodes.

pub mod actions;
pub mod desk;
pub mod files;
pub mod import;
pub mod tickets;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::ServerState;
use super::extract::etag;
use super::problem::Refusal;
use super::store::{Caller, WriteMeta, Written};
use crate::domain::change::Receipt;
use crate::wire::Write;

/// Says that the answer was given before, for the same key.
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Lets the store write, wakes the streams, and answers.
async fn write(
    state: &ServerState,
    caller: &Caller,
    meta: WriteMeta,
    write: Write,
    success: StatusCode,
) -> Result<Response, Refusal> {
    let answer = state.store().write(caller, &meta, write, Timestamp::now()).await.map_err(|e| lay(state, e.into()))?;
    if !answer.replayed && answer.result.is_ok() {
        state.hub().wrote();
    }
    let mut response = match answer.result {
        Ok(Written::Changed(receipt)) => changed(state, *receipt, success),
        Ok(Written::Uploaded(uploaded)) => (success, axum::Json(uploaded)).into_response(),
        Err(error) => lay(state, error.into()).into_response(),
    };
    if answer.replayed {
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn changed(state: &ServerState, mut receipt: Receipt, success: StatusCode) -> Response {
    state.hub().lay_row(&mut receipt.ticket);
    if let Some(other) = &mut receipt.other {
        state.hub().lay_row(other);
    }
    let mut response = (success, axum::Json(&receipt)).into_response();
    tag(&mut response, receipt.ticket.version);
    if success == StatusCode::CREATED
        && let Ok(place) = HeaderValue::from_str(&format!("/api/v1/tickets/{}", receipt.ticket.id))
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// Lays presence over the row in a problem.
fn lay(state: &ServerState, mut refusal: Refusal) -> Refusal {
    if let Some(row) = &mut refusal.problem.ticket {
        state.hub().lay_row(row);
    }
    refusal
}

fn tag(response: &mut Response, version: u64) {
    if let Ok(value) = HeaderValue::from_str(&etag(version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
}
