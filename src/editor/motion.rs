//! Where a motion leads: pure functions from lines and a place to a place. Counts, the remembered column and the last
//! `f` belong to the caller.

use unicode_segmentation::UnicodeSegmentation as _;

use super::buffer::Pos;
use super::grapheme::{self, Kind, cluster, kind};

/// A motion as typed, without its count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Motion {
    Left,
    Right,
    Up,
    Down,
    /// Up and down by rows of the screen (`gk`, `gj`, arrows).
    ScreenUp,
    ScreenDown,
    WordForward {
        big: bool,
    },
    WordBack {
        big: bool,
    },
    WordEnd {
        big: bool,
    },
    WordEndBack {
        big: bool,
    },
    LineStart,
    FirstLetter,
    LineEnd,
    LastLetter,
    /// `+` and Enter.
    NextLine,
    /// `-`
    PrevLine,
    /// `gg`
    First,
    /// `G`
    Last,
    Find(Find),
    /// `;`, and `,` when `back`.
    Again {
        back: bool,
    },
    Match,
    ParagraphForward,
    ParagraphBack,
}

/// What `f F t T` look for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Find {
    pub letter: char,
    pub back: bool,
    /// Stop one letter short (`t`, `T`).
    pub short: bool,
}

/// What an operator takes on the way of a motion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    Exclusive,
    Inclusive,
    Lines,
}

impl Motion {
    /// What an operator takes with this motion.
    pub fn reach(self) -> Reach {
        match self {
            Self::Up | Self::Down | Self::First | Self::Last | Self::NextLine | Self::PrevLine => Reach::Lines,
            Self::WordEnd { .. } | Self::WordEndBack { .. } | Self::Match => Reach::Inclusive,
            Self::LineEnd | Self::LastLetter => Reach::Inclusive,
            Self::Find(f) if !f.back => Reach::Inclusive,
            _ => Reach::Exclusive,
        }
    }
}

fn kind_at(lines: &[String], p: Pos, big: bool) -> Kind {
    kind(cluster(&lines[p.row], p.byte), big)
}

fn at_end(lines: &[String], p: Pos) -> bool {
    p.byte >= lines[p.row].len()
}

/// The next place, the line's end counted as one; `None` at the end of the text.
pub(super) fn forward(lines: &[String], p: Pos) -> Option<Pos> {
    if !at_end(lines, p) {
        Some(Pos::new(p.row, grapheme::next(&lines[p.row], p.byte)))
    } else {
        (p.row + 1 < lines.len()).then(|| Pos::new(p.row + 1, 0))
    }
}

/// The place before; `None` at the start of the text.
pub(super) fn back(lines: &[String], p: Pos) -> Option<Pos> {
    if p.byte > 0 {
        Some(Pos::new(p.row, grapheme::prev(&lines[p.row], p.byte)))
    } else {
        p.row.checked_sub(1).map(|row| Pos::new(row, lines[row].len()))
    }
}

/// `w`: the start of the next word. An empty line is a word.
pub(super) fn word_forward(lines: &[String], from: Pos, big: bool) -> Option<Pos> {
    let mut p = from;
    let start = kind_at(lines, p, big);
    while start != Kind::Blank && kind_at(lines, p, big) == start {
        p.byte = grapheme::next(&lines[p.row], p.byte);
    }
    while kind_at(lines, p, big) == Kind::Blank {
        let Some(next) = forward(lines, p) else { break };
        let entered = next.row != p.row;
        p = next;
        if entered && lines[p.row].is_empty() {
            break;
        }
    }
    (p != from).then_some(p)
}

/// `e`: the last letter of a word.
pub(super) fn word_end(lines: &[String], from: Pos, big: bool) -> Option<Pos> {
    let mut p = forward(lines, from)?;
    while kind_at(lines, p, big) == Kind::Blank {
        // Without another word, the end of the text.
        let Some(next) = forward(lines, p) else { return Some(p) };
        p = next;
    }
    let start = kind_at(lines, p, big);
    loop {
        let next = Pos::new(p.row, grapheme::next(&lines[p.row], p.byte));
        if at_end(lines, next) || kind_at(lines, next, big) != start {
            return Some(p);
        }
        p = next;
    }
}

/// The start of the run of one kind that `p` is in.
pub(super) fn run_start(lines: &[String], mut p: Pos, big: bool) -> Pos {
    let own = kind_at(lines, p, big);
    while p.byte > 0 {
        let before = Pos::new(p.row, grapheme::prev(&lines[p.row], p.byte));
        if kind_at(lines, before, big) != own {
            break;
        }
        p = before;
    }
    p
}

/// `b`: the start of the word before.
pub(super) fn word_back(lines: &[String], from: Pos, big: bool) -> Option<Pos> {
    let mut p = back(lines, from)?;
    while kind_at(lines, p, big) == Kind::Blank {
        if lines[p.row].is_empty() {
            return Some(p);
        }
        let Some(before) = back(lines, p) else { return Some(p) };
        p = before;
    }
    Some(run_start(lines, p, big))
}

/// `ge`: the last letter of the word before.
pub(super) fn word_end_back(lines: &[String], from: Pos, big: bool) -> Option<Pos> {
    let mut p = from;
    if kind_at(lines, p, big) != Kind::Blank {
        p = run_start(lines, p, big);
    }
    while let Some(before) = back(lines, p) {
        p = before;
        if kind_at(lines, p, big) != Kind::Blank || lines[p.row].is_empty() {
            return Some(p);
        }
    }
    // Without a word before, the start of the text.
    (p != from).then_some(p)
}

