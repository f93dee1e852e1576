//! Reading, splitting, merging, and where one goes from there.

use super::{Looks, NOW, Seat, t};
use crate::action::{Action, Context};
use crate::domain::{Change, DeskError, Pick, Split};
use crate::keymap::{EMBEDDED, Keymap};
use crate::model::{Effect, Event};
use crate::text::Clean;

/// #1050 opened.
fn reading() -> Seat {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("<CR>");
    seat
}

fn splits(seat: &Seat) -> Vec<&Split> {
    seat.sent.iter().filter_map(|c| if let Change::Split(split) = c { Some(split) } else { None }).collect()
}

#[test]
fn opening_asks_once_and_reads() {
    let seat = reading();
    let reads: Vec<_> = seat.wished.iter().filter(|e| matches!(e, Effect::Thread { reading: true, .. })).collect();
    assert_eq!(reads.len(), 1);
    seat.sees("Any news on the parcel?");
}

#[test]
fn a_preview_does_not_count_as_reading() {
    let mut seat = Seat::new();
    seat.keys("j");
    seat.keys("j");
    assert!(!seat.wished.iter().any(|e| matches!(e, Effect::Thread { .. })), "not on each key");
    seat.wait(200);
    let asked: Vec<_> = seat.wished.iter().filter(|e| matches!(e, Effect::Thread { .. })).collect();
    assert!(matches!(asked.as_slice(), [Effect::Thread { reading: false, .. }]), "{asked:?}");
}

/// Foreign desks send no preview with the main screen: it said "loading" until the cursor was moved.
#[test]
fn the_first_row_is_previewed_also_where_the_desk_sends_no_preview() {
    for kept_first in [false, true] {
        let mut seat = Seat::started(Looks::default(), false);
        let asked = std::mem::take(&mut seat.out);
        let Some(Effect::Open(query)) = asked.into_iter().find(|e| matches!(e, Effect::Open(_))) else { panic!() };
        let mut view = seat.view.clone();
        view.tickets = seat.found(&query);
        let opened = |kept| Event::Opened { query: query.clone(), kept, result: Ok(Box::new(view.clone())) };
        if kept_first {
            seat.tell(opened(Some(NOW)));
            seat.wait(1000);
            assert!(!seat.wished.iter().any(|e| matches!(e, Effect::Thread { .. })), "the desk has not answered yet");
        }
        seat.tell(opened(None));
        seat.screen();
        seat.sees("loading");
        seat.wait(1000);
        let asked: Vec<_> = seat.wished.iter().filter(|e| matches!(e, Effect::Thread { .. })).collect();
        assert!(matches!(asked.as_slice(), [Effect::Thread { reading: false, .. }]), "{asked:?}");
        seat.sees("Any news on the parcel?");
    }
}

/// An empty line between two topics is no topic: it made a ticket of nothing, and the preview showed the line behind it.
#[test]
fn lines_without_words_make_no_ticket() {
    let mut seat = reading();
    seat.keys("ggjjvs");
    seat.says_that("Nothing is written in these lines");
    assert!(splits(&seat).is_empty());
    // With the line behind it that is one.
    seat.keys("js");
    seat.sees("[~] 1");
    seat.sees("I was charged twice");
}

#[test]
fn what_the_desk_adds_is_said() {
    let mut seat = reading();
    seat.remark = Some(Clean::line("photo.png was not carried over"));
    seat.keys("ggVsy");
    seat.says_that("#1050 split: #3000 is new · u undo · photo.png was not carried over");
}

