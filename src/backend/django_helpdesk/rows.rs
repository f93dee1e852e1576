//! From the helpdesk's words to ours. There are no times on a ticket, so its age and what it waits for are read off its thread.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::roster::Roster;
use super::wire::{self, FollowUp, Ticket};
use crate::backend::version::{Before, version};
use crate::domain::{
    Attachment, Channel, Kind, Message, Priority, Requester, Status, Thread, TicketEvent, TicketId, TicketRow,
};
use crate::text::Clean;

/// Until when a customer should have an answer, where the ticket has no due date.
const REPLY_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// What the source and the new ticket of a split say of each other, in a private entry.
pub const SPLIT_FROM: &str = "Split from #";
pub const SPLIT_INTO: &str = "Split into #";

/// A moment to write a row in, and the words of the house.
pub struct Reader<'a> {
    pub roster: &'a Roster,
    /// The custom field that holds labels, without `custom_`.
    pub labels: &'a str,
    pub versions: &'a Versions,
    /// Before what it reads was asked for; after a change, when that was answered.
    pub asked: Instant,
    pub now: Timestamp,
}

/// When an answer is due to what came then; at the end of time it is never.
fn within(since: Timestamp) -> Timestamp {
    since.checked_add(REPLY_WITHIN).unwrap_or(Timestamp::MAX)
}

/// A private entry's mark of a split: the number it names, when the entry is nothing but the mark.
fn mark(entry: &FollowUp, words: &str) -> Option<TicketId> {
    let comment = entry.comment.as_deref()?.trim();
    let number: i64 = comment.strip_prefix(words)?.parse().ok()?;
    (!entry.public).then(|| number.to_string().as_str().into())
}

/// The text of an entry as it is compared and shown.
pub fn text(entry: &FollowUp) -> Clean {
    Clean::text(entry.comment.as_deref().unwrap_or_default().trim_end())
}

/// An entry with something to read; others are history.
fn is_said(entry: &FollowUp) -> bool {
    !text(entry).is_empty() || !entry.followupattachment_set.is_empty()
}

/// Who said it: an entry without an account or with a mail's id is the customer's, and so is the one that repeats the ticket's
/// own description, whoever typed it in.
pub fn kind(entry: &FollowUp, ticket: &Ticket) -> Kind {
    let opening = || {
        let first = ticket.followup_set.iter().map(|f| f.id).min() == Some(entry.id);
        let same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
        first && same(entry.comment.as_deref().unwrap_or_default(), ticket.description.as_deref().unwrap_or_default())
    };
    if !entry.public {
        Kind::Note
    } else if entry.user.is_none() || entry.message_id.as_ref().is_some_and(|id| !id.is_empty()) || opening() {
        Kind::Incoming
    } else {
        Kind::Reply
    }
}

pub const fn status(ticket: &Ticket, answered: bool) -> Status {
    match ticket.status {
        wire::RESOLVED => Status::Resolved,
        wire::CLOSED | wire::DUPLICATE => Status::Closed,
        _ if ticket.on_hold => Status::Waiting,
        wire::OPEN if !answered => Status::New,
        // The house's own statuses too.
        _ => Status::Open,
    }
}

pub const fn priority(number: i64) -> Priority {
    match number {
        ..=1 => Priority::Urgent,
        2 => Priority::High,
        3 => Priority::Normal,
        4.. => Priority::Low,
    }
}

pub const fn priority_number(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Normal => 3,
        Priority::Low => 4,
    }
}

/// The labels of a comma-separated field.
pub fn labels(ticket: &Ticket, field: &str) -> Option<Vec<Clean>> {
    let value = ticket.rest.get(&format!("custom_{field}"))?;
    let mut labels: Vec<Clean> = value
        .as_str()
        .unwrap_or_default()
        .split(',')
        .map(|part| Clean::line(part.trim()))
        .filter(|label| !label.is_empty())
        .collect();
    labels.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    labels.dedup();
    Some(labels)
}

/// Versions of tickets: there is neither a version nor a time of change there, and a change need not leave a trace.
#[derive(Debug, Default)]
pub struct Versions(Mutex<HashMap<i64, Seen>>);

/// What was last seen of a ticket.
#[derive(Clone, Copy, Debug)]
struct Seen {
    print: u64,
    version: u64,
    asked: Instant,
}

impl Versions {
    /// What was asked for later is newer. A list is long on its way: it may tell of a ticket as it was before a change that was
    /// answered meanwhile, and then it is no newer than that.
    fn of(&self, ticket: &Ticket, asked: Instant, now: Timestamp) -> u64 {
        let mut hasher = DefaultHasher::new();
        serde_json::to_vec(ticket).unwrap_or_default().hash(&mut hasher);
        let print = hasher.finish();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = match seen.get(&ticket.id) {
            Some(known) if known.print == print => known.version,
            Some(known) if asked < known.asked => return known.version.saturating_sub(1),
            Some(known) => {
                let before = Before { version: known.version, same: false };
                // Also where the clock was put back.
                version(Some(before), None, now).max(known.version + 1)
            }
            None => version(None, None, now),
        };
        let asked = seen.get(&ticket.id).map_or(asked, |known| known.asked.max(asked));
        seen.insert(ticket.id, Seen { print, version, asked });
        version
    }
}

