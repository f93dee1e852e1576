//! Nothing typed is lost: a killed process, a lost line, a dead server.

use std::time::Duration;

use rustix::process::Signal;

use super::harness::{NARROW, Screen, WIDE};
use super::settle;
use crate::cli::{Desk, Home, mail};

const TEXT: &str = "お世話になっております。\n\n  ｶﾞ eingerückt, \"quoted\" \\ and 👩‍👩‍👧\nlast line";

fn one_ticket() -> (Desk, String) {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    settle(&desk.mika);
    (desk, id)
}

/// Opens the ticket and types the text into a reply.
fn type_reply(screen: &mut Screen) {
    screen.wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    screen.press("r").wait_for("INSERT");
    screen.send(TEXT.replace('\n', "\r").as_bytes()).wait_for("last line");
}

/// The next start offers the text, and opens it as it was.
fn resumes(home: &Home, id: &str) {
    std::fs::write(home.path("copy.sh"), "cp \"$1\" seen.txt\n").unwrap();
    let editor = format!("sh {}", home.path("copy.sh").display());
    let mut screen = Screen::open_with(home, &[], NARROW, &[("EDITOR", &editor)]);
    screen.wait_for(&format!("unsent #{id}")).wait_for("gd goes on");
    screen.press("gd").wait_for("Drafts");
    screen.press("<CR>").wait_for("last line");
    screen.press("<C-x><C-e>").wait("text from the editor", |_| home.path("seen.txt").exists());
    screen.wait_for("last line");
    screen.press("<Esc>").wait_for("NORMAL");
    screen.press(":q<CR>").wait_gone("last line");
    screen.quit();
    // The library that stands for the terminal types a line end when it goes away, which may still be read.
    assert_eq!(std::fs::read_to_string(home.path("seen.txt")).unwrap().trim_end_matches('\n'), TEXT);
}

#[test]
fn a_killed_composer_comes_back_byte_for_byte() {
    let (desk, id) = one_ticket();
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    type_reply(&mut screen);
    // The promise: on disk a second after the last key.
    std::thread::sleep(Duration::from_secs(1));
    screen.kill(Signal::KILL);
    screen.ended();
    resumes(&desk.mika, &id);
}

#[test]
fn a_lost_line_keeps_the_text() {
    let (desk, id) = one_ticket();
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    type_reply(&mut screen);
    screen.hang_up();
    resumes(&desk.mika, &id);
}

#[test]
fn a_note_written_while_the_server_is_away_goes_out_once() {
    let (mut desk, id) = one_ticket();
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    desk.stop();
    screen.wait_for("offline").wait_for("Parcel");
    screen.press("i").wait_for("INSERT");
    screen.press("kept words<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("waits for the desk");
    desk.restart();
    screen.wait_for("note left on").wait_for(" live ");
    screen.quit();
    let shown = desk.mika.run(&["show", &id, "--json"]).ended(0).json();
    let notes = shown["messages"].as_array().unwrap().iter().filter(|m| m["text"] == "kept words").count();
    assert_eq!(notes, 1, "{shown}");
}
