//! The terminal itself: given back as it was found, the colours it has, its size, silence.

use std::time::Duration;

use rustix::process::Signal;

use super::harness::{NARROW, Screen, WIDE, renditions};
use super::{cursor_row, filled, seat};

#[test]
fn the_terminal_is_given_back() {
    let home = seat();
    for signal in [None, Some(Signal::TERM), Some(Signal::HUP)] {
        let mut screen = Screen::open(&home, &[], NARROW);
        screen.wait_for(":import PATH");
        screen.wait("the alternate screen", vt100::Screen::alternate_screen);
        assert!(!screen.is_cooked());
        match signal {
            Some(signal) => screen.kill(signal),
            None => {
                screen.press(":q<CR>");
            }
        }
        screen.ended();
        screen.assert_given_back();
        let raw = String::from_utf8(screen.raw()).unwrap();
        for last in ["\x1b[?1049l", "\x1b[?2004l", "\x1b[?25h"] {
            assert!(raw.contains(last), "{signal:?}: {last:?}");
        }
    }
}

#[test]
fn a_stopped_program_leaves_the_terminal_and_comes_back() {
    let home = seat();
    let mut screen = Screen::open(&home, &[], NARROW);
    screen.wait_for(":import PATH");
    for _ in 0..2 {
        screen.press("<C-z>").wait_stopped();
        screen.assert_given_back();
        screen.kill(Signal::CONT);
        screen.wait("the alternate screen", vt100::Screen::alternate_screen);
        screen.wait_for(":import PATH");
        assert!(!screen.is_cooked());
        screen.press("?").wait_for("Tickets");
        screen.press("<Esc>").wait_for(":import PATH");
    }
    screen.quit();
}

#[test]
fn without_colours_there_are_none() {
    let home = filled();
    let mut screen = Screen::open_with(&home, &[], WIDE, &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    screen.wait_for("Parcel 3");
    screen.press("<CR>").wait_for("Where is parcel");
    screen.press("?").wait_for("Tickets");
    screen.press("<Esc>");
    let raw = String::from_utf8(screen.quit()).unwrap();
    let coloured = |r: &String| {
        let number: u32 = r.split(';').next().unwrap().parse().unwrap_or(0);
        matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107)
    };
    assert_eq!(renditions(&raw).iter().find(|r| coloured(r)), None);
    assert!(renditions(&raw).iter().any(|r| ["1", "7"].contains(&r.as_str())), "bold or reverse stays");
}

#[test]
fn sixteen_colours_are_enough() {
    let home = filled();
    let mut screen = Screen::open_with(&home, &[], WIDE, &[("TERM", "xterm")]);
    screen.wait_for("Parcel 3");
    screen.press("<CR>").wait_for("Where is parcel");
    screen.press("?").wait_for("Tickets");
    screen.press("<Esc>");
    let raw = String::from_utf8(screen.quit()).unwrap();
    let all = renditions(&raw);
    assert_eq!(all.iter().find(|r| r.contains(';')), None, "256 colours and more take an argument");
    let colours = all.iter().filter(|r| matches!(r.parse(), Ok(30..=37_u32 | 90..=97))).count();
    assert!(colours > 0, "some colour");
}

#[test]
fn a_japanese_locale_has_japanese_words() {
    let home = seat();
    let screen = Screen::open_with(&home, &[], WIDE, &[("LANG", "ja_JP.UTF-8")]);
    screen.wait_for("このデスクにはまだチケットがありません。");
    screen.quit();
}

#[test]
fn the_cursor_keeps_its_ticket_in_every_size() {
    let home = filled();
    let mut screen = Screen::open(&home, &[], WIDE);
    screen.wait_for("Parcel 3");
    screen.press("/parcel 17<CR>");
    let on_ticket = |s: &vt100::Screen| cursor_row(s).is_some_and(|row| row.contains("Parcel 17"));
    screen.wait("cursor on the ticket", on_ticket);
    for size in [(60, 16), (20, 5), (1, 1), NARROW, (20, 5), (300, 100), (61, 17), WIDE] {
        screen.resize(size);
        if size.0 >= 60 {
            screen.wait(&format!("cursor on the ticket at {size:?}"), on_ticket);
        } else {
            // "needs 40x8 or more", as much of it as there is room for.
            screen.wait_for("n");
        }
    }
    screen.press("<CR>").wait_for("Where is parcel 17?");
    screen.press("r").wait_for("INSERT");
    screen.press("some words").wait_for("some words");
    for size in [(60, 16), (20, 5), (1, 1), NARROW] {
        screen.resize(size);
        screen.press("x");
    }
    screen.wait_for("some wordsxxxx");
    screen.press("<Esc>").wait_for("NORMAL");
    screen.press(":q!<CR>").wait_for("Throw this draft away?");
    screen.resize((20, 5));
    screen.resize(WIDE);
    screen.wait_for("Throw this draft away?");
    screen.press("d").wait_gone("some words");
    screen.quit();
}

#[test]
fn an_idle_screen_writes_nothing() {
    let home = filled();
    let mut screen = Screen::open(&home, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel 3");
    screen.press("j");
    let before = screen.wait_quiet();
    std::thread::sleep(Duration::from_secs(2));
    let written = screen.raw()[before..].to_vec();
    assert!(written.is_empty(), "{:?}", String::from_utf8_lossy(&written));
    screen.quit();
}
