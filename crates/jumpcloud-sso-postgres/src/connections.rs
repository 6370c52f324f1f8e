//! Connections.

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use sso_store::{ConnectionRow, ConnectionStore, Created, EventRow, Requires, Saved, Selection, StoreError};
use tokio_postgres::{Error, Row};

use crate::domains::lock_domains;
use crate::events::append;
use crate::run::{Lent, Values, begin, query};
use crate::store::PostgresStore;
use crate::time::limit;

/// What a row is made of. What was last saved by a former version, or before there were these columns, says
/// nothing about enforcement, and may be enforced; and it may say nothing about domains.
macro_rules! COLUMNS {
    () => {
        "id, organization, version, (flags_version IS DISTINCT FROM version OR is_enforced IS NOT FALSE) AS is_enforced, \
        relies_on_domains IS NOT FALSE AS relies_on_domains, record"
    };
}
pub(crate) use COLUMNS;

/// The row whose columns begin at `first`.
pub(crate) fn row_at(row: &Row, first: usize) -> Result<ConnectionRow, Error> {
    Ok(ConnectionRow {
        id: row.try_get(first)?,
        organization: row.try_get(first + 1)?,
        version: row.try_get::<_, i64>(first + 2)?.try_into().unwrap_or_default(),
        is_enforced: row.try_get(first + 3)?,
        relies_on_domains: row.try_get(first + 4)?,
        json: row.try_get(first + 5)?,
    })
}

const ONE: &str =
    concat!("SELECT ", COLUMNS!(), " FROM jumpcloud_sso_connection WHERE id = $1 AND record IS NOT NULL");

const ONE_WITH_DOMAINS: &str = concat!(
    "SELECT ",
    COLUMNS!(),
    ", ARRAY(SELECT domain FROM jumpcloud_sso_domain AS held \
       WHERE held.organization = connection.organization ORDER BY domain) \
    FROM jumpcloud_sso_connection AS connection WHERE id = $1 AND record IS NOT NULL"
);

const IN_SLOT: &str = concat!(
    "SELECT ",
    COLUMNS!(),
    " FROM jumpcloud_sso_connection WHERE organization = $1 AND slot = $2 AND record IS NOT NULL"
);

/// A statement for each question, so that each has a plan of its own.
macro_rules! list {
    ($condition:literal, $after:literal, $limit:literal) => {
        concat!(
            "SELECT ",
            COLUMNS!(),
            " FROM jumpcloud_sso_connection WHERE record IS NOT NULL AND id > ",
            $after,
            $condition,
            " ORDER BY id LIMIT ",
            $limit
        )
    };
}

const ALL: &str = list!("", "$1", "$2");
const ALL_ENFORCED: &str =
    list!(" AND (flags_version IS DISTINCT FROM version OR is_enforced IS NOT FALSE)", "$1", "$2");
const OWN: &str = list!(" AND organization = $3", "$1", "$2");
const OWN_ENFORCED: &str = list!(
    " AND organization = $3 AND (flags_version IS DISTINCT FROM version OR is_enforced IS NOT FALSE)",
    "$1",
    "$2"
);

const INSERT: &str = "INSERT INTO jumpcloud_sso_connection \
    (id, organization, version, record, relies_on_domains, is_enforced, flags_version) \
    VALUES ($1, $2, $3, $4, $5, $6, $3) ON CONFLICT (id) DO NOTHING";

/// Unless the ID or the slot is taken. Of two the second one waits here for the first.
const INSERT_IN_SLOT: &str = "INSERT INTO jumpcloud_sso_connection \
    (id, organization, version, record, relies_on_domains, is_enforced, flags_version, slot) \
    VALUES ($1, $2, $3, $4, $5, $6, $3, $7) ON CONFLICT DO NOTHING";

const REPLACE: &str = "UPDATE jumpcloud_sso_connection \
    SET organization = $2, version = $3, record = $4, relies_on_domains = $5, is_enforced = $6, \
    flags_version = $3 WHERE id = $1 AND version = $7 AND record IS NOT NULL";

