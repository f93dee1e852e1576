//! Split and merge. Entries can be moved with date, author and files kept; nothing is done in one step, so what is left undone is
//! told. Marks name the other ticket in a private entry; they are moved and changed entries, which mail nobody, where the thread has
//! people on its copies.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::roster::Roster;
use super::rows::{SPLIT_FROM, SPLIT_INTO};
use super::wire::{self, FollowUp, Ticket};
use super::write::half;
use super::{DjangoHelpdesk, not_possible, number, rows};
use crate::backend::DeskResult;
use crate::domain::{DeskError, Kind, Message, MessageId, Pick, Receipt, Split};
use crate::text::Clean;

/// Moves an entry. What the customer said stays the customer's: an entry that an account typed in for one is known by its place
/// at the beginning of its ticket, and elsewhere by a mail's id.
pub fn moved_to(ticket: i64, entry: &FollowUp, from: &Ticket) -> Value {
    let mut body = json!({"ticket": ticket});
    let mailed = entry.message_id.as_ref().is_some_and(|id| !id.is_empty());
    if entry.user.is_some() && !mailed && rows::kind(entry, from) == Kind::Incoming {
        body["message_id"] = format!("<entry-{}@ticketty.invalid>", entry.id).into();
    }
    body
}

impl DjangoHelpdesk {
    pub async fn split(&self, roster: &Roster, split: &Split) -> DeskResult<Receipt> {
        let source = self.look(number(&split.ticket)?).await?;
        let thread = self.reader(roster).thread(&source);
        let (picked, text, private) = match &split.pick {
            Pick::Messages(ids) => {
                let picked: Vec<&Message> = thread.messages.iter().filter(|m| ids.contains(&m.id)).collect();
                if let Some(lost) = ids.iter().find(|id| picked.iter().all(|m| m.id != **id)) {
                    return Err(DeskError::NotFound { what: Clean::line(&format!("message {lost}")) });
                }
                if picked.is_empty() || picked.len() == thread.messages.len() {
                    return Err(not_possible("something must stay in the ticket, and something must leave it"));
                }
                let first = picked.iter().find(|m| m.kind == Kind::Incoming);
                let text = first.map_or_else(String::new, |m| m.text.to_string());
                (picked.iter().map(|m| m.id.clone()).collect(), text, None)
            }
            Pick::Lines(excerpt) => {
                let message = thread.messages.iter().find(|m| m.id == excerpt.message).ok_or_else(|| {
                    DeskError::NotFound { what: Clean::line(&format!("message {}", excerpt.message)) }
                })?;
                let text = message.cut(excerpt.lines)?;
                // A ticket's own text is public, and a note is for us.
                match message.kind {
                    Kind::Note => (Vec::new(), String::new(), Some(text)),
                    _ => (Vec::new(), text, None),
                }
            }
        };
        let queue = match &split.queue {
            Some(queue) => roster
                .find_queue(queue.as_str())
                .ok_or_else(|| not_possible(&format!("there is no queue {queue} here for you")))?,
            None => source.queue,
        };
        let assignee = match &split.assignee {
            None => source.assigned_to,
            Some(None) => None,
            Some(Some(to)) => Some(
                roster
                    .find_user(to.as_str())
                    .ok_or_else(|| not_possible(&format!("django-helpdesk knows no agent {to}")))?,
            ),
        };
        let labels = match &split.labels {
            Some(labels) => Some(labels.clone()),
            None => rows::labels(&source, &self.0.labels).filter(|labels| !labels.is_empty()),
        };
        let subject = split.subject.clone().unwrap_or_else(|| source.title.clone());
        let made = self.create(queue, &subject, &text).await?;
        let finish = self.fill(&source, &made, &picked, private, assignee, labels);
        let (source, made) = finish.await.map_err(|error| half(made.id, &error))?;
        let reader = self.reader(roster);
        Ok(Receipt { other: Some(reader.row(&made)), moved: picked, ..Receipt::of(reader.row(&source)) })
    }

