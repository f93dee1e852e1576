//! The grammar of vim's normal and visual mode: typed letters in, one [`Command`] out. Knows nothing of the text.

use super::motion::{Find, Motion, partner};
use super::object::Object;

/// Counts end here, so that a cat on the keyboard costs no time.
const MAX_COUNT: usize = 9_999;

/// An operator: what `d`, `c`, `y` and their kin do to a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    Delete,
    Change,
    Yank,
    Indent,
    Outdent,
    Reflow,
    Toggle,
    Lower,
    Upper,
}

/// What an operator works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Motion(Motion),
    Object {
        object: Object,
        around: bool,
    },
    /// A doubled operator: `dd`, `yy`, `gqq`.
    Rows,
    /// The selection of visual mode.
    Selection,
}

/// Where insert mode begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    Here,
    After,
    FirstLetter,
    LineEnd,
    LineBelow,
    LineAbove,
}

/// Where the caret's line goes on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Top,
    Centre,
    Bottom,
}

/// One complete command without its count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Move(Motion),
    Operate(Op, Target),
    Insert(Entry),
    Put {
        before: bool,
    },
    Replace(char),
    Join {
        spaces: bool,
    },
    ToggleCase,
    Undo,
    Repeat,
    Place(Place),
    /// `v`, `V`: starts, changes or ends a selection.
    Visual {
        lines: bool,
    },
    /// `o` in visual mode: the caret goes to the other end.
    SwapEnds,
    /// `iw` and the like in visual mode.
    Select {
        object: Object,
        around: bool,
    },
    /// `gv`
    Reselect,
    CommandLine,
    /// `ZZ`
    Send,
    /// `ZQ`
    Quit,
}

/// A complete command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Command {
    pub count: Option<usize>,
    pub register: Option<char>,
    pub act: Act,
}

/// Why there is no command yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// More letters are needed; `literal` when the next one is taken as it is (after `f`, `r`).
    More { literal: bool },
    /// These letters mean nothing.
    Bad,
}

type Parse<T> = Result<T, Stop>;

/// Reads what was typed so far.
pub(super) fn parse(keys: &[char], visual: bool) -> Parse<Command> {
    let mut r = Reader { keys };
    let mut count = r.count();
    let mut register = None;
    if r.peek() == Some('"') {
        r.key()?;
        register = Some(r.key()?).filter(|c| c.is_ascii_alphabetic() || *c == '_' || *c == '"');
        if register.is_none() {
            return Err(Stop::Bad);
        }
        count = times(count, r.count());
    }
    let key = r.key()?;
    let g = key == 'g';
    let key = if g { r.key()? } else { key };
    if let Some(op) = operator(key, g, visual) {
        if visual {
            return Ok(Command { count, register, act: Act::Operate(op, Target::Selection) });
        }
        count = times(count, r.count());
        let target = r.target(key, g)?;
        return Ok(Command { count, register, act: Act::Operate(op, target) });
    }
    let act = if visual { r.visual(key, g)? } else { r.normal(key, g)? };
    Ok(Command { count, register, act })
}

/// Two counts multiply: `2d3w` is six words.
fn times(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.saturating_mul(b).min(MAX_COUNT)),
        (a, b) => a.or(b),
    }
}

fn operator(key: char, g: bool, visual: bool) -> Option<Op> {
    Some(match (key, g) {
        ('d', false) => Op::Delete,
        ('c', false) => Op::Change,
        ('y', false) => Op::Yank,
        ('>', false) => Op::Indent,
        ('<', false) => Op::Outdent,
        ('q', true) => Op::Reflow,
        ('~', true) => Op::Toggle,
        ('u', true) => Op::Lower,
        ('U', true) => Op::Upper,
        ('x', false) if visual => Op::Delete,
        ('s', false) if visual => Op::Change,
        ('~', false) if visual => Op::Toggle,
        ('u', false) if visual => Op::Lower,
        ('U', false) if visual => Op::Upper,
        _ => return None,
    })
}

