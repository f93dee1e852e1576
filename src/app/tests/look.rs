//! Lists, panes, news from others, the line, and leaving.

use super::{Looks, Seat, t};
use crate::app::Msg;
use crate::app::layout::Focus;
use crate::domain::{Agent, Counts, DeskError, Presence, Query, Status, TicketRow, Update, UpdateKind};
use crate::model::event::WorkOf;
use crate::model::{Effect, Event, View};
use crate::text::Clean;

#[test]
fn lists_by_key() {
    let mut seat = Seat::new();
    for (keys, view) in [
        ("g1", View::Queue(1.into())),
        ("]q", View::Queue(2.into())),
        ("[q", View::Queue(1.into())),
        ("gm", View::Mine),
        ("gu", View::Unassigned),
        ("gl", View::Late),
        ("gs", View::Snoozed),
        ("g0", View::All),
    ] {
        seat.keys(keys);
        assert_eq!(*seat.app.tickets.view(), view, "{keys}");
    }
    seat.keys("gs");
    assert_eq!(seat.list(), [1055]);
    seat.keys("gm");
    assert_eq!(seat.list(), [1053, 1022]);
    seat.keys("g9");
    seat.says_that("There is no queue 9");
}

#[test]
fn to_the_next_unassigned() {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("[u");
    let free = seat.here();
    assert!(seat.row(free).assignee.is_none());
    seat.keys("G");
    seat.keys("]u");
    seat.says_that("No unassigned ticket that way");
}

#[test]
fn a_filter_narrows_as_one_types_and_esc_restores() {
    let mut seat = Seat::new();
    let all = seat.list().len();
    let shown = |seat: &Seat| seat.screen().lines().filter(|l| l.contains("#10")).count();
    seat.keys("f");
    seat.keys("parcel");
    seat.sees_not("Coupon");
    seat.keys("<Esc>");
    seat.sees("Coupon");
    seat.keys("fnone<CR>");
    seat.sees("filter: none");
    assert!(shown(&seat) < all);
    seat.keys("<Esc>");
    seat.sees_not("filter:");
    seat.sees("Coupon");
}

#[test]
fn the_whole_desk_is_searched() {
    let mut seat = Seat::new();
    seat.keys("g/parcel<CR>");
    assert_eq!(*seat.app.tickets.view(), View::Search("parcel".to_owned()));
    assert_eq!(seat.list().len(), 3);
    seat.keys("q");
    assert_eq!(*seat.app.tickets.view(), View::All);
}

#[test]
fn focus_goes_round() {
    let mut seat = Seat::new();
    let mut been = Vec::new();
    for _ in 0..4 {
        been.push(seat.app.focus);
        seat.keys("<Tab>");
    }
    assert_eq!(been, [Focus::List, Focus::Stage, Focus::Queues, Focus::Team]);
    seat.keys("q<C-w>h");
    assert_eq!(seat.app.focus, Focus::Queues);
    seat.keys("<C-w>j");
    assert_eq!(seat.app.focus, Focus::Team);
    seat.keys("<C-w>l");
    assert_eq!(seat.app.focus, Focus::List);
    seat.keys("<C-w>j");
    assert_eq!(seat.app.focus, Focus::Stage);
    seat.keys("<C-w>k");
    assert_eq!(seat.app.focus, Focus::List);
}

#[test]
fn a_narrow_screen_shows_one_pane_at_a_time() {
    let mut seat = Seat::sized(80, 24);
    seat.keys("<Tab>");
    assert_eq!(seat.app.focus, Focus::Queues);
    seat.sees("Unassigned");
    seat.keys("<Tab>");
    seat.sees("on us");
    seat.keys("<Tab>");
    seat.sees("Coupon");
    seat.keys("l");
    seat.sees("Any news on the parcel?");
    seat.keys("h");
    seat.sees("Coupon");
}

#[test]
fn a_queue_and_an_agent_are_opened_from_their_panes() {
    let mut seat = Seat::new();
    seat.keys("<C-w>hggj<CR>");
    assert_eq!(*seat.app.tickets.view(), View::Queue(2.into()));
    seat.keys("<C-w>h<C-w>jgg<CR>");
    assert!(matches!(seat.app.tickets.view(), View::Agent(_)));
}

