//! Keys and answers of the overlay on top.

use super::{App, ctx};
use crate::action::Action;
use crate::keymap::chord::Chord;
use crate::model::{Effect, Notice};
use crate::overlay::{Outcome, Overlay};
use crate::pane::{Followup, Purpose};

impl App {
    pub(super) fn overlay_key(&mut self, chord: Chord) -> Vec<Effect> {
        self.list_stands();
        let ctx = ctx!(self);
        let Some(top) = self.overlays.last_mut() else { return Vec::new() };
        let outcome = top.key(chord, &ctx);
        self.outcome(outcome)
    }

    pub(super) fn overlay_paste(&mut self, text: &str) -> Vec<Effect> {
        let Some(top) = self.overlays.last_mut() else { return Vec::new() };
        let outcome = top.paste(text);
        self.outcome(outcome)
    }

    fn outcome(&mut self, outcome: Outcome) -> Vec<Effect> {
        match outcome {
            Outcome::Stay => Vec::new(),
            Outcome::Changed(text) => self.changed(&text),
            Outcome::Close => {
                let closed = self.overlays.pop();
                // A filter that was given up leaves the list whole.
                if closed.as_ref().is_some_and(filters) {
                    let ctx = ctx!(self);
                    return self.tickets.set_filter("", &ctx);
                }
                Vec::new()
            }
            Outcome::Run(line) => {
                self.overlays.pop();
                let line = line.trim().to_owned();
                if line.is_empty() {
                    return Vec::new();
                }
                self.history.retain(|l| *l != line);
                self.history.push(line.clone());
                self.run(&line)
            }
            Outcome::Command(text) => {
                self.overlays.pop();
                self.ask(crate::pane::Question::Command(text));
                Vec::new()
            }
            Outcome::Picked { purpose, values, typed } => {
                self.overlays.pop();
                self.picked(&purpose, &values, typed)
            }
            Outcome::Followup(then) => {
                self.overlays.pop();
                self.follow_up(then)
            }
        }
    }

    /// A prompt's text changed while it is typed: the filter follows.
    fn changed(&mut self, text: &str) -> Vec<Effect> {
        if self.overlays.last().is_some_and(filters) {
            let ctx = ctx!(self);
            return self.tickets.set_filter(text, &ctx);
        }
        Vec::new()
    }

    fn picked(&mut self, purpose: &Purpose, values: &[String], typed: Option<String>) -> Vec<Effect> {
        let answer = typed.or_else(|| values.first().cloned()).unwrap_or_default();
        match purpose {
            Purpose::Argument(name) => self.run(&format!("{name} {answer}")),
            Purpose::Filter => {
                let ctx = ctx!(self);
                self.tickets.set_filter(&answer, &ctx)
            }
            Purpose::Search => self.act(&Action::Search(Some(answer)), None),
            Purpose::Attach if answer.trim().is_empty() => Vec::new(),
            Purpose::Attach => self.act(&Action::Attach(Some(answer)), None),
            Purpose::Draft => self.take_over(&answer),
            Purpose::Outbox => self.ask_outbox(&answer),
        }
    }

    fn follow_up(&mut self, then: Followup) -> Vec<Effect> {
        match then {
            Followup::Nothing => Vec::new(),
            Followup::Submit(changes) => self.submit(changes),
            Followup::Effects(effects) => {
                if effects.contains(&Effect::Quit) {
                    self.quitting = true;
                    let mut first = self.let_go();
                    first.extend(effects);
                    return first;
                }
                effects
            }
            Followup::Actions(actions) => actions.iter().flat_map(|a| self.act(a, None)).collect(),
            Followup::Send(then) => self.send(then, false),
            Followup::SendAnyway => self.send(None, true),
            Followup::KeepAsNote => self.keep_as_note(),
            Followup::Discard => self.discard(),
            Followup::Undo => self.undo(true),
            Followup::Edit(id) => {
                let Some(row) = self.outbox.iter().find(|r| r.id == id).cloned() else { return Vec::new() };
                let why = crate::domain::DeskError::NotPossible { why: row.why.unwrap_or_default() };
                self.text_returns(&id, row.change, &why, true)
            }
            Followup::Keymap(name) => {
                match crate::keymap::Keymap::load(name, None) {
                    Ok(keys) => {
                        self.keys = keys;
                        self.edit_style = style_of(name);
                        return vec![Effect::KeepKeymap(name)];
                    }
                    Err(_) => self.notice = Some(Notice::trouble(name)),
                }
                Vec::new()
            }
            Followup::TakeOver(id) => self.take_over(&id),
            Followup::BeginDraft(kind, all) => {
                let ticket = self.current_ticket();
                self.begin_draft(kind, ticket, all)
            }
            Followup::Quit => {
                self.quitting = true;
                let mut effects = self.let_go();
                effects.push(Effect::Quit);
                effects
            }
        }
    }

    /// The typed lines so far, for `:` and its arrows.
    pub fn history(&self) -> &[String] {
        &self.history
    }
}

/// Whether an overlay is the prompt that filters the list.
fn filters(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Prompt(prompt) if *prompt.purpose() == Purpose::Filter)
}

/// The composer's ways that go with a keymap.
pub fn style_of(keymap: &str) -> crate::editor::EditStyle {
    match keymap {
        "emacs" => crate::editor::EditStyle::Emacs,
        "plain" => crate::editor::EditStyle::Plain,
        _ => crate::editor::EditStyle::Vim,
    }
}
