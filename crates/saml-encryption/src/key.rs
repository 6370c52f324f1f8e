//! The service's private keys.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sso_types::pem;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::algorithm::KeyTransport;

/// Above, one decryption takes tens of milliseconds.
const MAX_BITS: usize = 8192;

/// A key of 8192 bits takes 6 KiB.
const MAX_PEM: usize = 64 * 1024;

/// An RSA private key that what was encrypted to us can be decrypted with. It prints nothing of itself.
pub struct DecryptionKey {
    pair: PrivateDecryptingKey,
    oaep: OaepPrivateDecryptingKey,
    public_key_der: Vec<u8>,
}

impl DecryptionKey {
    /// Reads an RSA key from PEM: PKCS #8 (`PRIVATE KEY`) or PKCS #1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// [`DecryptionKeyError::Malformed`] for anything else and for encrypted keys,
    /// [`DecryptionKeyError::Several`] for more than one private key, [`DecryptionKeyError::Weak`] for keys
    /// of less than 2048 or more than 8192 bits.
    pub fn from_pem(pem: &str) -> Result<Self, DecryptionKeyError> {
        if pem.len() > MAX_PEM {
            return Err(DecryptionKeyError::Malformed);
        }
        if pem::labels(pem).filter(|label| label.ends_with("PRIVATE KEY")).count() > 1 {
            return Err(DecryptionKeyError::Several);
        }
        let block = |label: &str| {
            let content = pem::content(pem, label)?;
            let compact: Zeroizing<String> = Zeroizing::new(pem::base64(content).collect());
            STANDARD.decode(compact.as_bytes()).ok().map(Zeroizing::new)
        };
        if let Some(pkcs8) = block("PRIVATE KEY") {
            return Self::from_pkcs8_der(&pkcs8);
        }
        let pkcs1 = block("RSA PRIVATE KEY").ok_or(DecryptionKeyError::Malformed)?;
        let pair = KeyPair::from_der(&pkcs1).map_err(|rejected| rejected_because(&rejected))?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| DecryptionKeyError::Malformed)?;
        Self::from_pkcs8_der(pkcs8.as_ref())
    }

    /// Reads an RSA key from the DER form of PKCS #8.
    ///
    /// # Errors
    /// As for [`from_pem`](Self::from_pem).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, DecryptionKeyError> {
        let pair = PrivateDecryptingKey::from_pkcs8(der).map_err(|rejected| rejected_because(&rejected))?;
        // The library has the same limit today, which is no promise.
        if pair.key_size_bits() > MAX_BITS {
            return Err(DecryptionKeyError::Weak);
        }
        let oaep = OaepPrivateDecryptingKey::new(pair.clone()).map_err(|_| DecryptionKeyError::Malformed)?;
        let public: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| DecryptionKeyError::Malformed)?;
        let public_key_der = public.as_ref().to_vec();
        Ok(Self { pair, oaep, public_key_der })
    }

    /// The `SubjectPublicKeyInfo` of the public half, DER (RFC 5280 §4.1.2.7): what others encrypt to.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// Decrypts a transported key.
    pub(crate) fn decrypt(&self, transport: KeyTransport, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let key = self.oaep.decrypt(transport.oaep(), ciphertext, &mut buffer, None).ok()?;
        Some(Zeroizing::new(key.to_vec()))
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey(RSA {} bits, redacted)", self.pair.key_size_bits())
    }
}

/// The library tells keys that are too small or too large from those that are none, but only in words.
fn rejected_because(rejected: &aws_lc_rs::error::KeyRejected) -> DecryptionKeyError {
    match rejected.to_string().as_str() {
        "TooSmall" | "TooLarge" => DecryptionKeyError::Weak,
        _ => DecryptionKeyError::Malformed,
    }
}

/// Why a decryption key was refused. It never carries anything of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecryptionKeyError {
    /// Not an unencrypted RSA private key in PEM.
    #[error("this is no unencrypted RSA private key (PEM, PKCS #8 or PKCS #1)")]
    Malformed,
    /// More than one private key where one belongs: which of them is meant, nobody can tell.
    #[error("there is more than one private key")]
    Several,
    /// Too small or too large.
    #[error("RSA decryption keys need 2048 to 8192 bits")]
    Weak,
    /// None, or more than four.
    #[error("1 to 4 decryption keys are needed")]
    Count,
}

impl DecryptionKeyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Several => "config.decryption_key",
            Self::Weak => "encryption.weak_key",
            Self::Count => "config.decryption_keys",
        }
    }
}
