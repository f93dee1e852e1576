//! Redmine, as `tests/live/redmine` sets it up: customers write through its mail handler, by way of an account that brings mail in
//! and names the customer in a custom field; what it mails lies in a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use ticketty::backend::{Connection, Shared, connect};
use ticketty::domain::{
    Change, ChangeId, DeskError, Excerpt, Kind, Outgoing, Pick, Priority, Query, Split, Status, TicketId,
};
use ticketty::text::Clean;

use super::cassette::Cassette;
use super::site::{Arriving, Mailed, Site, Who};

const QUEUES: [&str; 2] = ["Shop", "Billing"];
const KEYS: [&str; 2] = ["REDMINE_KEY_MIKA", "REDMINE_KEY_BEN"];

pub struct Redmine {
    pub cassette: Cassette,
    desks: [Shared; 2],
    /// Mails that had left before the story began.
    old: Vec<PathBuf>,
}

pub async fn open(story: &str) -> Redmine {
    let cassette = Cassette::open("redmine", story, "TICKETTY_LIVE_REDMINE", "REDMINE_URL").await;
    // Of an issue's page of 80 kB one line is read.
    cassette.shorten(|page| page.lines().filter(|line| line.contains("issue[lock_version]")).collect());
    let desks = Who::BOTH.map(|who| connect(&connection(&cassette, who, KEYS[who as usize])).unwrap());
    let site = Redmine { cassette, desks, old: Vec::new() };
    let old = site.outbox();
    Redmine { old, ..site }
}

/// The desk as somebody has it, over an agent's line.
pub fn connection(cassette: &Cassette, line: Who, key: &str) -> Connection {
    let url = cassette.url(line).parse().unwrap();
    Connection { secret: Some(secret(cassette, key)), patient: true, ..Connection::new("redmine", url) }
}

fn secret(cassette: &Cassette, key: &str) -> SecretString {
    cassette.secret(key).into()
}

impl Redmine {
    /// The desk as another account has it: over Mika's line, which is quiet then.
    pub fn desk_of(&self, login: &str) -> Shared {
        let key = format!("REDMINE_KEY_{}", login.to_uppercase());
        connect(&connection(&self.cassette, Who::Mika, &key)).unwrap()
    }

    fn outbox(&self) -> Vec<PathBuf> {
        let Some(live) = self.cassette.live() else { return Vec::new() };
        let folder = Path::new(&live.env["REDMINE_OUTBOX"]);
        let mut mails: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        mails.retain(|path| path.extension().is_some_and(|e| e == "eml"));
        mails.sort();
        mails
    }

    /// Asks the real server as an account, beside the recording.
    pub async fn ask(&self, method: &str, path: &str, login: &str, body: Option<Value>) -> Value {
        let live = self.cassette.live().expect("a live server");
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only(Vec::new()).no_proxy().build().unwrap();
        let key = &live.env[&format!("REDMINE_KEY_{}", login.to_uppercase())];
        let mut ask = client.request(method, format!("{}{path}", live.url)).header("x-redmine-api-key", key);
        if let Some(body) = body {
            ask = ask.json(&body);
        }
        let answer = ask.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default()
    }

