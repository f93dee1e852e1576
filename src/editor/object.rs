//! Text objects: `iw ap i" a(` and the like, as spans of the text.

use super::buffer::Pos;
use super::grapheme::{self, Kind, cluster, kind};
use super::motion::{self, close_after, next_open, open_before, run_start};

/// A text object as typed, without `i` or `a`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Object {
    Word { big: bool },
    Paragraph,
    Quote(char),
    Bracket(char, char),
}

/// A part of the text an operator works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Span {
    /// From the first place up to, not including, the second.
    Letters(Pos, Pos),
    /// Whole lines, both included.
    Lines(usize, usize),
}

impl Span {
    /// Where the span starts.
    pub fn start(self) -> Pos {
        match self {
            Self::Letters(from, _) => from,
            Self::Lines(row, _) => Pos::new(row, 0),
        }
    }
}

impl Object {
    /// The span of this object around `at`; `None` when there is none.
    pub fn span(self, lines: &[String], at: Pos, around: bool, count: usize) -> Option<Span> {
        match self {
            Self::Word { big } => Some(word(lines, at, big, around, count)),
            Self::Paragraph => paragraph(lines, at.row, around, count),
            Self::Quote(q) => quoted(lines, at, q, around),
            Self::Bracket(open, close) => bracketed(lines, at, (open, close), around, count),
        }
    }
}

/// The end of the run of one kind that starts at `at`.
fn run_end(line: &str, mut at: usize, big: bool) -> usize {
    let own = kind(cluster(line, at), big);
    while at < line.len() && kind(cluster(line, at), big) == own {
        at = grapheme::next(line, at);
    }
    at
}

fn is_blank(line: &str, at: usize) -> bool {
    at < line.len() && kind(cluster(line, at), false) == Kind::Blank
}

fn skip_blank(line: &str, at: usize) -> usize {
    if is_blank(line, at) { run_end(line, at, false) } else { at }
}

fn word(lines: &[String], at: Pos, big: bool, around: bool, count: usize) -> Span {
    let line = &lines[at.row];
    let mut from = run_start(lines, at, big).byte;
    let on_blank = is_blank(line, at.byte);
    let mut to = from;
    for _ in 0..count {
        if to >= line.len() {
            break;
        }
        to = match (around, on_blank) {
            (false, _) => run_end(line, to, big),
            (true, true) => run_end(line, skip_blank(line, to), big),
            (true, false) => skip_blank(line, run_end(line, to, big)),
        };
    }
    // Without a blank behind the word, `aw` takes the one before it; an indent stays where it is.
    if around && !on_blank && !is_blank(line, grapheme::prev(line, to)) && is_blank(line, grapheme::prev(line, from)) {
        let blank = run_start(lines, Pos::new(at.row, grapheme::prev(line, from)), big).byte;
        from = if blank > 0 { blank } else { from };
    }
    Span::Letters(Pos::new(at.row, from), Pos::new(at.row, to))
}

fn paragraph(lines: &[String], row: usize, around: bool, count: usize) -> Option<Span> {
    let blank = |r: usize| lines[r].trim().is_empty();
    let run = |r: usize| {
        let own = blank(r);
        (r..lines.len()).find(|r| blank(*r) != own).unwrap_or(lines.len())
    };
    let own = blank(row);
    let mut from = (0..row).rev().find(|r| blank(*r) != own).map_or(0, |r| r + 1);
    let mut to = from;
    for _ in 0..if around { count.saturating_mul(2) } else { count } {
        if to >= lines.len() {
            break;
        }
        to = run(to);
    }
    // Empty lines at the end of the text have no paragraph to go with.
    if around && own && to == lines.len() && blank(to - 1) {
        return None;
    }
    // Without an empty line behind the last paragraph, `ap` takes the ones before it.
    if around && !own && to == lines.len() && !blank(to - 1) {
        from = (0..from).rev().find(|r| !blank(*r)).map_or(0, |r| r + 1);
    }
    Some(Span::Lines(from, to - 1))
}

fn quoted(lines: &[String], at: Pos, quote: char, around: bool) -> Option<Span> {
    let line = &lines[at.row];
    let marks: Vec<usize> = line.match_indices(quote).map(|(i, _)| i).collect();
    let pair = marks.chunks_exact(2).find(|p| p[1] >= at.byte).map(|p| (p[0], p[1]))?;
    let (mut from, mut to) = pair;
    if around {
        to += quote.len_utf8();
        let blanks = motion::first_letter(&line[to..]);
        if blanks > 0 {
            to += blanks;
        } else {
            let head = line[..from].trim_end().len();
            from = if head > 0 { head } else { from };
        }
    } else {
        from += quote.len_utf8();
    }
    Some(Span::Letters(Pos::new(at.row, from), Pos::new(at.row, to)))
}

fn bracketed(lines: &[String], at: Pos, pair: (char, char), around: bool, count: usize) -> Option<Span> {
    let (open, close) = pair;
    let mut start = at;
    for n in 0..count {
        if n == 0 && lines[start.row][start.byte..].starts_with(open) {
            continue;
        }
        // Outside of any, the next one is meant.
        start = match open_before(lines, start, open, close) {
            None if n == 0 => next_open(lines, at, open)?,
            before => before?,
        };
    }
    let inner = Pos::new(start.row, start.byte + open.len_utf8());
    let end = close_after(lines, inner, open, close)?;
    if around {
        return Some(Span::Letters(start, Pos::new(end.row, end.byte + close.len_utf8())));
    }
    // Between brackets on lines of their own stand whole lines.
    if end.row > start.row + 1 && inner.byte == lines[inner.row].len() {
        if lines[end.row][..end.byte].trim_start().is_empty() {
            return Some(Span::Lines(inner.row + 1, end.row - 1));
        }
        return Some(Span::Letters(Pos::new(inner.row + 1, 0), end));
    }
    Some(Span::Letters(inner, end))
}
