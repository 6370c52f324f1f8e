//! What was used once, by the server's clock.

use std::time::SystemTime;

use async_trait::async_trait;
use sso_store::{Claim, ClaimStore, Claimed, StoreError};

use crate::run::{Lent, durable, execute, query};
use crate::store::PostgresStore;
use crate::time::{lifetime, now};

/// An expired claim is taken over as if it were not there. Two callers wait for each other at the row.
const CLAIM: &str = concat!(
    "WITH durable AS MATERIALIZED (",
    durable!(),
    ") INSERT INTO jumpcloud_sso_claim AS claim (key, until_ms) SELECT $1, $2 + ",
    now!(),
    " FROM durable WHERE setting <> 'off' \
    ON CONFLICT (key) DO UPDATE SET until_ms = excluded.until_ms WHERE claim.until_ms <= ",
    now!()
);

/// All claims or none.
const CLAIM_ALL: &str = concat!(
    "WITH durable AS MATERIALIZED (",
    durable!(),
    ") SELECT jumpcloud_sso_claim_all($1, $2) FROM durable WHERE setting <> 'off'"
);

const CLAIMED: &str =
    concat!("SELECT key FROM jumpcloud_sso_claim WHERE key = ANY($1) AND until_ms > ", now!());

/// How often several claims are tried again, where one that stood in the way has expired since.
const ATTEMPTS: usize = 3;

#[async_trait]
impl ClaimStore for PostgresStore {
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        Claim::check(claims)?;
        let claimed = match claims {
            [claim] => self.claim_one(claim, now).await?,
            claims => self.claim_all(claims, now).await?,
        };
        self.sweep_sometimes();
        Ok(claimed)
    }
}

impl PostgresStore {
    async fn claim_one(&self, claim: &Claim, now: SystemTime) -> Result<Claimed, StoreError> {
        let (key, lifetime) = (claim.key.as_bytes().as_slice(), lifetime(claim.until, now));
        let made = self
            .run(&mut Lent::default(), async |client| execute(client, CLAIM, &[&key, &lifetime]).await)
            .await?;
        Ok(if made == 1 { Claimed::Now } else { Claimed::Before(claim.key) })
    }

    async fn claim_all(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        let keys: Vec<_> = claims.iter().map(|claim| claim.key.as_bytes().as_slice()).collect();
        let lifetimes: Vec<_> = claims.iter().map(|claim| lifetime(claim.until, now)).collect();
        for _ in 0..ATTEMPTS {
            let are_made: bool = self
                .run(&mut Lent::default(), async |client| {
                    let rows = query(client, CLAIM_ALL, &[&keys, &lifetimes]).await?;
                    rows.first().map_or(Ok(false), |row| row.try_get(0))
                })
                .await?;
            if are_made {
                return Ok(Claimed::Now);
            }
            let before: Vec<Vec<u8>> = self
                .run(&mut Lent::default(), async |client| {
                    query(client, CLAIMED, &[&keys]).await?.iter().map(|row| row.try_get(0)).collect()
                })
                .await?;
            let is_before = |claim: &&Claim| before.iter().any(|key| key == claim.key.as_bytes());
            if let Some(claim) = claims.iter().find(is_before) {
                return Ok(Claimed::Before(claim.key));
            }
        }
        Err(StoreError::new("claims of the same keys come and go; try again"))
    }
}
