//! The main screen's panes as they look, at the sizes that count.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::desk_for_tests::Desk;
use super::frame::{Header, StatusLine, header, rules, status};
use super::queues::Queues;
use super::team::Team;
use super::tickets::Tickets;
use crate::domain::Query;
use crate::i18n;
use crate::model::Notice;
use crate::text::Clean;
use crate::theme::{ColorDepth, GlyphSet};
use crate::widget::dump::{dump, rows};

/// The list with what frames it, laid out as the app does.
fn screen(desk: &Desk, width: u16, height: u16) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
    let wide = width >= 100;
    let ctx = desk.ctx();
    let head = if wide { 1 } else { 2 };
    let side = if wide { 26 } else { 0 };
    let body = Rect::new(side, head, width - side, height - head - 1);
    let list_area = if wide { Rect { height: 9, ..body } } else { body };
    let mut list = Tickets::default();
    list.resize(list_area, wide);
    list.took_page(&Query::default(), None, desk.ids(), None, &ctx);
    list.act(&crate::action::Action::Down, Some(2), &ctx);
    let waiting = Header { drafts: 1, leaving: Some((1, 8)), wide, ..Header::default() };
    header(Rect::new(0, 0, width, head), &mut buf, &ctx, &waiting);
    list.draw(list_area, &mut buf, &ctx, true);
    if wide {
        let (queues, team) = (Rect::new(0, 1, 25, 9), Rect::new(0, 10, 25, 6));
        let mut pane = Queues::default();
        pane.resize(queues);
        pane.draw(queues, &mut buf, &ctx, false, list.view());
        let mut pane = Team::default();
        pane.resize(team);
        pane.draw(team, &mut buf, &ctx, false);
        rules(Rect::new(25, 1, 1, height - 2), Rect::new(26, 10, width - 26, 1), &mut buf, &ctx);
    }
    let hints: Vec<(Clean, Clean)> = [("c", "claim"), ("s", "split"), ("r", "reply"), ("?", "help")]
        .map(|(k, w)| (Clean::line(k), Clean::line(w)))
        .to_vec();
    let title = list.title(&ctx);
    let line = StatusLine {
        mode: "NORMAL",
        title: &title,
        position: Some(list.position(&ctx)),
        hints: &hints,
        ..StatusLine::default()
    };
    status(Rect::new(0, height - 1, width, 1), &mut buf, &ctx, &line);
    buf
}

#[test]
fn wide_screen() {
    insta::assert_snapshot!(rows(&screen(&Desk::sample(), 120, 20)));
}

#[test]
fn narrow_screen() {
    insta::assert_snapshot!(rows(&screen(&Desk::sample(), 80, 24)));
}

#[test]
fn tiny_screen() {
    insta::assert_snapshot!(rows(&screen(&Desk::sample(), 60, 16)));
}

#[test]
fn wide_screen_in_japanese() {
    let desk = Desk::sample().looks(&i18n::JA, ColorDepth::Ansi256, GlyphSet::Safe);
    insta::assert_snapshot!(rows(&screen(&desk, 120, 20)));
}

#[test]
fn narrow_screen_in_japanese() {
    let desk = Desk::sample().looks(&i18n::JA, ColorDepth::Ansi256, GlyphSet::Safe);
    insta::assert_snapshot!(rows(&screen(&desk, 80, 12)));
}

#[test]
fn without_colour() {
    let desk = Desk::sample().looks(&i18n::EN, ColorDepth::None, GlyphSet::Safe);
    let told = dump(&screen(&desk, 80, 10));
    assert!(!told.contains("fg=") && !told.contains("bg="));
    insta::assert_snapshot!(told);
}

#[test]
fn in_sixteen_colours() {
    let desk = Desk::sample().looks(&i18n::EN, ColorDepth::Ansi16, GlyphSet::Rich);
    insta::assert_snapshot!(dump(&screen(&desk, 120, 12)));
}

#[test]
fn a_notice_has_the_status_line() {
    let desk = Desk::sample();
    let mut buf = Buffer::empty(Rect::new(0, 0, 60, 1));
    let notice = Notice::trouble("#1037 is held by Mika Kato since 13:02: ! takes it, i leaves a note.");
    let line = StatusLine { mode: "NORMAL", notice: Some(&notice), ..StatusLine::default() };
    status(buf.area, &mut buf, &desk.ctx(), &line);
    insta::assert_snapshot!(rows(&buf));
}

#[test]
fn a_notice_longer_than_the_line_takes_the_lines_above() {
    let desk = Desk::sample();
    let mut buf = Buffer::empty(Rect::new(0, 0, 60, 4));
    let notice = Notice::done(
        "#1037 split: #3000 is new · u undo · photo.png was not carried over, for Redmine shows the files of notes to everybody.",
    );
    let line = StatusLine { mode: "NORMAL", notice: Some(&notice), ..StatusLine::default() };
    let last = Rect { y: 3, height: 1, ..buf.area };
    status(last, &mut buf, &desk.ctx(), &line);
    insta::assert_snapshot!(rows(&buf));
    // A flood does not take the screen.
    let flood = Notice::trouble("no ".repeat(500));
    let line = StatusLine { notice: Some(&flood), ..line };
    let mut buf = Buffer::empty(Rect::new(0, 0, 60, 24));
    status(Rect { y: 23, height: 1, ..buf.area }, &mut buf, &desk.ctx(), &line);
    assert_eq!(rows(&buf).lines().filter(|l| l.contains("no")).count(), 5);
}

#[test]
fn nine_queues_fit_at_24_rows() {
    let mut desk = Desk::sample();
    for i in 4..10_i64 {
        let mut queue = desk.world.queues[0].clone();
        queue.id = i.into();
        queue.name = Clean::line(&format!("Queue {i}"));
        desk.world.queues.push(queue);
    }
    let mut buf = Buffer::empty(Rect::new(0, 0, 25, 15));
    Queues::default().draw(buf.area, &mut buf, &desk.ctx(), true, &crate::model::View::All);
    insta::assert_snapshot!(rows(&buf));
}

#[test]
fn any_size_draws() {
    let desk = Desk::sample();
    for width in 1..130 {
        for height in [1, 2, 3, 7] {
            let area = Rect::new(0, 0, width, height);
            let mut buf = Buffer::empty(area);
            let ctx = desk.ctx();
            for wide in [false, true] {
                let mut list = Tickets::default();
                list.resize(area, wide);
                list.took_page(&Query::default(), None, desk.ids(), None, &ctx);
                list.draw(area, &mut buf, &ctx, true);
                header(area, &mut buf, &ctx, &Header { wide, drafts: 2, waiting: 3, leaving: Some((2, 9)) });
            }
            Queues::default().draw(area, &mut buf, &ctx, true, &crate::model::View::Mine);
            Team::default().draw(area, &mut buf, &ctx, true);
            status(area, &mut buf, &ctx, &StatusLine { mode: "NORMAL", title: "x", ..StatusLine::default() });
        }
    }
}
