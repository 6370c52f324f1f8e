//! The structure of signatures: G01, G02, G14 to G35, G37 to G42, and N03 where a digest is smuggled.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_signature::DigestAlgorithm;
use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::{Doc, evil_assertion};
use crate::parser::NAME_ID_TEXT;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
const EXCLUSIVE: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";

/// What is signed, and the accepted case that the attacked ones are made of.
const SIGNED: [(&str, Sign, &str); 2] = [
    ("assertion", Sign::Assertion, "G01-signed-assertion"),
    ("Response", Sign::Response, "G01-signed-response"),
];

pub(crate) fn cases(suite: &mut Suite) {
    for (name, sign, twin) in SIGNED {
        suite.twin(twin);
        let base = Doc::signed(sign);
        missing(suite, name, &base);
        parts(suite, name, &base);
        two_references(suite, name, sign);
        two_digests(suite, name, &base);
        references(suite, name, &base);
        transforms(suite, name, &base);
        values(suite, name, &base);
        additions(suite, name, &base);
    }
    suite.twin("G01-signed-assertion");
    places(suite);
    suite.twin("G01-both-signed");
    both(suite);
}

fn missing(suite: &mut Suite, name: &str, base: &Doc) {
    let signature = base.signature();
    suite.refused("G01", format!("no signature, {name}"), base.without(&signature), "signature.missing");
    let empty = format!("<ds:Signature xmlns:ds=\"{DSIG}\"/>");
    suite.refused(
        "G02",
        format!("an empty signature, {name}"),
        base.replace(&signature, &empty),
        "signature.malformed",
    );
}

fn parts(suite: &mut Suite, name: &str, base: &Doc) {
    let part = |from: &str, to: &str| base.part(from, to);
    let signed_info = part("<ds:SignedInfo>", "</ds:SignedInfo>");
    let value = part("<ds:SignatureValue>", "</ds:SignatureValue>");
    let reference = part("<ds:Reference ", "</ds:Reference>");
    let rows = [
        ("SignedInfo", "G18", &signed_info, "signature.malformed"),
        ("SignatureValue", "G19", &value, "signature.malformed"),
        ("SignatureMethod", "G19", &part("<ds:SignatureMethod ", "/>"), "signature.malformed"),
        ("DigestMethod", "G19", &part("<ds:DigestMethod ", "/>"), "signature.malformed"),
        ("DigestValue", "G19", &part("<ds:DigestValue>", "</ds:DigestValue>"), "signature.malformed"),
        ("Transforms", "G19", &part("<ds:Transforms>", "</ds:Transforms>"), "signature.malformed"),
        ("Reference", "G17", &reference, "signature.reference_count"),
        ("KeyInfo", "G19", &part("<ds:KeyInfo>", "</ds:KeyInfo>"), "signature.malformed"),
    ];
    for (what, id, part, code) in rows {
        let (two, none) = (base.twice(part), base.without(part));
        // What is a part of SignedInfo is signed as it is then: by the pinned key, twice or not at all.
        let is_signed = !matches!(what, "SignedInfo" | "SignatureValue" | "KeyInfo");
        let (two, none) =
            if is_signed { (two.signed_as_it_stands(), none.signed_as_it_stands()) } else { (two, none) };
        suite.refused(id, format!("two of {what}, {name}"), two, code);
        if what != "KeyInfo" {
            let id = if what == "Reference" { "G16" } else { "G02" };
            suite.refused(id, format!("no {what}, {name}"), none, code);
        }
    }
    let nested = base.replace("</ds:SignatureValue>", &format!("{signed_info}</ds:SignatureValue>"));
    suite.refused("G18", format!("a SignedInfo in the value, {name}"), nested, "xml.content");
    let first = base.without(&value).before("<ds:SignedInfo>", &value);
    suite.refused("G02", format!("the value before SignedInfo, {name}"), first, "signature.malformed");
}

/// The ID that the first reference names.
fn target(base: &Doc) -> String {
    base.part("URI=\"#", "\">").trim_start_matches("URI=\"#").trim_end_matches("\">").to_owned()
}

