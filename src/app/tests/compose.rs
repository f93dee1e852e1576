//! Replies, notes, drafts: no path loses a text, none answers twice.

use super::{Looks, Seat, t};
use crate::domain::{Change, DeskError, DraftKind, Status};
use crate::model::{Effect, Event};
use crate::text::Clean;

/// A reply to #1053, which is mine, with a text typed.
fn replying(text: &str) -> Seat {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("r");
    assert!(seat.draft().is_some(), "{}", seat.screen());
    seat.keys(&text.replace(' ', "<Space>"));
    seat
}

/// A reply on its way that the desk will hold back: the customer wrote, and the news of it did not come.
fn overtaken() -> Seat {
    let mut seat = replying("We are on it.");
    seat.keys("<Esc>");
    seat.line("send");
    seat.customer_writes(1053, "Never mind, it came.", false);
    seat
}

fn replies(seat: &Seat) -> Vec<&str> {
    let text = |c: &Change| match c {
        Change::Reply { .. } => Some("reply"),
        Change::Note { .. } => Some("note"),
        _ => None,
    };
    seat.sent.iter().filter_map(text).collect()
}

#[test]
fn a_reply_on_an_unassigned_ticket_claims_it_first() {
    let mut seat = Seat::new();
    seat.at(1050);
    seat.keys("r");
    assert_eq!(seat.sent, vec![Change::Claim { ticket: t(1050) }]);
    assert_eq!(seat.draft().unwrap().kind, DraftKind::Reply);
    seat.sees("INSERT");
}

#[test]
fn a_reply_on_a_held_ticket_names_the_holder_and_offers_a_note() {
    let mut seat = Seat::new();
    seat.at(1037);
    seat.keys("r");
    assert!(seat.draft().is_none());
    seat.sees("Mika Kato");
    seat.keys("<CR>");
    assert!(seat.draft().is_none() && seat.sent.is_empty());
    seat.keys("r");
    seat.keys("i");
    assert_eq!(seat.draft().unwrap().kind, DraftKind::Note);
    assert!(seat.sent.is_empty());
}

#[test]
fn an_empty_text_is_not_sent() {
    let mut seat = replying("");
    seat.keys("<Esc>ZZ");
    seat.says_that("no text");
    assert!(seat.draft().is_some());
}

#[test]
fn the_send_card_waits_until_it_was_drawn() {
    let mut seat = replying("We are on it.");
    // One burst: the `y` was typed before the card could be read.
    seat.keys("<Esc>ZZy");
    seat.sees("Send this reply?");
    assert!(seat.draft().is_some());
    seat.keys("e");
    assert!(seat.draft().is_some());
    seat.sees_not("Send this reply?");
    seat.keys("ZZ");
    seat.keys("y");
    assert!(seat.draft().is_none());
    seat.says_that("leaves in 10s");
}

#[test]
fn each_answer_of_the_send_card() {
    for (key, status) in [("y", Status::Open), ("w", Status::Waiting), ("r", Status::Resolved)] {
        let mut seat = replying("We are on it.");
        seat.keys("<Esc>ZZ");
        seat.keys(key);
        assert!(replies(&seat).is_empty(), "it is in its undo window");
        seat.wait(11_000);
        assert_eq!(replies(&seat), ["reply"]);
        assert_eq!(seat.row(1053).status, status);
        assert!(seat.disk.is_empty(), "{:?}", seat.disk);
    }
    let mut seat = replying("We are on it.");
    seat.keys("<Esc>ZZ");
    seat.keys("q");
    assert!(seat.draft().is_none());
    assert_eq!(seat.disk.len(), 1);
    seat.wait(11_000);
    assert!(replies(&seat).is_empty());
}

#[test]
fn the_card_warns_of_a_missing_file_and_another_name() {
    let mut seat = replying("Dear Anna, the invoice is attached.");
    seat.keys("<Esc>ZZ");
    seat.sees("speaks of an attachment");
    seat.sees("salutation says Anna");
}

