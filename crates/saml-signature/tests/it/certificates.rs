//! What administrators paste.

use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::data;
use saml_signature::{Certificate, CertificateError, CertificateWarning, KeyKind, TrustedKeys};

use crate::certificate;

const PEM: &str = data("jumpcloud-rsa4096.crt.pem");

/// Midnight UTC at the beginning of a day counted from 1970.
fn day(days: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(days * 24 * 60 * 60)
}

/// 2031-01-01, when the certificates of the test data end.
const END: u64 = 22_280;

fn bare() -> String {
    PEM.lines().filter(|line| !line.starts_with("-----")).collect()
}

#[track_caller]
fn refused(input: impl AsRef<[u8]>) -> &'static str {
    Certificate::parse(input.as_ref()).unwrap_err().code()
}

#[test]
fn jumpclouds_certificate_is_read() {
    let certificate = certificate(PEM);
    assert_eq!(
        certificate.subject(),
        "C=US, ST=CO, L=Boulder, O=Acme, OU=JumpCloudSAMLIdP, CN=JumpCloudSAMLUser"
    );
    assert_eq!(certificate.issuer(), certificate.subject());
    assert_eq!(certificate.key(), &KeyKind::Rsa { bits: 4096 });
    assert_eq!(certificate.key().to_string(), "RSA 4096 bits");
    assert_eq!(certificate.not_before(), day(END - 1826));
    assert_eq!(certificate.not_after(), day(END));
    assert_eq!(certificate.fingerprint_sha256().to_string().len(), 32 * 3 - 1);
}

#[test]
fn an_empty_sequence_of_extensions_is_read() {
    // Strict readers of DER refuse it, and with it every certificate that JumpCloud made until 2022.
    let old = certificate(data("jumpcloud-rsa4096-empty-extensions.crt.pem"));
    assert_eq!(old.public_key_der(), certificate(PEM).public_key_der());
    assert_ne!(old, certificate(PEM));
}

#[test]
fn all_ways_of_pasting_give_the_same() {
    let expected = certificate(PEM);
    let spread: String = bare().chars().flat_map(|character| [character, ' ']).collect();
    for input in [
        format!("\u{FEFF}{PEM}"),
        format!("subject=CN = x\nissuer=CN = x\n{PEM}\nmore text\n"),
        PEM.replace('\n', "\r\n"),
        PEM.replace('\n', "\\n"),
        format!("\"{}\"", PEM.replace('\n', "\\n")),
        PEM.replace('\n', " "),
        bare(),
        format!("  \n{}\n\n", bare()),
        bare().trim_end_matches('=').to_owned(),
        spread,
        PEM.replace("CERTIFICATE", "X509 CERTIFICATE"),
    ] {
        assert_eq!(Certificate::parse(input.as_bytes()).unwrap(), expected, "{input}");
    }
    assert_eq!(Certificate::parse(expected.der()).unwrap(), expected);
    assert_eq!(Certificate::parse(expected.to_pem().as_bytes()).unwrap(), expected);
}

#[test]
fn what_is_pasted_by_mistake_is_called_by_its_name() {
    let key = data("rsa2048.key.pem");
    let bare_key: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let public = PEM.replace("CERTIFICATE", "PUBLIC KEY");
    let crl = PEM.replace("CERTIFICATE", "X509 CRL");
    for (input, code) in [
        ("", "certificate.empty"),
        (" \n", "certificate.empty"),
        ("\"\"", "certificate.empty"),
        (key, "certificate.private_key"),
        (data("ec-p256.key.pem"), "certificate.private_key"),
        (&encrypted, "certificate.private_key"),
        (&bare_key, "certificate.private_key"),
        (key.split_at(200).0, "certificate.private_key"),
        (data("request.csr.pem"), "certificate.request"),
        (&public, "certificate.public_key"),
        (&crl, "certificate.label"),
        ("<md:EntityDescriptor xmlns:md='urn:x'/>", "certificate.xml"),
        ("<!DOCTYPE html><html></html>", "certificate.html"),
        ("https://sso.jumpcloud.com/saml2/acme", "certificate.base64"),
        ("SGVsbG8=", "certificate.malformed"),
        ("-----BEGIN CERTIFICATE-----\nMII", "certificate.cut_off"),
        ("MII\n-----END CERTIFICATE-----", "certificate.cut_off"),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "certificate.empty"),
        ("-----BEGIN CERTIFICATE-----\nMII*\n-----END CERTIFICATE-----", "certificate.base64"),
    ] {
        assert_eq!(refused(input), code, "{input}");
    }
    let bare_request: String =
        data("request.csr.pem").lines().filter(|line| !line.starts_with("-----")).collect();
    assert_eq!(refused(bare_request), "certificate.request");
    assert_eq!(refused(certificate(PEM).public_key_der()), "certificate.public_key");
}

