//! Mails into the desk, one a request.

use axum::Json;
use axum::extract::{Request, State};
use jiff::Timestamp;

use crate::mail::parse::parse;
use crate::server::auth::AuthBulk;
use crate::server::extract::{Params, has_content_type, read_body, wrong_content_type};
use crate::server::problem::Refusal;
use crate::server::{ServerState, limits};
use crate::wire::{ImportOutcome, ImportParams, Imported};

const MAIL: &str = "message/rfc822";
const OCTETS: &str = "application/octet-stream";

/// Takes one mail in, at most 72 MB. Its identity is its `Message-ID`, else its bytes: a second time it is `already` there.
#[utoipa::path(post, path = "/import", tag = "files", params(ImportParams),
    request_body(content((Vec<u8> = "message/rfc822"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "What became of it.", body = Imported)))]
pub async fn import(
    AuthBulk(caller): AuthBulk,
    State(state): State<ServerState>,
    Params(params): Params<ImportParams>,
    request: Request,
) -> Result<Json<Imported>, Refusal> {
    let (parts, body) = request.into_parts();
    if !has_content_type(&parts.headers, MAIL) && !has_content_type(&parts.headers, OCTETS) {
        return Err(wrong_content_type(MAIL));
    }
    let raw = read_body(&parts.headers, body, limits::MAIL).await?;
    if raw.is_empty() {
        return Err(Refusal::invalid("body", "The mail is empty."));
    }
    let bytes = raw.clone();
    // Parsing a large mail takes a while; other requests go on meanwhile.
    let mail = tokio::task::spawn_blocking(move || parse(&bytes)).await.map_err(|error| {
        tracing::error!(%error, "a mail could not be read");
        Refusal::failed()
    })?;
    let imported = state.store().import(&caller, params.queue.trim(), &mail, &raw, Timestamp::now()).await?;
    if imported.outcome != ImportOutcome::Already {
        state.hub().wrote();
    }
    Ok(Json(imported))
}
