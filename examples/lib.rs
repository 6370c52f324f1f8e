//! Runnable examples of `jumpcloud-sso`, each in its own folder:
//!
//! - `cargo run --example login`: a whole login over HTTP on loopback, against the stand-in JumpCloud.
//! - `cargo run --example response`: prints a Response in JumpCloud's shape.
