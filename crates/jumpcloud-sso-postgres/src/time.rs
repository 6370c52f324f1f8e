//! Instants and lifetimes as the database has them.

use std::time::{Duration, SystemTime};

/// Whole milliseconds since 1970, when the statement began.
macro_rules! now {
    () => {
        "floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint"
    };
}
pub(crate) use now;

/// Milliseconds to keep something for: one more than those begun, as the server's clock is read in whole
/// ones. It has no use for half the time that there is.
pub(crate) fn lifetime(until: SystemTime, now: SystemTime) -> i64 {
    let left = until.duration_since(now).unwrap_or_default();
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 2) + 2
}

/// Whole milliseconds since 1970.
fn millis(instant: SystemTime) -> i64 {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The same, rounded up: nothing is forgotten early.
pub(crate) fn millis_after(instant: SystemTime) -> i64 {
    millis(instant.checked_add(Duration::from_nanos(999_999)).unwrap_or(instant))
}

pub(crate) fn from_millis(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// The most rows that a page has.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
