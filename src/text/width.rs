//! Display width as ratatui draws it, cutting and padding to columns. Nothing else in the program measures text: ratatui's
//! `Span::width()` and `unicode-width` disagree with what it paints (half-width sound marks, for one).

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::Clean;

/// The cells that a line takes on the screen. Line ends take none.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|b| (b' '..=b'~').contains(b)).count();
    }
    text.graphemes(true).map(cluster_width).sum()
}

/// The cells that one grapheme cluster takes.
pub fn cluster_width(cluster: &str) -> usize {
    if cluster.chars().any(char::is_control) { 0 } else { usize::from(cluster.cell_width()) }
}

/// Cuts a line to at most `cells`, between clusters. Where something had to go, `marker` (`…` or `~`) says so, if it fits.
/// Text behind a line end counts as gone.
pub fn fit(text: &Clean, cells: usize, marker: &str) -> Clean {
    if text.len() <= cells && !text.contains('\n') {
        return text.clone(); // no character takes more cells than bytes
    }
    let room = cells.checked_sub(width(marker));
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        // One byte is one cell.
        return match room {
            Some(room) => Clean::joined(format!("{}{marker}", &text[..room])),
            None => text.part(0..cells),
        };
    }
    // `used` is the width so far, `cut` the end of what fits beside the marker.
    let (mut used, mut cut) = (0, 0);
    for (at, cluster) in text.grapheme_indices(true) {
        let next = used + cluster_width(cluster);
        if next > cells || cluster == "\n" {
            return match room {
                Some(_) => Clean::joined(format!("{}{marker}", &text[..cut])),
                None => text.part(0..at),
            };
        }
        if room.is_some_and(|r| next <= r) {
            cut = at + cluster.len();
        }
        used = next;
    }
    text.clone()
}

/// Fills a line with spaces on the right up to `cells`. A wider one stays as it is.
pub fn pad(text: &Clean, cells: usize) -> Clean {
    let missing = cells.saturating_sub(width(text));
    Clean::joined(format!("{}{}", text.as_str(), " ".repeat(missing)))
}

/// Fills a line with spaces on the left up to `cells`, for numbers.
pub fn pad_left(text: &Clean, cells: usize) -> Clean {
    let missing = cells.saturating_sub(width(text));
    Clean::joined(format!("{}{}", " ".repeat(missing), text.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use ratatui::text::Line;
    use ratatui::widgets::Widget;

    use super::*;

    /// The column where ratatui puts an `x` drawn right behind the text.
    fn drawn(text: &str) -> usize {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 400, 1));
        let (end, _) = buffer.set_string_end(text);
        let mut by_line = Buffer::empty(Rect::new(0, 0, 400, 1));
        Line::raw(format!("{text}|")).render(by_line.area, &mut by_line);
        let bar = (0..400u16).rfind(|x| by_line[(*x, 0)].symbol().starts_with('|'));
        assert_eq!(bar, Some(end), "a line and a string draw alike: {text:?}");
        usize::from(end)
    }

    trait End {
        fn set_string_end(&mut self, text: &str) -> (u16, u16);
    }

    impl End for Buffer {
        fn set_string_end(&mut self, text: &str) -> (u16, u16) {
            self.set_stringn(0, 0, text, 400, Style::new())
        }
    }

    #[test]
    fn width_is_what_ratatui_draws() {
        for (text, want) in [
            ("", 0),
            ("abc", 3),
            ("漢字", 4),
            ("ｶﾞx", 3),
            ("ｶﾞﾊﾟx", 5),
            ("e\u{301}", 1),
            ("👨\u{200d}👩\u{200d}👧", 2),
            ("❤\u{fe0f}", 2),
            ("🇯🇵", 2),
            ("…", 1),
            ("１２", 4),
        ] {
            assert_eq!(width(text), want, "{text:?}");
            assert_eq!(drawn(text), want, "{text:?}");
        }
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        buffer.set_string(0, 0, "ｶﾞx", Style::new());
        assert_eq!(buffer[(2, 0)].symbol(), "x");
    }

    #[test]
    fn fit_cuts_between_clusters() {
        let fit = |text: &str, cells| fit(&Clean::line(text), cells, "…").as_str().to_owned();
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 5), "abcd…");
        assert_eq!(fit("漢字漢字", 8), "漢字漢字");
        assert_eq!(fit("漢字漢字", 7), "漢字漢…");
        assert_eq!(fit("漢字漢字", 6), "漢字…");
        assert_eq!(fit("漢字", 1), "…");
        assert_eq!(fit("漢字", 0), "");
        assert_eq!(fit("a👨\u{200d}👩\u{200d}👧b", 3), "a…");
        assert_eq!(super::fit(&Clean::text("ab\ncd"), 9, "~").as_str(), "ab~");
    }

    #[test]
    fn pad_fills() {
        assert_eq!(pad(&Clean::line("漢"), 4).as_str(), "漢  ");
        assert_eq!(pad_left(&Clean::line("7"), 3).as_str(), "  7");
        assert_eq!(pad(&Clean::line("abc"), 2).as_str(), "abc");
    }

    proptest! {
        #[test]
        fn fit_never_exceeds(raw in ".{0,60}", cells in 0usize..40) {
            let text = Clean::line(&raw);
            let cut = fit(&text, cells, "~");
            prop_assert!(width(&cut) <= cells);
            if width(&text) <= cells { prop_assert_eq!(cut, text); }
        }

        #[test]
        fn width_holds_for_any_text(raw in "[ -~ぁ-んｦ-ﾟ漢字가-힣👨❤\u{301}\u{fe0f}\u{200d}]{0,40}") {
            let text = Clean::line(&raw);
            prop_assert_eq!(width(&text), drawn(&text));
        }
    }
}
