//! What depends on a feature. All else is tested through the facade.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "hickory")]
mod dns;
