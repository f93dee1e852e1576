//! Splitting: a new issue with a copy of the chosen text and files, a private note on both sides, and a relation. Redmine moves no
//! notes, so the source keeps everything. It is not one transaction: what could be refused is asked before anything is written,
//! and what fails after the new issue stands is told with it.
//!
//! No customer is to be mailed of it. The notes are private, and the new issue has no watcher and no holder but one of us. A relation
//! is a step of the source's public history, and Redmine mails it to the author, the holder and the watchers of the source who
//! may see the new issue: where one of them is not known to be one of us the two are not related, and the notes hold the link.
//! Files of private notes stay where they are: on the new issue everybody who may read it would have them.

use std::sync::Arc;

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::claim::fields;
use super::land::{Land, Roster, customer_field, is_ours, label_field};
use super::query::no_queue;
use super::rows::{SPLIT_FROM, SPLIT_INTO};
use super::wire::{Issue, Named};
use super::{Redmine, refusal};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{Attachment, DeskError, Kind, Message, Pick, Receipt, Split, TicketId, TicketRow};
use crate::text::Clean;

/// The largest file that is carried over.
const LARGEST: usize = 100 * 1024 * 1024;

/// What leaves, sorted by who may read it.
struct Chosen {
    /// The new issue's first text.
    open: String,
    /// What only agents may read.
    internal: String,
    /// Where it came from: `message 1, lines 3-4`.
    origin: String,
    files: Vec<Attachment>,
    /// The names of files of private notes.
    kept: Vec<Clean>,
}

/// A split that is ready to be made.
struct Plan {
    land: Arc<Land>,
    source: Issue,
    before: TicketRow,
    chosen: Chosen,
    /// The new issue.
    new: Map<String, Value>,
    /// Private notes are allowed on the source.
    here: bool,
    /// The same on the new issue.
    there: bool,
    /// Why the two are not to be related.
    apart: Option<String>,
    /// What did not get through, for the agent.
    lost: Vec<String>,
}

impl Redmine {
    pub(super) async fn split(&self, split: &Split) -> DeskResult<Receipt> {
        let mut plan = self.plan(split).await.map_err(DeskError::before_the_write)?;
        let made = self.post(std::mem::take(&mut plan.new)).await?;
        // From here on a failure is told and stops nothing: the new issue stands.
        Ok(self.finish(plan, made).await)
    }

    /// Asks for all that a split needs and that could refuse it.
    async fn plan(&self, split: &Split) -> DeskResult<Plan> {
        let land = self.land().await?;
        let source = self.issue_with(&split.ticket, "journals,attachments,relations,watchers").await?;
        let (before, messages) = self.take(&land, &source).await;
        let chosen = choose(&messages, &split.pick)?;
        let target = match &split.queue {
            Some(queue) => land.project(queue).ok_or_else(|| no_queue(queue.as_str()))?.id,
            None => source.project.id,
        };
        let here = self.may(source.project.id, &["set_notes_private"]).await? == Some(true);
        let there = if target == source.project.id {
            here
        } else {
            self.may(target, &["set_notes_private"]).await? == Some(true)
        };
        if !chosen.internal.is_empty() && !there {
            return Err(DeskError::Denied {
                why: Clean::line(
                    "the choice holds internal notes, and your role is not known to be allowed to make private ones there: they \
                     would be shown to everybody, so nothing was split",
                ),
            });
        }
        if source.is_private && self.may(target, &["set_issues_private", "set_own_issues_private"]).await? != Some(true)
        {
            return Err(DeskError::Denied {
                why: Clean::line(
                    "the ticket is private, and your role is not known to be allowed to make a private one there: it would be \
                     shown to everybody, so nothing was split",
                ),
            });
        }
        let roster = self.roster_of(&land, &source).await;
        let mut lost = Vec::new();
        let assignee = match &split.assignee {
            None => match &source.assigned_to {
                Some(holder) if is_ours(&land, &roster, holder) => Some(holder.id.to_string()),
                Some(holder) => {
                    lost.push(format!("nobody holds the new one: Redmine would have mailed it to {}", holder.name));
                    None
                }
                None => None,
            },
            Some(None) => None,
            Some(Some(to)) => Some(self.agent(&land, to).await?.to_string()),
        };
        let files = self.carry(&chosen.files, &mut lost).await;
        lost.extend(chosen.kept.iter().map(|name| {
            format!("{name} was not carried over: it came with an internal note, and there everybody would have it")
        }));

        let mut new = fields("project_id", target);
        new.insert("subject".to_owned(), split.subject.as_deref().unwrap_or(&source.subject).into());
        let text = if chosen.open.is_empty() { format!("{SPLIT_FROM}{}", source.id) } else { chosen.open.clone() };
        new.insert("description".to_owned(), text.into());
        new.insert("priority_id".to_owned(), source.priority.id.into());
        new.insert("custom_fields".to_owned(), custom_fields(&land, &source, split));
        if source.is_private {
            new.insert("is_private".to_owned(), true.into());
        }
        if let Some(to) = assignee {
            new.insert("assigned_to_id".to_owned(), to.into());
        }
        if target == source.project.id {
            if let Some(tracker) = &source.tracker {
                new.insert("tracker_id".to_owned(), tracker.id.into());
            }
            if let Some(category) = &source.category {
                new.insert("category_id".to_owned(), category.id.into());
            }
        }
        if !files.is_empty() {
            new.insert("uploads".to_owned(), files.into());
        }
        let apart = mailed(&land, &roster, &source);
        Ok(Plan { land, source, before, chosen, new, here, there, apart, lost })
    }

