use saml_xml::ContentError;
use thiserror::Error;

/// Why an encrypted element was not decrypted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncryptionError {
    /// It departs from the structure that XML Encryption gives it.
    #[error("the encrypted element is malformed: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// AES-CBC, without permission.
    #[error("AES-CBC is not allowed: {found:?}")]
    Cbc {
        /// The algorithm's URI.
        found: String,
    },
    /// RSA PKCS #1 v1.5, which is never allowed.
    #[error("RSA PKCS #1 v1.5 is never allowed for encryption: {found:?}")]
    RsaPkcs1 {
        /// The algorithm's URI.
        found: String,
    },
    /// Another algorithm that is not known or not allowed.
    #[error("the encryption algorithm {found:?} is not allowed")]
    Algorithm {
        /// The algorithm's URI.
        found: String,
    },
    /// Parameters of RSA-OAEP that are not supported.
    #[error("these parameters of RSA-OAEP are not supported: {what}")]
    OaepParameters {
        /// Which.
        what: &'static str,
    },
    /// More encrypted keys than the limit.
    #[error("there are {found} encrypted keys, more than the limit of {limit}")]
    TooManyKeys {
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// A reference to a key that lies elsewhere than right beside.
    #[error("the encrypted data refers to a key elsewhere")]
    KeyReference,
    /// There is no key to decrypt with.
    #[error("the assertion is encrypted, but no decryption key is configured")]
    NoKey,
    /// Decryption failed. By design, nothing says at which step.
    #[error("the assertion could not be decrypted")]
    Failed,
    /// Text among elements or elements within a value.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl EncryptionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "encryption.malformed",
            Self::Cbc { .. } => "encryption.cbc_refused",
            Self::RsaPkcs1 { .. } => "encryption.rsa_1_5_refused",
            Self::Algorithm { .. } => "encryption.algorithm",
            Self::OaepParameters { .. } => "encryption.oaep_parameters",
            Self::TooManyKeys { .. } => "limit.encrypted_keys",
            Self::KeyReference => "encryption.key_reference",
            Self::NoKey => "encryption.no_key",
            Self::Failed => "encryption.failed",
            Self::Content(error) => error.code(),
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Cbc { .. } => Some("AES-GCM".to_owned()),
            Self::RsaPkcs1 { .. } => Some("RSA-OAEP".to_owned()),
            Self::Algorithm { .. } => Some("AES-GCM and RSA-OAEP".to_owned()),
            Self::OaepParameters { .. } => {
                Some("the same hash for the digest and for MGF1, and no label".to_owned())
            }
            Self::TooManyKeys { limit, .. } => Some(format!("at most {limit}")),
            _ => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Cbc { found } | Self::RsaPkcs1 { found } | Self::Algorithm { found } => Some(found.clone()),
            Self::OaepParameters { what } => Some((*what).to_owned()),
            Self::TooManyKeys { found, .. } => Some(found.to_string()),
            _ => None,
        }
    }
}
