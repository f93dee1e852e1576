//! Writes. RT answers 200 whether it did it or not, with sentences in the agent's own language: so each write is followed by a look
//! at the ticket, and the sentences are only handed on when it shows that nothing was done.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::line::{clock, refusal};
use super::read::no_ticket;
use super::rows::Known;
use super::wire::{Items, Ticket, User};
use super::{Rt, get, rows, status};
use crate::backend::DeskResult;
use crate::backend::http::{Answer, Ask};
use crate::domain::id::{AgentId, QueueId};
use crate::domain::{DeskError, Priority, Receipt, Requester, Status, TicketId, TicketRow};
use crate::text::Clean;

/// A write's answer.
pub struct Wrote {
    /// What RT said, in the agent's language.
    pub said: Clean,
    /// The desk's clock.
    pub at: Option<Timestamp>,
}

/// A write below a ticket. RT wants its media type also where there is no body.
pub fn put(id: &TicketId, verb: Option<&str>, body: Option<&Value>) -> DeskResult<Ask> {
    let path = ["ticket", id.as_str()].into_iter().chain(verb);
    let ask = Ask::new(Method::PUT, super::path(path));
    match body {
        Some(body) => ask.json(body),
        None => Ok(ask.bytes("application/json", Bytes::new())),
    }
}

impl Rt {
    /// Makes a write and hands on what RT said. A refusal by status code is an error.
    pub async fn write(&self, id: &TicketId, ask: &Ask) -> DeskResult<Wrote> {
        let answer = self.line.send(ask).await?;
        wrote(id, &answer)
    }

    /// Looks at a ticket after a write: what fails here is no failure of the write.
    async fn look(&self, id: &TicketId) -> DeskResult<Known> {
        self.row(id).await.map_err(DeskError::after_the_write)
    }

    /// Takes a free ticket. `/take` alone is safe when two agents want it: it locks the row.
    pub async fn claim(&self, id: &TicketId) -> DeskResult<Receipt> {
        number(id)?;
        let mut before = self.remembered(id);
        if before.as_ref().is_some_and(|b| b.status.is_done()) {
            // RT lets one take what is done; here a reopening comes first. It may have come.
            let known = self.row(id).await?;
            if known.row.status.is_done() {
                return Err(is_done());
            }
            before = Some(known.row);
        }
        // Not repeated by itself: the second answer would say that it was mine before.
        let wrote = self.write(id, &put(id, Some("take"), None)?).await?;
        let now = self.look(id).await?;
        let (Some(owner), Some(holder)) = (&now.owner, &now.row.assignee) else { return Err(denied(&wrote.said)) };
        let mine = self.line.is_me(owner);
        // That it was mine before is said in a sentence too; only the one about a change names me.
        let took = mine
            && self.line.is_me(&now.updated_by)
            && wrote.at.is_none_or(|at| now.updated.duration_since(at) > SignedDuration::from_secs(-3))
            && wrote.said.contains(owner.login());
        if !took {
            // The last change is the taking itself, when the holder made it.
            let since = Some(now.updated).filter(|_| now.updated_by.login() == owner.login());
            return Err(DeskError::Held { by: holder.clone(), since, mine });
        }
        if now.row.status.is_done() {
            return Err(self.give_back(id).await);
        }
        Ok(receipt(&now, before.map(|b| TicketRow { assignee: None, ..b })))
    }

    /// Gives a ticket back that was taken although it is done; answers what to say of it.
    async fn give_back(&self, id: &TicketId) -> DeskError {
        let mut why = String::new();
        for _ in 0..2 {
            // Not repeated by itself: somebody else may hold it by then, and `/untake` does not mind.
            let gave = match put(id, Some("untake"), None) {
                Ok(ask) => self.write(id, &ask).await,
                Err(error) => Err(error),
            };
            match (self.row(id).await, gave) {
                (Ok(now), _) if !now.owner.as_ref().is_some_and(|owner| self.line.is_me(owner)) => return is_done(),
                (_, Err(error)) | (Err(error), _) => why = error.to_string(),
                (Ok(_), Ok(wrote)) => why = denied(&wrote.said).to_string(),
            }
        }
        not_possible(&format!(
            "the ticket is done, and you may hold it now, for giving it back failed: {why}; release it, or reopen it"
        ))
    }

