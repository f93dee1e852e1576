//! Changes. What a change overwrites is not known to the helpdesk, so each is read back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::roster::Roster;
use super::rows;
use super::wire::{self, FollowUp, Ticket};
use super::{DjangoHelpdesk, not_possible, number};
use crate::backend::http::Ask;
use crate::backend::{DeskResult, upload};
use crate::domain::change::{Outgoing, Upload};
use crate::domain::{Change, Delivery, DeskError, Kind, Message, NewTicket, Receipt, Status, TicketId};
use crate::text::Clean;

/// How long another's claim has time to overwrite ours before we look.
const SETTLE: Duration = Duration::from_millis(300);
/// The longest title there.
const TITLE: usize = 200;

/// A text as a follow-up must have it: braces begin a template there, so each becomes a template that says the brace. In one pass:
/// what was escaped must not be escaped again.
pub fn escaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '{' => said.push_str("{{ \"{\" }}"),
            '}' => said.push_str("{{ \"}\" }}"),
            other => said.push(other),
        }
    }
    said
}

impl DjangoHelpdesk {
    pub async fn write(&self, change: &Change) -> DeskResult<Receipt> {
        let roster = self.roster().await.map_err(DeskError::before_the_write)?;
        match change {
            Change::Claim { ticket } => self.claim(&roster, number(ticket)?).await,
            Change::Release { ticket } => self.release(&roster, number(ticket)?).await,
            Change::Assign { ticket, to } => {
                let to = roster.find_user(to.as_str()).ok_or_else(|| {
                    not_possible(&format!("django-helpdesk knows no agent {to}; those it knows: {}", names(&roster)))
                })?;
                self.hand_over(&roster, number(ticket)?, to).await
            }
            Change::Steal { ticket } => {
                let me = self.me(&roster)?;
                self.hand_over(&roster, number(ticket)?, me).await
            }
            Change::Reply { ticket, message } => self.reply(&roster, number(ticket)?, message).await,
            Change::Note { ticket, message } => self.say(&roster, number(ticket)?, message, false, None).await,
            Change::New(new) => self.new_ticket(&roster, new).await,
            Change::Status { ticket, to } => self.set_status(&roster, number(ticket)?, *to).await,
            Change::Priority { ticket, to } => {
                let wanted = rows::priority_number(*to);
                self.set(&roster, ticket, json!({"priority": wanted}), |t| t.priority == wanted).await
            }
            Change::Label { ticket, add, remove } => self.label(&roster, number(ticket)?, add, remove).await,
            Change::Move { ticket, to } => {
                let wanted = roster.find_queue(to.as_str()).ok_or_else(|| {
                    let known: Vec<&str> = roster.queues.iter().map(|q| q.1.as_str()).collect();
                    not_possible(&format!("there is no queue {to} here for you; there are: {}", known.join(", ")))
                })?;
                self.set(&roster, ticket, json!({"queue": wanted}), |t| t.queue == wanted).await
            }
            Change::Subject { ticket, to } => {
                let wanted = title(to.as_str())?;
                self.set(&roster, ticket, json!({"title": wanted}), |t| t.title == wanted).await
            }
            Change::Requester { ticket, to } => {
                let wanted = to.email.to_string();
                if wanted.is_empty() {
                    return Err(not_possible("django-helpdesk knows its customers by their mail address alone"));
                }
                let same = |t: &Ticket| t.submitter_email.as_deref() == Some(&wanted);
                self.set(&roster, ticket, json!({"submitter_email": wanted}), same).await
            }
            Change::Split(split) => self.split(&roster, split).await,
            Change::Merge { ticket, into } => self.merge(&roster, number(ticket)?, number(into)?).await,
            Change::Undo { .. } => {
                Err(not_possible("django-helpdesk keeps nothing that a change could be taken back with"))
            }
        }
    }

    /// Changes a ticket and looks whether it stayed so: a change of somebody else's at the same moment writes the whole row. Once
    /// more, and then it is told. What fails after the change was made is told as such.
    pub async fn change(
        &self,
        id: i64,
        body: &Value,
        holds: impl Fn(&Ticket) -> bool,
        settle: Duration,
    ) -> DeskResult<Ticket> {
        for _ in 0..2 {
            let changed = self.patch(id, body, true).await?;
            tokio::time::sleep(settle).await;
            let now = self.read_back(changed).await?;
            if holds(&now) {
                return Ok(now);
            }
        }
        let why =
            "somebody changed the ticket at the same moment, and django-helpdesk kept theirs; look at it and try again";
        Err(DeskError::Conflict { ticket: None, why: Clean::line(why) })
    }

