//! What an action does: lists and panes, tickets, the program. What only one pane knows goes to that pane.

use super::layout::{Focus, Stage};
use super::{App, ctx};
use crate::action::targets::{self, Names, Refusal};
use crate::action::{Action, Context};
use crate::domain::{Change, DraftKind, Support, TicketId, TicketRow, Verb};
use crate::model::{Effect, Notice, View};
use crate::pane::queues;
use crate::pane::split::SplitPane;
use crate::pane::timeline::Timeline;
use crate::pane::{Act, Prompt, Purpose, Question, Wide};
use crate::text::Clean;

impl App {
    /// Does an action. The only way in for keys, the `:` line, the palette and cards.
    pub(super) fn act(&mut self, action: &Action, count: Option<u32>) -> Vec<Effect> {
        if self.waits(action, count) {
            return Vec::new();
        }
        // The split screen keeps its own subject, queue and assignee until it is confirmed.
        let splitting = self.focus == Focus::Stage && self.stage == Stage::Split;
        if splitting && !matches!(action, Action::Quit | Action::Help | Action::CommandLine | Action::Palette) {
            let act = self.act_pane(action, count);
            if !matches!(act, Act::Ignored) {
                return self.after(act);
            }
        }
        if let Some(verb) = action.verb()
            && self.refuses(verb)
        {
            return Vec::new();
        }
        match action {
            Action::Nothing => Vec::new(),
            Action::Quit => self.quit(),
            Action::Suspend => {
                let mut effects = self.save_draft();
                effects.push(Effect::Suspend);
                effects
            }
            Action::Redraw => vec![Effect::Redraw],
            Action::Help => self.open_help(),
            Action::Palette => self.open_palette(),
            Action::CommandLine => {
                self.ask(Question::Command(String::new()));
                Vec::new()
            }
            Action::Desk(None) | Action::AllWork if self.world.desks.len() < 2 => {
                self.notice = Some(Notice::hint(self.words.verbs.one_desk));
                Vec::new()
            }
            Action::Desk(None) => vec![Effect::Desks],
            Action::AllWork => {
                self.notice = Some(Notice::hint((self.words.verbs.desks_asked)(self.world.desks.len())));
                self.work_asked = self.typed;
                vec![Effect::AllWork]
            }
            Action::Desk(Some(name)) => self.change_desk(name),
            Action::Log => {
                self.notice = Some(Notice::hint(&self.log));
                Vec::new()
            }
            Action::PaneNext
            | Action::PanePrev
            | Action::PaneLeft
            | Action::PaneRight
            | Action::PaneUp
            | Action::PaneDown => self.move_focus(action),
            Action::ViewAll => self.show(View::All),
            Action::ViewMine => self.show(View::Mine),
            Action::ViewUnassigned => self.show(View::Unassigned),
            Action::ViewLate => self.show(View::Late),
            Action::ViewSnoozed => self.show(View::Snoozed),
            Action::ViewDrafts => self.list_drafts(),
            Action::ViewOutbox => {
                self.outbox_asked = true;
                vec![Effect::Outbox]
            }
            Action::Queue(_) | Action::QueueNext | Action::QueuePrev => self.go_queue(action, count),
            Action::Reload => {
                let mut effects = vec![Effect::Open(self.tickets.query().clone())];
                effects.extend(self.tickets.reload());
                effects.truncate(1);
                effects
            }
            Action::SearchDesk(Some(words)) if words.trim().is_empty() => self.show(View::All),
            Action::SearchDesk(Some(words)) => self.show(View::Search(words.trim().to_owned())),
            Action::SearchDesk(None) => {
                self.prompt(self.words.verbs.ask_search_desk, String::new(), Purpose::Argument("search-desk"))
            }
            Action::Search(None) => self.prompt(self.words.verbs.ask_search, String::new(), Purpose::Search),
            Action::Filter(None) => self.prompt(self.words.verbs.ask_filter, String::new(), Purpose::Filter),
            Action::Filter(Some(line)) => {
                let ctx = ctx!(self);
                self.tickets.set_filter(line, &ctx)
            }
            Action::ByRequester => match self.current_row().map(|r| r.requester.email.to_string()) {
                Some(email) if !email.is_empty() => self.show(View::Requester(email)),
                _ => self.nothing_here(),
            },
            Action::Timeline => self.open_timeline(),
            Action::Alternate => self.alternate(),
            Action::Back if self.composer.is_none() || self.focus != Focus::Composer => self.back(),
            Action::Reply => self.compose(DraftKind::Reply, false, false),
            Action::ReplyAll => self.compose(DraftKind::Reply, true, false),
            Action::Note => self.compose(DraftKind::Note, false, true),
            Action::New => self.compose(DraftKind::New, false, true),
            Action::SendCard
            | Action::Send
            | Action::Write
            | Action::LeaveKeep
            | Action::Discard
            | Action::Editor
            | Action::Attach(Some(_))
            | Action::ReadThread
            | Action::Back => self.act_composer(action),
            Action::Attach(None) => self.prompt(self.words.verbs.ask_attach, String::new(), Purpose::Attach),
            Action::Unsend => self.unsend(),
            Action::Undo => self.undo(false),
            Action::Redo => self.redo(),
            Action::Repeat => self.repeat(count),
            Action::Split => self.begin_split(),
            Action::Steal => self.ask_steal(count),
            Action::Assign(None) => self.pick_agent(count),
            Action::Status(None) => self.pick_status(count),
            Action::Priority(None) => self.pick_priority(count),
            Action::Label(None) => self.pick_labels(count),
            Action::MoveTo(None) => self.pick_queue(count),
            Action::Merge(None) => self.pick_merge(count),
            Action::Subject(None) => self.ask_subject(),
            Action::Requester(None) => self.ask_requester(),
            Action::Claim
            | Action::Release
            | Action::Assign(Some(_))
            | Action::Status(Some(_))
            | Action::Done
            | Action::Close
            | Action::Priority(Some(_))
            | Action::Label(Some(_))
            | Action::MoveTo(Some(_))
            | Action::Subject(Some(_))
            | Action::Requester(Some(_))
            | Action::Merge(Some(_)) => self.write(action, count),
            Action::YankId => self.yank_id(),
            Action::YankLink => self.yank_link(),
            Action::YankMessage => self.yank_message(),
            Action::Import(Some(paths)) => self.import(paths),
            Action::Import(None) => {
                self.prompt(self.words.verbs.ask_import, String::new(), Purpose::Argument("import"))
            }
            _ => {
                let act = self.act_pane(action, count);
                self.after(act)
            }
        }
    }