#[test]
fn a_reply_can_be_unsent_within_its_window_and_comes_back_whole() {
    let mut seat = replying("We are on it.");
    seat.keys("<Esc>");
    seat.line("send");
    assert!(seat.draft().is_none());
    seat.sees("1 leaves in");
    seat.wait(4000);
    seat.sees("leaves in 6");
    seat.keys("U");
    let draft = seat.draft().expect("the text is back");
    assert_eq!(draft.text, "We are on it.");
    assert!(draft.to.contains("ben@example.net"), "{draft:?}");
    assert_eq!(draft.subject, "Second invoice, please");
    seat.says_that("taken back");
    seat.wait(20_000);
    assert!(replies(&seat).is_empty());
    assert_eq!(seat.disk.len(), 1, "one text, one draft");
    // And it can go again, without being held back for what its author had seen.
    seat.keys("<Esc>");
    seat.line("send");
    seat.wait(11_000);
    assert_eq!(replies(&seat), ["reply"]);
    assert!(seat.disk.is_empty());
}

#[test]
fn what_left_cannot_be_unsent() {
    let mut seat = replying("We are on it.");
    seat.keys("<Esc>");
    seat.line("send");
    seat.wait(11_000);
    seat.says_that("reply to #1053 sent");
    seat.keys("U");
    seat.says_that("no reply waits");
}

#[test]
fn a_reply_is_held_back_when_the_thread_moved_on() {
    for key in ["s", "i", "q", "e"] {
        let mut seat = overtaken();
        seat.wait(11_000);
        seat.sees("Held back");
        seat.sees("Never mind, it came.");
        assert_eq!(seat.draft().unwrap().text, "We are on it.");
        let before = seat.sent.len();
        seat.keys(key);
        match key {
            "s" => {
                seat.wait(11_000);
                let last = &seat.sent[before..];
                assert!(matches!(last, [Change::Reply { message, .. }] if message.force), "{last:?}");
                assert!(seat.disk.is_empty());
            }
            "i" => {
                let note = seat.draft().unwrap();
                assert_eq!((note.kind, note.text.as_str()), (DraftKind::Note, "We are on it."));
                assert_eq!(seat.disk.len(), 1);
                seat.keys("<Esc>ZZ");
                assert!(matches!(seat.sent.last(), Some(Change::Note { .. })));
            }
            "q" => {
                assert!(seat.draft().is_none());
                assert_eq!(seat.disk.len(), 1);
            }
            // What was shown on the card has been seen: the edited reply goes.
            _ => {
                seat.keys("<Esc>");
                seat.line("send");
                seat.wait(11_000);
                assert!(seat.draft().is_none(), "{}", seat.screen());
                assert_eq!(replies(&seat).len(), 2);
            }
        }
    }
}

#[test]
fn a_note_is_marked_internal_and_never_becomes_a_reply() {
    let mut seat = Seat::new();
    seat.at(1037);
    seat.keys("i");
    seat.sees("internal: the customer does not see this");
    seat.keys("Ask<Space>the<Space>bank<Esc>ZZ");
    assert!(matches!(seat.sent.as_slice(), [Change::Note { message, .. }] if message.to.is_empty()), "{:?}", seat.sent);
    seat.keys("i");
    seat.keys("more<Esc>");
    seat.line("q");
    seat.at_thread(1037);
    seat.keys("i");
    assert_eq!(seat.draft().unwrap().kind, DraftKind::Note);
    assert_eq!(seat.draft().unwrap().text, "more");
}

#[test]
fn typing_is_saved_by_a_deadline_and_not_by_a_pause() {
    let mut seat = replying("");
    seat.press("W");
    for _ in 0..9 {
        seat.wait(100);
        seat.press("e");
    }
    assert_eq!(seat.disk.len(), 1, "saved while typing went on");
    assert!(seat.disk.values().next().unwrap().text.starts_with("We"));
    seat.wait(1000);
    assert_eq!(seat.disk.values().next().unwrap().text, "Weeeeeeeee");
    seat.sees("draft saved");
}

#[test]
fn leaving_insert_mode_saves_at_once() {
    let mut seat = replying("Text");
    assert!(seat.disk.is_empty());
    seat.keys("<Esc>");
    assert_eq!(seat.disk.values().next().unwrap().text, "Text");
}

#[test]
fn a_draft_that_cannot_be_saved_is_said_at_once_and_tried_again() {
    let mut seat = replying("Text");
    seat.press("<Esc>");
    let id = seat.draft().unwrap().id;
    seat.out.clear();
    seat.tell(Event::DraftFailed { id, why: Clean::line("the disk is full") });
    seat.says_that("the disk is full");
    seat.sees("NOT SAVED");
    assert_eq!(seat.draft().unwrap().text, "Text");
    seat.wait(2000);
    assert_eq!(seat.disk.len(), 1, "tried again by itself");
    seat.sees_not("NOT SAVED");
}

