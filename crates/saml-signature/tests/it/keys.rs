//! Which keys are trusted, and which sign.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use jumpcloud_sso_testkit::data;
use num_bigint::BigUint;
use saml_signature::{
    AlgorithmPolicy, Certificate, KeyKind, SignOptions, SignatureAlgorithm, SigningError, SigningKey,
    TrustedKeys, TrustedKeysError, check_public_key, sign,
};

use crate::{UNSIGNED, certificate, key, replace, signed, trusted, verdict_with};

const ALL: [(&str, &str); 5] = [
    (data("jumpcloud-rsa4096.key.pem"), data("jumpcloud-rsa4096.crt.pem")),
    (data("rsa2048.key.pem"), data("rsa2048.crt.pem")),
    (data("ec-p256.key.pem"), data("ec-p256.crt.pem")),
    (data("ec-p384.key.pem"), data("ec-p384.crt.pem")),
    (data("ed25519.key.pem"), data("ed25519.crt.pem")),
];

fn with(key: &str, certificate_pem: &str, algorithm: Option<SignatureAlgorithm>) -> &'static str {
    let key = SigningKey::from_pem(key).unwrap();
    let options = algorithm.map_or_else(SignOptions::default, |it| SignOptions::default().algorithm(it));
    let xml = sign(UNSIGNED, "A1", &key, &options).unwrap();
    let keys = TrustedKeys::new([certificate(certificate_pem)]).unwrap();
    verdict_with(&xml, &keys, &AlgorithmPolicy::default())
}

#[test]
fn every_kind_of_key_signs_and_verifies() {
    for (key, certificate_pem) in ALL {
        assert_eq!(with(key, certificate_pem, None), "accepted");
        assert!(SigningKey::from_pem(key).unwrap().matches(&certificate(certificate_pem)));
    }
    assert!(!key().matches(&certificate(data("other-rsa2048.crt.pem"))));
}

#[test]
fn private_keys_are_read_in_the_older_forms_too() {
    for (key, certificate_pem) in [
        (data("rsa2048-pkcs1.key.pem"), data("rsa2048.crt.pem")),
        (data("ec-p256-sec1.key.pem"), data("ec-p256.crt.pem")),
    ] {
        assert_eq!(with(key, certificate_pem, None), "accepted");
    }
    // The label says which form it is.
    for (label, other) in [("RSA PRIVATE KEY", "EC PRIVATE KEY"), ("RSA PRIVATE KEY", "DSA PRIVATE KEY")] {
        let mislabelled = data("rsa2048-pkcs1.key.pem").replace(label, other);
        assert!(SigningKey::from_pem(&mislabelled).is_err(), "{other}");
    }
}

#[test]
fn what_was_expected_and_found_of_keys_is_said() {
    let own = certificate(data("rsa2048.crt.pem"));
    let duplicate = TrustedKeys::new([own.clone(), own.clone()]).unwrap_err();
    assert_eq!(duplicate.found(), Some(own.fingerprint_sha256().to_string()));
    let weak = TrustedKeys::new([certificate(data("rsa1024.crt.pem"))]).unwrap_err();
    assert_eq!(weak.found().as_deref(), Some("RSA 1024 bits"));
    assert_eq!(weak.expected().as_deref(), Some("RSA 2048 to 8192 bits, EC P-256, EC P-384 or Ed25519"));
    assert_eq!(TrustedKeys::new([]).unwrap_err().found(), None);
    let other = SigningKey::from_pem(data("other-rsa2048.key.pem")).unwrap();
    let message = b"message";
    let signature = other.sign(SignatureAlgorithm::RsaSha256, message).unwrap();
    let verify = |algorithm: SignatureAlgorithm| {
        trusted()
            .verify_bytes(algorithm.uri(), message, &signature, &AlgorithmPolicy::default())
            .map(drop)
            .unwrap_err()
    };
    let error = verify(SignatureAlgorithm::RsaSha256);
    assert_eq!(error.expected(), Some(format!("a signature by the key of {}", own.fingerprint_sha256())));
    assert_eq!(error.found().as_deref(), Some("a signature by another key, or over other content"));
    let error = verify(SignatureAlgorithm::Ed25519);
    assert_eq!(error.expected().as_deref(), Some("RSA 2048 bits"));
    assert_eq!(error.found().as_deref(), Some(SignatureAlgorithm::Ed25519.uri()));
}

