//! Encrypted assertions: E01 to E13.

use jumpcloud_sso::parts::saml_encryption::{ContentAlgorithm, DecryptionKey, EncryptOptions, encrypt};
use jumpcloud_sso_testkit::{Sign, keys};

use crate::case::{Setup, Suite};
use crate::doc::{Doc, evil_assertion, idp, response};

const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

fn public_key() -> Vec<u8> {
    DecryptionKey::from_pem(keys::SERVICE_KEY).expect("a key").public_key_der().to_vec()
}

/// What anybody can do who has the service's certificate.
fn encrypted(plaintext: &str) -> String {
    encrypt(plaintext, &public_key(), &EncryptOptions::default()).expect("encrypted")
}

pub(crate) fn cases(suite: &mut Suite) {
    suite.setup(Setup { decrypts: true, ..Setup::default() });
    let idp = idp();
    let of = |sign| Doc::of(&response(&idp).sign(sign).encrypt(&public_key(), EncryptOptions::default()));
    suite.accepted("E01", "a signed assertion, encrypted", of(Sign::Assertion));
    suite.accepted("E01", "an encrypted assertion in a signed Response", of(Sign::Response));
    suite.twin("E01-a-signed-assertion-encrypted");
    contents(suite);
    ciphertexts(suite, &of(Sign::Assertion));
    let base = of(Sign::Assertion);
    let cbc = Doc::of(
        &response(&idp)
            .encrypt(&public_key(), EncryptOptions::default().content(ContentAlgorithm::Aes256Cbc)),
    );
    suite.refused("E05", "AES in CBC", cbc, "encryption.cbc_refused");
    let plain = Doc::signed(Sign::Assertion).assertion();
    suite.refused(
        "E02",
        "an encrypted assertion beside a signed one",
        base.before("<saml2:EncryptedAssertion", &plain),
        "response.assertion_count",
    );
    let two = base.part("<saml2:EncryptedAssertion", "</saml2:EncryptedAssertion>");
    suite.refused("E02", "two encrypted assertions", base.twice(&two), "response.assertion_count");
    suite.usual_setup();
    suite.refused("E13", "encrypted to a service that has no key", base, "encryption.no_key");
}

fn contents(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    let assertion = signed.assertion();
    let envelope = |inside: &str| signed.replace(&assertion, inside);
    let evil = evil_assertion("ASSERTION");
    for (id, what, plaintext, code) in [
        ("E01", "an assertion of the attacker's own", evil.clone(), "signature.missing"),
        ("E03", "two assertions", format!("{assertion}{evil}"), "xml.roots"),
        ("E03", "a DOCTYPE", format!("<!DOCTYPE x>{assertion}"), "xml.doctype"),
        (
            "E03",
            "an assertion that does not end",
            assertion.trim_end_matches("</saml2:Assertion>").to_owned(),
            "xml.structure",
        ),
        (
            "E03",
            "an end that was not begun",
            format!("{assertion}</saml2:EncryptedAssertion>"),
            "xml.structure",
        ),
        ("E03", "a Response", signed.root(), "encryption.content"),
        ("E03", "text", "bjensen@acme.test".to_owned(), "xml.structure"),
        ("E03", "an element around the assertion", format!("<x>{assertion}</x>"), "encryption.content"),
        (
            "E04",
            "an assertion without its namespace",
            assertion.replacen(" xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\"", "", 1),
            "xml.unbound_prefix",
        ),
        (
            "E03",
            "an assertion that was changed after it was signed",
            assertion.replace("Barbara", "Admin"),
            "signature.digest_mismatch",
        ),
    ] {
        suite.refused(id, format!("encrypted: {what}"), envelope(&encrypted(&plaintext)), code);
    }
}

fn ciphertexts(suite: &mut Suite, base: &Doc) {
    let data = base
        .as_str()
        .rfind("<xenc:CipherValue>")
        .map(|at| base.as_str().get(at..).expect("a part"))
        .expect("a ciphertext");
    let content = data.get(..data.find("</xenc:CipherValue>").expect("an end")).expect("a part").to_owned();
    let key = base.part("<xenc:CipherValue>", "</xenc:CipherValue>");
    let with = |text: &str| base.replace(&content, &format!("<xenc:CipherValue>{text}"));
    for (id, what, text, code) in [
        ("E08", "no ciphertext", String::new(), "encryption.failed"),
        ("E08", "a ciphertext of one byte", "AA==".to_owned(), "encryption.failed"),
        ("E08", "less than a tag", "AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), "encryption.failed"),
        ("E08", "a ciphertext of zeros", "A".repeat(400), "encryption.failed"),
    ] {
        suite.refused(id, what, with(&text), code);
    }
    let value = content.trim_start_matches("<xenc:CipherValue>");
    let flipped: String = value
        .chars()
        .enumerate()
        .map(|(at, it)| if at == 40 { if it == 'A' { 'B' } else { 'A' } } else { it })
        .collect();
    suite.refused("E08", "a bit of the ciphertext", with(&flipped), "encryption.failed");
    let cut = value.get(..value.len() - 24).expect("a part").to_owned();
    suite.refused(
        "E08",
        "a cut tag",
        with(&format!("{cut}{}", if cut.len().is_multiple_of(4) { "" } else { "=" })),
        "encryption.failed",
    );
    suite.refused(
        "E12",
        "another key",
        base.replace(&key, &format!("<xenc:CipherValue>{}</xenc:CipherValue>", "A".repeat(342) + "==")),
        "encryption.failed",
    );
    for (id, what, from, to, code) in [
        (
            "E06",
            "RSA of PKCS 1",
            OAEP,
            "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
            "encryption.rsa_1_5_refused",
        ),
        ("E07", "an unknown transport", OAEP, "urn:evil", "encryption.algorithm"),
        (
            "E12",
            "a key for another algorithm",
            GCM,
            "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            "encryption.failed",
        ),
        ("E05", "Triple DES", GCM, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "encryption.algorithm"),
        ("E12", "an unknown algorithm", GCM, "urn:evil", "encryption.algorithm"),
    ] {
        suite.refused(id, what, base.replace(from, to), code);
    }
    let reference = base.replace(
        &format!("{content}</xenc:CipherValue>"),
        "<xenc:CipherReference URI=\"http://evil.test/x\"/>",
    );
    suite.refused("E09", "a ciphertext to be fetched", reference, "encryption.malformed");
    let encrypted_key = base.part("<xenc:EncryptedKey", "</xenc:EncryptedKey>");
    suite.refused(
        "E09",
        "ten keys",
        base.replace(&encrypted_key, &encrypted_key.repeat(10)),
        "xml.duplicate_id",
    );
    suite.refused("E09", "no key", base.without(&encrypted_key), "encryption.malformed");
    let other = encrypted_key.replacen(
        "<xenc:EncryptedKey",
        "<xenc:EncryptedKey Recipient=\"https://other.test\"",
        1,
    );
    suite.accepted(
        "E10",
        "a key said to be for another service, which it is not",
        base.replace(&encrypted_key, &other),
    );
}