/// A reply that was left while the disk was full.
fn unsaved() -> (Seat, String) {
    let mut seat = replying("Text");
    seat.press("<Esc>");
    let id = seat.draft().unwrap().id;
    seat.out.clear();
    seat.tell(Event::DraftFailed { id: id.clone(), why: Clean::line("the disk is full") });
    seat.press(":q<CR>");
    seat.out.clear();
    seat.tell(Event::DraftFailed { id: id.clone(), why: Clean::line("the disk is full") });
    (seat, id)
}

#[test]
fn a_text_that_could_not_be_saved_stays_when_the_drafts_are_read_again() {
    let (mut seat, id) = unsaved();
    seat.tell(Event::Drafts(Vec::new()));
    assert!(seat.app.drafts.iter().any(|row| row.draft.text == "Text"), "{:?}", seat.app.drafts);
    assert!(!seat.app.is_all_on_disk());
    let again = seat.app.save_typed();
    assert!(matches!(&again[..], [Effect::SaveDraft(draft)] if draft.text == "Text"), "{again:?}");
    seat.tell(Event::DraftSaved { id, at: seat.now });
    assert!(seat.app.is_all_on_disk());
}

#[test]
fn leaving_with_a_text_that_is_nowhere_else_is_asked_for() {
    let (mut seat, _) = unsaved();
    seat.press("ZZ");
    seat.sees("1 text is not on disk: leaving now loses it.");
    assert!(!seat.app.is_quitting());
    let again = seat.out.iter().any(|e| matches!(e, Effect::SaveDraft(draft) if draft.text == "Text"));
    assert!(again, "it is tried once more: {:?}", seat.out);
    seat.answer();
    seat.press("<Esc>");
    assert_eq!(seat.disk.len(), 1);
    seat.press("ZZ");
    assert!(seat.app.is_quitting(), "there was room again");
}

#[test]
fn a_text_that_could_not_be_saved_is_tried_again_as_soon_as_it_is_opened() {
    let (mut seat, id) = unsaved();
    seat.tell(Event::Drafts(Vec::new()));
    seat.press("gd<CR>");
    seat.answer();
    assert_eq!(seat.draft().unwrap().text, "Text");
    seat.wait(2000);
    assert_eq!(seat.disk.get(&id).map(|d| d.text.as_str()), Some("Text"));
    assert!(seat.app.is_all_on_disk());
}

#[test]
fn what_was_thrown_away_is_not_missed_on_disk() {
    let mut seat = replying("Text");
    seat.press("<Esc>");
    let id = seat.draft().unwrap().id;
    seat.out.clear();
    seat.press(":q!<CR>");
    seat.press("d");
    assert!(seat.draft().is_none(), "{}", seat.screen());
    seat.tell(Event::DraftFailed { id, why: Clean::line("the disk is full") });
    assert!(seat.app.is_all_on_disk(), "no change of desk is refused for it");
}

#[test]
fn drafts_of_two_tickets_stand_side_by_side() {
    let mut seat = replying("One");
    seat.keys("<Esc>");
    seat.line("q");
    seat.keys("q");
    seat.at(1022);
    seat.keys("r");
    seat.keys("Two<Esc>");
    seat.line("q");
    seat.keys("q");
    let mut texts: Vec<&str> = seat.disk.values().map(|d| d.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["One", "Two"]);
    seat.sees("2 drafts");
    assert!(seat.row_with("#1053").contains("draft"));
    seat.keys("gd");
    seat.sees("#1022");
    seat.keys("Second<CR>");
    assert_eq!(seat.draft().unwrap().text, "One");
}

#[test]
fn a_reply_and_a_note_on_one_ticket_are_two_drafts() {
    let mut seat = replying("Reply");
    seat.keys("<Esc>");
    seat.line("q");
    seat.keys("iNote<Esc>");
    seat.line("q");
    assert_eq!(seat.disk.len(), 2);
    seat.keys("r");
    assert_eq!(seat.draft().unwrap().text, "Reply");
}