#[test]
fn what_others_do_does_not_move_the_cursor() {
    let mut seat = Seat::new();
    seat.at(1051);
    let line = seat.screen().lines().position(|l| l.contains("#1051"));
    let mika = seat.agent(0);
    seat.other_does(0, 1050, "claim", |r| r.assignee = Some(mika));
    seat.other_does(1, 1037, "release", |r| r.assignee = None);
    seat.other_does(1, 1030, "status", |r| r.status = Status::Closed);
    assert_eq!(seat.here(), 1051);
    assert_eq!(seat.screen().lines().position(|l| l.contains("#1051")), line);
    assert!(!seat.list().contains(&1030));
    assert!(seat.row_with("#1050").contains("MK"));
}

#[test]
fn a_row_taken_under_the_cursor_stays_as_a_ghost() {
    let mut seat = Seat::new();
    seat.keys("gu");
    seat.at(1050);
    let mika = seat.agent(0);
    seat.other_does(0, 1050, "claim", |r| r.assignee = Some(mika));
    assert_eq!(seat.here(), 1050);
    assert!(seat.row_with("#1050").contains("taken by MK"), "{}", seat.screen());
    seat.keys("j");
    assert!(!seat.list().contains(&1050));
}

#[test]
fn who_reads_and_writes_is_seen() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("<CR>");
    let mut taro: Agent = seat.app.world.agents[1].clone();
    taro.presence = Presence { online: true, reading: Some(t(1050)), ..Presence::default() };
    let update = Update { kind: UpdateKind::Presence, agents: vec![taro.clone()], ..seat.news() };
    seat.tell(Event::Arrived(Box::new(update)));
    seat.sees("is reading this");
    taro.presence.writing = Some(t(1050));
    let update = Update { kind: UpdateKind::Presence, agents: vec![taro], ..seat.news() };
    seat.tell(Event::Arrived(Box::new(update)));
    seat.sees("is writing");
}

#[test]
fn the_line_is_told_as_it_is_and_the_list_stays() {
    let mut seat = Seat::new();
    seat.sees("live");
    let before = seat.list();
    let why = Clean::line("connection refused");
    seat.tell(Event::Lost(DeskError::Unreachable { why: why.clone(), maybe_done: false }));
    seat.sees("offline since 14:02");
    let query = seat.app.tickets.query().clone();
    let error = DeskError::Unreachable { why, maybe_done: false };
    seat.tell(Event::Opened { query, kept: None, result: Err(error) });
    assert_eq!(seat.list(), before);
    seat.sees("Coupon");
    seat.tell(Event::Live);
    seat.sees("live");
    seat.sees_not("offline");
    let wait = Some(std::time::Duration::from_secs(20));
    seat.tell(Event::Lost(DeskError::Limited { retry_after: wait }));
    seat.sees("limited, next try 20 s");
    seat.wait(3000);
    seat.sees("limited, next try 17 s");
    seat.wait(18_000);
    seat.answer();
    seat.sees("live");
    assert_eq!(seat.list(), before);
}

#[test]
fn a_change_that_cannot_leave_waits_and_says_so() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.press("dd");
    let id = seat.out.iter().find_map(|e| match e {
        Effect::Submit { changes, .. } => changes.first().map(|(id, _)| id.clone()),
        _ => None,
    });
    seat.out.clear();
    let error = DeskError::Unreachable { why: Clean::line("no route"), maybe_done: false };
    seat.tell(Event::Waiting { id: id.unwrap(), error });
    seat.says_that("#1050 waits for the desk");
    seat.sees("1 waiting");
    seat.keys(":qa<CR>");
    seat.sees("not confirmed by the desk yet");
    seat.keys("<CR>");
    assert!(!seat.app.is_quitting());
    seat.keys(":qa<CR>");
    seat.keys("x");
    assert!(seat.app.is_quitting());
}

#[test]
fn quitting_in_an_undo_window_asks() {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("rText<Esc>:send<CR>");
    seat.keys("ZZ");
    assert!(!seat.app.is_quitting(), "{}", seat.screen());
    seat.press("n");
    assert!(seat.out.iter().any(|e| matches!(e, Effect::SendNow(_))) && seat.app.is_quitting());
}

