//! Connections and their logins.

use deadpool_postgres::Transaction;
use jumpcloud_sso::{CompletedLogin, ConnectionRecord, ConnectionStore, Event, Requires, Saved, StoreError};

use crate::PostgresStore;
use crate::domains::lock_domains;
use crate::events::{Line, append, lines};
use crate::run::{Lent, Values, begin, execute, query};

const INSERT: &str = "INSERT INTO jumpcloud_sso_connection \
    (id, organization, version, record, relies_on_domains) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";

const REPLACE: &str = "UPDATE jumpcloud_sso_connection \
    SET organization = $2, version = $3, record = $4, relies_on_domains = $5 \
    WHERE id = $1 AND version = $6 AND record IS NOT NULL";

const HAS_DOMAIN: &str = "SELECT FROM jumpcloud_sso_domain WHERE organization = $1 LIMIT 1";

const DELETE: &str = "UPDATE jumpcloud_sso_connection SET record = NULL \
    WHERE id = $1 AND version = $2 AND record IS NOT NULL";

/// A login in the place of a former one. Where there is one, its connection is there.
const REPLACE_LOGIN: &str = "UPDATE jumpcloud_sso_login SET login = $4 \
    WHERE connection = $1 AND revision = $2 AND certificate = $3";

/// The first login of its kind, of a connection that is there and stays until the transaction ends. Of two the second one
/// waits here for the first.
const FIRST_LOGIN: &str = "INSERT INTO jumpcloud_sso_login (connection, revision, certificate, login) \
    SELECT $1, $2, $3, $4 WHERE EXISTS \
    (SELECT FROM jumpcloud_sso_connection WHERE id = $1 AND record IS NOT NULL FOR SHARE) \
    ON CONFLICT (connection, revision, certificate) DO NOTHING";

impl ConnectionStore for PostgresStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let record: Option<String> = self
            .run(&mut Lent::default(), async |client| {
                let select =
                    "SELECT record FROM jumpcloud_sso_connection WHERE id = $1 AND record IS NOT NULL";
                let rows = query(client, select, &[&id]).await?;
                rows.first().map(|row| row.try_get(0)).transpose()
            })
            .await?;
        record.map(|json| ConnectionRecord::from_json(&json)).transpose()
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRecord>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let records: Vec<String> = self
            .run(&mut Lent::default(), async |client| {
                let select = "SELECT record FROM jumpcloud_sso_connection WHERE record IS NOT NULL \
                    AND ($1::text IS NULL OR organization = $1) AND id > $2 ORDER BY id LIMIT $3";
                let rows = query(client, select, &[&organization, &after, &limit]).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            })
            .await?;
        records.iter().map(|json| ConnectionRecord::from_json(json)).collect()
    }

    async fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> Result<Saved, StoreError> {
        let (id, organization, json) = (record.id(), record.organization(), record.to_json()?);
        let (version, relies) = (number(record.version())?, record.relies_on_domains());
        let expected = expected.map(number).transpose()?;
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            if requires == Requires::Domain {
                lock_domains(&transaction, &[organization]).await?;
            }
            let values: Values<'_> = &[&id, &organization, &version, &json, &relies];
            let kept = match expected {
                None => transaction.execute(INSERT, values).await?,
                Some(expected) => {
                    let values: Vec<_> = values.iter().copied().chain([&expected as _]).collect();
                    transaction.execute(REPLACE, &values).await?
                }
            };
            let lacks_domain = requires == Requires::Domain
                && transaction.query_opt(HAS_DOMAIN, &[&organization]).await?.is_none();
            if kept == 1 && lacks_domain {
                transaction.rollback().await?;
                return Ok(Saved::NoDomain);
            }
            finish(transaction, kept, &events).await
        })
        .await
    }

    async fn delete(&self, id: &str, expected: u64, events: &[Event]) -> Result<Saved, StoreError> {
        let expected = number(expected)?;
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let deleted = transaction.execute(DELETE, &[&id, &expected]).await?;
            if deleted == 1 {
                transaction.execute("DELETE FROM jumpcloud_sso_login WHERE connection = $1", &[&id]).await?;
            }
            finish(transaction, deleted, &events).await
        })
        .await
    }

    async fn record_login(&self, login: &CompletedLogin, first: &[Event]) -> Result<bool, StoreError> {
        let (connection, certificate, json) = (login.connection(), login.certificate(), login.to_json()?);
        let (revision, first) = (number(login.revision())?, lines(first)?);
        self.run(&mut Lent::default(), async |client| {
            let values: Values<'_> = &[&connection, &revision, &certificate, &json];
            // Nearly every login has a former one, and is done with this.
            if execute(client, REPLACE_LOGIN, values).await? == 1 {
                return Ok(false);
            }
            let transaction = begin(client).await?;
            let is_first = transaction.execute(FIRST_LOGIN, values).await? == 1;
            if is_first {
                append(&transaction, &first).await?;
            } else {
                transaction.execute(REPLACE_LOGIN, values).await?;
            }
            transaction.commit().await?;
            Ok(is_first)
        })
        .await
    }

    async fn logins(&self, id: &str) -> Result<Vec<CompletedLogin>, StoreError> {
        let logins: Vec<String> = self
            .run(&mut Lent::default(), async |client| {
                let select = "SELECT login FROM jumpcloud_sso_login WHERE connection = $1";
                let rows = query(client, select, &[&id]).await?;
                rows.iter().map(|row| row.try_get(0)).collect()
            })
            .await?;
        logins.iter().map(|json| CompletedLogin::from_json(json)).collect()
    }

    async fn append(&self, events: &[Event]) -> Result<(), StoreError> {
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            append(&transaction, &events).await?;
            transaction.commit().await
        })
        .await
    }

    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        self.read_events(organization, after, limit).await
    }
}

/// Keeps a change of one row with its events, or nothing at all.
async fn finish(
    transaction: Transaction<'_>,
    changed: u64,
    events: &[Line<'_>],
) -> Result<Saved, tokio_postgres::Error> {
    if changed == 0 {
        transaction.rollback().await?;
        return Ok(Saved::Conflict);
    }
    append(&transaction, events).await?;
    transaction.commit().await?;
    Ok(Saved::Saved)
}

fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::new("a number is beyond what the database keeps"))
}