#[test]
fn leaving_with_an_unsaved_text_saves_it() {
    for leave in ["<Esc>:q<CR>", "<Esc>:qa<CR>"] {
        let mut seat = replying("Text");
        seat.keys(leave);
        assert_eq!(seat.disk.values().next().map(|d| d.text.as_str()), Some("Text"), "{leave}");
    }
    let mut seat = replying("Text");
    seat.tell(Event::Terminate);
    let save = seat.out.iter().position(|e| matches!(e, Effect::SaveDraft(_))).unwrap();
    let quit = seat.out.iter().position(|e| *e == Effect::Quit).unwrap();
    assert!(save < quit && seat.app.is_quitting());
    let mut seat = replying("Text");
    seat.keys("<C-z>");
    assert_eq!(seat.disk.len(), 1);
}

#[test]
fn nothing_typed_leaves_nothing() {
    let mut seat = replying("");
    seat.keys("<Esc>");
    seat.line("q");
    assert!(seat.disk.is_empty() && seat.draft().is_none());
}

#[test]
fn throwing_a_text_away_asks_and_enter_keeps_it() {
    let mut seat = replying("Text");
    seat.keys("<Esc>");
    seat.line("q!");
    seat.sees("Throw this draft away?");
    seat.keys("<CR>");
    assert_eq!(seat.draft().unwrap().text, "Text");
    seat.line("q!");
    seat.keys("d");
    assert!(seat.draft().is_none() && seat.disk.is_empty());
}

#[test]
fn a_thread_known_to_have_moved_on_asks_before_it_sends() {
    let mut seat = replying("Text");
    seat.customer_writes(1053, "Never mind, it came.", true);
    for _ in 0..2 {
        seat.keys("<Esc>ZZ");
        seat.sees("Held back");
        seat.sees("Never mind, it came.");
        // "Send anyway" sends: to whom stands there as on the card that asks at other times.
        seat.sees("Files -");
        seat.keys("<CR>");
        seat.sees_not("Held back");
        seat.wait(11_000);
        assert!(replies(&seat).is_empty(), "Enter goes back to the text");
    }
    seat.keys("ZZ");
    seat.sees("Held back");
    seat.keys("s");
    seat.wait(11_000);
    assert!(matches!(seat.sent.last(), Some(Change::Reply { message, .. }) if message.force), "{:?}", seat.sent);
}

#[test]
fn a_reply_that_comes_back_does_not_take_the_keyboard() {
    let mut seat = overtaken();
    seat.wait(9_000);
    // The agent works on: the text waits among the drafts, and its key is said.
    seat.keys("hj");
    seat.wait(1_500);
    assert!(seat.draft().is_none(), "{}", seat.screen());
    seat.says_that("goes on");
    assert_eq!(seat.disk.len(), 1);
    seat.keys("s");
    assert_eq!(replies(&seat).len(), 1, "no key sends it");
}

#[test]
fn a_reply_that_comes_back_takes_no_other_text_away() {
    let mut seat = overtaken();
    seat.keys("h");
    seat.at(1054);
    seat.keys("iother<Space>words");
    // No key for long: but a text is open, and the next key is meant for it.
    seat.wait(11_000);
    assert_eq!(seat.draft().unwrap().text, "other words", "{}", seat.screen());
    seat.sees_not("Held back");
    seat.keys("!");
    assert_eq!(seat.draft().unwrap().text, "other words!");
    assert!(seat.app.drafts.iter().any(|row| row.draft.text == "We are on it."), "{:?}", seat.app.drafts);
}

#[test]
fn what_comes_uninvited_takes_no_key_at_once() {
    let mut seat = overtaken();
    seat.wait(10_000);
    seat.sees("Held back");
    let before = seat.sent.len();
    seat.keys("s");
    seat.sees("Held back");
    seat.wait(1_000);
    seat.keys("s");
    seat.wait(11_000);
    assert!(matches!(&seat.sent[before..], [Change::Reply { message, .. }] if message.force), "{:?}", seat.sent);
}

#[test]
fn news_while_composing_are_said_above_the_text() {
    let mut seat = replying("Text");
    seat.customer_writes(1053, "One more thing", true);
    seat.sees("wrote meanwhile, 1 line");
    seat.keys("<Esc><C-w>k");
    seat.sees_not("wrote meanwhile");
    seat.sees("One more thing");
    seat.keys("<C-w>j");
    seat.line("send");
    seat.wait(11_000);
    assert_eq!(replies(&seat), ["reply"]);
    assert!(seat.draft().is_none(), "what was read does not hold the reply back");
}

