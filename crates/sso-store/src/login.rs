//! Logins, and attempts to log in.

use std::time::SystemTime;

use async_trait::async_trait;

use crate::attempt::{AttemptRow, Ring};
use crate::error::StoreError;
use crate::event::EventRow;

/// Keeps the last logins of each connection, and a bounded log of attempts.
#[async_trait]
pub trait LoginStore: Send + Sync {
    /// Keeps a login in place of the former one through the same connection at the same revision by the same
    /// certificate, and as the last one of its user through the connection.
    ///
    /// Where there is no former one at this revision by this certificate, it is the first of its kind:
    /// `first` is appended, and the answer is `true`. A login through a connection that is gone is
    /// dropped, and is the first of nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn record_login(&self, login: &LoginRow, first: &[EventRow]) -> Result<bool, StoreError>;

    /// Returns the JSON of the last login of each kind through a connection, in any order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn logins(&self, connection: &str) -> Result<Vec<String>, StoreError>;

    /// Returns when users last logged in through a connection, ordered by the bytes of their IDs: those after
    /// the user `after`, or all, at most `limit`. A page of fewer than `limit` is the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn last_logins(
        &self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<UserLogin>, StoreError>;

    /// Keeps an attempt in a ring of its connection, as [`Ring`] says. One through a connection that is gone
    /// is dropped.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn record_attempt(&self, attempt: &AttemptRow) -> Result<(), StoreError>;

    /// Returns the attempts that a ring of a connection holds, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn attempts(&self, connection: &str, ring: Ring) -> Result<Vec<AttemptRow>, StoreError>;
}

/// A login that has succeeded, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    /// The connection that it went through.
    pub connection: String,
    /// The revision that the connection's configuration had.
    pub revision: u64,
    /// The fingerprint of the certificate whose key had signed.
    pub certificate: String,
    /// The user, by the service's own name. It may hold any character.
    pub user: String,
    /// When it was. A store may keep whole milliseconds.
    pub at: SystemTime,
    /// The login itself, which a store keeps as it is.
    pub json: String,
}

/// The last login of a user through a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLogin {
    /// The user.
    pub user: String,
    /// When it was.
    pub at: SystemTime,
}
