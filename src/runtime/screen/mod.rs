//! Brings a frame to the terminal with as few bytes as can be: only cells that changed, and rows that moved are moved by the
//! terminal itself.
//!
//! It takes whole frames, not ratatui's cell updates: an own copy of what the terminal shows is needed for scrolling, and two
//! copies that must agree are one too many. For each frame two updates are made, one that moves rows and repairs what
//! stands beside them (panes beside the list do not scroll with it) and one that does not; the shorter is sent. Nothing is
//! written when nothing changed, so an idle screen is silent and an input method's window is never moved.

mod encode;
mod grid;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::encode::Encoder;
use self::grid::{Grid, Symbols};

/// An update shorter than this is sent as it is: looking for a shorter one would cost more than it can save.
const SMALL: usize = 160;
/// An update longer than this is bracketed as a synchronised one (mode 2026): a terminal may paint anything shorter only
/// whole anyway.
const LONG: usize = 256;

/// So many long symbols are known at most.
const MANY: usize = 8192;

/// The screen of one terminal.
#[derive(Debug)]
pub struct Screen<W> {
    out: W,
    shown: Grid,
    /// What the terminal shows is known; else the next frame clears it first.
    known: bool,
    encoder: Encoder,
    symbols: Symbols,
    /// The hardware cursor: `Some(None)` hidden, `None` not known.
    cursor: Option<Option<Position>>,
    written: u64,
}

impl<W: Write> Screen<W> {
    /// A screen on this handle. The first frame clears it.
    pub fn new(out: W) -> Self {
        Self {
            out,
            shown: Grid::blank(Rect::ZERO),
            known: false,
            encoder: Encoder::default(),
            symbols: Symbols::default(),
            cursor: None,
            written: 0,
        }
    }

    /// Terminals that draw ambiguous characters two cells wide: the column is set anew behind each, so that no line shifts.
    pub fn ambiguous_wide(mut self, wide: bool) -> Self {
        self.encoder.ambiguous_wide = wide;
        self
    }

    /// Forgets what the terminal shows: the next frame clears and paints everything (`C-l`, after a suspend).
    pub fn forget(&mut self) {
        self.known = false;
    }

    /// How many bytes were written since the start.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The handle, to write something between two frames that leaves the screen as it is (clipboard, modes).
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Shows a frame, with the hardware cursor at a place or hidden. Answers how many bytes that took.
    pub fn present(&mut self, frame: &Buffer, cursor: Option<Position>) -> io::Result<usize> {
        if self.symbols.len() > MANY {
            // Whoever sends every symbol there is must not fill the memory: they are learnt anew.
            self.symbols = Symbols::default();
            self.known = false;
        }
        let want = Grid::of(frame, &mut self.symbols);
        let mut bytes = Vec::new();
        if !self.known || self.shown.area() != want.area() {
            self.shown = Grid::blank(want.area());
            self.encoder.forget();
            self.cursor = None;
            bytes.extend_from_slice(b"\x1b[m\x1b[2J");
            self.encoder.pen_reset();
        }
        let update = self.update(&want);
        bytes.extend_from_slice(&update);
        let cursor = cursor.filter(|p| want.area().contains(*p));
        if self.cursor != Some(cursor) || !update.is_empty() && cursor.is_some() {
            self.encoder.cursor(&mut bytes, self.cursor, cursor);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        if bytes.len() > LONG {
            bytes.splice(0..0, *b"\x1b[?2026h");
            bytes.extend_from_slice(b"\x1b[?2026l");
        }
        // Until it is written, what the terminal shows is not known.
        self.known = false;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.known = true;
        self.shown = want;
        self.cursor = Some(cursor);
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// The shorter of the two updates; leaves the encoder in its state.
    fn update(&mut self, want: &Grid) -> Vec<u8> {
        let mut still = self.encoder.clone();
        let plain = still.update(&self.shown, want, &self.symbols);
        if plain.len() > SMALL
            && let Some(shift) = grid::best_shift(&self.shown, want)
        {
            let mut moving = self.encoder.clone();
            let mut bytes = moving.scroll(&shift, want.area().height);
            bytes.extend(moving.update(&self.shown.shifted(&shift), want, &self.symbols));
            if bytes.len() < plain.len() {
                self.encoder = moving;
                return bytes;
            }
        }
        self.encoder = still;
        plain
    }
}
