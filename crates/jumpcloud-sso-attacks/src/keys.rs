//! Keys and certificates: K01 to K17.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_signature::{SignatureAlgorithm, SigningKey};
use jumpcloud_sso_testkit::{JumpCloud, Sign, data, keys};

use crate::case::{IDP, Setup, Suite};
use crate::doc::{ASSERTION, Doc, RESPONSE, response, sign_with};

const URL: &str = "https://sso.jumpcloud.com/saml2/acme";

fn pinned(certificates: &[&str]) -> Setup {
    Setup { certificates: certificates.iter().map(ToString::to_string).collect(), ..Setup::default() }
}

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    foreign_keys(suite);
    key_info(suite);
    pinned_certificates(suite);
    encodings(suite);
    kinds(suite);
    chains(suite);
    points_of_small_order(suite);
    moduli(suite);
}

fn foreign_keys(suite: &mut Suite) {
    for (id, key, certificate) in [
        ("ASSERTION", keys::OTHER_KEY, keys::OTHER_CERTIFICATE),
        ("RESPONSE", keys::OTHER_KEY, keys::OTHER_CERTIFICATE),
    ] {
        let signed = sign_with(Doc::unsigned().as_str(), id, key, certificate);
        suite.refused(
            "K01",
            format!("signed by an own key, with its certificate: {id}"),
            signed,
            "signature.untrusted_key",
        );
        let claimed = sign_with(Doc::unsigned().as_str(), id, key, keys::OWN_CERTIFICATE);
        suite.refused(
            "K03",
            format!("signed by an own key, with the trusted certificate beside it: {id}"),
            claimed,
            "signature.untrusted_key",
        );
    }
    let tenant = JumpCloud::with_key(URL, IDP, keys::OTHER_KEY, keys::OTHER_CERTIFICATE)
        .expect("an identity provider");
    suite.refused(
        "K14",
        "signed by another organization's identity provider",
        Doc::of(&response(&tenant)),
        "signature.untrusted_key",
    );
    let both = sign_with(
        &sign_with(Doc::unsigned().as_str(), ASSERTION, keys::OWN_KEY, keys::OWN_CERTIFICATE),
        RESPONSE,
        keys::OTHER_KEY,
        keys::OTHER_CERTIFICATE,
    );
    suite.refused(
        "K01",
        "a trusted assertion in a Response signed by another key",
        both,
        "signature.untrusted_key",
    );
}

/// The numbers of an RSA key of 2048 bits with a usual exponent, at the end of its DER form (RFC 8017
/// §A.1.1).
fn rsa_key_value(public_key_der: &[u8]) -> String {
    let (rest, exponent) = public_key_der.split_last_chunk::<3>().expect("an exponent");
    let (rest, head) = rest.split_last_chunk::<2>().expect("the head of the exponent");
    assert_eq!((head, exponent), (&[2, 3], &[1, 0, 1]), "another exponent");
    let (_, modulus) = rest.split_last_chunk::<256>().expect("a modulus");
    format!(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>{}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
        STANDARD.encode(modulus),
        STANDARD.encode(exponent)
    )
}

