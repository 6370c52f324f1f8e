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
//! - A claim that was confirmed survives a crash of the server, and so does a revocation and every change of
//!   a connection: where the database has `synchronous_commit = off`, what is written here is written with
//!   `on`, and any stronger setting is left as it is. With `fsync = off` nothing survives the death of the
//!   machine: such a server is refused. After a failover to a standby that lags behind, what it missed could
//!   be claimed again; with `synchronous_standby_names` there is nothing that it missed.
//! - What has expired is decided by the server's clock: how far the clocks of the service's machines are apart does not
//!   matter, and one that is ahead frees nothing that is in use.
//! - Whatever takes longer than five seconds ([`PostgresStore::timeout`]) fails, and what it was for is refused. Its
//!   connection is closed and not given back to the pool. While the server is down everything fails; the pool connects
//!   anew by itself when it is back.
//! - Changes of more than one row are transactions of `READ COMMITTED`. A single statement runs as the database has it: with
//!   `default_transaction_isolation = serializable` the server may ask for it to be tried again, which is done, and a claim
//!   takes another round trip then.
//! - What has expired is deleted as claims and revocations are made, at most [`SWEEP`] at a time and on a connection of
//!   its own: there is nothing to schedule.

mod connections;
mod domains;
mod events;
mod expiring;
mod run;
mod schema;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use jumpcloud_sso::StoreError;
use tokio::sync::OnceCell;

use expiring::Sweeper;
use run::Lent;

/// The statements that [`PostgresStore::migrate`] runs, for hosts with a migration tool of their own. They
/// may be run again, and have to be after each update of this crate.
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
    sweeper: Arc<Sweeper>,
    /// Whether the database was looked at, by one of the clones.
    checked: Arc<OnceCell<()>>,
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

    /// With another limit than five seconds for each operation.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Creates the tables and columns that are not there yet. May be called each time that the service
    /// starts, by any number of processes at once.
    ///
    /// # Errors
    /// [`StoreError`], also where the server runs with `fsync = off`.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.check_durability().await?;
        self.run_unchecked(&mut Lent::default(), async |client| {
            let transaction = run::begin(client).await?;
            // Two processes that create a table at once get in each other's way, IF NOT EXISTS or not.
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
            transaction.batch_execute(MIGRATION).await?;
            transaction.commit().await
        })
        .await
    }
}
