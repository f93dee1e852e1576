//! Brings the desk's news: nothing is kept here yet, they are handed on.

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::backend::{Shared, Watched};
use crate::domain::EventId;

/// Hands on everything the desk's event stream says, after `since`, until nobody listens. The stream reconnects by itself,
/// resumes where it was and says so ([`Watched::Connected`], [`Watched::Lost`]); drop the task to close it.
pub async fn run(backend: Shared, since: Option<EventId>, news: mpsc::Sender<Watched>) {
    let mut stream = backend.watch(since);
    loop {
        // Without listening for `closed` too, a quiet desk would keep the stream of a closed screen open.
        tokio::select! {
            () = news.closed() => return,
            next = stream.next() => match next {
                Some(item) => if news.send(item).await.is_err() { return },
                None => return,
            },
        }
    }
}
