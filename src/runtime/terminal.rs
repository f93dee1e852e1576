//! The terminal: taken, drawn on, given back, whatever happens.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// The terminal while it is ours.
pub struct Tty {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    ours: bool,
}

impl Tty {
    /// Takes the terminal.
    pub fn enter() -> io::Result<Self> {
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let mut tty = Self { terminal: Terminal::new(backend)?, ours: false };
        tty.resume()?;
        Ok(tty)
    }

    /// Takes it again.
    pub fn resume(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        self.ours = true;
        self.terminal.clear()
    }

    /// Gives it back.
    pub fn leave(&mut self) {
        if std::mem::take(&mut self.ours) {
            let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
            let _ = terminal::disable_raw_mode();
        }
    }

    /// Forgets what is shown.
    pub fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Draws a frame.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        self.terminal.draw(|frame| {
            if let Some(at) = draw(frame.buffer_mut()) {
                frame.set_cursor_position(at);
            }
        })?;
        io::stdout().flush()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.leave();
    }
}
