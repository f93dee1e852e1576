//! The palette: every action that makes sense here, found by its name or by what it does in either language, with its keys.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::frame::{self, own};
use super::fuzzy::{self, Kind};
use super::input::{draw_line, edit};
use crate::action::{Action, Argument, CATALOGUE, Context, Entry};
use crate::editor::LineEdit;
use crate::keymap::{Chord, Key, Keymap};
use crate::pane::Ctx;
use crate::text::Clean;
use crate::widget::draw::{mark, put_fit, put_right};
use crate::widget::scroll;

/// How many rows a page key goes.
const PAGE: isize = 8;

/// The palette on the screen.
#[derive(Debug)]
pub struct Palette {
    context: Context,
    filter: LineEdit,
    entries: Vec<&'static Entry>,
    shown: Vec<usize>,
    cursor: usize,
}

impl Palette {
    /// The palette over a context.
    pub fn new(context: Context) -> Self {
        let hidden = |e: &&Entry| !matches!(e.action, Action::Nothing | Action::Palette | Action::CommandLine);
        let entries: Vec<&Entry> = CATALOGUE.iter().filter(|e| e.places.has(context)).filter(hidden).collect();
        let mut it = Self { context, filter: LineEdit::default(), entries, shown: Vec::new(), cursor: 0 };
        it.narrow();
        it
    }

    fn narrow(&mut self) {
        let rows: Vec<Vec<(Kind, String)>> = self
            .entries
            .iter()
            .map(|e| {
                let helps = e.helps().into_iter().map(|h| (Kind::Strict, h.to_owned()));
                [(Kind::Loose, e.name.to_owned())].into_iter().chain(helps).collect()
            })
            .collect();
        self.shown = fuzzy::rank(self.filter.text(), &rows);
        if self.filter.is_empty() {
            // What one works with first, moving about last.
            self.shown.sort_by_key(|i| self.entries[*i].family);
        }
        self.cursor = 0;
    }

    fn here(&self) -> Option<&'static Entry> {
        self.shown.get(self.cursor).map(|i| self.entries[*i])
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Outcome {
        if chord == Chord::plain(Key::Tab) {
            return self.here().map_or(Outcome::Stay, to_line);
        }
        let action = if chord.text().is_some() { None } else { ctx.keys.action(Context::Picker, chord) };
        match action {
            Some(Action::Down) => self.go(1),
            Some(Action::Up) => self.go(-1),
            Some(Action::PageDown | Action::HalfDown) => {
                self.cursor = scroll::step(self.cursor, PAGE, self.shown.len());
            }
            Some(Action::PageUp | Action::HalfUp) => self.cursor = scroll::step(self.cursor, -PAGE, self.shown.len()),
            Some(Action::Top) => self.cursor = 0,
            Some(Action::Bottom) => self.cursor = self.shown.len().saturating_sub(1),
            Some(Action::Cancel | Action::Back) => return Outcome::Close,
            Some(Action::Open) => {
                return match self.here() {
                    // Most actions ask for what they need by themselves.
                    Some(entry) if matches!(entry.action, Action::Queue(_)) => to_line(entry),
                    Some(entry) => Outcome::Run(entry.name.to_owned()),
                    None => Outcome::Stay,
                };
            }
            _ => {
                if edit(&mut self.filter, chord) {
                    self.narrow();
                }
            }
        }
        Outcome::Stay
    }

    /// Takes a paste into the words.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.filter.paste(text);
        self.narrow();
        Outcome::Stay
    }

    fn go(&mut self, by: isize) {
        let len = self.shown.len();
        if len > 0 {
            self.cursor = (self.cursor + len).saturating_add_signed(by) % len;
        }
    }

    /// Draws it at the head of the screen, where the eye is when it opens; its size does not depend on what is typed.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        let theme = ctx.theme;
        let words = &ctx.words.overlay;
        let width = 84.min(area.width.saturating_sub(2));
        let height = (area.height * 2 / 3).clamp(6, 22).min(area.height);
        let place = frame::centred(area, width, height);
        // What the desk has to say of the row under the cursor, in place of the keys that one knows by then.
        let said = self.here().and_then(|e| frame::support(ctx, &e.action));
        let foot = frame::fit_foot(place, &own(said.as_deref().unwrap_or(words.palette_foot), theme), theme);
        let inside = frame::draw(buf, place, theme, &own(words.palette, theme), &foot);
        let line = Rect { height: inside.height.min(1), ..inside };
        let caret = draw_line(&self.filter, &Clean::line("> "), line, buf, theme, theme.key);
        let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        if self.shown.is_empty() && rows.height > 0 {
            put_fit(buf, rows.x, rows.y, rows.width, &own(words.palette_empty, theme), theme.glyphs.more, theme.dim);
        }
        let name_width: u16 = if rows.width >= 60 { 18 } else { 0 };
        let keys_width: u16 = 10;
        let top = scroll::follow(0, self.cursor, usize::from(rows.height), self.shown.len());
        for (at, i) in self.shown.iter().enumerate().skip(top).take(usize::from(rows.height)) {
            let entry = self.entries[*i];
            let y = rows.y + (at - top) as u16;
            if at == self.cursor {
                buf.set_style(Rect { y, height: 1, ..rows }, theme.selection);
                mark(buf, rows.x, y, 1, theme.glyphs.cursor, theme.focus);
            }
            let keys = own(&keys_of(ctx.keys, entry, self.context), theme);
            let keys_at = rows.right().saturating_sub(keys_width);
            put_right(buf, keys_at, y, keys_width.min(rows.width), &keys, theme.glyphs.more, theme.key);
            let help_room = rows.width.saturating_sub(2 + name_width + keys_width + 2);
            let (mut help, mut style) = (entry.help(ctx.words), theme.text);
            if frame::is_impossible(ctx, &entry.action) {
                (help, style) = ((words.not_possible)(&help), theme.dim);
            }
            put_fit(buf, rows.x + 2, y, help_room, &own(&help, theme), theme.glyphs.more, style);
            if name_width > 0 {
                let x = keys_at.saturating_sub(name_width + 1);
                put_fit(buf, x, y, name_width, &Clean::line(entry.name), theme.glyphs.more, theme.dim);
            }
        }
        caret
    }
}

fn to_line(entry: &'static Entry) -> Outcome {
    let gap = if entry.argument == Argument::None { "" } else { " " };
    Outcome::Command(format!("{}{gap}", entry.name))
}

/// The keys of an action, with or without an argument of its own: `SS`, `g1…`.
fn keys_of(keymap: &Keymap, entry: &Entry, context: Context) -> String {
    if let Some(keys) = keymap.keys_for(&entry.action, context).into_iter().next() {
        return keys;
    }
    let first =
        keymap.rows().iter().find(|r| r.action.name() == entry.name && !keymap.keys_for(&r.action, context).is_empty());
    first.map_or_else(String::new, |r| {
        let keys = keymap.keys_for(&r.action, context);
        format!("{}…", keys.first().cloned().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_sense_here() {
        let names = |context| {
            let palette = Palette::new(context);
            palette.shown.iter().map(|i| palette.entries[*i].name).collect::<Vec<_>>()
        };
        assert!(names(Context::List).contains(&"claim") && !names(Context::List).contains(&"send"));
        assert!(names(Context::Composer).contains(&"send") && !names(Context::Composer).contains(&"claim"));
        assert_eq!(names(Context::List)[0], "claim");
    }
}
