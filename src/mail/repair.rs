//! What mail-parser must not see as it came: heads in 8-bit bytes or with encoded words cut inside a character, attached
//! mails, and floods that it would read in more than linear time or memory.

use std::borrow::Cow;

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};

use super::charset;

/// A head is read up to here.
const LONGEST_HEAD: usize = 1024 * 1024;
/// Encoded words longer than this are none (RFC 2047 says 75).
const LONGEST_WORD: usize = 4096;
/// Parts, and fields of one part, at most: each takes some hundred bytes of memory.
const MOST: usize = 100_000;
/// Parameters of one field: mail-parser compares each with all before it.
const MOST_PARAMETERS: usize = 2000;
/// Bytes of a boundary: mail-parser compares all of them at each dash.
const LONGEST_BOUNDARY: usize = 200;
/// Bytes to search at most: a boundary that never comes is looked for to the end of the mail, each of them anew.
const SEARCHED: usize = 1_000_000_000;

/// The first line without its end, and what follows.
pub fn next_line(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = raw.iter().position(|b| *b == b'\n').unwrap_or(raw.len());
    let line = &raw[..at];
    (!raw.is_empty()).then(|| (line.strip_suffix(b"\r").unwrap_or(line), raw.get(at + 1..).unwrap_or_default()))
}

/// The name of the field that a line can be.
pub fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().take(200).position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(|b| matches!(b, b'!'..=b'~'))).then_some(name)
}

/// How long the head is, with the empty line behind it.
pub fn head_len(raw: &[u8]) -> usize {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if line.trim_ascii_end().is_empty() {
            break;
        }
    }
    at
}

/// A mail whose head ends with an empty line: something that is no field ends it as well.
pub fn ended_head(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let bare = line.trim_ascii_end();
        if bare.is_empty() {
            break;
        }
        let continues = at > 0 && line[0].is_ascii_whitespace();
        let envelope = at == 0 && (bare.starts_with(b"From ") || bare.starts_with(b">From "));
        if !(field_name(bare).is_some() || continues || envelope) {
            if at == 0 {
                break;
            }
            return [&raw[..at], b"\n".as_slice(), &raw[at..]].concat().into();
        }
        at += line.len();
    }
    raw.into()
}

/// A head in UTF-8, each run of encoded words as one, and ended.
pub fn head(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 2);
    let mut field: Vec<u8> = Vec::new();
    let flush = |field: &mut Vec<u8>, out: &mut Vec<u8>| {
        let text = charset::guess(field).text;
        // A file name stands in a parameter, where no encoded word belongs: it is put there as it is.
        let plain = text.get(..8).is_some_and(|n| n.eq_ignore_ascii_case("content-"));
        let text = words(&text, plain);
        // The names of Shift_JIS in RFC 2231 that mail-parser does not know.
        let known = |text: &str, name: &str| text.replace(&format!("{name}''"), "shift_jis''");
        let text =
            if plain { ["cp932", "CP932", "ms932", "MS932"].iter().fold(text, |t, n| known(&t, n)) } else { text };
        out.extend(text.into_bytes());
        field.clear();
    };
    for line in raw[..raw.len().min(LONGEST_HEAD)].split_inclusive(|b| *b == b'\n') {
        if !line[0].is_ascii_whitespace() {
            flush(&mut field, &mut out);
        }
        field.extend(line);
    }
    flush(&mut field, &mut out);
    out.extend(b"\n\n");
    out
}