#[test]
fn a_full_disk_gives_the_text_back_once() {
    let mut seat = replying("Text");
    seat.press("<Esc>");
    seat.answer();
    seat.press(":send<CR>");
    let submit = seat.out.iter().find_map(|e| match e {
        Effect::Submit { changes, .. } => changes.first().cloned(),
        _ => None,
    });
    let (id, change) = submit.map(|(id, change)| (id, Box::new(change))).unwrap();
    seat.out.clear();
    seat.tell(Event::NotAccepted { id, change, why: Clean::line("no space left on device") });
    seat.answer();
    seat.says_that("no space left");
    assert_eq!(seat.draft().unwrap().text, "Text");
    assert_eq!(seat.app.drafts.len(), 1, "one text, one draft: {:?}", seat.app.drafts);
    seat.wait(20_000);
    assert!(seat.sent.is_empty());
}

#[test]
fn a_refused_text_stays_in_the_outbox_until_it_is_a_draft_on_disk() {
    let mut seat = replying("Text");
    seat.press("<Esc>");
    seat.answer();
    seat.press(":send<CR>");
    let submit = seat.out.iter().find_map(|e| match e {
        Effect::Submit { changes, .. } => changes.first().cloned(),
        _ => None,
    });
    let (id, change) = submit.unwrap();
    seat.out.clear();
    seat.tell(Event::Accepted(id.clone()));
    let error = DeskError::Denied { why: Clean::line("no") };
    seat.tell(Event::Refused { id: id.clone(), change: Box::new(change), error });
    let drops = |seat: &Seat| seat.out.iter().filter(|e| **e == Effect::OutboxDrop(id.clone())).count();
    let draft = seat.draft().unwrap().id;
    seat.tell(Event::DraftFailed { id: draft.clone(), why: Clean::line("the disk is full") });
    assert_eq!(drops(&seat), 0, "the text would be nowhere but on this screen");
    seat.tell(Event::DraftSaved { id: draft.clone(), at: seat.now });
    assert_eq!(drops(&seat), 1);
    seat.tell(Event::DraftSaved { id: draft, at: seat.now });
    assert_eq!(drops(&seat), 1, "once");
}

#[test]
fn a_new_ticket_says_what_lacks() {
    let mut seat = Seat::new();
    seat.keys("g1o");
    seat.keys("<Esc><Esc>ZZ");
    seat.says_that("needs this first");
    let keys = "ann@example.net<CR>A subject<CR>iText<Esc>ZZ";
    seat.keys(keys);
    assert!(matches!(seat.sent.as_slice(), [Change::New(new)] if new.subject == "A subject"), "{}", seat.screen());
    seat.says_that("opened #");
}

#[test]
fn a_refused_new_ticket_goes_by_its_subject() {
    let mut seat = Seat::new();
    seat.keys("g1o");
    seat.press("ann@example.net<CR>A subject<CR>Text<Esc>ZZ");
    let at = seat.out.iter().position(|e| matches!(e, Effect::Submit { .. })).unwrap();
    let Effect::Submit { mut changes, .. } = seat.out.remove(at) else { unreachable!() };
    let (id, change) = changes.remove(0);
    seat.tell(Event::Waiting {
        id: id.clone(),
        error: DeskError::Unreachable { why: "no line".into(), maybe_done: false },
    });
    seat.says_that("A subject");
    seat.tell(Event::Refused { id, change: Box::new(change), error: DeskError::Denied { why: "not yours".into() } });
    seat.answer();
    seat.says_that("A subject: ");
    assert!(!seat.says().contains('#'), "{}", seat.says());
    assert_eq!(seat.draft().unwrap().text, "Text", "and its text is back");
}

#[test]
fn a_number_finds_a_draft_by_its_ticket() {
    let mut seat = replying("One");
    seat.keys("<Esc>:q<CR>q");
    seat.at(1022);
    seat.keys("iTwo<Esc>");
    seat.keys(":q<CR>q");
    assert_eq!(seat.disk.len(), 2);
    seat.keys("gd");
    seat.keys("1022<CR>");
    assert_eq!(seat.draft().unwrap().text, "Two", "{}", seat.screen());
}