/// The same about an administrator, which nobody has signed.
fn changed(base: &Doc) -> Doc {
    base.replace(NAME_ID_TEXT, ">admin@acme.test</saml2:NameID>")
}

/// Two references with good digests in one SignedInfo that the pinned key has signed: whoever looks at the
/// first or at the last one only takes the message for good.
fn two_references(suite: &mut Suite, name: &str, sign: Sign) {
    let extra = "<saml2p:Extensions><saml2p:Response ID=\"EVIL\">admin@acme.test</saml2p:Response></saml2p:Extensions>";
    let base = Doc::unsigned().before("<saml2p:Status>", extra).sign(sign);
    let added = |base: &Doc, is_first: bool| {
        let reference = Doc::text(base.part("<ds:Reference ", "</ds:Reference>"));
        let digest = reference.part("<ds:DigestValue>", "</ds:DigestValue>");
        let evil = reference
            .replace(&format!("URI=\"#{}\"", target(base)), "URI=\"#EVIL\"")
            .replace(&digest, &format!("<ds:DigestValue>{}</ds:DigestValue>", base.digest("EVIL")));
        let doc = if is_first {
            base.before("<ds:Reference ", evil.as_str())
        } else {
            base.after("</ds:Reference>", evil.as_str())
        };
        doc.signed_as_it_stands()
    };
    for (id, what, is_first) in
        [("G17", "another Reference in front", true), ("G41", "another Reference behind", false)]
    {
        let both_good = added(&base, is_first);
        suite.refused(id, format!("{what}, {name}"), both_good.clone(), "signature.reference_count");
        suite.refused(
            id,
            format!("{what}, and a change to what the genuine one names, {name}"),
            changed(&both_good),
            "signature.reference_count",
        );
        if name == "assertion" {
            let (evil, signed) = (evil_assertion("EVIL"), Doc::signed(sign));
            let doc = if is_first {
                signed.before("<saml2:Assertion ", &evil)
            } else {
                signed.after("</saml2:Assertion>", &evil)
            };
            suite.refused(
                id,
                format!("{what}, to an evil assertion"),
                added(&doc, is_first),
                "response.assertion_count",
            );
        }
    }
}

/// The genuine digest, and beside it the one of what was made of the signed element: whoever compares with
/// the other one than the key has vouched for takes the change for good.
fn two_digests(suite: &mut Suite, name: &str, base: &Doc) {
    let signed_info = base.part("<ds:SignedInfo>", "</ds:SignedInfo>");
    let genuine = base.part("<ds:DigestValue>", "</ds:DigestValue>");
    let changed = changed(base);
    let digest = changed.digest(&target(base));
    let evil = format!("<ds:DigestValue>{digest}</ds:DigestValue>");
    let evil_info = Doc::text(signed_info).replace(&genuine, &evil);
    let evil_info = evil_info.as_str();
    let signed = changed.replace(&genuine, &evil).signed_as_it_stands();
    suite.accepted_as("G20", format!("a change whose digest is signed, {name}"), signed, "admin@acme.test");
    // What the key has signed is still there as it was, except in the class G19: there it has signed both
    // digests.
    for (id, what, doc, code) in [
        (
            "G18",
            "a second SignedInfo in front",
            changed.before("<ds:SignedInfo>", evil_info),
            "signature.malformed",
        ),
        (
            "G18",
            "a second SignedInfo behind",
            changed.after("</ds:SignedInfo>", evil_info),
            "signature.malformed",
        ),
        (
            "G18",
            "a second SignedInfo behind the value",
            changed.after("</ds:SignatureValue>", evil_info),
            "signature.malformed",
        ),
        (
            "G18",
            "a second SignedInfo in the value",
            changed.before("</ds:SignatureValue>", evil_info),
            "xml.content",
        ),
        (
            "G18",
            "a second SignedInfo in KeyInfo",
            changed.after("<ds:KeyInfo>", evil_info),
            "signature.digest_mismatch",
        ),
        (
            "G18",
            "a second SignedInfo in an Object",
            changed.before("</ds:Signature>", &format!("<ds:Object>{evil_info}</ds:Object>")),
            "signature.object",
        ),
        (
            "G19",
            "a second DigestValue in front",
            changed.before("<ds:DigestValue>", &evil).signed_as_it_stands(),
            "signature.malformed",
        ),
        (
            "G19",
            "a second DigestValue behind",
            changed.after("</ds:DigestValue>", &evil).signed_as_it_stands(),
            "signature.malformed",
        ),
        (
            "G20",
            "a DigestValue in KeyInfo",
            changed.after("<ds:KeyInfo>", &evil),
            "signature.digest_mismatch",
        ),
        (
            "N03",
            "a digest in a comment before the genuine one",
            changed.after("<ds:DigestValue>", &format!("<!--{digest}-->")),
            "xml.comment_in_value",
        ),
        (
            "N03",
            "a digest in a comment behind the genuine one",
            changed.before("</ds:DigestValue>", &format!("<!--{digest}-->")),
            "xml.comment_in_value",
        ),
    ] {
        suite.refused(id, format!("{what}, which fits a change, {name}"), doc, code);
    }
    if name == "assertion" {
        // The Status is no part of what is signed, and stands before it.
        let detail =
            evil.replace("ds:", "").replace("<DigestValue>", &format!("<DigestValue xmlns=\"{DSIG}\">"));
        let detail = format!("<saml2p:StatusDetail>{detail}</saml2p:StatusDetail>");
        suite.refused(
            "G20",
            format!("a DigestValue elsewhere, which fits a change, {name}"),
            changed.before("</saml2p:Status>", &detail),
            "signature.digest_mismatch",
        );
    }
}

