//! Questions: pickers and cards for actions that came without their argument.

use super::App;
use crate::action::targets::SPREAD;
use crate::action::{Action, Context};
use crate::domain::{Change, OutboxState, Priority, Status, TicketRow, order};
use crate::model::event::{DeskRow, WorkOf};
use crate::model::{Effect, Notice};
use crate::overlay::{Help, Overlay, Palette};
use crate::pane::{Card, Choice, Followup, Pick, PickItem, Purpose, Question};
use crate::text::width::{pad, width};
use crate::text::{Clean, time};

pub(super) fn choice(key: char, label: &str, then: Followup) -> Choice {
    Choice { key, label: Clean::line(label), then }
}

impl App {
    pub(super) fn pick(
        &mut self,
        title: &str,
        items: Vec<PickItem>,
        many: bool,
        free: bool,
        purpose: Purpose,
    ) -> Vec<Effect> {
        self.ask(Question::Pick(Pick { title: Clean::line(title), items, many, free, purpose }));
        Vec::new()
    }

    fn some_chosen(&mut self, count: Option<u32>) -> Option<Vec<TicketRow>> {
        let rows = self.chosen(count);
        if rows.is_empty() {
            self.no_ticket();
            return None;
        }
        // A count is spent here: the answer comes without one.
        if count.is_some() && self.stage == super::layout::Stage::List && !self.tickets.is_selecting() {
            self.tickets.choose(rows.iter().map(|r| r.id.clone()));
        }
        Some(rows)
    }

    /// Agents, least load first.
    pub(super) fn pick_agent(&mut self, count: Option<u32>) -> Vec<Effect> {
        let Some(rows) = self.some_chosen(count) else { return Vec::new() };
        let mut agents: Vec<_> = self.world.agents.iter().collect();
        agents.sort_by_key(|a| (!self.world.is_here(a), a.load.load, a.login.clone()));
        let spread = (rows.len() > 1).then(|| PickItem {
            value: SPREAD.to_owned(),
            label: Clean::line(self.words.verbs.spread),
            ..PickItem::default()
        });
        let items = agents
            .into_iter()
            .map(|a| PickItem {
                value: a.login.to_string(),
                label: Clean::line(&format!("{} ({})", a.name, a.login)),
                detail: Clean::line(&format!(
                    "{} {}",
                    a.load.load,
                    if self.world.is_here(a) { "" } else { self.words.screen.away }
                )),
                agent: Some(a.id.clone()),
                chosen: false,
            })
            .chain(spread)
            .collect();
        self.pick(self.words.verbs.ask_assign, items, false, false, Purpose::Argument("assign"))
    }

    /// The statuses an agent may set.
    pub(super) fn pick_status(&mut self, count: Option<u32>) -> Vec<Effect> {
        if self.some_chosen(count).is_none() {
            return Vec::new();
        }
        let items = Status::ALL
            .into_iter()
            .filter(|s| *s != Status::Snoozed)
            .map(|s| PickItem {
                value: s.word().to_owned(),
                label: Clean::line((self.words.common.status)(s)),
                ..PickItem::default()
            })
            .collect();
        self.pick(self.words.verbs.ask_status, items, false, false, Purpose::Argument("status"))
    }

    /// The priorities.
    pub(super) fn pick_priority(&mut self, count: Option<u32>) -> Vec<Effect> {
        if self.some_chosen(count).is_none() {
            return Vec::new();
        }
        let items = Priority::ALL
            .into_iter()
            .rev()
            .map(|p| PickItem {
                value: p.word().to_owned(),
                label: Clean::line((self.words.common.priority)(p)),
                ..PickItem::default()
            })
            .collect();
        self.pick(self.words.verbs.ask_priority, items, false, false, Purpose::Argument("priority"))
    }

    /// Labels: those that all chosen tickets bear are chosen from the start.
    pub(super) fn pick_labels(&mut self, count: Option<u32>) -> Vec<Effect> {
        let Some(rows) = self.some_chosen(count) else { return Vec::new() };
        let mut labels = self.world.labels.clone();
        labels.extend(rows.iter().flat_map(|r| r.labels.iter().cloned()));
        labels.sort();
        labels.dedup();
        let items = labels
            .into_iter()
            .map(|l| PickItem {
                value: l.to_string(),
                chosen: rows.iter().all(|r| r.labels.contains(&l)),
                label: l,
                ..PickItem::default()
            })
            .collect();
        self.pick(self.words.verbs.ask_labels, items, true, true, Purpose::Argument("label"))
    }

