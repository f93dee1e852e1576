//! Performs effects: each becomes a task that ends in one event. Lists and previews run in a lane where only the newest
//! counts; local writes run one after the other, so that a draft is never overtaken by its own past.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::task::JoinHandle;

use super::external;
use crate::backend::{Shared, TimelineBy, Watched};
use crate::domain::outbox::StepMark;
use crate::domain::{Change, ChangeId, Draft, DraftRow, EventId, Hold, Page, Query, TicketId};
use crate::local::{Beside, Local};
use crate::model::{Effect, Event};
use crate::sync::import;
use crate::sync::pull::Reader;
use crate::sync::push::{Pushed, Pusher};
use crate::text::Clean;

/// How many changes of the past are read again for undo.
const STEPS: u32 = 400;

/// What may run only once at a time: the newest request takes the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lane {
    Open,
    Page(Query),
    /// A page of what this machine remembers.
    Kept,
    Preview,
    Preload,
    Timeline,
    Requester,
}

/// A local write, done in order.
enum Write {
    Save(Box<Draft>),
    Drop(String),
    Open {
        id: String,
        take: bool,
    },
    Watch(String),
    Release(String),
    Submit(Vec<(ChangeId, Change)>, Duration, Box<StepMark>, Option<String>),
    Steps,
    Unsend(ChangeId),
    SendNow(ChangeId),
    Retry(ChangeId),
    Forget(ChangeId),
    Outbox,
    Drafts,
    /// Answers when everything before it is done.
    Flush(tokio::sync::oneshot::Sender<()>),
}

/// Performs effects.
pub struct Effects {
    backend: Shared,
    reader: Reader,
    events: UnboundedSender<Event>,
    writes: UnboundedSender<Write>,
    pusher: Arc<Pusher>,
    lanes: HashMap<Lane, JoinHandle<()>>,
    watching: Option<JoinHandle<()>>,
    stream: Arc<Mutex<Option<String>>>,
}

impl Effects {
    /// Starts the tasks behind the effects.
    pub fn start(backend: Shared, local: Local, reader: Reader, events: UnboundedSender<Event>) -> Self {
        let (pushed, came) = channel(64);
        let pusher = Arc::new(Pusher::start(local.clone(), backend.clone(), pushed));
        tokio::spawn(forward(came, reader.clone(), events.clone()));
        let (writes, todo) = unbounded_channel();
        tokio::spawn(write_in_order(local, reader.clone(), Arc::clone(&pusher), todo, events.clone()));
        Self { backend, reader, events, writes, pusher, lanes: HashMap::new(), watching: None, stream: Arc::default() }
    }

    /// The desk.
    pub fn backend(&self) -> &Shared {
        &self.backend
    }

    /// Follows the desk's news from an event on.
    pub fn watch(&mut self, since: Option<EventId>) {
        self.stop_watching();
        let (sender, mut came): (Sender<Watched>, _) = channel(256);
        let source = tokio::spawn(self.reader.clone().watch(since, sender));
        let events = self.events.clone();
        let stream = Arc::clone(&self.stream);
        let pusher = Arc::clone(&self.pusher);
        self.watching = Some(tokio::spawn(async move {
            let _stop = AbortOnDrop(source);
            while let Some(watched) = came.recv().await {
                let event = match watched {
                    Watched::Connected { stream: id } => {
                        *stream.lock().unwrap_or_else(PoisonError::into_inner) = id;
                        // What waits for the desk need not wait for its next try.
                        pusher.hurry();
                        Event::Live
                    }
                    Watched::Update(update) => Event::Arrived(update),
                    Watched::Lost(error) => Event::Lost(error),
                };
                if events.send(event).is_err() {
                    return;
                }
            }
        }));
    }

    /// Lets go of a line that may be dead.
    pub fn stop_watching(&mut self) {
        if let Some(old) = self.watching.take() {
            old.abort();
        }
    }

