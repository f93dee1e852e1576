//! The real program against the real server: verbs, their JSON, exit codes, and what they say.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How a run of the program ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.trim_end().lines().count(), 1, "one document: {self}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self}"))
    }

    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\nstdout: {}\nstderr: {}", self.code, self.stdout, self.stderr)
    }
}

/// A user's home directory.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(TempDir::with_prefix("t").unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ticketty"));
        command.args(args).env_clear().current_dir(self.0.path());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.0.path());
        command.env("LANG", "C.UTF-8").env("TZ", "UTC").env("USER", "mika");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args).spawn().unwrap())
    }

    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A program that does not read its stdin to the end closes it, which is its right.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        finish(child)
    }

    /// Waits until so many changes are in the outbox.
    pub fn wait_outbox(&self, changes: usize) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let outbox = self.run(&["outbox", "--json"]).ended(0).json();
            if outbox["outbox"].as_array().unwrap().len() == changes {
                return;
            }
            assert!(Instant::now() < end, "{outbox}");
        }
    }

    /// Writes the settings file.
    pub fn configure(&self, text: &str) {
        let dir = self.path(".config/ticketty");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("config.toml"), text).unwrap();
    }
}

pub fn finish(child: Child) -> Ran {
    let out = child.wait_with_output().unwrap();
    Ran {
        code: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8(out.stdout).unwrap(),
        stderr: String::from_utf8(out.stderr).unwrap(),
    }
}

/// A server with its database, two queues, and the homes of two agents who have it configured as `shop`.
pub struct Desk {
    pub mika: Home,
    pub taro: Home,
    server: Child,
    pub url: String,
}

impl Desk {
    pub fn new() -> Self {
        let (mika, taro) = (Home::new(), Home::new());
        let database = format!("sqlite:{}", mika.path("desk.db").display());
        let admin = |args: &[&str]| {
            let mut all = vec!["admin", "--database", &database];
            all.extend(args);
            mika.run(&all).ended(0)
        };
        admin(&["queue", "add", "Shop"]);
        admin(&["queue", "add", "Onboarding"]);
        for (home, login, name) in [(&mika, "mika", "Mika Kato"), (&taro, "taro", "Taro Sato")] {
            let made = admin(&["agent", "add", login, "--name", name, "--email", &format!("{login}@desk.example")]);
            assert_eq!(made.stdout.lines().count(), 1, "the token and nothing else: {made}");
            std::fs::write(home.path("token"), &made.stdout).unwrap();
        }
        let (server, url) = serve(&mika, "127.0.0.1:0", |command| command);
        for home in [&mika, &taro] {
            let command = format!("cat {}", home.path("token").display());
            home.run(&["desk", "add", "shop", "--url", &url, "--token-command", &command]).ended(0);
        }
        Self { mika, taro, server, url }
    }

