//! Certificates as administrators paste them. Only the key in one matters to a signature: it is pinned, so
//! that no chain, no extension and no date decides (SAML metadata interoperability profile §2.5).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use sso_types::text::excerpt;
use thiserror::Error;
use x509_parser::asn1_rs::Tag;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::OID_X509_EXT_BASIC_CONSTRAINTS;
use x509_parser::prelude::{FromDer, X509Certificate, X509Extension};
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::{name, pem, weakness};

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
    /// Reads the certificate of one key, however it was pasted: PEM with or without text around it, bare
    /// base64, DER; with any white space, with `\n` spelled out as in an environment file, with quotes around
    /// all of it.
    ///
    /// A file names one key. Of several certificates of the same key, as after a renewal, the one that
    /// expires last is taken. A chain is refused, since whoever pins the key of an authority trusts the
    /// authority to log in as anybody.
    ///
    /// The key may be of any kind here, so that it can be shown; whether it can be trusted, says
    /// [`TrustedKeys::new`](crate::TrustedKeys::new).
    ///
    /// # Errors
    /// [`CertificateError`], with its own variant for what is often pasted by mistake. It never carries the
    /// input; [`CertificateError::SeveralKeys`] names the certificates that were found.
    pub fn parse(input: &[u8]) -> Result<Self, CertificateError> {
        let all = Self::parse_all(input)?;
        let mut keys: Vec<Self> = Vec::new();
        for certificate in &all {
            match keys.iter_mut().find(|known| known.public_key_der() == certificate.public_key_der()) {
                Some(known) if known.not_after() >= certificate.not_after() => {}
                Some(known) => *known = certificate.clone(),
                None => keys.push(certificate.clone()),
            }
        }
        match (keys.pop(), keys.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(CertificateError::SeveralKeys(SeveralKeys::of(&all))),
        }
    }

    /// Reads one or more certificates, of one key or of several: the blocks of one PEM file, in their order.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), except for [`CertificateError::SeveralKeys`].
    pub fn parse_all(input: &[u8]) -> Result<Vec<Self>, CertificateError> {
        pem::decode(input)?.into_iter().map(Self::from_der).collect()
    }

    fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        let (rest, certificate) = X509Certificate::from_der(&der).map_err(|_| what_else(&der))?;
        if !rest.is_empty() {
            return Err(CertificateError::TrailingData { bytes: rest.len() });
        }
        let facts = Facts {
            public_key_der: certificate.public_key().raw.to_vec(),
            subject: name::shown(certificate.subject()),
            issuer: name::shown(certificate.issuer()),
            serial: excerpt(&certificate.raw_serial_as_string()),
            not_before: system_time(certificate.validity().not_before),
            not_after: system_time(certificate.validity().not_after),
            key: KeyKind::of(certificate.public_key()),
            names: Names {
                subject: certificate.subject().as_raw().to_vec(),
                issuer: certificate.issuer().as_raw().to_vec(),
            },
            is_authority: is_authority(&certificate),
            fingerprint: Fingerprint::of(&der),
            public_key_fingerprint: Fingerprint::of(certificate.public_key().raw),
            der,
        };
        Ok(Self(Arc::new(facts)))
    }

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
        pem::encode(&self.0.der)
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
    fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
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

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let constraints =
        certificate.extensions().iter().filter(|extension| extension.oid == OID_X509_EXT_BASIC_CONSTRAINTS);
    constraints.map(X509Extension::parsed_extension).any(|parsed| match parsed {
        ParsedExtension::BasicConstraints(constraints) => constraints.ca,
        _ => true,
    })
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