    /// Links the new issue and the source, and looks what became of both.
    async fn finish(&self, plan: Plan, made: Issue) -> Receipt {
        let Plan { land, source, before, chosen, here, there, apart, mut lost, .. } = plan;
        let ids = [TicketId::from(made.id), before.id.clone()];
        match apart {
            Some(whom) if here && there => lost.push(format!(
                "the two are linked by internal notes and not by a relation: Redmine would have mailed it to {whom}"
            )),
            Some(whom) => lost.push(format!(
                "the two are not linked: Redmine would have mailed a relation to {whom}, and your role may not make private \
                 notes on both"
            )),
            None => {
                if let Err(error) = self.relate(source.id, made.id).await {
                    lost.push(format!("the two could not be related ({error})"));
                }
            }
        }
        let from = there.then(|| format!("{SPLIT_FROM}{} ({}).{}", source.id, chosen.origin, chosen.internal));
        let into = here.then(|| format!("{SPLIT_INTO}{}: {} ({}).", made.id, made.subject, chosen.origin));
        let notes = [from, into];
        for (ticket, text) in ids.iter().zip(&notes) {
            let Some(text) = text else { continue };
            let mut note = fields("notes", text.as_str());
            note.insert("private_notes".to_owned(), true.into());
            if let Err(error) = self.put(ticket, note).await {
                lost.push(format!("the note on #{ticket} was not confirmed ({error})"));
            }
        }
        let mut now = [made, source];
        for ((ticket, text), issue) in ids.iter().zip(&notes).zip(&mut now) {
            match self.issue(ticket).await {
                Ok(read) => *issue = read,
                // What stands is told in any case, as it was answered before.
                Err(error) => {
                    lost.push(format!("#{ticket} could not be read again ({error}): look at it"));
                    continue;
                }
            }
            self.memory().wrote(issue);
            let shown = |text: &String| {
                let own = issue.journals.iter().rev().filter(|j| j.user.as_ref().is_some_and(|u| u.id == land.me.id));
                own.filter(|j| !j.private_notes).find(|j| j.notes.as_deref().is_some_and(|n| same_note(n, text)))
            };
            if let Some(journal) = text.as_ref().and_then(shown) {
                lost.push(self.take_out(&land, ticket, &journal.id.into()).await.to_owned());
            }
        }
        let [made, source] = now;
        let (other, _) = self.take(&land, &made).await;
        let (row, _) = self.take(&land, &source).await;
        if made.is_private != source.is_private {
            lost.push(format!("#{} is NOT private: hide it in Redmine", made.id));
        }
        if other.requester.email != row.requester.email {
            lost.push("the customer's address was not kept: the project lacks the field".to_owned());
        } else if other.requester.name != row.requester.name {
            lost.push(format!("#{} is yours by its author: whose it is stands in the internal note only", made.id));
        }
        if !here || !there {
            lost.push("no note tells of the split: your role may not make private ones".to_owned());
        }
        let remark = (!lost.is_empty()).then(|| Clean::line(&lost.join("; ")));
        Receipt { other: Some(other), remark, ..Receipt::since(row, Some(before)) }
    }

    /// The roster, where somebody besides us and the mail gateway has to do with an issue.
    async fn roster_of(&self, land: &Land, issue: &Issue) -> Arc<Roster> {
        let known = self.known_roster();
        if concerned(issue).all(|user| land.names.is_gateway(&user.name) || is_ours(land, &known, user)) {
            return known;
        }
        self.roster(land).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "who works there is not known");
            known
        })
    }

    /// `copied_to` leads from the source to what was taken out of it, and is shown on both.
    async fn relate(&self, source: i64, made: i64) -> DeskResult<()> {
        let path = ["issues".to_owned(), source.to_string(), "relations.json".to_owned()];
        let ask = Ask::new(Method::POST, path)
            .json(&json!({ "relation": { "issue_to_id": made, "relation_type": "copied_to" } }))?;
        let answer = self.http.send(&ask).await?;
        if answer.status.is_success() { Ok(()) } else { Err(refusal(&answer)) }
    }

    /// Files, fetched and uploaded again; one that does not get through is told.
    async fn carry(&self, files: &[Attachment], lost: &mut Vec<String>) -> Vec<Value> {
        let mut tokens = Vec::with_capacity(files.len());
        for file in files {
            match self.carried(file).await {
                Ok(token) => tokens.push(token),
                Err(error) => lost.push(format!("{} was not carried over ({error})", file.name)),
            }
        }
        tokens
    }

    async fn carried(&self, file: &Attachment) -> DeskResult<Value> {
        let mut download = self.download(&file.id).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = download.bytes.next().await {
            bytes.extend_from_slice(&chunk?);
            if bytes.len() > LARGEST {
                return Err(DeskError::TooLarge { why: Clean::line("it is larger than 100 MB") });
            }
        }
        self.upload_bytes(&file.name, &file.media_type, bytes.into()).await
    }
}

