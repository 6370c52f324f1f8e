//! Algorithms: A01 to A11.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_signature::{DigestAlgorithm, SignatureAlgorithm};
use jumpcloud_sso_testkit::{JumpCloud, Sign, data, keys};

use crate::case::{IDP, Setup, Suite};
use crate::doc::{ASSERTION, Doc, idp, response};

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// What `openssl dgst -sha1 -sign` makes of the canonical form of SignedInfo with the pinned key.
const SIGNED_BY_SHA1: &str = include_str!("../data/rsa-sha1.txt").trim_ascii();

/// The SHA-256 of the canonical form of SignedInfo that these are of.
const BLOCKS_OF: &str = "CoNb0TPkCqL7kYCHhfp9sdhNgadkm7jVUqZ9OL4j0gg=";
/// What the pinned key makes (RSASP1, RFC 8017 §5.2.1) of blocks that are nearly those of PKCS #1 v1.5 (§9.2)
/// with that hash. No library makes them: they were calculated with the numbers of the key.
const BLOCKS: [(&str, &str); 9] = [
    (
        "bytes behind the hash",
        "m/ZcPbcrK+kFQ7uKDJgVF7nesJG1eCfQrzvgovs5FadGVDAAIYtWdV7trnZTWwcx3oEHrEBu//aA48YR2C3NYGoWEXqvj19H61aFwfACX1aXoxFYW6kQeWLcGqkqf7HLhmzXPeJjsnsOLo2X3ToE6zi3U+4jndC/MI5EPZl7gSu0uEXw/6sWx/BweIvVFFu2Px7N6Rj9Zf8jRFZnd+NVsjSOce4HZEjhd3hBP7EbBuIVB8tRNKGDBZK777+XA+QqIq46sWGT4Hh4r6Czc+ghrucD94s50BdmXVF4Ygzb0SUEZtuiBv/HJVS1UebsP1hflG457CiUXfy1aUEjop1Z6w==",
    ),
    (
        "bytes in the parameters of the hash",
        "Yig1nzcmcprqfJA8wPywAr6Zzga8H+fyCV134lwy9m6U0ahEVPp8anbkNx8T74d2iyBQNwhib3nOAMK7qZwgVEVUVMIVdNA+iNromfeckTB0z65/Sck/KO5E0vDJkZNf2t0ojtb8Y/0nBzd/6rZHS6ij07bIOLvtM+10uNKV61y6VdpP4lrWz+T1OpBwmL2yG6Laq7KVmEe2RIIbGl0bSJomhEo2ynr+ALxeb2l1Gf8kB3WyXm02N52CDWSEQtQcueUk1CjdA1SBnWMm/GFS7UrOrV6D82N/ymvzFgK+y3gXiQoYzuqStF/TPWN1mu5Y+ub4S2aeAuPoettSjHVC7Q==",
    ),
    (
        "no parameters of the hash",
        "cWZQAUzaQ/n0nv68fpU7iMO2d7MBampav/x7/Y3Y1xLwrRb3R328jWTo14DLERFrvSiT/cGTG7zPYvQ7pijxbueYqSKEIEXkebR34RuqKO9YJE3hTpts5dXLxtTWRclKHlGZiGI7Sh0MFz7ZK/u/isrSvwzHXQI77bRAaYfH4y6uYK34G/+tWX0UQW8gAVRCUD0z575SWOMbbPyeSZWe+LMRQkWZtHrcVBYSfHQELDUDrVC7we1Xn40df05q3E9OT9YXBqUqFVxvRlIZ/Y6vxKYxRNrg0OHXP3I6BnQdU5Whb4wbUYfTXVFY3ipeMOLZbCqPgmKABe2nMAfbaflkbA==",
    ),
    (
        "a length in the long form",
        "PgWEEzH7rSTjy5CNwRHr6Hf5Vwk+JHYXB7qi91DZsbXegNC6Cc5M+N+jCnK9v5wQSjfAchSJj3XOBi67mW55H3yFnpweeViwZwd01aRw4efvR4xCDawKPE0VmZgDwxlevAd1FoYRYMpsTeHU7Q1ltX2gkLHtxOXUY//CktSA/vFVoJcm73uC8CUSXlSg7K06l+MriKFIWShFcRiLklKcNEvlCXMsHGqS5GU/mNmbCr7gW0wTIBHVm1dhYWbi2ZBeiaD6HkCkvBaL2AUL2KSX5WG/lsxEKuCpTCWc/XEv3kGt4aoKLRjC7XI5b+4pBbZU8sxE1YKtbOo/IMNklJXINQ==",
    ),
    (
        "the name of another hash",
        "DsxxnZLu3pB3+xUhl9jWE+C7Nn1+BtHNyR2lomk1bqRNzzpOJJqYyA2iciazn1ow8iWupMqFUiHYP9T+kKGQUCRo/huufpcS/bL1rgL8e57egzwQI23I6fwvN3fYcyfe/vO2XGMSldJEsLMSzmaP0dT6dXTvpPS1lFyISq/D9eLAg724ynhjFSemgxI5IOmBWeX2XWrMA1H9ARrLcMKLICaqxGwAmRGFzIzsxI8fnTV+CwF/YZTzJifCZsv9GFc4xtFz6XMVtl71rkf0ZcgT/CsCdAcV0aXG0OkRRyFidYN5+1eQ5OGPVwjelkTqB+LiqnaX6sYRxR9UYP83FRp00w==",
    ),
    (
        "the hash without its name",
        "jogAK4otabAVbxly2fQtWd2YeUTuaLNpNM1n3e53TzZcJPCUtoCpJBqaZm8RKQ3XciU14EKnH5ivF6iqj//0CLgWCN5vfazag03Y+8r+L4/O8fTpSk8X3Jq+83cEtUIi+zfCDGQXjgYXbnda56zuuds5wQCnIbzLTjcFoJvTqA3w6a/FcguqXShmPGxgeiuP43VxqNlfq1JLpTDUJfneRSxTSpWRVYNpiMBog6E7l0tZG/owkbVpnmTwCAddP6cB9/2AuA9hTM+OOXVXuMLeKPhNpy1PMx9sVUuldNnyh1QBT8ZjX4nS0M8DEMIbOopPI0ZxotNbpqfLUM7rgFVBwQ==",
    ),
    (
        "the padding of an encryption",
        "cr7/s2h/TYOR7QPi4AlkPS0egzQua4YmmVZHZd3XE+FDjX/e+pbmhxWziU4RThP4fPBImhXXOqycxfqGSy8zcjIGjeJc72FulPlYVxZXm0B1mbWXyNYV8qsp5jK1wujqjinzYc4HHmumHNnpKnu+wdJxr/DJtGOF/fMbHJe5KymAiC8InRnRpbqqUa4ffFm+2FQXdohr8i/Qq5JVcC5u70w0VNtGBlB7F+63HMC3CWnDQARofc08I4rmviR66EcQM/F7Tw5YvC4b4GRKpv+Ym0F4k9LRSFYiDf4fz91sgG3k2ggkQJq4P8KXzihzVI3v8dFP2kA/0wEGkypq28+Xrw==",
    ),
    (
        "padding by zeros",
        "oA/odEi64+T9xAQQREdVBwuXoBP67vqHeU2lPgHHXWlm9fjLbxCV9j7uyiVFg051ZyfqyfzY6BUimc01+QTUZjJO66EOaG0WE9f+ioswbq5lZ/LOmp5XlO3JYKGWfZ+MOn+StaLMI0SmhyDTusEArdRgjjjxJt2PP8piFY80yTg6y6agZuv+LIDGjy6GMxF1pw1HgdOCZNgiLG7ZrOCCnhdKCurGjX58PLcIbTP2ewkcj0MpdpM8UJwn2wG3K9RehrRP0ja+09zbqDedOVi4hGIP+IayfiyWCN4lTb+EIi2aNeRD/4dKbQ1m2OBxY57P9Xw+781wevdoWJv/3eCcfA==",
    ),
    (
        "padding by other bytes",
        "F4hEdoO39rWizbWYW6GuYPDDZKURF1cqwGfE8qCB2fkN1i6vV337uliE4fb0My4TyDTSV5QIxT/tCI7fP+jRkI0q+4A9GvUm+tMfw54uWBLbKXW9nYHwl+g4BwFCTpybVmn3g6TkxTvrUnoE1fdspJyLGhqTbnTDv1n6xbqC/VcZZGWv0WbRchh2QFy9OL8SQU0xeAC/ISur7ie+rdUD7dJXkf+sEhPsKdVP1zJTA1Na+Z+/FYIJ7c4JmY/+WcpUSeS1oYJesmrNQJdvSwzcpG9lZrOK94s13aD/UUSxb5/RyKPBOUl+JQdtmpCf70aTN9WZ6oLR53vH0vKY34aCsg==",
    ),
];

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    allowed(suite);
    agreed(suite);
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
        ("P-256", data("ec-p256.key.pem"), data("ec-p256.crt.pem")),
        ("Ed25519", data("ed25519.key.pem"), data("ed25519.crt.pem")),
    ] {
        let idp = JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, key, certificate)
            .expect("an identity provider");
        let signed = Doc::of(&response(&idp));
        suite.setup(Setup { certificates: vec![certificate.to_owned()], ..Setup::default() });
        suite.accepted("A11", format!("a key of {what}"), signed.clone());
        let id = if what == "P-256" { "A08" } else { "A10" };
        let value = signed.value();
        let (first, second) = value.split_at(32);
        suite.twin(if what == "P-256" { "A11-a-key-of-p-256" } else { "A11-a-key-of-ed25519" });
        for (how, changed) in [
            ("cut", first.to_vec()),
            ("all zeros", vec![0; 64]),
            ("all ones", vec![0xff; 64]),
            ("with a byte in front", [&[0], &*value].concat()),
            ("with a byte behind", [&*value, &[0]].concat()),
            ("with a byte in front of each number", [&[0], first, &[0], second].concat()),
            ("in the form of ASN.1", der(first, second)),
            ("with the numbers changed round", [second, first].concat()),
            ("with a first number of zero", [&[0; 32], second].concat()),
            ("with a second number of zero", [first, &[0; 32]].concat()),
            ("with the order for the first number", [&ORDER, second].concat()),
            ("with the order for the second number", [first, &ORDER].concat()),
        ] {
            let out_of_range = how.contains("zero") || how.contains("order");
            // The order is that of P-256.
            let (is_ec, is_order) = (what == "P-256", how.contains("order"));
            if is_ec || !is_order {
                let id = if out_of_range && is_ec { "A09" } else { id };
                let doc = signed.with_value("SignatureValue", &changed);
                suite.refused(id, format!("a signature of {what}, {how}"), doc, "signature.untrusted_key");
            }
        }
        if what == "P-256" {
            // The other number that fits as well: no second login, for what is signed is the same.
            let other = [first, &difference(&ORDER, second)].concat();
            let doc = signed.with_value("SignatureValue", &other);
            suite.accepted("A09", "a signature of P-256, with the other second number", doc);
        } else {
            // RFC 8032 §5.1.7: the second number is below the order, or there would be several values for one
            // signature.
            let other = [first, &sum(second, &EDWARDS_ORDER)].concat();
            let doc = signed.with_value("SignatureValue", &other);
            let what = "a signature of Ed25519, with the order added to the second number";
            suite.refused("A10", what, doc, "signature.untrusted_key");
        }
        suite.twin("G01-signed-assertion");
        suite.usual_setup();
    }
}

