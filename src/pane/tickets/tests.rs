//! The list's behaviour: places, ghosts, selection, filter, paging.

use std::collections::HashSet;

use ratatui::layout::Rect;

use super::*;
use crate::domain::{AgentRef, Status};
use crate::pane::desk_for_tests::{Desk, NOW};

fn list(desk: &Desk) -> Tickets {
    let mut list = Tickets::default();
    list.resize(Rect::new(0, 0, 94, 8), true);
    list.took_page(&Query::default(), None, desk.ids(), None, &desk.ctx());
    list
}

fn ids(list: &Tickets) -> Vec<String> {
    (0..list.len()).map(|i| list.entry(i).unwrap().id.to_string()).collect()
}

fn at(list: &Tickets) -> String {
    list.current().map(|id| id.to_string()).unwrap_or_default()
}

fn line(list: &Tickets) -> usize {
    list.cursor - list.top
}

fn press(list: &mut Tickets, desk: &Desk, action: Action) -> Vec<Effect> {
    match list.act(&action, None, &desk.ctx()) {
        Act::Done(effects) => effects,
        other => panic!("{other:?}"),
    }
}

#[test]
fn moves_with_counts_and_previews_only_at_rest() {
    let desk = Desk::many(40);
    let mut list = list(&desk);
    let first = press(&mut list, &desk, Action::Down);
    assert_eq!(first, [Effect::After(REST, Timer::Preview(2))]);
    let Act::Done(_) = list.act(&Action::Down, Some(5), &desk.ctx()) else { panic!() };
    assert_eq!((list.cursor, list.top), (6, 0));
    assert_eq!(list.rested(2), None, "the cursor went on");
    assert_eq!(list.rested(3), list.current());
    press(&mut list, &desk, Action::Bottom);
    assert_eq!((list.cursor, list.top), (39, 33));
    press(&mut list, &desk, Action::ScrollTop);
    assert_eq!(list.top, 39);
    list.act(&Action::Bottom, Some(3), &desk.ctx());
    assert_eq!(list.cursor, 2);
    assert!(press(&mut list, &desk, Action::Up).len() == 1);
    press(&mut list, &desk, Action::Top);
    assert!(press(&mut list, &desk, Action::Up).is_empty(), "nothing moved, nothing is wished for");
}

#[test]
fn the_cursor_keeps_its_ticket_and_its_line() {
    let mut desk = Desk::many(40);
    let mut list = list(&desk);
    list.act(&Action::Down, Some(20), &desk.ctx());
    let (ticket, row) = (at(&list), line(&list));
    // A late ticket arrives: it belongs on top.
    let id = desk.add(2001, |r| {
        r.late = true;
        r.due_at = Some(NOW);
    });
    list.settle(&id, false, &desk.ctx());
    assert_eq!(ids(&list)[0], "2001");
    assert_eq!((at(&list), line(&list)), (ticket.clone(), row));
    // One above leaves.
    let gone = list.entry(3).unwrap().id.clone();
    desk.change(&gone, |r| r.status = Status::Closed);
    list.settle(&gone, false, &desk.ctx());
    assert!(!ids(&list).contains(&gone.to_string()));
    assert_eq!((at(&list), line(&list)), (ticket, row));
}

#[test]
fn a_row_under_the_cursor_stays_as_a_ghost() {
    let mut desk = Desk::many(10);
    let mut list = list(&desk);
    list.show(View::Unassigned);
    list.took_page(&View::Unassigned.query(), None, desk.ids(), None, &desk.ctx());
    let id = list.current().unwrap();
    let mika = desk.agent(0);
    desk.change(&id, |r| r.assignee = Some(mika.clone()));
    list.settle(&id, false, &desk.ctx());
    assert_eq!(list.current(), Some(id.clone()));
    assert_eq!(list.entry(0).unwrap().ghost.as_ref().unwrap().as_str(), "taken by MK");
    press(&mut list, &desk, Action::Down);
    assert!(!ids(&list).contains(&id.to_string()));
    assert_eq!(list.cursor, 0, "the next ticket took its place");
}

#[test]
fn what_i_resolve_leaves_at_once_and_comes_back_when_refused() {
    let mut desk = Desk::many(10);
    let mut list = list(&desk);
    let (id, next) = (list.current().unwrap(), list.entry(1).unwrap().id.clone());
    let change = crate::domain::Change::Status { ticket: id.clone(), to: Status::Resolved };
    desk.pend(change);
    list.settle(&id, true, &desk.ctx());
    assert_eq!(list.current(), Some(next));
    desk.world.pending.clear();
    list.settle(&id, true, &desk.ctx());
    assert_eq!(ids(&list)[0], id.to_string());
}