/// Whom Redmine mails of a step of an issue's history, as far as the issue tells. Users who want to be mailed of everything in a project
/// are told to nobody.
fn concerned(issue: &Issue) -> impl Iterator<Item = &Named> {
    issue.author.iter().chain(&issue.assigned_to).chain(issue.watchers.iter().flatten())
}

/// Who is no agent, as far as is known, and would be mailed of a relation; nothing where nobody is.
fn mailed(land: &Land, roster: &Roster, source: &Issue) -> Option<String> {
    let ours = |user: &Named| land.names.is_gateway(&user.name) || is_ours(land, roster, user);
    if let Some(user) = concerned(source).find(|user| !ours(user)) {
        return Some(user.name.clone());
    }
    source.watchers.is_none().then(|| "those who watch it, whom your role may not see".to_owned())
}

/// Whether a note is the one that was sent.
fn same_note(kept: &str, sent: &str) -> bool {
    kept.split_whitespace().eq(sent.split_whitespace())
}

/// The customer and the labels of the new issue.
fn custom_fields(land: &Land, source: &Issue, split: &Split) -> Value {
    let mut all = Vec::new();
    if let Some(field) = customer_field(&land.names, source) {
        all.push(json!({ "id": field.id, "value": field.value }));
    }
    if let Some(field) = label_field(&land.names, source) {
        let labels: Vec<&str> = match &split.labels {
            Some(own) => own.iter().map(Clean::as_str).collect(),
            None => field.values(),
        };
        all.push(json!({ "id": field.id, "value": labels }));
    }
    all.into()
}

/// The chosen text.
fn choose(messages: &[Message], pick: &Pick) -> DeskResult<Chosen> {
    let unknown = |id: &str| DeskError::NotFound { what: Clean::line(&format!("message {id}")) };
    let mut chosen = Chosen {
        open: String::new(),
        internal: String::new(),
        origin: String::new(),
        files: Vec::new(),
        kept: Vec::new(),
    };
    match pick {
        Pick::Lines(excerpt) => {
            let id = excerpt.message.as_str();
            let message = messages.iter().find(|m| m.id == excerpt.message).ok_or_else(|| unknown(id))?;
            let (first, last) = excerpt.lines;
            let text = message.cut(excerpt.lines)?;
            let lines = if first == last { format!("line {first}") } else { format!("lines {first}-{last}") };
            chosen.origin = format!("{}, {lines}", told(message));
            match message.kind {
                Kind::Note => chosen.internal = format!("\n\n{text}"),
                Kind::Incoming | Kind::Reply | Kind::Call => chosen.open = text,
            }
        }
        Pick::Messages(ids) => {
            if let Some(id) = ids.iter().find(|id| !messages.iter().any(|m| m.id == **id)) {
                return Err(unknown(id.as_str()));
            }
            let picked: Vec<&Message> = messages.iter().filter(|m| ids.contains(&m.id)).collect();
            if picked.is_empty() || picked.len() == messages.len() {
                return Err(DeskError::NotPossible {
                    why: Clean::line("choose some of the messages: a ticket keeps at least one"),
                });
            }
            chosen.origin = picked.iter().map(|m| told(m)).collect::<Vec<_>>().join("; ");
            let open: Vec<&&Message> = picked.iter().filter(|m| m.kind != Kind::Note).collect();
            chosen.open = match open.as_slice() {
                // One message of the customer begins the new ticket as it stands.
                [one] if one.kind == Kind::Incoming => one.text.to_string(),
                several => several.iter().map(|m| headed(m)).collect::<Vec<_>>().join("\n\n----\n\n"),
            };
            for message in &picked {
                if message.kind == Kind::Note {
                    chosen.internal.push_str(&format!("\n\n{}", headed(message)));
                    chosen.kept.extend(message.attachments.iter().map(|f| f.name.clone()));
                } else {
                    chosen.files.extend(message.attachments.iter().cloned());
                }
            }
        }
    }
    for text in [&mut chosen.open, &mut chosen.internal] {
        *text = without_mentions(text);
    }
    Ok(chosen)
}

/// Redmine mails whoever a text names as `@login` (`lib/redmine/acts/mentionable.rb`). Who copies it names nobody: an invisible
/// character stands between.
fn without_mentions(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        out.push(c);
        if c == '@' && !before.is_some_and(|b: char| b.is_ascii_alphanumeric() || b == '_') {
            out.push('\u{200b}');
        }
        before = Some(c);
    }
    out
}

/// A message as the notes on both sides name it.
fn told(message: &Message) -> String {
    format!("message {}, {}, {}", message.number, message.author.display(), when(message))
}

/// A message among several, with who wrote it and when.
fn headed(message: &Message) -> String {
    format!("{}, {}:\n\n{}", message.author.display(), when(message), message.text)
}

fn when(message: &Message) -> String {
    message.at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
