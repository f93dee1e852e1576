//! Brings what the desk says to this machine: every answer and all news are kept in the cache on their way, and what is kept is
//! there at once, also while the desk is away.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};

use crate::backend::{DeskResult, Download, Shared, TimelineBy, Watched};
use crate::domain::{
    Attachment, AttachmentId, Cursor, DeskView, EventId, Page, Query, Receipt, Thread, TicketId, TicketRow, Update,
    UpdateKind,
};
use crate::local::cache::LARGEST_FILE;
use crate::local::{Cache, Keep, Kept};

/// As many answers are kept in one go.
const AT_ONCE: usize = 256;

/// Reads: what is kept, and what the desk says now. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    backend: Shared,
    cache: Cache,
    said: mpsc::UnboundedSender<Said>,
}

enum Said {
    Keep(Box<Keep>),
    /// Answers when everything before it is kept.
    Flush(oneshot::Sender<()>),
}

impl Reader {
    /// Starts the task that keeps what comes (inside a tokio runtime).
    pub fn start(backend: Shared, cache: Cache) -> Self {
        let (said, came) = mpsc::unbounded_channel();
        tokio::spawn(keep(cache.clone(), came));
        Self { backend, cache, said }
    }

    /// The main screen as it is kept.
    pub async fn kept_view(&self, query: &Query) -> Option<Kept<DeskView>> {
        self.cache.view(query).await
    }

    /// The main screen as the desk says it.
    pub async fn view(&self, query: &Query) -> DeskResult<DeskView> {
        let view = self.backend.open(query).await?;
        self.keep(Keep::View(query.clone(), Box::new(view.clone())));
        Ok(view)
    }

    /// A page of a list as it is kept.
    pub async fn kept_page(&self, query: &Query, after: Option<&Cursor>) -> Option<Kept<Page<TicketRow>>> {
        self.cache.page(query, after).await
    }

    /// A page of a list as the desk says it.
    pub async fn page(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let page = self.backend.list(query, after).await?;
        self.keep(Keep::Page(query.clone(), after.cloned(), page.clone()));
        Ok(page)
    }

    /// A thread as it is kept.
    pub async fn kept_thread(&self, ticket: &TicketId) -> Option<Kept<Thread>> {
        let kept = self.cache.thread(ticket).await;
        if kept.is_some() {
            self.cache.looked_at(ticket).await;
        }
        kept
    }

    /// Whether the kept thread is as new as the newest row that came.
    pub async fn is_current(&self, ticket: &TicketId) -> bool {
        self.cache.is_current(ticket).await
    }

    /// A thread as the desk says it.
    pub async fn thread(&self, ticket: &TicketId, stream: Option<&str>) -> DeskResult<Thread> {
        let thread = self.backend.thread(ticket, stream).await?;
        self.keep(Keep::Thread(Box::new(thread.clone())));
        Ok(thread)
    }

    /// A requester's tickets: of the desk; where it is away, what is kept of them.
    pub async fn timeline(&self, by: &TimelineBy) -> DeskResult<Page<TicketRow>> {
        let said = self.backend.timeline(by, None).await;
        match (said, by) {
            (Err(error), TimelineBy::Email(email)) if error.is_retryable() => {
                let query = Query {
                    requester: Some(email.clone()),
                    status: crate::domain::Status::ALL.to_vec(),
                    ..Query::default()
                };
                self.cache.page(&query, None).await.map(|kept| kept.what).ok_or(error)
            }
            (said, _) => said,
        }
    }

    /// An attachment: the kept one, or the desk's, which is kept when it has come whole.
    pub async fn attachment(&self, id: &AttachmentId) -> DeskResult<Download> {
        if let Some((name, media_type, bytes)) = self.cache.file(id).await {
            let size = Some(bytes.len() as u64);
            return Ok(Download { name, media_type, size, bytes: stream::iter([Ok(Bytes::from(bytes))]).boxed() });
        }
        let download = self.backend.attachment(id).await?;
        let file = Attachment {
            id: id.clone(),
            name: download.name.clone(),
            media_type: download.media_type.clone(),
            size: download.size.unwrap_or_default(),
        };
        let copy = Some(Vec::new());
        let bytes =
            stream::unfold((download.bytes, copy, self.clone(), file), |(mut bytes, mut copy, me, file)| async {
                match bytes.next().await {
                    Some(piece) => {
                        copy = match (&piece, copy) {
                            (Ok(piece), Some(mut copy)) if copy.len() + piece.len() <= LARGEST_FILE => {
                                copy.extend_from_slice(piece);
                                Some(copy)
                            }
                            _ => None,
                        };
                        Some((piece, (bytes, copy, me, file)))
                    }
                    None => {
                        if let Some(copy) = copy {
                            me.keep(Keep::File(file, copy));
                        }
                        None
                    }
                }
            });
        Ok(Download { bytes: bytes.boxed(), ..download })
    }

    /// Keeps what a confirmed change says about its tickets: not every desk sends its own news back.
    pub fn applied(&self, receipt: &Receipt) {
        let rows = receipt.other.iter().chain([&receipt.ticket]);
        for (row, own) in rows.map(|row| (row, row.id == receipt.ticket.id)) {
            self.keep(Keep::Update(Box::new(Update {
                id: receipt.event.clone().unwrap_or_else(|| EventId::new("")),
                kind: UpdateKind::Ticket,
                ticket: Some(row.clone()),
                event: None,
                message: receipt.message.clone().filter(|_| own),
                queues: Vec::new(),
                totals: None,
                agents: Vec::new(),
            })));
        }
    }

    /// Waits until everything that came is kept, at most so long.
    pub async fn finish(&self, wait: Duration) {
        let (done, ready) = oneshot::channel();
        if self.said.send(Said::Flush(done)).is_ok() {
            let _ = tokio::time::timeout(wait, ready).await;
        }
    }

    fn keep(&self, said: Keep) {
        // The task lives as long as the runtime.
        let _ = self.said.send(Said::Keep(Box::new(said)));
    }

    /// Hands on everything the desk's event stream says, after `since`, until nobody listens. The stream reconnects by itself,
    /// resumes where it was and says so ([`Watched::Connected`], [`Watched::Lost`]); drop the task to close it.
    pub async fn watch(self, since: Option<EventId>, news: mpsc::Sender<Watched>) {
        let mut stream = self.backend.watch(since);
        loop {
            // Without listening for `closed` too, a quiet desk would keep the stream of a closed screen open.
            tokio::select! {
                () = news.closed() => return,
                next = stream.next() => match next {
                    Some(item) => {
                        if let Watched::Update(update) = &item {
                            self.keep(Keep::Update(update.clone()));
                        }
                        if news.send(item).await.is_err() { return }
                    }
                    None => return,
                },
            }
        }
    }
}

/// Keeps what comes, as much at once as waits.
async fn keep(cache: Cache, mut came: mpsc::UnboundedReceiver<Said>) {
    let mut batch = Vec::new();
    while came.recv_many(&mut batch, AT_ONCE).await > 0 {
        let mut keeps = Vec::with_capacity(batch.len());
        let mut flushed = Vec::new();
        for said in batch.drain(..) {
            match said {
                Said::Keep(keep) => keeps.push(*keep),
                Said::Flush(done) => flushed.push(done),
            }
        }
        if !keeps.is_empty() {
            cache.keep(keeps).await;
        }
        for done in flushed {
            let _ = done.send(());
        }
    }
}
