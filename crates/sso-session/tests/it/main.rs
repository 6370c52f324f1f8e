//! Secrets, sealed values and session tokens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod continuing;
mod properties;
mod seals;
mod secrets;
mod sessions;
mod tokens;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use sso_session::{AuthSecret, NewSession, SessionIssuer, SessionKey, SessionVerifier};

/// Written down nowhere, so that nobody copies them into a service.
static SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("first"));
static OTHER_SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("second"));
const SITE: &str = "https://app.acme.test";

/// 2027-01-15T08:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn auth_secret(name: &str) -> String {
    STANDARD.encode(digest(&SHA256, name.as_bytes()))
}

fn secret(text: &str) -> AuthSecret {
    AuthSecret::from_base64(text).unwrap()
}

fn key() -> SessionKey {
    SessionKey::from_auth_secret(&secret(&SECRET))
}

fn issuer() -> SessionIssuer {
    SessionIssuer::new(key(), SITE, SITE)
}

fn verifier() -> SessionVerifier {
    SessionVerifier::new([key()], SITE, SITE).unwrap()
}

fn session() -> NewSession {
    NewSession::new("user-1", "acme", "connection-1")
}