    /// Gives a ticket back. RT would let one give back what another holds.
    pub async fn release(&self, id: &TicketId) -> DeskResult<Receipt> {
        let (before, etag) = self.current(id).await?;
        let seen = self.remembered(id);
        match holder(&before) {
            None => return Err(not_possible("nobody holds the ticket")),
            Some(holder) if !self.line.is_me(holder) => return Err(held(holder, false)),
            Some(_) => {}
        }
        let wrote = self.write(id, &put(id, Some("untake"), None)?.header(header::IF_MATCH, &etag)).await?;
        let now = self.look(id).await?;
        match &now.row.assignee {
            None => Ok(receipt(&now, seen)),
            Some(_) => Err(denied(&wrote.said)),
        }
    }

    /// Takes a ticket from its holder.
    pub async fn steal(&self, id: &TicketId) -> DeskResult<Receipt> {
        let (before, etag) = self.current(id).await?;
        let seen = self.remembered(id);
        match holder(&before) {
            None => return Err(not_possible("nobody holds the ticket; claim it")),
            Some(holder) if self.line.is_me(holder) => return Err(held(holder, true)),
            Some(_) => {}
        }
        let wrote = self.write(id, &put(id, Some("steal"), None)?.header(header::IF_MATCH, &etag)).await?;
        let now = self.look(id).await?;
        match &now.owner {
            Some(holder) if self.line.is_me(holder) => Ok(receipt(&now, seen)),
            _ => Err(denied(&wrote.said)),
        }
    }

    /// Hands a ticket to someone.
    pub async fn assign(&self, id: &TicketId, to: &AgentId) -> DeskResult<Receipt> {
        number(id)?;
        let before = self.remembered(id);
        let wrote = self.write(id, &put(id, None, Some(&json!({ "Owner": to.as_str() })))?.repeatable()).await?;
        let now = self.look(id).await?;
        if is_held_by(&now, to.as_str()) {
            return Ok(receipt(&now, before));
        }
        let mut team: Vec<String> = self.memory().team.keys().cloned().collect();
        team.sort();
        let others = if team.is_empty() { String::new() } else { format!("; known here: {}", team.join(", ")) };
        Err(not_possible(&format!("RT does not give it to {to}: {}{others}", wrote.said)))
    }

    /// Sets the status, by its name in the lifecycle of the ticket's queue.
    pub async fn set_status(&self, id: &TicketId, to: Status) -> DeskResult<Receipt> {
        number(id)?;
        let known = self.known(id).await?;
        let name = self.native_status(&known, to).await?;
        let wrote = self.write(id, &put(id, None, Some(&json!({ "Status": name })))?.repeatable()).await?;
        let now = self.look(id).await?;
        if now.row.native_status.as_str() == name {
            return Ok(receipt(&now, Some(known.row)));
        }
        Err(not_possible(&format!("RT keeps the status {}: {}", now.row.native_status, wrote.said)))
    }

    /// The name of a status in a ticket's lifecycle.
    pub async fn native_status(&self, known: &Known, to: Status) -> DeskResult<String> {
        if known.row.status == to {
            return Ok(known.row.native_status.to_string());
        }
        self.status_name(&known.lifecycle, to).await
    }

    /// The name of a status in a lifecycle.
    pub async fn status_name(&self, lifecycle: &str, to: Status) -> DeskResult<String> {
        if to == Status::Snoozed {
            return Err(not_possible("RT knows no snooze; set the ticket to waiting"));
        }
        let first = |names: Vec<String>| names.into_iter().next();
        if let Some(name) = first(self.memory().statuses.natives(lifecycle, to)) {
            return Ok(name);
        }
        // The names that tickets of this lifecycle bear, and the moves they offer.
        let question = format!("Lifecycle = {}", super::sql::quoted(lifecycle));
        let ask = get(&["tickets"])
            .param("query", Some(question))
            .param("fields", Some("Status,Queue,_hyperlinks"))
            .param("fields[Queue]", Some("Lifecycle"))
            .param("orderby", Some("LastUpdated"))
            .param("order", Some("DESC"))
            .param("per_page", Some(20));
        let found: Items<Ticket> = self.line.ask(&ask).await?;
        let memory = {
            let mut memory = self.memory();
            for ticket in &found.items {
                memory.statuses.saw(lifecycle, &ticket.status);
                for link in ticket.links.iter().flatten().filter(|l| l.what == "lifecycle") {
                    memory.statuses.saw(lifecycle, &link.from);
                    memory.statuses.saw(lifecycle, &link.to);
                }
            }
            memory
        };
        first(memory.statuses.natives(lifecycle, to)).ok_or_else(|| {
            let seen = memory.statuses.known(lifecycle);
            not_possible(&format!(
                "the lifecycle {lifecycle} of this queue has no status like {}; it has: {seen}",
                to.word()
            ))
        })
    }

