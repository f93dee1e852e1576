//! Taking the terminal and giving it back: raw mode, the alternate screen, pasted text marked as such. Given back whatever
//! happens: a [`Tty`] restores on drop, and the panic hook calls [`give_back`] before it says anything.

use std::io::{self, Stdout, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{queue, style};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::screen::Screen;

/// The terminal is ours now. One process has one terminal, so this is the one global.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The thread that took it.
static TAKER: Mutex<Option<ThreadId>> = Mutex::new(None);
/// The keyboard flags were pushed.
static PUSHED: AtomicBool = AtomicBool::new(false);
/// Focus reports were asked for.
static FOCUS: AtomicBool = AtomicBool::new(false);

/// What is known of a terminal, and what to ask of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Tell keys apart that look alike in the old protocol (kitty's first flag, never more: reporting every key as an escape
    /// sequence breaks input methods). Some clients break with any, so it is a choice.
    pub disambiguate: bool,
    /// Report when the window gains and loses the focus.
    pub focus: bool,
    /// It may draw characters of ambiguous width two cells wide.
    pub ambiguous_wide: bool,
}

/// The terminal while it is ours; dropping it gives it back.
#[derive(Debug)]
pub struct Tty {
    screen: Screen<Stdout>,
    modes: Modes,
    /// Drawn on again with each frame.
    frame: Buffer,
}

impl Tty {
    /// Takes the terminal.
    pub fn enter(modes: Modes) -> io::Result<Self> {
        // With colours off crossterm writes resets in their place, which undo bold and reverse too: NO_COLOR is the theme's
        // business.
        style::force_color_output(true);
        let screen = Screen::new(io::stdout()).ambiguous_wide(modes.ambiguous_wide);
        let mut tty = Self { screen, modes, frame: Buffer::default() };
        tty.resume()?;
        Ok(tty)
    }

    /// Takes it again, after [`Tty::leave`].
    pub fn resume(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        if let Ok(mut taker) = TAKER.lock() {
            *taker = Some(std::thread::current().id());
        }
        self.screen.forget();
        let modes = self.modes;
        // What fails halfway is undone by `drop`, since `TAKEN` is set.
        write_take(self.screen.out(), modes)
    }

    /// Gives it back: before `$EDITOR`, before stopping on `C-z`, at the end.
    pub fn leave(&mut self) {
        // There is nobody to tell when the line is gone.
        let _ = give_back(self.screen.out());
    }

    /// Forgets what is shown: the next frame paints all.
    pub fn clear(&mut self) -> io::Result<()> {
        self.screen.forget();
        Ok(())
    }

    /// Draws a frame of the size that it was laid out for; nothing is written when nothing changed. Answers how many bytes that took.
    pub fn draw(&mut self, size: Rect, draw: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<usize> {
        if self.frame.area == size {
            self.frame.reset();
        } else {
            self.frame = Buffer::empty(size);
        }
        let cursor = draw(&mut self.frame);
        self.screen.present(&self.frame, cursor)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.leave();
    }
}

fn write_take(out: &mut impl Write, modes: Modes) -> io::Result<()> {
    queue!(out, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
    if modes.disambiguate {
        queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        PUSHED.store(true, Ordering::SeqCst);
    }
    if modes.focus {
        queue!(out, EnableFocusChange)?;
        FOCUS.store(true, Ordering::SeqCst);
    }
    out.flush()
}

/// Restores the terminal if it is ours; otherwise does nothing. May be called any number of times, from any thread: a panic
/// hook calls it before it prints.
pub fn give_back(out: &mut impl Write) -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let written = write_give_back(out);
    // Raw mode ends even where the line is gone and nothing can be written.
    terminal::disable_raw_mode().and(written)
}

fn write_give_back(out: &mut impl Write) -> io::Result<()> {
    // A frame may have been cut in the middle: end the synchronised update, the scroll region and the pen.
    out.write_all(b"\x1b[?2026l\x1b[r\x1b[m")?;
    if FOCUS.swap(false, Ordering::SeqCst) {
        queue!(out, DisableFocusChange)?;
    }
    if PUSHED.swap(false, Ordering::SeqCst) {
        queue!(out, PopKeyboardEnhancementFlags)?;
    }
    queue!(out, DisableBracketedPaste, Show, LeaveAlternateScreen)?;
    out.flush()
}

/// For the panic hook: gives the terminal back and answers whether there is a place to print on. A panic of a background
/// task while the screen is up is the loop's to tell, so the screen stays as it is.
pub fn panicking() -> bool {
    if !TAKEN.load(Ordering::SeqCst) {
        return true;
    }
    // A hook must not wait: whoever holds the lock is the taker in its first step.
    let here = Some(std::thread::current().id());
    if TAKER.try_lock().is_ok_and(|taker| *taker != here) {
        return false;
    }
    let _ = give_back(&mut io::stdout());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let mut out = Vec::new();
        write_take(&mut out, Modes { disambiguate: true, focus: true, ambiguous_wide: false }).unwrap();
        let taken = String::from_utf8(std::mem::take(&mut out)).unwrap();
        write_give_back(&mut out).unwrap();
        let given = String::from_utf8(out).unwrap();
        let pairs = [
            ("[?1049h", "[?1049l"),
            ("[?2004h", "[?2004l"),
            ("[?25l", "[?25h"),
            ("[>1u", "[<1u"),
            ("[?1004h", "[?1004l"),
        ];
        for (on, off) in pairs {
            assert!(taken.contains(on), "{taken:?}");
            assert!(given.contains(off), "{given:?}");
        }
        assert!(!taken.contains("[?1000h"), "the mouse stays the terminal's own");
        let mut nothing = Vec::new();
        give_back(&mut nothing).unwrap();
        assert!(nothing.is_empty(), "it was not ours");
    }
}
