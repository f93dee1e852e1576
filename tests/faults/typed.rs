//! The program is killed at random moments while an agent types: what is older than a second is on disk, and no file is broken.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::cli::mail;
use crate::crash::{Random, number};
use crate::pty::harness::{NARROW, Screen};
use crate::pty::settle;

/// The SQLite files under a folder.
fn databases(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            databases(&path, found);
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3")) {
            found.push(path);
        }
    }
}

/// Whether every file is sound, and the texts of the drafts; the drafts are forgotten.
async fn look(files: &[PathBuf]) -> Vec<String> {
    let mut texts = Vec::new();
    for file in files {
        let mut line = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut line).await.unwrap();
        assert_eq!(sound, "ok", "{}", file.display());
        let has: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'drafts'")
            .fetch_one(&mut line)
            .await
            .unwrap();
        if has > 0 {
            for row in sqlx::query("SELECT draft FROM drafts").fetch_all(&mut line).await.unwrap() {
                let draft: Value = serde_json::from_str(row.get(0)).unwrap();
                texts.push(draft["text"].as_str().unwrap().to_owned());
            }
            sqlx::query("DELETE FROM drafts").execute(&mut line).await.unwrap();
        }
        line.close().await.unwrap();
    }
    texts
}

#[test]
fn a_client_killed_while_typing_keeps_what_is_older_than_a_second() {
    let kills = number("TICKETTY_TYPED_KILLS", 8);
    let seed = number("TICKETTY_SEED", 7);
    let mut random = Random(seed);
    let desk = crate::cli::Desk::new();
    desk.import(&[mail(1, "Parcel", None, "Where is it?")]);
    settle(&desk.mika);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut most, mut letters) = (Duration::ZERO, 0);
    for kill in 0..kills {
        let mut screen = Screen::open(&desk.mika, &[], NARROW);
        screen.wait_for("Parcel");
        screen.press("<CR>").wait_for("Where is it?");
        screen.press("i").wait_for("INSERT");
        let end = Instant::now() + Duration::from_millis(random.below(2500) as u64);
        let mut typed: Vec<Instant> = Vec::new();
        let mut text = String::new();
        while Instant::now() < end {
            let letter = char::from(b'a' + u8::try_from(random.below(26)).unwrap());
            text.push(letter);
            screen.send(&[letter as u8]);
            typed.push(Instant::now());
            std::thread::sleep(Duration::from_millis(random.below(60) as u64));
        }
        screen.kill(Signal::KILL);
        let killed = Instant::now();
        screen.ended();
        let mut files = Vec::new();
        databases(&desk.mika.path(".local"), &mut files);
        assert!(!files.is_empty());
        let drafts = runtime.block_on(look(&files));
        let saved = drafts.iter().map(String::as_str).find(|d| !d.is_empty()).unwrap_or_default();
        assert!(drafts.len() <= 1 && text.starts_with(saved), "seed {seed}, kill {kill}: {drafts:?} of {text:?}");
        letters += text.len();
        if let Some(first_lost) = typed.get(saved.len()) {
            let age = killed - *first_lost;
            most = most.max(age);
            // A letter is typed when the program has it: a terminal on a crowded machine takes its time.
            assert!(age <= Duration::from_millis(1250), "seed {seed}, kill {kill}: a letter {age:?} old is lost");
        }
    }
    println!("{kills} kills, {letters} letters typed; the oldest one lost was {most:?} old");
}
