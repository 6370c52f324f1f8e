//! Values as the tree gives them.

use saml_xml::ContentError;

use crate::parse;

#[test]
fn names_are_compared_by_namespace() {
    let document = parse("<p:a xmlns:p='urn:1' xmlns='urn:2'><a/><a xmlns=''/><q:a xmlns:q='urn:1'/></p:a>");
    let root = document.root();
    assert!(root.is("urn:1", "a") && !root.is("urn:2", "a") && !root.is("urn:1", "b"));
    let namespaces: Vec<_> = root.child_elements().unwrap().map(|child| child.namespace()).collect();
    assert_eq!(namespaces, ["urn:2", "", "urn:1"]);
    assert_eq!((root.prefix(), root.local_name()), ("p", "a"));
}

#[test]
fn attributes_are_read_without_namespace() {
    let document = parse("<a xmlns:p='urn:1' p:ID='1' b='2' ID='3'/>");
    let root = document.root();
    assert_eq!(root.attribute("ID"), Some("3"));
    assert_eq!(root.attribute("c"), None);
    let all: Vec<_> = root.attributes().map(|it| (it.namespace(), it.local_name(), it.value())).collect();
    assert_eq!(all, [("urn:1", "ID", "1"), ("", "b", "2"), ("", "ID", "3")]);
}

#[test]
fn text_is_one_string_however_written() {
    for input in
        ["<a>x&amp;y</a>", "<a>x<![CDATA[&]]>y</a>", "<a><![CDATA[x&y]]></a>", "<a>&#120;&#x26;y</a>"]
    {
        assert_eq!(parse(input).root().text(), Ok("x&y"), "{input}");
    }
    assert_eq!(parse("<a/>").root().text(), Ok(""));
    assert_eq!(parse("<a><![CDATA[]]></a>").root().text(), Ok(""));
}

#[test]
fn line_ends_and_attribute_values_are_normalised() {
    let document = parse("<a b='1\r\n2\r3\n4\t5&#13;&#10;&#9;6'>1\r\n2\r3\n4&#13;5<![CDATA[\r\n]]></a>");
    assert_eq!(document.root().attribute("b"), Some("1 2 3 4 5\r\n\t6"));
    assert_eq!(document.root().text(), Ok("1\n2\n3\n4\r5\n"));
}

#[test]
fn text_and_elements_do_not_mix() {
    let document = parse("<a> <b>x</b>\n<c/></a>");
    let names: Vec<_> = document.root().child_elements().unwrap().map(|child| child.local_name()).collect();
    assert_eq!(names, ["b", "c"]);
    assert!(matches!(document.root().text(), Err(ContentError::UnexpectedElement { .. })));
    let mixed = parse("<a>x<b/></a>");
    let error = mixed.root().child_elements().map(drop).unwrap_err();
    assert!(matches!(error, ContentError::UnexpectedText { .. }));
    assert_eq!(error.code(), "xml.content");
    assert_eq!(error.to_string(), "the element a at line 1, column 1 holds text where only elements belong");
}

#[test]
fn an_element_is_equal_to_itself_only() {
    let (document, other) = (parse("<a><b/><b/></a>"), parse("<a><b/><b/></a>"));
    let child = |index| document.root().child_elements().unwrap().nth(index).unwrap();
    assert_eq!(child(0), child(0));
    assert_ne!(child(0), child(1));
    assert_ne!(document.root(), other.root());
    assert_eq!(format!("{:?}", child(1)), "Element(b at line 1, column 8)");
}

#[test]
fn elements_come_in_document_order() {
    let document = parse("<a><b><c/>x</b><d/></a>");
    let names = |elements: saml_xml::Elements<'_, '_>| {
        elements.map(|it| it.local_name().to_owned()).collect::<String>()
    };
    assert_eq!(names(document.elements()), "abcd");
    let b = document.root().child_elements().unwrap().next().unwrap();
    assert_eq!(names(b.descendants_and_self()), "bc");
}

#[test]
fn elements_are_found_by_their_one_id() {
    let document = parse("<a ID='1'><b ID='2'/><c ID='3'/><d ID='3'/><e Id='4'/></a>");
    assert_eq!(document.element_by_id("2").unwrap().local_name(), "b");
    assert_eq!(document.element_by_id("3").unwrap_err().code(), "xml.duplicate_id");
    assert_eq!(document.element_by_id("4").unwrap_err().code(), "xml.id_missing");
}

#[test]
fn elements_know_their_source() {
    let document = parse("\u{FEFF}<?xml version='1.0'?><a> <b c='d'>x</b><b  /></a >\n");
    let source = |element: saml_xml::Element<'_, '_>| String::from_utf8(element.source().to_vec()).unwrap();
    let sources: Vec<_> = document.elements().map(source).collect();
    assert_eq!(sources, ["<a> <b c='d'>x</b><b  /></a >", "<b c='d'>x</b>", "<b  />"]);
    assert_eq!(parse("<a/>\n").source(), b"<a/>\n");
}

#[test]
fn debug_shows_no_content() {
    let document = parse("<a>bjensen@acme.test</a>");
    assert_eq!(format!("{document:?}"), "Document { bytes: 24, nodes: 2, .. }");
}
