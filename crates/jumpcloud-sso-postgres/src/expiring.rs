//! What may be forgotten at some time.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use deadpool_postgres::Client;
use jumpcloud_sso::{Claim, OnceStore, RevocationStore, StoreError};

use crate::{PostgresStore, SWEEP};

/// Every how many claims one looks for expired ones.
const SWEEP_EVERY: u64 = 256;

/// An expired claim is taken over as if it were not there. Two callers wait for each other at the row.
const CLAIM: &str = "INSERT INTO jumpcloud_sso_claim AS claim (key, until_ms) VALUES (sha256($1), $2) \
    ON CONFLICT (key) DO UPDATE SET until_ms = excluded.until_ms WHERE claim.until_ms <= $3";

const REVOKE: &str = "INSERT INTO jumpcloud_sso_revocation AS former (key, instant_ms, until_ms) \
    VALUES (sha256($1), $2, $3) ON CONFLICT (key) DO UPDATE SET \
    instant_ms = greatest(former.instant_ms, excluded.instant_ms), \
    until_ms = greatest(former.until_ms, excluded.until_ms)";

const REVOKED_AT: &str = "SELECT max(instant_ms) FROM jumpcloud_sso_revocation \
    WHERE key IN (SELECT sha256(key) FROM unnest($1::bytea[]) AS key) AND until_ms > $2";

impl OnceStore for PostgresStore {
    async fn claim(&self, key: &str, until: SystemTime, now: SystemTime) -> Result<Claim, StoreError> {
        let (key, until, now) = (key.as_bytes(), millis_after(until), millis(now));
        let claimed = self
            .run(async |client| {
                let statement = client.prepare_cached(CLAIM).await?;
                let claimed = client.execute(&statement, &[&key, &until, &now]).await?;
                if self.claims.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
                    sweep(&client, now).await?;
                }
                Ok(claimed)
            })
            .await?;
        Ok(if claimed == 1 { Claim::Claimed } else { Claim::AlreadyClaimed })
    }
}

/// Deletes what has expired, leaving to others what they are deleting already.
async fn sweep(client: &Client, now: i64) -> Result<(), tokio_postgres::Error> {
    for table in ["jumpcloud_sso_claim", "jumpcloud_sso_revocation"] {
        let statement = format!(
            "DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE until_ms <= $1 \
             ORDER BY until_ms LIMIT $2 FOR UPDATE SKIP LOCKED)"
        );
        let statement = client.prepare_cached(&statement).await?;
        client.execute(&statement, &[&now, &SWEEP]).await?;
    }
    Ok(())
}

impl RevocationStore for PostgresStore {
    async fn revoke(
        &self,
        key: &str,
        instant: SystemTime,
        until: SystemTime,
        _now: SystemTime,
    ) -> Result<(), StoreError> {
        let (key, instant, until) = (key.as_bytes(), millis_after(instant), millis_after(until));
        self.run(async |client| {
            let statement = client.prepare_cached(REVOKE).await?;
            client.execute(&statement, &[&key, &instant, &until]).await
        })
        .await?;
        Ok(())
    }

    async fn revoked_at(&self, keys: &[String], now: SystemTime) -> Result<Option<SystemTime>, StoreError> {
        let keys: Vec<_> = keys.iter().map(String::as_bytes).collect();
        let now = millis(now);
        let latest: Option<i64> = self
            .run(async |client| {
                let statement = client.prepare_cached(REVOKED_AT).await?;
                client.query_one(&statement, &[&keys, &now]).await?.try_get(0)
            })
            .await?;
        Ok(latest.and_then(|millis| u64::try_from(millis).ok()).map(from_millis))
    }
}

/// Whole milliseconds since 1970.
fn millis(instant: SystemTime) -> i64 {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The same, rounded up: nothing is forgotten early.
fn millis_after(instant: SystemTime) -> i64 {
    millis(instant.checked_add(Duration::from_nanos(999_999)).unwrap_or(instant))
}

fn from_millis(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}
