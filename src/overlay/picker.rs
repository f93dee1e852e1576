//! A picker: rows to choose from, narrowed by words. The rows are those it was opened with: nothing moves under the agent.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::frame::{self, own};
use super::fuzzy::{self, Kind};
use super::input::{draw_line, edit};
use crate::action::{Action, Context};
use crate::editor::LineEdit;
use crate::keymap::Chord;
use crate::pane::{Ctx, Pick, PickItem, Purpose};
use crate::text::Clean;
use crate::widget::badge::{WIDE, badge};
use crate::widget::draw::{cells, mark, put, put_fit, put_right};
use crate::widget::scroll;

/// How many rows a page key goes where the window's height is not known.
const PAGE: isize = 8;

/// A picker on the screen.
#[derive(Debug)]
pub struct Picker {
    pick: Pick,
    filter: LineEdit,
    /// The rows that fit the filter, best first.
    shown: Vec<usize>,
    /// The cursor, in `shown` or on the row behind it: what was typed, where that is an answer.
    cursor: usize,
    chosen: BTreeSet<usize>,
    touched: bool,
    /// A digit stands for a row: nowhere a number can be what one looks for (`#1042`, `Level 2`) or an answer.
    numbered: bool,
}

impl Picker {
    /// What the answer is for.
    pub const fn purpose(&self) -> &Purpose {
        &self.pick.purpose
    }

    /// A picker with all its rows.
    pub fn new(pick: Pick) -> Self {
        let chosen: BTreeSet<usize> = (0..pick.items.len()).filter(|i| pick.items[*i].chosen).collect();
        // Where one is to be chosen, the cursor starts at what stands now.
        let cursor = if pick.many { 0 } else { chosen.first().copied().unwrap_or(0) };
        let shown = (0..pick.items.len()).collect();
        let digits = |item: &PickItem| item.label.chars().any(char::is_numeric);
        let numbered = !pick.free && !pick.items.iter().any(digits);
        Self { pick, filter: LineEdit::default(), shown, cursor, chosen, touched: false, numbered }
    }

    /// What is asked.
    pub const fn pick(&self) -> &Pick {
        &self.pick
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Outcome {
        if let Some(i) = self.numbered(chord) {
            self.cursor = i;
            if self.pick.many {
                self.toggle();
                return Outcome::Stay;
            }
            return self.answer();
        }
        let space = chord.text() == Some(' ');
        let action = if chord.text().is_some() && !(space && self.pick.many) {
            None
        } else {
            ctx.keys.action(Context::Picker, chord)
        };
        match action {
            Some(Action::Down) => self.go(1),
            Some(Action::Up) => self.go(-1),
            Some(Action::PageDown | Action::HalfDown) => self.go_at_most(PAGE),
            Some(Action::PageUp | Action::HalfUp) => self.go_at_most(-PAGE),
            Some(Action::Top) => self.cursor = 0,
            Some(Action::Bottom) => self.cursor = self.len().saturating_sub(1),
            Some(Action::Toggle) if self.pick.many => self.toggle(),
            Some(Action::Open) => return self.answer(),
            Some(Action::Cancel | Action::Back) => return Outcome::Close,
            _ => {
                if edit(&mut self.filter, chord) {
                    self.narrow();
                }
            }
        }
        Outcome::Stay
    }

    /// Takes a paste into the filter.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.filter.paste(text);
        self.narrow();
        Outcome::Stay
    }

    /// The row that a digit stands for, as long as nothing is typed.
    fn numbered(&self, chord: Chord) -> Option<usize> {
        let digit = chord.narrow().text()?.to_digit(10)? as usize;
        let it = digit.checked_sub(1)?;
        (self.numbers() && it < self.shown.len()).then_some(it)
    }

    fn numbers(&self) -> bool {
        self.filter.is_empty() && self.numbered
    }

    /// What was typed, where it is an answer that no row gives.
    fn typed(&self) -> Option<String> {
        let text = self.filter.text().trim().to_owned();
        let known = self.pick.items.iter().any(|i| i.value == text);
        (self.pick.free && !text.is_empty() && !known).then_some(text)
    }

    fn len(&self) -> usize {
        self.shown.len() + usize::from(self.typed().is_some())
    }

    fn go(&mut self, by: isize) {
        let len = self.len();
        if len > 0 {
            self.cursor = (self.cursor + len).saturating_add_signed(by) % len;
        }
    }

    fn go_at_most(&mut self, by: isize) {
        self.cursor = scroll::step(self.cursor, by, self.len());
    }

    fn narrow(&mut self) {
        let rows: Vec<Vec<(Kind, String)>> = self.pick.items.iter().map(fields).collect();
        self.shown = fuzzy::rank(self.filter.text(), &rows);
        self.cursor = 0;
    }

    fn toggle(&mut self) {
        let Some(item) = self.shown.get(self.cursor).copied() else { return };
        self.touched = true;
        if !self.chosen.remove(&item) {
            self.chosen.insert(item);
        }
        // The word has done its work: the next one can be typed, the cursor stays with its row.
        if !self.filter.is_empty() {
            self.filter.set_text("");
            self.narrow();
            self.cursor = item;
        }
    }

