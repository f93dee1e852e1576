//! What is said: replies, notes and new tickets, with their files.

use reqwest::Method;
use serde_json::{Value, json};

use super::line::refusal;
use super::read::no_ticket;
use super::rows::{self, Known};
use super::thread::is_message;
use super::wire::{Made, Transaction, User};
use super::write::{address, denied, invalid, not_possible, number, of_ticket, put, receipt};
use super::{Rt, path};
use crate::backend::http::Ask;
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

impl Rt {
    /// Answers the customer: looks whether the thread moved on, sends, and looks at the ticket.
    pub async fn reply(&self, id: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        number(id)?;
        if !message.bcc.is_empty() {
            return Err(not_possible("RT sends no blind copies; take them out, or send that mail by hand"));
        }
        let files = read_files(&message.files).await?;
        let content = content(&message.text, &files)?;
        let people = !message.to.is_empty() || !message.cc.is_empty();
        let wants = message.then.status.is_some();
        let row = async {
            // Whom RT mails, and what its statuses are called.
            if people || wants { self.row(id).await.map(Some) } else { Ok(None) }
        };
        let (known, earlier) = futures_util::join!(row, self.message_list(id));
        let (known, earlier) = (known?, earlier?);
        if !message.force {
            self.check_seen(id, message, &earlier).await?;
        }
        let joined = match &known {
            Some(known) => self.copies(id, known, message).await?,
            None => false,
        };
        let said = self.say(id, "correspond", message, content, &files, known.clone(), &earlier).await;
        let (true, Some(known)) = (joined, known) else { return said };
        // The mail has left, or will not: whoever got a copy of this one leaves the ticket again.
        let back: Vec<&str> = known.cc.iter().map(User::login).collect();
        let left = self.write(id, &put(id, None, Some(&json!({ "Cc": back })))?.repeatable()).await;
        let now = self.row(id).await;
        let mut receipt = said?;
        match now {
            Ok(now) if left.is_ok() && now.cc.len() == known.cc.len() => {
                receipt.ticket = TicketRow { messages: receipt.ticket.messages, ..now.row };
            }
            _ => receipt.remark = Some(Clean::line("who got a copy stays with the ticket, and gets later replies too")),
        }
        Ok(receipt)
    }

    /// Leaves a note: a comment, which RT sends to no customer.
    pub async fn note(&self, id: &TicketId, message: &Outgoing) -> DeskResult<Receipt> {
        number(id)?;
        let files = read_files(&message.files).await?;
        let content = content(&message.text, &files)?;
        let row = async { if message.then.status.is_some() { self.row(id).await.map(Some) } else { Ok(None) } };
        let (known, earlier) = futures_util::join!(row, self.message_list(id));
        self.say(id, "comment", message, content, &files, known?, &earlier?).await
    }

