//! What is written reads back.

use saml_xml::{WriteError, XmlWriter};

use crate::parse;

#[test]
fn values_survive_writing() {
    let value = "<&>\"' \t\n\r é ]]> <!-- 中";
    let mut xml = XmlWriter::new();
    xml.start("p:a").attribute("xmlns:p", "urn:p").attribute("b", value).optional_attribute("c", None);
    xml.element("p:d", value).start("e").end();
    let text = xml.finish().unwrap();
    let document = parse(&text);
    let root = document.root();
    assert_eq!(root.attribute("b"), Some(value));
    assert_eq!(root.attribute("c"), None);
    let children: Vec<_> = root.child_elements().unwrap().collect();
    assert_eq!(children[0].text(), Ok(value));
    assert!(text.ends_with("<e/></p:a>"), "{text}");
}

#[test]
fn characters_without_representation_are_refused() {
    for value in ["\0", "\u{1}", "\u{FFFE}"] {
        let mut xml = XmlWriter::new();
        xml.element("a", value);
        assert!(matches!(xml.finish(), Err(WriteError::Character { .. })), "{value:?}");
        let mut xml = XmlWriter::new();
        xml.start("a").attribute("b", value);
        assert_eq!(xml.finish().unwrap_err().code(), "xml.character", "{value:?}");
    }
    let mut xml = XmlWriter::new();
    xml.element("a", "\t\u{FFFD}");
    assert!(xml.finish().is_ok());
}

#[test]
fn an_attribute_that_comes_too_late_is_an_error_and_not_lost() {
    let mut xml = XmlWriter::new();
    xml.start("a").text("content").attribute("late", "x");
    let error = xml.finish().unwrap_err();
    assert_eq!(error, WriteError::Misplaced { name: "late" });
    assert_eq!(error.code(), "xml.syntax");
}
