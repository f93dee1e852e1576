//! An agent's work, key by key; the command line says afterwards what is true.

use serde_json::Value;

use super::harness::{NARROW, Screen, WIDE};
use super::{seat, settle};
use crate::cli::{Desk, Home, mail, mbox};

fn tickets(home: &Home, args: &[&str]) -> Vec<Value> {
    let list = home.run(&[&["list", "--json"], args].concat()).ended(0).json();
    list["tickets"].as_array().unwrap().clone()
}

/// From an empty desk to a resolved ticket.
fn a_first_day(size: (u16, u16)) {
    let home = seat();
    let mails = mbox(&[
        mail(1, "Double charge", None, "I was charged twice."),
        mail(2, "Re: Double charge", Some(1), "And the delivery address?"),
        mail(3, "Parcel 88213", None, "Where is it?"),
    ]);
    std::fs::write(home.path("in.mbox"), mails).unwrap();
    let mut screen = Screen::open(&home, &[], size);
    screen.wait_for(":import PATH");
    screen.press(":import in.mbox<CR>");
    screen.wait_for("imported 3 messages into 2 new tickets").wait_for("Double charge").wait_for("Parcel 88213");

    screen.press("G/charge<CR>");
    screen.wait("cursor on the hit", |s| super::cursor_row(s).is_some_and(|row| row.contains("Double charge")));
    screen.press("c").wait_for("claimed #");
    screen.press("<CR>").wait_for("And the delivery address?");
    screen.press("Vs").wait_for("1 of 2 messages move");
    screen.press("<CR>").wait_for("is new");
    screen.press("r").wait_for("INSERT");
    screen.press("We are on it.<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("Send this reply?");
    screen.press("y").wait_for("NOT mailed");
    screen.press("dd").wait_for("is resolved");
    // Somebody else looks from the shell while the screen is open.
    let open = tickets(&home, &[]);
    assert_eq!(open.len(), 2, "{open:?}");
    screen.quit();

    let source = &tickets(&home, &["--status", "resolved"])[0];
    assert_eq!((&source["status"], &source["assignee"]["login"]), (&"resolved".into(), &"mika".into()), "{source}");
    let thread = |id: &Value| {
        let shown = home.run(&["show", id.as_str().unwrap(), "--json"]).ended(0).json();
        let texts = shown["messages"].as_array().unwrap().iter();
        texts
            .map(|m| (m["kind"].as_str().unwrap().to_owned(), m["text"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let said = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(thread(&source["id"]), [said("incoming", "I was charged twice."), said("reply", "We are on it.")]);
    let new = &source["split_into"][0];
    assert_eq!(thread(new), [said("incoming", "And the delivery address?")]);
}

#[test]
fn a_first_day_at_120x40() {
    a_first_day(WIDE);
}

#[test]
fn a_first_day_at_80x24() {
    a_first_day(NARROW);
}

#[test]
fn the_first_start_asks_for_the_keys() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &[], NARROW);
    screen.wait_for("Which keys do your fingers know?");
    screen.press("2").wait_gone("Which keys").wait_for(":import PATH");
    screen.quit();
    let config = std::fs::read_to_string(home.path(".config/ticketty/config.toml")).unwrap();
    assert_eq!(config.trim_end(), "keymap = \"vim\"");
    let screen = Screen::open(&home, &[], NARROW);
    screen.wait_for(":import PATH").wait_gone("Which keys");
    screen.quit();
}

#[test]
fn a_claim_appears_at_the_others_without_a_key() {
    let desk = Desk::new();
    desk.import(&[mail(1, "Parcel", None, "Where is it?"), mail(2, "Invoice", None, "Send it.")]);
    settle(&desk.mika);
    settle(&desk.taro);
    let mut mika = Screen::open(&desk.mika, &[], WIDE);
    let taro = Screen::open(&desk.taro, &[], NARROW);
    taro.wait_for(" live ").wait_for("Parcel");
    mika.wait_for(" live ").wait_for("Parcel");
    mika.press("/parcel<CR>c").wait_for("claimed #");
    taro.wait("MK at the parcel", |s| s.contents().lines().any(|l| l.contains("Parcel") && l.contains("MK")));
    taro.quit();
    mika.quit();
}

#[test]
fn a_paste_outside_a_text_field_does_nothing() {
    let desk = Desk::new();
    desk.import(&[mail(1, "Parcel", None, "Where is it?")]);
    settle(&desk.mika);
    let mut screen = Screen::open(&desk.mika, &[], WIDE);
    screen.wait_for(" live ").wait_for("Parcel");
    screen.paste("c\rdd\rZZ:qa\r").wait_for("paste ignored");
    screen.press("<CR>").wait_for("Where is it?");
    screen.paste("ddc").wait_for("paste ignored");
    screen.quit();
    let ticket = &tickets(&desk.mika, &[])[0];
    assert_eq!((&ticket["status"], &ticket["assignee"]), (&"new".into(), &Value::Null));
}

#[test]
fn the_editor_changes_the_text() {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    settle(&desk.mika);
    std::fs::write(
        desk.mika.path("edit.sh"),
        "sed 's/plain/上手な/' \"$1\" > t && printf 'zweite Zeile\\n' >> t && cp t \"$1\"\n",
    )
    .unwrap();
    let editor = format!("sh {}", desk.mika.path("edit.sh").display());
    let mut screen = Screen::open_with(&desk.mika, &[], WIDE, &[("EDITOR", &editor)]);
    screen.wait_for("Parcel");
    screen.press("<CR>").wait_for("Where is it?");
    screen.press("i").wait_for("INSERT");
    screen.press("plain words").wait_for("plain words");
    screen.press("<C-x><C-e>").wait_for("上手な words").wait_for("zweite Zeile");
    screen.press("<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("note left on");
    screen.quit();
    let shown = desk.mika.run(&["show", &id, "--json"]).ended(0).json();
    let last = shown["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["text"]), (&"note".into(), &"上手な words\nzweite Zeile".into()));
}
