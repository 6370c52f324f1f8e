//! The audit log.

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use sso_store::{EventRow, EventStore, StoreError};
use tokio_postgres::Error;

use crate::run::{Lent, begin, query};
use crate::store::PostgresStore;
use crate::time::{from_millis, limit, millis_after};

/// Appends events within a transaction.
///
/// Numbers are drawn before a transaction commits: without a lock, a reader could see number 8 before number
/// 7, and go on from there. The lock is each organization's own, and held until the transaction ends.
pub(crate) async fn append(transaction: &Transaction<'_>, events: &[EventRow]) -> Result<(), Error> {
    // In one order everywhere, so that two transactions never wait for each other.
    let mut organizations: Vec<_> = events.iter().map(|event| event.organization.as_str()).collect();
    organizations.sort_unstable();
    organizations.dedup();
    for organization in organizations {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_event:' || $1, 0))";
        transaction.execute(lock, &[&organization]).await?;
    }
    let insert = "INSERT INTO jumpcloud_sso_event (organization, event, at_ms) VALUES ($1, $2, $3)";
    for EventRow { organization, at, json } in events {
        transaction.execute(insert, &[organization, json, &millis_after(*at)]).await?;
    }
    Ok(())
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn append(&self, events: &[EventRow]) -> Result<(), StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            append(&transaction, events).await?;
            transaction.commit().await
        })
        .await
    }

    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EventRow)>, StoreError> {
        let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), self::limit(limit));
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT number, event, at_ms FROM jumpcloud_sso_event \
                WHERE organization = $1 AND number > $2 ORDER BY number LIMIT $3";
            let mut events = Vec::new();
            for row in query(client, select, &[&organization, &after, &limit]).await? {
                let (number, at): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
                let (organization, json) = (organization.to_owned(), row.try_get(1)?);
                let event = EventRow { organization, at: from_millis(at), json };
                events.push((number.try_into().unwrap_or_default(), event));
            }
            Ok(events)
        })
        .await
    }
}
