//! Measures how many claims a second a server takes:
//! `cargo run --release --example postgres_claims -- "host=… user=… dbname=…"`.
#![allow(clippy::print_stdout, reason = "an example prints what it measures")]

use std::error::Error;

use deadpool_postgres::{Manager, Pool};
use jumpcloud_sso_postgres::PostgresStore;
use sso_store_tests::claims_per_second;
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = std::env::args().nth(1).ok_or("say which server: \"host=… user=… dbname=…\"")?;
    let pool = Pool::builder(Manager::new(config.parse()?, NoTls)).max_size(32).build()?;
    let store = PostgresStore::new(pool);
    store.migrate().await?;
    println!(
        "{:.0} claims a second, one at a time",
        claims_per_second(&store.clone().into(), 1, 2_000).await?
    );
    println!(
        "{:.0} claims a second, 32 at a time",
        claims_per_second(&store.clone().into(), 32, 1_000).await?
    );
    Ok(())
}
