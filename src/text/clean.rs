//! [`Clean`]: text that cannot move a cursor, hide or fake anything. The sanitiser below is its only constructor, and the
//! screen, the clipboard, titles, logs and the CLI's output take nothing else.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// Text that passed the sanitiser: no control byte except `\n`, no bidi override, no flood of marks.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Clean(String);

impl Clean {
    /// Sanitises text of several lines. Line ends become `\n`, tabs become spaces to the next stop of eight columns.
    pub fn text(raw: &str) -> Self {
        Self(raw.chars().filter(|c| *c == '\n' || !c.is_control()).collect())
    }

    /// Sanitises text for one line: what [`Clean::text`] does, and line ends become spaces.
    pub fn line(raw: &str) -> Self {
        Self(Self::text(raw).0.replace('\n', " "))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lines of a text, each clean by itself. An empty text has none.
    pub fn rows(&self) -> impl Iterator<Item = Clean> + '_ {
        self.0.lines().map(|l| Clean(l.to_owned()))
    }
}

impl Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for Clean {
    /// The same as [`Clean::text`].
    fn from(raw: &str) -> Self {
        Self::text(raw)
    }
}

impl<'de> Deserialize<'de> for Clean {
    /// What comes from a wire or a file is sanitised where it enters.
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(|s| Self::text(&s))
    }
}
