//! The private keys that we sign with.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use thiserror::Error;

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::key_kind::{KeyKind, RSA_BITS};
use crate::pem;

/// A private key that signs. It prints nothing of itself.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(rsa::KeyPair),
    EcP256(EcdsaKeyPair),
    EcP384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads a private key from PEM: PKCS #8 of any kind, PKCS #1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE
    /// KEY`).
    ///
    /// # Errors
    /// [`SigningError::Key`] for anything else, for encrypted keys, and for RSA keys of less than 2048 or
    /// more than 8192 bits.
    pub fn from_pem(pem: &str) -> Result<Self, SigningError> {
        let (label, der) = pem::private_key(pem).ok_or(SigningError::Key)?;
        let pair = match label {
            "PRIVATE KEY" => Pair::from_pkcs8(&der),
            "RSA PRIVATE KEY" => Pair::from_pkcs1(&der),
            "EC PRIVATE KEY" => Pair::from_sec1(&der),
            _ => None,
        };
        pair.map(Self).ok_or(SigningError::Key)
    }

    /// Reads a private key from the DER form of PKCS #8.
    ///
    /// # Errors
    /// As for [`from_pem`](Self::from_pem).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, SigningError> {
        Pair::from_pkcs8(der).map(Self).ok_or(SigningError::Key)
    }

    /// The kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match &self.0 {
            Pair::Rsa(pair) => KeyKind::Rsa { bits: pair.public_modulus_len() * 8 },
            Pair::EcP256(_) => KeyKind::EcP256,
            Pair::EcP384(_) => KeyKind::EcP384,
            Pair::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// The algorithm to sign with unless another is asked for: the one by SHA-256 where there is one.
    #[must_use]
    pub fn default_algorithm(&self) -> SignatureAlgorithm {
        match &self.0 {
            Pair::Rsa(_) => SignatureAlgorithm::RsaSha256,
            Pair::EcP256(_) => SignatureAlgorithm::EcdsaSha256,
            Pair::EcP384(_) => SignatureAlgorithm::EcdsaSha384,
            Pair::Ed25519(_) => SignatureAlgorithm::Ed25519,
        }
    }

    /// Whether `certificate` is for this key.
    #[must_use]
    pub fn matches(&self, certificate: &Certificate) -> bool {
        let public: &[u8] = match &self.0 {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::EcP256(pair) | Pair::EcP384(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        };
        // A SubjectPublicKeyInfo ends with the key itself (RFC 5280 §4.1.2.7).
        self.kind() == *certificate.key() && certificate.public_key_der().ends_with(public)
    }

    /// Signs `message`; ECDSA gives r and s side by side.
    ///
    /// # Errors
    /// [`SigningError::Algorithm`] where the algorithm is for another kind of key or relies on SHA-1.
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        let mismatch = || SigningError::Algorithm { key: self.kind(), algorithm };
        match (&self.0, algorithm) {
            (Pair::Rsa(pair), _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(algorithm).ok_or_else(mismatch)?;
                pair.sign(encoding, &random, message, &mut signature).map_err(|_| SigningError::Failed)?;
                Ok(signature)
            }
            (Pair::EcP256(pair), SignatureAlgorithm::EcdsaSha256)
            | (Pair::EcP384(pair), SignatureAlgorithm::EcdsaSha384) => {
                let signature = pair.sign(&random, message).map_err(|_| SigningError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            (Pair::Ed25519(pair), SignatureAlgorithm::Ed25519) => {
                let signature = pair.try_sign(message).map_err(|_| SigningError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            _ => Err(mismatch()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, redacted)", self.kind())
    }
}

impl Pair {
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let rsa = || rsa::KeyPair::from_pkcs8(der).ok().and_then(Self::rsa);
        let p256 = || EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der).ok();
        let p384 = || EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, der).ok();
        let ed25519 = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok();
        rsa()
            .or_else(|| p256().map(Self::EcP256))
            .or_else(|| p384().map(Self::EcP384))
            .or_else(|| ed25519().map(Self::Ed25519))
    }

    fn from_pkcs1(der: &[u8]) -> Option<Self> {
        rsa::KeyPair::from_der(der).ok().and_then(Self::rsa)
    }

    fn from_sec1(der: &[u8]) -> Option<Self> {
        let p256 =
            || EcdsaKeyPair::from_private_key_der(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der).ok();
        let p384 =
            || EcdsaKeyPair::from_private_key_der(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, der).ok();
        p256().map(Self::EcP256).or_else(|| p384().map(Self::EcP384))
    }

    fn rsa(pair: rsa::KeyPair) -> Option<Self> {
        RSA_BITS.contains(&(pair.public_modulus_len() * 8)).then_some(Self::Rsa(pair))
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn signature::RsaEncoding> {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => Some(&signature::RSA_PKCS1_SHA256),
        SignatureAlgorithm::RsaSha384 => Some(&signature::RSA_PKCS1_SHA384),
        SignatureAlgorithm::RsaSha512 => Some(&signature::RSA_PKCS1_SHA512),
        SignatureAlgorithm::RsaPssSha256 => Some(&signature::RSA_PSS_SHA256),
        SignatureAlgorithm::RsaPssSha384 => Some(&signature::RSA_PSS_SHA384),
        SignatureAlgorithm::RsaPssSha512 => Some(&signature::RSA_PSS_SHA512),
        _ => None,
    }
}

/// Whether `der` is a private key of any kind that the library reads, the weak ones included.
pub(crate) fn is_private_key(der: &[u8]) -> bool {
    Pair::from_pkcs8(der).or_else(|| Pair::from_pkcs1(der)).or_else(|| Pair::from_sec1(der)).is_some()
}

/// Why a key could not be read or did not sign. It never carries anything of the key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Not a private key that can sign here.
    #[error(
        "this is no unencrypted private key of RSA with 2048 to 8192 bits, EC P-256, EC P-384 or Ed25519"
    )]
    Key,
    /// The algorithm is for another kind of key, or relies on SHA-1.
    #[error("a key of the kind {key} does not sign with {algorithm:?}")]
    Algorithm {
        /// The kind of the key.
        key: KeyKind,
        /// The algorithm.
        algorithm: SignatureAlgorithm,
    },
    /// The library could not sign.
    #[error("signing failed")]
    Failed,
}

impl SigningError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key => "config.private_key",
            Self::Algorithm { .. } => "algorithm.key_mismatch",
            Self::Failed => "config.signing_failed",
        }
    }
}