    /// Sets the priority, as RT's number.
    pub async fn set_priority(&self, id: &TicketId, to: Priority) -> DeskResult<Receipt> {
        self.set(id, &json!({ "Priority": status::number(to) }), |row| row.priority == to).await
    }

    /// Edits the subject.
    pub async fn set_subject(&self, id: &TicketId, to: &Clean) -> DeskResult<Receipt> {
        if to.trim().is_empty() {
            return Err(invalid("subject", "a subject must not be empty here"));
        }
        self.set(id, &json!({ "Subject": to.as_str() }), |row| row.subject.trim() == to.trim()).await
    }

    /// Moves it to a queue that the agent may see: RT would also take it where it is lost to sight.
    pub async fn move_to(&self, id: &TicketId, to: &QueueId) -> DeskResult<Receipt> {
        let queue = self.queue(to.as_str()).await?;
        self.set(id, &json!({ "Queue": queue.id.as_str() }), |row| row.queue_id == queue.id).await
    }

    /// Edits the requester. RT sets the whole list, so the others that asked are named again.
    pub async fn set_requester(&self, id: &TicketId, to: &Requester) -> DeskResult<Receipt> {
        if !to.email.contains('@') {
            return Err(invalid("requester", "RT knows customers by their mail address; give one"));
        }
        let known = self.row(id).await?;
        let others = known.requestors.iter().skip(1).map(|r| r.login().to_owned());
        let all: Vec<String> = std::iter::once(address(to)).chain(others).collect();
        let wrote = self.write(id, &put(id, None, Some(&json!({ "Requestor": all })))?.repeatable()).await?;
        let now = self.look(id).await?;
        let is = |r: &super::wire::User| rows::person(r).email.as_str().eq_ignore_ascii_case(&to.email);
        let Some(found) = now.requestors.iter().find(|r| is(r)).map(rows::person) else {
            return Err(not_possible(&format!("RT keeps the requester: {}", wrote.said)));
        };
        let mut receipt = receipt(&now, Some(known.row));
        if !to.name.is_empty() && found.name != to.name {
            receipt.remark = Some(Clean::line(&format!("RT keeps the name it has for {}: {}", to.email, found.name)));
        }
        Ok(receipt)
    }

    /// Adds and removes labels: RT takes the whole list, so it is read and written under its version.
    pub async fn label(&self, id: &TicketId, add: &[Clean], remove: &[Clean]) -> DeskResult<Receipt> {
        for again in [true, false] {
            let (before, etag) = self.current(id).await?;
            let seen = self.remembered(id);
            let fields = before.custom_fields.unwrap_or_default();
            let Some(field) = rows::labels_field(&fields) else {
                // Another queue's tickets may have one.
                return Err(not_possible(NO_LABELS));
            };
            let there: Vec<Clean> = field.values.iter().map(|v| Clean::line(v)).collect();
            let mut labels: Vec<Clean> = there.iter().filter(|l| !remove.contains(l)).cloned().collect();
            labels.extend(add.iter().filter(|l| !there.contains(l)).cloned());
            labels.sort();
            labels.dedup();
            let words: Vec<&str> = labels.iter().map(Clean::as_str).collect();
            let body = json!({ "CustomFields": { field.name.as_str(): words } });
            let ask = put(id, None, Some(&body))?.header(header::IF_MATCH, &etag);
            let wrote = match self.write(id, &ask).await {
                Err(DeskError::Conflict { .. }) if again => continue,
                wrote => wrote?,
            };
            let now = self.look(id).await?;
            if now.row.labels == labels {
                return Ok(receipt(&now, seen));
            }
            return Err(not_possible(&format!("RT does not take these labels: {}", wrote.said)));
        }
        Err(DeskError::Conflict { ticket: None, why: Clean::line("the ticket has changed meanwhile") })
    }

