//! The ticket list: what needs a hand first. It holds ids and a cursor, never copies of tickets.
//!
//! The cursor belongs to a ticket and keeps its screen line when the list changes under it. A row that the cursor or a
//! selection is on is never moved or taken away under the agent: it stays where it is (as a ghost, when it left the view)
//! until the cursor moves.

mod draw;
pub mod filter;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use ratatui::layout::Rect;

use self::filter::Filter;
use super::{Act, Ctx, Prompt, Purpose, Question, Wide};
use crate::action::Action;
use crate::domain::{Cursor, Query, TicketId, TicketRow, Update, order};
use crate::model::{Effect, Notice, Timer, View};
use crate::text::{Clean, fold};
use crate::widget::scroll;

/// How long the cursor rests before its ticket is previewed.
const REST: Duration = Duration::from_millis(100);
/// The next page is asked for when the cursor comes this near to the end of what is there: a held key is there in three seconds.
const AHEAD: usize = 80;
/// How many pages one `G` asks for at most. A list of thousands is narrowed, not read to its end.
const PAGES: u32 = 10;
/// How many threads below the cursor are brought before somebody looks at them.
const COMING: usize = 2;
/// How many lists are remembered, so that coming back shows them at once.
const SAVED: usize = 16;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    id: TicketId,
    /// Why it is not in this list any more; it stays until the cursor moves.
    ghost: Option<Clean>,
}

/// What is asked of the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    First,
    More,
}

/// A list as it was left.
#[derive(Clone, Debug, Default)]
struct Saved {
    entries: Vec<Entry>,
    next: Option<Cursor>,
    cursor: Option<TicketId>,
    line: usize,
}

/// The pane.
#[derive(Debug, Default)]
pub struct Tickets {
    view: View,
    query: Query,
    entries: Vec<Entry>,
    /// Which entries fit the filter; `None` without one.
    fitting: Option<Vec<usize>>,
    next: Option<Cursor>,
    asked: Asked,
    /// The page of what this machine remembers that was asked for last.
    asked_kept: Option<Cursor>,
    failed: Option<Clean>,
    /// `G` was pressed: so many pages more are asked for on the way to the end.
    to_end: u32,
    /// Place of the cursor and of the first row drawn, among the rows shown.
    cursor: usize,
    top: usize,
    area: Rect,
    wide: bool,
    chosen: HashSet<TicketId>,
    /// The selection stands for a count, until the question it was made for is over.
    lent: bool,
    /// Where `v` was pressed.
    anchor: Option<TicketId>,
    filter: Filter,
    filter_line: Clean,
    searched: Option<String>,
    /// Rows that were left where they are because the cursor or a selection was on them.
    touched: Vec<TicketId>,
    drafts: HashSet<TicketId>,
    saved: HashMap<View, Saved>,
    rest: u64,
}

impl Tickets {
    /// Which list is shown.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What the desk is asked for.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The ticket under the cursor.
    pub fn current(&self) -> Option<TicketId> {
        self.entry(self.cursor).map(|e| e.id.clone())
    }

    /// What an action is meant for: the selection in the list's order, else as many rows as counted from the cursor on.
    pub fn chosen(&self, count: Option<u32>) -> Vec<TicketId> {
        if self.is_selecting() {
            let range = self.range();
            let rows = (0..self.len()).filter_map(|i| Some((i, &self.entry(i)?.id)));
            return rows
                .filter(|(i, id)| range.contains(i) || self.chosen.contains(*id))
                .map(|(_, id)| id.clone())
                .collect();
        }
        let n = count.unwrap_or(1).max(1) as usize;
        (self.cursor..self.len().min(self.cursor.saturating_add(n)))
            .filter_map(|i| Some(self.entry(i)?.id.clone()))
            .collect()
    }

    /// Whether tickets are selected, or a range is being.
    pub fn is_selecting(&self) -> bool {
        self.anchor.is_some() || !self.chosen.is_empty()
    }

    /// Whether a range is being selected (`v`).
    pub fn is_visual(&self) -> bool {
        self.anchor.is_some()
    }

