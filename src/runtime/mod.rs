//! The loop: answers before keys, then drain, then draw once; nothing is drawn while idle.

mod awake;
pub mod clipboard;
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
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::awake::Awake;
use self::effects::Effects;
use self::input::Input;
use self::pace::Pace;
use self::terminal::{Modes, Tty};
use crate::app::{App, Msg, Settings};
use crate::backend::Shared;
use crate::domain::Verb;
use crate::keymap::terminal::chords;
use crate::local::{Local, Room};
use crate::model::{Effect, Event};
use crate::sync::pull::Reader;
use crate::text::Clean;

/// Writes a keymap's name into the configuration, or says why not.
pub type KeepKeymap = Box<dyn Fn(&str) -> Result<(), String> + Send>;

/// What the screen needs from those who start it.
pub struct Options {
    /// The desk.
    pub backend: Shared,
    /// This account's outbox and drafts.
    pub local: Local,
    /// What the agent's configuration decides.
    pub settings: Settings,
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
/// For so long the end waits for what is on its way to the desk.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// Runs the screen until the agent leaves.
///
/// # Errors
/// The terminal cannot be used.
pub async fn run(options: Options) -> io::Result<()> {
    let (sender, events) = unbounded_channel();
    // Without a seat drafts are still kept; a disk that cannot be written is said with the first of them.
    if let Err(e) = options.local.sit(&terminal_name()) {
        tracing::warn!(error = %e, "other clients cannot see that this one runs");
    }
    let reader = Reader::start(options.backend.clone(), options.local.clone(), Room::default());
    let size = crossterm::terminal::size()?;
    let (mut app, mut wishes) = App::new(options.settings, size, Timestamp::now());
    learn_support(&mut app, &options.backend);
    let mut tty = Tty::enter(options.terminal)?;
    // What this machine remembers is on the first frame, before anything is started that would share its time: the desk's own
    // server may be that. The desk's answer takes its place.
    let opens = wishes.iter().find_map(|w| if let Effect::Open(query) = w { Some(query.clone()) } else { None });
    let mut first_answer = FIRST_ANSWER;
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
    let effects = Effects::start(options.backend.clone(), options.local, reader, sender.clone());
    let mut seat = Loop {
        app,
        effects,
        sender,
        tty,
        input: Some(Input::start()),
        private_dir: options.private_dir,
        keep_keymap: options.keep_keymap,
        redraw: false,
        errands: Vec::new(),
        first_answer,
        pace: Pace::new(Instant::now()),
        awake: Awake::new(Instant::now(), Timestamp::now()),
    };
    seat.perform(wishes);
    let ended = seat.turn(events).await;
    if ended.is_err() {
        // A line that was lost may show itself as a frame that cannot be written: what was typed is kept all the same.
        seat.take(Event::Terminate);
    }
    // The terminal is given back first: what follows may take a moment and may say something.
    if let Some(input) = seat.input.take() {
        input.stop().await;
    }
    seat.tty.leave();
    seat.effects.finish(LAST_ANSWERS).await;
    ended
}

/// What the desk can do, before somebody tries.
fn learn_support(app: &mut App, backend: &Shared) {
    for verb in Verb::ALL {
        app.world.support.insert(verb, backend.support(verb));
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

struct Loop {
    app: App,
    effects: Effects,
    sender: UnboundedSender<Event>,
    tty: Tty,
    /// Nothing while another program has the terminal.
    input: Option<Input>,
    private_dir: PathBuf,
    keep_keymap: KeepKeymap,
    redraw: bool,
    errands: Vec<Errand>,
    first_answer: Duration,
    pace: Pace,
    awake: Awake,
}

/// The signals that the loop answers to.
struct Signals {
    terminate: Signal,
    hangup: Signal,
    stop: Signal,
}

impl Loop {
    async fn turn(&mut self, mut events: UnboundedReceiver<Event>) -> io::Result<()> {
        let mut signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        };
        if let Ok(Some(event)) = tokio::time::timeout(self.first_answer, events.recv()).await {
            self.take(event);
        }
        loop {
            // Everything that is there already, answers first; then one frame.
            while let Ok(event) = events.try_recv() {
                self.take(event);
            }
            if self.app.is_quitting() {
                return Ok(());
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
                let bytes = self.tty.draw(self.app.size(), |buf| self.app.draw(buf))?;
                self.pace.wrote(bytes, Instant::now());
            }
            let Some(input) = &mut self.input else { return Ok(()) };
            tokio::select! {
                biased;
                Some(event) = events.recv() => self.take(event),
                _ = signals.terminate.recv() => self.take(Event::Terminate),
                _ = signals.hangup.recv() => self.take(Event::Terminate),
                _ = signals.stop.recv() => self.errands.push(Errand::Stop),
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

    /// Keys that wait already belong to the same frame: a held key never lags behind by frames.
    fn drain_input(&mut self) {
        while let Some(Ok(typed)) = self.input.as_mut().and_then(Input::waiting) {
            self.typed(typed);
            if self.app.is_quitting() {
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
            && !self.effects.is_watching()
        {
            self.effects.watch(result.as_ref().ok().and_then(|v| v.last_event.clone()));
            // A desk that was found meanwhile may know better what it can do than its kind does.
            learn_support(&mut self.app, self.effects.backend());
        }
        self.message(Msg::Event(event));
    }

    fn message(&mut self, msg: Msg) {
        let now = Timestamp::now();
        if self.awake.slept(Instant::now(), now) {
            // A line that died meanwhile gives no sign; it is opened anew where the desk's answer says.
            self.effects.stop_watching();
            let wishes = self.app.update(Msg::Event(Event::Woke), now);
            self.perform(wishes);
        }
        let wishes = self.app.update(msg, now);
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
                Effect::Edit { draft, text } => self.errands.push(Errand::Edit { draft, text }),
                Effect::KeepKeymap(name) => {
                    if let Err(why) = (self.keep_keymap)(name) {
                        self.tell(Event::Failed(Clean::line(&why)));
                    }
                }
                other => self.effects.perform(other),
            }
        }
    }

    fn tell(&self, event: Event) {
        // The receiver lives as long as the loop.
        let _ = self.sender.send(event);
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