    /// Another desk is on the screen now: nothing is read of this one any more, and what waits for it still leaves.
    pub fn rest(&mut self) {
        self.stop_watching();
        for (_, task) in self.lanes.drain() {
            task.abort();
        }
    }

    /// Whether the desk's news are being followed.
    pub fn is_watching(&self) -> bool {
        self.watching.is_some()
    }

    /// Waits until all local writes are on disk and what is due has left, at most so long; answers how many changes wait.
    pub async fn finish(&self, wait: Duration) -> usize {
        self.flush().await;
        let waiting = self.pusher.settle(wait).await;
        self.reader.finish(wait).await;
        waiting
    }

    /// Waits until all local writes have ended.
    pub async fn flush(&self) {
        let (done, ready) = tokio::sync::oneshot::channel();
        if self.writes.send(Write::Flush(done)).is_ok() {
            let _ = ready.await;
        }
    }

    fn write(&self, write: Write) {
        // The receiver lives as long as the runtime; without it there is nobody to tell either.
        let _ = self.writes.send(write);
    }

    fn spawn(&mut self, lane: Option<Lane>, task: impl Future<Output = Event> + Send + 'static) {
        let events = self.events.clone();
        let handle = tokio::spawn(async move {
            let event = task.await;
            let _ = events.send(event);
        });
        if let Some(lane) = lane
            && let Some(old) = self.lanes.insert(lane, handle)
        {
            old.abort();
        }
        self.lanes.retain(|_, h| !h.is_finished());
    }

