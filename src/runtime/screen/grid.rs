//! What a terminal shows, cell by cell, in a form that can be compared: what looks the same is the same.

use std::hash::{Hash, Hasher};

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
        Self { area, cells: vec![BLANK; area.area() as usize] }
    }

    /// What a frame will look like.
    pub fn of(frame: &Buffer) -> Self {
        let area = Rect::new(0, 0, frame.area.width, frame.area.height);
        let mut cells: Vec<Shown> = Vec::with_capacity(frame.content.len());
        let width = usize::from(area.width).max(1);
        for row in frame.content.chunks(width) {
            let mut covered = 0_usize;
            for (x, cell) in row.iter().enumerate() {
                if covered > 0 {
                    covered -= 1;
                    cells.push(Shown { cell: Cell::EMPTY, width: 0 });
                    continue;
                }
                if let [b'!'..=b'~'] = cell.symbol().as_bytes() {
                    // Most of a screen, and one cell wide without asking.
                    cells.push(Shown { cell: styled(cell), width: 1 });
                    continue;
                }
                let cell = normal(cell);
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
        Self { area, cells }
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
        let cells = &mut moved.cells[range];
        let len = cells.len();
        let bare = if shift.up > 0 {
            cells.rotate_left(n);
            len - n..len
        } else {
            cells.rotate_right(n);
            0..n
        };
        cells[bare].fill(BLANK);
        moved
    }

    /// One number for each cell of each row, to compare many rows quickly.
    fn hashes(&self) -> Vec<Vec<u64>> {
        self.cells.chunks(usize::from(self.area.width).max(1)).map(|row| row.iter().map(hash).collect()).collect()
    }
}

/// The shift that saves most cells, when one saves any: for each distance the run of rows that gains most from it. Panes
/// beside the moved rows count as what they cost to repair.
pub fn best_shift(shown: &Grid, want: &Grid) -> Option<Shift> {
    let (width, height) = (usize::from(want.area.width), usize::from(want.area.height));
    if shown.area != want.area || width == 0 {
        return None;
    }
    let differing = |a: &[u64], b: &[u64]| -> i32 { a.iter().zip(b).map(|(a, b)| i32::from(a != b)).sum() };
    let (shown, want) = (shown.hashes(), want.hashes());
    let now: Vec<i32> = (0..height).map(|y| differing(&shown[y], &want[y])).collect();
    let blank = vec![hash(&BLANK); width];
    let bare: Vec<i32> = (0..height).map(|y| differing(&blank, &want[y])).collect();
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
            let gain = plain - differing(&shown[from as usize], &want[y]);
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
    let mut hasher = Mixer(0);
    (shown.cell.symbol(), shown.cell.fg, shown.cell.bg, shown.cell.modifier.bits(), shown.width).hash(&mut hasher);
    hasher.finish()
}

/// An empty cell.
const BLANK: Shown = Shown { cell: Cell::EMPTY, width: 1 };

/// A quick hash: nobody chooses what stands in a cell to make two look alike, and a mistake would only cost bytes.
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}

/// A copy with the style that shows.
fn styled(cell: &Cell) -> Cell {
    let mut out = cell.clone();
    // Terminals disagree on both at once: some add them, some take the last.
    if out.modifier.contains(Modifier::BOLD) {
        out.modifier.remove(Modifier::DIM);
    }
    out
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
    styled(cell)
}
