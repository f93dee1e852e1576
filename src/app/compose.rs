//! The composer's life: begun, saved, sent, held back, taken back, thrown away. No path loses a text.

use std::time::Duration;

use super::layout::{Focus, Stage};
use super::submit::{draft_of, later};
use super::{App, ctx};
use crate::action::Action;
use crate::domain::{Change, ChangeId, DeskError, Draft, DraftKind, DraftRow, Status, Support, TicketId, Verb};
use crate::model::{Effect, Notice};
use crate::overlay::Overlay;
use crate::pane::composer::{Composer, Field, Lacking};
use crate::pane::{Card, Choice, Followup, Question};
use crate::text::Clean;

/// Nobody types who did not for so long.
const HANDS_OFF: Duration = Duration::from_secs(2);
/// What comes uninvited takes no key for so long.
const TO_SEE_IT: Duration = Duration::from_millis(700);
/// How often the others are told again that I write; the desk forgets after 30 s.
const STILL_WRITING: i64 = 20;

impl App {
    /// Begins or resumes a reply, note or new ticket. A reply on an unassigned ticket claims it first; on one that somebody
    /// holds it asks.
    pub(super) fn compose(&mut self, kind: DraftKind, all: bool, held_is_fine: bool) -> Vec<Effect> {
        if self.composer.is_some() {
            self.focus = Focus::Composer;
            return Vec::new();
        }
        if kind == DraftKind::New {
            return self.open_draft(kind, None, false);
        }
        let Some(ticket) = self.current_ticket() else { return self.no_ticket() };
        let mut effects = Vec::new();
        if self.stage != Stage::Thread || self.thread.ticket() != Some(&ticket) {
            effects.extend(self.open_ticket(ticket.clone()));
        }
        let Some(row) = self.world.row(&ticket).map(std::borrow::Cow::into_owned) else { return effects };
        if kind == DraftKind::Reply && !self.world.is_mine(&row) {
            let claim = Change::Claim { ticket: ticket.clone() };
            match &row.assignee {
                None if row.status.is_done() => {}
                // Where nobody can take tickets the reply goes without.
                None if matches!(self.world.support(Verb::Claim), Support::Impossible { .. }) => {}
                // A claim that waits already is not made twice.
                None if self.world.pending.iter().any(|p| p.change == claim) => {}
                None => effects.extend(self.submit(vec![claim])),
                Some(_) if held_is_fine => {}
                Some(holder) => {
                    let card = self.held_card(&ticket, holder.clone(), row.assigned_at);
                    self.ask(Question::Card(card));
                    return effects;
                }
            }
        }
        effects.extend(self.open_draft(kind, Some(ticket), all));
        effects
    }

    fn held_card(&self, ticket: &TicketId, by: crate::domain::AgentRef, since: Option<jiff::Timestamp>) -> Card {
        let words = &self.words.verbs;
        let age = since.map(|s| format!(" {}", crate::text::time::age(s, self.now))).unwrap_or_default();
        let choice = |key, label: &str, then| Choice { key, label: Clean::line(label), then };
        let held = self.words.desk_error(&DeskError::Held { by, since, mine: false });
        Card {
            title: Clean::line(&format!("#{ticket} {held}{age}")),
            lines: Vec::new(),
            choices: vec![
                choice('q', self.words.common.back, Followup::Nothing),
                choice('i', (self.words.common.verb)(crate::domain::Verb::Note), Followup::Actions(vec![Action::Note])),
                choice('!', words.steal, Followup::Submit(vec![Change::Steal { ticket: ticket.clone() }])),
            ],
        }
    }

