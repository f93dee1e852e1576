//! The keys that can come next, in a small box at the foot of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, own};
use crate::action::Context;
use crate::keymap::Sequence;
use crate::pane::Ctx;
use crate::widget::draw::{cells, put, put_fit};

/// Draws the box, when a prefix stands. `area` is the screen without the status line.
pub fn draw(sequence: &Sequence, context: Context, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    if sequence.keys().is_empty() {
        return;
    }
    let theme = ctx.theme;
    let hints = ctx.keys.hints(context, sequence.keys(), ctx.words);
    let rows: Vec<_> = hints
        .iter()
        .map(|hint| {
            let more = if hint.more > 1 { (ctx.words.overlay.which_more)(hint.more) } else { hint.help.clone() };
            (own(&hint.keys, theme), own(&more, theme))
        })
        .collect();
    if rows.is_empty() || area.width < 12 || area.height < 4 {
        return;
    }
    let key = rows.iter().map(|(k, _)| cells(k)).max().unwrap_or(1);
    let help = rows.iter().map(|(_, h)| cells(h)).max().unwrap_or(0).min(34);
    let room = area.width - 4;
    let column = (key + 2 + help + 3).min(room);
    let columns = (usize::from(room) / usize::from(column)).clamp(1, 4);
    // Few rows are read at a glance: no more than a third of the screen, unless there is one column only.
    let height = rows.len().div_ceil(columns).min(usize::from(area.height) - 2);
    let columns = rows.len().div_ceil(height).min(columns);
    let width = (columns as u16 * column + 1).min(room) + 4;
    let place = frame::at_foot(area, width, height as u16 + 2);
    let place = Rect { x: area.right() - place.width, ..place };
    let inside = frame::draw(buf, place, theme, &own(&sequence.shown(), theme), &own("Esc", theme));
    for (i, (keys, text)) in rows.iter().enumerate().take(height * columns) {
        let x = inside.x + (i / height) as u16 * column;
        let y = inside.y + (i % height) as u16;
        put(buf, x, y, key, keys, theme.focus);
        let at = x + key + 2;
        put_fit(buf, at, y, help.min(inside.right().saturating_sub(at)), text, theme.glyphs.more, theme.text);
    }
}
