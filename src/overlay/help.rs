//! Help, made from the live keymap: what the keys do here, grouped; then the other places; then what has a name but no key.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::frame::{self, own};
use super::fuzzy::{self, Kind};
use super::input::{draw_line, edit};
use crate::action::{Action, CATALOGUE, Context, Family};
use crate::editor::LineEdit;
use crate::keymap::{Chord, Key, Keymap, Row, Sequence, Step};
use crate::pane::Ctx;
use crate::text::Clean;
use crate::text::wrap::wrap;
use crate::widget::draw::{cells, put_fit};

/// Help on the screen.
#[derive(Debug)]
pub struct Help {
    context: Context,
    sequence: Sequence,
    words: LineEdit,
    /// The words are being typed.
    typing: bool,
    top: Cell<usize>,
    /// The window and all lines at the last drawing, for page keys.
    size: Cell<(usize, usize)>,
}

/// One line.
#[derive(Clone, Debug)]
enum Line {
    Head(String),
    /// `off`: the desk cannot do it.
    Row {
        keys: String,
        help: String,
        name: &'static str,
        off: bool,
    },
    /// What the desk has to say of the row above.
    Aside(String),
}

/// The cells of a line that stands below a row.
const ASIDE: usize = 46;

impl Help {
    /// Help for a context.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            sequence: Sequence::default(),
            words: LineEdit::default(),
            typing: false,
            top: Cell::new(0),
            size: Cell::new((10, 0)),
        }
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Outcome {
        if self.typing {
            match chord.key {
                Key::Enter => self.typing = false,
                Key::Esc => {
                    self.typing = false;
                    self.words.set_text("");
                }
                Key::Backspace if self.words.is_empty() => self.typing = false,
                _ => {
                    if edit(&mut self.words, chord) {
                        self.top.set(0);
                    }
                }
            }
            return Outcome::Stay;
        }
        // Help moves as lists do, whatever the keymap.
        let Step::Fire { action, count } = self.sequence.press(chord, Context::List, ctx.keys) else {
            return Outcome::Stay;
        };
        let (page, _) = self.size.get();
        let page = page as isize;
        let count = count.unwrap_or(1) as isize;
        match action {
            Action::Down => self.go(count),
            Action::Up => self.go(-count),
            Action::HalfDown => self.go(page / 2),
            Action::HalfUp => self.go(-page / 2),
            Action::PageDown | Action::Toggle => self.go(page),
            Action::PageUp => self.go(-page),
            Action::Top => self.top.set(0),
            Action::Bottom => self.top.set(usize::MAX),
            Action::Search(_) | Action::SearchDesk(_) | Action::Filter(_) => self.typing = true,
            Action::Cancel if !self.words.is_empty() => {
                self.words.set_text("");
                self.top.set(0);
            }
            Action::Cancel | Action::Back | Action::Help | Action::Quit => return Outcome::Close,
            Action::CommandLine => return Outcome::Command(String::new()),
            _ => {}
        }
        Outcome::Stay
    }

    fn go(&self, by: isize) {
        self.top.set(self.top.get().saturating_add_signed(by));
    }

    fn lines(&self, ctx: &Ctx<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        let here: Vec<&Row> = reachable(ctx.keys, self.context).collect();
        for family in Family::ALL {
            section(&mut lines, family.title(ctx.words), rows_of(&here, family, ctx));
        }
        for context in Context::ALL {
            if context == self.context || context == Context::Global {
                continue;
            }
            // What these places have of their own.
            let own: Vec<&Row> = ctx
                .keys
                .rows()
                .iter()
                .filter(|r| r.context == context && !here.iter().any(|h| h.keys == r.keys && h.action == r.action))
                .collect();
            let rows = Family::ALL.into_iter().flat_map(|f| rows_of(&own, f, ctx)).collect();
            section(&mut lines, context.title(ctx.words), rows);
        }
        let named: Vec<Line> = CATALOGUE
            .iter()
            .filter(|e| e.action != Action::Nothing && !ctx.keys.rows().iter().any(|r| r.action.name() == e.name))
            .flat_map(|e| {
                let off = frame::is_impossible(ctx, &e.action);
                let row = Line::Row { keys: format!(":{}", e.name), help: e.help(ctx.words), name: "", off };
                with_asides(row, &e.action, ctx)
            })
            .collect();
        section(&mut lines, ctx.words.overlay.help_command_only, named);
        self.found(lines)
    }

    /// The rows that hold the words, under their heads.
    fn found(&self, lines: Vec<Line>) -> Vec<Line> {
        if self.words.is_empty() {
            return lines;
        }
        let fields: Vec<Vec<(Kind, String)>> = lines
            .iter()
            .map(|line| match line {
                Line::Head(_) | Line::Aside(_) => Vec::new(),
                Line::Row { keys, help, name, .. } => {
                    [keys.as_str(), help.as_str(), name].into_iter().map(|t| (Kind::Strict, t.to_owned())).collect()
                }
            })
            .collect();
        let hits = fuzzy::rank(self.words.text(), &fields);
        let mut out: Vec<Line> = Vec::new();
        let mut kept = false;
        for (i, line) in lines.into_iter().enumerate() {
            match line {
                Line::Head(_) => {
                    if matches!(out.last(), Some(Line::Head(_))) {
                        out.pop();
                    }
                    out.push(line);
                }
                Line::Row { .. } => {
                    kept = hits.contains(&i);
                    if kept {
                        out.push(line);
                    }
                }
                Line::Aside(_) if kept => out.push(line),
                Line::Aside(_) => {}
            }
        }
        if matches!(out.last(), Some(Line::Head(_))) {
            out.pop();
        }
        out
    }

    /// Draws it over nearly the whole screen.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        let theme = ctx.theme;
        let words = &ctx.words.overlay;
        let place = frame::centred(area, area.width.min(100), area.height);
        let title =
            own(&format!("{} · {} · {}", words.help_title, self.context.title(ctx.words), ctx.keys.name()), theme);
        let lines = self.lines(ctx);
        let key = |action| ctx.keys.hint_for(&action, Context::List);
        let foot = (words.help_foot)(&key(Action::Search(None)), &key(Action::Back));
        let inside = frame::draw(buf, place, theme, &title, &own(&foot, theme));
        let searching = self.typing || !self.words.is_empty();
        let body = Rect {
            y: inside.y + u16::from(searching),
            height: inside.height.saturating_sub(u16::from(searching)),
            ..inside
        };
        let caret = if searching {
            let line = Rect { height: 1, ..inside };
            draw_line(&self.words, &Clean::line("/"), line, buf, theme, theme.key).filter(|_| self.typing)
        } else {
            None
        };
        if lines.is_empty() && body.height > 0 {
            let text = own(&(words.help_none)(self.words.text()), theme);
            put_fit(buf, body.x, body.y, body.width, &text, theme.glyphs.more, theme.dim);
        }
        let height = usize::from(body.height);
        self.size.set((height.max(1), lines.len()));
        let top = self.top.get().min(lines.len().saturating_sub(height));
        self.top.set(top);
        let keys_width = lines
            .iter()
            .map(|l| if let Line::Row { keys, .. } = l { cells(keys) } else { 0 })
            .max()
            .unwrap_or(0)
            .min(if body.width < 70 { 14 } else { 26 });
        let name_width: u16 = if body.width >= 76 { 18 } else { 0 };
        for (i, line) in lines.iter().skip(top).take(height).enumerate() {
            let y = body.y + i as u16;
            match line {
                Line::Head(text) => {
                    put_fit(buf, body.x, y, body.width, &own(text, theme), theme.glyphs.more, theme.focus);
                }
                Line::Aside(text) => {
                    let at = body.x + 2 + keys_width + 2;
                    let room = body.right().saturating_sub(at);
                    put_fit(buf, at, y, room, &own(text, theme), theme.glyphs.more, theme.hint);
                }
                Line::Row { keys, help, name, off } => {
                    let x = body.x + 2;
                    let (key, text) = if *off { (theme.dim, theme.dim) } else { (theme.key, theme.text) };
                    put_fit(buf, x, y, keys_width, &own(keys, theme), theme.glyphs.more, key);
                    let at = x + keys_width + 2;
                    let room = body.right().saturating_sub(at + name_width + u16::from(name_width > 0));
                    put_fit(buf, at, y, room, &own(help, theme), theme.glyphs.more, text);
                    if name_width > 0 {
                        let at = body.right() - name_width;
                        put_fit(buf, at, y, name_width, &Clean::line(name), theme.glyphs.more, theme.dim);
                    }
                }
            }
        }
        caret
    }
}