#[test]
fn a_split_moves_exactly_the_chosen_messages() {
    let mut seat = reading();
    seat.keys("ggVs");
    seat.sees("[x] 1");
    seat.sees("▌[x]");
    seat.sees("[ ] 3");
    seat.keys("es");
    seat.keys("<C-u>Delivery address<CR>");
    seat.sees("Delivery address");
    assert!(splits(&seat).is_empty());
    seat.keys("y");
    let split = splits(&seat)[0].clone();
    assert_eq!(split.ticket, t(1050));
    assert_eq!(split.pick, Pick::Messages(vec![10501.into()]));
    assert_eq!(split.subject.as_deref(), Some("Delivery address"));
    seat.says_that("#1050 split: #3000 is new");
    seat.keys("<C-^>");
    assert_eq!(seat.here(), 3000, "the other half is one key away");
    seat.keys("<C-^>");
    assert_eq!(seat.here(), 1050);
}

#[test]
fn a_split_of_lines_copies_those_lines() {
    let mut seat = reading();
    seat.keys("gg/charged<CR>vjs");
    seat.sees("[~] 1");
    seat.keys("y");
    let Pick::Lines(excerpt) = &splits(&seat)[0].pick else { panic!("{:?}", seat.sent) };
    assert_eq!(excerpt.message, 10501.into());
    assert_eq!(excerpt.lines, (3, 4));
}

#[test]
fn all_messages_or_none_are_no_split() {
    let mut seat = reading();
    seat.keys("s");
    seat.keys("y");
    assert!(splits(&seat).is_empty());
    seat.keys("<Space><Space><Space>");
    seat.keys("y");
    assert!(splits(&seat).is_empty());
    assert!(!seat.says().is_empty(), "it says why");
    seat.keys("q");
    seat.sees("Any news on the parcel?");
}

#[test]
fn lines_of_two_messages_are_no_split() {
    let mut seat = reading();
    seat.keys("gg/charged<CR>vGs");
    assert!(!seat.says().is_empty());
    seat.sees_not("[x]");
    assert!(splits(&seat).is_empty());
}

#[test]
fn the_new_half_can_have_another_queue_holder_and_labels() {
    let mut seat = reading();
    seat.keys("ggVs");
    seat.keys("eq");
    seat.keys("返品<CR>");
    seat.keys("a");
    seat.keys("taro<CR>");
    seat.line("label +second");
    assert!(seat.sent.is_empty(), "nothing happens to the source: {:?}", seat.sent);
    seat.sees("second");
    seat.keys("y");
    let split = splits(&seat)[0];
    assert_eq!(split.queue, Some(4.into()));
    assert_eq!(split.assignee, Some(Some(2.into())));
    assert_eq!(split.labels.as_ref().unwrap()[0].as_str(), "second");
}

#[test]
fn every_key_of_the_split_screen_does_something() {
    for (name, ..) in EMBEDDED {
        let keys = Keymap::load(name, None).unwrap();
        let here = keys.rows().iter().filter(|r| r.context == Context::Split).map(|r| r.action.clone());
        let paging = [Action::HalfDown, Action::HalfUp, Action::PageDown, Action::PageUp];
        for action in here.chain(paging) {
            let mut seat = reading();
            seat.keys("ggVs");
            seat.app.act(&action, None);
            assert_ne!(seat.says(), seat.app.words.verbs.not_here, "{name}: {action:?}");
            assert!(seat.app.stage != crate::app::Stage::Split || seat.sent.is_empty(), "the source is left alone");
        }
    }
}

#[test]
fn the_split_screen_is_not_visual_mode() {
    let mut seat = reading();
    seat.keys("ggV");
    seat.sees("VISUAL");
    seat.keys("s");
    seat.sees_not("VISUAL");
    seat.sees("NORMAL");
}

/// #1050 opened, its thread not here yet.
fn opening() -> Seat {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.press("l");
    seat
}

