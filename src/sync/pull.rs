//! Brings what the desk says to this machine: every answer and all news are kept in the cache on their way, and what is kept is
//! there at once, also while the desk is away.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::backend::{DeskResult, Download, Shared, TimelineBy, Watched};
use crate::domain::{
    Attachment, AttachmentId, Bookmark, Cursor, DeskView, EventId, Page, Query, Receipt, Thread, TicketId, TicketRow,
    Update, UpdateKind,
};
use crate::local::cache::LARGEST_FILE;
use crate::local::cache::{Asked, Heard};
use crate::local::{Cache, Keep, Kept, Local, OneOfUs, Room};

/// For so long one client waits for another's answer, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(40);
/// How often what another client heard is read, and after how many such looks whether it is still there.
const HEAR: Duration = Duration::from_secs(1);
const LOOKS: u32 = 5;
/// As many answers are kept in one go.
const AT_ONCE: usize = 256;

/// Reads: what is kept, and what the desk says now. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    backend: Shared,
    local: Local,
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
    pub fn start(backend: Shared, local: Local, room: Room) -> Self {
        let (said, came) = mpsc::unbounded_channel();
        let cache = local.cache(room);
        tokio::spawn(keep(cache.clone(), came));
        Self { backend, local, cache, said }
    }

    /// The main screen as it is kept.
    pub async fn kept_view(&self, query: &Query) -> Option<Kept<DeskView>> {
        self.cache.view(query).await
    }

    /// The main screen as the desk says it.
    pub async fn view(&self, query: &Query) -> DeskResult<DeskView> {
        let turn = match self.turn(query).await {
            Ok(turn) => turn,
            Err(asked) => match self.cache.view(&first_page(query, &asked)).await {
                Some(kept) => return Ok(DeskView { next: asked.next, ..kept.what }),
                None => Turn::Free,
            },
        };
        let view = self.backend.open(query).await?;
        self.keep(Keep::View(query.clone(), Box::new(view.clone())));
        self.end(turn).await;
        Ok(view)
    }

    /// The right to ask for a list; what was answered, when another client of this desk has just asked, so that its rows are kept. Where
    /// news are pushed everybody asks: an answer costs little, and the newest is wanted.
    async fn turn(&self, query: &Query) -> Result<Turn, Asked> {
        let Some(every) = self.backend.poll_every() else { return Ok(Turn::Free) };
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(asked) = self.cache.asked(query).await {
                let age = Timestamp::now().duration_since(asked.at);
                if !age.is_negative() && age.unsigned_abs() < every {
                    return Err(asked);
                }
            }
            match self.local.try_ask_lock() {
                Ok(Some(lock)) => return Ok(Turn::Mine(lock)),
                Ok(None) if tokio::time::Instant::now() < give_up => tokio::time::sleep(LOOK).await,
                // Without the lock there is no turn to wait for.
                Ok(None) | Err(_) => return Ok(Turn::Free),
            }
        }
    }

    /// Gives the right to ask on, once the answer is kept.
    async fn end(&self, turn: Turn) {
        if let Turn::Mine(lock) = turn {
            self.finish(PATIENCE).await;
            drop(lock);
        }
    }

    /// A page of a list as it is kept.
    pub async fn kept_page(&self, query: &Query, after: Option<&Cursor>) -> Option<Kept<Page<TicketRow>>> {
        self.cache.page(query, after).await
    }

    /// A page of a list as the desk says it.
    pub async fn page(&self, query: &Query, after: Option<&Cursor>) -> DeskResult<Page<TicketRow>> {
        let turn = match after {
            Some(_) => Turn::Free,
            None => match self.turn(query).await {
                Ok(turn) => turn,
                Err(asked) => match self.cache.page(&first_page(query, &asked), None).await {
                    Some(kept) => return Ok(Page { rows: kept.what.rows, next: asked.next }),
                    // Nothing kept of nothing is an answer too.
                    None if asked.rows == 0 => return Ok(Page { rows: Vec::new(), next: asked.next }),
                    // Without the main screen it is not known who we are, and so not which of the rows are mine.
                    None => Turn::Free,
                },
            },
        };
        let page = self.backend.list(query, after).await?;
        self.keep(Keep::Page(query.clone(), after.cloned(), page.clone()));
        self.end(turn).await;
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
            let id = receipt.event.clone().unwrap_or_else(|| EventId::new(""));
            self.keep(Keep::Update(Box::new(Update {
                ticket: Some(row.clone()),
                message: receipt.message.clone().filter(|_| own),
                ..Update::bare(id, UpdateKind::Ticket)
            })));
        }
    }

    /// How far the agent has read, of the tickets read last.
    pub async fn bookmarks(&self) -> Vec<(TicketId, Bookmark)> {
        self.cache.bookmarks().await
    }

    /// The agent has read so far.
    pub fn read(&self, ticket: TicketId, to: Bookmark) {
        self.keep(Keep::Read(ticket, to));
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

    /// Hands on the desk's news after `since`, until nobody listens. The stream reconnects by itself, resumes where it was and
    /// says so ([`Watched::Connected`], [`Watched::Lost`]); drop the task to close it. Of a desk that sends no news, one client
    /// of the account asks and the others hear what it heard.
    pub async fn watch(self, since: Option<EventId>, news: mpsc::Sender<Watched>) {
        if self.backend.poll_every().is_none() {
            return self.follow(since, &news, Box::new(Keep::Update)).await;
        }
        if news.send(Watched::Connected { stream: None }).await.is_err() {
            return;
        }
        let (mut place, _) = self.cache.heard(None).await;
        let mut looks = 0_u32;
        loop {
            // The lock is free when the one that asked has ended.
            if looks.is_multiple_of(LOOKS)
                && let Ok(Some(lock)) = self.local.try_poll_lock()
            {
                self.follow(since, &news, Box::new(|update| Keep::Heard(Heard::Update(update)))).await;
                drop(lock);
                return;
            }
            looks = looks.wrapping_add(1);
            tokio::select! {
                () = news.closed() => return,
                () = tokio::time::sleep(HEAR) => {}
            }
            let (last, heard) = self.cache.heard(place).await;
            place = last;
            for heard in heard {
                let item = match heard {
                    Heard::Connected => Watched::Connected { stream: None },
                    Heard::Lost(error) => Watched::Lost(error),
                    Heard::Update(update) => Watched::Update(update),
                };
                if news.send(item).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Follows the adapter's stream and keeps its news in a form.
    async fn follow(&self, since: Option<EventId>, news: &mpsc::Sender<Watched>, form: Form) {
        let shared = self.backend.poll_every().is_some();
        let mut stream = self.backend.watch(since);
        loop {
            // Without listening for `closed` too, a quiet desk would keep the stream of a closed screen open.
            tokio::select! {
                () = news.closed() => return,
                next = stream.next() => match next {
                    Some(item) => {
                        match &item {
                            Watched::Update(update) => self.keep(form(update.clone())),
                            Watched::Connected { .. } if shared => self.keep(Keep::Heard(Heard::Connected)),
                            Watched::Lost(error) if shared => self.keep(Keep::Heard(Heard::Lost(error.clone()))),
                            Watched::Connected { .. } | Watched::Lost(_) => {}
                        }
                        if news.send(item).await.is_err() { return }
                    }
                    None => return,
                },
            }
        }
    }
}

/// A query for the rows of a page that the desk gave.
fn first_page(query: &Query, asked: &Asked) -> Query {
    Query { limit: Some(asked.rows), ..query.clone() }
}

/// How news are kept.
type Form = Box<dyn Fn(Box<Update>) -> Keep + Send + Sync>;

/// Who asks for a list.
enum Turn {
    /// Nobody has to wait.
    Free,
    /// The others wait for the answer to be kept.
    Mine(OneOfUs),
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

#[cfg(test)]
mod tests;