const HAS_DOMAIN: &str = "SELECT FROM jumpcloud_sso_domain WHERE organization = $1 LIMIT 1";

/// A trigger deletes what is kept of the connection.
const DELETE: &str = "UPDATE jumpcloud_sso_connection SET record = NULL, slot = NULL \
    WHERE id = $1 AND version = $2 AND record IS NOT NULL";

#[async_trait]
impl ConnectionStore for PostgresStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            query(client, ONE, &[&id]).await?.first().map(|row| row_at(row, 0)).transpose()
        })
        .await
    }

    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let rows = query(client, ONE_WITH_DOMAINS, &[&id]).await?;
            rows.first().map(|row| Ok((row_at(row, 0)?, row.try_get(6)?))).transpose()
        })
        .await
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        let limit = self::limit(limit);
        self.run(&mut Lent::default(), async |client| {
            let rows = match (organization, selection) {
                (Some(own), Selection::Enforced) => {
                    query(client, OWN_ENFORCED, &[&after, &limit, &own]).await?
                }
                (Some(own), _) => query(client, OWN, &[&after, &limit, &own]).await?,
                (None, Selection::Enforced) => query(client, ALL_ENFORCED, &[&after, &limit]).await?,
                (None, _) => query(client, ALL, &[&after, &limit]).await?,
            };
            rows.iter().map(|row| row_at(row, 0)).collect()
        })
        .await
    }

    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError> {
        let ConnectionRow { id, organization, version, is_enforced, relies_on_domains, json } = row;
        let version = number(*version)?;
        self.run(&mut Lent::default(), async |client| {
            let rows = query(client, IN_SLOT, &[organization, &slot]).await?;
            if let Some(row) = rows.first() {
                return Ok(Created::Before(row_at(row, 0)?));
            }
            let transaction = begin(client).await?;
            let values: Values<'_> =
                &[id, organization, &version, json, relies_on_domains, is_enforced, &slot];
            if transaction.execute(INSERT_IN_SLOT, values).await? == 1 {
                append(&transaction, events).await?;
                transaction.commit().await?;
                return Ok(Created::Now);
            }
            let present = transaction.query_opt(IN_SLOT, &[organization, &slot]).await?;
            transaction.rollback().await?;
            Ok(match present {
                Some(row) => Created::Before(row_at(&row, 0)?),
                None => Created::Conflict,
            })
        })
        .await
    }

    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError> {
        let ConnectionRow { id, organization, version, is_enforced, relies_on_domains, json } = row;
        let version = number(*version)?;
        let expected = expected.map(number).transpose()?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            if requires == Requires::Domain {
                lock_domains(&transaction, &[organization]).await?;
            }
            let values: Values<'_> = &[id, organization, &version, json, relies_on_domains, is_enforced];
            let kept = match expected {
                None => transaction.execute(INSERT, values).await?,
                Some(expected) => {
                    let values: Vec<_> = values.iter().copied().chain([&expected as _]).collect();
                    transaction.execute(REPLACE, &values).await?
                }
            };
            let lacks_domain = requires == Requires::Domain
                && transaction.query_opt(HAS_DOMAIN, &[organization]).await?.is_none();
            if kept == 1 && lacks_domain {
                transaction.rollback().await?;
                return Ok(Saved::NoDomain);
            }
            finish(transaction, kept, events).await
        })
        .await
    }

    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError> {
        let expected = number(expected)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let deleted = transaction.execute(DELETE, &[&id, &expected]).await?;
            finish(transaction, deleted, events).await
        })
        .await
    }
}

/// Keeps a change of one row with its events, or nothing at all.
async fn finish(transaction: Transaction<'_>, changed: u64, events: &[EventRow]) -> Result<Saved, Error> {
    if changed == 0 {
        transaction.rollback().await?;
        return Ok(Saved::Conflict);
    }
    append(&transaction, events).await?;
    transaction.commit().await?;
    Ok(Saved::Saved)
}

pub(crate) fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::new("a number is beyond what the database keeps"))
}
