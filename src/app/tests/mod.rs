//! The program as an agent meets it: keys in, screens out, against a small desk that answers as a server would. No clock, no
//! sleep: time goes on when a test says so.

mod compose;
mod look;
mod screens;
mod threads;
mod verbs;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::submit::later;
use super::{App, Msg, Settings};
use crate::domain::{
    AgentId, AgentRef, Attachment, Change, ChangeId, Counts, Delivery, DeskError, DeskView, Draft, DraftRow, EventId,
    Hold, Kind, Message, Page, Pick, Query, Receipt, Requester, Status, Thread, TicketEvent, TicketId, TicketRow,
    Update, UpdateKind, order,
};
use crate::editor::EditStyle;
use crate::i18n::{self, Words};
use crate::keymap::Keymap;
use crate::keymap::chord::Chord;
use crate::model::{Effect, Event, Timer};
use crate::pane::desk_for_tests::{Desk, NOW};
use crate::text::Clean;
use crate::theme::{Background, ColorDepth, GlyphSet, Theme};
use crate::widget::dump;

/// An agent's seat at the desk: the program, and what it talks to.
pub(super) struct Seat {
    pub(super) app: App,
    pub(super) now: Timestamp,
    /// Wishes that nobody answered yet.
    pub(super) out: Vec<Effect>,
    /// Every wish there was.
    pub(super) wished: Vec<Effect>,
    /// Every change that reached the desk.
    pub(super) sent: Vec<Change>,
    /// What is on disk.
    pub(super) disk: BTreeMap<String, Draft>,
    /// Drafts that another living process has open, and its terminal.
    pub(super) others: HashMap<String, String>,
    /// Replies in their undo window.
    held: Vec<(Timestamp, ChangeId, Change)>,
    timers: Vec<(Timestamp, Timer)>,
    rows: BTreeMap<TicketId, TicketRow>,
    threads: HashMap<TicketId, Thread>,
    /// Before-images, for undo.
    events: Vec<(EventId, TicketRow)>,
    /// The desk keeps no undo of its own.
    pub(super) no_undo: bool,
    /// What the desk adds to whatever it does.
    pub(super) remark: Option<Clean>,
    view: DeskView,
    events_made: i64,
}

/// What a seat looks like.
pub(super) struct Looks {
    pub(super) size: (u16, u16),
    pub(super) words: &'static Words,
    pub(super) depth: ColorDepth,
    pub(super) glyphs: GlyphSet,
}

impl Default for Looks {
    fn default() -> Self {
        Self { size: (120, 40), words: &i18n::EN, depth: ColorDepth::TrueColor, glyphs: GlyphSet::Rich }
    }
}

fn ago(minutes: i64) -> Timestamp {
    NOW - SignedDuration::from_mins(minutes)
}

pub(super) fn t(id: i64) -> TicketId {
    id.into()
}

fn who(name: &str, mail: &str) -> Requester {
    Requester { name: Clean::line(name), email: Clean::line(mail), ..Requester::default() }
}

/// Four queues, five agents, twelve tickets; the keyboard is Jo's, who holds #1022.
fn desk() -> Desk {
    let mut desk = Desk::sample();
    desk.world.agents[4].name = Clean::line("高橋 恵");
    let mut queue = desk.world.queues[0].clone();
    queue.id = 4.into();
    queue.name = Clean::line("返品");
    desk.world.queues.push(queue);
    let (mika, jo) = (desk.agent(0), desk.agent(2));
    for (id, subject, status, holder, minutes) in [
        (1050, "Where is my parcel?", Status::New, None, 30),
        (1051, "Parcel came broken", Status::New, None, 25),
        (1052, "Coupon does not work", Status::Open, None, 20),
        (1053, "Second invoice, please", Status::Open, Some(jo), 40),
        (1054, "請求書の宛名変更のお願い", Status::Open, Some(mika), 50),
        (1055, "Snoozed until Monday", Status::Snoozed, None, 500),
    ] {
        desk.add(id, |r| {
            r.subject = Clean::line(subject);
            r.status = status;
            r.native_status = Clean::line(status.word());
            r.assignee = holder;
            r.waiting_since = Some(ago(minutes));
            if id == 1052 {
                (r.queue, r.queue_id) = (Clean::line("Shop-X"), 2.into());
                r.labels = vec![Clean::line("vip")];
            }
        });
    }
    let ids = desk.ids();
    for id in &ids {
        let id_text = id.to_string();
        desk.change(id, |r| {
            r.assigned_at = r.assignee.as_ref().map(|_| ago(60));
            if r.requester.name.as_str() != "Ben Ode" {
                r.requester.email = Clean::line(&format!("c{id_text}@example.net"));
            }
        });
    }
    desk
}

