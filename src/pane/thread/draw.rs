//! How a thread looks: a head that stays, then the lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::lines::{Line, Part};
use super::{Selecting, ThreadPane};
use crate::domain::{AgentRef, Change, Kind, Thread, TicketRow};
use crate::pane::Ctx;
use crate::text::{Clean, time, width};
use crate::widget;

/// How many lines of the pane the head takes.
pub(super) fn head_height(area: Rect) -> u16 {
    match area.height {
        0..=3 => area.height.min(1),
        4..=9 => 2,
        _ => 4,
    }
}

/// Draws a text of ours from a cell on; gives the cell behind it.
fn put(buf: &mut Buffer, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
    if x >= end {
        return x;
    }
    x + widget::put(buf, x, y, end - x, &Clean::line(text), style)
}

/// Draws text that ends at a cell, if it fits behind `from`; gives the cell where it begins.
fn put_right(buf: &mut Buffer, from: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
    let cells = width::width(text) as u16;
    if cells == 0 || end < from + cells {
        return end;
    }
    put(buf, end - cells, y, end, text, style);
    end - cells
}

impl ThreadPane {
    /// The thread is not here: it is on its way, or why it is not.
    fn draw_missing(&self, body: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let (text, style) = match &self.failed {
            Some(why) => (why.clone(), ctx.theme.error),
            None => (ctx.theme.own(ctx.words.thread.loading), ctx.theme.dim),
        };
        let room = usize::from(body.width.saturating_sub(2)).max(1);
        for (line, text) in crate::text::wrap::wrap(&text, room).into_iter().take(body.height.into()).enumerate() {
            put(buf, body.x + 1, body.y + line as u16, body.right(), &text, style);
        }
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let Some(row) = self.ticket.as_ref().and_then(|t| ctx.world.row(t)) else {
            put(buf, area.x + 1, area.y, area.right(), ctx.words.thread.empty, ctx.theme.dim);
            return;
        };
        self.draw_head(&row, area, buf, ctx, focused);
        let head = head_height(area);
        let body = Rect { y: area.y + head, height: area.height - head, ..area };
        let Some(thread) = ctx.world.thread(&row.id) else {
            self.draw_missing(body, buf, ctx);
            return;
        };
        let selected = self.selected_lines().unwrap_or_default();
        for (screen_row, (i, line)) in
            self.lines.lines.iter().enumerate().skip(self.top).take(usize::from(body.height)).enumerate()
        {
            let y = body.y + screen_row as u16;
            self.draw_line(line, thread, Rect { y, height: 1, ..body }, buf, ctx);
            let toggled =
                line.message.and_then(|m| thread.messages.get(m)).is_some_and(|m| self.toggled.contains(&m.id));
            if selected.contains(&i) || toggled {
                buf.set_style(Rect { y, height: 1, ..body }, ctx.theme.selection);
            }
            if focused && i == self.cursor {
                put(buf, body.x, y, body.right(), ctx.theme.glyphs.cursor, ctx.theme.focus);
                if self.selecting.is_none() {
                    buf.set_style(Rect { y, height: 1, ..body }, Style::new().add_modifier(Modifier::BOLD));
                }
            }
        }
        let shown = self.top + usize::from(body.height);
        if shown < self.lines.lines.len() && body.height > 0 {
            let left = self.lines.lines.len() - shown;
            // What is new below is said, and not scrolled to.
            let below = self.lines.unread.is_some_and(|at| at >= shown);
            let new = self.built.as_ref().and_then(|b| b.unread).filter(|_| below).map(|unread| unread.messages);
            let (more, style) = match new {
                Some(_) => {
                    let new = (ctx.words.screen.fresh)(new);
                    (format!(" {} {left} {} {new} ", ctx.theme.glyphs.more, ctx.theme.glyphs.dot), ctx.theme.fresh)
                }
                None => (format!(" {} {left} ", ctx.theme.glyphs.more), ctx.theme.hint),
            };
            put_right(buf, body.x, body.bottom() - 1, body.right(), &more, style);
        }
    }

