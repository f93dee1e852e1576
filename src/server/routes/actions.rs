//! Changing tickets. Every one of these is one [`super::write`].

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::change::Receipt;
use crate::domain::people::Agent;
use crate::server::ServerState;
use crate::server::auth::Auth;
use crate::server::check::Nothing;
use crate::server::extract::{Json, JsonOrNothing, TicketPath, WriteHeaders};
use crate::server::hub::{Place, WRITING};
use crate::server::problem::Refusal;
use crate::wire::{
    AssignBody, MergeBody, NewTicketBody, NoteBody, PatchBody, PresenceBody, ReplyBody, SplitBody, UndoBody, Write,
};

/// Opens a ticket.
#[utoipa::path(post, path = "/tickets", tag = "tickets", operation_id = "new_ticket", request_body = NewTicketBody,
    responses((status = 201, description = "The new ticket.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version."), ("Location" = String, description = "Its path.")))))]
pub async fn new_ticket(
    auth: Auth,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<NewTicketBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::New(body.value), StatusCode::CREATED).await
}

/// Sets what is given: subject, status, priority, queue, labels, requester.
#[utoipa::path(patch, path = "/tickets/{id}", tag = "tickets", request_body = PatchBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn patch(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<PatchBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Patch(id, body.value), StatusCode::OK).await
}

/// Takes an unassigned ticket. Atomic: a second taker gets 409 `held`, which names the holder.
#[utoipa::path(post, path = "/tickets/{id}/claim", tag = "tickets",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn claim(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: JsonOrNothing<Nothing>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Claim(id), StatusCode::OK).await
}

/// Gives a held ticket back.
#[utoipa::path(post, path = "/tickets/{id}/release", tag = "tickets",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn release(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: JsonOrNothing<Nothing>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Release(id), StatusCode::OK).await
}

/// Hands a ticket to a member of its queue.
#[utoipa::path(post, path = "/tickets/{id}/assign", tag = "tickets", request_body = AssignBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn assign(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<AssignBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Assign(id, body.value), StatusCode::OK).await
}

/// Takes a ticket from its holder, on purpose.
#[utoipa::path(post, path = "/tickets/{id}/steal", tag = "tickets",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn steal(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: JsonOrNothing<Nothing>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Steal(id), StatusCode::OK).await
}

/// Answers the customer. Held back with 409 `moved-on` when the thread moved on since `seen`.
#[utoipa::path(post, path = "/tickets/{id}/replies", tag = "tickets", request_body = ReplyBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 201, description = "The reply.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn reply(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<ReplyBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Reply(id, body.value), StatusCode::CREATED).await
}

/// Leaves an internal note.
#[utoipa::path(post, path = "/tickets/{id}/notes", tag = "tickets", request_body = NoteBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 201, description = "The note.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn note(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<NoteBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Note(id, body.value), StatusCode::CREATED).await
}

/// Moves messages, or copies lines of one, into a new ticket. One transaction.
#[utoipa::path(post, path = "/tickets/{id}/split", tag = "tickets", request_body = SplitBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 201, description = "The split; `other` is the new ticket.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn split(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<SplitBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Split(id, body.value), StatusCode::CREATED).await
}

/// Folds the ticket into another of the same requester.
#[utoipa::path(post, path = "/tickets/{id}/merge", tag = "tickets", request_body = MergeBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn merge(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: Json<MergeBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Merge(id, body.value), StatusCode::OK).await
}

/// Takes back the change of an event, or the caller's newest one that can be.
#[utoipa::path(post, path = "/tickets/{id}/undo", tag = "tickets", request_body = Option<UndoBody>,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 200, description = "Done.", body = Receipt,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn undo(
    auth: Auth,
    TicketPath(id): TicketPath,
    headers: WriteHeaders,
    State(state): State<ServerState>,
    body: JsonOrNothing<UndoBody>,
) -> Result<Response, Refusal> {
    let meta = headers.meta(body.hash);
    super::write(&state, &auth.caller, meta, Write::Undo(id, body.value), StatusCode::OK).await
}

/// Says that the caller writes on the ticket, for 30 seconds from now, or stopped.
#[utoipa::path(put, path = "/tickets/{id}/presence", tag = "tickets", request_body = PresenceBody,
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$")),
    responses((status = 204, description = "Noted.")))]
pub async fn presence(
    auth: Auth,
    TicketPath(id): TicketPath,
    State(state): State<ServerState>,
    body: Json<PresenceBody>,
) -> Result<StatusCode, Refusal> {
    let agent = &auth.caller.agent;
    if !body.value.writing {
        state.store().thread(&auth.caller, &id).await?;
        state.hub().stop_writing(agent, &id);
        return Ok(StatusCode::NO_CONTENT);
    }
    let (who, place) = match state.hub().is_at(agent, &id) {
        Some(known) => known,
        None => {
            let place = Place::from(&state.store().thread(&auth.caller, &id).await?.ticket);
            let agents = state.store().agents(&auth.caller).await?;
            let who = agents.iter().find(|a| a.id == *agent).map(Agent::as_ref);
            (who.ok_or_else(|| Refusal::unauthenticated("This token's agent is gone."))?, place)
        }
    };
    state.hub().write(who, place);
    // The bell rings again when the time is over and nobody said so once more.
    tokio::spawn(async move {
        tokio::time::sleep(WRITING).await;
        state.hub().expire(Instant::now());
    });
    Ok(StatusCode::NO_CONTENT)
}
