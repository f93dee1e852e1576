//! Every write that is neither about the holder nor a split. What could be refused in silence is read back and compared.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::book::Memory;
use super::claim::{fields, ignored};
use super::land::{Land, customer_field, label_field};
use super::query::no_queue;
use super::rows::FIRST;
use super::wire::{Issue, OneIssue, Uploaded};
use super::{Redmine, number, refusal};
use crate::backend::http::Ask;
use crate::backend::{DeskResult, upload};
use crate::domain::{
    Delivery, DeskError, Kind, Message, NewTicket, Outgoing, Priority, QueueId, Receipt, Requester, Status, TicketId,
    TicketRow, Upload,
};
use crate::text::Clean;

/// How often a label is written again because the ticket changed meanwhile.
const TRIES: u32 = 3;

impl Redmine {
    /// Sets fields and answers the issue as it is then.
    async fn set(&self, land: &Land, ticket: &TicketId, fields: Map<String, Value>) -> DeskResult<(Issue, TicketRow)> {
        self.put(ticket, fields).await?;
        let issue = self.issue(ticket).await?;
        let (row, _) = self.take(land, &issue).await?;
        Ok((issue, row))
    }

    fn known(&self, ticket: &TicketId) -> Option<TicketRow> {
        let memory: &Memory = &self.memory();
        memory.known(ticket.number()?)
    }

