//! From a thread to the lines that the screen shows: built when the thread, the width or a fold changes, never per frame.

use std::collections::HashSet;
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{AgentId, Attachment, Kind, Message, Thread, TicketEvent, Unread};
use crate::i18n::Words;
use crate::text::quote::{self, blocks};
use crate::text::{Clean, links, time, wrap};

/// What a line is, for its looks and for what a key means on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A message's first line: number, author, time.
    Head,
    /// A line of what was written.
    Body,
    /// A line of a quote.
    Quote,
    /// The line that says who is quoted.
    Attribution,
    /// A line of a signature.
    Signature,
    /// Stands for a folded quote.
    Fold,
    /// An attachment, by its number in the thread.
    File(u32),
    /// What happened between messages.
    Event,
    /// From here on nothing was read.
    Unread,
    /// Nothing.
    Gap,
}

/// One line of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The message it belongs to, by its place in the thread; events and gaps between messages belong to none.
    pub message: Option<usize>,
    /// What it is.
    pub part: Part,
    /// The line of the message's text, from 1, that it shows or (a fold) begins with; 0 for none.
    pub row: u32,
    /// The quote it belongs to or stands for, by message and block.
    pub block: Option<(usize, usize)>,
    /// The text.
    pub text: Clean,
    /// What stands right-aligned on it.
    pub right: Clean,
    /// Links in `text`.
    pub links: Vec<Range<usize>>,
    /// Whose colour it bears.
    pub agent: Option<AgentId>,
}

impl Line {
    fn new(message: Option<usize>, part: Part, text: Clean) -> Self {
        Self { message, part, row: 0, block: None, text, right: Clean::default(), links: Vec::new(), agent: None }
    }
}

/// A thread as lines, with what can be opened in it.
#[derive(Debug, Default)]
pub struct Lines {
    /// The lines.
    pub lines: Vec<Line>,
    /// Addresses, `{n}gx` opens number n.
    pub links: Vec<String>,
    /// Attachments, `{n}gf` opens number n.
    pub files: Vec<Attachment>,
    /// The line below which nothing was read.
    pub unread: Option<usize>,
}

/// What decides how a thread is laid out besides the thread.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The width in cells.
    pub width: usize,
    /// Quotes that are unfolded, by message and block.
    pub unfolded: &'a HashSet<(usize, usize)>,
    /// All quotes are unfolded.
    pub all_unfolded: bool,
    /// What was not read, where some was.
    pub unread: Option<Unread>,
    /// The program's words.
    pub words: &'a Words,
    /// Now, for ages.
    pub now: Timestamp,
    /// The agent's time zone.
    pub tz: &'a TimeZone,
}

/// A quote of up to so many lines is shown as it is.
const SHORT_QUOTE: usize = 3;

/// Lays a thread out.
pub fn build(thread: &Thread, frame: Frame<'_>) -> Lines {
    let mut out = Lines::default();
    let mut events = thread.events.iter().filter(|e| e.message.is_none()).peekable();
    for (i, message) in thread.messages.iter().enumerate() {
        while let Some(event) = events.next_if(|e| e.at < message.at) {
            out.lines.push(event_line(event, frame));
        }
        if let Some(unread) = frame.unread.filter(|u| u.from == i) {
            out.unread = Some(out.lines.len());
            let text = (frame.words.thread.unread)(unread.messages);
            out.lines.push(Line::new(None, Part::Unread, Clean::line(&text)));
        } else if !out.lines.is_empty() {
            out.lines.push(Line::new(None, Part::Gap, Clean::default()));
        }
        message_lines(&mut out, i, message, frame);
    }
    for event in events {
        out.lines.push(event_line(event, frame));
    }
    out
}

fn event_line(event: &TicketEvent, frame: Frame<'_>) -> Line {
    let text = frame.words.thread.event(event);
    let mut line = Line::new(None, Part::Event, Clean::line(&text));
    line.right = Clean::line(&time::absolute(event.at, frame.tz));
    line.agent = event.actor.as_ref().map(|a| a.id.clone());
    line
}

