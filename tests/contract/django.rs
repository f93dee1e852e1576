//! django-helpdesk, as `tests/live/django-helpdesk/up` sets it up.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use ticketty::backend::{Connection, Shared, connect};
use ticketty::domain::{Change, Excerpt, Kind, Outgoing, Pick, Split, Status, Then, TicketId};

use super::cassette::Cassette;
use super::site::{Arriving, LENA, Mailed, Site, Who};

const QUEUES: [&str; 2] = ["Shop", "Billing"];
const SLUGS: [&str; 2] = ["shop", "billing"];
const LOGINS: [&str; 2] = ["mika", "ben"];

pub struct Django {
    cassette: Cassette,
    desks: [Shared; 2],
    /// Mails that had left before the story began.
    before: usize,
}

fn connection(url: &str, login: &str, token: &str) -> Connection {
    Connection {
        secret: Some(token.into()),
        account: Some(login.to_owned()),
        patient: true,
        // In a replay the token is not one.
        options: [("auth".to_owned(), "token".to_owned())].into(),
        ..Connection::new("django-helpdesk", url.parse().unwrap())
    }
}

/// The desk as an agent has it.
fn agents(cassette: &Cassette, who: Who) -> Connection {
    connection(cassette.url(who), LOGINS[who as usize], &token(cassette, who))
}

fn token(cassette: &Cassette, who: Who) -> String {
    cassette.secret(&format!("DJH_TOKEN_{}", LOGINS[who as usize].to_uppercase()))
}

/// For the test server's own doors, which no proxy leads to.
fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only(Vec::new()).no_proxy().build().unwrap()
}

/// The parts of a browsable page that the adapter reads; the whole is long.
fn forms(page: &str) -> String {
    let wanted = ["queue", "assigned_to", "status"].map(|name| format!("name=\"{name}\""));
    let selects = page.split("<select").skip(1).filter_map(|rest| rest.split_once("</select>"));
    let selects = selects.filter(|(select, _)| wanted.iter().any(|name| select.contains(name)));
    let lines = |select: &str| select.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: Vec<String> = selects.map(|(select, _)| format!("<select {}</select>", lines(select))).collect();
    kept.join("\n") + "\n"
}

pub async fn open(story: &str) -> Django {
    let cassette = Cassette::open("django-helpdesk", story, "TICKETTY_LIVE_DJANGO", "DJH_URL").await;
    cassette.shorten(forms);
    let desks = Who::BOTH.map(|who| connect(&agents(&cassette, who)).unwrap());
    let mut django = Django { cassette, desks, before: 0 };
    django.before = if django.cassette.live().is_some() { django.all_mails().await.len() } else { 0 };
    django
}

impl Django {
    /// Every mail that has left the real desk.
    async fn all_mails(&self) -> Vec<Mailed> {
        let url = format!("{}/test/mails/", self.cassette.live().unwrap().url);
        client().get(url).send().await.unwrap().json().await.unwrap()
    }

    /// A ticket in the helpdesk's own words.
    async fn asked(&self, ticket: &TicketId) -> Value {
        let ask = client().get(format!("{}/api/tickets/{ticket}/", self.cassette.url(Who::Mika)));
        let ask = ask.header("authorization", format!("Token {}", token(&self.cassette, Who::Mika)));
        ask.send().await.unwrap().json().await.unwrap()
    }

    /// Puts somebody on a ticket's copies, which the API cannot.
    pub async fn copies(&self, ticket: &TicketId, address: &str) {
        let done = self.cassette.fact("copies", async {
            let url = format!("{}/test/copies/{ticket}/{address}/", self.cassette.live().unwrap().url);
            client().get(url).send().await.unwrap().status().is_success()
        });
        assert!(done.await);
    }
}

#[async_trait]
impl Site for Django {
    fn desk(&self, who: Who) -> Shared {
        Arc::clone(&self.desks[who as usize])
    }

    fn login(&self, who: Who) -> &str {
        LOGINS[who as usize]
    }

    fn queues(&self) -> [&str; 2] {
        QUEUES
    }

    fn elsewhere(&self, url: &str) -> Connection {
        connection(url, "mika", "t")
    }

    fn watching(&self, who: Who, every: Duration) -> Shared {
        connect(&Connection { poll: Some(every), ..agents(&self.cassette, who) }).unwrap()
    }

    fn stranger(&self) -> Shared {
        connect(&connection(self.cassette.url(Who::Mika), "mika", "0000000000000000000000000000000000000000")).unwrap()
    }