/// What an attacker writes into KeyInfo decides nothing.
fn key_info(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let foreign =
        Doc::text(sign_with(Doc::unsigned().as_str(), ASSERTION, keys::OTHER_KEY, keys::OTHER_CERTIFICATE));
    // The key that has made the other signature: whoever takes the key from here finds that signature good.
    let attacker = Certificate::parse(keys::OTHER_CERTIFICATE.as_bytes()).expect("a certificate");
    let bare = rsa_key_value(attacker.public_key_der());
    let encoded = format!(
        "<d:DEREncodedKeyValue xmlns:d=\"http://www.w3.org/2009/xmldsig11#\">{}</d:DEREncodedKeyValue>",
        STANDARD.encode(attacker.public_key_der())
    );
    for (id, what, inside) in [
        ("K02", "a bare RSA key", bare.as_str()),
        ("K02", "an encoded key", encoded.as_str()),
        (
            "K05",
            "an issuer and a serial number",
            "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>",
        ),
        ("K05", "an identifier of a key", "<ds:X509Data><ds:X509SKI>AAAA</ds:X509SKI></ds:X509Data>"),
        (
            "K05",
            "the name of a subject",
            "<ds:X509Data><ds:X509SubjectName>CN=x</ds:X509SubjectName></ds:X509Data>",
        ),
        ("K06", "a path for a name", "<ds:KeyName>../../etc/passwd</ds:KeyName>"),
        ("K06", "an injection for a name", "<ds:KeyName>x' OR '1'='1</ds:KeyName>"),
    ] {
        let of = |doc: &Doc| {
            doc.replace(
                &doc.part("<ds:KeyInfo>", "</ds:KeyInfo>"),
                &format!("<ds:KeyInfo>{inside}</ds:KeyInfo>"),
            )
        };
        suite.accepted(id, format!("{what}, beside a good signature"), of(&base));
        suite.refused(
            id,
            format!("{what}, beside a signature by another key"),
            of(&foreign),
            "signature.untrusted_key",
        );
    }
    let none = base.without(&base.part("<ds:KeyInfo>", "</ds:KeyInfo>"));
    suite.accepted("K05", "no KeyInfo at all", none);
    for (what, inside) in [
        ("a web address", "<ds:RetrievalMethod URI=\"http://evil.test/key\"/>"),
        ("a file", "<ds:RetrievalMethod URI=\"file:///etc/passwd\"/>"),
        ("itself", "<ds:RetrievalMethod URI=\"#x\" Id=\"x\"/>"),
        (
            "a reference of version 1.1",
            "<d:KeyInfoReference xmlns:d=\"http://www.w3.org/2009/xmldsig11#\" URI=\"#x\"/>",
        ),
        ("a deeper one", "<ds:X509Data><x><ds:RetrievalMethod URI=\"#x\"/></x></ds:X509Data>"),
    ] {
        let doc = base.replace(
            &base.part("<ds:KeyInfo>", "</ds:KeyInfo>"),
            &format!("<ds:KeyInfo>{inside}</ds:KeyInfo>"),
        );
        suite.refused("K04", format!("a key to be fetched: {what}"), doc, "signature.key_info");
    }
}