#[test]
fn what_i_claim_stays_under_the_cursor() {
    let mut desk = Desk::many(10);
    let mut list = list(&desk);
    list.show(View::Unassigned);
    list.took_page(&View::Unassigned.query(), None, desk.ids(), None, &desk.ctx());
    let id = list.current().unwrap();
    let me = desk.agent(2);
    desk.change(&id, |r| r.assignee = Some(me.clone()));
    list.settle(&id, true, &desk.ctx());
    assert_eq!(list.current(), Some(id));
    assert_eq!(list.entry(0).unwrap().ghost.as_ref().unwrap().as_str(), "yours now");
}

#[test]
fn selection_by_range_and_by_row() {
    let desk = Desk::many(10);
    let mut list = list(&desk);
    assert_eq!(list.chosen(Some(3)).len(), 3);
    press(&mut list, &desk, Action::Select);
    list.act(&Action::Down, Some(2), &desk.ctx());
    assert_eq!(list.chosen(None).len(), 3);
    press(&mut list, &desk, Action::Select);
    list.act(&Action::Down, Some(3), &desk.ctx());
    press(&mut list, &desk, Action::Toggle);
    let want: Vec<TicketId> = [0, 1, 2, 5].iter().map(|i| list.entry(*i).unwrap().id.clone()).collect();
    assert_eq!(list.chosen(None), want);
    press(&mut list, &desk, Action::Cancel);
    assert!(!list.is_selecting());
    assert!(matches!(list.act(&Action::Cancel, None, &desk.ctx()), Act::Ignored));
}

#[test]
fn filters() {
    let desk = Desk::sample();
    let fits = |line: &str| -> Vec<String> {
        let filter = Filter::parse(line);
        let me = desk.world.my_id();
        let row = |id: &TicketId| desk.world.confirmed(id).unwrap().clone();
        desk.ids().iter().filter(|id| filter.fits(&row(id), me, NOW)).map(ToString::to_string).collect()
    };
    assert_eq!(fits("none"), ["1041", "1039", "1042"]);
    assert_eq!(fits("none <5m"), ["1042"]);
    assert_eq!(fits("@taro"), ["1030"]);
    assert_eq!(fits("label:billing"), ["1042"]);
    assert_eq!(fits("-none -@taro"), ["1037", "1022"]);
    assert_eq!(fits("late"), ["1041"]);
    assert_eq!(fits("waiting"), ["1022"]);
    assert_eq!(fits("@me"), ["1022"]);
    assert_eq!(fits(">1h"), ["1030", "1022"]);
    assert_eq!(fits("返品"), ["1039"]);
    assert_eq!(fits("REFUND"), ["1042"]);
    assert_eq!(fits("ｒｅｆｕｎｄ"), ["1042"]);
    assert_eq!(fits("#1042"), ["1042"]);
    assert_eq!(fits("> - @ label:"), Vec::<String>::new());
    assert_eq!(fits("").len(), 6);
}

#[test]
fn a_live_filter_keeps_the_cursor_where_it_can() {
    let desk = Desk::sample();
    let mut list = list(&desk);
    list.act(&Action::Down, Some(4), &desk.ctx());
    assert_eq!(at(&list), "1037");
    list.set_filter("parcel", &desk.ctx());
    assert_eq!((at(&list).as_str(), list.len()), ("1037", 1));
    list.set_filter("none", &desk.ctx());
    assert_eq!(list.len(), 3);
    press(&mut list, &desk, Action::Cancel);
    assert_eq!(list.len(), 6);
    assert!(!list.is_filtered());
}

#[test]
fn searches_around_the_end() {
    let desk = Desk::sample();
    let mut list = list(&desk);
    assert!(matches!(list.act(&Action::SearchNext, None, &desk.ctx()), Act::Say(_)));
    list.act(&Action::Search(Some("is".into())), None, &desk.ctx());
    assert_eq!(at(&list), "1042");
    press(&mut list, &desk, Action::SearchNext);
    assert_eq!(at(&list), "1037");
    press(&mut list, &desk, Action::SearchPrev);
    press(&mut list, &desk, Action::SearchPrev);
    assert_eq!(at(&list), "1022");
    assert!(matches!(list.act(&Action::Search(Some("zz".into())), None, &desk.ctx()), Act::Say(_)));
    list.act(&Action::Top, None, &desk.ctx());
    list.act(&Action::NextUnassigned, Some(2), &desk.ctx());
    assert_eq!(at(&list), "1042");
    assert!(matches!(list.act(&Action::NextUnassigned, None, &desk.ctx()), Act::Say(_)));
}