#[test]
fn every_algorithm_of_rsa_signs_and_verifies() {
    use SignatureAlgorithm as A;
    let (key, certificate) = ALL[1];
    for algorithm in
        [A::RsaSha256, A::RsaSha384, A::RsaSha512, A::RsaPssSha256, A::RsaPssSha384, A::RsaPssSha512]
    {
        assert_eq!(with(key, certificate, Some(algorithm)), "accepted", "{algorithm:?}");
    }
}

#[test]
fn keys_sign_with_their_algorithms_only() {
    let refused =
        |key: &str, algorithm| SigningKey::from_pem(key).unwrap().sign(algorithm, b"").unwrap_err().code();
    assert_eq!(refused(ALL[1].0, SignatureAlgorithm::EcdsaSha256), "algorithm.key_mismatch");
    assert_eq!(refused(ALL[1].0, SignatureAlgorithm::RsaSha1), "algorithm.key_mismatch");
    assert_eq!(refused(ALL[2].0, SignatureAlgorithm::EcdsaSha384), "algorithm.key_mismatch");
    assert_eq!(refused(ALL[4].0, SignatureAlgorithm::RsaSha256), "algorithm.key_mismatch");
}

#[test]
fn another_key_is_not_trusted() {
    let xml = sign(
        UNSIGNED,
        "A1",
        &SigningKey::from_pem(data("other-rsa2048.key.pem")).unwrap(),
        &SignOptions::default(),
    );
    assert_eq!(
        verdict_with(&xml.unwrap(), &trusted(), &AlgorithmPolicy::default()),
        "signature.untrusted_key"
    );
}

#[test]
fn an_embedded_certificate_changes_nothing() {
    let attacker = SigningKey::from_pem(data("other-rsa2048.key.pem")).unwrap();
    let own = certificate(data("other-rsa2048.crt.pem"));
    let xml = sign(UNSIGNED, "A1", &attacker, &SignOptions::default().certificate(&own)).unwrap();
    assert!(xml.contains("X509Certificate"));
    assert_eq!(verdict_with(&xml, &trusted(), &AlgorithmPolicy::default()), "signature.untrusted_key");
    let keys = TrustedKeys::new([own]).unwrap();
    assert_eq!(verdict_with(&xml, &keys, &AlgorithmPolicy::default()), "accepted");
}

#[test]
fn a_cloned_certificate_is_another_one() {
    let (original, clone) =
        (certificate(data("jumpcloud-rsa4096.crt.pem")), certificate(data("cloned-rsa4096.crt.pem")));
    assert_eq!((original.subject(), original.serial()), (clone.subject(), clone.serial()));
    let attacker = SigningKey::from_pem(data("cloned-rsa4096.key.pem")).unwrap();
    let xml = sign(UNSIGNED, "A1", &attacker, &SignOptions::default().certificate(&clone)).unwrap();
    let keys = TrustedKeys::new([original]).unwrap();
    assert_eq!(verdict_with(&xml, &keys, &AlgorithmPolicy::default()), "signature.untrusted_key");
}

#[test]
fn an_expired_certificate_still_verifies() {
    let (key, _) = ALL[0];
    assert_eq!(with(key, data("jumpcloud-rsa4096-expired.crt.pem"), None), "accepted");
    assert_eq!(with(key, data("jumpcloud-rsa4096-empty-extensions.crt.pem"), None), "accepted");
}

