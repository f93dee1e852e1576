//! Keys in, text and caret out.

use proptest::prelude::*;
use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};

use super::*;

/// Keys as in vim's notation: `<Esc>`, `<C-w>`, `<BS>`; all else is the letter itself.
pub(super) fn keys(text: &str) -> Vec<EditKey> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let named = (c == '<').then(|| rest.find('>')).flatten().and_then(|end| Some((name(&rest[1..end])?, end + 1)));
        let (key, len) = named.unwrap_or((EditKey::Char(c), c.len_utf8()));
        out.push(key);
        rest = &rest[len..];
    }
    out
}

fn name(name: &str) -> Option<EditKey> {
    Some(match name {
        "Esc" => EditKey::Esc,
        "CR" => EditKey::Enter,
        "BS" => EditKey::Backspace,
        "Del" => EditKey::Delete,
        "Tab" => EditKey::Tab,
        "Left" => EditKey::Left,
        "Right" => EditKey::Right,
        "Up" => EditKey::Up,
        "Down" => EditKey::Down,
        "Home" => EditKey::Home,
        "End" => EditKey::End,
        "C-Left" => EditKey::WordLeft,
        "C-Right" => EditKey::WordRight,
        "lt" => EditKey::Char('<'),
        "gt" => EditKey::Char('>'),
        _ => EditKey::Ctrl(name.strip_prefix("C-")?.chars().next()?),
    })
}

fn press(editor: &mut Editor, text: &str) -> EditOutcome {
    keys(text).into_iter().map(|k| editor.key(k)).last().unwrap_or(EditOutcome::Handled)
}

/// `start` holds `|` where the caret is; an editor in normal mode there.
fn normal(start: &str) -> Editor {
    let mut e = Editor::new(&start.replacen('|', "", 1));
    let head = &start[..start.find('|').unwrap_or(0)];
    let row = head.matches('\n').count();
    e.key(EditKey::Esc);
    e.set_caret(row, grapheme::count(head.rsplit('\n').next().unwrap_or_default()));
    e
}

/// The text with `|` at the caret.
fn shown(e: &Editor) -> String {
    let mut lines: Vec<String> = e.text().split('\n').map(str::to_owned).collect();
    lines[e.caret.row].insert(e.caret.byte, '|');
    lines.join("\n")
}

fn check(cases: &[(&str, &str, &str)]) {
    for (start, typed, want) in cases {
        let mut e = normal(start);
        press(&mut e, typed);
        assert_eq!(shown(&e), *want, "{typed} on {start:?}");
    }
}

#[test]
fn moves() {
    check(&[
        ("one| two", "0", "|one two"),
        ("|one two", "$", "one tw|o"),
        ("|  one", "^", "  |one"),
        ("|one two three", "2w", "one two |three"),
        ("|one.two", "w", "one|.two"),
        ("|one.two three", "W", "one.two |three"),
        ("|one\n\n  two", "w", "one\n|\n  two"),
        ("|one\n\n  two", "ww", "one\n\n  |two"),
        ("|one two", "e", "on|e two"),
        ("|one two", "ee", "one tw|o"),
        ("|a\nbc", "e", "a\nb|c"),
        ("one two| three", "b", "one |two three"),
        ("one\n|two", "b", "|one\ntwo"),
        ("one two.thr|ee", "B", "one |two.three"),
        ("one tw|o", "ge", "on|e two"),
        ("on|e", "ge", "|one"),
        ("one tw|o  ", "e", "one two | "),
        ("|ab\ncd\nef", "G", "ab\ncd\n|ef"),
        ("ab\ncd\n|ef", "gg", "|ab\ncd\nef"),
        ("|ab\n  cd\nef", "2G", "ab\n  |cd\nef"),
        ("|abcabc", "fb", "a|bcabc"),
        ("|abcabc", "2fb", "abca|bc"),
        ("|abcabc", "tc;", "abca|bc"),
        ("|abcabc", "fc;,", "ab|cabc"),
        ("abcab|c", "Fb", "abca|bc"),
        ("abcab|c", "Ta", "abca|bc"),
        ("|f(a(b)c)", "%", "f(a(b)c|)"),
        ("f(a(b)c|)", "%", "f|(a(b)c)"),
        ("|a\nb\n\nc", "}", "a\nb\n|\nc"),
        ("|a\nb\n\nc", "}}", "a\nb\n\n|c"),
        ("a\n\nb\n|c", "{", "a\n|\nb\nc"),
        ("abcd|e\nx\nabcde", "jj", "abcde\nx\nabcd|e"),
        ("|abc\nabcdef", "$j", "abc\nabcde|f"),
        ("日本|語\nabcdefg", "j", "日本語\nabcd|efg"),
        ("|ab", "5l", "a|b"),
        ("ab\n  c|d", "-", "|ab\n  cd"),
        ("|ab\n  cd", "<CR>", "ab\n  |cd"),
        ("|返品と請求書", "w", "返品|と請求書"),
    ]);
}

