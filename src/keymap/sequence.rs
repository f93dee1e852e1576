//! Presses to actions: counts, prefixes, and what belongs to somebody else (text, an input method).

use super::Keymap;
use super::chord::{Chord, Key};
use crate::action::{Action, Context};

/// The largest count.
pub const MOST: u32 = 9999;

/// What one press came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More keys are wanted: a count stands, or a prefix.
    Pending,
    /// An action.
    Fire {
        /// Which.
        action: Action,
        /// The count before it.
        count: Option<u32>,
    },
    /// A count or prefix was given up (`Esc`).
    Dropped,
    /// Bound to nothing. The keys are for a text field, if one has the focus.
    Miss(Vec<Chord>),
    /// Something an input method made, where letters are commands.
    Ime,
}

/// Keys typed so far.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    count: Option<u32>,
    keys: Vec<Chord>,
    context: Option<Context>,
}

impl Sequence {
    /// Takes one press.
    pub fn press(&mut self, chord: Chord, context: Context, keymap: &Keymap) -> Step {
        // News may have moved the focus between two keys: what began elsewhere means nothing here.
        if self.context.is_some_and(|c| c != context) {
            self.clear();
        }
        let chord = if context.is_pane() { chord.narrow() } else { chord };
        if context.is_pane() {
            if chord.text().is_some_and(|c| !c.is_ascii()) {
                self.clear();
                return Step::Ime;
            }
            if let Some(digit) = self.digit(chord) {
                self.context = Some(context);
                self.count = Some((self.count.unwrap_or(0) * 10 + digit).min(MOST));
                return Step::Pending;
            }
        }
        self.keys.push(chord);
        self.context = Some(context);
        match keymap.find(context, &self.keys) {
            Found::Action(action) => {
                let count = self.count;
                self.clear();
                Step::Fire { action, count }
            }
            Found::Branch => Step::Pending,
            Found::Nothing => {
                let typed = std::mem::take(&mut self.keys);
                let began = typed.len() > 1 || self.count.is_some();
                self.clear();
                if began && gives_up(chord, context, keymap) { Step::Dropped } else { Step::Miss(typed) }
            }
        }
    }

    /// A digit of a count: only where no prefix stands, and no leading zero.
    fn digit(&self, chord: Chord) -> Option<u32> {
        let digit = chord.text()?.to_digit(10)?;
        (self.keys.is_empty() && (digit > 0 || self.count.is_some())).then_some(digit)
    }

    /// Forgets what was typed.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Nothing is typed.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.count.is_none()
    }

    /// The prefix typed so far, without the count.
    pub fn keys(&self) -> &[Chord] {
        &self.keys
    }

    /// What the status line shows: `3g`.
    pub fn shown(&self) -> String {
        self.count.map_or_else(String::new, |n| n.to_string()) + &Chord::shown(&self.keys)
    }
}

/// Whether a key that fits nowhere in a sequence gives it up: `Esc`, or what is bound to `cancel`.
fn gives_up(chord: Chord, context: Context, keymap: &Keymap) -> bool {
    chord.key == Key::Esc || keymap.find(context, &[chord]) == Found::Action(Action::Cancel)
}

/// What keys lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An action.
    Action(Action),
    /// More keys.
    Branch,
    /// Nothing.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(text: &str, context: Context) -> Vec<Step> {
        let keymap = Keymap::default_vim();
        let mut sequence = Sequence::default();
        Chord::sequence(text).unwrap().into_iter().map(|c| sequence.press(c, context, &keymap)).collect()
    }

    fn last(text: &str, context: Context) -> Step {
        press(text, context).pop().unwrap()
    }

    const fn fire(action: Action, count: Option<u32>) -> Step {
        Step::Fire { action, count }
    }

    #[test]
    fn counts_and_prefixes() {
        assert_eq!(last("j", Context::List), fire(Action::Down, None));
        assert_eq!(last("12j", Context::List), fire(Action::Down, Some(12)));
        assert_eq!(last("10G", Context::Thread), fire(Action::Bottom, Some(10)));
        assert_eq!(last("gg", Context::List), fire(Action::Top, None));
        assert_eq!(last("g1", Context::List), fire(Action::Queue(1), None));
        assert_eq!(last("2gx", Context::Thread), fire(Action::OpenLink(None), Some(2)));
        assert_eq!(last("g0", Context::List), fire(Action::ViewAll, None));
        assert_eq!(press("3g", Context::List), [Step::Pending, Step::Pending]);
    }

    #[test]
    fn counts_are_capped() {
        assert_eq!(last("99999999999999j", Context::List), fire(Action::Down, Some(MOST)));
    }

    #[test]
    fn escape_gives_up_a_prefix_and_alone_cancels() {
        assert_eq!(last("3g<Esc>", Context::List), Step::Dropped);
        assert_eq!(last("<Esc>", Context::List), fire(Action::Cancel, None));
        // A count in front of a key that has its own meaning keeps that meaning.
        assert_eq!(last("3<Esc>j", Context::List), fire(Action::Down, None));
        assert!(matches!(last("gZ", Context::List), Step::Miss(_)));
    }

    #[test]
    fn an_input_method_moves_but_does_not_command() {
        let keymap = Keymap::default_vim();
        let mut sequence = Sequence::default();
        assert_eq!(sequence.press(Chord::char('ｊ'), Context::List, &keymap), fire(Action::Down, None));
        assert_eq!(sequence.press(Chord::char('３'), Context::List, &keymap), Step::Pending);
        assert_eq!(sequence.press(Chord::char('Ｇ'), Context::List, &keymap), fire(Action::Bottom, Some(3)));
        assert_eq!(sequence.press(Chord::char('あ'), Context::List, &keymap), Step::Ime);
    }

    #[test]
    fn text_goes_back_to_the_text_field() {
        let chord = Chord::char;
        assert_eq!(last("c", Context::Composer), Step::Miss(vec![chord('c')]));
        assert_eq!(last("3", Context::Composer), Step::Miss(vec![chord('3')]));
        assert_eq!(last("ZZ", Context::Composer), fire(Action::SendCard, None));
        assert_eq!(last("Zq", Context::Composer), Step::Miss(vec![chord('Z'), chord('q')]));
        assert_eq!(last("Z", Context::Insert), Step::Miss(vec![chord('Z')]));
        assert_eq!(last("<C-x><C-e>", Context::Insert), fire(Action::Editor, None));
        let keymap = Keymap::default_vim();
        let wide = Chord::char('ｃ');
        assert_eq!(Sequence::default().press(wide, Context::Insert, &keymap), Step::Miss(vec![wide]));
    }

    #[test]
    fn another_focus_forgets_what_was_typed() {
        let keymap = Keymap::default_vim();
        let mut sequence = Sequence::default();
        assert_eq!(sequence.press(Chord::char('d'), Context::List, &keymap), Step::Pending);
        assert!(!matches!(sequence.press(Chord::char('d'), Context::Queues, &keymap), Step::Fire { .. }));
    }
}