#[test]
fn one_of_several_keys_suffices_until_it_is_retired() {
    let both = [certificate(data("other-rsa2048.crt.pem")), certificate(data("rsa2048.crt.pem"))];
    let keys = TrustedKeys::new(both.clone()).unwrap();
    assert_eq!(verdict_with(&signed(), &keys, &AlgorithmPolicy::default()), "accepted");
    let keys = TrustedKeys::new([both[0].clone()]).unwrap();
    assert_eq!(verdict_with(&signed(), &keys, &AlgorithmPolicy::default()), "signature.untrusted_key");
}

#[test]
fn one_to_four_keys_of_different_and_sufficient_strength() {
    let refused = |pems: &[&str]| TrustedKeys::new(pems.iter().map(|pem| certificate(pem))).unwrap_err();
    assert_eq!(refused(&[]), TrustedKeysError::None);
    let five = [
        data("jumpcloud-rsa4096.crt.pem"),
        data("rsa2048.crt.pem"),
        data("ec-p256.crt.pem"),
        data("ec-p384.crt.pem"),
        data("ed25519.crt.pem"),
    ];
    assert_eq!(refused(&five).code(), "limit.certificates");
    assert_eq!(
        TrustedKeys::new(five[..4].iter().map(|pem| certificate(pem))).unwrap().certificates().count(),
        4
    );
    let same = [data("jumpcloud-rsa4096.crt.pem"), data("jumpcloud-rsa4096-empty-extensions.crt.pem")];
    assert_eq!(refused(&same).code(), "config.duplicate_certificate");
    let weak =
        [data("rsa1024.crt.pem"), data("rsa2047.crt.pem"), data("ec-p521.crt.pem"), data("rsa8200.crt.pem")];
    for weak in weak {
        let error = refused(&[weak]);
        assert_eq!(error.code(), "certificate.weak_key");
        assert!(error.expected().unwrap().contains("RSA 2048 to 8192 bits"));
    }
    assert!(refused(&[data("rsa8200.crt.pem")]).to_string().contains("8200 bits: RSA keys need"));
    assert!(TrustedKeys::new([certificate(data("rsa8192.crt.pem"))]).is_ok());
}

#[test]
fn exponents_that_make_no_signature_are_refused() {
    // The certificate of a good key, with another exponent in place of 65537. Nothing here looks at its own
    // signature.
    let der = certificate(data("rsa2048.crt.pem")).der().to_vec();
    let at = der.windows(5).position(|bytes| bytes == [2, 3, 1, 0, 1]).unwrap();
    let with = |exponent: [u8; 3]| {
        let mut der = der.clone();
        der[at + 2..at + 5].copy_from_slice(&exponent);
        TrustedKeys::new([Certificate::parse(&der).unwrap()]).map(drop)
    };
    assert!(with([1, 0, 1]).is_ok() && with([1, 0, 3]).is_ok());
    for even in [[1, 0, 0], [0x40, 0, 2]] {
        let error = with(even).unwrap_err();
        assert_eq!(error.code(), "certificate.weak_key");
        assert!(error.to_string().contains("the RSA exponent is not an odd number"), "{error}");
    }
    let one = TrustedKeys::new([certificate(data("rsa2048-exponent-1.crt.pem"))]).unwrap_err();
    assert!(one.to_string().contains("the RSA exponent is not an odd number"), "{one}");
}

/// The certificate of a good key with other bytes in its place. Nothing here looks at its own signature.
fn with_key(pem: &str, key: &[u8], other: &[u8]) -> Certificate {
    assert_eq!(key.len(), other.len());
    let mut der = certificate(pem).der().to_vec();
    let at = der.windows(key.len()).position(|bytes| bytes == key).unwrap();
    der[at..at + key.len()].copy_from_slice(other);
    Certificate::parse(&der).unwrap()
}

