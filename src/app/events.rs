//! News from outside: the desk's answers and events, the disk's, the timers'.

use std::collections::HashSet;

use jiff::Timestamp;

use super::layout::Stage;
use super::{App, ctx};
use crate::domain::{Cursor, DeskError, DeskView, Draft, Page, Query, Thread, TicketId, TicketRow, Update, UpdateKind};
use crate::model::{Effect, Event, ImportReport, Link, Notice, Timer};
use crate::text::Clean;

impl App {
    pub(super) fn event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Opened { query, kept, result } => match result {
                Ok(view) => self.opened(&query, kept, *view),
                Err(error) => {
                    self.tickets.failed(&query, Clean::line(&self.words.desk_error(&error)));
                    self.trouble(&error);
                    Vec::new()
                }
            },
            Event::Loaded { query, after, kept, result } => match result {
                Ok(page) => self.loaded(&query, after.as_ref(), kept, page),
                Err(error) => {
                    self.tickets.failed(&query, Clean::line(&self.words.desk_error(&error)));
                    self.trouble(&error);
                    if query == *self.tickets.query() && query.text.is_some() && error.is_retryable() {
                        // The desk cannot search now; what is found on this machine is not all there is.
                        self.notice =
                            Some(Notice::trouble((self.words.screen.searched_here)(&self.words.desk_error(&error))));
                    }
                    Vec::new()
                }
            },
            Event::Thread { ticket, kept, result } => match result {
                Ok(thread) => self.took_thread(*thread, kept),
                Err(error) => {
                    self.thread.failed(&ticket, Clean::line(&self.words.desk_error(&error)));
                    self.comes_not(&ticket);
                    // A thread that is here already stays; only what cannot be shown at all is said.
                    if self.world.thread(&ticket).is_none() || !error.is_retryable() {
                        self.notice = Some(Notice::trouble((self.words.verbs.refused)(
                            &format!("#{ticket}"),
                            &self.words.desk_error(&error),
                        )));
                    }
                    self.link_trouble(&error);
                    Vec::new()
                }
            },
            Event::Timeline { email, result } => {
                match result {
                    Ok(page) if self.timeline.email() == email => {
                        for row in &page.rows {
                            self.world.take_row(row.clone());
                        }
                        self.timeline.took(page.rows);
                    }
                    Ok(_) => {}
                    Err(error) => self.trouble(&error),
                }
                Vec::new()
            }
            Event::Accepted(id) => self.accepted(&id),
            Event::NotAccepted { id, change, why } => {
                let error = DeskError::NotPossible { why: why.clone() };
                let mut effects = self.refused(&id, *change, error);
                // It never was in the outbox.
                effects.retain(|e| !matches!(e, Effect::OutboxDrop(_)));
                self.returned.retain(|(change, _)| *change != id);
                self.notice = Some(Notice::trouble(self.words.told(&why)));
                effects
            }
            Event::Applied { id, change, receipt } => self.applied(&id, &change, *receipt),
            Event::Refused { id, change, error } => self.refused(&id, *change, error),
            Event::Waiting { id, error } => {
                for pending in self.world.pending.iter_mut().filter(|p| p.id == id) {
                    pending.stuck = true;
                    pending.until = None;
                    let what = super::submit::about(&pending.change);
                    self.notice = Some(Notice::trouble((self.words.verbs.waits)(&what)));
                }
                self.link_trouble(&error);
                Vec::new()
            }
            Event::Unsent { id, change } => self.unsent(&id, change.map(|c| *c)),
            Event::Outbox(rows) => {
                self.outbox = rows;
                if std::mem::take(&mut self.outbox_asked) {
                    return self.pick_outbox();
                }
                self.left_over();
                Vec::new()
            }
            Event::Steps(rows) => {
                self.undo.restore(rows);
                Vec::new()
            }
            Event::Drafts(rows) => self.took_drafts(rows),
            Event::DraftHeld { id, hold, unsaved } => self.draft_held(&id, hold, unsaved.map(|d| *d)),
            Event::DraftSaved { id, at } => {
                self.unsaved.remove(&id);
                if let Some(row) = self.drafts.iter_mut().find(|r| r.draft.id == id) {
                    row.draft.saved_at = Some(at);
                }
                if let Some(composer) = self.composer.as_mut().filter(|c| c.id() == id) {
                    // What said that it is not saved is not true any more.
                    if composer.saved(at) {
                        self.notice = self.refusals.clone();
                    }
                }
                self.is_kept(&id)
            }
            Event::DraftFailed { id, why } => {
                if self.thrown_away.contains(&id) {
                    return Vec::new();
                }
                self.unsaved.insert(id.clone());
                let why = Clean::line(&self.words.told(&why));
                self.notice = Some(Notice::trouble((self.words.compose.not_saved)(&why)));
                if let Some(composer) = self.composer.as_mut().filter(|c| c.id() == id) {
                    composer.not_saved(why);
                }
                Vec::new()
            }
            Event::Arrived(update) => self.arrived(*update),
            Event::Woke => self.read_again(),
            Event::Live => {
                // Nothing came yet, or the list that is shown could not be had while the desk was away.
                let again = !self.world.is_confirmed() || self.tickets.is_failed();
                // What waited for the desk goes on waiting until the desk has said something about it.
                let away = self.world.link.is_away();
                for pending in self.world.pending.iter_mut().filter(|p| away && p.until.is_none()) {
                    pending.stuck = true;
                }
                self.world.link = Link::Live;
                let list = again.then(|| Effect::Open(self.tickets.query().clone()));
                list.into_iter().chain(self.catch_up()).collect()
            }
            Event::Lost(error) => {
                self.link_trouble(&error);
                Vec::new()
            }
            Event::Desks(rows) => self.pick_desk(rows),
            Event::AllWork(desks) => self.pick_work(desks),
            Event::DeskReady(desk) => {
                let key = self.keys.hint_for(&crate::action::Action::Desk(None), crate::action::Context::List);
                self.say(Notice::hint((self.words.verbs.desk_ready)(&desk, &key)))
            }
            Event::RefusedElsewhere { desk, change, error } => {
                let verb = (self.words.common.verb)(change.verb());
                let what = format!("{verb} {}", super::submit::about(&change));
                let why = self.words.desk_error(&error);
                self.say(Notice::trouble((self.words.verbs.refused_elsewhere)(&desk, &what, &why)))
            }
            Event::Yanked(Ok(what)) => self.say(Notice::done((self.words.verbs.yanked)(&what))),
            Event::Yanked(Err(why)) | Event::Saved(Err(why)) | Event::Failed(why) => {
                self.say(Notice::trouble(self.words.told(&why)))
            }
            Event::UrlOpened(Ok(())) => self.say(Notice::done((self.words.verbs.opened_url)(""))),
            // No browser on this host: the address goes to the clipboard of the person's own terminal, and is shown.
            Event::UrlOpened(Err(url)) => vec![Effect::Yank { what: url.clone(), text: url }],
            Event::Saved(Ok(path)) => {
                self.say(Notice::done((self.words.verbs.saved_file)(&Clean::line(&path.to_string_lossy()))))
            }
            Event::Attached { draft, result } => {
                match (result, self.composer.as_mut().filter(|c| c.id() == draft)) {
                    (Ok(_), Some(composer)) if composer.is_frozen() => self.say_frozen(),
                    (Ok(file), Some(composer)) => composer.attach(file),
                    (Ok(_), None) => {}
                    (Err(why), _) => self.notice = Some(Notice::trouble(&why)),
                }
                Vec::new()
            }
            Event::Edited { draft, result } => {
                match (result, self.composer.as_mut().filter(|c| c.id() == draft)) {
                    (Ok(text), Some(composer)) if composer.is_frozen() => {
                        let edited = Draft { text, ..composer.snapshot() };
                        return self.keep_beside(Some(edited));
                    }
                    (Ok(text), Some(composer)) => {
                        composer.set_text(&text);
                        return self.save_draft();
                    }
                    (Ok(_), None) => {}
                    (Err(why), _) => self.notice = Some(Notice::trouble(&why)),
                }
                Vec::new()
            }
            Event::Importing { done } => self.say(Notice::hint((self.words.verbs.importing)(done))),
            Event::ImportDone(Ok(report)) => self.imported(&report),
            Event::ImportDone(Err(why)) => self.say(Notice::trouble(self.words.told(&why))),
            Event::Requesters(_) => Vec::new(),
            Event::Rang(timer) => self.rang(timer),
            Event::Terminate => {
                self.quitting = true;
                let mut effects = self.let_go();
                effects.push(Effect::Quit);
                effects
            }
        }
    }

    pub(super) fn say(&mut self, notice: Notice) -> Vec<Effect> {
        self.notice = Some(notice);
        Vec::new()
    }

    fn opened(&mut self, query: &Query, kept: Option<Timestamp>, view: DeskView) -> Vec<Effect> {
        if kept.is_some() && self.world.is_confirmed() {
            return Vec::new();
        }
        if kept.is_none() && matches!(self.world.link, Link::Limited { until } if until <= self.now) {
            for pending in self.world.pending.iter_mut().filter(|p| p.until.is_none()) {
                pending.stuck = true;
            }
            self.world.link = Link::Live;
        }
        let ids: Vec<TicketId> = view.tickets.iter().map(|t| t.id.clone()).collect();
        let next = view.next.clone();
        let preview = view.preview.as_ref().map(|t| t.ticket.id.clone());
        match kept {
            Some(at) => self.world.take_kept_view(view, at),
            None => self.world.take_view(view, self.now),
        }
        self.theme.learn(&self.world.agents);
        let ctx = ctx!(self);
        let mut effects = match kept {
            Some(_) => self.tickets.took_kept(query, ids, next, &ctx),
            None => self.tickets.took_page(query, None, ids, next, &ctx),
        };
        self.forget_rows();
        let resting = |e: &Effect| matches!(e, Effect::After(_, Timer::Preview(_)));
        if self.stage == Stage::List
            && let Some(ticket) = preview.or_else(|| self.tickets.current())
            && self.thread.ticket().is_none()
        {
            self.thread.show(ticket, &self.world);
            effects.retain(|e| !resting(e));
        }
        // The first row's preview came with the same answer, so that starting costs one request; of a desk that sends none it is asked
        // for once the list stands.
        let lacks = |ticket| self.world.thread(ticket).is_none() || self.world.is_behind(ticket);
        let previews = kept.is_none() && self.stage == Stage::List;
        if previews && self.thread.ticket().is_some_and(lacks) && !effects.iter().any(resting) {
            effects.extend(self.tickets.rest());
        }
        effects
    }

    fn loaded(
        &mut self,
        query: &Query,
        after: Option<&Cursor>,
        kept: Option<Timestamp>,
        page: Page<TicketRow>,
    ) -> Vec<Effect> {
        let ids: Vec<TicketId> = page.rows.iter().map(|t| t.id.clone()).collect();
        for row in page.rows {
            match kept {
                Some(_) => self.world.take_kept_row(row),
                None => self.world.take_row(row),
            }
        }
        if kept.is_none() {
            self.world.as_of = Some(self.now);
        }
        let ctx = ctx!(self);
        let effects = match (kept, after) {
            (Some(_), None) => self.tickets.took_kept(query, ids, page.next, &ctx),
            _ => self.tickets.took_page(query, after, ids, page.next, &ctx),
        };
        self.forget_rows();
        effects
    }

    /// Rows that no list and no thread needs are forgotten, so that memory holds windows and not the desk.
    fn forget_rows(&mut self) {
        let held: HashSet<&TicketId> = self.tickets.held().collect();
        self.world.keep_rows(|id| held.contains(id));
    }

    fn took_thread(&mut self, thread: Thread, kept: Option<Timestamp>) -> Vec<Effect> {
        let id = thread.ticket.id.clone();
        let merged = thread.ticket.merged_into.clone();
        match kept {
            Some(_) => self.world.take_kept_thread(thread),
            None => self.world.take_thread(thread),
        }
        let ctx = ctx!(self);
        let mut effects = self.tickets.settle(&id, true, &ctx);
        if let Some(target) = merged.filter(|_| self.thread.ticket() == Some(&id) && self.is_reading()) {
            if self.composer.as_ref().is_some_and(|c| c.ticket() == Some(&id)) {
                return self.compare_composer();
            }
            return self.open_ticket(target);
        }
        if self.composer.as_ref().is_some_and(|c| c.ticket() == Some(&id)) {
            effects.extend(self.compare_composer());
        }
        effects
    }

    /// News were missed: the list and the open thread are read anew.
    fn read_again(&self) -> Vec<Effect> {
        let open = self.thread.ticket().filter(|t| self.world.thread(t).is_some());
        let thread = open.map(|t| Effect::Thread { ticket: t.clone(), reading: self.is_reading() });
        std::iter::once(Effect::Open(self.tickets.query().clone())).chain(thread).collect()
    }

    /// The thread on the screen lacks what its row tells of: the desk is asked, and not what this machine remembers.
    fn catch_up(&self) -> Option<Effect> {
        let ticket = self.thread.ticket().filter(|t| self.world.is_behind(t))?.clone();
        Some(Effect::Thread { ticket, reading: true })
    }

    fn arrived(&mut self, update: Update) -> Vec<Effect> {
        self.world.as_of = Some(self.now);
        self.world.link = Link::Live;
        if update.kind == UpdateKind::Resync {
            return self.read_again();
        }
        if let Some(totals) = update.totals {
            self.world.totals = totals;
        }
        for queue in &update.queues {
            match self.world.queues.iter_mut().find(|q| q.id == queue.id) {
                Some(known) => *known = queue.clone(),
                None => self.world.queues.push(queue.clone()),
            }
        }
        for agent in update.agents.iter().cloned() {
            self.world.take_agent(agent);
        }
        self.theme.learn(&self.world.agents);
        let Some(row) = update.ticket.clone() else {
            // It moved to a queue that is not mine.
            if let Some(event) = &update.event {
                self.world.forget(&event.ticket);
                let ctx = ctx!(self);
                return self.tickets.settle(&event.ticket, false, &ctx);
            }
            return Vec::new();
        };
        let id = row.id.clone();
        let stranger = self.world.confirmed(&id).is_none();
        let was_behind = self.world.is_behind(&id);
        self.world.take_row(row);
        let mine = update.message.as_ref().filter(|m| m.agent.is_some() && m.agent.as_ref() == self.world.my_id());
        let read = mine.and_then(|m| self.world.wrote(&id, &m.id));
        // A desk that is asked for news tells that something happened, and not what.
        if update.event.is_some() || update.message.is_some() {
            self.world.grew(&id, was_behind);
        }
        if let Some(thread) = self.world.thread_mut(&id) {
            if let Some(event) = &update.event
                && !thread.events.iter().any(|e| e.id == event.id)
            {
                thread.events.push(event.clone());
            }
            if let Some(message) = &update.message
                && !thread.messages.iter().any(|m| m.id == message.id)
            {
                thread.messages.push(message.clone());
                // News may overtake each other on a bad line.
                thread.messages.sort_by_key(|m| m.number);
            }
        }
        if let (Some(composer), Some(message)) = (&mut self.composer, &update.message)
            && composer.ticket() == Some(&id)
            && (message.agent.is_none() || message.agent.as_ref() != self.world.my_id())
        {
            composer.arrived(message);
        }
        let ctx = ctx!(self);
        let mut effects = self.tickets.took_update(&update, &ctx);
        effects.extend(read.map(|bookmark| Effect::Read(id.clone(), bookmark)));
        if self.thread.ticket() == Some(&id) {
            effects.extend(self.catch_up());
        }
        if self.composer.as_ref().is_some_and(|c| c.ticket() == Some(&id)) && self.merged_into(&id).is_some() {
            effects.extend(self.compare_composer());
        }
        if stranger && !self.tickets.holds(&id) {
            self.forget_rows();
        }
        effects
    }

    fn rang(&mut self, timer: Timer) -> Vec<Effect> {
        match timer {
            Timer::Preview(n) => match self.tickets.rested(n) {
                Some(ticket) if self.stage == Stage::List && self.areas.wide => {
                    self.thread.show(ticket.clone(), &self.world);
                    let mut effects = Vec::new();
                    if !self.world.has_fresh_thread(&ticket) {
                        effects.push(Effect::Thread { ticket, reading: false });
                    }
                    // Somebody who reads on will want these next.
                    let next: Vec<TicketId> =
                        self.tickets.coming().filter(|id| self.world.thread(id).is_none()).cloned().collect();
                    if !next.is_empty() && self.world.link == Link::Live {
                        effects.push(Effect::Preload(next));
                    }
                    effects
                }
                _ => Vec::new(),
            },
            Timer::DraftDue(id) => {
                self.draft_timer = false;
                if self.composer.as_ref().is_some_and(|c| c.id() == id) { self.save_draft() } else { Vec::new() }
            }
            Timer::DraftWatch => self.watch_rang(),
            Timer::Countdown => {
                self.countdown = false;
                let now = self.now;
                for pending in &mut self.world.pending {
                    if pending.until.is_some_and(|u| u <= now) {
                        pending.until = None;
                    }
                }
                match self.world.link {
                    // The silence is over: whoever was refused asks again, the list first.
                    Link::Limited { until } if until <= now => {
                        std::iter::once(Effect::Open(self.tickets.query().clone())).chain(self.catch_up()).collect()
                    }
                    _ => Vec::new(),
                }
            }
            Timer::WhichKey(n) => {
                self.which_key_shown = self.which_key_due(n);
                Vec::new()
            }
        }
    }

    fn trouble(&mut self, error: &DeskError) {
        self.notice = Some(Notice::trouble(self.words.desk_error(error)));
        self.link_trouble(error);
    }

    /// What an error says about the line. The list stays as it is.
    fn link_trouble(&mut self, error: &DeskError) {
        match error {
            DeskError::Limited { retry_after } => {
                let wait = retry_after.unwrap_or(std::time::Duration::from_secs(30));
                self.world.link = Link::Limited { until: super::submit::later(self.now, wait) };
            }
            DeskError::Unreachable { .. } | DeskError::Unavailable { .. } | DeskError::Garbled { .. }
                if !matches!(self.world.link, Link::Offline { .. }) =>
            {
                let since = self.world.as_of.unwrap_or(self.now);
                self.world.link = Link::Offline { since, why: Clean::line(&self.words.desk_error(error)) };
            }
            DeskError::Unauthenticated { .. } => {
                self.notice = Some(Notice::trouble(self.words.desk_error(error)));
                self.world.link = Link::Offline { since: self.now, why: Clean::line(&self.words.desk_error(error)) };
            }
            _ => {}
        }
    }

    fn imported(&mut self, report: &ImportReport) -> Vec<Effect> {
        let said = (self.words.verbs.imported)(report.messages, report.tickets, report.already, report.broken.len());
        let text = match report.broken.first() {
            Some(broken) => format!("{said}: {} ({})", broken.file, self.words.told(&broken.why)),
            None => said,
        };
        self.notice = Some(if report.broken.is_empty() { Notice::done(text) } else { Notice::trouble(text) });
        vec![Effect::Open(self.tickets.query().clone())]
    }

    /// Changes an earlier process left in the outbox are shown as pending, so that the screen is true.
    fn left_over(&mut self) {
        use crate::domain::OutboxState;
        for row in &self.outbox {
            let known = self.world.pending.iter().any(|p| p.id == row.id);
            if !known && matches!(row.state, OutboxState::Waiting | OutboxState::Unknown) {
                self.world.pending.push(crate::model::Pending {
                    id: row.id.clone(),
                    change: row.change.clone(),
                    until: (row.not_before > self.now).then_some(row.not_before),
                    window: None,
                    stuck: row.why.is_some(),
                });
            }
        }
    }
}
