//! What the terminal reports to chords. The only file of this room that knows crossterm.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::chord::{Chord, Key};

/// The chords of one reported key: none for a release or a bare modifier, two for Alt and a key, because `Esc` and a character
/// that were read together are never Alt.
pub fn chords(event: KeyEvent) -> impl Iterator<Item = Chord> {
    let chord = if event.kind == KeyEventKind::Release { None } else { chord(event) };
    let alt = event.modifiers.contains(KeyModifiers::ALT) && chord.is_some();
    alt.then_some(Chord::plain(Key::Esc)).into_iter().chain(chord)
}

fn chord(event: KeyEvent) -> Option<Chord> {
    if event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let key = match event.code {
        KeyCode::Char(c) if ctrl => {
            // C-\ C-] C-^ C-_ are reported by their byte's number, as C-4 to C-7.
            let c = match c.to_ascii_lowercase() {
                '4' => '\\',
                '5' => ']',
                '6' => '^',
                '7' => '_',
                '@' => ' ',
                other => other,
            };
            return Some(match c {
                // Terminals that can tell these apart send them so; everywhere else they are the same byte.
                'i' => Chord { key: Key::Tab, ctrl: false, shift },
                'm' => Chord::plain(Key::Enter),
                '[' => Chord::plain(Key::Esc),
                c => Chord::ctrl(c),
            });
        }
        KeyCode::Char(c) if shift && c.is_ascii_lowercase() => return Some(Chord::char(c.to_ascii_uppercase())),
        KeyCode::Char(c) => return Some(Chord::char(c)),
        KeyCode::BackTab => return Some(Chord { key: Key::Tab, ctrl: false, shift: true }),
        KeyCode::Tab => return Some(Chord { key: Key::Tab, ctrl: false, shift }),
        KeyCode::Enter => return Some(Chord::plain(Key::Enter)),
        KeyCode::Esc => return Some(Chord::plain(Key::Esc)),
        KeyCode::Backspace => return Some(Chord::plain(Key::Backspace)),
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    };
    Some(Chord { key, ctrl, shift })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: KeyCode, modifiers: KeyModifiers) -> String {
        Chord::written(&chords(KeyEvent::new(code, modifiers)).collect::<Vec<_>>())
    }

    #[test]
    fn what_terminals_report_becomes_one_notation() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
        for (code, modifiers, text) in [
            (KeyCode::Char('g'), NONE, "g"),
            (KeyCode::Char('G'), SHIFT, "G"),
            (KeyCode::Char('g'), SHIFT, "G"),
            (KeyCode::Char('?'), SHIFT, "?"),
            (KeyCode::Char('d'), CONTROL, "<C-d>"),
            (KeyCode::Char('D'), CONTROL | SHIFT, "<C-d>"),
            (KeyCode::Char('6'), CONTROL, "<C-^>"),
            (KeyCode::Char('7'), CONTROL, "<C-_>"),
            (KeyCode::Char('i'), CONTROL, "<Tab>"),
            (KeyCode::Char(' '), CONTROL, "<C-Space>"),
            (KeyCode::BackTab, SHIFT, "<S-Tab>"),
            (KeyCode::Enter, CONTROL, "<CR>"),
            (KeyCode::PageUp, NONE, "<PgUp>"),
            (KeyCode::Left, CONTROL, "<C-Left>"),
            (KeyCode::Char('x'), KeyModifiers::ALT, "<Esc>x"),
            (KeyCode::CapsLock, NONE, ""),
            (KeyCode::Char('x'), KeyModifiers::SUPER, ""),
        ] {
            assert_eq!(read(code, modifiers), text, "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn a_release_is_no_press() {
        let event = KeyEvent::new_with_kind(KeyCode::Char('x'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(chords(event).count(), 0);
    }
}