    /// The ticket after a change of it went through. One that went out of sight with the change is as the change's answer says.
    async fn read_back(&self, changed: Ticket) -> DeskResult<Ticket> {
        match self.ticket(changed.id).await {
            Err(DeskError::NotFound { .. }) => Ok(changed),
            now => now.map_err(DeskError::after_the_write),
        }
    }

    async fn set(
        &self,
        roster: &Roster,
        ticket: &TicketId,
        body: Value,
        holds: impl Fn(&Ticket) -> bool,
    ) -> DeskResult<Receipt> {
        let now = self.change(number(ticket)?, &body, holds, Duration::ZERO).await?;
        Ok(Receipt::of(self.reader(roster).row(&now)))
    }

    /// Emulated: look, write, wait a moment, look again. Two who write within the moment see the same winner; one who writes later
    /// than that takes the ticket unseen.
    async fn claim(&self, roster: &Roster, id: i64) -> DeskResult<Receipt> {
        let me = self.me(roster)?;
        let before = self.look(id).await?;
        if let Some(holder) = before.assigned_to {
            return Err(held(roster, holder, me));
        }
        let row = self.reader(roster).row(&before);
        if row.status.is_done() {
            return Err(not_possible("it is done; reopen it first"));
        }
        for _ in 0..2 {
            let claimed = self.patch(id, &json!({"assigned_to": me}), false).await?;
            tokio::time::sleep(SETTLE).await;
            let now = self.read_back(claimed).await?;
            match now.assigned_to {
                Some(holder) if holder == me => {
                    return Ok(Receipt { before: Some(Box::new(row)), ..Receipt::of(self.reader(roster).row(&now)) });
                }
                Some(holder) => return Err(held(roster, holder, me)),
                // Somebody's reply was written over it.
                None => {}
            }
        }
        let why =
            "somebody changed the ticket at the same moment, and django-helpdesk kept theirs; look at it and try again";
        Err(DeskError::Conflict { ticket: None, why: Clean::line(why) })
    }

    async fn release(&self, roster: &Roster, id: i64) -> DeskResult<Receipt> {
        let me = self.me(roster)?;
        let before = self.look(id).await?;
        match before.assigned_to {
            None => return Err(not_possible("nobody holds it")),
            Some(holder) if holder != me => return Err(held(roster, holder, me)),
            Some(_) => {}
        }
        let now = self.change(id, &json!({"assigned_to": null}), |t| t.assigned_to != Some(me), Duration::ZERO).await?;
        let before = Some(Box::new(self.reader(roster).row(&before)));
        Ok(Receipt { before, ..Receipt::of(self.reader(roster).row(&now)) })
    }

    async fn hand_over(&self, roster: &Roster, id: i64, to: i64) -> DeskResult<Receipt> {
        let same = |t: &Ticket| t.assigned_to == Some(to);
        let now = self.change(id, &json!({"assigned_to": to}), same, Duration::ZERO).await?;
        Ok(Receipt::of(self.reader(roster).row(&now)))
    }

    async fn set_status(&self, roster: &Roster, id: i64, to: Status) -> DeskResult<Receipt> {
        let before = self.look(id).await?;
        let (status, on_hold) = target(before.status, to)?;
        let holds = |t: &Ticket| t.status == status && t.on_hold == on_hold;
        let body = json!({"status": status, "on_hold": on_hold});
        let now = self.change(id, &body, holds, Duration::ZERO).await?;
        let before = Some(Box::new(self.reader(roster).row(&before)));
        Ok(Receipt { before, ..Receipt::of(self.reader(roster).row(&now)) })
    }