/// The modulus of an RSA key of 2048 bits stands before its exponent, at the end of the SubjectPublicKeyInfo.
fn with_modulus(modulus: &BigUint) -> Certificate {
    let pem = data("rsa2048.crt.pem");
    let public_key = certificate(pem).public_key_der().to_vec();
    let own = &public_key[public_key.len() - 5 - 256..public_key.len() - 5];
    with_key(pem, own, &modulus.to_bytes_be())
}

#[test]
fn rsa_moduli_that_anybody_can_factor_are_refused() {
    let power = |exponent: u32| BigUint::from(2u32).pow(exponent);
    let good = certificate(data("rsa2048.crt.pem"));
    let public_key = good.public_key_der();
    let good = BigUint::from_bytes_be(&public_key[public_key.len() - 261..public_key.len() - 5]);
    assert!(TrustedKeys::new([with_modulus(&good)]).is_ok());
    let refused = |modulus: &BigUint| match TrustedKeys::new([with_modulus(modulus)]) {
        Err(TrustedKeysError::Weak { reason, .. }) => reason,
        other => panic!("{modulus:x}: {other:?}"),
    };
    let has_small_factor = |number: &BigUint| (3..65_536u32).any(|it| (number % it) == BigUint::ZERO);
    let without_small_factor = |mut number: BigUint| {
        while has_small_factor(&number) {
            number += 2u32;
        }
        number
    };
    // A number without small factors, so that no other rule than the one for powers can refuse its power.
    let root = |exponent: u32| without_small_factor(good.nth_root(exponent) | BigUint::from(1u32));
    let half = root(2);
    for (modulus, reason) in [
        (power(2048) - 1u32, "a small factor"),
        (&good + 1u32, "a small factor"),
        // By the largest prime that is tried.
        (&good / 65_521u32 * 65_521u32, "a small factor"),
        (without_small_factor(power(2048) - 1_942_289u32), "a long run"),
        (without_small_factor(power(2047) + 9u32), "a long run"),
        (&half * &half, "close"),
        (&half * without_small_factor(&half + 2u32), "close"),
        (&half * without_small_factor(&half + power(512)), "close"),
        (root(4).pow(4), "close"),
        (root(3).pow(3), "a power"),
        (root(5).pow(5), "a power"),
        (root(127).pow(127), "a power"),
    ] {
        assert_eq!(modulus.bits(), 2048, "{reason}");
        assert!(refused(&modulus).contains(reason), "{} instead of {reason}: {modulus:x}", refused(&modulus));
    }
    // Fermat's method does not find factors that are further apart.
    let far = &half * without_small_factor(&half - power(1000));
    assert_eq!(far.bits(), 2048);
    assert!(TrustedKeys::new([with_modulus(&far)]).is_ok());
    // What is asked of a certificate can be asked of a bare key.
    assert!(check_public_key(with_modulus(&good).public_key_der()).is_ok());
    assert_eq!(
        check_public_key(with_modulus(&half.pow(2)).public_key_der()).unwrap_err().code(),
        "certificate.weak_key"
    );
    assert_eq!(
        check_public_key(b"\x30\x00").unwrap_err().to_string(),
        "the certificate's key is the unsupported kind unknown: the key is malformed"
    );
}

