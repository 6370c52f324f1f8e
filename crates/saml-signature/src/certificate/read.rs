//! Reading certificates.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sso_types::text::excerpt;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::OID_X509_EXT_BASIC_CONSTRAINTS;
use x509_parser::prelude::{FromDer, X509Certificate, X509Extension};
use x509_parser::time::ASN1Time;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::error::{CertificateError, SeveralKeys};
use super::{Certificate, Facts, Fingerprint, Names};
use crate::key_kind::KeyKind;
use crate::signing_key::is_private_key;
use crate::{name, pem};

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
}

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let constraints =
        certificate.extensions().iter().filter(|extension| extension.oid == OID_X509_EXT_BASIC_CONSTRAINTS);
    constraints.map(X509Extension::parsed_extension).any(|parsed| match parsed {
        ParsedExtension::BasicConstraints(constraints) => constraints.ca,
        _ => true,
    })
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
    } else if is_private_key(der) {
        CertificateError::PrivateKey
    } else {
        CertificateError::NotACertificate
    }
}
