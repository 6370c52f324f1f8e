//! Signature wrapping: G03 to G13, G26, G34 to G36. What was signed is still there and still verifies;
//! something else is put where a reader might look.

use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::{Doc, evil_assertion};
use crate::parser::DECLARATION;

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-response");
    around_a_response(suite);
    suite.twin("G01-signed-assertion");
    around_an_assertion(suite);
    hiding_places(suite);
    same_ids(suite);
    suite.twin("G01-both-signed");
    with_both(suite);
    suite.twin("G01-signed-assertion");
    envelope(suite);
}

/// The Response that was signed, as an element in another document: without its declaration.
fn inner(doc: &Doc) -> String {
    doc.root()
}

fn around_a_response(suite: &mut Suite) {
    let original = Doc::signed(Sign::Response);
    let signature = original.signature();
    let bare = original.without(&signature);
    let evil = |id: &str| {
        Doc::text(bare.as_str().replace("bjensen@acme.test", "admin@acme.test"))
            .replace("ID=\"RESPONSE\"", &format!("ID=\"{id}\""))
            .replace("ID=\"ASSERTION\"", "ID=\"EVILASSERTION\"")
    };
    let issuer = "</saml2:Issuer><saml2p:Status>";
    let hidden = signature
        .replace("</ds:Signature>", &format!("<ds:Object>{}</ds:Object></ds:Signature>", inner(&bare)));
    let place =
        |signature: &str| evil("EVIL").replace(issuer, &format!("</saml2:Issuer>{signature}<saml2p:Status>"));
    suite.refused(
        "G03",
        "the Response in an Object of its signature",
        place(&hidden),
        "response.assertion_count",
    );
    suite.refused(
        "G03",
        "the Response behind its signature",
        evil("EVIL").replace(issuer, &format!("</saml2:Issuer>{signature}{}<saml2p:Status>", inner(&bare))),
        "response.schema",
    );
    suite.refused(
        "G04",
        "the Response before its signature",
        evil("EVIL").replace(issuer, &format!("</saml2:Issuer>{}{signature}<saml2p:Status>", inner(&bare))),
        "response.schema",
    );
    suite.refused(
        "G04",
        "the signed Response as a child",
        evil("EVIL").before("</saml2p:Response>", &inner(&original)),
        "response.schema",
    );
    suite.refused(
        "G12",
        "the signed Response in the Issuer",
        evil("EVIL").replacen_issuer(&inner(&original)),
        "response.schema",
    );
    suite.refused(
        "G04",
        "the signed Response in extensions",
        evil("EVIL").before(
            "<saml2p:Status>",
            &format!("<saml2p:Extensions>{}</saml2p:Extensions>", inner(&original)),
        ),
        "response.assertion_count",
    );
    suite.refused(
        "G36",
        "the status of a signed Response changed",
        original.replace("status:Success", "status:Responder"),
        "signature.digest_mismatch",
    );
    suite.refused(
        "G36",
        "the destination of a signed Response changed",
        original.replace(
            "Destination=\"https://app.acme.test/sso/saml2/acme/acs\"",
            "Destination=\"https://evil.test\"",
        ),
        "signature.digest_mismatch",
    );
}

fn around_an_assertion(suite: &mut Suite) {
    let original = Doc::signed(Sign::Assertion);
    let assertion = original.assertion();
    let signature = original.signature();
    let bare = assertion.replace(&signature, "");
    let evil = evil_assertion("EVIL");
    let with = |assertions: &str| original.replace(&assertion, assertions);
    let signed_evil = |inside: &str| evil.replacen("</saml2:Issuer>", &format!("</saml2:Issuer>{inside}"), 1);
    for (id, what, assertions, code) in [
        ("G05", "an evil assertion in front", format!("{evil}{assertion}"), "response.assertion_count"),
        ("G05", "an evil assertion behind", format!("{assertion}{evil}"), "response.assertion_count"),
        (
            "G06",
            "the assertion within an evil one",
            evil.replace("</saml2:Assertion>", &format!("{assertion}</saml2:Assertion>")),
            "response.assertion_count",
        ),
        (
            "G06",
            "the assertion in front within an evil one",
            signed_evil(&assertion),
            "response.assertion_count",
        ),
        (
            "G07",
            "the signature on an evil assertion, the original behind",
            format!("{}{bare}", signed_evil(&signature)),
            "response.assertion_count",
        ),
        (
            "G07",
            "the signature on an evil assertion, the original in front",
            format!("{bare}{}", signed_evil(&signature)),
            "response.assertion_count",
        ),
        (
            "G08",
            "the original in the signature on an evil assertion",
            signed_evil(&signature.replace("</ds:Signature>", &format!("{bare}</ds:Signature>"))),
            "response.assertion_count",
        ),
        (
            "G10",
            "the original in an Object of the signature on an evil assertion",
            signed_evil(
                &signature
                    .replace("</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>")),
            ),
            "response.assertion_count",
        ),
        (
            "G10",
            "an evil assertion in an Object of the signature",
            assertion.replace("</ds:Signature>", &format!("<ds:Object>{evil}</ds:Object></ds:Signature>")),
            "response.assertion_count",
        ),
        (
            "G35",
            "a signed assertion and one without a signature",
            format!("{assertion}{}", evil_assertion("OTHER")),
            "response.assertion_count",
        ),
        ("G35", "the same assertion twice", format!("{assertion}{bare}"), "response.assertion_count"),
        (
            "G27",
            "the signature between two assertions",
            format!("{bare}{signature}{evil}"),
            "response.schema",
        ),
        (
            "G26",
            "the signature on an evil assertion, the original gone",
            signed_evil(&signature),
            "signature.wrong_target",
        ),
    ] {
        suite.refused(id, what, with(&assertions), code);
    }
    let extensions = |inside: &str| {
        original.before("<saml2p:Status>", &format!("<saml2p:Extensions>{inside}</saml2p:Extensions>"))
    };
    suite.refused(
        "G09",
        "an evil assertion of the same ID in extensions",
        extensions(&evil_assertion("ASSERTION")),
        "response.assertion_count",
    );
    let moved = extensions(&assertion)
        .replace(&format!("{assertion}</saml2p:Response>"), &format!("{evil}</saml2p:Response>"));
    suite.refused(
        "G09",
        "the original in extensions, an evil one in its place",
        moved,
        "response.assertion_count",
    );
}