    /// Begins a draft.
    pub(super) fn begin_draft(&mut self, kind: DraftKind, ticket: Option<TicketId>, all: bool) -> Vec<Effect> {
        let id = self.change_id().to_string();
        let thread = ticket.as_ref().and_then(|t| self.world.thread(t));
        let mail = self.world.me.as_ref().map(|m| m.email.to_string()).unwrap_or_default();
        let mut draft = Composer::begin(id, kind, thread, all, self.now, &mail);
        draft.ticket.clone_from(&ticket);
        if let (None, Some(row)) = (thread, ticket.as_ref().and_then(|t| self.world.row(t))) {
            draft.about = row.subject.to_string();
            if kind == DraftKind::Reply {
                draft.to = row.requester.to_string();
                draft.subject = row.subject.to_string();
            }
        }
        if kind == DraftKind::New {
            draft.queue = self.view_queue().unwrap_or_default();
        }
        self.show_composer(draft)
    }

    /// The name of the queue whose list is shown, or the only one.
    pub(super) fn view_queue(&self) -> Option<String> {
        let id = match self.tickets.view() {
            crate::model::View::Queue(id) => id.clone(),
            _ => self.world.queues.first().filter(|_| self.world.queues.len() == 1)?.id.clone(),
        };
        Some(self.world.queue(&id)?.name.to_string())
    }

