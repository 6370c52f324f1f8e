//! What keeps the database small.

use std::time::SystemTime;

use async_trait::async_trait;
use deadpool_postgres::Client;
use sso_store::{CHANGES_KEPT, Maintenance, Pruned, StoreError};
use tokio_postgres::Error;

use crate::run::{Lent, execute};
use crate::store::PostgresStore;
use crate::sweeper::SWEEP;
use crate::time::{millis_after, now};

/// Deletes what has expired, leaving to others what they are deleting already.
macro_rules! expired {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE key IN (SELECT key FROM ",
            $table,
            " WHERE until_ms <= ",
            now!(),
            " ORDER BY until_ms LIMIT $1 FOR UPDATE SKIP LOCKED)"
        )
    };
}

/// The last change stays, for whoever has heard of it to go on from.
const CHANGES: &str = concat!(
    "DELETE FROM jumpcloud_sso_change WHERE number IN (SELECT number FROM jumpcloud_sso_change \
    WHERE at_ms < ",
    now!(),
    " - $2 AND number < (SELECT max(number) FROM jumpcloud_sso_change) \
    ORDER BY number LIMIT $1 FOR UPDATE SKIP LOCKED)"
);

/// Deletes what is older than an instant, by its key, and is so still: a user may log in meanwhile. What
/// others are changing is left to the next time.
macro_rules! older {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE at_ms < $2 ORDER BY at_ms LIMIT $1 FOR UPDATE SKIP LOCKED) AND at_ms < $2"
        )
    };
}

#[async_trait]
impl Maintenance for PostgresStore {
    async fn prune(&self, before: SystemTime) -> Result<Pruned, StoreError> {
        let before = millis_after(before);
        Ok(Pruned {
            events: self.delete_all(older!("jumpcloud_sso_event", "number"), before).await?,
            attempts: self.delete_all(older!("jumpcloud_sso_attempt", "number"), before).await?,
            user_logins: self
                .delete_all(older!("jumpcloud_sso_user_login", "connection, user_id"), before)
                .await?,
        })
    }

    async fn sweep(&self, _now: SystemTime) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let deleted = self.run(&mut Lent::default(), async |client| sweep(client).await).await?;
            swept += deleted;
            if deleted < SWEEP.unsigned_abs() {
                return Ok(swept);
            }
        }
    }

    async fn ping(&self) -> Result<u32, StoreError> {
        self.schema_version().await
    }
}

impl PostgresStore {
    /// Deletes in portions, each a transaction of its own, so that nobody waits for long.
    async fn delete_all(&self, statement: &'static str, before: i64) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let deleted = self
                .run(&mut Lent::default(), async |client| {
                    execute(client, statement, &[&SWEEP, &before]).await
                })
                .await?;
            all += deleted;
            if deleted < SWEEP.unsigned_abs() {
                return Ok(all);
            }
        }
    }

    /// Sweeps on the side: nobody waits for it, and nothing is refused where it fails.
    pub(crate) fn sweep_sometimes(&self) {
        if self.sweeper.is_time() {
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

async fn sweep(client: &Client) -> Result<u64, Error> {
    let mut swept = 0;
    for statement in [expired!("jumpcloud_sso_claim"), expired!("jumpcloud_sso_revocation")] {
        swept += execute(client, statement, &[&SWEEP]).await?;
    }
    let kept = i64::try_from(CHANGES_KEPT.as_millis()).unwrap_or(i64::MAX);
    swept += execute(client, CHANGES, &[&SWEEP, &kept]).await?;
    Ok(swept)
}