    /// My queues.
    pub(super) fn pick_queue(&mut self, count: Option<u32>) -> Vec<Effect> {
        if self.some_chosen(count).is_none() {
            return Vec::new();
        }
        let items = self
            .world
            .queues
            .iter()
            .map(|q| PickItem {
                value: q.name.to_string(),
                label: q.name.clone(),
                detail: Clean::line(&q.counts.open.to_string()),
                ..PickItem::default()
            })
            .collect();
        self.pick(self.words.verbs.ask_move, items, false, false, Purpose::Argument("move"))
    }

    /// Tickets of the same requester to merge into; any id can be typed.
    pub(super) fn pick_merge(&mut self, count: Option<u32>) -> Vec<Effect> {
        let Some(rows) = self.some_chosen(count) else { return Vec::new() };
        let email = rows.first().map(|r| r.requester.email.clone()).unwrap_or_default();
        let chosen: Vec<_> = rows.iter().map(|r| r.id.clone()).collect();
        let items = self
            .tickets
            .ids()
            .filter_map(|id| self.world.row(id))
            .filter(|r| r.requester.email == email && !email.is_empty() && !chosen.contains(&r.id))
            .map(|r| PickItem {
                value: r.id.to_string(),
                label: Clean::line(&format!("#{} {}", r.id, r.subject)),
                detail: r.requester.display().clone(),
                ..PickItem::default()
            })
            .collect();
        self.pick(self.words.verbs.ask_merge, items, false, true, Purpose::Argument("merge"))
    }

    pub(super) fn ask_subject(&mut self) -> Vec<Effect> {
        match self.current_row() {
            Some(row) => {
                self.prompt(self.words.verbs.ask_subject, row.subject.to_string(), Purpose::Argument("subject"))
            }
            None => self.no_ticket(),
        }
    }

    pub(super) fn ask_requester(&mut self) -> Vec<Effect> {
        match self.current_row() {
            Some(row) => {
                self.prompt(self.words.verbs.ask_requester, row.requester.to_string(), Purpose::Argument("requester"))
            }
            None => self.no_ticket(),
        }
    }

    /// Stealing asks, and names whom it is taken from.
    pub(super) fn ask_steal(&mut self, count: Option<u32>) -> Vec<Effect> {
        let Some(rows) = self.some_chosen(count) else { return Vec::new() };
        let held: Vec<&TicketRow> = rows.iter().filter(|r| r.assignee.is_some() && !self.world.is_mine(r)).collect();
        let Some(first) = held.first() else {
            // Nobody holds it: then it is no theft.
            return self.write(&Action::Claim, None);
        };
        let what = match held.as_slice() {
            [one] => format!("#{}", one.id),
            many => (self.words.common.tickets)(many.len()),
        };
        let mut names: Vec<String> =
            held.iter().filter_map(|r| r.assignee.as_ref().map(|a| a.name.to_string())).collect();
        names.sort();
        names.dedup();
        let words = &self.words.verbs;
        let since = first.assigned_at.map(|at| (self.words.thread.ago)(&time::age(at, self.now)));
        let card = Card {
            title: Clean::line(&(words.ask_steal)(&what, &names.join(self.words.common.comma))),
            lines: since.map(|s| Clean::line(&s)).into_iter().collect(),
            choices: vec![
                choice('n', self.words.common.no, Followup::Nothing),
                choice(
                    'y',
                    words.steal,
                    Followup::Submit(held.iter().map(|r| Change::Steal { ticket: r.id.clone() }).collect()),
                ),
            ],
        };
        self.ask(Question::Card(card));
        Vec::new()
    }

    pub(super) fn ask_undo(&mut self, title: &str) {
        let card = Card {
            title: Clean::line(title),
            lines: Vec::new(),
            choices: vec![
                choice('n', self.words.common.no, Followup::Nothing),
                choice('y', self.words.verbs.undo, Followup::Undo),
            ],
        };
        self.ask(Question::Card(card));
    }