    /// Puts a draft on the screen.
    pub(super) fn show_composer(&mut self, draft: Draft) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(ticket) = &draft.ticket
            && self.thread.ticket() != Some(ticket)
        {
            effects.extend(self.open_ticket(ticket.clone()));
        }
        // A thread that is not here yet: what it holds when it comes is what the author saw.
        self.composer = Some(Composer::open(draft, self.edit_style));
        self.focus = Focus::Composer;
        effects.extend(self.compare_composer());
        effects
    }

    /// Writes what is typed to disk now.
    pub(super) fn save_draft(&mut self) -> Vec<Effect> {
        match self.composer.as_mut().and_then(Composer::take_unsaved) {
            Some(draft) => {
                self.remember(draft.clone());
                vec![Effect::SaveDraft(Box::new(draft))]
            }
            None => Vec::new(),
        }
    }

    pub(super) fn remember(&mut self, draft: Draft) {
        self.thrown_away.remove(&draft.id);
        match self.drafts.iter_mut().find(|r| r.draft.id == draft.id) {
            Some(known) => *known = DraftRow::alone(draft),
            None => self.drafts.push(DraftRow::alone(draft)),
        }
        self.mark_drafts();
    }

    pub(super) fn forget_draft(&mut self, id: &str) -> Vec<Effect> {
        self.drafts.retain(|r| r.draft.id != id);
        self.unsaved.remove(id);
        self.thrown_away.insert(id.to_owned());
        self.mark_drafts();
        vec![Effect::DropDraft(id.to_owned())]
    }

    /// Lets the list mark tickets with drafts.
    pub(super) fn mark_drafts(&mut self) {
        self.tickets.set_drafts(self.drafts.iter().filter_map(|r| r.draft.ticket.clone()).collect());
    }

    /// Tells the others that I write.
    pub(super) fn tell_writing(&mut self) -> Vec<Effect> {
        let Some(ticket) = self.composer.as_ref().and_then(|c| c.ticket()).cloned() else { return Vec::new() };
        let fresh = self
            .writing
            .as_ref()
            .is_some_and(|(t, at)| *t == ticket && self.now.as_second() - at.as_second() < STILL_WRITING);
        if fresh {
            return Vec::new();
        }
        self.writing = Some((ticket.clone(), self.now));
        vec![Effect::Writing { ticket, on: true }]
    }

    pub(super) fn stop_writing(&mut self) -> Vec<Effect> {
        match self.writing.take() {
            Some((ticket, _)) => vec![Effect::Writing { ticket, on: false }],
            None => Vec::new(),
        }
    }

    /// Actions that only the composer knows.
    pub(super) fn act_composer(&mut self, action: &Action) -> Vec<Effect> {
        let Some(composer) = &self.composer else {
            self.notice = Some(Notice::hint(self.words.verbs.not_here));
            return Vec::new();
        };
        if composer.is_frozen() {
            match action {
                Action::LeaveKeep | Action::Back | Action::Discard => return self.leave_composer(),
                Action::ReadThread => {}
                _ => {
                    self.say_frozen();
                    return Vec::new();
                }
            }
        }
        match action {
            Action::SendCard => {
                let ctx = ctx!(self);
                let ready = composer.change(None, false, &ctx);
                match (ready, composer.kind()) {
                    (Err(lacking), _) => self.say_lacking(&lacking),
                    (Ok(_), DraftKind::Reply) => {
                        let card = composer.send_card(&ctx);
                        self.ask(Question::Card(card));
                    }
                    // A note goes to nobody outside; a new ticket's fields are all on the screen.
                    (Ok(_), _) => return self.send(None, false),
                }
                Vec::new()
            }
            Action::Send => self.send(None, false),
            Action::Write => {
                let effects = self.save_draft();
                self.notice = Some(Notice::done(self.words.compose.keep));
                effects
            }
            Action::LeaveKeep | Action::Back => self.leave_composer(),
            Action::Discard => {
                if composer.is_blank() {
                    return self.discard();
                }
                let card = Composer::discard_card(&ctx!(self));
                self.ask(Question::Card(card));
                Vec::new()
            }
            Action::Editor => vec![Effect::Edit { draft: composer.id().to_owned(), text: composer.snapshot().text }],
            Action::Attach(Some(path)) => {
                vec![Effect::Attach { draft: composer.id().to_owned(), path: path.into() }]
            }
            Action::ReadThread => {
                self.focus = Focus::Stage;
                self.read_thread();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The agent looks at the thread beside the composer: what is there has been seen.
    pub(super) fn read_thread(&mut self) {
        // What came meanwhile stands at the end, maybe below the screen.
        if self.composer.as_ref().is_some_and(Composer::has_news) {
            let ctx = ctx!(self);
            self.thread.act(&Action::Bottom, None, &ctx);
        }
        if let Some(composer) = &mut self.composer
            && let Some(thread) = composer.ticket().cloned().and_then(|t| self.world.thread(&t))
        {
            composer.has_read(thread);
        }
    }

    fn say_lacking(&mut self, lacking: &Lacking) {
        let words = &self.words.compose;
        let (what, field) = match lacking {
            Lacking::Text => {
                self.notice = Some(Notice::hint(words.empty));
                return;
            }
            Lacking::Queue => (words.queue, Field::Queue),
            Lacking::Requester => (words.requester, Field::To),
            Lacking::Subject => (words.subject, Field::Subject),
        };
        self.notice = Some(Notice::hint((words.lacks)(what)));
        if let Some(composer) = &mut self.composer {
            composer.go_to(field);
        }
    }

    /// Sends what is in the composer: into the outbox first. The draft goes when the outbox has it.
    pub(super) fn send(&mut self, then: Option<Status>, force: bool) -> Vec<Effect> {
        let Some(composer) = &self.composer else { return Vec::new() };
        if composer.is_frozen() {
            self.say_frozen();
            return Vec::new();
        }
        let change = match composer.change(then, force, &ctx!(self)) {
            Ok(change) => change,
            Err(lacking) => {
                self.say_lacking(&lacking);
                return Vec::new();
            }
        };
        let mut effects = self.save_draft();
        let draft = self.composer.take().map(|c| c.id().to_owned());
        effects.extend(self.stop_writing());
        self.focus = if self.stage == Stage::List { Focus::List } else { Focus::Stage };
        let submitted = self.submit_from(vec![change], draft.clone());
        for effect in &submitted {
            if let Effect::Submit { changes, .. } = effect {
                self.sent_texts.extend(changes.iter().map(|(id, _)| (id.clone(), self.typed)));
                self.leaving.extend(changes.iter().filter_map(|(id, _)| Some((id.clone(), draft.clone()?))));
            }
        }
        effects.extend(submitted);
        effects
    }

    /// Leaves the composer; the draft stays on disk, or goes if nothing was typed.
    pub(super) fn leave_composer(&mut self) -> Vec<Effect> {
        let blank = self.composer.as_ref().is_some_and(|c| c.is_blank() && !c.is_frozen());
        let mut effects = if blank { self.discard() } else { self.save_draft() };
        effects.extend(self.close_composer());
        effects
    }

    /// Throws the draft away.
    pub(super) fn discard(&mut self) -> Vec<Effect> {
        if self.composer.as_ref().is_some_and(Composer::is_frozen) {
            return self.close_composer();
        }
        let Some(composer) = self.composer.take() else { return Vec::new() };
        self.focus = if self.stage == Stage::List { Focus::List } else { Focus::Stage };
        let mut effects = self.stop_writing();
        effects.extend(self.forget_draft(composer.id()));
        effects
    }

    /// The text becomes an internal note: another draft, another kind.
    pub(super) fn keep_as_note(&mut self) -> Vec<Effect> {
        if self.composer.as_ref().is_some_and(Composer::is_frozen) {
            self.say_frozen();
            return Vec::new();
        }
        let Some(composer) = self.composer.take() else { return Vec::new() };
        let old = composer.id().to_owned();
        let id = self.change_id().to_string();
        self.composer = Some(composer.into_note(id, self.edit_style));
        self.focus = Focus::Composer;
        let mut effects = self.save_draft();
        effects.extend(self.forget_draft(&old));
        effects
    }

    /// The outbox has a change, and took its draft away.
    pub(super) fn accepted(&mut self, id: &ChangeId) -> Vec<Effect> {
        if let Some(pending) = self.world.pending.iter_mut().find(|p| p.id == *id) {
            pending.until = pending.window.take();
        }
        self.say_leaving(id);
        if let Some(at) = self.leaving.iter().position(|(change, _)| change == id) {
            let (_, draft) = self.leaving.remove(at);
            self.forget_draft(&draft);
            return self.is_kept(&draft);
        }
        Vec::new()
    }

    /// Says that a reply can still be taken back, now that it cannot get lost.
    fn say_leaving(&mut self, id: &ChangeId) {
        let waits = self.world.pending.iter().find(|p| p.id == *id && p.until.is_some_and(|until| until > self.now));
        if let Some(pending) = waits.filter(|_| self.notice.is_none()) {
            let key = self.keys.hint_for(&Action::Unsend, crate::action::Context::Thread);
            let what = pending.change.ticket().map(|t| format!("#{t}")).unwrap_or_default();
            self.notice = Some(Notice::done((self.words.verbs.reply_waits)(&what, self.undo_window.as_secs(), &key)));
        }
    }

    /// A text is safe on disk as a draft, or in the outbox again: the row that it came back from may go.
    pub(super) fn is_kept(&mut self, draft: &str) -> Vec<Effect> {
        let (safe, still) = std::mem::take(&mut self.returned).into_iter().partition(|(_, d)| d == draft);
        self.returned = still;
        let safe: Vec<(ChangeId, String)> = safe;
        safe.into_iter().map(|(change, _)| Effect::OutboxDrop(change)).collect()
    }

    /// Whether the agent does nothing but wait for what becomes of a text: no key came since it was sent, or for a while.
    pub(super) fn is_waited_for(&mut self, id: &ChangeId) -> bool {
        let waited = self.sent_texts.remove(id) == Some(self.typed);
        self.overlays.is_empty() && (waited || later(self.typed_at, HANDS_OFF) <= self.now)
    }

    /// Notes that a key came; whether it was meant for what an uninvited composer covers.
    pub(super) fn is_stray(&mut self) -> bool {
        self.typed += 1;
        self.typed_at = self.now;
        // A clock that was put back must not make the keyboard dead.
        self.uninvited.take_if(|at| later(*at, TO_SEE_IT) <= self.now || self.now < *at);
        self.uninvited.is_some()
    }

    /// A refused or unsent text comes back: into the composer when that is free and the agent waits for it, else among the drafts.
    pub(super) fn text_returns(
        &mut self,
        id: &ChangeId,
        change: Change,
        error: &DeskError,
        opens: bool,
    ) -> Vec<Effect> {
        // Its draft is still on disk when the outbox never took it: one text, one draft.
        let left = self.leaving.iter().position(|(change, _)| change == id).map(|at| self.leaving.remove(at).1);
        let draft_id = left.unwrap_or_else(|| self.change_id().to_string());
        let Some(mut draft) = draft_of(&change, draft_id, self.now) else {
            return vec![Effect::OutboxDrop(id.clone())];
        };
        if let Some(row) = draft.ticket.as_ref().and_then(|t| self.world.row(t)) {
            draft.about = row.subject.to_string();
            if draft.subject.is_empty() && draft.kind == DraftKind::Reply {
                draft.subject = row.subject.to_string();
            }
            if draft.to.is_empty() && draft.kind == DraftKind::Reply {
                draft.to = row.requester.to_string();
            }
        }
        // The outbox keeps it until the draft is on disk: at no moment is the text nowhere, also when the disk is full.
        self.returned.push((id.clone(), draft.id.clone()));
        let mut effects = vec![Effect::SaveDraft(Box::new(draft.clone()))];
        self.remember(draft.clone());
        if self.composer.is_some() || !opens {
            return effects;
        }
        effects.extend(self.show_composer(draft));
        if let (DeskError::MovedOn { messages }, Some(composer)) = (error, &mut self.composer) {
            composer.was_shown(messages);
            let card = composer.held_back_card(messages, &ctx!(self));
            self.ask(Question::Card(card));
        }
        effects
    }

    /// `U`: takes back the newest reply that is still in its undo window.
    pub(super) fn unsend(&mut self) -> Vec<Effect> {
        let waiting = self.world.pending.iter().rev().find(|p| p.until.is_some_and(|u| u > self.now));
        match waiting {
            Some(pending) => vec![Effect::Unsend(pending.id.clone())],
            None => {
                self.notice = Some(Notice::hint(self.words.verbs.nothing_to_unsend));
                Vec::new()
            }
        }
    }

    /// A change was taken back before it left.
    pub(super) fn unsent(&mut self, id: &ChangeId, change: Option<Change>) -> Vec<Effect> {
        let Some(change) = change else {
            self.notice = Some(Notice::trouble(self.words.verbs.nothing_to_unsend));
            return Vec::new();
        };
        self.world.pending.retain(|p| p.id != *id);
        self.undo.refused(id);
        self.batches.retain(|b| !b.is_of(id));
        let what = change.ticket().map(|t| format!("#{t}")).unwrap_or_default();
        let why = DeskError::NotPossible { why: Clean::default() };
        let effects = self.text_returns(id, change, &why, true);
        self.notice = Some(Notice::done((self.words.verbs.unsent)(&what)));
        effects
    }

    /// Puts a question on the screen.
    pub(super) fn ask(&mut self, question: Question) {
        self.overlays.push(Overlay::ask(question, self.context(), &self.history));
        self.sequence.clear();
    }

    /// Replies in their undo window: how many, and the seconds until the first leaves.
    pub(super) fn leaving_soon(&self) -> Option<(u32, u64)> {
        let due: Vec<_> = self.world.pending.iter().filter_map(|p| p.until.filter(|u| *u > self.now)).collect();
        let first = due.iter().min()?;
        // Never more than the window, whatever became of the clock.
        let seconds = (first.as_second() - self.now.as_second()).max(1).unsigned_abs();
        Some((due.len() as u32, seconds.min(self.undo_window.as_secs().max(1))))
    }

    /// Whether the thread on the screen was opened, and is not a preview.
    pub(super) fn is_reading(&self) -> bool {
        self.stage == Stage::Thread
    }
}