#[test]
fn a_draft_of_an_earlier_process_is_offered() {
    let mut seat = replying("Left behind");
    seat.keys("<Esc>");
    let draft = seat.disk.values().next().unwrap().clone();
    let mut seat = Seat::started(Looks::default(), false);
    seat.disk.insert(draft.id.clone(), draft);
    seat.answer();
    seat.says_that("unsent #1053, 11 chars");
    seat.says_that("gd");
    seat.keys("gd<CR>");
    assert_eq!(seat.draft().unwrap().text, "Left behind");
}

#[test]
fn others_hear_that_i_write_and_stop() {
    let mut seat = replying("Text");
    assert!(seat.wished.iter().any(|e| matches!(e, Effect::Writing { on: true, .. })));
    seat.keys("<Esc>");
    seat.line("q");
    assert!(seat.wished.iter().any(|e| matches!(e, Effect::Writing { on: false, .. })));
}

#[test]
fn a_reply_to_all_names_the_others_and_a_reply_says_who_is_left_out() {
    let mut seat = Seat::new();
    seat.at(1053);
    seat.keys("r");
    seat.sees("Cc 1 left out");
    seat.keys("<Esc>");
    seat.line("q");
    seat.keys("R");
    assert!(seat.draft().unwrap().cc.contains("ann@example.net"));
}

/// A reply to #1053 that another living process has open; the screen has just begun.
fn open_elsewhere() -> Seat {
    let mut seat = replying("Left behind");
    seat.keys("<Esc>");
    let mut draft = seat.disk.values().next().unwrap().clone();
    "elsewhere".clone_into(&mut draft.id);
    let mut seat = Seat::started(Looks::default(), false);
    seat.others.insert(draft.id.clone(), "pts/3".to_owned());
    seat.disk.insert(draft.id.clone(), draft);
    seat.answer();
    seat
}

#[test]
fn a_draft_that_is_open_elsewhere_is_offered_and_taken_over() {
    let mut seat = open_elsewhere();
    seat.says_that("unsent #1053, 11 chars");
    seat.says_that("open in pts/3 · t take over");
    seat.keys("t");
    assert_eq!(seat.draft().unwrap().text, "Left behind");
    assert!(seat.others.is_empty(), "it is ours now");
}

#[test]
fn a_key_that_comes_later_does_not_take_a_draft_over() {
    let mut seat = open_elsewhere();
    seat.keys("j");
    seat.keys("t");
    assert!(seat.draft().is_none());
    assert_eq!(seat.others.len(), 1);
}

#[test]
fn the_list_says_where_a_draft_is_open() {
    let mut seat = open_elsewhere();
    seat.keys("gd");
    seat.sees("open in pts/3");
    seat.keys("<CR>");
    assert_eq!(seat.draft().unwrap().text, "Left behind");
    assert!(seat.others.is_empty());
}

#[test]
fn a_second_reply_is_asked_for_when_one_is_open_elsewhere() {
    for (key, text) in [("q", None), ("t", Some("Left behind")), ("n", Some(""))] {
        let mut seat = open_elsewhere();
        seat.at(1053);
        seat.keys("r");
        seat.sees("open in pts/3");
        assert!(seat.draft().is_none());
        seat.keys(key);
        assert_eq!(seat.draft().map(|d| d.text).as_deref(), text, "{key}: {}", seat.screen());
    }
}

#[test]
fn a_draft_begun_elsewhere_meanwhile_is_found() {
    let mut seat = replying("Left behind");
    seat.keys("<Esc>");
    let mut draft = seat.disk.values().next().unwrap().clone();
    "elsewhere".clone_into(&mut draft.id);
    // Still alive there.
    let mut seat = Seat::new();
    seat.others.insert(draft.id.clone(), "pts/3".to_owned());
    seat.disk.insert(draft.id.clone(), draft.clone());
    seat.at(1053);
    seat.keys("r");
    seat.sees("open in pts/3");
    // The composer stands already: what is typed next must not answer a card.
    seat.keys("tn");
    assert_eq!(seat.draft().unwrap().text, "tn");
    // Left behind there.
    let mut seat = Seat::new();
    seat.disk.insert(draft.id.clone(), draft.clone());
    seat.at(1053);
    seat.keys("r");
    assert_eq!(seat.draft().unwrap().text, "Left behind");
    // Typed already: both are kept, and it is said.
    let mut seat = Seat::new();
    seat.others.insert(draft.id.clone(), "pts/3".to_owned());
    seat.disk.insert(draft.id.clone(), draft);
    seat.at(1053);
    seat.keys("rMine");
    assert_eq!(seat.draft().unwrap().text, "Mine");
    seat.says_that("open in pts/3");
    seat.wait(1000);
    assert_eq!(seat.disk.len(), 2);
}

