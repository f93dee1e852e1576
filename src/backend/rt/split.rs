//! Split and merge. RT merges by itself; it has no split, and its tickets keep their messages. So a split copies: the new ticket
//! begins with the chosen messages, each under the name of who wrote it and when, with their files; notes follow as a comment, so
//! that they stay inside. The customer is added only then, because opening a ticket for somebody mails that person.

use std::fmt::Write as _;

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::read::no_ticket;
use super::rows::Known;
use super::speak::{File, attach, made, media_type, opened, true_text};
use super::thread::{pointer, split_head, split_note};
use super::wire::Part;
use super::write::{denied, invalid, not_possible, number, of_ticket, put, receipt};
use super::{Rt, get, path};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{DeskError, Kind, Message, MessageId, Pick, QueueId, Receipt, Split, Status, Thread, TicketId};
use crate::text::Clean;

impl Rt {
    /// Asks for all that a split needs and that could refuse it.
    async fn plan(&self, split: &Split) -> DeskResult<Plan> {
        let id = &split.ticket;
        let thread = self.whole_thread(id).await?;
        if let Some(into) = &thread.ticket.merged_into {
            return Err(not_possible(&format!("the ticket was merged into #{into}; split that one")));
        }
        let known = self.known(id).await?;
        let chosen = Chosen::of(&thread, &split.pick)?;
        let (queue, lifecycle) = match &split.queue {
            Some(queue) => self.queue(queue.as_str()).await.map(|q| (q.id, q.lifecycle))?,
            None => (thread.ticket.queue_id.clone(), known.lifecycle.clone()),
        };
        // What is being worked on goes on in two tickets; a new one that nobody has answered yet becomes two new ones.
        let status = match thread.ticket.status {
            Status::New => None,
            Status::Open if lifecycle == known.lifecycle => Some(thread.ticket.native_status.to_string()),
            _ => self.status_name(&lifecycle, Status::Open).await.ok(),
        };
        let open_files = self.copies_of(&chosen.open).await?;
        let inner_files = self.copies_of(&chosen.notes).await?;
        Ok(Plan { thread, known, chosen, queue, status, open_files, inner_files })
    }

