//! Domains and whose they are.

use jumpcloud_sso::{DomainClaim, DomainStore, Event, StoreError};

use crate::PostgresStore;
use crate::events::append;

impl DomainStore for PostgresStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<DomainClaim, StoreError> {
        self.run(async |mut client| {
            let transaction = client.transaction().await?;
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
        events: &[Event],
    ) -> Result<bool, StoreError> {
        self.run(async |mut client| {
            let transaction = client.transaction().await?;
            let delete = "DELETE FROM jumpcloud_sso_domain WHERE domain = $1 AND organization = $2";
            let released = transaction.execute(delete, &[&domain, &organization]).await? == 1;
            if released {
                append(&transaction, events).await?;
            }
            transaction.commit().await?;
            Ok(released)
        })
        .await
    }

    async fn domain_owner(&self, domain: &str) -> Result<Option<String>, StoreError> {
        self.run(async |client| {
            let query = "SELECT organization FROM jumpcloud_sso_domain WHERE domain = $1";
            let statement = client.prepare_cached(query).await?;
            client.query_opt(&statement, &[&domain]).await?.map(|row| row.try_get(0)).transpose()
        })
        .await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        self.run(async |client| {
            let query = "SELECT domain FROM jumpcloud_sso_domain WHERE organization = $1 ORDER BY domain";
            let statement = client.prepare_cached(query).await?;
            let rows = client.query(&statement, &[&organization]).await?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
        .await
    }
}
