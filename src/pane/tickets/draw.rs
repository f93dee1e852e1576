//! How the ticket list looks.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::filter::age_of;
use super::{Asked, Entry, Tickets};
use crate::domain::{AgentRef, News, Status, TicketRow, Verb};
use crate::model::View;
use crate::pane::Ctx;
use crate::text::{Clean, time};
use crate::widget::columns::{Column, Slot, Wanted, layout};
use crate::widget::{badge, blank, cells, mark, put, put_fit, put_right, short};

/// Less than this until due is soon.
const SOON: i64 = 60 * 60;

impl Tickets {
    /// Draws the list.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let slots = layout(area.width, self.wanted());
        let mut rows = area;
        if self.wide {
            headings(&slots, area, buf, ctx);
            rows.y += 1;
            rows.height -= 1;
        }
        if self.len() == 0 {
            self.draw_empty(rows, buf, ctx);
            return;
        }
        let range = self.range();
        for line in 0..rows.height {
            let at = self.top + usize::from(line);
            let Some(entry) = self.entry(at) else { break };
            let here = Rect { y: rows.y + line, height: 1, ..rows };
            let chosen = range.contains(&at) || self.chosen.contains(&entry.id);
            self.draw_row(entry, &slots, here, buf, ctx);
            if chosen {
                // The mark stays outside: it says the same without colour.
                mark(buf, here.x + u16::from(self.wide), here.y, 1, ctx.theme.glyphs.chosen, ctx.theme.focus);
                buf.set_style(Rect { x: here.x + 1, width: here.width - 1, ..here }, ctx.theme.selection);
            }
            if at == self.cursor {
                self.draw_cursor(&slots, here, buf, ctx, focused);
            }
        }
    }

    /// Which columns: the id's width by the ids around, so that paging does not shift the columns by each row.
    fn wanted(&self) -> Wanted {
        let longest = self.entries.iter().take(200).map(|e| e.id.as_str().len()).max().unwrap_or(0);
        let id = u16::try_from(longest).unwrap_or(u16::MAX).clamp(4, 12) + u16::from(self.wide);
        Wanted { dense: !self.wide, id, queue: !matches!(self.view, View::Queue(_)) }
    }

    fn draw_cursor(&self, slots: &[Slot], row: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let style = if focused { ctx.theme.focus } else { ctx.theme.dim };
        mark(buf, row.x, row.y, 1, ctx.theme.glyphs.cursor, style);
        // Only the id is reversed: a whole row would cost hundreds of bytes for each key on a poor line.
        if let (true, Some(slot)) = (focused, slots.iter().find(|s| s.column == Column::Id)) {
            buf.set_style(Rect { x: row.x + slot.x, width: slot.width, ..row }, ctx.theme.cursor);
        }
    }

    fn draw_row(&self, entry: &Entry, slots: &[Slot], area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let Some(row) = ctx.world.row(&entry.id) else {
            put_fit(
                buf,
                area.x + 2,
                area.y,
                area.width.saturating_sub(2),
                entry.id.clean(),
                theme.glyphs.more,
                theme.dim,
            );
            return;
        };
        let mine = ctx.world.is_mine(&row);
        let style = if entry.ghost.is_some() || row.status.is_done() {
            theme.dim
        } else if row.assignee.is_none() {
            theme.unassigned
        } else if mine {
            theme.mine
        } else {
            theme.held
        };
        let more = theme.glyphs.more;
        for slot in slots {
            let (x, y, width) = (area.x + slot.x, area.y, slot.width);
            match slot.column {
                Column::Id => {
                    let id = if self.wide { Clean::line(&format!("#{}", row.id)) } else { row.id.clean().clone() };
                    put_fit(buf, x, y, width, &id, more, style);
                }
                Column::Status => letter(buf, x, y, row.status.letter(), style),
                Column::Age => {
                    put_right(buf, x, y, width, &Clean::line(&time::age(age_of(&row), ctx.now)), more, theme.dim);
                }
                Column::Channel => letter(buf, x, y, row.channel.mark(), theme.dim),
                Column::Priority => {
                    use crate::domain::Priority::{High, Low, Normal, Urgent};
                    let style = match row.priority {
                        Urgent => theme.late,
                        High => theme.soon,
                        Normal | Low => theme.dim,
                    };
                    letter(buf, x, y, row.priority.letter(), style);
                }
                Column::Who => {
                    let used = badge::badge(buf, x, y, width, theme, row.assignee.as_ref(), mine);
                    if let (Some(holder), true) = (&row.assignee, width > used + 1) {
                        who(buf, x + used + 1, y, width - used - 1, ctx, holder, mine);
                    }
                }
                Column::Queue => {
                    let short = if width > 3 { row.queue.clone() } else { short::three(&row.queue) };
                    put_fit(buf, x, y, width, &short, more, theme.dim);
                }
                Column::Requester => {
                    put_fit(buf, x, y, width, row.requester.display(), more, style);
                }
                Column::Subject if row.subject.is_empty() => {
                    mark(buf, x, y, width, theme.glyphs.dash, theme.dim);
                }
                Column::Subject => {
                    put_fit(buf, x, y, width, &row.subject, more, style);
                }
                Column::Due if entry.ghost.is_some() => {}
                Column::Due => {
                    let (text, style) = self.pressing(&row, ctx);
                    put_right(buf, x, y, width, &text, more, style);
                }
            }
        }
        if let Some(ghost) = &entry.ghost {
            // It needs more room than the last column has: it takes it from the subject of a row that is gone.
            let width = cells(ghost).saturating_add(1).min(area.width);
            let x = area.right() - width;
            blank(buf, Rect { x, width, ..area }, Style::new());
            put(buf, x + 1, area.y, width.saturating_sub(1), ghost, theme.pending);
        }
    }

    /// The most pressing fact about a row.
    fn pressing(&self, row: &TicketRow, ctx: &Ctx<'_>) -> (Clean, Style) {
        let (words, theme) = (&ctx.words.screen, ctx.theme);
        let going = |text: &str| (Clean::line(&format!("{text}{}", theme.glyphs.more)), theme.pending);
        if ctx.world.is_pending(&row.id, Verb::Claim) || ctx.world.is_pending(&row.id, Verb::Steal) {
            return going(words.claiming);
        }
        if ctx.world.pending.iter().any(|p| p.change.ticket() == Some(&row.id) && p.until.is_none()) {
            return going(words.pending);
        }
        if let Some(other) = row.writing.iter().find(|a| Some(&a.id) != ctx.world.my_id()) {
            let badge = theme.badge(other);
            let text = if self.wide { (words.writes)(&badge.initials) } else { format!("{}..", badge.initials) };
            return (Clean::line(&text), badge.style);
        }
        if self.drafts.contains(&row.id) {
            return (Clean::line(words.draft), theme.note);
        }
        let due = row.due_at.filter(|_| row.on_us).map(|due| self.due(due, row.late, ctx));
        if row.late {
            return (due.unwrap_or_else(|| Clean::line(words.late)), theme.late);
        }
        if let Some(news) = ctx.world.bookmark(&row.id).and_then(|read| read.news(row)) {
            let count = match news {
                News::Messages(n) => Some(n),
                News::Uncounted => None,
            };
            return (Clean::line(&(words.fresh)(count)), theme.fresh);
        }
        if let (Status::Snoozed, Some(until)) = (row.status, row.snoozed_until) {
            return (self.due(until, false, ctx), theme.dim);
        }
        match due {
            Some(text) => {
                let soon = row.due_at.is_some_and(|d| d.as_second() - ctx.now.as_second() < SOON);
                (text, if soon { theme.soon } else { theme.dim })
            }
            None => (Clean::default(), theme.dim),
        }
    }

    fn due(&self, due: Timestamp, late: bool, ctx: &Ctx<'_>) -> Clean {
        let text = time::due(due, ctx.now);
        let words = &ctx.words.screen;
        Clean::line(&match (self.wide, late || text.starts_with('-')) {
            (false, _) => text,
            (true, true) => (words.over)(&text),
            (true, false) => (words.left)(&text),
        })
    }

    fn draw_empty(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        if area.is_empty() {
            return;
        }
        let words = &ctx.words.screen;
        let (text, style) = match () {
            () if self.failed.is_some() => (self.failed.clone().unwrap_or_default(), ctx.theme.error),
            () if self.asked != Asked::Nothing => (Clean::line(words.loading), ctx.theme.dim),
            () if self.is_filtered() && !self.entries.is_empty() => (Clean::line(words.empty_filter), ctx.theme.hint),
            () if self.view == View::All && ctx.world.as_of.is_some() => {
                (Clean::line(words.empty_desk), ctx.theme.hint)
            }
            () => (Clean::line(words.empty), ctx.theme.dim),
        };
        let room = usize::from(area.width.saturating_sub(3)).max(1);
        for (line, text) in crate::text::wrap::wrap(&text, room).into_iter().take(area.height.into()).enumerate() {
            put(buf, area.x + 2, area.y + line as u16, area.width.saturating_sub(2), &text, style);
        }
    }
}

