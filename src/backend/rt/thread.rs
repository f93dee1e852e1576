//! A ticket's thread: messages and history are RT's transactions, texts and files are their attachments.
//!
//! Three questions at once for a ticket that is not known (row, history, texts), two for one that is; one for texts that the first
//! page of parts does not hold, and one for the files where a message came in several parts and was not looked at before: messages
//! never change.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::read::{PER_PAGE, no_ticket};
use super::rows::{self, Known, Related};
use super::told::{PAGES, Told};
use super::wire::{Part, Transaction, User};
use super::{Rt, get, line};
use crate::backend::{DeskResult, Download, base64};
use crate::domain::id::{AttachmentId, EventId, MessageId};
use crate::domain::{
    AgentRef, Attachment, DeskError, Kind, Message, Requester, Status, Thread, TicketEvent, TicketId, TicketRow,
};
use crate::text::{Clean, html};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

impl Rt {
    /// A ticket with its thread.
    pub async fn whole_thread(&self, id: &TicketId) -> DeskResult<Thread> {
        if id.number().is_none() {
            return Err(no_ticket(id));
        }
        let seen = self.memory().row(id).filter(|k| k.settled).cloned();
        let was_seen = seen.is_some();
        let row = async {
            match seen {
                Some(known) => Ok(known),
                None => self.row(id).await,
            }
        };
        let (known, told) = futures_util::join!(row, self.first_told(id));
        let (mut known, mut told) = (known?, told?);
        if known.row.id != *id {
            return Ok(pointer(id, &known.row));
        }
        self.tell_history(id, &mut told, known.updated).await?;
        // What happened since the row was read stands in the history.
        if was_seen && told.changed_after(&known) {
            known = self.row(id).await?;
            if known.row.id != *id {
                return Ok(pointer(id, &known.row));
            }
            self.tell_history(id, &mut told, known.updated).await?;
        }
        self.tell_texts(id, &mut told).await?;
        let files = self.files(id, &told).await?;
        // A token hides who asks; here it matters whether that is the one who asked for help.
        let writes_here =
            |r: &User| told.messages().any(|t| t.creator.as_ref().is_some_and(|c| c.login() == r.login()));
        if known.requestors.iter().any(|r| !r.login().contains('@') && writes_here(r)) {
            self.my_login().await?;
        }
        let related = known.related.clone();
        let mut thread = self.build(known, &told, &files);
        let named = named(&thread.messages);
        let related = match related {
            Some(related) if named.into.iter().all(|id| related.into.contains(id)) => related,
            None if named == Related::default() => named.clone(),
            // Lists tell no links, and only the words of a split are worth asking for them.
            _ => self.row(id).await?.related.unwrap_or_default(),
        };
        thread.ticket.split_from = named.from.filter(|from| related.from.as_ref() == Some(from));
        thread.ticket.split_into = related.into.into_iter().filter(|into| named.into.contains(into)).collect();
        self.memory().took_thread(&thread.ticket);
        Ok(thread)
    }

    /// The thread of what was told.
    fn build(&self, known: Known, told: &Told, files: &HashMap<String, Vec<Part>>) -> Thread {
        let texts = told.by_message();
        let none = Vec::new();
        let team: HashSet<String> = {
            let memory = self.memory();
            let me = memory.me.iter().map(|me| me.login.to_string());
            memory.team.keys().cloned().chain(me).chain(self.line.login().map(str::to_owned)).collect()
        };
        let mailed: HashSet<usize> = told.mailed();
        let mut messages = Vec::new();
        for (place, transaction) in told.transactions.iter().enumerate().filter(|(_, t)| is_message(t)) {
            let parts = texts.get(transaction.id.as_str()).map_or(&[][..], Vec::as_slice);
            let others = files.get(&transaction.id).unwrap_or(&none);
            let mut message = message(transaction, parts, others, &known, &team);
            message.number = messages.len() as u32 + 1;
            if message.kind == Kind::Reply && mailed.contains(&place) {
                message.delivery = Some(crate::domain::Delivery::Sent);
            }
            messages.push(message);
        }
        let events = self.events(&known, &told.transactions);
        let mut row = known.row;
        row.messages = messages.len() as u32;
        turn(&mut row, &messages);
        if let Some(at) = held_since(&events, row.assignee.as_ref()) {
            row.assigned_at = Some(at);
        }
        Thread { ticket: row, messages, events }
    }

