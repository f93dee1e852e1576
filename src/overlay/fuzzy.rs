//! Finding rows by words, letters left out. Every word has to be found; a row's fields are tried in turn.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// How a field is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters may be left out: names.
    Loose,
    /// Parts of words only: sentences, where loose letters would find everything.
    Strict,
}

/// The rows that hold all words, best first; rows of equal worth stay in order. Without words, all of them.
pub fn rank(words: &str, rows: &[Vec<(Kind, String)>]) -> Vec<usize> {
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() {
        return (0..rows.len()).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let loose = |word: &str| Pattern::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let patterns: Vec<(Pattern, String)> = words.iter().map(|w| (loose(w), w.to_lowercase())).collect();
    let mut found: Vec<(u32, usize)> = Vec::new();
    for (i, fields) in rows.iter().enumerate() {
        let mut total = 0;
        let all = patterns.iter().all(|(loose, word)| {
            let best = fields.iter().enumerate().filter_map(|(field, (kind, text))| {
                let score = match kind {
                    Kind::Loose => loose.score(Utf32Str::new(text, &mut letters), &mut matcher),
                    // About what the matcher gives to letters side by side.
                    Kind::Strict => text.to_lowercase().contains(word).then(|| 18 * word.chars().count() as u32),
                };
                // The first field is the name: what is found there was rather meant.
                score.map(|s| if field == 0 { s * 2 } else { s })
            });
            best.max().map(|s| total += s).is_some()
        });
        if all {
            found.push((total, i));
        }
    }
    found.sort_by_key(|(score, i)| (std::cmp::Reverse(*score), *i));
    found.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_loosely_sentences_strictly() {
        let row = |name: &str, help: &str| vec![(Kind::Loose, name.to_owned()), (Kind::Strict, help.to_owned())];
        let rows = [
            row("next-unassigned", "next unassigned ticket"),
            row("claim", "take an unassigned ticket"),
            row("merge", "別のチケットに統合"),
        ];
        assert_eq!(rank("", &rows), [0, 1, 2]);
        assert_eq!(rank("clm", &rows), [1]);
        assert_eq!(rank("unass", &rows), [0, 1]);
        assert_eq!(rank("統合", &rows), [2]);
        assert_eq!(rank("take TICKET", &rows), [1]);
        assert_eq!(rank("nxd", &rows), [0], "letters of a sentence are not enough");
        assert!(rank("^$!'", &rows).is_empty(), "no signs mean anything");
    }
}
