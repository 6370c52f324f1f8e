//! What every store of single sign-on has to hold, as tests that any implementation can run.
//!
//! Each function takes a store, on a server of its own or shared with others, and panics at the first thing
//! that does not hold. Names are drawn at random, so that they can run against the same server again and
//! again.
//!
//! ```
//! use sso_store::{MemoryStore, Stores};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! sso_store_tests::all_of(&Stores::from(MemoryStore::default())).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`clocks`] and [`two_processes`] are for stores of several machines. With the feature `lifecycle`, `skew`
//! is about machines whose clocks differ, `crash` kills the server in the middle of logins, and `walk` is the
//! whole life of a connection, from an empty organization to a login that is refused since the connection is
//! disabled.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests: they panic where something does not hold"
)]

mod claims;
mod clocks;
mod connections;
#[cfg(feature = "lifecycle")]
mod crash;
mod domains;
mod events;
#[cfg(feature = "lifecycle")]
mod frozen;
mod logins;
mod maintenance;
#[cfg(feature = "lifecycle")]
mod page;
mod processes;
mod rows;
mod server;
mod sessions;
#[cfg(feature = "lifecycle")]
mod skew;
mod support;
#[cfg(feature = "lifecycle")]
mod walk;

pub use claims::{claims, claims_per_second, one_winner};
pub use clocks::clocks;
pub use connections::connections;
#[cfg(feature = "lifecycle")]
pub use crash::crash;
pub use domains::domains;
pub use events::events;
#[cfg(feature = "lifecycle")]
pub use frozen::{EVENTS, KEYS, LOGIN, RECORDS, REMINDER, check, populate};
pub use logins::logins;
pub use maintenance::maintenance;
#[cfg(feature = "lifecycle")]
pub use page::LoginPage;
pub use processes::{as_other_process, two_processes};
pub use server::{Server, kill_all, signal};
pub use sessions::sessions;
#[cfg(feature = "lifecycle")]
pub use skew::skew;
pub use support::{claim_key, now, revocation_key, unique};
#[cfg(feature = "lifecycle")]
pub use walk::walk;

/// Everything that holds for every store, be it of one machine or of several.
pub async fn all_of(store: &sso_store::Stores) {
    claims(store).await;
    sessions(store).await;
    connections(store).await;
    logins(store).await;
    domains(store).await;
    events(store).await;
    maintenance(store).await;
}
