//! Instants and lifetimes as Redis has them.

use std::time::{Duration, SystemTime};

/// Milliseconds to keep something for, at least one: Redis has no shorter time.
pub(crate) fn lifetime(until: SystemTime, now: SystemTime) -> u64 {
    let left = until.duration_since(now).unwrap_or_default() + Duration::from_nanos(999_999);
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Whole milliseconds since 1970, rounded up: nothing is forgotten early.
pub(crate) fn millis_after(instant: SystemTime) -> u64 {
    lifetime(instant, SystemTime::UNIX_EPOCH)
}

pub(crate) fn from_millis(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}
