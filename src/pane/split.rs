//! The split screen: left what stays and what leaves, right the new ticket as it will be, below what the desk will do.
//! One confirmation.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Act, Ctx, Prompt, Purpose, Question, Wide};
use crate::action::Action;
use crate::action::targets::{find_agent, find_queue, parse_labels};
use crate::domain::{AgentId, Change, MessageId, Pick, QueueId, Split, Support, TicketId, Verb};
use crate::model::Notice;
use crate::text::Clean;
use crate::text::wrap::{wrap, wrap_row};
use crate::widget;

/// The pane.
#[derive(Debug)]
pub struct SplitPane {
    ticket: TicketId,
    /// Lines were chosen in the thread: they are what leaves.
    lines: Option<crate::domain::Excerpt>,
    chosen: HashSet<MessageId>,
    cursor: usize,
    subject: Option<String>,
    queue: Option<QueueId>,
    assignee: Option<Option<AgentId>>,
    labels: Option<Vec<Clean>>,
    area: Rect,
}

impl SplitPane {
    /// Begins a split of a ticket with what was chosen in its thread.
    pub fn new(ticket: TicketId, pick: Option<Pick>) -> Self {
        let mut pane = Self {
            ticket,
            lines: None,
            chosen: HashSet::new(),
            cursor: 0,
            subject: None,
            queue: None,
            assignee: None,
            labels: None,
            area: Rect::default(),
        };
        if let Some(pick) = pick {
            pane.choose(pick);
        }
        pane
    }

    /// The ticket that is split.
    pub fn ticket(&self) -> &TicketId {
        &self.ticket
    }

    /// Gives the pane its place.
    pub fn resize(&mut self, area: Rect) {
        self.area = area;
    }

    /// Takes what was chosen in the thread, when that was known only after the screen was open.
    pub fn choose(&mut self, pick: Pick) {
        match pick {
            Pick::Lines(excerpt) => self.lines = Some(excerpt),
            Pick::Messages(ids) => self.chosen.extend(ids),
        }
    }

    /// How many messages half a page moves: each takes two lines.
    fn page(&self) -> usize {
        usize::from(self.area.height / 4).max(1)
    }

    /// The split as it stands, or why it cannot be made.
    pub fn split(&self, ctx: &Ctx<'_>) -> Result<Split, Notice> {
        let words = &ctx.words.split;
        if let Support::Impossible { why } = ctx.world.support(Verb::Split) {
            return Err(Notice::trouble((words.impossible)(&ctx.words.told(&why))));
        }
        let pick = match &self.lines {
            Some(excerpt) => Pick::Lines(excerpt.clone()),
            None => {
                let thread = ctx.world.thread(&self.ticket);
                let messages = thread.map(|t| t.messages.as_slice()).unwrap_or_default();
                let ids: Vec<MessageId> =
                    messages.iter().map(|m| m.id.clone()).filter(|id| self.chosen.contains(id)).collect();
                if ids.is_empty() {
                    return Err(Notice::hint(words.choose));
                }
                if ids.len() == messages.len() {
                    return Err(Notice::trouble(words.all));
                }
                Pick::Messages(ids)
            }
        };
        Ok(Split {
            ticket: self.ticket.clone(),
            pick,
            subject: self.subject.clone(),
            queue: self.queue.clone(),
            assignee: self.assignee.clone(),
            labels: self.labels.clone(),
        })
    }

