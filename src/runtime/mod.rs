//! The loop: answers before keys, then drain, then draw once; nothing is drawn while idle.

mod awake;
pub mod clipboard;
pub mod desks;
pub mod effects;
pub mod external;
pub mod input;
mod pace;
pub mod screen;
pub mod terminal;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::Event as Typed;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, join_all};
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::awake::Awake;
use self::desks::{Desk, FindDesk, Here, Left, ListDesks, Parked, work_of};
use self::effects::Effects;
use self::input::Input;
use self::pace::Pace;
use self::terminal::{Modes, Tty};
use crate::app::{App, Msg};
use crate::backend::Shared;
use crate::domain::{Support, TicketId, Verb};
use crate::keymap::terminal::chords;
use crate::local::Room;
use crate::model::{Effect, Event};
use crate::sync::pull::Reader;
use crate::text::Clean;

/// Writes a keymap's name into the configuration, or says why not.
pub type KeepKeymap = Box<dyn Fn(&str) -> Result<(), String> + Send>;

/// What the screen needs from those who start it.
pub struct Options {
    /// The desk to begin with.
    pub desk: Desk,
    /// Finds another one.
    pub find_desk: FindDesk,
    /// Lists all of them.
    pub list_desks: ListDesks,
    /// What the agent says of the terminal.
    pub terminal: Modes,
    /// A private folder for files handed to `$EDITOR`.
    pub private_dir: PathBuf,
    /// Keeps a keymap chosen at the first start.
    pub keep_keymap: KeepKeymap,
}

/// For so long the first frame waits for the first answer where nothing is remembered of the desk: one that is near shows its
/// tickets at once, and a far one shows the frame around them.
const FIRST_ANSWER: Duration = Duration::from_millis(40);
/// No key for so long, and what was typed ahead has come; a key that is held down is not waited for longer than that.
const STILL: Duration = Duration::from_millis(40);
const TYPED_AHEAD: Duration = Duration::from_millis(400);
/// For so long the end waits for what is on its way to the desk.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// Runs the screen until the agent leaves. Answers what has not left by then.
///
/// # Errors
/// The terminal cannot be used.
pub async fn run(options: Options) -> io::Result<Vec<Left>> {
    let mut tty = Tty::enter(options.terminal)?;
    let (began, mut events, mut wishes) = Began::at(options.desk, &mut tty).await?;
    let (found, mut arriving) = unbounded_channel();
    let mut seat = Loop {
        here: Here::new(began.sender.clone()),
        began,
        tty,
        input: Some(Input::start()),
        private_dir: options.private_dir,
        keep_keymap: options.keep_keymap,
        find_desk: options.find_desk,
        list_desks: options.list_desks,
        found,
        parked: Vec::new(),
        redraw: false,
        errands: Vec::new(),
        pace: Pace::new(Instant::now()),
        awake: Awake::new(Instant::now(), Timestamp::now()),
        asked: 0,
        signals: Signals {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        },
    };
    let ended = loop {
        seat.perform(std::mem::take(&mut wishes));
        match seat.turn(&mut events, &mut arriving).await {
            Ok(Turn::Left) => break Ok(()),
            Ok(Turn::To(desk, how)) => match seat.change_to(*desk, how, events).await {
                Ok(next) => (events, wishes) = next,
                Err(e) => break Err(e),
            },
            Err(e) => break Err(e),
        }
    };
    if ended.is_err() {
        // A line that was lost may show itself as a frame that cannot be written: what was typed is kept all the same.
        seat.take(Event::Terminate);
    }
    // The terminal is given back first: what follows may take a moment and may say something.
    if let Some(input) = seat.input.take() {
        input.stop().await;
    }
    seat.tty.leave();
    let name = seat.began.app.world.desk.clone();
    let mut ends: Vec<LocalBoxFuture<'_, Left>> =
        seat.parked.into_iter().map(|parked| parked.finish(LAST_ANSWERS).boxed_local()).collect();
    ends.push(seat.began.effects.finish(LAST_ANSWERS).map(|waiting| (name, waiting)).boxed_local());
    let left = futures_util::future::join_all(ends).await.into_iter().filter(|(_, waiting)| *waiting > 0).collect();
    ended.map(|()| left)
}

/// A desk on the screen: its state, and what performs its wishes.
struct Began {
    app: App,
    effects: Effects,
    sender: UnboundedSender<Event>,
    first_answer: Duration,
}