/// Joins neighbouring encoded words of one charset before decoding, because old mailers cut inside a character, and writes
/// them as one UTF-8 word (or plain), which also spares mail-parser the charset names that it does not know.
fn words(text: &str, plain: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let flush = |pending: &mut Option<(String, Vec<u8>)>, out: &mut String| {
        let Some((label, bytes)) = pending.take() else { return };
        let decoded = charset::decode(&bytes, Some(&label)).text;
        if plain {
            out.push_str(&decoded.replace(['"', '\\'], "'"));
            return;
        }
        out.push_str("=?utf-8?Q?");
        for b in decoded.bytes() {
            if b.is_ascii_alphanumeric() { out.push(char::from(b)) } else { out.push_str(&format!("={b:02X}")) }
        }
        out.push_str("?=");
    };
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let between = &rest[..at];
        match word(&rest[at..]) {
            Some((label, bytes, len)) => {
                if pending.is_none() || !between.trim().is_empty() {
                    flush(&mut pending, &mut out);
                    out.push_str(between);
                }
                match &mut pending {
                    Some((open, all)) if open.eq_ignore_ascii_case(label) => all.extend(bytes),
                    _ => {
                        flush(&mut pending, &mut out);
                        pending = Some((label.to_owned(), bytes));
                    }
                }
                rest = &rest[at + len..];
            }
            None => {
                flush(&mut pending, &mut out);
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    flush(&mut pending, &mut out);
    out + rest
}

/// `=?charset?B?…?=` at the start of a text: its charset, bytes and length.
fn word(text: &str) -> Option<(&str, Vec<u8>, usize)> {
    let mut end = text.len().min(LONGEST_WORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut parts = text[..end].strip_prefix("=?")?.splitn(3, '?');
    let (label, method, data) = (parts.next()?, parts.next()?, parts.next()?);
    let data = &data[..data.find("?=")?];
    if label.is_empty() || label.len() > 60 || label.contains(char::is_whitespace) {
        return None;
    }
    let bytes = match method {
        "b" | "B" => base64_decode(data.as_bytes()).unwrap_or_else(|| base64(data.as_bytes())),
        "q" | "Q" => quoted_printable_decode(data.replace('_', "=20").as_bytes())?,
        _ => return None,
    };
    Some((label, bytes, 2 + label.len() + 1 + method.len() + 1 + data.len() + 2))
}

/// Decodes what there is of base64 with other characters in it. Text that only claims to be base64 stays as it is.
pub fn base64(text: &[u8]) -> Vec<u8> {
    let bare: Vec<u8> = text.iter().copied().filter(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).collect();
    base64_decode(&bare).filter(|b| !b.is_empty()).unwrap_or_else(|| text.to_vec())
}

/// How much of a mail can be taken apart in bounded time and memory. mail-parser ends a part's head at an empty line and
/// starts a part at `--` and the boundary, anywhere in a line, so what is counted here is never less than what it finds.
pub fn bounded(raw: &[u8]) -> usize {
    let (mut at, mut parts, mut fields, mut parameters, mut searched) = (0, 0, 0, 0, 0usize);
    let mut may_be_head = true;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.trim_ascii().is_empty() {
            parts += usize::from(may_be_head);
            (may_be_head, fields) = (false, 0);
        } else if line.windows(2).any(|w| w == b"--") {
            (may_be_head, fields) = (true, 0);
        }
        if may_be_head {
            fields += usize::from(line.contains(&b':'));
            parameters = if line[0].is_ascii_whitespace() { parameters } else { 0 };
            parameters += line.split(|b| *b == b';').count() - 1;
            if let Some(found) = line.windows(8).position(|w| w.eq_ignore_ascii_case(b"boundary")) {
                let more = if is_long(&line[found + 8..]) { SEARCHED } else { raw.len() - at };
                searched = searched.saturating_add(more);
            }
            if parts > MOST || fields > MOST || parameters > MOST_PARAMETERS || searched >= SEARCHED {
                return at;
            }
        }
        at += line.len();
    }
    raw.len()
}

/// Whether a boundary is longer than any mailer's (RFC 2046 says 70), or goes on in the next line.
fn is_long(behind: &[u8]) -> bool {
    let value = behind.iter().position(|b| *b == b'=').map_or(behind, |at| behind[at + 1..].trim_ascii());
    let end = match value.strip_prefix(b"\"") {
        Some(quoted) => quoted.iter().position(|b| *b == b'"').unwrap_or(usize::MAX),
        None => value.iter().position(|b| *b == b';').unwrap_or(value.len()),
    };
    end > LONGEST_BOUNDARY
}

/// A mail of the same length whose attached mails are no mails: they are files, kept as they came. mail-parser would open
/// them, one in the other, until the stack ends; and one cut off (as bounces do) would take what stands behind it.
pub fn closed(raw: &[u8]) -> Vec<u8> {
    let mut out = raw.to_vec();
    for i in 0..out.len().saturating_sub(5) {
        let word = match out[i] | 0x20 {
            b'r' => b"rfc822",
            b'g' => b"global",
            b'd' => b"digest",
            _ => continue,
        };
        if out[i..i + 6].eq_ignore_ascii_case(word) {
            out[i + 5] = b'x';
        }
    }
    out
}
