//! The queues with their counts, and the lists beside them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Act, Ctx, Wide};
use crate::action::Action;
use crate::domain::Counts;
use crate::model::View;
use crate::text::Clean;
use crate::widget::{cells, mark, put, put_fit, put_right, scroll};

/// The pane.
#[derive(Debug, Default)]
pub struct Queues {
    cursor: usize,
    top: usize,
    height: u16,
}

/// A list's name.
pub fn view_name(view: &View, ctx: &Ctx<'_>) -> Clean {
    let words = &ctx.words.screen;
    let fixed = match view {
        View::All => words.view_all,
        View::Mine => words.view_mine,
        View::Unassigned => words.view_unassigned,
        View::Late => words.view_late,
        View::Snoozed => words.view_snoozed,
        View::Queue(id) => return ctx.world.queue(id).map_or_else(|| id.clean().clone(), |q| q.name.clone()),
        View::Search(typed) => return Clean::line(&(words.view_search)(&Clean::line(typed))),
        View::Requester(email) => return Clean::line(email),
        View::Agent(id) => return ctx.world.agent(id).map_or_else(|| id.clean().clone(), |a| a.name.clone()),
    };
    Clean::line(fixed)
}

/// The n-th queue's list, from 1.
pub fn nth(n: u32, ctx: &Ctx<'_>) -> Option<View> {
    let queue = ctx.world.queues.get((n as usize).checked_sub(1)?)?;
    Some(View::Queue(queue.id.clone()))
}

/// The list of the queue behind or before the one shown, around the end.
pub fn beside(view: &View, forward: bool, ctx: &Ctx<'_>) -> Option<View> {
    let queues = &ctx.world.queues;
    let at = match view {
        View::Queue(id) => queues.iter().position(|q| q.id == *id),
        _ => None,
    };
    let len = queues.len();
    let to = match (at, forward) {
        _ if len == 0 => return None,
        (None, true) => 0,
        (None, false) => len - 1,
        (Some(at), true) => (at + 1) % len,
        (Some(at), false) => (at + len - 1) % len,
    };
    Some(View::Queue(queues[to].id.clone()))
}

/// The lists in the order shown.
fn views(ctx: &Ctx<'_>) -> Vec<View> {
    let queues = ctx.world.queues.iter().map(|q| View::Queue(q.id.clone()));
    queues.chain([View::All, View::Mine, View::Unassigned, View::Late, View::Snoozed]).collect()
}

impl Queues {
    /// Sets the pane's place.
    pub fn resize(&mut self, area: Rect) {
        self.height = area.height.saturating_sub(1);
    }

    /// Puts the cursor on the list that is shown.
    pub fn follow(&mut self, view: &View, ctx: &Ctx<'_>) {
        if let Some(at) = views(ctx).iter().position(|v| v == view) {
            self.go(at, ctx);
        }
    }

