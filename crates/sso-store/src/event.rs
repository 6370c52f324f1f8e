//! The audit log.

use std::time::SystemTime;

use async_trait::async_trait;

use crate::error::StoreError;

/// Keeps the events of organizations, numbered in the order in which they were appended.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Appends events that go with no change of another row, all of them or none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn append(&self, events: &[EventRow]) -> Result<(), StoreError>;

    /// Returns the events of an organization in their order, each with its number: those with a number above
    /// `after`, at most `limit`. Numbers stay when older events are [pruned](crate::Maintenance::prune),
    /// and an event appears only after every one with a smaller number.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EventRow)>, StoreError>;
}

/// A line of the audit log as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The organization.
    pub organization: String,
    /// When it happened, by which old ones are [pruned](crate::Maintenance::prune). A store may keep whole
    /// milliseconds, and has the time of an upgrade where a former version kept none: the JSON knows.
    pub at: SystemTime,
    /// The event itself, which a store keeps as it is.
    pub json: String,
}
