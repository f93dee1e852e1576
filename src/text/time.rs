//! Times as few characters: `3m` ago, due in `12m`, `2026-01-05 14:02`. Pure: the caller brings the clock and the zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
}
