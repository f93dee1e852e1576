//! The client, and then the server, is killed at each step of a send: the message is there once, or its text is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::line::Fate;
use super::{Far, far_home};
use crate::pty::harness::{NARROW, Screen};

/// Where on its way a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Typed and on disk.
    Typed,
    /// The card asks.
    Asked,
    /// In its undo window.
    Held,
    /// Before the desk has it.
    Before,
    /// The desk has it; its answer is on the way.
    Done,
    /// The answer is there.
    Answered,
}

const STEPS: [Step; 6] = [Step::Typed, Step::Asked, Step::Held, Step::Before, Step::Done, Step::Answered];

fn open_ticket(screen: &mut Screen, far: &Far, id: &str) {
    let number = far.ids.iter().position(|i| i == id).unwrap() + 1;
    screen.press(&format!("g/Parcel {number}<CR>")).wait_for(&format!("found: Parcel {number}"));
    // The list of what was found is short.
    screen.wait("one row", |s| s.contents().matches("Parcel").count() == 2);
    screen.press("<CR>").wait_for(&format!("Where is parcel {number}"));
}

/// Kills a process when the reply comes by, before or after the desk has it.
fn kill_on_the_line(far: &Far, victim: Pid, step: Step) -> Arc<AtomicBool> {
    let killed = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&killed);
    far.line.judge(move |asked| {
        if !asked.what.ends_with("/replies") || told.swap(true, Ordering::SeqCst) {
            return Fate::Pass;
        }
        if step == Step::Before {
            kill_process(victim, Signal::KILL).unwrap();
            return Fate::CutBefore;
        }
        Fate::CutAfterThen(victim)
    });
    killed
}

#[test]
fn a_client_killed_at_any_step_of_a_send_sends_once() {
    let far = Far::with(STEPS.len());
    for (step, id) in STEPS.into_iter().zip(&far.ids) {
        let home = far_home(&far.desk, &far.line);
        let settings = std::fs::read_to_string(home.path(".config/ticketty/config.toml")).unwrap();
        let window = if step == Step::Held { 2 } else { 0 };
        home.configure(&settings.replace("undo_window = 0", &format!("undo_window = {window}")));
        let mut screen = Screen::open(&home, &[], NARROW);
        screen.wait_for(" live ");
        open_ticket(&mut screen, &far, id);
        screen.press("r").wait_for("INSERT");
        screen.press("words on their way<Esc>").wait_for("NORMAL");
        // What the screen says is on disk.
        screen.wait_for("draft saved");
        let killed = matches!(step, Step::Before | Step::Done).then(|| kill_on_the_line(&far, screen.pid(), step));
        match step {
            Step::Typed => {}
            Step::Asked => drop(screen.press("ZZ").wait_for("Send this reply?")),
            Step::Held => {
                screen.press("ZZ").wait_for("Send this reply?");
                screen.press("y").wait_for("leaves in");
            }
            Step::Before | Step::Done => {
                screen.press("ZZ").wait_for("Send this reply?");
                screen.press("y");
            }
            Step::Answered => {
                screen.press("ZZ").wait_for("Send this reply?");
                screen.press("y").wait_for("NOT mailed");
            }
        }
        if killed.is_none() {
            screen.kill(Signal::KILL);
        }
        screen.ended();
        assert!(killed.is_none_or(|k| k.load(Ordering::SeqCst)), "{step:?}");
        far.line.heal();

        let mut screen = Screen::open(&home, &[], NARROW);
        screen.wait_for(" live ");
        if matches!(step, Step::Typed | Step::Asked) {
            screen.wait_for(&format!("unsent #{id}"));
            assert_eq!(far.copies(id, "words on their way"), 0, "{step:?}");
            screen.press("gd").wait_for("Drafts");
            screen.press("<CR>").wait_for("words on their way");
            screen.press("<Esc>ZZ").wait_for("Send this reply?");
            screen.press("y").wait_for("NOT mailed");
        }
        home.wait_outbox(0);
        screen.quit();
        assert_eq!(far.copies(id, "words on their way"), 1, "{step:?}");
    }
}

#[test]
fn a_server_killed_at_any_step_of_a_send_gets_it_once() {
    let mut far = Far::with(2);
    for (step, id) in [Step::Before, Step::Done].into_iter().zip(far.ids.clone()) {
        let mut screen = Screen::open(&far.home, &[], NARROW);
        screen.wait_for(" live ");
        open_ticket(&mut screen, &far, &id);
        screen.press("r").wait_for("INSERT");
        screen.press("words on their way<Esc>").wait_for("NORMAL");
        kill_on_the_line(&far, far.desk.server(), step);
        screen.press("ZZ").wait_for("Send this reply?");
        screen.press("y").wait_for("offline");
        far.desk.stop();
        far.desk.restart();
        // By itself, without a key.
        screen.wait_for("NOT mailed").wait_for(" live ");
        assert_eq!(far.copies(&id, "words on their way"), 1, "{step:?}");
        far.line.heal();
        screen.quit();
    }
}
