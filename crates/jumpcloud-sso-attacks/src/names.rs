//! Attributes, namespaces, and names that look alike: P17 to P22, P28, P29, N16.

use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::Doc;
use crate::parser::CONSENT;

/// Where the assertion begins.
const ASSERTION_START: &str = "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ";

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    duplicates(suite);
    ids(suite);
    namespaces(suite);
    namespace_names(suite);
    look_alikes(suite);
}

fn duplicates(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let evil = |attributes: &str| base.replace("ID=\"RESPONSE\"", attributes);
    for (id, what, attributes) in [
        ("P17", "the ID twice", "ID=\"RESPONSE\" ID=\"EVIL\""),
        ("P17", "the ID twice alike", "ID=\"RESPONSE\" ID=\"RESPONSE\""),
        ("P17", "a prefix declared twice", "ID=\"RESPONSE\" xmlns:a=\"urn:a\" xmlns:a=\"urn:b\""),
        ("P17", "the default namespace declared twice", "ID=\"RESPONSE\" xmlns=\"urn:a\" xmlns=\"urn:a\""),
        (
            "P18",
            "one attribute by two prefixes",
            "ID=\"RESPONSE\" xmlns:p=\"urn:p\" xmlns:q=\"urn:p\" p:x=\"1\" q:x=\"2\"",
        ),
    ] {
        suite.refused(id, what, evil(attributes), "xml.duplicate_attribute");
    }
    let signed_part = base
        .replace("Format=\"urn:oasis:names:tc:SAML:1.0", "Format=\"x\" Format=\"urn:oasis:names:tc:SAML:1.0");
    suite.refused("P17", "an attribute twice in what is signed", signed_part, "xml.duplicate_attribute");
}

fn ids(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    for (what, attribute) in [
        ("Id with a capital", "Id=\"EVIL\""),
        ("id in lower case", "id=\"EVIL\""),
        ("iD with the capital behind", "iD=\"EVIL\""),
        ("xml:id", "xml:id=\"EVIL\""),
        ("an ID with a prefix", "xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" p:ID=\"EVIL\""),
    ] {
        let on_response = base.replace("ID=\"RESPONSE\"", &format!("ID=\"RESPONSE\" {attribute}"));
        // Those that the schema does not know are refused by it already.
        let code = if attribute.contains(':') { "xml.id_attribute" } else { "response.schema" };
        suite.refused("P19", format!("{what} beside the ID of the Response"), on_response, code);
        let on_assertion = Doc::unsigned().after(ASSERTION_START, &format!("{attribute} ")).resigned();
        suite.refused(
            "P19",
            format!("{what} beside the ID of the assertion"),
            on_assertion,
            "xml.id_attribute",
        );
        let another = base
            .before("<saml2p:Status>", &format!("<saml2p:Extensions><x {attribute}/></saml2p:Extensions>"));
        suite.refused("P19", format!("{what} on another element"), another, "xml.id_attribute");
    }
}

fn namespaces(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let response = |attribute: &str| base.replace(CONSENT, &format!("{CONSENT} {attribute}"));
    for (id, what, doc, code) in [
        (
            "P20",
            "an element with a prefix that is not bound",
            base.before("<saml2p:Status>", "<q:x/>"),
            "xml.unbound_prefix",
        ),
        ("P20", "an attribute with a prefix that is not bound", response("q:x=\"1\""), "xml.unbound_prefix"),
        (
            "P20",
            "a declaration taken away",
            base.without(" xmlns:saml2p=\"urn:oasis:names:tc:SAML:2.0:protocol\""),
            "xml.unbound_prefix",
        ),
        ("P21", "a prefix undeclared", response("xmlns:q=\"\""), "xml.namespace"),
        ("P22", "the prefix xml bound anew", response("xmlns:xml=\"urn:evil\""), "xml.namespace"),
        ("P22", "the prefix xmlns bound", response("xmlns:xmlns=\"urn:evil\""), "xml.namespace"),
        (
            "P22",
            "another prefix for the namespace of xml",
            response("xmlns:q=\"http://www.w3.org/XML/1998/namespace\""),
            "xml.namespace",
        ),
        (
            "P22",
            "a prefix for the namespace of xmlns",
            response("xmlns:q=\"http://www.w3.org/2000/xmlns/\""),
            "xml.namespace",
        ),
        (
            "P22",
            "an element with the prefix xmlns",
            base.before("<saml2p:Status>", "<xmlns:x/>"),
            "xml.unbound_prefix",
        ),
        ("P28", "a relative namespace name", response("xmlns:q=\"1\""), "xml.namespace_uri"),
        ("P28", "a path as a namespace name", response("xmlns:q=\"../x\""), "xml.namespace_uri"),
        (
            "P28",
            "a relative default namespace",
            base.before("<saml2p:Status>", "<x xmlns=\"x\"/>"),
            "xml.namespace_uri",
        ),
    ] {
        suite.refused(id, what, doc, code);
    }
}

