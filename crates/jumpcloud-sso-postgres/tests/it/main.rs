//! The contract of the stores, on a PostgreSQL server that each test starts for itself.
//!
//! They are ignored unless asked for (`cargo test -- --include-ignored`), since they need the server's
//! programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod durability;
mod expiry;
mod frozen;
mod isolation;
mod server;

use std::time::Duration;

use jumpcloud_sso_postgres::{MIGRATION, PostgresStore};
use sso_store::{
    Claim, ClaimStore as _, ConnectionRow, ConnectionStore as _, DomainRelease, DomainStore as _, LoginRow,
    LoginStore as _, Release, Requires, Saved, Selection, SessionStore as _,
};
use sso_store_tests as contract;

use server::PostgresServer;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_keeps_the_contract() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    contract::claims(&store.clone().into()).await;
    contract::clocks(&store.clone().into()).await;
    contract::all_of(&store.clone().into()).await;
    contract::skew(&store.clone().into()).await;
    contract::walk(&store.clone().into()).await;
    // Over whatever is there already.
    store.migrate().await.unwrap();
    contract::walk(&store.clone().into()).await;
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
    contract::claims(&server.store().await.into()).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_database_that_another_tool_has_migrated_is_checked() {
    let server = PostgresServer::new().await;
    let store = PostgresStore::new(server.pool());
    let claim = async || {
        let now = contract::now();
        let claim = store
            .claim(&[Claim { key: contract::claim_key(&contract::unique("key")), until: now + MINUTE }], now)
            .await;
        claim.map(drop).map_err(|error| error.to_string())
    };
    let refused = async |what: &str| {
        let expected = format!(
            "the store failed: the tables are not those of this version of jumpcloud-sso-postgres: {what}; call \
             PostgresStore::migrate or run the statements of MIGRATION"
        );
        assert_eq!(claim().await, Err(expected));
    };
    refused("jumpcloud_sso_attempt.at_ms (bigint) and 44 other columns missing").await;
    server.run(MIGRATION).await;
    server.run("ALTER TABLE jumpcloud_sso_domain RENAME COLUMN since_ms TO since").await;
    refused("jumpcloud_sso_domain.since_ms (bigint) missing").await;
    server.run("ALTER TABLE jumpcloud_sso_domain RENAME COLUMN since TO since_ms").await;
    server.run("ALTER TABLE jumpcloud_sso_claim ALTER COLUMN key TYPE text USING encode(key, 'hex')").await;
    refused("jumpcloud_sso_claim.key (bytea) missing").await;
    server.run("ALTER TABLE jumpcloud_sso_claim ALTER COLUMN key TYPE bytea USING decode(key, 'hex')").await;
    server.run("UPDATE jumpcloud_sso_schema SET version = 1").await;
    refused("version 1 instead of 3").await;
    server.run("DELETE FROM jumpcloud_sso_schema").await;
    refused("jumpcloud_sso_schema is empty").await;
    server.run(MIGRATION).await;
    assert_eq!(claim().await, Ok(()));
    // A later version has added to it.
    server.run("UPDATE jumpcloud_sso_schema SET version = 4").await;
    let later = PostgresStore::new(server.pool());
    contract::claims(&later.clone().into()).await;
    later.migrate().await.unwrap();
    assert_eq!(server.number("SELECT version::bigint FROM jumpcloud_sso_schema").await, 4);
}

