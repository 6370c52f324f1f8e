//! Measures how many claims a second a server takes: `cargo run --release --example redis_claims --
//! redis://…`.
#![allow(clippy::print_stdout, reason = "an example prints what it measures")]

use std::error::Error;

use jumpcloud_sso_redis::RedisStore;
use sso_store_tests::claims_per_second;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("say which server: redis://…")?;
    let store = RedisStore::connect(&url).await?;
    println!(
        "{:.0} claims a second, one at a time",
        claims_per_second(&store.clone().into(), 1, 10_000).await?
    );
    println!(
        "{:.0} claims a second, 32 at a time",
        claims_per_second(&store.clone().into(), 32, 5_000).await?
    );
    Ok(())
}
