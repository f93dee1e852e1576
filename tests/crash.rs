//! The server is killed at random moments while an agent splits and merges: after each kill the desk is in the state before
//! the interrupted request or in the one after it, never between, and the request repeated with its key is done once.
//!
//! `TICKETTY_KILLS` sets how often it is killed, `TICKETTY_SEED` the random numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{Home, mail};

/// Threads at the start, and mails in each.
const THREADS: usize = 5;
const MAILS: usize = 8;

/// A number from the environment.
pub fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// A small generator of random numbers: the same seed, the same run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// One connection to the server, spoken to in plain HTTP/1.1.
pub struct Line {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Line {
    pub fn to(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), token: token.to_owned() }
    }

    /// The status and document of the answer; an error when the line broke before its end.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> std::io::Result<(u16, Value)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let key = key.map(|k| format!("Idempotency-Key: {k}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\n{key}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all((head + &body).as_bytes())?;
        let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 || !line.ends_with('\n') {
                return Err(cut());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            }
            if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Value {
        let (status, document) = self.ask("GET", path, None, None).unwrap();
        assert_eq!(status, 200, "{path}: {document}");
        document
    }
}

/// Which messages each ticket has, in order. Tickets that were emptied by a merge are not in it.
type World = BTreeMap<String, Vec<String>>;

