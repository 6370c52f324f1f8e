//! Properties that hold for all inputs.

use jumpcloud_sso_testkit::data;
use proptest::prelude::*;
use saml_signature::Certificate;

use crate::{UNSIGNED, signed, verdict};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_certificate_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Certificate::parse(&bytes).is_err());
    }

    #[test]
    fn no_change_of_a_certificate_makes_it_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut der = crate::certificate(data("rsa2048.crt.pem")).der().to_vec();
        let at = at.index(der.len());
        der[at] = byte;
        if let Ok(certificate) = Certificate::parse(&der) {
            prop_assert!(!certificate.fingerprint_sha256().to_string().is_empty());
        }
    }

    /// Whatever byte of a signed document changes: it is refused, or it still says the very same.
    #[test]
    fn no_change_of_a_signed_document_changes_what_it_says(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        use saml_signature::{AlgorithmPolicy, SignedDocument};
        use saml_xml::{Document, Limits};
        let mut bytes = signed().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let Ok(document) = Document::parse(&bytes, &Limits::default()) else { return Ok(()) };
        let Ok(signatures) = SignedDocument::survey(&document, &[document.root()]) else { return Ok(()) };
        let Ok(proof) = signatures.verify(document.root(), &crate::trusted(), &AlgorithmPolicy::default()) else { return Ok(()) };
        let values: Vec<_> = proof.element().child_elements().unwrap().filter_map(|it| it.text().ok()).collect();
        prop_assert_eq!(values, ["idp", "bjensen"]);
    }
}

#[test]
fn the_property_above_starts_from_an_accepted_document() {
    assert_eq!(verdict(&signed()), "accepted");
    assert!(signed().len() > UNSIGNED.len());
}