    async fn label(&self, roster: &Roster, id: i64, add: &[Clean], remove: &[Clean]) -> DeskResult<Receipt> {
        let field = &self.0.labels;
        let before = self.look(id).await?;
        let mut wanted = rows::labels(&before, field).ok_or_else(|| {
            not_possible(&format!(
                "this django-helpdesk has no custom field {field}; name one that holds text in the option labels"
            ))
        })?;
        if let Some(odd) = add.iter().find(|label| label.contains(',')) {
            return Err(not_possible(&format!("a label here cannot have a comma: {odd}")));
        }
        wanted.retain(|label| !remove.contains(label));
        wanted.extend(add.iter().cloned());
        wanted.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        wanted.dedup();
        let joined = wanted.iter().map(Clean::as_str).collect::<Vec<_>>().join(", ");
        let mut body = serde_json::Map::new();
        body.insert(format!("custom_{field}"), Value::String(joined));
        let holds = |t: &Ticket| rows::labels(t, field).as_ref() == Some(&wanted);
        let now = self.change(id, &Value::Object(body), holds, Duration::ZERO).await?;
        let before = Some(Box::new(self.reader(roster).row(&before)));
        Ok(Receipt { before, ..Receipt::of(self.reader(roster).row(&now)) })
    }

    async fn reply(&self, roster: &Roster, id: i64, message: &Outgoing) -> DeskResult<Receipt> {
        if !message.cc.is_empty() || !message.bcc.is_empty() {
            return Err(not_possible(
                "django-helpdesk keeps copies with the ticket, and its API cannot change them; add them in its web pages",
            ));
        }
        let before = self.look(id).await?;
        // The ticket's own subject is no other one.
        let own = |subject: &String| subject.trim().trim_start_matches("Re: ") == before.title.trim();
        if message.subject.as_ref().is_some_and(|subject| !subject.trim().is_empty() && !own(subject)) {
            return Err(not_possible("a reply there cannot have another subject: it would rename the ticket"));
        }
        let customer = before.submitter_email.as_deref().unwrap_or_default();
        if message.to.iter().any(|to| !to.email.eq_ignore_ascii_case(customer)) {
            return Err(not_possible("a reply there goes to the customer of the ticket and to nobody else"));
        }
        if !message.force
            && let Some(seen) = &message.seen
        {
            let thread = self.reader(roster).thread(&before);
            let at = thread.messages.iter().position(|m| m.id == *seen).map_or(0, |at| at + 1);
            let newer: Vec<Message> = thread.messages[at..].iter().filter(|m| m.kind != Kind::Note).cloned().collect();
            if !newer.is_empty() {
                return Err(DeskError::MovedOn { messages: newer });
            }
        }
        self.say(roster, id, message, true, Some(before)).await
    }

    /// Adds an entry, with files in the same request, so that they are mailed with it.
    async fn say(
        &self,
        roster: &Roster,
        id: i64,
        message: &Outgoing,
        public: bool,
        before: Option<Ticket>,
    ) -> DeskResult<Receipt> {
        let files = self.read_files(&message.files).await?;
        let before = match before {
            Some(before) => before,
            None => self.look(id).await?,
        };
        let then = match message.then.status {
            Some(to) => Some(target(before.status, to)?),
            None => None,
        };
        let assignee = match &message.then.assignee {
            Some(to) => Some(
                roster
                    .find_user(to.as_str())
                    .ok_or_else(|| not_possible(&format!("django-helpdesk knows no agent {to}")))?,
            ),
            None => None,
        };
        // A public entry itself can resolve. A private one must not: its text would be copied to the ticket's resolution, which the
        // customer sees (update_ticket.py). What an entry does not do is changed after it.
        let status = then.map(|(status, _)| status).filter(|status| *status != before.status);
        let (with_it, after) = if public { (status, None) } else { (None, status) };
        let (entry, refused) = self.post(&before, &message.text, public, with_it, &files).await?;

        let hold = then.map(|(_, on_hold)| on_hold).filter(|hold| *hold != before.on_hold);
        let mut now = before;
        let mut remarks: Vec<String> = refused.into_iter().collect();
        if let Some(status) = with_it {
            now.status = status;
            self.remember(&now);
        }
        now.followup_set.push(entry.clone());
        let mut body = serde_json::Map::new();
        if let Some(status) = after {
            body.insert("status".to_owned(), status.into());
        }
        if let Some(to) = assignee {
            body.insert("assigned_to".to_owned(), to.into());
        }
        if let Some(hold) = hold {
            body.insert("on_hold".to_owned(), hold.into());
        }
        if !body.is_empty() {
            let same = |t: &Ticket| {
                assignee.is_none_or(|to| t.assigned_to == Some(to))
                    && hold.is_none_or(|hold| t.on_hold == hold)
                    && after.is_none_or(|status| t.status == status)
            };
            match self.change(id, &Value::Object(body), same, Duration::ZERO).await {
                Ok(changed) => now = changed,
                // What is said is said: an error would have it said again.
                Err(error) => {
                    remarks.push(format!("it is said, but what should follow was not done: {error}"));
                }
            }
        }
        let reader = self.reader(roster);
        let thread = reader.thread(&now);
        let said = thread.messages.into_iter().find(|m| m.id.number() == Some(entry.id));
        let mailed = entry.email_recipients.unwrap_or_default();
        let customer = now.submitter_email.as_deref().unwrap_or_default();
        let reached = mailed.iter().any(|to| to.eq_ignore_ascii_case(customer));
        match (public, mailed.is_empty()) {
            (false, false) => {
                let whom = mailed.join(", ");
                remarks.push(format!("this note was mailed to {whom}: they are on the ticket's copies"));
            }
            (true, _) if !reached => remarks.push("kept there, but the customer was NOT mailed".to_owned()),
            _ => {}
        }
        Ok(Receipt {
            message: said,
            delivery: public.then_some(if reached { Delivery::Sent } else { Delivery::None }),
            remark: (!remarks.is_empty()).then(|| Clean::line(&remarks.join("; "))),
            ..Receipt::of(thread.ticket)
        })
    }

