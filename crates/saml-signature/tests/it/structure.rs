//! The structure of signatures: each case changes one thing of a signed document. Most of these changes leave
//! the digest of the content intact; what refuses them is the structure alone.

use saml_signature::{SignOptions, SignedDocument, sign};
use saml_xml::{Document, Limits};

use crate::{UNSIGNED, key, replace, signed, verdict};

const TRANSFORMS_END: &str = "</ds:Transforms>";
const ENVELOPED: &str =
    r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>"#;
const EXCLUSIVE: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#;

/// The part of a signed document between two markers, both included.
fn part<'x>(xml: &'x str, from: &str, to: &str) -> &'x str {
    let start = xml.find(from).unwrap();
    let end = start + xml[start..].find(to).unwrap() + to.len();
    &xml[start..end]
}

fn signature(xml: &str) -> &str {
    part(xml, "<ds:Signature ", "</ds:Signature>")
}

/// Each change of the signed document, with the code that it has to be refused with.
#[track_caller]
fn check(cases: &[(&str, String, &str)]) {
    assert_eq!(verdict(&signed()), "accepted");
    for (name, xml, code) in cases {
        assert_eq!(verdict(xml), *code, "{name}");
    }
}

#[test]
fn a_signature_is_there_and_whole() {
    let xml = signed();
    let signed_info = part(&xml, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let value = part(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let reference = part(&xml, "<ds:Reference ", "</ds:Reference>");
    let digest = part(&xml, "<ds:DigestValue>", "</ds:DigestValue>");
    let digest_method = part(&xml, "<ds:DigestMethod ", "/>");
    let method = part(&xml, "<ds:SignatureMethod ", "/>");
    let canonicalization = part(&xml, "<ds:CanonicalizationMethod ", "/>");
    let twice = |part: &str| replace(&xml, part, &part.repeat(2));
    let without = |part: &str| replace(&xml, part, "");
    check(&[
        ("no signature", UNSIGNED.to_owned(), "signature.missing"),
        (
            "an empty signature",
            replace(
                &xml,
                signature(&xml),
                r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>"#,
            ),
            "signature.malformed",
        ),
        ("no SignedInfo", without(signed_info), "signature.malformed"),
        ("two SignedInfo", twice(signed_info), "signature.malformed"),
        ("no SignatureValue", without(value), "signature.malformed"),
        ("two SignatureValue", twice(value), "signature.malformed"),
        (
            "SignatureValue first",
            replace(&without(value), signed_info, &format!("{value}{signed_info}")),
            "signature.malformed",
        ),
        ("no Reference", without(reference), "signature.reference_count"),
        ("two References", twice(reference), "signature.reference_count"),
        ("no DigestValue", without(digest), "signature.malformed"),
        ("two DigestValue", twice(digest), "signature.malformed"),
        ("no DigestMethod", without(digest_method), "signature.malformed"),
        ("two SignatureMethod", twice(method), "signature.malformed"),
        ("no SignatureMethod", without(method), "signature.malformed"),
        ("no CanonicalizationMethod", without(canonicalization), "signature.malformed"),
        ("two CanonicalizationMethod", twice(canonicalization), "signature.malformed"),
        ("text in SignedInfo", replace(&xml, "<ds:SignedInfo>", "<ds:SignedInfo>x"), "xml.content"),
        (
            "an element in DigestValue",
            replace(&xml, "</ds:DigestValue>", "<x/></ds:DigestValue>"),
            "xml.content",
        ),
        (
            "an Object",
            replace(&xml, "</ds:Signature>", "<ds:Object><x/></ds:Object></ds:Signature>"),
            "signature.object",
        ),
        (
            "more than it may",
            replace(&xml, "</ds:Signature>", "<ds:Other/></ds:Signature>"),
            "signature.malformed",
        ),
        (
            "a child of another namespace",
            replace(&xml, "<ds:SignedInfo>", r#"<ds:SignedInfo xmlns:ds="urn:evil">"#),
            "signature.malformed",
        ),
    ]);
}

#[test]
fn the_reference_names_the_element_that_carries_it() {
    let xml = signed();
    let uri = |uri: &str| replace(&xml, "URI=\"#A1\"", uri);
    check(&[
        ("no URI", uri(""), "signature.uri"),
        ("an empty URI", uri("URI=\"\""), "signature.uri"),
        ("only a hash", uri("URI=\"#\""), "signature.uri"),
        ("a web address", uri("URI=\"http://evil.test/#A1\""), "signature.uri"),
        ("a file", uri("URI=\"file:///etc/passwd\""), "signature.uri"),
        ("an XPointer to the root", uri("URI=\"#xpointer(/)\""), "signature.uri"),
        ("an XPointer by ID", uri("URI=\"#xpointer(id('A1'))\""), "signature.uri"),
        ("an element pointer", uri("URI=\"#element(/1/3)\""), "signature.uri"),
        ("an injection", uri("URI=\"#x' or '1'='1\""), "signature.uri"),
        ("another element", uri("URI=\"#A2\""), "signature.wrong_target"),
        ("another case", uri("URI=\"#a1\""), "signature.wrong_target"),
        ("a space", uri("URI=\"# A1\""), "signature.uri"),
    ]);
}

#[test]
fn transforms_are_the_two_of_saml() {
    let xml = signed();
    let transforms = part(&xml, "<ds:Transforms>", TRANSFORMS_END).to_owned();
    let with = |inside: &str| replace(&xml, &transforms, &format!("<ds:Transforms>{inside}{TRANSFORMS_END}"));
    let other = |uri: &str| format!(r#"<ds:Transform Algorithm="{uri}"/>"#);
    let inclusive = other("http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
    let comments = other("http://www.w3.org/2001/10/xml-exc-c14n#WithComments");
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>1</ds:XPath></ds:Transform>";
    check(&[
        ("none", with(""), "algorithm.transform"),
        ("enveloped only", with(ENVELOPED), "algorithm.transform"),
        ("exclusive only", with(EXCLUSIVE), "algorithm.transform"),
        ("the wrong order", with(&format!("{EXCLUSIVE}{ENVELOPED}")), "algorithm.transform"),
        ("enveloped twice", with(&format!("{ENVELOPED}{ENVELOPED}")), "algorithm.transform"),
        ("three", with(&format!("{ENVELOPED}{EXCLUSIVE}{EXCLUSIVE}")), "algorithm.transform"),
        ("inclusive", with(&format!("{ENVELOPED}{inclusive}")), "algorithm.transform"),
        ("with comments", with(&format!("{ENVELOPED}{comments}")), "algorithm.transform"),
        ("XPath", with(&format!("{ENVELOPED}{xpath}")), "algorithm.transform"),
        ("XPath first", with(&format!("{xpath}{EXCLUSIVE}")), "algorithm.transform"),
        (
            "base64",
            with(&format!("{ENVELOPED}{}", other("http://www.w3.org/2000/09/xmldsig#base64"))),
            "algorithm.transform",
        ),
        (
            "parameters of enveloped",
            with(&format!("{}{EXCLUSIVE}", ENVELOPED.replace("/>", "><x/></ds:Transform>"))),
            "algorithm.parameters",
        ),
        ("something else", with("<ds:Other/>"), "signature.malformed"),
        ("missing", replace(&xml, &transforms, ""), "signature.malformed"),
    ]);
}

#[test]
fn canonicalization_is_exclusive_without_comments() {
    let xml = signed();
    let method = part(&xml, "<ds:CanonicalizationMethod ", "/>").to_owned();
    let with =
        |uri: &str| replace(&xml, &method, &format!(r#"<ds:CanonicalizationMethod Algorithm="{uri}"/>"#));
    check(&[
        ("inclusive", with("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), "algorithm.canonicalization"),
        ("inclusive 1.1", with("http://www.w3.org/2006/12/xml-c14n11"), "algorithm.canonicalization"),
        (
            "with comments",
            with("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            "algorithm.canonicalization",
        ),
        ("empty", with(""), "algorithm.canonicalization"),
        ("no algorithm", replace(&xml, &method, "<ds:CanonicalizationMethod/>"), "signature.malformed"),
        (
            "parameters",
            replace(&xml, &method, &method.replace("/>", "><x/></ds:CanonicalizationMethod>")),
            "signature.malformed",
        ),
    ]);
}

#[test]
fn prefix_lists_are_read_where_they_belong() {
    let options = SignOptions::default().inclusive_prefixes("xs saml");
    let xml = sign(UNSIGNED, "A1", &key(), &options).unwrap();
    assert_eq!(verdict(&xml), "accepted");
    let list = |list: &str| replace(&xml, "PrefixList=\"xs saml\"", list);
    check(&[
        ("none", list(""), "signature.malformed"),
        ("a duplicate", list("PrefixList=\"xs xs\""), "algorithm.prefix_list"),
        ("no prefix", list("PrefixList=\"1\""), "algorithm.prefix_list"),
        ("another list", list("PrefixList=\"saml\""), "signature.untrusted_key"),
        (
            "another namespace",
            xml.replace("xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\"", "xmlns:ec=\"urn:x\""),
            "signature.malformed",
        ),
    ]);
}

#[test]
fn parameters_of_algorithms_are_refused() {
    let xml = signed();
    let method = part(&xml, "<ds:SignatureMethod ", "/>").to_owned();
    let digest = part(&xml, "<ds:DigestMethod ", "/>").to_owned();
    let filled = |element: &str, name: &str, inside: &str| {
        replace(&xml, element, &element.replace("/>", &format!("><{inside}/></ds:{name}>")))
    };
    check(&[
        (
            "a truncated HMAC",
            filled(&method, "SignatureMethod", "ds:HMACOutputLength"),
            "algorithm.parameters",
        ),
        ("RSA-PSS", filled(&method, "SignatureMethod", "x"), "algorithm.parameters"),
        ("a digest", filled(&digest, "DigestMethod", "x"), "algorithm.parameters"),
    ]);
}

#[test]
fn values_are_strict_base64() {
    let xml = signed();
    let value = part(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>").to_owned();
    let inner =
        value.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>").to_owned();
    let with =
        |inner: &str| replace(&xml, &value, &format!("<ds:SignatureValue>{inner}</ds:SignatureValue>"));
    // A signature of 256 bytes ends with one `=`: the last character before it carries two bits that have to
    // be zero.
    assert!(inner.ends_with('=') || inner.len().is_multiple_of(4));
    let lines = inner.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n");
    assert_eq!(verdict(&with(&lines)), "accepted");
    check(&[
        ("empty", with(""), "signature.base64"),
        ("no padding", with(inner.trim_end_matches('=')), "signature.base64"),
        ("too much padding", with(&format!("{inner}=")), "signature.base64"),
        ("another alphabet", with(&format!("{}-_==", &inner[..inner.len() - 4])), "signature.base64"),
        ("concatenated", with(&format!("{inner}{inner}")), "signature.base64"),
        ("a shorter one", with("AAAA"), "signature.untrusted_key"),
    ]);
    let digest = part(&xml, "<ds:DigestValue>", "</ds:DigestValue>").to_owned();
    let with = |inner: &str| replace(&xml, &digest, &format!("<ds:DigestValue>{inner}</ds:DigestValue>"));
    check(&[
        ("an empty digest", with(""), "signature.base64"),
        ("a shorter digest", with("AAAA"), "signature.digest_length"),
        ("another digest", with("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "signature.untrusted_key"),
        // The last character before the padding carries bits that belong to no byte.
        ("stray bits", with("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="), "signature.base64"),
    ]);
}

#[test]
fn key_info_is_not_read_but_must_not_refer() {
    let xml = signed();
    let with = |inside: &str| {
        replace(&xml, "</ds:Signature>", &format!("<ds:KeyInfo>{inside}</ds:KeyInfo></ds:Signature>"))
    };
    for harmless in [
        "",
        "<ds:KeyName>../../key</ds:KeyName>",
        "<ds:KeyValue><x/></ds:KeyValue>",
        "<ds:X509Data><ds:X509SubjectName>x</ds:X509SubjectName></ds:X509Data>",
    ] {
        assert_eq!(verdict(&with(harmless)), "accepted", "{harmless}");
    }
    check(&[
        ("a RetrievalMethod", with("<ds:RetrievalMethod URI=\"http://evil.test\"/>"), "signature.key_info"),
        ("a nested one", with("<x><ds:RetrievalMethod URI=\"#x\"/></x>"), "signature.key_info"),
        (
            "a KeyInfoReference",
            with("<KeyInfoReference xmlns=\"http://www.w3.org/2009/xmldsig11#\" URI=\"#x\"/>"),
            "signature.key_info",
        ),
        ("two KeyInfo", with("</ds:KeyInfo><ds:KeyInfo>"), "signature.malformed"),
    ]);
}

#[test]
fn signatures_stand_in_their_place() {
    let xml = signed();
    let own = signature(&xml).to_owned();
    let without = replace(&xml, &own, "");
    let at = |before: &str| replace(&without, before, &format!("{own}{before}"));
    check(&[
        ("before the Issuer", at("<saml:Issuer>"), "accepted"),
        ("behind the Subject", at("</saml:Assertion>"), "signature.position"),
        ("within the Subject", at("</saml:Subject>").replace("bjensen", ""), "signature.position"),
        ("twice", replace(&xml, &own, &own.repeat(2)), "signature.count"),
        (
            "within itself",
            replace(&xml, "</ds:Signature>", &format!("<ds:Object>{own}</ds:Object></ds:Signature>")),
            "signature.position",
        ),
    ]);
    // As the second child, only behind the Issuer of SAML.
    for first in ["<saml:Status>idp</saml:Status>", "<Issuer>idp</Issuer>"] {
        let xml = replace(&xml, "<saml:Issuer>idp</saml:Issuer>", first);
        assert_eq!(verdict(&xml), "signature.position", "{first}");
    }
    // Before the Issuer the content that is digested is the same; only SAML's schema, which knows the reader,
    // refuses it.
}

#[test]
fn ids_are_unique_and_unmistakable() {
    let xml = signed();
    let root = |attributes: &str| replace(&xml, "ID=\"A1\"", attributes);
    let inner = |element: &str| replace(&xml, "<saml:Subject>bjensen", &format!("<saml:Subject>{element}"));
    check(&[
        ("the same ID below", inner("<x ID=\"A1\"/>"), "xml.duplicate_id"),
        (
            "the same Id in a signature",
            replace(&xml, "<ds:SignedInfo>", "<ds:SignedInfo Id=\"A1\">"),
            "xml.duplicate_id",
        ),
        ("two others alike", inner("<x ID=\"B\"/><x ID=\"B\"/>"), "xml.duplicate_id"),
        ("Id beside ID", root("ID=\"A1\" Id=\"A2\""), "xml.id_attribute"),
        ("id beside ID", root("ID=\"A1\" id=\"A1\""), "xml.id_attribute"),
        ("xml:id beside ID", root("ID=\"A1\" xml:id=\"A2\""), "xml.id_attribute"),
        ("a prefixed ID", root("saml:ID=\"A1\""), "xml.id_attribute"),
        ("xml:id elsewhere", inner("<x xml:id=\"A1\"/>"), "xml.id_attribute"),
        ("an empty ID", root("ID=\"\""), "xml.id_syntax"),
        ("a space", root("ID=\" A1\""), "xml.id_syntax"),
        ("a quote", root("ID=\"A1'\""), "xml.id_syntax"),
        ("too long", root(&format!("ID=\"{}\"", "A".repeat(257))), "xml.id_syntax"),
        ("none", root(""), "signature.wrong_target"),
    ]);
}

#[test]
fn the_later_namespaces_of_signatures_and_encryption_write_id_as_the_first_do() {
    let xml = signed();
    let with = |namespace: &str, id: &str| {
        let key_info =
            format!("<ds:KeyInfo><x xmlns=\"{namespace}\" {id}=\"K1\"/></ds:KeyInfo></ds:Signature>");
        verdict(&replace(&xml, "</ds:Signature>", &key_info))
    };
    for namespace in [
        "http://www.w3.org/2000/09/xmldsig#",
        "http://www.w3.org/2009/xmldsig11#",
        "http://www.w3.org/2001/04/xmlenc#",
        "http://www.w3.org/2009/xmlenc11#",
    ] {
        assert_eq!(with(namespace, "Id"), "accepted", "{namespace}");
        assert_eq!(with(namespace, "ID"), "xml.id_attribute", "{namespace}");
    }
    assert_eq!(with("urn:x", "ID"), "accepted");
    assert_eq!(with("urn:x", "Id"), "xml.id_attribute");
}

#[test]
fn ids_may_look_like_jumpclouds() {
    for id in ["FQRGC12D4KDUUFHSRZXZ27C8ZT1WHAMF1JBQCISX", "1BEGINSWITHADIGIT", "_a-b.c", &"A".repeat(256)] {
        let xml = UNSIGNED.replace("A1", id);
        let signed = sign(&xml, id, &key(), &SignOptions::default()).unwrap();
        assert_eq!(verdict(&signed), "accepted", "{id}");
    }
}

#[test]
fn references_in_values_are_compared_decoded() {
    assert_eq!(verdict(&replace(&signed(), "ID=\"A1\"", "ID=\"&#65;1\"")), "accepted");
    assert_eq!(verdict(&replace(&signed(), "URI=\"#A1\"", "URI=\"#&#65;1\"")), "accepted");
}

#[test]
fn only_asked_for_elements_may_carry_signatures() {
    let wrapped = format!("<r>{}</r>", signed());
    let document = Document::parse(wrapped.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(
        SignedDocument::survey(&document, &[document.root()]).map(drop).unwrap_err().code(),
        "signature.position"
    );
    let inner = document.root().child_elements().unwrap().next().unwrap();
    let signatures = SignedDocument::survey(&document, &[document.root(), inner]).unwrap();
    assert!(signatures.has_signature(inner) && !signatures.has_signature(document.root()));
    assert!(signatures.verify(inner, &crate::trusted(), &saml_signature::AlgorithmPolicy::default()).is_ok());
}