    fn draw_head(&self, row: &TicketRow, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let theme = ctx.theme;
        let end = area.right();
        let title = if focused { theme.focus } else { theme.title };
        let common = &ctx.words.common;
        // The desk's own word is shown where it is another than ours.
        let ours = row.native_status.as_str() == row.status.word();
        let status = if ours { (common.status)(row.status) } else { row.native_status.as_str() };
        let state = format!(
            "{status} {d} {} {d} {} {d} {}",
            row.queue,
            (common.priority)(row.priority),
            (common.channel)(row.channel),
            d = theme.glyphs.dot
        );
        let limit = put_right(buf, area.x + area.width / 3, area.y, end, &state, theme.dim);
        let x = put(buf, area.x, area.y, limit, &format!("#{} ", row.id), title);
        put(buf, x, area.y, limit.saturating_sub(1), &row.subject, title.add_modifier(Modifier::BOLD));
        let height = head_height(area);
        if height < 2 {
            return;
        }
        let y = area.y + 1;
        let (holder, style) = match &row.assignee {
            Some(agent) => {
                let badge = theme.badge(agent);
                let since = row.assigned_at.map(|at| format!(" {}", time::age(at, ctx.now))).unwrap_or_default();
                (format!("{} {} {}{since}", theme.glyphs.held, badge.initials, agent.name), badge.style)
            }
            None => (format!("{} {}", theme.glyphs.free, ctx.words.thread.nobody), theme.unassigned),
        };
        let limit = put_right(buf, area.x + area.width / 3, y, end, &holder, style);
        let mut who = row.requester.to_string();
        if let Some(phone) = &row.requester.phone {
            who = format!("{who}  {phone}");
        }
        if let Some(code) = &row.requester.code {
            who = format!("{who}  [{code}]");
        }
        put(buf, area.x, y, limit.saturating_sub(1), &who, theme.text);
        if height < 4 {
            return;
        }
        self.draw_relations(row, Rect { y: area.y + 2, height: 1, ..area }, buf, ctx);
        let rule = theme.glyphs.across.repeat(usize::from(area.width));
        put(buf, area.x, area.y + 3, end, &rule, theme.rule);
    }

    /// Labels, relations to other tickets, and who else is here.
    fn draw_relations(&self, row: &TicketRow, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let (theme, words) = (ctx.theme, &ctx.words.thread);
        let me = ctx.world.my_id();
        let names = |people: &[AgentRef]| {
            people.iter().filter(|a| Some(&a.id) != me).map(|a| a.name.to_string()).collect::<Vec<_>>().join(", ")
        };
        let (writing, reading) = (names(&row.writing), names(&row.reading));
        let here = if !writing.is_empty() {
            (words.writing)(&writing)
        } else if !reading.is_empty() {
            (words.reading)(&reading)
        } else {
            String::new()
        };
        let mut limit = put_right(buf, area.x, area.y, area.right(), &here, theme.fresh);
        if let Some(pending) = ctx.world.pending.iter().find(|p| {
            matches!(p.change, Change::Reply { .. } | Change::Note { .. }) && p.change.ticket() == Some(&row.id)
        }) {
            let text = match pending.until {
                Some(until) if until > ctx.now => {
                    (words.leaves_in)((until.as_second() - ctx.now.as_second()).max(1).unsigned_abs())
                }
                _ => theme.own(words.leaving).to_string(),
            };
            limit = put_right(buf, area.x, area.y, limit.saturating_sub(1), &text, theme.pending);
        }
        let mut said: Vec<String> = row.labels.iter().map(|l| format!("[{l}]")).collect();
        if let Some(into) = &row.merged_into {
            said.push((words.merged_into)(into.as_str()));
        }
        if let Some(from) = &row.split_from {
            said.push((words.split_from)(from.as_str()));
        }
        if !row.split_into.is_empty() {
            let ids: Vec<String> = row.split_into.iter().map(|t| format!("#{t}")).collect();
            said.push((words.split_into)(&ids.join(" ")));
        }
        if let Some(due) = row.due_at {
            let due = time::due(due, ctx.now);
            let screen = &ctx.words.screen;
            said.push(if row.late { (screen.over)(&due) } else { (screen.left)(&due) });
        }
        let style = if row.late { theme.late } else { theme.dim };
        put(buf, area.x, area.y, limit.saturating_sub(1), &said.join("  "), style);
    }