    /// Says so when the desk cannot do it: no composer, picker or question is opened for nothing.
    pub(super) fn refuses(&mut self, verb: Verb) -> bool {
        let Support::Impossible { why } = self.world.support(verb) else { return false };
        let verb = (self.words.common.verb)(verb);
        self.notice = Some(Notice::trouble((self.words.verbs.impossible)(verb, &self.words.told(&why))));
        true
    }

    /// Asks for another desk (`shop`), or for a ticket of one (`shop:1042`); this one stays until that one is there.
    fn change_desk(&mut self, typed: &str) -> Vec<Effect> {
        let words = &self.words.verbs;
        let is_desk = |name: &str| self.world.desks.iter().any(|d| d.as_str() == name);
        let (name, open) = match typed.split_once(':').filter(|(name, _)| !is_desk(typed) && is_desk(name)) {
            Some((name, id)) => (name, Some(TicketId::new(id))),
            None => (typed, None),
        };
        if self.world.desk.as_str() == name {
            if let Some(ticket) = open {
                return self.open_ticket(ticket);
            }
            self.notice = Some(Notice::hint((words.desk_here)(name)));
            return Vec::new();
        }
        if !is_desk(name) {
            self.notice = Some(Notice::trouble((words.no_such_desk)(name)));
            return Vec::new();
        }
        self.notice = Some(Notice::hint((words.desk_opens)(name)));
        vec![Effect::ChangeDesk { name: name.to_owned(), open }]
    }

    /// Gives an action to the pane that has the keys.
    fn act_pane(&mut self, action: &Action, count: Option<u32>) -> Act {
        let ctx = ctx!(self);
        match (self.focus, self.stage) {
            (Focus::Queues, _) => self.queues.act(action, count, &ctx),
            (Focus::Team, _) => self.team.act(action, count, &ctx),
            (Focus::Stage, Stage::Timeline) => self.timeline.act(action, count, &ctx),
            (Focus::Stage, Stage::Split) => match &mut self.split {
                Some(split) => split.act(action, count, &ctx),
                None => Act::Ignored,
            },
            (Focus::Stage | Focus::Composer, _) => self.thread.act(action, count, &ctx),
            (Focus::List, _) => match self.tickets.act(action, count, &ctx) {
                // Links and files belong to the thread that is shown beside the list.
                Act::Ignored if self.areas.wide => self.thread.act(action, count, &ctx),
                act => act,
            },
        }
    }

