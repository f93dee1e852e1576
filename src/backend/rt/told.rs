//! What RT tells of a thread: its history, and the texts and files of its messages.
//!
//! RT cuts a list into pages first and drops what the agent may not see then, without a word: the records of mails that went out (as
//! many as there were replies, and larger), and comments. So a short page, or an empty one, is no end. The history goes on until the
//! ticket's last change is in it; texts that the first page of parts does not hold are asked for by the messages they belong to, all
//! of which may be seen, and so are files.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::read::{EMPTY, PER_PAGE};
use super::rows::Known;
use super::thread::is_message;
use super::wire::{Items, Part, Transaction};
use super::{Rt, get, line};
use crate::backend::DeskResult;
use crate::backend::http::Ask;
use crate::domain::TicketId;

/// The columns of a history. `_hyperlinks` would name the parts, and cost RT more than asking for them.
const HISTORY: &str = "Type,Creator,Created,Field,OldValue,NewValue";
/// The columns of a message's parts; `Parent` makes RT fail.
const TEXTS: &str = "TransactionId,ContentType,Filename,ContentLength,Subject,Headers,Content";
const FILES: &str = "TransactionId,ContentType,Filename,ContentLength";
/// A thread has at most so many pages of history.
pub const PAGES: u32 = 50;
/// One question for parts names so many messages: more make an address that servers refuse.
const NAMED: usize = 60;
/// A first page of parts with so many is taken to have others behind it.
const NEARLY_FULL: usize = PER_PAGE as usize * 9 / 10;
/// RT writes a message before its parts: only one this old can be said to have none.
const WRITTEN: SignedDuration = SignedDuration::from_mins(1);

/// A thread as RT tells it.
pub struct Told {
    pub transactions: Vec<Transaction>,
    texts: Vec<Part>,
    /// Pages of history that were read.
    pages: u32,
    /// The last of them was full.
    full: bool,
    /// So many of the last ones were empty.
    empty: u32,
    /// RT said how many entries there are, and they were all looked through.
    ended: bool,
}

impl Rt {
    /// The first pages of history and of texts, at once.
    pub async fn first_told(&self, id: &TicketId) -> DeskResult<Told> {
        let (history, texts) = (history(id), parts(id, kinds_of_text(), TEXTS));
        let (history, texts) = futures_util::join!(self.line.ask(&history), self.line.ask::<Items<Part>>(&texts));
        let mut told =
            Told { transactions: Vec::new(), texts: Vec::new(), pages: 0, full: false, empty: 0, ended: false };
        told.took(history?);
        // A ticket that may be seen begins with what may be seen too.
        told.ended |= told.transactions.is_empty();
        told.texts = texts?.items;
        Ok(told)
    }

    /// The rest of the history: until the ticket's last change, of `updated`, stands in it, or it is at its end.
    pub async fn tell_history(&self, id: &TicketId, told: &mut Told, updated: Timestamp) -> DeskResult<()> {
        while !told.ended && told.pages < PAGES && (told.full || told.is_behind(updated)) {
            let page: Items<Transaction> = self.line.ask(&line::of_page(&history(id), told.pages + 1)).await?;
            told.took(page);
        }
        Ok(())
    }

    /// The texts that the first page did not hold.
    pub async fn tell_texts(&self, id: &TicketId, told: &mut Told) -> DeskResult<()> {
        let missing: Vec<String> = {
            let memory = self.memory();
            let texts = told.by_message();
            let is_new = |t: &&str| memory.wordless.get(*t).is_none_or(|parts| *parts && !texts.contains_key(t));
            told.untold().into_iter().filter(is_new).map(str::to_owned).collect()
        };
        let found = self.parts_of(id, &missing, kinds_of_text(), TEXTS).await?;
        told.texts.retain(|part| !missing.contains(&part.transaction_id));
        told.texts.extend(found);
        let texts = told.by_message();
        let old = |t: &&Transaction| t.created.is_some_and(|at| Timestamp::now().duration_since(at) > WRITTEN);
        let none = |t: &&Transaction| missing.contains(&t.id) && !has_words(&texts, t);
        let wordless = told.messages().filter(none).filter(old).map(|t| (t.id.clone(), texts.contains_key(&*t.id)));
        self.memory().keep_wordless(wordless);
        Ok(())
    }

    /// The parts that are no text, by message: asked for only where a message has, or may have, such parts.
    pub async fn files(&self, id: &TicketId, told: &Told) -> DeskResult<HashMap<String, Vec<Part>>> {
        let mut known = self.memory().parts(id);
        let texts = told.by_message();
        let new: Vec<&Transaction> = told.messages().filter(|t| !known.contains_key(&t.id)).collect();
        let may = |t: &&&Transaction| match texts.get(t.id.as_str()) {
            // A mail that is one picture, or a ticket that was opened without a word.
            None => t.what != "Create" || !is_ours(t),
            Some(parts) => parts.iter().any(|p| p.is_container() && p.content_type != "multipart/alternative"),
        };
        let asked: Vec<String> = new.iter().filter(may).map(|t| t.id.clone()).collect();
        let kinds = vec![json!({ "field": "ContentType", "operator": "NOT LIKE", "value": "text/" })];
        let found = self.parts_of(id, &asked, kinds, FILES).await?;
        if !new.is_empty() {
            known.extend(new.iter().map(|t| (t.id.clone(), Vec::new())));
            for part in found.into_iter().filter(|p| !p.is_container()) {
                if let Some(parts) = known.get_mut(&part.transaction_id) {
                    parts.push(part);
                }
            }
            self.memory().keep_parts(id, known.clone());
        }
        Ok(known)
    }