#[test]
fn keys_typed_ahead_of_a_thread_wait_for_it() {
    // The newest message is at the top; lines 1 and 2 of its text are below its head.
    let mut there = reading();
    there.keys("vjjs");
    there.keys("y");
    let mut seat = opening();
    seat.press("vjj");
    seat.says_that("your keys wait");
    seat.press("s");
    seat.sees("loading");
    seat.press("y");
    assert!(seat.sent.is_empty() && seat.says().contains("loading"), "what is not seen is not confirmed");
    seat.answer();
    seat.sees("[~]");
    seat.keys("y");
    assert_eq!(splits(&seat), splits(&there));
    assert_eq!(splits(&seat).len(), 1);

    // On the split screen too.
    let mut seat = opening();
    seat.press("s<Down><Space>eq");
    seat.press("返品<CR>");
    seat.answer();
    seat.keys("y");
    assert_eq!(splits(&seat)[0].pick, Pick::Messages(vec![10502.into()]));
    assert_eq!(splits(&seat)[0].queue, Some(4.into()));
}

#[test]
fn what_needs_no_thread_does_not_wait_and_what_waits_can_be_dropped() {
    let mut seat = opening();
    seat.press("vjc");
    assert!(seat.out.iter().any(|e| matches!(e, Effect::Submit { .. })), "a claim is made at once");
    seat.press("<Esc>");
    seat.answer();
    assert!(!seat.app.thread.is_selecting(), "dropped");

    let mut seat = opening();
    seat.press("v");
    seat.out.retain(|e| !matches!(e, Effect::Thread { .. }));
    seat.tell(Event::Thread {
        ticket: t(1050),
        kept: None,
        result: Err(DeskError::Unreachable { why: "no line".into(), maybe_done: false }),
    });
    seat.keys("q");
    seat.keys("l");
    assert!(!seat.app.thread.is_selecting(), "keys do not wait for another try");

    let mut seat = opening();
    seat.press("v");
    seat.press("q");
    seat.at(1053);
    seat.keys("l");
    assert!(!seat.app.thread.is_selecting(), "nor for another ticket");

    let mut seat = opening();
    seat.press("ym");
    seat.says_that("loading");
}

#[test]
fn lines_of_two_messages_are_no_split_when_typed_ahead_either() {
    let mut seat = opening();
    seat.press("ggvGs");
    seat.answer();
    seat.says_that("Lines of several messages");
    seat.sees("Any news on the parcel?");
}

#[test]
fn a_merge_names_both() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("M");
    seat.sees("Merge into");
    seat.sees("#1051");
    seat.keys("1051<CR>");
    assert_eq!(seat.sent, vec![Change::Merge { ticket: t(1050), into: t(1051) }]);
    seat.says_that("#1050 merged into #1051");
    assert!(!seat.list().contains(&1050));
}

#[test]
fn the_customers_tickets_by_key() {
    let mut seat = reading();
    seat.keys("t");
    seat.sees("#1051");
    seat.sees("Double charge on my card");
    seat.keys("q");
    seat.keys("q");
    seat.at(1050);
    seat.keys("*");
    assert!(seat.list().contains(&1051) && !seat.list().contains(&1042), "{:?}", seat.list());
}

#[test]
fn the_ticket_before_is_one_key_away() {
    let mut seat = reading();
    seat.keys("q");
    seat.at(1051);
    seat.keys("<CR>");
    seat.keys("<C-^>");
    assert_eq!(seat.here(), 1050);
    seat.keys("<C-^>");
    assert_eq!(seat.here(), 1051);
}

#[test]
fn search_in_list_and_thread() {
    let mut seat = Seat::new();
    seat.keys("gg/parcel<CR>");
    let first = seat.here();
    seat.keys("n");
    let second = seat.here();
    assert_ne!(first, second);
    seat.keys("N");
    assert_eq!(seat.here(), first);
    seat.keys("/zebra<CR>");
    seat.says_that("zebra");
    seat.at(1050);
    seat.keys("<CR>gg/order<CR>");
    seat.keys("nn");
    seat.keys("/zebra<CR>");
    seat.says_that("is not in here");
}

