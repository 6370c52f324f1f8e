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

mod durability;
mod expiry;
mod isolation;
mod server;

use std::time::Duration;

use jumpcloud_sso::OnceStore;
use jumpcloud_sso_contract as contract;
use jumpcloud_sso_postgres::{MIGRATION, PostgresStore};

use server::PostgresServer;

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_keeps_the_contract() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    contract::once(&store).await;
    contract::clocks(&store).await;
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
            let store = PostgresStore::new(server.pool());
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
    // By a tool of the host's own.
    server.pool().get().await.unwrap().batch_execute(MIGRATION).await.unwrap();
    contract::once(&server.store().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_survives_a_crash() {
    let mut server = PostgresServer::new().await;
    let store = server.store().await;
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
    let store = server.store().await;
    contract::two_processes(&store, &server.port().to_string(), "of_two_processes_one_wins").await;
}

#[tokio::test]
async fn without_a_server_it_fails_and_says_so() {
    let store = PostgresStore::new(server::pool(1)).timeout(Duration::from_secs(2));
    let now = contract::now();
    let error = store.claim(&contract::claim_key("key"), now, now).await.unwrap_err();
    assert_eq!(error.code(), "config.store");
    assert!(error.to_string().starts_with("the store failed: "), "{error}");
    assert!(store.migrate().await.is_err());
}