/// The y coordinates of the points of Edwards25519 whose order divides 8, and those equal to one of them
/// modulo p = 2^255 - 19, with either sign of x; and whether that is the encoding of a point (RFC 8032
/// §5.1.3): y is below p, and a zero x has no sign. x is zero for the y 1 and -1.
fn small_order() -> Vec<([u8; 32], bool)> {
    let p = BigUint::from(2u32).pow(255) - 19u32;
    let of_order_8 = [
        "2707385501144840649318225287225658788936804267575313519463743609750303402022",
        "55188659117513257062467267217118295137698188065244968500265048394206261417927",
    ];
    let near = [BigUint::ZERO, BigUint::from(1u32), &p - 1u32, p.clone(), &p + 1u32];
    let all = of_order_8.iter().map(|it| it.parse().unwrap()).chain(near);
    all.flat_map(|y: BigUint| {
        let has_zero_x = y == BigUint::from(1u32) || y == &p - 1u32;
        let is_reduced = y < p;
        let mut bytes = y.to_bytes_le();
        bytes.resize(32, 0);
        let positive = <[u8; 32]>::try_from(bytes).unwrap();
        let mut negative = positive;
        negative[31] |= 0x80;
        [(positive, is_reduced), (negative, is_reduced && !has_zero_x)]
    })
    .collect()
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    let pem = data("ed25519.crt.pem");
    let good = certificate(pem);
    let own = &good.public_key_der()[good.public_key_der().len() - 32..];
    assert!(TrustedKeys::new([with_key(pem, own, own)]).is_ok());
    let points = small_order();
    assert_eq!((points.len(), points.iter().filter(|(_, is_point)| *is_point).count()), (14, 8));
    for (point, is_point) in points {
        let pinned = with_key(pem, own, &point);
        let error = TrustedKeys::new([pinned]).unwrap_err();
        assert_eq!(error.code(), "certificate.weak_key");
        assert!(error.to_string().contains("small order"), "{error}");
        // Where it encodes a point, the library takes it, and then a signature that nobody made: the neutral
        // element and the number zero. The library's reading of the others is its own matter.
        let key = UnparsedPublicKey::new(&ED25519, point);
        let mut signature = [0; 64];
        signature[0] = 1;
        let message = (0..1000u32).map(u32::to_be_bytes).find(|it| key.verify(it, &signature).is_ok());
        assert_eq!(message.is_some(), is_point, "{point:02x?}");
    }
}

#[test]
fn algorithms_belong_to_their_kind_of_key() {
    let xml = replace(
        &signed(),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    );
    assert_eq!(verdict_with(&xml, &trusted(), &AlgorithmPolicy::default()), "algorithm.key_mismatch");
}

#[test]
fn private_keys_show_nothing() {
    assert_eq!(format!("{:?}", key()), "SigningKey(RSA 2048 bits, redacted)");
    assert!(format!("{:?}", trusted()).contains("fingerprint_sha256"));
}

#[test]
fn private_keys_are_read_strictly() {
    for pem in ["", data("rsa2048.crt.pem"), data("rsa1024.key.pem"), data("ec-p521.key.pem")] {
        assert_eq!(SigningKey::from_pem(pem).unwrap_err(), SigningError::Key);
    }
    assert_eq!(SigningKey::from_pem(data("rsa8200.key.pem")).unwrap_err(), SigningError::Key);
    let two = format!("{}{}", data("rsa2048.key.pem"), data("rsa2048.key.pem"));
    assert_eq!(SigningKey::from_pem(&two).unwrap_err(), SigningError::Key);
}

/// Certificates of one key each: the standard encoding of the key, and the others that exist.
const ENCODINGS: [(&str, &[&str]); 4] = [
    (data("rsa2048.crt.pem"), &[data("rsa2048-no-null.crt.pem")]),
    (data("ec-p256.crt.pem"), &[data("ec-p256-compressed.crt.pem"), data("ec-p256-hybrid.crt.pem")]),
    (data("ec-p384.crt.pem"), &[data("ec-p384-compressed.crt.pem"), data("ec-p384-hybrid.crt.pem")]),
    (data("ed25519.crt.pem"), &[data("ed25519-null.crt.pem")]),
];