    /// Sets a field and looks whether it is set.
    async fn set(&self, id: &TicketId, body: &Value, done: impl Fn(&TicketRow) -> bool) -> DeskResult<Receipt> {
        number(id)?;
        let before = self.remembered(id);
        let wrote = self.write(id, &put(id, None, Some(body))?.repeatable()).await?;
        let now = self.look(id).await?;
        if done(&now.row) { Ok(receipt(&now, before)) } else { Err(denied(&wrote.said)) }
    }

    /// A ticket as it is, and its version: the row of a list has none.
    pub async fn current(&self, id: &TicketId) -> DeskResult<(Ticket, String)> {
        number(id)?;
        let ask = get(&["ticket", id.as_str()]).param("fields[Owner]", Some("id,Name,RealName"));
        let answer = self.line.send(&ask).await?;
        if !answer.status.is_success() {
            return Err(of_ticket(id, refusal(&answer)));
        }
        let etag = answer.headers.get(header::ETAG).and_then(|v| v.to_str().ok()).unwrap_or("*").to_owned();
        let ticket: Ticket = answer.json()?;
        if ticket.id != id.as_str() {
            return Err(merged(&TicketId::new(&ticket.id)));
        }
        Ok((ticket, etag))
    }

    /// A ticket as it was last seen, or as it is.
    pub async fn known(&self, id: &TicketId) -> DeskResult<Known> {
        let known = self.memory().row(id).cloned();
        match known {
            Some(known) => Ok(known),
            None => self.row(id).await,
        }
    }

    /// The row as it was last seen.
    pub fn remembered(&self, id: &TicketId) -> Option<TicketRow> {
        self.memory().row(id).map(|k| k.row.clone())
    }
}

/// Why a ticket without a place for labels can have none.
pub const NO_LABELS: &str =
    "RT has no labels of its own, and this ticket's queue has no custom field named Labels or Tags to keep them in";

/// The number of a merged ticket means another one to RT.
pub fn merged(into: &TicketId) -> DeskError {
    not_possible(&format!("the ticket was merged into #{into}; use that one"))
}

fn is_done() -> DeskError {
    not_possible("the ticket is done; reopen it first")
}

/// Whether an agent holds a ticket, by login.
pub fn is_held_by(known: &Known, login: &str) -> bool {
    known.row.assignee.as_ref().is_some_and(|holder| holder.login.as_str().eq_ignore_ascii_case(login))
}

/// What a write's answer says.
pub fn wrote(id: &TicketId, answer: &Answer) -> DeskResult<Wrote> {
    if !answer.status.is_success() {
        return Err(of_ticket(id, refusal(answer)));
    }
    let said: Vec<String> = answer.json().unwrap_or_default();
    Ok(Wrote { said: Clean::line(&said.join("; ")), at: clock(answer) })
}

/// Names the ticket in an error that only says that something is not there.
pub fn of_ticket(id: &TicketId, error: DeskError) -> DeskError {
    match error {
        DeskError::NotFound { .. } => no_ticket(id),
        other => other,
    }
}

/// A ticket of RT has a number: anything else would ask for something else.
pub fn number(id: &TicketId) -> DeskResult<i64> {
    id.number().filter(|n| *n > 0).ok_or_else(|| no_ticket(id))
}

/// An accepted change. RT keeps no before-image, so nothing can be undone by it.
pub fn receipt(now: &Known, before: Option<TicketRow>) -> Receipt {
    Receipt::since(now.row.clone(), before)
}

fn held(holder: &User, mine: bool) -> DeskError {
    DeskError::Held { by: rows::agent(holder), since: None, mine }
}

/// Who holds a ticket.
fn holder(ticket: &Ticket) -> Option<&User> {
    ticket.owner.as_ref().filter(|o| !o.login().is_empty() && o.login() != rows::NOBODY)
}

pub fn not_possible(why: &str) -> DeskError {
    DeskError::NotPossible { why: Clean::line(why) }
}

pub fn invalid(field: &str, why: &str) -> DeskError {
    DeskError::Invalid { field: Some(Clean::line(field)), why: Clean::line(why) }
}

/// RT said 200 and did nothing: its own words tell why.
pub fn denied(said: &Clean) -> DeskError {
    if said.is_empty() {
        return DeskError::Denied {
            why: Clean::line("RT did nothing and does not say why; this account may lack a right"),
        };
    }
    DeskError::Denied { why: Clean::line(&format!("RT says: {said}")) }
}

/// An address for a list of people; with the name, which RT takes for somebody it does not know yet.
pub fn address(person: &Requester) -> String {
    person.to_string()
}