    /// Selects these: a count that a question has to remember, until [`Tickets::asked_all`].
    pub fn choose(&mut self, ids: impl IntoIterator<Item = TicketId>) {
        self.lent = true;
        self.anchor = None;
        self.chosen = ids.into_iter().collect();
    }

    /// No question is open any more: what was selected for one goes.
    pub fn asked_all(&mut self, ctx: &Ctx<'_>) {
        if self.lent {
            self.clear_selection(ctx);
        }
    }

    /// Whether there is nothing to show yet because the desk has not answered, or still looks.
    pub fn is_loading(&self) -> bool {
        self.asked != Asked::Nothing && self.entries.is_empty()
    }

    /// The tickets of the list, in its order.
    pub fn ids(&self) -> impl Iterator<Item = &TicketId> {
        self.entries.iter().map(|e| &e.id)
    }

    /// Drops the selection: after a verb, or `Esc`.
    pub fn clear_selection(&mut self, ctx: &Ctx<'_>) {
        self.lent = false;
        self.anchor = None;
        self.chosen.clear();
        self.settle_touched(ctx);
    }

    /// Place of the cursor from 1, and how many there are: the desk's count where it is known. `true`: more than that.
    pub fn position(&self, ctx: &Ctx<'_>) -> (usize, usize, bool) {
        let at = if self.len() == 0 { 0 } else { self.cursor + 1 };
        let totals = &ctx.world.totals;
        let known = match &self.view {
            View::All => Some(totals.open),
            View::Mine => Some(totals.mine),
            View::Unassigned => Some(totals.unassigned),
            View::Late => Some(totals.late),
            View::Snoozed => Some(totals.snoozed),
            View::Queue(id) => ctx.world.queue(id).map(|q| q.counts.open),
            View::Search(_) | View::Requester(_) | View::Agent(_) => None,
        };
        match known {
            Some(known) if self.fitting.is_none() && self.next.is_some() => (at, self.len().max(known as usize), false),
            _ => (at, self.len(), self.next.is_some()),
        }
    }

    /// The list's name, with its filter.
    pub fn title(&self, ctx: &Ctx<'_>) -> Clean {
        let name = super::queues::view_name(&self.view, ctx);
        if self.filter.is_empty() {
            return name;
        }
        Clean::line(&format!("{name} {} {}", ctx.theme.glyphs.dot, (ctx.words.screen.filter)(&self.filter_line)))
    }

    /// The tickets below the cursor: what is read next, most likely.
    pub fn coming(&self) -> impl Iterator<Item = &TicketId> {
        (self.cursor + 1..self.len().min(self.cursor + 1 + COMING)).filter_map(|i| Some(&self.entry(i)?.id))
    }

    /// Whether a list here has a ticket.
    pub fn holds(&self, id: &TicketId) -> bool {
        self.held().any(|held| held == id)
    }

    /// The tickets of all lists here: what `World::keep_rows` is to keep.
    pub fn held(&self) -> impl Iterator<Item = &TicketId> {
        self.entries.iter().chain(self.saved.values().flat_map(|s| &s.entries)).map(|e| &e.id)
    }

    /// Shows a list: what is remembered of it at once, and asks for what is fresh.
    pub fn show(&mut self, view: View) -> Vec<Effect> {
        if view != self.view {
            let old = std::mem::take(&mut self.view);
            let saved = Saved {
                cursor: self.current(),
                line: self.cursor.saturating_sub(self.top),
                entries: std::mem::take(&mut self.entries),
                next: self.next.take(),
            };
            if self.saved.len() >= SAVED {
                self.saved.clear();
            }
            if !matches!(old, View::Search(_)) {
                self.saved.insert(old, saved);
            }
            let back = self.saved.remove(&view).unwrap_or_default();
            self.query = view.query();
            self.view = view;
            self.entries = back.entries;
            self.entries.retain(|e| e.ghost.is_none());
            self.next = back.next;
            self.anchor = None;
            self.lent = false;
            self.chosen.clear();
            self.touched.clear();
            self.set_no_filter();
            self.cursor = back.cursor.and_then(|id| self.entries.iter().position(|e| e.id == id)).unwrap_or(0);
            self.top = scroll::keep_line(self.cursor, back.line, self.height(), self.len());
        }
        self.reload()
    }