impl Reader<'_> {
    /// The row of a list.
    pub fn row(&self, ticket: &Ticket) -> TicketRow {
        let mut said: Vec<&FollowUp> = ticket.followup_set.iter().filter(|f| is_said(f)).collect();
        said.sort_by_key(|f| (f.date, f.id));
        let dates = || ticket.followup_set.iter().map(|f| f.date);
        let created_at = dates().min().unwrap_or(Timestamp::UNIX_EPOCH);
        let (mut answered, mut waiting_since, mut on_us) = (false, None, false);
        for entry in &said {
            match kind(entry, ticket) {
                Kind::Incoming => {
                    on_us = true;
                    waiting_since.get_or_insert(entry.date);
                }
                Kind::Reply | Kind::Call => (answered, on_us, waiting_since) = (true, false, None),
                Kind::Note => {}
            }
        }
        let status = status(ticket, answered);
        on_us &= matches!(status, Status::New | Status::Open);
        let waiting_since = waiting_since.filter(|_| on_us);
        let due_at = waiting_since.map(|since| ticket.due_date.unwrap_or_else(|| within(since)));
        let mailed = said.first().is_some_and(|f| f.message_id.as_ref().is_some_and(|id| !id.is_empty()));
        TicketRow {
            id: ticket.id.to_string().as_str().into(),
            subject: Clean::line(&ticket.title),
            status,
            native_status: Clean::line(&self.native_status(ticket)),
            priority: priority(ticket.priority),
            queue: Clean::line(&self.roster.queue(ticket.queue)),
            queue_id: ticket.queue.to_string().as_str().into(),
            assignee: ticket.assigned_to.map(|id| self.roster.user(id)),
            assigned_at: None,
            requester: customer(ticket),
            labels: labels(ticket, self.labels).unwrap_or_default(),
            category: None,
            channel: if mailed { Channel::Mail } else { Channel::Web },
            created_at,
            updated_at: dates().max().unwrap_or(created_at),
            on_us,
            waiting_since,
            due_at,
            late: due_at.is_some_and(|due| due < self.now),
            snoozed_until: None,
            messages: said.len() as u32,
            split_from: ticket.followup_set.iter().find_map(|f| mark(f, SPLIT_FROM)),
            split_into: ticket.followup_set.iter().filter_map(|f| mark(f, SPLIT_INTO)).collect(),
            merged_into: ticket.merged_to.map(|id| id.to_string().as_str().into()),
            reading: Vec::new(),
            writing: Vec::new(),
            version: self.versions.of(ticket, self.asked, self.now),
        }
    }

    fn native_status(&self, ticket: &Ticket) -> String {
        let word = self.roster.status(ticket.status);
        if ticket.on_hold { format!("{word} (hold)") } else { word }
    }

    /// One entry as a message.
    pub fn message(&self, entry: &FollowUp, ticket: &Ticket, number: u32) -> Message {
        let kind = kind(entry, ticket);
        let agent = entry.user.filter(|_| kind != Kind::Incoming).map(|id| self.roster.user(id));
        let author = match &agent {
            Some(agent) => Requester { name: agent.name.clone(), ..Requester::default() },
            None => customer(ticket),
        };
        let mailed = entry.message_id.is_some();
        let to = match kind {
            Kind::Incoming => &[],
            _ => entry.email_recipients.as_deref().unwrap_or_default(),
        };
        // Told by name; shown as they were added.
        let mut files: Vec<&wire::Attachment> = entry.followupattachment_set.iter().collect();
        files.sort_by_key(|file| file.id);
        Message {
            id: entry.id.to_string().as_str().into(),
            number,
            kind,
            author,
            agent: agent.map(|a| a.id),
            at: entry.date,
            subject: None,
            to: to.iter().map(|address| Requester::parse(address)).collect(),
            cc: Vec::new(),
            text: text(entry),
            from_html: false,
            attachments: files.into_iter().map(|file| attachment(file, mailed)).collect(),
            excerpt_of: None,
            delivery: None,
        }
    }

    /// The ticket with what was said and what happened.
    pub fn thread(&self, ticket: &Ticket) -> Thread {
        let mut entries: Vec<&FollowUp> = ticket.followup_set.iter().collect();
        entries.sort_by_key(|f| (f.date, f.id));
        let (mut messages, mut events) = (Vec::new(), Vec::new());
        for entry in entries {
            if is_said(entry) {
                messages.push(self.message(entry, ticket, messages.len() as u32 + 1));
                continue;
            }
            events.push(TicketEvent {
                id: entry.id.to_string().as_str().into(),
                ticket: ticket.id.to_string().as_str().into(),
                at: entry.date,
                actor: entry.user.map(|id| self.roster.user(id)),
                what: Clean::line(entry.title.as_deref().unwrap_or("changed")),
                from: None,
                to: entry.new_status.map(|status| Clean::line(&self.roster.status(status))),
                message: None,
                undone: false,
            });
        }
        Thread { ticket: self.row(ticket), messages, events }
    }
}

fn customer(ticket: &Ticket) -> Requester {
    Requester { email: Clean::line(ticket.submitter_email.as_deref().unwrap_or_default()), ..Requester::default() }
}

/// A file. Files of a mail bear the number of their part before their name.
pub fn attachment(file: &wire::Attachment, mailed: bool) -> Attachment {
    let name = file.filename.as_deref().unwrap_or("attachment");
    let bare = || {
        let (number, bare) = name.strip_prefix("part-")?.split_once('_')?;
        (!bare.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(bare)
    };
    let name = if mailed { bare().unwrap_or(name) } else { name };
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    Attachment {
        id: file.id.to_string().as_str().into(),
        name: Clean::line(name),
        media_type: Clean::line(file.mime_type.as_deref().unwrap_or("application/octet-stream")),
        size: file.size.unwrap_or(0),
    }
}
