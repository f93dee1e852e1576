//! The terminal's clipboard over OSC 52, which also works through ssh: the only way to copy that needs nothing on the host.
//! (xterm control sequences, "Manipulate Selection Data"; tmux passes it on with `set-clipboard on`.)

use std::io::{self, Write};

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

use crate::text::Clean;

/// Longer texts are refused by many terminals.
pub const LONGEST: usize = 74_994;

/// Writes a text into the clipboard. Takes [`Clean`] only: what is pasted into a shell later must not hide anything.
pub fn copy(out: &mut impl Write, text: &Clean) -> io::Result<()> {
    queue!(out, CopyToClipboard::to_clipboard_from(text.as_bytes()))?;
    out.flush()
}
