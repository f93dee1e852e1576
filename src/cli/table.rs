//! Aligned tables for people, measured in display cells.

use super::output::{Piece, Style};
use crate::text::Clean;
use crate::text::width::{fit, pad, pad_left, width};

/// The gap between two columns.
const GAP: &str = "  ";
/// The narrowest that the column which gives way may become.
const NARROWEST: usize = 10;

/// Rows under a heading.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Piece>>,
}

#[derive(Debug)]
struct Column {
    name: &'static str,
    right: bool,
    gives_way: bool,
}

impl Table {
    /// A table with columns by name, and how each stands: `<` left, `>` right, `~` left and cut when the terminal is narrow.
    pub fn new<const N: usize>(layout: &[u8; N], names: &[&'static str; N]) -> Self {
        let columns = names
            .iter()
            .zip(layout)
            .map(|(name, stands)| Column { name, right: *stands == b'>', gives_way: *stands == b'~' })
            .collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with a piece for each column.
    pub fn row(&mut self, row: Vec<Piece>) {
        self.rows.push(row);
    }

    /// No row was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table; nothing but the heading when there are no rows.
    pub fn lines(&self, room: Option<usize>) -> Vec<Vec<Piece>> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| width(c.name)).collect();
        for row in &self.rows {
            for (cells, piece) in widths.iter_mut().zip(row) {
                *cells = (*cells).max(width(&piece.text));
            }
        }
        let all: usize = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        let too_much = room.map_or(0, |room| all.saturating_sub(room));
        if let Some(at) = self.columns.iter().position(|c| c.gives_way) {
            widths[at] = widths[at].saturating_sub(too_much).max(NARROWEST.min(widths[at]));
        }
        let heading: Vec<Piece> = self.columns.iter().map(|c| Piece::new(c.name, Style::Dim)).collect();
        std::iter::once(&heading).chain(&self.rows).map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[Piece], widths: &[usize]) -> Vec<Piece> {
        let mut line = Vec::new();
        for (at, ((column, piece), cells)) in self.columns.iter().zip(row).zip(widths).enumerate() {
            if at > 0 {
                line.push(Piece::plain(GAP));
            }
            let cut: Clean = fit(&piece.text, *cells, "~");
            let text = if column.right { pad_left(&cut, *cells) } else { pad(&cut, *cells) };
            line.push(Piece { text, style: piece.style });
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(table: &Table, room: Option<usize>) -> Vec<String> {
        table
            .lines(room)
            .iter()
            .map(|line| line.iter().map(|p| p.text.as_str()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn columns_hold_with_wide_text() {
        let mut table = Table::new(b"><~", &["id", "who", "subject"]);
        table.row(vec!["1042".into(), "田中 美咲".into(), "返品と請求書の件について".into()]);
        table.row(vec!["7".into(), "Ben".into(), "Where is it".into()]);
        assert_eq!(
            shown(&table, None),
            ["  id  who        subject", "1042  田中 美咲  返品と請求書の件について", "   7  Ben        Where is it"]
        );
        for line in shown(&table, Some(30)) {
            assert!(width(&line) <= 30, "{line}");
        }
    }
}
