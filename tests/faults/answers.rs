//! Every kind of wrong answer to a write and to a read on the command line.

use std::time::Duration;

use super::Far;
use super::line::{Asked, Fate};

const PAGE: &str = "<!DOCTYPE html><html><title>502 Bad Gateway</title><body>nginx</body></html>";

/// Each fault once, by name.
fn faults() -> Vec<(&'static str, Fate)> {
    vec![
        ("cut before", Fate::CutBefore),
        ("cut after", Fate::CutAfter),
        ("cut inside", Fate::CutInside),
        ("429", Fate::Answer("429 Too Many Requests", "", "")),
        ("429 with a time", Fate::Answer("429 Too Many Requests", "retry-after: 1", "")),
        ("500", Fate::Answer("500 Internal Server Error", "", "oops")),
        ("502 page", Fate::Answer("502 Bad Gateway", "content-type: text/html", PAGE)),
        ("503", Fate::Answer("503 Service Unavailable", "", "")),
        ("503 with a time", Fate::Answer("503 Service Unavailable", "retry-after: 1", "")),
        ("200 page", Fate::Answer("200 OK", "content-type: text/html", PAGE)),
        ("200 nothing", Fate::Answer("200 OK", "content-type: application/json", "{}")),
        ("garbage", Fate::Garbage),
    ]
}

/// The first request of this kind has this fate, all others pass.
fn once(fate: Fate, of: fn(&Asked) -> bool) -> impl FnMut(&Asked) -> Fate + Send + 'static {
    let mut fate = Some(fate);
    move |asked| if of(asked) { fate.take().unwrap_or(Fate::Pass) } else { Fate::Pass }
}

#[test]
fn a_write_survives_every_answer_and_is_done_once() {
    let faults = faults();
    let far = Far::with(faults.len());
    // Each with an account of its own, side by side: they mostly wait.
    let seats: Vec<_> = faults.iter().map(|_| super::line::Line::to(&far.desk.url)).collect();
    let homes: Vec<_> = seats.iter().map(|line| super::far_home(&far.desk, line)).collect();
    std::thread::scope(|scope| {
        for (((name, fate), id), (line, home)) in faults.into_iter().zip(&far.ids).zip(seats.iter().zip(&homes)) {
            scope.spawn(move || {
                line.judge(once(fate, Asked::is_write));
                let ran = home.run(&["note", id, "-m", "kept words", "--json"]);
                assert_eq!(ran.code, 0, "{name}: {ran}");
                assert_eq!(ran.json()["done"][0], id.as_str(), "{name}");
            });
        }
    });
    for (id, (name, _)) in far.ids.iter().zip(self::faults()) {
        assert_eq!(far.copies(id, "kept words"), 1, "{name}");
    }
}

#[test]
fn a_read_survives_what_passes_and_tells_what_stays() {
    let far = Far::with(1);
    let id = &far.ids[0];
    for (name, fate) in faults() {
        far.line.judge(once(fate, |_| true));
        let ran = far.home.run(&["show", id, "--json"]);
        // What makes no sense is told instead of asked for again: it is mostly the address that is wrong.
        let told = ["500", "200 page", "200 nothing"].contains(&name);
        if told {
            assert_eq!(ran.code, 3, "{name}: {ran}");
            assert!(ran.stderr.contains("ticketty: ") || ran.stdout.contains("\"error\""), "{name}: {ran}");
            assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains('\u{1b}'), "{name}: {ran}");
        } else {
            assert_eq!(ran.code, 0, "{name}: {ran}");
        }
    }
}

#[test]
fn the_answer_of_another_ticket_confirms_and_shows_nothing() {
    let far = Far::with(2);
    let [one, two] = &far.ids[..] else { unreachable!() };
    let swap = || Fate::Other { instead_of: one.clone(), ticket: two.clone() };
    far.line.judge(once(swap(), |_| true));
    let shown = far.home.run(&["show", one, "--json"]).ended(3);
    assert!(!shown.stdout.contains("parcel 2") && shown.stdout.contains("is about #"), "{shown}");

    // The line did something to the other ticket, which nobody can help; the one that was meant gets it all the same.
    far.line.judge(once(swap(), Asked::is_write));
    far.home.run(&["note", one, "-m", "for the first"]).ended(0);
    assert_eq!(far.copies(one, "for the first"), 1);
    far.line.heal();
}

#[test]
fn a_limited_command_waits_and_does_not_ask_before() {
    let far = Far::with(1);
    far.line.judge(once(Fate::Answer("429 Too Many Requests", "retry-after: 2", ""), |_| true));
    far.home.run(&["note", &far.ids[0], "-m", "patient"]).ended(0);
    let asked = far.line.take();
    assert!(asked.len() >= 2, "{asked:?}");
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(2), "{asked:?}");
    assert_eq!(far.copies(&far.ids[0], "patient"), 1);
}

#[test]
fn another_program_of_the_account_keeps_the_silence_too() {
    let far = Far::with(1);
    let id = &far.ids[0];
    far.line.judge(once(Fate::Answer("429 Too Many Requests", "retry-after: 300", ""), |_| true));
    far.home.run(&["show", id]).ended(3);
    assert_eq!(far.line.take().len(), 1);
    let ran = far.home.run(&["show", id, "--json"]).ended(3);
    assert_eq!(ran.json()["error"]["kind"], "limited", "{ran}");
    // What it writes waits in the outbox.
    far.home.run(&["note", id, "-m", "for later"]).ended(6);
    assert_eq!(far.line.take().len(), 0, "nothing is asked before");
    assert_eq!(far.copies(id, "for later"), 0);
}
