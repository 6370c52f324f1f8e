//! When what has expired is deleted.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// How many expired claims are deleted at a time: enough for a store that has fallen behind to catch up, few
/// enough to disturb nobody.
pub const SWEEP: i64 = 20_000;

/// Every how many claims and revocations one looks for expired ones.
const SWEEP_EVERY: u64 = 256;

/// Has one sweep at a time in each process.
#[derive(Default)]
pub(crate) struct Sweeper {
    /// Counts claims and revocations, so that every so often one sweeps.
    calls: AtomicU64,
    pub(crate) turn: Mutex<()>,
}

impl Sweeper {
    /// Counts a call, and returns whether it is time to sweep.
    pub(crate) fn is_time(&self) -> bool {
        self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY)
    }
}