#[test]
fn inserts() {
    check(&[
        ("a|b", "ix<Esc>", "a|xb"),
        ("a|b", "ax<Esc>", "ab|x"),
        ("  a|b", "Ix<Esc>", "  |xab"),
        ("|ab", "Ax<Esc>", "ab|x"),
        ("|ab", "ox<Esc>", "ab\n|x"),
        ("|ab", "Ox<Esc>", "|x\nab"),
        ("|ab", "3ix<Esc>", "xx|xab"),
        ("|ab", "2ox<Esc>", "ab\nx\n|x"),
        ("|ab", "ione two<C-w>x<Esc>", "one |xab"),
        ("ab|c", "i<C-u><Esc>", "|c"),
        ("ab\n|cd", "i<BS><Esc>", "a|bcd"),
        ("a|b\ncd", "A<Del><Esc>", "a|bcd"),
        ("|", "ia<CR>b<Esc>", "a\n|b"),
        ("|", "ia<Tab>b<Esc>", "a       |b"),
    ]);
}

#[test]
fn operates() {
    check(&[
        ("|one two", "dw", "|two"),
        ("one |two", "dw", "one| "),
        ("one |two\nthree", "dw", "one| \nthree"),
        ("|one two three four", "d2w", "|three four"),
        ("|one two three four", "2dw", "|three four"),
        ("|one two", "cwx<Esc>", "|x two"),
        ("|a b", "cwx<Esc>", "|x b"),
        ("|one two three", "c2wx<Esc>", "|x three"),
        ("|one two", "de", "| two"),
        ("one |two", "db", "|two"),
        ("a|bcd", "D", "|a"),
        ("a|bcd", "Cx<Esc>", "a|x"),
        ("a|bcd", "x", "a|cd"),
        ("abc|d", "3x", "ab|c"),
        ("a|bcd", "3x", "|a"),
        ("ab|cd", "X", "a|cd"),
        ("a|bcd", "sx<Esc>", "a|xcd"),
        ("a|b\ncd", "Sx<Esc>", "|x\ncd"),
        ("a\n|b\nc", "dd", "a\n|c"),
        ("a\n|b", "dd", "|a"),
        ("|a", "dd", "|"),
        ("|a\nb\nc", "2dd", "|c"),
        ("|a\nb\nc", "dj", "|c"),
        ("a\nb\n|c", "dk", "|a"),
        ("a\n|b\nc", "dG", "|a"),
        ("a\n|b\nc", "dgg", "|c"),
        ("a|bcxd", "dfx", "a|d"),
        ("a|bcxd", "dtx", "a|xd"),
        ("|a\nb\n\nc", "d}", "|\nc"),
        ("x(a|b)y", "d%", "x|)y"),
        ("x|(ab)y", "d%", "x|y"),
        ("a\n|b\nc", "ccx<Esc>", "a\n|x\nc"),
        ("|ab\ncd", "yyp", "ab\n|ab\ncd"),
        ("|ab\ncd", "yyjP", "ab\n|ab\ncd"),
        ("|ab cd", "ywP", "ab| ab cd"),
        ("|ab cd", "yw$p", "ab cdab| "),
        ("|abc", "x3p", "baa|ac"),
        ("|a\nb", "ddp", "b\n|a"),
        ("|ab", "\"ayl\"aP", "|aab"),
        ("|ab\ncd", "\"_ddp", "|cd"),
        ("|a b", "rx", "|x b"),
        ("|abc", "2rx", "x|xc"),
        ("|abc", "4rx", "|abc"),
        ("a|bc", "r<CR>", "a\n|c"),
        ("|aBc", "3~", "Ab|C"),
        ("|one two", "gUiw", "|ONE two"),
        ("|ONE two", "guu", "|one two"),
        ("|a\n  b\nc", "J", "a| b\nc"),
        ("|a\nb\nc", "3J", "a b| c"),
        ("|> a\n> b", "J", "> a| b"),
        ("|返品\nと", "J", "返品|と"),
        ("|a\nb", "gJ", "a|b"),
        ("|a\nb\n\nc", ">}", "    |a\n    b\n\nc"),
        ("    |a", "<lt><lt>", "|a"),
        ("  |a", "<lt><lt>", "|a"),
        ("|one\ntwo", "gqj", "|one two"),
        ("a\n|\nb", "dw", "a\n|b"),
        ("a|b", "d2w", "|a"),
        ("|", "sx<Esc>", "|x"),
        ("one t|wo", "gUU", "|ONE TWO"),
        ("a\nb|c", "ygg", "|a\nbc"),
        ("|a\nb\n\nc", "d2w", "|\nc"),
    ]);
}

