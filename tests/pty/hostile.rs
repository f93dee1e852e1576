//! Customers' text on every screen: nothing in it reaches the terminal as anything but text.

use super::harness::{NARROW, Screen, Sequence, WIDE, sequences};
use super::seat;

/// What a terminal could act on, in the places a mail has.
fn evil() -> String {
    let marks = "\u{301}".repeat(200);
    format!(
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}P+q\u{1b}\\\u{9b}31m\u{9d}0;owned\u{9c}\u{7}\u{8}\u{c}\u{b}\u{7f}\
         \u{202e}gnp.exe\u{2066}\u{2069}\u{200f}\u{200b}\u{feff}\u{ad}\u{fff9}\u{e0041}\u{2028}e{marks}a\tb"
    )
}

fn mails() -> Vec<u8> {
    let evil = evil();
    let long = "0123456789 長い行 ".repeat(5000);
    let one = |n: usize, answers: &str, subject: &str, name: &str, body: &str, file: &str| {
        format!(
            "From x@example.net Mon Jan  5 09:00:00 2026\n\
             From: \"{name}\" <ben@example.net>\nTo: shop@desk.example, \"{evil}\" <{n}@example.net>\nCc: {evil} <cc@example.net>\n\
             Subject: {subject}\nMessage-ID: <h{n}@example.net>\n{answers}Date: Mon, 05 Jan 2026 09:0{n}:00 +0000\n\
             MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n\
             --b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
             <p>{body}</p><a href=\"https://example.net/{evil}\">{evil}</a>\n\
             --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"{file}.pdf\"\n\nx\n--b--\n\n"
        )
    };
    let cites = "In-Reply-To: <h1@example.net>\n";
    let body = format!("first {evil} words\nhttps://example.net/{evil}\n> quoted {evil}\n> {evil}\n-- \n{evil}");
    [
        one(1, "", &format!("Alpha {evil}"), &format!("Ben {evil}"), &body, &evil),
        one(2, cites, &format!("Re: {evil}"), &evil, &format!("second {evil}\n{long}"), &long),
        one(3, "", &format!("Omega {long}"), &long, &long, "a"),
    ]
    .concat()
    .into_bytes()
}

/// Sequences that the program itself uses.
fn is_ours(sequence: &Sequence<'_>) -> bool {
    match sequence {
        Sequence::Csi(parameters, 'm') => parameters.bytes().all(|b| b.is_ascii_digit() || b == b';'),
        Sequence::Csi(parameters, 'H' | 'G' | 'd' | 'C' | 'D' | 'J' | 'K' | 'X' | 'r' | 'S' | 'T' | 'L' | 'M') => {
            parameters.bytes().all(|b| b.is_ascii_digit() || b == b';')
        }
        Sequence::Csi(parameters, 'h' | 'l') => ["?1049", "?25", "?2004", "?2026", "?1004"].contains(parameters),
        Sequence::Control(c) => ['\r', '\n', '\u{8}'].contains(c),
        // The clipboard is written when the agent yanks, in base64.
        Sequence::Osc(text) => text
            .strip_prefix("52;c;")
            .is_some_and(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))),
        _ => false,
    }
}

/// Characters that hide or turn text, or that terminals act on.
fn is_tricky(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn assert_harmless(raw: Vec<u8>) {
    let raw = String::from_utf8(raw).expect("the output is UTF-8");
    let (found, text) = sequences(&raw);
    for sequence in found {
        assert!(is_ours(&sequence), "{sequence:?}");
    }
    assert_eq!(text.chars().find(|c| is_tricky(*c)).map(u32::from), None);
    let marks = text.split(|c| !('\u{300}'..='\u{36f}').contains(&c)).map(|run| run.chars().count()).max();
    assert!(marks <= Some(4), "{marks:?} marks on one letter");
}

fn every_screen(size: (u16, u16)) {
    let home = seat();
    std::fs::write(home.path("evil.mbox"), mails()).unwrap();
    let mut screen = Screen::open(&home, &[], size);
    screen.wait_for(":import PATH");
    screen.press(":import evil.mbox<CR>").wait_for("Omega").wait_for("Alpha");
    // The list, its search and filter.
    screen.press("/alpha<CR>");
    screen.wait("cursor on the hit", |s| super::cursor_row(s).is_some_and(|row| row.contains("Alpha")));
    screen.press("fomega<CR>").wait_gone("Alpha");
    screen.press("<Esc>").wait_for("Alpha");
    screen.press("g/first<CR>").wait_for("found").wait_for("Alpha").wait_gone("Omega");
    screen.press("yy").wait_for("copied");
    // The thread with every quote open, from end to end, its timeline and its files.
    screen.press("<CR>").wait_for("0123456789");
    screen.press("zRgg").wait_for("first");
    screen.press("/quoted<CR>").wait_for("quoted");
    screen.press("ym").wait_for("copied");
    screen.press("gF").wait_quiet();
    screen.press("<Esc><C-f><C-f>G");
    screen.wait_quiet();
    screen.press("t").wait_for("Timeline");
    screen.press("q").wait_gone("Timeline");
    // Splitting, by messages and by lines.
    screen.press("<CR>").wait_for("0123456789");
    screen.press("ggVs").wait_for("messages move");
    screen.press("q").wait_gone("messages move");
    screen.press("<Esc>").wait_gone("VISUAL");
    // Pickers, palette, help.
    for (key, title) in [("a", "Assign to"), ("L", "Labels"), ("SS", "Status"), ("M", "Merge into"), ("eq", "Move to")]
    {
        screen.press(key).wait_for(title);
        screen.press("<Esc>").wait_gone(title);
    }
    screen.press("es").wait_for("subject:");
    screen.press("<Esc>").wait_gone("subject:");
    screen.press("<C-p>claim").wait_for("claim");
    screen.press("<Esc>");
    screen.press("?").wait_for("Tickets");
    screen.press("<Esc>").wait_for("first");
    // The composer with the customer's names in its head, and its cards.
    screen.press("R").wait_for("INSERT");
    screen.paste(&format!("my words {}", evil().replace('\u{1b}', ""))).wait_for("my words");
    screen.press("<Esc>").wait_for("NORMAL");
    screen.press("ZZ").wait_for("Send this reply?");
    screen.press("<Esc>").wait_gone("Send this reply?");
    screen.press(":q<CR>").wait_gone("my words");
    screen.press("gd").wait_for("Drafts");
    screen.press("<Esc>").wait_gone("Drafts");
    assert_harmless(screen.quit());
}

#[test]
fn hostile_mail_on_every_screen_at_120x40() {
    every_screen(WIDE);
}

#[test]
fn hostile_mail_on_every_screen_at_80x24() {
    every_screen(NARROW);
}