/// Names of namespaces that libxml2, and so most of what verifies signatures, makes nothing of: it parses
/// each as a URI before it canonicalizes, and gives up. Here nothing uses them, so that they are in no
/// canonical form and the signature holds.
fn namespace_names(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let around = |uri: &str| base.after(CONSENT, &format!(" xmlns:q=\"{uri}\""));
    let within = |uri: &str| base.after(ASSERTION_START, &format!("xmlns:q=\"{uri}\" "));
    for (what, uri) in [
        ("an angle bracket", "urn:a&gt;b"),
        ("the other angle bracket", "urn:a&lt;b"),
        ("a quotation mark", "http://a&quot;b/"),
        ("a brace", "urn:a{b"),
        ("a bar", "urn:a|b"),
        ("a backslash", "urn:a\\b"),
        ("a caret", "urn:a^b"),
        ("a grave accent", "urn:a`b"),
        ("an ampersand", "urn:a&amp;b"),
        ("a square bracket", "urn:a[b"),
        ("a letter outside of ASCII", "urn:\u{e9}"),
        ("a space that is not one of XML", "urn:a\u{a0}b"),
        ("an escape without digits", "urn:a%zz"),
        ("an escape that is cut off", "urn:a%4"),
        ("a second fragment", "urn:a#b#c"),
        ("a port that is no number", "http://a:b/"),
        ("a port without end", "http://a:99999999999/"),
        ("two users", "http://a@b@c/"),
    ] {
        suite.refused("N16", format!("{what}, around what is signed"), around(uri), "xml.namespace_uri");
        suite.refused("N16", format!("{what}, in what is signed"), within(uri), "xml.namespace_uri");
    }
    for (what, uri) in [
        ("what a URN may have", "urn:a:b@c/d?e/f#g?h/-._~!$()*+,;=%20"),
        ("what a URL may have", "http://user:pass@acme.test:8080/a//b?c=d'#e"),
    ] {
        suite.accepted("N16", format!("{what}, around what is signed"), around(uri));
        suite.accepted("N16", format!("{what}, in what is signed"), within(uri));
    }
}

/// The same local name in another namespace.
fn look_alikes(suite: &mut Suite) {
    let base = Doc::unsigned();
    let evil = |name: &str, inside: &str| format!("<e:{name} xmlns:e=\"urn:evil\">{inside}</e:{name}>");
    for (what, doc, code) in [
        ("a NameID", base.before("<saml2:NameID ", &evil("NameID", "admin@acme.test")), "assertion.schema"),
        ("an Issuer", base.before("<saml2:Subject>", &evil("Issuer", "evil")), "assertion.schema"),
        ("an Assertion", base.before("<saml2:Assertion ", &evil("Assertion", "")), "response.schema"),
        ("a Signature", base.before("<saml2:Subject>", &evil("Signature", "")), "assertion.schema"),
        ("a Status", base.before("<saml2p:Status>", &evil("Status", "")), "response.schema"),
        (
            "an AttributeStatement",
            base.before("<saml2:AttributeStatement>", &evil("AttributeStatement", "")),
            "assertion.schema",
        ),
    ] {
        suite.refused("P29", format!("{what} of another namespace"), doc.resigned(), code);
    }
    let root = base.replace(
        "xmlns:saml2p=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
        "xmlns:saml2p=\"urn:oasis:names:tc:SAML:1.0:protocol\"",
    );
    suite.refused("P29", "the Response itself of another namespace", root.resigned(), "response.root");
}
