//! The audit log.

use deadpool_postgres::Transaction;
use jumpcloud_sso::{Event, StoreError};

use crate::PostgresStore;
use crate::run::{Lent, query};

/// An event as it is kept.
pub(crate) struct Line<'a> {
    organization: &'a str,
    json: String,
}

/// Events as they are kept.
pub(crate) fn lines(events: &[Event]) -> Result<Vec<Line<'_>>, StoreError> {
    let lines = events.iter();
    lines.map(|event| Ok(Line { organization: event.organization(), json: event.to_json()? })).collect()
}

/// Appends events within a transaction.
///
/// Numbers are drawn before a transaction commits: without a lock, a reader could see number 8 before number 7, and go on
/// from there. The lock is each organization's own, and held until the transaction ends.
pub(crate) async fn append(
    transaction: &Transaction<'_>,
    events: &[Line<'_>],
) -> Result<(), tokio_postgres::Error> {
    // In one order everywhere, so that two transactions never wait for each other.
    let mut organizations: Vec<_> = events.iter().map(|event| event.organization).collect();
    organizations.sort_unstable();
    organizations.dedup();
    for organization in organizations {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_event:' || $1, 0))";
        transaction.execute(lock, &[&organization]).await?;
    }
    let insert = "INSERT INTO jumpcloud_sso_event (organization, event) VALUES ($1, $2)";
    for event in events {
        transaction.execute(insert, &[&event.organization, &event.json]).await?;
    }
    Ok(())
}

impl PostgresStore {
    pub(crate) async fn read_events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(i64, String)> = self
            .run(&mut Lent::default(), async |client| {
                let select = "SELECT number, event FROM jumpcloud_sso_event \
                    WHERE organization = $1 AND number > $2 ORDER BY number LIMIT $3";
                let rows = query(client, select, &[&organization, &after, &limit]).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
            })
            .await?;
        let event = |(number, json): (i64, String)| {
            Ok((u64::try_from(number).unwrap_or_default(), Event::from_json(&json)?))
        };
        rows.into_iter().map(event).collect()
    }
}
