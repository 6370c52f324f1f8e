//! The keys that are trusted to sign.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{self, ParsedPublicKey};
use thiserror::Error;

use crate::algorithm::{AlgorithmError, SignatureAlgorithm};
use crate::certificate::{Certificate, Fingerprint};
use crate::key_kind::{KeyKind, RSA_BITS, examined};

/// The certificates whose keys are trusted to sign for one identity provider: one to four, never none.
///
/// Keys are parsed here, once. Cheap to clone.
#[derive(Clone)]
pub struct TrustedKeys(Arc<[TrustedKey]>);

struct TrustedKey {
    certificate: Certificate,
    /// The key, prepared for each algorithm that it can be used with.
    prepared: Vec<(SignatureAlgorithm, ParsedPublicKey)>,
}

impl TrustedKeys {
    /// How many keys one connection may pin. Two are needed while one is being replaced.
    pub const MAX_KEYS: usize = 4;

    /// Pins the keys of these certificates. The dates of the certificates do not count, see
    /// [`Certificate::warning`].
    ///
    /// # Errors
    /// [`TrustedKeysError`] for none or more than four, for two of the same key, for keys that are too weak,
    /// and for keys in another encoding than the one of their kind ([`check_public_key`]).
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Result<Self, TrustedKeysError> {
        let certificates: Vec<_> = certificates.into_iter().collect();
        // Before work is spent on any.
        if certificates.len() > Self::MAX_KEYS {
            return Err(TrustedKeysError::TooMany { limit: Self::MAX_KEYS, found: certificates.len() });
        }
        let mut keys: Vec<TrustedKey> = Vec::new();
        for certificate in certificates {
            let is_same = |key: &TrustedKey| key.certificate.public_key_der() == certificate.public_key_der();
            if keys.iter().any(is_same) {
                return Err(TrustedKeysError::Duplicate { fingerprint: certificate.fingerprint_sha256() });
            }
            keys.push(TrustedKey::prepare(certificate)?);
        }
        if keys.is_empty() { Err(TrustedKeysError::None) } else { Ok(Self(keys.into())) }
    }

    /// The certificates, in the order in which they were given.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.0.iter().map(|key| &key.certificate)
    }

    /// The certificate whose key made `signature` over `message`.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<&Certificate, KeyError> {
        let mut fits = false;
        for key in self.0.iter() {
            let Some((_, prepared)) = key.prepared.iter().find(|(prepared, _)| *prepared == algorithm) else {
                continue;
            };
            fits = true;
            if prepared.verify_sig(message, signature).is_ok() {
                return Ok(&key.certificate);
            }
        }
        if fits {
            let pinned = self.certificates().map(|it| it.fingerprint_sha256().to_string()).collect();
            Err(KeyError::Untrusted { pinned })
        } else {
            Err(KeyError::Mismatch(AlgorithmError::KeyMismatch {
                expected: self.certificates().map(|it| it.key().to_string()).collect::<Vec<_>>().join(", "),
                found: algorithm.uri().to_owned(),
            }))
        }
    }
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.certificates()).finish()
    }
}

impl TrustedKey {
    fn prepare(certificate: Certificate) -> Result<Self, TrustedKeysError> {
        let public_key_der = certificate.public_key_der();
        check_public_key(public_key_der)?;
        let prepared: Result<_, _> = implementations(certificate.key())
            .iter()
            .map(|&(algorithm, implementation)| {
                let key = ParsedPublicKey::new(implementation, public_key_der);
                Ok((algorithm, key.map_err(|_| malformed(certificate.key().clone()))?))
            })
            .collect();
        Ok(Self { prepared: prepared?, certificate })
    }
}

/// Checks that a public key, given as the DER form of its `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), is of a
/// supported kind, that it is encoded in the one form of its kind, and that its private key is no secret that
/// anybody can compute: the size of an RSA key, the factors of its modulus that are cheap to find, the order
/// of an Ed25519 key. [`TrustedKeys::new`] checks this of every certificate.
///
/// Keys are compared by these bytes: to find that two certificates have the same key, that a key was retired
/// as compromised, that a key both signs and decrypts. A key of two encodings would be two keys to all of
/// these, so only one is accepted:
///
/// - RSA: `rsaEncryption` with the parameters NULL (RFC 3279 §2.3.1), not without parameters;
/// - EC: a named curve and the uncompressed point (RFC 5480 §2.1.1, §2.2), neither compressed nor hybrid;
/// - Ed25519: without parameters (RFC 8410 §3).
///
/// # Errors
/// [`TrustedKeysError::Weak`], which says why; [`TrustedKeysError::Encoding`] for another encoding.
pub fn check_public_key(public_key_der: &[u8]) -> Result<KeyKind, TrustedKeysError> {
    let (key, weakness) =
        examined(public_key_der).ok_or_else(|| malformed(KeyKind::Other { oid: "unknown".to_owned() }))?;
    if let Some(reason) = weakness {
        return Err(TrustedKeysError::Weak { key, reason });
    }
    let Some((_, implementation)) = implementations(&key).first() else { return Err(malformed(key)) };
    // The library checks what is left: that a point lies on its curve, that a modulus is odd.
    let encoded: Result<PublicKeyX509Der<'_>, _> = match ParsedPublicKey::new(*implementation, public_key_der)
    {
        Ok(parsed) => parsed.as_der(),
        Err(_) => return Err(malformed(key)),
    };
    // What the library writes is the one form of a key, however many it reads.
    match encoded {
        Ok(encoded) if encoded.as_ref() == public_key_der => Ok(key),
        _ => Err(TrustedKeysError::Encoding { key }),
    }
}

