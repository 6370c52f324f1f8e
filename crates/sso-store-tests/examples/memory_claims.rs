//! Measures how many claims a second the store in memory takes, and how many bytes a claim:
//! `cargo run --release -p sso-store-tests --example memory_claims`.
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use std::time::{Duration, SystemTime};

use sso_store::{Claim, ClaimStore as _, MemoryStore, StoreError, Stores};
use sso_store_tests::{claim_key, claims_per_second};

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    measure_bytes().await?;
    let store = Stores::from(MemoryStore::default());
    for callers in [1, 32] {
        let claims = claims_per_second(&store, callers, 400_000 / callers).await?;
        println!("{callers:>3} at a time: {claims:.0} claims a second");
    }
    Ok(())
}

/// By what the process has of the machine's memory, where the system is Linux. The tables double as they
/// fill: the most is right after that.
async fn measure_bytes() -> Result<(), StoreError> {
    let (store, before, now) = (MemoryStore::default(), resident_bytes(), SystemTime::now());
    let until = now + Duration::from_secs(600);
    let mut most = 0.0_f64;
    for number in 1..=1_000_000_u32 {
        let claim = Claim { key: claim_key(&number.to_string()), until };
        let _ = store.claim(&[claim], now).await?;
        if number >= 100_000 && number % 10_000 == 0 {
            most = most.max((resident_bytes() - before) / f64::from(number));
        }
    }
    let bytes = (resident_bytes() - before) / 1e6;
    let counted = MemoryStore::CLAIM_BYTES;
    println!("{bytes:.0} bytes a claim with a million, {most:.0} at most; each counts as {counted}");
    Ok(())
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_ascii_whitespace().next().and_then(|number| number.parse::<f64>().ok());
    kilobytes.unwrap_or_default() * 1024.0
}
