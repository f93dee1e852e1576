//! Typing into an overlay: chords to the editor's keys, and one line of text with a lead.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::editor::{EditKey, LineEdit, Look};
use crate::keymap::{Chord, Key};
use crate::text::Clean;
use crate::theme::Theme;
use crate::widget::draw::{blank, put};

/// The editor's name for a press; none for what no editor knows.
pub const fn edit_key(chord: Chord) -> Option<EditKey> {
    Some(match chord.key {
        Key::Char(c) if chord.ctrl => EditKey::Ctrl(c),
        Key::Char(c) => EditKey::Char(c),
        Key::Enter => EditKey::Enter,
        Key::Esc => EditKey::Esc,
        Key::Tab if chord.shift => EditKey::BackTab,
        Key::Tab => EditKey::Tab,
        Key::Backspace => EditKey::Backspace,
        Key::Delete => EditKey::Delete,
        Key::Left if chord.ctrl => EditKey::WordLeft,
        Key::Right if chord.ctrl => EditKey::WordRight,
        Key::Left => EditKey::Left,
        Key::Right => EditKey::Right,
        Key::Up => EditKey::Up,
        Key::Down => EditKey::Down,
        Key::Home => EditKey::Home,
        Key::End => EditKey::End,
        Key::PageUp => EditKey::PageUp,
        Key::PageDown => EditKey::PageDown,
        Key::Insert | Key::F(_) => return None,
    })
}

/// Gives a press to a line. Says whether its text changed.
pub(super) fn edit(editor: &mut LineEdit, chord: Chord) -> bool {
    let before = editor.revision();
    if let Some(key) = edit_key(chord) {
        editor.key(key);
    }
    editor.revision() != before
}

/// Draws a line to type in: a lead, then the text. Answers the caret's cell.
pub(super) fn draw_line(
    editor: &LineEdit,
    lead: &Clean,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    style: Style,
) -> Option<Position> {
    blank(buf, area, theme.text);
    let used = put(buf, area.x, area.y, area.width, lead, style);
    let rest = Rect { x: area.x + used, width: area.width.saturating_sub(used), height: area.height.min(1), ..area };
    let look = Look { text: theme.text, quote: theme.text, selection: theme.selection };
    editor.draw(rest, buf, &look)
}