/// Keys are compared by their encoding, so that a key of two would be two keys.
#[test]
fn a_key_is_pinned_in_its_standard_encoding_only() {
    for (standard, others) in ENCODINGS {
        let standard = certificate(standard);
        assert!(TrustedKeys::new([standard.clone()]).is_ok(), "{standard:?}");
        assert_eq!(check_public_key(standard.public_key_der()).as_ref(), Ok(standard.key()));
        // With parameters, a key of Ed25519 is not another encoding but malformed (RFC 8410 §3).
        let code = match standard.key() {
            KeyKind::Ed25519 => "certificate.weak_key",
            _ => "certificate.key_encoding",
        };
        for other in others.iter().copied().map(certificate) {
            assert_eq!(other.key(), standard.key());
            assert_ne!(other.public_key_fingerprint(), standard.public_key_fingerprint());
            assert_eq!(check_public_key(other.public_key_der()).unwrap_err().code(), code);
            for pinned in [vec![other.clone()], vec![standard.clone(), other.clone()]] {
                assert_eq!(TrustedKeys::new(pinned).unwrap_err().code(), code, "{other:?}");
            }
        }
    }
}

/// The rule is needed where the library verifies under a key whatever its encoding.
#[test]
fn the_library_verifies_under_other_encodings() {
    let signed =
        |pem: &str, algorithm| SigningKey::from_pem(pem).unwrap().sign(algorithm, b"a message").unwrap();
    let rsa = signed(data("rsa2048.key.pem"), SignatureAlgorithm::RsaSha256);
    let p256 = signed(data("ec-p256.key.pem"), SignatureAlgorithm::EcdsaSha256);
    let p384 = signed(data("ec-p384.key.pem"), SignatureAlgorithm::EcdsaSha384);
    let verifies = |algorithm: &'static dyn VerificationAlgorithm, pem: &str, signature: &[u8]| {
        let key = certificate(pem).public_key_der().to_vec();
        UnparsedPublicKey::new(algorithm, key).verify(b"a message", signature).is_ok()
    };
    let [rsa_forms, p256_forms, p384_forms, _] = ENCODINGS.map(|(_, others)| others);
    assert!(rsa_forms.iter().all(|pem| verifies(&RSA_PKCS1_2048_8192_SHA256, pem, &rsa)));
    assert!(p256_forms.iter().all(|pem| verifies(&ECDSA_P256_SHA256_FIXED, pem, &p256)));
    assert!(p384_forms.iter().all(|pem| verifies(&ECDSA_P384_SHA384_FIXED, pem, &p384)));
}

#[test]
fn what_surrounds_a_key_belongs_to_its_encoding() {
    for (pem, length) in [(data("ec-p256.crt.pem"), 65), (data("ed25519.crt.pem"), 32)] {
        let standard = certificate(pem).public_key_der().to_vec();
        assert!(check_public_key(&standard).is_ok());
        let code = |der: &[u8]| check_public_key(der).unwrap_err().code();
        let (tag, rest) = standard.split_at(1);
        assert_eq!(code(&[&standard[..], &[0]].concat()), "certificate.key_encoding");
        // A length of one byte in two (X.690 §10.1).
        assert_eq!(code(&[tag, &[0x81], rest].concat()), "certificate.weak_key");
        // The key without the SubjectPublicKeyInfo, which the library takes.
        assert_eq!(code(&standard[standard.len() - length..]), "certificate.weak_key");
        // Bits of the last byte that are not used.
        let mut unused = standard.clone();
        unused[standard.len() - length - 1] = 1;
        assert_eq!(code(&unused), "certificate.weak_key");
    }
}

#[test]
fn what_was_expected_of_an_encoding_is_said() {
    let error = TrustedKeys::new([certificate(data("ec-p256-compressed.crt.pem"))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate's key, EC P-256, is not in the standard encoding of its kind"
    );
    assert_eq!(
        error.expected().as_deref(),
        Some("an uncompressed point on a named curve (RFC 5480 section 2.2)")
    );
    assert_eq!(error.found().as_deref(), Some("another encoding of EC P-256"));
    let error = TrustedKeys::new([certificate(data("rsa2048-no-null.crt.pem"))]).unwrap_err();
    assert_eq!(
        error.expected().as_deref(),
        Some("rsaEncryption with the parameters NULL (RFC 3279 section 2.3.1)")
    );
}