#[test]
fn objects() {
    check(&[
        ("one t|wo three", "diw", "one | three"),
        ("one t|wo three", "daw", "one |three"),
        ("one t|wo", "daw", "on|e"),
        ("a.b o|.c d", "diW", "a.b | d"),
        ("one|  two", "daw", "on|e"),
        ("a \"b |c\" d", "di\"", "a \"|\" d"),
        ("a \"b |c\" d", "da\"", "a |d"),
        ("|a \"b\" d", "ci\"x<Esc>", "a \"|x\" d"),
        ("f(a, (|b))", "di(", "f(a, (|))"),
        ("f(a, (|b))", "2di(", "f(|)"),
        ("f(a, (|b))", "dab", "f(a, |)"),
        ("{\n|a\n}", "diB", "{\n|}"),
        ("{\n|a\n}", "ciBx<Esc>", "{\n|x\n}"),
        ("a「返|品」b", "di「", "a「|」b"),
        ("a「返|品」b", "di」", "a「|」b"),
        ("a\n\n|b\nc\n\nd", "dip", "a\n\n|\nd"),
        ("a\n\n|b\nc\n\nd", "dap", "a\n\n|d"),
        ("a\n\n|b\nc", "dap", "|a"),
        ("|a", "di(", "|a"),
        ("|a (b)", "di(", "a (|)"),
        ("a\n|\n", "dap", "a\n|\n"),
    ]);
}

#[test]
fn selects() {
    check(&[
        ("|abcd", "vld", "|cd"),
        ("a|bcd", "vx", "a|cd"),
        ("|ab\ncd\nef", "Vjd", "|ef"),
        ("|ab\ncd", "vjcx<Esc>", "|xd"),
        ("|abcd", "vly$p", "abcda|b"),
        ("ab|cd", "vhohd", "a|cd"),
        ("|one two", "viwd", "| two"),
        ("|one two three", "viwiwiwd", "| three"),
        ("|a\nb\nc", "VjJ", "a| b\nc"),
        ("|a\nb", "Vj>", "    |a\n    b"),
        ("|a\nb", "Vj2>", "        |a\n        b"),
        ("|ab cd", "yiwwviwp", "ab a|b"),
        ("|abc", "vlrx", "|xxc"),
        ("|aBc", "vl~", "|Abc"),
        ("a\n|\nb", "vd", "a\n|b"),
        ("|ab\ncd", "v<Esc>x", "|b\ncd"),
        ("|a\n\nb", "vipd", "|\nb"),
        ("|abcd", "vl<Esc>gvd", "|cd"),
        ("|ab\ncd", "Vu", "|ab\ncd"),
        ("one t|wo", "Vy", "|one two"),
        ("|ab\ncd", "v$d", "|cd"),
        ("one t|wo", "Viwd", "one| "),
    ]);
}