    /// What an action means here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let n = count.unwrap_or(1) as usize;
        let last = ctx.world.thread(&self.ticket).map_or(0, |t| t.messages.len().saturating_sub(1));
        match action {
            Action::Down | Action::NextMessage => self.cursor = (self.cursor + n).min(last),
            Action::Up | Action::PrevMessage => self.cursor = self.cursor.saturating_sub(n),
            Action::HalfDown | Action::PageDown => self.cursor = (self.cursor + n * self.page()).min(last),
            Action::HalfUp | Action::PageUp => self.cursor = self.cursor.saturating_sub(n * self.page()),
            Action::Top => self.cursor = 0,
            Action::Bottom => self.cursor = last,
            Action::Toggle | Action::Select => self.toggle(ctx),
            Action::Subject(Some(text)) => self.subject = Some(text.clone()),
            Action::Subject(None) => return self.ask_subject(ctx),
            Action::MoveTo(Some(name)) => match find_queue(&ctx.world.queues, name) {
                Ok(queue) => self.queue = Some(queue.id.clone()),
                Err(_) => return Act::Say(Notice::trouble((ctx.words.thread.not_found)(name))),
            },
            Action::Assign(Some(name)) if name == "none" || name.is_empty() => self.assignee = Some(None),
            Action::Assign(Some(name)) => match find_agent(&ctx.world.agents, name) {
                Ok(agent) => self.assignee = Some(Some(agent.id.clone())),
                Err(_) => return Act::Say(Notice::trouble((ctx.words.thread.not_found)(name))),
            },
            Action::Label(Some(typed)) => {
                let (add, remove) = parse_labels(typed);
                let mut labels = self.labels(ctx);
                labels.extend(add);
                labels.retain(|l| !remove.contains(l));
                labels.sort();
                labels.dedup();
                self.labels = Some(labels);
            }
            Action::Confirm | Action::Open | Action::Split => {
                return match self.split(ctx) {
                    Ok(split) => Act::Wide(Wide::Submit(vec![Change::Split(split)])),
                    Err(notice) => Act::Say(notice),
                };
            }
            Action::Back | Action::Cancel => return Act::Wide(Wide::Back),
            _ => return Act::Ignored,
        }
        Act::Done(Vec::new())
    }

    /// The labels the new ticket will have.
    fn labels(&self, ctx: &Ctx<'_>) -> Vec<Clean> {
        let of_source = || ctx.world.row(&self.ticket).map(|r| r.labels.clone()).unwrap_or_default();
        self.labels.clone().unwrap_or_else(of_source)
    }

    fn toggle(&mut self, ctx: &Ctx<'_>) {
        let Some(thread) = ctx.world.thread(&self.ticket) else { return };
        let Some(message) = thread.messages.get(self.cursor) else { return };
        // Choosing messages replaces lines that were chosen before.
        self.lines = None;
        if !self.chosen.remove(&message.id) {
            self.chosen.insert(message.id.clone());
        }
        self.cursor = (self.cursor + 1).min(thread.messages.len().saturating_sub(1));
    }

    fn ask_subject(&self, ctx: &Ctx<'_>) -> Act {
        let text = self.subject.clone().or_else(|| ctx.world.row(&self.ticket).map(|r| r.subject.to_string()));
        Act::Ask(Question::Prompt(Prompt {
            lead: Clean::line(&format!("{}: ", ctx.words.split.subject)),
            text: text.unwrap_or_default(),
            purpose: Purpose::Argument("subject"),
        }))
    }

    /// Draws the pane.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        if area.height < 4 {
            return;
        }
        // What is odd about it is read to its end before it is done, as far as there is room.
        let wrapped = |text: String| {
            let mut lines = wrap(&Clean::line(&text), usize::from(area.width));
            lines.truncate(usize::from((area.height / 5).max(1)));
            lines
        };
        let how = match ctx.world.support(Verb::Split) {
            Support::Native => vec![Clean::line(ctx.words.split.native)],
            Support::Emulated { how } => wrapped((ctx.words.split.emulated)(&ctx.words.told(&how))),
            Support::Impossible { why } => wrapped((ctx.words.split.impossible)(&ctx.words.told(&why))),
        };
        let said = how.len() as u16;
        let foot = (said + 1).min(area.height - 2);
        let body = Rect { height: area.height - foot, ..area };
        // Side by side where there is room, else one above the other.
        let (left, right) = if area.width >= 76 {
            let half = area.width / 2;
            (Rect { width: half - 1, ..body }, Rect { x: body.x + half, width: body.width - half, ..body })
        } else {
            let half = body.height / 2;
            (Rect { height: half, ..body }, Rect { y: body.y + half, height: body.height - half, ..body })
        };
        self.draw_source(left, buf, ctx, focused);
        self.draw_target(right, buf, ctx);
        let theme = ctx.theme;
        let words = &ctx.words.split;
        let more = theme.glyphs.more;
        for (i, line) in how.iter().take(usize::from(foot)).enumerate() {
            widget::put_fit(buf, area.x, body.bottom() + i as u16, area.width, line, more, theme.dim);
        }
        if foot > said {
            widget::put_fit(buf, area.x, body.bottom() + said, area.width, &theme.own(words.keys), more, theme.hint);
        }
    }

    fn draw_source(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let (theme, words) = (ctx.theme, &ctx.words.split);
        let title = if focused { theme.focus } else { theme.title };
        let more = theme.glyphs.more;
        widget::put_fit(
            buf,
            area.x,
            area.y,
            area.width,
            &Clean::line(&(words.source)(self.ticket.as_str())),
            more,
            title,
        );
        let Some(thread) = ctx.world.thread(&self.ticket) else {
            widget::put(buf, area.x, area.y + 1, area.width, &theme.own(ctx.words.thread.loading), theme.dim);
            return;
        };
        // Each message takes two lines: who and when, and how it begins.
        let height = usize::from(area.height.saturating_sub(1)) / 2;
        let top = (self.cursor + 1).saturating_sub(height.max(1));
        for (i, message) in thread.messages.iter().enumerate().skip(top).take(height) {
            let y = area.y + 1 + ((i - top) * 2) as u16;
            let lines_of = self.lines.as_ref().filter(|l| l.message == message.id);
            let leaves = self.lines.is_none() && self.chosen.contains(&message.id);
            let mark = if leaves {
                "[x] "
            } else if lines_of.is_some() {
                "[~] "
            } else {
                "[ ] "
            };
            let here = if focused && i == self.cursor { theme.glyphs.cursor } else { " " };
            let style = if leaves || lines_of.is_some() { theme.selection } else { theme.text };
            let style =
                if focused && i == self.cursor { style.add_modifier(Modifier::BOLD).patch(theme.focus) } else { style };
            let head = format!(
                "{here}{mark}{}  {}  {}",
                message.number,
                message.author.display(),
                crate::text::time::absolute(message.at, ctx.tz)
            );
            widget::put_fit(buf, area.x, y, area.width, &Clean::line(&head), more, style);
            let rows: Vec<Clean> = message.text.rows().collect();
            let (skip, last) =
                lines_of.map_or((0, rows.len()), |l| ((l.lines.0 as usize).saturating_sub(1), l.lines.1 as usize));
            let first = rows.iter().take(last).skip(skip).find(|r| !r.trim().is_empty()).cloned().unwrap_or_default();
            let x = area.x + 8;
            widget::put_fit(buf, x, y + 1, area.width.saturating_sub(8), &Clean::line(first.trim()), more, theme.dim);
        }
    }

    fn draw_target(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let (theme, words) = (ctx.theme, &ctx.words.split);
        let more = theme.glyphs.more;
        let Some(row) = ctx.world.row(&self.ticket) else { return };
        let queue = self.queue.as_ref().and_then(|q| ctx.world.queue(q)).map_or(row.queue.clone(), |q| q.name.clone());
        let assignee = match &self.assignee {
            None => row.assignee.as_ref().map(|a| a.name.clone()),
            Some(None) => None,
            Some(Some(id)) => ctx.world.agent(id).map(|a| a.name.clone()),
        };
        let labels = self.labels(ctx);
        let labels: Vec<&str> = labels.iter().map(Clean::as_str).collect();
        let fields = [
            (words.subject, self.subject.clone().unwrap_or_else(|| row.subject.to_string())),
            (words.queue, queue.to_string()),
            (words.requester, row.requester.to_string()),
            (words.assignee, assignee.map_or(words.nobody.to_owned(), |a| a.to_string())),
            (words.labels, labels.join(" ")),
        ];
        widget::put(buf, area.x, area.y, area.width, &Clean::line(words.target), theme.title);
        let mut y = area.y + 1;
        for (label, value) in fields {
            if y >= area.bottom() {
                return;
            }
            widget::put(buf, area.x, y, area.width, &Clean::line(label), theme.dim);
            widget::put_fit(buf, area.x + 10, y, area.width.saturating_sub(10), &Clean::line(&value), more, theme.text);
            y += 1;
        }
        let Some(thread) = ctx.world.thread(&self.ticket) else { return };
        let mut said = Vec::new();
        let room = usize::from(area.width).max(1);
        match &self.lines {
            Some(excerpt) => {
                let number = thread.messages.iter().find(|m| m.id == excerpt.message).map_or(0, |m| m.number);
                let (from, to) = excerpt.lines;
                let line = Clean::line(&(words.copies)(number, from, to));
                said.extend(wrap(&line, room).into_iter().map(|l| (l, theme.hint)));
                if let Some(message) = thread.messages.iter().find(|m| m.id == excerpt.message) {
                    let rows = message.text.rows().skip(from.saturating_sub(1) as usize).take((to + 1 - from) as usize);
                    said.extend(rows.flat_map(|r| wrap_row(&r, room)).map(|r| (r, theme.text)));
                }
            }
            None => {
                let n = thread.messages.iter().filter(|m| self.chosen.contains(&m.id)).count();
                let line = if n == 0 {
                    words.choose.to_owned()
                } else {
                    (words.moves)(n as u32, thread.messages.len() as u32)
                };
                said.extend(wrap(&Clean::line(&line), room).into_iter().map(|l| (l, theme.hint)));
                for message in thread.messages.iter().filter(|m| self.chosen.contains(&m.id)) {
                    said.push((Clean::line(&format!("{}  {}", message.number, message.author.display())), theme.text));
                    let rows = message.text.rows().filter(|r| !r.trim().is_empty()).take(3);
                    said.extend(rows.map(|r| (Clean::line(&format!("   {}", r.trim())), theme.dim)));
                }
            }
        }
        for (line, style) in said {
            y += 1;
            if y > area.bottom().saturating_sub(1) {
                return;
            }
            widget::put_fit(buf, area.x, y, area.width, &line, more, style);
        }
    }
}
