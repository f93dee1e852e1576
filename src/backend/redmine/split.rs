//! Splitting: a new issue with a copy of the chosen text and files, a relation, and a private note on both sides. Redmine moves no
//! notes, so the source keeps everything. Nobody outside is mailed: the notes are private, and the new issue has no watcher. It is not
//! one transaction: what could be refused is asked before anything is written, and what fails after the new issue stands is told
//! with it.

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::claim::fields;
use super::land::{Land, customer_field, label_field};
use super::query::no_queue;
use super::rows::{SPLIT_FROM, SPLIT_INTO};
use super::wire::Issue;
use super::{Redmine, refusal};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::{Attachment, DeskError, Kind, Message, Pick, Receipt, Split, TicketId};
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
    open_files: Vec<Attachment>,
    internal_files: Vec<Attachment>,
}

impl Redmine {
    pub(super) async fn split(&self, split: &Split) -> DeskResult<Receipt> {
        let land = self.land().await?;
        let source = self.issue(&split.ticket).await?;
        let (before, messages) = self.take(&land, &source).await?;
        let chosen = choose(&messages, &split.pick)?;
        let target = match &split.queue {
            Some(queue) => land.project(queue).ok_or_else(|| no_queue(queue.as_str()))?.id,
            None => source.project.id,
        };
        let here = self.may(&land, source.project.id, &["set_notes_private"]).await? == Some(true);
        let there = if land.my_roles(target) == land.my_roles(source.project.id) {
            here
        } else {
            self.may(&land, target, &["set_notes_private"]).await? == Some(true)
        };
        if !chosen.internal.is_empty() && !there {
            return Err(DeskError::Denied {
                why: Clean::line(
                    "the choice holds internal notes, and your role is not known to be allowed to make private ones there: they \
                     would be shown to everybody, so nothing was split",
                ),
            });
        }
        if source.is_private
            && self.may(&land, target, &["set_issues_private", "set_own_issues_private"]).await? != Some(true)
        {
            return Err(DeskError::Denied {
                why: Clean::line(
                    "the ticket is private, and your role is not known to be allowed to make a private one there: it would be \
                     shown to everybody, so nothing was split",
                ),
            });
        }
        let assignee = match &split.assignee {
            None => source.assigned_to.as_ref().map(|a| a.id.to_string()),
            Some(None) => None,
            Some(Some(to)) => Some(self.agent(&land, to).await?.to_string()),
        };
        let mut lost = Vec::new();
        let open_files = self.carry(&chosen.open_files, &mut lost).await;
        let internal_files = self.carry(&chosen.internal_files, &mut lost).await;

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
        if !open_files.is_empty() {
            new.insert("uploads".to_owned(), open_files.into());
        }
        let made = self.post(new).await?;

        // From here on a failure is told and stops nothing: the new issue stands.
        if let Err(error) = self.relate(source.id, made.id).await {
            lost.push(format!("the two could not be related ({error})"));
        }
        let made_id = TicketId::from(made.id);
        if there {
            let text = format!("{SPLIT_FROM}{} ({}).{}", source.id, chosen.origin, chosen.internal);
            let mut note = fields("notes", text);
            note.insert("private_notes".to_owned(), true.into());
            if !internal_files.is_empty() {
                note.insert("uploads".to_owned(), internal_files.into());
            }
            if let Err(error) = self.put(&made_id, note).await {
                lost.push(format!("the note on #{} was refused ({error})", made.id));
            }
        }
        if here {
            let text = format!("{SPLIT_INTO}{}: {} ({}).", made.id, made.subject, chosen.origin);
            let mut note = fields("notes", text);
            note.insert("private_notes".to_owned(), true.into());
            if let Err(error) = self.put(&split.ticket, note).await {
                lost.push(format!("the note on #{} was refused ({error})", source.id));
            }
        }
        // What stands is told in any case, with what was answered when it was made.
        let made = self.issue(&made_id).await.unwrap_or(made);
        let source_now = self.issue(&split.ticket).await.unwrap_or(source);
        let (other, _) = self.take(&land, &made).await?;
        let (row, _) = self.take(&land, &source_now).await?;
        if made.is_private != source_now.is_private {
            lost.push(format!("#{} is NOT private: hide it in Redmine", made.id));
        }
        if other.requester.email != row.requester.email {
            lost.push("the customer's address was not kept: the project lacks the field".to_owned());
        }
        if !here || !there {
            lost.push("no note tells of the split: your role may not make private ones".to_owned());
        }
        let remark = (!lost.is_empty()).then(|| Clean::line(&lost.join("; ")));
        Ok(Receipt { other: Some(other), remark, ..Receipt::since(row, Some(before)) })
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
        open_files: Vec::new(),
        internal_files: Vec::new(),
    };
    match pick {
        Pick::Lines(excerpt) => {
            let id = excerpt.message.as_str();
            let message = messages.iter().find(|m| m.id == excerpt.message).ok_or_else(|| unknown(id))?;
            let (first, last) = excerpt.lines;
            let rows: Vec<Clean> = message.text.rows().collect();
            if first == 0 || last < first || last as usize > rows.len() {
                let why = format!("message {} has lines 1 to {}", message.number, rows.len());
                return Err(DeskError::Invalid { field: Some(Clean::line("lines")), why: Clean::line(&why) });
            }
            let lines: Vec<&str> = rows[first as usize - 1..last as usize].iter().map(Clean::as_str).collect();
            let text = lines.join("\n");
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
                    chosen.internal_files.extend(message.attachments.iter().cloned());
                } else {
                    chosen.open_files.extend(message.attachments.iter().cloned());
                }
            }
        }
    }
    Ok(chosen)
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