#[test]
fn a_draft_that_was_taken_over_turns_read_only_and_loses_nothing() {
    let mut seat = replying("Text");
    seat.wait(1000);
    let id = seat.draft().unwrap().id;
    // Somebody takes it over; what is typed after that was never in it.
    seat.others.insert(id.clone(), "pts/4".to_owned());
    seat.press(" more");
    seat.wait(1000);
    seat.sees("open in pts/4 now, read only here");
    assert_eq!(seat.disk[&id].text, "Text", "never written over the other's");
    let beside: Vec<&str> = seat.disk.values().filter(|d| d.id != id).map(|d| d.text.as_str()).collect();
    assert_eq!(beside, ["Text more"]);
    // Whoever types on without looking does nothing at all.
    seat.keys("that");
    seat.says_that("read only");
    assert_eq!(seat.draft().unwrap().text, "Text more");
    assert!(seat.others.contains_key(&id));
    seat.keys("<Esc>ZZ");
    seat.line("send");
    seat.wait(11_000);
    assert!(replies(&seat).is_empty());
    // Taken back.
    seat.keys("<Esc>t");
    assert!(seat.others.is_empty());
    assert_eq!(seat.draft().unwrap().text, "Text");
    seat.sees_not("read only");
    seat.keys("!");
    seat.wait(1000);
    assert_eq!(seat.disk[&id].text, "Text!");
    assert_eq!(seat.disk.len(), 2);
}

#[test]
fn a_draft_that_was_taken_over_is_noticed_without_a_key() {
    let mut seat = replying("Text");
    seat.wait(2000);
    let id = seat.draft().unwrap().id;
    seat.others.insert(id, "pts/4".to_owned());
    seat.wait(1100);
    seat.sees("open in pts/4 now, read only here");
    assert_eq!(seat.disk.len(), 1, "nothing was typed: nothing is kept beside it");
    seat.keys("<Esc>:q<CR>");
    assert!(seat.draft().is_none());
    assert_eq!(seat.disk.len(), 1);
}

#[test]
fn a_draft_that_was_sent_elsewhere_does_not_come_back() {
    let mut seat = replying("Text");
    seat.wait(2000);
    seat.disk.clear();
    seat.wait(1100);
    seat.sees("sent or thrown away in another client");
    seat.keys("<Esc>:q<CR>");
    assert!(seat.draft().is_none() && seat.disk.is_empty());
}

#[test]
fn without_a_composer_nobody_looks_at_the_disk() {
    let mut seat = replying("Text");
    seat.wait(3000);
    assert!(seat.wished.iter().any(|e| matches!(e, Effect::WatchDraft(_))));
    seat.keys("<Esc>:q<CR>");
    seat.wait(2000);
    seat.wished.clear();
    seat.wait(60_000);
    assert!(seat.wished.is_empty(), "{:?}", seat.wished);
}

#[test]
fn a_draft_says_that_its_thread_moved_on() {
    let mut seat = replying("Text");
    seat.keys("<Esc>:q<CR>q");
    seat.customer_writes(1053, "Never mind", true);
    seat.keys("gd");
    seat.sees("thread moved on");
    seat.keys("<CR>");
    seat.sees("wrote meanwhile, 1 line");
}

#[test]
fn a_draft_follows_its_ticket_into_another_one() {
    let mut seat = replying("Text");
    seat.keys("<Esc>:q<CR>q");
    seat.merge(1053, 1022);
    seat.keys("gd<CR>");
    seat.says_that("#1053 was merged into #1022");
    assert_eq!(seat.draft().map(|d| (d.text, d.ticket)), Some(("Text".to_owned(), Some(t(1022)))));
    seat.keys("<Esc>");
    assert_eq!(seat.disk.len(), 1);
    assert_eq!(seat.disk.values().next().unwrap().ticket, Some(t(1022)));
}