fn message(id: i64, number: u32, kind: Kind, author: Requester, minutes: i64, text: &str) -> Message {
    Message {
        id: id.into(),
        number,
        kind,
        author,
        agent: None,
        at: ago(minutes),
        subject: None,
        to: vec![who("", "help@shop.example")],
        cc: Vec::new(),
        text: Clean::text(text),
        from_html: false,
        attachments: Vec::new(),
        excerpt_of: None,
        delivery: None,
    }
}

/// Three messages; the first has two questions, a link and two files.
fn thread_of(row: &TicketRow) -> Thread {
    let n = row.id.number().unwrap_or_default() * 10;
    let asks = row.requester.clone();
    let first = "Hello,\n\nI was charged twice for order 5512.\nSee https://shop.example/o/5512 please.\n\nAlso, how do I \
                 change the address\nof order 5540?\n\nBest regards\nLena";
    let mut one = message(n + 1, 1, Kind::Incoming, asks.clone(), 180, first);
    let file = |id: i64, name: &str, size| Attachment {
        id: id.into(),
        name: Clean::line(name),
        media_type: Clean::line("application/pdf"),
        size,
    };
    one.attachments = vec![file(n + 1, "invoice-5512.pdf", 86016), file(n + 2, "領収書.pdf", 1200)];
    let mut two = message(n + 2, 2, Kind::Note, who("Mika Kato", ""), 90, "Looked at it: two bookings indeed.");
    two.agent = Some(1.into());
    let last = "On Monday Jo Olsen wrote:\n> I was charged twice for order 5512.\n> See the link.\n> One.\n> Two.\n> Three.\n> Four.\n> Five.\n> Thanks.\n\nAny news on the parcel?";
    let mut three = message(n + 3, 3, Kind::Incoming, asks, 3, last);
    three.cc = vec![who("Ann Ode", "ann@example.net")];
    let mut row = row.clone();
    row.messages = 3;
    let actor = Some(AgentRef { id: 2.into(), login: Clean::line("taro"), name: Clean::line("Taro Sato") });
    let event = TicketEvent {
        id: (n + 9).into(),
        ticket: row.id.clone(),
        at: ago(100),
        actor,
        what: Clean::line("priority"),
        from: Some(Clean::line("low")),
        to: Some(Clean::line("normal")),
        message: None,
        undone: false,
    };
    Thread { ticket: row, messages: vec![one, two, three], events: vec![event] }
}

impl Seat {
    /// At the desk, list on the screen, everything answered.
    pub(super) fn new() -> Self {
        Self::with(Looks::default())
    }

    pub(super) fn sized(width: u16, height: u16) -> Self {
        Self::with(Looks { size: (width, height), ..Looks::default() })
    }

    pub(super) fn with(looks: Looks) -> Self {
        let mut seat = Self::started(looks, false);
        seat.answer();
        seat.tell(Event::Live);
        seat.wait(1000);
        seat.wished.clear();
        seat
    }

