//! Domains and whose they are.

use jumpcloud_sso::{DomainClaim, DomainStore, Event, StoreError};

use crate::PostgresStore;
use crate::events::{append, lines};
use crate::run::{Lent, begin, query};

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
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let events = lines(events)?;
        self.run(&mut Lent::default(), async |client| {
            let transaction = begin(client).await?;
            let delete = "DELETE FROM jumpcloud_sso_domain WHERE domain = $1 AND organization = $2";
            let released = transaction.execute(delete, &[&domain, &organization]).await? == 1;
            if released {
                append(&transaction, &events).await?;
            }
            transaction.commit().await?;
            Ok(released)
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
