//! The team: who is there, how much each holds, at a glance.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Act, Ctx, Wide};
use crate::action::Action;
use crate::domain::Agent;
use crate::model::{Link, View};
use crate::text::Clean;
use crate::widget::{badge, bar, mark, put, put_fit, put_right, scroll};

/// The cells of a name.
const NAME: u16 = 5;
/// The cells of the number.
const NUMBER: u16 = 3;
/// What fills a bar at least, so that one ticket does not look like a full day.
const FULL: u32 = 8;

/// The pane.
#[derive(Debug, Default)]
pub struct Team {
    cursor: usize,
    top: usize,
    height: u16,
}

/// The agents in the order shown: by colour slot, which never changes, those who are away last.
pub fn order<'a>(ctx: &Ctx<'a>) -> Vec<&'a Agent> {
    let mut agents: Vec<&Agent> = ctx.world.agents.iter().collect();
    agents.sort_by_key(|a| (!ctx.world.is_here(a), a.color, a.id.number(), a.id.clone()));
    agents
}

impl Team {
    /// Sets the pane's place.
    pub fn resize(&mut self, area: Rect) {
        self.height = area.height.saturating_sub(1);
    }

    /// What an action does here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let len = ctx.world.agents.len();
        let n = count.unwrap_or(1).clamp(1, 1_000_000) as isize;
        let half = isize::from(self.height.max(2) as i16 / 2);
        let by = |by: isize| scroll::step(self.cursor, by, len);
        let to = match action {
            Action::Down => by(n),
            Action::Up => by(-n),
            Action::HalfDown | Action::PageDown => by(half * n),
            Action::HalfUp | Action::PageUp => by(-half * n),
            Action::Top => count.map_or(0, |n| n.saturating_sub(1) as usize),
            Action::Bottom => count.map_or(len, |n| n as usize).saturating_sub(1),
            Action::Open => {
                return match order(ctx).get(self.cursor) {
                    Some(agent) => Act::Wide(Wide::Show(View::Agent(agent.id.clone()))),
                    None => Act::Ignored,
                };
            }
            _ => return Act::Ignored,
        };
        self.cursor = to.min(len.saturating_sub(1));
        self.top = scroll::follow(self.top, self.cursor, self.height.into(), len);
        Act::Done(Vec::new())
    }

    /// Draws the team.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let (words, theme) = (&ctx.words.screen, ctx.theme);
        let inner = area.width.saturating_sub(2);
        put_fit(buf, area.x + 1, area.y, inner, &Clean::line(words.team), "", super::queues::title(focused, ctx));
        if area.width > 20 {
            put_right(buf, area.x + 12, area.y, area.width - 13, &Clean::line(words.on_us), "", theme.dim);
        }
        let most = ctx.world.agents.iter().map(|a| a.load.load.saturating_add(a.load.waiting)).max().unwrap_or(0);
        for (line, agent) in order(ctx).iter().enumerate().skip(self.top).take(usize::from(area.height - 1)) {
            let y = area.y + 1 + (line - self.top) as u16;
            let row = Rect { y, height: 1, ..area };
            draw_agent(agent, row, buf, ctx, most.max(FULL));
            if focused && line == self.cursor {
                mark(buf, row.x, y, 1, theme.glyphs.cursor, theme.focus);
                buf.set_style(Rect { x: row.x + 3, width: 2.min(row.width.saturating_sub(3)), ..row }, theme.cursor);
            }
        }
    }
}

fn draw_agent(agent: &Agent, row: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, most: u32) {
    let (words, theme) = (&ctx.words.screen, ctx.theme);
    let me = Some(&agent.id) == ctx.world.my_id();
    let here = ctx.world.is_here(agent);
    let of = theme.badge(&agent.as_ref());
    let mut style = of.style;
    if !here {
        style = theme.dim;
    } else if me {
        style = style.add_modifier(Modifier::BOLD);
    }
    let end = row.right();
    let left = |x: u16| end.saturating_sub(x);
    mark(buf, row.x + 1, row.y, left(row.x + 1), if here { theme.glyphs.held } else { theme.glyphs.free }, style);
    put(buf, row.x + 3, row.y, left(row.x + 3).min(badge::NARROW), &of.initials, style);
    let x = row.x + 6;
    let name = if me {
        Clean::line(words.you)
    } else {
        Clean::line(agent.name.split_whitespace().next().unwrap_or(&agent.login))
    };
    put_fit(buf, x, row.y, left(x).min(NAME), &name, theme.glyphs.more, style);
    let x = x + NAME + 1;
    // Who is there is known only from a desk that answers.
    let known = matches!(ctx.world.link, Link::Live | Link::Limited { .. });
    if !here && known {
        put_fit(buf, x, row.y, left(x), &Clean::line(words.away), "", theme.dim);
        // Who is away and holds tickets that wait on us is what somebody should see.
        if agent.load.load == 0 {
            return;
        }
    }
    let number = Clean::line(&agent.load.load.to_string());
    let at = end.saturating_sub(NUMBER + 1).max(x);
    put_right(buf, at, row.y, left(at).min(NUMBER), &number, "", if here { theme.text } else { theme.dim });
    if here {
        bar::bar(buf, x, row.y, at.saturating_sub(x + 1), theme, agent.load, most, style);
    }
}

/// The team in one line, as many as fit: `MK 12!9  TS 6!2  KT off`. Pieces with their styles.
pub(super) fn inline(ctx: &Ctx<'_>, room: u16) -> Vec<(Clean, ratatui::style::Style)> {
    let mut pieces = Vec::new();
    let mut used = 0;
    for agent in order(ctx) {
        let of = ctx.theme.badge(&agent.as_ref());
        let here = ctx.world.is_here(agent);
        let held = agent.load.load.saturating_add(agent.load.waiting);
        let load = match agent.load.on_us {
            _ if !here => " off  ".to_owned(),
            0 => format!(" {held}  "),
            on_us => format!(" {held}!{on_us}  "),
        };
        let width = badge::NARROW + load.len() as u16;
        if used + width > room + 2 {
            break;
        }
        used += width;
        let (first, second) = if here { (of.style, ctx.theme.text) } else { (ctx.theme.dim, ctx.theme.dim) };
        pieces.push((of.initials, first));
        pieces.push((Clean::line(&load), second));
    }
    pieces
}