#[test]
fn errors_never_show_the_input() {
    let key = data("rsa2048.key.pem");
    let error = Certificate::parse(key.as_bytes()).unwrap_err();
    let middle = key.lines().nth(3).unwrap();
    assert!(!format!("{error:?} {error}").contains(middle));
}

/// A chain of three, each issued by the next.
const LEAF: &str = data("chain-leaf.crt.pem");
const INTERMEDIATE: &str = data("chain-intermediate.crt.pem");
const ROOT: &str = data("chain-root.crt.pem");

#[test]
fn a_file_names_one_key() {
    for (file, leaf) in [
        (format!("{LEAF}{INTERMEDIATE}{ROOT}"), Some(LEAF)),
        (format!("{ROOT}{LEAF}{INTERMEDIATE}"), Some(LEAF)),
        (format!("{LEAF}{ROOT}{INTERMEDIATE}{ROOT}"), Some(LEAF)),
        (format!("{INTERMEDIATE}{ROOT}"), Some(INTERMEDIATE)),
        // Without what is between them, nothing tells that one leads to the other.
        (format!("{LEAF}{ROOT}"), None),
        (format!("{LEAF}{}", data("rsa2048.crt.pem")), None),
    ] {
        assert_eq!(refused(&file), "key.several");
        let error = Certificate::parse(file.as_bytes()).unwrap_err();
        let CertificateError::SeveralKeys(several) = &error else { panic!("{error:?}") };
        assert_eq!(several.certificates(), Certificate::parse_all(file.as_bytes()).unwrap());
        assert_eq!(several.leaf().cloned(), leaf.map(certificate));
        let shown = error.to_string();
        for certificate in several.certificates() {
            let listed = format!("{} ({})", certificate.fingerprint_sha256(), certificate.subject());
            assert!(shown.contains(&listed), "{shown}");
        }
        match several.leaf() {
            Some(leaf) => {
                let told = format!("{} issued no other: paste that one alone", leaf.fingerprint_sha256());
                assert!(shown.contains(&told), "{shown}");
            }
            None => assert!(shown.contains("they do not tell which one"), "{shown}"),
        }
    }
    assert_eq!(Certificate::parse(LEAF.as_bytes()).unwrap(), certificate(LEAF));
}

#[test]
fn certificates_of_the_same_key_are_one_key() {
    let (old, new) = (data("jumpcloud-rsa4096-expired.crt.pem"), PEM);
    for file in [format!("{old}{new}"), format!("{new}{old}"), format!("{new}{new}")] {
        assert_eq!(
            Certificate::parse(file.as_bytes()).unwrap(),
            certificate(new),
            "the one that expires last"
        );
    }
}

#[test]
fn an_error_lists_at_most_eight_certificates() {
    let file = format!("{}{}", ROOT, LEAF.repeat(20));
    let shown = Certificate::parse(file.as_bytes()).unwrap_err().to_string();
    assert!(shown.contains(" and 13 more; "), "{shown}");
}

#[test]
fn an_authoritys_certificate_is_told() {
    for (pem, is_authority) in [(LEAF, false), (INTERMEDIATE, true), (ROOT, true), (PEM, false)] {
        let certificate = certificate(pem);
        assert_eq!(certificate.is_authority(), is_authority, "{}", certificate.subject());
        let warned = certificate.warnings(day(END - 100)).contains(&CertificateWarning::Authority);
        assert_eq!(warned, is_authority, "{}", certificate.subject());
    }
    // The extension with something else in it than it has to hold.
    let der = certificate(ROOT).der().to_vec();
    let constraints =
        [0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff];
    let at = der.windows(constraints.len()).position(|bytes| bytes == constraints).unwrap();
    let mut malformed = der.clone();
    malformed[at + 12] = 0x04;
    assert!(Certificate::parse(&malformed).unwrap().is_authority(), "what cannot be read may say so");
}

