//! The kinds of public keys, and which of them are too weak to be trusted.

use std::fmt;

use sso_types::text::excerpt;
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::weakness;

/// The kind of a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA with this size of the modulus in bits.
    Rsa {
        /// The size in bits.
        bits: usize,
    },
    /// On the curve P-256.
    EcP256,
    /// On the curve P-384.
    EcP384,
    /// Ed25519.
    Ed25519,
    /// Something else: the object identifier of the algorithm or of the curve.
    Other {
        /// The object identifier.
        oid: String,
    },
}

/// RSA keys below are within reach of factoring (NIST SP 800-131A); above, one verification costs
/// milliseconds.
pub(crate) const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl KeyKind {
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = info.algorithm.algorithm.to_id_string();
        let other = |oid: &str| Self::Other { oid: excerpt(oid) };
        match (algorithm.as_str(), info.parsed()) {
            (RSA, Ok(PublicKey::RSA(key))) => Self::Rsa { bits: bit_length(key.modulus) },
            (EC, _) => match named_curve(info).as_deref() {
                Some("1.2.840.10045.3.1.7") => Self::EcP256,
                Some("1.3.132.0.34") => Self::EcP384,
                curve => other(curve.unwrap_or(EC)),
            },
            (ED25519, _) => Self::Ed25519,
            _ => other(&algorithm),
        }
    }
}

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";

/// The kind of a public key, given as the DER form of its `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), and why
/// it cannot be trusted, where that is so. `None` where it is malformed.
pub(crate) fn examined(public_key_der: &[u8]) -> Option<(KeyKind, Option<&'static str>)> {
    let (_, info) = SubjectPublicKeyInfo::from_der(public_key_der).ok()?;
    let kind = KeyKind::of(&info);
    let weakness = match (&kind, info.parsed()) {
        (KeyKind::Rsa { bits }, _) if !RSA_BITS.contains(bits) => Some("RSA keys need 2048 to 8192 bits"),
        (KeyKind::Rsa { .. }, Ok(PublicKey::RSA(key))) => {
            let exponent = key.try_exponent().unwrap_or(0);
            if exponent < 3 || exponent % 2 == 0 {
                Some("the RSA exponent is not an odd number of at least 3")
            } else {
                weakness::of_rsa_modulus(key.modulus)
            }
        }
        (KeyKind::Ed25519, _) => weakness::of_ed25519_key(&info.subject_public_key.data),
        (KeyKind::Other { .. }, _) => Some("only RSA, P-256, P-384 and Ed25519 keys are supported"),
        _ => None,
    };
    Some((kind, weakness))
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits} bits"),
            Self::EcP256 => f.write_str("EC P-256"),
            Self::EcP384 => f.write_str("EC P-384"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other { oid } => write!(f, "the unsupported kind {oid}"),
        }
    }
}

/// The object identifier of the curve; `None` for explicit parameters.
fn named_curve(info: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let parameters = info.algorithm.parameters.as_ref().filter(|parameters| parameters.tag() == Tag::Oid)?;
    parameters.clone().oid().ok().map(|oid| oid.to_id_string())
}

/// The bits of a big-endian number, leading zeros not counted.
fn bit_length(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    significant.next().map_or(0, |first| 8 - first.leading_zeros() as usize + 8 * significant.count())
}
