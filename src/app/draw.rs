//! The screen as a function of the state.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{Focus, SMALLEST, Stage};
use super::{App, ctx};
use crate::action::{Action, Context};
use crate::domain::{Status, Verb};
use crate::editor::EditMode;
use crate::overlay;
use crate::pane::frame::{self, Header, StatusLine};
use crate::text::Clean;
use crate::text::wrap::wrap_row;
use crate::widget;

impl App {
    /// The size that everything is laid out for.
    pub fn size(&self) -> Rect {
        self.size
    }

    /// How many changes wait for the desk: while it is away, also those behind others that wait.
    fn waiting(&self) -> u32 {
        let away = self.world.link.is_away();
        self.world.pending.iter().filter(|p| p.stuck || (away && p.until.is_none())).count() as u32
    }

    /// Draws everything; answers where the terminal's cursor belongs, when it is to be seen.
    pub fn draw(&self, buf: &mut Buffer) -> Option<Position> {
        let ctx = ctx!(self);
        let a = &self.areas;
        if self.is_too_small() {
            self.draw_too_small(buf);
            return None;
        }
        let focused = |f: Focus| self.overlays.is_empty() && self.focus == f;
        let header = Header {
            drafts: self.drafts.len() as u32,
            waiting: self.waiting(),
            leaving: self.leaving_soon(),
            wide: a.wide,
        };
        frame::header(a.header, buf, &ctx, &header);
        if a.queues.area() > 0 {
            self.queues.draw(a.queues, buf, &ctx, focused(Focus::Queues), self.tickets.view());
        }
        if a.team.area() > 0 {
            self.team.draw(a.team, buf, &ctx, focused(Focus::Team));
        }
        for y in a.side_rule.top()..a.side_rule.bottom() {
            widget::mark(buf, a.side_rule.x, y, 1, self.theme.glyphs.down, self.theme.rule);
        }
        if a.list.area() > 0 {
            self.tickets.draw(a.list, buf, &ctx, focused(Focus::List));
        }
        widget::rule(buf, a.main_rule, self.theme.glyphs.across, self.theme.rule);
        if a.main_rule.height > 0 && a.side_rule.width > 0 {
            widget::mark(buf, a.side_rule.x, a.main_rule.y, 1, self.theme.glyphs.tee, self.theme.rule);
        }
        if a.stage.area() > 0 {
            let here = focused(Focus::Stage);
            match self.stage {
                Stage::Timeline => self.timeline.draw(a.stage, buf, &ctx, here),
                Stage::Split => {
                    if let Some(split) = &self.split {
                        split.draw(a.stage, buf, &ctx, here);
                    }
                }
                Stage::List | Stage::Thread if self.is_first_time() => self.draw_first(a.stage, buf),
                Stage::List | Stage::Thread => self.thread.draw(a.stage, buf, &ctx, here),
            }
        }
        let mut caret = None;
        if let Some(composer) = &self.composer {
            caret = composer.draw(a.composer, buf, &ctx, focused(Focus::Composer));
        }
        self.draw_status(a.status, buf);
        self.drew_offer();
        if self.overlays.is_empty() && self.which_key_shown {
            overlay::which_key::draw(&self.sequence, self.context(), self.body(), buf, &ctx);
        }
        for overlay in &self.overlays {
            caret = overlay.draw(self.size, buf, &ctx);
        }
        caret
    }

    fn body(&self) -> Rect {
        Rect { height: self.size.height.saturating_sub(self.areas.status.height), ..self.size }
    }

    /// Nothing useful fits on the screen.
    pub(super) const fn is_too_small(&self) -> bool {
        self.size.width < SMALLEST.0 || self.size.height < SMALLEST.1
    }

    fn draw_too_small(&self, buf: &mut Buffer) {
        let quit = self.keys.hint_for(&Action::Quit, Context::List);
        let text = Clean::line(&(self.words.first.too_small)(SMALLEST.0, SMALLEST.1, &quit));
        let lines = wrap_row(&text, self.size.width.into());
        for (y, line) in (0..self.size.height).zip(&lines) {
            widget::put(buf, 0, y, self.size.width, line, self.theme.text);
        }
    }

    fn is_first_time(&self) -> bool {
        self.world.me.is_some()
            && self.world.totals == crate::domain::Counts::default()
            && self.thread.ticket().is_none()
    }

