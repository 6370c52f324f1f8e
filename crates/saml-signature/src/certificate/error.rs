//! Why a certificate cannot be read.

use std::fmt;

use sso_types::text::excerpt;
use thiserror::Error;

use super::Certificate;

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

    pub(super) fn of(certificates: &[Certificate]) -> Self {
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
