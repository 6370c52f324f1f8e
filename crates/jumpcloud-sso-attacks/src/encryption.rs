//! Encrypted assertions: E01 to E13.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_encryption::{
    ContentAlgorithm, DecryptionKey, EncryptOptions, KeyTransport, encrypt,
};
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
    let with = |options| Doc::of(&response(&idp).encrypt(&public_key(), options));
    transports(suite, &with(EncryptOptions::default().transport(KeyTransport::RsaOaepSha256)));
    references(suite, &with(EncryptOptions::default().key_beside()));
    suite.twin("E01-a-signed-assertion-encrypted");
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
    let issuer = base.part("<saml2:Issuer ", "</saml2:Issuer>");
    suite.refused("S05", "no issuer around an encrypted assertion", base.without(&issuer), "response.issuer");
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
    let keys = |count: usize| {
        let numbered =
            |number| encrypted_key.replace("Id=\"encrypted-key\"", &format!("Id=\"key-{number}\""));
        base.replace(&encrypted_key, &(0..count).map(numbered).collect::<String>())
    };
    suite.accepted("E09", "four keys", keys(4));
    suite.refused("E09", "five keys", keys(5), "limit.encrypted_keys");
    suite.refused("E09", "ten keys", keys(10), "limit.encrypted_keys");
    suite.refused(
        "E09",
        "ten keys of one Id",
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

/// The ciphertexts of a key and of a signed assertion, as a sender makes them who uses any form of OAEP.
fn sealed(algorithm: &'static OaepAlgorithm, label: Option<&[u8]>) -> (String, String) {
    let session_key = [7; 32];
    let recipient = PublicEncryptingKey::from_der(&public_key()).expect("a key");
    let recipient = OaepPublicEncryptingKey::new(recipient).expect("a key");
    let mut transported = vec![0; recipient.ciphertext_size()];
    let transported = recipient.encrypt(algorithm, &session_key, &mut transported, label).expect("encrypted");
    // A key for one message needs no nonce that nobody foresees.
    let nonce = [0; 12];
    let mut content = Doc::signed(Sign::Assertion).assertion().into_bytes();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &session_key).expect("a key"));
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content)
        .expect("sealed");
    (STANDARD.encode(transported), STANDARD.encode([&nonce, &*content].concat()))
}

/// The forms of OAEP, of which two are supported: all of it with SHA-1, or all of it with SHA-256.
fn transports(suite: &mut Suite, base: &Doc) {
    const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    const MASK: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
    let code = "encryption.oaep_parameters";
    suite.accepted("E07", "OAEP with SHA-256", base.clone());
    let values: Vec<_> = base
        .as_str()
        .split("<xenc:CipherValue>")
        .skip(1)
        .map(|rest| rest.split('<').next().expect("a value"))
        .collect();
    let [key, content] = *values else { panic!("other ciphertexts than two") };
    let of = |algorithm, label| {
        let (other_key, other_content) = sealed(algorithm, label);
        base.replace(key, &other_key).replace(content, &other_content)
    };
    let labelled = |doc: &Doc, label: &str| {
        doc.before("<ds:DigestMethod ", &format!("<xenc:OAEPparams>{label}</xenc:OAEPparams>"))
    };
    suite.accepted("E07", "an empty label, which is none", labelled(base, ""));
    suite.twin("E07-oaep-with-sha-256");
    let label = STANDARD.encode("label");
    let with_label = of(&OAEP_SHA256_MGF1SHA256, Some(b"label"));
    suite.refused("E07", "a label that the key was encrypted with", labelled(&with_label, &label), code);
    suite.refused("E07", "a label that the key was not encrypted with", labelled(base, &label), code);
    suite.refused("E07", "a label that is not said", with_label, "encryption.failed");
    let stronger = of(&OAEP_SHA512_MGF1SHA512, None)
        .replace(DIGEST, "http://www.w3.org/2001/04/xmlenc#sha512")
        .replace(MASK, "http://www.w3.org/2009/xmlenc11#mgf1sha512");
    suite.refused("E07", "OAEP with SHA-512", stronger, code);
    // The library makes none of two hashes: the key was encrypted with SHA-256 throughout, as whoever reads
    // one of the parameters only takes it.
    let mask = base.part("<xenc11:MGF ", "/>");
    for (what, doc) in [
        ("a mask by SHA-1", base.replace(MASK, "http://www.w3.org/2009/xmlenc11#mgf1sha1")),
        ("a mask by SHA-512", base.replace(MASK, "http://www.w3.org/2009/xmlenc11#mgf1sha512")),
        ("a digest by SHA-1", base.replace(DIGEST, "http://www.w3.org/2000/09/xmldsig#sha1")),
        ("a digest by MD5", base.replace(DIGEST, "http://www.w3.org/2001/04/xmldsig-more#md5")),
        ("no mask, which is one by SHA-1", base.without(&mask)),
        ("two masks", base.twice(&mask)),
        ("a mask by the older name", base.replace("http://www.w3.org/2009/xmlenc11#rsa-oaep", OAEP)),
        ("a parameter that is not known", base.after(&mask, "<x xmlns=\"urn:evil\"/>")),
    ] {
        suite.refused("E07", format!("OAEP with SHA-256, {what}"), doc, code);
    }
}

