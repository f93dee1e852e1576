//! Every write that is neither about the holder, nor says something, nor splits. What could be refused in silence is read back and compared.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::book::Memory;
use super::claim::{fields, ignored};
use super::land::{Land, customer_field, label_field};
use super::query::no_queue;
use super::wire::{Issue, OneIssue, Uploaded};
use super::{Redmine, refusal};
use crate::backend::http::Ask;
use crate::backend::{DeskResult, upload};
use crate::domain::{DeskError, NewTicket, Priority, QueueId, Receipt, Requester, Status, TicketId, TicketRow, Upload};
use crate::text::Clean;

/// How often a label is written again because the ticket changed meanwhile.
const TRIES: u32 = 3;

impl Redmine {
    /// Sets fields and answers the issue as it is then.
    async fn set(&self, land: &Land, ticket: &TicketId, fields: Map<String, Value>) -> DeskResult<(Issue, TicketRow)> {
        self.put(ticket, fields).await?;
        let issue = self.written(ticket).await?;
        let (row, _) = self.take(land, &issue).await;
        Ok((issue, row))
    }

    fn known(&self, ticket: &TicketId) -> Option<TicketRow> {
        let memory: &Memory = &self.memory();
        memory.known(ticket.number()?)
    }

    pub(super) async fn set_status(&self, ticket: &TicketId, to: Status) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue_and_statuses(ticket).await?;
        let (before, _) = self.take(&land, &issue).await;
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
        let (before, _) = self.take(&land, &issue).await;
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
            let (before, _) = self.take(&land, &issue).await;
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
        let land = self.land().await.map_err(DeskError::before_the_write)?;
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
        let uploads = self.upload(&new.files).await.map_err(DeskError::before_the_write)?;
        if !uploads.is_empty() {
            fields.insert("uploads".to_owned(), uploads.into());
        }
        let made = self.post(fields).await?;
        // It stands: what cannot be read again is told as it was answered.
        let issue = self.issue(&made.id.into()).await.unwrap_or(made);
        let (row, _) = self.take(&land, &issue).await;
        let stored = field.is_none() || row.requester.email.eq_ignore_ascii_case(&new.requester.email);
        let remark = (!stored).then(|| Clean::line("Redmine did not keep the customer's address: look at the ticket"));
        Ok(Receipt { remark, ..Receipt::since(row, None) })
    }

    /// Makes an issue. Where no answer comes nobody knows whether it was made, and it is not made again.
    pub(super) async fn post(&self, fields: Map<String, Value>) -> DeskResult<Issue> {
        let ask = Ask::new(Method::POST, ["issues.json"]).json(&json!({ "issue": fields }))?;
        let answer = self.http.send(&ask).await?;
        if !answer.status.is_success() {
            return Err(match refusal(&answer) {
                DeskError::NotFound { .. } => no_queue(""),
                other => other,
            });
        }
        Ok(answer.json::<OneIssue>()?.issue)
    }
}

/// The native status to set for one of ours: the first that the workflow allows.
pub(super) fn allowed(land: &Land, issue: &Issue, to: Status) -> DeskResult<i64> {
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
