//! The `:` line: history, completion as one types (`Tab` takes it over), and mistakes told before the line is given up.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Outcome;
use super::frame::{self, own};
use super::input::{draw_line, edit};
use crate::action::{self, Completion, Context, Lookup, Mistake};
use crate::editor::LineEdit;
use crate::keymap::{Chord, Key};
use crate::model::World;
use crate::pane::Ctx;
use crate::text::Clean;
use crate::widget::draw::{blank, cells, put_fit};
use crate::widget::scroll;

/// How many completions are shown.
const SHOWN: usize = 8;

/// The `:` line.
#[derive(Debug)]
pub struct CommandLine {
    editor: LineEdit,
    context: Context,
    history: Vec<String>,
    /// Where in the history one is, and what was typed before going there.
    back: Option<(usize, String)>,
    /// What was typed before `Tab`, and which completion stands.
    cycle: Option<(String, usize)>,
    mistake: Option<Mistake>,
}

/// What the desk has, for completion.
struct Desk<'a>(&'a World);

impl Lookup for Desk<'_> {
    fn labels(&self) -> Vec<String> {
        self.0.labels.iter().map(ToString::to_string).collect()
    }

    fn queues(&self) -> Vec<String> {
        self.0.queues.iter().map(|q| q.name.to_string()).collect()
    }

    fn desks(&self) -> Vec<String> {
        self.0.desks.iter().map(ToString::to_string).collect()
    }

    fn agents(&self) -> Vec<(String, String)> {
        self.0.agents.iter().map(|a| (a.login.to_string(), a.name.to_string())).collect()
    }
}

impl CommandLine {
    /// A line with a text in it, opened over a context; `history` oldest first.
    pub fn new(text: &str, context: Context, history: &[String]) -> Self {
        Self { editor: LineEdit::new(text), context, history: history.to_vec(), back: None, cycle: None, mistake: None }
    }

    /// Takes one press.
    pub fn key(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Outcome {
        match chord.key {
            Key::Esc => return Outcome::Close,
            Key::Char('c' | 'g') if chord.ctrl => return Outcome::Close,
            Key::Enter => return self.run(),
            Key::Backspace if self.editor.is_empty() => return Outcome::Close,
            Key::Tab => self.complete(if chord.shift { -1 } else { 1 }, ctx),
            Key::Up => self.recall(true),
            Key::Down => self.recall(false),
            Key::Char('p') if chord.ctrl => self.recall(true),
            Key::Char('n') if chord.ctrl => self.recall(false),
            _ => {
                if edit(&mut self.editor, chord) {
                    self.changed();
                }
            }
        }
        Outcome::Stay
    }

    /// Takes a paste: one line, never run by itself.
    pub fn paste(&mut self, text: &str) -> Outcome {
        self.editor.paste(text);
        self.changed();
        Outcome::Stay
    }

    fn changed(&mut self) {
        self.cycle = None;
        self.back = None;
        self.mistake = None;
    }

    fn run(&mut self) -> Outcome {
        let text = self.editor.text().trim().to_owned();
        if text.is_empty() {
            return Outcome::Close;
        }
        match action::parse_line(&text, self.context) {
            Ok(_) => Outcome::Run(text),
            Err(mistake) => {
                self.mistake = Some(mistake);
                self.cycle = None;
                Outcome::Stay
            }
        }
    }

    /// The line before or after this one that begins as what was typed.
    fn recall(&mut self, older: bool) {
        let (at, typed) = self.back.take().unwrap_or_else(|| (self.history.len(), self.editor.text().to_owned()));
        let fits = |i: &usize| self.history[*i].starts_with(&typed);
        let found = if older { (0..at).rev().find(fits) } else { (at + 1..self.history.len()).find(fits) };
        let text = match found {
            Some(i) => self.history[i].clone(),
            None if older => self.editor.text().to_owned(),
            None => typed.clone(),
        };
        self.editor.set_text(&text);
        self.cycle = None;
        self.mistake = None;
        self.back = match found {
            Some(i) => Some((i, typed)),
            None if older => Some((at, typed)),
            None => None,
        };
    }

    fn completion(&self, ctx: &Ctx<'_>) -> Completion {
        let typed = self.cycle.as_ref().map_or_else(|| self.editor.text(), |(typed, _)| typed);
        action::complete(typed, self.context, ctx.words, &Desk(ctx.world))
    }

    fn complete(&mut self, by: isize, ctx: &Ctx<'_>) {
        let completion = self.completion(ctx);
        let many = completion.candidates.len();
        if many == 0 {
            self.cycle = None;
            return;
        }
        let (typed, next) = match self.cycle.take() {
            Some((typed, at)) => (typed, (at + many).saturating_add_signed(by) % many),
            None => (self.editor.text().to_owned(), if by > 0 { 0 } else { many - 1 }),
        };
        let word = &completion.candidates[next].text;
        let alone = many == 1;
        let text = format!("{}{word}{}", &typed[..completion.start], if alone { " " } else { "" });
        self.editor.set_text(&text);
        self.mistake = None;
        self.cycle = (!alone).then_some((typed, next));
    }

    /// Draws the line into the last row, what can complete it above.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) -> Option<Position> {
        let theme = ctx.theme;
        let row = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let above = Rect { height: area.height.saturating_sub(1), ..area };
        if let Some(mistake) = &self.mistake {
            let line = Rect { y: above.bottom().saturating_sub(1), height: above.height.min(1), ..above };
            blank(buf, line, theme.text);
            put_fit(
                buf,
                line.x,
                line.y,
                line.width,
                &own(&mistake.say(ctx.words), theme),
                theme.glyphs.more,
                theme.error,
            );
        } else {
            self.draw_menu(above, buf, ctx);
        }
        draw_line(&self.editor, &Clean::line(":"), row, buf, theme, theme.key)
    }

