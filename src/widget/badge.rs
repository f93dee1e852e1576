//! Who holds a ticket, told three ways: colour, initials, and whether there is anybody.

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::draw::{mark, put};
use crate::domain::AgentRef;
use crate::text::Clean;
use crate::theme::Theme;

/// The cells of a badge with its glyph: `● MK`.
pub const WIDE: u16 = 4;
/// The cells of a bare badge: `MK`.
pub const NARROW: u16 = 2;

/// Draws `● MK`, or `○ —` for nobody; in two cells `MK` or `--`. Mine is bold too, so it shows without colour.
pub fn badge(
    buf: &mut Buffer,
    x: u16,
    y: u16,
    width: u16,
    theme: &Theme,
    holder: Option<&AgentRef>,
    mine: bool,
) -> u16 {
    let wide = width >= WIDE;
    let Some(holder) = holder else {
        if !wide {
            return mark(buf, x, y, width, "--", theme.unassigned);
        }
        mark(buf, x, y, 1, theme.glyphs.free, theme.unassigned);
        mark(buf, x + 2, y, 1, theme.glyphs.dash, theme.unassigned);
        return WIDE;
    };
    let badge = theme.badge(holder);
    let style = if mine { badge.style.add_modifier(Modifier::BOLD) } else { badge.style };
    if !wide {
        return put(buf, x, y, width.min(NARROW), &badge.initials, style);
    }
    // The glyph carries the colour, not the underline or slant.
    mark(buf, x, y, 1, theme.glyphs.held, badge.style.remove_modifier(Modifier::UNDERLINED | Modifier::ITALIC));
    put(buf, x + 2, y, 2, &badge.initials, style);
    WIDE
}

/// Draws an agent's name in the agent's colour, cut to `width`.
pub fn name(buf: &mut Buffer, x: u16, y: u16, width: u16, theme: &Theme, agent: &AgentRef) -> u16 {
    let first = Clean::line(agent.name.split_whitespace().next().unwrap_or(&agent.login));
    super::draw::put_fit(buf, x, y, width, &first, theme.glyphs.more, theme.badge(agent).style)
}
