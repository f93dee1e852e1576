//! The box that every overlay but the `:` line is drawn in: it clears what is below and keeps a border, so that it can be
//! told from the panes without colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::action::Action;
use crate::domain::Support;
use crate::pane::Ctx;
use crate::text::Clean;
use crate::text::width::fit;
use crate::theme::Theme;
use crate::widget::draw::{blank, cells, mark, put_fit};

/// A box of this size in the middle of an area, as far as it fits.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// A box of this size at the foot of an area, as far as it fits.
pub fn at_foot(area: Rect, width: u16, height: u16) -> Rect {
    let it = centred(area, width, height);
    Rect { y: area.bottom() - it.height, ..it }
}

/// Clears an area, draws a border with a title above and a hint below, and answers what is inside.
pub fn draw(buf: &mut Buffer, area: Rect, theme: &Theme, title: &Clean, foot: &Clean) -> Rect {
    let area = area.intersection(buf.area);
    blank(buf, area, theme.text);
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let g = &theme.glyphs;
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for y in top..=bottom {
        let (first, last) = match y {
            _ if y == top => (g.corners[0], g.corners[1]),
            _ if y == bottom => (g.corners[2], g.corners[3]),
            _ => (g.down, g.down),
        };
        mark(buf, left, y, 1, first, theme.rule);
        mark(buf, right, y, 1, last, theme.rule);
        if y == top || y == bottom {
            for x in left + 1..right {
                mark(buf, x, y, 1, g.across, theme.rule);
            }
        }
    }
    let room = area.width - 4;
    let titled = |text: &Clean| Clean::line(&format!(" {text} "));
    if !title.is_empty() {
        put_fit(buf, left + 2, top, room, &titled(title), g.more, theme.focus);
    }
    let foot = titled(foot);
    let wide = cells(&foot);
    if wide > 2 && wide <= room {
        put_fit(buf, right - 1 - wide, bottom, wide, &foot, g.more, theme.hint);
    }
    Rect { x: left + 2, y: top + 1, width: area.width - 4, height: area.height - 2 }
}

/// A foot that fits into a box: one that is too long is cut and not left out.
pub fn fit_foot(area: Rect, foot: &Clean, theme: &Theme) -> Clean {
    fit(foot, usize::from(area.width.saturating_sub(6)), theme.glyphs.more)
}

/// What is odd about an action on this desk: how it is done instead, or why it cannot be done.
pub fn support(ctx: &Ctx<'_>, action: &Action) -> Option<String> {
    let verb = action.verb()?;
    let words = &ctx.words.overlay;
    match ctx.world.support(verb) {
        Support::Native => None,
        Support::Emulated { how } => Some((words.on_this_desk)(&ctx.words.told(&how))),
        Support::Impossible { why } => Some((words.not_possible)(&ctx.words.told(&why))),
    }
}

/// Whether the desk cannot do it.
pub fn is_impossible(ctx: &Ctx<'_>, action: &Action) -> bool {
    action.verb().is_some_and(|verb| matches!(ctx.world.support(verb), Support::Impossible { .. }))
}

/// A text of the program's own for this terminal: [`Theme::own`].
pub fn own(text: &str, theme: &Theme) -> Clean {
    theme.own(text)
}
