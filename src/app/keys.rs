//! From a key or a paste to an action, an overlay, or text.

use std::time::Duration;

use super::App;
use crate::action::{Action, Context};
use crate::app::layout::Focus;
use crate::editor::{EditKey, EditMode};
use crate::keymap::chord::Chord;
use crate::keymap::sequence::Step;
use crate::model::{Effect, Notice, Timer};
use crate::overlay::edit_key;
use crate::pane::composer::Typed;

/// After so long a half-typed sequence shows what can follow.
const WHICH_KEY: Duration = Duration::from_millis(350);

impl App {
    pub(super) fn key(&mut self, chord: Chord) -> Vec<Effect> {
        let offered = self.answers_offer(chord);
        self.notice = None;
        self.refusals = None;
        if let Some(id) = offered {
            return self.take_over(&id);
        }
        self.which_key_shown &= !self.sequence.is_empty();
        if !self.overlays.is_empty() {
            // A card that nobody can read is answered by nobody.
            return if self.is_too_small() { Vec::new() } else { self.overlay_key(chord) };
        }
        let context = self.context();
        // In the composer letters are the editor's, which knows `fZ` from `ZZ`; the keymap has what stands on Control.
        let letter = context == Context::Composer && !chord.ctrl && chord.text().is_some();
        if letter && self.sequence.is_empty() {
            return self.type_key(chord);
        }
        let step = self.sequence.press(chord, context, &self.keys);
        match step {
            Step::Pending => {
                self.which_key += 1;
                if self.which_key_shown {
                    return Vec::new();
                }
                vec![Effect::After(WHICH_KEY, Timer::WhichKey(self.which_key))]
            }
            Step::Fire { action, count } => {
                self.which_key_shown = false;
                let typing = matches!(context, Context::Composer | Context::Insert);
                if self.is_too_small() && !typing && action != Action::Quit {
                    // Nobody claims or answers what cannot be seen. Text that is being typed goes on.
                    return Vec::new();
                }
                self.act(&action, count)
            }
            Step::Dropped => {
                self.which_key_shown = false;
                Vec::new()
            }
            Step::Ime => {
                self.notice = Some(Notice::hint("IME on"));
                Vec::new()
            }
            Step::Miss(chords) if matches!(context, Context::Composer | Context::Insert) => {
                chords.into_iter().flat_map(|c| self.type_key(c)).collect()
            }
            Step::Miss(_) => {
                self.notice = Some(Notice::hint(self.words.verbs.not_here));
                Vec::new()
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if !self.overlays.is_empty() {
            return self.overlay_paste(text);
        }
        match (&mut self.composer, self.focus) {
            (Some(composer), Focus::Composer) => {
                if composer.is_frozen() {
                    self.say_frozen();
                    return Vec::new();
                }
                let dropped = composer.paste(text);
                if dropped > 0 {
                    self.notice = Some(Notice::trouble((self.words.compose.paste_cut)(dropped as u64)));
                }
                self.tell_writing()
            }
            _ => {
                self.notice = Some(Notice::hint(self.words.verbs.paste_ignored));
                Vec::new()
            }
        }
    }

    /// A key for the composer's text.
    fn type_key(&mut self, chord: Chord) -> Vec<Effect> {
        let Some(key) = edit_key(chord) else { return Vec::new() };
        let Some(composer) = &mut self.composer else { return Vec::new() };
        if composer.is_frozen() {
            return self.frozen_key(key);
        }
        let before = composer.mode();
        let typed = composer.key(key);
        let left_insert = before == EditMode::Insert && composer.mode() != EditMode::Insert;
        let mut effects = self.tell_writing();
        if left_insert {
            effects.extend(self.save_draft());
        }
        match typed {
            // A draft that is read-only took its key before this.
            Typed::Handled | Typed::Ignored | Typed::TakeBack => {}
            Typed::Ime => self.notice = Some(Notice::hint("IME on")),
            Typed::CommandLine => effects.extend(self.act(&Action::CommandLine, None)),
            Typed::SendCard => effects.extend(self.act(&Action::SendCard, None)),
            Typed::Command(command) => effects.extend(self.run(&command)),
        }
        effects
    }

    /// A key for a composer that is read-only.
    fn frozen_key(&mut self, key: EditKey) -> Vec<Effect> {
        let Some(composer) = &mut self.composer else { return Vec::new() };
        match composer.frozen_key(key) {
            Typed::CommandLine => return self.act(&Action::CommandLine, None),
            Typed::TakeBack => return vec![Effect::OpenDraft { id: composer.id().to_owned(), take: true }],
            Typed::Command(command) => return self.run(&command),
            Typed::Handled => {}
            _ => self.say_frozen(),
        }
        Vec::new()
    }

    /// Runs a typed line: an action by name.
    pub(super) fn run(&mut self, line: &str) -> Vec<Effect> {
        match crate::action::parse_line(line, self.context()) {
            Ok((action, count)) => self.act(&action, count),
            Err(mistake) => {
                self.notice = Some(Notice::trouble(mistake.say(self.words)));
                Vec::new()
            }
        }
    }

    /// A half-typed sequence has stood for a while.
    pub(super) fn which_key_due(&self, n: u64) -> bool {
        n == self.which_key && !self.sequence.keys().is_empty()
    }
}