/// The tables as they were before connections said whether they rely on domains.
const FIRST_VERSION: &str = "CREATE TABLE jumpcloud_sso_connection \
    (id text COLLATE \"C\" PRIMARY KEY, organization text COLLATE \"C\" NOT NULL, version bigint NOT NULL, record text); \
    CREATE TABLE jumpcloud_sso_domain \
    (domain text COLLATE \"C\" PRIMARY KEY, organization text COLLATE \"C\" NOT NULL)";

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn what_a_former_version_kept_counts_as_relying_on_domains_until_it_is_saved() {
    let server = PostgresServer::new().await;
    server.run(FIRST_VERSION).await;
    // Nothing looks into the record, not even where a database could not read it.
    for (id, record) in [("active", r#"{"use_of":{"is":"active"}}"#), ("odd", r#"{"a":"\u0000"}"#)] {
        server
            .run(&format!(
                "INSERT INTO jumpcloud_sso_connection VALUES ('{id}', '{id}', 1, '{record}'), \
                 ('deleted-{id}', '{id}', 1, NULL); INSERT INTO jumpcloud_sso_domain VALUES ('{id}.test', '{id}')"
            ))
            .await;
    }
    let store = server.store().await;
    for id in ["active", "odd"] {
        let domain = format!("{id}.test");
        let release = async |release: Release| {
            store.release_domain(&domain, id, release, contract::now(), &[]).await.unwrap()
        };
        assert_eq!(release(Release::IfUnused).await, DomainRelease::InUse(id.to_owned()));
        // As by a save.
        server
            .run(&format!("UPDATE jumpcloud_sso_connection SET relies_on_domains = false WHERE id = '{id}'"))
            .await;
        assert_eq!(release(Release::IfUnused).await, DomainRelease::Released);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_connection_that_a_former_version_has_saved_may_be_enforced() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    let row = |version| ConnectionRow {
        id: "c-1".to_owned(),
        organization: "acme".to_owned(),
        version,
        is_enforced: false,
        relies_on_domains: false,
        json: "{}".to_owned(),
    };
    let select = async || {
        let enforced = store.authorize("acme", &[], contract::now()).await.unwrap().enforced;
        let listed = store.connections(Some("acme"), Selection::Enforced, "", 10).await.unwrap();
        assert_eq!(enforced, listed);
        enforced.into_iter().map(|row| row.version).collect::<Vec<_>>()
    };
    let save = async |version, expected| {
        let saved = store.save(&row(version), expected, Requires::Nothing, &[]).await.unwrap();
        assert_eq!(saved, Saved::Saved);
    };
    save(1, None).await;
    assert!(select().await.is_empty());
    let before = store.changes(None, 1).await.unwrap().position;
    // As a former version saves it, which knows nothing of these columns.
    server.run("UPDATE jumpcloud_sso_connection SET version = 2, record = '{}' WHERE id = 'c-1'").await;
    assert_eq!(select().await, [2]);
    assert_eq!(store.changes(Some(before), 10).await.unwrap().changes.len(), 1, "it is told all the same");
    save(3, Some(2)).await;
    assert!(select().await.is_empty());
    // As it deletes it.
    let login = LoginRow {
        connection: "c-1".to_owned(),
        revision: 1,
        certificate: "AA".to_owned(),
        user: "user-1".to_owned(),
        at: contract::now(),
        json: "{}".to_owned(),
    };
    assert!(store.record_login(&login, &[]).await.unwrap());
    assert_eq!(store.last_logins("c-1", None, 10).await.unwrap().len(), 1);
    server.run("UPDATE jumpcloud_sso_connection SET record = NULL WHERE id = 'c-1'").await;
    assert!(store.last_logins("c-1", None, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn it_survives_a_crash() {
    let mut server = PostgresServer::new().await;
    let store = server.store().await;
    contract::crash(&store.clone().into(), &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn of_two_processes_one_wins() {
    if contract::as_other_process(async |port: &str| {
        PostgresStore::new(server::pool(port.parse().unwrap())).into()
    })
    .await
    {
        return;
    }
    let server = PostgresServer::new().await;
    let store = server.store().await;
    contract::two_processes(&store.clone().into(), &server.port().to_string(), "of_two_processes_one_wins")
        .await;
}

#[tokio::test]
async fn without_a_server_it_fails_and_says_so() {
    let store = PostgresStore::new(server::pool(1)).timeout(Duration::from_secs(2));
    let now = contract::now();
    let error = store.claim(&[Claim { key: contract::claim_key("key"), until: now }], now).await.unwrap_err();
    assert_eq!(error.code(), "config.store");
    assert!(error.to_string().starts_with("the store failed: "), "{error}");
    assert!(store.migrate().await.is_err());
}