    /// Posts a message and looks what became of the ticket.
    #[allow(clippy::too_many_arguments, reason = "the two callers hand over what they have looked up")]
    async fn say(
        &self,
        id: &TicketId,
        verb: &str,
        message: &Outgoing,
        content: String,
        files: &[File],
        known: Option<Known>,
        earlier: &[Transaction],
    ) -> DeskResult<Receipt> {
        let before = known.as_ref().map(|k| k.row.clone()).or_else(|| self.remembered(id));
        let mut body = json!({ "Content": content, "ContentType": "text/plain" });
        if let Some(subject) = message.subject.as_ref().filter(|s| !s.trim().is_empty()) {
            body["Subject"] = Value::from(subject.trim());
        }
        let mut wanted = None;
        if let (Some(to), Some(known)) = (message.then.status, &known) {
            let name = self.native_status(known, to).await?;
            body["Status"] = Value::from(name.as_str());
            wanted = Some(name);
        }
        attach(&mut body, files);
        let ask = Ask::new(Method::POST, path(["ticket", id.as_str(), verb])).json(&body)?;
        let answer = self.line.send(&ask).await?;
        if !answer.status.is_success() {
            return Err(of_ticket(id, refusal(&answer)));
        }
        let made = answer.headers.get(reqwest::header::LOCATION).and_then(|v| v.to_str().ok());
        let transaction = made.and_then(|l| l.rsplit('/').next()).unwrap_or_default().to_owned();
        let mut remarks: Vec<String> = Vec::new();
        // From here on it is said: what fails is told, and not as a failure of the message.
        if let Some(to) = &message.then.assignee
            && let Err(error) = self.hand_on(id, to.as_str()).await
        {
            remarks.push(format!("it is not handed on: {error}"));
        }
        let now = match self.row(id).await {
            Ok(now) => now,
            Err(error) => match self.known(id).await {
                Ok(known) => known,
                Err(_) => return Err(error),
            },
        };
        if let Some(wanted) = wanted.filter(|w| *w != now.row.native_status.as_str()) {
            remarks.push(format!("the status is {} and not {wanted}: RT did not change it", now.row.native_status));
        }
        let kind = if verb == "comment" { Kind::Note } else { Kind::Reply };
        let nobody = now.requestors.is_empty() && now.cc.is_empty();
        let delivery = (kind == Kind::Reply).then_some(if nobody { Delivery::None } else { Delivery::Sent });
        let me = match &now.updated_by {
            by if self.line.is_me(by) => by.login().into(),
            _ => self.my_login().await?,
        };
        let name =
            self.memory().me.as_ref().filter(|m| m.id == me).map_or_else(|| me.clean().clone(), |m| m.name.clone());
        let to = if kind == Kind::Reply { now.requestors.iter().map(rows::person).collect() } else { Vec::new() };
        let said = Message {
            id: MessageId::new(&transaction),
            number: earlier.iter().filter(|t| is_message(t)).count() as u32 + 1,
            kind,
            author: Requester { name, ..Requester::default() },
            agent: Some(me),
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
        Ok(receipt)
    }

    async fn hand_on(&self, id: &TicketId, to: &str) -> DeskResult<()> {
        self.write(id, &put(id, None, Some(&json!({ "Owner": to })))?.repeatable()).await?;
        Ok(())
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

    /// RT mails the requesters and who always gets copies: somebody else gets one by joining the latter first. Answers whether
    /// anybody did.
    async fn copies(&self, id: &TicketId, known: &Known, message: &Outgoing) -> DeskResult<bool> {
        let same = |user: &User, person: &Requester| rows::person(user).email.eq_ignore_ascii_case(&person.email);
        let left_out = known
            .requestors
            .iter()
            .find(|r| !message.to.iter().any(|p| same(r, p)) && !message.cc.iter().any(|p| same(r, p)));
        if let (false, Some(left_out)) = (message.to.is_empty(), left_out) {
            return Err(not_possible(&format!(
                "RT always mails the requester; {} cannot be left out of a reply",
                rows::person(left_out).display()
            )));
        }
        let there = |person: &&Requester| known.requestors.iter().chain(&known.cc).any(|user| same(user, person));
        let new: Vec<&Requester> = message.to.iter().chain(&message.cc).filter(|p| !there(p)).collect();
        if new.is_empty() {
            return Ok(false);
        }
        let all: Vec<String> =
            known.cc.iter().map(|u| u.login().to_owned()).chain(new.iter().map(|p| address(p))).collect();
        let wrote = self.write(id, &put(id, None, Some(&json!({ "Cc": all })))?).await?;
        let now = self.row(id).await?;
        if let Some(missing) = new.iter().find(|p| !now.cc.iter().any(|user| same(user, p))) {
            return Err(not_possible(&format!(
                "RT does not copy {} in: {}; nothing was sent",
                missing.email, wrote.said
            )));
        }
        Ok(true)
    }

    /// Opens a ticket. With a requester RT would mail the customer at once that a ticket was opened; so the requester is added
    /// after, which mails nobody.
    pub async fn open_new(&self, new: &NewTicket) -> DeskResult<Receipt> {
        if !new.requester.email.contains('@') {
            return Err(invalid("requester", "RT knows customers by their mail address; give one"));
        }
        let queue = self.queue(new.queue.as_str()).await?;
        let files = read_files(&new.files).await?;
        let mut body = json!({ "Queue": queue.id.as_str(), "Subject": new.subject });
        if !new.text.trim().is_empty() || !files.is_empty() {
            body["Content"] = Value::from(true_text(&new.text));
            body["ContentType"] = Value::from("text/plain");
        }
        attach(&mut body, &files);
        let id = self.make(&body).await?;
        let remark = self.add_requester(&id, &[address(&new.requester)]).await?;
        let now = self.row(&id).await?;
        let mut receipt = receipt(&now, None);
        receipt.remark = remark;
        Ok(receipt)
    }

    /// Opens a ticket and answers its id.
    pub async fn make(&self, body: &Value) -> DeskResult<TicketId> {
        let ask = Ask::new(Method::POST, path(["ticket"])).json(body)?;
        let made: Made = self.line.ask(&ask).await?;
        let id = TicketId::new(&made.id);
        number(&id).map_err(|_| no_ticket(&id))?;
        Ok(id)
    }

    /// Adds who asked, after the ticket is there. Should that fail, the ticket stands without: said, for it must not be opened
    /// again.
    pub async fn add_requester(&self, id: &TicketId, people: &[String]) -> DeskResult<Option<Clean>> {
        let ask = put(id, None, Some(&json!({ "Requestor": people })))?.repeatable();
        let said = match self.write(id, &ask).await {
            Ok(wrote) => wrote.said,
            Err(error) => Clean::line(&error.to_string()),
        };
        let now = self.row(id).await?;
        if now.requestors.len() >= people.len() {
            return Ok(None);
        }
        Ok(Some(Clean::line(&format!(
            "#{id} is there without its requester ({}): {}",
            people.join(", "),
            denied(&said)
        ))))
    }
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
