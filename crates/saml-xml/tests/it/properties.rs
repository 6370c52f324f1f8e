//! Properties that hold for all documents.

use jumpcloud_sso_testkit::xml_nodes as nodes;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use saml_xml::{Document, Element, Limits};

use crate::canonical;

/// What a document says, without how it was written, but for mixed content: that is compared without the
/// crate.
fn content(element: Element<'_, '_>) -> Vec<String> {
    let mut said = Vec::new();
    for element in element.descendants_and_self() {
        let mut attributes: Vec<_> =
            element.attributes().map(|it| (it.namespace(), it.local_name(), it.value())).collect();
        attributes.sort_unstable();
        let text = element.text().ok();
        said.push(format!(
            "{} {} {} {attributes:?} {text:?}",
            element.namespace(),
            element.prefix(),
            element.local_name()
        ));
    }
    said
}

fn name() -> impl Strategy<Value = String> {
    "([pq]:)?[a-c]"
}

fn value() -> impl Strategy<Value = String> {
    "([a-z <>\"'é\u{1F600}\\]]|&amp;|&lt;|&#13;|&#x9;|\r\n|\r|\n|\t){0,6}"
        .prop_map(|text| text.replace('<', "&lt;"))
}

/// Documents of elements, attributes, declarations, text, CDATA sections and comments; most, not all,
/// well-formed.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        value().prop_map(|text| text.replace('>', "&gt;")),
        "[a-z&<>\r\n]{0,5}".prop_map(|text| format!("<![CDATA[{text}]]>")),
        " {0,2}".prop_map(|space| format!("{space}<!-- c -->")),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let attributes = prop::collection::vec((name(), value()), 0..3);
        let declarations = prop::collection::vec(("(xmlns|xmlns:p|xmlns:q)", "urn:[1-3]"), 0..2);
        (name(), attributes, declarations, prop::collection::vec(inner, 0..4)).prop_map(
            |(name, attributes, declarations, children)| {
                let attributes: String = attributes
                    .iter()
                    .map(|(name, value)| format!(" {name}=\"{}\"", value.replace('"', "&quot;")))
                    .chain(declarations.iter().map(|(name, value)| format!(" {name}='{value}'")))
                    .collect();
                format!("<{name}{attributes}>{}</{name}>", children.concat())
            },
        )
    });
    tree.prop_map(|tree| format!("<r xmlns:p='urn:1' xmlns:q='urn:2'>{tree}</r>"))
}

/// Fewer where each takes seconds.
const CASES: u32 = if cfg!(miri) { 8 } else { 512 };

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonicalization_keeps_the_content_and_is_idempotent(text in document()) {
        if let Ok(first) = Document::parse(text.as_bytes(), &Limits::default()) {
            let form = canonical(&first);
            let second = Document::parse(&form, &Limits::default()).expect("a canonical form is well-formed");
            prop_assert_eq!(content(first.root()), content(second.root()));
            prop_assert_eq!(nodes(&text), nodes(std::str::from_utf8(&form).unwrap()));
            prop_assert_eq!(&form, &canonical(&second));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes, &Limits::default());
    }

    #[test]
    fn no_markup_makes_the_parser_panic(text in "(<|>|/|!|--|\\?|\\[|\\]|CDATA|DOCTYPE|a|:|=|'|\"|&|#|x|;| |\r|é|xmlns){0,40}") {
        let _ = Document::parse(text.as_bytes(), &Limits::default());
    }

    #[test]
    fn no_change_of_a_byte_makes_the_parser_panic(text in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(document) = Document::parse(&bytes, &Limits::default()) {
            prop_assert!(!canonical(&document).is_empty());
        }
    }
}

#[test]
fn every_node_is_compared() {
    let mixed =
        "<?xml version='1.0'?>\n<a b='/>'>x&lt;<!-- < --> \r\n<![CDATA[<&amp;]]><p:c d=\"'>\"/>y</a >\n";
    assert_eq!(nodes(mixed), ["a", "\"x< \\n<&amp;\"", "p:c", "/", "\"y\"", "/"]);
    assert_ne!(nodes("<a>x<b/>y</a>"), nodes("<a>xy<b/></a>"));
    assert_ne!(nodes("<a><b/>&#xD;</a>"), nodes("<a><b/>\r</a>"));
}

#[test]
fn most_generated_documents_are_well_formed() {
    // Otherwise the properties above would say little.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tried = CASES.min(200);
    let accepted = (0..tried)
        .filter(|_| {
            let text = document().new_tree(&mut runner).unwrap().current();
            Document::parse(text.as_bytes(), &Limits::default()).is_ok()
        })
        .count();
    assert!(accepted * 2 > tried as usize, "{accepted} of {tried}");
}
