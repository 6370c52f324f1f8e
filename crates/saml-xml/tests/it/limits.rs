//! Each limit, met and exceeded by one.

use std::fmt::Write as _;

use saml_xml::{Document, Limits, PrefixList};

use crate::{parse, verdict};

#[test]
fn input() {
    let limits = Limits::default().with_input_bytes(10);
    assert!(Document::parse(b"<a>345</a>", &limits).is_ok());
    let error = Document::parse(b"<a>3456</a>", &limits).unwrap_err();
    assert_eq!(error.code(), "limit.input");
    assert_eq!(
        (error.expected().unwrap(), error.found().unwrap()),
        ("at most 10 bytes".into(), "11 bytes".into())
    );
}

#[test]
#[cfg_attr(miri, ignore = "too large for an interpreter")]
fn input_is_never_larger_than_its_offsets() {
    let limits = |bytes: usize| Limits::default().with_input_bytes(bytes);
    assert_eq!(limits(usize::MAX).input_bytes, Limits::MAX_INPUT_BYTES);
    assert_eq!(limits(Limits::MAX_INPUT_BYTES - 1).input_bytes, Limits::MAX_INPUT_BYTES - 1);
    // Whatever stands in the field. These zeros are never touched, and so take no memory.
    let mut limits = Limits::default();
    limits.input_bytes = usize::MAX;
    let huge = vec![0; Limits::MAX_INPUT_BYTES + 1];
    let error = Document::parse(&huge, &limits).unwrap_err();
    assert_eq!(
        (error.code(), error.expected()),
        ("limit.input", Some(format!("at most {} bytes", i32::MAX)))
    );
    assert!(Document::parse(b"<a/>", &limits).is_ok());
}

#[test]
fn depth() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert_eq!(verdict(nested(64).as_bytes()), "accepted");
    assert_eq!(verdict(nested(65).as_bytes()), "limit.depth");
    assert_eq!(verdict("<a>".repeat(80_000).as_bytes()), "limit.depth");
}

#[test]
#[cfg_attr(miri, ignore = "too large for an interpreter")]
fn nodes() {
    let siblings = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert_eq!(verdict(siblings(19_999).as_bytes()), "accepted");
    assert_eq!(verdict(siblings(20_000).as_bytes()), "limit.nodes");
    let texts = |count: usize| format!("<a>{}</a>", "<b/>x".repeat(count));
    assert_eq!(verdict(texts(10_000).as_bytes()), "limit.nodes");
    // Nothing is no node, however it is written.
    let empty = |count: usize| format!("<a>{}</a>", "<b><![CDATA[]]></b>".repeat(count));
    assert_eq!(verdict(empty(12_000).as_bytes()), "accepted");
}

#[test]
fn attributes() {
    let attributes = |count: usize| {
        (0..count).fold("<a xmlns:p='urn:p'".to_owned(), |tag, n| format!("{tag} a{n}=''")) + "/>"
    };
    assert_eq!(verdict(attributes(64).as_bytes()), "accepted");
    assert_eq!(verdict(attributes(65).as_bytes()), "limit.attributes");
}

#[test]
fn namespaces_of_an_element() {
    let declarations = |count: usize| {
        (0..count).fold("<a b=''".to_owned(), |tag, n| format!("{tag} xmlns:p{n}='urn:p'")) + "/>"
    };
    assert_eq!(verdict(declarations(64).as_bytes()), "accepted");
    assert_eq!(verdict(declarations(65).as_bytes()), "limit.namespaces");
}

#[test]
fn namespaces_in_scope() {
    // Declarations that went out of scope do not count.
    let nested = |depth: usize, rest: usize| {
        let mut document = "<r><x xmlns:y='urn:y'/>".to_owned();
        for level in 0..depth {
            document += "<a";
            for n in 0..(if level + 1 == depth { rest } else { 32 }) {
                write!(document, " xmlns:p{level}-{n}='urn:p'").unwrap();
            }
            document += ">";
        }
        document + &"</a>".repeat(depth) + "</r>"
    };
    assert_eq!(verdict(nested(8, 32).as_bytes()), "accepted");
    assert_eq!(verdict(nested(8, 33).as_bytes()), "limit.namespaces");
}

#[test]
#[cfg_attr(miri, ignore = "too large for an interpreter")]
fn canonical_form() {
    // Each child repeats the declaration of the root: a small document with a large canonical form. The two
    // tags of `<p:a xmlns:p="urn:…"></p:a>` are 22 bytes and the namespace name; those of the root 7.
    let document = |name: usize, text: usize| {
        let (name, children, text) = ("x".repeat(name), "<p:a/>".repeat(10_000), "y".repeat(text));
        format!("<r xmlns:p='urn:{name}'>{children}{text}</r>")
    };
    let length = |text: &str| {
        let mut output = Vec::new();
        let result = parse(text).root().canonicalize(&PrefixList::default(), &mut output);
        result.map(|()| output.len()).map_err(|error| error.code())
    };
    let children = 7 + 10_000 * (22 + 4 + 70);
    assert_eq!(length(&document(70, 0)), Ok(children));
    let missing = 1_048_576 - children;
    assert_eq!(length(&document(70, missing)), Ok(1_048_576));
    assert_eq!(length(&document(70, missing + 1)), Err("limit.canonical_form"));
    // And far beyond it, by markup alone.
    assert_eq!(length(&document(90, 0)), Err("limit.canonical_form"));
}

#[test]
fn prefix_list() {
    let list = |count: usize| (0..count).fold(String::new(), |list, n| format!("{list} p{n}"));
    assert!(PrefixList::parse(&list(32)).is_ok());
    assert_eq!(PrefixList::parse(&list(33)).unwrap_err().code(), "algorithm.prefix_list");
}