fn pinned_certificates(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    suite.setup(pinned(&[]));
    suite.refused("K07", "no certificate pinned", signed.clone(), "config.no_certificate");
    suite.setup(pinned(&[keys::OWN_KEY]));
    suite.refused("K07", "a private key pinned", signed.clone(), "certificate.private_key");
    for (what, weak) in [
        ("RSA of 1024 bits", data("rsa1024.crt.pem")),
        ("RSA of 1024 bits beside a good one", data("rsa1024.crt.pem")),
    ] {
        suite.setup(if what.contains("beside") {
            pinned(&[keys::OWN_CERTIFICATE, weak])
        } else {
            pinned(&[weak])
        });
        suite.refused("K09", format!("pinned: {what}"), signed.clone(), "certificate.weak_key");
    }
    suite.setup(pinned(&[keys::OWN_CERTIFICATE, keys::OTHER_CERTIFICATE]));
    suite.accepted("K13", "two pinned, signed by the first", signed.clone());
    let second = sign_with(Doc::unsigned().as_str(), ASSERTION, keys::OTHER_KEY, keys::OTHER_CERTIFICATE);
    suite.accepted("K13", "two pinned, signed by the second", second.clone());
    suite.twin("K13-two-pinned-signed-by-the-second");
    suite.usual_setup();
    suite.refused("K13", "signed by one that was retired", second, "signature.untrusted_key");
    suite.twin("G01-signed-assertion");
    let five = [
        keys::OWN_CERTIFICATE,
        keys::OTHER_CERTIFICATE,
        keys::JUMPCLOUD_CERTIFICATE,
        keys::SERVICE_CERTIFICATE,
        data("ec-p256.crt.pem"),
    ];
    suite.setup(pinned(&five));
    suite.refused("D08", "five certificates pinned", signed, "limit.certificates");
    suite.setup(pinned(&[keys::OWN_CERTIFICATE, data("rsa8192.crt.pem")]));
    suite.accepted("D09", "RSA of 8192 bits pinned beside the other one", Doc::signed(Sign::Assertion));
    suite.twin("D09-rsa-of-8192-bits-pinned-beside-the-other-one");
    suite.setup(pinned(&[keys::OWN_CERTIFICATE, data("rsa8200.crt.pem")]));
    suite.refused(
        "D09",
        "RSA of 8200 bits pinned beside the other one",
        Doc::signed(Sign::Assertion),
        "certificate.weak_key",
    );
    suite.twin("G01-signed-assertion");
    let jumpcloud = JumpCloud::new(URL, IDP).expect("an identity provider");
    let own = Doc::of(&response(&jumpcloud));
    suite.setup(pinned(&[keys::JUMPCLOUD_CERTIFICATE_EXPIRED]));
    suite.accepted("K10", "the pinned certificate has expired: its key decides", own.clone());
    suite.setup(pinned(&[keys::JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS]));
    suite.accepted("K11", "a certificate of 2021, self-signed: its key decides", own.clone());
    suite.setup(pinned(&[keys::JUMPCLOUD_CERTIFICATE]));
    suite.accepted("K03", "signed by the key of the certificate that is cloned below", own.clone());
    suite.twin("K03-signed-by-the-key-of-the-certificate-that-is-cloned-below");
    let (key, certificate) = (data("cloned-rsa4096.key.pem"), data("cloned-rsa4096.crt.pem"));
    for id in [ASSERTION, RESPONSE] {
        suite.refused(
            "K03",
            format!("signed by an own key, with a certificate of the same names and number: {id}"),
            sign_with(Doc::unsigned().as_str(), id, key, certificate),
            "signature.untrusted_key",
        );
    }
    suite.usual_setup();
    suite.twin("G01-signed-assertion");
    suite.refused(
        "K11",
        "a certificate of the same product: its key decides",
        own,
        "signature.untrusted_key",
    );
    // Issued by `openssl x509 -req -CA` with the pinned certificate and its key, to the holder of another
    // one.
    let issued = include_str!("../data/issued-by-rsa2048.crt.pem");
    for id in [ASSERTION, RESPONSE] {
        suite.refused(
            "K11",
            format!("signed by a key whose certificate the pinned key has issued: {id}"),
            sign_with(Doc::unsigned().as_str(), id, keys::OTHER_KEY, issued),
            "signature.untrusted_key",
        );
    }
}

/// One key in several encodings: where keys are compared by their bytes, each of them is a key of its own.
fn encodings(suite: &mut Suite) {
    let (rsa, p256, p384) = (keys::OWN_CERTIFICATE, data("ec-p256.crt.pem"), data("ec-p384.crt.pem"));
    let rsa_forms = [("without parameters", data("rsa2048-no-null.crt.pem"))];
    let p256_forms = [
        ("as a compressed point", data("ec-p256-compressed.crt.pem")),
        ("as a hybrid point", data("ec-p256-hybrid.crt.pem")),
    ];
    let p384_forms = [
        ("as a compressed point", data("ec-p384-compressed.crt.pem")),
        ("as a hybrid point", data("ec-p384-hybrid.crt.pem")),
    ];
    for (kind, control, key, standard, forms) in [
        ("RSA", "K09-pinned-a-key-of-rsa", keys::OWN_KEY, rsa, &rsa_forms[..]),
        ("P-256", "K09-pinned-a-key-of-p-256", data("ec-p256.key.pem"), p256, &p256_forms),
        ("P-384", "K09-pinned-a-key-of-p-384", data("ec-p384.key.pem"), p384, &p384_forms),
    ] {
        let signed = || Doc::text(sign_with(Doc::unsigned().as_str(), ASSERTION, key, standard));
        suite.setup(pinned(&[standard]));
        suite.accepted("K09", format!("pinned: a key of {kind}"), signed());
        suite.twin(control);
        for (form, certificate) in forms {
            let what = format!("pinned: a key of {kind} {form}");
            suite.setup(pinned(&[certificate]));
            suite.refused("K09", what.clone(), signed(), "certificate.key_encoding");
            suite.setup(pinned(&[standard, certificate]));
            let what = format!("{what}, beside its standard encoding");
            suite.refused("K09", what, signed(), "certificate.key_encoding");
        }
    }
    suite.usual_setup();
    suite.twin("G01-signed-assertion");
}

