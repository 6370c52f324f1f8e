//! The store itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::OnceCell;

use crate::sweeper::Sweeper;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// A store in PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) pool: Pool,
    pub(crate) timeout: Duration,
    pub(crate) sweeper: Arc<Sweeper>,
    /// Whether the database was looked at, by one of the clones.
    pub(crate) checked: Arc<OnceCell<()>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Creates a store in the database of this pool.
    ///
    /// Before its first operation the database is asked for what [`migrate`](Self::migrate) sees to, in case
    /// that its statements were run by another tool: operations fail with what is missing until it is there,
    /// and while the server runs with `fsync = off`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, timeout: DEFAULT_TIMEOUT, sweeper: Arc::default(), checked: Arc::default() }
    }

    /// Sets another limit than five seconds for each operation.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