fn letter(buf: &mut Buffer, x: u16, y: u16, c: char, style: Style) {
    put(buf, x, y, 1, &Clean::line(c.encode_utf8(&mut [0; 4])), style);
}

/// The holder's name behind the badge: `you` for me.
fn who(buf: &mut Buffer, x: u16, y: u16, width: u16, ctx: &Ctx<'_>, holder: &AgentRef, mine: bool) {
    if mine {
        let style = ctx.theme.badge(holder).style.add_modifier(Modifier::BOLD);
        put_fit(buf, x, y, width, &Clean::line(ctx.words.screen.you), ctx.theme.glyphs.more, style);
    } else {
        badge::name(buf, x, y, width, ctx.theme, holder);
    }
}

fn headings(slots: &[Slot], area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let [age, channel, holder, requester, subject, due, queue] = ctx.words.screen.columns;
    for slot in slots {
        let (text, right) = match slot.column {
            Column::Id => ("#", false),
            Column::Age => (age, true),
            Column::Channel => (channel, false),
            Column::Who => (holder, false),
            Column::Requester => (requester, false),
            Column::Subject => (subject, false),
            Column::Due => (due, true),
            Column::Queue => (queue, false),
            Column::Status | Column::Priority => continue,
        };
        let text = Clean::line(text);
        let (x, style) = (area.x + slot.x, ctx.theme.dim);
        if right {
            put_right(buf, x, area.y, slot.width, &text, "", style);
        } else {
            // Headings of one-letter columns may reach into the gap behind them.
            let width = slot.width.max(if slot.width == 1 { 2 } else { 0 });
            put(buf, x, area.y, width.min(area.right() - x), &text, style);
        }
    }
}
