//! Listening, and stopping without cutting anybody off in the middle of an answer.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::serve::ListenerExt;

use super::{ServerState, router};

/// How long requests on their way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// After the start, before files that nobody came for are forgotten: the first screen goes first.
const SETTLED: Duration = Duration::from_secs(5);
/// Between two such looks.
const SWEEP: Duration = Duration::from_hours(6);

/// Where a server listens.
pub enum Listener {
    /// An address and port.
    Tcp(tokio::net::TcpListener),
    /// A socket file.
    Unix(tokio::net::UnixListener),
}

/// Serves until `stop` completes, then lets requests on their way end and event streams close.
pub async fn serve(
    listener: Listener,
    state: ServerState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = router(state.clone());
    let stopping = state.stopping().clone();
    tokio::spawn(sweep(state.clone()));
    let told = async move {
        tokio::select! {
            () = stop => state.stop(),
            () = state.stopping().cancelled() => {}
        }
    };
    let serving = async move {
        match listener {
            Listener::Tcp(tcp) => {
                // An event must not wait for the one before it to be acknowledged.
                let tcp = tcp.tap_io(|stream| {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY could not be set");
                    }
                });
                axum::serve(tcp, app).with_graceful_shutdown(told).await
            }
            Listener::Unix(unix) => axum::serve(unix, app).with_graceful_shutdown(told).await,
        }
    };
    let too_long = async move {
        stopping.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        done = serving => done,
        () = too_long => Ok(()),
    }
}

/// Forgets uploaded files whose message never came, now and then, until the server stops.
async fn sweep(state: ServerState) {
    let mut wait = SETTLED;
    loop {
        tokio::select! {
            () = state.stopping().cancelled() => return,
            () = tokio::time::sleep(wait) => wait = SWEEP,
        }
        if let Err(error) = state.store().sweep_files(jiff::Timestamp::now()).await {
            tracing::warn!(%error, "files that nobody came for could not be swept");
        }
    }
}

/// Completes when the process is asked to end: Ctrl-C or SIGTERM.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = term => {}
        interrupted = tokio::signal::ctrl_c() => {
            if interrupted.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