    /// A desk without tickets says what can be done next.
    fn draw_first(&self, area: Rect, buf: &mut Buffer) {
        let words = &self.words.first;
        let key = |action: &Action| self.keys.hint_for(action, Context::List);
        let lines = [
            words.no_tickets.to_owned(),
            String::new(),
            words.can_import.to_owned(),
            (words.can_new)(&key(&Action::New)),
            words.can_demo.to_owned(),
            words.can_desk.to_owned(),
            (words.can_help)(&key(&Action::Help)),
        ];
        for (i, line) in lines.iter().take(usize::from(area.height)).enumerate() {
            let style = if i == 0 { self.theme.title } else { self.theme.hint };
            let width = area.width.saturating_sub(2);
            widget::put_fit(
                buf,
                area.x + 2,
                area.y + i as u16,
                width,
                &Clean::line(line),
                self.theme.glyphs.more,
                style,
            );
        }
    }

    fn draw_status(&self, area: Rect, buf: &mut Buffer) {
        let ctx = ctx!(self);
        let compose = &self.words.compose;
        let mode = match (self.focus, self.composer.as_ref()) {
            (Focus::Composer, Some(composer)) => match composer.mode() {
                EditMode::Insert => compose.insert,
                EditMode::Normal => compose.normal,
                EditMode::Visual | EditMode::VisualLine => compose.visual,
            },
            (Focus::Stage, _) if self.stage == Stage::Thread && self.thread.is_selecting() => compose.visual,
            (Focus::List, _) if self.tickets.is_selecting() => compose.visual,
            _ => compose.normal,
        };
        let on_list = self.stage == Stage::List;
        let title = if on_list {
            self.tickets.title(&ctx)
        } else {
            self.current_ticket().map(|t| Clean::line(&format!("#{t}"))).unwrap_or_default()
        };
        let typed = match self.composer.as_ref().filter(|_| self.focus == Focus::Composer) {
            Some(composer) => format!("{}{}", self.sequence.shown(), composer.pending()),
            None => self.sequence.shown(),
        };
        let hints = self.status_hints();
        let line = StatusLine {
            mode,
            typed: &typed,
            title: &title,
            position: on_list.then(|| self.tickets.position(&ctx)),
            chosen: if on_list && self.tickets.is_selecting() { self.tickets.chosen(None).len() } else { 0 },
            notice: self.notice.as_ref(),
            typing: self.focus == Focus::Composer,
            hints: &hints,
        };
        frame::status(area, buf, &ctx, &line);
    }

    /// A word or two for a key, in the agent's language.
    fn hint_word(&self, action: &Action) -> Option<&'static str> {
        let (common, compose) = (&self.words.common, &self.words.compose);
        Some(match action {
            Action::Claim => (common.verb)(Verb::Claim),
            Action::Reply => (common.verb)(Verb::Reply),
            Action::Note => (common.verb)(Verb::Note),
            Action::Split | Action::Confirm => (common.verb)(Verb::Split),
            Action::Done => (common.status)(Status::Resolved),
            Action::Back => common.back,
            Action::Help => self.words.overlay.help_title,
            Action::SendCard => compose.send,
            Action::LeaveKeep => compose.keep,
            Action::Attach(_) => compose.files,
            Action::Open => self.words.keys.hint_open,
            Action::Toggle => self.words.keys.hint_toggle,
            Action::Editor => self.words.keys.hint_editor,
            _ => return None,
        })
    }

    /// The keys worth knowing here, from the live keymap.
    fn status_hints(&self) -> Vec<(Clean, Clean)> {
        let context = self.context();
        let actions: &[Action] = match context {
            Context::Insert | Context::Composer => {
                &[Action::SendCard, Action::LeaveKeep, Action::Attach(None), Action::Editor]
            }
            Context::Split => &[Action::Toggle, Action::Confirm, Action::Back],
            Context::Queues | Context::Team | Context::Timeline => &[Action::Open, Action::Back, Action::Help],
            _ => &[Action::Claim, Action::Reply, Action::Note, Action::Split, Action::Done, Action::Help],
        };
        actions
            .iter()
            .filter_map(|action| {
                let key = self.keys.keys_for(action, context).into_iter().next().or_else(|| {
                    // In insert mode the way out is typed on the `:` line of normal mode.
                    (context == Context::Composer).then(|| match action {
                        Action::LeaveKeep => ":q".to_owned(),
                        other => format!(":{}", other.text()),
                    })
                })?;
                Some((Clean::line(&key), Clean::line(&self.hint_word(action)?.to_lowercase())))
            })
            .collect()
    }
}
