//! A database that an earlier version has written: `frozen.sql` is its dump.

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
    sso_store_tests::check(&store.clone().into()).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL's server programs, which .ci/run installs"]
async fn what_is_written_today_reads_the_same() {
    let server = PostgresServer::new().await;
    let store = server.store().await;
    sso_store_tests::populate(&store.clone().into()).await;
    sso_store_tests::check(&store.clone().into()).await;
}
