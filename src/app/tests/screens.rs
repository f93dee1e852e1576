//! Whole screens as they look, at the sizes that count and in both languages.

use super::{Looks, Seat};
use crate::i18n;
use crate::theme::{ColorDepth, GlyphSet};
use crate::widget::dump;

/// What is on the screen, and the keys that bring it there.
const SCREENS: [(&str, i64, &[&str]); 8] = [
    ("main", 1050, &[]),
    ("thread", 1050, &["<CR>"]),
    ("reply", 1053, &["r", "Dear<Space>Ben,<CR><CR>it<Space>is<Space>attached.", "<Esc>"]),
    ("note", 1037, &["i", "Ask<Space>the<Space>bank."]),
    ("split", 1050, &["<CR>", "ggVs"]),
    ("help", 1050, &["?"]),
    ("palette", 1050, &["<C-p>", "as"]),
    ("send", 1053, &["r", "Dear<Space>Ann,<Space>it<Space>is<Space>attached.<Esc>ZZ"]),
];

fn show(looks: Looks, ticket: i64, keys: &[&str]) -> Seat {
    let mut seat = Seat::with(looks);
    seat.at(ticket);
    for keys in keys {
        seat.keys(keys);
    }
    seat.wait(1000);
    seat
}

#[test]
fn in_english() {
    for (name, ticket, keys) in SCREENS {
        for size in [(120, 40), (80, 24), (60, 16)] {
            let seat = show(Looks { size, ..Looks::default() }, ticket, keys);
            insta::assert_snapshot!(format!("{name}_{}", size.0), seat.screen());
        }
    }
}

#[test]
fn in_japanese() {
    for (name, ticket, keys) in SCREENS {
        for size in [(120, 40), (80, 24), (60, 16)] {
            let looks = Looks { size, words: &i18n::JA, glyphs: GlyphSet::Safe, ..Looks::default() };
            let seat = show(looks, ticket, keys);
            insta::assert_snapshot!(format!("{name}_{}_ja", size.0), seat.screen());
        }
    }
}

#[test]
fn without_colour() {
    let looks = Looks { size: (80, 24), depth: ColorDepth::None, glyphs: GlyphSet::Safe, ..Looks::default() };
    let told = dump::dump(&show(looks, 1050, &[]).buffer().0);
    assert!(!told.contains("fg=") && !told.contains("bg="));
    insta::assert_snapshot!("main_80_no_colour", told);
}

#[test]
fn in_sixteen_colours() {
    let looks = Looks { size: (120, 24), depth: ColorDepth::Ansi16, ..Looks::default() };
    insta::assert_snapshot!("main_120_16_colours", dump::dump(&show(looks, 1050, &[]).buffer().0));
}

/// What a row says without the customers' and agents' own words is our chrome.
#[test]
fn the_safe_glyphs_are_ascii() {
    for (name, ticket, keys) in SCREENS {
        for size in [(120, 40), (80, 24), (60, 16)] {
            let looks = Looks { size, glyphs: GlyphSet::Safe, ..Looks::default() };
            let screen = show(looks, ticket, keys).screen();
            let strange: String =
                screen.chars().filter(|c| !c.is_ascii() && !matches!(*c, '\u{3000}'..='\u{9fff}')).collect();
            assert_eq!(strange, "", "{name} at {size:?}:\n{screen}");
        }
    }
}

/// Wide characters take two cells on every screen: what stands behind one is never drawn over half of it.
#[test]
fn the_caret_is_where_text_is_typed() {
    for size in [(120, 40), (80, 24), (60, 16)] {
        let mut seat = show(Looks { size, ..Looks::default() }, 1053, &["r", "あい"]);
        let caret = seat.buffer().1.expect("a caret");
        let row = seat.screen().lines().nth(caret.y.into()).unwrap().to_owned();
        assert!(row.contains("あい"), "{size:?} {caret:?}:\n{}", seat.screen());
        seat.keys("<Esc>:");
        assert_eq!(seat.buffer().1.expect("a caret").y, size.1 - 1);
    }
}