#[test]
fn leaving_with_nothing_waiting_is_quick() {
    let mut seat = Seat::new();
    seat.press("ZZ");
    assert_eq!(seat.out, vec![Effect::Quit]);
}

#[test]
fn a_new_size_keeps_the_cursors_ticket() {
    let mut seat = Seat::new();
    seat.at(1037);
    for (w, h) in [(80, 24), (60, 16), (20, 5), (120, 40)] {
        seat.msg(Msg::Resize(w, h));
        seat.screen();
        assert_eq!(seat.here(), 1037, "{w}x{h}");
    }
    seat.sees("#1037");
}

#[test]
fn the_palette_runs_an_action() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("<C-p>claim<CR>");
    assert_eq!(seat.sent.len(), 1);
    seat.says_that("claimed #1050");
}

#[test]
fn a_mistyped_command_says_what_was_meant() {
    let mut seat = Seat::new();
    seat.line("clam");
    seat.sees("claim");
    assert!(seat.sent.is_empty());
    seat.keys("<Esc><Esc>");
    seat.line("status fnord");
    seat.sees("fnord");
    assert!(seat.sent.is_empty());
}

#[test]
fn the_first_start_asks_once_which_keys() {
    let mut seat = Seat::started(Looks::default(), true);
    seat.sees("1 ");
    seat.press("3");
    assert!(seat.wished.contains(&Effect::KeepKeymap("emacs")), "{:?}", seat.wished);
    assert_eq!(seat.app.keys.name(), "emacs");
}

#[test]
fn an_empty_desk_says_what_to_do_next() {
    let mut seat = Seat::started(Looks::default(), false);
    seat.empty();
    seat.answer();
    assert!(seat.screen().contains("import"), "{}", seat.screen());
    assert_eq!(seat.app.world.totals, Counts::default());
}

#[test]
fn a_paste_outside_a_text_is_ignored_and_full_width_letters_move() {
    let mut seat = Seat::new();
    seat.at(1041);
    seat.msg(Msg::Paste("dddd".into()));
    seat.says_that("paste ignored");
    let first = seat.here();
    seat.keys("ｊ");
    assert_ne!(seat.here(), first);
    seat.keys("あ");
    seat.says_that("IME");
    assert!(seat.sent.is_empty());
}

#[test]
fn any_size_draws_on_every_screen() {
    for keys in ["", "<CR>", "<CR>s", "t", "?", "<C-p>", "a", ":cl", "r", "iNote", "o", "S", "L", "!"] {
        let mut seat = Seat::new();
        seat.at(1037);
        seat.keys(keys);
        for w in [1, 7, 39, 40, 60, 79, 80, 99, 100, 133] {
            for h in [1, 2, 3, 7, 8, 10, 16, 24, 40] {
                seat.msg(Msg::Resize(w, h));
                seat.screen();
            }
        }
    }
}

#[test]
fn what_is_remembered_is_shown_until_the_desk_answers() {
    let mut seat = Seat::started(Looks::default(), false);
    let mut kept = seat.view.clone();
    kept.tickets = seat.found(&Query::default());
    let gone = kept.tickets[0].id.clone();
    let (query, at) = (Query::default(), seat.now - jiff::SignedDuration::from_hours(2));
    seat.tell(Event::Opened { query: query.clone(), kept: Some(at), result: Ok(Box::new(kept.clone())) });
    seat.sees(&format!("{gone}"));
    seat.press("jj");
    let here = seat.app.tickets.current().unwrap();
    // The desk is away: the list stays, and says since when it is.
    let error = DeskError::Unreachable { why: Clean::line("no route"), maybe_done: false };
    seat.tell(Event::Opened { query: query.clone(), kept: None, result: Err(error) });
    seat.sees("offline since");
    assert_eq!(seat.app.tickets.current(), Some(here.clone()));
    // It is back: what is fresh takes its place, the cursor stays on its ticket, what is gone goes; an older version counts too.
    let mut fresh = kept.clone();
    fresh.tickets.remove(0);
    for row in &mut fresh.tickets {
        row.version = 0;
        row.subject = Clean::line(&format!("now {}", row.id));
    }
    seat.press("");
    seat.out.clear();
    seat.tell(Event::Live);
    assert!(seat.out.iter().any(|e| matches!(e, Effect::Open(_))), "the desk is asked when it is back");
    seat.tell(Event::Opened { query: query.clone(), kept: None, result: Ok(Box::new(fresh)) });
    seat.sees(&format!("now {here}"));
    assert_eq!(seat.app.tickets.current(), Some(here));
    assert!(!seat.app.tickets.holds(&gone));
    // What is remembered never covers what the desk said.
    seat.tell(Event::Opened { query, kept: Some(at), result: Ok(Box::new(kept)) });
    assert!(!seat.app.tickets.holds(&gone));
}

