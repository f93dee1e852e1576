//! Round trips: what each step costs on the line to the server.

use super::harness::{NARROW, Screen};
use super::proxy::Proxy;
use super::settle;
use crate::cli::{Desk, Home, mail};

#[test]
fn every_step_costs_one_request() {
    let desk = Desk::new();
    let id = desk.import(&[mail(1, "Parcel", None, "Where is it?")]).remove(0);
    let line = Proxy::to(&desk.url);
    let home = Home::new();
    let token = format!("cat {}", desk.mika.path("token").display());
    home.run(&["desk", "add", "far", "--url", &line.url, "--token-command", &token]).ended(0);
    settle(&home);
    line.take();

    // One pane at a time: no preview is asked for.
    let mut screen = Screen::open(&home, &[], NARROW);
    screen.wait_for(" live ").wait_for("Parcel");
    screen.wait_quiet();
    assert_eq!(line.take().len(), 1, "the main screen");

    screen.press("c").wait_for("claimed #");
    screen.wait_quiet();
    assert_eq!(line.take(), [format!("POST /api/v1/tickets/{id}/claim")]);

    screen.press("<CR>").wait_for("Where is it?");
    screen.wait_quiet();
    let opening = line.take();
    assert_eq!(opening.len(), 1, "{opening:?}");
    assert!(opening[0].starts_with(&format!("GET /api/v1/tickets/{id}")), "{opening:?}");

    screen.press("r").wait_for("INSERT");
    screen.press("We are on it.<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("Send this reply?");
    screen.press("y").wait_for("NOT mailed");
    screen.wait_quiet();
    let mut replying = line.take();
    // That others can see who writes is said beside the work, and nobody waits for it.
    replying.retain(|r| !r.contains("/presence"));
    assert_eq!(replying, [format!("POST /api/v1/tickets/{id}/replies")]);

    screen.wait_quiet();
    assert_eq!(line.take(), Vec::<String>::new(), "an idle screen asks nothing");
    screen.quit();
}
