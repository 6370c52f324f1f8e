//! Certificates, keys, algorithms, signing, and above all what verification refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod algorithms;
mod certificates;
mod keys;
mod properties;
mod second;
mod structure;
mod verification;

use jumpcloud_sso_testkit::data;
use saml_signature::{
    AlgorithmPolicy, Certificate, SignOptions, SignedDocument, SigningKey, TrustedKeys, sign,
};
use saml_xml::{Document, Limits};

/// An assertion in all but its contents.
const UNSIGNED: &str = concat!(
    r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="A1" Version="2.0">"#,
    "<saml:Issuer>idp</saml:Issuer><saml:Subject>bjensen</saml:Subject></saml:Assertion>"
);

fn key() -> SigningKey {
    SigningKey::from_pem(data("rsa2048.key.pem")).unwrap()
}

fn certificate(pem: &str) -> Certificate {
    Certificate::parse(pem.as_bytes()).unwrap()
}

fn trusted() -> TrustedKeys {
    TrustedKeys::new([certificate(data("rsa2048.crt.pem"))]).unwrap()
}

/// The assertion, signed by the trusted key.
fn signed() -> String {
    sign(UNSIGNED, "A1", &key(), &SignOptions::default()).unwrap()
}

/// The code that verification of the root refuses a document with, or `accepted`.
fn verdict_with(xml: &str, keys: &TrustedKeys, policy: &AlgorithmPolicy) -> &'static str {
    let document =
        Document::parse(xml.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let outcome = SignedDocument::survey(&document, &[document.root()])
        .and_then(|signatures| signatures.verify(document.root(), keys, policy).map(drop));
    outcome.map_or_else(|error| error.code(), |()| "accepted")
}

fn verdict(xml: &str) -> &'static str {
    verdict_with(xml, &trusted(), &AlgorithmPolicy::default())
}

/// Replaces what stands there exactly once.
#[track_caller]
fn replace(xml: &str, from: &str, to: &str) -> String {
    assert_eq!(xml.matches(from).count(), 1, "{from} in {xml}");
    xml.replace(from, to)
}
