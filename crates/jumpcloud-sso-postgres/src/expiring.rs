//! What may be forgotten at some time, by the server's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use deadpool_postgres::Client;
use jumpcloud_sso::{Claim, ClaimKey, OnceStore, RevocationKey, RevocationStore, StoreError};
use tokio::sync::Mutex;

use crate::run::{Lent, durable, execute, query};
use crate::{PostgresStore, SWEEP};

/// Every how many claims and revocations one looks for expired ones.
const SWEEP_EVERY: u64 = 256;

/// Whole milliseconds since 1970, when the statement began.
macro_rules! now {
    () => {
        "floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint"
    };
}

/// An expired claim is taken over as if it were not there. Two callers wait for each other at the row.
const CLAIM: &str = concat!(
    "WITH durable AS MATERIALIZED (",
    durable!(),
    ") INSERT INTO jumpcloud_sso_claim AS claim (key, until_ms) SELECT $1, $2 + ",
    now!(),
    " FROM durable WHERE setting <> 'off' \
    ON CONFLICT (key) DO UPDATE SET until_ms = excluded.until_ms WHERE claim.until_ms <= ",
    now!()
);

const REVOKE: &str = concat!(
    "WITH durable AS MATERIALIZED (",
    durable!(),
    ") INSERT INTO jumpcloud_sso_revocation AS former (key, instant_ms, until_ms) SELECT $1, $2, $3 + ",
    now!(),
    " FROM durable WHERE setting <> 'off' ON CONFLICT (key) DO UPDATE SET \
    instant_ms = greatest(former.instant_ms, excluded.instant_ms), \
    until_ms = greatest(former.until_ms, excluded.until_ms)"
);

const REVOKED_AT: &str = concat!(
    "SELECT max(instant_ms) FROM jumpcloud_sso_revocation \
    WHERE key = ANY($1) AND until_ms > ",
    now!()
);

impl OnceStore for PostgresStore {
    async fn claim(&self, key: &ClaimKey, until: SystemTime, now: SystemTime) -> Result<Claim, StoreError> {
        let (key, lifetime) = (key.as_bytes().as_slice(), lifetime(until, now));
        let claimed = self
            .run(&mut Lent::default(), async |client| execute(client, CLAIM, &[&key, &lifetime]).await)
            .await?;
        self.sweep_sometimes();
        Ok(if claimed == 1 { Claim::Claimed } else { Claim::AlreadyClaimed })
    }
}

impl RevocationStore for PostgresStore {
    async fn revoke(
        &self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let (key, instant) = (key.as_bytes().as_slice(), millis_after(instant));
        let lifetime = lifetime(until, now);
        self.run(&mut Lent::default(), async |client| {
            execute(client, REVOKE, &[&key, &instant, &lifetime]).await
        })
        .await?;
        self.sweep_sometimes();
        Ok(())
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        _now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
        let latest: Option<i64> = self
            .run(&mut Lent::default(), async |client| {
                let rows = query(client, REVOKED_AT, &[&keys]).await?;
                rows.first().map_or(Ok(None), |row| row.try_get(0))
            })
            .await?;
        Ok(latest.map(from_millis))
    }
}

/// Deletes what has expired, one at a time in each process.
#[derive(Default)]
pub(crate) struct Sweeper {
    /// Counts claims and revocations, so that every so often one sweeps.
    calls: AtomicU64,
    turn: Mutex<()>,
}

impl PostgresStore {
    /// Sweeps on the side: nobody waits for it, and nothing is refused where it fails.
    fn sweep_sometimes(&self) {
        if self.sweeper.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            let store = self.clone();
            tokio::spawn(async move { store.sweep_in_turn().await });
        }
    }

    async fn sweep_in_turn(&self) {
        if let Ok(_turn) = self.sweeper.turn.try_lock() {
            // What is left behind by one that failed is there for the next.
            let _ = self.run(&mut Lent::default(), async |client| sweep(client).await).await;
        }
    }
}

/// Deletes what has expired, leaving to others what they are deleting already.
async fn sweep(client: &Client) -> Result<(), tokio_postgres::Error> {
    for table in ["jumpcloud_sso_claim", "jumpcloud_sso_revocation"] {
        let statement = format!(
            "DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE until_ms <= {} \
             ORDER BY until_ms LIMIT $1 FOR UPDATE SKIP LOCKED)",
            now!()
        );
        execute(client, &statement, &[&SWEEP]).await?;
    }
    Ok(())
}

/// Milliseconds to keep something for: one more than those begun, as the server's clock is read in whole ones. It has no
/// use for half the time that there is.
fn lifetime(until: SystemTime, now: SystemTime) -> i64 {
    let left = until.duration_since(now).unwrap_or_default();
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 2) + 2
}

/// Whole milliseconds since 1970.
fn millis(instant: SystemTime) -> i64 {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The same, rounded up: nothing is forgotten early.
pub(crate) fn millis_after(instant: SystemTime) -> i64 {
    millis(instant.checked_add(Duration::from_nanos(999_999)).unwrap_or(instant))
}

pub(crate) fn from_millis(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}
