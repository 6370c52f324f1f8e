//! How often attempts are written.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::attempt::{AttemptRow, Ring};

/// How long an attempt waits for others like it.
const EVERY: Duration = Duration::from_secs(1);

/// How many kinds of attempts are counted at once.
const MAX_KINDS: usize = 4096;

/// Sees to it that attempts which anybody can make are written at most once a second for each connection and
/// code, however many there are.
///
/// An attempt of [`Ring::Proven`] passes always. Of those of [`Ring::Unproven`] the first one passes, and
/// those of the second that follows are counted; the next one after it passes with their count added.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sso_store::{AttemptRow, AttemptThrottle, Ring};
///
/// let now = SystemTime::now();
/// let attempt = AttemptRow {
///     connection: "acme-jumpcloud".to_owned(),
///     ring: Ring::Unproven,
///     reference: "r1".to_owned(),
///     code: "signature.untrusted_key".to_owned(),
///     at: now,
///     count: 1,
///     json: "{}".to_owned(),
/// };
/// let throttle = AttemptThrottle::default();
/// assert!(throttle.admit(attempt.clone(), now).is_some());
/// assert!(throttle.admit(attempt.clone(), now).is_none());
/// let next = throttle.admit(attempt, now + Duration::from_secs(1)).unwrap();
/// assert_eq!(next.count, 2);
/// ```
#[derive(Debug, Default)]
pub struct AttemptThrottle(Mutex<HashMap<(String, String), Counted>>);

#[derive(Debug)]
struct Counted {
    written_at: SystemTime,
    since: u64,
}

impl AttemptThrottle {
    /// Returns the attempt to be written, if one is to be written now.
    ///
    /// At most 4,096 pairs of connection and code are counted at once. When there are more, those that were
    /// last written more than a second ago are forgotten with their counts; if there is none of these,
    /// the attempt is dropped.
    pub fn admit(&self, mut attempt: AttemptRow, now: SystemTime) -> Option<AttemptRow> {
        if attempt.ring == Ring::Proven {
            return Some(attempt);
        }
        let is_over = |counted: &Counted| match now.duration_since(counted.written_at) {
            Ok(passed) => passed >= EVERY,
            // The clock was set back.
            Err(_) => true,
        };
        // Counting goes on where a thread has panicked: a count may be off then.
        let mut kinds = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kind = (attempt.connection.clone(), attempt.code.clone());
        if let Some(counted) = kinds.get_mut(&kind) {
            if is_over(counted) {
                attempt.count = attempt.count.saturating_add(counted.since);
                *counted = Counted { written_at: now, since: 0 };
                return Some(attempt);
            }
            counted.since = counted.since.saturating_add(attempt.count);
            return None;
        }
        if kinds.len() >= MAX_KINDS {
            kinds.retain(|_, counted| !is_over(counted));
        }
        if kinds.len() >= MAX_KINDS {
            return None;
        }
        kinds.insert(kind, Counted { written_at: now, since: 0 });
        Some(attempt)
    }
}