    async fn deliver(&self, mail: &Arriving) -> i64 {
        let live = self.cassette.live().unwrap();
        let field = format!("Customer e-mail: {}", mail.address());
        let text = if mail.html {
            mail.text.replace("<body>", &format!("<body><p>{field}</p>"))
        } else {
            format!("{field}\n\n{}", mail.text)
        };
        let subject = match &mail.answers {
            Some(ticket) => format!("Re: [{} - Support #{ticket}] {}", QUEUES[mail.queue], mail.subject),
            None => mail.subject.clone(),
        };
        let from = "Mail Gateway <gateway@desk.example>".to_owned();
        let raw = Arriving { from, subject, text, ..mail.clone() }.raw("desk@desk.example", "");
        // With bare line feeds its mail library finds no parts in a text that is not ASCII.
        let raw = String::from_utf8(raw).unwrap().replace('\n', "\r\n");
        let project = ["shop", "billing"][mail.queue];
        let client = reqwest::Client::builder().tls_certs_only(Vec::new()).no_proxy().build().unwrap();
        let form = [
            ("key", live.env["REDMINE_KEY_MAIL"].as_str()),
            ("email", raw.as_str()),
            ("issue[project]", project),
            ("issue[tracker]", "Support"),
            ("allow_override", "all"),
        ];
        let answer = client.post(format!("{}/mail_handler", live.url)).form(&form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201, "the mail handler refuses {mail:?}");
        match &mail.answers {
            Some(ticket) => ticket.number().unwrap(),
            None => {
                let newest = "/issues.json?status_id=*&sort=id:desc&limit=1";
                self.ask("GET", newest, "gateway", None).await["issues"][0]["id"].as_i64().unwrap()
            }
        }
    }
}

#[async_trait]
impl Site for Redmine {
    fn desk(&self, who: Who) -> Shared {
        Arc::clone(&self.desks[who as usize])
    }

    fn login(&self, who: Who) -> &str {
        ["mika", "ben"][who as usize]
    }

    fn queues(&self) -> [&str; 2] {
        QUEUES
    }

    fn elsewhere(&self, url: &str) -> Connection {
        Connection { url: url.parse().unwrap(), ..connection(&self.cassette, Who::Mika, KEYS[0]) }
    }

    fn watching(&self, who: Who, every: Duration) -> Shared {
        let connection = connection(&self.cassette, who, KEYS[who as usize]);
        connect(&Connection { poll: Some(every), ..connection }).unwrap()
    }

    fn stranger(&self) -> Shared {
        let secret = Some("0123456789abcdef0123456789abcdef01234567".into());
        connect(&Connection { secret, ..connection(&self.cassette, Who::Mika, KEYS[0]) }).unwrap()
    }

    async fn arrives(&self, mail: &Arriving) -> TicketId {
        self.cassette.fact("arrived", self.deliver(mail)).await.into()
    }

    async fn mailed(&self) -> Vec<Mailed> {
        let read = async {
            let new = self.outbox().into_iter().filter(|path| !self.old.contains(path));
            new.map(|path| {
                let raw = std::fs::read(path).unwrap();
                let text = String::from_utf8_lossy(&raw);
                let envelope = text.lines().next().unwrap_or_default().trim_start_matches("X-Envelope:");
                let to: Vec<String> =
                    envelope.split_whitespace().filter(|w| w.contains('@')).map(str::to_owned).collect();
                Mailed::read(&raw, &to)
            })
            .collect()
        };
        self.cassette.fact("mailed", read).await
    }

    fn mails_replies(&self) -> bool {
        false
    }

    fn keeps_files_of_notes(&self) -> bool {
        false
    }

    fn labels(&self) -> [&str; 2] {
        ["vip", "parcel"]
    }

    fn cassette(&self) -> Option<&Cassette> {
        Some(&self.cassette)
    }

    async fn end(&self) {
        if self.cassette.live().is_some() {
            // Lists stay short for the stories that come.
            let open = self.ask("GET", "/issues.json?status_id=*&limit=100&sort=id", "admin", None).await;
            for issue in open["issues"].as_array().unwrap().iter().filter(|i| i["id"].as_i64() > Some(3)) {
                self.ask("DELETE", &format!("/issues/{}.json", issue["id"]), "admin", Some(json!({}))).await;
            }
        }
        self.cassette.end();
    }
}

every_story!(super::open);

// What bites there and no other desk has. What a scripted server shows better is in src/backend/redmine/tests.rs.

fn key() -> ChangeId {
    ChangeId::new("k")
}

fn says(text: &str) -> Outgoing {
    Outgoing { text: text.to_owned(), ..Outgoing::default() }
}

async fn arrived(site: &Redmine) -> TicketId {
    let subject = format!("Parcel {}", site.word().await);
    site.arrives(&Arriving::new(&subject, "Where is my parcel?\nAnd where is the invoice?")).await
}

