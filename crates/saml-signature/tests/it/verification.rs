//! What a signature proves, and what it does not.

use saml_signature::{AlgorithmPolicy, SignError, SignOptions, SignedDocument, sign};
use saml_xml::{Document, Limits};

use crate::{UNSIGNED, key, replace, signed, trusted, verdict};

#[test]
fn changed_content_is_noticed() {
    for (from, to) in [
        ("bjensen", "admin"),
        ("<saml:Subject>", "<saml:Subject x=\"\">"),
        ("</saml:Assertion>", "<saml:Extra/></saml:Assertion>"),
        ("</saml:Assertion>", " </saml:Assertion>"),
        ("Version=\"2.0\"", "Version=\"2.1\""),
        ("Version=\"2.0\"", ""),
        ("<saml:Issuer>idp", "<saml:Issuer>other"),
    ] {
        assert_eq!(verdict(&replace(&signed(), from, to)), "signature.digest_mismatch", "{to}");
    }
}

#[test]
fn a_change_that_says_the_same_is_none() {
    for (from, to) in [
        ("Version=\"2.0\"", "Version='2.0'"),
        ("ID=\"A1\" Version=\"2.0\"", "Version=\"2.0\"\n ID=\"A1\""),
        ("bjensen", "b&#106;ensen"),
        ("bjensen", "<![CDATA[bjensen]]>"),
        ("<saml:Subject>", "<!-- a comment --><saml:Subject>"),
    ] {
        assert_eq!(verdict(&replace(&signed(), from, to)), "accepted", "{to}");
    }
}

#[test]
fn changed_signed_info_is_noticed() {
    let xml = replace(&signed(), "<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">");
    assert_eq!(verdict(&xml), "signature.untrusted_key");
}

#[test]
fn the_signature_value_is_checked_before_the_digest() {
    // Both are wrong; the cheaper check of content that nobody vouches for must not be made.
    let xml = replace(&signed(), "bjensen", "admin");
    let xml = replace(&xml, "<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">");
    assert_eq!(verdict(&xml), "signature.untrusted_key");
}

#[test]
fn the_proof_names_key_and_algorithm_and_leads_to_the_element_only() {
    let xml = signed();
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let signatures = SignedDocument::survey(&document, &[document.root()]).unwrap();
    let proof = signatures.verify(document.root(), &trusted(), &AlgorithmPolicy::default()).unwrap();
    assert_eq!(proof.element().attribute("ID"), Some("A1"));
    assert_eq!(Some(proof.certificate()), trusted().certificates().next());
    assert!(!proof.uses_sha1());
    let subject = proof.element().child_elements().unwrap().last().unwrap();
    assert_eq!(proof.covering(subject).unwrap().element(), subject);
    let other = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    assert!(proof.covering(other.root()).is_none());
}

#[test]
fn a_wrapped_original_does_not_count() {
    // The classic: the signed element moves down, a forged one with its ID or another takes its place.
    let original = signed();
    let forged = replace(&original, "bjensen", "admin");
    let inside =
        format!("<saml:Advice>{}</saml:Advice></saml:Assertion>", original.replace("ID=\"A1\"", "ID=\"A2\""));
    assert_eq!(verdict(&replace(&forged, "</saml:Assertion>", &inside)), "signature.position");
    let same = format!("<saml:Advice>{original}</saml:Advice></saml:Assertion>");
    assert_eq!(verdict(&replace(&forged, "</saml:Assertion>", &same)), "xml.duplicate_id");
}

#[test]
fn signing_needs_one_element_with_content() {
    let code = |xml: &str, id: &str| sign(xml, id, &key(), &SignOptions::default()).unwrap_err();
    assert!(matches!(code(UNSIGNED, "A2"), SignError::Target { .. }));
    assert!(matches!(code("<a ID='x'/>", "x"), SignError::Target { .. }));
    assert!(matches!(code("<a", "x"), SignError::Parse(_)));
    let weak = SignOptions::default().digest(saml_signature::DigestAlgorithm::Sha1);
    assert!(matches!(sign(UNSIGNED, "A1", &key(), &weak), Err(SignError::WeakDigest)));
}

#[test]
fn digests_of_other_lengths_verify() {
    for digest in [saml_signature::DigestAlgorithm::Sha384, saml_signature::DigestAlgorithm::Sha512] {
        let xml = sign(UNSIGNED, "A1", &key(), &SignOptions::default().digest(digest)).unwrap();
        assert_eq!(verdict(&xml), "accepted", "{digest:?}");
    }
}