    /// The history without what is shown as messages.
    fn events(&self, known: &Known, transactions: &[Transaction]) -> Vec<TicketEvent> {
        let memory = self.memory();
        // RT names owners by number: the last one is the holder, and the asking agent's number may be known.
        let mut people: HashMap<&str, Clean> = HashMap::new();
        if let Some(last) = transactions.iter().rfind(|t| t.what == "Set" && t.field == "Owner") {
            let name = known.row.assignee.as_ref().map_or_else(Clean::default, |a| a.name.clone());
            people.insert(&last.new_value, name);
        }
        if let Some(me) = memory.me.as_ref().filter(|_| self.line.login().is_none()) {
            people.insert(self.line.user(), me.name.clone());
        }
        let queue = |id: &str| memory.queue(id).map_or_else(|| Clean::line(id), |q| q.name.clone());
        let mut events = Vec::new();
        for t in transactions.iter().filter(|t| !is_message(t)) {
            let actor = t.creator.as_ref().filter(|c| c.login() != "RT_System").map(rows::agent);
            let plain = |text: &str| Some(Clean::line(text)).filter(|c| !c.is_empty());
            let (what, from, to) = match (t.what.as_str(), t.field.as_str()) {
                ("Set", "Owner") => {
                    let nobody = |id: &str| id == NOBODY_NUMBER;
                    let name = |id: &str| people.get(id).filter(|n| !n.is_empty()).cloned();
                    let (from, to) = (name(&t.old_value), name(&t.new_value));
                    let own = to.is_some() && to.as_ref() == actor.as_ref().map(|a| &a.name);
                    let what = match (nobody(&t.old_value), nobody(&t.new_value)) {
                        (_, true) => "release",
                        (true, false) if own => "claim",
                        (false, false) if own => "steal",
                        _ => "assign",
                    };
                    (what, from, to)
                }
                ("Status", _) => ("status", plain(&t.old_value), plain(&t.new_value)),
                ("Set", "Queue") => ("move", Some(queue(&t.old_value)), Some(queue(&t.new_value))),
                ("Set", "Subject") => ("subject", plain(&t.old_value), plain(&t.new_value)),
                ("Set", "Priority") => ("priority", plain(&t.old_value), plain(&t.new_value)),
                ("CustomField", _) => ("label", plain(&t.old_value), plain(&t.new_value)),
                ("AddLink", "MergedInto") => ("merge", None, linked(&t.new_value)),
                ("AddLink", _) => ("link", None, linked(&t.new_value)),
                ("DeleteLink", _) => ("link", linked(&t.old_value), None),
                ("AddWatcher" | "SetWatcher" | "DelWatcher", "Requestor") => ("requester", None, None),
                _ => continue,
            };
            events.push(TicketEvent {
                id: EventId::new(&t.id),
                ticket: known.row.id.clone(),
                at: t.created.unwrap_or_default(),
                actor,
                what: Clean::line(what),
                from,
                to,
                message: None,
                undone: false,
            });
        }
        events
    }

    /// The messages' ids and kinds, without a word of them.
    pub async fn message_list(&self, id: &TicketId) -> DeskResult<Vec<Transaction>> {
        let kinds = serde_json::json!([
            { "field": "Type", "value": "Create" },
            { "field": "Type", "value": "Correspond" },
            { "field": "Type", "value": "Comment" },
        ]);
        let ask = get(&["ticket", id.as_str(), "history"])
            .param("query", Some(kinds))
            .param("fields", Some("Type,ObjectId,Creator,Created"))
            .param("orderby", Some("id"))
            .param("per_page", Some(PER_PAGE));
        self.line.pages(&ask, PAGES, |_, count, _| count < PER_PAGE as usize / 2).await
    }

