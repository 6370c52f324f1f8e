use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An AUTH_SECRET for tests: the same for the same name, and written down nowhere, so that nobody copies it
/// from a test into a service.
#[must_use]
pub fn auth_secret(name: &str) -> String {
    STANDARD.encode(digest(&SHA256, name.as_bytes()))
}
