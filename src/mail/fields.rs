//! Head fields as mail-parser reads them, in this program's types.

use jiff::Timestamp;
use mail_parser::{ContentType, DateTime, HeaderName, HeaderValue, Message, MessageParser};

use super::parse::Address;
use crate::text::Clean;

/// More people than this on one field are not read.
const MOST_ADDRESSES: usize = 2000;

/// Reads a head (already repaired). Nothing if it has no field.
pub fn read(head: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse_headers(head)
}

/// Whether a head is a mail's and not the first line of some text with a colon in it.
pub fn are_of_a_mail(head: &Message<'_>) -> bool {
    head.headers().iter().any(|h| !h.name.is_other())
}

/// The first field of a name that says something, as text.
pub fn text(head: &Message<'_>, name: HeaderName<'static>) -> String {
    head.header_values(name).find_map(HeaderValue::as_text).unwrap_or_default().to_owned()
}

/// A parameter. Of one given twice (`name` and `name*`) the one that says more.
pub fn parameter(value: &ContentType<'_>, name: &str) -> Option<String> {
    let found = value.attributes().unwrap_or_default().iter().filter(|a| a.name == name);
    found.max_by_key(|a| !a.value.is_ascii()).map(|a| a.value.to_string())
}

/// The message ids in all fields of a name, without their brackets.
pub fn ids(head: &Message<'_>, name: HeaderName<'static>) -> Vec<String> {
    let tidy = |id: &str| {
        let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(500).collect();
        (!id.is_empty()).then_some(id)
    };
    let lists = head.header_values(name).filter_map(HeaderValue::as_text_list).flatten();
    // An id that never closes ends where the next one starts.
    lists.flat_map(|id| id.split('<')).filter_map(tidy).collect()
}

/// The people in all fields of a name.
pub fn people(head: &Message<'_>, name: HeaderName<'static>) -> Vec<Address> {
    let mut people: Vec<Address> = Vec::new();
    // The first half of an unquoted `Doe, John <john@…>`, or a name without an address.
    let mut stray: Option<String> = None;
    let address = |name: &str, email: &str| Address { name: Clean::line(name), email: Clean::line(email) };
    for found in head.header_values(name).filter_map(HeaderValue::as_address).flat_map(|a| a.iter()) {
        let (mut name, mut email) = (tidy(found.name()), tidy(found.address()).replace(' ', ""));
        // A quote that never closes, or `Name <address>` inside one encoded word.
        if email.is_empty()
            && let Some((before, inside)) = name.clone().split_once('<')
            && inside.contains('@')
        {
            (name, email) = (before.trim().to_owned(), inside.trim_end_matches('>').to_owned());
        }
        // Some programs put quotes around the quotes.
        let bare = name.trim_matches(['"', ' ']);
        let bare = bare.strip_prefix('\'').and_then(|n| n.strip_suffix('\'')).unwrap_or(bare);
        let bare = if bare == email { "" } else { bare };
        if !email.contains('@') {
            let name = if bare.is_empty() { email.as_str() } else { bare };
            if let Some(before) = stray.replace(name.to_owned()).filter(|n| !n.is_empty()) {
                people.push(address(&before, ""));
            }
            continue;
        }
        let name = match stray.take().filter(|n| !n.is_empty()) {
            Some(first) if !bare.is_empty() => format!("{first}, {bare}"),
            Some(first) => {
                people.push(address(&first, ""));
                String::new()
            }
            None => bare.to_owned(),
        };
        // `<@route:user@host>`; and several addresses where a bracket never closes.
        let email = if email.starts_with('@') { email.rsplit(':').next().unwrap_or_default() } else { &email };
        let mut emails = email.split(',').filter(|e| !e.is_empty());
        people.push(address(&name, emails.next().unwrap_or_default()));
        people.extend(emails.map(|e| address("", e)));
        if people.len() >= MOST_ADDRESSES {
            people.truncate(MOST_ADDRESSES);
            return people;
        }
    }
    people.extend(stray.filter(|n| !n.is_empty()).map(|n| address(&n, "")));
    people
}

