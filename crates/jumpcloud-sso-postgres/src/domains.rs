//! Domains and whose they are.

use std::time::SystemTime;

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use sso_store::{
    Dispute, DomainClaim, DomainRelease, DomainStore, EndedDomain, EventRow, HeldDomain, Release, StoreError,
};
use tokio_postgres::Row;

use crate::events::append;
use crate::run::{Lent, Values, begin, query};
use crate::store::PostgresStore;
use crate::time::{from_millis, limit, millis_after};

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
    organizations: &[&str],
) -> Result<(), tokio_postgres::Error> {
    // In one order everywhere, so that two transactions never wait for each other.
    let mut organizations = organizations.to_vec();
    organizations.sort_unstable();
    organizations.dedup();
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('jumpcloud_sso_domain:' || $1, 0))";
    for organization in organizations {
        transaction.execute(lock, &[&organization]).await?;
    }
    Ok(())
}

/// Remembers that sessions are to be revoked.
async fn end_domain(
    transaction: &Transaction<'_>,
    domain: &str,
    organization: &str,
    at: SystemTime,
) -> Result<(), tokio_postgres::Error> {
    let insert = "INSERT INTO jumpcloud_sso_ended_domain AS ended (organization, domain, at_ms) \
        VALUES ($1, $2, $3) ON CONFLICT (organization, domain) \
        DO UPDATE SET at_ms = greatest(ended.at_ms, excluded.at_ms)";
    transaction.execute(insert, &[&organization, &domain, &millis_after(at)]).await?;
    Ok(())
}

fn dispute_of(held: &HeldDomain) -> (Option<&str>, Option<i64>) {
    let dispute = held.dispute.as_ref();
    (dispute.map(Dispute::challenger), dispute.map(|dispute| millis_after(dispute.since())))
}

/// A row of domain, organization, challenger and since.
fn held(row: &Row) -> Result<HeldDomain, tokio_postgres::Error> {
    let (challenger, since): (Option<&str>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    let dispute =
        challenger.zip(since).map(|(challenger, since)| Dispute::new(challenger, from_millis(since)));
    Ok(HeldDomain { domain: row.try_get(0)?, organization: row.try_get(1)?, dispute })
}

#[async_trait]
impl DomainStore for PostgresStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let insert = "INSERT INTO jumpcloud_sso_domain (domain, organization) VALUES ($1, $2) \
                ON CONFLICT (domain) DO NOTHING";
            if transaction.execute(insert, &[&domain, &organization]).await? == 1 {
                append(&transaction, events).await?;
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
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            lock_domains(&transaction, &[organization]).await?;
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
            end_domain(&transaction, domain, organization, at).await?;
            append(&transaction, events).await?;
            transaction.commit().await?;
            Ok(DomainRelease::Released)
        })
        .await
    }

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        let ((challenger, since), (next_challenger, next_since)) = (dispute_of(present), dispute_of(next));
        let HeldDomain { domain, organization, .. } = present;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            lock_domains(&transaction, &[organization, &next.organization]).await?;
            let update = "UPDATE jumpcloud_sso_domain SET organization = $5, challenger = $6, since_ms = $7 \
                WHERE domain = $1 AND organization = $2 \
                AND challenger IS NOT DISTINCT FROM $3 AND since_ms IS NOT DISTINCT FROM $4";
            let values: Values<'_> = &[
                domain,
                organization,
                &challenger,
                &since,
                &next.organization,
                &next_challenger,
                &next_since,
            ];
            if transaction.execute(update, values).await? == 0 {
                return Ok(false);
            }
            if next.organization != *organization {
                end_domain(&transaction, domain, organization, at).await?;
            }
            append(&transaction, events).await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError> {
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT domain, organization, challenger, since_ms FROM jumpcloud_sso_domain \
                WHERE domain = $1";
            query(client, select, &[&domain]).await?.first().map(held).transpose()
        })
        .await
    }

    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError> {
        let limit = self::limit(limit);
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT domain, organization, challenger, since_ms FROM jumpcloud_sso_domain \
                WHERE domain > $1 ORDER BY domain LIMIT $2";
            query(client, select, &[&after, &limit]).await?.iter().map(held).collect()
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

    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError> {
        let limit = self::limit(limit);
        self.run(&mut Lent::default(), async |client| {
            let select = "SELECT organization, domain, at_ms FROM jumpcloud_sso_ended_domain \
                ORDER BY organization, domain LIMIT $1";
            let ended = |row: &Row| {
                let at = from_millis(row.try_get(2)?);
                Ok(EndedDomain { organization: row.try_get(0)?, domain: row.try_get(1)?, at })
            };
            query(client, select, &[&limit]).await?.iter().map(ended).collect()
        })
        .await
    }

    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError> {
        let EndedDomain { organization, domain, at } = ended;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let delete = "DELETE FROM jumpcloud_sso_ended_domain \
                WHERE organization = $1 AND domain = $2 AND at_ms <= $3";
            transaction.execute(delete, &[organization, domain, &millis_after(*at)]).await?;
            transaction.commit().await
        })
        .await
    }
}