fn message_lines(out: &mut Lines, i: usize, message: &Message, frame: Frame<'_>) {
    let words = &frame.words.thread;
    let kind = match message.kind {
        Kind::Incoming => String::new(),
        Kind::Reply => format!("  {}", words.reply),
        Kind::Note => format!("  {}", words.note),
        Kind::Call => format!("  {}", words.call),
    };
    let mut head = Line::new(
        Some(i),
        Part::Head,
        Clean::line(&format!("{}  {}{}", message.number, message.author.display(), kind)),
    );
    head.right = Clean::line(&format!(
        "{}, {}",
        time::absolute(message.at, frame.tz),
        (words.ago)(&time::age(message.at, frame.now))
    ));
    head.agent.clone_from(&message.agent);
    out.lines.push(head);
    if let Some(excerpt) = &message.excerpt_of {
        let (from, to) = excerpt.lines;
        out.lines.push(Line::new(Some(i), Part::Attribution, Clean::line(&(words.excerpt_of)(from, to))));
    }
    if !message.cc.is_empty() {
        let names: Vec<String> = message.cc.iter().map(|p| p.display().to_string()).collect();
        out.lines.push(Line::new(Some(i), Part::Attribution, Clean::line(&format!("Cc {}", names.join(", ")))));
    }
    body_lines(out, i, message, frame);
    for file in &message.attachments {
        out.files.push(file.clone());
        let n = out.files.len() as u32;
        let text = format!("{} {} ({n}gf)", file.name, human_size(file.size));
        out.lines.push(Line::new(Some(i), Part::File(n), Clean::line(&text)));
    }
}

fn body_lines(out: &mut Lines, i: usize, message: &Message, frame: Frame<'_>) {
    let rows: Vec<Clean> = message.text.rows().collect();
    let found = links_by_row(&message.text, &rows);
    // An empty tail of a mail is nothing to look at.
    let end = rows.iter().rposition(|r| !r.trim().is_empty()).map_or(0, |last| last + 1);
    if end == 0 {
        out.lines.push(Line::new(Some(i), Part::Signature, Clean::line(frame.words.thread.no_text)));
    }
    for (b, block) in blocks(&message.text).into_iter().enumerate() {
        let range = block.lines.start.min(end)..block.lines.end.min(end);
        let part = match block.kind {
            quote::Kind::Text => Part::Body,
            quote::Kind::Quote { .. } => Part::Quote,
            quote::Kind::Attribution => Part::Attribution,
            quote::Kind::Signature => Part::Signature,
        };
        let folded = part == Part::Quote
            && range.len() > SHORT_QUOTE
            && !frame.all_unfolded
            && !frame.unfolded.contains(&(i, b));
        if folded {
            let mut line =
                Line::new(Some(i), Part::Fold, Clean::line(&(frame.words.thread.folded)(range.len() as u32)));
            line.row = range.start as u32 + 1;
            line.block = Some((i, b));
            out.lines.push(line);
            continue;
        }
        for at in range {
            let Some(row) = rows.get(at) else { break };
            let numbered = number_links(out, row, found.get(at).map_or(&[][..], Vec::as_slice));
            for piece in wrap::wrap_row(&numbered, frame.width.saturating_sub(2)) {
                let mut line = Line::new(Some(i), part.clone(), piece);
                line.row = at as u32 + 1;
                line.block = (part == Part::Quote).then_some((i, b));
                line.links = links::find(&line.text).into_iter().map(|l| l.range).collect();
                out.lines.push(line);
            }
        }
    }
}

/// The links of each line of a text: where they end in the line, and their targets.
fn links_by_row(text: &Clean, rows: &[Clean]) -> Vec<Vec<(usize, String)>> {
    let mut by_row = vec![Vec::new(); rows.len()];
    let mut row = 0;
    let mut start = 0;
    for link in links::find(text) {
        while row + 1 < rows.len() && start + rows[row].len() < link.range.start {
            start += rows[row].len() + 1;
            row += 1;
        }
        if let Some(list) = by_row.get_mut(row) {
            list.push((link.range.end.saturating_sub(start), link.target));
        }
    }
    by_row
}

/// Writes each link's number behind it: `https://… (2gx)`.
fn number_links(out: &mut Lines, row: &Clean, found: &[(usize, String)]) -> Clean {
    if found.is_empty() {
        return row.clone();
    }
    let mut text = String::with_capacity(row.len() + found.len() * 6);
    let mut from = 0;
    for (end, target) in found {
        let number = match out.links.iter().position(|l| l == target) {
            Some(known) => known + 1,
            None => {
                out.links.push(target.clone());
                out.links.len()
            }
        };
        let end = (*end).min(row.len());
        if end < from || !row.is_char_boundary(end) {
            continue;
        }
        text.push_str(&row[from..end]);
        text.push_str(&format!(" ({number}gx)"));
        from = end;
    }
    text.push_str(&row[from..]);
    Clean::line(&text)
}

/// `84 kB`, `1.2 MB`.
pub fn human_size(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_499 => format!("{} kB", (bytes + 500) / 1000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