/// A key may make signatures by several algorithms; what is agreed on may be fewer.
fn agreed(suite: &mut Suite) {
    let idp = idp();
    for (agreed, found) in [
        (SignatureAlgorithm::RsaSha512, SignatureAlgorithm::RsaSha256),
        (SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaPssSha256),
    ] {
        suite.setup(Setup { algorithms: Some(vec![agreed]), ..Setup::default() });
        let accepted = format!("{agreed:?}, agreed on instead of {found:?}");
        suite.accepted("A11", accepted, Doc::of(&response(&idp).algorithm(agreed)));
        suite.twin(match (agreed, found) {
            (SignatureAlgorithm::RsaSha512, _) => "A11-rsasha512-agreed-on-instead-of-rsasha256",
            _ => "A11-rsasha256-agreed-on-instead-of-rsapsssha256",
        });
        let doc = Doc::of(&response(&idp).algorithm(found));
        suite.refused(
            "A11",
            format!("{found:?}, where {agreed:?} is agreed on"),
            doc,
            "algorithm.not_allowed",
        );
    }
    suite.usual_setup();
    suite.twin("G01-signed-assertion");
}

/// The order of the group of P-256 (SEC 2, §2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of the base point of Ed25519, 2^252 + 27742317777372353535851937790883648493, its lowest byte in
/// front as in its signatures (RFC 8032 §5.1).
const EDWARDS_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A sequence of two integers, as TLS and X.509 have signatures of ECDSA.
fn der(first: &[u8], second: &[u8]) -> Vec<u8> {
    let item = |tag: u8, bytes: Vec<u8>| {
        let length = u8::try_from(bytes.len()).expect("a short form");
        [vec![tag, length], bytes].concat()
    };
    let integer = |bytes: &[u8]| {
        let bytes = bytes.get(bytes.iter().take_while(|byte| **byte == 0).count()..).expect("a part");
        let is_high = bytes.first().is_some_and(|byte| *byte >= 0x80);
        item(2, [if is_high { vec![0] } else { Vec::new() }, bytes.to_vec()].concat())
    };
    item(0x30, [integer(first), integer(second)].concat())
}

