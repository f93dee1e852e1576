//! The screen against a terminal emulator: whatever was shown before, a frame looks as if drawn on an empty screen.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::*;

const W: u16 = 40;
const H: u16 = 14;

/// What a person sees: text, and style where it shows.
fn seen(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let mut out = Vec::new();
    let (rows, columns) = screen.size();
    for y in 0..rows.get() {
        for x in 0..columns.get() {
            let cell = screen.cell(y, x).expect("inside");
            let text = if cell.has_contents() && cell.contents() != " " { cell.contents() } else { " " };
            let on_blank = cell.inverse() || cell.underline();
            let fg = if text == " " && !on_blank { vt100::Color::Default } else { cell.fgcolor() };
            let marks = [
                text != " " && cell.bold(),
                text != " " && cell.dim(),
                text != " " && cell.italic(),
                cell.underline(),
                cell.inverse(),
            ];
            // The style of a wide character's second half does not show.
            let style = if cell.is_wide_continuation() {
                String::new()
            } else {
                format!("{fg:?} {:?} {marks:?}", cell.bgcolor())
            };
            out.push(format!("{y},{x} {text:?} {style}"));
        }
    }
    out
}

fn terminal(rows: u16, columns: u16) -> vt100::Parser {
    let size = |n| std::num::NonZeroU16::new(n).expect("not empty");
    vt100::Parser::new(size(rows), size(columns), 0)
}

fn plainly(frame: &Buffer) -> Vec<String> {
    let mut screen = Screen::new(Vec::new());
    screen.present(frame, None).expect("a vector takes everything");
    let mut parser = terminal(frame.area.height, frame.area.width);
    parser.process(screen.out());
    seen(&parser)
}

fn style(n: u8) -> Style {
    match n % 7 {
        0 | 1 => Style::new(),
        2 => Style::new().fg(Color::Rgb(200, 100, 50)),
        3 => Style::new().fg(Color::Indexed(33)).add_modifier(Modifier::BOLD),
        4 => Style::new().bg(Color::Blue),
        5 => Style::new().add_modifier(Modifier::REVERSED | Modifier::DIM),
        _ => Style::new().fg(Color::LightRed).add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
    }
}

/// A list that scrolls beside a pane that does not, and anything written over them.
fn frame(top: usize, cursor: u16, side: u8, scraps: &[(u16, u16, usize, u8)]) -> Buffer {
    const ROWS: [&str; 9] = [
        "#1041 N Ben Ode  Double charge",
        "#1039 N 田中 美咲 返品と請求書の件",
        "#1042 W Lena F.  Where is it?",
        "#1037 O é̂ accents and ｶﾅ",
        "",
        "#1030 O Acme     Account setup, step three",
        "#1022 W 請求書    住所が違う",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "     far",
    ];
    const SCRAPS: [&str; 6] = ["x", "漢字漢字", "   ", "             ", "plain words", "あ"];
    let mut buf = Buffer::empty(Rect::new(0, 0, W, H));
    for y in 0..H {
        buf.set_stringn(0, y, format!("side {side} {y}"), 9, style(side));
        buf.set_stringn(9, y, "│", 1, Style::new());
        let row = ROWS[(top + usize::from(y)) % ROWS.len()];
        buf.set_stringn(10, y, row, usize::from(W - 10), style((top + usize::from(y)) as u8));
    }
    buf.set_style(Rect::new(10, cursor % H, 5, 1), Style::new().add_modifier(Modifier::REVERSED));
    for (x, y, which, s) in scraps {
        let (x, y) = (x % W, y % H);
        if x > 0 && ratatui::buffer::CellWidth::cell_width(buf[(x - 1, y)].symbol()) > 1 {
            buf[(x - 1, y)].set_symbol(" ");
        }
        buf.set_stringn(x, y, SCRAPS[which % SCRAPS.len()], usize::from(W - x), style(*s));
    }
    buf
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_frames_look_as_if_drawn_alone(
        steps in prop::collection::vec(
            (0_usize..12, 0_u16..H, 0_u8..4, prop::collection::vec((0..W, 0..H, 0_usize..6, any::<u8>()), 0..4)),
            1..10,
        )
    ) {
        let mut screen = Screen::new(Vec::new());
        let mut parser = terminal(H, W);
        for (i, (top, cursor, side, scraps)) in steps.iter().enumerate() {
            let frame = frame(*top, *cursor, *side, scraps);
            let place = (i % 3 == 0).then_some(Position::new(cursor * 2, *cursor));
            screen.out().clear();
            screen.present(&frame, place).unwrap();
            parser.process(screen.out());
            let (have, want) = (seen(&parser), plainly(&frame));
            let differs = have.iter().zip(&want).find(|(have, want)| have != want);
            prop_assert_eq!(differs, None);
            prop_assert_eq!(parser.screen().hide_cursor(), place.is_none());
            if let Some(p) = place {
                prop_assert_eq!(parser.screen().cursor_position(), (p.y, p.x));
            }
            prop_assert_eq!(screen.present(&frame, place).unwrap(), 0, "nothing changed");
        }
    }
}