/// Erin may look and write public notes. Redmine answers 204 to all that she may not, and does nothing, or the wrong thing.
#[tokio::test]
async fn refusals_in_silence_are_told() {
    let site = open("refusals_in_silence_are_told").await;
    let id = arrived(&site).await;
    let erin = site.desk_of("erin");
    let before = erin.thread(&id, None).await.unwrap();
    for change in [
        Change::Claim { ticket: id.clone() },
        Change::Steal { ticket: id.clone() },
        Change::Status { ticket: id.clone(), to: Status::Resolved },
        Change::Priority { ticket: id.clone(), to: Priority::Urgent },
        Change::Subject { ticket: id.clone(), to: Clean::line("Mine now") },
        Change::Note { ticket: id.clone(), message: says("Only for us.") },
    ] {
        let error = erin.apply(&change, &key()).await.unwrap_err();
        let told = matches!(error, DeskError::Denied { .. } | DeskError::NotPossible { .. });
        assert!(told, "{change:?}: {error:?}");
    }
    let after = erin.thread(&id, None).await.unwrap();
    assert_eq!(
        (after.ticket.assignee, after.ticket.status, after.messages),
        (None, before.ticket.status, before.messages)
    );
    site.end().await;
}

/// Customers who are users of the server and the ticket's author: mailed a reply, and neither a note nor a split. Nora sees her own
/// tickets, Olga everybody's, so of a relation she would be mailed.
#[tokio::test]
async fn a_customer_who_is_a_user_gets_replies_only() {
    let site = open("a_customer_who_is_a_user_gets_replies_only").await;
    let mika = site.desk(Who::Mika);
    for (login, name) in [("nora", "Nora Lind"), ("olga", "Olga Berg")] {
        let made = async {
            let issue =
                json!({ "issue": { "project_id": "shop", "subject": "From my account", "description": "One.\nTwo." } });
            site.ask("POST", "/issues.json", login, Some(issue)).await["issue"]["id"].as_i64().unwrap()
        };
        let id = TicketId::from(site.cassette.fact("made", made).await);
        let thread = mika.thread(&id, None).await.unwrap();
        assert_eq!(thread.ticket.requester.name.as_str(), name);
        assert!(thread.ticket.on_us);
        let address = format!("{login}@customer.example");
        let theirs = async || {
            site.wait(Duration::from_secs(2)).await;
            site.mailed().await.into_iter().filter(|m| m.to.contains(&address)).count()
        };
        let before = theirs().await;
        mika.apply(&Change::Note { ticket: id.clone(), message: says("Ask the depot.") }, &key()).await.unwrap();
        let pick = Pick::Lines(Excerpt { message: thread.messages[0].id.clone(), lines: (2, 2) });
        let split = Split { ticket: id.clone(), pick, subject: None, queue: None, assignee: None, labels: None };
        let receipt = mika.apply(&Change::Split(split), &key()).await.unwrap();
        assert_eq!(theirs().await, before, "a note or a split left the desk");
        let other = receipt.other.unwrap();
        assert_eq!((receipt.ticket.split_into, other.split_from), (vec![other.id], Some(id.clone())));
        let remark = receipt.remark.unwrap();
        assert!(remark.contains(&format!("would have mailed it to {name}")), "{remark}");
        assert!(remark.contains("is yours by its author"), "no field holds the customer: {remark}");
        let receipt =
            mika.apply(&Change::Reply { ticket: id.clone(), message: says("On its way.") }, &key()).await.unwrap();
        assert!(receipt.remark.unwrap().contains("Redmine mails it to watchers, and to the author where"));
        assert_eq!(receipt.delivery, None);
        assert_eq!(theirs().await, before + 1);
    }
    site.end().await;
}