/// `^`: the first letter that is not blank, else the line's end.
pub(super) fn first_letter(line: &str) -> usize {
    let blank = |cluster: &str| cluster.chars().all(char::is_whitespace);
    line.grapheme_indices(true).find(|(_, cluster)| !blank(cluster)).map_or(line.len(), |(at, _)| at)
}

/// `f t F T` within a line, the `n`th time. `again` repeats a short search, which then may not stop where it stands.
pub(super) fn find(line: &str, from: usize, what: Find, n: usize, again: bool) -> Option<usize> {
    let step = |at: usize| {
        if what.back {
            (at > 0).then(|| grapheme::prev(line, at))
        } else {
            Some(grapheme::next(line, at)).filter(|at| *at < line.len())
        }
    };
    let hit = |at: usize| line[at..].starts_with(what.letter);
    let mut at = from;
    let mut left = n;
    if again && what.short && step(from).is_some_and(hit) {
        at = step(from)?;
    }
    while left > 0 {
        at = step(at)?;
        left -= usize::from(hit(at));
    }
    Some(match (what.short, what.back) {
        (false, _) => at,
        (true, false) => grapheme::prev(line, at),
        (true, true) => grapheme::next(line, at),
    })
}

/// The bracket that closes or opens another; the Japanese ones too.
pub(super) fn partner(c: char) -> Option<(char, char, bool)> {
    const PAIRS: [(char, char); 8] =
        [('(', ')'), ('[', ']'), ('{', '}'), ('「', '」'), ('『', '』'), ('（', '）'), ('【', '】'), ('〈', '〉')];
    PAIRS.iter().find_map(|&(open, close)| match c {
        _ if c == open => Some((open, close, true)),
        _ if c == close => Some((open, close, false)),
        _ => None,
    })
}

/// Brackets are looked for at most this many bytes away, so that a huge text without a partner costs no pause.
const BRACKET_REACH: usize = 256 << 10;

/// The closing bracket after `from` (`from` just behind the open one).
pub(super) fn close_after(lines: &[String], from: Pos, open: char, close: char) -> Option<Pos> {
    let (mut depth, mut seen, mut p) = (0usize, 0usize, from);
    while seen < BRACKET_REACH {
        let rest = &lines[p.row][p.byte..];
        for (at, c) in rest.char_indices() {
            if c == close {
                let Some(less) = depth.checked_sub(1) else { return Some(Pos::new(p.row, p.byte + at)) };
                depth = less;
            } else if c == open {
                depth += 1;
            }
        }
        seen += rest.len() + 1;
        p = Pos::new(p.row + 1, 0);
        if p.row >= lines.len() {
            break;
        }
    }
    None
}

/// The opening bracket before `from` that is not closed before it.
pub(super) fn open_before(lines: &[String], from: Pos, open: char, close: char) -> Option<Pos> {
    let (mut depth, mut seen, mut p) = (0usize, 0usize, from);
    while seen < BRACKET_REACH {
        let head = &lines[p.row][..p.byte];
        for (at, c) in head.char_indices().rev() {
            if c == open {
                let Some(less) = depth.checked_sub(1) else { return Some(Pos::new(p.row, at)) };
                depth = less;
            } else if c == close {
                depth += 1;
            }
        }
        seen += head.len() + 1;
        let row = p.row.checked_sub(1)?;
        p = Pos::new(row, lines[row].len());
    }
    None
}

/// The next opening bracket at or after `from`.
pub(super) fn next_open(lines: &[String], from: Pos, open: char) -> Option<Pos> {
    let (mut seen, mut p) = (0usize, from);
    while seen < BRACKET_REACH {
        let rest = &lines[p.row][p.byte..];
        if let Some(at) = rest.find(open) {
            return Some(Pos::new(p.row, p.byte + at));
        }
        seen += rest.len() + 1;
        p = Pos::new(p.row + 1, 0);
        if p.row >= lines.len() {
            break;
        }
    }
    None
}

/// `%`: the partner of the first bracket at or after `from` in its line.
pub(super) fn matching(lines: &[String], from: Pos) -> Option<Pos> {
    let line = &lines[from.row];
    let (at, (open, close, opens)) =
        line[from.byte..].char_indices().find_map(|(i, c)| partner(c).map(|p| (from.byte + i, p)))?;
    if opens {
        close_after(lines, Pos::new(from.row, at + open.len_utf8()), open, close)
    } else {
        open_before(lines, Pos::new(from.row, at), open, close)
    }
}

/// `}`: the next empty line behind text, else the end.
pub(super) fn paragraph_forward(lines: &[String], from: Pos) -> Option<Pos> {
    let text = (from.row..lines.len()).find(|r| !lines[*r].is_empty());
    let gap = text.and_then(|t| (t..lines.len()).find(|r| lines[*r].is_empty()));
    let last = lines.len() - 1;
    let to = gap.map_or(Pos::new(last, lines[last].len()), |row| Pos::new(row, 0));
    (to != from).then_some(to)
}

/// `{`: the next empty line before text, else the start.
pub(super) fn paragraph_back(lines: &[String], from: Pos) -> Option<Pos> {
    let text = (0..=from.row).rev().find(|r| !lines[*r].is_empty() && (*r < from.row || from.byte > 0));
    let gap = text.and_then(|t| (0..t).rev().find(|r| lines[*r].is_empty()));
    let to = Pos::new(gap.unwrap_or(0), 0);
    (to != from).then_some(to)
}
