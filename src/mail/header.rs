//! Header fields: encoded words, addresses, parameters, message ids. All of it lenient: real mail breaks every rule.

use super::charset;
use super::mime::{base64, quoted_printable};
use super::parse::Address;
use crate::text::Clean;

/// Encoded words longer than this are none (RFC 2047 says 75).
const LONGEST_WORD: usize = 4096;
/// More people than this on one field are not read.
const MOST_ADDRESSES: usize = 2000;

/// Decodes a field's raw value into text: encoded words, and raw 8-bit or ISO-2022-JP bytes by a guess.
pub fn text(raw: &[u8]) -> String {
    words(&charset::guess(raw).text)
}

/// Decodes the encoded words in a text. Neighbours of one charset are joined before decoding, because old mailers cut inside
/// a character.
pub fn words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let between = &rest[..at];
        match Word::read(&rest[at..]) {
            Some(word) => {
                let adjacent = pending.is_some() && between.trim_matches([' ', '\t', '\r', '\n']).is_empty();
                if !adjacent {
                    flush(&mut pending, &mut out);
                    out.push_str(between);
                }
                match &mut pending {
                    Some((label, bytes)) if label.eq_ignore_ascii_case(word.charset) => bytes.extend(word.bytes),
                    _ => {
                        flush(&mut pending, &mut out);
                        pending = Some((word.charset.to_owned(), word.bytes));
                    }
                }
                rest = &rest[at + word.len..];
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

fn flush(pending: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((label, bytes)) = pending.take() {
        out.push_str(&charset::decode(&bytes, Some(&label)).text);
    }
}

/// `=?charset?B?…?=`
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    len: usize,
}

impl<'a> Word<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut end = text.len().min(LONGEST_WORD);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let body = text[..end].strip_prefix("=?")?;
        let (charset, body) = body.split_once('?')?;
        if charset.is_empty() || charset.len() > 60 || charset.contains(char::is_whitespace) {
            return None;
        }
        let (method, body) = body.split_once('?')?;
        let data_len = body.find("?=")?;
        let data = &body[..data_len];
        let bytes = match method {
            "b" | "B" => base64(data.as_bytes()).0,
            "q" | "Q" => quoted_printable(data.replace('_', " ").as_bytes()),
            _ => return None,
        };
        Some(Self { charset, bytes, len: 2 + charset.len() + 1 + method.len() + 1 + data_len + 2 })
    }
}

/// The message ids in a field, without their brackets.
pub fn ids(raw: &[u8]) -> Vec<String> {
    let value = charset::guess(raw).text;
    let tidy = |id: &str| {
        let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(500).collect();
        (!id.is_empty()).then_some(id)
    };
    let mut found = Vec::new();
    let mut rest = value.as_str();
    while let Some((_, inside)) = rest.split_once('<') {
        // An id that never closes ends where the next one starts.
        let end = inside.find(['>', '<']).unwrap_or(inside.len());
        found.extend(tidy(&inside[..end]));
        rest = &inside[end..];
    }
    if found.is_empty() {
        found.extend(value.split_whitespace().filter(|w| w.contains('@')).filter_map(tidy));
    }
    found
}

/// The people in an address field.
pub fn addresses(raw: &[u8]) -> Vec<Address> {
    // Cut into people before decoding, so that a comma inside an encoded name separates nobody.
    let value = charset::guess(raw).text;
    let mut people: Vec<Address> = Vec::new();
    let mut stray: Option<String> = None;
    for piece in pieces(&value) {
        let Some(mut person) = piece.person() else { continue };
        if piece.angle.is_none() && !person.email.contains('@') {
            // The first half of an unquoted `Doe, John <john@…>`, or a name without an address.
            if let Some(name) = stray.replace(person.email.as_str().to_owned()) {
                people.push(Address { name: Clean::line(&name), email: Clean::default() });
            }
            continue;
        }
        if let Some(first) = stray.take() {
            if person.name.is_empty() {
                people.push(Address { name: Clean::line(&first), email: Clean::default() });
            } else {
                person.name = Clean::line(&format!("{first}, {}", person.name));
            }
        }
        people.push(person);
        if people.len() >= MOST_ADDRESSES {
            break;
        }
    }
    if let Some(name) = stray {
        people.push(Address { name: Clean::line(&name), email: Clean::default() });
    }
    people
}

/// One person of a list, before decoding.
#[derive(Default)]
struct Piece {
    plain: String,
    comment: String,
    angle: Option<String>,
}