    /// The first frame, nothing answered.
    pub(super) fn started(looks: Looks, ask_keys: bool) -> Self {
        let desk = desk();
        let settings = Settings {
            keys: Keymap::default_vim(),
            words: looks.words,
            theme: Theme::new(looks.depth, Background::Dark, looks.glyphs),
            tz: TimeZone::UTC,
            undo_window: Duration::from_secs(10),
            edit_style: EditStyle::Vim,
            desk: Clean::line("shop"),
            desks: vec![Clean::line("rt"), Clean::line("shop")],
            seed: 7,
            log: Clean::line("/tmp/ticketty.log"),
            ask_keys,
        };
        let (app, out) = App::new(settings, looks.size, NOW);
        let rows: BTreeMap<TicketId, TicketRow> =
            desk.ids().into_iter().map(|id| (id.clone(), desk.world.confirmed(&id).unwrap().clone())).collect();
        let mut me = desk.world.me.clone().unwrap();
        me.email = Clean::line("jo@shop.example");
        let view = DeskView {
            me,
            queues: desk.world.queues.clone(),
            agents: desk.world.agents.clone(),
            totals: desk.world.totals,
            tickets: Vec::new(),
            next: None,
            last_event: None,
            labels: ["billing", "vip", "返品"].map(Clean::line).to_vec(),
            preview: None,
        };
        let threads = rows.iter().map(|(id, row)| (id.clone(), thread_of(row))).collect();
        let seat = Self {
            app,
            now: NOW,
            wished: out.clone(),
            out,
            sent: Vec::new(),
            disk: BTreeMap::new(),
            others: HashMap::new(),
            held: Vec::new(),
            timers: Vec::new(),
            rows,
            threads,
            events: Vec::new(),
            no_undo: false,
            remark: None,
            view,
            events_made: 100,
        };
        seat.screen();
        seat
    }

    /// Keys, in one burst; then a frame is drawn. Nobody answers yet.
    pub(super) fn press(&mut self, keys: &str) {
        // What is typed is written as it is; keys with names in vim's notation.
        let mut named = false;
        let mut rest = String::new();
        for c in keys.chars() {
            named = (named || c == '<') && c != '>';
            if !named && c != '>' && (c == ' ' || !c.is_ascii()) {
                self.chords(&rest);
                rest.clear();
                self.msg(Msg::Key(Chord::char(c)));
            } else {
                rest.push(c);
            }
        }
        self.chords(&rest);
        self.screen();
    }

    fn chords(&mut self, keys: &str) {
        if keys.is_empty() {
            return;
        }
        for chord in Chord::sequence(keys).unwrap_or_else(|e| panic!("{keys}: {e:?}")) {
            self.msg(Msg::Key(chord));
        }
    }

    /// Keys, and the desk and the disk answer.
    pub(super) fn keys(&mut self, keys: &str) {
        self.press(keys);
        self.answer();
    }

    /// A typed line.
    pub(super) fn line(&mut self, line: &str) {
        let spaced = line.replace(' ', "<Space>");
        self.keys(&format!(":{spaced}<CR>"));
    }

