//! Why a connection cannot be used as configured.

use std::borrow::Cow;

use saml_attributes::Field;
use saml_encryption::DecryptionKeyError;
use saml_signature::{CertificateError, TrustedKeysError};
use thiserror::Error;

use crate::settings_error::SettingsError;

/// Why a connection cannot be used as configured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The IdP URL.
    #[error("the IdP URL {found:?} cannot be used: {what}")]
    IdpUrl {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// The IdP Entity ID.
    #[error("the IdP Entity ID {found:?} cannot be used: {what}")]
    IdpEntityId {
        /// Its value.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// No e-mail domain, and no word that any is accepted.
    #[error(
        "no e-mail domain is given; give the organization's verified domains, or accept any as unverified"
    )]
    NoEmailDomain,
    /// An e-mail domain that is none.
    #[error("{found:?} is no e-mail domain; give it without @, such as acme.test")]
    EmailDomain {
        /// Its value.
        found: String,
    },
    /// The settings do not fit: the ID of the connection, or a secret that was sealed under another
    /// AUTH_SECRET.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificates cannot be trusted.
    #[error(transparent)]
    Keys(#[from] TrustedKeysError),
    /// One key for signing and decrypting: the service holds the identity provider's private key.
    #[error(
        "the decryption key is the private key of the pinned certificate {fingerprint}, \
         with which the identity provider alone should be able to sign"
    )]
    KeyForBoth {
        /// Of the certificate, SHA-256.
        fingerprint: String,
    },
    /// The organization's name is too long.
    #[error("the organization's name has {found} bytes, more than the limit of {limit}")]
    Organization {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// The name of an attribute is too long.
    #[error("the attribute name for the {field} has {found} bytes, more than the limit of {limit}")]
    AttributeName {
        /// The field of the profile.
        field: Field,
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// An authentication context class, or the list of them.
    #[error("the authentication context {found:?} in {field} cannot be used: {what}")]
    AuthnContext {
        /// The name of the list.
        field: &'static str,
        /// The class.
        found: String,
        /// What is wrong with it.
        what: Cow<'static, str>,
    },
    /// A signature algorithm that this version does not know, as a later version may have stored it.
    #[error("the signature algorithm {found:?} is not known")]
    Algorithm {
        /// Its name.
        found: String,
    },
    /// A private key for decryption cannot be read.
    #[error(transparent)]
    DecryptionKey(#[from] DecryptionKeyError),
    /// A second implementation has to agree, but the settings have none.
    #[error("the connection asks for a second implementation, but Settings::cross_verifier gave none")]
    CrossVerifier,
    /// A change that a connection in a program cannot make, such as retiring a certificate that it never
    /// pinned.
    #[error("the connection cannot be configured so: {what}")]
    Configuration {
        /// What is wrong.
        what: String,
    },
    /// A decryption key whose private half anybody can compute.
    #[error("the decryption key is too weak: {reason}")]
    WeakDecryptionKey {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key that was retired as compromised.
    #[error("the key of the certificate {fingerprint} was retired as compromised and cannot be pinned again")]
    KeyCompromised {
        /// Of the certificate, SHA-256.
        fingerprint: String,
    },
}

impl ConnectionError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::IdpUrl { .. } => "config.idp_url",
            Self::IdpEntityId { .. } => "config.idp_entity_id",
            Self::NoEmailDomain | Self::EmailDomain { .. } => "config.email_domain",
            Self::Settings(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::KeyForBoth { .. } => "config.key_for_both",
            Self::KeyCompromised { .. } => "config.key_compromised",
            Self::Organization { .. } => "config.organization",
            Self::AttributeName { .. } => "config.attribute_name",
            Self::AuthnContext { .. } => "config.authn_context",
            Self::Algorithm { .. } => "config.algorithm",
            Self::DecryptionKey(error) => error.code(),
            Self::Configuration { .. } => "config.change",
            Self::CrossVerifier => "config.cross_verifier",
            Self::WeakDecryptionKey { .. } => "encryption.weak_key",
        }
    }
}
