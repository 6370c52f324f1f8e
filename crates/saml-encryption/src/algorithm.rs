//! The algorithms, as closed enums.

use aws_lc_rs::aead;
use aws_lc_rs::cipher;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use sso_types::text::excerpt;

use crate::error::EncryptionError;

pub(crate) const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(crate) const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
pub(crate) const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// How the content is encrypted (XML Encryption §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentAlgorithm {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-CBC; only by [`DecryptionPolicy::insecure_allow_aes_cbc`].
    Aes128Cbc,
    /// AES-256-CBC; only by [`DecryptionPolicy::insecure_allow_aes_cbc`].
    Aes256Cbc,
}

impl ContentAlgorithm {
    const ALL: [Self; 4] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::Aes128Cbc, Self::Aes256Cbc];

    /// The URI that stands for it in a message.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            Self::Aes128Cbc => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Aes256Cbc => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        }
    }

    /// Whether changed ciphertext is noticed.
    pub(crate) fn cipher(self) -> Cipher {
        match self {
            Self::Aes128Gcm => Cipher::Gcm(&aead::AES_128_GCM),
            Self::Aes256Gcm => Cipher::Gcm(&aead::AES_256_GCM),
            Self::Aes128Cbc => Cipher::Cbc(&cipher::AES_128),
            Self::Aes256Cbc => Cipher::Cbc(&cipher::AES_256),
        }
    }

    /// The length of the key in bytes.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Cbc => 16,
            Self::Aes256Gcm | Self::Aes256Cbc => 32,
        }
    }
}

/// The implementation of a [`ContentAlgorithm`].
pub(crate) enum Cipher {
    Gcm(&'static aead::Algorithm),
    Cbc(&'static cipher::Algorithm),
}

/// How the key of the content is encrypted (XML Encryption §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyTransport {
    /// RSA-OAEP with SHA-1 and MGF1 with SHA-1: the default of most identity providers. OAEP does not rely on
    /// what SHA-1 lost.
    RsaOaepSha1,
    /// RSA-OAEP with SHA-256 and MGF1 with SHA-256.
    RsaOaepSha256,
}

impl KeyTransport {
    /// The URI that stands for it in a message; for SHA-256 it goes with parameters.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaOaepSha1 => RSA_OAEP_MGF1P,
            Self::RsaOaepSha256 => RSA_OAEP,
        }
    }

    pub(crate) fn oaep(self) -> &'static OaepAlgorithm {
        match self {
            Self::RsaOaepSha1 => &OAEP_SHA1_MGF1SHA1,
            Self::RsaOaepSha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }

    /// The transport of this URI with these parameters, as they stand in `EncryptionMethod`.
    pub(crate) fn of(uri: &str, digest: Option<&str>, mask: Option<&str>) -> Result<Self, EncryptionError> {
        // XML Encryption §5.5.2: SHA-1 is the default of both, and of the older URI the only mask generation
        // there is.
        let digest = digest.unwrap_or(SHA1);
        let mask = mask.unwrap_or(MGF1_SHA1);
        match uri {
            RSA_OAEP_MGF1P if mask != MGF1_SHA1 => Err(EncryptionError::OaepParameters {
                what: "rsa-oaep-mgf1p with another mask generation function than MGF1 with SHA-1",
            }),
            RSA_OAEP_MGF1P | RSA_OAEP => match (digest, mask) {
                (SHA1, MGF1_SHA1) => Ok(Self::RsaOaepSha1),
                (SHA256, MGF1_SHA256) => Ok(Self::RsaOaepSha256),
                (SHA256, MGF1_SHA1) => {
                    Err(EncryptionError::OaepParameters { what: "SHA-256 with MGF1 of SHA-1" })
                }
                (SHA1, MGF1_SHA256) => {
                    Err(EncryptionError::OaepParameters { what: "SHA-1 with MGF1 of SHA-256" })
                }
                _ => Err(EncryptionError::OaepParameters { what: "another hash than SHA-1 or SHA-256" }),
            },
            RSA_1_5 => Err(EncryptionError::RsaPkcs1 { found: uri.to_owned() }),
            other => Err(EncryptionError::Algorithm { found: excerpt(other) }),
        }
    }
}

const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";

/// Which algorithms may be used. The default is AES-GCM only.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecryptionPolicy {
    allow_aes_cbc: bool,
}

impl DecryptionPolicy {
    /// Lets AES-CBC pass, for an identity provider that knows nothing newer. Whoever can send us messages and
    /// tell our refusals apart, be it by time, may then decrypt what was encrypted to us.
    #[must_use]
    pub fn insecure_allow_aes_cbc(mut self) -> Self {
        self.allow_aes_cbc = true;
        self
    }

    /// The content algorithm that `uri` names, to the letter, if it may be used.
    pub(crate) fn check_content(self, uri: &str) -> Result<ContentAlgorithm, EncryptionError> {
        let found = || excerpt(uri);
        match ContentAlgorithm::ALL.into_iter().find(|algorithm| algorithm.uri() == uri) {
            Some(ContentAlgorithm::Aes128Cbc | ContentAlgorithm::Aes256Cbc) if !self.allow_aes_cbc => {
                Err(EncryptionError::Cbc { found: found() })
            }
            Some(algorithm) => Ok(algorithm),
            None => Err(EncryptionError::Algorithm { found: found() }),
        }
    }
}
