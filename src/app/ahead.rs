//! Keys typed before the thread they are for is here: they wait for it, so that quick fingers on a slow line get what they
//! meant. Only what moves and selects waits. Whatever else an action does, it does at once; so nothing that was typed is ever
//! taken for something else.

use super::layout::{Focus, Stage};
use super::{App, ctx};
use crate::action::Action;
use crate::domain::TicketId;
use crate::model::{Effect, Notice};

/// More keys than this are a cat on the keyboard.
const MOST: usize = 500;

/// What waits for a ticket's thread.
#[derive(Debug)]
pub(super) struct Ahead {
    ticket: TicketId,
    /// For the thread.
    thread: Vec<(Action, Option<u32>)>,
    /// For the split screen, which can be open before the thread is here.
    split: Vec<(Action, Option<u32>)>,
}

impl App {
    /// The ticket on the stage, as long as its thread is not here.
    pub(super) fn thread_to_come(&self) -> Option<&TicketId> {
        let ticket = match self.stage {
            Stage::Thread => self.thread.ticket(),
            Stage::Split => self.split.as_ref().map(crate::pane::split::SplitPane::ticket),
            Stage::List | Stage::Timeline => None,
        };
        let waiting = self.focus == Focus::Stage && !self.thread.has_failed();
        ticket.filter(|t| waiting && self.world.thread(t).is_none())
    }

    /// Takes an action that has to wait for the thread. False: it is to be done now.
    pub(super) fn waits(&mut self, action: &Action, count: Option<u32>) -> bool {
        let Some(ticket) = self.thread_to_come().cloned() else { return false };
        match action {
            // Whoever cancels does not want to wait.
            Action::Cancel => return self.ahead.take().is_some(),
            // What has not been seen is not confirmed.
            Action::Confirm | Action::Split if self.stage == Stage::Split => {
                self.notice = Some(Notice::hint(self.words.thread.loading));
                return true;
            }
            action if !moves_or_selects(action) => return false,
            _ => {}
        }
        let on_split = self.stage == Stage::Split;
        let ahead = self.ahead.take().filter(|a| a.ticket == ticket);
        let ahead = self.ahead.insert(ahead.unwrap_or(Ahead { ticket, thread: Vec::new(), split: Vec::new() }));
        let keys = if on_split { &mut ahead.split } else { &mut ahead.thread };
        if keys.len() < MOST {
            keys.push((action.clone(), count));
        }
        self.notice = Some(Notice::hint(self.words.thread.keys_wait));
        true
    }

    /// The thread will not come: nothing waits for it any more.
    pub(super) fn comes_not(&mut self, ticket: &TicketId) {
        self.ahead = self.ahead.take().filter(|a| a.ticket != *ticket);
    }

    /// Does what waited for a thread that is here now.
    pub(super) fn typed_ahead(&mut self) -> Vec<Effect> {
        let Some(ahead) = self.ahead.take_if(|a| self.world.thread(&a.ticket).is_some()) else { return Vec::new() };
        if self.thread.ticket() != Some(&ahead.ticket) {
            return Vec::new();
        }
        self.notice = None;
        let mut effects = Vec::new();
        for (action, count) in &ahead.thread {
            let ctx = ctx!(self);
            let act = self.thread.act(action, *count, &ctx);
            effects.extend(self.after(act));
        }
        if self.stage == Stage::Split && self.split.as_ref().is_some_and(|s| *s.ticket() == ahead.ticket) {
            let picked = self.thread.picked(&ctx!(self));
            let Some(split) = &mut self.split else { return effects };
            match picked {
                Ok(Some(pick)) => split.choose(pick),
                Ok(None) => {}
                // As when it had been here: no split, and why.
                Err(unfit) => {
                    self.split = None;
                    self.stage = Stage::Thread;
                    self.notice = Some(Notice::trouble(unfit.words(self.words)));
                }
            }
            for (action, count) in &ahead.split {
                let ctx = ctx!(self);
                let Some(split) = &mut self.split else { break };
                let act = split.act(action, *count, &ctx);
                effects.extend(self.after(act));
            }
        }
        effects
    }
}

/// What a thread, or the split screen over it, does with its own lines.
fn moves_or_selects(action: &Action) -> bool {
    matches!(
        action,
        Action::Down
            | Action::Up
            | Action::Top
            | Action::Bottom
            | Action::HalfDown
            | Action::HalfUp
            | Action::PageDown
            | Action::PageUp
            | Action::ScrollTop
            | Action::ScrollMiddle
            | Action::ScrollBottom
            | Action::NextMessage
            | Action::PrevMessage
            | Action::FoldToggle
            | Action::FoldNone
            | Action::FoldAll
            | Action::SelectLines
            | Action::Select
            | Action::Toggle
            | Action::Search(Some(_))
            | Action::SearchNext
            | Action::SearchPrev
            | Action::OpenLink(_)
            | Action::OpenAttachment(_)
            | Action::SaveAttachment(_)
    )
}