    fn draw_menu(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        // An empty line shows nothing yet: all actions there are would be noise. `Tab` brings them.
        if self.editor.text().trim().is_empty() && self.cycle.is_none() {
            return;
        }
        let completion = self.completion(ctx);
        let rows: Vec<(Clean, Clean)> =
            completion.candidates.iter().map(|c| (Clean::line(&c.text), own(&c.help, theme))).collect();
        let height = rows.len().min(SHOWN).min(usize::from(area.height).saturating_sub(3));
        if height == 0 {
            return;
        }
        let first = rows.iter().map(|(t, _)| cells(t)).max().unwrap_or(0).min(24);
        let second = rows.iter().map(|(_, h)| cells(h)).max().unwrap_or(0);
        let width = (first + second + if second > 0 { 6 } else { 4 }).clamp(16, 76).min(area.width);
        let place = frame::at_foot(area, width, height as u16 + 2);
        let place = Rect { x: area.x, ..place };
        let foot = if rows.len() > height { format!("{} · Tab", rows.len()) } else { "Tab".to_owned() };
        let inside = frame::draw(buf, place, theme, &Clean::default(), &own(&foot, theme));
        let chosen = self.cycle.as_ref().map(|(_, at)| *at).filter(|at| *at < rows.len());
        let top = scroll::follow(0, chosen.unwrap_or(0), height, rows.len());
        for (i, (text, help)) in rows.iter().enumerate().skip(top).take(height) {
            let y = inside.y + (i - top) as u16;
            let line = Rect { y, height: 1, ..inside };
            if chosen == Some(i) {
                buf.set_style(line, theme.selection);
            }
            put_fit(buf, line.x, y, first.min(line.width), text, theme.glyphs.more, theme.key);
            let x = line.x + first + 2;
            put_fit(buf, x, y, line.right().saturating_sub(x), help, theme.glyphs.more, theme.dim);
        }
    }
}
