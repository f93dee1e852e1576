//! Nothing is answered twice and nothing is sent by accident.

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{NARROW, Screen, WIDE};
use super::{SETTINGS, settle};
use crate::cli::{Desk, mail};

fn one_ticket() -> (Desk, String) {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    settle(&desk.mika);
    (desk, id)
}

/// The texts of a ticket's thread.
fn texts(desk: &Desk, id: &str) -> Vec<String> {
    let shown = desk.taro.run(&["show", id, "--json"]).ended(0).json();
    shown["messages"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect()
}

fn begin_reply(screen: &mut Screen) {
    screen.wait_for(" live ").wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    screen.press("r").wait_for("INSERT");
}

#[test]
fn keys_typed_ahead_do_not_answer_a_card() {
    let (desk, id) = one_ticket();
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    begin_reply(&mut screen);
    // One burst, as over a slow line: Esc and the next letter are two keys, and y comes before the card was seen.
    screen.kill(Signal::STOP);
    screen.wait_stopped();
    screen.press("My answer.<Esc>ZZyyyy");
    screen.kill(Signal::CONT);
    screen.wait_for("Send this reply?");
    screen.wait_quiet();
    screen.wait_for("Send this reply?");
    assert_eq!(texts(&desk, &id), ["Where is it?"]);
    screen.press("y").wait_for("NOT mailed");
    assert_eq!(texts(&desk, &id), ["Where is it?", "My answer."]);
    screen.quit();
}

#[test]
fn a_reply_is_held_back_when_the_thread_moved_on() {
    let (desk, id) = one_ticket();
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    begin_reply(&mut screen);
    screen.press("Mine comes later.<Esc>").wait_for("NORMAL");
    desk.taro.run(&["reply", &id, "-m", "I was faster."]).ended(0);
    screen.wait_for("wrote meanwhile");
    screen.press("ZZ").wait_for("Held back").wait_for("I was faster.");
    // The default goes back to the text.
    screen.press("<CR>").wait_gone("Held back").wait_for("Mine comes later.");
    assert_eq!(texts(&desk, &id), ["Where is it?", "I was faster."]);
    screen.press("ZZ").wait_for("send anyway");
    screen.press("s").wait_for("NOT mailed");
    assert_eq!(texts(&desk, &id), ["Where is it?", "I was faster.", "Mine comes later."]);
    screen.quit();
}

#[test]
fn a_reply_is_taken_back_in_its_undo_window() {
    let (desk, id) = one_ticket();
    let settings = std::fs::read_to_string(desk.mika.path(".config/ticketty/config.toml")).unwrap();
    desk.mika.configure(&settings.replace(SETTINGS, "keymap = \"vim\"\nundo_window = 300\n"));
    let mut screen = Screen::open(&desk.mika, &[], NARROW);
    begin_reply(&mut screen);
    screen.press("Too fast.<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("Send this reply?");
    screen.press("y").wait_for("leaves in");
    // Leaving asks while it waits.
    screen.press("<Esc>:qa<CR>").wait_for("not confirmed by the desk yet");
    screen.press("s").wait_gone("not confirmed by the desk yet");
    // The claim that came with it is done: what is said of it does not cover what follows.
    desk.mika.wait_outbox(1);
    screen.wait_quiet();
    screen.press("U").wait_for("taken back").wait_for("Too fast.");
    assert_eq!(texts(&desk, &id), ["Where is it?"]);
    screen.press("<Esc>").wait_for("NORMAL");
    screen.quit();
    assert_eq!(texts(&desk, &id), ["Where is it?"]);
    assert_eq!(desk.mika.run(&["outbox", "--json"]).ended(0).json()["outbox"], Value::Array(Vec::new()));
}

#[test]
fn one_of_two_claims_wins_and_both_know_it() {
    let desk = Desk::new();
    desk.import(&(1..=5).map(|n| mail(n, &format!("Parcel {n}"), None, "Where?")).collect::<Vec<_>>());
    settle(&desk.mika);
    settle(&desk.taro);
    let mut screens = [Screen::open(&desk.mika, &[], WIDE), Screen::open(&desk.taro, &[], WIDE)];
    for screen in &screens {
        screen.wait_for(" live ").wait_for("Parcel 5");
    }
    for n in 1..=5 {
        for screen in &mut screens {
            screen.press(&format!("/parcel {n}<CR>"));
            let here = |s: &vt100::Screen| super::cursor_row(s).is_some_and(|r| r.contains(&format!("Parcel {n}")));
            screen.wait("cursor on the ticket", here);
        }
        for screen in &mut screens {
            screen.press("c");
        }
        for screen in &screens {
            screen.wait("an answer", |s| s.contents().contains("claimed #") || s.contents().contains("held by"));
        }
        let won = |screen: &Screen| screen.contents().contains("claimed #");
        assert!(won(&screens[0]) != won(&screens[1]), "{}\n{}", screens[0].contents(), screens[1].contents());
    }
    for screen in screens {
        screen.quit();
    }
}

#[test]
fn full_width_letters_move_and_others_say_so() {
    let desk = Desk::new();
    desk.import(&[mail(1, "First", None, "one"), mail(2, "Second", None, "two")]);
    settle(&desk.mika);
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    let at = |name: &'static str| move |s: &vt100::Screen| super::cursor_row(s).is_some_and(|r| r.contains(name));
    screen.wait("cursor on the first", at("First"));
    screen.press("ｊ").wait("cursor on the second", at("Second"));
    screen.press("ｋ").wait("cursor on the first", at("First"));
    screen.press("あ").wait_for("IME on");
    screen.quit();
}
