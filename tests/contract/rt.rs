//! Request Tracker. Mika signs in with a password, Ben with a token.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticketty::backend::{Connection, Shared, connect};
use ticketty::domain::TicketId;

use super::cassette::{Cassette, Live};
use super::site::{Arriving, Mailed, Site, Who};

const QUEUES: [&str; 2] = ["Shop", "General"];

pub struct Rt {
    tape: Cassette,
    desks: [Shared; 2],
    connections: [Connection; 2],
    /// Mails that had left before the story began.
    before: usize,
    /// The tickets of this story.
    arrived: Mutex<Vec<TicketId>>,
}

pub async fn open(story: &str) -> Rt {
    let tape = Cassette::open("rt", story, "TICKETTY_LIVE_RT", "RT_BASE_URL").await;
    // The page after the sign-in says nothing; its cookie does.
    tape.shorten(|_| String::new());
    // A token names the number of its agent; in a replay any other that does will do.
    let token = tape.secret("RT_BRAM_TOKEN");
    let number = tape.fact("number", async { token.split('-').nth(1).unwrap_or_default().to_owned() }).await;
    let token = if tape.live().is_some() { token } else { format!("1-{number}-00000000000000000000") };
    let at = |who| Connection { patient: true, ..Connection::new("rt", tape.url(who).parse().unwrap()) };
    let mika = Connection {
        account: Some("chen".to_owned()),
        secret: Some(tape.secret("RT_CHEN_PASSWORD").into()),
        ..at(Who::Mika)
    };
    let ben = Connection { secret: Some(token.into()), ..at(Who::Ben) };
    let desks = [connect(&mika).unwrap(), connect(&ben).unwrap()];
    let before = outbox(&tape).len();
    Rt { tape, desks, connections: [mika, ben], before, arrived: Mutex::default() }
}

/// The mails that RT handed to its stand-in for sendmail, oldest first.
fn outbox(tape: &Cassette) -> Vec<PathBuf> {
    let Some(live) = tape.live() else { return Vec::new() };
    let entries = std::fs::read_dir(&live.env["RT_OUTBOX"]).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "eml"));
    files.sort();
    files
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only(Vec::new()).no_proxy().build().unwrap()
}

/// The newest ticket of a subject.
async fn newest(live: &Live, subject: &str) -> TicketId {
    let question = format!("Subject = '{}'", subject.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut url = reqwest::Url::parse(&format!("{}/REST/2.0/tickets", live.url)).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("query", &*question),
        ("orderby", "id"),
        ("order", "DESC"),
        ("per_page", "1"),
    ]);
    let token = format!("token {}", live.env["RT_BRAM_TOKEN"]);
    let answer = client().get(url).header("authorization", token).send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    TicketId::new(answer["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no ticket {subject}: {answer}")))
}

#[async_trait]
impl Site for Rt {
    fn desk(&self, who: Who) -> Shared {
        Arc::clone(&self.desks[who as usize])
    }

    fn login(&self, who: Who) -> &str {
        ["chen", "bram"][who as usize]
    }

    fn queues(&self) -> [&str; 2] {
        QUEUES
    }

    fn elsewhere(&self, url: &str) -> Connection {
        Connection { url: url.parse().unwrap(), ..self.connections[1].clone() }
    }

    fn watching(&self, who: Who, every: Duration) -> Shared {
        connect(&Connection { poll: Some(every), ..self.connections[who as usize].clone() }).unwrap()
    }

    fn stranger(&self) -> Shared {
        let secret = Some("1-999999-ffffffffffffffffffffffffffffffff".into());
        connect(&Connection { secret, ..self.connections[1].clone() }).unwrap()
    }

    async fn arrives(&self, mail: &Arriving) -> TicketId {
        let ticket = self
            .tape
            .fact("arrived", async {
                let live = self.tape.live().unwrap();
                // RT knows an answer by the mark in its subject.
                let marked = mail.answers.as_ref().map(|id| format!("[rt.example #{id}] {}", mail.subject));
                let mail = Arriving { subject: marked.unwrap_or_else(|| mail.subject.clone()), ..mail.clone() };
                let raw = mail.raw("shop@rt.example", "");
                let form = [
                    ("SessionType", "REST"),
                    ("queue", QUEUES[mail.queue]),
                    ("action", "correspond"),
                    ("message", std::str::from_utf8(&raw).unwrap()),
                ];
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
                let gate = format!("{}/REST/1.0/NoAuth/mail-gateway", live.url);
                let answer = client()
                    .post(gate)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body)
                    .send()
                    .await
                    .unwrap();
                let said = answer.text().await.unwrap();
                assert_eq!(said.trim(), "ok", "the mail gate");
                // It does not tell which ticket the mail is in now.
                match &mail.answers {
                    Some(id) => id.clone(),
                    None => newest(live, &mail.subject).await,
                }
            })
            .await;
        self.arrived.lock().unwrap().push(ticket.clone());
        ticket
    }

    async fn mailed(&self) -> Vec<Mailed> {
        self.tape
            .fact("mailed", async {
                let read = |file: &PathBuf| Mailed::read(&std::fs::read(file).unwrap(), &[]);
                outbox(&self.tape).iter().skip(self.before).map(read).collect()
            })
            .await
    }

    fn mails_replies(&self) -> bool {
        true
    }

    fn cassette(&self) -> Option<&Cassette> {
        Some(&self.tape)
    }

    async fn end(&self) {
        if let Some(live) = self.tape.live() {
            // The next story's lists need not hold them.
            let done = |id: &TicketId| serde_json::json!({ "id": id.as_str(), "Status": "resolved" });
            let all: Vec<_> = self.arrived.lock().unwrap().iter().map(done).collect();
            let ask = client().put(format!("{}/REST/2.0/tickets/bulk", live.url));
            let ask = ask.header("authorization", format!("token {}", live.env["RT_BRAM_TOKEN"]));
            let ask = ask.header("content-type", "application/json").body(serde_json::to_vec(&all).unwrap());
            ask.send().await.unwrap();
        }
        self.tape.end();
    }
}

every_story!(super::open);
