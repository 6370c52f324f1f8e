//! The certificates that a connection remembers.

use saml_signature::Certificate;
use serde::{Deserialize, Serialize};
use sso_session::IdpKey;

/// A certificate that is or was pinned, with its key: SHA-256 fingerprints, written with colons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKey {
    /// Of the certificate.
    pub certificate: String,
    /// Of the SubjectPublicKeyInfo: a renewed certificate has another fingerprint, but the same key.
    pub key: String,
}

impl From<&Certificate> for KnownKey {
    fn from(certificate: &Certificate) -> Self {
        Self {
            certificate: certificate.fingerprint_sha256().to_string(),
            key: certificate.public_key_fingerprint().to_string(),
        }
    }
}

impl KnownKey {
    /// Returns the name of the key in sessions and revocations.
    #[must_use]
    pub fn name(&self) -> IdpKey {
        IdpKey::from_text(&self.key)
    }

    /// Returns whether a text is the fingerprint of the certificate: with colons or without, in either case.
    #[must_use]
    pub fn has_fingerprint(&self, text: &str) -> bool {
        let digits = |text: &str| -> String {
            text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
        };
        digits(text) == digits(&self.certificate)
    }
}
