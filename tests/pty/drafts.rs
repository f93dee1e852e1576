//! One draft, two living clients of one agent: whoever takes it over writes it, and nobody loses a word.

use super::harness::{Screen, WIDE};
use super::settle;
use crate::cli::{Desk, mail};

fn one_ticket() -> (Desk, String) {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    settle(&desk.mika);
    (desk, id)
}

fn reply(screen: &mut Screen, text: &str) {
    screen.wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    screen.press("r").wait_for("INSERT");
    screen.press(text).wait_for("draft saved");
}

#[test]
fn a_draft_is_taken_over_from_a_living_client_and_back() {
    let (desk, id) = one_ticket();
    let mut first = Screen::open(&desk.mika, &[], WIDE);
    reply(&mut first, "begun here");
    let mut second = Screen::open(&desk.mika, &[], WIDE);
    second.wait_for(&format!("unsent #{id}, 10 chars")).wait_for("open in pts/").wait_for("t take over");
    second.press("t").wait_for("begun here").wait_for("INSERT");
    // The first one notices without a key.
    first.wait_for("read only here");
    second.press(", ended there").wait_for("begun here, ended there").wait_for("draft saved");
    first.press(" lost?").wait_for("Esc t takes it back");
    first.press("<Esc>t").wait_for("begun here, ended there").wait_gone("read only");
    second.wait_for("read only here");
    second.press("<Esc>:q<CR>").wait_gone("read only");
    // Sent once; the other one has nothing left to send.
    first.press("<Esc>:send<CR>").wait_for("NOT mailed");
    first.quit();
    second.quit();
    let shown = desk.mika.run(&["show", &id, "--json"]).ended(0).json();
    let replies: Vec<&str> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|m| m["kind"] == "reply")
        .map(|m| m["text"].as_str().unwrap())
        .collect();
    assert_eq!(replies, ["begun here, ended there"], "{shown}");
}

#[test]
fn what_was_typed_on_both_sides_is_kept() {
    let (desk, _) = one_ticket();
    let mut first = Screen::open(&desk.mika, &[], WIDE);
    reply(&mut first, "one");
    let mut second = Screen::open(&desk.mika, &[], WIDE);
    second.wait_for("t take over");
    // Stopped as by a dead line: what waits for it is typed into a draft that is not its own any more.
    first.kill(rustix::process::Signal::STOP);
    first.wait_stopped();
    first.press(" and more");
    second.press("t").wait_for("one").wait_for("INSERT");
    first.kill(rustix::process::Signal::CONT);
    first.wait_for("read only here");
    second.press(" here").wait_for("one here").wait_for("draft saved");
    second.press("<Esc>:q<CR>").wait_gone("one here");
    second.wait_for("1 draft");
    first.press("<Esc>:q<CR>").wait_gone("read only");
    first.quit();
    second.press("gd").wait_for("Drafts").wait_for("8 chars");
    second.press("<CR>").wait_for("one here");
    second.press("<Esc>:q<CR>");
    second.quit();
}

#[test]
fn a_killed_client_holds_nothing() {
    let (desk, id) = one_ticket();
    let mut first = Screen::open(&desk.mika, &[], WIDE);
    reply(&mut first, "begun here");
    first.kill(rustix::process::Signal::KILL);
    first.ended();
    let mut second = Screen::open(&desk.mika, &[], WIDE);
    second.wait_for(&format!("unsent #{id}, 10 chars")).wait_for("gd goes on");
    assert!(!second.contents().contains("open in"), "{}", second.contents());
    second.press("gd").wait_for("Drafts");
    second.press("<CR>").wait_for("begun here");
    second.press("<Esc>:q<CR>");
    second.quit();
}
