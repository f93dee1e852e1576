//! Changes on their way: ids, pending display, one report for many tickets.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::undo::Step;
use super::{App, ctx};
use crate::domain::outbox::{Did, StepMark};
use crate::domain::{Back, Change, ChangeId, Delivery, DeskError, Draft, DraftKind, Receipt, TicketId, Verb};
use crate::model::{Effect, Notice, Pending};
use crate::text::{Clean, time};

/// What one key did to one or many tickets, until every change has ended.
#[derive(Debug)]
pub(super) struct Batch {
    open: HashSet<ChangeId>,
    verb: Verb,
    undoing: Option<Clean>,
    redoing: bool,
    done: Vec<(TicketId, Receipt)>,
    /// What it was about, and why not.
    refused: Vec<(String, DeskError)>,
    /// Something of it can be taken back.
    can_undo: bool,
}

impl Batch {
    /// Whether a change belongs to it.
    pub(super) fn is_of(&self, id: &ChangeId) -> bool {
        self.open.contains(id)
    }
}

impl App {
    /// The next change's id: unique among all processes of all agents.
    pub(super) fn change_id(&mut self) -> ChangeId {
        self.changes += 1;
        ChangeId::new(format!("{:016x}{:08x}{:08x}", self.seed, self.now.as_second() & 0xffff_ffff, self.changes))
    }

    /// Submits changes that one key caused.
    pub(super) fn submit(&mut self, changes: Vec<Change>) -> Vec<Effect> {
        self.submit_from(changes, None)
    }

    /// Submits changes; `draft` is what they were written in.
    pub(super) fn submit_from(&mut self, changes: Vec<Change>, draft: Option<String>) -> Vec<Effect> {
        let Some(verb) = changes.first().map(Change::verb) else { return Vec::new() };
        if self.refuses(verb) {
            return Vec::new();
        }
        let (label, step) = (self.label(&changes), self.change_id().to_string());
        let mark = StepMark { batch: step.clone(), step, did: Did::Done, label };
        self.send_off(changes, mark, draft)
    }

    /// Puts changes on their way and watches how they end.
    fn send_off(&mut self, changes: Vec<Change>, mark: StepMark, draft: Option<String>) -> Vec<Effect> {
        let Some(verb) = changes.first().map(Change::verb) else { return Vec::new() };
        let ids: Vec<ChangeId> = changes.iter().map(|_| self.change_id()).collect();
        self.undo.submitted(&ids, &changes, &mark, self.now);
        self.batches.push(Batch {
            open: ids.iter().cloned().collect(),
            verb,
            undoing: (mark.did != Did::Done).then(|| mark.label.clone()),
            redoing: mark.did == Did::Redo,
            done: Vec::new(),
            refused: Vec::new(),
            can_undo: false,
        });
        let hold = if verb == Verb::Reply { self.undo_window } else { Duration::ZERO };
        let until = (!hold.is_zero()).then(|| later(self.now, hold));
        let changes: Vec<(ChangeId, Change)> = ids.into_iter().zip(changes).collect();
        let mut effects = vec![Effect::Submit { changes: changes.clone(), hold, mark, draft }];
        for (id, change) in changes {
            let ticket = change.ticket().cloned();
            self.world.pending.push(Pending { id, change, until: None, window: until, stuck: false });
            if let Some(ticket) = ticket {
                let ctx = ctx!(self);
                effects.extend(self.tickets.settle(&ticket, true, &ctx));
            }
        }
        let ctx = ctx!(self);
        self.tickets.clear_selection(&ctx);
        self.thread.clear_selection();
        effects
    }

    /// Undoes the last step; one older than a minute asks first.
    pub(super) fn undo(&mut self, asked: bool) -> Vec<Effect> {
        let Some(last) = self.undo.last() else {
            self.notice = Some(Notice::hint(self.words.verbs.nothing_to_undo));
            return Vec::new();
        };
        if !asked && self.now.as_second() - last.at.as_second() > 60 {
            let ago = (self.words.thread.ago)(&time::age(last.at, self.now));
            let title = (self.words.verbs.ask_undo_old)(&last.label, &ago);
            self.ask_undo(&title);
            return Vec::new();
        }
        let Some(step) = self.undo.take() else { return Vec::new() };
        self.take_back(step, Did::Undo)
    }