impl Piece {
    fn person(&self) -> Option<Address> {
        let (plain, comment) = (tidy(&words(&self.plain)), tidy(&words(&self.comment)));
        let (name, email) = match &self.angle {
            Some(angle) => {
                // `<@route,@route:user@host>`
                let email = angle.rsplit(':').next().filter(|_| angle.starts_with('@')).unwrap_or(angle);
                (if plain.is_empty() { comment } else { plain }, tidy(&words(email)).replace(' ', ""))
            }
            // A whole `Name <address>` inside one encoded word.
            None => match plain.split_once('<').and_then(|(n, e)| Some((n, e.split_once('>')?.0))) {
                Some((name, email)) if email.contains('@') => (tidy(name), email.trim().to_owned()),
                _ => (comment, plain),
            },
        };
        // Some programs put quotes around the quotes.
        let bare = name.trim_matches(['"', ' ']);
        let bare = bare.strip_prefix('\'').and_then(|n| n.strip_suffix('\'')).unwrap_or(bare);
        let name = if bare == email { String::new() } else { bare.to_owned() };
        (!name.is_empty() || !email.is_empty())
            .then(|| Address { name: Clean::line(&name), email: Clean::line(&email) })
    }
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts an address list at its commas, minding quotes, comments, brackets and groups.
fn pieces(value: &str) -> Vec<Piece> {
    let mut pieces = vec![Piece::default()];
    let (mut quoted, mut comment, mut escaped) = (false, 0usize, false);
    // Where the text of an open bracket goes.
    let mut in_angle = false;
    for c in value.chars() {
        let Some(piece) = pieces.last_mut() else { break };
        if escaped {
            escaped = false;
            if comment > 0 {
                piece.comment.push(c);
            } else {
                piece.plain.push(c);
            }
            continue;
        }
        match c {
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 && !in_angle => quoted = !quoted,
            _ if quoted => piece.plain.push(c),
            '(' if !in_angle => comment += 1,
            ')' if comment > 0 => comment -= 1,
            _ if comment > 0 => piece.comment.push(c),
            '<' if piece.angle.is_none() => {
                in_angle = true;
                piece.angle = Some(String::new());
            }
            '>' => in_angle = false,
            // A comma inside brackets belongs to an old route; one behind an address means that `>` is missing.
            ',' | ';' if !in_angle || piece.angle.as_ref().is_some_and(|a| !a.starts_with('@') && a.contains('@')) => {
                in_angle = false;
                pieces.push(Piece::default());
            }
            // `Group: a, b;`
            ':' if !in_angle && piece.angle.is_none() => piece.plain.clear(),
            _ if in_angle => {
                if let Some(angle) = &mut piece.angle {
                    angle.push(c);
                }
            }
            _ => piece.plain.push(c),
        }
    }
    // A quote that never closes has swallowed the rest: read it again without quotes, once.
    if quoted && value.contains('"') {
        return self::pieces(&value.replace('"', " "));
    }
    pieces
}

/// A value and its parameters: `text/plain; charset=x; name*0*=…`. The main value is in lower case.
pub fn parameters(raw: &[u8]) -> (String, Vec<(String, String)>) {
    let value = charset::guess(raw).text;
    let parts = split_parameters(&value);
    let main = parts.first().map(|p| p.0.trim().to_ascii_lowercase()).unwrap_or_default();
    // Name, segment, whether percent-coded, value.
    let mut found: Vec<(String, usize, bool, String)> = Vec::new();
    for (name, value) in parts.into_iter().skip(1).take(200) {
        let name = name.trim().to_ascii_lowercase();
        let (name, coded) = match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let (name, segment) = match name.split_once('*') {
            Some((base, n)) => (base, n.parse().unwrap_or(0)),
            None => (name, 0),
        };
        found.push((name.to_owned(), segment, coded, value));
    }
    found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut i = 0;
    while i < found.len() {
        let end = i + found[i..].iter().take_while(|f| f.0 == found[i].0).count();
        parameters.push((found[i].0.clone(), one_parameter(&found[i..end])));
        i = end;
    }
    (main, parameters)
}

/// Puts the segments of one parameter together.
fn one_parameter(segments: &[(String, usize, bool, String)]) -> String {
    // A coded form beside a plain one (`name` and `name*`) wins.
    let coded_first = segments.iter().any(|s| s.2 && s.1 == 0);
    if !segments.iter().any(|s| s.2) {
        let joined: String = if segments.iter().any(|s| s.1 > 0) {
            segments.iter().map(|s| s.3.as_str()).collect()
        } else {
            segments[0].3.clone()
        };
        return words(&joined);
    }
    let mut label = String::new();
    let mut bytes = Vec::new();
    for (_, segment, coded, value) in segments {
        if coded_first && *segment == 0 && !coded {
            continue;
        }
        let mut value = value.as_str();
        if *coded
            && *segment == 0
            && let Some((charset, rest)) = value.split_once('\'')
        {
            charset.clone_into(&mut label);
            value = rest.split_once('\'').map_or(rest, |(_, v)| v);
        }
        if *coded { bytes.extend(percent(value)) } else { bytes.extend(value.bytes()) }
    }
    charset::decode(&bytes, Some(&label)).text
}

fn percent(value: &str) -> Vec<u8> {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
        match (bytes[i], hex(bytes.get(i + 1)), hex(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 3;
            }
            (b, ..) => {
                out.push(b);
                i += 1;
            }
        }
    }
    out
}

