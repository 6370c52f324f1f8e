//! Metadata of both sides.

use std::time::Duration;

use jumpcloud_sso_testkit::keys;
use saml_protocol::{IdpMetadata, SpMetadata};
use saml_signature::Certificate;
use saml_xml::{Document, Limits};

use crate::{ACS, IDP, SP, idp, now};

fn code(xml: &str) -> &'static str {
    IdpMetadata::parse(xml.as_bytes(), now()).map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn jumpclouds_metadata_gives_the_three_values() {
    for declare_redirect in [false, true] {
        let metadata =
            IdpMetadata::parse(idp().metadata(declare_redirect).unwrap().as_bytes(), now()).unwrap();
        assert_eq!(metadata.entity_id(), IDP);
        assert_eq!(metadata.sso_url().as_str(), "https://sso.jumpcloud.com/saml2/acme");
        assert_eq!(metadata.certificates(), [Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap()]);
        assert_eq!(metadata.valid_until(), None);
    }
}

#[test]
fn the_address_for_redirect_goes_first() {
    let xml = idp().metadata(true).unwrap();
    let (post, redirect) = xml.rsplit_once("Location=\"https://sso.jumpcloud.com/saml2/acme\"").unwrap();
    let xml = format!("{post}Location=\"https://sso.jumpcloud.com/saml2/redirect\"{redirect}");
    let metadata = IdpMetadata::parse(xml.as_bytes(), now()).unwrap();
    assert_eq!(metadata.sso_url().path(), "/saml2/redirect");
}

#[test]
fn only_keys_for_signing_are_taken() {
    let xml = idp().metadata(false).unwrap();
    assert_eq!(code(&xml.replace(" use=\"signing\"", "")), "accepted");
    assert_eq!(code(&xml.replace("use=\"signing\"", "use=\"encryption\"")), "config.metadata_certificate");
    assert_eq!(code(&xml.replace("use=\"signing\"", "use=\"other\"")), "config.metadata_certificate");
    let start = xml.find("<md:KeyDescriptor").unwrap();
    let end = xml.find("</md:KeyDescriptor>").unwrap() + "</md:KeyDescriptor>".len();
    let twice = xml.replace(&xml[start..end], &xml[start..end].repeat(2));
    assert_eq!(IdpMetadata::parse(twice.as_bytes(), now()).unwrap().certificates().len(), 1);
}

#[test]
fn validity_is_honoured() {
    let xml = idp().metadata(false).unwrap();
    let until = |text: &str| xml.replace("entityID=", &format!("validUntil=\"{text}\" entityID="));
    assert_eq!(code(&until("2027-01-15T08:00:01Z")), "accepted");
    assert_eq!(code(&until("2027-01-15T08:00:00Z")), "config.metadata_expired");
    assert_eq!(code(&until("soon")), "config.metadata_schema");
    let metadata = IdpMetadata::parse(until("2027-01-15T08:00:01Z").as_bytes(), now()).unwrap();
    assert_eq!(metadata.valid_until(), Some(now() + Duration::from_secs(1)));
}

#[test]
fn what_is_not_an_identity_providers_metadata_is_refused() {
    let xml = idp().metadata(false).unwrap();
    let start = xml.find("<md:IDPSSODescriptor").unwrap();
    let end = xml.find("</md:IDPSSODescriptor>").unwrap() + "</md:IDPSSODescriptor>".len();
    let role = &xml[start..end];
    for (document, expected) in [
        ("<html/>".to_owned(), "config.metadata_root"),
        ("not xml".to_owned(), "xml.structure"),
        (format!("<!DOCTYPE a>{xml}"), "xml.doctype"),
        (SpMetadata::new(SP, ACS).to_xml().unwrap(), "config.metadata_role"),
        (xml.replace(role, &role.repeat(2)), "config.metadata_role"),
        (
            xml.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"),
            "config.metadata_role",
        ),
        (xml.replace(&format!("entityID=\"{IDP}\""), "entityID=\" \""), "config.metadata_entity_id"),
        (xml.replace(&format!("entityID=\"{IDP}\""), ""), "config.metadata_schema"),
        (xml.replace("bindings:HTTP-POST", "bindings:SOAP"), "config.metadata_sso_url"),
        (xml.replace("Location=\"https:", "Location=\""), "config.metadata_sso_url"),
        (xml.replace("Location=\"https:", "Location=\" https:"), "config.metadata_sso_url"),
        (xml.replace("saml2/acme\"", "saml2/ac&#10;me\""), "config.metadata_sso_url"),
        (xml.replace("<ds:X509Certificate>MII", "<ds:X509Certificate>AAA"), "certificate.malformed"),
    ] {
        assert_eq!(code(&document), expected, "{document}");
    }
}

#[test]
fn our_metadata_says_where_to_post_to() {
    let certificate = Certificate::parse(keys::SERVICE_CERTIFICATE.as_bytes()).unwrap();
    let xml = SpMetadata::new(SP, ACS).encryption_certificate(&certificate).to_xml().unwrap();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(document.root().attribute("entityID"), Some(SP));
    let find = |name: &str| document.elements().find(|element| element.local_name() == name);
    assert_eq!(find("AssertionConsumerService").unwrap().attribute("Location"), Some(ACS));
    assert_eq!(find("SPSSODescriptor").unwrap().attribute("AuthnRequestsSigned"), Some("false"));
    assert_eq!(find("KeyDescriptor").unwrap().attribute("use"), Some("encryption"));
    let signed = SpMetadata::new(SP, ACS).signing_certificate(&certificate).to_xml().unwrap();
    assert!(signed.contains("AuthnRequestsSigned=\"true\""));
}
