//! The lines that frame every screen: above, the desk, its line and its counts; below, mode, list, position and hints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{Ctx, queues, team};
use crate::model::{Level, Link, Notice};
use crate::text::Clean;
use crate::text::wrap::wrap_row;
use crate::widget::statusline::{Part, line};
use crate::widget::{blank, cells, mark, put};

/// A long sentence takes so many lines at most.
const NOTICE_ROWS: u16 = 5;

/// What the header knows beside the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Drafts on disk.
    pub drafts: u32,
    /// Changes that wait because the desk cannot be reached.
    pub waiting: u32,
    /// Replies in their undo window, and the seconds until the first leaves.
    pub leaving: Option<(u32, u64)>,
    /// The screen has panes side by side; else queues and team stand here.
    pub wide: bool,
}

/// What the status line knows beside the world.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatusLine<'a> {
    /// The mode's name.
    pub mode: &'a str,
    /// Keys typed so far of a sequence, with their count.
    pub typed: &'a str,
    /// The list's or ticket's name.
    pub title: &'a str,
    /// Place and number, and whether there are more: `Tickets::position`.
    pub position: Option<(usize, usize, bool)>,
    /// How many tickets are selected.
    pub chosen: usize,
    /// What there is to say.
    pub notice: Option<&'a Notice>,
    /// Somebody types in the lines above: nothing may cover them.
    pub typing: bool,
    /// Keys and what they do, most useful first.
    pub hints: &'a [(Clean, Clean)],
}

/// Draws the header into one line, or two where the screen is narrow.
pub fn header(area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, header: &Header) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let first = Rect { height: 1, ..area };
    if header.wide {
        wide(first, buf, ctx, header);
        return;
    }
    narrow(first, buf, ctx, header, area.height > 1);
    if area.height > 1 {
        team_line(Rect { y: area.y + 1, ..first }, buf, ctx, header);
    }
}

fn desk(ctx: &Ctx<'_>, header: &Header, glyph: bool) -> Part {
    let (words, theme) = (&ctx.words.screen, ctx.theme);
    let (sign, text, style) = match &ctx.world.link {
        Link::Live => (theme.glyphs.held, words.live.to_owned(), theme.done),
        Link::Connecting => (theme.glyphs.free, format!("{}{}", words.connecting, theme.glyphs.more), theme.soon),
        Link::Offline { since, .. } => {
            let since = since.to_zoned(ctx.tz.clone());
            let since = format!("{:02}:{:02}", since.hour(), since.minute());
            let mut text = (words.offline)(&since);
            if header.waiting > 0 {
                text = format!("{text}, {}", (words.waiting)(header.waiting));
            }
            (theme.glyphs.free, text, theme.error)
        }
        Link::Limited { until } => {
            let left = until.as_second().saturating_sub(ctx.now.as_second()).max(0).unsigned_abs();
            (theme.glyphs.free, (words.limited)(left), theme.soon)
        }
    };
    let text = if glyph { format!(" {sign} {text}") } else { format!(" {text}") };
    Part::new(ctx.world.desk.as_str(), theme.text.add_modifier(Modifier::BOLD), 0).then(text, style)
}

fn going(ctx: &Ctx<'_>, header: &Header) -> Vec<Part> {
    let (words, theme) = (&ctx.words.screen, ctx.theme);
    let mut parts = Vec::new();
    if header.drafts > 0 {
        parts.push(Part::new((words.drafts)(header.drafts), theme.note, 5));
    }
    // Away, it stands beside the word for that.
    if header.waiting > 0 && !matches!(ctx.world.link, Link::Offline { .. }) {
        parts.push(Part::new((words.waiting)(header.waiting), theme.soon, 3));
    }
    if let Some((n, seconds)) = header.leaving {
        parts.push(Part::new((words.leaves_in)(n, seconds), theme.fresh, 1));
    }
    parts
}

fn wide(area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, header: &Header) {
    let (words, theme, totals) = (&ctx.words.screen, ctx.theme, ctx.world.totals);
    let count = |n: u32, word: &str, style: Style, rank| {
        Part::new(format!("{n} {word}"), if n == 0 { theme.dim } else { style }, rank)
    };
    let mut left = vec![desk(ctx, header, true)];
    left.extend(going(ctx, header));
    let right = [
        count(totals.unassigned, words.unassigned, theme.unassigned, 2),
        count(totals.mine, words.mine, theme.mine, 2),
        count(totals.open, words.open, theme.held, 4),
        count(totals.late, words.late, theme.late, 2),
    ];
    line(buf, area, &left, &right, theme.glyphs.more);
}

