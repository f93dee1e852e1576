//! Dates as mail writes them: RFC 5322 in order, and the many that are not.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reads a date. Nothing if no day, month and year can be found, or the year is before mail time.
pub fn parse(value: &str) -> Option<Timestamp> {
    let value: String = value.chars().take(200).collect();
    if let Ok(at) = value.trim().parse::<Timestamp>() {
        return Some(at);
    }
    let bare = without_comments(&value);
    let (mut day, mut month, mut year) = (None, None, None);
    let (mut time, mut offset, mut pm) = ((0, 0, 0), None, None);
    for token in bare.split(|c: char| c.is_whitespace() || c == ',').flat_map(dashes) {
        if token.is_empty() {
            continue;
        }
        if token.contains(':') {
            // A zone may stick to the time: `14:02:03+0900`.
            let at = token.find(['+', '-']).unwrap_or(token.len());
            time = clock(&token[..at])?;
            offset = offset.or_else(|| zone(&token[at..]));
        } else if let Some(found) = zone(token).filter(|_| year.is_some() || token.starts_with(['+', '-'])) {
            offset = offset.or(Some(found));
        } else if let Ok(number) = token.parse::<i16>() {
            match (day, token.len()) {
                (None, 1 | 2) if (1..=31).contains(&number) => day = i8::try_from(number).ok(),
                _ if year.is_none() => {
                    year = Some(match (token.len(), number) {
                        (2, n) if n < 50 => 2000 + n,
                        (2 | 3, n) => 1900 + n,
                        (_, n) => n,
                    });
                }
                _ => {}
            }
        } else if let Some(found) = month_of(token) {
            month = month.or(Some(found));
        } else {
            match token.to_ascii_lowercase().as_str() {
                "pm" => pm = Some(true),
                "am" => pm = Some(false),
                // ctime puts the zone before the year.
                _ => offset = offset.or_else(|| zone(token)),
            }
        }
    }
    let hour = match (pm, time.0) {
        (Some(true), h) if h < 12 => h + 12,
        (Some(false), 12) => 0,
        (_, h) => h,
    };
    let year = year.filter(|y| (1970..=9998).contains(y))?;
    let at = DateTime::new(year, month?, day?, hour, time.1, time.2, 0).ok()?;
    offset.unwrap_or(Offset::UTC).to_timestamp(at).ok()
}

fn without_comments(value: &str) -> String {
    let mut depth = 0usize;
    value
        .chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// `05-Jan-2026` is three tokens; `-0800` is one.
fn dashes(token: &str) -> Vec<&str> {
    if token.starts_with(['+', '-']) || token.contains(':') { vec![token] } else { token.split(['-', '/']).collect() }
}

fn clock(token: &str) -> Option<(i8, i8, i8)> {
    let mut parts = token.split(':').map(|p| p.split('.').next().unwrap_or_default().parse::<i8>());
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    // A leap second is the second before.
    let second = parts.next().and_then(Result::ok).unwrap_or(0).min(59);
    Some((hour, minute, second))
}

fn month_of(token: &str) -> Option<i8> {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?.to_ascii_lowercase();
    months.iter().position(|m| *m == start).and_then(|i| i8::try_from(i + 1).ok())
}

fn zone(token: &str) -> Option<Offset> {
    if let Some(digits) = token.strip_prefix(['+', '-']) {
        let digits: String = digits.chars().filter(|c| *c != ':').collect();
        if !(3..=4).contains(&digits.len()) {
            return None;
        }
        let number: i32 = digits.parse().ok()?;
        let seconds = (number / 100 * 60 + number % 100) * 60;
        return Offset::from_seconds(if token.starts_with('-') { -seconds } else { seconds }).ok();
    }
    let hours = match token.to_ascii_uppercase().as_str() {
        "UT" | "UTC" | "GMT" | "Z" => 0,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        "CET" | "BST" | "MET" => 1,
        "CEST" | "EET" | "MEST" => 2,
        "MSK" => 3,
        "JST" | "KST" => 9,
        _ => return None,
    };
    Offset::from_hours(hours).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn many_forms() {
        for (text, want) in [
            ("Tue, 17 Nov 2009 16:23:53 -0800", "2009-11-18T00:23:53Z"),
            ("Mon, 5 Jan 2026 14:02:03 +0900 (JST)", "2026-01-05T05:02:03Z"),
            ("5 Jan 26 14:02 GMT", "2026-01-05T14:02:00Z"),
            ("Mon Jan  5 14:02:03 2026", "2026-01-05T14:02:03Z"),
            ("Mon Jan  5 14:02:03 JST 2026", "2026-01-05T05:02:03Z"),
            ("Mon, 05-Jan-2026 02:02:60 PM EST", "2026-01-05T19:02:59Z"),
            ("2026-01-05T14:02:03+09:00", "2026-01-05T05:02:03Z"),
            ("Mon, 5 Jan 2026 14:02:03 \"GMT\"", "2026-01-05T14:02:03Z"),
            ("Mon,5 Jan 2026 14:02:03+0900", "2026-01-05T05:02:03Z"),
        ] {
            assert_eq!(parse(text).map(|t| t.to_string()).as_deref(), Some(want), "{text}");
        }
        for bad in ["", "yesterday", "32 Foo 2026", "30 Feb 2026 10:00:00 +0000", "1 Jan 0001 00:00:00 +0000"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_fails(value in "([0-9]{1,5}|Jan|:|\\+|-|,| |\\(|\\)|pm|漢|Z){0,20}") {
            let _ = parse(&value);
        }
    }
}
