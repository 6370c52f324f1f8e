//! What has expired goes away.

use std::time::Duration;

use jumpcloud_sso::{Claim, OnceStore, RevocationStore};
use jumpcloud_sso_contract as contract;

use crate::server::PostgresServer;

/// Claims that expired long ago, as many as one likes: by themselves a million would take minutes; the rows are the same.
fn fill(run: &str) -> String {
    format!(
        "INSERT INTO jumpcloud_sso_claim (key, until_ms) \
         SELECT sha256(('{run}-' || n)::bytea), 1000 + n FROM generate_series(1, 1000000) AS n"
    )
}

const CLAIMS: &str = "SELECT count(*) FROM jumpcloud_sso_claim";

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_million_expired_claims_go_away() {
    let server = PostgresServer::with(&["autovacuum=off", "max_wal_size=4GB"]).await;
    let store = server.store().await;
    let now = contract::now();
    let live = async || store.claim("live", contract::now() + 10 * MINUTE, contract::now()).await.unwrap();
    assert_eq!(live().await, Claim::Claimed);
    let mut sizes = Vec::new();
    for run in ["first", "second"] {
        server.run(&fill(run)).await;
        sizes.push(server.number("SELECT pg_total_relation_size('jumpcloud_sso_claim')").await);
        let mut claims = 0;
        while server.number(CLAIMS).await > 50_000 {
            for number in 0..256 {
                let key = format!("{run}-new-{claims}-{number}");
                assert_eq!(store.claim(&key, now, now).await.unwrap(), Claim::Claimed);
            }
            claims += 256;
            // Sweeps are on the side, and one at a time.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(claims <= 256 * 120, "it took {claims} claims to be rid of a million");
        // As the server does by itself every minute.
        server.run("VACUUM jumpcloud_sso_claim").await;
    }
    let [first, second] = sizes[..] else { panic!("{sizes:?}") };
    assert!(second < first + first / 20, "{first} bytes with the first million, {second} with the second");
    assert_eq!(live().await, Claim::AlreadyClaimed);
    assert_eq!(store.claim("first-1", now + MINUTE, now).await.unwrap(), Claim::Claimed);
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
    store.revoke("live", now, now + MINUTE, now).await.unwrap();
    let left = async || server.number("SELECT count(*) FROM jumpcloud_sso_revocation").await;
    for _ in 0..100 {
        if left().await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left().await, 1);
    assert_eq!(store.revoked_at(&["live".to_owned()], now).await.unwrap(), Some(now));
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
        let claim = store.claim(&format!("refused-{number}"), now + MINUTE, now).await.unwrap();
        assert_eq!(claim, Claim::Claimed);
    }
    // One that takes longer than it may.
    server
        .run(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$",
        )
        .await;
    for number in 0..600 {
        let claim = store.claim(&format!("slow-{number}"), now + MINUTE, now).await.unwrap();
        assert_eq!(claim, Claim::Claimed);
    }
}
