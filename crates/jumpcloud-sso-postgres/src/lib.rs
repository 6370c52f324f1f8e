//! The stores of `jumpcloud-sso` in PostgreSQL, for services of more than one process.
//!
//! [`PostgresStore`] keeps connections, domains and events, remembers what was used and what was revoked. It takes a pool
//! that the host has already, with its own settings of TLS, user and size:
//!
//! ```no_run
//! use deadpool_postgres::{Manager, Pool};
//! use jumpcloud_sso::{Connections, Settings, SingleSignOn};
//! use jumpcloud_sso_postgres::PostgresStore;
//! use tokio_postgres::NoTls;
//!
//! # async fn set_up() -> Result<(), Box<dyn std::error::Error>> {
//! let config = "host=localhost user=app dbname=app".parse()?;
//! let pool = Pool::builder(Manager::new(config, NoTls)).max_size(16).build()?;
//!
//! let store = PostgresStore::new(pool);
//! store.migrate().await?;
//!
//! let settings = Settings::from_env()?;
//! let sso = SingleSignOn::new(&settings, store.clone())?;
//! let connections = Connections::new(&settings, store);
//! # Ok(())
//! # }
//! ```
//!
//! # What it relies on
//! - A claim that was confirmed survives a crash of the server: `synchronous_commit` must not be `off` (the default is
//!   `on`). After a failover to a standby that lags behind, what it missed could be claimed again; with
//!   `synchronous_standby_names` there is nothing that it missed.
//! - Whatever takes longer than five seconds ([`PostgresStore::timeout`]) fails, and what it was for is refused. While the
//!   server is down everything is; the pool connects anew by itself when it is back.
//! - Expired claims are deleted as new ones are made, at most [`SWEEP`] at a time: there is nothing to schedule.

mod connections;
mod domains;
mod events;
mod expiring;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use jumpcloud_sso::StoreError;

/// The statements that [`PostgresStore::migrate`] runs, for hosts with a migration tool of their own.
pub const MIGRATION: &str = include_str!("migration.sql");

/// How many expired claims are deleted at a time: enough for a store that has fallen behind to catch up, few enough to
/// disturb nobody.
pub const SWEEP: i64 = 20_000;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Of all users of advisory locks in the database, ours: "jcsso" in ASCII.
const MIGRATION_LOCK: i64 = 0x6a_63_73_73_6f;

/// All four stores in PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    timeout: Duration,
    /// Counts claims, so that every so often one sweeps.
    claims: Arc<AtomicU64>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// In the database of this pool.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, timeout: DEFAULT_TIMEOUT, claims: Arc::default() }
    }

    /// With another limit than five seconds for each operation.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Creates the tables that are not there yet. May be called each time that the service starts, by any number of
    /// processes at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.run(async |mut client| {
            let transaction = client.transaction().await?;
            // Two processes that create a table at once get in each other's way, IF NOT EXISTS or not.
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
            transaction.batch_execute(MIGRATION).await?;
            transaction.commit().await
        })
        .await
    }

    /// Runs an operation on a connection of the pool, within the time that it may take.
    async fn run<T, F>(&self, operation: impl FnOnce(Client) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let work = async {
            let client = self.pool.get().await.map_err(|error| StoreError::new(error.to_string()))?;
            operation(client).await.map_err(|error| StoreError::new(described(&error)))
        };
        match tokio::time::timeout(self.timeout, work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::new(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }
}

/// `tokio-postgres` says "db error" and leaves the rest to the source.
fn described(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |database| format!("{error}: {database}"))
}