    /// What an action does here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let views = views(ctx);
        let n = count.unwrap_or(1).clamp(1, 1_000_000) as isize;
        let half = isize::from(self.height.max(2) as i16 / 2);
        let by = |by: isize| scroll::step(self.cursor, by, views.len());
        let to = match action {
            Action::Down => by(n),
            Action::Up => by(-n),
            Action::HalfDown | Action::PageDown => by(half * n),
            Action::HalfUp | Action::PageUp => by(-half * n),
            Action::Top => count.map_or(0, |n| n.saturating_sub(1) as usize),
            Action::Bottom => count.map_or(views.len(), |n| n as usize).saturating_sub(1),
            Action::Open => {
                return match views.get(self.cursor) {
                    Some(view) => Act::Wide(Wide::Show(view.clone())),
                    None => Act::Ignored,
                };
            }
            _ => return Act::Ignored,
        };
        self.go(to, ctx);
        Act::Done(Vec::new())
    }

    fn go(&mut self, to: usize, ctx: &Ctx<'_>) {
        let len = views(ctx).len();
        self.cursor = to.min(len - 1);
        self.top = scroll::follow(self.top, self.cursor, self.height.into(), len);
    }

    /// Draws the queues; `shown` is the list on the screen.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool, shown: &View) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let (words, theme) = (&ctx.words.screen, ctx.theme);
        let views = views(ctx);
        // Each count's column is as wide as its longest number.
        let all = || ctx.world.queues.iter().map(|q| q.counts).chain([ctx.world.totals]);
        let digits = |of: fn(&Counts) -> u32| all().map(|c| of(&c).to_string().len()).max().unwrap_or(1).max(2) as u16;
        let widths = [digits(|c| c.unassigned.max(c.late)), digits(|c| c.mine), digits(|c| c.open.max(c.snoozed))];
        let counts = widths.iter().sum::<u16>() + 2;
        let Some(names) = area.width.checked_sub(counts + 1).filter(|n| *n >= 6) else {
            return self.draw_names(area, buf, ctx, focused, &views);
        };
        let right = [area.x + names, area.x + names + widths[0] + 1, area.x + names + widths[0] + widths[1] + 2];

        put_fit(buf, area.x + 1, area.y, names - 1, &Clean::line(words.queues), "", title(focused, ctx));
        for (i, head) in words.counts.iter().enumerate() {
            put_right(buf, right[i], area.y, widths[i], &Clean::line(head), "", theme.dim);
        }
        for line in 1..area.height {
            let at = self.top + usize::from(line) - 1;
            let Some(view) = views.get(at) else { break };
            let y = area.y + line;
            self.draw_name(Rect { y, height: 1, width: names, ..area }, buf, ctx, (at, view, focused, shown));
            let counts = match view {
                View::Queue(id) => ctx.world.queue(id).map(|q| q.counts).unwrap_or_default(),
                _ => ctx.world.totals,
            };
            let dash = Clean::line("-");
            let mut number = |i: usize, n: u32, style| {
                let (text, style) =
                    if n == 0 { (dash.clone(), theme.dim) } else { (Clean::line(&n.to_string()), style) };
                put_right(buf, right[i], y, widths[i], &text, "", style);
            };
            match view {
                View::Queue(_) => {
                    number(0, counts.unassigned, theme.unassigned);
                    number(1, counts.mine, theme.mine);
                    number(2, counts.open, theme.held);
                }
                View::Mine => number(1, counts.mine, theme.mine),
                View::Unassigned => number(0, counts.unassigned, theme.unassigned),
                View::Late => number(0, counts.late, theme.late),
                View::Snoozed => number(2, counts.snoozed, theme.dim),
                _ => number(2, counts.open, theme.held),
            }
        }
    }

    fn draw_name(&self, at: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, row: (usize, &View, bool, &View)) {
        let (index, view, focused, shown) = row;
        let theme = ctx.theme;
        let mut style = if view == shown { theme.text.add_modifier(Modifier::BOLD) } else { theme.held };
        if focused && index == self.cursor {
            mark(buf, at.x, at.y, 1, theme.glyphs.cursor, theme.focus);
            style = style.patch(theme.cursor);
        } else if view == shown {
            mark(buf, at.x, at.y, 1, theme.glyphs.cursor, theme.dim);
        }
        if index < 9 && matches!(view, View::Queue(_)) {
            put(buf, at.x + 1, at.y, 1, &Clean::line(&(index + 1).to_string()), theme.dim);
        }
        put_fit(buf, at.x + 3, at.y, at.width.saturating_sub(4), &view_name(view, ctx), theme.glyphs.more, style);
    }

    /// Where counts have no room.
    fn draw_names(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool, views: &[View]) {
        for line in 0..area.height {
            let at = self.top + usize::from(line);
            let Some(view) = views.get(at) else { break };
            let row = Rect { y: area.y + line, height: 1, ..area };
            self.draw_name(row, buf, ctx, (at, view, focused, &View::All));
        }
    }
}

/// The style of a pane's title.
pub(super) fn title(focused: bool, ctx: &Ctx<'_>) -> ratatui::style::Style {
    if focused { ctx.theme.focus } else { ctx.theme.title }
}

/// As many whole words of one line as fit: how the narrow screen tells queues in its header.
pub(super) fn inline(ctx: &Ctx<'_>, room: u16) -> Clean {
    let mut out = String::new();
    let len = ctx.world.queues.len();
    for (i, queue) in ctx.world.queues.iter().enumerate() {
        let short = crate::widget::short::three(&queue.name);
        let counts = match queue.counts {
            Counts { open: 0, .. } => "-".to_owned(),
            c => format!("{}/{}", c.unassigned, c.open),
        };
        let number = if i < 9 { (i + 1).to_string() } else { String::new() };
        let word = format!("{}{number}{short} {counts}", if i > 0 { " " } else { "" });
        let rest = if i + 1 < len { format!(" >{len}") } else { String::new() };
        if cells(&out) + cells(&word) + cells(&rest) > room {
            let sign = format!(" >{len}");
            if cells(&out) + cells(&sign) <= room {
                out.push_str(&sign);
            }
            break;
        }
        out.push_str(&word);
    }
    Clean::line(&out)
}