    /// An attachment's bytes: RT gives them in one JSON text.
    pub async fn file(&self, id: &AttachmentId) -> DeskResult<Download> {
        let missing = || DeskError::NotFound { what: Clean::line(&format!("attachment {id}")) };
        if id.number().is_none() {
            return Err(missing());
        }
        let answer = self.line.send(&get(&["attachment", id.as_str()])).await?;
        // RT answers with a fault of its own to a number that no attachment has.
        let fault = answer.status.as_u16() == 500 && answer.media_type() == "application/json";
        if answer.status.as_u16() == 404 || (fault && answer.body.len() < 64 && answer.body != "{}") {
            return Err(missing());
        }
        if !answer.status.is_success() {
            return Err(line::refusal(&answer));
        }
        let part: Part = answer.json()?;
        let bytes = base64::decode(&part.content).ok_or_else(|| DeskError::Garbled {
            why: Clean::line(&format!("attachment {id} came broken from {}", self.line.place())),
        })?;
        Ok(Download {
            name: file_name(&part),
            media_type: Clean::line(&part.content_type),
            size: Some(bytes.len() as u64),
            bytes: stream::iter([Ok(Bytes::from(bytes))]).boxed(),
        })
    }
}

/// The number of the user Nobody in every RT.
const NOBODY_NUMBER: &str = "6";

/// It is shown as a message.
pub fn is_message(t: &Transaction) -> bool {
    matches!(t.what.as_str(), "Create" | "Correspond" | "Comment")
}

/// A ticket that is only a pointer to the one that it was merged into.
pub fn pointer(id: &TicketId, target: &TicketRow) -> Thread {
    let row = TicketRow {
        id: id.clone(),
        merged_into: Some(target.id.clone()),
        messages: 0,
        on_us: false,
        waiting_since: None,
        due_at: None,
        late: false,
        split_from: None,
        split_into: Vec::new(),
        ..target.clone()
    };
    Thread { ticket: row, messages: Vec::new(), events: Vec::new() }
}

/// A transaction as a message.
fn message(t: &Transaction, parts: &[&Part], files: &[Part], known: &Known, team: &HashSet<String>) -> Message {
    let creator = t.creator.clone().unwrap_or_default();
    let login = creator.login().to_owned();
    let head = |name: &str| parts.iter().find_map(|p| p.header(name));
    let by_mail = head("X-RT-Interface").is_some_and(|i| i == "Email");
    // An agent may have asked too; what that one writes here and not by mail is an agent's word, but for the ticket's beginning.
    let ours = team.contains(&login);
    let asked = known.requestors.iter().any(|r| r.login() == login) && (!ours || by_mail || t.what == "Create")
        || known.cc.iter().any(|r| r.login() == login) && !ours;
    let kind = match t.what.as_str() {
        "Comment" => Kind::Note,
        // What a ticket begins with is the customer's matter, also where an agent wrote it down.
        "Create" => Kind::Incoming,
        _ if asked || (by_mail && !team.contains(&login) && login.contains('@')) => Kind::Incoming,
        _ => Kind::Reply,
    };
    let theirs = kind == Kind::Incoming && (asked || login.contains('@'));
    let author = match kind {
        Kind::Incoming if !theirs => known.row.requester.clone(),
        _ => rows::person(&creator),
    };
    let (text, from_html) = body(parts);
    let addresses = |name: &str| -> Vec<Requester> {
        let line = head(name).filter(|_| by_mail).unwrap_or_default();
        people(line)
    };
    let to = match kind {
        Kind::Reply if !by_mail => known.requestors.iter().map(rows::person).collect(),
        Kind::Note => Vec::new(),
        _ => addresses("To"),
    };
    let named = parts.iter().filter(|p| is_file(p)).copied();
    let mut attachments: Vec<&Part> = named.chain(files).collect();
    attachments.sort_by_key(|p| p.id.parse::<u64>().unwrap_or(u64::MAX));
    let subject = parts.iter().map(|p| p.subject.trim()).find(|s| !s.is_empty() && *s != known.row.subject.as_str());
    Message {
        id: MessageId::new(&t.id),
        number: 0,
        kind,
        author,
        agent: (!theirs).then(|| login.as_str().into()),
        at: t.created.unwrap_or_default(),
        subject: subject.map(Clean::line),
        to,
        cc: if kind == Kind::Note { Vec::new() } else { addresses("Cc") },
        text,
        from_html,
        attachments: attachments.into_iter().map(attachment).collect(),
        excerpt_of: None,
        delivery: None,
    }
}

/// It is shown as a file, though it is text.
fn is_file(part: &Part) -> bool {
    let apart = part.header("Content-Disposition").is_some_and(|d| d.to_ascii_lowercase().starts_with("attachment"));
    !part.is_container() && (!part.filename.is_empty() || apart)
}