    fn answer(&mut self) -> Outcome {
        let on_typed = self.cursor >= self.shown.len();
        let typed = if on_typed { self.typed() } else { None };
        if typed.is_none() && on_typed && !self.touched {
            return Outcome::Stay; // nothing fits and nothing was chosen
        }
        if self.pick.many {
            if !self.touched && typed.is_none() {
                self.toggle();
            }
        } else {
            self.chosen = self.shown.get(self.cursor).copied().into_iter().collect();
        }
        let values: Vec<String> = self.chosen.iter().map(|i| self.pick.items[*i].value.clone()).collect();
        match &self.pick.purpose {
            Purpose::Argument(name) => self.argument(name, values, typed),
            purpose => Outcome::Picked { purpose: purpose.clone(), values, typed },
        }
    }

    /// The answer as a `:` line. Of several, what changed: `label +new -gone`.
    fn argument(&self, name: &str, values: Vec<String>, typed: Option<String>) -> Outcome {
        let words: Vec<String> = if self.pick.many {
            let was = |v: &String| self.pick.items.iter().any(|i| i.value == *v && i.chosen);
            let added = values.iter().filter(|v| !was(v)).chain(&typed).map(|v| format!("+{v}"));
            let gone = self.pick.items.iter().filter(|i| i.chosen && !values.contains(&i.value));
            added.chain(gone.map(|i| format!("-{}", i.value))).collect()
        } else {
            typed.or_else(|| values.into_iter().next()).into_iter().collect()
        };
        if words.is_empty() { Outcome::Close } else { Outcome::Run(format!("{name} {}", words.join(" "))) }
    }

    /// Draws it in the middle, at a place that depends on its rows alone and not on what is typed.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        let theme = ctx.theme;
        let words = &ctx.words.overlay;
        let items = &self.pick.items;
        let widest = |f: fn(&PickItem) -> u16| items.iter().map(f).max().unwrap_or(0);
        let badges = items.iter().any(|i| i.agent.is_some());
        let lead = 4 + if badges { WIDE + 1 } else { 0 };
        let (label, detail) = (widest(|i| cells(&i.label)), widest(|i| cells(&i.detail)));
        let mut foot = (words.pick_foot)(self.pick.many);
        if self.pick.many && self.touched {
            foot = format!("{} · {foot}", (words.pick_chosen)(self.chosen.len()));
        }
        let foot = own(&foot, theme);
        let wanted = (lead + label + detail + 3).max(cells(&foot) + 4).max(cells(&self.pick.title) + 6) + 4;
        let width = wanted.clamp(36, 84).min(area.width.saturating_sub(2));
        let spare = usize::from(self.pick.free);
        let height = (items.len() + spare).max(1) as u16 + 3;
        let place = frame::centred(area, width, height.min(area.height.saturating_sub(2)));
        let inside = frame::draw(buf, place, theme, &self.pick.title, &foot);
        let line = Rect { height: inside.height.min(1), ..inside };
        let caret = draw_line(&self.filter, &Clean::line("> "), line, buf, theme, theme.key);
        let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
        let len = self.len();
        if len == 0 && rows.height > 0 {
            put_fit(buf, rows.x, rows.y, rows.width, &own(words.pick_empty, theme), theme.glyphs.more, theme.dim);
        }
        let top = scroll::follow(0, self.cursor, usize::from(rows.height), len);
        for at in (top..len).take(usize::from(rows.height)) {
            let row = Rect { y: rows.y + (at - top) as u16, height: 1, ..rows };
            let here = at == self.cursor;
            if here {
                buf.set_style(row, theme.selection);
                mark(buf, row.x, row.y, 1, theme.glyphs.cursor, theme.focus);
            }
            match self.shown.get(at) {
                Some(i) => self.draw_item(*i, at, badges, row, buf, ctx),
                None => {
                    let text = own(&(words.pick_free)(&self.typed().unwrap_or_default()), theme);
                    put_fit(
                        buf,
                        row.x + lead,
                        row.y,
                        row.width.saturating_sub(lead),
                        &text,
                        theme.glyphs.more,
                        theme.text,
                    );
                }
            }
        }
        caret
    }

    fn draw_item(&self, item: usize, at: usize, badges: bool, row: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let it = &self.pick.items[item];
        let mut x = row.x + 1;
        if self.pick.many && self.chosen.contains(&item) {
            mark(buf, x, row.y, 1, theme.glyphs.tick, theme.done);
        } else if self.numbers() && at < 9 {
            put(buf, x, row.y, 1, &Clean::line(&(at + 1).to_string()), theme.dim);
        } else if !self.pick.many && it.chosen {
            mark(buf, x, row.y, 1, theme.glyphs.tick, theme.dim);
        }
        x += 2;
        if badges {
            if let Some(agent) = it.agent.as_ref().and_then(|id| ctx.world.agent(id)) {
                let mine = ctx.world.my_id() == Some(&agent.id);
                badge(buf, x, row.y, WIDE, theme, Some(&agent.as_ref()), mine);
            }
            x += WIDE + 1;
        }
        let room = row.right().saturating_sub(x);
        let detail = cells(&it.detail);
        // The label is what one reads; the detail takes what is left.
        let label_room = if room > detail + 9 { room - detail - 1 } else { room };
        let used = put_fit(buf, x, row.y, label_room, &it.label, theme.glyphs.more, theme.text);
        let left = room.saturating_sub(used + 1);
        put_right(
            buf,
            row.right().saturating_sub(left.min(detail)),
            row.y,
            left.min(detail),
            &it.detail,
            theme.glyphs.more,
            theme.dim,
        );
    }
}

fn fields(item: &PickItem) -> Vec<(Kind, String)> {
    vec![
        (Kind::Loose, item.label.to_string()),
        (Kind::Loose, item.value.clone()),
        (Kind::Strict, item.detail.to_string()),
    ]
}