    /// Imports mails into Shop; answers the ids of the tickets, lowest first.
    pub fn import(&self, mails: &[String]) -> Vec<String> {
        let file = self.mika.path("in.mbox");
        std::fs::write(&file, mbox(mails)).unwrap();
        let file = file.display().to_string();
        let report = self.mika.run(&["import", &file, "--queue", "Shop", "--json"]).ended(0).json();
        assert_eq!(report["messages"], mails.len());
        let list = self.mika.run(&["list", "--all", "--json"]).ended(0).json();
        let mut ids: Vec<String> =
            list["tickets"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// Starts the server again where it was.
    pub fn restart(&mut self) {
        self.restart_by(|command| command);
    }

    /// The same, with its command changed.
    pub fn restart_by(&mut self, by: impl FnOnce(Command) -> Command) {
        let address = self.url.strip_prefix("http://").unwrap();
        (self.server, _) = serve(&self.mika, address, by);
    }

    /// The server's process.
    pub fn server(&self) -> Pid {
        Pid::from_child(&self.server)
    }

    pub fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A server on the desk's database; answers where it listens.
fn serve(home: &Home, listen: &str, by: impl FnOnce(Command) -> Command) -> (Child, String) {
    let database = format!("sqlite:{}", home.path("desk.db").display());
    let command = by(home.command(&["serve", "--database", &database, "--listen", listen]));
    let mut server = { command }.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let url = first.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{first}")).to_owned();
    (server, url)
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Mails as one file.
pub fn mbox(mails: &[String]) -> String {
    mails.iter().fold(String::new(), |all, m| all + "From x@example.net Mon Jan  5 09:00:00 2026\n" + m + "\n\n")
}

/// A mail of one customer.
pub fn mail(n: usize, subject: &str, answers: Option<usize>, body: &str) -> String {
    let cites = answers.map(|n| format!("In-Reply-To: <m{n}@example.net>\n")).unwrap_or_default();
    format!(
        "From: Ben Ode <ben@example.net>\nTo: shop@desk.example\nSubject: {subject}\nMessage-ID: <m{n}@example.net>\n{cites}\
         Date: Mon, 05 Jan 2026 09:{:02}:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n",
        n % 60
    )
}

#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_worked_example() {
    let desk = Desk::new();
    let mails = desk.mika.path("mail");
    std::fs::create_dir(&mails).unwrap();
    std::fs::write(mails.join("1.eml"), mail(1, "Double charge", None, "I was charged twice.")).unwrap();
    std::fs::write(mails.join("2.eml"), mail(2, "Re: Double charge", Some(1), "And the delivery address?\nLine two."))
        .unwrap();
    std::fs::write(mails.join("3.eml"), mail(3, "返品の件", None, "請求書もお願いします。")).unwrap();
    std::fs::write(mails.join("notes.txt"), "no mail").unwrap();

    let import = ["--desk", "shop", "import", "mail/", "--queue", "Shop", "--json"];
    let report = desk.mika.run(&import).ended(0).json();
    assert_eq!(
        (&report["messages"], &report["tickets"], &report["already"], &report["broken"]),
        (&json!(3), &json!(2), &json!(0), &json!([]))
    );
    let again = desk.mika.run(&import).ended(0).json();
    assert_eq!((&again["messages"], &again["already"]), (&json!(0), &json!(3)));

    let list = ["--desk", "shop", "list", "--queue", "Shop", "--assignee", "none", "--limit", "20", "--json"];
    let list = desk.mika.run(&list).ended(0).json();
    assert_eq!(keys(&list), ["next", "tickets"]);
    assert_eq!((&list["next"], list["tickets"].as_array().unwrap().len()), (&Value::Null, 2));
    let ticket = list["tickets"].as_array().unwrap().iter().find(|t| t["subject"] == "Double charge").unwrap();
    assert_eq!(
        (&ticket["status"], &ticket["native_status"], &ticket["priority"]),
        (&json!("new"), &json!("new"), &json!("normal"))
    );
    assert_eq!((&ticket["queue"], &ticket["assignee"], &ticket["labels"]), (&json!("Shop"), &Value::Null, &json!([])));
    assert_eq!(ticket["requester"], json!({"name": "Ben Ode", "email": "ben@example.net"}));
    assert_eq!(ticket["created_at"], "2026-01-05T09:01:00Z");
    let id = ticket["id"].as_str().unwrap();
    let other = list["tickets"].as_array().unwrap().iter().find(|t| t["subject"] == "返品の件").unwrap();
    let other = other["id"].as_str().unwrap();

    desk.taro.run(&["claim", other]).ended(0);
    let claim = desk.mika.run(&["--desk", "shop", "claim", &format!("#{id}"), other, "--json"]).ended(5).json();
    assert_eq!(keys(&claim), ["done", "queued", "refused"]);
    assert_eq!((&claim["done"], &claim["queued"]), (&json!([id]), &json!([])));
    let refused = &claim["refused"][0];
    assert_eq!((&refused["id"], &refused["reason"]), (&json!(other), &json!("held")));
    assert_eq!(keys(&refused["holder"]), ["id", "login", "name"]);
    assert_eq!((&refused["holder"]["login"], &refused["holder"]["name"]), (&json!("taro"), &json!("Taro Sato")));
    assert!(refused["since"].as_str().unwrap().ends_with('Z') && refused.get("mine").is_none());
    assert!(refused["message"].as_str().unwrap().contains("Taro Sato"));
    let mine = desk.mika.run(&["claim", id, "--json"]).ended(1).json();
    assert_eq!(mine["refused"][0]["mine"], true);

    let show = desk.mika.run(&["--desk", "shop", "show", id, "--json"]).ended(0).json();
    assert_eq!((&show["ticket"]["id"], show["messages"].as_array().unwrap().len()), (&json!(id), 2));
    let second = &show["messages"][1];
    assert_eq!((&second["number"], &second["kind"]), (&json!(2), &json!("incoming")));
    assert_eq!(second["author"], json!({"name": "Ben Ode", "email": "ben@example.net"}));
    assert_eq!((&second["at"], &second["attachments"]), (&json!("2026-01-05T09:02:00Z"), &json!([])));

    let split = ["--desk", "shop", "split", id, "--messages", "2", "--subject", "Delivery address", "--json"];
    let split = desk.mika.run(&split).ended(0).json();
    let new = split["ticket"].as_str().unwrap();
    assert_eq!((&split["done"], &split["source"]), (&json!([id, new]), &json!(id)));
    assert_eq!(split["moved"], json!([second["id"]]));
    let new_ticket = desk.mika.run(&["show", new, "--json"]).ended(0).json();
    assert_eq!(
        (&new_ticket["ticket"]["subject"], &new_ticket["ticket"]["split_from"]),
        (&json!("Delivery address"), &json!(id))
    );
    assert_eq!(new_ticket["messages"][0]["id"], second["id"]);

    let reply = ["--desk", "shop", "reply", id, "--then", "waiting", "--json"];
    let reply = desk.mika.run_with(&reply, b"We are on it.\n").ended(0).json();
    assert_eq!(reply["done"], json!([id]));
    let show = desk.mika.run(&["show", id, "--json"]).ended(0).json();
    let last = show["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["id"], &last["kind"], &last["text"]),
        (&reply["message"], &json!("reply"), &json!("We are on it."))
    );
    assert_eq!(show["ticket"]["status"], "waiting");
}

#[test]
fn two_processes_claim_one_ticket_and_one_wins() {
    let rounds: usize = std::env::var("TICKETTY_CLAIMS").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let desk = Desk::new();
    let mails: Vec<String> = (0..rounds).map(|n| mail(n, &format!("Parcel {n}"), None, "Where is it?")).collect();
    for id in desk.import(&mails) {
        let both: Vec<Child> = [&desk.mika, &desk.taro]
            .map(|home| home.command(&["claim", &id, "--json"]).spawn().unwrap())
            .into_iter()
            .collect();
        let both: Vec<Ran> = both.into_iter().map(finish).collect();
        let (won, lost) = match (both[0].code, both[1].code) {
            (0, 1) => (("mika", &both[0]), &both[1]),
            (1, 0) => (("taro", &both[1]), &both[0]),
            codes => panic!("{id}: {codes:?}\n{}\n{}", both[0], both[1]),
        };
        assert_eq!(won.1.json()["done"], json!([id]));
        let refused = &lost.json()["refused"][0];
        assert_eq!((&refused["reason"], &refused["holder"]["login"]), (&json!("held"), &json!(won.0)), "{lost}");
        assert!(lost.stderr.contains("held by"), "{lost}");
    }
}

#[test]
fn every_verb_changes_what_it_says() {
    let desk = Desk::new();
    let ids = desk.import(&[
        mail(1, "First", None, "one\ntwo\nthree"),
        mail(2, "Second", None, "more"),
        mail(3, "Third", None, "even more"),
    ]);
    let (a, b, c) = (ids[0].as_str(), ids[1].as_str(), ids[2].as_str());
    let mika = &desk.mika;
    let ticket = |id: &str| mika.run(&["show", id, "--json"]).ended(0).json()["ticket"].clone();

    mika.run(&["assign", a, b, "--to", "taro"]).ended(0);
    assert_eq!(ticket(a)["assignee"]["login"], "taro");
    mika.run(&["steal", a]).ended(2);
    mika.run(&["steal", a, "--yes"]).ended(0);
    assert_eq!(ticket(a)["assignee"]["login"], "mika");
    mika.run(&["release", a]).ended(0);
    assert_eq!(ticket(a)["assignee"], Value::Null);
    mika.run(&["assign", a, "--to", "me"]).ended(0);
    assert_eq!(ticket(a)["assignee"]["login"], "mika");
    mika.run(&["priority", a, "--to", "urgent"]).ended(0);
    mika.run(&["status", a, "--to", "resolved"]).ended(0);
    mika.run(&["label", a, "--add", "vip", "--add", "billing"]).ended(0);
    mika.run(&["label", a, "--remove", "vip"]).ended(0);
    mika.run(&["move", a, "--to", "Onboarding"]).ended(0);
    mika.run(&["subject", a, "--to", "A better subject"]).ended(0);
    mika.run(&["requester", a, "--to", "Lena Fischer <lena@example.net>"]).ended(0);
    let now = ticket(a);
    assert_eq!(
        (&now["priority"], &now["status"], &now["labels"], &now["queue"], &now["subject"], &now["requester"]["email"]),
        (
            &json!("urgent"),
            &json!("resolved"),
            &json!(["billing"]),
            &json!("Onboarding"),
            &json!("A better subject"),
            &json!("lena@example.net")
        )
    );
    // Undo goes back step by step, by the outbox of this account.
    mika.run(&["undo"]).ended(0);
    assert_eq!(ticket(a)["requester"]["email"], "ben@example.net");
    mika.run(&["undo"]).ended(0);
    assert_eq!(ticket(a)["subject"], "First");
    mika.run(&["undo", a]).ended(0);
    assert_eq!(ticket(a)["queue"], "Shop");
    mika.run(&["undo"]).ended(0);
    assert_eq!(ticket(a)["labels"], json!(["billing", "vip"]));

    mika.run(&["merge", c, "--into", b]).ended(0);
    assert_eq!(ticket(c)["merged_into"], json!(b));
    assert_eq!(mika.run(&["show", b, "--json"]).json()["messages"].as_array().unwrap().len(), 2);

    let lines = mika.run(&["split", a, "--lines", "1:2-3", "--assignee", "none", "--json"]).ended(0).json();
    let new = mika.run(&["show", lines["ticket"].as_str().unwrap(), "--json"]).ended(0).json();
    assert_eq!(new["messages"][0]["text"], "two\nthree");
    assert_eq!(new["ticket"]["assignee"], Value::Null);

    let opened = mika
        .run(&[
            "new",
            "--queue",
            "Shop",
            "--requester",
            "Jo <jo@example.net>",
            "--subject",
            "By phone",
            "--channel",
            "phone",
            "-m",
            "Please call.",
            "--json",
        ])
        .ended(0)
        .json();
    let opened = opened["done"][0].as_str().unwrap();
    assert_eq!(ticket(opened)["channel"], "phone");
    let note = mika.run(&["note", opened, "-m", "called back", "--json"]).ended(0).json();
    let thread = mika.run(&["show", opened, "--json"]).json();
    assert_eq!((&thread["messages"][1]["id"], &thread["messages"][1]["kind"]), (&note["message"], &json!("note")));

    let found = mika.run(&["search", "By", "phone", "--json"]).ended(0).json();
    assert_eq!(found["tickets"][0]["id"], json!(opened));
    let timeline = mika.run(&["timeline", "--by", "email", "jo@example.net", "--json"]).ended(0).json();
    assert_eq!(timeline["tickets"].as_array().unwrap().len(), 1);
    let of_ticket = mika.run(&["timeline", opened, "--json"]).ended(0).json();
    assert_eq!(of_ticket["tickets"], timeline["tickets"]);
    let queues = mika.run(&["queues", "--json"]).ended(0).json();
    assert_eq!(queues["queues"].as_array().unwrap().len(), 2);
    assert_eq!(keys(&queues["queues"][0]["counts"]), ["late", "mine", "open", "snoozed", "unassigned"]);
    let first = mika.run(&["list", "--status", "any", "--limit", "1", "--json"]).ended(0).json();
    let next = first["next"].as_str().unwrap();
    let second = mika.run(&["list", "--status", "any", "--limit", "1", "--after", next, "--json"]).ended(0).json();
    assert_ne!(first["tickets"][0]["id"], second["tickets"][0]["id"]);
    assert_eq!(mika.run(&["outbox", "--json"]).ended(0).json(), json!({"outbox": []}));
}

#[test]
fn files_go_and_come() {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Invoice", None, "Please send it.")]).remove(0);
    let file = desk.mika.path("rechnung ü.pdf");
    std::fs::write(&file, b"%PDF \x00\xff bytes").unwrap();
    let file = file.display().to_string();
    desk.mika.run(&["reply", &id, "-m", "Here it is.", "--attach", &file]).ended(0);
    let thread = desk.mika.run(&["show", &id, "--json"]).ended(0).json();
    let attached = &thread["messages"][1]["attachments"][0];
    assert_eq!(keys(attached), ["id", "name", "size", "type"]);
    assert_eq!(
        (&attached["name"], &attached["type"], &attached["size"]),
        (&json!("rechnung ü.pdf"), &json!("application/pdf"), &json!(13))
    );
    let new =
        ["new", "--queue", "Shop", "--requester", "ben@example.net", "--subject", "S", "--code", "C-7", "--attach"];
    let made = desk.mika.run(&[&new[..], &[&file, "--json"]].concat()).ended(0).json();
    let made = made["done"][0].as_str().unwrap().to_owned();
    let thread = desk.mika.run(&["show", &made, "--json"]).ended(0).json();
    assert_eq!(thread["messages"][0]["attachments"][0]["name"], "rechnung ü.pdf");
    assert_eq!(thread["ticket"]["requester"]["code"], "C-7");
    desk.mika.run(&["requester", &made, "--code", "C-8", "--json"]).ended(0);
    let found = desk.mika.run(&["timeline", "--by", "code", "C-8", "--json"]).ended(0).json();
    assert_eq!(found["tickets"][0]["id"], json!(made));
    let attachment = attached["id"].as_str().unwrap();
    desk.mika.run(&["attachment", attachment, "--json"]).ended(2);
    let dir = desk.mika.path("saved");
    std::fs::create_dir(&dir).unwrap();
    let saved = desk.mika.run(&["attachment", attachment, "--save", "saved", "--json"]).ended(0).json();
    assert_eq!(saved["size"], 13);
    desk.mika.run(&["attachment", attachment, "--save", "saved"]).ended(0);
    let mut names: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["rechnung ü (2).pdf", "rechnung ü.pdf"]);
    assert_eq!(std::fs::read(dir.join("rechnung ü.pdf")).unwrap(), b"%PDF \x00\xff bytes");
    let piped = desk.mika.command(&["attachment", attachment]).output().unwrap();
    assert_eq!((piped.status.code(), piped.stdout.as_slice()), (Some(0), b"%PDF \x00\xff bytes".as_slice()));
}

#[test]
fn refusals_and_failures_have_their_codes() {
    let mut desk = Desk::new();
    let id = desk.import(&[mail(1, "One", None, "body")]).remove(0);
    let mika = &desk.mika;

    // 1: the desk says no.
    let missing = mika.run(&["show", "99999", "--json"]).ended(1).json();
    assert_eq!(keys(&missing["error"]), ["kind", "next", "what", "why"]);
    assert_eq!(missing["error"]["kind"], "not-found");
    let missing = mika.run(&["claim", "99999", "../me", "no id", "--json"]).ended(1).json();
    let reasons: Vec<&Value> = missing["refused"].as_array().unwrap().iter().map(|r| &r["reason"]).collect();
    assert_eq!(reasons.len(), 3, "{missing}");
    assert!(reasons.contains(&&json!("not-found")) && reasons.contains(&&json!("invalid")), "{missing}");
    let split = mika.run(&["split", &id, "--messages", "7", "--json"]).ended(1).json();
    assert_eq!(split["refused"][0]["reason"], "invalid");
    mika.run(&["undo"]).ended(1);
    // A reply is held back when the thread moved on.
    let seen = mika.run(&["show", &id, "--json"]).json()["messages"][0]["id"].as_str().unwrap().to_owned();
    desk.taro.run(&["reply", &id, "-m", "I have it."]).ended(0);
    let held = mika.run(&["reply", &id, "-m", "Me too.", "--seen", &seen, "--json"]).ended(1).json();
    assert_eq!(held["refused"][0]["reason"], "moved-on");
    let kept = mika.run(&["outbox", "--json"]).ended(0).json();
    assert_eq!((&kept["outbox"][0]["state"], &kept["outbox"][0]["text"]), (&json!("failed"), &json!("Me too.")));
    let kept = kept["outbox"][0]["id"].as_str().unwrap();
    let dropped = mika.run(&["outbox", "drop", kept]).ended(0);
    assert_eq!(dropped.stdout, "Me too.\n");
    mika.run(&["reply", &id, "-m", "Me too.", "--seen", &seen, "--force"]).ended(0);

    // 2: wrong usage.
    for args in [
        &["nonsense", "--json"][..],
        &["claim", "--json"],
        &["list", "--status", "nwe", "--json"],
        &["status", &id, "--to", "done", "--json"],
        &["--desk", "nowhere", "queues", "--json"],
        &["reply", &id, "--json"],
        &["reply", &id, "-m", "x", "--to", "nobody", "--json"],
        &["import", "/no/such/file", "--json"],
        &["--json"],
    ] {
        let wrong = mika.run(args).ended(2);
        assert_eq!(wrong.json()["error"]["kind"], "usage", "{args:?}: {wrong}");
        assert!(!wrong.stderr.is_empty());
    }

    // 4: not authenticated; what was asked for is kept.
    let wrong_token = |args: &[&str]| finish(mika.command(args).env("TICKETTY_TOKEN", "wr0ng").spawn().unwrap());
    let denied = wrong_token(&["list", "--json"]).ended(4);
    assert_eq!(denied.json()["error"]["kind"], "unauthenticated");
    let denied = wrong_token(&["note", &id, "-m", "kept words", "--json"]).ended(4);
    assert_eq!(denied.json()["error"]["kind"], "unauthenticated");
    assert!(!format!("{denied}").contains("wr0ng"), "{denied}");
    let kept = wrong_token(&["outbox", "--json"]).ended(0);
    assert_eq!(kept.json()["outbox"][0]["text"], "kept words");

    // 3 and 6: the desk is gone.
    desk.stop();
    let gone = desk.mika.run(&["list", "--json"]).ended(3);
    assert_eq!(gone.json()["error"]["kind"], "unavailable");
    let queued = desk.mika.run(&["claim", &id, "--wait", "1", "--json"]).ended(6);
    assert_eq!(queued.json()["queued"], json!([id]));
    assert!(queued.stderr.contains("do not repeat this command"), "{queued}");
    let waiting = desk.mika.run(&["outbox", "--json"]).ended(0).json();
    assert_eq!((&waiting["outbox"][0]["verb"], &waiting["outbox"][0]["state"]), (&json!("claim"), &json!("waiting")));
    assert!(desk.url.starts_with("http://127.0.0.1:"));
}

#[test]
fn desks_are_added_listed_checked_and_removed() {
    let mut desk = Desk::new();
    let home = Home::new();
    let token = desk.mika.path("token").display().to_string();
    let add = ["desk", "add", "shop", "--url", desk.url.as_str()];
    home.run(&add).ended(4);
    assert!(!home.path(".config/ticketty/config.toml").exists(), "what does not work is not kept");
    std::fs::set_permissions(desk.mika.path("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let with_file = [&add[..], &["--token-file", &token]].concat();
    let loose = home.run(&with_file).ended(2);
    assert!(loose.stderr.contains(&format!("chmod 600 {token}")), "{loose}");
    std::fs::set_permissions(desk.mika.path("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let added = home.run(&with_file).ended(0);
    assert!(added.stdout.contains("Mika Kato"), "{added}");
    home.run(&with_file).ended(2);
    let list = home.run(&["desk", "list", "--json"]).ended(0).json();
    assert_eq!((&list["desks"][0]["name"], &list["desks"][0]["account"]), (&json!("shop"), &json!("mika")));
    let check = home.run(&["desk", "check", "--json"]).ended(0).json();
    assert_eq!(check["desks"][0]["support"]["claim"]["support"], "native");
    let mode = std::fs::metadata(home.path(".config/ticketty/config.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    home.run(&["desk", "add", "other", "--url", "http://127.0.0.1:9", "--no-check"]).ended(0);
    let which = home.run(&["queues", "--json"]).ended(2).json();
    assert!(which["error"]["why"].as_str().unwrap().contains("other, shop"), "{which}");
    finish(home.command(&["queues"]).env("TICKETTY_DESK", "shop").spawn().unwrap()).ended(0);
    home.run(&["desk", "remove", "other"]).ended(0);
    home.run(&["queues"]).ended(0);
    desk.stop();
    home.run(&["desk", "check"]).ended(3);
}

#[test]
fn a_wrong_configuration_names_line_and_column() {
    let home = Home::new();
    home.configure("# mine\ntheme = \"drak\"\n");
    let wrong = home.run(&["queues", "--json"]).ended(2);
    assert!(wrong.stderr.contains("config.toml:2:9"), "{wrong}");
    let error = &wrong.json()["error"];
    assert!(error["what"].as_str().unwrap().ends_with("config.toml:2:9") && error["kind"] == "configuration");
    assert!(error["why"].as_str().unwrap().contains("`auto`, `dark`, `light`"), "{error}");
}

/// Every byte that a terminal could act on, beside line ends.
#[track_caller]
fn assert_harmless(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        });
        assert_eq!(bad, None, "{text:?}");
    }
}

#[test]
fn a_hostile_mail_leaves_no_control_byte_in_any_output() {
    let desk = Desk::new();
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}gnp.exe\u{2066}\u{200b}\u{8}z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";
    let raw = format!(
        "From: {evil} <e{evil}@example.net>\nTo: {evil}\nSubject: {evil}\nMessage-ID: <evil{evil}@example.net>\n\
         Date: {evil}\nX-Evil: {evil}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain; charset=utf-8\n\n{evil}\nplain words\n\
         --b\nContent-Type: application/{evil}\nContent-Disposition: attachment; filename=\"a{evil}.pdf\"\n\nx\n--b--\n"
    );
    let report = desk.mika.run_with(&["import", "-", "--queue", "Shop", "--json"], raw.as_bytes()).ended(0);
    assert_harmless(&report);
    assert_eq!(report.json()["messages"], 1);
    let list = desk.mika.run(&["list", "--json"]).ended(0);
    let id = list.json()["tickets"][0]["id"].as_str().unwrap().to_owned();
    assert_harmless(&list);
    let show = desk.mika.run(&["show", &id, "--json"]).ended(0);
    assert!(show.stdout.contains("plain words"), "{show}");
    assert_harmless(&show);
    let attachment = show.json()["messages"][0]["attachments"][0]["id"].as_str().unwrap().to_owned();
    for args in [
        &["list"][..],
        &["show", &id],
        &["search", "plain"],
        &["search", evil, "--json"],
        &["timeline", &id],
        &["timeline", "--by", "email", evil],
        &["claim", &id, evil],
        &["label", &id, "--add", evil],
        &["subject", &id, "--to", evil],
        &["reply", &id, "-m", evil],
        &["show", &id],
        &["claim", evil, "--json"],
        &["show", evil],
        &["--desk", evil, "list"],
        &["list", evil],
        &["list", "--status", evil, "--json"],
        &["attachment", &attachment, "--save", "."],
        &["attachment", evil, "--save", ".", "--json"],
        &["desk", "remove", evil, "--json"],
        &["outbox", "drop", evil],
    ] {
        assert_harmless(&desk.mika.run(args));
    }
    for entry in std::fs::read_dir(desk.mika.path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.chars().any(|c| c.is_control() || c == '\u{202e}'), "{name:?}");
    }
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "返品の件", None, "請求書 é")]).remove(0);
    for args in [&["list"][..], &["show", &id], &["list", "--json"], &["show", &id, "--json"]] {
        let ran = finish(desk.mika.command(args).env("LC_ALL", "C").spawn().unwrap()).ended(0);
        assert!(ran.stdout.is_ascii() && ran.stderr.is_ascii(), "{ran}");
    }
    let shown = finish(desk.mika.command(&["list"]).env("LC_ALL", "C").spawn().unwrap()).stdout;
    assert!(shown.contains("????????"), "one ? for each cell: {shown}");
    let list = finish(desk.mika.command(&["list", "--json"]).env("LC_ALL", "C").spawn().unwrap()).json();
    assert_eq!(list["tickets"][0]["subject"], "返品の件");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    let mut child = home.command(&["man"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn without_a_terminal_the_screen_says_so() {
    let home = Home::new();
    let ran = home.run(&[]).ended(2);
    assert!(ran.stderr.contains("no terminal") && ran.stderr.contains("ticketty --help"), "{ran}");
    assert!(!ran.stderr.contains('\u{1b}'));
}

#[test]
fn completions_and_man_pages_are_made() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]).ended(0);
        assert!(ran.stdout.contains("claim") && ran.stderr.is_empty(), "{shell}");
    }
    let page = home.run(&["man"]).ended(0);
    for word in [".TH ticketty 1", "EXIT", "TICKETTY SPLIT", "TICKETTY DESK ADD"] {
        assert!(page.stdout.to_uppercase().contains(&word.to_uppercase()), "{word}");
    }
    home.run(&["man", "--dir", "pages"]).ended(0);
    assert!(home.path("pages/ticketty-claim.1").exists());
    assert!(Path::new(&home.path("pages/ticketty.1")).exists());
    assert_eq!(home.run(&["--version"]).ended(0).stdout, concat!("ticketty ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn without_a_desk_the_embedded_one_is_used() {
    let home = Home::new();
    home.run(&["admin", "queue", "add", "Shop"]).ended(0);
    let queues = home.run(&["queues", "--json"]).ended(0).json();
    assert!(queues["queues"].as_array().unwrap().iter().any(|q| q["name"] == "Shop"), "{queues}");
    let report = home.run_with(&["import", "-", "--queue", "Shop", "--json"], mail(1, "One", None, "x").as_bytes());
    assert_eq!(report.ended(0).json()["tickets"], 1);
    let id = home.run(&["list", "--json"]).ended(0).json()["tickets"][0]["id"].as_str().unwrap().to_owned();
    home.run(&["claim", &id]).ended(0);
    assert_eq!(home.run(&["claim", &id, "--json"]).ended(1).json()["refused"][0]["mine"], true);
    for entry in walk(&home.path(".local")) {
        let mode = std::fs::metadata(&entry).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{} can be reached by others", entry.display());
    }
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(walk(&path));
        }
        // `.local` and `share` themselves are everybody's.
        if path.to_string_lossy().contains("ticketty") {
            all.push(path);
        }
    }
    all
}

