//! What a terminal shows, cell by cell, in a form that can be compared: what looks the same is the same.

use std::collections::HashMap;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// Modifiers that show on a blank.
const ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// One cell, in 16 bytes, for whole screens of them are compared with each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its UTF-8 bytes, or which of the long symbols it is.
    symbol: [u8; 4],
    /// How many of the bytes count; [`LONG`]: it is a long symbol.
    bytes: u8,
    /// How many cells it covers; 0: it is covered by the one before.
    pub width: u8,
    modifier: u16,
    fg: u32,
    bg: u32,
}

/// Stands for the number of bytes of a symbol that is longer than four.
const LONG: u8 = u8::MAX;

impl Shown {
    /// Its symbol.
    pub fn symbol<'a>(&'a self, symbols: &'a Symbols) -> &'a str {
        if self.bytes == LONG {
            return symbols.list.get(u32::from_le_bytes(self.symbol) as usize).map_or(" ", |s| s);
        }
        self.symbol.get(..self.bytes.into()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(" ")
    }

    /// The ASCII character it shows, if it shows one.
    pub fn ascii(&self) -> Option<u8> {
        (self.bytes == 1).then_some(self.symbol[0])
    }

    /// Its colour.
    pub fn fg(&self) -> Color {
        unpacked(self.fg)
    }

    /// Its ground.
    pub fn bg(&self) -> Color {
        unpacked(self.bg)
    }

    /// Its modifiers.
    pub fn modifier(&self) -> Modifier {
        Modifier::from_bits_retain(self.modifier)
    }

    /// What quickly tells most cells apart; a mistake would only cost bytes.
    fn quick(&self) -> u32 {
        let mix = |sum: u64, part: u32| (sum.rotate_left(23) ^ u64::from(part)).wrapping_mul(0x517c_c1b7_2722_0a95);
        let style = u32::from(self.modifier) << 16 | u32::from(self.width) << 8 | u32::from(self.bytes);
        let sum = [u32::from_le_bytes(self.symbol), self.fg, self.bg, style].into_iter().fold(0, mix);
        (sum >> 32) as u32
    }
}

/// Symbols of more than four bytes: letters with marks, most emoji.
#[derive(Debug, Default)]
pub struct Symbols {
    list: Vec<Box<str>>,
    places: HashMap<Box<str>, u32>,
}

impl Symbols {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    fn place(&mut self, symbol: &str) -> u32 {
        if let Some(place) = self.places.get(symbol) {
            return *place;
        }
        let place = self.list.len() as u32;
        self.list.push(symbol.into());
        self.places.insert(symbol.into(), place);
        place
    }
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
    pub fn of(frame: &Buffer, symbols: &mut Symbols) -> Self {
        let area = Rect::new(0, 0, frame.area.width, frame.area.height);
        let mut cells: Vec<Shown> = Vec::with_capacity(frame.content.len());
        let width = usize::from(area.width).max(1);
        for row in frame.content.chunks(width) {
            let mut covered = 0_usize;
            for (x, cell) in row.iter().enumerate() {
                if covered > 0 {
                    covered -= 1;
                    cells.push(Shown { width: 0, ..BLANK });
                    continue;
                }
                let symbol = cell.symbol();
                if let &[letter @ b'!'..=b'~'] = symbol.as_bytes() {
                    // Most of a screen, and one cell wide without asking.
                    cells.push(Shown { symbol: [letter, 0, 0, 0], ..styled(cell) });
                    continue;
                }
                let room = row.len() - x;
                // Every screen's second half: blanks.
                let wide = if symbol == " " { 0 } else { usize::from(symbol.cell_width()) };
                if wide == 0 || symbol.chars().any(char::is_control) || wide > room || wide > 8 {
                    // Nothing, something that must not reach a terminal, or half of it would stand outside.
                    cells.push(blank(cell));
                    continue;
                }
                covered = wide - 1;
                let mut shown = Shown { width: wide as u8, ..styled(cell) };
                let bytes = symbol.as_bytes();
                shown.symbol = [0; 4];
                if let Some(place) = shown.symbol.get_mut(..bytes.len()) {
                    place.copy_from_slice(bytes);
                    shown.bytes = bytes.len() as u8;
                } else {
                    shown.symbol = symbols.place(symbol).to_le_bytes();
                    shown.bytes = LONG;
                }
                cells.push(shown);
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
    fn quick(&self) -> Vec<Vec<u32>> {
        let rows = self.cells.chunks(usize::from(self.area.width).max(1));
        rows.map(|row| row.iter().map(Shown::quick).collect()).collect()
    }
}

/// The shift that saves most cells, when one saves any: for each distance the run of rows that gains most from it. Panes
/// beside the moved rows count as what they cost to repair.
pub fn best_shift(shown: &Grid, want: &Grid) -> Option<Shift> {
    let (width, height) = (usize::from(want.area.width), usize::from(want.area.height));
    if shown.area != want.area || width == 0 {
        return None;
    }
    let differing = |a: &[u32], b: &[u32]| -> i32 { a.iter().zip(b).map(|(a, b)| i32::from(a != b)).sum() };
    let (shown, want) = (shown.quick(), want.quick());
    let now: Vec<i32> = (0..height).map(|y| differing(&shown[y], &want[y])).collect();
    let blank = vec![BLANK.quick(); width];
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

/// An empty cell.
pub const BLANK: Shown = Shown { symbol: [b' ', 0, 0, 0], bytes: 1, width: 1, modifier: 0, fg: 0, bg: 0 };

/// A narrow cell with the style that shows.
fn styled(cell: &Cell) -> Shown {
    let mut modifier = cell.modifier;
    // Terminals disagree on both at once: some add them, some take the last.
    if modifier.contains(Modifier::BOLD) {
        modifier.remove(Modifier::DIM);
    }
    Shown { modifier: modifier.bits(), fg: packed(cell.fg), bg: packed(cell.bg), ..BLANK }
}

/// A blank with what of the style shows on one.
fn blank(cell: &Cell) -> Shown {
    let modifier = cell.modifier & ON_BLANK;
    let fg = if modifier.is_empty() { 0 } else { packed(cell.fg) };
    Shown { modifier: modifier.bits(), fg, bg: packed(cell.bg), ..BLANK }
}

/// The sixteen colours with a name, in the order of their numbers.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// A colour as a number; 0 is the terminal's own.
fn packed(color: Color) -> u32 {
    match color {
        Color::Reset => 0,
        Color::Indexed(n) => 1 << 24 | u32::from(n),
        Color::Rgb(r, g, b) => 2 << 24 | u32::from_be_bytes([0, r, g, b]),
        named => 3 << 24 | NAMED.iter().position(|n| *n == named).map_or(0, |n| n as u32),
    }
}

fn unpacked(color: u32) -> Color {
    let [kind, r, g, b] = color.to_be_bytes();
    match kind {
        0 => Color::Reset,
        1 => Color::Indexed(b),
        2 => Color::Rgb(r, g, b),
        _ => NAMED[usize::from(b) % NAMED.len()],
    }
}
