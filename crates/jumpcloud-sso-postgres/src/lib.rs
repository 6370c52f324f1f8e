//! The stores of `jumpcloud-sso` in PostgreSQL, for services of more than one process.
//!
//! [`PostgresStore`] keeps connections, domains and events, remembers what was used and what was revoked. It
//! takes a pool that the host has already, with its own settings of TLS, user and size:
//!
//! ```no_run
//! use deadpool_postgres::{Manager, Pool};
//! use jumpcloud_sso_postgres::PostgresStore;
//! use sso_store::Stores;
//! use tokio_postgres::NoTls;
//!
//! # async fn set_up() -> Result<(), Box<dyn std::error::Error>> {
//! let config = "host=localhost user=app dbname=app".parse()?;
//! let pool = Pool::builder(Manager::new(config, NoTls)).max_size(16).build()?;
//!
//! let store = PostgresStore::new(pool);
//! store.migrate().await?;
//!
//! // What the parts of `jumpcloud-sso` take.
//! let stores = Stores::from(store);
//! # let _ = stores;
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
//! - What has expired is decided by the server's clock: how far the clocks of the service's machines are
//!   apart does not matter, and one that is ahead frees nothing that is in use.
//! - Whatever takes longer than five seconds ([`PostgresStore::timeout`]) fails, and what it was for is
//!   refused. Its connection is closed and not given back to the pool. While the server is down everything
//!   fails; the pool connects anew by itself when it is back.
//! - Changes of more than one row are transactions of `READ COMMITTED`. A single statement runs as the
//!   database has it: with `default_transaction_isolation = serializable` the server may ask for it to be
//!   tried again, which is done, and a claim takes another round trip then.
//! - A process of the former version may go on using the same database while it is being replaced. What it
//!   saves counts as enforced and as relying on domains until a process of this version has saved it, or has
//!   looked into it.
//! - Changes that sessions depend on are numbered under one advisory lock, which every revocation and every
//!   change of a connection takes until it is committed.
//! - What has expired is deleted as claims and revocations are made, at most [`SWEEP`] at a time and on a
//!   connection of its own: there is nothing to schedule.

mod claims;
mod connections;
mod domains;
mod events;
mod logins;
mod maintenance;
mod run;
mod schema;
mod sessions;
mod store;
mod sweeper;
mod time;

pub use schema::MIGRATION;
pub use store::PostgresStore;
pub use sweeper::SWEEP;
