//! Where an action makes sense, and where a key is looked up: the pane that has the focus.

use crate::i18n::Words;

/// A place that keys are bound in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Every pane that has no binding of its own for a key.
    Global,
    /// The ticket list.
    List,
    /// The queues.
    Queues,
    /// The team.
    Team,
    /// A ticket's thread.
    Thread,
    /// A requester's timeline.
    Timeline,
    /// The split screen.
    Split,
    /// The composer while its letters are commands.
    Composer,
    /// The composer while its letters become text.
    Insert,
    /// Pickers, palette, help.
    Picker,
}

impl Context {
    /// Every context, in the order help shows them.
    pub const ALL: [Self; 10] = [
        Self::Global,
        Self::List,
        Self::Thread,
        Self::Queues,
        Self::Team,
        Self::Timeline,
        Self::Split,
        Self::Composer,
        Self::Insert,
        Self::Picker,
    ];

    /// The name in keymap files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::Queues => "queues",
            Self::Team => "team",
            Self::Thread => "thread",
            Self::Timeline => "timeline",
            Self::Split => "split",
            Self::Composer => "composer",
            Self::Insert => "insert",
            Self::Picker => "picker",
        }
    }

    /// The name a person reads.
    pub const fn title(self, words: &Words) -> &'static str {
        let keys = &words.keys;
        match self {
            Self::Global => keys.global,
            Self::List => keys.list,
            Self::Queues => keys.queues,
            Self::Team => keys.team,
            Self::Thread => keys.thread,
            Self::Timeline => keys.timeline,
            Self::Split => keys.split,
            Self::Composer => keys.composer,
            Self::Insert => keys.insert,
            Self::Picker => keys.picker,
        }
    }

    /// Whether keys that are not bound here are looked up in [`Context::Global`], and digits begin a count. Where text is
    /// edited neither is so: a ticket's key must not fire between two words.
    pub const fn is_pane(self) -> bool {
        !matches!(self, Self::Composer | Self::Insert | Self::Picker)
    }
}

/// A set of contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places(u16);

impl Places {
    /// Everywhere.
    pub const ALL: Self = Self(u16::MAX);
    /// Where there is a ticket, or a list of them.
    pub const TICKET: Self = Self::of(&[Context::Global, Context::List, Context::Thread, Context::Timeline]);

    /// The set of some contexts.
    pub const fn of(contexts: &[Context]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < contexts.len() {
            bits |= 1 << contexts[i] as u16;
            i += 1;
        }
        Self(bits)
    }

    /// This set and some more.
    pub const fn and(self, contexts: &[Context]) -> Self {
        Self(self.0 | Self::of(contexts).0)
    }

    /// Whether a context is in it.
    pub const fn has(self, context: Context) -> bool {
        self.0 & (1 << context as u16) != 0
    }
}