fn references(suite: &mut Suite, name: &str, base: &Doc) {
    let uri = base.part("URI=\"#", "\">").trim_end_matches('>').to_owned();
    let id = uri.trim_start_matches("URI=\"#").trim_end_matches('"').to_owned();
    for (class, what, to, code) in [
        ("G22", "an empty URI", "URI=\"\"".to_owned(), "signature.uri"),
        ("G23", "no URI", String::new(), "signature.uri"),
        ("G23", "only a hash", "URI=\"#\"".to_owned(), "signature.uri"),
        ("G24", "a web address", format!("URI=\"http://evil.test/#{id}\""), "signature.uri"),
        ("G24", "a file", "URI=\"file:///etc/passwd\"".to_owned(), "signature.uri"),
        ("G24", "a part of a mail", format!("URI=\"cid:{id}\""), "signature.uri"),
        ("G24", "a host", format!("URI=\"//evil.test/#{id}\""), "signature.uri"),
        ("G24", "a path", format!("URI=\"x#{id}\""), "signature.uri"),
        ("G25", "an XPointer to all", "URI=\"#xpointer(/)\"".to_owned(), "signature.uri"),
        ("G25", "an XPointer by ID", format!("URI=\"#xpointer(id('{id}'))\""), "signature.uri"),
        ("G25", "an element by its place", "URI=\"#element(/1/3)\"".to_owned(), "signature.uri"),
        ("G15", "an injection into XPath", "URI=\"#x' or '1'='1\"".to_owned(), "signature.uri"),
        ("G15", "an injection of a quote", format!("URI=\"#{id}&quot;]|//*[&quot;\""), "signature.uri"),
        ("G14", "a space in front", format!("URI=\"# {id}\""), "signature.uri"),
        ("G14", "a space behind", format!("URI=\"#{id} \""), "signature.uri"),
        ("G14", "another case", format!("URI=\"#{}\"", id.to_lowercase()), "signature.wrong_target"),
        ("G26", "an element that is not there", "URI=\"#OTHER\"".to_owned(), "signature.wrong_target"),
    ] {
        let doc = base.replace(&uri, &to);
        // Over what a careless reader takes the reference for: all, or the element that carries the
        // signature.
        let is_all = matches!(what, "an empty URI" | "no URI" | "an XPointer to all");
        let doc = doc.signed_over(if is_all { "RESPONSE" } else { &id });
        suite.refused(class, format!("{what}, {name}"), doc, code);
    }
    let other = if id == "ASSERTION" { "RESPONSE" } else { "ASSERTION" };
    let crossed = base.replace(&uri, &format!("URI=\"#{other}\""));
    let crossed = crossed.signed_over(other);
    suite.refused("G26", format!("the other element, {name}"), crossed, "signature.wrong_target");
    for (what, bad) in
        [("a space", " X"), ("a quote", "X'"), ("a bracket", "X[1]"), ("nothing", ""), ("a slash", "a/b")]
    {
        let doc = base.replace("ID=\"RESPONSE\"", &format!("ID=\"{bad}\""));
        suite.refused("G15", format!("{what} in the ID of the Response, {name}"), doc, "xml.id_syntax");
    }
    let long = base.replace("ID=\"RESPONSE\"", &format!("ID=\"{}\"", "A".repeat(257)));
    suite.refused("G15", format!("an ID of 257 characters, {name}"), long, "xml.id_syntax");
}

