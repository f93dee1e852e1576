//! What a story needs of a helpdesk.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticketty::backend::{Connection, Shared};
use ticketty::domain::TicketId;

use super::cassette::Cassette;

/// One of the two agents of every site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    Mika,
    Ben,
}

impl Who {
    pub const BOTH: [Self; 2] = [Self::Mika, Self::Ben];
}

/// A customer's mail on its way to the desk.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Into which of the site's two queues.
    pub queue: usize,
    /// `Lena Fischer <lena@customer.example>`
    pub from: String,
    pub subject: String,
    pub text: String,
    /// The text is HTML, and there is no other.
    pub html: bool,
    /// Name, media type, bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// It answers what was said in this ticket, and joins it.
    pub answers: Option<TicketId>,
}

impl Arriving {
    /// A plain mail of Lena's into the first queue.
    pub fn new(subject: &str, text: &str) -> Self {
        Self {
            queue: 0,
            from: format!("Lena Fischer <{LENA}>"),
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: false,
            files: Vec::new(),
            answers: None,
        }
    }

    /// The same with a file.
    pub fn with(mut self, name: &str, media_type: &str, bytes: &[u8]) -> Self {
        self.files.push((name.to_owned(), media_type.to_owned(), bytes.to_owned()));
        self
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.from.rsplit_once('<').map_or(self.from.as_str(), |(_, rest)| rest.trim_end_matches('>'))
    }

    /// What the customer's mail program calls it.
    pub fn message_id(&self) -> String {
        let all = [&self.subject, &self.text, &self.from].map(String::as_str).concat();
        let hash = all.bytes().fold(7u64, |hash, b| hash.wrapping_mul(31) ^ u64::from(b));
        format!("<{hash:x}@customer.example>")
    }

    /// The mail's bytes, for desks with a mail gate. `answers` is the site's to express: `more` holds header lines for it.
    pub fn raw(&self, to: &str, more: &str) -> Vec<u8> {
        let kind = if self.html { "html" } else { "plain" };
        let text = format!(
            "Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}\n",
            base64(format!("{}\n", self.text).as_bytes())
        );
        let mut mail = format!(
            "From: {}\nTo: {to}\nSubject: {}\nMessage-ID: {}\nDate: {}\n{more}MIME-Version: 1.0\n",
            self.from,
            encoded(&self.subject),
            self.message_id(),
            jiff::fmt::rfc2822::to_string(&Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC)).unwrap(),
        );
        if self.files.is_empty() {
            return (mail + &text).into_bytes();
        }
        mail += &format!("Content-Type: multipart/mixed; boundary=\"part\"\n\n--part\n{text}");
        for (name, media_type, bytes) in &self.files {
            let name = encoded(name);
            mail += &format!(
                "--part\nContent-Type: {media_type}; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\
                 Content-Transfer-Encoding: base64\n\n{}\n",
                base64(bytes)
            );
        }
        (mail + "--part--\n").into_bytes()
    }
}

/// A header's words, encoded where they are not ASCII.
fn encoded(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", base64(text.as_bytes()).replace('\n', "")) }
}

pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut said = String::new();
    for (n, three) in bytes.chunks(3).enumerate() {
        if n > 0 && n % 19 == 0 {
            said.push('\n');
        }
        let all = three.iter().fold(0u32, |all, b| all << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * place) & 63) as usize];
            said.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    said
}

/// The customer of most stories.
pub const LENA: &str = "lena@customer.example";

/// A mail that left the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// Every address it went to: To, Cc and Bcc, small letters, sorted.
    pub to: Vec<String>,
    pub subject: String,
    /// Its text, decoded.
    pub text: String,
}

impl Mailed {
    /// Reads a mail as a desk wrote it; `to` names receivers that its headers do not.
    pub fn read(raw: &[u8], to: &[String]) -> Self {
        let mail = mail_parser::MessageParser::default().parse(raw).expect("a mail");
        let named = [mail.to(), mail.cc(), mail.bcc()].into_iter().flatten();
        let addresses = named.flat_map(|list| list.iter().filter_map(|a| a.address().map(str::to_ascii_lowercase)));
        let mut to: Vec<String> = addresses.chain(to.iter().map(|a| a.to_ascii_lowercase())).collect();
        to.sort();
        to.dedup();
        Self {
            to,
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
        }
    }
}

/// A helpdesk with two agents who may do everything in two queues, and customers.
#[async_trait]
pub trait Site: Send + Sync {
    /// The desk as an agent has it; made once, so its round trips count up.
    fn desk(&self, who: Who) -> Shared;

    /// The name an agent signs in with.
    fn login(&self, who: Who) -> &str;

    /// The names of the two queues.
    fn queues(&self) -> [&str; 2];

    /// A connection like an agent's to another address, for a stand-in that answers there.
    fn elsewhere(&self, url: &str) -> Connection;

    /// The desk as an agent has it who asks for news every so often, where it sends none.
    fn watching(&self, who: Who, every: Duration) -> Shared;

    /// The desk with a secret that it does not know.
    fn stranger(&self) -> Shared;

    /// A customer's mail arrives; answers its ticket once the desk has it.
    async fn arrives(&self, mail: &Arriving) -> TicketId;

    /// The mails that have left the desk since the story began, oldest first.
    async fn mailed(&self) -> Vec<Mailed>;

    /// Whether a reply is mailed to the customer here.
    fn mails_replies(&self) -> bool;

    /// Whether files of a note are for agents only here. Where not, a note takes none.
    fn keeps_files_of_notes(&self) -> bool {
        true
    }

    /// Two labels that may be set here, where the desk has labels.
    fn labels(&self) -> [&str; 2] {
        ["vip", "urgent-parcel"]
    }

    /// What a foreign desk's story is recorded on and played back from.
    fn cassette(&self) -> Option<&Cassette>;

    /// What time it is; the same in a replay as when it was recorded.
    async fn now(&self) -> Timestamp {
        match self.cassette() {
            Some(cassette) => cassette.now().await,
            None => Timestamp::now(),
        }
    }

    /// A word that no other run of the story has used; the same in a replay.
    async fn word(&self) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        if let Some(cassette) = self.cassette() {
            return cassette.word().await;
        }
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let letter = |n: usize| char::from(b"bcdfghjklmnpqrst"[n % 16]);
        [letter(n / 256), letter(n / 16), letter(n), 'z'].iter().collect()
    }

    /// Waits, where a real desk needs it: an index, a mail on its way, a change of second.
    async fn wait(&self, time: Duration) {
        if let Some(cassette) = self.cassette() {
            cassette.wait(time).await;
        }
    }

    /// The story is over: writes the recording, or finds out what was asked for that none holds.
    async fn end(&self);
}
