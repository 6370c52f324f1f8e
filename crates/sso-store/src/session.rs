//! Which sessions were revoked.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::claim::Hex;
use crate::connection::ConnectionRow;
use crate::error::StoreError;

/// How long a store keeps the changes that it tells by [`SessionStore::changes`], at least.
pub const CHANGES_KEPT: Duration = Duration::from_secs(600);

/// Remembers which sessions were revoked, and answers in one call whether a session may go on.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Returns whether one of `keys` was revoked, and which connections of `organization` are enforced, as
    /// one reading of the store: what was kept before the call is seen.
    ///
    /// # Errors
    /// [`StoreError`]; nobody should be let in then.
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Authorization, StoreError>;

    /// Returns the latest instant that any of `keys` was revoked at, as far as it is remembered at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError>;

    /// Revokes all of `revocations`, or none. `now` is the time of the caller.
    ///
    /// A revocation of a key that was revoked before keeps the later of both instants, until the later of
    /// both times: a later call never makes an earlier one undone.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError>;

    /// Returns what has changed since the change `after`, in order and at most `limit` changes: what a
    /// process has to hear of that keeps answers of [`authorize`](Self::authorize) in memory.
    ///
    /// Without `after` the answer holds no change, only the [position](Changes::position) to begin at. A
    /// change is told only after every change with a smaller number is told or undone. Changes are kept
    /// for [`CHANGES_KEPT`] at least.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError>;
}

/// The key of a revocation: a session, or what sessions have in common. Both parts are hashes.
#[derive(Clone, Copy)]
pub struct RevocationKey {
    scope: [u8; 32],
    key: [u8; 32],
}

impl PartialEq for RevocationKey {
    /// Compares what is revoked, whoever revokes.
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for RevocationKey {}

impl RevocationKey {
    /// Creates a key out of two hashes: of the scope (who revokes), and of what is revoked. Unlike that of a
    /// claim, the scope is no part of the key: it only says whose share of a store's memory a revocation
    /// takes.
    #[must_use]
    pub const fn from_hashes(scope: [u8; 32], key: [u8; 32]) -> Self {
        Self { scope, key }
    }

    /// Returns the hash of what is revoked. Two keys are equal if and only if these bytes are.
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

impl fmt::Debug for RevocationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationKey({})", Hex(&self.key))
    }
}

/// A revocation to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// What is revoked.
    pub key: RevocationKey,
    /// Everything under the key that was issued at this instant or before is revoked. A store may round it
    /// up to whole milliseconds.
    pub instant: SystemTime,
    /// The instant from which on the revocation may be forgotten, since nothing of it could be valid any
    /// longer.
    pub until: SystemTime,
}

/// What a store knows of a session and of the organization that it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorization {
    /// The latest instant that one of the session's keys was revoked at.
    pub revoked_at: Option<SystemTime>,
    /// The connections of the organization that [are enforced](ConnectionRow::is_enforced), ordered by ID.
    pub enforced: Vec<ConnectionRow>,
}

impl Authorization {
    /// Creates an answer.
    #[must_use]
    pub const fn new(revoked_at: Option<SystemTime>, enforced: Vec<ConnectionRow>) -> Self {
        Self { revoked_at, enforced }
    }
}

/// An answer to [`SessionStore::changes`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// The number to go on after.
    pub position: u64,
    /// Whether no change since the one that was asked for has been forgotten. Where one has, whatever is
    /// kept in memory has to be read anew.
    pub is_complete: bool,
}

impl Changes {
    /// Creates an answer.
    #[must_use]
    pub const fn new(changes: Vec<Change>, position: u64, is_complete: bool) -> Self {
        Self { changes, position, is_complete }
    }
}

/// Something that sessions depend on has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number, above that of every change before.
    pub number: u64,
    /// What has changed.
    pub kind: ChangeKind,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Something was revoked.
    Revoked {
        /// The hash of the key, [`RevocationKey::as_bytes`].
        key: [u8; 32],
        /// The instant, as it is remembered now.
        instant: SystemTime,
    },
    /// A connection of this organization was saved or deleted.
    Connections {
        /// The organization.
        organization: String,
    },
}
