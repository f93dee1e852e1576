//! Brings the outbox to the desk: in order per ticket, different tickets side by side, each change once.

mod lookup;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::lookup::Told;
use crate::backend::Shared;
use crate::backend::backoff::{self, Backoff};
use crate::domain::{Change, ChangeId, DeskError, OutboxRow, OutboxState, Receipt, TicketId};
use crate::local::{Beside, Entry, Local, LocalError, Queued, Room, new_change_id};
use crate::text::Clean;

/// What became of a change, as a screen wants to know it. Comes for every change that this process sends or waits for, also
/// for those that an earlier process left.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    /// The desk confirmed it.
    Applied {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// The desk's answer.
        receipt: Box<Receipt>,
    },
    /// The desk refused it, or it was held back because of a refusal before it. Its row stays, `failed`.
    Refused {
        /// Which.
        id: ChangeId,
        /// The change.
        change: Box<Change>,
        /// Why.
        error: DeskError,
    },
    /// It goes on waiting and is tried again by itself, or its outcome is unknown.
    Waiting {
        /// Which.
        id: ChangeId,
        /// Why.
        error: DeskError,
    },
}

/// How a change of [`submit`] ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its id in the outbox.
    pub id: ChangeId,
    /// The change.
    pub change: Change,
    /// What became of it.
    pub end: End,
}

/// The ends of an [`Outcome`].
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The desk confirmed it.
    Applied(Box<Receipt>),
    /// The desk refused it.
    Refused(DeskError),
    /// It is safe in the outbox and not confirmed yet (exit code 6: "do not repeat this command").
    Queued(Option<DeskError>),
}

/// How many changes are on the line at once.
const SIDE_BY_SIDE: usize = 4;
/// The first wait after the desk could not be reached, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// A difference of the clocks that is no accident.
const CLOCKS_DIFFER: Duration = Duration::from_secs(2);
/// While another process pushes: how often to look at the own rows, at first and at most.
const FIRST_LOOK: Duration = Duration::from_millis(30);
const LONGEST_LOOK: Duration = Duration::from_secs(1);
/// How long receipts are kept for undo.
const KEEP: Duration = Duration::from_hours(7 * 24);

/// For the command line: accepts the changes with an undo window of 0, pushes, and waits until each has ended, at most `wait`.
/// Ends early when the desk cannot be reached at all. The outcomes stand in the order of the changes. A refused change without
/// text is forgotten, one with text stays in the outbox as `failed`.
///
/// # Errors
/// The outbox could not take the changes: nothing was sent.
pub async fn submit(
    local: &Local,
    backend: &Shared,
    changes: Vec<Change>,
    wait: Duration,
) -> Result<Vec<Outcome>, LocalError> {
    submit_by(Engine::new(local.clone(), Arc::clone(backend), None), changes, wait).await
}

async fn submit_by(mut engine: Engine, changes: Vec<Change>, wait: Duration) -> Result<Vec<Outcome>, LocalError> {
    let local = engine.local.clone();
    let deadline = Instant::now() + wait;
    let changes = changes.into_iter().map(|change| (new_change_id(), change)).collect();
    let rows = local.accept_all(changes, Duration::ZERO, Beside::default()).await?;
    let mine: watch::Sender<HashSet<ChangeId>> = watch::Sender::new(rows.iter().map(|row| row.id.clone()).collect());
    let mut look = Backoff::new(FIRST_LOOK, LONGEST_LOOK);
    while !mine.borrow().is_empty() && Instant::now() < deadline {
        let step = timeout_at(deadline, engine.step(&mine, &|| mine.borrow().is_empty(), None)).await;
        let next = match step {
            Ok(Ok(Step::Pushed { next })) => next.map(until),
            Ok(Ok(Step::Elsewhere)) => Some(look.next_wait()),
            // The rows are safe; what is wrong with the disk is told by the next command.
            Ok(Err(error)) => {
                tracing::warn!(%error, "the outbox cannot be read");
                break;
            }
            Err(_) => break,
        };
        let unreachable = |e: &DeskError| matches!(e, DeskError::Unreachable { maybe_done: false, .. });
        if mine.borrow().is_empty() || engine.last_error.as_ref().is_some_and(unreachable) {
            break;
        }
        tokio::time::sleep_until(deadline.min(Instant::now() + next.unwrap_or(LONGEST_LOOK))).await;
    }
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(outcome(&local, row, engine.last_error.as_ref()).await?);
    }
    Ok(outcomes)
}