    /// Splits a ticket in two.
    pub async fn split(&self, split: &Split) -> DeskResult<Receipt> {
        let id = &split.ticket;
        let from = number(id)?;
        let Plan { thread, known, chosen, queue, status, open_files, inner_files } =
            self.plan(split).await.map_err(DeskError::before_the_write)?;
        let mut body = json!({
            "Queue": queue.as_str(),
            "Subject": split.subject.as_deref().map(str::trim).filter(|s| !s.is_empty()).unwrap_or(&thread.ticket.subject),
            "Content": chosen.text(id, &chosen.open),
            "ContentType": "text/plain",
            "RefersTo": [from],
        });
        let owner = match &split.assignee {
            None => thread.ticket.assignee.as_ref().map(|a| a.login.to_string()),
            Some(given) => given.as_ref().map(ToString::to_string),
        };
        if let Some(owner) = &owner {
            body["Owner"] = Value::from(owner.as_str());
        }
        if let Some(status) = &status {
            body["Status"] = Value::from(status.as_str());
        }
        let labels = split.labels.as_ref().unwrap_or(&thread.ticket.labels);
        let mut remarks: Vec<String> = Vec::new();
        let known_labels = known.labels_field.is_some();
        match &known.labels_field {
            Some(field) if !labels.is_empty() => {
                let words: Vec<&str> = labels.iter().map(Clean::as_str).collect();
                body["CustomFields"] = json!({ field.as_str(): words });
            }
            None if !labels.is_empty() => remarks.push(super::write::NO_LABELS.to_owned()),
            _ => {}
        }
        attach(&mut body, &open_files);
        let mut later = None;
        let new = match self.make(&body).await {
            // A lifecycle may say how its tickets begin. Nothing is there yet.
            Err(DeskError::Invalid { .. } | DeskError::Denied { .. }) if status.is_some() => {
                later = body.as_object_mut().and_then(|body| body.remove("Status"));
                self.make(&body).await?
            }
            made => made?,
        };
        // The new ticket is there: whatever fails from here on is told with it, and it is not made again.
        if let Some(status) = later {
            // Before anybody is on it who could be mailed; the last look tells whether it was done.
            let _ = self.write(&new, &put(&new, None, Some(&json!({ "Status": status })))?.repeatable()).await;
        }
        let people: Vec<String> = known.requestors.iter().map(|r| r.login().to_owned()).collect();
        let mut seen = None;
        if !people.is_empty() {
            let (now, remark) = self.add_requester(&new, &people).await;
            remarks.extend(remark);
            seen = now;
        }
        if !chosen.notes.is_empty()
            && let Err(error) = self.comment(&new, &chosen.text(id, &chosen.notes), &inner_files).await
        {
            remarks.push(format!("the notes were not copied: {error}"));
        }
        let note = format!("{}\n\n{}", split_note(&new), chosen.about);
        if let Err(error) = self.comment(id, &note, &[]).await {
            remarks.push(format!("#{id} has no note about it: {error}"));
        }
        let (now, made) = futures_util::join!(self.row(id), self.row(&new));
        let (mut now, mut made) = match (now, made, seen) {
            (now, Ok(made), _) | (now, Err(_), Some(made)) => (now.unwrap_or(known), made),
            (_, Err(error), None) => return Err(opened(&new, &error)),
        };
        made.row.split_from = Some(id.clone());
        if !now.row.split_into.contains(&new) {
            now.row.split_into.push(new.clone());
        }
        if let Some(owner) = owner.filter(|o| made.row.assignee.as_ref().is_none_or(|a| a.login.as_str() != *o)) {
            remarks.push(format!("#{new} is not held by {owner}: RT did not give it"));
        }
        if let Some(status) = status.filter(|s| *s != made.row.native_status.as_str()) {
            remarks.push(format!("#{new} is {} and not {status}: RT did not change it", made.row.native_status));
        }
        if known_labels && labels.iter().any(|l| !made.row.labels.contains(l)) {
            remarks.push(format!("#{new} has not all labels: RT did not take them"));
        }
        let mut receipt = receipt(&now, Some(thread.ticket));
        receipt.other = Some(made.row);
        receipt.remark = (!remarks.is_empty()).then(|| Clean::line(&remarks.join("; ")));
        Ok(receipt)
    }

    async fn comment(&self, id: &TicketId, text: &str, files: &[File]) -> DeskResult<()> {
        let mut body = json!({ "Content": true_text(text), "ContentType": "text/plain" });
        attach(&mut body, files);
        let ask = Ask::new(Method::POST, path(["ticket", id.as_str(), "comment"])).json(&body)?;
        let answer = self.line.send(&ask).await?;
        made(&answer).map_err(|error| of_ticket(id, error))
    }

    /// The files of messages, as RT takes them.
    async fn copies_of(&self, messages: &[Message]) -> DeskResult<Vec<File>> {
        let mut files = Vec::new();
        for file in messages.iter().flat_map(|m| &m.attachments) {
            let part: Part = self.line.ask(&get(&["attachment", file.id.as_str()])).await?;
            let content: String = part.content.split_ascii_whitespace().collect();
            // RT takes no empty file, and there is nothing in it to lose.
            if !content.is_empty() {
                files.push(File { name: file.name.to_string(), media_type: media_type(&part.content_type), content });
            }
        }
        Ok(files)
    }