    /// Performs one effect. Those that need the terminal (`Yank`, `Edit`, `Suspend`, `Redraw`, `Quit`) are the loop's own.
    pub fn perform(&mut self, effect: Effect) {
        let (backend, reader, events) = (self.backend.clone(), self.reader.clone(), self.events.clone());
        match effect {
            Effect::Open(query) => self.spawn(Some(Lane::Open), async move {
                let result = reader.view(&query).await.map(Box::new);
                Event::Opened { query, kept: None, result }
            }),
            Effect::Load { query, after: Some(after), .. } if after.kept_rows().is_some() => {
                self.spawn(Some(Lane::Kept), async move {
                    let page = reader.kept_page(&query, Some(&after)).await;
                    let (kept, page) =
                        page.map_or((None, Page { rows: Vec::new(), next: None }), |k| (Some(k.at), k.what));
                    Event::Loaded { query, after: Some(after), kept, result: Ok(page) }
                });
            }
            Effect::Load { query, after, blank } => self.spawn(Some(Lane::Page(query.clone())), async move {
                if blank && let Some(page) = reader.kept_page(&query, None).await {
                    let _ = events.send(Event::Loaded {
                        query: query.clone(),
                        after: None,
                        kept: Some(page.at),
                        result: Ok(page.what),
                    });
                }
                let result = reader.page(&query, after.as_ref()).await;
                Event::Loaded { query, after, kept: None, result }
            }),
            Effect::Thread { ticket, reading } => {
                let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let lane = if reading { None } else { Some(Lane::Preview) };
                self.spawn(lane, async move {
                    if let Some(thread) = reader.kept_thread(&ticket).await {
                        // A preview of what is as new as its row needs no question to the desk.
                        let current = !reading && reader.is_current(&ticket).await;
                        let kept = (!current).then_some(thread.at);
                        let event = Event::Thread { ticket: ticket.clone(), kept, result: Ok(Box::new(thread.what)) };
                        if current {
                            return event;
                        }
                        let _ = events.send(event);
                    }
                    let stream = stream.as_deref().filter(|_| reading);
                    let result = reader.thread(&ticket, stream).await.map(Box::new);
                    Event::Thread { ticket, kept: None, result }
                });
            }
            Effect::Preload(tickets) => self.preload(tickets),
            Effect::Read(ticket, to) => reader.read(ticket, to),
            Effect::Timeline(email) => self.spawn(Some(Lane::Timeline), async move {
                let result = reader.timeline(&TimelineBy::Email(email.clone())).await;
                Event::Timeline { email, result }
            }),
            Effect::FindRequester(words) => self.spawn(Some(Lane::Requester), async move {
                Event::Requesters(backend.find_requester(&words).await.unwrap_or_default())
            }),
            Effect::Submit { changes, hold, mark, draft } => {
                self.write(Write::Submit(changes, hold, Box::new(mark), draft));
            }
            Effect::Steps => self.write(Write::Steps),
            Effect::Unsend(id) => self.write(Write::Unsend(id)),
            Effect::SendNow(id) => self.write(Write::SendNow(id)),
            Effect::OutboxRetry(id) => self.write(Write::Retry(id)),
            Effect::OutboxDrop(id) => self.write(Write::Forget(id)),
            Effect::Outbox => self.write(Write::Outbox),
            Effect::SaveDraft(draft) => self.write(Write::Save(draft)),
            Effect::DropDraft(id) => self.write(Write::Drop(id)),
            Effect::OpenDraft { id, take } => self.write(Write::Open { id, take }),
            Effect::WatchDraft(id) => self.write(Write::Watch(id)),
            Effect::ReleaseDraft(id) => self.write(Write::Release(id)),
            Effect::Drafts => self.write(Write::Drafts),
            Effect::Writing { ticket, on } => {
                tokio::spawn(async move { backend.presence(&ticket, on).await });
            }
            Effect::OpenUrl(url) => self.spawn(None, async move {
                let opened = tokio::task::spawn_blocking({
                    let url = url.clone();
                    move || external::open_url(&url)
                })
                .await;
                Event::UrlOpened(match opened {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(_)) | Err(_) => Err(Clean::line(&url)),
                })
            }),
            Effect::SaveAttachment { id, name, dir, open } => self.spawn(None, async move {
                Event::Saved(external::save_attachment(&reader, &id, &name, dir.as_deref(), open).await)
            }),
            Effect::Attach { draft, path } => self.spawn(None, async move {
                let result = tokio::task::spawn_blocking(move || external::upload(&path)).await;
                let result = result.unwrap_or_else(|e| Err(Clean::line(&e.to_string())));
                Event::Attached { draft, result }
            }),
            Effect::Import { paths, queue } => self.import(paths, queue),
            Effect::After(time, timer) => self.spawn(None, async move {
                tokio::time::sleep(time).await;
                Event::Rang(timer)
            }),
            Effect::Yank { .. }
            | Effect::Edit { .. }
            | Effect::KeepKeymap(_)
            | Effect::Desks
            | Effect::AllWork
            | Effect::ChangeDesk { .. }
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    /// Brings threads to this machine one after the other; nobody is told.
    fn preload(&mut self, tickets: Vec<TicketId>) {
        let reader = self.reader.clone();
        let work = tokio::spawn(async move {
            for ticket in tickets {
                if !reader.is_current(&ticket).await && reader.thread(&ticket, None).await.is_err() {
                    return;
                }
            }
        });
        if let Some(old) = self.lanes.insert(Lane::Preload, work) {
            old.abort();
        }
    }

    fn import(&mut self, paths: Vec<PathBuf>, queue: String) {
        let (backend, events) = (self.backend.clone(), self.events.clone());
        self.spawn(None, async move {
            let paths: Vec<PathBuf> = paths.iter().map(|p| external::expand(p)).collect();
            let progress = move |done: u64| {
                let _ = events.send(Event::Importing { done });
            };
            let result = import::paths(&backend, paths, &queue, progress).await;
            Event::ImportDone(result.map_err(|e| Clean::line(&e.to_string())))
        });
    }
}

/// Ends a task with its owner.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Effects {
    fn drop(&mut self) {
        self.stop_watching();
    }
}

