//! The thread of one ticket: newest at the bottom, quotes folded, notes visibly not for the customer.

mod draw;
pub mod lines;

use std::collections::HashSet;
use std::ops::Range;

use ratatui::layout::Rect;

use self::lines::{Frame, Line, Lines, Part};
use super::{Act, Ctx};
use crate::action::Action;
use crate::domain::{Attachment, Bookmark, Excerpt, Kind, Message, MessageId, Pick, Thread, TicketId, Unread};
use crate::i18n::Words;
use crate::model::{Effect, Notice, World};
use crate::text::Clean;

/// What is selected in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selecting {
    /// Lines of text from this display line on.
    Lines(usize),
    /// Messages from this one on.
    Messages(usize),
}

/// Why the selected lines cannot be split off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// They are of several messages: a split by lines is of one.
    OfSeveral,
    /// Nothing is written in them.
    Empty,
}

impl Unfit {
    /// What to tell the agent.
    pub const fn words(self, words: &Words) -> &'static str {
        match self {
            Self::OfSeveral => words.split.lines_of_one,
            Self::Empty => words.split.lines_empty,
        }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct ThreadPane {
    ticket: Option<TicketId>,
    /// How far the agent had read when the ticket was opened: stays where it was while it is open.
    read_to: Option<Bookmark>,
    area: Rect,
    lines: Lines,
    cursor: usize,
    top: usize,
    selecting: Option<Selecting>,
    toggled: HashSet<MessageId>,
    unfolded: HashSet<(usize, usize)>,
    all_unfolded: bool,
    search: Option<String>,
    /// What the lines were built from: rebuilt when it differs.
    built: Option<Built>,
    /// Show what is new, or the newest message, as soon as there are lines.
    to_new: bool,
    /// Why the thread could not be had, while it is not here.
    failed: Option<Clean>,
}

/// The inputs that lines depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Built {
    ticket: TicketId,
    version: u64,
    messages: usize,
    events: usize,
    width: u16,
    folds: usize,
    all: bool,
    unread: Option<Unread>,
}

impl ThreadPane {
    /// Shows a ticket, from where reading goes on or else from its newest message.
    pub fn show(&mut self, ticket: TicketId, world: &World) {
        // Whoever opens it again asks for it again.
        self.failed = None;
        if self.ticket.as_ref() == Some(&ticket) {
            return;
        }
        *self = Self {
            read_to: world.bookmark(&ticket).cloned(),
            ticket: Some(ticket),
            area: self.area,
            to_new: true,
            search: self.search.take(),
            ..Self::default()
        };
    }

    /// Shows a ticket to be read. What came since it was read last begins at a line of its own, also where it was on the screen
    /// all the while.
    pub fn open(&mut self, ticket: TicketId, world: &World) {
        let read_to = world.bookmark(&ticket).cloned();
        self.show(ticket, world);
        if self.read_to != read_to {
            self.read_to = read_to;
            self.to_new = self.unread(world).is_some();
        }
    }

    /// What the agent has not read, where some was.
    fn unread(&self, world: &World) -> Option<Unread> {
        let thread = world.thread(self.ticket.as_ref()?)?;
        let is_mine = |m: &Message| m.agent.is_some() && m.agent.as_ref() == world.my_id();
        self.read_to.as_ref()?.unread(thread, is_mine)
    }

    /// The thread could not be had.
    pub fn failed(&mut self, ticket: &TicketId, why: Clean) {
        if self.ticket.as_ref() == Some(ticket) {
            self.failed = Some(why);
        }
    }

    /// Whether its thread could not be had: nothing is on its way.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// The ticket it shows.
    pub fn ticket(&self) -> Option<&TicketId> {
        self.ticket.as_ref()
    }

    /// Gives the pane its place.
    pub fn resize(&mut self, area: Rect) {
        self.area = area;
    }