    /// The parts of these messages, of some kinds. They may all be seen: here a page that is not full is the last one.
    async fn parts_of(
        &self,
        id: &TicketId,
        messages: &[String],
        kinds: Vec<Value>,
        fields: &'static str,
    ) -> DeskResult<Vec<Part>> {
        let some = messages.chunks(NAMED).map(|named| {
            let of = named.iter().map(|message| json!({ "field": "TransactionId", "value": message }));
            let ask = parts(id, of.chain(kinds.iter().cloned()).collect(), fields);
            async move { self.line.pages(&ask, PAGES, |_, count, _| count < PER_PAGE as usize).await }
        });
        let found: Vec<Vec<Part>> = try_join_all(some).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// The question for a ticket's history.
fn history(id: &TicketId) -> Ask {
    get(&["ticket", id.as_str(), "history"])
        .param("fields", Some(HISTORY))
        .param("fields[Creator]", Some("Name,RealName,EmailAddress"))
        .param("orderby", Some("id"))
        .param("per_page", Some(PER_PAGE))
}

/// The question for parts of a ticket's messages.
fn parts(id: &TicketId, which: Vec<Value>, fields: &'static str) -> Ask {
    get(&["ticket", id.as_str(), "attachments"])
        .param("query", Some(Value::from(which)))
        .param("fields", Some(fields))
        .param("orderby", Some("id"))
        .param("per_page", Some(PER_PAGE))
}

/// Texts, and the parts that only hold others: their headers are the mail's.
fn kinds_of_text() -> Vec<Value> {
    let kind = |begin: &str| json!({ "field": "ContentType", "operator": "STARTSWITH", "value": begin });
    vec![kind("text/"), kind("multipart/")]
}

fn has_words(texts: &HashMap<&str, Vec<&Part>>, message: &Transaction) -> bool {
    texts.get(message.id.as_str()).is_some_and(|parts| parts.iter().any(|p| !p.is_container()))
}

impl Told {
    fn took(&mut self, page: Items<Transaction>) {
        let count = page.items.len();
        self.pages += 1;
        self.full = count >= PER_PAGE as usize;
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        self.ended = self.empty >= EMPTY || page.total.is_some_and(|all| all <= f64::from(self.pages * PER_PAGE));
        self.transactions.extend(page.items);
    }

    /// The ticket changed after the newest entry that was read.
    fn is_behind(&self, updated: Timestamp) -> bool {
        let newest = self.transactions.iter().filter(|t| !is_copy(t)).filter_map(|t| t.created).max();
        newest.is_some_and(|newest| updated.duration_since(newest) > SignedDuration::from_secs(2))
    }

    /// The messages whose texts the first page of parts does not hold, or not all: none where it reaches to the last message.
    fn untold(&self) -> Vec<&str> {
        let number = |id: &str| id.parse::<u64>().unwrap_or_default();
        let last = self.texts.iter().map(|p| number(&p.transaction_id)).max().unwrap_or_default();
        let texts = self.by_message();
        let bare: Vec<&Transaction> = self.messages().filter(|t| !has_words(&texts, t)).collect();
        let cut = self.texts.len() >= NEARLY_FULL || bare.iter().any(|t| number(&t.id) >= last);
        // The page may end in the middle of a message.
        let halved = |t: &&Transaction| cut && number(&t.id) == last;
        let untold = self.messages().filter(|t| cut && !has_words(&texts, t) || halved(t));
        untold.map(|t| t.id.as_str()).collect()
    }

    /// What is shown as messages.
    pub fn messages(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(|t| is_message(t))
    }

    /// The texts by message.
    pub fn by_message(&self) -> HashMap<&str, Vec<&Part>> {
        let mut parts: HashMap<&str, Vec<&Part>> = HashMap::new();
        for part in &self.texts {
            parts.entry(&part.transaction_id).or_default().push(part);
        }
        parts
    }

    /// Something happened after the row was read.
    pub fn changed_after(&self, known: &Known) -> bool {
        self.transactions.iter().filter(|t| !is_copy(t)).filter_map(|t| t.created).any(|at| at > known.updated)
    }

    /// The places of messages after which RT recorded a mail.
    pub fn mailed(&self) -> HashSet<usize> {
        let mut last = None;
        let mut mailed = HashSet::new();
        for (place, t) in self.transactions.iter().enumerate() {
            if is_message(t) {
                last = Some(place);
            } else if t.what == "EmailRecord" {
                mailed.extend(last);
            }
        }
        mailed
    }
}

/// What RT records of mails that it sent.
fn is_copy(t: &Transaction) -> bool {
    matches!(t.what.as_str(), "EmailRecord" | "CommentEmailRecord")
}

/// Made over the API, by an agent: a customer's login is an address.
fn is_ours(t: &Transaction) -> bool {
    t.creator.as_ref().is_some_and(|c| !c.login().contains('@'))
}