#[test]
fn links_and_files_by_number() {
    let mut seat = reading();
    seat.press("1gx");
    assert!(seat.out.iter().any(|e| matches!(e, Effect::OpenUrl(u) if u.contains("/o/5512"))), "{:?}", seat.out);
    seat.answer();
    seat.press("2gf");
    assert!(
        matches!(&seat.out[..], [Effect::SaveAttachment { open: true, name, .. }] if name.as_str() == "領収書.pdf")
    );
    seat.answer();
    seat.press("gf");
    seat.says_that("Which one? 1gf to 2gf");
    seat.press("gF");
    assert_eq!(seat.out.len(), 2);
}

#[test]
fn yanking() {
    let mut seat = Seat::new();
    seat.at(1050);
    for (keys, text) in [("yy", "1050"), ("yu", "shop:1050")] {
        seat.press(keys);
        assert!(matches!(&seat.out[..], [Effect::Yank { text: t, .. }] if t.as_str() == text), "{:?}", seat.out);
        seat.answer();
        seat.says_that("copied");
    }
    seat.keys("<CR>G");
    seat.press("ym");
    assert!(matches!(&seat.out[..], [Effect::Yank { text, .. }] if text.contains("Any news")), "{:?}", seat.out);
}

#[test]
fn quotes_fold_and_unfold() {
    let mut seat = reading();
    seat.keys("G");
    seat.sees("quoted lines");
    seat.sees_not("See the link.");
    seat.keys("za");
    seat.sees("See the link.");
    seat.keys("zM");
    seat.sees_not("See the link.");
    seat.keys("zR");
    seat.sees("See the link.");
}

#[test]
fn a_key_on_the_list_beside_an_open_ticket_means_the_row_under_the_cursor() {
    let mut seat = reading();
    seat.keys("<Tab>");
    while seat.app.focus != crate::app::layout::Focus::List {
        seat.keys("<Tab>");
    }
    seat.keys("j");
    let under = seat.app.tickets.current().unwrap();
    assert_ne!(under, t(1050));
    seat.keys("Sw");
    assert!(matches!(&seat.sent[..], [Change::Status { ticket, .. }] if *ticket == under), "{:?}", seat.sent);
}

/// Back in the list, on another row.
fn away(seat: &mut Seat) {
    seat.keys("q");
    seat.at(1053);
}

#[test]
fn what_came_since_it_was_read_begins_at_a_line_of_its_own() {
    let mut seat = reading();
    seat.sees_not("new since");
    away(&mut seat);
    seat.customer_writes(1050, "It has come.", true);
    seat.customer_writes(1050, "Thank you.", true);
    assert!(seat.row_with("#1050").contains("2 new"), "{}", seat.row_with("#1050"));
    seat.at(1050);
    seat.keys("<CR>");
    seat.sees("2 new since you read this");
    let screen = seat.screen();
    let at = |words: &str| screen.find(words).unwrap_or_else(|| panic!("no {words} in\n{screen}"));
    assert!(at("2 new since") < at("It has come.") && at("It has come.") < at("Thank you."), "{screen}");
    // What comes while it is open is read; the line stays where it was.
    seat.customer_writes(1050, "One more thing.", true);
    seat.sees("3 new since you read this");
    away(&mut seat);
    assert!(!seat.row_with("#1050").contains("new"), "{}", seat.row_with("#1050"));
    seat.at(1050);
    seat.keys("<CR>");
    seat.sees_not("new since");
}

#[test]
fn how_far_was_read_outlives_the_program() {
    let seat = reading();
    let read = |e: &Effect| if let Effect::Read(id, at) = e { Some((id.clone(), at.clone())) } else { None };
    let kept: Vec<_> = seat.wished.iter().filter_map(read).collect();
    assert_eq!(kept.len(), 1, "once, not with each key");
    let mut seat = Seat::new();
    seat.customer_writes(1050, "It has come.", true);
    assert!(!seat.row_with("#1050").contains("new"));
    seat.app.world.take_bookmarks(kept);
    assert!(seat.row_with("#1050").contains("1 new"), "{}", seat.row_with("#1050"));
    seat.at(1050);
    seat.keys("<CR>");
    seat.sees("1 new since you read this");
}

