//! From bytes to text: the names that mailers give to charsets, and a guess where they give none or a wrong one.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Decoded text, and whether characters had to be replaced because their bytes made no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// Some bytes could not be read.
    pub lossy: bool,
}

/// Decodes bytes by their label, or by a guess where the label is missing, unknown, or plainly wrong.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let label = label
        .unwrap_or_default()
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .to_ascii_lowercase();
    // RFC 2231 allows a language behind the name.
    let label = label.split('*').next().unwrap_or_default();
    if says_nothing(label) || (is_latin(label) && looks_otherwise(bytes)) {
        return guess(bytes);
    }
    let decoded = match encoding(label) {
        Some(encoding) => {
            let (text, _, lossy) = encoding.decode(bytes);
            Decoded { text: text.into_owned(), lossy }
        }
        None => match charset_decoder(label.as_bytes()) {
            Some(decoder) => {
                let text = decoder(bytes);
                Decoded { lossy: text.contains('\u{FFFD}'), text }
            }
            None => return guess(bytes),
        },
    };
    if decoded.lossy {
        // Text that calls itself UTF-8 and holds none of it is what old programs make of Latin-1.
        let guessed = guess(bytes);
        if !guessed.lossy && (encoding(label) == Some(UTF_8) || !is_fallback(bytes)) {
            return guessed;
        }
    }
    decoded
}

/// Labels that promise nothing about 8-bit bytes.
fn says_nothing(label: &str) -> bool {
    matches!(
        label,
        "" | "us-ascii"
            | "ascii"
            | "ansi_x3.4-1968"
            | "unknown-8bit"
            | "x-unknown"
            | "unknown"
            | "8bit"
            | "7bit"
            | "default"
            | "_autodetect"
            | "_iso-2022-jp$esc"
            | "binary"
            | "none"
            | "x-user-defined"
    )
}

fn is_latin(label: &str) -> bool {
    matches!(label, "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" | "iso-8859-15")
}

/// Bytes labelled as Latin that are Japanese 7-bit text or valid UTF-8.
fn looks_otherwise(bytes: &[u8]) -> bool {
    has_jis_escape(bytes) || (!bytes.is_ascii() && std::str::from_utf8(bytes).is_ok())
}

/// The encoding for a label, in more spellings than the web knows.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let found = match label {
        "cp932" | "ms932" | "ms_kanji" | "mskanji" | "windows-932" | "windows932" | "x-ms-cp932" | "shift-jis"
        | "shiftjis" | "x-shift-jis" | "x-shift_jis" | "sjis-win" | "cp943" | "cp943c" | "ibm943"
        | "shift_jisx0213" | "shift_jis-2004" => SHIFT_JIS,
        "cp51932" | "eucjp" | "euc_jp" | "euc-jp-ms" | "eucjp-ms" | "eucjp-win" | "eucjpms" | "ujis"
        | "euc-jisx0213" | "euc-jis-2004" => EUC_JP,
        "cp50220" | "cp50221" | "cp50222" | "jis" | "iso-2022-jp-ms" | "iso2022jp" | "iso-2022jp" | "x-iso-2022-jp"
        | "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-2004" => ISO_2022_JP,
        "utf8mb4" | "utf-8n" | "utf_8" | "unicode" | "x-utf-8" | "utf8n" => UTF_8,
        "cp949" | "ms949" | "x-windows-949" => encoding_rs::EUC_KR,
        "cp936" | "ms936" | "x-gbk-win" => encoding_rs::GB18030,
        "cp950" | "ms950" => encoding_rs::BIG5,
        _ => Encoding::for_label(label.as_bytes())?,
    };
    // "replacement" stands for charsets that the web refuses, and gives one character for a whole mail.
    (found != encoding_rs::REPLACEMENT).then_some(found)
}

/// Decodes bytes that say nothing about themselves: UTF-8, else ISO-2022-JP by its escapes, else Shift_JIS or EUC-JP if it
/// reads like Japanese, else windows-1252, which reads anything.
pub fn guess(bytes: &[u8]) -> Decoded {
    if has_jis_escape(bytes) && bytes.is_ascii() {
        let (text, _, lossy) = ISO_2022_JP.decode(bytes);
        return Decoded { text: text.into_owned(), lossy };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned(), lossy: false };
    }
    if let Some(encoding) = Encoding::for_bom(bytes).map(|(e, _)| e).filter(|e| *e != UTF_8) {
        let (text, _, lossy) = encoding.decode(bytes);
        return Decoded { text: text.into_owned(), lossy };
    }
    if let Some(text) = japanese(bytes) {
        return Decoded { text, lossy: false };
    }
    let lossy = String::from_utf8_lossy(bytes);
    if is_mostly_utf8(bytes) {
        return Decoded { text: lossy.into_owned(), lossy: true };
    }
    Decoded { text: WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), lossy: false }
}