#[test]
fn a_desk_that_does_not_know_who_is_there_calls_nobody_away() {
    let mut seat = Seat::new();
    seat.sees("away");
    let why = Clean::line("it does not know");
    let none = crate::domain::Support::Impossible { why };
    seat.app.world.support.insert(crate::domain::Verb::Presence, none);
    seat.sees_not("away");
}

#[test]
fn my_tickets_on_all_desks_come_in_one_order() {
    let mut seat = Seat::new();
    seat.app.world.desks = vec![Clean::line("shop")];
    seat.press("gM");
    seat.says_that("no other desk is configured");
    seat.app.world.desks = vec![Clean::line("shop"), Clean::line("rt"), Clean::line("away")];
    seat.press("gM");
    seat.says_that("asking 3 desks");
    let row = |id: i64, late: bool| TicketRow { id: t(id), late, ..seat.row(1053).clone() };
    let work = |desk: &str, rows| WorkOf { desk: Clean::line(desk), rows, stale: None };
    let away = WorkOf { stale: Some((Clean::line("it does not answer"), None)), ..work("away", Vec::new()) };
    let desks = vec![work("shop", vec![row(1, false), row(2, true)]), work("rt", vec![row(1, true)]), away];
    seat.tell(Event::AllWork(desks.clone()));
    seat.says_that("away: it does not answer");
    let screen = seat.screen();
    let at = |what: &str| screen.find(what).unwrap_or_else(|| panic!("no {what} on\n{screen}"));
    assert!(at("rt #1") < at("shop #1 ") && at("shop #2 ") < at("shop #1 "), "what is late comes first");
    seat.press("<CR>");
    let asked = seat.out.iter().find(|e| matches!(e, Effect::ChangeDesk { .. }));
    assert_eq!(asked, Some(&Effect::ChangeDesk { name: "rt".to_owned(), open: Some(t(1)) }));
    // It takes no key from a text that was begun meanwhile.
    seat.out.clear();
    seat.at(1053);
    seat.keys("ihalf");
    seat.tell(Event::AllWork(desks.clone()));
    seat.sees_not("rt #1 ");
    // Asked for beside the open text it comes.
    seat.press("<Esc><C-w>kgM");
    seat.tell(Event::AllWork(desks));
    seat.sees("rt #1");
    seat.press("<Esc><C-w>j:q<CR>");
    seat.answer();
    seat.tell(Event::AllWork(vec![work("shop", Vec::new())]));
    seat.says_that("you hold no open ticket");
}

#[test]
fn a_desk_that_comes_late_waits_to_be_called() {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("ihalf<Space>a<Space>word");
    assert!(seat.app.is_in_hand() && !seat.app.is_all_on_disk(), "typed, and not saved yet");
    seat.tell(Event::DeskReady(Clean::line("other")));
    seat.says_that("other is there · gD goes to it");
    seat.wait(2_000);
    assert!(seat.app.is_all_on_disk());
    assert!(seat.app.is_in_hand());
    seat.keys("<Esc>:q<CR>");
    assert!(!seat.app.is_in_hand());
}

#[test]
fn after_a_sleep_the_list_and_the_open_thread_are_read_again() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("<CR>");
    seat.behind(1050, |row| row.status = Status::Waiting);
    seat.wished.clear();
    seat.tell(Event::Woke);
    seat.answer();
    assert!(seat.wished.iter().any(|e| matches!(e, Effect::Open(_))), "{:?}", seat.wished);
    let read = |e: &Effect| matches!(e, Effect::Thread { ticket, reading: true } if *ticket == t(1050));
    assert!(seat.wished.iter().any(read), "{:?}", seat.wished);
    assert_eq!(seat.app.world.row(&t(1050)).unwrap().status, Status::Waiting);
}
