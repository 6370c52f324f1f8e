//! Secrets, sealed values and session tokens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod continuing;
mod properties;
mod seals;
mod secrets;
mod sessions;
mod tokens;

use std::time::{Duration, SystemTime};

use sso_session::{AuthSecret, NewSession, SessionIssuer, SessionKey, SessionVerifier};

const SECRET: &str = "q2xqEJ9XhHjrIySHtDSRyF3xKzJqoKXYDSn7VmE4hHU=";
const OTHER_SECRET: &str = "8vZ1k0hM2m8Xh3zJv7J9o6cC2rYw5pQeT4uFbN1xLsA=";
const SITE: &str = "https://app.acme.test";

/// 2027-01-15T08:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn secret(text: &str) -> AuthSecret {
    AuthSecret::from_base64(text).unwrap()
}

fn key() -> SessionKey {
    SessionKey::from_auth_secret(&secret(SECRET))
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
