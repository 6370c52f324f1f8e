//! Metadata of both sides.

use std::time::Duration;

use jumpcloud_sso_testkit::{data, keys};
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

/// A chain: the identity provider's certificate, and those of the authorities that issued it.
const CHAIN: [&str; 3] =
    [data("chain-leaf.crt.pem"), data("chain-intermediate.crt.pem"), data("chain-root.crt.pem")];

/// Of the same key as `keys::JUMPCLOUD_CERTIFICATE`.
const EXPIRED: &str = data("jumpcloud-rsa4096-expired.crt.pem");

fn base64(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// Metadata with a `KeyDescriptor` for each of these, which holds an `X509Data` for each of its lists of
/// certificates.
fn with_keys(descriptors: &[&[&[&str]]]) -> String {
    let xml = idp().metadata(false).unwrap();
    let start = xml.find("<md:KeyDescriptor").unwrap();
    let end = xml.find("</md:KeyDescriptor>").unwrap() + "</md:KeyDescriptor>".len();
    let keys = descriptors.iter().flat_map(|data| {
        let data = data.iter().flat_map(|pems| {
            let certificate =
                |pem: &&str| format!("<ds:X509Certificate>{}</ds:X509Certificate>", base64(pem));
            ["<ds:X509Data>".to_owned()]
                .into_iter()
                .chain(pems.iter().map(certificate))
                .chain(["</ds:X509Data>".to_owned()])
        });
        ["<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">".to_owned()]
            .into_iter()
            .chain(data)
            .chain(["</ds:KeyInfo></md:KeyDescriptor>".to_owned()])
    });
    let keys: String = keys.collect();
    xml.replace(&xml[start..end], &keys)
}

#[test]
fn a_key_descriptor_names_one_key() {
    let [leaf, intermediate, root] = CHAIN;
    let pinned = |xml: &str| {
        let metadata = IdpMetadata::parse(xml.as_bytes(), now()).map_err(|error| error.code())?;
        Ok::<_, &str>(metadata.certificates().to_vec())
    };
    let certificate = |pem: &str| Certificate::parse(pem.as_bytes()).unwrap();
    assert_eq!(pinned(&with_keys(&[&[&[leaf]]])), Ok(vec![certificate(leaf)]));
    // A chain, in whatever order and however it is put into the KeyInfo.
    for chain in [
        with_keys(&[&[&CHAIN]]),
        with_keys(&[&[&[root, intermediate, leaf]]]),
        with_keys(&[&[&[leaf, root]]]),
        with_keys(&[&[&[leaf], &[root]]]),
        with_keys(&[&[&[leaf]], &[&[keys::OWN_CERTIFICATE, root]]]),
        with_keys(&[&[&[keys::OWN_CERTIFICATE, keys::OTHER_CERTIFICATE]]]),
    ] {
        assert_eq!(pinned(&chain), Err("key.several"));
    }
    let error = IdpMetadata::parse(with_keys(&[&[&CHAIN]]).as_bytes(), now()).unwrap_err();
    let (told, leaf) = (error.to_string(), certificate(leaf).fingerprint_sha256().to_string());
    for pem in CHAIN {
        let certificate = certificate(pem);
        assert!(told.contains(&certificate.fingerprint_sha256().to_string()), "{told}");
        assert!(told.contains(certificate.subject()), "{told}");
    }
    assert!(told.contains(&format!("{leaf} issued no other")), "{told}");
    assert_eq!(error.expected().as_deref(), Some("certificates of one key"));
    assert_eq!(error.found().as_deref(), Some("3 certificates"));
    // Two certificates of one key are one key: the one that expires last is taken.
    let renewed = with_keys(&[&[&[EXPIRED, keys::JUMPCLOUD_CERTIFICATE]]]);
    assert_eq!(pinned(&renewed), Ok(vec![certificate(keys::JUMPCLOUD_CERTIFICATE)]));
    // Two keys have a KeyDescriptor each. One without a certificate names none that could be pinned.
    let both = with_keys(&[&[&[keys::OWN_CERTIFICATE]], &[], &[&[keys::OTHER_CERTIFICATE]]]);
    let two = vec![certificate(keys::OWN_CERTIFICATE), certificate(keys::OTHER_CERTIFICATE)];
    assert_eq!(pinned(&both), Ok(two));
    assert_eq!(pinned(&with_keys(&[&[]])), Err("config.metadata_certificate"));
}

#[test]
fn more_keys_than_can_be_pinned_are_refused_at_once() {
    let [leaf, intermediate, root] = CHAIN;
    let five: [&[&[&str]]; 5] = [
        &[&[leaf]],
        &[&[intermediate]],
        &[&[root]],
        &[&[keys::OWN_CERTIFICATE]],
        &[&[keys::OTHER_CERTIFICATE]],
    ];
    assert_eq!(code(&with_keys(&five[..4])), "accepted");
    let error = IdpMetadata::parse(with_keys(&five).as_bytes(), now()).unwrap_err();
    assert_eq!(error.code(), "limit.certificates");
    assert_eq!(error.to_string(), "the metadata has 5 keys for signing, but a connection pins at most 4");
    assert_eq!(error.expected().as_deref(), Some("at most 4 keys"));
    assert_eq!(error.found().as_deref(), Some("5 keys"));
}

#[test]
fn whether_requests_have_to_be_signed_is_told() {
    let xml = idp().metadata(false).unwrap();
    let wants = |value: &str| {
        let attribute = format!("<md:IDPSSODescriptor WantAuthnRequestsSigned=\"{value}\" ");
        let start = xml.find("<md:IDPSSODescriptor").unwrap();
        let role = &xml[start..start + xml[start..].find('>').unwrap()];
        let bare = role.replace(" WantAuthnRequestsSigned=\"false\"", "");
        let xml = xml.replace(role, &bare.replace("<md:IDPSSODescriptor ", &attribute));
        IdpMetadata::parse(xml.as_bytes(), now()).unwrap().wants_signed_requests()
    };
    assert!(!IdpMetadata::parse(xml.as_bytes(), now()).unwrap().wants_signed_requests());
    assert!(wants("true") && wants("1") && wants(" true "));
    assert!(!wants("false") && !wants("0") && !wants("\u{a0}true"));
}

#[test]
fn validity_is_honoured() {
    let xml = idp().metadata(false).unwrap();
    let until = |text: &str| xml.replace("entityID=", &format!("validUntil=\"{text}\" entityID="));
    assert_eq!(code(&until("2027-01-15T08:00:01Z")), "accepted");
    // Clocks may differ by a minute.
    assert_eq!(code(&until("2027-01-15T07:59:00.001Z")), "accepted");
    assert_eq!(code(&until("2027-01-15T07:59:00Z")), "config.metadata_expired");
    let of_role =
        xml.replace("<md:IDPSSODescriptor ", "<md:IDPSSODescriptor validUntil=\"2027-01-15T07:59:00Z\" ");
    assert_eq!(code(&of_role), "config.metadata_expired");
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
    // One of the two has to be there (metadata §2.3.2).
    assert_eq!(document.root().attribute("cacheDuration"), Some("P1D"));
    assert_eq!(document.root().attribute("validUntil"), None);
    let find = |name: &str| document.elements().find(|element| element.local_name() == name);
    assert_eq!(find("AssertionConsumerService").unwrap().attribute("Location"), Some(ACS));
    assert_eq!(find("SPSSODescriptor").unwrap().attribute("AuthnRequestsSigned"), Some("false"));
    assert_eq!(find("KeyDescriptor").unwrap().attribute("use"), Some("encryption"));
    let signed = SpMetadata::new(SP, ACS).signing_certificate(&certificate).to_xml().unwrap();
    assert!(signed.contains("AuthnRequestsSigned=\"true\""));
}