#[test]
fn pages_are_asked_for_once_and_never_repeat_rows() {
    let mut desk = Desk::many(160);
    let all = desk.ids();
    let mut list = Tickets::default();
    list.resize(Rect::new(0, 0, 94, 11), true);
    let next = |s: &str| Some(Cursor(s.into()));
    list.took_page(&Query::default(), None, all[..130].to_vec(), next("a"), &desk.ctx());
    let effects = list.act(&Action::Down, Some(5), &desk.ctx());
    assert!(matches!(effects, Act::Done(e) if e.len() == 1), "far from the end only the preview's timer");
    // A held key is not there before the answer.
    let Act::Done(effects) = list.act(&Action::Down, Some(45), &desk.ctx()) else { panic!() };
    assert_eq!(effects[0], Effect::Load { query: Query::default(), after: next("a"), blank: false });
    let Act::Done(effects) = list.act(&Action::Down, None, &desk.ctx()) else { panic!() };
    assert!(!effects.iter().any(|e| matches!(e, Effect::Load { .. })), "one page at a time");
    list.took_page(&Query::default(), next("a").as_ref(), all[125..150].to_vec(), next("b"), &desk.ctx());
    assert_eq!(list.len(), 150);
    // G goes on to the very end.
    let Act::Done(effects) = list.act(&Action::Bottom, None, &desk.ctx()) else { panic!() };
    assert_eq!(effects[0], Effect::Load { query: Query::default(), after: next("b"), blank: false });
    list.took_page(&Query::default(), next("b").as_ref(), all[150..].to_vec(), None, &desk.ctx());
    assert_eq!((list.cursor, list.len()), (159, 160));
    assert_eq!(ids(&list).iter().collect::<HashSet<_>>().len(), 160);
    // A reload while the cursor is far down keeps it there.
    let here = at(&list);
    list.reload();
    list.took_page(&Query::default(), None, all[..130].to_vec(), next("c"), &desk.ctx());
    assert_eq!(at(&list), here);
    // An answer to an older question changes nothing.
    list.took_page(&View::Mine.query(), None, Vec::new(), None, &desk.ctx());
    assert_eq!(at(&list), here);
    desk.world.pending.clear();
}

#[test]
fn coming_back_shows_what_was_there() {
    let desk = Desk::sample();
    let mut list = list(&desk);
    list.act(&Action::Down, Some(2), &desk.ctx());
    assert_eq!(list.show(View::Mine), [Effect::Load { query: View::Mine.query(), after: None, blank: true }]);
    assert_eq!(list.len(), 0);
    list.show(View::All);
    assert_eq!((list.len(), at(&list).as_str()), (6, "1042"));
    assert!(list.holds(&TicketId::from("1022")));
}

#[test]
fn an_empty_list_never_panics() {
    let desk = Desk::many(0);
    let mut list = list(&desk);
    for action in [
        Action::Down,
        Action::Up,
        Action::Bottom,
        Action::Top,
        Action::PageDown,
        Action::HalfUp,
        Action::ScrollMiddle,
        Action::NextUnassigned,
        Action::Open,
        Action::Select,
        Action::Toggle,
        Action::Search(Some("x".into())),
        Action::ByRequester,
        Action::Cancel,
    ] {
        list.act(&action, Some(u32::MAX), &desk.ctx());
    }
    assert!(list.chosen(Some(u32::MAX)).is_empty());
    let _ = AgentRef { id: "1".into(), login: Clean::default(), name: Clean::default() };
}

#[test]
fn a_page_on_which_nothing_fitted_yet_is_followed_by_the_next() {
    let desk = Desk::many(3);
    let mut list = Tickets::default();
    list.resize(Rect::new(0, 0, 80, 10), true);
    let next = Cursor("below:751".to_owned());
    let effects = list.took_page(&Query::default(), None, Vec::new(), Some(next.clone()), &desk.ctx());
    assert!(matches!(&effects[..], [Effect::Load { after: Some(after), .. }, ..] if *after == next), "{effects:?}");
    assert!(list.is_loading(), "and is not called empty");
    list.took_page(&Query::default(), Some(&next), Vec::new(), None, &desk.ctx());
    assert!(!list.is_loading());
}

#[test]
fn to_the_end_of_a_very_long_list_goes_so_far_at_a_time() {
    let mut desk = Desk::many(30);
    let all = desk.ids();
    let mut list = Tickets::default();
    list.resize(Rect::new(0, 0, 80, 10), true);
    let next = |n: usize| Some(Cursor(format!("p{n}")));
    list.took_page(&Query::default(), None, all[..2].to_vec(), next(1), &desk.ctx());
    list.act(&Action::Bottom, None, &desk.ctx());
    let mut pages = 1;
    while let Some(after) = list.next.clone().filter(|_| list.asked == Asked::More && pages < 14) {
        let page = all[2 * pages..2 * pages + 2].to_vec();
        pages += 1;
        list.took_page(&Query::default(), Some(&after), page, next(pages), &desk.ctx());
        if list.to_end == 0 {
            break;
        }
    }
    assert_eq!(pages, 1 + PAGES as usize, "no more pages than one key may ask for");
    assert_eq!(list.cursor, list.len() - 1);
    desk.world.pending.clear();
}