/// Splits at `;` outside quotes into names and values. The first has no value.
fn split_parameters(value: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    let (mut quoted, mut escaped, mut in_value) = (false, false, false);
    let mut comment = 0usize;
    for c in value.chars() {
        let Some(part) = parts.last_mut() else { break };
        let target = if in_value { &mut part.1 } else { &mut part.0 };
        match c {
            _ if escaped => {
                target.push(c);
                escaped = false;
            }
            // `name="C:\tmp\x.pdf"` is more common than a real escape.
            '\\' if quoted && in_value => escaped = true,
            '"' if comment == 0 => quoted = !quoted,
            _ if quoted => target.push(c),
            '(' if !in_value || target.is_empty() => comment += 1,
            ')' if comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            ';' => {
                parts.push((String::new(), String::new()));
                in_value = false;
            }
            '=' if !in_value && !target.is_empty() => in_value = true,
            c if c.is_whitespace() && target.is_empty() => {}
            _ => target.push(c),
        }
    }
    for (_, value) in &mut parts {
        value.truncate(value.trim_end().len());
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people(raw: &str) -> Vec<(String, String)> {
        addresses(raw.as_bytes()).into_iter().map(|a| (a.name.to_string(), a.email.to_string())).collect()
    }

    fn one(name: &str, email: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), email.to_owned())]
    }

    #[test]
    fn encoded_words() {
        assert_eq!(words("=?iso-2022-jp?B?GyRCSlZJShsoQg==?= ok"), "返品 ok");
        assert_eq!(words("a =?utf-8?q?b=C3=A9_c?= =?utf-8?q?d?=  e"), "a bé cd  e");
        // One character cut in two words.
        assert_eq!(words("=?utf-8?B?6L+U5Q==?=\r\n =?UTF-8?B?k4E=?="), "返品");
        assert_eq!(words("=?x?y?z?= =?utf-8?B?"), "=?x?y?z?= =?utf-8?B?");
        assert_eq!(text("\u{8fd4}".as_bytes()), "返");
        assert_eq!(text(b"\x1b$BJVIJ\x1b(B"), "返品");
    }

    #[test]
    fn address_lists() {
        assert_eq!(people("Ben Ode <ben@example.net>"), one("Ben Ode", "ben@example.net"));
        assert_eq!(people("ben@example.net (Ben Ode)"), one("Ben Ode", "ben@example.net"));
        assert_eq!(people("\"Ode, Ben\" <ben@example.net>"), one("Ode, Ben", "ben@example.net"));
        assert_eq!(people("Ode, Ben <ben@example.net>"), one("Ode, Ben", "ben@example.net"));
        assert_eq!(people("=?utf-8?B?55Sw5LitLCDnvo7lkrI=?= <m@example.jp>"), one("田中, 美咲", "m@example.jp"));
        assert_eq!(people("Team: a@example.net, b@example.net;").len(), 2);
        assert_eq!(people("undisclosed-recipients:;"), vec![]);
        assert_eq!(people("\"Ben <ben@example.net>"), one("Ben", "ben@example.net"));
        assert_eq!(people("a@example.net, <b@example.net, c@example.net").len(), 3);
        assert_eq!(people("\"'Ben Ode'\" <b@x>, Michiel Buddingh' <m@x>")[1].0, "Michiel Buddingh'");
        assert_eq!(people(""), vec![]);
        assert_eq!(people("MAILER-DAEMON"), one("MAILER-DAEMON", ""));
    }

    #[test]
    fn ids_are_bare() {
        assert_eq!(ids(b"<a@x> (c) <b@y>"), ["a@x", "b@y"]);
        assert_eq!(ids(b"a@x b"), ["a@x"]);
        assert_eq!(ids(b"<a@x <b@y>"), ["a@x", "b@y"]);
        assert_eq!(ids(b"<a@\r\n x>"), ["a@x"]);
    }

    #[test]
    fn parameter_forms() {
        let get = |raw: &str, name: &str| parameters(raw.as_bytes()).1.into_iter().find(|p| p.0 == name).map(|p| p.1);
        assert_eq!(parameters(b"Text/Plain ; Charset = \"utf-8\"").0, "text/plain");
        assert_eq!(get("text/plain; charset=\"utf-8\" ; x", "charset").unwrap(), "utf-8");
        assert_eq!(get("a; name*0*=utf-8''%E8%BF%94; name*1*=%E5%93%81; name*2=.pdf", "name").unwrap(), "返品.pdf");
        assert_eq!(get("a; filename=x; filename*=utf-8''%E8%BF%94", "filename").unwrap(), "返");
        assert_eq!(get("a; name=\"=?utf-8?B?6L+U?=.txt\"", "name").unwrap(), "返.txt");
        assert_eq!(get("a; name=a b.txt; c=d", "name").unwrap(), "a b.txt");
        assert_eq!(get("a; b=\"x;y=z\"", "b").unwrap(), "x;y=z");
    }

    proptest! {
        #[test]
        fn never_fails(raw in "(=\\?|\\?=|utf-8|\\?B\\?|\\?Q\\?|[<>,;:\"()\\\\*'%= @a]|name|漢|0|\n){0,60}") {
            let _ = (text(raw.as_bytes()), addresses(raw.as_bytes()), parameters(raw.as_bytes()), ids(raw.as_bytes()));
        }

        #[test]
        fn never_fails_on_bytes(raw in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = (text(&raw), addresses(&raw), parameters(&raw), ids(&raw));
        }
    }
}