    pub(super) fn msg(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        for effect in effects {
            self.wished.push(effect.clone());
            match effect {
                Effect::After(after, timer) => self.timers.push((later(self.now, after), timer)),
                effect => self.out.push(effect),
            }
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.msg(Msg::Event(event));
    }

    /// Time goes on: timers ring in their order, replies leave when their window is over.
    pub(super) fn wait(&mut self, millis: i64) {
        let end = self.now + SignedDuration::from_millis(millis);
        loop {
            self.timers.sort_by_key(|(at, _)| *at);
            let due = self.timers.first().map(|(at, _)| *at).filter(|at| *at <= end);
            let leaves = self.held.iter().map(|(at, ..)| *at).min().filter(|at| *at <= end);
            let Some(at) = due.into_iter().chain(leaves).min() else { break };
            self.now = at;
            if leaves == Some(at) {
                let i = self.held.iter().position(|(due, ..)| *due == at).unwrap();
                let (_, id, change) = self.held.remove(i);
                self.deliver(id, change);
            } else {
                let (_, timer) = self.timers.remove(0);
                self.tell(Event::Rang(timer));
            }
            self.answer();
        }
        self.now = end;
    }

    /// The desk and the disk answer all there is to answer.
    pub(super) fn answer(&mut self) {
        while !self.out.is_empty() {
            for effect in std::mem::take(&mut self.out) {
                self.perform(effect);
            }
        }
        self.screen();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Open(query) => {
                let mut view = self.view.clone();
                view.tickets = self.found(&query);
                view.preview = view.tickets.first().map(|r| Box::new(self.threads[&r.id].clone()));
                self.tell(Event::Opened { query, kept: None, result: Ok(Box::new(view)) });
            }
            Effect::Load { query, after, .. } => {
                let page = Page { rows: self.found(&query), next: None };
                self.tell(Event::Loaded { query, after, kept: None, result: Ok(page) });
            }
            Effect::Thread { ticket, .. } => {
                let mut thread = self.threads[&ticket].clone();
                thread.ticket = self.rows[&ticket].clone();
                self.tell(Event::Thread { ticket, kept: None, result: Ok(Box::new(thread)) });
            }
            Effect::Timeline(email) => {
                let rows = self.rows.values().filter(|r| r.requester.email.as_str() == email).cloned().collect();
                self.tell(Event::Timeline { email, result: Ok(Page { rows, next: None }) });
            }
            Effect::Submit { changes, hold, draft, .. } => {
                if let Some(draft) = draft {
                    self.disk.remove(&draft);
                }
                for (id, change) in changes {
                    self.tell(Event::Accepted(id.clone()));
                    if hold.is_zero() {
                        self.deliver(id, change);
                    } else {
                        self.held.push((later(self.now, hold), id, change));
                    }
                }
            }
            Effect::Unsend(id) => {
                let at = self.held.iter().position(|(_, held, _)| *held == id);
                let change = at.map(|at| Box::new(self.held.remove(at).2));
                self.tell(Event::Unsent { id, change });
            }
            Effect::SaveDraft(draft) => {
                let id = draft.id.clone();
                if let Some(by) = self.others.get(&id).cloned() {
                    self.tell(Event::DraftHeld { id, hold: Hold::Taken { by }, unsaved: Some(draft) });
                } else if draft.saved_at.is_some() && !self.disk.contains_key(&id) {
                    self.tell(Event::DraftHeld { id, hold: Hold::Gone, unsaved: Some(draft) });
                } else {
                    self.disk.insert(id.clone(), Draft { saved_at: Some(self.now), ..*draft });
                    self.tell(Event::DraftSaved { id, at: self.now });
                }
            }
            Effect::OpenDraft { id, take } => {
                if take {
                    self.others.remove(&id);
                }
                let hold = self.hold(&id);
                self.tell(Event::DraftHeld { id, hold, unsaved: None });
            }
            Effect::WatchDraft(id) => {
                let hold = self.hold(&id);
                self.tell(Event::DraftHeld { id, hold, unsaved: None });
            }
            Effect::DropDraft(id) => {
                self.disk.remove(&id);
            }
            Effect::Drafts => {
                let open_in = |d: &Draft| self.others.get(&d.id).cloned();
                let row = |d: &Draft| DraftRow { open_in: open_in(d), ..DraftRow::alone(d.clone()) };
                self.tell(Event::Drafts(self.disk.values().map(row).collect()));
            }
            Effect::Outbox => self.tell(Event::Outbox(Vec::new())),
            Effect::Yank { what, .. } => self.tell(Event::Yanked(Ok(what))),
            _ => {}
        }
    }

    /// Somebody merges two tickets, and this client has heard of it.
    pub(super) fn merge(&mut self, from: i64, into: i64) {
        if let Some(row) = self.rows.get_mut(&t(from)) {
            row.merged_into = Some(t(into));
            row.version += 1;
            self.app.world.take_row(row.clone());
        }
    }

