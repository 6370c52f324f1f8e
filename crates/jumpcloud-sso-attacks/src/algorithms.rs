//! Algorithms: A01 to A11.

use jumpcloud_sso::parts::saml_signature::SignatureAlgorithm;
use jumpcloud_sso_testkit::{JumpCloud, Sign};

use crate::case::{IDP, Setup, Suite};
use crate::doc::{Doc, idp, response};

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    allowed(suite);
    denied(suite);
    values(suite);
}

fn allowed(suite: &mut Suite) {
    let idp = idp();
    for algorithm in [
        SignatureAlgorithm::RsaSha256,
        SignatureAlgorithm::RsaSha384,
        SignatureAlgorithm::RsaSha512,
        SignatureAlgorithm::RsaPssSha256,
    ] {
        suite.accepted("A11", format!("{algorithm:?}"), Doc::of(&response(&idp).algorithm(algorithm)));
    }
    for (what, key, certificate) in [
        (
            "P-256",
            include_str!("../../jumpcloud-sso-testkit/data/ec-p256.key.pem"),
            include_str!("../../jumpcloud-sso-testkit/data/ec-p256.crt.pem"),
        ),
        (
            "Ed25519",
            include_str!("../../jumpcloud-sso-testkit/data/ed25519.key.pem"),
            include_str!("../../jumpcloud-sso-testkit/data/ed25519.crt.pem"),
        ),
    ] {
        let idp = JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, key, certificate)
            .expect("an identity provider");
        let signed = Doc::of(&response(&idp));
        suite.setup(Setup { certificates: vec![certificate.to_owned()], ..Setup::default() });
        suite.accepted("A11", format!("a key of {what}"), signed.clone());
        let id = if what == "P-256" { "A08" } else { "A10" };
        let value = signed.part("<ds:SignatureValue>", "</ds:SignatureValue>");
        for (how, text, code) in [
            ("cut", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), "signature.untrusted_key"),
            ("all zeros", format!("{}==", "A".repeat(86)), "signature.untrusted_key"),
            ("all ones", format!("{}w==", "/".repeat(85)), "signature.untrusted_key"),
            ("with a byte in front", format!("AA{}", value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>").trim_end_matches('=')), "signature.untrusted_key"),
            ("in the form of ASN.1", "MEQCIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ==".to_owned(), "signature.untrusted_key"),
        ] {
            let id = if how == "all zeros" && what == "P-256" { "A09" } else { id };
            let doc = signed.replace(&value, &format!("<ds:SignatureValue>{text}</ds:SignatureValue>"));
            suite.refused(id, format!("a signature of {what}, {how}"), doc, code);
        }
        suite.usual_setup();
    }
}

fn denied(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    for (id, what, uri, code) in [
        ("A01", "HMAC with SHA-1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "algorithm.hmac_refused"),
        (
            "A01",
            "HMAC with SHA-256",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "algorithm.hmac_refused",
        ),
        (
            "A01",
            "HMAC with SHA-512",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
            "algorithm.hmac_refused",
        ),
        ("A03", "RSA with SHA-1", "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "algorithm.sha1_refused"),
        ("A03", "RSA with MD5", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "algorithm.weak"),
        ("A03", "RSA with RIPEMD", "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160", "algorithm.weak"),
        ("A03", "RSA with SHA-224", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224", "algorithm.weak"),
        ("A03", "DSA", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "algorithm.sha1_refused"),
        (
            "A03",
            "ECDSA with SHA-1",
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
            "algorithm.sha1_refused",
        ),
        ("A10", "Ed25519ph", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519ph", "algorithm.unknown"),
        ("A10", "Ed25519ctx", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519ctx", "algorithm.unknown"),
        ("A10", "Ed448", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", "algorithm.unknown"),
        (
            "A07",
            "RSA-PSS with parameters",
            "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
            "algorithm.parameters",
        ),
        ("A04", "an unknown one", "urn:evil", "algorithm.unknown"),
        ("A04", "an empty one", "", "algorithm.unknown"),
        ("A04", "another case", "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256", "algorithm.unknown"),
        ("A04", "a space behind", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ", "algorithm.unknown"),
        ("A04", "https", "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "algorithm.unknown"),
    ] {
        suite.refused(id, format!("the signature by {what}"), base.replace(RSA_SHA256, uri), code);
    }
    for (id, what, uri, code) in [
        ("A03", "SHA-1", "http://www.w3.org/2000/09/xmldsig#sha1", "algorithm.sha1_refused"),
        ("A03", "MD5", "http://www.w3.org/2001/04/xmldsig-more#md5", "algorithm.weak"),
        ("A03", "SHA-224", "http://www.w3.org/2001/04/xmldsig-more#sha224", "algorithm.weak"),
        ("A03", "RIPEMD", "http://www.w3.org/2001/04/xmlenc#ripemd160", "algorithm.weak"),
        ("A04", "an unknown one", "urn:evil", "algorithm.unknown"),
        ("A04", "an empty one", "", "algorithm.unknown"),
        ("A04", "another case", "http://www.w3.org/2001/04/xmlenc#SHA256", "algorithm.unknown"),
    ] {
        suite.refused(id, format!("the digest by {what}"), base.replace(SHA256, uri), code);
    }
    let strong = base.replace(RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512");
    suite.refused(
        "A05",
        "a strong signature over a weak digest",
        strong.replace(SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        "algorithm.sha1_refused",
    );
    let method = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>");
    let filled = |inside: &str| {
        base.replace(&method, &method.replace("/>", &format!(">{inside}</ds:SignatureMethod>")))
    };
    for (id, what, inside) in [
        ("A02", "an HMAC of no bits", "<ds:HMACOutputLength>0</ds:HMACOutputLength>"),
        ("A02", "an HMAC of eight bits", "<ds:HMACOutputLength>8</ds:HMACOutputLength>"),
        ("A02", "an HMAC of forty bits", "<ds:HMACOutputLength>40</ds:HMACOutputLength>"),
        (
            "A07",
            "parameters of RSA-PSS",
            "<p:RSAPSSParams xmlns:p=\"http://www.w3.org/2007/05/xmldsig-more#\"><p:SaltLength>0</p:SaltLength></p:RSAPSSParams>",
        ),
    ] {
        suite.refused(id, what, filled(inside), "algorithm.parameters");
    }
    let twice = base
        .replace(&method, &format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\" Algorithm=\"urn:x\"/>"));
    suite.refused("A04", "two algorithms", twice, "xml.duplicate_attribute");
    suite.refused(
        "A04",
        "no algorithm",
        base.replace(&method, "<ds:SignatureMethod/>"),
        "signature.malformed",
    );
}

fn values(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let value = base.part("<ds:SignatureValue>", "</ds:SignatureValue>");
    let with = |text: &str| base.replace(&value, &format!("<ds:SignatureValue>{text}</ds:SignatureValue>"));
    for (what, text) in [
        ("zero", format!("{}A==", "A".repeat(341))),
        ("one", format!("{}Q==", "A".repeat(341))),
        ("all ones", format!("{}w==", "/".repeat(341))),
        ("one byte", "AA==".to_owned()),
        ("a byte too many", format!("{}=", "A".repeat(343))),
        ("a byte too few", "A".repeat(340)),
    ] {
        suite.refused("A06", format!("a signature by RSA: {what}"), with(&text), "signature.untrusted_key");
    }
}
