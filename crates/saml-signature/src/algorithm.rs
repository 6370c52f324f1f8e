//! The algorithms, as closed enums: what stands in neither is unknown here, whatever a message calls it.

use aws_lc_rs::digest;
use sso_types::text::excerpt;
use thiserror::Error;

/// A signature algorithm (XML Signature §6.4; RFC 9231 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSA PKCS #1 v1.5 with SHA-256: what JumpCloud uses.
    RsaSha256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    RsaSha384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    RsaSha512,
    /// RSA-PSS without parameters: SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
    RsaPssSha256,
    /// RSA-PSS without parameters: SHA-384, MGF1 with SHA-384, a salt of 48 bytes.
    RsaPssSha384,
    /// RSA-PSS without parameters: SHA-512, MGF1 with SHA-512, a salt of 64 bytes.
    RsaPssSha512,
    /// ECDSA with SHA-256, by keys on P-256.
    EcdsaSha256,
    /// ECDSA with SHA-384, by keys on P-384.
    EcdsaSha384,
    /// Ed25519.
    Ed25519,
    /// RSA PKCS #1 v1.5 with SHA-1; only by [`AlgorithmPolicy::insecure_allow_sha1`].
    RsaSha1,
}

impl SignatureAlgorithm {
    const ALL: [Self; 10] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::Ed25519,
        Self::RsaSha1,
    ];

    /// The algorithm of exactly this URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    /// The URI that stands for it in a message.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::RsaPssSha256 => "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
            Self::RsaPssSha384 => "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
            Self::RsaPssSha512 => "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Self::Ed25519 => "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
            Self::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        }
    }

    /// Returns the stable name by which a configuration refers to it, such as `rsa-sha256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::RsaSha384 => "rsa-sha384",
            Self::RsaSha512 => "rsa-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::RsaPssSha384 => "rsa-pss-sha384",
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::EcdsaSha256 => "ecdsa-sha256",
            Self::EcdsaSha384 => "ecdsa-sha384",
            Self::Ed25519 => "ed25519",
            Self::RsaSha1 => "rsa-sha1",
        }
    }

    /// Returns the algorithm of exactly this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether it relies on SHA-1, which can be made to collide since 2017.
    #[must_use]
    pub fn uses_sha1(self) -> bool {
        self == Self::RsaSha1
    }
}

/// A digest algorithm (XML Signature §6.2; RFC 9231 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-256: what JumpCloud uses.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-1; only by [`AlgorithmPolicy::insecure_allow_sha1`].
    Sha1,
}

impl DigestAlgorithm {
    const ALL: [Self; 4] = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sha1];

    /// The algorithm of exactly this URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.uri() == uri)
    }

    /// The URI that stands for it in a message.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        }
    }

    /// Whether it is SHA-1.
    #[must_use]
    pub fn uses_sha1(self) -> bool {
        self == Self::Sha1
    }

    /// The length of a digest in bytes.
    #[must_use]
    pub fn output_len(self) -> usize {
        self.implementation().output_len()
    }

    /// The digest of `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Digest {
        Digest(digest::digest(self.implementation(), bytes))
    }

    fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        }
    }
}

/// A digest; see [`DigestAlgorithm::digest`].
#[derive(Clone, Debug)]
pub struct Digest(digest::Digest);

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

/// Which algorithms the messages of one identity provider may use. The default is all but SHA-1.
#[derive(Clone, Debug, Default)]
pub struct AlgorithmPolicy {
    allow_sha1: bool,
    only: Option<Vec<SignatureAlgorithm>>,
}

impl AlgorithmPolicy {
    /// Lets SHA-1 pass, in signatures and digests, for an identity provider that cannot be made to use
    /// anything newer. Whoever can find a chosen-prefix collision may then forge logins.
    #[must_use]
    pub fn insecure_allow_sha1(mut self) -> Self {
        self.allow_sha1 = true;
        self
    }

    /// Whether SHA-1 is let pass.
    pub(crate) fn allows_sha1(&self) -> bool {
        self.allow_sha1
    }

    /// Narrows the signature algorithms to these, so that a message cannot choose a weaker one than agreed.
    #[must_use]
    pub fn only(mut self, algorithms: &[SignatureAlgorithm]) -> Self {
        self.only = Some(algorithms.to_vec());
        self
    }

    /// The signature algorithm that `uri` names, if it may be used.
    ///
    /// # Errors
    /// [`AlgorithmError`], which says why not.
    pub fn check_signature(&self, uri: &str) -> Result<SignatureAlgorithm, AlgorithmError> {
        let Some(algorithm) = SignatureAlgorithm::from_uri(uri) else {
            return Err(AlgorithmError::of_unknown(uri, SIGNATURE));
        };
        if algorithm.uses_sha1() && !self.allow_sha1 {
            return Err(AlgorithmError::Sha1 { expected: SIGNATURE, found: uri.to_owned() });
        }
        match &self.only {
            Some(only) if !only.contains(&algorithm) => Err(AlgorithmError::NotAllowed {
                expected: only.iter().map(|it| it.uri()).collect::<Vec<_>>().join(", "),
                found: uri.to_owned(),
            }),
            _ => Ok(algorithm),
        }
    }

