//! Organizations' connections.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::event::EventRow;

/// Keeps organizations' connections, and with every change the events of the audit log: both or neither.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Returns the connection `id`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError>;

    /// Returns the connection `id` and the domains of its organization, ordered, as one reading of the store.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError>;

    /// Returns connections of an organization, or of all, ordered by ID: those after the ID `after`, at most
    /// `limit`. A page of fewer than `limit` is the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError>;

    /// Keeps `row` as the connection in the slot of that name of its organization and appends `events`,
    /// unless there is one in the slot already: of two callers at once, both get the same connection. A
    /// slot is free again when its connection is deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError>;

    /// Keeps `row` in place of the one whose version is `expected`, and appends `events`. `None` expects that
    /// there is no connection of this ID, and that there never was one: an ID is never used again. The
    /// versions of a connection differ.
    ///
    /// What `requires` says is checked in the same transaction: it holds at the moment that the row is
    /// written, and whatever would end it waits, or comes before.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError>;

    /// Forgets the connection `id` with its logins and attempts, if its version is `expected`, and appends
    /// `events`. The ID stays taken.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError>;
}

/// A connection as a store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Its ID.
    pub id: String,
    /// The organization that it belongs to, the same for ever.
    pub organization: String,
    /// Raised by every change: what a store compares before it writes.
    pub version: u64,
    /// Whether members have to log in through it. Read from a store it may be `true` where the store cannot
    /// tell, as of a row that a former version of the store wrote: the JSON knows.
    pub is_enforced: bool,
    /// Whether logins through it depend on the domains of the organization, which
    /// [`DomainStore::release_domain`] asks. It is `true` where the store cannot tell.
    ///
    /// [`DomainStore::release_domain`]: crate::DomainStore::release_domain
    pub relies_on_domains: bool,
    /// The connection itself, which a store keeps as it is.
    pub json: String,
}

impl std::fmt::Debug for ConnectionRow {
    /// Without the JSON, which holds sealed keys and the names of people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionRow")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Which connections are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// All of them.
    All,
    /// Those that [are enforced](ConnectionRow::is_enforced).
    Enforced,
}

/// The connection in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// The one that was given, from now on.
    Now,
    /// This one, as before. Nothing was changed.
    Before(ConnectionRow),
    /// None: there is, or was, a connection of the ID that was given. Nothing was changed.
    Conflict,
}

/// The condition of a change of a connection that other rows decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// There is none.
    Nothing,
    /// The organization of the row has a verified domain.
    Domain,
}

/// Whether a change was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It was.
    Saved,
    /// It was not: somebody else has changed the connection, or the ID is taken.
    Conflict,
    /// It was not: the organization has no domain, and [`Requires::Domain`] was asked for. A conflict comes
    /// before this.
    NoDomain,
}
