//! Times as few characters: `3m` ago, due in `12m`, `2026-01-05 14:02`. The caller brings the clock and the zone.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where zones lie.
const ZONES: &str = "/usr/share/zoneinfo";
/// The system's own zone: a zone's file or a link to one.
const LOCAL: &str = "/etc/localtime";

/// The zone of this system, or of `TZ`. Read from its one file where that lies at the usual place: the library would look through
/// all zones for its name, which takes longer than the rest of a start.
pub fn local_zone() -> TimeZone {
    let read = || match std::env::var_os("TZ") {
        None => zone_in(Path::new(LOCAL)),
        Some(name) => zone_named(name.to_str()?),
    };
    read().unwrap_or_else(TimeZone::system)
}

/// The zone of a plain name such as `Europe/Berlin`. Other forms that `TZ` may have are for the library.
fn zone_named(name: &str) -> Option<TimeZone> {
    let name = name.strip_prefix(':').unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let is_name = name.split('/').all(|part| !part.is_empty() && part.chars().all(plain));
    match name {
        "UTC" => Some(TimeZone::UTC),
        _ if is_name && std::env::var_os("TZDIR").is_none() => zone_in(&Path::new(ZONES).join(name)),
        _ => None,
    }
}

/// The zone in a file.
fn zone_in(file: &Path) -> Option<TimeZone> {
    let data = std::fs::read(file).ok()?;
    let real = std::fs::canonicalize(file).ok()?;
    let name = real.strip_prefix(ZONES).unwrap_or(&real).to_str()?;
    TimeZone::tzif(name, &data).ok()
}

/// How long ago, in the largest unit that says something: `0m`, `59m`, `23h`, `6d`, `5w`, `2y`. The future is `0m`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    span(now.as_second().saturating_sub(then.as_second()).max(0))
}

/// Time left until `due`: `12m`, `1h`; or how late it is: `-4m`. Less than a minute either way is `0m`, late is `-0m`.
pub fn due(due: Timestamp, now: Timestamp) -> String {
    let left = due.as_second().saturating_sub(now.as_second());
    if left < 0 { format!("-{}", span(-left)) } else { span(left) }
}

/// Date and minute in a zone: `2026-01-05 14:02`.
pub fn absolute(at: Timestamp, zone: &TimeZone) -> String {
    let t = at.to_zoned(zone.clone()).datetime();
    format!("{:04}-{:02}-{:02} {:02}:{:02}", t.year(), t.month(), t.day(), t.hour(), t.minute())
}

fn span(seconds: i64) -> String {
    let minutes = seconds / 60;
    let (hours, days) = (minutes / 60, minutes / (60 * 24));
    match () {
        () if minutes < 60 => format!("{minutes}m"),
        () if hours < 24 => format!("{hours}h"),
        () if days < 7 => format!("{days}d"),
        () if days < 7 * 100 => format!("{}w", days / 7),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ages_use_the_largest_unit() {
        let now = at("2026-01-05T14:02:00Z");
        for (then, want) in [
            ("2026-01-05T14:01:30Z", "0m"),
            ("2026-01-05T13:59:00Z", "3m"),
            ("2026-01-05T12:01:00Z", "2h"),
            ("2026-01-04T12:01:00Z", "1d"),
            ("2025-11-30T12:01:00Z", "5w"),
            ("2020-11-30T12:01:00Z", "5y"),
            ("2026-01-05T15:00:00Z", "0m"),
        ] {
            assert_eq!(age(at(then), now), want, "{then}");
        }
        assert_eq!(age(Timestamp::MIN, Timestamp::MAX), "20012y");
    }

    #[test]
    fn due_counts_down_and_over() {
        let now = at("2026-01-05T14:02:00Z");
        assert_eq!(due(at("2026-01-05T13:58:00Z"), now), "-4m");
        assert_eq!(due(at("2026-01-05T14:14:30Z"), now), "12m");
        assert_eq!(due(at("2026-01-05T15:02:00Z"), now), "1h");
    }

    #[test]
    fn absolute_is_local() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(absolute(at("2026-01-05T14:02:59Z"), &zone), "2026-01-05 23:02");
    }

    #[test]
    fn a_zone_is_its_file_and_other_forms_are_for_the_library() {
        assert_eq!(zone_named("UTC"), Some(TimeZone::UTC));
        for name in ["../../etc/passwd", "/etc/passwd", "", "Europe//Berlin", "JST-9,M3", "No/Such_Place"] {
            assert_eq!(zone_named(name), None, "{name}");
        }
        assert_eq!(zone_in(Path::new("/etc/passwd")), None);
        if let Some(zone) = zone_named("Asia/Tokyo") {
            assert_eq!(
                (zone.iana_name(), absolute(at("2026-01-05T14:02:59Z"), &zone)),
                (Some("Asia/Tokyo"), "2026-01-05 23:02".to_owned())
            );
        }
    }
}
