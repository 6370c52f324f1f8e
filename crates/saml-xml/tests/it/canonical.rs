//! Canonical forms that other implementations agree on.

use std::fs;
use std::path::{Path, PathBuf};

use saml_xml::{Document, Limits, PrefixList};

use crate::{canonical, parse};

/// The documents whose canonical forms two other implementations agree on: what lies there is the document,
/// its form (`.exc-c14n`) and its form with the prefix list `a b #default` (`.exc-c14n.pl`).
fn vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/c14n");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    paths.sort();
    paths
}

/// What the strict parser refuses, and why.
const REFUSED: [(&str, &str); 3] = [
    ("21-comment-split-text", "xml.comment_in_value"),
    ("23-pi-crlf", "xml.processing_instruction"),
    ("37-ns-uri-escapes", "xml.namespace_uri"),
];

#[test]
fn vectors_are_met_byte_for_byte() {
    let mut checked = 0;
    for path in vectors() {
        let input = fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let parsed = Document::parse(&input, &Limits::default());
        if let Some((_, code)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            assert_eq!(parsed.unwrap_err().code(), *code, "{name}");
            continue;
        }
        let document = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (extension, prefixes) in [("exc-c14n", ""), ("exc-c14n.pl", "a b #default")] {
            let mut output = Vec::new();
            let element = document.element_by_id("x").unwrap();
            element.canonicalize(&PrefixList::parse(prefixes).unwrap(), &mut output).unwrap();
            let expected = fs::read(path.with_extension(extension)).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&output),
                String::from_utf8_lossy(&expected),
                "{name} {extension}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 38);
}

#[test]
fn ancestors_do_not_change_the_form_of_an_element() {
    let inner = "<p:a xmlns:p=\"urn:p\" b=\"1\"><p:c></p:c></p:a>";
    for (before, after) in [
        ("<r>", "</r>"),
        ("<r xmlns='urn:d' xmlns:q='urn:q' xml:lang='en' xml:base='http://acme.test/'>", "</r>"),
        ("<r xmlns:p='urn:p'>", "</r>"),
        ("<r xmlns:p='urn:other'>", "</r>"),
    ] {
        let wrapped = format!("{before}{inner}{after}");
        let document = parse(&wrapped);
        let element = document.root().child_elements().unwrap().next().unwrap();
        let mut output = Vec::new();
        element.canonicalize(&PrefixList::default(), &mut output).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), inner, "{wrapped}");
    }
}

#[test]
fn an_omitted_element_leaves_no_trace() {
    let document = parse("<a><b/><s xmlns:p='urn:p'><p:t>x</p:t></s><c/>y</a>");
    let omitted = document.root().descendants_and_self().find(|element| element.local_name() == "s").unwrap();
    let mut output = Vec::new();
    document.root().canonicalize_without(omitted, &PrefixList::default(), &mut output).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), "<a><b></b><c></c>y</a>");
}

#[test]
fn output_is_appended() {
    let mut output = b"before".to_vec();
    parse("<a/>").root().canonicalize(&PrefixList::default(), &mut output).unwrap();
    assert_eq!(output, b"before<a></a>");
}

#[test]
fn comments_and_surroundings_vanish() {
    let document = parse("<?xml version='1.0'?><!-- x -->\n<a> <!-- y --> <b/></a>\n");
    assert_eq!(canonical(&document), b"<a>  <b></b></a>");
}

#[test]
fn prefix_lists_are_checked() {
    assert!(PrefixList::parse("xs \n #default xsi").is_ok());
    assert_eq!(PrefixList::parse("").unwrap(), PrefixList::default());
    for list in ["xs xs", "a:b", "1", "#other", "#default #default"] {
        assert_eq!(PrefixList::parse(list).unwrap_err().code(), "algorithm.prefix_list", "{list:?}");
    }
}

#[test]
fn listed_prefixes_count_where_they_are_declared_and_no_others_do() {
    let xml = r#"<r xmlns:p="urn:outer"><s xmlns:p="urn:p" xmlns:q="urn:q" xmlns="urn:d"/><t xmlns:q="urn:q"/></r>"#;
    for (list, expected) in [
        ("", r#"<r><s xmlns="urn:d"></s><t></t></r>"#),
        ("p", r#"<r xmlns:p="urn:outer"><s xmlns="urn:d" xmlns:p="urn:p"></s><t></t></r>"#),
        ("q", r#"<r><s xmlns="urn:d" xmlns:q="urn:q"></s><t xmlns:q="urn:q"></t></r>"#),
        (
            "p q",
            r#"<r xmlns:p="urn:outer"><s xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q"></s><t xmlns:q="urn:q"></t></r>"#,
        ),
    ] {
        let document = Document::parse(xml.as_bytes(), &Limits::default()).unwrap();
        let mut bytes = Vec::new();
        document.root().canonicalize(&PrefixList::parse(list).unwrap(), &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{list:?}");
    }
}
