//! A database that an earlier version has written: `frozen.sql` is its dump.

#[path = "../../../jumpcloud-sso/tests/frozen/store.rs"]
mod store;

use jumpcloud_sso_postgres::PostgresStore;

use crate::server::PostgresServer;

const DUMP: &str = include_str!("frozen.sql");

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn a_database_of_an_earlier_version_is_read() {
    let server = PostgresServer::new().await;
    server.run(DUMP).await;
    let store = PostgresStore::new(server.pool());
    store.migrate().await.unwrap();
    store::check(&store).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn what_is_written_today_reads_the_same() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    store::populate(&store).await;
    store::check(&store).await;
}
