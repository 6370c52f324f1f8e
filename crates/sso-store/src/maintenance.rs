//! What keeps a store small, and tells whether it is well.

use std::time::SystemTime;

use async_trait::async_trait;

use crate::error::StoreError;

/// Removes what is old, and tells whether the store is well. Nothing depends on its being called: what has
/// expired is no longer seen, removed or not.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Removes events, attempts and [last logins of users](crate::LoginStore::last_logins) from before an
    /// instant: the ends of their retention. The last login of each kind stays, since enforcing asks for
    /// it.
    ///
    /// # Errors
    /// [`StoreError`]. What was removed until then stays removed.
    async fn prune(&self, before: SystemTime) -> Result<Pruned, StoreError>;

    /// Removes claims and revocations that have expired, and changes that need not be told any longer.
    /// Returns how many rows it has removed; where the engine does so by itself, none. `now` is the time
    /// of the caller.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sweep(&self, now: SystemTime) -> Result<u64, StoreError>;

    /// Checks that the store answers and is fit to keep what it is given, and returns the version of its
    /// schema.
    ///
    /// # Errors
    /// [`StoreError`] with what is missing.
    async fn ping(&self) -> Result<u32, StoreError>;
}

/// How many rows [`Maintenance::prune`] has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Events of the audit log.
    pub events: u64,
    /// Attempts to log in.
    pub attempts: u64,
    /// Last logins of users.
    pub user_logins: u64,
}
