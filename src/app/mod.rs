//! The whole: one state, changed in one place ([`App::update`]), drawn by a function of it ([`App::draw`]).

mod act;
mod ahead;
mod ask;
mod compose;
mod drafts;
mod draw;
mod events;
mod keys;
pub mod layout;
pub mod overlays;
mod submit;
#[cfg(test)]
mod tests;
pub mod undo;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use self::layout::{Areas, Focus, Stage};
use self::submit::Batch;
use self::undo::Undo;
use crate::action::Context;
use crate::domain::{ChangeId, DraftRow, OutboxRow, TicketId};
use crate::editor::{EditMode, EditStyle};
use crate::i18n::Words;
use crate::keymap::Keymap;
use crate::keymap::chord::Chord;
use crate::keymap::sequence::Sequence;
use crate::model::{Effect, Event, Notice, View, World};
use crate::overlay::Overlay;
use crate::pane::composer::Composer;
use crate::pane::queues::Queues;
use crate::pane::split::SplitPane;
use crate::pane::team::Team;
use crate::pane::thread::ThreadPane;
use crate::pane::tickets::Tickets;
use crate::pane::timeline::Timeline;
use crate::theme::Theme;

/// One thing that happened.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a message lives for one call, and the big ones are boxed inside")]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// A paste.
    Paste(String),
    /// A new size.
    Resize(u16, u16),
    /// News from outside.
    Event(Event),
}

/// What the agent's configuration decides.
#[derive(Debug)]
pub struct Settings {
    /// The keymap.
    pub keys: Keymap,
    /// The language.
    pub words: &'static Words,
    /// Colours and glyphs.
    pub theme: Theme,
    /// The agent's time zone.
    pub tz: TimeZone,
    /// How long a reply can be unsent.
    pub undo_window: Duration,
    /// Whose ways the composer's keys follow.
    pub edit_style: EditStyle,
    /// The desk's name.
    pub desk: crate::text::Clean,
    /// The names of all configured desks.
    pub desks: Vec<crate::text::Clean>,
    /// A number that differs between processes: change ids begin with it.
    pub seed: u64,
    /// Where the log is.
    pub log: crate::text::Clean,
    /// Ask which keys the agent knows: the first start.
    pub ask_keys: bool,
}

/// The state of the program.
pub struct App {
    /// The desk as we know it.
    pub world: World,
    /// Colours and glyphs.
    pub theme: Theme,
    words: &'static Words,
    keys: Keymap,
    tz: TimeZone,
    now: Timestamp,
    sequence: Sequence,
    size: Rect,
    areas: Areas,
    stage: Stage,
    focus: Focus,
    tickets: Tickets,
    queues: Queues,
    team: Team,
    thread: ThreadPane,
    timeline: Timeline,
    split: Option<SplitPane>,
    composer: Option<Composer>,
    ahead: Option<ahead::Ahead>,
    overlays: Vec<Overlay>,
    notice: Option<Notice>,
    /// Refusals that were said since the last key: what went well meanwhile does not take their place.
    refusals: Option<Notice>,
    undo: Undo,
    batches: Vec<Batch>,
    drafts: Vec<DraftRow>,
    drafts_asked: drafts::Asked,
    /// A draft that one key takes over.
    offer: Option<drafts::Offer>,
    outbox: Vec<OutboxRow>,
    /// The ticket opened before this one.
    before: Option<TicketId>,
    /// Texts on their way to the desk, and how many keys had been typed when they were sent.
    sent_texts: HashMap<ChangeId, u64>,
    /// How many keys were typed, and when the last was.
    typed: u64,
    typed_at: Timestamp,
    /// When something came to the front that nobody had asked for: the next keys were meant for what it covers.
    uninvited: Option<Timestamp>,
    /// Changes the outbox has not taken yet, and the drafts that go when it has.
    leaving: Vec<(ChangeId, String)>,
    /// Changes whose text came back, and the drafts it is in: the outbox keeps them until the draft is on disk.
    returned: Vec<(ChangeId, String)>,
    /// How many keys had been typed when all desks were asked for my work.
    work_asked: u64,
    /// Drafts that could not be written.
    unsaved: HashSet<String>,
    /// Drafts that nobody wants any more: what the disk still says of them is past.
    thrown_away: HashSet<String>,
    /// The outbox was asked for to be shown.
    outbox_asked: bool,
    /// A draft's deadline is running.
    draft_timer: bool,
    /// The next look whether the open draft is still ours is set.
    draft_watch: bool,
    countdown: bool,
    /// When the others were last told that I write, and on which ticket.
    writing: Option<(TicketId, Timestamp)>,
    which_key: u64,
    which_key_shown: bool,
    history: Vec<String>,
    undo_window: Duration,
    edit_style: EditStyle,
    seed: u64,
    changes: u64,
    log: crate::text::Clean,
    quitting: bool,
}

