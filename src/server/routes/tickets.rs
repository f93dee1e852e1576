//! Reading tickets: lists, search, timelines, threads.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::domain::id::{AgentId, QueueId};
use crate::domain::message::Thread;
use crate::domain::query::{AssigneeFilter, Cursor, Page, Query};
use crate::domain::ticket::{Status, TicketRow};
use crate::server::ServerState;
use crate::server::auth::Auth;
use crate::server::extract::{Params, TicketPath};
use crate::server::hub::Place;
use crate::server::problem::Refusal;
use crate::server::store::TimelineBy;
use crate::wire::{ListParams, SearchParams, ThreadParams, TicketList, TimelineKey, TimelineParams};

/// Rows a page when none is asked for.
const ROWS: u32 = 50;

/// The store's query for a query string.
pub fn query_of(params: &ListParams) -> Result<Query, Refusal> {
    let filled = |value: &Option<String>| value.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
    Ok(Query {
        queue: filled(&params.queue).map(QueueId::new),
        assignee: match filled(&params.assignee).as_deref() {
            None => AssigneeFilter::Any,
            Some("me") => AssigneeFilter::Me,
            Some("none") => AssigneeFilter::Nobody,
            Some(agent) => AssigneeFilter::Agent(AgentId::new(agent)),
        },
        status: statuses(params.status.as_deref().map(str::trim))?,
        labels: filled(&params.label)
            .map(|l| l.split(',').map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
            .unwrap_or_default(),
        late: params.late.unwrap_or(false),
        requester: filled(&params.requester),
        text: filled(&params.q),
        limit: Some(params.limit.unwrap_or(ROWS)),
    })
}

fn statuses(words: Option<&str>) -> Result<Vec<Status>, Refusal> {
    match words {
        None => Ok(Vec::new()),
        Some("any") => Ok(Status::ALL.to_vec()),
        Some(words) => words
            .split(',')
            .map(|word| {
                Status::parse(word.trim()).ok_or_else(|| {
                    Refusal::invalid("status", "status must be new, open, waiting, snoozed, resolved, closed or any")
                })
            })
            .collect(),
    }
}

fn list_of(state: &ServerState, mut page: Page<TicketRow>) -> Json<TicketList> {
    state.hub().lay_rows(&mut page.rows);
    Json(TicketList { tickets: page.rows, next: page.next })
}

fn cursor(given: Option<String>) -> Option<Cursor> {
    given.filter(|c| !c.is_empty()).map(Cursor)
}

/// A page of tickets, what needs a hand first; newest first when words are given.
#[utoipa::path(get, path = "/tickets", tag = "tickets", operation_id = "list_tickets", params(ListParams),
    responses((status = 200, description = "The page.", body = TicketList)))]
pub async fn list(
    auth: Auth,
    State(state): State<ServerState>,
    Params(params): Params<ListParams>,
) -> Result<Json<TicketList>, Refusal> {
    let query = query_of(&params)?;
    let after = cursor(params.cursor);
    state.on_time().await;
    let page = state.store().list(&auth.caller, &query, after.as_ref(), Timestamp::now()).await?;
    Ok(list_of(&state, page))
}

/// Tickets of every status that hold the words, newest first.
#[utoipa::path(get, path = "/search", tag = "tickets", params(SearchParams),
    responses((status = 200, description = "The page.", body = TicketList)))]
pub async fn search(
    auth: Auth,
    State(state): State<ServerState>,
    Params(params): Params<SearchParams>,
) -> Result<Json<TicketList>, Refusal> {
    let query =
        Query { text: Some(params.q.trim().to_owned()), limit: Some(params.limit.unwrap_or(ROWS)), ..Query::default() };
    let after = cursor(params.cursor);
    state.on_time().await;
    let page = state.store().list(&auth.caller, &query, after.as_ref(), Timestamp::now()).await?;
    Ok(list_of(&state, page))
}

/// A requester's tickets, newest first.
#[utoipa::path(get, path = "/timeline", tag = "tickets", params(TimelineParams),
    responses((status = 200, description = "The page.", body = TicketList)))]
pub async fn timeline(
    auth: Auth,
    State(state): State<ServerState>,
    Params(params): Params<TimelineParams>,
) -> Result<Json<TicketList>, Refusal> {
    let value = params.value.trim();
    let by = match params.by {
        TimelineKey::Email => TimelineBy::Email(value),
        TimelineKey::Tel => TimelineBy::Tel(value),
        TimelineKey::Code => TimelineBy::Code(value),
    };
    let after = cursor(params.cursor);
    state.on_time().await;
    let page = state.store().timeline(&auth.caller, by, after.as_ref(), params.limit.unwrap_or(ROWS)).await?;
    Ok(list_of(&state, page))
}

/// A ticket with its thread. With `stream` it counts as read there.
#[utoipa::path(get, path = "/tickets/{id}", tag = "tickets",
    params(("id" = String, Path, description = "The ticket's id.", max_length = 18, pattern = "^[1-9][0-9]{0,17}$"), ThreadParams),
    responses((status = 200, description = "The thread.", body = Thread,
        headers(("ETag" = String, description = "The ticket's version.")))))]
pub async fn thread(
    auth: Auth,
    TicketPath(id): TicketPath,
    State(state): State<ServerState>,
    Params(params): Params<ThreadParams>,
) -> Result<Response, Refusal> {
    state.on_time().await;
    let mut thread = state.store().thread(&auth.caller, &id).await?;
    if let Some(stream) = params.stream {
        state.hub().read(&stream, &auth.caller.agent, Place::from(&thread.ticket));
    }
    state.hub().lay_row(&mut thread.ticket);
    let mut response = Json(&thread).into_response();
    super::tag(&mut response, thread.ticket.version);
    Ok(response)
}