    /// Takes a pane's answer.
    pub(super) fn after(&mut self, act: Act) -> Vec<Effect> {
        match act {
            Act::Ignored => {
                self.notice = Some(Notice::hint(self.words.verbs.not_here));
                Vec::new()
            }
            Act::Done(effects) => effects,
            Act::Say(notice) => {
                self.notice = Some(notice);
                Vec::new()
            }
            Act::Ask(question) => {
                self.ask(question);
                Vec::new()
            }
            Act::Wide(Wide::OpenTicket(ticket)) => self.open_ticket(ticket),
            Act::Wide(Wide::Show(view)) => self.show(view),
            Act::Wide(Wide::Submit(changes)) => {
                if self.stage == Stage::Split {
                    self.split = None;
                    self.stage = Stage::Thread;
                }
                self.submit(changes)
            }
            Act::Wide(Wide::Compose(kind)) => self.compose(kind, false, false),
            Act::Wide(Wide::Back) => self.back(),
        }
    }

    /// Shows a list.
    pub(super) fn show(&mut self, view: View) -> Vec<Effect> {
        self.stage = Stage::List;
        self.focus = Focus::List;
        self.split = None;
        let effects = self.tickets.show(view);
        let ctx = ctx!(self);
        self.queues.follow(self.tickets.view(), &ctx);
        effects
    }

    fn go_queue(&mut self, action: &Action, count: Option<u32>) -> Vec<Effect> {
        let ctx = ctx!(self);
        let view = match action {
            Action::Queue(n) => queues::nth(count.unwrap_or(*n), &ctx),
            Action::QueueNext => queues::beside(self.tickets.view(), true, &ctx),
            _ => queues::beside(self.tickets.view(), false, &ctx),
        };
        match (view, action) {
            (Some(view), _) => self.show(view),
            (None, Action::Queue(n)) => {
                self.notice = Some(Notice::hint((self.words.screen.no_queue)(count.unwrap_or(*n))));
                Vec::new()
            }
            (None, _) => Vec::new(),
        }
    }

    /// Opens a ticket to read it.
    pub fn open_ticket(&mut self, ticket: TicketId) -> Vec<Effect> {
        let target = self.world.row(&ticket).and_then(|r| r.merged_into.clone()).unwrap_or(ticket);
        if self.stage == Stage::Thread
            && let Some(last) = self.thread.ticket().filter(|t| **t != target)
        {
            self.before = Some(last.clone());
        }
        self.stage = Stage::Thread;
        self.focus = Focus::Stage;
        self.split = None;
        self.thread.open(target.clone(), &self.world);
        let ctx = ctx!(self);
        let mut effects = self.tickets.select(&target, &ctx);
        // The cursor that moves along does not ask for a preview of what is being opened.
        effects.retain(|e| !matches!(e, Effect::After(..)));
        effects.push(Effect::Thread { ticket: target, reading: true });
        effects
    }

    fn back(&mut self) -> Vec<Effect> {
        match self.stage {
            Stage::Split => {
                self.split = None;
                self.stage = Stage::Thread;
                self.focus = Focus::Stage;
            }
            Stage::Thread if self.composer.is_some() => self.focus = Focus::Composer,
            Stage::Timeline | Stage::Thread => {
                self.before =
                    self.thread.ticket().cloned().filter(|_| self.stage == Stage::Thread).or(self.before.take());
                self.stage = Stage::List;
                self.focus = Focus::List;
            }
            Stage::List if self.focus != Focus::List => self.focus = Focus::List,
            Stage::List => {
                let ctx = ctx!(self);
                if self.tickets.is_selecting() {
                    self.tickets.clear_selection(&ctx);
                } else if self.tickets.is_filtered() {
                    return self.tickets.set_filter("", &ctx);
                } else if *self.tickets.view() != View::All {
                    return self.show(View::All);
                } else {
                    let key = self.keys.hint_for(&Action::Quit, Context::List);
                    self.notice = Some(Notice::hint(format!("{key}  {}", self.words.verbs.quit)));
                }
            }
        }
        Vec::new()
    }

