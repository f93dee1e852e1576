//! What a terminal shows, cell by cell, in a form that can be compared: what looks the same is the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// Modifiers that show on a blank.
const ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Symbol and style. Of a blank, only what shows on one.
    pub cell: Cell,
    /// How many cells it covers; 0: it is covered by the one before.
    pub width: u8,
}

/// Rows of cells.
#[derive(Clone, Debug)]
pub struct Grid {
    area: Rect,
    cells: Vec<Shown>,
    /// One number for each cell, to compare many rows quickly.
    hashes: Vec<u64>,
}

/// Rows that stand elsewhere in the next frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The first row of the region.
    pub top: u16,
    /// Behind its last row.
    pub bottom: u16,
    /// How many rows upwards; negative: downwards.
    pub up: i32,
}

impl Grid {
    /// An empty screen.
    pub fn blank(area: Rect) -> Self {
        let blank = Shown { cell: Cell::EMPTY, width: 1 };
        let hash = hash(&blank);
        let n = area.area() as usize;
        Self { area, cells: vec![blank; n], hashes: vec![hash; n] }
    }

    /// What a frame will look like.
    pub fn of(frame: &Buffer) -> Self {
        let area = Rect::new(0, 0, frame.area.width, frame.area.height);
        let mut cells: Vec<Shown> = Vec::with_capacity(frame.content.len());
        let width = usize::from(area.width).max(1);
        for row in frame.content.chunks(width) {
            let mut covered = 0_usize;
            for (x, cell) in row.iter().enumerate() {
                let cell = normal(cell);
                if covered > 0 {
                    covered -= 1;
                    cells.push(Shown { cell: Cell::EMPTY, width: 0 });
                    continue;
                }
                let cells_wide = usize::from(cell.symbol().cell_width()).max(1);
                if cells_wide > row.len() - x || cells_wide > 8 {
                    // Half of it would stand outside.
                    let mut cut = cell;
                    cut.set_symbol(" ");
                    cells.push(Shown { cell: normal(&cut), width: 1 });
                    continue;
                }
                covered = cells_wide - 1;
                cells.push(Shown { cell, width: cells_wide as u8 });
            }
        }
        let hashes = cells.iter().map(hash).collect();
        Self { area, cells, hashes }
    }

    /// Its size, from 0, 0.
    pub fn area(&self) -> Rect {
        self.area
    }

    /// One row.
    pub fn row(&self, y: u16) -> &[Shown] {
        let width = usize::from(self.area.width);
        &self.cells[usize::from(y) * width..(usize::from(y) + 1) * width]
    }

    /// How it looks after the terminal moved these rows.
    pub fn shifted(&self, shift: &Shift) -> Self {
        let mut moved = self.clone();
        let width = usize::from(self.area.width);
        let range = usize::from(shift.top) * width..usize::from(shift.bottom) * width;
        let n = shift.up.unsigned_abs() as usize * width;
        let blank = Shown { cell: Cell::EMPTY, width: 1 };
        let (cells, hashes) = (&mut moved.cells[range.clone()], &mut moved.hashes[range]);
        let len = cells.len();
        let bare = if shift.up > 0 {
            cells.rotate_left(n);
            hashes.rotate_left(n);
            len - n..len
        } else {
            cells.rotate_right(n);
            hashes.rotate_right(n);
            0..n
        };
        hashes[bare.clone()].fill(hash(&blank));
        cells[bare].fill(blank);
        moved
    }

    fn hashes_of(&self, y: usize) -> &[u64] {
        let width = usize::from(self.area.width);
        &self.hashes[y * width..(y + 1) * width]
    }
}

/// The shift that saves most cells, when one saves any: for each distance the run of rows that gains most from it. Panes
/// beside the moved rows count as what they cost to repair.
pub fn best_shift(shown: &Grid, want: &Grid) -> Option<Shift> {
    let height = usize::from(want.area.height);
    let differing = |a: &[u64], b: &[u64]| -> i32 { a.iter().zip(b).map(|(a, b)| i32::from(a != b)).sum() };
    let now: Vec<i32> = (0..height).map(|y| differing(shown.hashes_of(y), want.hashes_of(y))).collect();
    let blank = vec![hash(&Shown { cell: Cell::EMPTY, width: 1 }); usize::from(want.area.width)];
    let bare: Vec<i32> = (0..height).map(|y| differing(&blank, want.hashes_of(y))).collect();
    let mut best: Option<(i32, Shift)> = None;
    let most = (height / 2) as i32;
    for up in (-most..=most).filter(|d| *d != 0) {
        // The best run of rows for this distance (Kadane).
        let (mut sum, mut start, mut run) = (0_i32, 0_usize, (0_i32, 0_usize, 0_usize));
        for (y, plain) in now.iter().enumerate().take(height) {
            let from = y as i32 + up;
            if from < 0 || from >= height as i32 {
                sum = 0;
                start = y + 1;
                continue;
            }
            let gain = plain - differing(shown.hashes_of(from as usize), want.hashes_of(y));
            if sum <= 0 {
                (sum, start) = (gain, y);
            } else {
                sum += gain;
            }
            if sum > run.0 {
                run = (sum, start, y);
            }
        }
        let (gain, first, last) = run;
        if gain <= 0 {
            continue;
        }
        let n = up.unsigned_abs() as usize;
        // Rows that come in empty have to be painted.
        let (top, bottom, entering) = if up > 0 {
            (first, last + 1 + n, last + 1..last + 1 + n)
        } else {
            (first - n, last + 1, first - n..first)
        };
        let paid: i32 = entering.map(|y| bare[y] - now[y]).sum();
        let gain = gain - paid;
        if gain > best.as_ref().map_or(0, |b| b.0) {
            best = Some((gain, Shift { top: top as u16, bottom: bottom as u16, up }));
        }
    }
    best.map(|b| b.1)
}

fn hash(shown: &Shown) -> u64 {
    let mut hasher = DefaultHasher::new();
    (shown.cell.symbol(), shown.cell.fg, shown.cell.bg, shown.cell.modifier.bits(), shown.width).hash(&mut hasher);
    hasher.finish()
}

/// The cell as it looks: no control characters (whatever drew it), and of a blank only what shows on one.
fn normal(cell: &Cell) -> Cell {
    let mut out = Cell::EMPTY;
    let symbol = cell.symbol();
    if symbol == " " || symbol.is_empty() || symbol.chars().any(char::is_control) || symbol.cell_width() == 0 {
        out.modifier = cell.modifier & ON_BLANK;
        out.bg = cell.bg;
        if out.modifier.is_empty() {
            out.fg = Color::Reset;
        } else {
            out.fg = cell.fg;
        }
        return out;
    }
    out.set_symbol(symbol);
    out.fg = cell.fg;
    out.bg = cell.bg;
    out.modifier = cell.modifier;
    // Terminals disagree on both at once: some add them, some take the last.
    if out.modifier.contains(Modifier::BOLD) {
        out.modifier.remove(Modifier::DIM);
    }
    out
}