impl Began {
    /// Begins at a desk. Answers also what comes from outside, and the first wishes.
    async fn at(desk: Desk, tty: &mut Tty) -> io::Result<(Self, UnboundedReceiver<Event>, Vec<Effect>)> {
        let (sender, events) = unbounded_channel();
        // Without a seat drafts are still kept; a disk that cannot be written is said with the first of them.
        if let Err(e) = desk.local.sit(&terminal_name()) {
            tracing::warn!(error = %e, "other clients cannot see that this one runs");
        }
        let reader = Reader::start(desk.backend.clone(), desk.local.clone(), Room::default());
        let size = crossterm::terminal::size()?;
        let (mut app, mut wishes) = App::new(desk.settings, size, Timestamp::now());
        learn_support(&mut app, &desk.backend);
        // What this machine remembers is on the first frame, before anything is started that would share its time: the desk's own
        // server may be that. The desk's answer takes its place.
        let opens = wishes.iter().find_map(|w| if let Effect::Open(query) = w { Some(query.clone()) } else { None });
        let mut first_answer = FIRST_ANSWER;
        app.world.take_bookmarks(reader.bookmarks().await);
        if let Some(query) = opens
            && let Some(view) = reader.kept_view(&query).await
        {
            let kept = Event::Opened { query, kept: Some(view.at), result: Ok(Box::new(view.what)) };
            let more = app.update(Msg::Event(kept), Timestamp::now());
            tty.draw(app.size(), |buf| app.draw(buf))?;
            // What the list wishes comes before what else the start wishes.
            wishes.splice(0..0, more);
            first_answer = Duration::ZERO;
        }
        let effects = Effects::start(desk.backend, desk.local, reader, sender.clone());
        Ok((Self { app, effects, sender, first_answer }, events, wishes))
    }
}

/// What the desk can do, before somebody tries.
fn learn_support(app: &mut App, backend: &Shared) {
    for verb in Verb::ALL {
        let support = match (verb, backend.support(verb)) {
            // Done on this side of the line.
            (Verb::Undo, Support::Impossible { .. }) => {
                Support::Emulated { how: Clean::line("by the opposite change; what was said, split or merged stays") }
            }
            (_, support) => support,
        };
        app.world.support.insert(verb, support);
    }
}

/// Where this screen is, for people: `pts/3`; else the process's number.
fn terminal_name() -> String {
    let tty = rustix::termios::ttyname(io::stdin(), Vec::new()).ok().and_then(|name| name.into_string().ok());
    match tty.as_deref().map(|name| name.strip_prefix("/dev/").unwrap_or(name)) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("pid {}", std::process::id()),
    }
}

/// How a turn at a desk ended.
enum Turn {
    /// The agent left.
    Left,
    /// Another desk is there to take this one's place.
    To(Box<Desk>, Arrival),
}

/// Why the desk stays on the screen though another one was asked for.
const NOT_LEFT: &str = "this desk stays: what was typed cannot be saved; make room on the disk";

/// How a desk comes onto the screen.
struct Arrival {
    /// Keys were typed while it was looked for.
    typed: bool,
    /// The ticket to open there.
    open: Option<TicketId>,
}

/// A desk that was looked for.
struct Found {
    /// It, or why it cannot be had.
    desk: Result<Desk, Clean>,
    /// Which search that was.
    number: u64,
    /// How many keys had been typed when it was asked for.
    typed: u64,
    /// The ticket to open there.
    open: Option<TicketId>,
}

struct Loop {
    began: Began,
    /// Where the desks that were on the screen say what they have to say.
    here: Here,
    parked: Vec<Parked>,
    find_desk: FindDesk,
    list_desks: ListDesks,
    found: UnboundedSender<Found>,
    tty: Tty,
    /// Nothing while another program has the terminal.
    input: Option<Input>,
    private_dir: PathBuf,
    keep_keymap: KeepKeymap,
    redraw: bool,
    errands: Vec<Errand>,
    pace: Pace,
    awake: Awake,
    /// How many desks were asked for.
    asked: u64,
    signals: Signals,
}

/// The signals that the loop answers to.
struct Signals {
    terminate: Signal,
    hangup: Signal,
    stop: Signal,
}

