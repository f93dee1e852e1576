//! An issue as a row and as a thread.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::land::{Land, Roster, is_customers, label_field, requester, snooze_field};
use super::wire::{Detail, Issue, Journal, Named, NativeFile};
use crate::domain::{
    AgentRef, Attachment, Channel, Kind, Message, Requester, Status, Thread, TicketEvent, TicketId, TicketRow,
};
use crate::text::Clean;

/// The id of an issue's first text among its messages: journals count from 1.
pub const FIRST: &str = "0";
/// Redmine knows no deadline for answers.
pub const REPLY_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// What the note begins with that a split leaves behind, for servers that allow no relation between two projects.
pub const SPLIT_INTO: &str = "Split off into #";
/// The same on the new issue.
pub const SPLIT_FROM: &str = "Split off from #";

/// What only an issue's journals tell. A list has no journals: what is known here of an issue comes from a thread that was read, else
/// it is guessed ([`Facts::guess`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The customer spoke last among what is no note; since when the oldest unanswered message waits.
    pub waiting_since: Option<Timestamp>,
    pub messages: u32,
    pub assigned_at: Option<Timestamp>,
    /// Links that stand in notes because no relation could be made.
    pub split_from: Option<i64>,
    pub split_into: Vec<i64>,
}

impl Facts {
    /// Guesses from a list. `spoke` says that the customer's side touched the issue last.
    pub fn guess(land: &Land, issue: &Issue, spoke: bool) -> Self {
        let untouched = issue.updated_on == issue.created_on;
        let waiting_since = if untouched {
            Some(issue.created_on)
        } else if spoke {
            Some(issue.updated_on)
        } else if land.status(&issue.status) == Status::New {
            // Somebody of us touched it, and it is still nobody's work: better shown than forgotten.
            Some(issue.created_on)
        } else {
            None
        };
        Self { waiting_since, messages: 1, assigned_at: None, split_from: None, split_into: Vec::new() }
    }

    /// Reads them from a thread.
    pub fn read(issue: &Issue, messages: &[Message]) -> Self {
        let mut waiting_since = None;
        for message in messages {
            match message.kind {
                Kind::Incoming => waiting_since = waiting_since.or(Some(message.at)),
                Kind::Reply | Kind::Call => waiting_since = None,
                Kind::Note => {}
            }
        }
        let given = |d: &&Detail| d.property == "attr" && d.name == "assigned_to_id";
        let last = issue.journals.iter().rev().find(|j| j.details.iter().any(|d| given(&d)));
        let assigned_at = issue.assigned_to.as_ref().map(|_| last.map_or(issue.created_on, |j| j.created_on));
        let noted = |mark: &str| -> Vec<i64> {
            let private = issue.journals.iter().filter(|j| j.private_notes).filter_map(|j| j.notes.as_deref());
            private.filter_map(|text| number_after(text, mark)).collect()
        };
        Self {
            waiting_since,
            messages: messages.len() as u32,
            assigned_at,
            split_from: noted(SPLIT_FROM).first().copied(),
            split_into: noted(SPLIT_INTO),
        }
    }
}

