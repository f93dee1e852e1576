//! Who holds a ticket: claim, release, assign, steal. See the module's header for why a claim takes four trips.

use reqwest::{Method, header};
use serde_json::{Map, Value, json};

use super::land::Land;
use super::rows::agent_named;
use super::wire::{Issue, Journal};
use super::{Redmine, number, refusal};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{AgentId, AgentRef, DeskError, Receipt, TicketId, TicketRow};
use crate::text::Clean;

/// How often a claim is tried again because something else about the ticket changed between two of its trips.
const TRIES: u32 = 3;

impl Redmine {
    /// Sets fields of an issue. An answer without an error does not mean that they are set.
    pub(super) async fn put(&self, ticket: &TicketId, fields: Map<String, Value>) -> DeskResult<()> {
        let path = ["issues".to_owned(), format!("{}.json", number(ticket)?)];
        let ask = Ask::new(Method::PUT, path).json(&json!({ "issue": fields }))?;
        let answer = self.http.send(&ask).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(match refusal(&answer) {
            DeskError::NotFound { .. } => DeskError::NotFound { what: Clean::line(&format!("ticket {ticket}")) },
            other => other,
        })
    }

    /// The version that a write may be made to depend on. It stands only on the issue's web page; nothing where a theme, a plugin or
    /// a proxy shows another page, or where this account may not write.
    pub(super) async fn lock_version(&self, ticket: &TicketId) -> DeskResult<Option<i64>> {
        let ask = Ask::get(["issues".to_owned(), number(ticket)?.to_string()]).header(header::ACCEPT, "text/html");
        let answer = self.http.send(&ask).await?;
        if answer.status.as_u16() == 401 || answer.status.is_server_error() {
            return Err(refusal(&answer));
        }
        Ok(lock_version(&String::from_utf8_lossy(&answer.body)).filter(|_| answer.status.is_success()))
    }

    pub(super) async fn claim(&self, ticket: &TicketId) -> DeskResult<Receipt> {
        let land = self.land().await?;
        for _ in 0..TRIES {
            // In this order: a change in between makes the version stale, which is the safe side.
            let version = self.lock_version(ticket).await?;
            let issue = self.issue(ticket).await?;
            let (before, _) = self.take(&land, &issue).await;
            if let Some(holder) = &before.assignee {
                return Err(held(&land, holder.clone(), &before));
            }
            if before.status.is_done() {
                let why = format!("ticket {ticket} is {}; reopen it first", before.native_status);
                return Err(DeskError::NotPossible { why: Clean::line(&why) });
            }
            let mut fields = fields("assigned_to_id", "me");
            if let Some(version) = version {
                fields.insert("lock_version".to_owned(), version.into());
            }
            match self.put(ticket, fields).await {
                // Somebody was first, with the ticket or with a note.
                Err(DeskError::Conflict { .. }) if version.is_some() => continue,
                Err(error) => return Err(not_assignable(error)),
                Ok(()) => {}
            }
            let issue = self.written(ticket).await?;
            let (after, _) = self.take(&land, &issue).await;
            return match &after.assignee {
                Some(holder) if holder.id.number() == Some(land.me.id) => {
                    if version.is_none()
                        && let Some(first) = self.overwritten(&land, &issue)
                    {
                        return Err(self.give_back(&land, ticket, first).await);
                    }
                    Ok(Receipt::since(after, Some(before)))
                }
                Some(holder) => Err(held(&land, holder.clone(), &after)),
                None => Err(ignored("may not take tickets there")),
            };
        }
        Err(DeskError::Conflict {
            ticket: self.memory().known(number(ticket)?).map(Box::new),
            why: Clean::line("somebody changed the ticket at the same moment; look at it again"),
        })
    }

    /// The agent whose claim ours overwrote: the newest step of history says whom we took it from.
    fn overwritten(&self, land: &Land, issue: &Issue) -> Option<AgentRef> {
        let given =
            |j: &Journal| j.details.iter().find(|d| d.property == "attr" && d.name == "assigned_to_id").cloned();
        let last = issue.journals.iter().rev().find_map(given)?;
        let from: i64 = last.old_value?.parse().ok()?;
        (from != land.me.id).then(|| agent_named(land, &self.known_roster(), issue, from))
    }

    /// Gives a ticket back that somebody else had claimed a moment before.
    async fn give_back(&self, land: &Land, ticket: &TicketId, to: AgentRef) -> DeskError {
        if let Err(error) = self.put(ticket, fields("assigned_to_id", to.id.as_str())).await {
            let why = format!(
                "{} had ticket {ticket} a moment before, and it could not be given back ({error}): you may hold it now; talk to \
                 them",
                to.name
            );
            return DeskError::NotPossible { why: Clean::line(&why) };
        }
        let row = match self.issue(ticket).await {
            Ok(issue) => Some(self.take(land, &issue).await.0),
            Err(_) => None,
        };
        let since = row.as_ref().and_then(|row| row.assigned_at);
        let by = row.and_then(|row| row.assignee).unwrap_or(to);
        DeskError::Held { mine: by.id.number() == Some(land.me.id), by, since }
    }