    /// Asks for the first page again.
    pub fn reload(&mut self) -> Vec<Effect> {
        self.query = self.view.query();
        self.asked = Asked::First;
        self.failed = None;
        vec![Effect::Load { query: self.query.clone(), after: None, blank: self.entries.is_empty() }]
    }

    /// Sets the pane's place; the cursor's line stays as far as there is room. `wide`: the form with column headings.
    pub fn resize(&mut self, area: Rect, wide: bool) {
        if area == self.area && wide == self.wide {
            return;
        }
        let line = self.cursor.saturating_sub(self.top);
        self.area = area;
        self.wide = wide;
        self.top = scroll::keep_line(self.cursor, line, self.height(), self.len());
    }

    /// Takes the first page in as this machine remembers it, while the desk is still being asked.
    pub fn took_kept(&mut self, query: &Query, ids: Vec<TicketId>, next: Option<Cursor>, ctx: &Ctx<'_>) -> Vec<Effect> {
        if !self.entries.is_empty() {
            return Vec::new();
        }
        let (asked, failed) = (self.asked, self.failed.take());
        self.asked_kept = None;
        let effects = self.took_page(query, None, ids, next, ctx);
        (self.asked, self.failed) = (asked, failed);
        effects
    }

    /// Takes a page in, when it is this list's. The world has its rows already.
    pub fn took_page(
        &mut self,
        query: &Query,
        after: Option<&Cursor>,
        ids: Vec<TicketId>,
        next: Option<Cursor>,
        ctx: &Ctx<'_>,
    ) -> Vec<Effect> {
        if *query != self.query || after.is_some() && after != self.next.as_ref() {
            return Vec::new();
        }
        if after.is_none_or(|a| a.kept_rows().is_none()) {
            self.asked = Asked::Nothing;
            self.failed = None;
        }
        let before = self.current();
        self.keep_place(ctx, |list| {
            let known: HashSet<TicketId> = ids.iter().cloned().collect();
            if after.is_some() {
                let have: HashSet<&TicketId> = list.entries.iter().map(|e| &e.id).collect();
                let fresh: Vec<Entry> =
                    ids.into_iter().filter(|id| !have.contains(id)).map(|id| Entry { id, ghost: None }).collect();
                list.entries.extend(fresh);
            } else {
                // Of what was loaded further down, what still belongs here stays: the cursor may stand there.
                let here = list.current();
                let old = std::mem::take(&mut list.entries);
                list.entries = ids.into_iter().map(|id| Entry { id, ghost: None }).collect();
                let tail = old.into_iter().skip(if next.is_some() { list.entries.len() } else { 0 }).filter(|e| {
                    !known.contains(&e.id)
                        && (next.is_some() && list_fits(&list.query, &e.id, ctx)
                            || e.ghost.is_some() && here.as_ref() == Some(&e.id))
                });
                list.entries.extend(tail);
            }
            list.next = next;
        });
        let mut effects = Vec::new();
        if self.to_end > 0 {
            self.to_end -= 1;
            if self.next.is_some() && self.to_end > 0 {
                effects.extend(self.ask_more(true));
            } else {
                self.to_end = 0;
                effects.extend(self.go(self.len().saturating_sub(1), ctx));
            }
        } else {
            effects.extend(self.ask_more(false));
        }
        if before != self.current() {
            effects.extend(self.rest());
        }
        effects
    }

    /// A page could not be loaded.
    pub fn failed(&mut self, query: &Query, why: Clean) {
        if *query == self.query {
            self.asked = Asked::Nothing;
            self.to_end = 0;
            self.failed = Some(why);
        }
    }

