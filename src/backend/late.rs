//! A desk that is found when it is first asked: a token that a command prints, or a server that has to be started, must not keep
//! the first frame waiting. What could not be found is looked for again with the next question.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::backoff::Backoff;
use super::{Adapter, Backend, DeskResult, Download, Shared, TimelineBy, UpdateStream, Watched};
use crate::domain::id::AttachmentId;
use crate::domain::{
    Change, ChangeId, Cursor, DeskView, EventId, Imported, Page, Query, Receipt, Requester, Support, Thread, TicketId,
    TicketRow, Verb,
};
use std::sync::Arc;
use std::time::Duration;

/// Finds the desk, or says why it cannot be had.
pub type Find = Box<dyn Fn() -> BoxFuture<'static, DeskResult<Shared>> + Send + Sync>;

/// A desk that is found when it is first asked.
#[derive(Clone)]
pub struct Late {
    inner: Arc<Inner>,
}

struct Inner {
    adapter: &'static Adapter,
    poll: Option<Duration>,
    find: Find,
    desk: OnceCell<Shared>,
}

impl Late {
    /// A desk of this kind, found by `find`, asked for news every `poll` where that is set. What is asked of it before it is
    /// found waits.
    pub fn new(adapter: &'static Adapter, poll: Option<Duration>, find: Find) -> Self {
        Self { inner: Arc::new(Inner { adapter, poll: poll.or(adapter.poll), find, desk: OnceCell::new() }) }
    }

    async fn desk(&self) -> DeskResult<&Shared> {
        self.inner.desk.get_or_try_init(|| (self.inner.find)()).await
    }
}

#[async_trait]
impl Backend for Late {
    fn kind(&self) -> &'static str {
        self.inner.adapter.kind
    }

    fn support(&self, verb: Verb) -> Support {
        self.inner.desk.get().map_or_else(|| (self.inner.adapter.support)(verb), |desk| desk.support(verb))
    }

    async fn open(&self, query: &Query) -> DeskResult<DeskView> {
        self.desk().await?.open(query).await
    }

    async fn list(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.desk().await?.list(query, after).await
    }

    async fn thread(&self, ticket: &TicketId, stream: Option<&str>) -> DeskResult<Thread> {
        self.desk().await?.thread(ticket, stream).await
    }

    async fn timeline(&self, by: &TimelineBy, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        self.desk().await?.timeline(by, after).await
    }

    async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        self.desk().await?.attachment(id).await
    }

    async fn apply(&self, change: &Change, key: &ChangeId) -> DeskResult<Receipt> {
        self.desk().await?.apply(change, key).await
    }

    fn watch(&self, since: Option<EventId>) -> UpdateStream {
        let late = self.clone();
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let found = stream::unfold((late, backoff, Some(since)), |(late, mut backoff, since)| async move {
            let since = since?;
            match late.desk().await.map(|desk| desk.watch(since.clone())) {
                Ok(news) => Some((news, (late, backoff, None))),
                Err(error) => {
                    let wait = backoff.next_wait();
                    let lost = stream::once(async { Watched::Lost(error) });
                    // Silent for a while behind the bad news, before it is looked for again.
                    let pause = tokio::time::sleep(wait).into_stream().filter_map(|()| async { None });
                    Some((lost.chain(pause).boxed(), (late, backoff, Some(since))))
                }
            }
        });
        found.flatten().boxed()
    }

    async fn presence(&self, ticket: &TicketId, writing: bool) -> DeskResult<()> {
        self.desk().await?.presence(ticket, writing).await
    }

    async fn import(&self, queue: &str, raw: Bytes) -> DeskResult<Imported> {
        self.desk().await?.import(queue, raw).await
    }

    fn repeats_safely(&self) -> bool {
        self.inner.desk.get().map_or(self.inner.adapter.repeats_safely, |desk| desk.repeats_safely())
    }

    fn poll_every(&self) -> Option<Duration> {
        self.inner.desk.get().map_or(self.inner.poll, |desk| desk.poll_every())
    }

    fn round_trips(&self) -> u64 {
        self.inner.desk.get().map_or(0, |desk| desk.round_trips())
    }

    async fn find_requester(&self, words: &str) -> DeskResult<Vec<Requester>> {
        self.desk().await?.find_requester(words).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeskError;
    use crate::text::Clean;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn what_was_not_found_is_looked_for_again() {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let find: Find = Box::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err(DeskError::Unavailable { why: Clean::line("not yet") }) }.boxed()
        });
        let late = Late::new(crate::backend::adapter("ticketty").unwrap(), None, find);
        assert_eq!((late.kind(), late.repeats_safely(), late.round_trips()), ("ticketty", true, 0));
        assert!(matches!(late.open(&Query::default()).await, Err(DeskError::Unavailable { .. })));
        let news: Vec<Watched> = late.watch(None).take(2).collect().await;
        assert!(news.iter().all(|n| matches!(n, Watched::Lost(_))));
        assert_eq!(tries.load(Ordering::Relaxed), 3);
    }
}
