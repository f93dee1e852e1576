//! The embedded helpdesk: a REST server over a [`store::Store`]. It knows nothing of the client.
//!
//! A request passes, from outside in: panics become problems, large answers are compressed, [`auth`] finds the caller,
//! [`extract`] and [`check`] decode strictly, a route asks the store once. [`hub`] wakes the event streams of [`events`].

pub mod auth;
mod check;
pub mod demo;
pub mod embedded;
mod events;
mod extract;
mod hub;
mod keeper;
mod limits;
mod openapi;
pub mod problem;
mod routes;
pub mod serve;
pub mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use self::problem::Refusal;
use self::store::Store;

pub use self::serve::{Listener, serve};

/// Tickets that turn late before a read, at most: a page's worth.
const FIRST_LATE: u32 = 50;

/// What every route shares.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    hub: hub::Hub,
    limits: limits::Limits,
    stop: CancellationToken,
    database: Option<PathBuf>,
    /// Somebody marks the late tickets that a read did not wait for.
    catching_up: AtomicBool,
}

impl ServerState {
    /// The state of one server process over a store. `database` is the store's file, if it is one: writes of other
    /// processes are then noticed by watching it.
    pub fn new(store: Arc<dyn Store>, database: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            store,
            hub: hub::Hub::default(),
            limits: limits::Limits::default(),
            stop: CancellationToken::new(),
            database,
            catching_up: AtomicBool::new(false),
        }))
    }

    /// The desk's database.
    pub fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    /// Marks what has turned late while nobody listened, so that a read tells the truth. After a night that can be many: the
    /// first go before the read, the rest after it. A desk that cannot be written is still read.
    async fn on_time(&self) {
        let now = jiff::Timestamp::now();
        match self.store().turn_late(now, FIRST_LATE).await {
            Ok(Some(next)) if next <= now && !self.0.catching_up.swap(true, Ordering::AcqRel) => {
                let state = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = state.store().turn_late(now, u32::MAX).await {
                        tracing::warn!(%error, "late tickets could not be marked");
                    }
                    state.0.catching_up.store(false, Ordering::Release);
                    state.hub().wrote();
                });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "late tickets could not be marked"),
        }
    }

    /// Ends event streams, so that a graceful shutdown does not wait for them.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    fn hub(&self) -> &hub::Hub {
        &self.0.hub
    }

    fn limits(&self) -> &limits::Limits {
        &self.0.limits
    }

    fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    fn database(&self) -> Option<&PathBuf> {
        self.0.database.as_ref()
    }
}

/// The whole API.
pub fn router(state: ServerState) -> Router {
    let compress =
        SizeAbove::new(1024).and(NotForContentType::SSE).and(NotForContentType::const_new("application/octet-stream"));
    openapi::router()
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(axum::middleware::map_response(common_headers))
        .layer(CompressionLayer::new().compress_when(compress))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state)
}

async fn no_such_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not-found", "There is no such path. /api/v1/openapi.json lists all there are.")
}

async fn no_such_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not-possible", "This path does not take this method; see Allow.")
}

/// Customers' data is not for caches, and never to be taken for something else than it says.
async fn common_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(what, "a request panicked");
    Refusal::failed().into_response()
}