    pub(super) async fn set_status(&self, ticket: &TicketId, to: Status) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue_and_statuses(ticket).await?;
        let (before, _) = self.take(&land, &issue).await?;
        if before.status == to {
            return Ok(Receipt::since(before.clone(), Some(before)));
        }
        let id = allowed(&land, &issue, to)?;
        let (after, row) = self.set(&land, ticket, fields("status_id", id)).await?;
        if after.status.id == id { Ok(Receipt::since(row, Some(before))) } else { Err(forbidden(&issue)) }
    }

    pub(super) async fn set_priority(&self, ticket: &TicketId, to: Priority) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let before = self.known(ticket);
        let Some(id) = land.native_priority(to) else {
            let names: Vec<&str> = land.priorities.iter().map(|p| p.name.as_str()).collect();
            let why = format!("this Redmine has no priority for {}; it has {}", to.word(), names.join(", "));
            return Err(DeskError::NotPossible { why: Clean::line(&why) });
        };
        let (after, row) = self.set(&land, ticket, fields("priority_id", id)).await?;
        if after.priority.id == id {
            Ok(Receipt::since(row, before))
        } else {
            Err(ignored("may not set the priority there"))
        }
    }

    pub(super) async fn set_subject(&self, ticket: &TicketId, to: &Clean) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let before = self.known(ticket);
        let (after, row) = self.set(&land, ticket, fields("subject", to.as_str())).await?;
        let same = after.subject.trim() == to.trim();
        if same { Ok(Receipt::since(row, before)) } else { Err(ignored("may not change the subject there")) }
    }

    pub(super) async fn move_to(&self, ticket: &TicketId, to: &QueueId) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let before = self.known(ticket);
        let to = land.project(to).ok_or_else(|| no_queue(to.as_str()))?.id;
        let (after, row) = self.set(&land, ticket, fields("project_id", to)).await?;
        if after.project.id != to {
            return Err(ignored("may not move tickets into that project"));
        }
        let lost = before.as_ref().filter(|b| b.category.is_some() && row.category.is_none());
        let remark = lost.map(|_| Clean::line("the category is gone: categories belong to a project in Redmine"));
        Ok(Receipt { remark, ..Receipt::since(row, before) })
    }

    pub(super) async fn set_requester(&self, ticket: &TicketId, to: &Requester) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue(ticket).await?;
        let (before, _) = self.take(&land, &issue).await?;
        let Some(field) = customer_field(&land.names, &issue) else {
            return Err(DeskError::NotPossible {
                why: Clean::line(
                    "the requester is the ticket's author there, whom Redmine does not change; a custom field for the \
                     customer's address (option customer_field of the desk) would hold one",
                ),
            });
        };
        if to.email.is_empty() {
            return Err(DeskError::Invalid {
                field: Some(Clean::line("email")),
                why: Clean::line("Redmine keeps the customer's address only: name one"),
            });
        }
        let value = json!([{ "id": field.id, "value": to.email.as_str() }]);
        let (after, row) = self.set(&land, ticket, fields("custom_fields", value)).await?;
        let kept = customer_field(&land.names, &after).is_some_and(|f| f.values() == [to.email.as_str()]);
        if !kept {
            return Err(ignored("may not change the customer's address there"));
        }
        let lost = !to.name.is_empty() || to.phone.is_some() || to.code.is_some();
        let remark = lost.then(|| Clean::line("Redmine keeps the customer's address only; the rest was left out"));
        Ok(Receipt { remark, ..Receipt::since(row, Some(before)) })
    }

    /// Reads the labels, changes them and writes them back under the version they were read with: the field is replaced as a whole.
    pub(super) async fn set_labels(&self, ticket: &TicketId, add: &[Clean], remove: &[Clean]) -> DeskResult<Receipt> {
        let land = self.land().await?;
        for _ in 0..TRIES {
            let version = self.lock_version(ticket).await?;
            let issue = self.issue(ticket).await?;
            let (before, _) = self.take(&land, &issue).await?;
            let Some(field) = label_field(&land.names, &issue) else {
                return Err(DeskError::NotPossible {
                    why: Clean::line(
                        "Redmine has no labels of its own and this ticket no list field for them; an administrator can add one \
                         that takes several values (option label_field of the desk names it)",
                    ),
                });
            };
            let mut labels: Vec<Clean> = before.labels.iter().filter(|l| !remove.contains(l)).cloned().collect();
            labels.extend(add.iter().filter(|l| !before.labels.contains(l)).cloned());
            labels.sort();
            labels.dedup();
            // An empty list would be read as "nothing said".
            let value: Vec<&str> =
                if labels.is_empty() { vec![""] } else { labels.iter().map(Clean::as_str).collect() };
            let mut wanted = fields("custom_fields", json!([{ "id": field.id, "value": value }]));
            if let Some(version) = version {
                wanted.insert("lock_version".to_owned(), version.into());
            }
            match self.set(&land, ticket, wanted).await {
                Err(DeskError::Conflict { .. }) if version.is_some() => {}
                Err(DeskError::Invalid { why, .. }) => {
                    let why =
                        format!("{why}; only the values of the list can be labels there, an administrator adds more");
                    return Err(DeskError::NotPossible { why: Clean::line(&why) });
                }
                Err(error) => return Err(error),
                Ok((_, row)) if row.labels == labels => return Ok(Receipt::since(row, Some(before))),
                Ok(_) => return Err(ignored("may not set that field")),
            }
        }
        Err(DeskError::Conflict {
            ticket: self.known(ticket).map(Box::new),
            why: Clean::line("somebody changed the ticket at the same moment; look at it again"),
        })
    }

    pub(super) async fn reply(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue_to_say(ticket, message).await?;
        let (before, messages) = self.take(&land, &issue).await?;
        if !message.force
            && let Some(seen) = &message.seen
        {
            let newer = moved_on(&messages, seen.as_str());
            if !newer.is_empty() {
                return Err(DeskError::MovedOn { messages: newer });
            }
        }
        let others = message.cc.iter().chain(&message.bcc).next();
        let to = message.to.iter().find(|to| !to.email.eq_ignore_ascii_case(&before.requester.email));
        if let Some(person) = others.or(to.filter(|to| !to.email.is_empty())) {
            let why = format!(
                "Redmine sends a note to its own users and watchers only: {} cannot be written to from here",
                person.display()
            );
            return Err(DeskError::NotPossible { why: Clean::line(&why) });
        }
        let outside = customer_field(&land.names, &issue).is_some_and(|f| !f.values().is_empty());
        let said = self.say(&land, &issue, &messages, message, false).await?;
        let remark = if outside {
            format!("a public note in Redmine, NOT mailed to {} unless a plugin does so", before.requester.display())
        } else {
            "a public note; Redmine mails it to the author and watchers as they have set it".to_owned()
        };
        Ok(Receipt {
            delivery: outside.then_some(Delivery::None),
            remark: Some(Clean::line(&joined(&remark, said.remark.as_deref()))),
            before: Some(Box::new(before)),
            ..said
        })
    }

    pub(super) async fn note(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue_to_say(ticket, message).await?;
        let (before, messages) = self.take(&land, &issue).await?;
        self.check_private(&land, issue.project.id).await?;
        let said = self.say(&land, &issue, &messages, message, true).await?;
        Ok(Receipt { before: Some(Box::new(before)), ..said })
    }

    async fn issue_to_say(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Issue> {
        match message.then.status {
            Some(_) => self.issue_and_statuses(ticket).await,
            None => self.issue(ticket).await,
        }
    }

    /// Refuses where a private note might come out public: without the right, Redmine drops the word "private" and keeps the note.
    pub(super) async fn check_private(&self, land: &Land, project: i64) -> DeskResult<()> {
        match self.may(land, project, &["set_notes_private"]).await? {
            Some(true) => Ok(()),
            Some(false) => Err(DeskError::Denied {
                why: Clean::line(
                    "your role may not make private notes in that project: Redmine would show the note to everybody, so it was \
                     not sent",
                ),
            }),
            None => Err(DeskError::Denied {
                why: Clean::line(
                    "Redmine does not tell whether your role may make private notes in that project: the note might be shown to \
                     everybody, so it was not sent",
                ),
            }),
        }
    }

    /// Adds a note and reads it back.
    async fn say(
        &self,
        land: &Land,
        issue: &Issue,
        known: &[Message],
        message: &Outgoing,
        private: bool,
    ) -> DeskResult<Receipt> {
        let ticket = TicketId::from(issue.id);
        let status = message.then.status.filter(|s| *s != land.status(&issue.status));
        let status = status.map(|to| allowed(land, issue, to)).transpose()?;
        let assignee = match &message.then.assignee {
            Some(to) => Some(self.agent(land, to).await?),
            None => None,
        };
        let mut fields = fields("notes", message.text.as_str());
        fields.insert("private_notes".to_owned(), private.into());
        if let Some(status) = status {
            fields.insert("status_id".to_owned(), status.into());
        }
        if let Some(to) = &assignee {
            fields.insert("assigned_to_id".to_owned(), to.as_str().into());
        }
        let uploads = self.upload(&message.files).await?;
        if !uploads.is_empty() {
            fields.insert("uploads".to_owned(), uploads.into());
        }
        self.put(&ticket, fields).await?;
        let after = self.issue(&ticket).await?;
        let (row, messages) = self.take(land, &after).await?;
        let said = messages.into_iter().rev().find(|m| {
            let own = m.agent.as_ref().is_none_or(|a| a.number() == Some(land.me.id));
            own && !known.iter().any(|k| k.id == m.id) && same_text(&m.text, &message.text)
        });
        let Some(said) = said else { return Err(ignored("may not write notes there")) };
        if private && said.kind != Kind::Note {
            return Err(self.hide(&ticket, &said).await);
        }
        let mut remarks = Vec::new();
        if status.is_some_and(|id| after.status.id != id) {
            remarks.push(format!("the status stayed {}: the workflow does not allow the other", after.status.name));
        }
        if assignee.is_some_and(|to| row.assignee.as_ref().is_none_or(|a| a.id != to)) {
            remarks.push("it was not handed over: this account may not do that".to_owned());
        }
        if said.attachments.len() < message.files.len() {
            remarks.push("not every file was kept".to_owned());
        }
        let remark = (!remarks.is_empty()).then(|| Clean::line(&remarks.join("; ")));
        Ok(Receipt { message: Some(said), remark, ..Receipt::since(row, None) })
    }

    /// A note that should be private and is not: hidden again at once, and told in any case.
    async fn hide(&self, ticket: &TicketId, note: &Message) -> DeskError {
        let path = ["journals".to_owned(), format!("{}.json", note.id)];
        let mend = Ask::new(Method::PUT, path).json(&json!({ "journal": { "private_notes": true } }));
        let mended = match mend {
            Ok(ask) => self.http.send(&ask).await.is_ok_and(|a| a.status.is_success()),
            Err(_) => false,
        };
        let hidden = mended
            && self
                .issue(ticket)
                .await
                .is_ok_and(|issue| issue.journals.iter().any(|j| note.id.number() == Some(j.id) && j.private_notes));
        let what = if hidden {
            "the note came out public for a moment and is private again; Redmine may have mailed it to its users and watchers"
        } else {
            "the note came out PUBLIC although it was sent as a private one; hide it in Redmine now"
        };
        DeskError::Denied { why: Clean::line(what) }
    }

    /// Uploads files, each for one use in the write that comes next.
    pub(super) async fn upload(&self, files: &[Upload]) -> DeskResult<Vec<Value>> {
        let mut tokens = Vec::with_capacity(files.len());
        for (file, bytes) in upload::read(files).await? {
            tokens.push(self.upload_bytes(&file.name, &file.media_type, bytes).await?);
        }
        Ok(tokens)
    }

    /// Uploads one file.
    pub(super) async fn upload_bytes(&self, name: &str, media_type: &str, bytes: bytes::Bytes) -> DeskResult<Value> {
        let ask = Ask::new(Method::POST, ["uploads.json"])
            .param("filename", Some(name))
            // Any other type is refused with 406.
            .bytes("application/octet-stream", bytes);
        let answer = self.http.send(&ask).await?;
        if !answer.status.is_success() {
            return Err(match refusal(&answer) {
                DeskError::Invalid { why, .. } => DeskError::TooLarge { why },
                other => other,
            });
        }
        let uploaded: Uploaded = answer.json()?;
        Ok(json!({ "token": uploaded.upload.token, "filename": name, "content_type": media_type }))
    }

    pub(super) async fn create(&self, new: &NewTicket) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let project = land.project(&new.queue).ok_or_else(|| no_queue(new.queue.as_str()))?.id;
        let field = land.customer_id(Some(project)).filter(|_| !new.requester.email.is_empty());
        let mut text = new.text.clone();
        if field.is_none() && !new.requester.display().is_empty() {
            // Nowhere else to keep whom it is for.
            text = format!("{}\n\n{text}", new.requester);
        }
        let mut fields = fields("project_id", project);
        fields.insert("subject".to_owned(), new.subject.as_str().into());
        fields.insert("description".to_owned(), text.into());
        if let Some(field) = field {
            let value = json!([{ "id": field, "value": new.requester.email.as_str() }]);
            fields.insert("custom_fields".to_owned(), value);
        }
        let uploads = self.upload(&new.files).await?;
        if !uploads.is_empty() {
            fields.insert("uploads".to_owned(), uploads.into());
        }
        let issue = self.post(fields).await?;
        let issue = self.issue(&issue.id.into()).await?;
        let (row, _) = self.take(&land, &issue).await?;
        let stored = field.is_none() || row.requester.email.eq_ignore_ascii_case(&new.requester.email);
        let remark = (!stored).then(|| Clean::line("Redmine did not keep the customer's address: look at the ticket"));
        Ok(Receipt { remark, ..Receipt::since(row, None) })
    }

    /// Makes an issue.
    pub(super) async fn post(&self, fields: Map<String, Value>) -> DeskResult<Issue> {
        let ask = Ask::new(Method::POST, ["issues.json"]).json(&json!({ "issue": fields }))?;
        let answer = self.http.send(&ask).await?;
        if !answer.status.is_success() {
            return Err(match refusal(&answer) {
                DeskError::NotFound { .. } => no_queue(""),
                other => other,
            });
        }
        let one: OneIssue = answer.json()?;
        number(&one.issue.id.into())?;
        Ok(one.issue)
    }
}