impl Loop {
    async fn turn(
        &mut self,
        events: &mut UnboundedReceiver<Event>,
        arriving: &mut UnboundedReceiver<Found>,
    ) -> io::Result<Turn> {
        if let Ok(Some(event)) = tokio::time::timeout(self.began.first_answer, events.recv()).await {
            self.take(event);
        }
        loop {
            // Everything that is there already, answers first; then one frame.
            while let Ok(event) = events.try_recv() {
                self.take(event);
            }
            if self.began.app.is_quitting() {
                return Ok(Turn::Left);
            }
            for errand in std::mem::take(&mut self.errands) {
                self.run_errand(errand).await?;
            }
            if self.redraw {
                self.redraw = false;
                self.tty.clear()?;
            }
            let wait = self.pace.wait(Instant::now());
            if wait.is_zero() {
                if self.began.app.has_unseen_card() {
                    self.hear_typed_ahead().await;
                }
                let bytes = self.tty.draw(self.began.app.size(), |buf| self.began.app.draw(buf))?;
                self.pace.wrote(bytes, Instant::now());
            }
            let Some(input) = &mut self.input else { return Ok(Turn::Left) };
            tokio::select! {
                biased;
                Some(event) = events.recv() => self.take(event),
                // One that was asked for before the last one comes too late.
                Some(found) = arriving.recv() => if found.number == self.asked {
                    let typed = self.began.app.keys_typed() != found.typed;
                    match found.desk {
                        Ok(desk) if typed && self.began.app.is_in_hand() => {
                            self.take(Event::DeskReady(desk.settings.desk));
                        }
                        Ok(desk) => return Ok(Turn::To(Box::new(desk), Arrival { typed, open: found.open })),
                        Err(why) => self.take(Event::Failed(why)),
                    }
                },
                _ = self.signals.terminate.recv() => self.take(Event::Terminate),
                _ = self.signals.hangup.recv() => self.take(Event::Terminate),
                _ = self.signals.stop.recv() => self.errands.push(Errand::Stop),
                came = input.next() => match came {
                    Some(Ok(typed)) => {
                        self.typed(typed);
                        self.drain_input();
                    }
                    // The terminal is gone: a lost line, a closed window.
                    Some(Err(_)) | None => self.take(Event::Terminate),
                },
                () = tokio::time::sleep(wait), if !wait.is_zero() => {}
            }
        }
    }

    /// Puts another desk on the screen. What is typed here goes to disk first; what waits here goes on leaving.
    async fn change_to(
        &mut self,
        desk: Desk,
        how: Arrival,
        mut events: UnboundedReceiver<Event>,
    ) -> io::Result<(UnboundedReceiver<Event>, Vec<Effect>)> {
        let saves = self.began.app.save_typed();
        self.perform(saves);
        // This screen is gone before anybody reads on it what was refused meanwhile.
        let mut refused = Vec::new();
        // What cannot be kept in one way may be kept in another: the answer to the first try is the second one.
        for _ in 0..2 {
            self.began.effects.flush().await;
            while let Ok(event) = events.try_recv() {
                if let Event::Refused { change, error, .. } = &event {
                    let desk = self.began.app.world.desk.clone();
                    refused.push(Event::RefusedElsewhere { desk, change: change.clone(), error: error.clone() });
                }
                self.take(event);
            }
        }
        if !self.began.app.is_all_on_disk() {
            self.take(Event::Failed(Clean::line(NOT_LEFT)));
            return Ok((events, Vec::new()));
        }
        let last = self.began.app.leave_desk();
        self.perform(last);
        // The one that comes back does its own work again.
        let name = desk.settings.desk.clone();
        self.parked.retain(|parked| parked.name != name);
        let (mut began, next, mut wishes) = Began::at(desk, &mut self.tty).await?;
        if how.typed {
            began.app.came_uninvited(Timestamp::now());
        }
        if let Some(ticket) = how.open {
            wishes.extend(began.app.open_ticket(ticket));
        }
        self.here.is_now(began.sender.clone());
        let old = std::mem::replace(&mut self.began, began);
        self.parked.push(Parked::new(old.app.world.desk.clone(), old.effects, events, self.here.clone()));
        for event in refused {
            self.tell(event);
        }
        Ok((next, wishes))
    }

    /// What was typed ahead of a question must not answer it: a card is drawn once the keys that are on their way have come, which
    /// may be in several parts.
    async fn hear_typed_ahead(&mut self) {
        let end = Instant::now() + TYPED_AHEAD;
        while Instant::now() < end {
            let Some(input) = &mut self.input else { return };
            match tokio::time::timeout(STILL, input.next()).await {
                Ok(Some(Ok(typed))) => self.typed(typed),
                Ok(Some(Err(_)) | None) => return self.take(Event::Terminate),
                Err(_) => return,
            }
        }
    }

    /// Keys that wait already belong to the same frame: a held key never lags behind by frames.
    fn drain_input(&mut self) {
        while let Some(Ok(typed)) = self.input.as_mut().and_then(Input::waiting) {
            self.typed(typed);
            if self.began.app.is_quitting() {
                return;
            }
        }
    }