    /// Posts an entry; answers it, and what of it was refused. Where the answer is lost or a fault, the ticket is looked at: the
    /// entry may stand there all the same, and a second one would be mailed again.
    pub async fn post(
        &self,
        ticket: &Ticket,
        text: &str,
        public: bool,
        status: Option<i64>,
        files: &[UploadedFile],
    ) -> DeskResult<(FollowUp, Option<String>)> {
        let ask = Ask::new(Method::POST, ["api", "followups", ""]);
        let ask = if files.is_empty() {
            let mut body = json!({"ticket": ticket.id, "comment": escaped(text), "public": public});
            if let Some(status) = status {
                body["new_status"] = status.into();
            }
            ask.json(&body)?
        } else {
            let (id, comment) = (ticket.id.to_string(), escaped(text));
            let status = status.map(|status| status.to_string());
            let mut values =
                vec![("ticket", id.as_str()), ("comment", &comment), ("public", if public { "true" } else { "false" })];
            values.extend(status.as_deref().map(|status| ("new_status", status)));
            let files: Vec<_> = files
                .iter()
                .map(|f| ("attachments", f.name.as_str(), f.media_type.as_str(), f.bytes.clone()))
                .collect();
            ask.form(&values, &files)
        };
        let error = match self.ask(ask).await {
            Ok(entry) => return Ok((entry, None)),
            Err(error) => error,
        };
        let unsure = matches!(
            error,
            DeskError::Unavailable { .. } | DeskError::Garbled { .. } | DeskError::Unreachable { maybe_done: true, .. }
        );
        if !unsure {
            return Err(error);
        }
        let Ok(now) = self.ticket(ticket.id).await else { return Err(error) };
        let newest = ticket.followup_set.iter().map(|f| f.id).max().unwrap_or(0);
        let wanted = Clean::text(text.trim_end());
        let stored = now
            .followup_set
            .into_iter()
            .find(|f| f.id > newest && f.public == public && f.user.is_some() && rows::text(f) == wanted);
        let Some(stored) = stored else { return Err(error) };
        // What is said is said: an error would have it said again.
        let refused = stored.followupattachment_set.len() < files.len();
        let refused = refused.then(|| {
            "the text is on the ticket, but django-helpdesk refused a file of it; do not send it again, add the file in its web pages"
                .to_owned()
        });
        Ok((stored, refused))
    }

    async fn new_ticket(&self, roster: &Roster, new: &NewTicket) -> DeskResult<Receipt> {
        let queue = roster
            .find_queue(new.queue.as_str())
            .ok_or_else(|| not_possible(&format!("there is no queue {} here for you", new.queue)))?;
        let files = self.read_files(&new.files).await?;
        let made = self.create(queue, &new.subject, &new.text).await?;
        let entry = made.followup_set.first().map(|f| f.id);
        for file in &files {
            let entry = entry.unwrap_or_default().to_string();
            let size = file.bytes.len().to_string();
            let values = [
                ("followup", entry.as_str()),
                ("filename", &file.name),
                ("mime_type", &file.media_type),
                ("size", &size),
            ];
            let parts = [("file", file.name.as_str(), file.media_type.as_str(), file.bytes.clone())];
            let ask = Ask::new(Method::POST, ["api", "followups-attachments", ""]).form(&values, &parts);
            self.ask::<wire::Attachment>(ask).await.map_err(|error| half(made.id, &error))?;
        }
        let body = json!({"submitter_email": new.requester.email});
        let same = |t: &Ticket| t.submitter_email.as_deref() == Some(new.requester.email.as_str());
        let now = self.change(made.id, &body, same, Duration::ZERO).await.map_err(|error| half(made.id, &error))?;
        Ok(Receipt::of(self.reader(roster).row(&now)))
    }

