//! What has expired goes away.

use std::time::Duration;

use jumpcloud_sso_postgres::PostgresStore;
use sso_store::{Claim, ClaimStore as _, Claimed, Revocation, SessionStore as _};
use sso_store_tests as contract;

use crate::server::PostgresServer;

/// A million claims that expired long ago, in no order. By themselves they would take minutes; the rows are
/// the same.
fn fill(run: &str) -> String {
    format!(
        "INSERT INTO jumpcloud_sso_claim (key, until_ms) \
         SELECT sha256(('{run}-' || n)::bytea), 1000 + (random() * 1000000)::bigint \
         FROM generate_series(1, 1000000) AS n"
    )
}

const EXPIRED: &str =
    "SELECT count(*) FROM (SELECT FROM jumpcloud_sso_claim WHERE until_ms < 2000000 LIMIT 1) AS expired";

const SIZE: &str = "SELECT pg_total_relation_size('jumpcloud_sso_claim')";

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_million_expired_claims_go_away() {
    // What the server does by itself as rows go is done by hand here, when the test is ready for it.
    let server = PostgresServer::with(&["autovacuum=off", "max_wal_size=4GB"]).await;
    let store = server.store().await;
    let claim = async |key: &str| {
        let now = contract::now();
        store.claim(&[Claim { key: contract::claim_key(key), until: now + 10 * MINUTE }], now).await.unwrap()
    };
    assert_eq!(claim("live").await, Claimed::Now);
    server.run(&fill("first")).await;
    let first = server.number(SIZE).await;
    // Each 256 claims make one sweep, or none where the last one is still at it.
    let mut sweeps = 0;
    while server.number(EXPIRED).await > 0 {
        assert!(sweeps < 200, "the claims of {sweeps} sweeps did not do");
        claim_for_no_time(&store, 256).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        sweeps += 1;
    }
    // What one leaves empty of an index is free from the next one on, after other transactions.
    for _ in 0..3 {
        server.run("VACUUM jumpcloud_sso_claim").await;
        assert_eq!(claim(&contract::unique("key")).await, Claimed::Now);
    }
    server.run(&fill("second")).await;
    let second = server.number(SIZE).await;
    assert!(second < first + first / 10, "{first} bytes with the first million, {second} with the second");
    assert_ne!(claim("live").await, Claimed::Now);
    assert_eq!(claim("first-1").await, Claimed::Now);
}

async fn claim_for_no_time(store: &PostgresStore, count: usize) {
    let claims: Vec<_> = (0..count)
        .map(|_| {
            let (store, key, now) = (store.clone(), contract::unique("key"), contract::now());
            tokio::spawn(async move {
                store.claim(&[Claim { key: contract::claim_key(&key), until: now }], now).await
            })
        })
        .collect();
    for claim in claims {
        assert_eq!(claim.await.unwrap().unwrap(), Claimed::Now);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn where_claims_are_kept_elsewhere_revocations_make_what_has_expired_go_away() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    server
        .run(
            "INSERT INTO jumpcloud_sso_revocation (key, instant_ms, until_ms) \
             SELECT sha256(n::text::bytea), 1000, 2000 FROM generate_series(1, 1000) AS n",
        )
        .await;
    let now = contract::now();
    store
        .revoke(
            &[Revocation { key: contract::revocation_key("live"), instant: now, until: now + MINUTE }],
            now,
        )
        .await
        .unwrap();
    let left = async || server.number("SELECT count(*) FROM jumpcloud_sso_revocation").await;
    for _ in 0..100 {
        if left().await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left().await, 1);
    assert_eq!(store.revoked_at(&[contract::revocation_key("live")], now).await.unwrap(), Some(now));
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_claim_does_not_depend_on_a_sweep() {
    let server = PostgresServer::new().await;
    let store = server.store().await.timeout(Duration::from_secs(1));
    let now = contract::now();
    // One that fails.
    server
        .run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'nothing is deleted here'; END $$; \
             CREATE TRIGGER refuse BEFORE DELETE ON jumpcloud_sso_claim \
             FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
        )
        .await;
    for number in 0..600 {
        let claim = store
            .claim(
                &[Claim { key: contract::claim_key(&format!("refused-{number}")), until: now + MINUTE }],
                now,
            )
            .await
            .unwrap();
        assert_eq!(claim, Claimed::Now);
    }
    // One that takes longer than it may.
    server
        .run(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$",
        )
        .await;
    for number in 0..600 {
        let claim = store
            .claim(&[Claim { key: contract::claim_key(&format!("slow-{number}")), until: now + MINUTE }], now)
            .await
            .unwrap();
        assert_eq!(claim, Claimed::Now);
    }
}