/// Verbs, errors and help of an agent whose locale is Japanese; what programs read stays as it is.
#[test]
fn a_japanese_agent_is_spoken_to_in_japanese() {
    let desk = Desk::new();
    let ids = desk.import(&[mail(1, "First", None, "one"), mail(2, "Second", None, "two")]);
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    let ja = |args: &[&str]| finish(desk.mika.command(args).env("LANG", "ja_JP.UTF-8").spawn().unwrap());
    let says = |args: &[&str], code: i32, words: &[&str]| {
        let ran = ja(args).ended(code);
        for word in words {
            assert!(ran.stdout.contains(word) || ran.stderr.contains(word), "{word}: {ran}");
        }
        ran
    };

    says(&["queues"], 0, &["キュー", "未担当"]);
    says(&["list"], 0, &["状態", "優先度", "依頼者", "新規", "通常"]);
    says(&["claim", a], 0, &["新規", "mika"]);
    says(&["claim", a], 1, &["すでにあなたが担当しています"]);
    desk.taro.run(&["claim", b]).ended(0);
    says(&["claim", b], 1, &["Taro Sato さん (taro) が担当しています", "メモを残すか"]);
    says(&["show", a], 0, &["状態", "担当", "Mika Kato", "期限"]);
    says(&["reply", a, "-m", "はい"], 0, &["メール送信の設定がない"]);
    says(&["status", a, "--to", "resolved"], 0, &["解決"]);
    says(&["claim", "99999"], 1, &["存在"]);
    says(&["show", "99999"], 1, &["チケット 99999 を表示できません"]);
    says(&["steal", b], 2, &["何も引き取っていません", "--yes"]);
    says(&["list", "--status", "nwe"], 2, &["「nwe」という状態はありません"]);
    says(&["--desk", "nowhere", "list"], 2, &["デスク「nowhere」はありません", "設定済み: shop"]);
    says(&["import", "nowhere.mbox", "--queue", "Shop"], 2, &["何も取り込んでいません", "存在しません"]);
    says(&["outbox"], 0, &["すべて確認済みです"]);
    says(&["desk", "list"], 0, &["名前", "コマンド", "はい"]);
    says(&["desk", "check"], 0, &["あなたは Mika Kato"]);
    says(&["claim"], 2, &["エラー", "引数が必要です", "使い方: ticketty claim"]);
    says(&["claim", "--help"], 0, &["未担当のチケットを担当する", "使い方:", "オプション:"]);
    says(&["--help"], 0, &["ヘルプデスク", "コマンド:", "終了コード"]);
    says(&["keys"], 0, &["どこでも"]);
    let file = desk.mika.path("in.mbox").display().to_string();
    says(&["import", &file, "--queue", "Shop"], 0, &["取り込み済み 2 通"]);
    let database = format!("sqlite:{}", desk.mika.path("desk.db").display());
    says(&["admin", "--database", &database, "queue", "list"], 0, &["返信期限", "全員"]);
    says(&["admin", "--database", &database, "queue", "add", "Shop"], 1, &["キュー Shop はすでにあります"]);

    // A setting goes before the locale.
    let settings = desk.mika.path(".config/ticketty/config.toml");
    let before = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("language = \"en\"\n{before}")).unwrap();
    assert!(ja(&["list"]).stdout.contains("requester"));
    std::fs::write(&settings, format!("language = \"ja\"\n{before}")).unwrap();
    assert!(desk.mika.run(&["list"]).stdout.contains("依頼者"));
    assert!(desk.mika.run(&["list", "--help"]).stdout.contains("使い方:"));
    std::fs::write(&settings, before).unwrap();

    // What programs read is the same, failures included; what stands beside it on stderr is for people.
    for args in [
        &["list", "--json"][..],
        &["queues", "--json"],
        &["show", a, "--json"],
        &["claim", b, "--json"],
        &["show", "99999", "--json"],
        &["outbox", "--json"],
        &["desk", "list", "--json"],
        &["list", "--status", "nwe", "--json"],
        &["claim", "--json"],
    ] {
        let (japanese, english) = (ja(args), desk.mika.run(args));
        assert_eq!((japanese.code, &japanese.stdout), (english.code, &english.stdout), "{args:?}");
        assert_eq!(english.stderr.is_empty(), japanese.stderr.is_empty(), "{args:?}");
        assert!(english.stderr.is_empty() || japanese.stderr != english.stderr, "{args:?}: {japanese}");
    }
}