    /// Leaves; asks while something has not left.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if !self.unsaved.is_empty() {
            return self.ask_quit_unsaved();
        }
        let waiting = self.world.pending.len();
        if waiting == 0 {
            let mut effects = self.let_go();
            self.quitting = true;
            effects.push(Effect::Quit);
            return effects;
        }
        let effects = self.save_draft();
        let words = &self.words.verbs;
        let held: Vec<Effect> =
            self.world.pending.iter().filter(|p| p.until.is_some()).map(|p| Effect::SendNow(p.id.clone())).collect();
        let mut choices = vec![choice('s', words.stay, Followup::Nothing)];
        if !held.is_empty() {
            let now = Followup::Effects(held.into_iter().chain([Effect::Quit]).collect());
            choices.push(choice('n', self.words.compose.send, now));
        }
        choices.push(choice('x', words.quit, Followup::Quit));
        self.ask(Question::Card(Card { title: Clean::line(&(words.ask_quit)(waiting)), lines: Vec::new(), choices }));
        effects
    }

    /// Leaving would lose texts that could not be written: they are tried once more, and it is asked.
    fn ask_quit_unsaved(&mut self) -> Vec<Effect> {
        let effects = self.save_typed();
        let words = &self.words.verbs;
        let title = Clean::line(&(words.ask_quit_unsaved)(self.unsaved.len()));
        let choices = vec![choice('s', words.stay, Followup::Nothing), choice('x', words.quit, Followup::Quit)];
        self.ask(Question::Card(Card { title, lines: Vec::new(), choices }));
        effects
    }

    /// The outbox: what has not left, to try again or to drop.
    pub(super) fn pick_outbox(&mut self) -> Vec<Effect> {
        let items: Vec<PickItem> = self
            .outbox
            .iter()
            .filter(|r| r.state != OutboxState::Sent)
            .map(|r| {
                let ticket = super::submit::about(&r.change);
                let verb = (self.words.common.verb)(r.change.verb());
                PickItem {
                    value: r.id.to_string(),
                    label: Clean::line(&format!(
                        "{} {verb} {ticket}",
                        pad(&Clean::line((self.words.common.outbox)(r.state)), 8)
                    )),
                    detail: Clean::line(&self.words.told(r.why.as_deref().unwrap_or_default())),
                    ..PickItem::default()
                }
            })
            .collect();
        self.pick(self.words.verbs.ask_outbox, items, false, false, Purpose::Outbox)
    }

    /// The configured desks, with what waits on each.
    pub(super) fn pick_desk(&mut self, rows: Vec<DeskRow>) -> Vec<Effect> {
        let words = &self.words.verbs;
        let items = rows
            .into_iter()
            .map(|row| {
                let waits = [(row.waiting, words.changes_wait), (row.drafts, words.drafts_wait)];
                let waits = waits.iter().filter(|(n, _)| *n > 0).map(|(n, said)| said(*n));
                let said: Vec<String> = waits.chain([row.about.to_string()]).collect();
                PickItem {
                    value: row.name.to_string(),
                    chosen: row.name == self.world.desk,
                    detail: Clean::line(&said.join(" · ")),
                    label: row.name,
                    ..PickItem::default()
                }
            })
            .collect();
        self.pick(self.words.verbs.ask_desk, items, false, false, Purpose::Argument("desk"))
    }

    /// What I hold on all desks, what needs a hand first: the chosen one is opened on its desk.
    pub(super) fn pick_work(&mut self, desks: Vec<WorkOf>) -> Vec<Effect> {
        let (verbs, common) = (&self.words.verbs, &self.words.common);
        // Who asked and waited gets it, also beside a text that is open.
        let went_on = self.typed != self.work_asked;
        if went_on && self.is_in_hand() {
            let key = self.keys.hint_for(&Action::AllWork, Context::List);
            return self.say(Notice::hint((verbs.desk_ready)(verbs.ask_work, &key)));
        }
        let stale: Vec<String> = desks
            .iter()
            .filter_map(|of| {
                let (why, at) = of.stale.as_ref()?;
                let at = at.map(|at| (self.words.screen.as_of)(&time::absolute(at, &self.tz)));
                let said = [Some(of.desk.to_string()), at].into_iter().flatten().collect::<Vec<_>>().join(" ");
                Some(format!("{said}: {}", self.words.told(why)))
            })
            .collect();
        let mut rows: Vec<(&Clean, TicketRow)> =
            desks.iter().flat_map(|of| of.rows.iter().map(move |row| (&of.desk, row.clone()))).collect();
        // They are mine, whatever I am called on each desk.
        rows.sort_by_cached_key(|(_, row)| order::place(row, row.assignee.as_ref().map(|me| &me.id)));
        self.notice = match (stale.is_empty(), rows.is_empty()) {
            (false, _) => Some(Notice::trouble(stale.join("; "))),
            (true, true) => Some(Notice::hint(verbs.no_work)),
            // What was refused stays until the next key.
            (true, false) => self.refusals.clone(),
        };
        // Who asked twice has one list.
        if matches!(self.overlays.last(), Some(Overlay::Picker(p)) if p.pick().title.as_str() == verbs.ask_work) {
            self.overlays.pop();
            self.uninvited = Some(self.now);
        }
        if rows.is_empty() {
            return Vec::new();
        }
        if went_on {
            // The next key is not meant for what opens now.
            self.uninvited = Some(self.now);
        }
        let name = |desk: &Clean, row: &TicketRow| Clean::line(&format!("{desk} #{}", row.id));
        let widest = rows.iter().map(|(desk, row)| width(&name(desk, row))).max().unwrap_or_default();
        let items = rows
            .into_iter()
            .map(|(desk, row)| {
                let since = row.waiting_since.filter(|_| row.on_us).unwrap_or(row.updated_at);
                let detail = [
                    row.requester.display().to_string(),
                    (common.status)(row.status).to_owned(),
                    time::age(since, self.now),
                ];
                let detail: Vec<String> = detail.into_iter().filter(|d| !d.is_empty()).collect();
                PickItem {
                    value: format!("{desk}:{}", row.id),
                    label: Clean::line(&format!("{}  {}", pad(&name(desk, &row), widest), row.subject)),
                    detail: Clean::line(&detail.join(" · ")),
                    ..PickItem::default()
                }
            })
            .collect();
        self.pick(verbs.ask_work, items, false, false, Purpose::Argument("desk"))
    }

    /// What to do with one change of the outbox.
    pub(super) fn ask_outbox(&mut self, id: &str) -> Vec<Effect> {
        let Some(row) = self.outbox.iter().find(|r| r.id.as_str() == id).cloned() else { return Vec::new() };
        let words = &self.words.verbs;
        let ticket = super::submit::about(&row.change);
        let what = format!("{} {ticket}", (self.words.common.verb)(row.change.verb()));
        let mut lines: Vec<Clean> = row.why.iter().map(|why| Clean::line(&self.words.told(why))).collect();
        if let Change::Reply { message, .. } | Change::Note { message, .. } = &row.change {
            lines.extend(Clean::text(&message.text).rows().take(4));
        }
        let mut choices = vec![
            choice('q', self.words.common.back, Followup::Nothing),
            choice('r', words.retry, Followup::Effects(vec![Effect::OutboxRetry(row.id.clone())])),
        ];
        if row.change.carries_text() && row.state == OutboxState::Failed {
            choices.push(choice('e', self.words.compose.edit, Followup::Edit(row.id.clone())));
        }
        choices.push(choice('d', words.drop, Followup::Effects(vec![Effect::OutboxDrop(row.id.clone())])));
        self.ask(Question::Card(Card { title: Clean::line(&what), lines, choices }));
        Vec::new()
    }

    /// The first start asks once whose keys the agent knows.
    pub(super) fn ask_keys(&mut self) {
        let words = &self.words.first;
        let choice = |key, label: &str, name: &'static str| choice(key, label, Followup::Keymap(name));
        let card = Card {
            title: Clean::line(words.which_keys),
            lines: vec![Clean::line(words.welcome), Clean::line(words.later)],
            choices: vec![
                choice('2', words.vim, "vim"),
                choice('1', words.arrows, "plain"),
                choice('3', words.emacs, "emacs"),
            ],
        };
        self.ask(Question::Card(card));
    }

    pub(super) fn open_help(&mut self) -> Vec<Effect> {
        let context = self.context();
        self.overlays.push(Overlay::Help(Help::new(context)));
        Vec::new()
    }

    pub(super) fn open_palette(&mut self) -> Vec<Effect> {
        let context = self.context();
        self.overlays.push(Overlay::Palette(Palette::new(context)));
        Vec::new()
    }
}