    pub(super) async fn steal(&self, ticket: &TicketId) -> DeskResult<Receipt> {
        let land = self.land().await?;
        self.hand(&land, ticket, &land.me.id.into()).await
    }

    pub(super) async fn assign(&self, ticket: &TicketId, to: &AgentId) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let to = self.agent(&land, to).await?;
        self.hand(&land, ticket, &to).await
    }

    /// An agent as typed; for a name the members of all projects are asked for.
    pub(super) async fn agent(&self, land: &Land, typed: &AgentId) -> DeskResult<AgentId> {
        let known = self.agent_typed(land, typed);
        if known.number().is_some() {
            return Ok(known);
        }
        self.roster(land).await?;
        let known = self.agent_typed(land, typed);
        match known.number() {
            Some(_) => Ok(known),
            None => Err(DeskError::NotFound { what: Clean::line(&format!("agent {typed}")) }),
        }
    }

    async fn hand(&self, land: &Land, ticket: &TicketId, to: &AgentId) -> DeskResult<Receipt> {
        let issue = self.issue(ticket).await?;
        let (before, _) = self.take(land, &issue).await;
        let project = issue.project.id;
        if let Err(error) = self.put(ticket, fields("assigned_to_id", to.as_str())).await {
            return Err(match error {
                DeskError::Invalid { .. } => self.not_in_queue(land, project, to).await,
                other => other,
            });
        }
        let issue = self.written(ticket).await?;
        let (after, _) = self.take(land, &issue).await;
        match &after.assignee {
            Some(holder) if holder.id == *to => Ok(Receipt::since(after, Some(before))),
            _ => Err(ignored("may not give tickets away there")),
        }
    }

    /// Who could be given work instead.
    async fn not_in_queue(&self, land: &Land, project: i64, to: &AgentId) -> DeskError {
        let Ok(roster) = self.roster(land).await else {
            return DeskError::NotPossible {
                why: Clean::line("Redmine gives the ticket to members of its project only"),
            };
        };
        let members = roster.members.get(&project).cloned().unwrap_or_default();
        let names: Vec<&str> =
            roster.agents.iter().filter(|a| members.contains(&a.id)).map(|a| a.name.as_str()).collect();
        let who = roster.agents.iter().find(|a| Some(a.id) == to.number()).map_or(to.as_str(), |a| a.name.as_str());
        let why = format!("{who} takes no work in that project; these do: {}", names.join(", "));
        DeskError::NotPossible { why: Clean::line(&why) }
    }

    pub(super) async fn release(&self, ticket: &TicketId) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let issue = self.issue(ticket).await?;
        let (before, _) = self.take(&land, &issue).await;
        match &before.assignee {
            Some(holder) if holder.id.number() != Some(land.me.id) => {
                return Err(held(&land, holder.clone(), &before));
            }
            None => return Ok(Receipt::since(before.clone(), Some(before))),
            Some(_) => {}
        }
        self.put(ticket, fields("assigned_to_id", "")).await?;
        let issue = self.written(ticket).await?;
        let (after, _) = self.take(&land, &issue).await;
        match after.assignee {
            None => Ok(Receipt::since(after, Some(before))),
            Some(_) => Err(ignored("may not give tickets back there")),
        }
    }
}

/// One field to set.
pub(super) fn fields(name: &str, value: impl Into<Value>) -> Map<String, Value> {
    std::iter::once((name.to_owned(), value.into())).collect()
}

fn held(land: &Land, by: AgentRef, row: &TicketRow) -> DeskError {
    let mine = by.id.number() == Some(land.me.id);
    DeskError::Held { by, since: row.assigned_at, mine }
}

/// The write was answered with 204 and did nothing.
pub(super) fn ignored(may_not: &str) -> DeskError {
    DeskError::Denied {
        why: Clean::line(&format!("Redmine accepted it and did nothing: this account {may_not}; ask an administrator")),
    }
}

fn not_assignable(error: DeskError) -> DeskError {
    match error {
        DeskError::Invalid { why, .. } => DeskError::NotPossible { why },
        other => other,
    }
}

/// Reads the hidden field of the edit form. The order of its attributes is not fixed.
pub(super) fn lock_version(page: &str) -> Option<i64> {
    let at = page.find("name=\"issue[lock_version]\"")?;
    let from = page[..at].rfind('<')?;
    let tag = &page[from..at + page[at..].find('>')?];
    let value = &tag[tag.find("value=\"")? + "value=\"".len()..];
    value[..value.find('"')?].parse().ok()
}