/// What became of an accepted change, as its row tells.
async fn outcome(local: &Local, row: OutboxRow, error: Option<&DeskError>) -> Result<Outcome, LocalError> {
    let entry = local.entry(&row.id).await?;
    let end = match entry {
        Some(Entry { receipt: Some(receipt), .. }) => End::Applied(Box::new(receipt)),
        Some(Entry { row: OutboxRow { state: OutboxState::Failed, .. }, error: Some(error), .. }) => {
            if !row.change.carries_text() {
                local.drop_change(&row.id).await?;
            }
            End::Refused(error)
        }
        Some(entry) => End::Queued(entry.error.or_else(|| error.cloned())),
        // Another process dropped it while it waited.
        None => End::Queued(None),
    };
    Ok(Outcome { id: row.id, change: row.change, end })
}

/// For the screen: the background task that pushes, and the handle to it. Dropping the last clone of the handle ends the task
/// after what is on the line has ended.
#[derive(Clone, Debug)]
pub struct Pusher {
    local: Local,
    /// What this process waits for.
    mine: watch::Sender<HashSet<ChangeId>>,
    news: Arc<News>,
    _alive: Arc<DropGuard>,
}

/// How the handle wakes the task.
#[derive(Debug, Default)]
struct News {
    bell: Notify,
    /// Do not wait any longer for a desk that could not be reached.
    hurry: AtomicBool,
}

impl Pusher {
    /// Starts the task (inside a tokio runtime); picks up what earlier processes left. Sleeps without a timer while nothing waits.
    pub fn start(local: Local, backend: Shared, events: mpsc::Sender<Pushed>) -> Self {
        let end = CancellationToken::new();
        let news = Arc::new(News::default());
        let mine = watch::Sender::new(HashSet::new());
        let engine = Engine::new(local.clone(), backend, Some(events));
        tokio::spawn(run(engine, mine.clone(), Arc::clone(&news), end.clone()));
        Self { local, mine, news, _alive: Arc::new(end.drop_guard()) }
    }

    /// Takes changes in durably; they leave when `hold` has passed. The caller says "accepted" when this returns.
    pub async fn submit(
        &self,
        changes: Vec<(ChangeId, Change)>,
        hold: Duration,
        beside: Beside<'_>,
    ) -> Result<Vec<OutboxRow>, LocalError> {
        let rows = self.local.accept_all(changes, hold, beside).await?;
        for row in &rows {
            self.wait_for(&row.id);
        }
        Ok(rows)
    }

    /// Takes a change back: the change with its text and files, or `None`: too late.
    pub async fn unsend(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        let change = self.local.unsend(id).await?;
        if change.is_some() {
            self.forget(id);
        }
        Ok(change)
    }

    /// Ends the undo window. False when it is not waiting any more.
    pub async fn send_now(&self, id: &ChangeId) -> Result<bool, LocalError> {
        let waits = self.local.send_now(id).await?;
        if waits {
            self.wait_for(id);
        }
        Ok(waits)
    }

    /// Tries a failed, unknown or left-over change again. False when there is nothing to try again.
    pub async fn retry(&self, id: &ChangeId) -> Result<bool, LocalError> {
        let waits = self.local.retry(id).await?;
        if waits {
            self.wait_for(id);
        }
        Ok(waits)
    }

    /// Forgets a change that has not been confirmed; answers it. `None`: it is on the line, confirmed or gone.
    pub async fn drop_change(&self, id: &ChangeId) -> Result<Option<Change>, LocalError> {
        let change = self.local.drop_change(id).await?;
        if change.is_some() {
            self.forget(id);
        }
        Ok(change)
    }