    fn draw_line(&self, line: &Line, thread: &Thread, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let message = line.message.and_then(|m| thread.messages.get(m));
        let edge_style = self.edge_style(message.map(|m| m.kind), line, ctx);
        let note = message.is_some_and(|m| m.kind == Kind::Note);
        let base = if note { theme.note } else { theme.text };
        let style = match line.part {
            Part::Head => base.patch(edge_style).add_modifier(Modifier::BOLD),
            Part::Body => base,
            Part::Quote | Part::Fold => theme.quote,
            Part::Attribution | Part::Signature | Part::Event | Part::Gap => theme.dim,
            Part::File(_) => theme.link,
            Part::Unread => theme.fresh,
        };
        let mut x = area.x;
        if message.is_some() {
            put(buf, x, area.y, area.right(), theme.glyphs.edge, edge_style);
            x += 2;
        } else if line.part == Part::Event {
            put(buf, x, area.y, area.right(), theme.glyphs.dot, theme.dim);
            x += 2;
        }
        let limit = put_right(buf, x + 8, area.y, area.right(), &line.right, theme.dim);
        let text = if line.part == Part::Fold { theme.own(&line.text) } else { line.text.clone() };
        let end = put(buf, x, area.y, limit, &text, style);
        if line.part == Part::Unread {
            let rule = theme.glyphs.across.repeat(usize::from(area.right().saturating_sub(end + 1)));
            put(buf, end + 1, area.y, area.right(), &rule, style);
        }
        for link in &line.links {
            let before = width::width(&line.text[..link.start]) as u16;
            put(buf, x + before, area.y, limit, &line.text[link.clone()], theme.link);
        }
        if let Some(words) = &self.search {
            self.draw_hits(line, words, x, Rect { width: limit.saturating_sub(area.x), ..area }, buf, ctx);
        }
    }

    fn draw_hits(&self, line: &Line, words: &str, x: u16, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let low = line.text.to_lowercase();
        // Lower case may change lengths; then the place of a hit cannot be told, only that there is one.
        if words.is_empty() || low.len() != line.text.len() {
            return;
        }
        for (at, hit) in low.match_indices(words) {
            if !line.text.is_char_boundary(at) || !line.text.is_char_boundary(at + hit.len()) {
                continue;
            }
            let from = x + width::width(&line.text[..at]) as u16;
            let cells = width::width(&line.text[at..at + hit.len()]) as u16;
            let rect = Rect { x: from, width: cells, height: 1, ..area }.intersection(area);
            buf.set_style(rect, ctx.theme.hit);
        }
    }

    /// The colour beside a message: the agent's own; a customer's and a note's by meaning.
    fn edge_style(&self, kind: Option<Kind>, line: &Line, ctx: &Ctx<'_>) -> Style {
        if kind == Some(Kind::Note) {
            return ctx.theme.note;
        }
        let agent = line.agent.as_ref().and_then(|id| ctx.world.agent(id));
        match (kind, agent) {
            (Some(Kind::Reply | Kind::Call), Some(agent)) => ctx.theme.badge(&agent.as_ref()).style,
            (Some(Kind::Reply | Kind::Call), None) => ctx.theme.held,
            _ => ctx.theme.text,
        }
    }

    /// What is selected, for the status line.
    pub fn selection_text(&self) -> Option<Clean> {
        match self.selecting {
            Some(Selecting::Lines(_)) => {
                let n = self.selected_lines()?.len();
                Some(Clean::line(&n.to_string()))
            }
            Some(Selecting::Messages(_)) => Some(Clean::line(&(self.toggled.len().max(1)).to_string())),
            None => (!self.toggled.is_empty()).then(|| Clean::line(&self.toggled.len().to_string())),
        }
    }
}
