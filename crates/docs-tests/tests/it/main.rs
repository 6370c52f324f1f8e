//! The docs say what the code does.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod attacks;
mod catalogue;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
