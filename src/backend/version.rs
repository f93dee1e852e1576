//! Versions for helpdesks that have none. A screen takes one row for newer than another by its version, so versions only grow, also
//! between two changes of one second and beside another process that looks at the same ticket.

use jiff::Timestamp;

/// What was known of a ticket before.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// Its version.
    pub version: u64,
    /// Nothing differs since.
    pub same: bool,
}

/// A second's part of a version.
const SECOND: u64 = 1 << 16;
/// The latest that a change can be seen within its second; behind it there is room for more changes.
const LATEST: i128 = 0xefff;

/// The version of a ticket that says to be of `updated`, or does not say, and is looked at now. Two changes that the desk calls of
/// one second are told apart by when each was seen; an answer of an earlier second stays older.
pub fn version(before: Option<Before>, updated: Option<Timestamp>, now: Timestamp) -> u64 {
    let second = u64::try_from(updated.unwrap_or(now).as_second()).unwrap_or_default();
    let since = i128::from(now.as_millisecond()) - i128::from(second) * 1000;
    // About thirty to a second.
    let seen = u64::try_from((since / 32).clamp(0, LATEST)).unwrap_or_default();
    let first = second * SECOND + seen;
    match before {
        Some(b) if b.same && (updated.is_none() || b.version / SECOND >= second) => b.version,
        Some(b) if b.version / SECOND <= second => first.max(b.version + 1),
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_only_grow_and_what_is_the_same_keeps_its_own() {
        let at = |ms: i64| Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap();
        let after = |version, same| Some(Before { version, same });
        let said = Some(at(0));
        let first = version(None, said, at(100));
        assert_eq!(version(after(first, true), said, at(9_000)), first);
        // Two changes of one second, seen at once and later; as another process sees them too.
        let second = version(after(first, false), said, at(100));
        assert!(second > first);
        assert!(version(None, said, at(900)) > second);
        // A slow answer of before; the next second; years after.
        assert!(version(after(first, false), Some(at(-1000)), at(950)) < first);
        let next = version(after(second, false), Some(at(1000)), at(1001));
        assert!(next > version(after(second, false), said, at(i64::from(u32::MAX))));
        // Where no time is said.
        let unsaid = version(None, None, at(500));
        assert_eq!(version(after(unsaid, true), None, at(70_000)), unsaid);
        assert!(version(after(unsaid, false), None, at(500)) > unsaid);
        assert!(version(None, Some(Timestamp::MIN), at(0)) < first);
    }
}