/// The number that a text begins with after a mark.
fn number_after(text: &str, mark: &str) -> Option<i64> {
    let rest = text.trim_start().strip_prefix(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// An issue as a row. `version` is left to the caller.
pub fn row(land: &Land, issue: &Issue, facts: &Facts, now: Timestamp) -> TicketRow {
    let native = land.status(&issue.status);
    let snoozed_until = snooze_field(&land.names, issue)
        .and_then(|f| f.values().first().and_then(|day| day.parse::<jiff::civil::Date>().ok()))
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map(|day| day.timestamp())
        .filter(|until| *until > now && native.is_active());
    let status = if snoozed_until.is_some() { Status::Snoozed } else { native };
    let on_us = matches!(status, Status::New | Status::Open) && facts.waiting_since.is_some();
    let waiting_since = facts.waiting_since.filter(|_| on_us);
    let due_at = waiting_since.and_then(|since| since.checked_add(REPLY_WITHIN).ok());
    let mut labels: Vec<Clean> =
        label_field(&land.names, issue).map(|f| f.values().into_iter().map(Clean::line).collect()).unwrap_or_default();
    labels.sort();
    let copies = |own: fn(&super::wire::Relation) -> i64, other: fn(&super::wire::Relation) -> i64| {
        let related = issue.relations.iter().filter(|r| r.kind == "copied_to");
        related.filter(move |r| own(r) == issue.id).map(other).collect::<Vec<i64>>()
    };
    let mut split_into = copies(|r| r.issue_id, |r| r.issue_to_id);
    split_into.extend(&facts.split_into);
    split_into.sort_unstable();
    split_into.dedup();
    let split_from = copies(|r| r.issue_to_id, |r| r.issue_id).first().copied().or(facts.split_from);
    TicketRow {
        id: issue.id.into(),
        subject: Clean::line(&issue.subject),
        status,
        native_status: Clean::line(&issue.status.name),
        priority: land.priority(issue.priority.id),
        queue: Clean::line(&issue.project.name),
        queue_id: issue.project.id.into(),
        assignee: issue.assigned_to.as_ref().map(|a| land.agent(a)),
        assigned_at: facts.assigned_at,
        requester: requester(&land.names, issue),
        labels,
        category: issue.category.as_ref().map(|c| Clean::line(&c.name)),
        channel: Channel::Mail,
        created_at: issue.created_on,
        updated_at: issue.updated_on,
        on_us,
        waiting_since,
        due_at,
        late: due_at.is_some_and(|due| due < now),
        snoozed_until,
        messages: facts.messages,
        split_from: split_from.map(TicketId::from),
        split_into: split_into.into_iter().map(TicketId::from).collect(),
        merged_into: None,
        reading: Vec::new(),
        writing: Vec::new(),
        version: 0,
    }
}

/// The messages of an issue: its first text, then every journal that says something or brings a file.
pub fn messages(land: &Land, roster: &Roster, issue: &Issue) -> Vec<Message> {
    let cited: Vec<i64> = issue.journals.iter().flat_map(files_of).collect();
    let own: Vec<Attachment> = issue.attachments.iter().filter(|f| !cited.contains(&f.id)).map(attachment).collect();
    // Mails come in with the blank lines that stood around a header or a signature.
    let text = issue.description.as_deref().unwrap_or_default().trim_matches(['\r', '\n']);
    let mut all = Vec::with_capacity(issue.journals.len() + 1);
    if !text.trim().is_empty() || !own.is_empty() {
        // Whoever typed it in: it is what the requester wants.
        all.push(Message {
            author: requester(&land.names, issue),
            text: Clean::text(text),
            attachments: own,
            ..empty(issue.created_on)
        });
    }
    let mut files: Vec<Attachment> = Vec::new();
    for (n, journal) in issue.journals.iter().enumerate() {
        let text = journal.notes.as_deref().unwrap_or_default().trim_matches(['\r', '\n']);
        files.extend(files_of(journal).filter_map(|id| issue.attachments.iter().find(|f| f.id == id)).map(attachment));
        if text.trim().is_empty() && files.is_empty() {
            continue;
        }
        // A private note keeps nothing but its text: what else was done with it stands in a journal of its own before it.
        if text.trim().is_empty() && issue.journals.get(n + 1).is_some_and(|next| is_note_of(next, journal)) {
            continue;
        }
        let customers = is_customers(land, roster, issue, journal.user.as_ref());
        let kind = match (journal.private_notes, customers) {
            (true, _) => Kind::Note,
            (false, true) => Kind::Incoming,
            (false, false) => Kind::Reply,
        };
        let gateway = journal.user.as_ref().is_none_or(|u| land.names.is_gateway(&u.name));
        let author = if gateway { requester(&land.names, issue) } else { person(journal.user.as_ref()) };
        all.push(Message {
            id: journal.id.into(),
            number: all.len() as u32 + 1,
            kind,
            author,
            agent: journal.user.as_ref().filter(|_| kind != Kind::Incoming).map(|u| u.id.into()),
            text: Clean::text(text),
            attachments: std::mem::take(&mut files),
            ..empty(journal.created_on)
        });
    }
    all
}

/// Whether a journal is the private note that was written together with another's files and fields.
fn is_note_of(note: &Journal, other: &Journal) -> bool {
    note.private_notes
        && note.details.is_empty()
        && note.user == other.user
        && note.created_on.duration_since(other.created_on) <= SignedDuration::from_secs(1)
}

fn empty(at: Timestamp) -> Message {
    Message {
        id: FIRST.into(),
        number: 1,
        kind: Kind::Incoming,
        author: Requester::default(),
        agent: None,
        at,
        subject: None,
        to: Vec::new(),
        cc: Vec::new(),
        text: Clean::default(),
        from_html: false,
        attachments: Vec::new(),
        excerpt_of: None,
        delivery: None,
    }
}

fn person(user: Option<&Named>) -> Requester {
    Requester { name: Clean::line(user.map_or("", |u| &u.name)), ..Requester::default() }
}

/// The files that a journal brought.
fn files_of(journal: &Journal) -> impl Iterator<Item = i64> + '_ {
    let brought = journal.details.iter().filter(|d| d.property == "attachment" && d.new_value.is_some());
    brought.filter_map(|d| d.name.parse().ok())
}

fn attachment(file: &NativeFile) -> Attachment {
    Attachment {
        id: file.id.into(),
        name: Clean::line(&file.filename),
        media_type: Clean::line(file.content_type.as_deref().unwrap_or("application/octet-stream")),
        size: file.filesize,
    }
}

/// An issue as a thread; `row` is its row.
pub fn thread(land: &Land, roster: &Roster, issue: &Issue, row: TicketRow, messages: Vec<Message>) -> Thread {
    let mut events = Vec::new();
    for journal in &issue.journals {
        let actor = journal.user.as_ref().map(|u| land.agent(u));
        let told = messages.iter().find(|m| m.id.number() == Some(journal.id)).map(|m| m.id.clone());
        for (n, detail) in journal.details.iter().enumerate() {
            let Some((what, from, to)) = event(land, roster, issue, journal, detail) else { continue };
            events.push(TicketEvent {
                id: crate::domain::EventId::new(format!("{}.{n}", journal.id)),
                ticket: row.id.clone(),
                at: journal.created_on,
                actor: actor.clone(),
                what: Clean::line(what),
                from: from.map(|v| Clean::line(&v)),
                to: to.map(|v| Clean::line(&v)),
                message: told.clone(),
                undone: false,
            });
        }
    }
    Thread { ticket: row, messages, events }
}

type Told = (&'static str, Option<String>, Option<String>);

/// One step of history in our words; nothing for a file, which stands with its message.
fn event(land: &Land, roster: &Roster, issue: &Issue, journal: &Journal, detail: &Detail) -> Option<Told> {
    let (old, new) = (detail.old_value.clone(), detail.new_value.clone());
    let by = journal.user.as_ref().map(|u| u.id.to_string());
    let name = |id: Option<String>| id.map(|id| user_name(land, roster, issue, &id));
    let with = |id: Option<String>| id.map(|id| format!("#{id}"));
    Some(match (detail.property.as_str(), detail.name.as_str()) {
        ("attachment", _) => return None,
        ("attr", "assigned_to_id") => match (&old, &new) {
            (_, None) => ("release", name(old), None),
            (None, Some(to)) if Some(to) == by.as_ref() => ("claim", None, name(new)),
            (Some(_), Some(to)) if Some(to) == by.as_ref() => ("steal", name(old), name(new)),
            _ => ("assign", name(old), name(new)),
        },
        ("attr", "status_id") => {
            let named = |id: Option<String>| id.map(|id| land.status_name(&id).map_or(id.clone(), str::to_owned));
            ("status", named(old), named(new))
        }
        ("attr", "priority_id") => {
            let named = |id: Option<String>| {
                id.map(|id| {
                    let known = land.priorities.iter().find(|p| p.id.to_string() == id);
                    known.map_or(id, |p| p.name.clone())
                })
            };
            ("priority", named(old), named(new))
        }
        ("attr", "project_id") => {
            let named = |id: Option<String>| {
                id.map(|id| {
                    let known = land.projects.iter().find(|p| p.id.to_string() == id);
                    known.map_or(id, |p| p.name.clone())
                })
            };
            ("move", named(old), named(new))
        }
        ("attr", "subject") => ("subject", old, new),
        ("attr", _) => return None,
        ("cf", id) => {
            let field = issue.custom_fields.iter().find(|f| f.id.to_string() == id)?;
            if land.names.is_customer(&field.name) {
                ("requester", old, new)
            } else if label_field(&land.names, issue).is_some_and(|l| l.id == field.id) {
                // One line for each label that came or went.
                ("label", old, new)
            } else {
                return None;
            }
        }
        ("relation", "copied_to") if new.is_some() => ("split", None, with(new)),
        ("relation", _) => ("link", with(old), with(new)),
        _ => return None,
    })
}

/// A user of history, where only the id is told.
fn user_name(land: &Land, roster: &Roster, issue: &Issue, id: &str) -> String {
    let wrote = issue.journals.iter().filter_map(|j| j.user.as_ref());
    let known = issue.assigned_to.iter().chain(&issue.author).chain(wrote).chain(&roster.agents);
    if let Some(user) = known.into_iter().find(|u| u.id.to_string() == id) {
        return user.name.clone();
    }
    if land.me.id.to_string() == id { land.my_name() } else { id.to_owned() }
}

/// Who an agent id is, as far as an issue or the roster tells.
pub fn agent_named(land: &Land, roster: &Roster, issue: &Issue, id: i64) -> AgentRef {
    land.agent(&Named { id, name: user_name(land, roster, issue, &id.to_string()) })
}
