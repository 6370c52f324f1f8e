//! Databases with other defaults, and connections that hang.

use std::time::{Duration, Instant};

use jumpcloud_sso::{Claim, OnceStore};
use jumpcloud_sso_contract as contract;
use jumpcloud_sso_postgres::PostgresStore;

use crate::server::{PostgresServer, pool_of};

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_database_that_isolates_strictly_keeps_the_contract() {
    let server = PostgresServer::new().await;
    server.run("ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'").await;
    let store = server.store().await;
    for round in 0..20 {
        // None of them fails.
        assert_eq!(contract::one_winner(&store, &format!("key-{round}"), 32).await, 1);
    }
    contract::once(&store).await;
    contract::connections(&store).await;
    contract::domains(&store).await;
    contract::revocations(&store).await;
    many_revoke_the_same(&store).await;
    contract::walk(&store).await;
}

async fn many_revoke_the_same(store: &PostgresStore) {
    use jumpcloud_sso::RevocationStore;

    let now = contract::now();
    let calls: Vec<_> = (0..32)
        .map(|number| {
            let (store, instant) = (store.clone(), now + Duration::from_secs(number));
            tokio::spawn(async move {
                store.revoke(&contract::revocation_key("user"), instant, instant, now).await
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
    let claim =
        async |key: &str| store.claim(&contract::claim_key(key), now + Duration::from_secs(60), now).await;
    assert_eq!(claim("before").await.unwrap(), Claim::Claimed);
    let id: i32 = pool.get().await.unwrap().query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    contract::signal("-STOP", &[u32::try_from(id).unwrap()]);
    let error = claim("meanwhile").await.unwrap_err();
    assert_eq!(error.to_string(), "the store failed: no answer within 1000 ms");
    let begin = Instant::now();
    assert_eq!(claim("after").await.unwrap(), Claim::Claimed);
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_eq!(claim("before").await.unwrap(), Claim::AlreadyClaimed);
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
    let [meanwhile, after] = ["meanwhile", "after"].map(contract::claim_key);
    let claim = store.claim(&meanwhile, now + Duration::from_secs(60), now);
    assert!(tokio::time::timeout(Duration::from_millis(300), claim).await.is_err());
    let claim = store.claim(&after, now + Duration::from_secs(60), now);
    let claim = tokio::time::timeout(Duration::from_secs(10), claim).await.unwrap();
    assert_eq!(claim.unwrap(), Claim::Claimed);
}