/// The rows that fire in a context: its own, and those of the global one that it does not hide.
fn reachable(keymap: &Keymap, context: Context) -> impl Iterator<Item = &Row> {
    keymap.rows().iter().filter(move |r| {
        r.action != Action::Nothing
            && (r.context == context || (r.context == Context::Global && context.is_pane()))
            && keymap.find(context, &r.keys) == crate::keymap::Found::Action(r.action.clone())
    })
}

fn section(lines: &mut Vec<Line>, title: &str, rows: Vec<Line>) {
    if !rows.is_empty() {
        lines.push(Line::Head(title.to_owned()));
        lines.extend(rows);
    }
}

/// The rows of a family, one for each action, all its keys in it; queues by number are one row.
fn rows_of(rows: &[&Row], family: Family, ctx: &Ctx<'_>) -> Vec<Line> {
    let mut out: Vec<(Action, Line)> = Vec::new();
    for entry in CATALOGUE.iter().filter(|e| e.family == family) {
        let mine: Vec<&&Row> = rows.iter().filter(|r| r.action.name() == entry.name).collect();
        let numbered: Vec<&&&Row> = mine.iter().filter(|r| matches!(r.action, Action::Queue(_))).collect();
        if let [first, .., last] = numbered.as_slice() {
            let keys = format!("{}…{}", Chord::shown(&first.keys), Chord::shown(&last.keys));
            let help = entry.help(ctx.words);
            out.push((first.action.clone(), Line::Row { keys, help, name: entry.name, off: false }));
            continue;
        }
        for row in mine {
            let keys = Chord::shown(&row.keys);
            let known = out.iter_mut().find(|(action, _)| *action == row.action && row.help.is_none());
            if let Some((_, Line::Row { keys: all, .. })) = known {
                *all += &format!("  {keys}");
            } else {
                let help = ctx.keys.help_of(row, ctx.words);
                let off = frame::is_impossible(ctx, &row.action);
                out.push((row.action.clone(), Line::Row { keys, help, name: entry.name, off }));
            }
        }
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut rows = out.into_iter().peekable();
    while let Some((action, row)) = rows.next() {
        // Several rows of one action (`status open`, `status new`) share what there is to say.
        let goes_on = rows.peek().is_some_and(|(next, _)| next.name() == action.name());
        if goes_on { lines.push(row) } else { lines.extend(with_asides(row, &action, ctx)) }
    }
    lines
}

/// A row, and below it what is odd about it on this desk.
fn with_asides(row: Line, action: &Action, ctx: &Ctx<'_>) -> Vec<Line> {
    let said = frame::support(ctx, action).map(|text| wrap(&Clean::line(&text), ASIDE)).unwrap_or_default();
    std::iter::once(row).chain(said.iter().map(|line| Line::Aside(line.to_string()))).collect()
}
