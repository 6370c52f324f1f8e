//! What every store of `jumpcloud-sso` has to hold, as tests that any implementation can run.
//!
//! Each function takes a store, on a server of its own or shared with others, and panics at the first thing that does not
//! hold. Names are drawn at random, so that they can run against the same server again and again.
//!
//! ```
//! use jumpcloud_sso::MemoryStore;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let store = MemoryStore::default();
//! jumpcloud_sso_contract::once(&store).await;
//! jumpcloud_sso_contract::connections(&store).await;
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`skew`] is about machines whose clocks differ, [`clocks`] and [`two_processes`] are for stores of several
//! machines, [`crash`] kills the server in the middle of logins. [`walk`] is the whole life of a connection
//! over a store, from an empty organization to a login that is refused since the connection is disabled.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests: they panic where something does not hold"
)]

mod clocks;
mod connections;
mod crash;
mod domains;
mod once;
mod processes;
mod revocations;
mod skew;
mod walk;

use std::future::Future;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::RequestId;
use jumpcloud_sso::{ClaimKey, RevocationKey};
use tokio::task::JoinHandle;

pub use clocks::clocks;
pub use connections::connections;
pub use crash::{Server, crash, kill_all, signal};
pub use domains::domains;
pub use once::{claims_per_second, once, one_winner};
pub use processes::{as_other_process, two_processes};
pub use revocations::revocations;
pub use skew::skew;
pub use walk::{Answer, LoginPage, walk};

/// A name that no other run has.
#[must_use]
pub fn unique(what: &str) -> String {
    format!("{what}-{}", RequestId::generate().unwrap().as_str().trim_start_matches('_'))
}

/// The key of a claim by its name.
#[must_use]
pub fn claim_key(name: &str) -> ClaimKey {
    ClaimKey::new("contract", &[name])
}

/// The key of a revocation by its name.
#[must_use]
pub fn revocation_key(name: &str) -> RevocationKey {
    RevocationKey::new(&["contract", name])
}

/// The present time in whole milliseconds: no store has to remember more of it.
#[must_use]
pub fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(since.as_millis()).unwrap())
}

/// Makes `count` calls at once, each with its number, and gives their answers in this order.
async fn all<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    finish(begin(count, call)).await
}

fn begin<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<JoinHandle<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    (0..count).map(|number| tokio::spawn(call(number))).collect()
}

async fn finish<T>(calls: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

const MINUTE: Duration = Duration::from_secs(60);
