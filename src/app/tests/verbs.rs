//! Claim and its friends, undo, repeat: one ticket and many.

use super::{Seat, t};
use crate::domain::{Change, Priority, Status, Support, TicketRow, Verb};
use crate::text::Clean;

#[test]
fn a_claim_counts_when_the_desk_confirms_it() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.press("c");
    assert!(seat.row_with("#1050").contains("claiming"), "{}", seat.screen());
    assert!(seat.row(1050).assignee.is_none());
    seat.answer();
    seat.sees_not("claiming");
    seat.says_that("claimed #1050");
    seat.says_that("u undo");
    assert!(seat.row_with("#1050").contains("JO"));
}

#[test]
fn what_i_did_is_counted_before_the_desk_counts_it() {
    let mut seat = Seat::new();
    let counted = |seat: &Seat| {
        let world = &seat.app.world;
        let me = world.agent(world.my_id().unwrap()).unwrap().load;
        let queue = world.queues.iter().find(|q| q.id == seat.row(1050).queue_id).unwrap().counts;
        (world.totals, queue, me)
    };
    let (totals, queue, load) = counted(&seat);
    seat.at(1050);
    seat.keys("c");
    let (now, in_queue, mine) = counted(&seat);
    assert_eq!((now.unassigned, now.mine, now.open), (totals.unassigned - 1, totals.mine + 1, totals.open));
    assert_eq!((in_queue.unassigned, in_queue.mine), (queue.unassigned - 1, queue.mine + 1));
    assert_eq!((mine.load, mine.on_us), (load.load + 1, load.on_us + u32::from(seat.row(1050).on_us)));
    seat.line("status waiting");
    assert_eq!((counted(&seat).2.load, counted(&seat).2.waiting), (load.load, load.waiting + 1));
    seat.keys("dd");
    assert_eq!(counted(&seat).0.open, totals.open - 1);
    seat.keys("uuu");
    assert_eq!(counted(&seat), (totals, queue, load));
    seat.line("move shop-x");
    assert_eq!(counted(&seat).0, totals, "another of my queues");
}

#[test]
fn a_lost_claim_names_the_holder_and_shows_the_ticket_as_theirs() {
    let mut seat = Seat::new();
    let mika = seat.agent(0);
    seat.behind(1050, |r| r.assignee = Some(mika));
    seat.at(1050);
    seat.keys("c");
    seat.says_that("Mika Kato");
    assert!(seat.row_with("#1050").contains("MK"));
    seat.sees_not("claiming");
}

#[test]
fn many_claims_make_one_report_that_names_who_holds_the_rest() {
    let mut seat = Seat::new();
    let mika = seat.agent(0);
    seat.behind(1051, |r| r.assignee = Some(mika));
    seat.at(1050);
    let first = seat.list().iter().position(|i| *i == 1050).unwrap();
    let three: Vec<i64> = seat.list()[first..first + 3].to_vec();
    assert!(three.contains(&1051));
    seat.keys("3c");
    assert_eq!(seat.sent.len(), 3);
    seat.says_that("claimed 2 tickets");
    seat.says_that("#1051: ");
    seat.says_that("Mika Kato");
}

#[test]
fn release_and_assign() {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("C");
    assert_eq!(seat.row(1053).assignee, None);
    seat.press("a");
    seat.sees("Assign to");
    seat.keys("taro<CR>");
    assert_eq!(seat.row(1053).assignee.as_ref().unwrap().login.as_str(), "taro");
    seat.says_that("assigned to Taro Sato");
    seat.at(1050);
    seat.line("assign taro");
    assert_eq!(seat.row(1050).assignee.as_ref().unwrap().login.as_str(), "taro");
    seat.line("assign nobody-such");
    seat.says_that("there is no agent nobody-such");
}

#[test]
fn the_agent_with_the_least_load_stands_first_and_who_is_away_last() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("a<CR>");
    assert_eq!(seat.row(1050).assignee.as_ref().unwrap().name.as_str(), "Alma");
}