    /// Redoes the last undone step: the undo itself is taken back.
    pub(super) fn redo(&mut self) -> Vec<Effect> {
        let Some(step) = self.undo.take_undone() else {
            self.notice = Some(Notice::hint(self.words.verbs.nothing_to_redo));
            return Vec::new();
        };
        self.take_back(step, Did::Redo)
    }

    /// Takes a step back, the last change first. What comes back to me is claimed: nobody loses a ticket that he took meanwhile.
    /// What is known to have changed since stays as it is, and is said.
    fn take_back(&mut self, step: Step, did: Did) -> Vec<Effect> {
        let me = self.world.my_id();
        let safe = |change| match change {
            Change::Assign { ticket, to } if Some(&to) == me => Change::Claim { ticket },
            other => other,
        };
        let (fit, changed): (Vec<Back>, Vec<Back>) = step.back.into_iter().rev().partition(|back| {
            let ticket = back.change.ticket();
            // What I do to it at this moment is no change by another.
            let is_under_way = self.world.pending.iter().any(|p| p.change.ticket() == ticket && back.meets(&p.change));
            is_under_way || ticket.and_then(|t| self.world.confirmed(t)).is_none_or(|row| back.fits(row))
        });
        let changes: Vec<Change> = fit.into_iter().map(|back| safe(back.change)).collect();
        let refused: Vec<(String, DeskError)> = changed
            .iter()
            .map(|back| {
                let why = Clean::line("the ticket has changed since");
                (about(&back.change), DeskError::Conflict { ticket: None, why })
            })
            .collect();
        if changes.is_empty() {
            let all: Vec<&str> = refused.iter().map(|(about, _)| about.as_str()).collect();
            let why = refused.first().map(|(_, error)| self.words.desk_error(error)).unwrap_or_default();
            self.notice = Some(Notice::trouble((self.words.verbs.refused)(&self.name_all(&all), &why)));
            return Vec::new();
        }
        let mark = StepMark { batch: self.change_id().to_string(), step: step.id, did, label: step.label };
        let effects = self.send_off(changes, mark, None);
        if let Some(batch) = self.batches.last_mut() {
            batch.refused = refused;
        }
        effects
    }

    /// The desk confirmed a change.
    pub(super) fn applied(&mut self, id: &ChangeId, change: &Change, receipt: Receipt) -> Vec<Effect> {
        self.world.pending.retain(|p| p.id != *id);
        self.sent_texts.remove(id);
        let ticket = receipt.ticket.id.clone();
        let back = Back::of(change, &receipt);
        if let Some(batch) = self.batches.iter_mut().find(|b| b.is_of(id)) {
            batch.can_undo |= back.is_some();
        }
        self.undo.applied(id, back);
        // Of a ticket that is new a desk with events has told already.
        let is_untold = receipt.event.is_none();
        let was_behind = self.world.is_behind(&ticket);
        self.world.take_changed(receipt.ticket.clone(), is_untold && matches!(change, Change::New(_)));
        if !is_untold {
            // Its news bring the rest.
            self.world.grew(&ticket, was_behind);
        }
        if let Some(other) = &receipt.other {
            self.world.take_changed(other.clone(), is_untold && matches!(change, Change::Split(_)));
        }
        if let (Some(message), Some(thread)) = (&receipt.message, self.world.thread_mut(&ticket))
            && !thread.messages.iter().any(|m| m.id == message.id)
        {
            thread.messages.push(message.clone());
        }
        let mut effects = Vec::new();
        if let Some(message) = &receipt.message
            && let Some(bookmark) = self.world.wrote(&ticket, &message.id)
        {
            effects.push(Effect::Read(ticket.clone(), bookmark));
        }
        let others: Vec<TicketId> = receipt.other.iter().map(|o| o.id.clone()).collect();
        for t in others.iter().chain([&ticket]) {
            let ctx = ctx!(self);
            effects.extend(self.tickets.settle(t, true, &ctx));
        }
        // What moved between threads has to be read again, where such a thread is open.
        let moves = matches!(change, Change::Split(_) | Change::Merge { .. } | Change::Undo { .. });
        if moves && let Some(open) = self.thread.ticket().filter(|t| self.world.thread(t).is_some()) {
            effects.push(Effect::Thread { ticket: open.clone(), reading: self.is_reading() });
        }
        if let Change::Split(_) = change {
            self.before = others.first().cloned().or(self.before.take());
        }
        self.ended(id, Ok((ticket, receipt)));
        effects
    }