async fn forward(mut came: Receiver<Pushed>, reader: Reader, events: UnboundedSender<Event>) {
    while let Some(pushed) = came.recv().await {
        if let Pushed::Applied { receipt, .. } = &pushed {
            reader.applied(receipt);
        }
        let event = match pushed {
            Pushed::Applied { id, change, receipt } => Event::Applied { id, change, receipt },
            Pushed::Refused { id, change, error } => Event::Refused { id, change, error },
            Pushed::Waiting { id, error } => Event::Waiting { id, error },
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

async fn write_in_order(
    local: Local,
    reader: Reader,
    pusher: Arc<Pusher>,
    mut todo: UnboundedReceiver<Write>,
    events: UnboundedSender<Event>,
) {
    while let Some(write) = todo.recv().await {
        let event = match write {
            Write::Save(draft) => match local.save_draft(&draft).await {
                Ok(Hold::Mine(saved)) => {
                    let at = saved.saved_at.unwrap_or(draft.begun_at);
                    // A file joined it from elsewhere.
                    if saved.files.len() > draft.files.len() {
                        let event = Event::DraftHeld { id: draft.id.clone(), hold: Hold::Mine(saved), unsaved: None };
                        let _ = events.send(event);
                    }
                    Event::DraftSaved { id: draft.id, at }
                }
                Ok(hold) => Event::DraftHeld { id: draft.id.clone(), hold, unsaved: Some(draft) },
                Err(e) => Event::DraftFailed { id: draft.id, why: Clean::line(&e.to_string()) },
            },
            Write::Drop(id) => match local.drop_draft(&id).await {
                Ok(()) => continue,
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Open { id, take } => match local.open_draft(&id, take).await {
                Ok(hold) => Event::DraftHeld { id, hold, unsaved: None },
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Watch(id) => match local.who_has(&id).await {
                Ok(hold) => Event::DraftHeld { id, hold, unsaved: None },
                // The next save says what is wrong with the disk.
                Err(_) => continue,
            },
            Write::Release(id) => match local.release_draft(&id).await {
                Ok(()) => continue,
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Submit(changes, hold, mark, draft) => {
                let beside = Beside { mark: Some(&mark), draft: draft.as_deref() };
                let accepted = pusher.submit(changes.clone(), hold, beside).await;
                for (id, change) in changes {
                    let event = match &accepted {
                        Ok(_) => Event::Accepted(id),
                        Err(e) => Event::NotAccepted { id, change: Box::new(change), why: Clean::line(&e.to_string()) },
                    };
                    if events.send(event).is_err() {
                        return;
                    }
                }
                continue;
            }
            Write::Steps => match local.steps(STEPS).await {
                Ok(rows) => Event::Steps(rows),
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Unsend(id) => match pusher.unsend(&id).await {
                Ok(change) => Event::Unsent { id, change: change.map(Box::new) },
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::SendNow(id) => match pusher.send_now(&id).await {
                Ok(_) => continue,
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Retry(id) => match pusher.retry(&id).await {
                Ok(_) => outbox(&pusher).await,
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Forget(id) => match pusher.drop_change(&id).await {
                Ok(_) => outbox(&pusher).await,
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Outbox => outbox(&pusher).await,
            Write::Drafts => match local.drafts().await {
                Ok(mut drafts) => {
                    for row in &mut drafts {
                        compare(row, &reader).await;
                    }
                    Event::Drafts(drafts)
                }
                Err(e) => Event::Failed(Clean::line(&e.to_string())),
            },
            Write::Flush(done) => {
                let _ = done.send(());
                continue;
            }
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

/// What this machine remembers of a draft's ticket: whether its thread moved on, and where it was merged into.
async fn compare(row: &mut DraftRow, reader: &Reader) {
    let Some(ticket) = &row.draft.ticket else { return };
    let Some(thread) = reader.kept_thread(ticket).await.map(|kept| kept.what) else { return };
    row.moved_on = row.draft.is_behind(&thread);
    row.merged_into = thread.ticket.merged_into;
}

async fn outbox(pusher: &Pusher) -> Event {
    match pusher.outbox().await {
        Ok(rows) => Event::Outbox(rows),
        Err(e) => Event::Failed(Clean::line(&e.to_string())),
    }
}
