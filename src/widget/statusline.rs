//! One line of parts: some from the left, some from the right; where they do not all fit, the least important go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::draw::{cells, put, put_fit};
use crate::text::Clean;

/// One part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Pieces that belong together, each with its style.
    pub pieces: Vec<(Clean, Style)>,
    /// 0 stays longest.
    pub rank: u8,
}

impl Part {
    /// A part of one piece.
    pub fn new(text: impl AsRef<str>, style: Style, rank: u8) -> Self {
        Self { pieces: vec![(Clean::line(text.as_ref()), style)], rank }
    }

    /// The same with another piece behind.
    pub fn then(mut self, text: impl AsRef<str>, style: Style) -> Self {
        self.pieces.push((Clean::line(text.as_ref()), style));
        self
    }

    /// Its width in cells.
    pub fn width(&self) -> u16 {
        self.pieces.iter().fold(0, |w, (t, _)| w.saturating_add(cells(t)))
    }
}

/// Draws a line: one cell free at each end, two between parts.
pub fn line(buf: &mut Buffer, area: Rect, left: &[Part], right: &[Part], more: &str) {
    const GAP: u16 = 2;
    if area.height == 0 || area.width < 3 {
        return;
    }
    let room = area.width - 2;
    let mut kept: Vec<(usize, &Part)> = left.iter().chain(right).enumerate().filter(|(_, p)| p.width() > 0).collect();
    let total = |kept: &[(usize, &Part)]| kept.iter().fold(0_u16, |w, (_, p)| w.saturating_add(p.width() + GAP));
    while kept.len() > 1 && total(&kept).saturating_sub(GAP) > room {
        // Of equal rank the later one goes.
        let worst = kept.iter().enumerate().max_by_key(|(i, (_, p))| (p.rank, *i)).filter(|(_, (_, p))| p.rank > 0);
        // What has to stay is cut, not left out.
        let Some(worst) = worst.map(|(i, _)| i) else { break };
        kept.remove(worst);
    }
    let draw = |buf: &mut Buffer, part: &Part, mut x: u16| {
        for (text, style) in &part.pieces {
            let room = (area.right() - 1).saturating_sub(x);
            x += if cells(text) > room {
                put_fit(buf, x, area.y, room, text, more, *style)
            } else {
                put(buf, x, area.y, room, text, *style)
            };
        }
        x
    };
    let mut x = area.x + 1;
    for (_, part) in kept.iter().filter(|(i, _)| *i < left.len()) {
        x = draw(buf, part, x) + GAP;
    }
    let mut end = area.right() - 1;
    for (_, part) in kept.iter().rev().filter(|(i, _)| *i >= left.len()) {
        let start = end.saturating_sub(part.width()).max(area.x + 1);
        draw(buf, part, start);
        end = start.saturating_sub(GAP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_too_long_is_cut_and_not_left_out() {
        let area = Rect::new(0, 0, 20, 1);
        let mut buf = Buffer::empty(area);
        let parts = [Part::new("NORMAL", Style::new(), 0), Part::new("a sentence that is long", Style::new(), 0)];
        line(&mut buf, area, &parts, &[Part::new("help", Style::new(), 3)], "~");
        let text: String = (0..20).map(|x| buf[(x, 0)].symbol()).collect();
        assert_eq!(text, " NORMAL  a sentenc~ ");
    }

    fn drawn(width: u16) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        let s = Style::new();
        let left = [Part::new("NORMAL", s, 0), Part::new("Shop", s, 1)];
        let right = [Part::new("c claim", s, 5), Part::new("? help", s, 3)];
        line(&mut buf, area, &left, &right, "~");
        super::super::dump::rows(&buf)
    }

    #[test]
    fn the_least_important_go_first() {
        assert_eq!(drawn(40), " NORMAL  Shop           c claim  ? help\n");
        assert_eq!(drawn(24), " NORMAL  Shop    ? help\n");
        assert_eq!(drawn(16), " NORMAL  Shop\n");
        assert_eq!(drawn(9), " NORMAL\n");
        assert_eq!(drawn(7), " NORM~\n");
        assert_eq!(drawn(2), "\n");
    }
}
