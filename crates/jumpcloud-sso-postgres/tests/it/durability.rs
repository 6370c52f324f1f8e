//! What was confirmed is there after a crash, also where the database would rather be fast.

use std::time::Duration;

use jumpcloud_sso::{Actor, Connections, Settings};
use jumpcloud_sso_postgres::{MIGRATION, PostgresStore};
use jumpcloud_sso_testkit::auth_secret;
use sso_store::{
    Claim, ClaimStore as _, Claimed, ConnectionStore as _, DomainClaim, DomainStore as _, Revocation,
    SessionStore as _,
};
use sso_store_tests::{self as contract, Server};

use crate::server::PostgresServer;

/// Without our doing, what is written would reach the disk after ten seconds.
const LAZY: [&str; 3] = ["wal_writer_delay=10s", "wal_writer_flush_after=1GB", "autovacuum=off"];

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn what_was_confirmed_survives_a_crash_of_a_server_in_no_hurry() {
    let mut server = PostgresServer::with(&LAZY).await;
    let store = server.store().await;
    server.run("ALTER DATABASE postgres SET synchronous_commit = off").await;
    server.run("CHECKPOINT").await;
    let now = contract::now();

    for number in 0..300 {
        let claim = store
            .claim(&[Claim { key: contract::claim_key(&number.to_string()), until: now + 10 * MINUTE }], now)
            .await
            .unwrap();
        assert_eq!(claim, Claimed::Now);
    }
    crash(&mut server).await;
    let store = server.store().await;
    for number in 0..300 {
        let claim = store
            .claim(&[Claim { key: contract::claim_key(&number.to_string()), until: now + 10 * MINUTE }], now)
            .await
            .unwrap();
        assert_ne!(claim, Claimed::Now, "claim {number} is lost");
    }

    store
        .revoke(
            &[Revocation { key: contract::revocation_key("user"), instant: now, until: now + 10 * MINUTE }],
            now,
        )
        .await
        .unwrap();
    crash(&mut server).await;
    let store = server.store().await;
    assert_eq!(store.revoked_at(&[contract::revocation_key("user")], now).await.unwrap(), Some(now));

    assert_eq!(store.claim_domain("acme.test", "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    crash(&mut server).await;
    let store = server.store().await;
    let held = store.held_domain("acme.test").await.unwrap();
    assert_eq!(held.map(|held| held.organization).as_deref(), Some("acme"));

    let id = create(&store).await;
    crash(&mut server).await;
    let store = server.store().await;
    assert!(store.connection(&id).await.unwrap().is_some());
}

async fn crash(server: &mut PostgresServer) {
    server.kill().await;
    server.start().await;
}

async fn create(store: &PostgresStore) -> String {
    let settings = Settings::new("https://app.acme.test", &auth_secret("durability"));
    let connections = Connections::new(&settings.unwrap(), store.clone());
    let record = connections.of("acme").create(&Actor::user("admin-1"), contract::now()).await.unwrap();
    record.id().to_owned()
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_stronger_setting_stays() {
    let server = PostgresServer::new().await;
    // Without standbys there is nothing to wait for; what is asked for shows as the setting of the moment.
    for (setting, expected) in [
        ("off", "on"),
        ("local", "local"),
        ("on", "on"),
        ("remote_write", "remote_write"),
        ("remote_apply", "remote_apply"),
    ] {
        server.run(&format!("ALTER DATABASE postgres SET synchronous_commit = {setting}")).await;
        let store = server.store().await;
        server
            .run(
                "DROP TABLE IF EXISTS seen; CREATE TABLE seen (setting text); \
                 CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$; \
                 CREATE OR REPLACE TRIGGER note AFTER INSERT ON jumpcloud_sso_claim EXECUTE FUNCTION note(); \
                 CREATE OR REPLACE TRIGGER note AFTER INSERT ON jumpcloud_sso_revocation EXECUTE FUNCTION note(); \
                 CREATE OR REPLACE TRIGGER note AFTER INSERT ON jumpcloud_sso_connection EXECUTE FUNCTION note()",
            )
            .await;
        let now = contract::now();
        assert_eq!(
            store
                .claim(&[Claim { key: contract::claim_key(setting), until: now + MINUTE }], now)
                .await
                .unwrap(),
            Claimed::Now
        );
        store
            .revoke(
                &[Revocation { key: contract::revocation_key(setting), instant: now, until: now + MINUTE }],
                now,
            )
            .await
            .unwrap();
        create(&store).await;
        let pool = server.pool();
        let rows = pool.get().await.unwrap().query("SELECT setting FROM seen", &[]).await.unwrap();
        let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(seen, [expected; 3], "where the database has {setting}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_server_that_forgets_is_refused() {
    let server = PostgresServer::with(&["fsync=off"]).await;
    let expected = "the store failed: the PostgreSQL server forgets what was used when its machine fails; set fsync to on";
    let store = PostgresStore::new(server.pool());
    assert_eq!(store.migrate().await.unwrap_err().to_string(), expected);
    // Also where another tool has run the statements.
    server.run(MIGRATION).await;
    let (key, now) = (contract::claim_key("key"), contract::now());
    assert_eq!(
        store.claim(&[Claim { key, until: now + MINUTE }], now).await.unwrap_err().to_string(),
        expected
    );
}