fn system_time(time: ASN1Time) -> SystemTime {
    let seconds = time.timestamp();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let moved = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    moved.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// What DER is that is no certificate.
fn what_else(der: &[u8]) -> CertificateError {
    if X509CertificationRequest::from_der(der).is_ok() {
        CertificateError::Request
    } else if SubjectPublicKeyInfo::from_der(der).is_ok() {
        CertificateError::PublicKey
    } else if crate::keys::is_private_key(der) {
        CertificateError::PrivateKey
    } else {
        CertificateError::NotACertificate
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

/// Why what was given is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Nothing but white space.
    #[error("the certificate is empty")]
    Empty,
    /// Larger than any certificate.
    #[error("the certificate has at least {found} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// A private key.
    #[error(
        "this is a private key, not a certificate; keep it secret and replace it if it was sent anywhere"
    )]
    PrivateKey,
    /// A certificate request.
    #[error("this is a certificate request, not a certificate")]
    Request,
    /// A public key without the certificate around it.
    #[error("this is a bare public key, not a certificate")]
    PublicKey,
    /// A PEM block of another kind.
    #[error("this is a PEM block {label:?}, not a certificate")]
    Label {
        /// The label of the block.
        label: String,
    },
    /// An XML document, most likely the metadata.
    #[error("this is XML, not a certificate; is it the metadata file?")]
    Xml,
    /// An HTML page, most likely from a browser's "save as".
    #[error("this is a web page, not a certificate")]
    Html,
    /// A PEM block without its last line, or with one that does not match.
    #[error("the certificate is cut off: its END line is missing")]
    CutOff,
    /// Neither PEM, nor base64, nor DER.
    #[error("this is neither PEM nor base64")]
    NotBase64,
    /// Encoded as it should be, but no certificate.
    #[error("this is no X.509 certificate")]
    NotACertificate,
    /// More bytes than the certificate.
    #[error("{bytes} bytes follow the certificate")]
    TrailingData {
        /// How many.
        bytes: usize,
    },
    /// Certificates of more than one key, such as a chain.
    #[error("the file holds certificates of more than one key, but one file names one key: {0}")]
    SeveralKeys(SeveralKeys),
}

/// The certificates of a file that holds more than one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeveralKeys {
    certificates: Vec<Certificate>,
    leaf: Option<usize>,
}

impl SeveralKeys {
    /// How many certificates an error lists.
    const SHOWN: usize = 8;

    fn of(certificates: &[Certificate]) -> Self {
        let has_issued = |certificate: &Certificate| {
            certificates.iter().any(|other| {
                let is_self_issued = other.0.names.issuer == other.0.names.subject;
                !is_self_issued && other.0.names.issuer == certificate.0.names.subject
            })
        };
        // Names are enough for a hint: nothing is decided by it.
        let mut ends = certificates.iter().enumerate().filter(|(_, certificate)| !has_issued(certificate));
        let leaf = match (ends.next(), ends.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        };
        Self { certificates: certificates.to_vec(), leaf }
    }

    /// Returns the certificates, in the order of the file.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Returns the one certificate that issued no other, by its subject: that of the identity provider, where
    /// the others are the chain that leads to it. `None` where there are several such, or none.
    #[must_use]
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.get(self.leaf?)
    }
}

impl fmt::Display for SeveralKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, certificate) in self.certificates.iter().enumerate().take(Self::SHOWN) {
            let separator = if index == 0 { "" } else { ", " };
            let subject = excerpt(certificate.subject());
            write!(f, "{separator}{} ({subject})", certificate.fingerprint_sha256())?;
        }
        if let Some(more @ 1..) = self.certificates.len().checked_sub(Self::SHOWN) {
            write!(f, " and {more} more")?;
        }
        match self.leaf() {
            Some(leaf) => write!(f, "; {} issued no other: paste that one alone", leaf.fingerprint_sha256()),
            None => f.write_str(
                "; they do not tell which one is the identity provider's own: give only the one that JumpCloud \
                 shows",
            ),
        }
    }
}

impl CertificateError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "certificate.empty",
            Self::TooLarge { .. } => "limit.certificate",
            Self::PrivateKey => "certificate.private_key",
            Self::Request => "certificate.request",
            Self::PublicKey => "certificate.public_key",
            Self::Label { .. } => "certificate.label",
            Self::Xml => "certificate.xml",
            Self::Html => "certificate.html",
            Self::CutOff => "certificate.cut_off",
            Self::NotBase64 => "certificate.base64",
            Self::NotACertificate => "certificate.malformed",
            Self::TrailingData { .. } => "certificate.trailing_data",
            Self::SeveralKeys(_) => "key.several",
        }
    }
}