    /// The digest algorithm that `uri` names, if it may be used.
    ///
    /// # Errors
    /// [`AlgorithmError`], which says why not.
    pub fn check_digest(&self, uri: &str) -> Result<DigestAlgorithm, AlgorithmError> {
        match DigestAlgorithm::from_uri(uri) {
            None => Err(AlgorithmError::of_unknown(uri, DIGEST)),
            Some(DigestAlgorithm::Sha1) if !self.allow_sha1 => {
                Err(AlgorithmError::Sha1 { expected: DIGEST, found: uri.to_owned() })
            }
            Some(algorithm) => Ok(algorithm),
        }
    }
}

/// What JumpCloud signs with.
const SIGNATURE: &str = "RSA-SHA256";

/// What JumpCloud digests with.
const DIGEST: &str = "SHA-256";

/// Why an algorithm was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// SHA-1, without the connection allowing it.
    #[error("SHA-1 is not allowed: {found:?}")]
    Sha1 {
        /// What to use instead.
        expected: &'static str,
        /// The algorithm's URI.
        found: String,
    },
    /// A symmetric algorithm: its key would be the identity provider's public one.
    #[error("HMAC is no signature: {found:?}")]
    Hmac {
        /// What to use instead.
        expected: &'static str,
        /// The algorithm's URI.
        found: String,
    },
    /// MD5, RIPEMD, DSA or another algorithm that is broken or obsolete.
    #[error("the algorithm {found:?} is broken or obsolete")]
    Weak {
        /// What to use instead.
        expected: &'static str,
        /// The algorithm's URI.
        found: String,
    },
    /// Not an algorithm that is known here; URIs are compared to the letter.
    #[error("the algorithm {found:?} is not known")]
    Unknown {
        /// What to use instead.
        expected: &'static str,
        /// What stands in its place.
        found: String,
    },
    /// Not among those that this identity provider may use; see [`AlgorithmPolicy::only`].
    #[error("the algorithm {found:?} is not among those agreed on: {expected}")]
    NotAllowed {
        /// The URIs of those that are.
        expected: String,
        /// The algorithm's URI.
        found: String,
    },
    /// Parameters that would change what an algorithm does.
    #[error("an algorithm has the parameter {found}, but none is allowed")]
    Parameters {
        /// The parameter's local name.
        found: String,
    },
    /// An algorithm that none of the pinned keys can be used with.
    #[error("the signature is by {found}, but the pinned key is {expected}")]
    KeyMismatch {
        /// The kinds of the pinned keys.
        expected: String,
        /// The algorithm's URI.
        found: String,
    },
}

impl AlgorithmError {
    fn of_unknown(uri: &str, expected: &'static str) -> Self {
        let found = excerpt(uri);
        let lower = found.to_ascii_lowercase();
        let names = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        if lower.ends_with("#rsa-pss") {
            Self::Parameters { found: "RSAPSSParams".to_owned() }
        } else if names(&["hmac"]) {
            Self::Hmac { expected, found }
        } else if lower.ends_with("sha1") {
            Self::Sha1 { expected, found }
        } else if names(&["md5", "md2", "ripemd", "whirlpool", "dsa-sha224", "sha224"]) {
            Self::Weak { expected, found }
        } else {
            Self::Unknown { expected, found }
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sha1 { .. } => "algorithm.sha1_refused",
            Self::Hmac { .. } => "algorithm.hmac_refused",
            Self::Weak { .. } => "algorithm.weak",
            Self::Unknown { .. } => "algorithm.unknown",
            Self::NotAllowed { .. } => "algorithm.not_allowed",
            Self::Parameters { .. } => "algorithm.parameters",
            Self::KeyMismatch { .. } => "algorithm.key_mismatch",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Sha1 { expected, .. }
            | Self::Weak { expected, .. }
            | Self::Unknown { expected, .. }
            | Self::Hmac { expected, .. } => Some(format!("{expected} or another current algorithm")),
            Self::NotAllowed { expected, .. } | Self::KeyMismatch { expected, .. } => Some(expected.clone()),
            Self::Parameters { .. } => Some("no parameters".to_owned()),
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Sha1 { found, .. }
            | Self::Hmac { found, .. }
            | Self::Weak { found, .. }
            | Self::Unknown { found, .. }
            | Self::NotAllowed { found, .. }
            | Self::Parameters { found }
            | Self::KeyMismatch { found, .. } => Some(found.clone()),
        }
    }
}
