//! Replies and notes. Redmine drops the word "private" in silence where it is not allowed, so a note is asked for before and looked at
//! after.

use reqwest::Method;
use serde_json::json;

use super::Redmine;
use super::claim::{fields, ignored};
use super::land::{Land, has_customer};
use super::wire::Issue;
use super::write::allowed;
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{Delivery, DeskError, Kind, Message, MessageId, Outgoing, Receipt, TicketId};
use crate::text::Clean;

impl Redmine {
    pub(super) async fn reply(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue_to_say(ticket, message).await?;
        let (before, messages) = self.take(&land, &issue).await;
        if !message.force
            && let Some(seen) = &message.seen
        {
            let newer = moved_on(&messages, seen);
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
        let outside = has_customer(&land.names, &issue);
        let said = self.say(&land, &issue, message, false).await?;
        let remark = if outside {
            format!("a public note in Redmine, NOT mailed to {} unless a plugin does so", before.requester.display())
        } else {
            // Its `config/settings.yml`, `default_notification_option`: `only_my_events` up to 5.1, then `only_assigned`.
            "a public note; Redmine mails it to watchers, and to the author where that account is set to be mailed of its own tickets \
             (from Redmine 6 on a new account is not)"
                .to_owned()
        };
        Ok(Receipt {
            delivery: outside.then_some(Delivery::None),
            remark: Some(Clean::line(&joined(&remark, said.remark.as_deref()))),
            before: Some(Box::new(before)),
            ..said
        })
    }

    pub(super) async fn note(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        if !message.files.is_empty() {
            return Err(DeskError::NotPossible {
                why: Clean::line(
                    "files belong to the ticket in Redmine and not to a note: everybody who may read the ticket would have them, \
                     so nothing was sent; leave them out, or send them with a reply",
                ),
            });
        }
        let land = self.land().await?;
        let issue = self.issue_to_say(ticket, message).await?;
        let (before, _) = self.take(&land, &issue).await;
        self.check_private(issue.project.id).await?;
        let said = self.say(&land, &issue, message, true).await?;
        Ok(Receipt { before: Some(Box::new(before)), ..said })
    }

    async fn issue_to_say(&self, ticket: &TicketId, message: &Outgoing) -> DeskResult<Issue> {
        match message.then.status {
            Some(_) => self.issue_and_statuses(ticket).await,
            None => self.issue(ticket).await,
        }
    }

    /// Refuses where a private note might come out public: without the right, Redmine drops the word "private" and keeps the note.
    async fn check_private(&self, project: i64) -> DeskResult<()> {
        match self.may(project, &["set_notes_private"]).await? {
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
    async fn say(&self, land: &Land, issue: &Issue, message: &Outgoing, private: bool) -> DeskResult<Receipt> {
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
        let after = self.written(&ticket).await?;
        let (row, messages) = self.take(land, &after).await;
        // Journals count up.
        let last = issue.journals.iter().map(|j| j.id).max().unwrap_or(0);
        let new: Vec<&Message> = messages.iter().rev().filter(|m| m.id.number() > Some(last)).collect();
        let mine = |m: &Message, or: bool| m.agent.as_ref().map_or(or, |a| a.number() == Some(land.me.id));
        let same = new.iter().find(|m| mine(m, true) && same_text(&m.text, &message.text));
        // A server may keep another text than it was given. It was said all the same, and saying it again would double it.
        let like = |m: &&&Message| mine(m, false) && (m.kind == Kind::Note) == private && !m.text.trim().is_empty();
        let Some(said) = same.or_else(|| new.iter().find(like)).copied().cloned() else {
            return Err(ignored("may not write notes there"));
        };
        if private && said.kind != Kind::Note {
            let why = self.take_out(land, &ticket, &said.id).await;
            return Err(DeskError::Denied { why: Clean::line(why) });
        }
        let mut remarks = Vec::new();
        if same.is_none() {
            remarks.push("Redmine kept another text than was sent: look at it".to_owned());
        }
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

    /// Takes the text out of a note that should be private and is not, looks whether it is gone, and says what became of it. It
    /// cannot be made private: whoever may not make private notes is not heard there either. Where nothing else was done with
    /// it, Redmine then removes the note.
    pub(super) async fn take_out(&self, land: &Land, ticket: &TicketId, note: &MessageId) -> &'static str {
        let path = ["journals".to_owned(), format!("{note}.json")];
        if let Ok(ask) = Ask::new(Method::PUT, path).json(&json!({ "journal": { "notes": "" } })) {
            // What it did is seen below, whatever the answer was.
            let answer = self.http.send(&ask).await.map(|answer| answer.status);
            tracing::warn!(?answer, "a private note came out public");
        }
        let Ok(now) = self.issue(ticket).await else {
            return "the note came out PUBLIC although it was sent as a private one, and whether it could be taken out again is not \
                    known: look at it in Redmine now";
        };
        self.take(land, &now).await;
        let shown = now.journals.iter().find(|j| note.number() == Some(j.id)).filter(|j| !j.private_notes);
        if shown.and_then(|j| j.notes.as_deref()).is_none_or(|text| text.trim().is_empty()) {
            "the note came out public for a moment and was taken out again: your role may have lost the right to make private ones, \
             and Redmine may have mailed it to its users and watchers"
        } else {
            "the note came out PUBLIC although it was sent as a private one, and could not be taken out again: remove it in Redmine \
             now"
        }
    }
}

/// What was said to or by the customer after the message that was seen. Journals count up, so one that is gone still tells what came
/// after it; of an id that is none of theirs nothing is known to have been seen but the first text.
fn moved_on(messages: &[Message], seen: &MessageId) -> Vec<Message> {
    let seen = seen.number().unwrap_or(0);
    let newer = |m: &&Message| m.id.number().is_none_or(|id| id > seen);
    messages.iter().filter(newer).filter(|m| m.kind != Kind::Note).cloned().collect()
}

/// Redmine trims what it keeps and changes line ends.
fn same_text(kept: &str, sent: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain(kept) == plain(&Clean::text(sent))
}

fn joined(first: &str, then: Option<&str>) -> String {
    then.map_or_else(|| first.to_owned(), |then| format!("{first}; {then}"))
}
