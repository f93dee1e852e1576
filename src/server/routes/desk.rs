//! The desk as a whole: who I am, queues, agents, labels, numbers, and the one request that draws the main screen.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use jiff::{Timestamp, ToSpan};

use super::tickets::query_of;
use crate::domain::DeskView;
use crate::domain::people::Agent;
use crate::server::ServerState;
use crate::server::auth::Auth;
use crate::server::extract::Params;
use crate::server::problem::Refusal;
use crate::wire::{AgentList, Health, LabelList, MainParams, QueueList, Stats, StatsParams};

/// Whether the server can work. The only path that needs no token.
#[utoipa::path(get, path = "/healthz", tag = "desk", security(()),
    responses((status = 200, description = "It can.", body = Health)))]
pub async fn healthz(State(state): State<ServerState>) -> Result<Json<Health>, Refusal> {
    state.store().last_event().await?;
    Ok(Json(Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }))
}

/// The agent behind the token.
#[utoipa::path(get, path = "/me", tag = "desk", responses((status = 200, description = "The agent.", body = Agent)))]
pub async fn me(auth: Auth, State(state): State<ServerState>) -> Result<Json<Agent>, Refusal> {
    let agents = laid_agents(&auth, &state).await?;
    let me = agents.into_iter().find(|a| a.id == auth.caller.agent);
    me.map(Json).ok_or_else(|| Refusal::unauthenticated("This token's agent is gone."))
}

/// All the main screen needs: me, queues with counts, agents with load and presence, the first page of rows, and the event
/// from which the stream goes on.
#[utoipa::path(get, path = "/main", tag = "desk", params(MainParams),
    responses((status = 200, description = "The main screen.", body = DeskView)))]
pub async fn main(
    auth: Auth,
    State(state): State<ServerState>,
    Params(params): Params<MainParams>,
) -> Result<Json<DeskView>, Refusal> {
    let query = query_of(&params.into())?;
    state.on_time().await;
    let mut view = state.store().main(&auth.caller, &query, Timestamp::now()).await?;
    let visible = view.queues.iter().map(|q| q.id.clone()).collect();
    state.hub().lay_agents(&mut view.agents, &visible);
    state.hub().lay_agents(std::slice::from_mut(&mut view.me), &visible);
    state.hub().lay_rows(&mut view.tickets);
    Ok(Json(view))
}

/// The caller's queues with counts.
#[utoipa::path(get, path = "/queues", tag = "desk",
    responses((status = 200, description = "The queues.", body = QueueList)))]
pub async fn queues(auth: Auth, State(state): State<ServerState>) -> Result<Json<QueueList>, Refusal> {
    state.on_time().await;
    let (queues, _) = state.store().queues(&auth.caller, Timestamp::now()).await?;
    Ok(Json(QueueList { queues }))
}

/// The desk's agents with load and presence.
#[utoipa::path(get, path = "/agents", tag = "desk",
    responses((status = 200, description = "The agents.", body = AgentList)))]
pub async fn agents(auth: Auth, State(state): State<ServerState>) -> Result<Json<AgentList>, Refusal> {
    Ok(Json(AgentList { agents: laid_agents(&auth, &state).await? }))
}

async fn laid_agents(auth: &Auth, state: &ServerState) -> Result<Vec<Agent>, Refusal> {
    let mut agents = state.store().agents(&auth.caller).await?;
    let (queues, _) = state.store().queues(&auth.caller, Timestamp::now()).await?;
    let visible: HashSet<_> = queues.into_iter().map(|q| q.id).collect();
    state.hub().lay_agents(&mut agents, &visible);
    Ok(agents)
}

/// Every label in use in the caller's queues.
#[utoipa::path(get, path = "/labels", tag = "desk",
    responses((status = 200, description = "The labels.", body = LabelList)))]
pub async fn labels(auth: Auth, State(state): State<ServerState>) -> Result<Json<LabelList>, Refusal> {
    Ok(Json(LabelList { labels: state.store().labels(&auth.caller).await? }))
}

/// Numbers of a time.
#[utoipa::path(get, path = "/stats", tag = "desk", params(StatsParams),
    responses((status = 200, description = "The numbers.", body = Stats)))]
pub async fn stats(
    auth: Auth,
    State(state): State<ServerState>,
    Params(params): Params<StatsParams>,
) -> Result<Json<Stats>, Refusal> {
    let until = params.until.unwrap_or_else(Timestamp::now);
    let since = params.since.unwrap_or_else(|| until.checked_sub((7 * 24).hours()).unwrap_or(Timestamp::MIN));
    Ok(Json(state.store().stats(&auth.caller, since, until).await?))
}