    /// The ticket before; from one half of a split to the other where there was none before.
    fn alternate(&mut self) -> Vec<Effect> {
        let other = self.current_row().and_then(|r| r.split_from.clone().or_else(|| r.split_into.last().cloned()));
        match self.before.clone().or(other) {
            Some(ticket) => self.open_ticket(ticket),
            None => self.nothing_here(),
        }
    }

    fn move_focus(&mut self, action: &Action) -> Vec<Effect> {
        let composing = self.composer.is_some();
        let mut order = Vec::new();
        if self.areas.wide || self.stage == Stage::List && !composing {
            order.extend([Focus::Queues, Focus::Team]);
        }
        if self.stage == Stage::List && !composing || self.areas.list.height > 0 {
            order.push(Focus::List);
        }
        if self.stage != Stage::List || self.areas.wide && self.thread.ticket().is_some() {
            order.push(Focus::Stage);
        }
        if composing {
            order.push(Focus::Composer);
        }
        let side = |f: Focus| matches!(f, Focus::Queues | Focus::Team);
        let at = order.iter().position(|f| *f == self.focus).unwrap_or(0);
        let n = order.len();
        let to = match action {
            Action::PaneNext => order[(at + 1) % n],
            Action::PanePrev => order[(at + n - 1) % n],
            Action::PaneLeft => order.iter().copied().find(|f| side(*f)).unwrap_or(self.focus),
            Action::PaneRight => {
                order.iter().copied().find(|f| !side(*f)).filter(|_| side(self.focus)).unwrap_or(self.focus)
            }
            Action::PaneUp => order[at.saturating_sub(1)],
            _ => order[(at + 1).min(n - 1)],
        };
        if to == Focus::Stage && self.stage == Stage::List {
            return match self.thread.ticket().cloned() {
                Some(ticket) => self.open_ticket(ticket),
                None => Vec::new(),
            };
        }
        self.focus = to;
        if to == Focus::Stage {
            self.read_thread();
        }
        Vec::new()
    }

    /// The ticket an action is meant for, when it is one.
    pub(super) fn current_ticket(&self) -> Option<TicketId> {
        match (self.focus, self.stage) {
            (Focus::Stage, Stage::Timeline) => self.timeline.current().map(|r| r.id.clone()),
            // The list beside an opened ticket has its own cursor: a key there means the row under it.
            (Focus::List, _) => self.tickets.current(),
            (_, Stage::Thread | Stage::Split) => self.thread.ticket().cloned(),
            _ => self.tickets.current(),
        }
    }

    pub(super) fn current_row(&self) -> Option<TicketRow> {
        let id = self.current_ticket()?;
        let timeline = self.timeline.current().filter(|r| r.id == id).cloned();
        self.world.row(&id).map(std::borrow::Cow::into_owned).or(timeline)
    }

    /// The tickets an action is meant for: the selection, so many from the cursor on, or the open one.
    pub(super) fn chosen(&self, count: Option<u32>) -> Vec<TicketRow> {
        if self.stage == Stage::List || self.focus == Focus::List {
            let ids = self.tickets.chosen(count);
            return ids.iter().filter_map(|id| self.world.row(id).map(std::borrow::Cow::into_owned)).collect();
        }
        self.current_row().into_iter().collect()
    }

    pub(super) fn nothing_here(&mut self) -> Vec<Effect> {
        self.notice = Some(Notice::hint(self.words.verbs.not_here));
        Vec::new()
    }

    /// There is no ticket to do it with, or none yet.
    pub(super) fn no_ticket(&mut self) -> Vec<Effect> {
        let (verbs, screen) = (&self.words.verbs, &self.words.screen);
        self.notice = Some(Notice::hint(if self.tickets.is_loading() { screen.loading } else { verbs.no_ticket }));
        Vec::new()
    }

    /// A write on the chosen tickets.
    pub(super) fn write(&mut self, action: &Action, count: Option<u32>) -> Vec<Effect> {
        let rows = self.chosen(count);
        let names = Names { agents: &self.world.agents, queues: &self.world.queues, me: self.world.my_id() };
        let found = match action {
            Action::Assign(Some(who)) if who == targets::SPREAD => {
                let here: Vec<_> = self.world.agents.iter().filter(|a| self.world.is_here(a)).collect();
                targets::spread(&rows, &here)
            }
            _ => targets::changes(action, &rows, names),
        };
        match found {
            Ok(changes) => self.submit(changes),
            Err(refusal) => {
                let words = &self.words.verbs;
                let said = match refusal {
                    Refusal::NoTicket => return self.no_ticket(),
                    Refusal::NoAgent(name) | Refusal::Ambiguous(name) => (words.no_such_agent)(&name),
                    Refusal::NoQueue(name) => (words.no_such_queue)(&name),
                    Refusal::NotAWrite => words.not_here.to_owned(),
                    Refusal::NothingToDo => words.nothing_to_change.to_owned(),
                };
                self.notice = Some(Notice::hint(said));
                Vec::new()
            }
        }
    }