#[test]
fn repeats_and_takes_back() {
    check(&[
        ("|one two three", "dw.", "|three"),
        ("|one two", "cwx<Esc>w.", "x |x"),
        ("|a b c d", "dw2.", "|d"),
        ("|ab", "ix<Esc>.", "|xxab"),
        ("|ab", "Ax<Esc>..", "abxx|x"),
        ("|ab", "ox<Esc>.", "ab\nx\n|x"),
        ("|a\nb\nc", ">>j.", "    a\n    |b\nc"),
        ("|abcdef", "vld.", "|ef"),
        ("|a\nb\nc\nd\ne", "Vjd.", "|e"),
        ("|aaaa", "xu", "|aaaa"),
        ("|aaaa", "xxu", "|aaa"),
        ("|aaaa", "xx2u", "|aaaa"),
        ("|aaaa", "xxuu<C-r>", "|aaa"),
        ("|ab", "ione two<Esc>u", "|ab"),
        ("|ab", "cwone two<Esc>u", "|ab"),
        ("|ab", "oone<CR>two<Esc>u", "|ab"),
        ("|ab", "ione<Left>two<Esc>u", "on|eab"),
        ("|ab", "ione<Left>two<Esc>.", "ontwtw|ooeab"),
        ("|ab cd", "ywP.u", "ab| ab cd"),
        ("|abc", "ylu", "|abc"),
    ]);
}

#[test]
fn a_cluster_is_one_letter_everywhere() {
    for letter in ["👨\u{200d}👩\u{200d}👧\u{200d}👦", "🇯🇵", "e\u{301}", "ｶﾞ", "か\u{3099}", "👍🏽"]
    {
        let text = format!("|{letter}{letter}b");
        check(&[
            (&text, "x", &format!("|{letter}b")),
            (&text, "l", &format!("{letter}|{letter}b")),
            (&text, "lX", &format!("|{letter}b")),
            (&text, "llrx", &format!("{letter}{letter}|x")),
            (&text, "rx", &format!("|x{letter}b")),
            (&text, "ylP", &format!("|{letter}{letter}{letter}b")),
            (&text, "a<BS><Esc>", &format!("|{letter}b")),
            (&text, "$i<BS><Esc>", &format!("|{letter}b")),
            (&text, "i<Del><Esc>", &format!("|{letter}b")),
            (&text, "vd", &format!("|{letter}b")),
            (&text, "$ylP2.", &format!("{letter}{letter}b|bbb")),
        ]);
    }
}

#[test]
fn an_accent_typed_later_joins_its_letter() {
    let mut e = Editor::new("b");
    press(&mut e, "e\u{301}");
    assert_eq!((e.text().as_str(), e.caret()), ("e\u{301}b", (0, 1)));
    press(&mut e, "<BS>");
    assert_eq!(e.text(), "b");
}

#[test]
fn an_input_method_runs_no_commands() {
    let mut e = normal("|one two");
    assert_eq!(press(&mut e, "日"), EditOutcome::Ime);
    assert_eq!(press(&mut e, "ｗ"), EditOutcome::Handled);
    assert_eq!(shown(&e), "one |two");
    press(&mut e, "ｄｄ");
    assert_eq!(e.text(), "");
    let mut e = normal("|返品、請求");
    press(&mut e, "f、r。");
    assert_eq!(shown(&e), "返品|。請求");
}

#[test]
fn escape_alone_changes_nothing() {
    let mut e = normal("|one");
    assert_eq!(press(&mut e, "<Esc>"), EditOutcome::Ignored);
    assert_eq!(press(&mut e, "d<Esc>"), EditOutcome::Handled);
    assert_eq!(press(&mut e, "w"), EditOutcome::Handled);
    assert_eq!(e.text(), "one");
    assert_eq!(press(&mut Editor::new("x").with_style(EditStyle::Emacs), "<Esc>"), EditOutcome::Ignored);
}

