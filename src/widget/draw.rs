//! Putting text into a buffer. Widths are ratatui's own (`text::width` measures by the rule ratatui draws by), so what is
//! measured is what is drawn, wide characters included.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::Clean;
use crate::text::width::{fit, width};

/// Writes a text into `width` cells at most and cuts it without a mark. Answers how many cells it took.
pub fn put(buf: &mut Buffer, x: u16, y: u16, width: u16, text: &Clean, style: Style) -> u16 {
    raw(buf, x, y, width, text, style)
}

/// Writes a text into `width` cells at most; one that is longer ends in `more`. Answers how many cells it took.
pub fn put_fit(buf: &mut Buffer, x: u16, y: u16, width: u16, text: &Clean, more: &str, style: Style) -> u16 {
    raw(buf, x, y, width, &fit(text, usize::from(width), more), style)
}

/// Writes a text so that it ends at the right edge of `width` cells; one that is longer ends in `more`.
pub fn put_right(buf: &mut Buffer, x: u16, y: u16, cells: u16, text: &Clean, more: &str, style: Style) -> u16 {
    let text = fit(text, usize::from(cells), more);
    let used = width(&text).min(usize::from(cells)) as u16;
    raw(buf, x + (cells - used), y, used, &text, style)
}

/// Writes a glyph or a fixed word of the program's own. Answers how many cells it took.
pub fn mark(buf: &mut Buffer, x: u16, y: u16, width: u16, glyph: &'static str, style: Style) -> u16 {
    raw(buf, x, y, width, glyph, style)
}

/// Draws a glyph in every cell of a one-cell-wide or one-cell-high area.
pub fn rule(buf: &mut Buffer, area: Rect, glyph: &'static str, style: Style) {
    for position in area.intersection(buf.area).positions() {
        buf[position].set_symbol(glyph).set_style(style);
    }
}

/// Empties an area.
pub fn blank(buf: &mut Buffer, area: Rect, style: Style) {
    for position in area.intersection(buf.area).positions() {
        buf[position].reset();
        buf[position].set_style(style);
    }
}

/// The width of a text in cells, as a screen coordinate.
pub fn cells(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX)
}

fn raw(buf: &mut Buffer, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
    if x >= buf.area.right() || x < buf.area.left() || y >= buf.area.bottom() || y < buf.area.top() || width == 0 {
        return 0;
    }
    // The second half of a wide character that stands to the left would be cut by what is drawn over it: its owner goes.
    if x > buf.area.left() && buf[(x - 1, y)].symbol().cell_width() > 1 {
        buf[(x - 1, y)].set_symbol(" ");
    }
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        // Plain letters need no look at clusters and widths: most of a screen, drawn with every key.
        let room = usize::from(width.min(buf.area.right() - x));
        let shown = &text[..text.len().min(room)];
        for (at, _) in shown.char_indices() {
            buf[(x + at as u16, y)].set_symbol(&shown[at..=at]).set_style(style);
        }
        return shown.len() as u16;
    }
    let (end, _) = buf.set_stringn(x, y, text, usize::from(width), style);
    end - x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(f: impl Fn(&mut Buffer)) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        f(&mut buf);
        crate::widget::dump::rows(&buf)
    }

    #[test]
    fn wide_text_never_breaks_a_column() {
        let text = Clean::line("返品と請求書");
        assert_eq!(
            row(|b| {
                put(b, 0, 0, 5, &text, Style::new());
                mark(b, 5, 0, 1, "|", Style::new());
            }),
            "返品 |\n"
        );
        assert_eq!(
            row(|b| {
                put_fit(b, 0, 0, 5, &text, "~", Style::new());
                mark(b, 5, 0, 1, "|", Style::new());
            }),
            "返品~|\n"
        );
        assert_eq!(
            row(|b| {
                put_right(b, 0, 0, 7, &text, "~", Style::new());
                mark(b, 7, 0, 1, "|", Style::new());
            }),
            "返品と~|\n"
        );
        assert_eq!(
            row(|b| {
                put_right(b, 0, 0, 4, &Clean::line("7"), "~", Style::new());
                mark(b, 4, 0, 1, "|", Style::new());
            }),
            "   7|\n"
        );
    }

    #[test]
    fn outside_is_not_drawn() {
        assert_eq!(
            row(|b| {
                put(b, 12, 0, 5, &Clean::line("x"), Style::new());
                put(b, 0, 1, 5, &Clean::line("x"), Style::new());
            }),
            "\n"
        );
        assert_eq!(
            row(|b| {
                put(b, 11, 0, 5, &Clean::line("漢"), Style::new());
            }),
            "\n"
        );
    }

    #[test]
    fn half_a_wide_character_is_never_left() {
        let text = row(|b| {
            put(b, 0, 0, 4, &Clean::line("漢字"), Style::new());
            mark(b, 1, 0, 1, "|", Style::new());
        });
        assert_eq!(text, " |字\n");
    }
}
