//! Encrypted assertions: confidential, but not authentic by that.

use jumpcloud_sso_testkit::{Sign, keys};
use saml_encryption::{
    ContentAlgorithm, DecryptionKey, DecryptionPolicy, Decryptor, EncryptOptions, encrypt,
};
use saml_protocol::{ResponseVerifier, SignedParts};

use crate::{expected, idp, now, response, sign_again, verifier};

fn key() -> DecryptionKey {
    DecryptionKey::from_pem(keys::SERVICE_KEY).unwrap()
}

fn with(policy: DecryptionPolicy) -> ResponseVerifier {
    verifier().decryptor(Decryptor::new([key()], policy).unwrap())
}

fn encrypted(sign: Sign, options: EncryptOptions) -> String {
    response(&idp()).sign(sign).encrypt(key().public_key_der(), options).build().unwrap()
}

fn code(verifier: &ResponseVerifier, xml: &str) -> &'static str {
    verifier.verify(xml.as_bytes()).map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn encrypted_assertions_are_accepted_when_signed() {
    for (sign, signed) in [
        (Sign::Assertion, SignedParts::Assertion),
        (Sign::Response, SignedParts::Response),
        (Sign::Both, SignedParts::Both),
    ] {
        let verified = with(DecryptionPolicy::default())
            .verify(encrypted(sign, EncryptOptions::default()).as_bytes())
            .unwrap();
        assert_eq!(verified.evidence().signed(), signed);
        assert!(verified.evidence().was_encrypted());
        assert_eq!(verified.accept(&expected(), now()).unwrap().name_id().value(), "bjensen@acme.test");
    }
}

#[test]
fn encryption_is_no_signature() {
    let xml = encrypted(Sign::Nothing, EncryptOptions::default());
    assert_eq!(code(&with(DecryptionPolicy::default()), &xml), "signature.missing");
}

#[test]
fn a_key_is_needed() {
    let xml = encrypted(Sign::Assertion, EncryptOptions::default());
    assert_eq!(code(&verifier(), &xml), "encryption.no_key");
}

#[test]
fn cbc_is_refused_unless_allowed_by_name() {
    let xml = encrypted(Sign::Assertion, EncryptOptions::default().content(ContentAlgorithm::Aes256Cbc));
    assert_eq!(code(&with(DecryptionPolicy::default()), &xml), "encryption.cbc_refused");
    assert_eq!(code(&verifier(), &xml), "encryption.cbc_refused");
    assert_eq!(code(&with(DecryptionPolicy::default().insecure_allow_aes_cbc()), &xml), "accepted");
}

#[test]
fn what_was_encrypted_is_one_assertion_by_itself() {
    let key = key();
    let public = key.public_key_der();
    let xml = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = xml.find("<saml2:Assertion").unwrap();
    let end = xml.find("</saml2:Assertion>").unwrap() + "</saml2:Assertion>".len();
    let assertion = &xml[start..end];
    let carrying = |plaintext: &str| {
        let encrypted = encrypt(plaintext, public, &EncryptOptions::default()).unwrap();
        sign_again(&xml.replace(assertion, &encrypted), Sign::Response)
    };
    let verifier = with(DecryptionPolicy::default());
    assert_eq!(code(&verifier, &carrying(assertion)), "accepted");
    assert_eq!(code(&verifier, &carrying(&format!("{assertion}{assertion}"))), "xml.roots");
    assert_eq!(code(&verifier, &carrying(&format!("<!DOCTYPE a>{assertion}"))), "xml.doctype");
    assert_eq!(code(&verifier, &carrying("<a/>")), "encryption.content");
    let bare = carrying(&assertion.replace(" xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\"", ""));
    let error = verifier.verify(bare.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "xml.unbound_prefix");
    assert!(error.to_string().starts_with("in what was encrypted: "), "{error}");
    let nested = assertion.replace(
        "<saml2:AuthnStatement",
        &format!(
            "<saml2:Advice>{}</saml2:Advice><saml2:AuthnStatement",
            assertion.replace("ASSERTION", "EVIL")
        ),
    );
    assert_eq!(code(&verifier, &carrying(&nested)), "response.assertion_count");
}

#[test]
fn errors_about_unprotected_content_say_nothing() {
    // Without a tag or an outer signature, an answer about the content would be one about the padding.
    let key = key();
    let public = key.public_key_der();
    let xml = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = xml.find("<saml2:Assertion").unwrap();
    let end = xml.find("</saml2:Assertion>").unwrap() + "</saml2:Assertion>".len();
    let assertion = xml[start..end].to_owned();
    let carrying = |plaintext: &str, algorithm| {
        let options = EncryptOptions::default().content(algorithm);
        xml.replace(&assertion, &encrypt(plaintext, public, &options).unwrap())
    };
    let lax = with(DecryptionPolicy::default().insecure_allow_aes_cbc());
    for plaintext in ["", "<a", "<a/>", &assertion] {
        assert_eq!(
            code(&lax, &carrying(plaintext, ContentAlgorithm::Aes128Cbc)),
            "encryption.failed",
            "{plaintext}"
        );
    }
    assert_eq!(code(&lax, &carrying("<a/>", ContentAlgorithm::Aes128Gcm)), "encryption.content");
    assert_eq!(code(&lax, &carrying(&assertion, ContentAlgorithm::Aes128Gcm)), "signature.missing");
}

#[test]
fn nothing_is_decrypted_where_the_signature_of_the_response_is_missing() {
    let strict = with(DecryptionPolicy::default()).require_signed_response();
    for sign in [Sign::Response, Sign::Both] {
        assert_eq!(code(&strict, &encrypted(sign, EncryptOptions::default())), "accepted", "{sign:?}");
    }
    for sign in [Sign::Assertion, Sign::Nothing] {
        let xml = encrypted(sign, EncryptOptions::default());
        assert_eq!(code(&strict, &xml), "signature.response_missing", "{sign:?}");
        // Not even a try: without a key the answer is the same.
        assert_eq!(code(&verifier().require_signed_response(), &xml), "signature.response_missing");
    }
}

#[test]
fn a_response_around_an_encrypted_assertion_has_an_issuer() {
    // Profiles §4.1.4.2 with erratum E26, whoever signs.
    let verifier = with(DecryptionPolicy::default());
    let outcome = |xml: &str| {
        let verified = verifier.verify(xml.as_bytes()).unwrap();
        verified.accept(&expected(), now()).map_or_else(|rejection| rejection.code(), |_| "accepted")
    };
    let xml = encrypted(Sign::Assertion, EncryptOptions::default());
    assert_eq!(outcome(&xml), "accepted");
    let start = xml.find("<saml2:Issuer").unwrap();
    let end = xml.find("</saml2:Issuer>").unwrap() + "</saml2:Issuer>".len();
    assert_eq!(outcome(&xml.replace(&xml[start..end], "")), "response.issuer");
}
