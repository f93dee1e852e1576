//! Split and merge. RT merges by itself; it has no split, and its tickets keep their messages. So a split copies: the new ticket
//! begins with the chosen messages, each under the name of who wrote it and when, with their files; notes follow as a comment, so
//! that they stay inside. The customer is added only then, because opening a ticket for somebody mails that person.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use super::read::no_ticket;
use super::speak::{File, attach, media_type, true_text};
use super::thread::{pointer, split_head, split_note};
use super::wire::Part;
use super::write::{denied, invalid, not_possible, number, put, receipt};
use super::{Rt, get, line, path};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{DeskError, Kind, Message, MessageId, Pick, Receipt, Split, Thread, TicketId};
use crate::text::Clean;

impl Rt {
    /// Splits a ticket in two.
    pub async fn split(&self, split: &Split) -> DeskResult<Receipt> {
        let id = &split.ticket;
        let from = number(id)?;
        let thread = self.whole_thread(id).await?;
        if let Some(into) = &thread.ticket.merged_into {
            return Err(not_possible(&format!("the ticket was merged into #{into}; split that one")));
        }
        let known = self.known(id).await?;
        let chosen = Chosen::of(&thread, &split.pick)?;
        let queue = match &split.queue {
            Some(queue) => self.queue(queue.as_str()).await?.id,
            None => thread.ticket.queue_id.clone(),
        };
        let open_files = self.copies_of(&chosen.open).await?;
        let inner_files = self.copies_of(&chosen.notes).await?;
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
        let labels = split.labels.as_ref().unwrap_or(&thread.ticket.labels);
        let mut remarks: Vec<String> = Vec::new();
        match &known.labels_field {
            Some(field) if !labels.is_empty() => {
                let words: Vec<&str> = labels.iter().map(Clean::as_str).collect();
                body["CustomFields"] = json!({ field.as_str(): words });
            }
            None if !labels.is_empty() => remarks.push(super::write::NO_LABELS.to_owned()),
            _ => {}
        }
        attach(&mut body, &open_files);
        let new = self.make(&body).await?;
        // The new ticket is there: whatever fails from here on is told with it, and it is not made again.
        let people: Vec<String> = known.requestors.iter().map(|r| r.login().to_owned()).collect();
        if !people.is_empty() {
            match self.add_requester(&new, &people).await {
                Ok(remark) => remarks.extend(remark.map(|r| r.to_string())),
                Err(error) => remarks.push(format!("#{new} may be without its requester: {error}")),
            }
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
        let (mut now, made) = (now.unwrap_or(known), made?);
        if !now.row.split_into.contains(&new) {
            now.row.split_into.push(new.clone());
        }
        if let Some(owner) = owner.filter(|o| made.row.assignee.as_ref().is_none_or(|a| a.login.as_str() != *o)) {
            remarks.push(format!("#{new} is not held by {owner}: RT did not give it"));
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
        if answer.status.is_success() { Ok(()) } else { Err(line::refusal(&answer)) }
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
        let wrote = self.write(id, &put(id, None, Some(&json!({ "MergeInto": target })))?.repeatable()).await?;
        let Some(now) = self.row_if_there(into).await? else { return Err(no_ticket(into)) };
        if self.listed(id).await?.is_some() {
            return Err(denied(&wrote.said));
        }
        self.memory().forget(id);
        let emptied = pointer(id, &now.row).ticket;
        let mut receipt = receipt(&now, Some(before.clone()));
        receipt.ticket =
            crate::domain::TicketRow { subject: before.subject, status: crate::domain::Status::Closed, ..emptied };
        receipt.other = Some(now.row);
        Ok(receipt)
    }
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
                let lines: Vec<&str> = message.text.lines().collect();
                if first == 0 || last < first || last as usize > lines.len() {
                    return Err(invalid("lines", &format!("the message has the lines 1 to {}", lines.len())));
                }
                let text = lines[first as usize - 1..last as usize].join("\n");
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