    fn hold(&self, id: &str) -> Hold {
        match (self.others.get(id), self.disk.get(id)) {
            (Some(by), _) => Hold::Taken { by: by.clone() },
            (None, Some(draft)) => Hold::Mine(Box::new(draft.clone())),
            (None, None) => Hold::Gone,
        }
    }

    pub(super) fn found(&self, query: &Query) -> Vec<TicketRow> {
        let me = Some(&self.view.me.id);
        let words = query.text.as_ref().map(|t| t.to_lowercase());
        let says = |r: &TicketRow| words.as_ref().is_none_or(|w| r.subject.to_lowercase().contains(w));
        let mut rows: Vec<TicketRow> =
            self.rows.values().filter(|r| order::matches(query, r, me) && says(r)).cloned().collect();
        rows.sort_by_key(|r| order::place(r, me));
        rows
    }

    /// The desk does a change, or says why not.
    fn deliver(&mut self, id: ChangeId, change: Change) {
        self.sent.push(change.clone());
        let change = Box::new(change);
        match self.apply(&change) {
            Ok(receipt) => self.tell(Event::Applied { id, change, receipt: Box::new(receipt) }),
            Err(error) => self.tell(Event::Refused { id, change, error }),
        }
    }

    fn next_event(&mut self) -> i64 {
        self.events_made += 1;
        self.events_made
    }