    /// What is not confirmed, oldest first.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, LocalError> {
        self.local.outbox().await
    }

    /// The desk is there again (the event stream stands): what waits for it need not wait longer.
    pub fn hurry(&self) {
        if !self.mine.borrow().is_empty() {
            self.news.hurry.store(true, Ordering::Relaxed);
            self.news.bell.notify_one();
        }
    }

    /// How many changes of this process are not confirmed or refused yet.
    pub fn waiting(&self) -> usize {
        self.mine.borrow().len()
    }

    /// Before leaving: waits until nothing of this process waits any more, at most `wait`; answers how many changes still do.
    pub async fn settle(&self, wait: Duration) -> usize {
        let mut mine = self.mine.subscribe();
        // Out of time, or the task is gone: what is left is counted either way.
        let _ = tokio::time::timeout(wait, mine.wait_for(HashSet::is_empty)).await;
        self.waiting()
    }

    fn wait_for(&self, id: &ChangeId) {
        self.mine.send_modify(|mine| {
            mine.insert(id.clone());
        });
        self.news.bell.notify_one();
    }

    fn forget(&self, id: &ChangeId) {
        self.mine.send_modify(|mine| {
            mine.remove(id);
        });
        self.news.bell.notify_one();
    }
}

/// The task behind a [`Pusher`].
async fn run(mut engine: Engine, mine: watch::Sender<HashSet<ChangeId>>, news: Arc<News>, end: CancellationToken) {
    let mut look = Backoff::new(FIRST_LOOK, LONGEST_LOOK);
    let mut swept = false;
    while !end.is_cancelled() {
        if news.hurry.swap(false, Ordering::Relaxed) {
            engine.hurry();
        }
        let stop = || end.is_cancelled() || news.hurry.load(Ordering::Relaxed);
        let next = match engine.step(&mine, &stop, Some(&news.bell)).await {
            Ok(Step::Pushed { next }) => {
                look.reset();
                next.map(until)
            }
            // Looked at only while something is waited for: an idle program does not wake up.
            Ok(Step::Elsewhere) => (!mine.borrow().is_empty()).then(|| look.next_wait()),
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be used");
                (!mine.borrow().is_empty()).then_some(LONGEST_WAIT)
            }
        };
        if !swept {
            swept = true;
            if let Err(error) = engine.local.sweep(KEEP).await {
                tracing::warn!(%error, "the outbox was not tidied");
            }
        }
        if news.hurry.load(Ordering::Relaxed) {
            // The bell for it was heard in the middle of the step.
            continue;
        }
        let sleep = async {
            match next {
                // Bounded, for the clock on the wall may jump while we sleep.
                Some(wait) => tokio::time::sleep(wait.min(LONGEST_WAIT)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end.cancelled() => {}
            () = news.bell.notified() => look.reset(),
            () = sleep => {}
        }
    }
}

/// How long until a moment.
fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// How a step ended.
enum Step {
    /// Everything that could go has gone; more may go at `next`.
    Pushed {
        /// When.
        next: Option<Timestamp>,
    },
    /// Another process pushes.
    Elsewhere,
}

type OnTheLine = FuturesUnordered<BoxFuture<'static, (Queued, Result<Receipt, DeskError>)>>;

/// Pushes whatever waits, for as long as it holds the lock.
struct Engine {
    local: Local,
    backend: Shared,
    events: Option<mpsc::Sender<Pushed>>,
    /// The desk could not be reached: nothing starts before.
    pause: Option<Timestamp>,
    backoff: Backoff,
    /// The waits of single changes do not count this time.
    hurried: bool,
    /// The last error that was not a refusal.
    last_error: Option<DeskError>,
    /// When the last step began, by both clocks.
    begun: (Instant, Timestamp),
}

impl Engine {
    fn new(local: Local, backend: Shared, events: Option<mpsc::Sender<Pushed>>) -> Self {
        let backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        let begun = (Instant::now(), Timestamp::now());
        Self { local, backend, events, pause: None, backoff, hurried: false, last_error: None, begun }
    }

    /// A clock that was put back would make the pause as much longer.
    fn heed_clock(&mut self) {
        let (since, at) = std::mem::replace(&mut self.begun, (Instant::now(), Timestamp::now()));
        if later(Timestamp::now(), CLOCKS_DIFFER) < later(at, since.elapsed()) {
            self.pause = None;
        }
    }

    fn hurry(&mut self) {
        self.pause = None;
        self.hurried = true;
        self.backoff.reset();
    }

    /// Pushes what waits, or looks at what another process made of the own changes. After `stop` nothing new starts; `bell`
    /// says that the outbox has changed.
    async fn step(
        &mut self,
        mine: &watch::Sender<HashSet<ChangeId>>,
        stop: &(dyn Fn() -> bool + Send + Sync),
        bell: Option<&Notify>,
    ) -> Result<Step, LocalError> {
        let Some(_lock) = self.local.try_push_lock()? else {
            self.look_up(mine).await?;
            return Ok(Step::Elsewhere);
        };
        self.heed_clock();
        let own = mine.borrow().clone();
        for id in self.local.take_over(&own, self.backend.repeats_safely()).await? {
            tracing::info!(change = %id, "left over, waits for the agent's word");
        }
        // What others ended before this one got the lock.
        self.look_up(mine).await?;
        let unknown = self.look_for_unknown(mine).await?;
        let next = self.push(mine, stop, bell).await;
        self.hurried = false;
        Ok(Step::Pushed { next: [next?, unknown].into_iter().flatten().min() })
    }

    /// Looks up what became of changes whose answer was lost on a desk that would do them twice; answers when to look again.
    async fn look_for_unknown(
        &mut self,
        mine: &watch::Sender<HashSet<ChangeId>>,
    ) -> Result<Option<Timestamp>, LocalError> {
        let unknown = self.local.unknown().await?;
        if unknown.is_empty() {
            return Ok(None);
        }
        let now = Timestamp::now();
        if let Some(pause) = self.pause.filter(|pause| *pause > now && !self.hurried) {
            return Ok(Some(pause));
        }
        let me = self.local.cache(Room::default()).who().await;
        for row in unknown {
            let (id, change) = (row.id, Box::new(row.change));
            match lookup::look(&self.backend, &change, row.accepted_at, me.as_ref()).await {
                Ok(Told::Done(receipt)) => {
                    self.reached();
                    kept(&id, self.local.applied(&id, &receipt).await);
                    forget(mine, &id);
                    self.tell(Pushed::Applied { id, change, receipt }).await;
                }
                Ok(Told::NotDone) => {
                    self.reached();
                    self.local.retry(&id).await?;
                }
                Ok(Told::Nothing) => {
                    self.local.ask(&id).await?;
                    forget(mine, &id);
                }
                Err(error) => {
                    let at = match &error {
                        DeskError::Limited { retry_after: Some(wait) } => later(now, backoff::spread(*wait)),
                        _ => later(now, self.backoff.next_wait()),
                    };
                    self.pause = self.pause.max(Some(at));
                    self.last_error = Some(error);
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    /// Tells what became of the own changes that another process pushed.
    async fn look_up(&mut self, mine: &watch::Sender<HashSet<ChangeId>>) -> Result<(), LocalError> {
        let own = mine.borrow().clone();
        for id in own {
            let Some(entry) = self.local.entry(&id).await? else {
                forget(mine, &id);
                continue;
            };
            let change = Box::new(entry.row.change);
            let news = match (entry.row.state, entry.receipt, entry.error) {
                (OutboxState::Waiting, _, error) => {
                    self.last_error = error.or(self.last_error.take());
                    continue;
                }
                (OutboxState::Sent, Some(receipt), _) => Pushed::Applied { id, change, receipt: Box::new(receipt) },
                (OutboxState::Unknown, _, Some(error)) if entry.asks => Pushed::Waiting { id, error },
                (OutboxState::Unknown, _, error) => {
                    self.last_error = error.or(self.last_error.take());
                    continue;
                }
                (OutboxState::Failed, _, Some(error)) => Pushed::Refused { id, change, error },
                (OutboxState::Sent | OutboxState::Failed, _, _) => {
                    forget(mine, &id);
                    continue;
                }
            };
            forget(mine, news.id());
            self.tell(news).await;
        }
        Ok(())
    }

    /// Sends until nothing can go now; answers when more may go.
    async fn push(
        &mut self,
        mine: &watch::Sender<HashSet<ChangeId>>,
        stop: &(dyn Fn() -> bool + Send + Sync),
        bell: Option<&Notify>,
    ) -> Result<Option<Timestamp>, LocalError> {
        let mut line: OnTheLine = FuturesUnordered::new();
        let mut running = HashSet::new();
        let mut queue = self.local.queued().await?;
        let mut fresh = true;
        let mut broken = None;
        self.heed_limits(&queue);
        loop {
            let unknown = if self.backend.repeats_safely() { Vec::new() } else { self.local.unknown().await? };
            let (ready, next) = self.plan(&queue, &running, &unknown);
            for queued in ready.into_iter().take(SIDE_BY_SIDE - line.len()) {
                if stop() || broken.is_some() {
                    break;
                }
                match self.local.begin(&queued.id).await {
                    Ok(true) => {
                        running.insert(queued.id.clone());
                        line.push(self.send(queued));
                    }
                    // Taken back meanwhile.
                    Ok(false) => queue.retain(|q| q.id != queued.id),
                    Err(error) => broken = Some(error),
                }
            }
            if line.is_empty() {
                match broken {
                    Some(error) => return Err(error),
                    None if fresh || stop() => return Ok(next),
                    None => {}
                }
                queue = self.local.queued().await?;
                fresh = true;
                continue;
            }
            tokio::select! {
                Some((sent, result)) = line.next() => {
                    running.remove(&sent.id);
                    fresh = false;
                    match self.ended(&sent, result, mine).await {
                        Some(again) => queue.iter_mut().filter(|q| q.id == sent.id).for_each(|q| q.retry_at = again),
                        None => queue.retain(|q| q.id != sent.id),
                    }
                }
                () = rung(bell) => {
                    // What cannot be read now is read when the line is empty.
                    if let Ok(read) = self.local.queued().await {
                        queue = read;
                    }
                }
            }
        }
    }

    /// A desk that asked for silence is left alone, whoever of this account was told so.
    fn heed_limits(&mut self, queue: &[Queued]) {
        let limited = queue.iter().filter(|q| matches!(q.error, Some(DeskError::Limited { .. })));
        self.pause = limited.map(|q| q.retry_at).chain(self.pause).max();
    }

    /// What may go now, in order, and when the first of the rest may. A change waits for those before it on the same ticket.
    fn plan(
        &self,
        queue: &[Queued],
        running: &HashSet<ChangeId>,
        unknown: &[OutboxRow],
    ) -> (Vec<Queued>, Option<Timestamp>) {
        let now = Timestamp::now();
        // What was lost comes first: its ticket waits until it is known.
        let mut taken: HashSet<&TicketId> = unknown.iter().flat_map(|row| tickets(&row.change)).collect();
        let mut ready = Vec::new();
        let mut next: Option<Timestamp> = None;
        for queued in queue {
            let tickets = tickets(&queued.change);
            let free = tickets.iter().all(|ticket| !taken.contains(ticket));
            taken.extend(tickets);
            if !free || running.contains(&queued.id) {
                continue;
            }
            let own = if self.hurried { queued.not_before } else { queued.not_before.max(queued.retry_at) };
            let at = self.pause.map_or(own, |pause| pause.max(own));
            if at <= now {
                ready.push(queued.clone());
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        (ready, next)
    }

    fn send(&self, queued: Queued) -> BoxFuture<'static, (Queued, Result<Receipt, DeskError>)> {
        let backend = Arc::clone(&self.backend);
        Box::pin(async move {
            let result = backend.apply(&queued.change, &queued.key).await;
            (queued, result)
        })
    }

    /// Keeps and tells what became of a change; answers when it is tried again, if it is.
    async fn ended(
        &mut self,
        sent: &Queued,
        result: Result<Receipt, DeskError>,
        mine: &watch::Sender<HashSet<ChangeId>>,
    ) -> Option<Timestamp> {
        let id = sent.id.clone();
        let change = Box::new(sent.change.clone());
        match result {
            Ok(receipt) => {
                self.reached();
                kept(&id, self.local.applied(&id, &receipt).await);
                forget(mine, &id);
                self.tell(Pushed::Applied { id, change, receipt: Box::new(receipt) }).await;
                None
            }
            Err(error) if error.is_retryable() => self.failed(sent, error).await,
            Err(error) => {
                self.reached();
                kept(&id, self.local.refused(&id, &error).await);
                forget(mine, &id);
                let lost = lost_claim(&change, &error);
                self.tell(Pushed::Refused { id, change, error }).await;
                if let Some((ticket, why)) = lost {
                    kept(&sent.id, self.hold_back(sent.seq, &ticket, &why, mine).await);
                }
                None
            }
        }
    }

    fn reached(&mut self) {
        self.pause = None;
        self.backoff.reset();
        self.last_error = None;
    }

    /// No answer, or none that means anything: tried again later where that cannot do it twice.
    async fn failed(&mut self, sent: &Queued, error: DeskError) -> Option<Timestamp> {
        self.last_error = Some(error.clone());
        self.hurried = false;
        let now = Timestamp::now();
        let id = sent.id.clone();
        let (maybe_done, of_the_desk) = match &error {
            DeskError::Unreachable { maybe_done, .. } => (*maybe_done, true),
            DeskError::Limited { .. } => (false, true),
            _ => (true, false),
        };
        if maybe_done && !self.backend.repeats_safely() {
            // Looked up with the next step; until then nothing of its ticket leaves.
            self.pause = self.pause.max(Some(later(now, self.backoff.next_wait())));
            kept(&id, self.local.lost(&id, &error).await);
            self.tell(Pushed::Waiting { id, error }).await;
            return None;
        }
        let at = match (&error, self.pause) {
            (DeskError::Limited { retry_after: Some(wait) }, _) => later(now, backoff::spread(*wait)),
            // Several on the line failed together: that is one failure.
            (_, Some(pause)) if of_the_desk && pause > now => pause,
            _ if of_the_desk => later(now, self.backoff.next_wait()),
            _ => later(now, backoff::wait(FIRST_WAIT, LONGEST_WAIT, sent.attempts)),
        };
        if of_the_desk {
            self.pause = self.pause.max(Some(at));
        }
        kept(&id, self.local.again(&id, &error, at, maybe_done).await);
        self.tell(Pushed::Waiting { id, error }).await;
        Some(at)
    }

    /// What was meant for a ticket that turned out to be another agent's does not go out by itself. Claims and steals do: they
    /// ask for the ticket themselves.
    async fn hold_back(
        &mut self,
        after: i64,
        ticket: &TicketId,
        why: &Clean,
        mine: &watch::Sender<HashSet<ChangeId>>,
    ) -> Result<(), LocalError> {
        for queued in self.local.queued().await? {
            let claims = matches!(queued.change, Change::Claim { .. } | Change::Steal { .. });
            if queued.seq <= after || claims || !tickets(&queued.change).contains(&ticket) {
                continue;
            }
            let error = DeskError::NotPossible { why: why.clone() };
            self.local.refused(&queued.id, &error).await?;
            forget(mine, &queued.id);
            self.tell(Pushed::Refused { id: queued.id, change: Box::new(queued.change), error }).await;
        }
        Ok(())
    }

    async fn tell(&self, news: Pushed) {
        if let Some(events) = &self.events {
            // A screen that is gone need not know.
            let _ = events.send(news).await;
        }
    }
}

impl Pushed {
    /// Which change it is about.
    pub const fn id(&self) -> &ChangeId {
        match self {
            Self::Applied { id, .. } | Self::Refused { id, .. } | Self::Waiting { id, .. } => id,
        }
    }
}

fn forget(mine: &watch::Sender<HashSet<ChangeId>>, id: &ChangeId) {
    mine.send_if_modified(|mine| mine.remove(id));
}

/// A row that could not be brought up to date is sent again under its key, which changes nothing on the desk.
fn kept(id: &ChangeId, result: Result<(), LocalError>) {
    if let Err(error) = result {
        tracing::warn!(change = %id, %error, "the outbox could not be written");
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The tickets whose order a change keeps.
fn tickets(change: &Change) -> Vec<&TicketId> {
    let other = match change {
        Change::Merge { into, .. } => Some(into),
        _ => None,
    };
    change.ticket().into_iter().chain(other).collect()
}

/// The ticket of a claim that somebody else won, and why what follows is held back.
fn lost_claim(change: &Change, error: &DeskError) -> Option<(TicketId, Clean)> {
    match (change, error) {
        (Change::Claim { ticket }, DeskError::Held { by, mine: false, .. }) => {
            let why =
                format!("held back: the claim of #{ticket} before it was lost to {}; retry sends it anyway", by.name);
            Some((ticket.clone(), Clean::line(&why)))
        }
        _ => None,
    }
}

async fn rung(bell: Option<&Notify>) {
    match bell {
        Some(bell) => bell.notified().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