#[test]
fn a_count_that_was_taken_back_leaves_nothing_selected() {
    let mut seat = Seat::new();
    seat.at(1050);
    for keys in ["3L<Esc>", "3a<Esc>", "3SS<Esc>", "3!<Esc>", "3!n", "3!<CR>", "2M<Esc>", "3L<CR>"] {
        seat.keys(keys);
        assert!(!seat.app.tickets.is_selecting() || !seat.app.overlays.is_empty(), "{keys}\n{}", seat.screen());
        assert_eq!(seat.app.overlays.len(), 0, "{keys}");
        seat.sent.clear();
        seat.at(1050);
    }
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("vjL");
    seat.keys("<Esc>");
    assert!(seat.app.tickets.is_selecting(), "what was selected by hand stays");
}

#[test]
fn what_needs_a_ticket_says_that_the_list_is_loading() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut seat = Seat::sized(width, height);
        seat.press("g/parcel<CR>");
        for keys in ["yy", "yu", "L", "c", "s", "r", "es"] {
            seat.press(keys);
            seat.says_that("Loading");
        }
        seat.answer();
        seat.keys("yy");
        seat.says_that("10");
        seat.keys("g/nosuchword<CR>");
        seat.keys("yy");
        seat.says_that("no ticket here");
    }
}

#[test]
fn stealing_asks_and_enter_is_no() {
    let mut seat = Seat::new();
    seat.at(1037);
    seat.keys("!");
    seat.sees("Take #1037 from Mika Kato?");
    seat.keys("<CR>");
    assert!(seat.sent.is_empty());
    seat.keys("!");
    seat.keys("y");
    assert_eq!(seat.sent, vec![Change::Steal { ticket: t(1037) }]);
    seat.says_that("took #1037");
    seat.keys(".");
    assert_eq!(seat.sent.len(), 1, "a theft is never repeated by key");
}

#[test]
fn a_prefix_shows_what_can_follow() {
    let mut seat = Seat::new();
    seat.press("S");
    seat.wait(400);
    seat.screen();
    for word in ["new", "open", "waiting", "resolved", "closed"] {
        seat.sees(word);
    }
    seat.keys("<Esc>");
    seat.at(1050);
    seat.keys("Sw");
    assert_eq!(seat.row(1050).status, Status::Waiting);
}

#[test]
fn done_makes_the_row_leave_and_undo_brings_it_back() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("dd");
    assert!(!seat.list().contains(&1050), "{}", seat.screen());
    assert_eq!(seat.row(1050).status, Status::Resolved);
    seat.keys("u");
    assert!(seat.list().contains(&1050), "{}", seat.screen());
    assert_eq!(seat.row(1050).status, Status::New);
    seat.says_that("undone");
    seat.keys("<C-r>");
    assert_eq!(seat.row(1050).status, Status::Resolved);
    assert!(!seat.list().contains(&1050));
    seat.says_that("redone");
    seat.keys("u");
    assert_eq!(seat.row(1050).status, Status::New);
    seat.keys("u");
    seat.says_that("nothing to undo");
}

#[test]
fn where_the_desk_keeps_no_undo_the_opposite_is_done() {
    let mut seat = Seat::new();
    seat.no_undo = true;
    seat.at(1050);
    seat.keys("c");
    assert!(seat.row(1050).assignee.is_some());
    seat.says_that("u undo");
    seat.keys("u");
    assert!(seat.row(1050).assignee.is_none(), "{}", seat.screen());
    seat.keys("<C-r>");
    assert!(seat.row(1050).assignee.is_some());
    assert!(matches!(seat.sent.last(), Some(Change::Claim { .. })), "nobody loses what he took meanwhile");
    for line in ["status waiting", "priority urgent", "label +billing -vip", "move shop-x"] {
        let before = seat.row(1050).clone();
        seat.line(line);
        let after = seat.row(1050).clone();
        assert_ne!(
            (after.status, after.priority, &after.labels, &after.queue_id),
            (before.status, before.priority, &before.labels, &before.queue_id),
            "{line}"
        );
        let state =
            |row: &crate::domain::TicketRow| (row.status, row.priority, row.labels.clone(), row.queue_id.clone());
        seat.keys("u");
        assert_eq!(state(seat.row(1050)), state(&before), "{line}");
        seat.says_that("undone");
        seat.keys("<C-r>");
        assert_eq!(state(seat.row(1050)), state(&after), "{line}");
        seat.keys("u");
    }
}

