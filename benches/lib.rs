//! Benchmarks of `jumpcloud-sso`: `cargo bench -p jumpcloud-sso-benches`.