    fn typed(&mut self, typed: Typed) {
        match typed {
            Typed::Key(key) => {
                for chord in chords(key) {
                    self.message(Msg::Key(chord));
                }
            }
            Typed::Paste(text) => self.message(Msg::Paste(text)),
            Typed::Resize(width, height) => {
                self.redraw = true;
                self.message(Msg::Resize(width, height));
            }
            Typed::FocusGained | Typed::FocusLost | Typed::Mouse(_) => {}
        }
    }

    fn take(&mut self, event: Event) {
        // The news are followed from what the first answer contains; a desk that did not answer is followed all the same,
        // so that it is noticed when it comes back.
        if let Event::Opened { result, kept: None, .. } = &event
            && !self.began.effects.is_watching()
        {
            self.began.effects.watch(result.as_ref().ok().and_then(|v| v.last_event.clone()));
            // A desk that was found meanwhile may know better what it can do than its kind does.
            learn_support(&mut self.began.app, self.began.effects.backend());
        }
        self.message(Msg::Event(event));
    }

    fn message(&mut self, msg: Msg) {
        let now = Timestamp::now();
        if self.awake.slept(Instant::now(), now) {
            // A line that died meanwhile gives no sign; it is opened anew where the desk's answer says.
            self.began.effects.stop_watching();
            let wishes = self.began.app.update(Msg::Event(Event::Woke), now);
            self.perform(wishes);
        }
        let wishes = self.began.app.update(msg, now);
        self.perform(wishes);
    }

    fn perform(&mut self, wishes: Vec<Effect>) {
        for wish in wishes {
            match wish {
                Effect::Redraw => self.redraw = true,
                Effect::Quit => {}
                Effect::Suspend => self.errands.push(Errand::Stop),
                Effect::Yank { what, text } => {
                    let copied = if text.len() > clipboard::LONGEST {
                        Err(Clean::line("too long for the clipboard"))
                    } else {
                        clipboard::copy(&mut io::stdout(), &text)
                            .map(|()| what)
                            .map_err(|e| Clean::line(&e.to_string()))
                    };
                    self.tell(Event::Yanked(copied));
                }
                Effect::Desks => {
                    let (list, screen) = ((self.list_desks)(), self.began.sender.clone());
                    tokio::spawn(async move { screen.send(Event::Desks(list.await)) });
                }
                Effect::AllWork => {
                    let names = self.began.app.world.desks.clone();
                    let asked = names.into_iter().map(|name| work_of(name.clone(), (self.find_desk)(name.to_string())));
                    let (asked, screen) = (join_all(asked), self.began.sender.clone());
                    tokio::spawn(async move { screen.send(Event::AllWork(asked.await)) });
                }
                Effect::ChangeDesk { name, open } => {
                    self.asked += 1;
                    let (number, typed) = (self.asked, self.began.app.keys_typed());
                    let (desk, found) = ((self.find_desk)(name), self.found.clone());
                    tokio::spawn(async move { found.send(Found { desk: desk.await, number, typed, open }) });
                }
                Effect::Edit { draft, text } => self.errands.push(Errand::Edit { draft, text }),
                Effect::KeepKeymap(name) => {
                    if let Err(why) = (self.keep_keymap)(name) {
                        self.tell(Event::Failed(Clean::line(&why)));
                    }
                }
                other => self.began.effects.perform(other),
            }
        }
    }

    fn tell(&self, event: Event) {
        // The receiver lives as long as the loop.
        let _ = self.began.sender.send(event);
    }

    /// Gives the terminal away for an errand, and takes it back.
    async fn run_errand(&mut self, errand: Errand) -> io::Result<()> {
        // The reader must not take the other program's keys.
        if let Some(input) = self.input.take() {
            input.stop().await;
        }
        self.tty.leave();
        let ended = match errand {
            Errand::Edit { draft, text } => {
                let result = external::edit(&self.private_dir, &text);
                self.tell(Event::Edited { draft, result });
                Ok(())
            }
            // As a shell expects it: `fg` goes on behind this line.
            Errand::Stop => rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)
                .map_err(io::Error::from),
        };
        self.tty.resume()?;
        self.input = Some(Input::start());
        self.redraw = true;
        let (width, height) = crossterm::terminal::size()?;
        self.message(Msg::Resize(width, height));
        ended
    }
}

/// What needs the terminal for itself.
enum Errand {
    /// `$EDITOR` on a draft's text.
    Edit {
        /// The draft.
        draft: String,
        /// Its text.
        text: String,
    },
    /// Stop until the shell goes on with us.
    Stop,
}