struct Reader<'a> {
    keys: &'a [char],
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.keys.first().copied()
    }

    fn key(&mut self) -> Parse<char> {
        self.take(false)
    }

    fn take(&mut self, literal: bool) -> Parse<char> {
        let (first, rest) = self.keys.split_first().ok_or(Stop::More { literal })?;
        self.keys = rest;
        Ok(*first)
    }

    /// A `0` is a count's digit only behind another one.
    fn count(&mut self) -> Option<usize> {
        let mut n = None;
        while let Some(d) = self.peek().and_then(|c| c.to_digit(10)).filter(|d| *d > 0 || n.is_some()) {
            self.keys = &self.keys[1..];
            n = Some((n.unwrap_or(0) * 10 + d as usize).min(MAX_COUNT));
        }
        n
    }

    fn motion(&mut self, key: char, g: bool) -> Parse<Option<Motion>> {
        if g {
            return Ok(Some(match key {
                'g' => Motion::First,
                'e' => Motion::WordEndBack { big: false },
                'E' => Motion::WordEndBack { big: true },
                'j' => Motion::ScreenDown,
                'k' => Motion::ScreenUp,
                '_' => Motion::LastLetter,
                _ => return Ok(None),
            }));
        }
        Ok(Some(match key {
            'h' => Motion::Left,
            'l' | ' ' => Motion::Right,
            'j' => Motion::Down,
            'k' => Motion::Up,
            'w' | 'W' => Motion::WordForward { big: key == 'W' },
            'b' | 'B' => Motion::WordBack { big: key == 'B' },
            'e' | 'E' => Motion::WordEnd { big: key == 'E' },
            '0' => Motion::LineStart,
            '^' | '_' => Motion::FirstLetter,
            '$' => Motion::LineEnd,
            '+' | '\n' => Motion::NextLine,
            '-' => Motion::PrevLine,
            'G' => Motion::Last,
            'f' | 't' | 'F' | 'T' => {
                Motion::Find(Find { letter: self.take(true)?, back: key < 'a', short: key.eq_ignore_ascii_case(&'t') })
            }
            ';' | ',' => Motion::Again { back: key == ',' },
            '%' => Motion::Match,
            '}' => Motion::ParagraphForward,
            '{' => Motion::ParagraphBack,
            _ => return Ok(None),
        }))
    }

    fn object(&mut self) -> Parse<Object> {
        Ok(match self.key()? {
            'w' => Object::Word { big: false },
            'W' => Object::Word { big: true },
            'p' => Object::Paragraph,
            quote @ ('"' | '\'' | '`') => Object::Quote(quote),
            'b' => Object::Bracket('(', ')'),
            'B' => Object::Bracket('{', '}'),
            '<' | '>' => Object::Bracket('<', '>'),
            c => partner(c).map(|(open, close, _)| Object::Bracket(open, close)).ok_or(Stop::Bad)?,
        })
    }

    /// What follows an operator, which was `op`, behind a `g` or not.
    fn target(&mut self, op: char, op_g: bool) -> Parse<Target> {
        let key = self.key()?;
        // `dd`, `gqq`, `guu`; `gqgq` and `gugu` mean the same.
        if key == op {
            return Ok(Target::Rows);
        }
        if matches!(key, 'i' | 'a') {
            return Ok(Target::Object { object: self.object()?, around: key == 'a' });
        }
        let g = key == 'g';
        let key = if g { self.key()? } else { key };
        if g && op_g && key == op {
            return Ok(Target::Rows);
        }
        self.motion(key, g)?.map(Target::Motion).ok_or(Stop::Bad)
    }

    fn normal(&mut self, key: char, g: bool) -> Parse<Act> {
        if let Some(motion) = self.motion(key, g)? {
            return Ok(Act::Move(motion));
        }
        let operate = |op, motion| Act::Operate(op, Target::Motion(motion));
        Ok(match (key, g) {
            ('J', _) => Act::Join { spaces: !g },
            ('v', true) => Act::Reselect,
            (_, true) => return Err(Stop::Bad),
            ('i', _) => Act::Insert(Entry::Here),
            ('a', _) => Act::Insert(Entry::After),
            ('I', _) => Act::Insert(Entry::FirstLetter),
            ('A', _) => Act::Insert(Entry::LineEnd),
            ('o', _) => Act::Insert(Entry::LineBelow),
            ('O', _) => Act::Insert(Entry::LineAbove),
            ('x' | '\u{7f}', _) => operate(Op::Delete, Motion::Right),
            ('X', _) => operate(Op::Delete, Motion::Left),
            ('D', _) => operate(Op::Delete, Motion::LineEnd),
            ('C', _) => operate(Op::Change, Motion::LineEnd),
            ('s', _) => operate(Op::Change, Motion::Right),
            ('S', _) => Act::Operate(Op::Change, Target::Rows),
            ('Y', _) => Act::Operate(Op::Yank, Target::Rows),
            ('p' | 'P', _) => Act::Put { before: key == 'P' },
            ('r', _) => Act::Replace(self.take(true)?),
            ('~', _) => Act::ToggleCase,
            ('u', _) => Act::Undo,
            ('.', _) => Act::Repeat,
            ('v' | 'V', _) => Act::Visual { lines: key == 'V' },
            (':', _) => Act::CommandLine,
            ('z', _) => Act::Place(self.place()?),
            ('Z', _) => match self.key()? {
                'Z' => Act::Send,
                'Q' => Act::Quit,
                _ => return Err(Stop::Bad),
            },
            _ => return Err(Stop::Bad),
        })
    }

    fn visual(&mut self, key: char, g: bool) -> Parse<Act> {
        if matches!(key, 'i' | 'a') && !g {
            return Ok(Act::Select { object: self.object()?, around: key == 'a' });
        }
        if let Some(motion) = self.motion(key, g)? {
            return Ok(Act::Move(motion));
        }
        Ok(match (key, g) {
            ('J', _) => Act::Join { spaces: !g },
            (_, true) => return Err(Stop::Bad),
            ('o' | 'O', _) => Act::SwapEnds,
            ('v' | 'V', _) => Act::Visual { lines: key == 'V' },
            ('p' | 'P', _) => Act::Put { before: key == 'P' },
            ('r', _) => Act::Replace(self.take(true)?),
            ('\u{7f}', _) => Act::Operate(Op::Delete, Target::Selection),
            ('z', _) => Act::Place(self.place()?),
            (':', _) => Act::CommandLine,
            _ => return Err(Stop::Bad),
        })
    }

    fn place(&mut self) -> Parse<Place> {
        Ok(match self.key()? {
            't' | '\n' => Place::Top,
            'z' | '.' => Place::Centre,
            'b' | '-' => Place::Bottom,
            _ => return Err(Stop::Bad),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Parse<Command> {
        parse(&keys.chars().collect::<Vec<_>>(), false)
    }

    #[test]
    fn counts_multiply_and_end_somewhere() {
        assert_eq!(read("2d3w").unwrap().count, Some(6));
        assert_eq!(read("10j").unwrap().count, Some(10));
        assert_eq!(read("0").unwrap(), Command { count: None, register: None, act: Act::Move(Motion::LineStart) });
        assert_eq!(read("999999999999999999999d99999999999j").unwrap().count, Some(MAX_COUNT));
    }

    #[test]
    fn says_what_it_waits_for() {
        for keys in ["", "3", "d", "d2", "g", "gq", "di", "\"", "\"a", "z", "Z"] {
            assert_eq!(read(keys), Err(Stop::More { literal: false }), "{keys}");
        }
        for keys in ["f", "dt", "r", "2F"] {
            assert_eq!(read(keys), Err(Stop::More { literal: true }), "{keys}");
        }
        for keys in ["Q", "dx", "gz", "dq", "diz", "\"-", "ZX"] {
            assert_eq!(read(keys), Err(Stop::Bad), "{keys}");
        }
        for keys in ["dd", "gqq", "gqgq", "guu", "g~~", ">>"] {
            assert!(matches!(read(keys), Ok(Command { act: Act::Operate(_, Target::Rows), .. })), "{keys}");
        }
    }
}