#[test]
fn asks_the_app() {
    let mut e = normal("|one");
    assert_eq!(press(&mut e, ":"), EditOutcome::OpenCommandLine);
    assert_eq!(press(&mut e, "ZZ"), EditOutcome::SendCard);
    assert_eq!(press(&mut e, "ZQ"), EditOutcome::Command("q!".to_owned()));
    assert_eq!(press(&mut e, "<C-x>"), EditOutcome::Ignored);
    assert_eq!(press(&mut e, "2d"), EditOutcome::Handled);
    assert_eq!(e.pending(), "2d");
    // Letters that mean something on tickets mean nothing here.
    assert_eq!(press(&mut e, "<Esc>Q!@"), EditOutcome::Handled);
    assert_eq!(e.text(), "one");
}

#[test]
fn long_typing_is_taken_back_in_parts() {
    let mut e = Editor::new("");
    press(&mut e, &"x".repeat(450));
    press(&mut e, "<Esc>u");
    assert_eq!(e.text().len(), 400);
    press(&mut e, "uu");
    assert!(e.is_empty());
    assert!(!e.undo());
}

#[test]
fn pastes_are_capped_tidied_and_never_commands() {
    let mut e = normal("|one");
    assert_eq!(e.paste("dd\r\nx\ty\u{7}\u{1b}[31m\rz"), Pasted { kept: 18, dropped: 0 });
    assert_eq!(e.text(), "dd\nx       y[31m\nzone");
    press(&mut e, "u");
    assert_eq!(e.text(), "one");

    let mut e = Editor::new("").with_paste_cap(6);
    assert_eq!(e.paste("abe\u{301}e\u{301}"), Pasted { kept: 5, dropped: 3 });
    assert_eq!(e.text(), "abe\u{301}");

    let mut e = normal("|one two");
    press(&mut e, "viw");
    e.paste("x");
    assert_eq!((e.text().as_str(), e.mode()), ("x two", EditMode::Normal));
}

#[test]
fn emacs_and_plain() {
    let mut e = Editor::new("one two").with_style(EditStyle::Emacs);
    e.caret_to_end();
    press(&mut e, "<C-w>x<C-a>y<C-e>z");
    assert_eq!(e.text(), "yone xz");
    press(&mut e, "<C-u><C-y><C-y>");
    assert_eq!(e.text(), "yone xzyone xz");
    press(&mut e, "<C-_><C-_>");
    assert_eq!(e.text(), "");
    let mut e = Editor::new("one\ntwo").with_style(EditStyle::Plain);
    press(&mut e, "<End>x<Down>y<C-z>");
    assert_eq!((e.text().as_str(), e.caret()), ("onex\ntwo", (1, 3)));
    press(&mut e, "<C-z><C-y>");
    assert_eq!(e.text(), "onex\ntwo");
    assert_eq!(press(&mut e, "<C-s>"), EditOutcome::Ignored);
}

#[test]
fn reflows_quotes() {
    let long = "word ".repeat(30);
    let mut e = normal(&format!("|> {long}\n> end\nmine"));
    press(&mut e, "gqip");
    let text = e.text();
    assert!(text.lines().all(|l| l.len() <= 72), "{text}");
    assert!(text.ends_with("> word word end\nmine"), "{text}");
}

fn draw(e: &Editor, width: u16, height: u16) -> (Vec<String>, Option<Position>) {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Cells::empty(area);
    let caret = e.draw(area, &mut buf, &Look::default());
    let row = |y| {
        let mut x = 0;
        let mut out = String::new();
        while x < width {
            let symbol = buf[(x, y)].symbol();
            out.push_str(symbol);
            x += (wrap::width(symbol) as u16).max(1);
        }
        out.trim_end().to_owned()
    };
    ((0..height).map(row).collect(), caret)
}

#[test]
fn draws_soft_wrapped_with_the_caret_in_sight() {
    let mut e = Editor::new("one two three\n返品と請求書\nend");
    assert_eq!(draw(&e, 9, 3), (vec!["one two".into(), "three".into(), "返品と請".into()], Some(Position::new(0, 0))));
    e.set_caret(0, 9);
    assert_eq!(draw(&e, 9, 3).1, Some(Position::new(1, 1)));
    e.set_caret(2, 3);
    assert_eq!(draw(&e, 9, 3), (vec!["返品と請".into(), "求書".into(), "end".into()], Some(Position::new(3, 2))));
    // The text stands still while the caret moves in it.
    e.set_caret(1, 0);
    assert_eq!(draw(&e, 9, 3).1, Some(Position::new(0, 0)));
    press(&mut e, "<Down>");
    assert_eq!(e.caret(), (1, 4));
    press(&mut e, "<Up><Up>");
    assert_eq!((e.caret(), draw(&e, 9, 3).1), ((0, 8), Some(Position::new(0, 0))));
    press(&mut e, "<Esc>Gzt");
    assert_eq!(draw(&e, 9, 3).0, ["end", "", ""]);
}