fn malformed(key: KeyKind) -> TrustedKeysError {
    TrustedKeysError::Weak { key, reason: "the key is malformed" }
}

type Implementation = (SignatureAlgorithm, &'static dyn signature::VerificationAlgorithm);

/// The algorithms that a kind of key can be used with. ECDSA signatures are r and s side by side
/// (XML Signature §6.4.3), not DER.
fn implementations(kind: &KeyKind) -> &'static [Implementation] {
    match kind {
        KeyKind::Rsa { .. } => &[
            (SignatureAlgorithm::RsaSha256, &signature::RSA_PKCS1_2048_8192_SHA256),
            (SignatureAlgorithm::RsaSha384, &signature::RSA_PKCS1_2048_8192_SHA384),
            (SignatureAlgorithm::RsaSha512, &signature::RSA_PKCS1_2048_8192_SHA512),
            (SignatureAlgorithm::RsaPssSha256, &signature::RSA_PSS_2048_8192_SHA256),
            (SignatureAlgorithm::RsaPssSha384, &signature::RSA_PSS_2048_8192_SHA384),
            (SignatureAlgorithm::RsaPssSha512, &signature::RSA_PSS_2048_8192_SHA512),
            (SignatureAlgorithm::RsaSha1, &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        ],
        KeyKind::EcP256 => &[(SignatureAlgorithm::EcdsaSha256, &signature::ECDSA_P256_SHA256_FIXED)],
        KeyKind::EcP384 => &[(SignatureAlgorithm::EcdsaSha384, &signature::ECDSA_P384_SHA384_FIXED)],
        KeyKind::Ed25519 => &[(SignatureAlgorithm::Ed25519, &signature::ED25519)],
        KeyKind::Other { .. } => &[],
    }
}

/// Why certificates cannot be trusted to sign.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrustedKeysError {
    /// There is none. Trusting no key is never a reason to trust all.
    #[error("no certificate is given")]
    None,
    /// There are too many.
    #[error("{found} keys are given, more than the limit of {limit}")]
    TooMany {
        /// The limit.
        limit: usize,
        /// How many were given.
        found: usize,
    },
    /// Two of them have the same key.
    #[error("two certificates have the same key; the second is {fingerprint}")]
    Duplicate {
        /// The fingerprint of the second.
        fingerprint: Fingerprint,
    },
    /// A key that is too weak, or of a kind that is not supported.
    #[error("the certificate's key is {key}: {reason}")]
    Weak {
        /// The kind of the key.
        key: KeyKind,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key in another encoding than the one of its kind, see [`check_public_key`].
    #[error("the certificate's key, {key}, is not in the standard encoding of its kind")]
    Encoding {
        /// The kind of the key.
        key: KeyKind,
    },
}

impl TrustedKeysError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "config.no_certificate",
            Self::TooMany { .. } => "limit.certificates",
            Self::Duplicate { .. } => "config.duplicate_certificate",
            Self::Weak { .. } => "certificate.weak_key",
            Self::Encoding { .. } => "certificate.key_encoding",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::None => Some(format!("1 to {} certificates", TrustedKeys::MAX_KEYS)),
            Self::TooMany { limit, .. } => Some(format!("at most {limit} certificates")),
            Self::Weak { .. } => Some(format!(
                "RSA {} to {} bits, EC P-256, EC P-384 or Ed25519",
                RSA_BITS.start(),
                RSA_BITS.end()
            )),
            Self::Encoding { key } => Some(standard_encoding(key).to_owned()),
            Self::Duplicate { .. } => None,
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Weak { key, .. } => Some(key.to_string()),
            Self::Encoding { key } => Some(format!("another encoding of {key}")),
            Self::Duplicate { fingerprint } => Some(fingerprint.to_string()),
            Self::TooMany { found, .. } => Some(format!("{found} certificates")),
            Self::None => None,
        }
    }
}

/// The encoding of a kind of key that is accepted, see [`check_public_key`].
fn standard_encoding(kind: &KeyKind) -> &'static str {
    match kind {
        KeyKind::Rsa { .. } => "rsaEncryption with the parameters NULL (RFC 3279 section 2.3.1)",
        KeyKind::EcP256 | KeyKind::EcP384 => "an uncompressed point on a named curve (RFC 5480 section 2.2)",
        KeyKind::Ed25519 => "id-Ed25519 without parameters (RFC 8410 section 3)",
        KeyKind::Other { .. } => "the DER form of a supported kind",
    }
}

/// Why no pinned key accounts for a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The algorithm is for another kind of key.
    #[error(transparent)]
    Mismatch(AlgorithmError),
    /// Another key made the signature, or what was signed was changed.
    #[error("the signature was not made by the pinned certificate's key")]
    Untrusted {
        /// The SHA-256 fingerprints of the pinned certificates.
        pinned: Vec<String>,
    },
}

impl KeyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mismatch(error) => error.code(),
            Self::Untrusted { .. } => "signature.untrusted_key",
        }
    }

    /// What was expected.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Mismatch(error) => error.expected(),
            Self::Untrusted { pinned } => Some(format!("a signature by the key of {}", pinned.join(" or "))),
        }
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Mismatch(error) => error.found(),
            Self::Untrusted { .. } => Some("a signature by another key, or over other content".to_owned()),
        }
    }
}