/// Places where a schema allows elements of any kind, besides extensions and Objects (G09, G10), and some
/// where it does not, but where a careless reader passes over what it does not know.
fn hiding_places(suite: &mut Suite) {
    let original = Doc::signed(Sign::Assertion);
    let assertion = original.assertion();
    let evil = evil_assertion("EVIL");
    let replaced = original.replace(&assertion, &evil);
    let signature = original.signature();
    let bare = assertion.replace(&signature, "");
    let signed_evil = |signature: &str| {
        let signed = evil.replacen("</saml2:Issuer>", &format!("</saml2:Issuer>{signature}"), 1);
        original.replace(&assertion, &signed)
    };
    let data = format!(
        "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">{assertion}</xenc:EncryptedData>"
    );
    for (what, doc, code) in [
        (
            "the detail of the status",
            replaced.replace(
                "</saml2p:Status>",
                &format!("<saml2p:StatusDetail>{assertion}</saml2p:StatusDetail></saml2p:Status>"),
            ),
            "response.assertion_count",
        ),
        (
            "advice",
            original.replace(
                &assertion,
                &evil.replace(
                    "</saml2:Conditions>",
                    &format!("</saml2:Conditions><saml2:Advice>{assertion}</saml2:Advice>"),
                ),
            ),
            "response.assertion_count",
        ),
        (
            "the data of the confirmation",
            original.replace(
                &assertion,
                &evil.replace(
                    "/></saml2:SubjectConfirmation>",
                    &format!(">{assertion}</saml2:SubjectConfirmationData></saml2:SubjectConfirmation>"),
                ),
            ),
            "response.assertion_count",
        ),
        (
            "the value of an attribute",
            original.replace(&assertion, &evil.replace(">Barbara<", &format!(">{assertion}<"))),
            "response.assertion_count",
        ),
        (
            "an element of another namespace",
            replaced.before("<saml2:Assertion ", &format!("<e:x xmlns:e=\"urn:evil\">{assertion}</e:x>")),
            "response.schema",
        ),
        (
            "the NameID",
            original.replace(
                &assertion,
                &evil.replace(">admin@acme.test</saml2:NameID>", &format!(">{assertion}</saml2:NameID>")),
            ),
            "response.assertion_count",
        ),
        (
            "KeyInfo of the signature on an evil one",
            signed_evil(&signature.replace("<ds:KeyInfo>", &format!("<ds:KeyInfo>{bare}"))),
            "response.assertion_count",
        ),
        (
            "KeyInfo of the signature on an evil one, with a signature of its own",
            signed_evil(&signature.replace("<ds:KeyInfo>", &format!("<ds:KeyInfo>{assertion}"))),
            "response.assertion_count",
        ),
        (
            "an EncryptedData beside an evil one",
            replaced.before(
                "<saml2:Assertion ",
                &format!("<saml2:EncryptedAssertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">{data}</saml2:EncryptedAssertion>"),
            ),
            "response.assertion_count",
        ),
        (
            "an EncryptedData in extensions",
            replaced.before("<saml2p:Status>", &format!("<saml2p:Extensions>{data}</saml2p:Extensions>")),
            "response.assertion_count",
        ),
        (
            "an EncryptedData within an evil one",
            original.replace(
                &assertion,
                &evil.replace("</saml2:NameID>", &format!("</saml2:NameID><saml2:EncryptedID>{data}</saml2:EncryptedID>")),
            ),
            "response.assertion_count",
        ),
    ] {
        suite.refused("G11", format!("the original in {what}"), doc, code);
    }
    let key_info = original.after("<ds:KeyInfo>", &evil);
    suite.refused("G37", "an evil assertion in KeyInfo", key_info, "response.assertion_count");
    let advice = Doc::unsigned()
        .after("</saml2:Conditions>", &format!("<saml2:Advice>{evil}</saml2:Advice>"))
        .resigned();
    suite.refused("G11", "an assertion in signed advice", advice, "response.assertion_count");
    suite.refused(
        "G12",
        "an element around the Response",
        original.as_str().replace(DECLARATION, "<x>") + "</x>",
        "response.root",
    );
}

trait InIssuer {
    fn replacen_issuer(&self, inside: &str) -> Doc;
}

impl InIssuer for Doc {
    /// Puts something in the Issuer of the Response, which stands first.
    fn replacen_issuer(&self, inside: &str) -> Doc {
        Doc::text(self.as_str().replacen(
            "IdP Entity ID</saml2:Issuer>",
            &format!("{inside}</saml2:Issuer>"),
            1,
        ))
    }
}

fn same_ids(suite: &mut Suite) {
    let original = Doc::signed(Sign::Assertion);
    let assertion = original.assertion();
    let twin = evil_assertion("ASSERTION");
    for (what, assertions) in
        [("in front", format!("{twin}{assertion}")), ("behind", format!("{assertion}{twin}"))]
    {
        suite.refused(
            "G13",
            format!("an evil assertion of the same ID {what}"),
            original.replace(&assertion, &assertions),
            "response.assertion_count",
        );
    }
    suite.refused(
        "G13",
        "the Response of the same ID",
        original.replace("ID=\"RESPONSE\"", "ID=\"ASSERTION\""),
        "xml.duplicate_id",
    );
    suite.refused(
        "G13",
        "a status of the same ID",
        original.replace("<saml2p:Status>", "<saml2p:Status ID=\"ASSERTION\">"),
        "xml.duplicate_id",
    );
    suite.refused(
        "G13",
        "a part of the signature of the same Id",
        original.replace("<ds:SignatureValue>", "<ds:SignatureValue Id=\"ASSERTION\">"),
        "xml.duplicate_id",
    );
    suite.refused(
        "G13",
        "KeyInfo of the same Id",
        original.replace("<ds:KeyInfo>", "<ds:KeyInfo Id=\"RESPONSE\">"),
        "xml.duplicate_id",
    );
    let unsigned = Doc::unsigned().replace(">Barbara<", " ID=\"RESPONSE\">Barbara<").resigned();
    suite.refused("G13", "a signed value of the same ID", unsigned, "xml.duplicate_id");
}

fn with_both(suite: &mut Suite) {
    let original = Doc::signed(Sign::Both);
    let assertion = original.assertion();
    let evil = evil_assertion("EVIL");
    suite.refused(
        "G35",
        "the assertion of a signed Response replaced",
        original.replace(&assertion, &evil),
        "signature.digest_mismatch",
    );
    suite.refused(
        "G35",
        "an assertion added to a signed Response",
        original.after("</saml2:Assertion>", &evil),
        "response.assertion_count",
    );
    let other = Doc::unsigned().replace("consent:unspecified", "consent:obtained").sign(Sign::Both);
    let response = other.signature();
    suite.refused(
        "G34",
        "a genuine signature of another message on the Response",
        Doc::signed(Sign::Assertion).before("<saml2p:Status>", &response),
        "signature.digest_mismatch",
    );
}

/// What stands around a signed assertion is an attacker's to write, and is held against what was expected all
/// the same.
fn envelope(suite: &mut Suite) {
    let original = Doc::signed(Sign::Assertion);
    for (what, from, to, code) in [
        ("the status", "status:Success", "status:Responder", "response.status"),
        (
            "the destination",
            "Destination=\"https://app.acme.test/sso/saml2/acme/acs\"",
            "Destination=\"https://evil.test\"",
            "response.destination",
        ),
        (
            "the request",
            "ID=\"RESPONSE\" InResponseTo=\"_request\"",
            "ID=\"RESPONSE\" InResponseTo=\"_other\"",
            "response.in_response_to",
        ),
        (
            "no request",
            "ID=\"RESPONSE\" InResponseTo=\"_request\"",
            "ID=\"RESPONSE\"",
            "response.in_response_to",
        ),
        (
            "the version",
            "IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"2.0\"><saml2:Issuer xmlns",
            "IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"1.1\"><saml2:Issuer xmlns",
            "response.version",
        ),
    ] {
        suite.refused("G36", format!("{what} around a signed assertion"), original.replace(from, to), code);
    }
    let other = Doc::text(original.as_str().replacen("IdP Entity ID", "evil", 1));
    suite.refused("G36", "the issuer around a signed assertion", other, "response.issuer");
}