    /// Folds one ticket into another.
    pub async fn merge(&self, id: &TicketId, into: &TicketId) -> DeskResult<Receipt> {
        let (_, target) = (number(id)?, number(into)?);
        if id == into {
            return Err(not_possible("a ticket cannot be merged into itself"));
        }
        let before = match self.remembered(id) {
            Some(before) => before,
            None => self.row(id).await?.row,
        };
        let mut again = true;
        let wrote = loop {
            // Where it was merged meanwhile RT would merge that other ticket: looked at before, and held to that.
            let (_, etag) = self.current(id).await?;
            let ask = put(id, None, Some(&json!({ "MergeInto": target })))?.header(header::IF_MATCH, &etag);
            match self.write(id, &ask).await {
                Err(DeskError::Conflict { .. }) if again => again = false,
                wrote => break wrote?,
            }
        };
        let (now, still) = futures_util::join!(self.row_if_there(into), self.listed(id));
        let (now, still) = (now.map_err(DeskError::after_the_write)?, still.map_err(DeskError::after_the_write)?);
        let now = match (now, still) {
            (None, Some(_)) => return Err(no_ticket(into)),
            (Some(_), Some(_)) => return Err(denied(&wrote.said)),
            (None, None) => return Err(no_ticket(into).after_the_write()),
            (Some(now), None) => now,
        };
        self.memory().forget(id);
        let emptied = pointer(id, &now.row).ticket;
        let mut receipt = receipt(&now, Some(before.clone()));
        receipt.ticket =
            crate::domain::TicketRow { subject: before.subject, status: crate::domain::Status::Closed, ..emptied };
        receipt.other = Some(now.row);
        Ok(receipt)
    }
}

/// What a split needs, read before anything is made.
struct Plan {
    thread: Thread,
    known: Known,
    chosen: Chosen,
    queue: QueueId,
    /// What the new ticket is to be.
    status: Option<String>,
    open_files: Vec<File>,
    inner_files: Vec<File>,
}

/// What a split takes out.
struct Chosen {
    /// What the customer may see.
    open: Vec<Message>,
    /// What stays inside.
    notes: Vec<Message>,
    /// Which it was, for the old ticket.
    about: String,
}

impl Chosen {
    fn of(thread: &Thread, pick: &Pick) -> DeskResult<Self> {
        let there = |id: &MessageId| {
            thread.messages.iter().find(|m| m.id == *id).ok_or_else(|| DeskError::NotFound {
                what: Clean::line(&format!("message {id} of ticket #{}", thread.ticket.id)),
            })
        };
        match pick {
            Pick::Messages(ids) => {
                if ids.is_empty() {
                    return Err(invalid("messages", "no message is chosen"));
                }
                let mut chosen = ids.iter().map(there).collect::<DeskResult<Vec<&Message>>>()?;
                chosen.sort_by_key(|m| m.number);
                chosen.dedup_by_key(|m| m.number);
                if chosen.len() == thread.messages.len() {
                    return Err(not_possible("all messages are chosen; leave at least one in the ticket"));
                }
                let mut about = String::new();
                for m in &chosen {
                    let _ = writeln!(about, "Message {}: {}", m.number, head(m));
                }
                let (notes, open) = chosen.into_iter().cloned().partition(|m: &Message| m.kind == Kind::Note);
                Ok(Self { open, notes, about })
            }
            Pick::Lines(excerpt) => {
                let message = there(&excerpt.message)?;
                let (first, last) = excerpt.lines;
                let text = message.cut(excerpt.lines)?;
                let about = format!("Message {}, lines {first} to {last}: {}\n", message.number, head(message));
                let part = Message { text: Clean::text(&text), attachments: Vec::new(), ..message.clone() };
                let (notes, open) =
                    if message.kind == Kind::Note { (vec![part], vec![]) } else { (vec![], vec![part]) };
                Ok(Self { open, notes, about })
            }
        }
    }

    /// The text of messages under where they come from.
    fn text(&self, from: &TicketId, messages: &[Message]) -> String {
        let mut text = split_head(from);
        for message in messages {
            let _ = write!(text, "\n\n{}:\n\n{}", head(message), message.text.trim_end());
        }
        text.push('\n');
        text
    }
}

/// Who wrote a message, and when.
fn head(message: &Message) -> String {
    format!("{}, {}", message.author, message.at.strftime("%Y-%m-%d %H:%M UTC"))
}
