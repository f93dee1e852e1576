//! Every text a person reads, but for the help lines of actions (they stand in `action::catalogue`, both languages side by
//! side). One field per message, a function where there are arguments, grouped by room; each group's file holds the words
//! of every language, so a missing translation does not compile. Errors are English where they arise ([`sentences`] holds
//! their Japanese), and so is the help of the command line, which clap reads from doc comments ([`help`]); tests keep both
//! complete.
//!
//! What goes into a sentence from outside (names, reasons) is `Clean` text; what comes out is cleaned again by `Notice` and
//! by the widgets.

pub mod cli;
pub mod common;
pub mod compose;
pub mod first;
pub mod help;
pub mod keys;
pub mod list;
pub mod mistakes;
pub mod overlay;
pub mod sentences;
pub mod split;
pub mod thread;
pub mod verbs;

use std::borrow::Cow;

use self::cli::CliWords;
use self::common::Common;
use self::compose::ComposeWords;
use self::first::First;
use self::keys::KeyWords;
use self::list::ListWords;
use self::mistakes::Mistakes;
use self::overlay::OverlayWords;
use self::split::SplitWords;
use self::thread::ThreadWords;
use self::verbs::Verbs;
use crate::domain::DeskError;

/// The languages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// The program's words in one language.
#[derive(Debug)]
pub struct Words {
    /// Which language this is.
    pub lang: Lang,
    /// What the verbs of the command line print.
    pub cli: CliWords,
    /// Small words used everywhere; statuses, priorities, verbs; refusals.
    pub common: Common,
    /// The composer and its cards.
    pub compose: ComposeWords,
    /// The first start and the screen without tickets.
    pub first: First,
    /// Names of key contexts and action families.
    pub keys: KeyWords,
    /// What is wrong with a `:` line or a keymap file.
    pub mistakes: Mistakes,
    /// Overlays: the `:` line, palette, pickers, cards, help.
    pub overlay: OverlayWords,
    /// The main screen: header, queues, team, list, status line.
    pub screen: ListWords,
    /// The split screen.
    pub split: SplitWords,
    /// The thread and a ticket's history.
    pub thread: ThreadWords,
    /// What is said before, while and after a verb is done.
    pub verbs: Verbs,
}

/// English.
pub static EN: Words = Words {
    lang: Lang::En,
    cli: cli::EN,
    common: common::EN,
    compose: compose::EN,
    first: first::EN,
    keys: keys::EN,
    mistakes: mistakes::EN,
    overlay: overlay::EN,
    screen: list::EN,
    split: split::EN,
    thread: thread::EN,
    verbs: verbs::EN,
};

/// Japanese.
pub static JA: Words = Words {
    lang: Lang::Ja,
    cli: cli::JA,
    common: common::JA,
    compose: compose::JA,
    first: first::JA,
    keys: keys::JA,
    mistakes: mistakes::JA,
    overlay: overlay::JA,
    screen: list::JA,
    split: split::JA,
    thread: thread::JA,
    verbs: verbs::JA,
};

impl Words {
    /// The words for a locale such as `ja_JP.UTF-8`, `ja` or `en_GB`; English where there are none.
    pub fn for_locale(locale: &str) -> &'static Self {
        let locale = locale.trim().to_ascii_lowercase();
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language == "ja" { &JA } else { &EN }
    }

    /// What a desk's refusal means, and what to do next.
    pub fn desk_error(&self, error: &DeskError) -> String {
        (self.common.refusal)(error)
    }

    /// An error's text, which is English where it arises, in this language.
    pub fn told<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.lang {
            Lang::En => Cow::Borrowed(text),
            Lang::Ja => sentences::told(text),
        }
    }

    /// One of a pair, by language.
    pub const fn choose<'a>(&self, en: &'a str, ja: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_chooses_the_language() {
        for ja in ["ja", "ja_JP.UTF-8", "ja-JP", "JA_jp.eucJP", "ja.UTF-8"] {
            assert_eq!(Words::for_locale(ja).lang, Lang::Ja, "{ja}");
        }
        for en in ["", "C", "en_GB.UTF-8", "de_DE", "jam"] {
            assert_eq!(Words::for_locale(en).lang, Lang::En, "{en}");
        }
    }
}
