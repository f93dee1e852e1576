//! A card: one question, one key. What was typed before it was drawn is dropped, so a queued key never answers it.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Outcome;
use super::frame::{self, own};
use crate::keymap::{Chord, Key};
use crate::pane::{Card, Ctx};
use crate::text::wrap::wrap;
use crate::widget::draw::{cells, put, put_fit};

/// A card on the screen.
#[derive(Debug)]
pub struct CardBox {
    card: Card,
    drawn: Cell<bool>,
}

impl CardBox {
    /// A card that was not seen yet.
    pub const fn new(card: Card) -> Self {
        Self { card, drawn: Cell::new(false) }
    }

    /// What it asks.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// Nobody has seen it yet.
    pub const fn is_unseen(&self) -> bool {
        !self.drawn.get()
    }

    /// Takes one press.
    pub fn key(&self, chord: Chord) -> Outcome {
        if !self.drawn.get() {
            return Outcome::Stay;
        }
        let chord = chord.narrow();
        let chosen = match chord.key {
            Key::Enter => self.card.choices.first(),
            Key::Esc => return Outcome::Close,
            Key::Char('c' | 'g') if chord.ctrl => return Outcome::Close,
            _ => chord.text().and_then(|c| self.card.choices.iter().find(|choice| choice.key == c)),
        };
        match chosen {
            Some(choice) => Outcome::Followup(choice.then.clone()),
            None if chord == Chord::char('q') || chord.key == Key::Enter => Outcome::Close,
            None => Outcome::Stay,
        }
    }

    /// Draws it; from now on keys answer.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.drawn.set(true);
        let theme = ctx.theme;
        let foot = own(ctx.words.overlay.card_foot, theme);
        let choice_width = |c: &crate::pane::Choice| cells(&c.label) + 2;
        let answers: u16 = self.card.choices.iter().map(|c| choice_width(c) + 3).sum();
        let widest = self.card.lines.iter().map(|l| cells(l)).max().unwrap_or(0);
        let wanted = answers.max(widest).max(cells(&self.card.title) + 4).max(cells(&foot) + 4) + 4;
        let width = wanted.clamp(30, 76).min(area.width.saturating_sub(2));
        let inner = usize::from(width.saturating_sub(4)).max(1);
        // A title too long for the border is the first line.
        let short = usize::from(cells(&self.card.title)) + 2 <= inner;
        let title = if short { self.card.title.clone() } else { own("", theme) };
        let mut lines = if short { Vec::new() } else { wrap(&self.card.title, inner) };
        lines.extend(self.card.lines.iter().flat_map(|l| wrap(l, inner)));
        let mut rows: Vec<Vec<&crate::pane::Choice>> = vec![Vec::new()];
        let mut used = 0;
        for choice in &self.card.choices {
            let wide = usize::from(choice_width(choice)) + 3;
            if used > 0 && used + wide > inner + 3 {
                rows.push(Vec::new());
                used = 0;
            }
            used += wide;
            if let Some(row) = rows.last_mut() {
                row.push(choice);
            }
        }
        // Where it is tight the answers stay, the lines give way.
        let most = usize::from(area.height).saturating_sub(rows.len() + 4);
        lines.truncate(most);
        let gap = usize::from(!lines.is_empty());
        let place = frame::at_foot(
            Rect { height: area.height.saturating_sub(1), ..area },
            width,
            (lines.len() + gap + rows.len() + 2) as u16,
        );
        let inside = frame::draw(buf, place, theme, &title, &foot);
        let mut y = inside.y;
        for line in &lines {
            if y < inside.bottom() {
                put_fit(buf, inside.x, y, inside.width, line, theme.glyphs.more, theme.text);
                y += 1;
            }
        }
        y += gap as u16;
        for (i, row) in rows.iter().enumerate() {
            let mut x = inside.x;
            for (j, choice) in row.iter().enumerate() {
                let room = inside.right().saturating_sub(x);
                if y >= inside.bottom() || room == 0 {
                    break;
                }
                let first = i == 0 && j == 0;
                x += put(buf, x, y, room, &own(&choice.key.to_string(), theme), theme.focus);
                let label = own(&format!(" {}", choice.label), theme);
                let style = if first { theme.key } else { theme.text };
                x += put_fit(buf, x, y, inside.right().saturating_sub(x), &label, theme.glyphs.more, style);
                x += 3;
            }
            y += 1;
        }
    }
}
