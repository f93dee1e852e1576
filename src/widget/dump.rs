//! A screen as text, for tests: the rows as one reads them (the cell behind a wide character is skipped), then the runs of
//! style.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Color, Modifier, Style};

/// The rows, without trailing spaces.
pub fn rows(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut row = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let symbol = buf[(x, y)].symbol();
            row.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

/// The rows, then one line for each run of cells that has a style: `row 3, 5..12: fg=#ff0000 bold`.
pub fn dump(buf: &Buffer) -> String {
    let mut out = rows(buf);
    out.push_str("---\n");
    for y in buf.area.top()..buf.area.bottom() {
        let mut start = buf.area.left();
        for x in buf.area.left()..buf.area.right() {
            let next = (x + 1 < buf.area.right()).then(|| buf[(x + 1, y)].style());
            let style = buf[(x, y)].style();
            if next != Some(style) {
                let told = tell(style);
                if !told.is_empty() {
                    let _ = writeln!(out, "{y}, {start}..{}:{told}", x + 1);
                }
                start = x + 1;
            }
        }
    }
    out
}

fn tell(style: Style) -> String {
    let mut out = String::new();
    for (name, color) in [("fg", style.fg), ("bg", style.bg)] {
        if let Some(color) = color.filter(|c| *c != Color::Reset) {
            let _ = write!(out, " {name}={color}");
        }
    }
    if style.add_modifier != Modifier::empty() {
        let _ = write!(out, " {}", format!("{:?}", style.add_modifier).to_lowercase());
    }
    out
}