/// Whether [`guess`] would only fall back to windows-1252, which proves nothing.
fn is_fallback(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err() && japanese(bytes).is_none() && !has_jis_escape(bytes)
}

fn has_jis_escape(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|w| matches!(w, [0x1B, b'$', b'B' | b'@' | b'('] | [0x1B, b'(', b'I' | b'J']))
}

/// UTF-8 with a few bad bytes, such as a text cut inside a character.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 3 * bad || (good > 0 && bad == 1)
}

/// Reads bytes as Shift_JIS or EUC-JP, if one of them fits and looks like Japanese.
fn japanese(bytes: &[u8]) -> Option<String> {
    [SHIFT_JIS, EUC_JP]
        .into_iter()
        .filter_map(|e| e.decode_without_bom_handling_and_without_replacement(bytes))
        .map(|text| (score(&text), text.into_owned()))
        .filter(|(score, _)| *score > 0)
        .max_by_key(|(score, _)| *score)
        .map(|(_, text)| text)
}

/// How much a text looks like Japanese: kana and kanji count for it; half-width kana, and kanji inside a Latin word (which is
/// what an accented letter read as Shift_JIS gives), against.
fn score(text: &str) -> i64 {
    let mut score = 0;
    let mut before = ' ';
    for c in text.chars() {
        score += match c {
            'ぁ'..='ん' | 'ァ'..='ヶ' | 'ー' | '、' | '。' => 3,
            '\u{4E00}'..='\u{9FFF}' if before.is_ascii_alphabetic() => -3,
            '\u{4E00}'..='\u{9FFF}' => 1,
            '\u{FF61}'..='\u{FF9F}' => -1,
            '\u{E000}'..='\u{F8FF}' => -5,
            'a'..='z' if ('\u{4E00}'..='\u{9FFF}').contains(&before) => -2,
            _ => 0,
        };
        before = c;
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn labels_in_many_spellings() {
        let text = "返品と請求書の件 ①髙ｶﾞ";
        for (label, encoding) in [
            ("cp932", SHIFT_JIS),
            ("Windows-31J", SHIFT_JIS),
            ("x-sjis", SHIFT_JIS),
            ("MS932", SHIFT_JIS),
            ("\"shift_jis\"", SHIFT_JIS),
            ("x-euc-jp", EUC_JP),
            ("cp51932", EUC_JP),
            ("utf8", UTF_8),
        ] {
            assert_eq!(
                decode(&encoded(text, encoding), Some(label)),
                Decoded { text: text.into(), lossy: false },
                "{label}"
            );
        }
        let jis = b"\x1b$BJVIJ\x1b(B ok";
        for label in ["ISO-2022-JP", "iso-2022-jp-ms", "cp50220", "us-ascii", "iso-8859-1", "nonsense"] {
            assert_eq!(decode(jis, Some(label)).text, "返品 ok", "{label}");
        }
        assert_eq!(decode(b"+ZYeB9FH6ckh5Pg-, 1980.", Some("utf-7")).text, "文致出版社, 1980.");
    }

    #[test]
    fn no_or_wrong_labels_are_guessed() {
        assert_eq!(guess(&encoded("お問い合わせの件", SHIFT_JIS)).text, "お問い合わせの件");
        assert_eq!(guess(&encoded("お問い合わせの件", EUC_JP)).text, "お問い合わせの件");
        assert_eq!(guess(&encoded("請求書", SHIFT_JIS)).text, "請求書");
        assert_eq!(guess(b"caf\xe9 cr\xe8me, gr\xfc\xdfe, n\xe4chste").text, "café crème, grüße, nächste");
        assert_eq!(decode("naïve 漢".as_bytes(), Some("iso-8859-1")).text, "naïve 漢");
        assert_eq!(decode(&encoded("これは違います", SHIFT_JIS), Some("utf-8")).text, "これは違います");
        assert_eq!(decode(b"Fr\xf6sche klagten \xfcber", Some("utf-8")).text, "Frösche klagten über");
        let cut = &"返品をお願いします".as_bytes()[..25];
        assert!(decode(cut, Some("utf-8")).lossy);
        assert!(decode(cut, None).text.starts_with("返品をお願いしま"));
    }
}