#[test]
fn ones_own_words_are_not_news() {
    let mut seat = reading();
    away(&mut seat);
    seat.customer_writes(1050, "It has come.", true);
    seat.at(1050);
    // Written from the list, and by another program of mine.
    seat.keys("i");
    seat.keys("Looked at it.<Esc>ZZ");
    assert!(matches!(seat.sent.last(), Some(Change::Note { .. })), "{:?}", seat.sent);
    away(&mut seat);
    assert!(!seat.row_with("#1050").contains("new"), "{}", seat.row_with("#1050"));
    let me = seat.app.world.my_id().cloned();
    seat.somebody_writes(1050, me, "From the shell.");
    assert!(!seat.row_with("#1050").contains("new"), "{}", seat.row_with("#1050"));
    seat.customer_writes(1050, "And now?", true);
    assert!(seat.row_with("#1050").contains("1 new"), "{}", seat.row_with("#1050"));
    seat.at(1050);
    seat.keys("<CR>");
    seat.sees("1 new since you read this");
}

#[test]
fn the_place_that_was_asked_for_is_gone_to_at_once_and_not_later() {
    let mut seat = reading();
    seat.keys("i");
    seat.keys("A note.<Esc>ZZ");
    // The row is still the one under the cursor: its thread stays on the screen.
    seat.keys("q");
    seat.customer_writes(1050, "It has come.", true);
    seat.keys("<CR>");
    seat.sees("1 new since you read this");
    seat.keys("gg");
    let at = seat.app.thread.current_message(&super::super::ctx!(seat.app)).map(|m| m.number);
    seat.keys("zR");
    assert_eq!(seat.app.thread.current_message(&super::super::ctx!(seat.app)).map(|m| m.number), at);
}

#[test]
fn an_own_change_does_not_hide_what_came_before_it() {
    let mut seat = reading();
    // A desk that is asked for news, and keeps no undo.
    seat.no_undo = true;
    seat.customer_writes(1050, "It has come.", false);
    seat.line("priority high");
    assert!(matches!(seat.sent.last(), Some(Change::Priority { .. })), "{:?}", seat.sent);
    let read = |seat: &Seat| seat.wished.iter().filter(|e| matches!(e, Effect::Read(..))).count();
    let before = read(&seat);
    let update = crate::domain::Update { ticket: Some(seat.row(1050).clone()), ..seat.news() };
    // The first try fails; it is made again when the desk is there.
    seat.press("gg");
    seat.tell(Event::Arrived(Box::new(update)));
    let asked = |seat: &mut Seat| {
        let asks = |e: &Effect| matches!(e, Effect::Thread { ticket, reading: true } if *ticket == t(1050));
        let any = seat.out.iter().any(asks);
        seat.out.retain(|e| !asks(e));
        any
    };
    assert!(asked(&mut seat));
    assert_eq!(read(&seat), before, "what is not here was not read");
    seat.tell(Event::Live);
    assert!(asked(&mut seat));
    seat.tell(Event::Live);
    seat.answer();
    seat.sees("· 1 new");
    assert!(!asked(&mut seat));
}

#[test]
fn a_desk_that_only_tells_that_something_happened_is_asked_what() {
    let mut seat = reading();
    seat.customer_writes(1050, "It has come.", false);
    let row = seat.row(1050).clone();
    let update = crate::domain::Update { ticket: Some(row), ..seat.news() };
    seat.tell(Event::Arrived(Box::new(update.clone())));
    seat.answer();
    seat.sees("… 3 · 1 new");
    seat.keys("]m");
    seat.sees("It has come.");
    // Once: the next look tells nothing newer.
    let before = seat.wished.iter().filter(|e| matches!(e, Effect::Thread { .. })).count();
    seat.tell(Event::Arrived(Box::new(update)));
    assert_eq!(seat.wished.iter().filter(|e| matches!(e, Effect::Thread { .. })).count(), before);
}
