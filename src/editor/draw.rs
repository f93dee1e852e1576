//! Drawing: the rows around the caret, and the cell where the terminal's own cursor belongs (input methods draw there).

use std::cell::Cell;

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::buffer::Pos;
use super::command::Place;
use super::wrap::{self, Row, row_below, row_of, rows_above};
use super::{Editor, grapheme};

/// The colours of an editor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// What the agent writes.
    pub text: Style,
    /// Lines quoted with `>`.
    pub quote: Style,
    /// What is selected in visual mode; laid over the other two.
    pub selection: Style,
}

/// What the last drawing showed. Remembered so that the text stands still while the caret moves in it; drawing writes
/// nothing else.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The start of the row shown first.
    top: Cell<Pos>,
    size: Cell<(usize, usize)>,
    place: Cell<Option<Place>>,
}

impl View {
    /// Cells a row may take; 0 before the first drawing. One column stays free for the caret behind a full row.
    pub fn width(&self) -> usize {
        self.size.get().0
    }

    /// Rows shown.
    pub fn height(&self) -> usize {
        self.size.get().1
    }

    /// Wants the caret's row at a place of the screen, from the next drawing on.
    pub fn want(&self, place: Place) {
        self.place.set(Some(place));
    }
}

impl Editor {
    /// Draws the text and answers the cell of the caret. All that reaches `buf` went through [`crate::text::Clean`].
    pub fn draw(&self, area: Rect, buf: &mut Cells, look: &Look) -> Option<Position> {
        let area = area.intersection(*buf.area());
        if area.is_empty() {
            return None;
        }
        buf.set_style(area, look.text);
        self.view.size.set((usize::from(area.width).saturating_sub(1).max(1), usize::from(area.height)));
        let lines = self.buffer.lines();
        let caret_row = row_of(lines, self.caret, self.view.width());
        let mut row = self.scrolled_to(caret_row);
        self.view.top.set(Pos::new(row.line, row.from));
        let mut caret = None;
        for y in area.top()..area.bottom() {
            let line = Rect { y, height: 1, ..area };
            self.draw_row(row, line, buf, look);
            if row == caret_row {
                let x = wrap::width(&lines[row.line][row.from..self.caret.byte]);
                caret = Some(Position::new(area.x + x.min(usize::from(area.width) - 1) as u16, y));
            }
            match row_below(lines, row, self.view.width()) {
                Some(next) => row = next,
                None => break,
            }
        }
        caret
    }

    /// The row to show first: the one of last time, moved as little as the caret demands.
    fn scrolled_to(&self, caret: Row) -> Row {
        let (lines, width, height) = (self.buffer.lines(), self.view.width(), self.view.height());
        match self.view.place.take() {
            Some(Place::Top) => return caret,
            Some(Place::Centre) => return rows_above(lines, caret, height.saturating_sub(1) / 2, width),
            Some(Place::Bottom) => return rows_above(lines, caret, height - 1, width),
            None => {}
        }
        let top = row_of(lines, self.buffer.snap(self.view.top.get()), width);
        if (caret.line, caret.from) <= (top.line, top.from) {
            return caret;
        }
        // One screen down from the top is enough to know, however far the caret jumped.
        let mut row = top;
        for _ in 1..height {
            match row_below(lines, row, width) {
                Some(next) if next != caret => row = next,
                _ => return top,
            }
        }
        rows_above(lines, caret, height - 1, width)
    }

    fn draw_row(&self, row: Row, area: Rect, buf: &mut Cells, look: &Look) {
        let line = self.buffer.line(row.line);
        let base = if line.starts_with('>') { look.text.patch(look.quote) } else { look.text };
        let selected = self.selected_in(row.line);
        let x = draw_clusters(&line[row.from..row.to], area, buf, |at| {
            let at = row.from + at;
            if selected.is_some_and(|(a, b)| a <= at && at < b) { base.patch(look.selection) } else { base }
        });
        // A selected line end shows as one cell, so that an empty line can be seen to be selected.
        if row.to == line.len() && x < area.right() && selected.is_some_and(|(_, b)| b > line.len()) {
            buf[(x, area.y)].set_style(base.patch(look.selection));
        }
    }

    /// The selected bytes of a line; an end beyond the line means its line end is selected too.
    fn selected_in(&self, row: usize) -> Option<(usize, usize)> {
        let (from, to, lines) = self.selection()?;
        if row < from.row || row > to.row {
            return None;
        }
        let len = self.buffer.line(row).len();
        if lines {
            return Some((0, len + 1));
        }
        let start = if row == from.row { from.byte } else { 0 };
        let end = if row == to.row { grapheme::next(self.buffer.line(row), to.byte).max(to.byte) } else { len + 1 };
        Some((start, if len == 0 { 1 } else { end }))
    }
}

/// Draws a text as far as whole clusters have room, each in the style of its byte. Answers the column behind it.
pub(super) fn draw_clusters(text: &str, area: Rect, buf: &mut Cells, style: impl Fn(usize) -> Style) -> u16 {
    let mut x = area.x;
    for (at, cluster) in text.grapheme_indices(true) {
        let room = area.right().saturating_sub(x);
        if usize::from(room) < wrap::cells(cluster) {
            break;
        }
        (x, _) = buf.set_stringn(x, area.y, wrap::shown(cluster), usize::from(room), style(at));
    }
    x
}
