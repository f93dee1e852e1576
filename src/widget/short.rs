//! Names in three cells, for queues on narrow screens: `Shop` is `Shp`, `Shop-X` is `ShX`, `返品` is `返`.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::Clean;

/// A name in at most three cells.
pub fn three(name: &str) -> Clean {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let Some(first) = words.first() else { return take(name.graphemes(true), 3) };
    if name.cell_width() <= 3 {
        return Clean::line(name);
    }
    if !first.is_ascii() {
        return take(first.graphemes(true), 3);
    }
    // The first letter, then consonants; vowels only where these do not fill three.
    let is_vowel = |c: &char| matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u');
    let lead = first.chars().next().into_iter().chain(first.chars().skip(1).filter(|c| !is_vowel(c)));
    match words.as_slice() {
        [_, .., last] => {
            let tail = take(last.graphemes(true).take(1), 3);
            let head: String = lead.take(3_usize.saturating_sub(tail.as_str().cell_width().into())).collect();
            Clean::line(&format!("{head}{tail}"))
        }
        _ => {
            let lead: String = lead.take(3).collect();
            if lead.len() == 3 { Clean::line(&lead) } else { take(first.graphemes(true), 3) }
        }
    }
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, cells: u16) -> Clean {
    let (mut out, mut used) = (String::new(), 0);
    for g in graphemes {
        let w = g.cell_width();
        if used + w > cells {
            break;
        }
        out.push_str(g);
        used += w;
    }
    Clean::line(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_three_cells() {
        for (name, want) in [
            ("Shop", "Shp"),
            ("Shop-X", "ShX"),
            ("Onboarding", "Onb"),
            ("Cleaning", "Cln"),
            ("Log", "Log"),
            ("Queue", "Que"),
            ("返品窓口", "返"),
            ("Shop 返品", "S返"),
            ("Büro", "Bür"),
            ("", ""),
        ] {
            assert_eq!(three(name).as_str(), want, "{name}");
            assert!(three(name).as_str().cell_width() <= 3);
        }
    }
}
