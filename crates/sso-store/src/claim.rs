//! What was used once.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::error::StoreError;

/// The most claims that one call makes.
pub const MAX_CLAIMS: usize = 16;

/// Remembers what was used, so that it cannot be used again: assertions, the requests that they answer,
/// tokens that were refreshed, codes that were redeemed.
///
/// Claims have to be atomic: of any number of calls with the same key, on any number of machines, exactly one
/// gets [`Claimed::Now`]. A store that cannot tell has to fail, and what it was asked for is then refused.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// Claims every key, or none if one of them is claimed already. A claim may be forgotten from its
    /// [`until`](Claim::until) on, and not before. `now` is the time of the caller.
    ///
    /// # Errors
    /// [`StoreError`], also for what [`Claim::check`] refuses. Whether something was claimed is then unknown.
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError>;
}

/// A claim to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is claimed.
    pub key: ClaimKey,
    /// The instant from which on it may be forgotten.
    pub until: SystemTime,
}

impl Claim {
    /// Checks what a store is asked for in one call: at least one claim, at most [`MAX_CLAIMS`], and no key
    /// twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check(claims: &[Self]) -> Result<(), StoreError> {
        if claims.is_empty() || claims.len() > MAX_CLAIMS {
            let found = claims.len();
            return Err(StoreError::new(format!("{found} claims in one call, expected 1 to {MAX_CLAIMS}")));
        }
        let is_repeated =
            |(index, claim): (usize, &Self)| claims.iter().take(index).any(|other| other.key == claim.key);
        if claims.iter().enumerate().any(is_repeated) {
            return Err(StoreError::new("one call claims the same key twice"));
        }
        Ok(())
    }
}

/// Whether the keys of a call were claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claimed {
    /// By this call, all of them.
    Now,
    /// This one was claimed before, by whomever; of several, the first in the order of the call. Nothing was
    /// claimed by this call.
    Before(ClaimKey),
}

/// The key of a claim: what is used up, and the scope that it counts for. Both are hashes, so that a key has
/// the same small size whatever it is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    scope: [u8; 32],
    key: [u8; 32],
}

impl ClaimKey {
    /// Creates a key out of two hashes: of the scope (the connection or organization whose claim it is), and
    /// of what is claimed within it. The second one has to cover the scope too: stores compare it alone.
    #[must_use]
    pub const fn from_hashes(scope: [u8; 32], key: [u8; 32]) -> Self {
        Self { scope, key }
    }

    /// Returns the hash of what is claimed within its scope. Two keys are equal if and only if these bytes
    /// are.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// Returns the hash of the scope, by which a store can see to it that none uses up what others need.
    #[must_use]
    pub const fn scope(&self) -> &[u8; 32] {
        &self.scope
    }
}

impl fmt::Debug for ClaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimKey({})", Hex(&self.key))
    }
}

/// Bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8; 32]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
