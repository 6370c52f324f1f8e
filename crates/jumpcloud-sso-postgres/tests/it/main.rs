//! The contract of the stores, on a PostgreSQL server that each test starts for itself.
//!
//! They are ignored unless asked for (`cargo test -- --include-ignored`), since they need the server's programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod server;

use std::time::{Duration, SystemTime};

use jumpcloud_sso::{Claim, OnceStore};
use jumpcloud_sso_contract as contract;
use jumpcloud_sso_postgres::{MIGRATION, PostgresStore};

use server::PostgresServer;

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_keeps_the_contract() {
    let server = PostgresServer::new().await;
    let store = server.store();
    store.migrate().await.unwrap();
    contract::once(&store).await;
    contract::connections(&store).await;
    contract::domains(&store).await;
    contract::revocations(&store).await;
    contract::walk(&store).await;
    // Over whatever is there already.
    store.migrate().await.unwrap();
    contract::walk(&store).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn many_processes_migrate_at_once() {
    let server = PostgresServer::new().await;
    let migrations: Vec<_> = (0..8)
        .map(|_| {
            let store = server.store();
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
    // By a tool of the host's own.
    server.pool().get().await.unwrap().batch_execute(MIGRATION).await.unwrap();
    contract::once(&server.store()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_survives_a_crash() {
    let mut server = PostgresServer::new().await;
    let store = server.store();
    store.migrate().await.unwrap();
    contract::crash(&store, &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn of_two_processes_one_wins() {
    if contract::as_other_process(async |port: &str| PostgresStore::new(server::pool(port.parse().unwrap())))
        .await
    {
        return;
    }
    let server = PostgresServer::new().await;
    let store = server.store();
    store.migrate().await.unwrap();
    contract::two_processes(&store, &server.port().to_string(), "of_two_processes_one_wins").await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_million_expired_claims_go_away() {
    let server = PostgresServer::new().await;
    let store = server.store();
    store.migrate().await.unwrap();
    let client = server.pool().get().await.unwrap();
    let now = contract::now();
    let expired = i64::try_from(now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    // By themselves they would take minutes; the rows are the same.
    let fill = "INSERT INTO jumpcloud_sso_claim (key, until_ms) \
        SELECT sha256(('old-' || n)::bytea), $1 FROM generate_series(1, 1000000) AS n";
    assert_eq!(client.execute(fill, &[&expired]).await.unwrap(), 1_000_000);
    let live = store.claim("live", now + Duration::from_secs(600), now).await.unwrap();
    assert_eq!(live, Claim::Claimed);
    let size = async || -> i64 {
        let query = "SELECT pg_total_relation_size('jumpcloud_sso_claim')";
        client.query_one(query, &[]).await.unwrap().get(0)
    };
    let before = size().await;
    for number in 0..256 * 60 {
        let until = now + Duration::from_millis(1);
        assert_eq!(store.claim(&format!("new-{number}"), until, now).await.unwrap(), Claim::Claimed);
    }
    let rows: i64 = client.query_one("SELECT count(*) FROM jumpcloud_sso_claim", &[]).await.unwrap().get(0);
    assert!(rows <= 256 * 60 + 1, "{rows} rows are left");
    // The server keeps the space for what comes, as it does for every table, and gives it back when it is told to.
    client.batch_execute("VACUUM FULL jumpcloud_sso_claim").await.unwrap();
    assert!(size().await < before / 20, "{} of {before} bytes are left", size().await);
    let again = store.claim("live", now + Duration::from_secs(600), now).await.unwrap();
    assert_eq!(again, Claim::AlreadyClaimed);
    assert_eq!(store.claim("old-1", now + Duration::from_secs(600), now).await.unwrap(), Claim::Claimed);
}

#[tokio::test]
async fn without_a_server_it_fails_and_says_so() {
    let store = PostgresStore::new(server::pool(1)).timeout(Duration::from_secs(2));
    let now = contract::now();
    let error = store.claim("key", now, now).await.unwrap_err();
    assert_eq!(error.code(), "config.store");
    assert!(error.to_string().starts_with("the store failed: "), "{error}");
    assert!(store.migrate().await.is_err());
}