/// References to keys: one may name a key that lies right beside, and none is followed from there.
fn references(suite: &mut Suite, base: &Doc) {
    const TYPE: &str = "Type=\"http://www.w3.org/2001/04/xmlenc#EncryptedKey\"";
    suite.accepted("E09", "a reference to the key beside it", base.clone());
    let reference = base.part("<ds:RetrievalMethod ", "/>");
    let named = |id: &str, uri: &str| format!("<ds:RetrievalMethod Id=\"{id}\" {TYPE} URI=\"{uri}\"/>");
    // What leads back to where it began, at a key that was found already: nobody who has it looks any
    // further.
    let info = |uri: &str| {
        let reference = format!("<ds:RetrievalMethod {TYPE} URI=\"{uri}\"/>");
        format!("<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{reference}</ds:KeyInfo>")
    };
    let behind_method = "</xenc:EncryptionMethod>";
    let to_itself = base.after(behind_method, &info("#encrypted-key"));
    suite.accepted("E09", "a key that refers to itself, which nobody follows", to_itself);
    let key = base.part("<xenc:EncryptedKey ", "</xenc:EncryptedKey>");
    let other = key.replace("Id=\"encrypted-key\"", "Id=\"other-key\"");
    let other = other.replace(behind_method, &format!("{behind_method}{}", info("#encrypted-key")));
    let each_other = base.after(behind_method, &info("#other-key")).after("</xenc:EncryptedKey>", &other);
    suite.accepted("E09", "two keys that refer to each other, which nobody follows", each_other);
    suite.twin("E09-a-reference-to-the-key-beside-it");
    let around = base.replace("<xenc:EncryptedData ", "<xenc:EncryptedData Id=\"around\" ");
    for (what, doc) in [
        ("to a key that is not there", base.replace("#encrypted-key", "#other")),
        ("to the web", base.replace("#encrypted-key", "http://evil.test/#encrypted-key")),
        ("to what it stands in", around.replace("#encrypted-key", "#around")),
        ("to itself", base.replace(&reference, &named("one", "#one"))),
        (
            "to one that refers back",
            base.replace(&reference, &format!("{}{}", named("one", "#two"), named("two", "#one"))),
        ),
        (
            "to one that refers to the key",
            base.replace(&reference, &format!("{}{}", named("one", "#two"), named("two", "#encrypted-key"))),
        ),
        ("of another type", base.replace(TYPE, "Type=\"http://www.w3.org/2000/09/xmldsig#X509Data\"")),
        (
            "with a transform",
            base.replace(
                &reference,
                &reference.replace("/>", "><ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/></ds:Transforms></ds:RetrievalMethod>"),
            ),
        ),
    ] {
        suite.refused("E09", format!("a reference {what}"), doc, "encryption.key_reference");
    }
}