    /// Whether the list could not be had.
    pub const fn is_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Takes the desk's news in; the world has the row already.
    pub fn took_update(&mut self, update: &Update, ctx: &Ctx<'_>) -> Vec<Effect> {
        let Some(row) = &update.ticket else { return Vec::new() };
        let actor = update.event.as_ref().and_then(|e| e.actor.as_ref());
        let own = actor.is_some_and(|a| Some(&a.id) == ctx.world.my_id());
        self.settle(&row.id, own, ctx)
    }

    /// Puts one ticket where it belongs now, pending changes counted: after a submit, a confirmation, a refusal, news.
    /// `own`: it is the agent's own doing, so a row that leaves really leaves.
    pub fn settle(&mut self, id: &TicketId, own: bool, ctx: &Ctx<'_>) -> Vec<Effect> {
        let row = ctx.world.row(id);
        let fits = row.as_ref().is_some_and(|r| order::matches(&self.query, r, ctx.world.my_id()));
        let at = self.entries.iter().position(|e| e.id == *id);
        let before = self.current();
        let on_it = before.as_ref() == Some(id) || self.is_chosen(id);
        match (at, fits) {
            (Some(at), true) if on_it => {
                self.entries[at].ghost = None;
                self.touch(id);
            }
            (Some(at), true) => self.keep_place(ctx, |list| {
                list.entries.remove(at);
                list.insert(id, at, ctx);
            }),
            (Some(at), false) => {
                let mine = row.as_ref().is_some_and(|r| ctx.world.is_mine(r));
                if on_it && (!own || mine && row.as_ref().is_some_and(|r| r.status.is_active())) {
                    self.entries[at].ghost = Some(why_gone(row.as_deref(), &self.query, ctx));
                    self.touch(id);
                } else {
                    self.chosen.remove(id);
                    self.keep_place(ctx, |list| {
                        list.entries.remove(at);
                    });
                }
            }
            (None, true) if self.query.text.is_none() => {
                let end = self.entries.len();
                self.keep_place(ctx, |list| list.insert(id, end, ctx));
            }
            (None, _) => {}
        }
        if before == self.current() { Vec::new() } else { self.rest() }
    }

    /// Which tickets have drafts of mine.
    pub fn set_drafts(&mut self, drafts: HashSet<TicketId>) {
        self.drafts = drafts;
    }

    /// The ticket to preview, when the cursor still rests where it did when the timer was set.
    pub fn rested(&self, n: u64) -> Option<TicketId> {
        if n == self.rest { self.current() } else { None }
    }

    /// Narrows the list as one types; an empty line shows all.
    pub fn set_filter(&mut self, line: &str, ctx: &Ctx<'_>) -> Vec<Effect> {
        let before = self.current();
        let filter = Filter::parse(line);
        self.filter_line = Clean::line(line.trim());
        self.keep_place(ctx, |list| list.filter = filter);
        let mut effects = self.ask_more(false);
        if before != self.current() {
            effects.extend(self.rest());
        }
        effects
    }

    /// Whether a filter is on.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Sets the cursor on a ticket, when it is in the list.
    pub fn select(&mut self, id: &TicketId, ctx: &Ctx<'_>) -> Vec<Effect> {
        match (0..self.len()).find(|i| self.entry(*i).is_some_and(|e| e.id == *id)) {
            Some(at) => self.go(at, ctx),
            None => Vec::new(),
        }
    }