    fn repeat(&mut self, count: Option<u32>) -> Vec<Effect> {
        let Some(change) = self.undo.repeat().cloned() else {
            self.notice = Some(Notice::hint(self.words.verbs.nothing_to_repeat));
            return Vec::new();
        };
        let changes: Vec<Change> =
            self.chosen(count).into_iter().filter_map(|row| targets::retarget(&change, row.id)).collect();
        self.submit(changes)
    }

    fn begin_split(&mut self) -> Vec<Effect> {
        let Some(ticket) = self.current_ticket() else { return self.no_ticket() };
        let picked = if self.stage == Stage::Thread { self.thread.picked(&ctx!(self)) } else { Ok(None) };
        let pick = match picked {
            Ok(pick) => pick,
            Err(unfit) => {
                self.notice = Some(Notice::trouble(unfit.words(self.words)));
                return Vec::new();
            }
        };
        let mut effects = Vec::new();
        if self.thread.ticket() != Some(&ticket) || self.world.thread(&ticket).is_none() {
            effects.extend(self.open_ticket(ticket.clone()));
        }
        self.split = Some(SplitPane::new(ticket, pick));
        self.stage = Stage::Split;
        self.focus = Focus::Stage;
        effects
    }

    fn open_timeline(&mut self) -> Vec<Effect> {
        match self.current_row().map(|r| r.requester.email.to_string()) {
            Some(email) if !email.is_empty() => {
                self.timeline = Timeline::new(email.clone());
                self.stage = Stage::Timeline;
                self.focus = Focus::Stage;
                vec![Effect::Timeline(email)]
            }
            _ => {
                self.notice = Some(Notice::hint(self.words.screen.no_address));
                Vec::new()
            }
        }
    }

    fn yank(&self, what: Clean, text: Clean) -> Vec<Effect> {
        vec![Effect::Yank { what, text }]
    }

    fn yank_id(&mut self) -> Vec<Effect> {
        let ids: Vec<String> = self.chosen(None).iter().map(|r| r.id.to_string()).collect();
        if ids.is_empty() {
            return self.no_ticket();
        }
        let text = Clean::line(&ids.join(" "));
        self.yank(text.clone(), text)
    }

    fn yank_link(&mut self) -> Vec<Effect> {
        let Some(ticket) = self.current_ticket() else { return self.no_ticket() };
        let text = Clean::line(&format!("{}:{ticket}", self.world.desk));
        self.yank(text.clone(), text)
    }

    fn yank_message(&mut self) -> Vec<Effect> {
        let ctx = ctx!(self);
        let selected = self.thread.selected_text();
        let whole = self.thread.current_message(&ctx).map(|m| m.text.clone());
        match selected.or(whole) {
            Some(text) => {
                let what = Clean::line(&(self.words.common.lines)(text.lines().count()));
                self.yank(what, text)
            }
            None if self.thread_to_come().is_some() => {
                self.notice = Some(Notice::hint(self.words.thread.loading));
                Vec::new()
            }
            None => self.no_ticket(),
        }
    }

    fn import(&mut self, paths: &str) -> Vec<Effect> {
        let paths: Vec<_> = paths.split_whitespace().map(Into::into).collect();
        if paths.is_empty() {
            return self.nothing_here();
        }
        let Some(queue) = self.view_queue() else {
            self.notice = Some(Notice::hint(self.words.compose.import_where));
            return Vec::new();
        };
        self.notice = Some(Notice::hint((self.words.verbs.importing)(0)));
        vec![Effect::Import { paths, queue }]
    }

    pub(super) fn prompt(&mut self, lead: &str, text: String, purpose: Purpose) -> Vec<Effect> {
        self.ask(Question::Prompt(Prompt { lead: Clean::line(lead), text, purpose }));
        Vec::new()
    }
}