#[test]
fn names_in_any_encoding_are_shown_as_text() {
    let der = certificate(data("rsa2048.crt.pem")).der().to_vec();
    // UTF8String of 13 bytes.
    let common_name = [&[0x0c, 0x0d][..], b"idp.acme.test"].concat();
    let with = |tag: u8, value: &[u8; 13]| {
        let mut der = der.clone();
        for at in 0..der.len() - 15 {
            if der[at..at + 15] == common_name {
                der[at] = tag;
                der[at + 2..at + 15].copy_from_slice(value);
            }
        }
        Certificate::parse(&der).unwrap().subject().to_owned()
    };
    assert_eq!(with(0x0c, b"idp.acme.test"), "CN=idp.acme.test");
    assert_eq!(with(0x0c, b"idp\xff\xfe.acme.te"), "CN=idp\u{fffd}\u{fffd}.acme.te");
    assert_eq!(with(0x0c, b"idp\r\n\x1b[2J.tst"), "CN=idp\u{fffd}\u{fffd}\u{fffd}[2J.tst");
    assert_eq!(with(0x0c, "idp\u{202e}tset.em".as_bytes().try_into().unwrap()), "CN=idp\u{fffd}tset.em");
    // Nobody sees these, or they end a line: names that differ in them would look the same.
    for invisible in [
        '\u{ad}',
        '\u{180e}',
        '\u{200b}',
        '\u{2028}',
        '\u{2029}',
        '\u{2066}',
        '\u{fe0f}',
        '\u{e0041}',
        '\u{7f}',
    ] {
        let name = format!("idp{invisible}{}", "acme.test".get(..10 - invisible.len_utf8()).unwrap());
        let shown = with(0x0c, name.as_bytes().try_into().unwrap());
        assert_eq!(shown, format!("CN={}", name.replace(invisible, "\u{fffd}")), "{invisible:?}");
    }
    let seen = "idp.ácme.tst";
    assert_eq!(with(0x0c, seen.as_bytes().try_into().unwrap()), format!("CN={seen}"));
    assert_eq!(with(0x14, b"idp.acme.test"), "CN=idp.acme.test");
    assert_eq!(with(0x14, b"Soci\xe9t\xe9 \xc9cole"), "CN=Soci\u{fffd}t\u{fffd} \u{fffd}cole");
    assert_eq!(with(0x1e, b"\0A\0c\0m\0e\xd8\x01\0!\0"), "CN=Acme\u{fffd}!\u{fffd}");
    assert_eq!(with(0x1c, b"\0\0\0A\0\x01\xf5\x11\x11\0\0\0\0"), "CN=A\u{1f511}\u{fffd}\u{fffd}");
    assert_eq!(with(0x04, b"idp.acme.test"), "CN=(not text)");
}

#[test]
fn trailing_data_is_refused() {
    let mut der = certificate(PEM).der().to_vec();
    der.push(0);
    assert_eq!(refused(&der), "certificate.trailing_data");
}

#[test]
fn size_is_bounded_before_decoding() {
    let padded = |bytes: usize| format!("{PEM}{}", " ".repeat(bytes - PEM.len()));
    assert!(Certificate::parse(padded(64 * 1024).as_bytes()).is_ok());
    assert_eq!(refused(padded(64 * 1024 + 1)), "limit.certificate");
}

#[test]
fn kinds_of_keys_are_told_apart() {
    let kind = |pem: &str| certificate(pem).key().clone();
    assert_eq!(kind(data("ec-p256.crt.pem")), KeyKind::EcP256);
    assert_eq!(kind(data("ec-p384.crt.pem")), KeyKind::EcP384);
    assert_eq!(kind(data("ed25519.crt.pem")), KeyKind::Ed25519);
    assert_eq!(kind(data("rsa1024.crt.pem")), KeyKind::Rsa { bits: 1024 });
    assert_eq!(kind(data("ec-p521.crt.pem")), KeyKind::Other { oid: "1.3.132.0.35".to_owned() });
}

/// The parameters of a curve that has no name are up to 64 KiB of anything.
#[test]
fn parameters_of_curves_are_not_shown() {
    let der = certificate(data("ec-p256.crt.pem")).der().to_vec();
    let curve = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let at = der.windows(curve.len()).position(|bytes| bytes == curve).unwrap();
    let with = |change: &[u8]| {
        let mut der = der.clone();
        der[at..at + change.len()].copy_from_slice(change);
        Certificate::parse(&der).unwrap()
    };
    assert_eq!(with(&[0x06]).key(), &KeyKind::EcP256);
    // An OCTET STRING, and an identifier of one number that is larger than any other.
    let unnamed = with(&[0x04]);
    assert_eq!(unnamed.key(), &KeyKind::Other { oid: "1.2.840.10045.2.1".to_owned() });
    let error = TrustedKeys::new([unnamed]).unwrap_err();
    assert_eq!((error.code(), error.to_string().len() < 150), ("certificate.weak_key", true), "{error}");
    let long = with(&[0x06, 0x08, 0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    assert!(long.key().to_string().len() < 150, "{}", long.key());
}

#[test]
fn validity_is_told_but_decides_nothing() {
    let certificate = certificate(PEM);
    let warning = |days: u64| certificate.warning(day(days));
    assert_eq!(warning(END - 1827), Some(CertificateWarning::NotYetValid));
    assert_eq!(warning(END - 1826), None);
    assert_eq!(warning(END - 61), None);
    assert_eq!(warning(END - 60), Some(CertificateWarning::ExpiresSoon { days: 60 }));
    assert_eq!(warning(END), Some(CertificateWarning::ExpiresSoon { days: 0 }));
    assert_eq!(warning(END + 3), Some(CertificateWarning::Expired { days: 4 }));
    assert_eq!(certificate.days_left(day(END - 10)), 10);
    assert_eq!(CertificateWarning::Expired { days: 4 }.code(), "certificate.expired");
}