fn transforms(suite: &mut Suite, name: &str, base: &Doc) {
    let all = base.part("<ds:Transforms>", "</ds:Transforms>");
    let id_of = target(base);
    let with = |inside: &str| base.replace(&all, &format!("<ds:Transforms>{inside}</ds:Transforms>"));
    let other = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/>");
    let filled =
        |uri: &str, inside: &str| format!("<ds:Transform Algorithm=\"{uri}\">{inside}</ds:Transform>");
    let xpath = filled(
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "<ds:XPath>not(ancestor-or-self::*)</ds:XPath>",
    );
    let filter = filled(
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "<XPath xmlns=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">/</XPath>",
    );
    let xslt = filled(
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"/>",
    );
    for (id, what, inside) in [
        ("G29", "no enveloped signature", EXCLUSIVE.to_owned()),
        ("G32", "none", String::new()),
        ("G32", "enveloped only", ENVELOPED.to_owned()),
        ("G32", "the wrong order", format!("{EXCLUSIVE}{ENVELOPED}")),
        ("G32", "enveloped twice", format!("{ENVELOPED}{ENVELOPED}")),
        ("G32", "three", format!("{ENVELOPED}{EXCLUSIVE}{EXCLUSIVE}")),
        ("G32", "base64", format!("{ENVELOPED}{}", other("http://www.w3.org/2000/09/xmldsig#base64"))),
        ("G32", "an unknown one", format!("{ENVELOPED}{}", other("urn:evil"))),
        (
            "G32",
            "that of packages",
            format!(
                "{ENVELOPED}{}",
                other("http://schemas.openxmlformats.org/package/2006/RelationshipTransform")
            ),
        ),
        ("G30", "XPath", format!("{ENVELOPED}{xpath}")),
        ("G30", "XPath in front", format!("{xpath}{EXCLUSIVE}")),
        ("G30", "an XPath filter", format!("{ENVELOPED}{filter}")),
        ("G31", "XSLT", format!("{ENVELOPED}{xslt}")),
        ("G31", "XSLT in front", format!("{xslt}{EXCLUSIVE}")),
    ] {
        // Those by XPath leave nothing to be digested; the other ones all or, being no transforms, what they
        // are given.
        let doc = if what.contains("XPath") {
            with(&inside).with_value("DigestValue", DigestAlgorithm::Sha256.digest(b"").as_ref())
        } else {
            with(&inside).signed_over(&id_of)
        };
        let doc = doc.signed_as_it_stands();
        suite.refused(id, format!("transforms: {what}, {name}"), doc, "algorithm.transform");
    }
    // Signed by the pinned key, and refused before one of them would be run.
    let flood = base.replace(&all, &format!("<ds:Transforms>{}</ds:Transforms>", xslt.repeat(50)));
    suite.refused(
        "G33",
        format!("fifty transforms, {name}"),
        flood.signed_as_it_stands(),
        "algorithm.transform",
    );
    let value = base.part("<ds:SignatureValue>", "</ds:SignatureValue>");
    let digest = base.part("<ds:DigestValue>", "</ds:DigestValue>");
    let both_wrong = base
        .replace(&value, "<ds:SignatureValue>AAAA</ds:SignatureValue>")
        .replace(&digest, "<ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</ds:DigestValue>");
    suite.refused(
        "G33",
        format!("value and digest wrong: what is told is that of the value, {name}"),
        both_wrong,
        "signature.untrusted_key",
    );
}