    async fn arrives(&self, mail: &Arriving) -> TicketId {
        let found = self.cassette.fact("arrives", async {
            let desk = self.cassette.live().unwrap();
            let slug = SLUGS[mail.queue];
            // Mails of equal words are not of one thread.
            let begun =
                mail.answers.as_ref().map(|ticket| format!("Subject: Re: [{slug}-{ticket}] {}\n", mail.subject));
            // A file of plain text it takes for the mail's own text, and drops (email.py, extract_attachments); by its name it
            // finds the type again.
            let mut mail = mail.clone();
            for file in &mut mail.files {
                file.1 = file.1.replace("text/plain", "application/octet-stream");
            }
            let mut raw = mail.raw(&format!("{slug}@desk.example"), "");
            if let Some(subject) = begun {
                let text = String::from_utf8(raw).unwrap();
                let rest =
                    text.split_once("\nSubject: ").and_then(|(head, rest)| Some((head, rest.split_once('\n')?.1)));
                let (head, rest) = rest.unwrap();
                raw = format!("{head}\n{subject}{rest}").into_bytes();
            }
            let url = format!("{}/test/arrive/{slug}/", desk.url);
            let answer = client().post(url).body(raw).send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            answer.json::<serde_json::Value>().await.unwrap()["ticket"].to_string()
        });
        TicketId::new(found.await)
    }

    async fn mailed(&self) -> Vec<Mailed> {
        self.cassette.fact("mailed", async { self.all_mails().await.split_off(self.before) }).await
    }

    fn mails_replies(&self) -> bool {
        true
    }

    fn cassette(&self) -> Option<&Cassette> {
        Some(&self.cassette)
    }

    async fn end(&self) {
        self.cassette.end();
    }
}

every_story!(super::open);

/// People on a ticket's copies get its notes too, and the agent is told at once.
#[tokio::test]
async fn a_note_that_was_mailed_says_to_whom() {
    let site = open("a_note_that_was_mailed_says_to_whom").await;
    let id = site.arrives(&Arriving::new("Parcel", "Where is it?")).await;
    site.copies(&id, "lead@desk.example").await;
    let message = Outgoing { text: "Only for {{ us }} {% 100 % }".to_owned(), ..Outgoing::default() };
    let change = Change::Note { ticket: id.clone(), message };
    let receipt = site.desk(Who::Mika).apply(&change, &"k".into()).await.unwrap();
    assert_eq!(receipt.message.unwrap().text.as_str(), "Only for {{ us }} {% 100 % }");
    let mails = site.mailed().await;
    let (last, first) = (mails.last().unwrap(), &mails[0]);
    assert_eq!((&last.to[..], &first.to[..]), (&["lead@desk.example".to_owned()][..], &[LENA.to_owned()][..]));
    assert_eq!(mails.len(), 2, "what confirmed the customer's mail, and the note");
    assert!(receipt.remark.unwrap().contains("lead@desk.example"));
    site.end().await;
}

/// Where the customer may look nothing of a note is found: not in the ticket's resolution, and not in a ticket that was split off.
#[tokio::test]
async fn a_note_stays_private_when_it_resolves_and_when_it_is_split() {
    let site = open("a_note_stays_private_when_it_resolves_and_when_it_is_split").await;
    let id = site.arrives(&Arriving::new("Parcel", "Where is it?")).await;
    let desk = site.desk(Who::Mika);
    let then = Then { status: Some(Status::Resolved), assignee: None };
    let text = "He has two accounts.\nSecond {line}.".to_owned();
    let change = Change::Note { ticket: id.clone(), message: Outgoing { text, then, ..Outgoing::default() } };
    let receipt = desk.apply(&change, &"k".into()).await.unwrap();
    assert_eq!((receipt.ticket.status, receipt.remark), (Status::Resolved, None));
    let whole = site.asked(&id).await;
    assert_eq!((&whole["status"], &whole["resolution"]), (&json!(3), &json!(null)), "{whole}");

    let pick = Pick::Lines(Excerpt { message: receipt.message.unwrap().id, lines: (2, 2) });
    let split = Split { ticket: id, pick, subject: None, queue: None, assignee: None, labels: None };
    let receipt = desk.apply(&Change::Split(split), &"l".into()).await.unwrap();
    let new = receipt.other.unwrap().id;
    let thread = desk.thread(&new, None).await.unwrap();
    assert_eq!((thread.messages[0].kind, thread.messages[0].text.as_str()), (Kind::Note, "Second {line}."));
    let mut whole = site.asked(&new).await;
    let entries = whole["followup_set"].take();
    let public = entries.as_array().unwrap().iter().filter(|e| e["public"] == true);
    let seen = format!("{whole}{:?}", public.collect::<Vec<_>>());
    assert!(!seen.contains("Second"), "{seen}");
    assert!(!site.mailed().await.iter().any(|mail| mail.text.contains("Second")));
    site.end().await;
}

/// The title of an entry would be the ticket's: after all that is said the ticket has its own.
#[tokio::test]
async fn nothing_that_is_said_renames_the_ticket() {
    let site = open("nothing_that_is_said_renames_the_ticket").await;
    let id = site.arrives(&Arriving::new("Parcel", "Where is it?")).await;
    let message = Outgoing { text: "It comes.".to_owned(), ..Outgoing::default() };
    let desk = site.desk(Who::Mika);
    for change in
        [Change::Reply { ticket: id.clone(), message: message.clone() }, Change::Note { ticket: id.clone(), message }]
    {
        desk.apply(&change, &"k".into()).await.unwrap();
        assert_eq!(desk.thread(&id, None).await.unwrap().ticket.subject.as_str(), "Parcel");
    }
    site.end().await;
}
