//! One operation on one document, to have its instructions counted: `growth OPERATION KIND KIBIBYTES`, where
//! OPERATION is `parse`, `canonicalize`, `verify` or `profile`, and KIND is what there is much of:
//! `attributes`, `namespaces`, `ids`, `elements`, `crowded` (elements of sixty attributes), `deep`,
//! `comments`, `cdata` or `text`. Counted is what [`measured`] does: `valgrind --tool=callgrind
//! --toggle-collect='*measured*' growth verify attributes 100`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measuring")]

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::{Expected, Parties, ResponseVerifier};
use jumpcloud_sso::parts::saml_signature::{SignOptions, SigningKey, TrustedKeys, sign};
use jumpcloud_sso::parts::saml_xml::{Document, Limits, PrefixList};
use jumpcloud_sso::{AcceptedAssertion, AttributeMap, Certificate};
use jumpcloud_sso_testkit::{JumpCloud, Sign, User, keys};

const URL: &str = "https://app.acme.test";

/// What the operations work on, each from where the one before it ends.
struct Prepared<'x> {
    xml: &'x str,
    document: Document<'x>,
    verifier: ResponseVerifier,
    accepted: AcceptedAssertion,
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().unwrap_or_default();
    let (operation, kind, size) = (argument(), argument(), argument());
    let xml = response(&kind, size.parse::<usize>().unwrap() * 1024);
    let verifier = ResponseVerifier::new(
        TrustedKeys::new([Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap()]).unwrap(),
    );
    let verified = verifier.verify(xml.as_bytes()).unwrap();
    let prepared = Prepared {
        xml: &xml,
        document: Document::parse(xml.as_bytes(), &Limits::default()).unwrap(),
        accepted: verified
            .accept(
                &Expected::unsolicited(Parties { idp_entity_id: URL, sp_entity_id: URL, acs_url: URL }),
                now(),
            )
            .unwrap(),
        verifier,
    };
    println!("{} bytes, {}", xml.len(), measured(&operation, &prepared));
}

/// What is counted.
#[inline(never)]
fn measured(operation: &str, prepared: &Prepared<'_>) -> usize {
    let Prepared { xml, document, verifier, accepted } = black_box(prepared);
    match operation {
        "parse" => Document::parse(xml.as_bytes(), &Limits::default()).unwrap().elements().count(),
        "canonicalize" => {
            let mut bytes = Vec::new();
            document.root().canonicalize(&PrefixList::default(), &mut bytes).unwrap();
            bytes.len()
        }
        "profile" => AttributeMap::default().profile(accepted).unwrap().attributes().len(),
        _ => usize::from(verifier.verify(xml.as_bytes()).is_ok()),
    }
}

/// A signed Response of about this many bytes.
fn response(kind: &str, bytes: usize) -> String {
    let idp = JumpCloud::with_key(URL, URL, keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap();
    let unsigned = idp.response(URL, URL, now()).user(&User::new("b@acme.test", "B", "J")).ids("R", "A");
    let unsigned = unsigned.sign(Sign::Nothing).build().unwrap();
    let piece = |number: usize| match kind {
        "attributes" => format!(
            "<saml2:Attribute Name=\"a{number}\"><saml2:AttributeValue>value</saml2:AttributeValue></saml2:Attribute>"
        ),
        "namespaces" => format!(
            "<saml2:Attribute Name=\"a\" xmlns:p{number}=\"urn:p\" xmlns:q=\"urn:q\" q:x=\"\"><saml2:AttributeValue/></saml2:Attribute>"
        ),
        "ids" => format!(
            "<saml2:Attribute Name=\"a\"><saml2:AttributeValue><x ID=\"i{number}\"/></saml2:AttributeValue></saml2:Attribute>"
        ),
        "deep" => format!(
            "<saml2:Attribute Name=\"a\"><saml2:AttributeValue>{}{}</saml2:AttributeValue></saml2:Attribute>",
            "<element>".repeat(50),
            "</element>".repeat(50)
        ),
        // Near the limit of nodes where it is near the limit of bytes.
        "elements" => "<an-element-x/>".to_owned(),
        "crowded" => {
            let start = "<element".to_owned();
            (0..60).fold(start, |tag, attribute| format!("{tag} a{attribute}=\"x\"")) + "/>"
        }
        "comments" => "<saml2:Attribute Name=\"a\"/><!-- A comment between. -->".to_owned(),
        "cdata" => "<![CDATA[some <text> ]]>".to_owned(),
        _ => "some text &amp; more of it ".to_owned(),
    };
    let mut grown = String::new();
    let mut number = 0;
    while unsigned.len() + grown.len() + 2500 < bytes {
        grown.push_str(&piece(number));
        number += 1;
    }
    let end = "</saml2:AttributeStatement>";
    if matches!(kind, "elements" | "crowded" | "cdata" | "text") {
        grown = format!(
            "<saml2:Attribute Name=\"t\"><saml2:AttributeValue>{grown}</saml2:AttributeValue></saml2:Attribute>"
        );
    }
    let grown = unsigned.replace(end, &format!("{grown}{end}"));
    let key = SigningKey::from_pem(keys::OWN_KEY).unwrap();
    sign(&grown, "A", &key, &SignOptions::default()).unwrap()
}
