//! A small desk for tests of panes: the tickets of the design's picture.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Ctx;
use crate::domain::fixture;
use crate::domain::{
    Agent, AgentRef, Change, ChangeId, Channel, Counts, Load, Presence, Priority, Queue, Status, TicketId, TicketRow,
    order,
};
use crate::i18n::{self, Words};
use crate::keymap::Keymap;
use crate::model::{Link, Pending, World};
use crate::text::Clean;
use crate::theme::{Background, ColorDepth, GlyphSet, Theme};

/// The moment of the picture: 2026-01-05 14:02 UTC.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_767_621_720, 0);

/// World, words and theme.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) words: &'static Words,
    pub(crate) theme: Theme,
    keys: Keymap,
    tz: TimeZone,
    ids: Vec<TicketId>,
}

impl Desk {
    /// People and queues, no tickets.
    fn bare() -> Self {
        let mut world = World::default();
        world.desk = Clean::line("shop");
        world.link = Link::Live;
        world.as_of = Some(NOW);
        let people = [
            ("Mika Kato", 9, 3, 9, true),
            ("Taro Sato", 4, 2, 2, true),
            ("Jo Olsen", 7, 0, 1, true),
            ("Alma", 1, 0, 0, true),
            ("Kei Tanaka", 0, 0, 0, false),
        ];
        for (i, (name, load, waiting, on_us, online)) in people.into_iter().enumerate() {
            let login = name.split(' ').next().unwrap_or_default().to_lowercase();
            world.agents.push(Agent {
                id: (i as i64 + 1).into(),
                login: Clean::line(&login),
                name: Clean::line(name),
                email: Clean::default(),
                color: i as u16,
                role: crate::domain::people::Role::Agent,
                load: Load { load, waiting, on_us },
                presence: Presence { online, ..Presence::default() },
            });
        }
        world.me = world.agents.get(2).cloned();
        for (i, (name, unassigned, mine, open)) in
            [("Shop", 4, 7, 31), ("Shop-X", 0, 2, 12), ("Onboarding", 1, 0, 5)].into_iter().enumerate()
        {
            world.queues.push(Queue {
                id: (i as i64 + 1).into(),
                name: Clean::line(name),
                reply_within: None,
                counts: Counts { unassigned, mine, open, late: 0, snoozed: 0 },
            });
        }
        world.totals = Counts { unassigned: 4, mine: 7, open: 31, late: 2, snoozed: 3 };
        let mut theme = Theme::new(ColorDepth::TrueColor, Background::Dark, GlyphSet::Rich);
        theme.learn(&world.agents);
        Self { world, words: &i18n::EN, theme, keys: keymap(), tz: TimeZone::UTC, ids: Vec::new() }
    }

    /// `n` unassigned tickets from 1001 on, a minute apart, oldest first.
    pub(crate) fn many(n: i64) -> Self {
        let mut desk = Self::bare();
        for i in 0..n {
            desk.add(1001 + i, |r| r.waiting_since = Some(ago((n - i) * 60)));
        }
        desk
    }

    /// The picture's tickets.
    pub(crate) fn sample() -> Self {
        let mut desk = Self::bare();
        let (mika, taro, jo) = (desk.agent(0), desk.agent(1), desk.agent(2));
        let mut add = |id: i64, subject: &str, who: &str, minutes: i64, f: &dyn Fn(&mut TicketRow)| {
            desk.add(id, |r| {
                r.subject = Clean::line(subject);
                r.requester.name = Clean::line(who);
                r.waiting_since = Some(ago(minutes * 60));
                f(r);
            });
        };
        add(1041, "Double charge on my card", "Ben Ode", 9, &|r| {
            r.priority = Priority::High;
            r.due_at = Some(ago(4 * 60));
            r.late = true;
        });
        add(1039, "返品と請求書の件について", "田中 美咲", 7, &|r| r.due_at = Some(ago(-12 * 60)));
        add(1042, "Where is my refund", "Lena F.", 3, &|r| {
            r.channel = Channel::Phone;
            r.due_at = Some(ago(-60 * 60));
            r.labels = vec![Clean::line("billing")];
        });
        add(1037, "Where is parcel 88213?", "A. Rossi", 60, &|r| {
            r.status = Status::Open;
            r.assignee = Some(mika.clone());
        });
        add(1030, "Account setup, step 3", "Acme GmbH", 120, &|r| {
            r.status = Status::Open;
            r.assignee = Some(taro.clone());
        });
        add(1022, "Invoice address is wrong", "L. Okafor", 24 * 60, &|r| {
            r.status = Status::Waiting;
            r.priority = Priority::Low;
            r.assignee = Some(jo.clone());
            r.on_us = false;
            r.writing = vec![mika.clone()];
            r.waiting_since = None;
            r.updated_at = ago(24 * 60 * 60);
        });
        desk
    }

    pub(crate) fn ctx(&self) -> Ctx<'_> {
        Ctx { world: &self.world, words: self.words, theme: &self.theme, keys: &self.keys, now: NOW, tz: &self.tz }
    }

    /// Looks otherwise.
    pub(crate) fn looks(mut self, words: &'static Words, depth: ColorDepth, glyphs: GlyphSet) -> Self {
        self.words = words;
        self.theme = Theme::new(depth, Background::Dark, glyphs);
        self.theme.learn(&self.world.agents);
        self
    }

    pub(crate) fn agent(&self, i: usize) -> AgentRef {
        self.world.agents[i].as_ref()
    }

    /// The tickets, what needs a hand first.
    pub(crate) fn ids(&self) -> Vec<TicketId> {
        let mut ids = self.ids.clone();
        ids.sort_by_key(|id| self.world.confirmed(id).map(|r| order::place(r, self.world.my_id())));
        ids
    }

    /// Adds a ticket: new, unassigned, in the first queue, unless told otherwise.
    pub(crate) fn add(&mut self, id: i64, f: impl FnOnce(&mut TicketRow)) -> TicketId {
        let mut row = TicketRow {
            subject: Clean::line(&format!("Subject of ticket {id}")),
            status: Status::New,
            native_status: Clean::line("new"),
            created_at: ago(3600),
            updated_at: ago(3600),
            on_us: true,
            waiting_since: Some(ago(3600)),
            ..fixture::row(&id.to_string())
        };
        f(&mut row);
        self.ids.push(row.id.clone());
        self.world.take_row(row);
        id.into()
    }

    /// Changes a ticket as the desk would.
    pub(crate) fn change(&mut self, id: &TicketId, f: impl FnOnce(&mut TicketRow)) {
        let mut row = self.world.confirmed(id).expect("a ticket of this desk").clone();
        f(&mut row);
        row.version += 1;
        self.world.take_row(row);
    }

    /// A change that waits for the desk.
    pub(crate) fn pend(&mut self, change: Change) {
        self.world.pending.push(Pending { id: ChangeId::from("c1"), change, until: None, window: None, stuck: false });
    }
}

fn ago(seconds: i64) -> Timestamp {
    NOW - SignedDuration::from_secs(seconds)
}

/// A keymap, which none of these panes asks.
fn keymap() -> Keymap {
    Keymap::default_vim()
}