#[test]
fn scrolling_beside_a_pane_is_cheaper_than_painting() {
    let list = |top: usize| {
        let mut buf = Buffer::empty(Rect::new(0, 0, 120, 40));
        for y in 0..40 {
            buf.set_stringn(0, y, format!(" {} Queue {y}", y % 9), 25, Style::new());
            buf.set_stringn(25, y, "│", 1, Style::new());
        }
        for y in 1..20 {
            let n = top + usize::from(y);
            let text = format!("#{} N {}m requester {} about {}", 1000 + n, n % 60, n * 7919, n * 104_729);
            buf.set_stringn(27, y, text, 92, style((n % 3) as u8));
        }
        buf
    };
    let mut screen = Screen::new(Vec::new());
    let first = screen.present(&list(0), None).unwrap();
    let scrolled = screen.present(&list(1), None).unwrap();
    assert!(scrolled < 700, "{scrolled} of {first}");
    assert!(screen.present(&list(3), None).unwrap() < 900);
    assert!(screen.present(&list(0), None).unwrap() < 1200);
}

#[test]
fn a_full_width_list_scrolls_for_little_more_than_its_new_row() {
    let list = |top: usize| {
        let mut buf = Buffer::empty(Rect::new(0, 0, 120, 40));
        for y in 0..39 {
            let n = top + usize::from(y);
            buf.set_stringn(
                0,
                y,
                format!("{n} requester {} about {}", n * 7919, n * 104_729),
                120,
                style((n % 5) as u8),
            );
        }
        buf
    };
    let mut screen = Screen::new(Vec::new());
    screen.present(&list(0), None).unwrap();
    let scrolled = screen.present(&list(1), None).unwrap();
    assert!(scrolled < 150, "{scrolled}");
    let back = screen.present(&list(0), None).unwrap();
    assert!(back < 150, "{back}");
}

#[test]
fn small_changes_are_small() {
    let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
    buf.set_string(0, 5, "hello world", Style::new());
    let mut screen = Screen::new(Vec::new());
    screen.present(&buf, None).unwrap();
    buf.set_string(4, 5, "0", Style::new());
    screen.out().clear();
    screen.present(&buf, None).unwrap();
    assert_eq!(String::from_utf8_lossy(screen.out()), "\x1b[5G0");
    screen.out().clear();
    screen.present(&buf, Some(Position::new(5, 5))).unwrap();
    assert_eq!(String::from_utf8_lossy(screen.out()), "\x1b[?25h");
}

#[test]
fn a_resize_clears_and_control_characters_never_leave() {
    let mut screen = Screen::new(Vec::new());
    screen.present(&Buffer::empty(Rect::new(0, 0, 80, 24)), None).unwrap();
    screen.out().clear();
    let mut evil = Buffer::empty(Rect::new(0, 0, 60, 16));
    evil[(0, 0)].set_symbol("\x1b]0;x\x07");
    evil[(59, 0)].set_symbol("漢");
    screen.present(&evil, None).unwrap();
    let sent = String::from_utf8(screen.out().clone()).unwrap();
    assert!(sent.starts_with("\x1b[m\x1b[2J"), "{sent:?}");
    assert!(!sent.contains("]0;") && !sent.contains('漢'));
}

#[test]
fn clusters_of_doubtful_width_never_shift_what_follows() {
    let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
    buf.set_string(0, 0, "❤\u{fe0f}ab", Style::new());
    let mut screen = Screen::new(Vec::new());
    screen.present(&buf, None).unwrap();
    let sent = String::from_utf8(screen.out().clone()).unwrap();
    assert!(sent.contains("❤\u{fe0f}\x1b[1;3Hab"), "{sent:?}");
}

#[test]
fn more_symbols_than_anybody_has_are_learnt_anew() {
    let mut screen = Screen::new(Vec::new());
    let mut parser = terminal(1, 20);
    let mut most = 0;
    for n in 0..=MANY as u32 + 1 {
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
        let marks: String =
            [n % 32, n / 32 % 32, n / 1024].into_iter().filter_map(|m| char::from_u32(0x301 + m)).collect();
        buf.set_string(0, 0, format!("a{marks} é é {n}"), Style::new());
        screen.out().clear();
        screen.present(&buf, None).unwrap();
        parser.process(screen.out());
        most = most.max(screen.symbols.len());
        if n % 512 == 0 || n as usize + 2 > MANY {
            assert_eq!(seen(&parser), plainly(&buf), "{n}");
        }
    }
    assert_eq!((most, screen.symbols.len()), (MANY + 1, 1));
}

#[test]
fn a_failed_write_paints_all_anew() {
    struct Broken(bool, Vec<u8>);
    impl io::Write for Broken {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 { Err(io::Error::other("gone")) } else { self.1.write(bytes) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let buf = Buffer::empty(Rect::new(0, 0, 20, 1));
    let mut screen = Screen::new(Broken(true, Vec::new()));
    assert!(screen.present(&buf, None).is_err());
    screen.out().0 = false;
    screen.present(&buf, None).unwrap();
    assert!(screen.out().1.starts_with(b"\x1b[m\x1b[2J"));
}
