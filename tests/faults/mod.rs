//! What goes wrong between an agent and the desk: after each fault nothing typed is lost, nothing was done twice, the screen is
//! true, and the program recovers by itself.
//!
//! `TICKETTY_CUTS`, `TICKETTY_TYPED_KILLS` and `TICKETTY_IDLE` set how often and how long; `TICKETTY_SEED` the random numbers.

mod answers;
mod cuts;
mod disk;
mod kills;
mod line;
mod screen;
mod typed;

use serde_json::Value;

use self::line::Line;
use crate::cli::{Desk, Home, mail};
use crate::crash;
use crate::pty::settle;

/// A desk, mika's home at the end of a line on which things go wrong, and the tickets.
struct Far {
    desk: Desk,
    line: Line,
    home: Home,
    ids: Vec<String>,
}

impl Far {
    /// So many tickets, `Parcel 1` and on; each with one message.
    fn with(tickets: usize) -> Self {
        let desk = Desk::new();
        let mails: Vec<String> =
            (1..=tickets).map(|n| mail(n, &format!("Parcel {n}"), None, &format!("Where is parcel {n}?"))).collect();
        let ids = desk.import(&mails);
        let line = Line::to(&desk.url);
        let home = far_home(&desk, &line);
        line.take();
        Self { desk, line, home, ids }
    }

    /// The desk as mika sees it, over a line of its own.
    fn direct(&self) -> crash::Line {
        direct(&self.desk, "mika")
    }

    /// A ticket with its thread.
    fn thread(&self, id: &str) -> Value {
        self.direct().get(&format!("/tickets/{id}"))
    }

    /// How many messages of a ticket have this text.
    fn copies(&self, id: &str, text: &str) -> usize {
        self.thread(id)["messages"].as_array().unwrap().iter().filter(|m| m["text"] == text).count()
    }
}

/// A home of mika's at the end of a line.
fn far_home(desk: &Desk, line: &Line) -> Home {
    let home = Home::new();
    let token = format!("cat {}", desk.mika.path("token").display());
    home.run(&["desk", "add", "far", "--url", &line.url, "--token-command", &token]).ended(0);
    settle(&home);
    home
}

/// The desk as an agent sees it, without any fault.
fn direct(desk: &Desk, agent: &str) -> crash::Line {
    let home = if agent == "taro" { &desk.taro } else { &desk.mika };
    let token = std::fs::read_to_string(home.path("token")).unwrap();
    crash::Line::to(desk.url.strip_prefix("http://").unwrap().parse().unwrap(), token.trim())
}
