//! Domains and whose they are.

use deadpool_postgres::Transaction;
use jumpcloud_sso::{DomainClaim, DomainRelease, DomainStore, Event, Release, StoreError};

use crate::PostgresStore;
use crate::events::{append, lines};
use crate::run::{Lent, begin, query};

/// One that was kept by a version which did not say counts as relying.
const RELYING: &str = "SELECT id FROM jumpcloud_sso_connection \
    WHERE organization = $1 AND record IS NOT NULL AND relies_on_domains IS NOT FALSE ORDER BY id LIMIT 1";

/// Has whatever decides by both the domains of an organization and the connections that rely on them happen
/// one after the other, until the transaction ends.
///
/// Under `READ COMMITTED` two transactions could each look at the rows that the other one is about to change:
/// one releases the last domain since no connection relies on it, the other enables a connection since there
/// is a domain. Rows that do not exist yet cannot be locked, so the lock is one on the organization's name.
/// It is taken before anything is looked at, and before any row is locked: each statement behind it sees what
/// the transaction before has committed.
pub(crate) async fn lock_domains(
    transaction: &Transaction<'_>,
    organization: &str,
) -> Result<(), tokio_postgres::Error> {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_domain:' || $1, 0))";
    transaction.execute(lock, &[&organization]).await?;
    Ok(())
}

impl DomainStore for PostgresStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<DomainClaim, StoreError> {
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let insert = "INSERT INTO jumpcloud_sso_domain (domain, organization) VALUES ($1, $2) \
                ON CONFLICT (domain) DO NOTHING";
            if transaction.execute(insert, &[&domain, &organization]).await? == 1 {
                append(&transaction, &events).await?;
                transaction.commit().await?;
                return Ok(DomainClaim::Claimed);
            }
            let query = "SELECT FROM jumpcloud_sso_domain WHERE domain = $1 AND organization = $2";
            let owned = transaction.query_opt(query, &[&domain, &organization]).await?.is_some();
            Ok(if owned { DomainClaim::Owned } else { DomainClaim::Taken })
        })
        .await
    }

    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        events: &[Event],
    ) -> Result<DomainRelease, StoreError> {
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            lock_domains(&transaction, organization).await?;
            let delete = "DELETE FROM jumpcloud_sso_domain WHERE domain = $1 AND organization = $2";
            if transaction.execute(delete, &[&domain, &organization]).await? == 0 {
                return Ok(DomainRelease::NotOwned);
            }
            if release == Release::IfUnused
                && let Some(row) = transaction.query_opt(RELYING, &[&organization]).await?
            {
                transaction.rollback().await?;
                return Ok(DomainRelease::InUse(row.try_get(0)?));
            }
            append(&transaction, &events).await?;
            transaction.commit().await?;
            Ok(DomainRelease::Released)
        })
        .await
    }

    async fn domain_owner(&self, domain: &str) -> Result<Option<String>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT organization FROM jumpcloud_sso_domain WHERE domain = $1";
            let rows = query(client, select, &[&domain]).await?;
            rows.first().map(|row| row.try_get(0)).transpose()
        })
        .await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT domain FROM jumpcloud_sso_domain WHERE organization = $1 ORDER BY domain";
            let rows = query(client, select, &[&organization]).await?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
        .await
    }
}
