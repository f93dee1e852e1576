//! Several desks in one screen.

use super::harness::{Screen, WIDE};
use super::settle;
use crate::cli::{Desk, mail};

/// Two desks, both configured in one agent's home, `shop` first; a ticket on each.
fn two() -> (Desk, Desk) {
    let (shop, other) = (Desk::new(), Desk::new());
    shop.import(&[mail(1, "Parcel of the shop", None, "Where is it?")]);
    other.import(&[mail(2, "Claim of the other", None, "It is broken.")]);
    let command = format!("cat {}", other.mika.path("token").display());
    shop.mika.run(&["desk", "add", "other", "--url", &other.url, "--token-command", &command]).ended(0);
    settle(&shop.mika);
    (shop, other)
}

#[test]
fn a_key_changes_the_desk_and_nothing_is_lost_or_mixed_up() {
    let (shop, other) = two();
    let home = &shop.mika;
    let mut screen = Screen::open(home, &["--desk", "shop"], WIDE);
    screen.wait_for("Parcel of the shop");
    // A note is begun; the desk changes under it.
    screen.press("i").wait_for("INSERT");
    screen.press("half a note<Esc>").wait_for("NORMAL");
    screen.press("<C-w>kgD").wait_for("Change to which desk?");
    screen.wait_for("ticketty 127.0.0.1");
    screen.press("other<CR>").wait_for("Claim of the other").wait_gone("Parcel of the shop");
    screen.wait_gone("half a note");
    screen.press("c").wait_for("claimed #");
    screen.press(":desk other<CR>").wait_for("other is on the screen already");
    screen.press(":desk nowhere<CR>").wait_for("no desk is named nowhere");
    // What was begun is counted, and there again.
    screen.press("gD").wait_for("1 draft");
    screen.press("shop<CR>").wait_for("Parcel of the shop").wait_gone("Claim of the other");
    screen.press("gd").wait_for("11 chars");
    screen.press("<CR>").wait_for("half a note");
    screen.press("<Esc>:q<CR>").wait_gone("half a note");
    screen.press(":desk other<CR>").wait_for("Claim of the other");
    let raw = String::from_utf8_lossy(&screen.quit()).into_owned();
    assert_eq!(raw.matches("\u{1b}[?1049h").count(), 1, "the other screen is entered once");
    let list = |desk: &str, status: &str| {
        home.run(&["--desk", desk, "list", "--assignee", status, "--json"]).ended(0).json()["tickets"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((list("shop", "me"), list("other", "me")), (0, 1), "the claim went to the desk that was on the screen");
    drop(other);
}

#[test]
fn my_tickets_on_all_desks_are_one_list() {
    let (mut shop, other) = two();
    let home = &shop.mika;
    let held = |desk: &str| {
        let all = home.run(&["--desk", desk, "list", "--json"]).ended(0).json();
        let id = all["tickets"][0]["id"].as_str().unwrap().to_owned();
        home.run(&["--desk", desk, "claim", &id]).ended(0);
        id
    };
    let (first, second) = (held("shop"), held("other"));
    let mut screen = Screen::open(home, &["--desk", "shop"], WIDE);
    screen.wait_for("Parcel of the shop").wait_for("live");
    screen.press("gM").wait_for("My tickets on all desks");
    screen.wait_for(&format!("shop #{first}   Parcel of the shop"));
    screen.wait_for(&format!("other #{second}  Claim of the other"));
    // The chosen one is opened on its desk, narrowed by the desk's name or by words.
    screen.press("other<CR>").wait_for("It is broken.").wait_gone("Parcel of the shop");
    screen.press("gM").wait_for(&format!("other #{second}"));
    screen.press("claim<CR>").wait_for("It is broken.").wait_gone("My tickets on all desks");
    // A desk that is away hides no other one: what was kept of it is shown, and of when.
    shop.stop();
    screen.press("gM").wait_for("shop as of").wait_for(&format!("shop #{first}   Parcel of the shop"));
    screen.press("<Esc>");
    screen.quit();
    drop(other);
}

#[test]
fn what_waits_on_a_desk_leaves_while_another_one_is_on_the_screen() {
    let (mut shop, other) = two();
    let mut screen = Screen::open(&shop.mika, &["--desk", "shop"], WIDE);
    screen.wait_for("Parcel of the shop").wait_for("live");
    shop.stop();
    screen.press("c").wait_for("offline");
    screen.press(":desk other<CR>").wait_for("Claim of the other");
    screen.press("gD").wait_for("1 not sent");
    screen.press("<Esc>").wait_gone("Change to which desk?");
    shop.restart();
    let claimed = |shop: &Desk| {
        shop.taro.run(&["list", "--assignee", "mika", "--json"]).json()["tickets"]
            .as_array()
            .is_some_and(|t| t.len() == 1)
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(90);
    while !claimed(&shop) {
        assert!(std::time::Instant::now() < end, "the claim never left:\n{}", screen.contents());
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    screen.quit();
    drop(other);
}

#[test]
fn the_token_of_one_desk_goes_to_no_other() {
    let (shop, other) = two();
    let token = std::fs::read_to_string(shop.taro.path("token")).unwrap();
    // Taro's token stands in at the shop; the other desk does not know it, and is asked with its own.
    let mut screen = Screen::open_with(&shop.mika, &["--desk", "shop"], WIDE, &[("TICKETTY_TOKEN", token.trim())]);
    screen.wait_for("Parcel of the shop");
    screen.press(":desk other<CR>").wait_for("Claim of the other");
    screen.press("c").wait_for("claimed #");
    screen.quit();
    drop(other);
}
