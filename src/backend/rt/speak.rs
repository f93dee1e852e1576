//! What is said: replies, notes and new tickets, with their files.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::line::refusal;
use super::rows::{self, Known};
use super::thread::is_message;
use super::wire::{Made, Transaction};
use super::write::{address, denied, invalid, is_held_by, merged, not_possible, number, of_ticket, put, receipt};
use super::{Rt, path};
use crate::backend::http::{Answer, Ask};
use crate::backend::{DeskResult, base64, upload};
use crate::domain::id::MessageId;
use crate::domain::{
    Delivery, DeskError, Kind, Message, NewTicket, Outgoing, Receipt, Requester, TicketId, TicketRow, Upload,
};
use crate::text::Clean;

/// A file inside the JSON of a message.
pub struct File {
    pub name: String,
    pub media_type: String,
    /// In base64.
    pub content: String,
}

/// What is to be said, looked up and read before anything is changed.
struct Words {
    /// `correspond` or `comment`.
    verb: &'static str,
    content: String,
    files: Vec<File>,
    /// The name of the status that the ticket is to get with it.
    status: Option<String>,
    /// The ticket before.
    known: Option<Known>,
    /// How many messages it had.
    earlier: u32,
}

impl Rt {
    /// Answers the customer: looks whether the thread moved on, sends, and looks at the ticket.
    pub async fn reply(&self, id: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        number(id)?;
        if !message.bcc.is_empty() {
            return Err(not_possible("RT sends no blind copies; take them out, or send that mail by hand"));
        }
        let files = read_files(&message.files).await?;
        let content = content(&message.text, &files)?;
        // Whom RT mails; also where somebody is left from an earlier mail.
        let people = !message.to.is_empty() || !message.cc.is_empty() || self.memory().guests.contains_key(id);
        // Who gets copies is changed by one at a time.
        let _door = if people { Some(self.door.lock().await) } else { None };
        let (known, earlier) = self.before_words(id, message, people).await?;
        if !message.force {
            self.check_seen(id, message, &earlier).await?;
        }
        let status = self.status_to_set(message, known.as_ref()).await?;
        let guests = match &known {
            Some(known) if people => self.invite(id, known, message).await?,
            _ => Vec::new(),
        };
        let words = Words { verb: "correspond", content, files, status, known, earlier: count(&earlier) };
        let said = self.say(id, message, words).await;
        if guests.is_empty() {
            return said.map(|(receipt, _)| receipt);
        }
        // The mail has left, or will not: whoever got a copy of this one leaves the ticket again.
        match (said, guests) {
            (Ok((mut receipt, now)), guests) => {
                match self.see_off(id, guests, now).await {
                    Ok(now) => receipt.ticket = TicketRow { messages: receipt.ticket.messages, ..now.row },
                    Err(words) => {
                        let both = receipt.remark.iter().map(Clean::as_str).chain([&*words]).collect::<Vec<_>>();
                        receipt.remark = Some(Clean::line(&both.join("; ")));
                    }
                }
                Ok(receipt)
            }
            (Err(error), guests) => match self.see_off(id, guests, None).await {
                Ok(_) => Err(error),
                Err(words) => Err(with_words(error, &words)),
            },
        }
    }

    /// Leaves a note: a comment, which RT sends to no customer.
    pub async fn note(&self, id: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        number(id)?;
        let files = read_files(&message.files).await?;
        let content = content(&message.text, &files)?;
        let (known, earlier) = self.before_words(id, message, false).await?;
        let status = self.status_to_set(message, known.as_ref()).await?;
        let words = Words { verb: "comment", content, files, status, known, earlier: count(&earlier) };
        self.say(id, message, words).await.map(|(receipt, _)| receipt)
    }

