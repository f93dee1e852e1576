//! The stories of the sample desk, as data. Minutes count back from now.

mod desks;
mod shops;

use crate::domain::ticket::Priority;

/// The agents: login and name. `you` stands for whoever looks.
pub const TEAM: [(&str, &str); 6] = [
    ("mika", "Mika Kato"),
    ("taro", "Taro Sato"),
    (YOU, "Jo Park"),
    ("alma", "Alma Reyes"),
    ("kei", "田中 圭 (Kei)"),
    ("priya", "Priya Nair"),
];

/// The login in [`TEAM`] that stands for the agent who looks.
pub const YOU: &str = "you";

/// Places in [`TEAM`].
pub const MIKA: usize = 0;
const TARO: usize = 1;
const JO: usize = 2;
const ALMA: usize = 3;
const KEI: usize = 4;
const PRIYA: usize = 5;

/// Queues with the hours until a customer should have an answer.
pub const QUEUES: [(&str, u32); 5] =
    [("Shop", 4), ("Shop-X", 8), ("Onboarding", 24), ("Claims", 12), ("Logistics", 24)];

/// How a mail is made.
pub enum Form {
    /// Plain text in UTF-8.
    Plain,
    /// Plain text in the old Japanese encoding.
    Iso2022Jp,
    /// HTML only.
    Html,
    /// Plain text with a file: name, media type, content.
    File(&'static str, &'static str, &'static str),
}

/// What happens to a ticket later.
pub enum Act {
    /// The customer writes again.
    Answers(&'static str),
    /// An agent takes it.
    Claims,
    /// An agent answers and waits.
    Replies(&'static str),
    /// An agent answers with a file and waits.
    Sends(&'static str, &'static str, &'static [u8]),
    /// An agent answers, and that was it.
    Resolves(&'static str),
    /// An agent leaves a note.
    Notes(&'static str),
    /// An agent adds labels.
    Labels(&'static [&'static str]),
    /// An agent sets the priority.
    Sets(Priority),
    /// An agent moves it to another queue.
    Moves(&'static str),
    /// An agent moves a message out into a ticket of its own.
    SplitsOff(u32, &'static str),
}

/// One ticket: the mail it begins with, and what happened since.
pub struct Story {
    /// Where the mail arrives.
    pub queue: &'static str,
    /// The customer's name.
    pub name: &'static str,
    /// The customer's address.
    pub email: &'static str,
    /// The subject.
    pub subject: &'static str,
    /// Minutes since it arrived.
    pub ago: i64,
    /// How it was written.
    pub form: Form,
    /// What it says.
    pub text: &'static str,
    /// What happened since: minutes ago, by whom (a place in [`TEAM`]), what.
    pub then: &'static [(i64, usize, Act)],
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// All of them.
pub fn stories() -> Vec<&'static Story> {
    shops::STORIES.iter().chain(&desks::STORIES).collect()
}