    /// Makes a ticket without a customer, so that nobody is mailed. Its text is for everybody to see.
    pub async fn create(&self, queue: i64, subject: &str, text: &str) -> DeskResult<Ticket> {
        let subject = title(subject)?;
        // Without any text the answer would be 500.
        let text = if text.trim().is_empty() { &subject } else { text };
        let body = json!({"queue": queue, "title": subject, "description": text, "priority": 3});
        let made: Ticket = self.send(Method::POST, &["api", "tickets", ""], &body).await?;
        self.remember(&made);
        Ok(made)
    }

    /// Reads the files of a message, and looks at their kinds before anything is sent.
    async fn read_files(&self, files: &[Upload]) -> DeskResult<Vec<UploadedFile>> {
        let invalid = |why: String| DeskError::Invalid { field: Some(Clean::line("files")), why: Clean::line(&why) };
        for file in files {
            let ending = file.name.rsplit_once('.').map(|(_, ending)| format!(".{}", ending.to_ascii_lowercase()));
            if let Some(ending) = ending.filter(|ending| ending != "." && !self.0.extensions.contains(ending)) {
                return Err(invalid(format!(
                    "django-helpdesk takes no {ending} files unless its house was told to; it takes {}, and the option extensions names more",
                    self.0.extensions.join(" ")
                )));
            }
        }
        let read = upload::read(files).await?.into_iter().map(|(file, bytes)| UploadedFile {
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            bytes,
        });
        Ok(read.collect())
    }
}

/// A file on its way.
pub struct UploadedFile {
    pub name: String,
    pub media_type: String,
    pub bytes: bytes::Bytes,
}

/// The native status and hold that a status of ours means, where the helpdesk's usual flow leads there from the one it has. The
/// API itself would take any.
pub fn target(now: i64, to: Status) -> DeskResult<(i64, bool)> {
    let done = matches!(now, wire::RESOLVED | wire::CLOSED | wire::DUPLICATE);
    let reopened = if done { wire::REOPENED } else { now };
    match to {
        Status::New | Status::Open => Ok((reopened, false)),
        Status::Waiting => Ok((reopened, true)),
        Status::Resolved if matches!(now, wire::CLOSED | wire::DUPLICATE) => {
            Err(not_possible("it is closed; reopen it first"))
        }
        Status::Resolved => Ok((wire::RESOLVED, false)),
        Status::Closed if now == wire::DUPLICATE => Err(not_possible("it is closed; reopen it first")),
        Status::Closed => Ok((wire::CLOSED, false)),
        Status::Snoozed => Err(not_possible("django-helpdesk cannot hide a ticket until a time")),
    }
}

fn title(text: &str) -> DeskResult<String> {
    let long = text.chars().count() > TITLE;
    if long || text.trim().is_empty() {
        let why = format!("a subject there has 1 to {TITLE} letters");
        return Err(DeskError::Invalid { field: Some(Clean::line("subject")), why: Clean::line(&why) });
    }
    Ok(text.trim().to_owned())
}

/// A work of several steps that stopped after the first: the agent has to look, and it is neither sent again nor given back as
/// refused, so that there is no second ticket.
pub fn half(id: i64, error: &DeskError) -> DeskError {
    let why = format!("ticket {id} was made, and then it went wrong: {error}; finish it by hand, do not repeat it");
    DeskError::Unreachable { why: Clean::line(&why), maybe_done: true }
}

fn names(roster: &Roster) -> String {
    roster.users.iter().map(|u| u.1.as_str()).collect::<Vec<_>>().join(", ")
}

fn held(roster: &Roster, holder: i64, me: i64) -> DeskError {
    DeskError::Held { by: roster.user(holder), since: None, mine: holder == me }
}