/// ` shop live  U4 M7 L2 | 1Shp 4/31 2ShX 0/12 >9`
fn narrow(area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, header: &Header, two_lines: bool) {
    let (theme, totals) = (ctx.theme, ctx.world.totals);
    let mut left = vec![desk(ctx, header, false)];
    let letter = |c: char, n: u32, style: Style| (format!("{c}{n}"), if n == 0 { theme.dim } else { style });
    let (u, us) = letter('U', totals.unassigned, theme.unassigned);
    let (m, ms) = letter('M', totals.mine, theme.mine);
    let (l, ls) = letter('L', totals.late, theme.late);
    left.push(Part::new(u, us, 1).then(" ", theme.text).then(m, ms).then(" ", theme.text).then(l, ls));
    if !two_lines {
        left.extend(going(ctx, header));
    }
    let used: u16 = left.iter().map(|p| p.width() + 2).sum();
    let room = area.width.saturating_sub(used + 4);
    let queues = queues::inline(ctx, room);
    if !queues.is_empty() {
        let rule = Part::new(theme.glyphs.down, theme.rule, 6).then(" ", theme.text).then(queues.as_str(), theme.held);
        // One space is enough before the line that sets queues apart.
        line(buf, area, &left, &[], theme.glyphs.more);
        let mut x = area.x + used;
        for (text, style) in &rule.pieces {
            x += put(buf, x, area.y, area.right().saturating_sub(x), text, *style);
        }
        return;
    }
    line(buf, area, &left, &[], theme.glyphs.more);
}

fn team_line(area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, header: &Header) {
    let right = going(ctx, header);
    let title = Clean::line(ctx.words.screen.team);
    let reserved: u16 = right.iter().map(|p| p.width() + 2).sum();
    line(buf, area, &[], &right, ctx.theme.glyphs.more);
    let mut x = area.x + 1;
    x += put(buf, x, area.y, area.width.saturating_sub(2), &title, ctx.theme.title) + 1;
    let room = (area.right()).saturating_sub(x + reserved + 1);
    for (text, style) in team::inline(ctx, room) {
        x += put(buf, x, area.y, cells(&text).min(area.right().saturating_sub(x)), &text, style);
    }
}

/// Draws the status line.
pub fn status(area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, status: &StatusLine<'_>) {
    let (words, theme) = (&ctx.words.screen, ctx.theme);
    let mut left = vec![Part::new(status.mode, theme.focus, 0)];
    if !status.typed.is_empty() {
        left.push(Part::new(status.typed, theme.key, 1));
    }
    if let Some(notice) = status.notice {
        let style = match notice.level {
            Level::Done => theme.done,
            Level::Hint => theme.text,
            Level::Trouble => theme.error,
        };
        let text = theme.own(&notice.text);
        if !status.typing && long_notice(&text, style, area, buf, ctx) {
            return;
        }
        let notice = Part::new(text.as_str(), style, 0);
        if left[0].width() + notice.width() + 4 > area.width {
            // What is too long for the line is cut; the mode makes room for it.
            left[0].rank = 1;
        }
        left.push(notice);
        // The sentence has the line; where it stands can wait.
        line(buf, area, &left, &[], theme.glyphs.more);
        return;
    }
    if !status.title.is_empty() {
        left.push(Part::new(status.title, theme.text, 2));
    }
    if let Some((at, of, more)) = status.position {
        left.push(Part::new(format!("{at}/{of}{}", if more { "+" } else { "" }), theme.dim, 1));
    }
    if status.chosen > 0 {
        left.push(Part::new((words.chosen)(status.chosen as u32), theme.focus, 1));
    }
    if let Some(as_of) = ctx.world.as_of {
        let at = as_of.to_zoned(ctx.tz.clone());
        left.push(Part::new((words.as_of)(&format!("{:02}:{:02}", at.hour(), at.minute())), theme.dim, 3));
    }
    let last = status.hints.len();
    let hints: Vec<Part> = status
        .hints
        .iter()
        .enumerate()
        .map(|(i, (key, what))| {
            // The last one is help: it stays longest.
            let rank = if i + 1 == last { 3 } else { 10 + i.min(100) as u8 };
            Part::new(key.as_str(), theme.key, rank).then(" ", theme.hint).then(what.as_str(), theme.hint)
        })
        .collect();
    line(buf, area, &left, &hints, theme.glyphs.more);
}

/// Draws a sentence that is longer than the status line over the lines above it as well, until the next key takes it away. Answers
/// whether it was that long, and there was room.
fn long_notice(text: &Clean, style: Style, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> bool {
    let width = area.width.saturating_sub(2);
    let above = area.y.saturating_sub(buf.area.y).min(NOTICE_ROWS - 1);
    if cells(text) <= width || above == 0 || width == 0 {
        return false;
    }
    let rows = wrap_row(text, width.into());
    let lines = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(above + 1);
    let block = Rect { y: area.y + 1 - lines, height: lines, ..area };
    blank(buf, block, ctx.theme.text);
    for (y, row) in block.rows().map(|row| row.y).zip(&rows) {
        put(buf, block.x + 1, y, width, row, style);
    }
    if rows.len() > usize::from(lines) {
        mark(buf, block.right() - 1, area.y, 1, ctx.theme.glyphs.more, style);
    }
    true
}

/// Draws the lines between panes: `down` beside the list, `across` below it, joined where they meet.
pub fn rules(down: Rect, across: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let (glyphs, style) = (&ctx.theme.glyphs, ctx.theme.rule);
    crate::widget::rule(buf, down, glyphs.down, style);
    crate::widget::rule(buf, across, glyphs.across, style);
    if !down.is_empty() && !across.is_empty() && across.x == down.right() {
        mark(buf, down.x, across.y, 1, glyphs.tee, style);
    }
}