    /// The desk refused a change: the display goes back, texts return to their composer.
    pub(super) fn refused(&mut self, id: &ChangeId, change: Change, error: DeskError) -> Vec<Effect> {
        self.world.pending.retain(|p| p.id != *id);
        self.undo.refused(id);
        if let DeskError::Conflict { ticket: Some(row), .. } = &error {
            self.world.take_row((**row).clone());
        }
        let mut effects = Vec::new();
        if let Some(ticket) = change.ticket() {
            if let DeskError::Held { by, since, .. } = &error
                && let Some(mut row) = self.world.confirmed(ticket).cloned()
            {
                row.assignee = Some(by.clone());
                row.assigned_at = *since;
                self.world.take_row(row);
            }
            let ctx = ctx!(self);
            effects.extend(self.tickets.settle(ticket, false, &ctx));
        }
        self.ended(id, Err((about(&change), error.clone())));
        if change.carries_text() {
            let opens = self.is_waited_for(id) && self.composer.is_none();
            effects.extend(self.text_returns(id, change, &error, opens));
            if opens {
                self.uninvited = Some(self.now);
            } else if let Some(notice) = &mut self.notice {
                let key = self.keys.hint_for(&crate::action::Action::ViewDrafts, crate::action::Context::List);
                notice.text = Clean::line(&format!("{} · {}", notice.text, (self.words.compose.goes_on)(&key)));
            }
        }
        effects
    }

    /// Notes how one change of a batch ended; the last one reports.
    fn ended(&mut self, id: &ChangeId, how: Result<(TicketId, Receipt), (String, DeskError)>) {
        let Some(at) = self.batches.iter().position(|b| b.open.contains(id)) else { return };
        let batch = &mut self.batches[at];
        batch.open.remove(id);
        match how {
            Ok(done) => batch.done.push(done),
            Err(refused) => batch.refused.push(refused),
        }
        if batch.open.is_empty() {
            let batch = self.batches.remove(at);
            let report = self.report(&batch);
            let (report, refusal) = match (self.refusals.take(), batch.refused.is_empty()) {
                (None, well) => (report, !well),
                (Some(said), true) => (said, true),
                (Some(said), false) => (Notice::trouble(format!("{}; {}", said.text, report.text)), true),
            };
            self.refusals = refusal.then(|| report.clone());
            self.notice = Some(report);
        }
    }

    /// `11 claimed, 1 held by Mika`.
    fn report(&self, batch: &Batch) -> Notice {
        let words = &self.words.verbs;
        let done = (!batch.done.is_empty()).then(|| {
            let mut said = self.report_done(batch);
            for remark in remarks(batch) {
                said = format!("{said} {} {}", self.theme.glyphs.dot, self.words.told(remark));
            }
            said
        });
        let mut why: Vec<(String, Vec<&str>)> = Vec::new();
        for (about, error) in &batch.refused {
            let mut said = self.words.desk_error(error);
            if let DeskError::Held { since: Some(since), mine: false, .. } = error {
                said = format!("{said} {}", time::age(*since, self.now));
            }
            match why.iter_mut().find(|(w, _)| *w == said) {
                Some((_, all)) => all.push(about),
                None => why.push((said, vec![about])),
            }
        }
        let refused: Vec<String> = why.iter().map(|(why, all)| (words.refused)(&self.name_all(all), why)).collect();
        match (done, refused.is_empty()) {
            (Some(done), true) => Notice::done(done),
            (Some(done), false) => Notice::trouble((words.mixed)(&done, &refused.join("; "))),
            (None, _) => Notice::trouble(refused.join("; ")),
        }
    }

