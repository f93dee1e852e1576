//! What goes wrong around the program: desks that do not answer or answer nonsense, tokens that do not work, broken files, full
//! and locked places. Each time people get a message with a next step, a script its exit code, and nothing typed is lost.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::cli::{Desk, Home, Ran, finish, mail};

/// A server that answers every request with the same bytes, or with none at all.
fn stand_in(answer: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let (mut line, answer) = (line.unwrap(), answer.clone());
            std::thread::spawn(move || {
                let mut asked = Vec::new();
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = line.read(&mut bytes) {
                    asked.extend_from_slice(&bytes[..n]);
                    if !asked.windows(4).any(|w| w == b"\r\n\r\n") {
                        continue;
                    }
                    let Some(answer) = &answer else { continue };
                    // The program may hang up first.
                    let _ = line.write_all(answer);
                    return;
                }
            });
        }
    });
    format!("http://{place}")
}

fn answer(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A home with one desk at this address.
fn home_at(url: &str) -> Home {
    let home = Home::new();
    home.configure(&format!("[desks.shop]\nurl = \"{url}\"\n"));
    home
}

fn run(home: &Home, args: &[&str]) -> Ran {
    finish(home.command(args).env("TICKETTY_TOKEN", "t0ken").spawn().unwrap())
}

/// The message says what, why and what to do next, and carries no control byte.
#[track_caller]
fn assert_helps(ran: &Ran) {
    assert!(ran.stderr.starts_with("ticketty: ") && ran.stderr.trim_end().contains("\n  "), "{ran}");
    assert!(!ran.stderr.contains("panicked"), "{ran}");
    assert!(!ran.stderr.chars().any(|c| c.is_control() && c != '\n'), "{ran}");
}

/// What it is, what the desk answers, the exit codes of a read and of a write, and what is said.
type Case = (&'static str, Option<Vec<u8>>, u8, u8, &'static str);

#[test]
fn a_desk_that_answers_nonsense_is_told_apart_and_what_was_typed_is_kept() {
    let problem = |detail: &str| {
        format!(r#"{{"type":"/problems/unauthenticated","title":"Sign in","status":401,"detail":"{detail}"}}"#)
    };
    let json = "application/json";
    let cases: [Case; 11] = [
        ("nobody listens", None, 3, 6, "refuses the connection"),
        (
            "wrong token",
            Some(answer("401 No", "application/problem+json", problem("The token is not known.").as_bytes())),
            4,
            4,
            "not known",
        ),
        ("garbage", Some(answer("200 OK", json, b"\xff\xfe\0{{{\x1b[2J")), 3, 6, "not JSON"),
        ("cut JSON", Some(answer("200 OK", json, b"{\"tickets\":[{\"id\":\"10")), 3, 6, "cut off"),
        (
            "cut body",
            Some(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"ti".to_vec()),
            3,
            6,
            "cut the line",
        ),
        (
            "a proxy's page",
            Some(answer("502 Bad Gateway", "text/html", b"<html><title>\x1b[31mBad day</title>")),
            3,
            6,
            "Bad day",
        ),
        (
            "a login page",
            Some(answer("200 OK", "text/html", b"<!DOCTYPE html><title>Sign in</title>")),
            3,
            6,
            "Sign in",
        ),
        ("missing fields", Some(answer("200 OK", json, b"{}")), 3, 6, "lacks"),
        (
            "no UTF-8",
            Some(answer("200 OK", json, b"{\"tickets\":[{\"id\":\"\xff\"}],\"next\":null}")),
            3,
            6,
            "answer of",
        ),
        ("another protocol", Some(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()), 3, 6, "127.0.0.1"),
        ("a wait of an hour", Some(limited()), 3, 6, "limits requests"),
    ];
    for (name, answer, read, write, why) in cases {
        let url = answer.map_or_else(|| "http://127.0.0.1:1".to_owned(), |bytes| stand_in(Some(bytes)));
        let home = home_at(&url);
        let list = run(&home, &["list", "--json"]);
        assert_eq!(list.code, i32::from(read), "{name}: {list}");
        assert!(list.stderr.contains(why), "{name}: {list}");
        assert_helps(&list);
        let error = &list.json()["error"];
        assert!(!error["next"].as_str().unwrap().is_empty(), "{name}: {list}");

        let note = run(&home, &["note", "1001", "-m", "kept words", "--wait", "1", "--json"]);
        assert_eq!(note.code, i32::from(write), "{name}: {note}");
        let outbox = run(&home, &["outbox", "--json"]).ended(0);
        assert_eq!(outbox.json()["outbox"][0]["text"], "kept words", "{name}: {outbox}");
    }
}

fn limited() -> Vec<u8> {
    b"HTTP/1.1 429 Slow down\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
}

#[test]
fn a_desk_that_stalls_holds_nobody_up() {
    let home = home_at(&stand_in(None));
    let begun = Instant::now();
    let note = run(&home, &["note", "1001", "-m", "kept words", "--wait", "1", "--json"]).ended(6);
    assert!(begun.elapsed() < Duration::from_secs(10), "{note}");
    assert!(note.stderr.contains("do not repeat this command"), "{note}");
    assert_eq!(note.json()["queued"][0], "1001");
    assert_eq!(run(&home, &["outbox", "--json"]).ended(0).json()["outbox"][0]["text"], "kept words");
}

#[test]
fn an_expired_token_says_where_a_new_one_goes() {
    let desk = Desk::new();
    let database = format!("sqlite:{}", desk.mika.path("desk.db").display());
    let short = ["admin", "--database", &database, "token", "add", "mika", "--expires", "1s"];
    let token = desk.mika.run(&short).ended(0).stdout.trim().to_owned();
    let with = |args: &[&str]| finish(desk.mika.command(args).env("TICKETTY_TOKEN", &token).spawn().unwrap());
    let give_up = Instant::now() + Duration::from_secs(20);
    let list = loop {
        let list = with(&["list", "--json"]);
        if list.code != 0 {
            break list;
        }
        assert!(Instant::now() < give_up, "the token never expires");
    };
    assert_eq!(list.code, 4, "{list}");
    assert!(list.stderr.contains("expired") && list.stderr.contains("token_command"), "{list}");
    assert_helps(&list);
    let note = with(&["note", "1001", "-m", "kept words"]).ended(4);
    assert!(note.stderr.contains("ticketty outbox"), "{note}");
    assert!(!format!("{note}").contains(&token), "{note}");
    assert_eq!(with(&["outbox", "--json"]).ended(0).json()["outbox"][0]["text"], "kept words");
}

#[test]
fn bytes_that_are_no_utf8_are_read_or_refused_but_never_break() {
    let desk = Desk::new();
    let mika = &desk.mika;
    let bad = b"From: \xff\xfe <b\xe9n@example.net>\nSubject: \xc3\x28 caf\xe9\nMessage-ID: <\xff1@example.net>\n\
        Content-Type: text/plain; charset=utf-8\n\nwords \xf0\x28\x8c\x28 and more \xed\xa0\x80\n";
    mika.run_with(&["import", "-", "--queue", "Shop", "--json"], bad).ended(0);
    let name = OsStr::from_bytes(b"in-\xff.mbox");
    let mbox =
        [b"From x@example.net Mon Jan  5 09:00:00 2026\nSubject: \x80\x81\n\n".as_slice(), &[0x80; 3000]].concat();
    std::fs::write(mika.path("").join(name), mbox).unwrap();
    let import = finish(mika.command(&["import", "--queue", "Shop", "--json"]).arg(name).spawn().unwrap()).ended(0);
    assert_eq!(import.json()["messages"], 1);
    let list = mika.run(&["list", "--json"]).ended(0).json();
    let ids: Vec<&str> = list["tickets"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for id in &ids {
        mika.run(&["show", id]).ended(0);
    }
    // An argument, and text from stdin, that nobody could have meant.
    let odd = finish(mika.command(&["search"]).arg(OsStr::from_bytes(b"\xff")).spawn().unwrap());
    assert!(odd.code == 2 && !odd.stderr.contains("panicked"), "{odd}");
    let reply = mika.run_with(&["reply", ids[0]], b"words \xff\xfe more");
    assert!(!reply.stderr.contains("panicked") && (reply.code == 0 || reply.stderr.contains("UTF-8")), "{reply}");
    let odd = finish(mika.command(&["--desk"]).arg(OsStr::from_bytes(b"\xff")).arg("list").spawn().unwrap());
    assert_eq!(odd.code, 2, "{odd}");
    let odd = finish(mika.command(&["list"]).env("TICKETTY_DESK", OsStr::from_bytes(b"\xff")).spawn().unwrap());
    assert!(!odd.stderr.contains("panicked"), "{odd}");
    let odd = finish(mika.command(&["list"]).env("LANG", OsStr::from_bytes(b"\xff")).spawn().unwrap());
    assert!(odd.code == 0, "{odd}");
}

#[test]
fn mistakes_in_settings_and_keys_name_their_place() {
    let home = Home::new();
    home.configure("# fine\nkeymap = \"vmi\"\n");
    let wrong = home.run(&["keys"]).ended(2);
    assert!(wrong.stderr.contains("vmi"), "{wrong}");
    assert_helps(&wrong);
    home.configure("undo_window = 10\n[desks.shop]\nurl = \"http://127.0.0.1:1\"\ntokn_env = \"X\"\n");
    let wrong = home.run(&["list", "--json"]).ended(2);
    assert!(wrong.stderr.contains("config.toml:4:1") && wrong.stderr.contains("token_env"), "{wrong}");
    assert_helps(&wrong);

    home.configure("");
    for (text, place) in [
        (b"[list]\n\"j\" = \"no-such-action\"\n".as_slice(), "keys.toml:2:"),
        (b"[list]\n\"<C-nonsense>\" = \"down\"\n", "keys.toml:2:"),
        (b"[lsit]\nj = \"down\"\n", "keys.toml:1:"),
        (b"[list\n", "keys.toml:1:"),
        (b"# \xff\n", "keys.toml"),
    ] {
        std::fs::write(home.path(".config/ticketty/keys.toml"), text).unwrap();
        let wrong = home.run(&["keys"]).ended(2);
        assert!(wrong.stderr.contains(place), "{wrong}");
        assert_helps(&wrong);
    }
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let home = Home::new();
    std::fs::write(home.path("file"), "no folder").unwrap();
    let nowhere = home.path("file/data");
    let in_nowhere = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("XDG_DATA_HOME", &nowhere).env("TICKETTY_TOKEN", "t");
        finish(command.spawn().unwrap())
    };
    let list = in_nowhere(&["list", "--json"]);
    assert!(list.code == 2 && list.stderr.contains("XDG_DATA_HOME"), "{list}");
    assert_helps(&list);
    home.configure("[desks.shop]\nurl = \"http://127.0.0.1:1\"\n");
    let note = in_nowhere(&["note", "1001", "-m", "kept words"]);
    assert!(note.code == 2 && note.stderr.contains("XDG_DATA_HOME"), "{note}");
    assert_helps(&note);

    // A log that cannot be written stops nobody.
    let mut command = home.command(&["keys"]);
    command.env("XDG_STATE_HOME", &nowhere);
    finish(command.spawn().unwrap()).ended(0);

    // Output that cannot be written is an error, and is said.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = home.command(&["keys"]);
    let mut child = command.stdout(Stdio::from(full)).spawn().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let code = child.wait().unwrap().code();
    assert!(code.is_some_and(|c| c > 0 && c < 7) && stderr.contains("ticketty: "), "{code:?} {stderr}");
}

#[test]
fn a_flood_of_from_lines_in_one_mail_is_one_message() {
    let desk = Desk::new();
    let flood = "From the beginning it was broken\n\n".repeat(100_000);
    let text = format!("From x@example.net Mon Jan  5 09:00:00 2026\n{}{flood}", mail(1, "Flood", None, "Words."));
    std::fs::write(desk.mika.path("flood.mbox"), text).unwrap();
    let report = desk.mika.run(&["import", "flood.mbox", "--queue", "Shop", "--json"]).ended(0).json();
    assert_eq!((report["messages"].as_u64(), report["tickets"].as_u64()), (Some(1), Some(1)), "{report}");
    let list = desk.mika.run(&["list", "--json"]).ended(0).json();
    let id = list["tickets"][0]["id"].as_str().unwrap();
    let show = desk.mika.run(&["show", id]).ended(0);
    assert!(show.stdout.contains("Words."), "the mail can be read");
}