    fn apply(&mut self, change: &Change) -> Result<Receipt, DeskError> {
        let me = self.view.me.as_ref();
        let id = change.ticket().cloned().unwrap_or_else(|| t(2000 + self.events_made));
        let before = self.rows.get(&id).cloned().unwrap_or_else(|| self.rows[&t(1050)].clone());
        let mut row = before.clone();
        let (mut message, mut other) = (None, None);
        match change {
            Change::Claim { .. } => match &row.assignee {
                Some(by) => {
                    let mine = by.id == me.id;
                    return Err(DeskError::Held { by: by.clone(), since: row.assigned_at, mine });
                }
                None => row.assignee = Some(me),
            },
            Change::Release { .. } => row.assignee = None,
            Change::Assign { to, .. } => {
                row.assignee = self.view.agents.iter().find(|a| a.id == *to).map(crate::domain::Agent::as_ref);
            }
            Change::Steal { .. } => row.assignee = Some(me),
            Change::Reply { message: m, .. } | Change::Note { message: m, .. } => {
                let thread = &self.threads[&id];
                if matches!(change, Change::Reply { .. }) && !m.force {
                    let from = thread.messages.iter().position(|x| Some(&x.id) == m.seen.as_ref()).map_or(0, |i| i + 1);
                    let new: Vec<Message> =
                        thread.messages[from..].iter().filter(|m| m.kind != Kind::Note).cloned().collect();
                    if !new.is_empty() {
                        return Err(DeskError::MovedOn { messages: new });
                    }
                }
                let n = thread.messages.len() as u32 + 1;
                let kind = if matches!(change, Change::Note { .. }) { Kind::Note } else { Kind::Reply };
                let event = self.next_event();
                let mut written = self::message(50000 + event, n, kind, who("Jo Olsen", "jo@shop.example"), 0, &m.text);
                written.agent = Some(me.id);
                written.to.clone_from(&m.to);
                row.messages = n;
                row.on_us = kind == Kind::Note && row.on_us;
                row.status = m.then.status.unwrap_or(row.status);
                self.threads.get_mut(&id).unwrap().messages.push(written.clone());
                message = Some(written);
            }
            Change::New(new) => {
                row = TicketRow { id: id.clone(), subject: Clean::line(&new.subject), assignee: None, ..row };
                self.threads.insert(id.clone(), thread_of(&row));
            }
            Change::Status { to, .. } => {
                row.status = *to;
                row.native_status = Clean::line(to.word());
                row.on_us = row.on_us && to.is_active();
                row.late = row.late && row.on_us;
            }
            Change::Priority { to, .. } => row.priority = *to,
            Change::Label { add, remove, .. } => {
                row.labels.retain(|l| !remove.contains(l));
                row.labels.extend(add.iter().cloned());
                row.labels.sort();
                row.labels.dedup();
            }
            Change::Move { to, .. } => {
                let queue = self.view.queues.iter().find(|q| q.id == *to).unwrap();
                (row.queue, row.queue_id) = (queue.name.clone(), queue.id.clone());
            }
            Change::Subject { to, .. } => row.subject = to.clone(),
            Change::Requester { to, .. } => row.requester = to.clone(),
            Change::Split(split) => {
                let new = t(3000);
                let mut half = TicketRow { id: new.clone(), split_from: Some(id.clone()), ..row.clone() };
                half.subject = split.subject.as_ref().map_or(half.subject, |s| Clean::line(s));
                row.split_into.push(new.clone());
                let mut thread = self.threads[&id].clone();
                if let Pick::Messages(moved) = &split.pick {
                    thread.messages.retain(|m| moved.contains(&m.id));
                    self.threads.get_mut(&id).unwrap().messages.retain(|m| !moved.contains(&m.id));
                }
                thread.ticket = half.clone();
                self.threads.insert(new.clone(), thread);
                self.rows.insert(new, half.clone());
                other = Some(half);
            }
            Change::Merge { into, .. } => {
                row.merged_into = Some(into.clone());
                row.on_us = false;
                other = self.rows.get(into).cloned();
            }
            Change::Undo { event, .. } => {
                let kept = self.events.iter().find(|(e, _)| Some(e) == event.as_ref()).unwrap().1.clone();
                row = TicketRow { version: row.version, ..kept };
            }
        }
        row.version += 1;
        self.rows.insert(id.clone(), row.clone());
        let event = EventId::from(self.next_event());
        let old = self.no_undo.then(|| Box::new(before.clone()));
        self.events.push((event.clone(), before));
        let undoable = message.is_none() && !matches!(change, Change::New(_));
        let delivery = matches!(change, Change::Reply { .. }).then_some(Delivery::Sent);
        let mut receipt = Receipt {
            ticket: row,
            other,
            message,
            moved: Vec::new(),
            event: Some(event).filter(|_| !self.no_undo),
            undoable: undoable && !self.no_undo,
            before: old,
            delivery,
            remark: self.remark.clone(),
        };
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.ticket = receipt.ticket.clone();
        }
        receipt.moved.clear();
        Ok(receipt)
    }

    /// Another agent (0 Mika, 1 Taro) does something and the news come.
    pub(super) fn other_does(&mut self, agent: usize, id: i64, what: &str, f: impl FnOnce(&mut TicketRow)) {
        self.behind(id, f);
        let actor = self.view.agents[agent].as_ref();
        let event = TicketEvent {
            id: self.next_event().into(),
            ticket: t(id),
            at: self.now,
            actor: Some(actor),
            what: Clean::line(what),
            from: None,
            to: None,
            message: None,
            undone: false,
        };
        let update = Update { ticket: Some(self.rows[&t(id)].clone()), event: Some(event), ..self.news() };
        self.tell(Event::Arrived(Box::new(update)));
        self.answer();
    }

    /// The desk changes and this client does not hear of it.
    pub(super) fn behind(&mut self, id: i64, f: impl FnOnce(&mut TicketRow)) {
        let row = self.rows.get_mut(&t(id)).unwrap();
        f(row);
        row.version += 1;
    }

    /// An agent writes a note from elsewhere; the news come.
    pub(super) fn somebody_writes(&mut self, id: i64, agent: Option<AgentId>, text: &str) {
        self.customer_writes(id, text, false);
        let new = self.threads.get_mut(&t(id)).and_then(|thread| thread.messages.last_mut()).unwrap();
        (new.kind, new.agent) = (Kind::Note, agent);
        let update = Update { message: Some(new.clone()), ticket: Some(self.rows[&t(id)].clone()), ..self.news() };
        self.tell(Event::Arrived(Box::new(update)));
        self.answer();
    }

    /// The customer writes; `heard`: the news come.
    pub(super) fn customer_writes(&mut self, id: i64, text: &str, heard: bool) {
        let n = self.next_event();
        let thread = self.threads.get_mut(&t(id)).unwrap();
        let number = thread.messages.len() as u32 + 1;
        let mut new = message(90000 + n, number, Kind::Incoming, thread.ticket.requester.clone(), 0, text);
        new.at = self.now;
        thread.messages.push(new.clone());
        self.behind(id, |r| r.messages = number);
        if heard {
            let update = Update { ticket: Some(self.rows[&t(id)].clone()), message: Some(new), ..self.news() };
            self.tell(Event::Arrived(Box::new(update)));
            self.answer();
        }
    }

    pub(super) fn news(&mut self) -> Update {
        Update {
            id: self.next_event().into(),
            kind: UpdateKind::Ticket,
            ticket: None,
            event: None,
            message: None,
            queues: Vec::new(),
            totals: None,
            agents: Vec::new(),
        }
    }

    pub(super) fn agent(&self, i: usize) -> AgentRef {
        self.view.agents[i].as_ref()
    }

    pub(super) fn row(&self, id: i64) -> &TicketRow {
        &self.rows[&t(id)]
    }

    // what there is to see

    pub(super) fn buffer(&self) -> (Buffer, Option<Position>) {
        let mut buf = Buffer::empty(Rect::new(0, 0, self.app.size.width, self.app.size.height));
        let caret = self.app.draw(&mut buf);
        (buf, caret)
    }

    pub(super) fn screen(&self) -> String {
        dump::rows(&self.buffer().0)
    }

    /// The first row that holds these words.
    #[track_caller]
    pub(super) fn row_with(&self, words: &str) -> String {
        let screen = self.screen();
        let row = screen.lines().find(|l| l.contains(words));
        row.unwrap_or_else(|| panic!("no row with {words}:\n{screen}")).to_owned()
    }

    #[track_caller]
    pub(super) fn sees(&self, words: &str) {
        assert!(self.screen().contains(words), "not seen: {words}\n{}", self.screen());
    }

    #[track_caller]
    pub(super) fn sees_not(&self, words: &str) {
        assert!(!self.screen().contains(words), "seen: {words}\n{}", self.screen());
    }

    /// What the status line says.
    pub(super) fn says(&self) -> String {
        self.app.notice.as_ref().map(|n| n.text.to_string()).unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn says_that(&self, words: &str) {
        assert!(self.says().contains(words), "said: {:?}, and not {words:?}\n{}", self.says(), self.screen());
    }

    /// The ticket under the cursor or on the stage.
    pub(super) fn here(&self) -> i64 {
        self.app.current_ticket().and_then(|t| t.number()).unwrap_or(0)
    }

    /// The cursor's line on the screen.
    pub(super) fn list(&self) -> Vec<i64> {
        self.app.tickets.ids().filter_map(TicketId::number).collect()
    }

    pub(super) fn draft(&self) -> Option<Draft> {
        self.app.composer.as_ref().map(crate::pane::composer::Composer::snapshot)
    }

    /// Puts the cursor on a ticket of the list.
    pub(super) fn at(&mut self, id: i64) {
        let at =
            self.list().iter().position(|i| *i == id).unwrap_or_else(|| panic!("#{id} is not in {:?}", self.list()));
        self.keys(&format!("{}gg", at + 1));
        assert_eq!(self.here(), id);
    }

    #[track_caller]
    pub(super) fn at_thread(&mut self, id: i64) {
        assert_eq!(self.here(), id);
        self.sees(&format!("#{id}"));
    }

    /// A desk without tickets.
    pub(super) fn empty(&mut self) {
        self.rows.clear();
        self.view.totals = Counts::default();
        for queue in &mut self.view.queues {
            queue.counts = Counts::default();
        }
    }
}
