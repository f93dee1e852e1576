//! Every verb over a line that lets the write through and cuts the answer, also with a killed client in between: each is done
//! exactly as a ticket beside it shows, to which the same is done without any fault.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::line::Fate;
use super::{Far, direct};
use crate::cli::Home;
use crate::crash::{self, Random, number};

/// The verbs, and how often the answer of each is cut.
const VERBS: [&str; 17] = [
    "claim",
    "release",
    "assign",
    "steal",
    "reply",
    "note",
    "new",
    "status",
    "priority",
    "label",
    "move",
    "subject",
    "requester",
    "split-messages",
    "split-lines",
    "merge",
    "undo",
];

/// What must stand before a verb makes sense.
fn prepare(verb: &str, id: &str, home: &Home, mika: &mut crash::Line, taro: &mut crash::Line) {
    let post = |line: &mut crash::Line, what: &str, body: Value| {
        let key = format!("prepare-{id}-{what}");
        let (status, answer) = line.ask("POST", &format!("/tickets/{id}/{what}"), Some(&key), Some(&body)).unwrap();
        assert!(matches!(status, 200 | 201), "{what}: {answer}");
    };
    match verb {
        "release" => post(mika, "claim", json!({})),
        "steal" => post(taro, "claim", json!({})),
        "split-messages" => post(mika, "notes", json!({ "text": "a second message" })),
        "undo" => drop(home.run(&["priority", id, "--to", "high"]).ended(0)),
        _ => {}
    }
}

/// The command line of a verb.
fn command(verb: &str, id: &str, other: &str) -> Vec<String> {
    let (verb, more): (&str, Vec<&str>) = match verb {
        "assign" => (verb, vec!["--to", "taro"]),
        "steal" => (verb, vec!["--yes"]),
        "reply" | "note" => (verb, vec!["-m", "We are on it."]),
        "status" => (verb, vec!["--to", "resolved"]),
        "priority" => (verb, vec!["--to", "urgent"]),
        "label" => (verb, vec!["--add", "vip"]),
        "move" => (verb, vec!["--to", "Onboarding"]),
        "subject" => (verb, vec!["--to", "A better subject"]),
        "requester" => (verb, vec!["--to", "Lena Fischer <lena@example.net>"]),
        "split-messages" => ("split", vec!["--messages", "2"]),
        "split-lines" => ("split", vec!["--lines", "1:1-1"]),
        "merge" => (verb, vec!["--into", other]),
        _ => (verb, vec![]),
    };
    let mut words = vec![verb.to_owned()];
    if verb == "new" {
        let subject = format!("New beside {id}");
        words.extend(
            ["--queue", "Shop", "--requester", "new@example.net", "-m", "Called us.", "--subject"].map(Into::into),
        );
        words.push(subject);
        return words;
    }
    words.push(id.to_owned());
    words.extend(more.into_iter().map(Into::into));
    words
}

/// What there is of a ticket and the other one: messages, events, tickets split off, tickets that a `new` made.
fn count(line: &mut crash::Line, id: &str, other: &str) -> Vec<i64> {
    let len = |value: &Value| i64::try_from(value.as_array().map_or(0, Vec::len)).unwrap();
    let mut counts = Vec::new();
    for id in [id, other] {
        let thread = line.get(&format!("/tickets/{id}"));
        counts.extend([len(&thread["messages"]), len(&thread["events"]), len(&thread["ticket"]["split_into"])]);
    }
    let found = line.get("/tickets?status=any&requester=new@example.net&limit=200");
    let subject = format!("New beside {id}");
    let new = found["tickets"].as_array().unwrap().iter().filter(|t| t["subject"] == subject.as_str());
    counts.push(i64::try_from(new.count()).unwrap());
    counts
}

#[test]
fn every_verb_is_done_once_when_answers_are_cut() {
    let rounds = usize::try_from(number("TICKETTY_CUTS", 34)).unwrap();
    let seed = number("TICKETTY_SEED", 7);
    let mut random = Random(seed);
    let mut far = Far::with(rounds * 4 + 1);
    let spare = far.ids.pop().unwrap();
    let (mut mika, mut taro) = (far.direct(), direct(&far.desk, "taro"));
    let (mut restarts, mut cuts) = (0, 0);
    for round in 0..rounds {
        let verb = VERBS[round % VERBS.len()];
        let restart = (round / VERBS.len()) % 2 == 1;
        let at = format!("seed {seed}, round {round}: {verb}, restart {restart}");
        let [good, good_other, id, other] = &far.ids[round * 4..round * 4 + 4] else { unreachable!() };

        // Without a fault.
        prepare(verb, good, &far.desk.mika, &mut mika, &mut taro);
        let before = count(&mut mika, good, good_other);
        let words = command(verb, good, good_other);
        far.desk.mika.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
        let after = count(&mut mika, good, good_other);
        let wanted: Vec<i64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        assert!(wanted.iter().any(|n| *n != 0), "{at}: nothing was done");

        // Over the line.
        prepare(verb, id, &far.home, &mut mika, &mut taro);
        let before = count(&mut mika, id, other);
        far.line.take();
        let times = if restart { usize::MAX } else { 1 + random.below(3) };
        let inside = random.below(2) == 0;
        let mut left = times;
        far.line.judge(move |asked| match (asked.is_write(), left) {
            (true, 1..) => {
                left -= 1;
                if inside { Fate::CutInside } else { Fate::CutAfter }
            }
            _ => Fate::Pass,
        });
        let words = command(verb, id, other);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if restart {
            restarts += 1;
            let mut child = far.home.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let end = Instant::now() + Duration::from_secs(20);
            let mut writes = 0;
            while writes == 0 {
                assert!(Instant::now() < end, "{at}: nothing was sent");
                std::thread::sleep(Duration::from_millis(3));
                writes = far.line.take().iter().filter(|a| a.is_write()).count();
            }
            cuts += writes;
            std::thread::sleep(Duration::from_millis(random.below(200) as u64));
            child.kill().unwrap();
            child.wait().unwrap();
            far.line.heal();
            // The next command of the account brings out what the killed one left.
            let end = Instant::now() + Duration::from_secs(20);
            for level in ["low", "high"].iter().cycle() {
                far.home.run(&["priority", &spare, "--to", level]).ended(0);
                let left = far.home.run(&["outbox", "--json"]).ended(0).json();
                if left["outbox"].as_array().unwrap().is_empty() {
                    break;
                }
                assert!(Instant::now() < end, "{at}: {left}");
            }
        } else {
            let ran = far.home.run(&words);
            cuts += far.line.take().iter().filter(|a| a.is_write()).count() - 1;
            assert_eq!(ran.code, 0, "{at}: {ran}");
            far.line.heal();
        }
        let after = count(&mut mika, id, other);
        let done: Vec<i64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(done, wanted, "{at}: not exactly once");
    }
    println!("{rounds} rounds over {} verbs, {cuts} answers cut, {restarts} clients killed", VERBS.len());
}
