//! The styles without modes: emacs and plain.

use super::buffer::Pos;
use super::change::Register;
use super::object::Span;
use super::{EditKey, EditOutcome, EditStyle, Editor, motion};

impl Editor {
    pub(super) fn modeless_key(&mut self, key: EditKey) -> EditOutcome {
        let done = match (self.style, key) {
            (EditStyle::Emacs, EditKey::Ctrl(c)) => self.emacs(c),
            (_, EditKey::Ctrl(c)) => self.plain(c),
            (_, key) => self.type_key(key),
        };
        if done { EditOutcome::Handled } else { EditOutcome::Ignored }
    }

    fn emacs(&mut self, c: char) -> bool {
        let key = match c {
            'a' => EditKey::Home,
            'e' => EditKey::End,
            'b' => EditKey::Left,
            'f' => EditKey::Right,
            'n' => EditKey::Down,
            'p' => EditKey::Up,
            'd' => EditKey::Delete,
            'h' => EditKey::Backspace,
            'v' => EditKey::PageDown,
            'm' | 'j' => EditKey::Enter,
            '_' | '/' | '7' => {
                self.undo();
                return true;
            }
            'r' => {
                self.redo();
                return true;
            }
            'y' => return self.yank_back(),
            _ => return self.kill(c),
        };
        self.type_key(key)
    }

    fn plain(&mut self, c: char) -> bool {
        match c {
            'z' => {
                self.undo();
                true
            }
            'y' => {
                self.redo();
                true
            }
            'v' => self.yank_back(),
            'h' => self.type_key(EditKey::Backspace),
            _ => self.kill(c),
        }
    }

    /// `C-k`, `C-u`, `C-w`: what goes can come back by `C-y` (plain: `C-v`).
    fn kill(&mut self, c: char) -> bool {
        let Pos { row, byte } = self.caret;
        let (from, to) = match c {
            'k' if byte == self.buffer.line(row).len() => {
                (self.caret, motion::forward(self.buffer.lines(), self.caret).unwrap_or(self.caret))
            }
            'k' => (self.caret, Pos::new(row, self.buffer.line(row).len())),
            'u' => (Pos::new(row, 0), self.caret),
            'w' => (self.word_before(), self.caret),
            _ => return false,
        };
        if from != to {
            self.end_group();
            self.store(None, Register { text: self.buffer.slice(from, to), lines: false }, false);
            self.buffer.begin(self.caret);
            self.take_out(Span::Letters(from, to));
            self.end_group();
        }
        true
    }

    fn yank_back(&mut self) -> bool {
        if let Some(text) = self.register(None).map(|r| r.text.clone()) {
            self.insert_at_caret(&text);
        }
        true
    }
}
