//! What is wrong with a setting.

use std::time::Duration;

use saml_encryption::DecryptionKeyError;
use saml_signature::CertificateError;
use thiserror::Error;

use crate::connection_error::ConnectionError;
use crate::settings_error::SettingsError;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The IdP URL, the IdP Entity ID, or the certificates as a whole.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate to be retired that is not pinned, nor was it as far as the connection remembers.
    #[error("no certificate with the fingerprint {fingerprint:?} is or was pinned")]
    UnknownCertificate {
        /// What was given.
        fingerprint: String,
    },
    /// More keys were retired as compromised than a connection remembers.
    #[error("more than {limit} keys were retired as compromised, which is more than a connection remembers")]
    CompromisedKeys {
        /// The limit.
        limit: usize,
    },
    /// The last certificate of a connection in use.
    #[error("without its last certificate, nobody could log in through the connection; disable it first")]
    LastCertificate,
    /// A tolerance that no clock needs.
    #[error("a tolerance of {found:?} for clocks is more than {limit:?}")]
    ClockSkew {
        /// The limit.
        limit: Duration,
        /// What was given.
        found: Duration,
    },
    /// A private key that cannot be read.
    #[error(transparent)]
    DecryptionKey(#[from] DecryptionKeyError),
    /// It could not be sealed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl FieldError {
    /// Returns the name of the field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Connection(ConnectionError::IdpUrl { .. }) => "idp_url",
            Self::Connection(ConnectionError::IdpEntityId { .. }) => "idp_entity_id",
            Self::Connection(ConnectionError::AttributeName { .. }) => "attributes",
            Self::Connection(ConnectionError::AuthnContext { field, .. }) => field,
            Self::Connection(ConnectionError::CrossVerifier) => "cross_verify",
            Self::Connection(
                ConnectionError::KeyForBoth { .. } | ConnectionError::WeakDecryptionKey { .. },
            )
            | Self::DecryptionKey(_)
            | Self::Settings(_) => "decryption_key",
            Self::ClockSkew { .. } => "clock_skew",
            _ => "certificates",
        }
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Connection(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::UnknownCertificate { .. } => "config.unknown_certificate",
            Self::CompromisedKeys { .. } => "limit.compromised_keys",
            Self::LastCertificate => "config.last_certificate",
            Self::ClockSkew { .. } => "config.clock_skew",
            Self::DecryptionKey(error) => error.code(),
            Self::Settings(error) => error.code(),
        }
    }
}
