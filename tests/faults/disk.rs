//! A disk that is full, at each write: of a command, of a screen, of the server. What the program says of a change is true, and
//! what was typed is there again when there is room.
//!
//! The kernel refuses writes beyond a limit (setrlimit(2), `RLIMIT_FSIZE`); the limit ends here or there in what is written.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};

use super::{Far, direct};
use crate::cli::{Home, finish, mail};
use crate::pty::harness::{NARROW, Screen, WIDE};
use crate::pty::settle;

/// Starts the program so that a write beyond the limit fails, and does not kill.
const PATIENT: &str = "trap '' XFSZ; exec \"$0\" \"$@\"";
/// A page of a database.
const PAGE: u64 = 4096;

/// The same command, started by a shell.
fn by_shell(command: &Command, script: &str) -> Command {
    let mut by = Command::new("sh");
    by.args(["-c", script]).arg(command.get_program()).args(command.get_args()).env_clear();
    by.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    by.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::null());
    by.stdout(Stdio::piped()).stderr(Stdio::piped());
    by
}

/// From now on the process can write no file beyond so many bytes.
fn limit(process: Pid, bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(Some(process), Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

/// Everything that waits in an outbox leaves.
fn bring_out(home: &Home, ticket: &str) {
    // What was refused is tried again after a while, however quick the machine is.
    let begun = Instant::now();
    for level in ["low", "high"].iter().cycle() {
        home.run(&["priority", ticket, "--to", level]).ended(0);
        let left = home.run(&["outbox", "--json"]).ended(0).json();
        if left["outbox"].as_array().unwrap().is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "something stays in the outbox: {left}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// How long the longest file is that this home keeps of its desks.
fn longest(home: &Home) -> u64 {
    let files = std::fs::read_dir(home.path(".local/share/ticketty")).unwrap().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).max().unwrap()
}

#[test]
fn a_command_on_a_full_disk_says_what_is_true() {
    let far = Far::with(2);
    let [id, spare] = &far.ids[..] else { unreachable!() };
    let (mut kept, mut refused) = (0, 0);
    // From no byte to room for more than a command writes behind what is there.
    let room = [0, 1, 2, 4, 8].into_iter().map(|pages| (false, pages));
    for (behind, pages) in room.chain((0..48).step_by(3).map(|pages| (true, pages))) {
        let text = format!("words at {pages}, {behind}");
        let there = if behind { longest(&far.home) / PAGE + 1 } else { 0 };
        let pages = there + pages;
        let command = far.home.command(&["note", id, "-m", &text, "--json"]);
        let script = format!("ulimit -S -f {}; {PATIENT}", pages * PAGE / 512);
        let ran = finish(by_shell(&command, &script).spawn().unwrap());
        bring_out(&far.home, spare);
        let copies = far.copies(id, &text);
        match ran.code {
            // Done, or kept to be done.
            0 | 6 => {
                kept += 1;
                assert_eq!(copies, 1, "{pages} pages: {ran}");
            }
            _ => {
                refused += 1;
                assert_eq!(copies, 0, "{pages} pages: {ran}");
                let error = &ran.json()["error"];
                assert!(error["why"].as_str().is_some_and(|why| !why.is_empty()), "{pages} pages: {ran}");
                assert!(!ran.stderr.contains("panicked"), "{ran}");
            }
        }
    }
    assert!(kept > 0 && refused > 0, "{kept} kept, {refused} refused");
}

#[test]
fn a_text_typed_while_the_disk_is_full_is_kept_when_there_is_room() {
    let desk = crate::cli::Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    settle(&desk.mika);
    let mut screen = Screen::open_by(&["sh", "-c", PATIENT], &desk.mika, &[], NARROW, &[]);
    screen.wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    screen.press("i").wait_for("INSERT");
    limit(screen.pid(), Some(0));
    screen.send(b"words without room").wait_for("NOT SAVED");
    limit(screen.pid(), None);
    screen.wait_for("draft saved");
    screen.kill(Signal::KILL);
    screen.ended();
    let mut screen = Screen::open(&desk.mika, &[], NARROW);
    screen.wait_for(&format!("unsent #{id}"));
    screen.press("gd").wait_for("Drafts");
    screen.press("<CR>").wait_for("words without room");
    screen.press("<Esc>ZZ").wait_for("note left on");
    assert_eq!(direct(&desk, "mika").get(&format!("/tickets/{id}"))["messages"].as_array().unwrap().len(), 2);
    screen.quit();
}

#[test]
fn a_desk_is_not_left_while_a_text_cannot_be_saved() {
    let (desk, other) = (crate::cli::Desk::new(), crate::cli::Desk::new());
    desk.import(&[mail(1, "Parcel", None, "Where is it?")]);
    other.import(&[mail(2, "Of the other", None, "Here.")]);
    let command = format!("cat {}", other.mika.path("token").display());
    desk.mika.run(&["desk", "add", "other", "--url", &other.url, "--token-command", &command]).ended(0);
    settle(&desk.mika);
    let mut screen = Screen::open_by(&["sh", "-c", PATIENT], &desk.mika, &["--desk", "shop"], WIDE, &[]);
    screen.wait_for("Parcel");
    // Both were open before: coming back needs no room.
    screen.press(":desk other<CR>").wait_for("Of the other");
    screen.press(":desk shop<CR>").wait_for("Parcel");
    screen.press("i").wait_for("INSERT");
    limit(screen.pid(), Some(0));
    screen.send(b"words without room").wait_for("NOT SAVED");
    screen.press("<Esc><C-w>k:desk other<CR>");
    screen.wait_for("this desk stays").wait_for("words without room").wait_for("Parcel");
    limit(screen.pid(), None);
    screen.wait_for("draft saved");
    screen.press("<C-w>k:desk other<CR>").wait_for("Of the other").wait_gone("words without room");
    screen.press(":desk shop<CR>").wait_for("Parcel");
    screen.press("gd").wait_for("18 chars");
    screen.press("<Esc>").wait_gone("18 chars");
    screen.quit();
    drop(other);
}

#[test]
fn a_server_on_a_full_disk_does_all_or_nothing() {
    let mut far = Far::with(2);
    far.desk.stop();
    far.desk.restart_by(|command| by_shell(&command, PATIENT));
    let [id, spare] = &far.ids[..] else { unreachable!() };
    let server = far.desk.server();
    let (mut there, mut kept) = (0, 0);
    for pages in (0..24).step_by(2) {
        let text = format!("words at {pages}");
        // Its log of pages grows until it begins anew: room for so many more.
        let log = std::fs::metadata(far.desk.mika.path("desk.db-wal")).unwrap().len();
        limit(server, Some(log + pages * PAGE));
        let ran = far.home.run(&["note", id, "-m", &text, "--json", "--wait", "1"]);
        limit(server, None);
        match ran.code {
            0 => there += 1,
            6 => kept += 1,
            code => panic!("{pages} pages: {code}: {ran}"),
        }
        bring_out(&far.home, spare);
        assert_eq!(far.copies(id, &text), 1, "{pages} pages: {ran}");
    }
    assert!(there > 0 && kept > 0, "{there} done at once, {kept} later");
    // What it kept is there for another server too.
    far.desk.stop();
    far.desk.restart();
    assert_eq!(far.copies(id, "words at 0"), 1);
}
