//! Databases with other defaults, and connections that hang.

use std::time::{Duration, Instant};

use jumpcloud_sso_postgres::PostgresStore;
use sso_store::{Claim, ClaimStore as _, Claimed, Revocation};
use sso_store_tests as contract;

use crate::server::{PostgresServer, pool_of};

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_database_that_isolates_strictly_keeps_the_contract() {
    let server = PostgresServer::new().await;
    server.run("ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'").await;
    let store = server.store().await;
    for round in 0..20 {
        // None of them fails.
        assert_eq!(contract::one_winner(&store.clone().into(), &format!("key-{round}"), 32).await, 1);
    }
    contract::claims(&store.clone().into()).await;
    contract::connections(&store.clone().into()).await;
    contract::domains(&store.clone().into()).await;
    contract::sessions(&store.clone().into()).await;
    many_revoke_the_same(&store).await;
    contract::walk(&store.clone().into()).await;
}

async fn many_revoke_the_same(store: &PostgresStore) {
    use sso_store::SessionStore as _;

    let now = contract::now();
    let calls: Vec<_> = (0..32)
        .map(|number| {
            let (store, instant) = (store.clone(), now + Duration::from_secs(number));
            tokio::spawn(async move {
                store
                    .revoke(
                        &[Revocation { key: contract::revocation_key("user"), instant, until: instant }],
                        now,
                    )
                    .await
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let latest = store.revoked_at(&[contract::revocation_key("user")], now).await.unwrap();
    assert_eq!(latest, Some(now + Duration::from_secs(31)));
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_connection_that_hangs_leaves_the_pool() {
    let server = PostgresServer::new().await;
    server.store().await;
    let pool = pool_of(server.port(), 1);
    let store = PostgresStore::new(pool.clone()).timeout(Duration::from_secs(1));
    let now = contract::now();
    let claim = async |key: &str| {
        store
            .claim(&[Claim { key: contract::claim_key(key), until: now + Duration::from_secs(60) }], now)
            .await
    };
    assert_eq!(claim("before").await.unwrap(), Claimed::Now);
    let id: i32 = pool.get().await.unwrap().query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    contract::signal("-STOP", &[u32::try_from(id).unwrap()]);
    let error = claim("meanwhile").await.unwrap_err();
    assert_eq!(error.to_string(), "the store failed: no answer within 1000 ms");
    let begin = Instant::now();
    assert_eq!(claim("after").await.unwrap(), Claimed::Now);
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_ne!(claim("before").await.unwrap(), Claimed::Now);
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_caller_that_goes_away_leaves_no_connection_behind_that_hangs() {
    let server = PostgresServer::new().await;
    server.store().await;
    let pool = pool_of(server.port(), 1);
    let store = PostgresStore::new(pool.clone()).timeout(Duration::from_secs(60));
    let now = contract::now();
    let id: i32 = pool.get().await.unwrap().query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    contract::signal("-STOP", &[u32::try_from(id).unwrap()]);
    let until = now + Duration::from_secs(60);
    let [meanwhile, after] =
        ["meanwhile", "after"].map(|name| [Claim { key: contract::claim_key(name), until }]);
    let claim = store.claim(&meanwhile, now);
    assert!(tokio::time::timeout(Duration::from_millis(300), claim).await.is_err());
    let claim = store.claim(&after, now);
    let claim = tokio::time::timeout(Duration::from_secs(10), claim).await.unwrap();
    assert_eq!(claim.unwrap(), Claimed::Now);
}