    /// What an action does here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let n = count.unwrap_or(1).clamp(1, 1_000_000) as isize;
        let page = self.height().saturating_sub(1).max(1) as isize;
        let half = (self.height() / 2).max(1) as isize;
        let (at, len) = (self.cursor, self.len());
        let by = |by: isize| scroll::step(at, by, len);
        let nth = |n: u32| (n.max(1) as usize - 1).min(len.saturating_sub(1));
        let to = match action {
            Action::Down => by(n),
            Action::Up => by(-n),
            Action::HalfDown => by(half * n),
            Action::HalfUp => by(-half * n),
            Action::PageDown => by(page * n),
            Action::PageUp => by(-page * n),
            Action::Top => count.map_or(0, nth),
            Action::Bottom => {
                self.to_end = if count.is_none() && self.next.is_some() { PAGES } else { 0 };
                let mut effects = if self.to_end > 0 { self.ask_more(true) } else { Vec::new() };
                let to = count.map_or(len.saturating_sub(1), nth);
                let to_end = self.to_end;
                effects.extend(self.go(to, ctx));
                self.to_end = to_end;
                return Act::Done(effects);
            }
            Action::ScrollTop => return self.scroll_to(0),
            Action::ScrollMiddle => return self.scroll_to(self.height() / 2),
            Action::ScrollBottom => return self.scroll_to(self.height().saturating_sub(1)),
            Action::NextUnassigned => return self.unassigned(true, n, ctx),
            Action::PrevUnassigned => return self.unassigned(false, n, ctx),
            Action::Open => {
                return match self.current() {
                    Some(id) => Act::Wide(Wide::OpenTicket(id)),
                    None => Act::Say(Notice::hint(ctx.words.screen.no_ticket)),
                };
            }
            Action::Select | Action::SelectLines => {
                self.anchor = if self.anchor.is_some() { self.end_range() } else { self.current() };
                return Act::Done(Vec::new());
            }
            Action::Toggle => {
                if let Some(id) = self.current()
                    && !self.chosen.remove(&id)
                {
                    self.chosen.insert(id);
                }
                by(1)
            }
            Action::Cancel => {
                if self.is_selecting() {
                    self.clear_selection(ctx);
                } else if self.is_filtered() {
                    return Act::Done(self.set_filter("", ctx));
                } else {
                    return Act::Ignored;
                }
                return Act::Done(Vec::new());
            }
            Action::Search(None) => {
                return Act::Ask(Question::Prompt(Prompt {
                    lead: Clean::line("/"),
                    text: String::new(),
                    purpose: Purpose::Search,
                }));
            }
            Action::Search(Some(words)) => {
                self.searched = Some(words.clone());
                return self.find(true, n, ctx);
            }
            Action::SearchNext => return self.find(true, n, ctx),
            Action::SearchPrev => return self.find(false, n, ctx),
            Action::Filter(None) => {
                return Act::Ask(Question::Prompt(Prompt {
                    lead: Clean::line("f "),
                    text: self.filter_line.to_string(),
                    purpose: Purpose::Filter,
                }));
            }
            Action::Filter(Some(line)) => return Act::Done(self.set_filter(line, ctx)),
            Action::ByRequester => {
                let row = self.current().and_then(|id| ctx.world.row(&id));
                return match row.map(|r| r.requester.email.clone()) {
                    Some(email) if !email.is_empty() => Act::Wide(Wide::Show(View::Requester(email.to_string()))),
                    Some(_) => Act::Say(Notice::hint(ctx.words.screen.no_address)),
                    None => Act::Say(Notice::hint(ctx.words.screen.no_ticket)),
                };
            }
            Action::Reload => return Act::Done(self.reload()),
            _ => return Act::Ignored,
        };
        Act::Done(self.go(to, ctx))
    }

    // the rows shown

    fn len(&self) -> usize {
        self.fitting.as_ref().map_or(self.entries.len(), Vec::len)
    }

    fn entry(&self, at: usize) -> Option<&Entry> {
        match &self.fitting {
            None => self.entries.get(at),
            Some(fitting) => self.entries.get(*fitting.get(at)?),
        }
    }

    /// How many rows are drawn.
    fn height(&self) -> usize {
        usize::from(self.area.height).saturating_sub(usize::from(self.wide))
    }

    fn set_no_filter(&mut self) {
        self.filter = Filter::default();
        self.filter_line = Clean::default();
        self.fitting = None;
    }

    /// Changes the list and finds the cursor's ticket again, on the same screen line as far as there is room. A cursor whose
    /// ticket is gone stays at its place.
    fn keep_place(&mut self, ctx: &Ctx<'_>, change: impl FnOnce(&mut Self)) {
        let id = self.current();
        let line = self.cursor.saturating_sub(self.top);
        change(self);
        self.fitting = (!self.filter.is_empty()).then(|| {
            let fits =
                |e: &Entry| ctx.world.row(&e.id).is_some_and(|r| self.filter.fits(&r, ctx.world.my_id(), ctx.now));
            (0..self.entries.len()).filter(|i| fits(&self.entries[*i])).collect()
        });
        let found = id.and_then(|id| (0..self.len()).find(|i| self.entry(*i).is_some_and(|e| e.id == id)));
        self.cursor = found.unwrap_or(self.cursor).min(self.len().saturating_sub(1));
        self.top = scroll::keep_line(self.cursor, line, self.height(), self.len());
    }

    /// Puts a ticket where it belongs by "what needs a hand first". One that belongs behind what is loaded comes with its page;
    /// one that was in the list stays, at `fallback` where the desk orders by something that rows do not show.
    fn insert(&mut self, id: &TicketId, fallback: usize, ctx: &Ctx<'_>) {
        let Some(row) = ctx.world.row(id) else { return };
        let me = ctx.world.my_id();
        let place = order::place(&row, me);
        let at = if self.query.text.is_some() {
            fallback.min(self.entries.len())
        } else {
            self.entries.partition_point(|e| ctx.world.row(&e.id).is_some_and(|r| order::place(&r, me) < place))
        };
        if at == self.entries.len() && self.next.is_some() && at > 0 && fallback == at {
            return;
        }
        self.entries.insert(at, Entry { id: id.clone(), ghost: None });
    }

    fn touch(&mut self, id: &TicketId) {
        if !self.touched.contains(id) {
            self.touched.push(id.clone());
        }
    }

    /// Rows that were left alone go where they belong as soon as neither cursor nor selection is on them.
    fn settle_touched(&mut self, ctx: &Ctx<'_>) {
        if self.touched.is_empty() {
            return;
        }
        let here = self.current();
        let (stay, go): (Vec<_>, Vec<_>) = std::mem::take(&mut self.touched)
            .into_iter()
            .partition(|id| here.as_ref() == Some(id) || self.is_chosen(id));
        self.touched = stay;
        for id in go {
            let Some(at) = self.entries.iter().position(|e| e.id == id) else { continue };
            self.keep_place(ctx, |list| {
                let ghost = list.entries.remove(at).ghost.is_some();
                if !ghost {
                    list.insert(&id, at, ctx);
                }
            });
        }
    }

    // moving

    fn go(&mut self, to: usize, ctx: &Ctx<'_>) -> Vec<Effect> {
        let before = self.current();
        self.to_end = 0;
        self.cursor = to.min(self.len().saturating_sub(1));
        self.top = scroll::follow(self.top, self.cursor, self.height(), self.len());
        if before == self.current() {
            return self.ask_more(false);
        }
        self.settle_touched(ctx);
        let mut effects = self.ask_more(false);
        effects.extend(self.rest());
        effects
    }

    fn scroll_to(&mut self, line: usize) -> Act {
        self.top = scroll::place(self.cursor, line).min(self.len().saturating_sub(1));
        Act::Done(Vec::new())
    }

    /// Asks for the next page when the cursor comes near the end, or at once.
    fn ask_more(&mut self, now: bool) -> Vec<Effect> {
        // Whoever only looks at the first rows costs no second page.
        let ahead = if self.cursor > 0 { AHEAD } else { 0 };
        let near = self.cursor + ahead.max(2 * self.height().max(1)) >= self.len();
        let Some(after) = self.next.clone().filter(|_| near || now) else { return Vec::new() };
        if after.kept_rows().is_some() {
            // It is on this machine: nobody waits for the desk to scroll through what is remembered.
            if self.asked_kept.as_ref() == Some(&after) {
                return Vec::new();
            }
            self.asked_kept = Some(after.clone());
        } else if self.asked == Asked::Nothing {
            self.asked = Asked::More;
        } else {
            return Vec::new();
        }
        vec![Effect::Load { query: self.query.clone(), after: Some(after), blank: false }]
    }

    /// The cursor came to rest somewhere new, maybe.
    pub fn rest(&mut self) -> Vec<Effect> {
        self.rest += 1;
        vec![Effect::After(REST, Timer::Preview(self.rest))]
    }

    fn unassigned(&mut self, forward: bool, n: isize, ctx: &Ctx<'_>) -> Act {
        let free = |i: usize| {
            self.entry(i)
                .and_then(|e| ctx.world.row(&e.id))
                .is_some_and(|r| r.assignee.is_none() && r.status.is_active())
        };
        let nth = n.unsigned_abs() - 1;
        let found = if forward {
            (self.cursor + 1..self.len()).filter(|i| free(*i)).nth(nth)
        } else {
            (0..self.cursor).rev().filter(|i| free(*i)).nth(nth)
        };
        match found {
            Some(at) => Act::Done(self.go(at, ctx)),
            None => Act::Say(Notice::hint(ctx.words.screen.no_unassigned)),
        }
    }

    /// Goes to the next row that holds the searched words, around the end.
    fn find(&mut self, forward: bool, n: isize, ctx: &Ctx<'_>) -> Act {
        let Some(words) = self.searched.clone().filter(|w| !w.trim().is_empty()) else {
            return Act::Say(Notice::hint(ctx.words.screen.no_search));
        };
        let (folded, len) = (fold(words.trim()), self.len());
        let hits: Vec<usize> = (1..=len)
            .map(|step| if forward { (self.cursor + step) % len } else { (self.cursor + len - step) % len })
            .filter(|i| {
                self.entry(*i).and_then(|e| ctx.world.row(&e.id)).is_some_and(|r| r.haystack().contains(&folded))
            })
            .collect();
        match hits.len() {
            0 => Act::Say(Notice::hint((ctx.words.screen.not_found)(&Clean::line(&words)))),
            len => {
                let at = hits[(n.unsigned_abs() - 1) % len];
                Act::Done(self.go(at, ctx))
            }
        }
    }

    // selecting

    /// The rows between `v` and the cursor.
    fn range(&self) -> std::ops::Range<usize> {
        let anchor = self.anchor.as_ref();
        let from = anchor.and_then(|a| (0..self.len()).find(|i| self.entry(*i).is_some_and(|e| e.id == *a)));
        match (anchor, from) {
            (Some(_), Some(from)) => from.min(self.cursor)..from.max(self.cursor) + 1,
            (Some(_), None) => self.cursor..self.cursor + 1,
            (None, _) => 0..0,
        }
    }

    /// Ends a range: what it spans is chosen.
    fn end_range(&mut self) -> Option<TicketId> {
        let ids: Vec<TicketId> = self.range().filter_map(|i| Some(self.entry(i)?.id.clone())).collect();
        self.chosen.extend(ids);
        None
    }

    fn is_chosen(&self, id: &TicketId) -> bool {
        self.chosen.contains(id)
            || self.anchor.is_some() && self.range().any(|i| self.entry(i).is_some_and(|e| e.id == *id))
    }
}

fn list_fits(query: &Query, id: &TicketId, ctx: &Ctx<'_>) -> bool {
    ctx.world.row(id).is_some_and(|r| order::matches(query, &r, ctx.world.my_id()))
}

/// What became of a row that left the list.
fn why_gone(row: Option<&TicketRow>, query: &Query, ctx: &Ctx<'_>) -> Clean {
    let words = &ctx.words.screen;
    let Some(row) = row else { return Clean::line(words.gone) };
    let wanted = if query.status.is_empty() { row.status.is_active() } else { query.status.contains(&row.status) };
    Clean::line(&match &row.assignee {
        _ if row.merged_into.is_some() => (words.merged_into)(row.merged_into.as_ref().map_or("", |id| id.as_str())),
        _ if !wanted => (ctx.words.common.status)(row.status).to_owned(),
        _ if query.queue.as_ref().is_some_and(|q| *q != row.queue_id) => (words.moved_to)(&row.queue),
        Some(_) if ctx.world.is_mine(row) => words.taken_by_me.to_owned(),
        Some(holder) => (words.taken_by)(&ctx.theme.badge(holder).initials),
        None => words.gone.to_owned(),
    })
}
