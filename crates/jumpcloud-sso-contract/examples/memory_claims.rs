//! How many claims a second the store in memory takes: `cargo run --release -p jumpcloud-sso-contract --example memory_claims`.
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use jumpcloud_sso::{MemoryStore, StoreError};
use jumpcloud_sso_contract::claims_per_second;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let store = MemoryStore::default();
    for callers in [1, 32] {
        let claims = claims_per_second(&store, callers, 400_000 / callers).await?;
        println!("{callers:>3} at a time: {claims:.0} claims a second");
    }
    Ok(())
}
