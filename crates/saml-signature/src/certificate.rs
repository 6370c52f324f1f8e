//! Certificates as administrators paste them. Only the key in one matters to a signature: it is pinned, so
//! that no chain, no extension and no date decides (SAML metadata interoperability profile §2.5).

mod error;
mod read;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sso_types::pem;

use crate::key_kind::KeyKind;

pub use error::{CertificateError, SeveralKeys};

const DAY: u64 = 24 * 60 * 60;

/// Days before expiry from which [`Certificate::warning`] speaks of it.
const EXPIRES_SOON_DAYS: i64 = 60;

/// An X.509 certificate with the facts that an administrator wants to see. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Facts>);

struct Facts {
    der: Vec<u8>,
    public_key_der: Vec<u8>,
    subject: String,
    issuer: String,
    serial: String,
    not_before: SystemTime,
    not_after: SystemTime,
    key: KeyKind,
    names: Names,
    is_authority: bool,
    fingerprint: Fingerprint,
    public_key_fingerprint: Fingerprint,
}

/// The distinguished names in DER, by which a chain is put together.
struct Names {
    subject: Vec<u8>,
    issuer: Vec<u8>,
}

impl Certificate {
    /// The subject's distinguished name.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The issuer's distinguished name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The serial number, in hexadecimal with colons.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.0.serial
    }

    /// The start of the validity.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.0.not_before
    }

    /// The end of the validity.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.0.not_after
    }

    /// Whole days until the end of the validity at `now`; negative once it is past.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let days = |duration: Duration| i64::try_from(duration.as_secs() / DAY).unwrap_or(i64::MAX);
        match self.0.not_after.duration_since(now) {
            Ok(left) => days(left),
            Err(past) => -days(past.duration()) - 1,
        }
    }

    /// Returns what an administrator should hear of the certificate at `now`: about its validity, and that it
    /// is an authority's. None of it decides anything.
    #[must_use]
    pub fn warnings(&self, now: SystemTime) -> Vec<CertificateWarning> {
        let authority = self.is_authority().then_some(CertificateWarning::Authority);
        self.warning(now).into_iter().chain(authority).collect()
    }

    /// What is worth telling about the validity at `now`. A pinned certificate that is not valid still
    /// verifies.
    #[must_use]
    pub fn warning(&self, now: SystemTime) -> Option<CertificateWarning> {
        let days_left = self.days_left(now);
        if now < self.0.not_before {
            Some(CertificateWarning::NotYetValid)
        } else if days_left < 0 {
            Some(CertificateWarning::Expired { days: -days_left })
        } else if days_left <= EXPIRES_SOON_DAYS {
            Some(CertificateWarning::ExpiresSoon { days: days_left })
        } else {
            None
        }
    }

    /// The kind and size of the key.
    #[must_use]
    pub fn key(&self) -> &KeyKind {
        &self.0.key
    }

    /// The SHA-256 of the DER form, the fingerprint that browsers and `openssl x509 -fingerprint -sha256`
    /// show.
    #[must_use]
    pub fn fingerprint_sha256(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// The certificate's DER form.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &STANDARD.encode(&self.0.der))
    }

    /// Returns the DER form of the `SubjectPublicKeyInfo`. Two certificates are of the same key where these
    /// are equal, and only there: names and serial numbers can be copied. A key in another encoding than the
    /// one of its kind is not pinned ([`check_public_key`](crate::check_public_key)).
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.0.public_key_der
    }

    /// Returns the SHA-256 of the `SubjectPublicKeyInfo`, which names the key across all certificates of it,
    /// as RFC 7469 §2.4 and `openssl pkey -pubin -outform DER | sha256sum` do.
    #[must_use]
    pub fn public_key_fingerprint(&self) -> Fingerprint {
        self.0.public_key_fingerprint
    }

    /// Returns whether the certificate is that of a certificate authority by its basicConstraints (RFC 5280
    /// §4.2.1.9), or could be since these cannot be read. Self-signed certificates of identity providers
    /// often are.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.0.is_authority
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.0.subject)
            .field("key", &self.0.key)
            .field("fingerprint_sha256", &self.0.fingerprint)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

/// A SHA-256 fingerprint. Shown in upper-case hexadecimal with colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What an administrator should hear of a certificate that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateWarning {
    /// Its validity has not begun.
    NotYetValid,
    /// It expired.
    Expired {
        /// How many days ago, begun ones counted.
        days: i64,
    },
    /// It expires within 60 days.
    ExpiresSoon {
        /// In how many whole days.
        days: i64,
    },
    /// It is a certificate authority's: [`Certificate::is_authority`].
    Authority,
}

impl CertificateWarning {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotYetValid => "certificate.not_yet_valid",
            Self::Expired { .. } => "certificate.expired",
            Self::ExpiresSoon { .. } => "certificate.expires_soon",
            Self::Authority => "certificate.authority",
        }
    }
}

impl fmt::Display for CertificateWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYetValid => f.write_str("the certificate is not valid yet"),
            Self::Expired { days } => write!(f, "the certificate expired {days} days ago"),
            Self::ExpiresSoon { days } => write!(f, "the certificate expires in {days} days"),
            Self::Authority => {
                f.write_str("the certificate is a certificate authority's (basicConstraints cA)")
            }
        }
    }
}