    /// Whom tickets were given to; of several each with how many: `Mika Kato 2, Taro Sato 1`.
    fn assigned_to(&self, batch: &Batch) -> String {
        let mut given: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, receipt) in &batch.done {
            *given.entry(receipt.ticket.assignee.as_ref().map_or("-", |a| a.name.as_str())).or_default() += 1;
        }
        let alone = given.len() < 2;
        let said: Vec<String> =
            given.into_iter().map(|(name, n)| if alone { name.to_owned() } else { format!("{name} {n}") }).collect();
        said.join(self.words.common.comma)
    }

    fn report_done(&self, batch: &Batch) -> String {
        let words = &self.words.verbs;
        let tickets: Vec<String> = batch.done.iter().map(|(t, _)| format!("#{t}")).collect();
        let what = self.name_all(&tickets);
        let Some((_, receipt)) = batch.done.last() else { return what };
        if let Some(label) = &batch.undoing {
            return if batch.redoing { (words.redone)(label) } else { (words.undone)(label) };
        }
        let row = &receipt.ticket;
        let other = receipt.other.as_ref().map(|o| format!("#{}", o.id)).unwrap_or_default();
        let status = (self.words.common.status)(row.status);
        let said = match batch.verb {
            Verb::Claim => (words.claimed)(&what),
            Verb::Release => (words.released)(&what),
            Verb::Assign => (words.assigned)(&what, &self.assigned_to(batch)),
            Verb::Steal => (words.stolen)(&what),
            Verb::Reply => {
                let said = (words.replied)(&what);
                return match receipt.delivery {
                    Some(Delivery::None) => format!("{what}: {}", self.words.compose.unmailed(receipt)),
                    _ => said,
                };
            }
            Verb::Note => return (words.noted)(&what),
            Verb::New => return (words.created)(&what),
            Verb::Status => (words.status_set)(&what, status),
            Verb::Priority => (words.priority_set)(&what, (self.words.common.priority)(row.priority)),
            Verb::Label => (words.labelled)(&what),
            Verb::Move => (words.moved)(&what, &row.queue),
            Verb::Subject => (words.subject_set)(&what),
            Verb::Requester => (words.requester_set)(&what),
            Verb::Split => (words.split_done)(&what, &other),
            Verb::Merge => (words.merged)(&what, &other),
            _ => what,
        };
        if !batch.can_undo {
            return said;
        }
        let key = self.keys.hint_for(&crate::action::Action::Undo, crate::action::Context::List);
        format!("{said} {} {}", self.theme.glyphs.dot, (words.undo_hint)(&key))
    }

    /// `#1042`, or `3 tickets`.
    fn name_all(&self, tickets: &[impl AsRef<str>]) -> String {
        match tickets {
            [one] => one.as_ref().to_owned(),
            many => (self.words.common.tickets)(many.len()),
        }
    }

    /// What an undo would name: `status of #1042`.
    fn label(&self, changes: &[Change]) -> Clean {
        let verb = changes.first().map_or("", |c| (self.words.common.verb)(c.verb()));
        let tickets: Vec<String> = changes.iter().map(about).collect();
        Clean::line(&format!("{verb} {}", self.name_all(&tickets)))
    }
}

/// What a change is about: `#1042`; a ticket that has no number yet goes by its subject.
pub(super) fn about(change: &Change) -> String {
    match (change.ticket(), change) {
        (Some(ticket), _) => format!("#{ticket}"),
        (None, Change::New(new)) => new.subject.clone(),
        (None, _) => String::new(),
    }
}

/// A moment so much later.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(jiff::SignedDuration::try_from(by).unwrap_or_default()).unwrap_or(now)
}

/// A change's text as a draft again.
pub(super) fn draft_of(change: &Change, id: String, now: Timestamp) -> Option<Draft> {
    let empty = Draft::new(id, DraftKind::Reply, change.ticket().cloned(), now);
    let people = |p: &[crate::domain::Requester]| p.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match change {
        Change::Reply { message, .. } | Change::Note { message, .. } => Some(Draft {
            kind: if matches!(change, Change::Note { .. }) { DraftKind::Note } else { DraftKind::Reply },
            text: message.text.clone(),
            to: people(&message.to),
            cc: people(&message.cc),
            bcc: people(&message.bcc),
            subject: message.subject.clone().unwrap_or_default(),
            files: message.files.clone(),
            seen: message.seen.clone(),
            ..empty
        }),
        Change::New(new) => Some(Draft {
            kind: DraftKind::New,
            text: new.text.clone(),
            to: new.requester.to_string(),
            subject: new.subject.clone(),
            queue: new.queue.to_string(),
            files: new.files.clone(),
            ..empty
        }),
        _ => None,
    }
}

/// What a desk adds to what it did, each once: that something was left out, or went another way.
fn remarks(batch: &Batch) -> Vec<&str> {
    let mut all: Vec<&str> = batch.done.iter().filter_map(|(_, r)| r.remark.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
