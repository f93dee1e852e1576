//! The screen over a bad line: it goes on working, says what is true, and recovers by itself.

use std::time::{Duration, Instant};

use super::Far;
use super::line::{Fate, News};
use crate::crash::number;
use crate::pty::cursor_row;
use crate::pty::harness::{NARROW, Screen, WIDE};

/// The writes among the requests, the presence left out: `claim 1001`.
fn writes(far: &Far) -> Vec<String> {
    let all = far.line.take();
    let all = all.iter().filter(|a| a.is_write() && !a.what.ends_with("/presence"));
    all.map(|a| a.what.trim_start_matches("POST ").replace("/api/v1/tickets/", "")).collect()
}

/// Moves to the ticket of this subject in the list.
fn go_to(screen: &mut Screen, subject: &str) {
    screen.press(&format!("/{}<CR>", subject.to_lowercase()));
    let subject = subject.to_owned();
    screen.wait(&format!("cursor on {subject}"), move |s| cursor_row(s).is_some_and(|r| r.contains(&subject)));
}

#[test]
fn work_goes_on_without_the_desk_and_goes_out_once_in_order() {
    let far = Far::with(3);
    let [one, two, _] = &far.ids[..] else { unreachable!() };
    // Everything is seen once.
    let mut screen = Screen::open(&far.home, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel 3");
    for n in 1..=2 {
        go_to(&mut screen, &format!("Parcel {n}"));
        screen.press("<CR>").wait_for(&format!("Where is parcel {n}?"));
        screen.press("q");
    }
    screen.wait_quiet();
    screen.quit();

    far.line.judge(|_| Fate::CutBefore);
    let mut screen = Screen::open(&far.home, &[], WIDE);
    screen.wait_for("Parcel 3").wait_for("offline since ");
    go_to(&mut screen, "Parcel 1");
    screen.press("<CR>").wait_for("Where is parcel 1?");
    screen.press("c").wait_for("1 waiting");
    screen.press(":label +vip<CR>").wait_for("2 waiting");
    screen.press("i").wait_for("INSERT");
    screen.press("kept note<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("3 waiting");
    screen.press("r").wait_for("INSERT");
    screen.press("kept reply<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("Send this reply?");
    screen.press("y").wait_for("4 waiting");
    screen.press("q");
    // Of the second ticket, somebody else is faster.
    go_to(&mut screen, "Parcel 2");
    screen.press("<CR>").wait_for("Where is parcel 2?");
    screen.press("c").wait_for("5 waiting");
    screen.press("i").wait_for("INSERT");
    screen.press("mine alone<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("6 waiting");
    far.desk.taro.run(&["claim", two]).ended(0);
    screen.wait_for("offline since ");

    far.line.take();
    far.line.heal();
    screen.wait_for(" live ").wait_gone(" waiting");
    screen.wait_for("Taro Sato claimed it").wait_for("held by Taro");
    let sent = writes(&far);
    let of = |id: &str| sent.iter().filter(|w| w.contains(id)).cloned().collect::<Vec<_>>();
    assert_eq!(
        of(one),
        [format!("{one}/claim"), format!("PATCH {one}"), format!("{one}/notes"), format!("{one}/replies")]
    );
    assert_eq!(of(two), [format!("{two}/claim")], "what followed the lost claim is held back");
    assert_eq!((far.copies(one, "kept note"), far.copies(one, "kept reply"), far.copies(two, "mine alone")), (1, 1, 0));
    let row = far.thread(one)["ticket"].clone();
    assert_eq!((row["assignee"]["login"].as_str(), row["labels"][0].as_str()), (Some("mika"), Some("vip")));
    screen.wait_for("mine alone").wait_for("1 draft");
    screen.kill(rustix::process::Signal::TERM);
    screen.ended();
}

#[test]
fn a_desk_that_asks_for_silence_gets_it_and_the_list_stays() {
    let far = Far::with(3);
    let mut screen = Screen::open(&far.home, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel 3");
    screen.wait_quiet();
    far.line.take();
    let mut first = true;
    far.line.judge(move |asked| {
        if std::mem::take(&mut first) {
            assert!(asked.is_write());
            Fate::Answer("429 Too Many Requests", "retry-after: 5", "")
        } else {
            Fate::Pass
        }
    });
    screen.press("c").wait_for("limited");
    // Whatever is pressed meanwhile asks nobody.
    screen.press("jjk<CR>q");
    screen.press("i").wait_for("INSERT");
    screen.press("said meanwhile<Esc>").wait_for("NORMAL");
    screen.press("ZZ");
    screen.wait_for("limited").wait_for("Parcel 3");
    let seconds = |s: &vt100::Screen| {
        let text = s.contents();
        let rest = &text[text.find("limited")?..];
        rest.chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .ok()
    };
    screen.wait("a countdown", |s| seconds(s).is_some_and(|left: u32| left <= 2));
    screen.wait_for(" live ").wait_gone(" waiting");
    let asked = far.line.take();
    let quiet = asked[1].at - asked[0].at;
    assert!(quiet >= Duration::from_secs(5), "asked again after {quiet:?}: {asked:?}");
    let claims = asked.iter().filter(|a| a.what.ends_with("/claim")).count();
    assert_eq!(claims, 2, "the refused one and the one that was done: {asked:?}");
    // Leaving asks while the note is on its way.
    far.home.wait_outbox(0);
    screen.quit();
}

#[test]
fn no_key_waits_for_a_slow_desk() {
    let far = Far::with(12);
    let mut screen = Screen::open(&far.home, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel 9");
    screen.wait_quiet();
    far.line.judge(|_| Fate::Late(Duration::from_secs(2)));
    let mut slowest = Duration::ZERO;
    let mut timed = |screen: &mut Screen, keys: &str, what: &str, fits: &dyn Fn(&vt100::Screen) -> bool| {
        let begun = Instant::now();
        screen.press(keys).wait(what, fits);
        slowest = slowest.max(begun.elapsed());
    };
    screen.press("gg");
    screen.wait_quiet();
    for _ in 0..8 {
        let before = screen.contents();
        timed(&mut screen, "j", "moved cursor", &|s| s.contents() != before);
    }
    timed(&mut screen, "c", "word of the claim", &|s| s.contents().contains("claiming"));
    let before = screen.contents();
    timed(&mut screen, "k", "moved cursor", &|s| s.contents() != before);
    timed(&mut screen, "<CR>", "thread", &|s| s.contents().contains("#10"));
    timed(&mut screen, "i", "composer", &|s| s.contents().contains("INSERT"));
    for n in 1..=10 {
        timed(&mut screen, "x", "letter", &|s| s.contents().contains(&"x".repeat(n)));
    }
    // A crowded machine is slow too, but not by a whole answer.
    assert!(slowest < Duration::from_millis(1500), "the slowest key took {slowest:?}");
    println!("the slowest of 21 keys at 2 s of latency: {slowest:?}");
    screen.press("<Esc>").wait_for("NORMAL");
    far.line.heal();
    screen.kill(rustix::process::Signal::TERM);
    screen.ended();
}

#[test]
fn an_idle_screen_writes_nothing_and_hardly_wakes() {
    let seconds = number("TICKETTY_IDLE", 5);
    let far = Far::with(3);
    let screen = Screen::open(&far.home, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel 3");
    screen.wait_quiet();
    std::thread::sleep(Duration::from_secs(1));
    far.line.take();
    let (bytes, wakes) = (screen.raw_len(), wake_ups(&screen));
    std::thread::sleep(Duration::from_secs(seconds));
    let (bytes, woken) = (screen.raw_len() - bytes, wake_ups(&screen) - wakes);
    println!("{seconds} idle seconds: {bytes} bytes, {woken} wake-ups, {} requests", far.line.take().len());
    assert_eq!(bytes, 0);
    assert!(woken <= seconds, "{woken} wake-ups in {seconds} s");
    screen.quit();
}

/// How often the program's threads were woken so far.
fn wake_ups(screen: &Screen) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", screen.pid().as_raw_nonzero())).unwrap();
    let switches = |status: String| {
        let line = status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    };
    tasks.flatten().filter_map(|t| switches(std::fs::read_to_string(t.path().join("status")).ok()?)).sum()
}

#[test]
fn news_that_come_twice_or_in_another_order_leave_the_truth() {
    for news in [News::Twice, News::Swapped] {
        let far = Far::with(2);
        let id = &far.ids[0];
        far.line.news(news);
        let mut screen = Screen::open(&far.home, &[], WIDE);
        screen.wait_for(" live ").wait_for("Parcel 2");
        go_to(&mut screen, "Parcel 1");
        screen.press("<CR>").wait_for("Where is parcel 1?");
        for n in 1..=4 {
            far.desk.taro.run(&["note", id, "-m", &format!("note number {n}")]).ended(0);
        }
        for level in ["low", "high", "normal", "urgent"] {
            far.desk.taro.run(&["priority", id, "--to", level]).ended(0);
        }
        screen.wait_for("note number 4").wait_for("urgent");
        screen.wait_quiet();
        let seen = screen.contents();
        let places: Vec<_> = (1..=4).map(|n| seen.matches(&format!("note number {n}")).count()).collect();
        assert_eq!(places, [1; 4], "{news:?}:\n{seen}");
        let order: Vec<_> = (1..=4).map(|n| seen.find(&format!("note number {n}")).unwrap()).collect();
        assert!(order.is_sorted(), "{news:?}:\n{seen}");
        screen.quit();
    }
}

#[test]
fn the_screen_outlives_every_answer_and_says_what_is_true() {
    let far = Far::with(3);
    let mut screen = Screen::open(&far.home, &[], NARROW);
    screen.wait_for("live").wait_for("Parcel 3");
    let page = "<html><title>Oops</title></html>";
    let fates = [
        Fate::CutInside,
        Fate::Answer("500 Internal Server Error", "", "oops"),
        Fate::Answer("502 Bad Gateway", "content-type: text/html", page),
        Fate::Garbage,
        Fate::Other { instead_of: far.ids[0].clone(), ticket: far.ids[1].clone() },
    ];
    for fate in fates {
        go_to(&mut screen, "Parcel 1");
        let name = format!("{fate:?}");
        far.line.judge(move |asked| if asked.is_stream() { Fate::Pass } else { fate.clone() });
        screen.press("<CR>");
        screen.wait_quiet();
        let seen = screen.contents();
        assert!(!seen.contains("Where is parcel 2?"), "{name}: another ticket's words\n{seen}");
        far.line.heal();
        screen.press("q").wait_for("Parcel 3");
        // What did not come comes with the next look.
        screen.press("<CR>").wait_for("Where is parcel 1?");
        screen.press("q").wait_for("Parcel 3");
    }
    let raw = String::from_utf8_lossy(&screen.raw()).into_owned();
    assert!(!raw.contains("panicked"));
    screen.quit();
}

#[test]
fn two_clients_of_one_agent_edit_one_ticket_and_lose_nothing() {
    let far = Far::with(1);
    let id = &far.ids[0];
    let mut screens = [Screen::open(&far.home, &[], WIDE), Screen::open(&far.home, &[], WIDE)];
    for (n, screen) in screens.iter_mut().enumerate() {
        screen.wait_for(" live ").wait_for("Parcel 1");
        screen.press("<CR>").wait_for("Where is parcel 1?");
        screen.press("i").wait_for("INSERT");
        screen.press(&format!("words of client {n}<Esc>")).wait_for("NORMAL");
    }
    let mut cut = 2;
    far.line.judge(move |asked| {
        if asked.what.ends_with("/notes") && cut > 0 {
            cut -= 1;
            Fate::CutAfter
        } else {
            Fate::Pass
        }
    });
    for screen in &mut screens {
        screen.press("ZZ");
    }
    for screen in &screens {
        screen.wait_for("note left on").wait_gone(" waiting");
    }
    let copies = (far.copies(id, "words of client 0"), far.copies(id, "words of client 1"));
    assert_eq!(copies, (1, 1), "{}\n{}", screens[0].contents(), screens[1].contents());
    for screen in screens {
        screen.quit();
    }
}