/// The context that panes and overlays read, borrowed field by field so that a pane can change beside it.
macro_rules! ctx {
    ($app:expr) => {
        $crate::pane::Ctx {
            world: &$app.world,
            words: $app.words,
            theme: &$app.theme,
            keys: &$app.keys,
            now: $app.now,
            tz: &$app.tz,
        }
    };
}
use ctx;

impl App {
    /// The state at the start, and the first wishes.
    pub fn new(settings: Settings, size: (u16, u16), now: Timestamp) -> (Self, Vec<Effect>) {
        let mut app = Self {
            world: World::new(settings.desk),
            theme: settings.theme,
            words: settings.words,
            keys: settings.keys,
            tz: settings.tz,
            now,
            sequence: Sequence::default(),
            size: Rect::new(0, 0, size.0, size.1),
            areas: Areas::default(),
            stage: Stage::List,
            focus: Focus::List,
            tickets: Tickets::default(),
            queues: Queues::default(),
            team: Team::default(),
            thread: ThreadPane::default(),
            timeline: Timeline::default(),
            split: None,
            composer: None,
            ahead: None,
            overlays: Vec::new(),
            notice: None,
            refusals: None,
            undo: Undo::default(),
            batches: Vec::new(),
            drafts: Vec::new(),
            drafts_asked: drafts::Asked::default(),
            offer: None,
            outbox: Vec::new(),
            before: None,
            sent_texts: HashMap::new(),
            typed: 0,
            typed_at: Timestamp::UNIX_EPOCH,
            uninvited: None,
            leaving: Vec::new(),
            returned: Vec::new(),
            work_asked: 0,
            unsaved: HashSet::new(),
            thrown_away: HashSet::new(),
            outbox_asked: false,
            draft_timer: false,
            draft_watch: false,
            countdown: false,
            writing: None,
            which_key: 0,
            which_key_shown: false,
            history: Vec::new(),
            undo_window: settings.undo_window,
            edit_style: settings.edit_style,
            seed: settings.seed,
            changes: 0,
            log: settings.log,
            quitting: false,
        };
        app.world.desks = settings.desks;
        if settings.ask_keys {
            app.ask_keys();
        }
        app.arrange();
        let effects = vec![Effect::Open(View::All.query()), Effect::Drafts, Effect::Outbox, Effect::Steps];
        (app, effects)
    }

