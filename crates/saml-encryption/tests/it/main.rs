//! Decryption: what it takes, what it refuses, and how little it says when it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso_testkit::data;
use saml_encryption::{
    ContentAlgorithm, DecryptionKey, DecryptionKeyError, DecryptionPolicy, Decryptor, EncryptError,
    EncryptOptions, KeyTransport, encrypt,
};
use saml_xml::{Document, Limits};

const PLAINTEXT: &str = "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>";

fn key() -> DecryptionKey {
    DecryptionKey::from_pem(data("sp-rsa2048.key.pem")).unwrap()
}

fn other_key() -> DecryptionKey {
    DecryptionKey::from_pem(data("other-rsa2048.key.pem")).unwrap()
}

fn decryptor(policy: DecryptionPolicy) -> Decryptor {
    Decryptor::new([key()], policy).unwrap()
}

fn message(options: EncryptOptions) -> String {
    encrypt(PLAINTEXT, key().public_key_der(), &options).unwrap()
}

fn outcome(xml: &str, decryptor: &Decryptor) -> Result<Vec<u8>, &'static str> {
    let document =
        Document::parse(xml.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {xml}"));
    decryptor.decrypt(document.root()).map(|plaintext| plaintext.to_vec()).map_err(|error| error.code())
}

fn code(xml: &str) -> &'static str {
    outcome(xml, &decryptor(DecryptionPolicy::default())).map_or_else(|code| code, |_| "decrypted")
}

#[track_caller]
fn replace(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} in {xml}");
    xml.replace(from, to)
}

#[test]
fn every_algorithm_and_place_of_the_key_decrypts() {
    let lax = decryptor(DecryptionPolicy::default().insecure_allow_aes_cbc());
    for content in [
        ContentAlgorithm::Aes128Gcm,
        ContentAlgorithm::Aes256Gcm,
        ContentAlgorithm::Aes128Cbc,
        ContentAlgorithm::Aes256Cbc,
    ] {
        for transport in [KeyTransport::RsaOaepSha1, KeyTransport::RsaOaepSha256] {
            let options = EncryptOptions::default().content(content).transport(transport);
            for options in [options, options.key_beside()] {
                assert_eq!(outcome(&message(options), &lax).unwrap(), PLAINTEXT.as_bytes(), "{options:?}");
            }
        }
    }
}

#[test]
fn only_gcm_is_authenticated() {
    let lax = decryptor(DecryptionPolicy::default().insecure_allow_aes_cbc());
    let authenticated = |content| {
        let xml = message(EncryptOptions::default().content(content));
        let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
        lax.decrypt(document.root()).unwrap().is_authenticated()
    };
    assert!(authenticated(ContentAlgorithm::Aes128Gcm) && !authenticated(ContentAlgorithm::Aes128Cbc));
}

