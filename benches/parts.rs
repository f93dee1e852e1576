//! What single parts cost: `cargo bench --bench parts`. Whatever a key or a start has to wait for is here, at several sizes where a
//! size could matter; nothing passes or fails. The whole program is measured by `pty`.
#![allow(clippy::expect_used)]

use divan::{Bencher, black_box};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::json;
use ticketty::domain::{Page, Query, TicketRow};
use ticketty::local::{Keep, Local, Room};
use ticketty::mail::parse::parse;
use ticketty::runtime::screen::Screen;
use ticketty::text::{Clean, html, wrap};

/// How many tickets this machine remembers.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// As many are kept in one go.
const AT_ONCE: usize = 1_000;

fn main() {
    divan::main();
}

/// What customers write: several scripts, quotes, a colour sequence.
fn words(lines: usize) -> String {
    let some = [
        "Where is my parcel? It was sent on Monday, order 5512.",
        "返品と請求書の件でご連絡いたしました。よろしくお願いいたします。",
        "> On Tuesday you wrote: \u{1b}[31mplease wait\u{1b}[0m",
        "Grüße aus Köln, Ørsted & Søn — see https://shop.example/orders/5512",
        "",
    ];
    some.iter().cycle().take(lines).flat_map(|line| [*line, "\n"]).collect()
}

#[divan::bench(args = [20, 2_000])]
fn clean(bencher: Bencher<'_, '_>, lines: usize) {
    let text = words(lines);
    bencher.bench_local(|| Clean::text(black_box(&text)));
}

#[divan::bench(args = [20, 2_000])]
fn wrapped(bencher: Bencher<'_, '_>, lines: usize) {
    let text = Clean::text(&words(lines));
    bencher.bench_local(|| wrap::wrap(black_box(&text), 90));
}

#[divan::bench(args = [20, 2_000])]
fn from_html(bencher: Bencher<'_, '_>, lines: usize) {
    let rows: Vec<String> = words(lines).lines().map(|l| format!("<tr><td>1</td><td><b>{l}</b></td></tr>")).collect();
    let rows = rows.concat();
    let page = format!("<html><body><table>{rows}</table></body></html>");
    bencher.bench_local(|| html::to_text(black_box(&page)));
}

#[divan::bench(args = [20, 2_000])]
fn mail(bencher: Bencher<'_, '_>, lines: usize) {
    let head = "From: Lena <lena@example.net>\nTo: help@shop.example\nSubject: Parcel\nMessage-ID: <1@example.net>\n\
                Content-Type: text/plain; charset=utf-8\n\n";
    let raw = format!("{head}{}", words(lines)).into_bytes();
    bencher.bench_local(|| parse(black_box(&raw)));
}

/// A list beside panes, scrolled so far.
fn frame(top: usize) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, 120, 40));
    for y in 0..40 {
        buf.set_stringn(0, y, format!(" {} Queue {y}", y % 9), 25, Style::new());
        buf.set_stringn(25, y, "│", 1, Style::new());
        let n = top + usize::from(y);
        let text = format!("#{} N {}m 請求 {} about {}", 1000 + n, n % 60, n * 7919, n * 104_729);
        buf.set_stringn(27, y, text, 92, Style::new());
    }
    buf
}

#[divan::bench]
fn a_frame_that_scrolls(bencher: Bencher<'_, '_>) {
    let frames = [frame(0), frame(1)];
    let mut screen = Screen::new(Vec::new());
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        screen.out().clear();
        screen.present(&frames[n % 2], None)
    });
}

#[divan::bench]
fn a_frame_without_change(bencher: Bencher<'_, '_>) {
    let same = frame(0);
    let mut screen = Screen::new(Vec::new());
    bencher.bench_local(|| screen.present(&same, None));
}

fn row(n: usize) -> Option<TicketRow> {
    let at = format!("2026-01-{:02}T{:02}:00:00Z", n % 28 + 1, n % 24);
    serde_json::from_value(json!({
        "id": n.to_string(), "subject": format!("Parcel {n}"), "status": "open", "native_status": "open",
        "priority": "normal", "queue": "Shop", "queue_id": "1", "assignee": null, "labels": [], "created_at": at,
        "updated_at": at, "on_us": true, "waiting_since": at, "version": 1,
        "requester": { "name": format!("Customer {n}"), "email": format!("c{n}@example.net") },
    }))
    .ok()
}

/// The first page of the list that this machine remembers: what a start waits for.
#[divan::bench(args = SIZES)]
fn the_remembered_list(bencher: Bencher<'_, '_>, tickets: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a folder");
    let cache = Local::open(dir.path(), "bench").expect("local state").cache(Room::default());
    let query = Query { limit: Some(50), ..Query::default() };
    let rows: Vec<TicketRow> = (1..=tickets).filter_map(row).collect();
    assert_eq!(rows.len(), tickets);
    runtime.block_on(async {
        for some in rows.chunks(AT_ONCE) {
            let page = Page { rows: some.to_vec(), next: None };
            cache.keep(vec![Keep::Page(Query { text: Some("filled".into()), ..query.clone() }, None, page)]).await;
        }
    });
    bencher.bench_local(|| runtime.block_on(cache.page(black_box(&query), None)));
}