    /// The only place that changes the state. `now` is the moment of the message.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let mut effects = match msg {
            Msg::Key(_) | Msg::Paste(_) if self.is_stray() => Vec::new(),
            Msg::Key(chord) => self.key(chord),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resize(width, height) => {
                self.size = Rect::new(0, 0, width, height);
                Vec::new()
            }
            Msg::Event(event) => self.event(event),
        };
        if self.overlays.is_empty() {
            let ctx = ctx!(self);
            self.tickets.asked_all(&ctx);
        }
        self.arrange();
        effects.extend(self.read_on());
        effects.extend(self.typed_ahead());
        effects.extend(self.timers());
        effects
    }

    /// What is typed goes to disk, and what could not go there before is tried again.
    pub fn save_typed(&mut self) -> Vec<Effect> {
        let mut effects = self.save_draft();
        let open = self.composer.as_ref().map(Composer::id);
        let again = self.drafts.iter().filter(|row| self.unsaved.contains(&row.draft.id));
        let again = again.filter(|row| Some(row.draft.id.as_str()) != open);
        effects.extend(again.map(|row| Effect::SaveDraft(Box::new(row.draft.clone()))));
        effects
    }

    /// Whether everything that was typed is on disk, as a draft or in the outbox.
    pub fn is_all_on_disk(&self) -> bool {
        let open = self.composer.as_ref().is_none_or(Composer::is_on_disk);
        open && self.unsaved.is_empty() && self.leaving.is_empty()
    }

    /// How many keys were typed so far.
    pub const fn keys_typed(&self) -> u64 {
        self.typed
    }

    /// Whether the next key would go into a text or a question, or ends a command.
    pub fn is_in_hand(&self) -> bool {
        self.composer.is_some() || !self.overlays.is_empty() || !self.sequence.is_empty()
    }

    /// It comes to the front while the agent types for what it covers.
    pub fn came_uninvited(&mut self, now: Timestamp) {
        self.uninvited = Some(now);
    }

    /// Before another desk takes this one's place: what is typed goes to disk, and another client may open it.
    pub fn leave_desk(&mut self) -> Vec<Effect> {
        let mut effects = self.let_go();
        effects.extend(self.stop_writing());
        effects
    }

    /// Whether the agent asked to leave.
    pub fn is_quitting(&self) -> bool {
        self.quitting
    }

    /// Whether the next frame puts a question that nobody has seen.
    pub fn has_unseen_card(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Card(card)) if card.is_unseen())
    }

    /// Gives every pane its place and lets it follow what changed.
    fn arrange(&mut self) {
        self.areas = layout::areas(
            self.size,
            self.stage,
            self.focus,
            self.composer.is_some(),
            self.world.queues.len() as u16,
            self.world.agents.len() as u16,
        );
        self.tickets.resize(self.areas.list, self.areas.wide);
        self.queues.resize(self.areas.queues);
        self.team.resize(self.areas.team);
        self.thread.resize(self.areas.stage);
        self.timeline.resize(self.areas.stage);
        if let Some(split) = &mut self.split {
            split.resize(self.areas.stage);
        }
        let ctx = ctx!(self);
        self.thread.refresh(&ctx);
    }

    /// What an open thread shows has been read; what is only previewed has not.
    fn read_on(&mut self) -> Option<Effect> {
        let ticket = self.thread.ticket().filter(|_| self.is_reading())?.clone();
        let bookmark = self.world.read_to_end(&ticket)?;
        Some(Effect::Read(ticket, bookmark))
    }

    /// Timers that the state asks for: the draft's deadline, a countdown.
    fn timers(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(composer) = &self.composer
            && composer.is_unsaved()
            && !self.draft_timer
        {
            self.draft_timer = true;
            effects.push(Effect::After(DRAFT_DEADLINE, crate::model::Timer::DraftDue(composer.id().to_owned())));
        }
        effects.extend(self.watch_draft());
        let counting = matches!(self.world.link, crate::model::Link::Limited { until } if until > self.now)
            || self.world.pending.iter().any(|p| p.until.is_some_and(|u| u > self.now));
        if counting && !self.countdown {
            self.countdown = true;
            effects.push(Effect::After(Duration::from_secs(1), crate::model::Timer::Countdown));
        }
        effects
    }

    /// Where keys are looked up.
    fn context(&self) -> Context {
        match (self.focus, self.stage) {
            (Focus::Composer, _) => match self.composer.as_ref().map(Composer::mode) {
                Some(EditMode::Insert) => Context::Insert,
                _ => Context::Composer,
            },
            (Focus::Queues, _) => Context::Queues,
            (Focus::Team, _) => Context::Team,
            (Focus::Stage, Stage::Timeline) => Context::Timeline,
            (Focus::Stage, Stage::Split) => Context::Split,
            (Focus::Stage, _) => Context::Thread,
            (Focus::List, _) => Context::List,
        }
    }
}

/// A draft is on disk so long after its first unsaved key at the latest: the promise is one second.
const DRAFT_DEADLINE: Duration = Duration::from_millis(600);