#[test]
fn algorithms_are_refused_before_a_key_is_used() {
    let gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    let oaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    let xml = message(EncryptOptions::default());
    for (from, to, expected) in [
        (gcm, "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "encryption.cbc_refused"),
        (gcm, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "encryption.algorithm"),
        (gcm, "http://www.w3.org/2009/xmlenc11#AES256-GCM", "encryption.algorithm"),
        (gcm, "", "encryption.algorithm"),
        (oaep, "http://www.w3.org/2001/04/xmlenc#rsa-1_5", "encryption.rsa_1_5_refused"),
        (oaep, "http://www.w3.org/2001/04/xmlenc#kw-aes256", "encryption.algorithm"),
        (
            "http://www.w3.org/2000/09/xmldsig#sha1",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "encryption.oaep_parameters",
        ),
        (
            "http://www.w3.org/2000/09/xmldsig#sha1",
            "http://www.w3.org/2001/04/xmldsig-more#md5",
            "encryption.oaep_parameters",
        ),
    ] {
        let changed = replace(&xml, from, to);
        assert_eq!(code(&changed), expected, "{to}");
        // Not even a key is needed to say so.
        assert_eq!(outcome(&changed, &Decryptor::default()).unwrap_err(), expected, "{to}");
    }
    assert_eq!(outcome(&xml, &Decryptor::default()).unwrap_err(), "encryption.no_key");
}

#[test]
fn parameters_of_oaep_are_those_that_are_supported() {
    let xml = message(EncryptOptions::default().transport(KeyTransport::RsaOaepSha256));
    assert_eq!(code(&xml), "decrypted");
    let mask = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
    assert_eq!(
        code(&replace(&xml, mask, "http://www.w3.org/2009/xmlenc11#mgf1sha1")),
        "encryption.oaep_parameters"
    );
    assert_eq!(
        code(&replace(&xml, mask, "http://www.w3.org/2009/xmlenc11#mgf1sha512")),
        "encryption.oaep_parameters"
    );
    let label = |text: &str| {
        replace(
            &xml,
            "<ds:DigestMethod",
            &format!("<xenc:OAEPparams>{text}</xenc:OAEPparams><ds:DigestMethod"),
        )
    };
    assert_eq!(code(&label("")), "decrypted");
    assert_eq!(code(&label("bGFiZWw=")), "encryption.oaep_parameters");
    // The older name of the algorithm has no other mask generation function.
    let older = replace(
        &xml,
        "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    );
    assert_eq!(code(&older), "encryption.oaep_parameters");
}

#[test]
fn the_structure_is_exact() {
    let xml = message(EncryptOptions::default());
    let part = |from: &str, to: &str| {
        let start = xml.find(from).unwrap();
        let end = start + xml[start..].find(to).unwrap() + to.len();
        xml[start..end].to_owned()
    };
    let method = part("<xenc:EncryptionMethod", "/>");
    let key = part("<xenc:EncryptedKey", "</xenc:EncryptedKey>");
    let data = part("<xenc:EncryptedData", "</xenc:EncryptedData>");
    let value = part("<xenc:CipherValue>", "</xenc:CipherValue>");
    for (name, changed, expected) in [
        ("no method", replace(&xml, &method, ""), "encryption.malformed"),
        ("no key", replace(&xml, &key, ""), "encryption.malformed"),
        ("no data", replace(&xml, &data, ""), "encryption.malformed"),
        ("two data", replace(&xml, &data, &data.repeat(2)), "encryption.malformed"),
        ("five keys", replace(&xml, &key, &key.repeat(5)), "limit.encrypted_keys"),
        ("no value", replace(&xml, &value, ""), "encryption.malformed"),
        ("two values", replace(&xml, &value, &value.repeat(2)), "encryption.malformed"),
        (
            "a reference",
            replace(&xml, &value, "<xenc:CipherReference URI=\"http://evil.test\"/>"),
            "encryption.malformed",
        ),
        (
            "no base64",
            replace(&xml, &value, "<xenc:CipherValue>*</xenc:CipherValue>"),
            "encryption.malformed",
        ),
        (
            "elements in a value",
            replace(&xml, &value, "<xenc:CipherValue><x/></xenc:CipherValue>"),
            "xml.content",
        ),
        ("another type", replace(&xml, "xmlenc#Element\"", "xmlenc#Content\""), "encryption.malformed"),
        ("no type", replace(&xml, " Type=\"http://www.w3.org/2001/04/xmlenc#Element\"", ""), "decrypted"),
        ("another key first", replace(&xml, &key, &format!("{}{key}", part_of_other_key())), "decrypted"),
    ] {
        assert_eq!(code(&changed), expected, "{name}");
    }
}

/// An encrypted key for another recipient.
fn part_of_other_key() -> String {
    let xml = encrypt(PLAINTEXT, other_key().public_key_der(), &EncryptOptions::default()).unwrap();
    let start = xml.find("<xenc:EncryptedKey").unwrap();
    let end = xml.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
    xml[start..end].to_owned()
}

#[test]
fn references_lead_right_beside_or_nowhere() {
    let xml = message(EncryptOptions::default().key_beside());
    assert_eq!(code(&xml), "decrypted");
    for (from, to) in [
        ("URI=\"#encrypted-key\"", "URI=\"#other\""),
        ("URI=\"#encrypted-key\"", "URI=\"http://evil.test/#encrypted-key\""),
        ("URI=\"#encrypted-key\"", ""),
        ("Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\"", ""),
        (
            "Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\"",
            "Type=\"http://www.w3.org/2000/09/xmldsig#X509Data\"",
        ),
        ("RetrievalMethod", "KeyInfoReference"),
    ] {
        let changed = replace(&xml, from, to);
        let expected = if from == "RetrievalMethod" { "decrypted" } else { "encryption.key_reference" };
        assert_eq!(code(&changed), expected, "{to}");
    }
}

#[test]
fn every_failure_of_decryption_is_the_same() {
    let xml = message(EncryptOptions::default());
    let values: Vec<_> = xml
        .split("<xenc:CipherValue>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    let [transported, content] = values.as_slice() else { panic!("{xml}") };
    let flipped = |value: &str, at: usize| {
        let other = if &value[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &value[..at], &value[at + 1..])
    };
    for at in (0..transported.len() - 4).step_by(17) {
        assert_eq!(code(&xml.replace(transported, &flipped(transported, at))), "encryption.failed", "{at}");
    }
    for at in 0..content.len() - 4 {
        assert_eq!(code(&xml.replace(content, &flipped(content, at))), "encryption.failed", "{at}");
    }
    // Too short for an initialization vector, for a tag, for anything.
    for short in ["", "AAAA", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(code(&xml.replace(content, short)), "encryption.failed", "{short}");
        assert_eq!(code(&xml.replace(transported, short)), "encryption.failed", "{short}");
    }
    // A session key of the wrong length.
    assert_eq!(code(&replace(&xml, "aes256-gcm", "aes128-gcm")), "encryption.failed");
    let wrong = Decryptor::new([other_key()], DecryptionPolicy::default()).unwrap();
    assert_eq!(outcome(&xml, &wrong).unwrap_err(), "encryption.failed");
}

#[test]
fn several_keys_are_tried() {
    let xml = message(EncryptOptions::default());
    let both = Decryptor::new([other_key(), key()], DecryptionPolicy::default()).unwrap();
    assert!(outcome(&xml, &both).is_ok());
    let five = [key(), key(), key(), key(), key()];
    assert_eq!(Decryptor::new(five, DecryptionPolicy::default()).unwrap_err(), DecryptionKeyError::Count);
    assert_eq!(Decryptor::new([], DecryptionPolicy::default()).unwrap_err(), DecryptionKeyError::Count);
}

#[test]
fn keys_are_rsa_of_sufficient_size() {
    let error = |pem: &str| DecryptionKey::from_pem(pem).unwrap_err();
    assert_eq!(error(data("rsa1024.key.pem")), DecryptionKeyError::Weak);
    assert_eq!(error(data("rsa2047.key.pem")), DecryptionKeyError::Weak);
    assert_eq!(error(data("rsa8200.key.pem")), DecryptionKeyError::Weak);
    assert!(DecryptionKey::from_pem(data("sp-rsa2048.key.pem")).is_ok());
    assert!(DecryptionKey::from_pem(data("sp-rsa8192.key.pem")).is_ok());
    for pem in ["", "text", data("ec-p256.key.pem"), data("rsa2048.crt.pem")] {
        assert_eq!(error(pem), DecryptionKeyError::Malformed);
    }
    let encrypted = data("rsa2048.key.pem").replace("PRIVATE", "ENCRYPTED PRIVATE");
    assert_eq!(error(&encrypted), DecryptionKeyError::Malformed);
}

#[test]
fn a_file_holds_one_private_key() {
    let (key, certificate) = (data("sp-rsa2048.key.pem"), data("sp-rsa2048.crt.pem"));
    let other = data("other-rsa2048.key.pem");
    for several in [
        format!("{key}{other}"),
        format!("{key}{key}"),
        format!("{key}{}", other.replace(" PRIVATE", " RSA PRIVATE")),
        format!("{key}{}", other.replace(" PRIVATE", " ENCRYPTED PRIVATE")),
    ] {
        let error = DecryptionKey::from_pem(&several).unwrap_err();
        assert_eq!((error, error.code()), (DecryptionKeyError::Several, "config.decryption_key"));
    }
    // Its certificate may stand beside it.
    for whole in [format!("{key}{certificate}"), format!("{certificate}{key}")] {
        assert!(DecryptionKey::from_pem(&whole).is_ok());
    }
}

#[test]
fn padding_may_hold_any_bytes_but_tells_its_length() {
    // In a message of one block, each byte of the initialization vector changes the same byte of the
    // plaintext.
    let options = EncryptOptions::default().content(ContentAlgorithm::Aes128Cbc);
    let xml = encrypt("<a/>", key().public_key_der(), &options).unwrap();
    let content = xml.rsplit("<xenc:CipherValue>").next().unwrap().split('<').next().unwrap();
    let bytes = STANDARD.decode(content).unwrap();
    assert_eq!(bytes.len(), 32);
    let lax = decryptor(DecryptionPolicy::default().insecure_allow_aes_cbc());
    let with = |range: std::ops::Range<usize>, change: u8| {
        let mut bytes = bytes.clone();
        bytes[range].iter_mut().for_each(|byte| *byte ^= change);
        outcome(&xml.replace(content, &STANDARD.encode(bytes)), &lax)
    };
    assert_eq!(with(0..0, 0).unwrap(), b"<a/>");
    assert_eq!(with(4..15, 0x5A).unwrap(), b"<a/>", "ISO 10126: any bytes before the length");
    // 12 bytes of padding: without them, and with more than a block.
    assert_eq!(with(15..16, 0x0C).unwrap_err(), "encryption.failed");
    assert_eq!(with(15..16, 0x0C ^ 0x11).unwrap_err(), "encryption.failed");
}

#[test]
fn nothing_secret_is_shown() {
    let xml = message(EncryptOptions::default());
    let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
    let decryptor = decryptor(DecryptionPolicy::default());
    let plaintext = decryptor.decrypt(document.root()).unwrap();
    assert_eq!(format!("{plaintext:?}"), format!("Plaintext({} bytes, redacted)", PLAINTEXT.len()));
    assert!(format!("{decryptor:?}").contains("DecryptionKey(RSA 2048 bits, redacted)"));
}

#[test]
fn encrypting_needs_a_public_key() {
    assert_eq!(encrypt(PLAINTEXT, b"", &EncryptOptions::default()), Err(EncryptError::Key));
}