fn values(suite: &mut Suite, name: &str, base: &Doc) {
    for element in ["SignatureValue", "DigestValue"] {
        let whole = base.part(&format!("<ds:{element}>"), &format!("</ds:{element}>"));
        let inner = whole
            .trim_start_matches(&format!("<ds:{element}>"))
            .trim_end_matches(&format!("</ds:{element}>"))
            .to_owned();
        // A digest is signed as it is written: whoever reads it loosely finds the genuine one, and the
        // signature good.
        let with = |inner: &str| {
            let doc = base.replace(&whole, &format!("<ds:{element}>{inner}</ds:{element}>"));
            if element == "DigestValue" { doc.signed_as_it_stands() } else { doc }
        };
        let bare = inner.trim_end_matches('=').to_owned();
        for (what, changed) in [
            ("empty", String::new()),
            ("without padding", bare.clone()),
            ("with too much padding", format!("{inner}=")),
            ("with a character of another alphabet", format!("_{inner}")),
            ("twice", inner.repeat(2)),
            ("with a hyphen", format!("-{inner}")),
            ("with stray bits", with_stray_bits(&inner)),
            ("with a NUL by name", format!("%00{inner}")),
        ] {
            suite.refused("G38", format!("{element} {what}, {name}"), with(&changed), "signature.base64");
        }
        let spaced = format!("\n {} \r\n{}\t", bare.get(..10).expect("text"), inner.get(10..).expect("text"));
        suite.accepted("G38", format!("{element} with white space, {name}"), with(&spaced));
    }
    let digest = base.part("<ds:DigestValue>", "</ds:DigestValue>");
    let genuine = digest.trim_start_matches("<ds:DigestValue>").trim_end_matches("</ds:DigestValue>");
    let genuine = STANDARD.decode(genuine).expect("base64");
    // Where it is shorter, it is the beginning of the genuine one; where longer, that with zeros behind:
    // whoever compares as many bytes as both have finds them equal.
    for (what, length) in [("one byte", 1), ("three bytes", 3), ("twenty bytes", 20), ("64 bytes", 64)] {
        let bytes: Vec<_> = genuine.iter().copied().chain(std::iter::repeat(0)).take(length).collect();
        let doc = base.with_value("DigestValue", &bytes).signed_as_it_stands();
        suite.refused("G39", format!("a digest of {what}, {name}"), doc, "signature.digest_length");
    }
}

/// The same bytes in base64, with bits set in the last character that no byte is made of (RFC 4648 §3.5).
fn with_stray_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bare = text.trim_end_matches('=');
    let (head, last) = bare.split_at(bare.len() - 1);
    let next = ALPHABET.split_once(last).and_then(|(_, rest)| rest.get(..1)).expect("a stray bit");
    format!("{head}{next}{}", "=".repeat(text.len() - bare.len()))
}

