//! AuthnRequests.

use jumpcloud_sso_testkit::{IncomingRequest, keys};
use saml_protocol::{AuthnRequest, MessageField, RequestId, encode_redirect};
use saml_signature::{AlgorithmPolicy, Certificate, SignOptions, SignedDocument, SigningKey, TrustedKeys};
use saml_xml::{Document, Limits};
use url::Url;

use crate::{ACS, SP, now};

const DESTINATION: &str = "https://sso.jumpcloud.com/saml2/acme";

#[test]
fn a_request_says_what_the_profile_asks_for() {
    let id = RequestId::generate().unwrap();
    let xml = AuthnRequest::new(&id, DESTINATION, SP, ACS, now()).to_xml().unwrap();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let root = document.root();
    assert!(root.is("urn:oasis:names:tc:SAML:2.0:protocol", "AuthnRequest"));
    for (name, value) in [
        ("ID", id.as_str()),
        ("Version", "2.0"),
        ("IssueInstant", "2027-01-15T08:00:00.000Z"),
        ("Destination", DESTINATION),
        ("AssertionConsumerServiceURL", ACS),
        ("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"),
    ] {
        assert_eq!(root.attribute(name), Some(value));
    }
    assert_eq!(root.attribute("ForceAuthn"), None);
    let issuer = root.child_elements().unwrap().next().unwrap();
    assert_eq!(issuer.text(), Ok(SP));
}

#[test]
fn options_are_added_on_request_only() {
    let id = RequestId::generate().unwrap();
    let request = AuthnRequest::new(&id, DESTINATION, SP, ACS, now());
    let xml = request
        .force_authn()
        .name_id_format("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        .to_xml()
        .unwrap();
    assert!(xml.contains("ForceAuthn=\"true\"") && xml.contains("nameid-format:persistent"), "{xml}");
}

#[test]
fn ways_of_authentication_are_asked_for_exactly_and_in_order() {
    let id = RequestId::generate().unwrap();
    let classes = ["https://refeds.org/profile/mfa", "urn:other"];
    let request = AuthnRequest::new(&id, DESTINATION, SP, ACS, now())
        .requested_authn_contexts(classes)
        .name_id_format("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    let xml = request.to_xml().unwrap();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let children: Vec<_> = document.root().child_elements().unwrap().collect();
    let names: Vec<_> = children.iter().map(saml_xml::Element::local_name).collect();
    // The sequence of the schema (core §3.4.1).
    assert_eq!(names, ["Issuer", "NameIDPolicy", "RequestedAuthnContext"]);
    assert_eq!(children[2].attribute("Comparison"), Some("exact"));
    let asked: Vec<_> = children[2].child_elements().unwrap().map(|class| class.text().unwrap()).collect();
    assert_eq!(asked, classes);
    let none = AuthnRequest::new(&id, DESTINATION, SP, ACS, now()).requested_authn_contexts([]);
    assert!(!none.to_xml().unwrap().contains("RequestedAuthnContext"));
}

#[test]
fn values_cannot_become_markup() {
    let id = RequestId::generate().unwrap();
    let evil = "\"><samlp:Evil x=\"&<'";
    let xml = AuthnRequest::new(&id, evil, evil, evil, now()).to_xml().unwrap();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(document.root().attribute("Destination"), Some(evil));
    assert_eq!(document.elements().count(), 2);
    assert_eq!(AuthnRequest::new(&id, "\0", SP, ACS, now()).to_xml().unwrap_err().code(), "xml.character");
}

#[test]
fn ids_are_long_random_and_recognised() {
    let (first, second) = (RequestId::generate().unwrap(), RequestId::generate().unwrap());
    assert_ne!(first, second);
    assert_eq!(first.as_str().len(), 41);
    assert_eq!(RequestId::from_stored(first.as_str()), Some(first));
    for other in ["", "_", "_xyz", &"a".repeat(41), &format!("_{}", "g".repeat(40))] {
        assert_eq!(RequestId::from_stored(other), None);
    }
}

#[test]
fn the_stand_in_understands_a_redirect() {
    let id = RequestId::generate().unwrap();
    let xml = AuthnRequest::new(&id, DESTINATION, SP, ACS, now()).to_xml().unwrap();
    let url = encode_redirect(
        &Url::parse(DESTINATION).unwrap(),
        MessageField::Request,
        &xml,
        Some("state & more"),
        None,
    )
    .unwrap();
    let request = IncomingRequest::from_query(url.query().unwrap()).unwrap();
    assert_eq!((request.id(), request.issuer(), request.acs_url()), (id.as_str(), SP, ACS));
    assert_eq!(request.relay_state(), Some("state & more"));
}

#[test]
fn requests_can_carry_a_signature() {
    let id = RequestId::generate().unwrap();
    let key = SigningKey::from_pem(keys::SERVICE_KEY).unwrap();
    let request = AuthnRequest::new(&id, DESTINATION, SP, ACS, now());
    let xml = request.to_signed_xml(&key, &SignOptions::default()).unwrap();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let signatures = SignedDocument::survey(&document, &[document.root()]).unwrap();
    let trusted =
        TrustedKeys::new([Certificate::parse(keys::SERVICE_CERTIFICATE.as_bytes()).unwrap()]).unwrap();
    assert!(signatures.verify(document.root(), &trusted, &AlgorithmPolicy::default()).is_ok());
}