/// Files that name more than one key: whoever has the authority's signs logins as well.
fn chains(suite: &mut Suite) {
    let leaf = data("chain-leaf.crt.pem");
    let (intermediate, root) = (data("chain-intermediate.crt.pem"), data("chain-root.crt.pem"));
    let by = |key: &str, certificate: &str| {
        Doc::text(sign_with(Doc::unsigned().as_str(), ASSERTION, key, certificate))
    };
    let (by_leaf, by_root) = (by(data("chain-leaf.key.pem"), leaf), by(data("chain-root.key.pem"), root));
    suite.setup(pinned(&[leaf]));
    suite.accepted("K16", "an authority issued the pinned certificate, whose key signed", by_leaf.clone());
    suite.twin("K16-an-authority-issued-the-pinned-certificate-whose-key-signed");
    suite.refused("K16", "the authority's key signed", by_root.clone(), "signature.untrusted_key");
    for (what, file) in [
        ("a chain", format!("{leaf}{intermediate}{root}")),
        ("a chain that begins with the authority", format!("{root}{intermediate}{leaf}")),
        ("the authority beside the leaf", format!("{leaf}{root}")),
        ("the leaf twice, and the authority", format!("{leaf}{root}{leaf}")),
        ("two identity providers", format!("{leaf}{}", keys::OWN_CERTIFICATE)),
    ] {
        suite.setup(pinned(&[&file]));
        suite.refused(
            "K16",
            format!("in one file {what}, signed by the leaf"),
            by_leaf.clone(),
            "key.several",
        );
        suite.refused(
            "K16",
            format!("in one file {what}, signed by the authority"),
            by_root.clone(),
            "key.several",
        );
    }
    // A certificate that was renewed is of the same key.
    let both = format!("{}{}", keys::JUMPCLOUD_CERTIFICATE_EXPIRED, keys::JUMPCLOUD_CERTIFICATE);
    suite.setup(pinned(&[&both]));
    let jumpcloud = JumpCloud::new(URL, IDP).expect("an identity provider");
    suite.accepted("K16", "in one file two certificates of one key", Doc::of(&response(&jumpcloud)));
    // Two files name two keys: whoever pins the authority on purpose can.
    suite.setup(pinned(&[leaf, root]));
    suite.accepted("K16", "in two files the leaf and the authority, signed by the authority", by_root);
    suite.usual_setup();
    suite.twin("G01-signed-assertion");
}

/// A certificate with other bytes in the place of its key. Nobody looks at the certificate's own signature.
fn with_key(pem: &str, length: usize, behind: usize, key: &[u8]) -> String {
    let certificate = Certificate::parse(pem.as_bytes()).expect("a certificate");
    let (der, public_key) = (certificate.der(), certificate.public_key_der());
    let (rest, _) = public_key.split_at(public_key.len() - behind);
    let (_, old) = rest.split_at(rest.len() - length);
    assert_eq!(old.len(), key.len(), "another length");
    let at = der.windows(old.len()).position(|bytes| bytes == old).expect("the key");
    let (head, tail) = der.split_at(at);
    let changed = [head, key, tail.split_at(length).1].concat();
    Certificate::parse(&changed).expect("a certificate").to_pem()
}

/// Under these keys of Ed25519 one of a few fixed values is a good signature of any message.
fn points_of_small_order(suite: &mut Suite) {
    let (key, certificate) = (data("ed25519.key.pem"), data("ed25519.crt.pem"));
    // Zero, one, minus one and two more for y, with either sign of x where it is not zero (RFC 8032 §5.1.2).
    let order_8 = [
        "JuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/AU=",
        "JuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/IU=",
        "xxdqcD1N2E+6PAt2DRBnDyogU/osOczGTsf9d5KsA3o=",
        "xxdqcD1N2E+6PAt2DRBnDyogU/osOczGTsf9d5KsA/o=",
    ];
    let mut points: Vec<[u8; 32]> = order_8
        .iter()
        .map(|point| STANDARD.decode(point).expect("base64").try_into().expect("a point"))
        .collect();
    let with_ends = |first: u8, middle: u8, last: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    points.extend([
        with_ends(0, 0, 0),
        with_ends(0, 0, 0x80),
        with_ends(1, 0, 0),
        with_ends(0xec, 0xff, 0x7f),
    ]);
    suite.twin("A11-a-key-of-ed25519");
    for (number, point) in points.iter().enumerate() {
        let forged = forged_under(point, key, certificate);
        suite.setup(pinned(&[&with_key(certificate, 32, 0, point)]));
        let what = format!("pinned: an Ed25519 key of small order, number {}", number + 1);
        suite.refused("K15", what, forged, "certificate.weak_key");
    }
    suite.usual_setup();
    suite.twin("G01-signed-assertion");
}