fn additions(suite: &mut Suite, name: &str, base: &Doc) {
    let at_end = |inside: &str| base.before("</ds:Signature>", inside);
    for (id, what, inside) in [
        ("G28", "an Object", "<ds:Object><x/></ds:Object>"),
        ("G28", "a Manifest", "<ds:Object><ds:Manifest><ds:Reference URI=\"#x\"/></ds:Manifest></ds:Object>"),
        ("G28", "properties", "<ds:Object><ds:SignatureProperties/></ds:Object>"),
        (
            "G37",
            "a NameID in an Object",
            "<ds:Object><saml2:NameID xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">admin@acme.test</saml2:NameID></ds:Object>",
        ),
    ] {
        suite.refused(id, format!("{what}, {name}"), at_end(inside), "signature.object");
    }
    let named = base.after("<ds:KeyInfo>", "<ds:KeyName>admin@acme.test</ds:KeyName>");
    suite.accepted("G37", format!("a name in KeyInfo, which nobody reads, {name}"), named);
    let name_id =
        "<saml2:NameID xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">admin@acme.test</saml2:NameID>";
    suite.accepted(
        "G37",
        format!("a NameID in KeyInfo, which nobody reads, {name}"),
        base.after("<ds:KeyInfo>", name_id),
    );
    let foreign = base.replace("<ds:SignedInfo>", "<ds:SignedInfo xmlns:ds=\"urn:evil\">");
    suite.refused(
        "G42",
        format!("the prefix bound to another namespace, {name}"),
        foreign,
        "signature.malformed",
    );
    let shadow = at_end("<e:SignatureValue xmlns:e=\"urn:evil\">AAAA</e:SignatureValue>");
    suite.refused(
        "G42",
        format!("a SignatureValue of another namespace, {name}"),
        shadow,
        "signature.malformed",
    );
    suite.refused(
        "G02",
        format!("something else at the end, {name}"),
        at_end("<ds:Other/>"),
        "signature.malformed",
    );
    suite.refused("G02", format!("text in it, {name}"), at_end("x"), "xml.content");
    let elsewhere = base
        .part("<ds:DigestValue>", "</ds:DigestValue>")
        .replace("ds:", "")
        .replace("<DigestValue>", &format!("<DigestValue xmlns=\"{DSIG}\">"));
    let smuggled =
        base.before("</saml2p:Status>", &format!("<saml2p:StatusDetail>{elsewhere}</saml2p:StatusDetail>"));
    if name == "assertion" {
        suite.accepted("G20", format!("a DigestValue elsewhere, which nobody finds, {name}"), smuggled);
    } else {
        suite.refused(
            "G20",
            format!("a DigestValue elsewhere, {name}"),
            smuggled,
            "signature.digest_mismatch",
        );
    }
}

fn places(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let signature = base.signature();
    let elsewhere = base.without(&signature);
    for (what, marker) in [
        ("before the Status", "<saml2p:Status>"),
        ("at the end of the Response", "</saml2p:Response>"),
        ("behind the Subject", "<saml2:Conditions "),
        ("within the Subject", "</saml2:Subject>"),
        ("at the end of the assertion", "</saml2:Assertion>"),
        ("within the confirmation", "</saml2:SubjectConfirmation>"),
        ("within the conditions", "</saml2:Conditions>"),
        ("within an attribute", "</saml2:AttributeStatement>"),
    ] {
        // In a place where it may stand, for another element; in one where the schema has nothing; or in
        // another one.
        let code = match what {
            "before the Status" => "signature.wrong_target",
            "at the end of the Response" => "response.schema",
            _ => "signature.position",
        };
        suite.refused("G27", what, elsewhere.before(marker, &signature), code);
    }
    suite.refused(
        "G27",
        "within extensions",
        elsewhere.before("<saml2p:Status>", &format!("<saml2p:Extensions>{signature}</saml2p:Extensions>")),
        "signature.position",
    );
    suite.refused("G21", "two signatures of the assertion", base.twice(&signature), "signature.count");
    suite.refused(
        "G21",
        "a signature within the signature",
        base.replace("</ds:Signature>", &format!("<ds:Object>{signature}</ds:Object></ds:Signature>")),
        "signature.position",
    );
    suite.refused(
        "G21",
        "a signature in KeyInfo",
        base.after("<ds:KeyInfo>", &signature),
        "signature.position",
    );
}

/// A Response and an assertion that are both signed: both have to be good.
fn both(suite: &mut Suite) {
    let base = Doc::signed(Sign::Both);
    let response = base.signature();
    let assertion = Doc::text(base.assertion()).signature();
    let wrong = |signature: &str| signature.replacen("<ds:SignatureValue>", "<ds:SignatureValue>AAAA", 1);
    suite.refused(
        "G35",
        "the signature of the Response is not good",
        base.replace(&response, &wrong(&response)),
        "signature.untrusted_key",
    );
    suite.refused(
        "G35",
        "the signature of the assertion is not good",
        base.replace(&assertion, &wrong(&assertion)),
        "signature.digest_mismatch",
    );
    suite.accepted("G35", "the signature of the Response is gone", base.without(&response));
    suite.refused(
        "G35",
        "the signature of the assertion is gone",
        base.without(&assertion),
        "signature.digest_mismatch",
    );
    suite.refused(
        "G34",
        "the assertion's signature on the Response",
        base.replace(&response, &assertion),
        "signature.wrong_target",
    );
}