/// All rows of the desk.
fn rows(line: &mut Line) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = line.get(&format!("/tickets?status=any&limit=200{cursor}"));
        rows.extend(page["tickets"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

/// What the desk says now; checks on the way that no message is in two tickets, and that the counts equal a recount.
fn look(line: &mut Line) -> World {
    let rows = rows(line);
    let mut world = World::new();
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        let thread = line.get(&format!("/tickets/{id}"));
        let messages = thread["messages"].as_array().unwrap();
        let numbers: Vec<u64> = messages.iter().map(|m| m["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=messages.len() as u64).collect::<Vec<_>>(), "#{id}");
        world.insert(id.to_owned(), messages.iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect());
    }
    let all: Vec<&String> = world.values().flatten().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "a message stands in two tickets");

    let main = line.get("/main");
    for queue in main["queues"].as_array().unwrap() {
        let active: Vec<&Value> = rows
            .iter()
            .filter(|r| r["queue_id"] == queue["id"] || r["queue"] == queue["name"])
            .filter(|r| ["new", "open", "waiting"].contains(&r["status"].as_str().unwrap()))
            .collect();
        let unassigned = active.iter().filter(|r| r["assignee"].is_null()).count();
        let counts = &queue["counts"];
        assert_eq!((&counts["open"], &counts["unassigned"]), (&json!(active.len()), &json!(unassigned)), "{queue}");
    }
    world
}

/// A request on its way.
struct Asked {
    path: String,
    key: String,
    body: Value,
    deed: Deed,
}

enum Deed {
    Split { source: String, moved: Vec<String> },
    Merge { source: String, into: String },
}

/// A split, or once there are many tickets a merge.
fn think(world: &World, random: &mut Random, key: String) -> Asked {
    let ids: Vec<&String> = world.keys().collect();
    let large: Vec<&String> = ids.iter().copied().filter(|id| world[*id].len() > 1).collect();
    if large.is_empty() || (ids.len() > THREADS * 3 && random.below(2) == 0) {
        let source = random.below(ids.len());
        let into = (source + 1 + random.below(ids.len() - 1)) % ids.len();
        let (source, into) = (ids[source].clone(), ids[into].clone());
        let body = json!({ "into": into });
        return Asked { path: format!("/tickets/{source}/merge"), key, body, deed: Deed::Merge { source, into } };
    }
    let source = large[random.below(large.len())].clone();
    let messages = &world[&source];
    let stays = random.below(messages.len());
    let moved: Vec<String> = messages
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != stays && (random.below(2) == 0 || *i == (stays + 1) % messages.len()))
        .map(|(_, id)| id.clone())
        .collect();
    let body = json!({ "messages": moved, "subject": format!("Split by {key}") });
    Asked { path: format!("/tickets/{source}/split"), key, body, deed: Deed::Split { source, moved } }
}

/// The world after a deed, given what the desk says now (which names the new ticket); `None` when that is not what it says.
fn after(world: &World, deed: &Deed, now: &World) -> Option<World> {
    let mut next = world.clone();
    match deed {
        Deed::Split { source, moved } => {
            next.get_mut(source)?.retain(|id| !moved.contains(id));
            let new: Vec<&String> = now.keys().filter(|id| !world.contains_key(*id)).collect();
            let [new] = new.as_slice() else { return None };
            next.insert((*new).clone(), moved.clone());
        }
        Deed::Merge { source, into } => {
            // In time order, which the desk knows: the same messages, and it says the order.
            let mut both = next.remove(source)?;
            both.extend(next.remove(into)?);
            let merged = now.get(into)?;
            if both.iter().collect::<BTreeSet<_>>() != merged.iter().collect::<BTreeSet<_>>() {
                return None;
            }
            next.insert(into.clone(), merged.clone());
        }
    }
    (next == *now).then_some(next)
}

/// Makes requests until the line breaks; answers what the desk confirmed, and what it did not.
fn work(line: &mut Line, mut world: World, mut random: Random, round: u64) -> (World, Option<Asked>, u64, Random) {
    for n in 0.. {
        let asked = think(&world, &mut random, format!("r{round}-{n}"));
        let Ok((status, answer)) = line.ask("POST", &asked.path, Some(&asked.key), Some(&asked.body)) else {
            return (world, Some(asked), n, random);
        };
        assert!(matches!(status, 200 | 201), "{} {}: {status} {answer}", asked.path, asked.body);
        // What the answer says is what the model takes on; whether it is so is looked up after the kill.
        match &asked.deed {
            Deed::Split { source, moved } => {
                let new = answer["other"]["id"].as_str();
                let new = new.unwrap_or_else(|| panic!("no new ticket in {answer}"));
                world.get_mut(source).unwrap().retain(|id| !moved.contains(id));
                world.insert(new.to_owned(), moved.clone());
            }
            Deed::Merge { into, .. } => {
                let Ok((200, thread)) = line.ask("GET", &format!("/tickets/{into}"), None, None) else {
                    // Done, but its order of messages is not known: it counts as interrupted.
                    return (world, Some(asked), n, random);
                };
                let now = thread["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned());
                let now: Vec<String> = now.collect();
                let Deed::Merge { source, into } = &asked.deed else { unreachable!() };
                world.remove(source);
                world.insert(into.clone(), now);
            }
        }
    }
    unreachable!("an agent never rests")
}

/// Starts the server; the process and where it listens.
fn serve(home: &Home, database: &str) -> (Child, SocketAddr) {
    let mut server = home
        .command(&["serve", "--database", database, "--listen", "127.0.0.1:0"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{first}"));
    (server, address.parse().unwrap())
}

#[test]
fn a_server_killed_at_any_moment_leaves_the_old_or_the_new_state() {
    let kills = number("TICKETTY_KILLS", 15);
    let seed = number("TICKETTY_SEED", 7);
    let home = Home::new();
    let database = format!("sqlite:{}", home.path("desk.db").display());
    home.run(&["admin", "--database", &database, "queue", "add", "Shop"]).ended(0);
    let made = home.run(&["admin", "--database", &database, "agent", "add", "mika", "--name", "Mika"]).ended(0);
    let token = made.stdout.trim().to_owned();

    let (mut server, mut address) = serve(&home, &database);
    let mut text = String::new();
    for n in 0..THREADS * MAILS {
        let answers = (n % MAILS > 0).then(|| n - 1);
        text += "From x@example.net Mon Jan  5 09:00:00 2026\n";
        text += &mail(n, &format!("Thread {}", n / MAILS), answers, &format!("Words of mail {n}."));
        text += "\n\n";
    }
    std::fs::write(home.path("in.mbox"), text).unwrap();
    home.configure(&format!("[desks.shop]\nurl = \"http://{address}\"\n"));
    let mut import = home.command(&["import", "in.mbox", "--queue", "Shop"]);
    assert!(import.env("TICKETTY_TOKEN", &token).stdout(Stdio::null()).status().unwrap().success());

    let mut world = look(&mut Line::to(address, &token));
    assert_eq!((world.len(), world.values().flatten().count()), (THREADS, THREADS * MAILS));
    let all: BTreeSet<String> = world.values().flatten().cloned().collect();
    let mut random = Random(seed);
    let (mut done, mut old, mut new) = (0, 0, 0);
    for round in 0..kills {
        let moment = Duration::from_micros(random.below(120_000) as u64);
        let (before, token_, theirs) = (world.clone(), token.clone(), Random(seed ^ (round << 20)));
        let worker = std::thread::spawn(move || {
            let mut line = Line::to(address, &token_);
            work(&mut line, before, theirs, round)
        });
        std::thread::sleep(moment);
        server.kill().unwrap();
        server.wait().unwrap();
        let (confirmed, asked, requests, _) = worker.join().unwrap();
        done += requests;

        (server, address) = serve(&home, &database);
        let mut line = Line::to(address, &token);
        let now = look(&mut line);
        assert_eq!(now.values().flatten().cloned().collect::<BTreeSet<_>>(), all, "seed {seed}, kill {round}");
        world = now.clone();
        let Some(asked) = asked else { continue };
        let there = match after(&confirmed, &asked.deed, &now) {
            Some(_) => true,
            None => {
                assert_eq!(now, confirmed, "seed {seed}, kill {round}: neither old nor new after {}", asked.path);
                false
            }
        };
        if there {
            new += 1;
        } else {
            old += 1;
        }
        // Repeated twice with its key, it was done exactly once.
        let first = line.ask("POST", &asked.path, Some(&asked.key), Some(&asked.body)).unwrap();
        assert!(matches!(first.0, 200 | 201), "{}: {first:?}", asked.path);
        let second = line.ask("POST", &asked.path, Some(&asked.key), Some(&asked.body)).unwrap();
        assert_eq!(first, second);
        world = look(&mut line);
        assert!(after(&confirmed, &asked.deed, &world).is_some(), "seed {seed}, kill {round}: {}", asked.path);
        if there {
            assert_eq!(world, now, "seed {seed}, kill {round}: a request done before the kill was done again");
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    println!("{kills} kills, {done} requests confirmed; interrupted: {old} not done, {new} done");
    assert!(done > 0, "nothing was ever done");
}
