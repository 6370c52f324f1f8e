//! Which algorithms pass.

use jumpcloud_sso_testkit::data;
use saml_signature::{AlgorithmPolicy, DigestAlgorithm, SignatureAlgorithm};

use crate::{replace, signed, trusted, verdict, verdict_with};

const SIGNATURE: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

#[test]
fn uris_are_compared_to_the_letter() {
    for algorithm in
        [SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaPssSha512, SignatureAlgorithm::Ed25519]
    {
        assert_eq!(SignatureAlgorithm::from_uri(algorithm.uri()), Some(algorithm));
    }
    for uri in [SIGNATURE.to_uppercase(), format!("{SIGNATURE} "), format!(" {SIGNATURE}"), String::new()] {
        assert_eq!(SignatureAlgorithm::from_uri(&uri), None, "{uri:?}");
        let code = verdict(&replace(&signed(), SIGNATURE, &uri));
        assert_eq!(code, "algorithm.unknown", "{uri:?}");
    }
    assert_eq!(DigestAlgorithm::from_uri(DIGEST), Some(DigestAlgorithm::Sha256));
    assert_eq!(verdict(&replace(&signed(), DIGEST, "sha256")), "algorithm.unknown");
}

#[test]
fn what_is_weak_or_symmetric_is_refused() {
    for (uri, code) in [
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "algorithm.sha1_refused"),
        ("http://www.w3.org/2000/09/xmldsig#dsa-sha1", "algorithm.sha1_refused"),
        ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "algorithm.sha1_refused"),
        ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", "algorithm.hmac_refused"),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "algorithm.hmac_refused"),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "algorithm.weak"),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160", "algorithm.weak"),
        ("http://www.w3.org/2007/05/xmldsig-more#rsa-pss", "algorithm.parameters"),
        ("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", "algorithm.unknown"),
    ] {
        assert_eq!(verdict(&replace(&signed(), SIGNATURE, uri)), code, "{uri}");
    }
    for (uri, code) in [
        ("http://www.w3.org/2000/09/xmldsig#sha1", "algorithm.sha1_refused"),
        ("http://www.w3.org/2001/04/xmldsig-more#md5", "algorithm.weak"),
        ("http://www.w3.org/2001/04/xmlenc#ripemd160", "algorithm.weak"),
    ] {
        assert_eq!(verdict(&replace(&signed(), DIGEST, uri)), code, "{uri}");
    }
}

#[test]
fn what_to_use_instead_is_of_the_same_kind() {
    let policy = AlgorithmPolicy::default();
    for name in ["sha1", "md5", "unheard-of"] {
        let digest = policy.check_digest(&format!("http://www.w3.org/2000/09/xmldsig#{name}")).unwrap_err();
        assert_eq!(digest.expected().as_deref(), Some("SHA-256 or another current algorithm"), "{name}");
        let signature =
            policy.check_signature(&format!("http://www.w3.org/2000/09/xmldsig#rsa-{name}")).unwrap_err();
        assert_eq!(
            signature.expected().as_deref(),
            Some("RSA-SHA256 or another current algorithm"),
            "{name}"
        );
    }
}

#[test]
fn sha1_passes_only_where_allowed_by_name() {
    let (signature, digest) =
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1");
    let strict = AlgorithmPolicy::default();
    assert_eq!(strict.check_signature(signature).unwrap_err().code(), "algorithm.sha1_refused");
    assert_eq!(strict.check_digest(digest).unwrap_err().code(), "algorithm.sha1_refused");
    let lax = AlgorithmPolicy::default().insecure_allow_sha1();
    assert_eq!(lax.check_signature(signature), Ok(SignatureAlgorithm::RsaSha1));
    assert_eq!(lax.check_digest(digest), Ok(DigestAlgorithm::Sha1));
    assert!(SignatureAlgorithm::RsaSha1.uses_sha1() && !SignatureAlgorithm::RsaSha256.uses_sha1());
}

#[test]
fn a_narrower_choice_is_kept_to() {
    let narrow = AlgorithmPolicy::default().only(&[SignatureAlgorithm::RsaSha512]);
    assert_eq!(verdict_with(&signed(), &trusted(), &narrow), "algorithm.not_allowed");
    let wide =
        AlgorithmPolicy::default().only(&[SignatureAlgorithm::RsaSha512, SignatureAlgorithm::RsaSha256]);
    assert_eq!(verdict_with(&signed(), &trusted(), &wide), "accepted");
}

#[test]
fn bytes_are_verified_as_in_a_redirect() {
    let key = crate::key();
    let signature = key.sign(SignatureAlgorithm::RsaSha256, b"SAMLRequest=x").unwrap();
    let keys = trusted();
    let verify = |uri: &str, message: &[u8]| {
        keys.verify_bytes(uri, message, &signature, &AlgorithmPolicy::default())
            .map_err(|error| error.code())
            .cloned()
    };
    assert_eq!(verify(SIGNATURE, b"SAMLRequest=x").unwrap(), crate::certificate(data("rsa2048.crt.pem")));
    assert_eq!(verify(SIGNATURE, b"SAMLRequest=y").unwrap_err(), "signature.untrusted_key");
    assert_eq!(
        verify("http://www.w3.org/2000/09/xmldsig#rsa-sha1", b"SAMLRequest=x").unwrap_err(),
        "algorithm.sha1_refused"
    );
}