/// An agent who is the author of a ticket answers it, and is not taken for the customer.
#[tokio::test]
async fn an_agent_is_no_customer_of_an_own_ticket() {
    let site = open("an_agent_is_no_customer_of_an_own_ticket").await;
    let made = async {
        let issue = json!({ "issue": { "project_id": "shop", "subject": "To do", "description": "Count the cups." } });
        site.ask("POST", "/issues.json", "mika", Some(issue)).await["issue"]["id"].as_i64().unwrap()
    };
    let id = TicketId::from(site.cassette.fact("made", made).await);
    for who in Who::BOTH {
        let reply = Change::Reply { ticket: id.clone(), message: says("Counted.") };
        site.desk(who).apply(&reply, &key()).await.unwrap();
    }
    for who in Who::BOTH {
        let thread = site.desk(who).thread(&id, None).await.unwrap();
        let kinds: Vec<Kind> = thread.messages.iter().map(|m| m.kind).collect();
        assert_eq!(kinds, [Kind::Incoming, Kind::Reply, Kind::Reply]);
        assert!(!thread.ticket.on_us);
    }
    site.end().await;
}

/// A membership that is taken away in the very minute: the note comes out public, and its text is taken out again.
#[tokio::test]
async fn a_note_that_came_out_public_is_taken_out_again() {
    let site = open("a_note_that_came_out_public_is_taken_out_again").await;
    let id = arrived(&site).await;
    let erin = site.desk_of("erin");
    let role = async |name: &str| {
        let given = async {
            let list = site.ask("GET", "/roles.json", "admin", None).await;
            let role = list["roles"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap()["id"].clone();
            let list = site.ask("GET", "/projects/shop/memberships.json", "admin", None).await;
            let member = list["memberships"].as_array().unwrap().iter().find(|m| m["user"]["name"] == "Erin Lightfoot");
            let path = format!("/memberships/{}.json", member.unwrap()["id"]);
            site.ask("PUT", &path, "admin", Some(json!({ "membership": { "role_ids": [role] } }))).await;
            name.to_owned()
        };
        site.cassette.fact("role", given).await;
    };
    let note = |text: &str| Change::Note { ticket: id.clone(), message: says(text) };
    role("Agent").await;
    erin.apply(&note("Seen."), &key()).await.unwrap();
    role("Light agent").await;
    let error = erin.apply(&note("Only for us."), &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::Denied { why } if why.contains("was taken out again")), "{error:?}");
    let thread = site.desk(Who::Ben).thread(&id, None).await.unwrap();
    assert!(thread.messages.iter().all(|m| !m.text.contains("Only for us.")), "{:?}", thread.messages);
    assert!(thread.messages.iter().any(|m| m.text.contains("Seen.") && m.kind == Kind::Note));
    site.end().await;
}

/// A project that one may not see answers 403 to its issues, and is no queue.
#[tokio::test]
async fn what_is_in_a_forbidden_project_is_told() {
    let site = open("what_is_in_a_forbidden_project_is_told").await;
    let [mika, ben] = [site.desk(Who::Mika), site.desk(Who::Ben)];
    let vaults = TicketId::new("3");
    assert_eq!(mika.thread(&vaults, None).await.unwrap().ticket.queue.as_str(), "Vault");
    let error = ben.thread(&vaults, None).await.unwrap_err();
    assert!(matches!(error, DeskError::Denied { .. }), "{error:?}");
    let view = ben.open(&Query::default()).await.unwrap();
    assert!(view.queues.iter().all(|q| q.name.as_str() != "Vault"));
    site.end().await;
}

/// A label that is not in the field's list, and one that is.
#[tokio::test]
async fn a_label_must_be_in_the_list() {
    let site = open("a_label_must_be_in_the_list").await;
    let id = arrived(&site).await;
    let mika = site.desk(Who::Mika);
    let label = |word: &str| Change::Label { ticket: id.clone(), add: vec![Clean::line(word)], remove: Vec::new() };
    let error = mika.apply(&label("no such word"), &key()).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotPossible { why } if why.contains("list")), "{error:?}");
    let receipt = mika.apply(&label("住所変更"), &key()).await.unwrap();
    assert_eq!(receipt.ticket.labels, [Clean::line("住所変更")]);
    site.end().await;
}
