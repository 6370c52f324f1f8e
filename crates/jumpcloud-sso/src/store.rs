//! Once is once: what must not happen twice is claimed in a store.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Mutex;
use std::time::SystemTime;

use thiserror::Error;

/// Remembers what was used, so that it cannot be used again: assertions, and the requests that they answer.
///
/// Claims have to be atomic: of any number of calls with the same key, on any number of machines, exactly one gets
/// [`Claim::Claimed`]. A store that cannot tell has to fail, and the login is then refused.
pub trait OnceStore: Send + Sync {
    /// Claims `key` until `until`. It may be forgotten from then on, and not before. `now` is the time of the caller.
    fn claim(
        &self,
        key: &str,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;
}

/// Who was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// The caller: the key was not claimed before.
    Claimed,
    /// Somebody else: the key is claimed already.
    AlreadyClaimed,
}

/// Why a store could not tell.
#[derive(Debug, Error)]
#[error("the store failed: {message}")]
pub struct StoreError {
    message: String,
}

impl StoreError {
    /// With the message of the underlying failure, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// A store in the memory of this process: for services that run as a single one. What it remembers is lost when the
/// process ends, so that an assertion could be replayed to the next one for the minutes that it is valid.
#[derive(Debug)]
pub struct MemoryOnceStore {
    claims: Mutex<Claims>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Claims {
    until: HashMap<String, SystemTime>,
    /// The size at which to look for expired claims next.
    sweep_at: usize,
}

/// Claims are made after a signature was verified only, so that nobody can fill the store who has no account. This is a
/// thousand logins a second with the ten minutes that JumpCloud's assertions live.
const DEFAULT_CAPACITY: usize = 1_200_000;

const FIRST_SWEEP: usize = 1024;

impl Default for MemoryOnceStore {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

impl MemoryOnceStore {
    /// A store that remembers at most `capacity` claims at a time. Once full of claims that have not expired it fails,
    /// and logins are refused.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { claims: Mutex::default(), capacity }
    }

    /// How many claims it remembers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.claims.lock().map_or(0, |claims| claims.until.len())
    }

    /// Whether it remembers none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn claim_now(&self, key: &str, until: SystemTime, now: SystemTime) -> Result<Claim, StoreError> {
        let mut claims =
            self.claims.lock().map_err(|_| StoreError::new("a thread panicked while it held the lock"))?;
        if claims.until.get(key).is_some_and(|until| *until > now) {
            return Ok(Claim::AlreadyClaimed);
        }
        claims.make_room(self.capacity, now)?;
        claims.until.insert(key.to_owned(), until);
        Ok(Claim::Claimed)
    }
}

impl Claims {
    /// Forgets what has expired each time the size has doubled, so that a claim costs constant time on average.
    fn make_room(&mut self, capacity: usize, now: SystemTime) -> Result<(), StoreError> {
        if self.until.len() >= self.sweep_at.clamp(FIRST_SWEEP.min(capacity), capacity) {
            self.until.retain(|_, until| *until > now);
            self.until.shrink_to(self.until.len().max(FIRST_SWEEP) * 2);
            self.sweep_at = (self.until.len() * 2).max(FIRST_SWEEP);
        }
        if self.until.len() >= capacity {
            return Err(StoreError::new(format!("it is full of {capacity} claims")));
        }
        Ok(())
    }
}

impl OnceStore for MemoryOnceStore {
    fn claim(
        &self,
        key: &str,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send {
        std::future::ready(self.claim_now(key, until, now))
    }
}