/// An assertion with the signature that is good for one message in eight at least: the neutral element, and
/// zero.
fn forged_under(point: &[u8; 32], key: &str, certificate: &str) -> Doc {
    let mut signature = vec![0; 64];
    if let Some(first) = signature.first_mut() {
        *first = 1;
    }
    let verifies = UnparsedPublicKey::new(&ED25519, point);
    (0..1000)
        .find_map(|number| {
            let index = format!("SessionIndex=\"{number}\">");
            let base = Doc::unsigned();
            let base = base.replace(&base.part("SessionIndex=\"", "\">"), &index);
            let mut is_good = false;
            let forged =
                Doc::text(sign_with(base.as_str(), ASSERTION, key, certificate)).signed_by(|message| {
                    is_good = verifies.verify(message, &signature).is_ok();
                    signature.clone()
                });
            is_good.then_some(forged)
        })
        .expect("a message")
}

/// RSA keys whose private half anybody can compute.
fn moduli(suite: &mut Suite) {
    let (key, certificate) = (data("rsa2048-close-factors.key.pem"), data("rsa2048-close-factors.crt.pem"));
    suite.setup(pinned(&[certificate]));
    let signed = sign_with(Doc::unsigned().as_str(), ASSERTION, key, certificate);
    suite.refused(
        "K17",
        "pinned: an RSA modulus of two primes that are neighbours, signed by its key",
        signed,
        "certificate.weak_key",
    );
    let mut mersenne = [0xff; 256];
    suite.setup(pinned(&[&with_key(keys::OWN_CERTIFICATE, 256, 5, &mersenne)]));
    let own = Doc::signed(Sign::Assertion);
    suite.refused("K17", "pinned: an RSA modulus of 2048 ones", own.clone(), "certificate.weak_key");
    mersenne[255] = 0xfe;
    suite.setup(pinned(&[&with_key(keys::OWN_CERTIFICATE, 256, 5, &mersenne)]));
    suite.refused("K17", "pinned: an even RSA modulus", own.clone(), "certificate.weak_key");
    // 2^2047 + 9, and what is left of the pinned key's own modulus is zero but for its end.
    let mut sparse = [0; 256];
    (sparse[0], sparse[255]) = (0x80, 9);
    suite.setup(pinned(&[&with_key(keys::OWN_CERTIFICATE, 256, 5, &sparse)]));
    suite.refused("K17", "pinned: an RSA modulus that is mostly zeros", own.clone(), "certificate.weak_key");
    suite.setup(pinned(&[keys::OWN_CERTIFICATE, certificate]));
    suite.refused(
        "K17",
        "pinned beside a good one: an RSA modulus that anybody can factor",
        own,
        "certificate.weak_key",
    );
    suite.usual_setup();
}

/// An algorithm of another kind than the key.
fn kinds(suite: &mut Suite) {
    const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    for (what, uri) in [
        ("ECDSA", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        ("Ed25519", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
        ("RSA-PSS", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
        ("another hash", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    ] {
        let key = SigningKey::from_pem(keys::OWN_KEY).expect("a key");
        let doc = Doc::signed(Sign::Assertion)
            .replace(RSA, uri)
            .signed_by(|message| key.sign(SignatureAlgorithm::RsaSha256, message).expect("signed"));
        let code = if matches!(what, "ECDSA" | "Ed25519") {
            "algorithm.key_mismatch"
        } else {
            "signature.untrusted_key"
        };
        suite.refused("K12", format!("{what} said of a signature by RSA"), doc, code);
    }
}
