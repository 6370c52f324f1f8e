//! What the tests have in common.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sso_store::{Claim, ClaimKey, Claimed, Revocation, RevocationKey, StoreError, Stores};
use tokio::task::JoinHandle;

/// A name that no other run has.
#[must_use]
pub fn unique(what: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Seeded by the operating system each time.
    let random = RandomState::new().hash_one(count);
    format!("{what}-{random:016x}{:08x}{count:x}", std::process::id())
}

/// Bytes that are different for different names, which is all that a store asks of a hash.
fn hash(name: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (number, chunk) in (0_u8..).zip(bytes.chunks_mut(8)) {
        // The same in every process.
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u8(number);
        hasher.write(name.as_bytes());
        chunk.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    bytes
}

/// The key of a claim by its name.
#[must_use]
pub fn claim_key(name: &str) -> ClaimKey {
    ClaimKey::from_hashes(hash("tests"), hash(name))
}

/// The key of a revocation by its name.
#[must_use]
pub fn revocation_key(name: &str) -> RevocationKey {
    RevocationKey::from_hashes(hash("tests"), hash(name))
}

/// The present time in whole milliseconds: no store has to remember more of it.
#[must_use]
pub fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(since.as_millis()).unwrap())
}

/// Makes one claim.
pub(crate) async fn claim(
    store: &Stores,
    key: ClaimKey,
    until: SystemTime,
    now: SystemTime,
) -> Result<Claimed, StoreError> {
    store.claims.claim(&[Claim { key, until }], now).await
}

/// Makes one revocation.
pub(crate) async fn revoke(
    store: &Stores,
    key: RevocationKey,
    instant: SystemTime,
    until: SystemTime,
    now: SystemTime,
) -> Result<(), StoreError> {
    store.sessions.revoke(&[Revocation { key, instant, until }], now).await
}

/// Makes `count` calls at once, each with its number, and gives their answers in this order.
pub(crate) async fn all<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    finish(begin(count, call)).await
}

pub(crate) fn begin<T, F>(count: usize, call: impl Fn(usize) -> F) -> Vec<JoinHandle<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    (0..count).map(|number| tokio::spawn(call(number))).collect()
}

pub(crate) async fn finish<T>(calls: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