/// `from` less `number`, both of as many bytes.
fn difference(from: &[u8], number: &[u8]) -> Vec<u8> {
    let mut borrowed = false;
    let bytes = from.iter().zip(number).rev().map(|(from, number)| {
        let (rest, first) = from.overflowing_sub(*number);
        let (rest, second) = rest.overflowing_sub(u8::from(borrowed));
        borrowed = first || second;
        rest
    });
    let mut bytes: Vec<_> = bytes.collect();
    bytes.reverse();
    bytes
}

/// Two numbers added up, both of as many bytes, the lowest in front.
fn sum(first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut carried = false;
    let bytes = first.iter().zip(second).map(|(first, second)| {
        let (sum, one) = first.overflowing_add(*second);
        let (sum, two) = sum.overflowing_add(u8::from(carried));
        carried = one || two;
        sum
    });
    bytes.collect()
}

/// What a careless verifier calculates that takes the key, which is public, for a secret.
fn hmac_under_public_key(uri: &str, message: &[u8]) -> Vec<u8> {
    let algorithm = match uri.rsplit('-').next() {
        Some("sha256") => hmac::HMAC_SHA256,
        Some("sha512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
    };
    let key = hmac::Key::new(algorithm, keys::OWN_CERTIFICATE.as_bytes());
    hmac::sign(&key, message).as_ref().to_vec()
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
        let named = base.replace(RSA_SHA256, uri);
        if id == "A01" {
            let doc = named.signed_by(|message| hmac_under_public_key(uri, message));
            suite.refused(id, format!("the signature by {what} under the certificate"), doc, code);
        } else if what == "RSA with SHA-1" {
            let doc = named.with_value("SignatureValue", &STANDARD.decode(SIGNED_BY_SHA1).expect("base64"));
            suite.refused(id, format!("the signature by {what}"), doc, code);
        } else {
            // What the key or the library cannot make is named only: the value is then one of RSA with
            // SHA-256, over a SignedInfo that names the other algorithm.
            let doc = named.signed_as_it_stands();
            suite.refused(id, format!("{what} said to be the algorithm of the signature"), doc, code);
        }
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
        // Where there is no such digest, or none that the library makes, it stays the one by SHA-256.
        let doc = base.replace(SHA256, uri).signed_over(ASSERTION);
        suite.refused(id, format!("{what} said to be the algorithm of the digest"), doc, code);
    }
    let strong = base.replace(RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512");
    suite.refused(
        "A05",
        "a strong signature over a weak digest",
        strong.replace(SHA256, "http://www.w3.org/2000/09/xmldsig#sha1").signed_over(ASSERTION),
        "algorithm.sha1_refused",
    );
    let method = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>");
    let filled = |inside: &str| {
        base.replace(&method, &method.replace("/>", &format!(">{inside}</ds:SignatureMethod>")))
    };
    for bits in [0_usize, 8, 40] {
        let uri = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
        let length = format!(
            "<ds:SignatureMethod Algorithm=\"{uri}\"><ds:HMACOutputLength>{bits}</ds:HMACOutputLength></ds:SignatureMethod>"
        );
        let doc = base.replace(&method, &length).signed_by(|message| {
            let whole = hmac_under_public_key(uri, message);
            // No value at all would be refused for that.
            whole.into_iter().take((bits / 8).max(1)).collect()
        });
        let what = format!("an HMAC under the certificate, cut to {bits} bits");
        suite.refused("A02", what, doc, "algorithm.hmac_refused");
    }
    for (id, what, inside) in [
        ("A02", "RSA with the length of an HMAC of no bits", "<ds:HMACOutputLength>0</ds:HMACOutputLength>"),
        (
            "A02",
            "RSA with the length of an HMAC of eight bits",
            "<ds:HMACOutputLength>8</ds:HMACOutputLength>",
        ),
        (
            "A02",
            "RSA with the length of an HMAC of forty bits",
            "<ds:HMACOutputLength>40</ds:HMACOutputLength>",
        ),
        (
            "A07",
            "parameters of RSA-PSS",
            "<p:RSAPSSParams xmlns:p=\"http://www.w3.org/2007/05/xmldsig-more#\"><p:SaltLength>0</p:SaltLength></p:RSAPSSParams>",
        ),
    ] {
        suite.refused(id, what, filled(inside).signed_as_it_stands(), "algorithm.parameters");
    }
    let twice = base
        .replace(&method, &format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\" Algorithm=\"urn:x\"/>"));
    suite.refused("A04", "two algorithms", twice, "xml.duplicate_attribute");
    suite.refused(
        "A04",
        "no algorithm",
        base.replace(&method, "<ds:SignatureMethod/>").signed_as_it_stands(),
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
    for (what, block) in BLOCKS {
        let doc = base.signed_by(|message| {
            let digest = DigestAlgorithm::Sha256.digest(message);
            assert_eq!(STANDARD.encode(digest.as_ref()), BLOCKS_OF, "the blocks are of another SignedInfo");
            STANDARD.decode(block).expect("base64")
        });
        suite.refused("A06", format!("a block of RSA: {what}"), doc, "signature.untrusted_key");
    }
}