/// The text of a message: what stands in its text parts in order; HTML only where no plain text stands for it.
fn body(parts: &[&Part]) -> (Clean, bool) {
    let mut texts: Vec<String> = Vec::new();
    let (mut plain_before, mut from_html) = (false, false);
    for part in parts.iter().filter(|p| !p.is_container() && !is_file(p)) {
        match part.content_type.as_str() {
            "text/html" if plain_before => plain_before = false,
            "text/html" => {
                texts.push(html::to_text(&part.content).to_string());
                from_html = true;
            }
            _ => {
                texts.push(part.content.trim_end().to_owned());
                plain_before = true;
            }
        }
    }
    (Clean::text(&texts.join("\n\n")), from_html)
}

fn attachment(part: &Part) -> Attachment {
    Attachment {
        id: AttachmentId::new(&part.id),
        name: file_name(part),
        media_type: Clean::line(&part.content_type),
        size: part.content_length.trim().parse().unwrap_or_default(),
    }
}

/// A file's name, without any folder; made up where there is none.
fn file_name(part: &Part) -> Clean {
    let name = part.filename.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if !name.is_empty() && name != "." && name != ".." {
        return Clean::line(name);
    }
    let end = match part.content_type.as_str() {
        "message/rfc822" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        other => other.rsplit(['/', '+']).next().filter(|e| e.len() <= 5).unwrap_or("bin"),
    };
    Clean::line(&format!("part-{}.{end}", part.id))
}

/// The people of an address line.
fn people(line: &str) -> Vec<Requester> {
    let mut people = Vec::new();
    let (mut quoted, mut begin) = (false, 0);
    for (at, c) in line.char_indices().chain([(line.len(), ',')]) {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted || at == line.len() => {
                let one = line.get(begin..at).unwrap_or_default().trim();
                if !one.is_empty() {
                    people.push(Requester::parse(one));
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
    people
}

/// Whose turn it is, as the thread tells.
fn turn(row: &mut TicketRow, messages: &[Message]) {
    let mut since = None;
    for message in messages {
        match message.kind {
            Kind::Incoming => since = since.or(Some(message.at)),
            Kind::Reply => since = None,
            Kind::Note | Kind::Call => {}
        }
    }
    let since = since.filter(|_| matches!(row.status, Status::New | Status::Open));
    // The row may tell of a time of the ticket's own.
    let own_due = match (row.due_at, row.waiting_since) {
        (Some(due), Some(since)) => Some(due).filter(|due| since.checked_add(rows::REPLY_WITHIN).ok() != Some(*due)),
        (due, None) => due,
        (None, Some(_)) => None,
    };
    row.on_us = since.is_some();
    row.waiting_since = since;
    row.due_at = own_due.or_else(|| since.and_then(|s| s.checked_add(rows::REPLY_WITHIN).ok()));
    row.late = row.due_at.is_some_and(|due| due < Timestamp::now());
}

/// Since when the holder holds it.
fn held_since(events: &[TicketEvent], holder: Option<&AgentRef>) -> Option<Timestamp> {
    holder?;
    events.iter().rfind(|e| matches!(e.what.as_str(), "claim" | "assign" | "steal")).map(|e| e.at)
}

/// What a split writes at the head of the new ticket, before the old one's number.
const FROM: &str = "Split from #";
/// The same in the old one.
const INTO: &str = "Split into #";

/// The head of the new ticket of a split.
pub fn split_head(from: &TicketId) -> String {
    format!("{FROM}{from}")
}

/// The head of the note in the old one.
pub fn split_note(into: &TicketId) -> String {
    format!("{INTO}{into}")
}

/// The tickets that the words of splits name. Anybody can write them: together with a link they make a split.
fn named(messages: &[Message]) -> Related {
    let after = |text: &Clean, words: &str| {
        let rest = text.as_str().strip_prefix(words)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        (end > 0).then(|| TicketId::new(&rest[..end]))
    };
    Related {
        from: messages.first().and_then(|m| after(&m.text, FROM)),
        into: messages.iter().filter(|m| m.kind == Kind::Note).filter_map(|m| after(&m.text, INTO)).collect(),
    }
}

/// The number of a linked ticket, or the address as it is.
fn linked(uri: &str) -> Option<Clean> {
    let end = uri.rsplit('/').next().unwrap_or_default();
    if !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Clean::line(&format!("#{end}")));
    }
    (!uri.is_empty()).then(|| Clean::line(uri))
}