    /// The ticket where it is needed, and its messages: asked for at once. RT would say it in another ticket where this one was merged
    /// meanwhile, to that one's people; the messages name the tickets that they came in, and more than one is worth a look.
    async fn before_words(
        &self,
        id: &TicketId,
        message: &Outgoing,
        people: bool,
    ) -> DeskResult<(Option<Known>, Vec<Transaction>)> {
        let needed = people || message.then.status.is_some();
        let row = async { if needed { self.row(id).await.map(Some) } else { Ok(None) } };
        let (known, earlier) = futures_util::join!(row, self.message_list(id));
        let (mut known, earlier) = (known?, earlier?);
        if known.is_none() && earlier.iter().any(|t| !t.object_id.is_empty() && t.object_id != id.as_str()) {
            known = Some(self.row(id).await?);
        }
        match known.as_ref().map(|known| &known.row.id).filter(|now| *now != id) {
            Some(now) => Err(merged(now)),
            None => Ok((known, earlier)),
        }
    }

    async fn status_to_set(&self, message: &Outgoing, known: Option<&Known>) -> DeskResult<Option<String>> {
        match (message.then.status, known) {
            (Some(to), Some(known)) => self.native_status(known, to).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Posts a message and looks what became of the ticket; answers that too, where it could be seen.
    async fn say(&self, id: &TicketId, message: &Outgoing, words: Words) -> DeskResult<(Receipt, Option<Known>)> {
        let before = words.known.as_ref().map(|k| k.row.clone()).or_else(|| self.remembered(id));
        let mut body = json!({ "Content": words.content, "ContentType": "text/plain" });
        if let Some(subject) = message.subject.as_ref().filter(|s| !s.trim().is_empty()) {
            body["Subject"] = Value::from(subject.trim());
        }
        if let Some(name) = &words.status {
            body["Status"] = Value::from(name.as_str());
        }
        attach(&mut body, &words.files);
        let ask = Ask::new(Method::POST, path(["ticket", id.as_str(), words.verb])).json(&body)?;
        let answer = self.line.send(&ask).await?;
        made(&answer).map_err(|error| of_ticket(id, error))?;
        let place = answer.headers.get(reqwest::header::LOCATION).and_then(|v| v.to_str().ok());
        let transaction = place.and_then(|l| l.rsplit('/').next()).unwrap_or_default().to_owned();
        let mut remarks: Vec<String> = Vec::new();
        // From here on it is said: what fails is told, and not as a failure of the message.
        let handed = match &message.then.assignee {
            Some(to) => {
                let ask = put(id, None, Some(&json!({ "Owner": to.as_str() })))?.repeatable();
                Some((to, self.write(id, &ask).await))
            }
            None => None,
        };
        let (now, seen) = match self.row(id).await {
            Ok(now) => (now, true),
            Err(error) => match words.known.or_else(|| self.memory().row(id).cloned()) {
                Some(known) => {
                    remarks.push(format!("it was sent; how the ticket stands now could not be seen: {error}"));
                    (known, false)
                }
                None => return Err(error.after_the_write()),
            },
        };
        // RT refuses in an answer that looks like any other: only the ticket tells.
        match handed {
            Some((_, Err(error))) => remarks.push(format!("it is not handed on: {error}")),
            Some((to, Ok(wrote))) if seen && !is_held_by(&now, to.as_str()) => {
                remarks.push(format!("it is not handed on: {}", denied(&wrote.said)));
            }
            _ => {}
        }
        if let Some(wanted) = words.status.filter(|w| seen && *w != now.row.native_status.as_str()) {
            remarks.push(format!("the status is {} and not {wanted}: RT did not change it", now.row.native_status));
        }
        let kind = if words.verb == "comment" { Kind::Note } else { Kind::Reply };
        let nobody = now.requestors.is_empty() && now.cc.is_empty();
        if nobody && kind == Kind::Reply {
            remarks.push("nobody is on the ticket whom RT could mail".to_owned());
        }
        let delivery = (kind == Kind::Reply).then_some(if nobody { Delivery::None } else { Delivery::Sent });
        let me = match &now.updated_by {
            by if self.line.is_me(by) => Some(by.login().into()),
            _ => self.my_login().await.ok(),
        };
        let name = {
            let memory = self.memory();
            let known = memory.me.as_ref().filter(|m| Some(&m.id) == me.as_ref()).map(|m| m.name.clone());
            known.or_else(|| me.as_ref().map(|me| me.clean().clone())).unwrap_or_default()
        };
        let to = if kind == Kind::Reply { now.requestors.iter().map(rows::person).collect() } else { Vec::new() };
        let said = Message {
            id: MessageId::new(&transaction),
            number: words.earlier + 1,
            kind,
            author: Requester { name, ..Requester::default() },
            agent: me,
            at: super::line::clock(&answer).unwrap_or(now.updated),
            subject: message.subject.as_deref().map(Clean::line).filter(|s| !s.is_empty()),
            to,
            cc: Vec::new(),
            text: Clean::text(&message.text),
            from_html: false,
            // Their numbers are known when the thread is read.
            attachments: Vec::new(),
            excerpt_of: None,
            delivery,
        };
        let mut receipt = receipt(&now, before);
        receipt.ticket.messages = receipt.ticket.messages.max(said.number);
        receipt.message = Some(said);
        receipt.delivery = delivery;
        receipt.remark = (!remarks.is_empty()).then(|| Clean::line(&remarks.join("; ")));
        Ok((receipt, seen.then_some(now)))
    }

    /// Holds a reply back when somebody spoke since its author looked.
    async fn check_seen(&self, id: &TicketId, message: &Outgoing, list: &[Transaction]) -> DeskResult<()> {
        let Some(seen) = message.seen.as_ref().and_then(MessageId::number) else { return Ok(()) };
        let later = |number: Option<i64>| number.is_some_and(|n| n > seen);
        if !list.iter().any(|t| t.what != "Comment" && later(t.id.parse().ok())) {
            return Ok(());
        }
        let thread = self.whole_thread(id).await?;
        let messages = thread.messages.into_iter().filter(|m| m.kind != Kind::Note && later(m.id.number())).collect();
        Err(DeskError::MovedOn { messages })
    }

    /// Opens a ticket. With a requester RT would mail the customer at once that a ticket was opened; so the requester is added
    /// after, which mails nobody.
    pub async fn open_new(&self, new: &NewTicket) -> DeskResult<Receipt> {
        if !new.requester.email.contains('@') {
            return Err(invalid("requester", "RT knows customers by their mail address; give one"));
        }
        let queue = self.queue(new.queue.as_str()).await.map_err(DeskError::before_the_write)?;
        let files = read_files(&new.files).await?;
        let mut body = json!({ "Queue": queue.id.as_str(), "Subject": new.subject });
        if !new.text.trim().is_empty() || !files.is_empty() {
            body["Content"] = Value::from(true_text(&new.text));
            body["ContentType"] = Value::from("text/plain");
        }
        attach(&mut body, &files);
        let id = self.make(&body).await?;
        let (seen, remark) = self.add_requester(&id, &[address(&new.requester)]).await;
        let now = match seen {
            Some(now) => now,
            None => self.row(&id).await.map_err(|error| opened(&id, &error))?,
        };
        let mut receipt = receipt(&now, None);
        receipt.remark = remark.as_deref().map(Clean::line);
        Ok(receipt)
    }

    /// Opens a ticket and answers its id.
    pub async fn make(&self, body: &Value) -> DeskResult<TicketId> {
        let ask = Ask::new(Method::POST, path(["ticket"])).json(body)?;
        let answer = self.line.send(&ask).await?;
        made(&answer)?;
        let id = TicketId::new(&answer.json::<Made>()?.id);
        number(&id).map_err(DeskError::after_the_write)?;
        Ok(id)
    }

    /// Adds who asked, after the ticket is there, and looks at it. Should that fail, the ticket stands without: said, for it must
    /// not be opened again.
    pub async fn add_requester(&self, id: &TicketId, people: &[String]) -> (Option<Known>, Option<String>) {
        let ask = put(id, None, Some(&json!({ "Requestor": people }))).map(Ask::repeatable);
        let said = match ask {
            Ok(ask) => self.write(id, &ask).await.map(|wrote| wrote.said),
            Err(error) => Err(error),
        };
        let now = match self.row(id).await {
            Ok(now) => now,
            Err(error) => return (None, Some(format!("#{id} may be without its requester: {error}"))),
        };
        if now.requestors.len() >= people.len() {
            return (Some(now), None);
        }
        let why = said.map_or_else(|error| error, |said| denied(&said));
        (Some(now), Some(format!("#{id} is there without its requester ({}): {why}", people.join(", "))))
    }
}

/// A ticket was opened, and what came after failed: it must not be opened again.
pub fn opened(id: &TicketId, error: &DeskError) -> DeskError {
    let why = format!("#{id} is opened, and what came after failed: {error}; look at it, and do not open it again");
    DeskError::Unreachable { why: Clean::line(&why), maybe_done: true }
}

/// Something new is there: RT says 201. Any other answer means that nobody knows, whatever it looks like.
pub fn made(answer: &Answer) -> DeskResult<()> {
    if answer.status == StatusCode::CREATED { Ok(()) } else { Err(refusal(answer)) }
}

/// An error, and what else the agent has to know.
fn with_words(error: DeskError, words: &str) -> DeskError {
    let why = Clean::line(&format!("{error}; {words}"));
    match error {
        DeskError::Unreachable { maybe_done, .. } => DeskError::Unreachable { why, maybe_done },
        DeskError::Unavailable { .. } | DeskError::Garbled { .. } => DeskError::Unavailable { why },
        // Sent again by itself, and then they are taken off again too.
        limited @ DeskError::Limited { .. } => limited,
        _ => DeskError::NotPossible { why },
    }
}

fn count(earlier: &[Transaction]) -> u32 {
    earlier.iter().filter(|t| is_message(t)).count() as u32
}

/// What a message says. RT takes an empty one, and drops a text that is only a zero.
fn content(text: &str, files: &[File]) -> DeskResult<String> {
    if text.trim().is_empty() && files.is_empty() {
        return Err(invalid("text", "there is nothing to send: the text is empty"));
    }
    Ok(true_text(text))
}

/// RT takes an empty text and `0` for no text at all.
pub fn true_text(text: &str) -> String {
    if matches!(text, "" | "0") { format!("{text}\n") } else { text.to_owned() }
}

/// Puts files into the JSON of a message.
pub fn attach(body: &mut Value, files: &[File]) {
    if files.is_empty() {
        return;
    }
    body["Attachments"] = files
        .iter()
        .map(|f| json!({ "FileName": encoded_name(&f.name), "FileType": f.media_type, "FileContent": f.content }))
        .collect();
}

async fn read_files(files: &[Upload]) -> DeskResult<Vec<File>> {
    let mut read = Vec::with_capacity(files.len());
    for (file, bytes) in upload::read(files).await? {
        if bytes.is_empty() {
            return Err(invalid("files", &format!("{} is empty, and RT takes no empty file; leave it out", file.name)));
        }
        read.push(File {
            name: file.name.clone(),
            media_type: media_type(&file.media_type),
            content: base64::encode(&bytes),
        });
    }
    Ok(read)
}

/// A media type that RT can write into a mail's head.
pub fn media_type(given: &str) -> String {
    let plain = given.split(';').next().unwrap_or_default().trim();
    let token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let fits = plain.split_once('/').is_some_and(|(a, b)| token(a) && token(b) && a != "multipart");
    if fits { plain.to_owned() } else { "application/octet-stream".to_owned() }
}

/// RT fails on a file name beyond ASCII unless it comes as in a mail's head (RFC 2047), in words of at most 75 letters.
pub fn encoded_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() || c == '"' || c == '\\' { '_' } else { c }).collect();
    if name.is_ascii() && !name.contains("=?") {
        return name;
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in name.chars() {
        if piece.len() + c.len_utf8() > 45 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    words.iter().map(|w| format!("=?UTF-8?B?{}?=", base64::encode(w.as_bytes()))).collect::<Vec<_>>().join(" ")
}