    /// All that comes after the new ticket was made.
    async fn fill(
        &self,
        source: &Ticket,
        made: &Ticket,
        picked: &[MessageId],
        private: Option<String>,
        assignee: Option<i64>,
        labels: Option<Vec<Clean>>,
    ) -> DeskResult<(Ticket, Ticket)> {
        let opening = made.followup_set.first().map(|f| f.id.to_string());
        if let Some(text) = private {
            // It repeats the subject so far; a changed entry is mailed to nobody.
            let opening = opening
                .as_deref()
                .ok_or_else(|| not_possible("the new ticket has no entry to keep the note's lines in"))?;
            self.entry(opening, &json!({"comment": text, "public": false})).await?;
        }
        for entry in source.followup_set.iter().filter(|f| picked.iter().any(|id| id.number() == Some(f.id))) {
            self.entry(&entry.id.to_string(), &moved_to(made.id, entry, source)).await?;
        }
        let into = json!({"ticket": source.id, "comment": format!("{SPLIT_INTO}{}", made.id), "public": false});
        match opening.filter(|_| !picked.is_empty()) {
            // It only repeats the first message: now it is the source's mark.
            Some(opening) => self.entry(&opening, &into).await?,
            None => {
                let (entry, _) = self.post(made, "…", false, None, &[]).await?;
                self.entry(&entry.id.to_string(), &into).await?
            }
        };
        self.post(made, &format!("{SPLIT_FROM}{}", source.id), false, None, &[]).await?;
        let mut body = json!({
            "submitter_email": source.submitter_email,
            "assigned_to": assignee,
            "priority": source.priority,
        });
        if let Some(labels) = labels {
            let joined = labels.iter().map(Clean::as_str).collect::<Vec<_>>().join(", ");
            body[format!("custom_{}", self.0.labels)] = joined.into();
        }
        let same = |t: &Ticket| t.submitter_email == source.submitter_email && t.assigned_to == assignee;
        let made = self.change(made.id, &body, same, Duration::ZERO).await?;
        Ok((self.ticket(source.id).await?, made))
    }

    pub async fn merge(&self, roster: &Roster, from: i64, into: i64) -> DeskResult<Receipt> {
        if from == into {
            return Err(not_possible("a ticket cannot be merged into itself"));
        }
        let (emptied, target) = (self.look(from).await?, self.look(into).await?);
        if emptied.merged_to.is_some() || target.merged_to.is_some() {
            return Err(not_possible("it is merged already; open the ticket that it leads to"));
        }
        let mut moved = Vec::new();
        for entry in &emptied.followup_set {
            self.entry(&entry.id.to_string(), &moved_to(into, entry, &emptied)).await.map_err(|error| {
                if moved.is_empty() {
                    return error;
                }
                // Made again it moves the rest.
                if error.is_retryable() {
                    return error.after_the_write();
                }
                not_possible(&format!(
                    "{} of {} messages were moved, and then it went wrong: {error}; merge again to move the rest",
                    moved.len(),
                    emptied.followup_set.len()
                ))
            })?;
            moved.push(entry.id.to_string().as_str().into());
        }
        let body = json!({"merged_to": into, "status": wire::DUPLICATE});
        let emptied = self.change(from, &body, |t| t.merged_to == Some(into), Duration::ZERO).await?;
        let target = self.ticket(into).await.map_err(DeskError::after_the_write)?;
        let reader = self.reader(roster);
        Ok(Receipt { other: Some(reader.row(&target)), moved, ..Receipt::of(reader.row(&emptied)) })
    }

    /// Changes an entry: no mail, no template, no other effect.
    async fn entry(&self, id: &str, body: &Value) -> DeskResult<FollowUp> {
        let ask = crate::backend::http::Ask::new(Method::PATCH, ["api", "followups", id, ""]);
        self.ask(ask.json(body)?.repeatable()).await
    }
}