#[test]
fn what_cannot_be_undone_is_said_and_nothing_else_is_undone_for_it() {
    let mut seat = Seat::new();
    seat.no_undo = true;
    seat.at(1051);
    seat.keys("dd");
    seat.at(1050);
    seat.line("assign mika");
    seat.keys("u");
    assert!(matches!(seat.sent.last(), Some(Change::Release { ticket }) if *ticket == t(1050)), "{:?}", seat.sent);
    assert_eq!(seat.row(1051).status, Status::Resolved, "{}", seat.screen());
}

#[test]
fn what_somebody_else_changed_since_is_not_taken_back() {
    let mut seat = Seat::new();
    seat.no_undo = true;
    seat.at(1050);
    seat.line("status waiting");
    let row = TicketRow { status: Status::Closed, ..seat.row(1050).clone() };
    seat.rows.insert(t(1050), row.clone());
    seat.app.world.take_row(TicketRow { version: row.version + 1, ..row });
    let sent = seat.sent.len();
    seat.keys("u");
    seat.says_that("#1050");
    seat.says_that("the ticket has changed since");
    assert_eq!(seat.sent.len(), sent, "{}", seat.screen());
    seat.keys("u");
    seat.says_that("nothing to undo");
}

#[test]
fn an_old_change_is_undone_only_after_asking() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("dc");
    seat.wait(61_000);
    seat.keys("u");
    seat.sees("Undo ");
    seat.keys("<CR>");
    assert_eq!(seat.row(1050).status, Status::Closed);
    seat.keys("u");
    seat.keys("y");
    assert_eq!(seat.row(1050).status, Status::New);
}

#[test]
fn a_whole_batch_is_one_undo() {
    let mut seat = Seat::new();
    seat.keys("gg");
    let three: Vec<i64> = seat.list()[..3].to_vec();
    seat.keys("Vjj");
    seat.keys("dd");
    for id in &three {
        assert_eq!(seat.row(*id).status, Status::Resolved);
    }
    seat.says_that("3 tickets");
    seat.keys("u");
    for id in &three {
        assert_eq!(seat.row(*id).status, Status::New, "{id}");
    }
}

#[test]
fn a_change_is_repeated_on_another_ticket_but_never_what_speaks_or_rearranges() {
    let mut seat = Seat::new();
    seat.keys(".");
    seat.says_that("nothing to repeat");
    seat.at(1050);
    seat.line("label +billing");
    seat.at(1051);
    seat.keys(".");
    assert_eq!(seat.row(1051).labels.len(), 1);
    seat.at(1053);
    seat.keys("i");
    seat.keys("Only a note<Esc>ZZ");
    let sent = seat.sent.len();
    seat.keys("q");
    seat.at(1050);
    seat.keys(".");
    assert!(matches!(seat.sent[sent], Change::Label { .. }), "{:?}", seat.sent);
}

#[test]
fn labels_by_picker_and_by_line() {
    let mut seat = Seat::new();
    seat.at(1042);
    seat.keys("L");
    seat.sees("Labels");
    seat.keys("vip<Space><CR>");
    assert_eq!(seat.row(1042).labels.iter().map(Clean::as_str).collect::<Vec<_>>(), ["billing", "vip"]);
    seat.keys("gg");
    let two: Vec<i64> = seat.list()[..2].to_vec();
    seat.keys("<Space><Space>");
    seat.line("label +urgent -vip");
    for id in two {
        assert!(seat.row(id).labels.iter().any(|l| l.as_str() == "urgent"), "{id}");
    }
}