    /// The height left for lines below the head.
    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(draw::head_height(self.area)))
    }

    /// Builds the lines anew when what they are made from changed. Called after every message, before a draw.
    pub fn refresh(&mut self, ctx: &Ctx<'_>) {
        let Some(thread) = self.ticket.as_ref().and_then(|t| ctx.world.thread(t)) else {
            self.lines = Lines::default();
            self.built = None;
            return;
        };
        if self.read_to.is_none() && ctx.world.has_fresh_thread(&thread.ticket.id) {
            // It is read for the first time: what comes from now on is new.
            self.read_to = Bookmark::at_end(thread);
        }
        let built = Built {
            ticket: thread.ticket.id.clone(),
            version: thread.ticket.version,
            messages: thread.messages.len(),
            events: thread.events.len(),
            width: self.area.width,
            folds: self.unfolded.len(),
            all: self.all_unfolded,
            unread: self.unread(ctx.world),
        };
        if self.built.as_ref() == Some(&built) && !self.to_new {
            return;
        }
        // The cursor stays on its place in the text when lines come or go above it.
        let place = self.lines.lines.get(self.cursor).map(|l| (l.message, l.row, l.part.clone()));
        let offset = self.cursor.saturating_sub(self.top);
        self.lines = lines::build(
            thread,
            Frame {
                width: usize::from(self.area.width),
                unfolded: &self.unfolded,
                all_unfolded: self.all_unfolded,
                unread: built.unread,
                words: ctx.words,
                now: ctx.now,
                tz: ctx.tz,
            },
        );
        let unread = built.unread;
        self.built = Some(built);
        if self.to_new {
            self.to_new = false;
            self.go_to_new(thread, unread);
        } else if let Some((message, row, part)) = place {
            let same = |l: &Line| l.message == message && l.row == row && l.part == part;
            let near = |l: &Line| l.message == message && l.row <= row;
            let found = self.lines.lines.iter().position(same).or_else(|| self.lines.lines.iter().rposition(near));
            self.cursor = found.unwrap_or(self.cursor);
            self.top = self.cursor.saturating_sub(offset);
        }
        self.settle();
    }

    /// The first message that was not read, or the newest, to the top, unless all of the end fits.
    fn go_to_new(&mut self, thread: &Thread, unread: Option<Unread>) {
        let newest = thread.messages.len().saturating_sub(1);
        self.cursor = self.head_of(unread.map_or(newest, |u| u.from)).unwrap_or(0);
        let end = self.lines.lines.len().saturating_sub(self.height());
        // The line that says how much is new stands above.
        self.top = self.cursor.saturating_sub(usize::from(unread.is_some())).min(end);
    }

    fn head_of(&self, message: usize) -> Option<usize> {
        self.lines.lines.iter().position(|l| l.message == Some(message) && l.part == Part::Head)
    }

    /// Keeps cursor and view inside the text, the cursor in view, and no empty lines below a text that has more above.
    fn settle(&mut self) {
        let len = self.lines.lines.len();
        let height = self.height().max(1);
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(len.saturating_sub(height));
    }

    fn scroll(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.lines.lines.len().saturating_sub(1));
        self.top = self.top.saturating_add_signed(by).min(self.lines.lines.len().saturating_sub(self.height()));
        self.settle();
    }

    fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by);
        self.settle();
    }

    /// The message that the cursor is in or nearest below.
    fn message_at_cursor(&self) -> Option<usize> {
        let lines = &self.lines.lines;
        let here = lines.get(self.cursor).and_then(|l| l.message);
        here.or_else(|| lines.iter().skip(self.cursor).find_map(|l| l.message))
            .or_else(|| lines.iter().rev().find_map(|l| l.message))
    }

    /// The message under the cursor, for `ym`.
    pub fn current_message<'a>(&self, ctx: &Ctx<'a>) -> Option<&'a crate::domain::Message> {
        let thread = ctx.world.thread(self.ticket.as_ref()?)?;
        thread.messages.get(self.message_at_cursor()?)
    }

    /// The display lines of the selection.
    fn selected_lines(&self) -> Option<Range<usize>> {
        match self.selecting? {
            Selecting::Lines(anchor) => Some(anchor.min(self.cursor)..anchor.max(self.cursor) + 1),
            Selecting::Messages(anchor) => {
                let here = self.message_at_cursor()?;
                let range = anchor.min(here)..=anchor.max(here);
                let inside = |l: &Line| l.message.is_some_and(|m| range.contains(&m));
                let first = self.lines.lines.iter().position(inside)?;
                let last = self.lines.lines.iter().rposition(inside)?;
                Some(first..last + 1)
            }
        }
    }

    /// What is selected to be split off: whole messages, or lines of one message. `Err`: why they cannot be.
    pub fn picked(&self, ctx: &Ctx<'_>) -> Result<Option<Pick>, Unfit> {
        let Some(thread) = self.ticket.as_ref().and_then(|t| ctx.world.thread(t)) else { return Ok(None) };
        match self.selecting {
            Some(Selecting::Lines(_)) => {
                let range = self.selected_lines().unwrap_or_default();
                let chosen = self.lines.lines.get(range).unwrap_or_default();
                let rows: Vec<&Line> = chosen.iter().filter(|l| l.row > 0 && l.message.is_some()).collect();
                let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
                if first.message != last.message {
                    return Err(Unfit::OfSeveral);
                }
                let Some(message) = first.message.and_then(|m| thread.messages.get(m)) else { return Ok(None) };
                let lines = (first.row, last.row);
                if message.cut(lines).is_err() {
                    return Err(Unfit::Empty);
                }
                Ok(Some(Pick::Lines(Excerpt { message: message.id.clone(), lines })))
            }
            Some(Selecting::Messages(_)) | None => {
                let mut chosen: Vec<MessageId> = Vec::new();
                let range = self.selected_lines().unwrap_or_default();
                let seen: HashSet<usize> =
                    self.lines.lines.get(range).unwrap_or_default().iter().filter_map(|l| l.message).collect();
                for (i, message) in thread.messages.iter().enumerate() {
                    if seen.contains(&i) || self.toggled.contains(&message.id) {
                        chosen.push(message.id.clone());
                    }
                }
                Ok((!chosen.is_empty()).then_some(Pick::Messages(chosen)))
            }
        }
    }

    /// Whether something is selected.
    pub fn is_selecting(&self) -> bool {
        self.selecting.is_some() || !self.toggled.is_empty()
    }

    /// Whether lines or messages are being selected, for the mode's name.
    pub fn selects_lines(&self) -> bool {
        matches!(self.selecting, Some(Selecting::Lines(_)))
    }

    /// Drops the selection.
    pub fn clear_selection(&mut self) {
        self.selecting = None;
        self.toggled.clear();
    }

    /// Attachment number n, from 1.
    pub fn file(&self, n: u32) -> Option<&Attachment> {
        self.lines.files.get((n as usize).checked_sub(1)?)
    }

    /// The attachments, in the order of their numbers.
    pub fn files(&self) -> &[Attachment] {
        &self.lines.files
    }

    /// What an action means here.
    pub fn act(&mut self, action: &Action, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let n = count.unwrap_or(1) as isize;
        let page = self.height().max(2) as isize;
        match action {
            Action::Down => self.step(n),
            Action::Up => self.step(-n),
            Action::Top => match count {
                Some(n) => self.go_to_message(n as usize),
                None => {
                    self.cursor = 0;
                    self.settle();
                }
            },
            Action::Bottom => match count {
                Some(n) => self.go_to_message(n as usize),
                None => {
                    self.cursor = self.lines.lines.len().saturating_sub(1);
                    self.settle();
                }
            },
            Action::HalfDown => self.scroll(page / 2 * n),
            Action::HalfUp => self.scroll(-(page / 2) * n),
            Action::PageDown => self.scroll((page - 2).max(1) * n),
            Action::PageUp => self.scroll(-(page - 2).max(1) * n),
            Action::ScrollTop => self.place_cursor(0),
            Action::ScrollMiddle => self.place_cursor(self.height() / 2),
            Action::ScrollBottom => self.place_cursor(self.height().saturating_sub(1)),
            Action::NextMessage => self.jump_message(n),
            Action::PrevMessage => self.jump_message(-n),
            Action::FoldToggle => return self.toggle_fold(ctx),
            Action::FoldNone => self.fold_all(false, ctx),
            Action::FoldAll => self.fold_all(true, ctx),
            Action::SelectLines => self.select(Selecting::Lines(self.cursor)),
            Action::Select => match self.message_at_cursor() {
                Some(m) => self.select(Selecting::Messages(m)),
                None => return Act::Done(Vec::new()),
            },
            Action::Toggle => self.toggle_message(ctx),
            Action::Cancel if self.is_selecting() => self.clear_selection(),
            Action::Search(Some(words)) => {
                self.search = (!words.is_empty()).then(|| words.to_lowercase());
                return self.find(true, true, ctx);
            }
            Action::SearchNext => return self.find(true, false, ctx),
            Action::SearchPrev => return self.find(false, false, ctx),
            Action::OpenLink(number) => return self.open_link(number.or(count), ctx),
            Action::OpenAttachment(number) => return self.open_file(number.or(count), ctx),
            Action::SaveAttachment(dir) => return self.save_files(dir.as_deref(), count, ctx),
            Action::Open => match self.lines.lines.get(self.cursor).map(|l| l.part.clone()) {
                Some(Part::Fold) => return self.toggle_fold(ctx),
                Some(Part::File(n)) => return self.open_file(Some(n), ctx),
                _ => return Act::Ignored,
            },
            _ => return Act::Ignored,
        }
        Act::Done(Vec::new())
    }

    fn place_cursor(&mut self, row: usize) {
        self.top = self.cursor.saturating_sub(row);
        self.settle();
    }

    fn go_to_message(&mut self, number: usize) {
        if let Some(at) = self.head_of(number.saturating_sub(1)) {
            self.cursor = at;
            self.top = at;
        }
        self.settle();
    }

    fn jump_message(&mut self, by: isize) {
        let heads: Vec<usize> =
            self.lines.lines.iter().enumerate().filter(|(_, l)| l.part == Part::Head).map(|(i, _)| i).collect();
        let before = heads.iter().filter(|h| **h <= self.cursor).count() as isize;
        let on_head = heads.contains(&self.cursor);
        // Backwards from inside a message goes to its own head first, as vim's `[[` does.
        let target = if by > 0 { before - 1 + by } else { before - 1 + by + isize::from(!on_head) };
        if let Some(at) = heads.get(target.clamp(0, heads.len().saturating_sub(1) as isize) as usize) {
            self.cursor = *at;
            self.top = *at;
        }
        self.settle();
    }

    fn select(&mut self, what: Selecting) {
        let same = matches!(
            (self.selecting, what),
            (Some(Selecting::Lines(_)), Selecting::Lines(_)) | (Some(Selecting::Messages(_)), Selecting::Messages(_))
        );
        self.selecting = if same { None } else { Some(what) };
    }

    fn toggle_message(&mut self, ctx: &Ctx<'_>) {
        let Some(message) = self.current_message(ctx) else { return };
        if !self.toggled.remove(&message.id) {
            self.toggled.insert(message.id.clone());
        }
        self.jump_message(1);
    }

    fn toggle_fold(&mut self, ctx: &Ctx<'_>) -> Act {
        let lines = &self.lines.lines;
        let message = self.message_at_cursor();
        // On a quote its own fold; elsewhere the first one of the message.
        let block = lines
            .get(self.cursor)
            .and_then(|l| l.block)
            .or_else(|| lines.iter().filter(|l| l.message == message).find_map(|l| l.block));
        let Some(block) = block else { return Act::Say(Notice::hint(ctx.words.thread.nothing_folded)) };
        if self.all_unfolded {
            self.all_unfolded = false;
            self.unfolded = lines.iter().filter_map(|l| l.block).collect();
        }
        if !self.unfolded.remove(&block) {
            self.unfolded.insert(block);
        }
        self.built = None;
        self.refresh(ctx);
        Act::Done(Vec::new())
    }

    fn fold_all(&mut self, fold: bool, ctx: &Ctx<'_>) {
        self.all_unfolded = !fold;
        self.unfolded.clear();
        self.built = None;
        self.refresh(ctx);
    }

    fn find(&mut self, forward: bool, from_here: bool, ctx: &Ctx<'_>) -> Act {
        let Some(words) = self.search.clone() else { return Act::Say(Notice::hint(ctx.words.thread.no_search)) };
        let hits: Vec<usize> = self
            .lines
            .lines
            .iter()
            .enumerate()
            .filter(|(_, l)| l.text.to_lowercase().contains(&words))
            .map(|(i, _)| i)
            .collect();
        let cursor = self.cursor;
        let next = if forward {
            hits.iter().find(|h| **h > cursor || (from_here && **h == cursor)).or(hits.first())
        } else {
            hits.iter().rev().find(|h| **h < cursor).or(hits.last())
        };
        match next {
            Some(at) => {
                self.cursor = *at;
                self.settle();
                Act::Done(Vec::new())
            }
            None => Act::Say(Notice::hint((ctx.words.thread.not_found)(&words))),
        }
    }

    fn open_link(&self, number: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let under_cursor = || {
            let line = self.lines.lines.get(self.cursor)?;
            let range = line.links.first()?;
            crate::text::links::allowed(&line.text[range.clone()])
        };
        let target = match number {
            Some(n) => self.lines.links.get((n as usize).wrapping_sub(1)).cloned(),
            None => under_cursor().or_else(|| (self.lines.links.len() == 1).then(|| self.lines.links[0].clone())),
        };
        match target {
            Some(target) => Act::Done(vec![Effect::OpenUrl(target)]),
            None => Act::Say(Notice::hint((ctx.words.thread.which_link)(self.lines.links.len() as u32))),
        }
    }

    fn open_file(&self, number: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let number = number.or_else(|| match self.lines.lines.get(self.cursor).map(|l| &l.part) {
            Some(Part::File(n)) => Some(*n),
            _ => (self.lines.files.len() == 1).then_some(1),
        });
        match number.and_then(|n| self.file(n)) {
            Some(file) => Act::Done(vec![Effect::SaveAttachment {
                id: file.id.clone(),
                name: file.name.clone(),
                dir: None,
                open: true,
            }]),
            None => Act::Say(Notice::hint((ctx.words.thread.which_file)(self.lines.files.len() as u32))),
        }
    }

    fn save_files(&self, dir: Option<&str>, count: Option<u32>, ctx: &Ctx<'_>) -> Act {
        let chosen: Vec<&Attachment> = match count {
            Some(n) => self.file(n).into_iter().collect(),
            None => self.lines.files.iter().collect(),
        };
        if chosen.is_empty() {
            return Act::Say(Notice::hint((ctx.words.thread.which_file)(self.lines.files.len() as u32)));
        }
        Act::Done(
            chosen
                .into_iter()
                .map(|f| Effect::SaveAttachment {
                    id: f.id.clone(),
                    name: f.name.clone(),
                    dir: dir.map(Into::into),
                    open: false,
                })
                .collect(),
        )
    }

    /// The text to put into an answer as a quote: the selected lines, else nothing.
    pub fn selected_text(&self) -> Option<Clean> {
        let range = self.selected_lines()?;
        let lines = self.lines.lines.get(range)?;
        let text: Vec<&str> = lines.iter().filter(|l| l.row > 0).map(|l| l.text.as_str()).collect();
        (!text.is_empty()).then(|| Clean::text(&text.join("\n")))
    }

    /// The newest message that is not a note: what a reply has `seen`.
    pub fn newest_public(thread: &Thread) -> Option<MessageId> {
        thread.messages.iter().rev().find(|m| m.kind != Kind::Note).map(|m| m.id.clone())
    }
}