fn tidy(text: Option<&str>) -> String {
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// When a mail was written, else when the newest hop took it (which stands first).
pub fn date(head: &Message<'_>) -> Option<Timestamp> {
    let written = head.header_raw(HeaderName::Date).and_then(written);
    let received = || head.received_all().filter_map(mail_parser::Received::date).find_map(|d| timestamp(&d));
    written.or_else(received)
}

/// A date as mail-parser reads it, after what it reads wrongly (zones by name) or not at all: no zone, no seconds, ISO 8601,
/// and what C's `ctime` writes.
fn written(value: &str) -> Option<Timestamp> {
    let mut value = value.trim().to_owned();
    for (name, offset) in [("JST", "+0900"), ("KST", "+0900"), ("CEST", "+0200"), ("CET", "+0100")] {
        if let Some(bare) = value.strip_suffix(name) {
            value = format!("{bare}{offset}");
        }
    }
    let by_library = |text: &str| timestamp(&DateTime::parse_rfc822(text)?);
    let by_jiff = || Some(jiff::fmt::rfc2822::parse(&value).ok()?.timestamp());
    let ctime = || {
        let date = jiff::civil::DateTime::strptime("%a %b %e %H:%M:%S %Y", &value).ok()?;
        Some(date.in_tz("UTC").ok()?.timestamp())
    };
    let found = by_library(&value).or_else(|| value.parse().ok()).or_else(by_jiff).or_else(ctime);
    found.or_else(|| by_library(&format!("{value} +0000")))
}

fn timestamp(date: &DateTime) -> Option<Timestamp> {
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    jiff::civil::Date::new(i16::try_from(date.year).ok()?, month, day).ok()?;
    let valid = date.is_valid() && date.year >= 1970;
    Timestamp::from_second(date.to_timestamp()).ok().filter(|_| valid)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn people(raw: &str) -> Vec<(String, String)> {
        let mail = parse(format!("To: {raw}\nSubject: x\n\nx").as_bytes());
        mail.to.iter().map(|a| (a.name.to_string(), a.email.to_string())).collect()
    }

    fn one(name: &str, email: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), email.to_owned())]
    }

    #[test]
    fn address_lists() {
        assert_eq!(people("Ben Ode <ben@example.net>"), one("Ben Ode", "ben@example.net"));
        assert_eq!(people("ben@example.net (Ben Ode)"), one("Ben Ode", "ben@example.net"));
        assert_eq!(people("\"Ode, Ben\" <ben@example.net>"), one("Ode, Ben", "ben@example.net"));
        assert_eq!(people("Ode, Ben <ben@example.net>"), one("Ode, Ben", "ben@example.net"));
        assert_eq!(people("=?utf-8?B?55Sw5LitLCDnvo7lkrI=?= <m@example.jp>"), one("田中, 美咲", "m@example.jp"));
        assert_eq!(people("=?utf-8?B?QmVuIDxiQHg+?="), one("Ben", "b@x"));
        assert_eq!(people("Team: a@example.net, b@example.net;").len(), 2);
        assert_eq!(people("undisclosed-recipients:;"), vec![]);
        assert_eq!(people("\"Ben <ben@example.net>"), one("Ben", "ben@example.net"));
        assert_eq!(people("a@example.net, <b@example.net, c@example.net").len(), 3);
        assert_eq!(people("\"'Ben Ode'\" <b@x>, Michiel Buddingh' <m@x>")[1].0, "Michiel Buddingh'");
        assert_eq!(people("<@r1,@r2:u@h>"), one("", "u@h"));
    }

    #[test]
    fn dates_in_many_forms() {
        for (text, want) in [
            ("Tue, 17 Nov 2009 16:23:53 -0800", "2009-11-18T00:23:53Z"),
            ("Mon, 5 Jan 2026 14:02:03 +0900 (JST)", "2026-01-05T05:02:03Z"),
            ("Mon, 5 Jan 2026 14:02:03 JST", "2026-01-05T05:02:03Z"),
            ("Mon, 5 Jan 2026 14:02:03 EST", "2026-01-05T19:02:03Z"),
            ("5 Jan 26 14:02 GMT", "2026-01-05T14:02:00Z"),
            ("Mon Jan  5 14:02:03 2026", "2026-01-05T14:02:03Z"),
            ("Mon, 5 Jan 2026 14:02:03", "2026-01-05T14:02:03Z"),
            ("2026-01-05T14:02:03+09:00", "2026-01-05T05:02:03Z"),
        ] {
            assert_eq!(written(text).map(|t| t.to_string()).as_deref(), Some(want), "{text}");
        }
        for bad in ["", "yesterday", "32 Foo 2026", "30 Feb 2026 10:00:00 +0000"] {
            assert_eq!(written(bad), None, "{bad}");
        }
    }

    #[test]
    fn encoded_words_and_ids() {
        let subject = |raw: &str| parse(format!("Subject: {raw}\nFrom: a@b\n\nx").as_bytes()).subject.to_string();
        assert_eq!(subject("=?iso-2022-jp?B?GyRCSlZJShsoQg==?= ok"), "返品 ok");
        assert_eq!(subject("=?utf-8?B?6L+U5Q==?=\n =?UTF-8?B?k4E=?="), "返品", "a character cut in two words");
        assert_eq!(subject("=?cp932?B?lNSVaQ==?="), "番品");
        assert_eq!(subject("=?x?y?z?= =?utf-8?B?"), "=?x?y?z?= =?utf-8?B?");
        let cited = parse(b"References: <a@x> (c) <b@y> <c@z <d@w>\n\nx").references;
        assert_eq!(cited, ["a@x", "b@y", "c@z", "d@w"]);
    }

    #[test]
    fn file_names() {
        let name = |parameters: &str| {
            let raw = format!("Subject: x\nContent-Type: application/pdf; {parameters}\n\nx");
            parse(raw.as_bytes()).attachments[0].name.to_string()
        };
        assert_eq!(name("name*0*=utf-8''%E8%BF%94; name*1*=%E5%93%81; name*2=.pdf"), "返品.pdf");
        assert_eq!(name("name=x; name*=utf-8''%E8%BF%94"), "返");
        assert_eq!(name("name=\"=?utf-8?B?6L+U?=.txt\""), "返.txt");
        assert_eq!(name("name=a b.txt; c=d"), "a b.txt");
        assert_eq!(name("name*=cp932''%94%D4.pdf"), "番.pdf");
    }
}