/// The native status to set for one of ours: the first that the workflow allows.
fn allowed(land: &Land, issue: &Issue, to: Status) -> DeskResult<i64> {
    if to == Status::Snoozed && land.natives(&[to]).is_empty() {
        return Err(DeskError::NotPossible {
            why: Clean::line("Redmine has no status that hides a ticket until a time"),
        });
    }
    let all = issue.allowed_statuses.as_ref().unwrap_or(&land.statuses);
    let fits = all.iter().find(|s| land.status(s) == to && s.id != issue.status.id);
    fits.map(|s| s.id).ok_or_else(|| forbidden(issue))
}

/// The workflow does not lead there.
fn forbidden(issue: &Issue) -> DeskError {
    let names: Vec<&str> =
        issue.allowed_statuses.iter().flatten().filter(|s| s.id != issue.status.id).map(|s| s.name.as_str()).collect();
    let from = &issue.status.name;
    let why = if names.is_empty() {
        format!("the workflow of your role leads nowhere from {from}")
    } else {
        format!("the workflow of your role does not lead there from {from}, only to {}", names.join(", "))
    };
    DeskError::NotPossible { why: Clean::line(&why) }
}

/// What was said to or by the customer after the message that was seen.
fn moved_on(messages: &[Message], seen: &str) -> Vec<Message> {
    let at = messages.iter().position(|m| m.id.as_str() == seen);
    // A message that is not there (any more) says nothing about what was seen; the first text is always seen.
    let after = match at {
        Some(at) => at + 1,
        None if seen == FIRST => 0,
        None => return Vec::new(),
    };
    messages[after..].iter().filter(|m| m.kind != Kind::Note).cloned().collect()
}

/// Redmine trims what it keeps and changes line ends.
fn same_text(kept: &str, sent: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain(kept) == plain(&Clean::text(sent))
}

fn joined(first: &str, then: Option<&str>) -> String {
    then.map_or_else(|| first.to_owned(), |then| format!("{first}; {then}"))
}