#[test]
fn move_priority_subject_requester() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("eq");
    seat.keys("返品<CR>");
    assert_eq!(seat.row(1050).queue.as_str(), "返品");
    seat.keys("P");
    seat.keys("urgent<CR>");
    assert_eq!(seat.row(1050).priority, Priority::Urgent);
    seat.keys("es");
    seat.keys("<C-u>A new subject<CR>");
    assert_eq!(seat.row(1050).subject.as_str(), "A new subject");
    seat.keys("er");
    seat.keys("<C-u>Ann Ode <lt>ann@example.net><CR>");
    assert_eq!(seat.row(1050).requester.email.as_str(), "ann@example.net");
    seat.line("move nowhere");
    seat.says_that("there is no queue nowhere");
}

#[test]
fn what_the_desk_cannot_do_is_refused_at_the_key_and_opens_nothing() {
    let mut seat = Seat::new();
    let why = Clean::line("this helpdesk has no such thing");
    for verb in [Verb::Reply, Verb::Note, Verb::New, Verb::Merge, Verb::Assign, Verb::Split, Verb::Undo, Verb::Timeline]
    {
        seat.app.world.support.insert(verb, Support::Impossible { why: why.clone() });
    }
    seat.at(1050);
    for (keys, verb) in [
        ("r", "reply"),
        ("i", "note"),
        ("o", "new"),
        ("M", "merge"),
        ("a", "assign"),
        ("s", "split"),
        ("t", "timeline"),
    ] {
        seat.keys(keys);
        seat.says_that(&format!("{verb} is not possible on this desk"));
        seat.says_that("this helpdesk has no such thing");
        assert!(seat.app.overlays.is_empty() && seat.app.composer.is_none(), "{keys}");
    }
    seat.keys("u");
    seat.says_that("undo is not possible");
    seat.line("merge 1051");
    seat.says_that("merge is not possible");
    assert!(seat.sent.is_empty() && seat.row(1050).assignee.is_none(), "not even claimed for the reply");
    // Where tickets cannot be taken, a reply goes without.
    seat.app.world.support.remove(&Verb::Reply);
    seat.app.world.support.insert(Verb::Claim, Support::Impossible { why });
    seat.keys("r");
    assert!(seat.app.composer.is_some() && seat.sent.is_empty());
}

#[test]
fn the_split_screen_says_how_this_desk_does_it() {
    let mut seat = Seat::new();
    let how = "the chosen messages are copied into a new ticket with their authors and times, nobody is mailed, and the old \
               ticket keeps them with a note that names the new one";
    seat.app.world.support.insert(Verb::Split, Support::Emulated { how: Clean::line(how) });
    seat.at(1050);
    seat.keys("s");
    seat.sees("on this desk: the chosen messages are copied");
    seat.sees("a note that names the new one");
}

#[test]
fn a_selection_is_spread_over_those_who_are_here() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.press("a");
    seat.sees_not("spread");
    seat.keys("<Esc>");
    let first = seat.list().iter().position(|i| *i == 1050).unwrap();
    let three: Vec<i64> = seat.list()[first..first + 3].to_vec();
    // Kei is away and holds nothing; Alma holds least of the others until she has more than Taro, who comes behind her.
    let world = &mut seat.app.world;
    for (login, load) in [("mika", 5), ("taro", 3), ("jo", 9), ("alma", 2), ("kei", 0)] {
        world.agents.iter_mut().filter(|a| a.login.as_str() == login).for_each(|a| a.load.load = load);
    }
    seat.press("3a");
    seat.sees("spread over those who are here");
    seat.keys("spread<CR>");
    let to: Vec<&str> =
        three.iter().map(|id| seat.row(*id).assignee.as_ref().map_or("-", |a| a.login.as_str())).collect();
    assert_eq!(to, ["alma", "alma", "taro"]);
}
