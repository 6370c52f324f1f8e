//! A login that is about to turn into a session.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sso_store::ClaimKey;

use crate::issue::NewSession;

/// How sessions and revocations name a key of an identity provider: by the SHA-256 fingerprint of its
/// SubjectPublicKeyInfo, as hexadecimal digits without colons, since a token has to fit into a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdpKey(String);

impl IdpKey {
    /// Creates the name of the key with this fingerprint.
    #[must_use]
    pub fn from_fingerprint(fingerprint: &[u8; 32]) -> Self {
        let digits = fingerprint.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
        Self(digits.map(|digit| digit.to_ascii_uppercase()).collect())
    }

    /// Takes a fingerprint as it is shown, with colons or without.
    #[must_use]
    pub fn from_text(fingerprint: &str) -> Self {
        Self(fingerprint.replace(':', ""))
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A login that was accepted, with what its session rests on.
#[derive(Clone)]
pub struct AcceptedLogin {
    /// The session that it turns into, but for the user.
    pub(crate) session: NewSession,
    pub(crate) accepted_at: SystemTime,
    pub(crate) claim: ClaimKey,
}

impl AcceptedLogin {
    /// Creates a login that was accepted at `accepted_at` and turns into `session` once, whoever is its
    /// [subject](Self::new_session): `claim` is claimed by then, and its text is the session's name for the
    /// login.
    #[must_use]
    pub fn new(session: NewSession, claim: ClaimKey, accepted_at: SystemTime) -> Self {
        let session = session.login(&URL_SAFE_NO_PAD.encode(claim.as_bytes()));
        Self { session, accepted_at, claim }
    }

    /// Returns the session that it turns into for a user.
    #[must_use]
    pub fn new_session(&self, user_id: &str) -> NewSession {
        let mut session = self.session.clone();
        user_id.clone_into(&mut session.subject);
        session
    }

    /// Returns the organization whose connection it went through.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.session.organization
    }

    /// Returns the connection that it went through.
    #[must_use]
    pub fn connection(&self) -> &str {
        &self.session.connection
    }

    /// Returns how often the stored connection had been enabled; `None` for a connection that is not stored.
    #[must_use]
    pub fn activation(&self) -> Option<u64> {
        self.session.activation
    }
}

impl std::fmt::Debug for AcceptedLogin {
    /// Writes no personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AcceptedLogin")
            .field("organization", &self.organization())
            .field("connection", &self.connection())
            .finish_non_exhaustive()
    }
}