#[test]
fn draws_nothing_a_terminal_would_obey() {
    let e = Editor::new("a\u{202e}b\u{200b}c\u{301}\u{e0041}");
    let (rows, _) = draw(&e, 60, 1);
    assert!(!rows[0].chars().any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{e0041}')), "{rows:?}");
}

#[test]
fn a_line_of_a_megabyte_is_no_burden() {
    let mut e = Editor::new(&"x".repeat(1 << 20));
    e.caret_to_end();
    for _ in 0..10 {
        press(&mut e, "y<Up><Down>");
        let (_, caret) = draw(&e, 80, 24);
        assert!(caret.is_some());
    }
    assert_eq!(e.len(), (1 << 20) + 10);
}

pub(super) fn any_key() -> impl Strategy<Value = EditKey> {
    let letters: Vec<char> = "hjklwbeWBE0^$gGfFtT;,%{}iaIAoOxXrsSDCJ~dcyYpPuvV.><q\"()[]123 zUn_+-\
                              あ日ｗｶﾞ🇯\u{301}\u{200d}👩「」e"
        .chars()
        .collect();
    let named = vec![
        EditKey::Esc,
        EditKey::Esc,
        EditKey::Enter,
        EditKey::Backspace,
        EditKey::Delete,
        EditKey::Left,
        EditKey::Right,
        EditKey::Up,
        EditKey::Down,
        EditKey::Home,
        EditKey::End,
        EditKey::PageUp,
        EditKey::PageDown,
        EditKey::WordLeft,
        EditKey::WordRight,
        EditKey::Tab,
    ];
    let ctrl: Vec<char> = "wukyrdfbaezhn_p".chars().collect();
    prop_oneof![
        8 => prop::sample::select(letters).prop_map(EditKey::Char),
        3 => prop::sample::select(named),
        1 => prop::sample::select(ctrl).prop_map(EditKey::Ctrl),
    ]
}

pub(super) fn any_text() -> impl Strategy<Value = String> {
    let parts = vec![
        "one ",
        "two",
        "\n",
        "\n\n",
        "> ",
        "(",
        ")",
        "\"",
        "日本",
        "👨\u{200d}👩\u{200d}👧",
        "🇯🇵🇩🇪",
        "e\u{301}",
        "\u{301}",
        "ｶﾞ",
        "  ",
        "a.b",
        "「",
        "」",
    ];
    prop::collection::vec(prop::sample::select(parts), 0..25).prop_map(|p| p.concat())
}

#[test]
fn a_mark_on_a_blank_is_a_letter() {
    let mut e = normal("  \u{301}h");
    press(&mut e, "Ix");
    assert_eq!(e.text(), " x \u{301}h");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_breaks_it(
        start in any_text(),
        typed in prop::collection::vec(any_key(), 0..80),
        style in prop::sample::select(vec![EditStyle::Vim, EditStyle::Vim, EditStyle::Emacs, EditStyle::Plain]),
        drawn in any::<bool>(),
    ) {
        let mut e = Editor::new(&start).with_style(style);
        let first = e.text();
        for key in typed {
            e.key(key);
            let line = e.buffer.line(e.caret.row);
            prop_assert!(grapheme::is_boundary(line, e.caret.byte), "{key:?}: {:?} in {line:?}", e.caret);
            prop_assert!(e.mode == EditMode::Insert || line.is_empty() || e.caret.byte < line.len(), "{key:?}");
            if drawn {
                prop_assert!(draw(&e, 7, 4).1.is_some());
            }
            e.selected_text();
        }
        while e.redo() {}
        let last = e.text();
        while e.undo() {}
        prop_assert_eq!(e.text(), first);
        while e.redo() {}
        prop_assert_eq!(e.text(), last);
    }
}
