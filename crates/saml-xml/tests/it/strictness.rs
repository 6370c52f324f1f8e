//! What the parser refuses, each with its code, and next to it the same document without the fault.

use saml_xml::{Document, Limits};

use crate::verdict;

/// Refused inputs with their codes, and twins that are accepted.
#[track_caller]
fn check(refused: &[(&str, &str)], accepted: &[&str]) {
    for (input, code) in refused {
        assert_eq!(verdict(input.as_bytes()), *code, "{input:?}");
    }
    for input in accepted {
        assert_eq!(verdict(input.as_bytes()), "accepted", "{input:?}");
    }
}

#[test]
fn doctype_is_refused_everywhere() {
    check(
        &[
            ("<!DOCTYPE a><a/>", "xml.doctype"),
            ("<!doctype a><a/>", "xml.doctype"),
            ("<a><!DOCTYPE a></a>", "xml.doctype"),
            ("<a/><!DOCTYPE a>", "xml.doctype"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xml.doctype"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "xml.doctype"),
            ("<!DOCTYPE a [<!NOTATION n SYSTEM '\">]><!--'>]><a/>", "xml.doctype"),
            ("<!DOCTYPE a", "xml.doctype"),
        ],
        &["<a/>"],
    );
}

#[test]
fn processing_instructions_are_refused_everywhere() {
    check(
        &[
            ("<?p x?><a/>", "xml.processing_instruction"),
            ("<a><?p x?></a>", "xml.processing_instruction"),
            ("<a/><?p x?>", "xml.processing_instruction"),
            ("<a><?XML x?></a>", "xml.processing_instruction"),
            ("<?xml-stylesheet href='x'?><a/>", "xml.processing_instruction"),
            ("<a><?p", "xml.processing_instruction"),
        ],
        &["<?xml version='1.0'?><a/>"],
    );
}

#[test]
fn only_the_five_entities_are_known() {
    check(
        &[
            ("<a>&b;</a>", "xml.entity"),
            ("<a b='&c;'/>", "xml.entity"),
            ("<a>1 & 2</a>", "xml.entity"),
            ("<a b='1 & 2'/>", "xml.entity"),
            ("<a>&lt</a>", "xml.entity"),
            ("<a b='&lt'/>", "xml.entity"),
            ("<a>&;</a>", "xml.entity"),
            ("<a>&AMP;</a>", "xml.entity"),
            ("<a>&amp ;</a>", "xml.entity"),
        ],
        &["<a b='&amp;&lt;&gt;&quot;&apos;'>&amp;&lt;&gt;&quot;&apos;</a>"],
    );
}

#[test]
fn character_references_name_characters() {
    for reference in
        ["&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999999;", "&#+65;", "&#X41;"]
    {
        check(&[(&format!("<a>{reference}</a>"), "xml.character_reference")], &[]);
        check(&[(&format!("<a b='{reference}'/>"), "xml.character_reference")], &[]);
    }
    check(&[("<a>&#;</a>", "xml.character_reference"), ("<a>&#x;</a>", "xml.character_reference")], &[]);
    check(&[], &["<a b='&#65;&#x41;&#x10FFFF;&#9;&#10;&#13;'>&#65;&#x41;&#x1F600;</a>"]);
}

#[test]
fn characters_are_those_of_xml() {
    check(
        &[
            ("<a>\0</a>", "xml.character"),
            ("<a>\u{1}</a>", "xml.character"),
            ("<a b='\u{B}'/>", "xml.character"),
            ("<a>\u{FFFE}</a>", "xml.character"),
            ("<a>\u{FFFF}</a>", "xml.character"),
            // Beside one that begins with the same byte.
            ("<a>\u{FB01}\u{1}</a>", "xml.character"),
            ("<a/>\0", "xml.character"),
        ],
        &["<a b='\u{85}'>\t\u{7F}\u{FFFD}\u{10FFFF}</a>"],
    );
}

#[test]
fn bytes_are_utf_8() {
    for bytes in [&b"<a>\xC0\xAF</a>"[..], b"<a>\xED\xA0\x80</a>", b"<a>\xE2\x82</a>", b"<a\xFF/>"] {
        assert_eq!(verdict(bytes), "xml.encoding", "{bytes:?}");
    }
    let utf_16: Vec<u8> = "\u{FEFF}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(verdict(&utf_16), "xml.encoding");
    check(&[], &["<a>€</a>"]);
}

#[test]
fn the_declared_encoding_is_utf_8() {
    check(
        &[
            ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "xml.encoding"),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>", "xml.encoding"),
            ("<?xml version='1.0' encoding='UTF-7'?><a/>", "xml.encoding"),
        ],
        &["<?xml version='1.0' encoding='UTF-8'?><a/>", "<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>"],
    );
}

#[test]
fn one_byte_order_mark_at_the_start() {
    check(&[("\u{FEFF}\u{FEFF}<a/>", "xml.structure"), ("<a/>\u{FEFF}", "xml.structure")], &["\u{FEFF}<a/>"]);
    // Elsewhere it is a character like others.
    check(&[], &["<a>\u{FEFF}</a>"]);
}

#[test]
fn the_xml_declaration_is_exact() {
    check(
        &[
            ("<?xml version='1.1'?><a/>", "xml.declaration"),
            ("<?xml version='2.7'?><a/>", "xml.declaration"),
            ("<?xml?><a/>", "xml.declaration"),
            ("<?xml encoding='UTF-8'?><a/>", "xml.declaration"),
            ("<?xml version='1.0'?><?xml version='1.0'?><a/>", "xml.declaration"),
            (" <?xml version='1.0'?><a/>", "xml.declaration"),
            ("<a><?xml version='1.0'?></a>", "xml.declaration"),
            ("<?xml version='1.0' x='y'?><a/>", "xml.declaration"),
            ("<?xml version='1.0' standalone='maybe'?><a/>", "xml.declaration"),
            ("<?xml version='1&#46;0'?><a/>", "xml.declaration"),
            ("<?xml version='1.0' encoding='&#85;TF-8'?><a/>", "xml.declaration"),
            ("<?xml version='1.0' standalone='y&#101;s'?><a/>", "xml.declaration"),
            ("<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", "xml.declaration"),
            ("<?xml version='1.0'encoding='UTF-8'?><a/>", "xml.declaration"),
            ("<?xml version='1.0' encoding='UTF-8' standalone='yes' x='y'?><a/>", "xml.declaration"),
            ("<?xml version=1.0?><a/>", "xml.declaration"),
        ],
        &["<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n<a/>", "<?xml version = '1.0' ?><a/>"],
    );
}

#[test]
fn one_root_and_nothing_around_it() {
    check(
        &[
            ("<a/><b/>", "xml.roots"),
            ("<a></a> <b/>", "xml.roots"),
            ("x<a/>", "xml.structure"),
            ("<a/>x", "xml.structure"),
            ("<a/>&#32;", "xml.structure"),
            ("<![CDATA[]]><a/>", "xml.structure"),
            ("", "xml.structure"),
            (" ", "xml.structure"),
            ("<!-- only -->", "xml.structure"),
        ],
        &[" \n<a/>\t\r\n", "<!-- before --><a/><!-- after -->"],
    );
}

#[test]
fn tags_match() {
    check(
        &[
            ("<a>", "xml.structure"),
            ("<a><b></a></b>", "xml.structure"),
            ("</a>", "xml.structure"),
            ("<a></b>", "xml.structure"),
            ("<a></A>", "xml.structure"),
            ("<p:a xmlns:p='urn:p' xmlns:q='urn:p'></q:a>", "xml.structure"),
            ("<a></a b='c'>", "xml.structure"),
            ("<a></ a>", "xml.structure"),
            ("<a", "xml.syntax"),
            ("<a b='>", "xml.syntax"),
        ],
        &["<a></a \n>", "<a><b></b></a>"],
    );
}

#[test]
fn attributes_are_unique_by_expanded_name() {
    check(
        &[
            ("<a ID='1' ID='2'/>", "xml.duplicate_attribute"),
            ("<a xmlns:p='urn:p' xmlns:q='urn:p' p:ID='1' q:ID='2'/>", "xml.duplicate_attribute"),
            ("<a xmlns:p='urn:p' xmlns:p='urn:q'/>", "xml.duplicate_attribute"),
            ("<a xmlns='urn:p' xmlns='urn:p'/>", "xml.duplicate_attribute"),
            ("<a p:ID='1' q:ID='2' xmlns:p='urn:p' xmlns:q='urn:&#112;'/>", "xml.duplicate_attribute"),
        ],
        // An unprefixed attribute is in no namespace, even where the default namespace is that of the
        // prefix.
        &["<a xmlns='urn:p' xmlns:p='urn:p' ID='1' p:ID='2'/>", "<a ID='1' Id='2'/>"],
    );
}

#[test]
fn prefixes_are_bound() {
    check(
        &[
            ("<p:a/>", "xml.unbound_prefix"),
            ("<a p:b='c'/>", "xml.unbound_prefix"),
            ("<a><b xmlns:p='urn:p'/><p:c/></a>", "xml.unbound_prefix"),
            ("<a><b xmlns:p='urn:p'></b><p:c/></a>", "xml.unbound_prefix"),
        ],
        &["<p:a xmlns:p='urn:p' p:b='c'><p:d/></p:a>", "<a xml:lang='en'/>"],
    );
}

#[test]
fn namespace_declarations_keep_to_the_rules() {
    check(
        &[
            ("<a xmlns:p=''/>", "xml.namespace"),
            ("<a xmlns:xml='urn:p'/>", "xml.namespace"),
            ("<a xmlns:xmlns='urn:p'/>", "xml.namespace"),
            ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "xml.namespace"),
            ("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", "xml.namespace"),
            ("<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", "xml.namespace"),
            ("<xmlns:a/>", "xml.unbound_prefix"),
            ("<a xmlns:='urn:p'/>", "xml.name"),
        ],
        &["<a xmlns='urn:p'><b xmlns=''/></a>", "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>"],
    );
}

#[test]
fn namespace_names_are_absolute_uris() {
    check(
        &[
            ("<a xmlns:r='1'/>", "xml.namespace_uri"),
            ("<a xmlns='r'/>", "xml.namespace_uri"),
            ("<a xmlns='../r:s'/>", "xml.namespace_uri"),
            ("<a xmlns:r='1:b'/>", "xml.namespace_uri"),
            ("<a xmlns:r='urn:a b'/>", "xml.namespace_uri"),
            ("<a xmlns:r=' urn:a'/>", "xml.namespace_uri"),
        ],
        &["<a xmlns:r='urn:a'/>", "<a xmlns='http://acme.test/'/>", "<a xmlns:r='x-a+b.c:d'/>"],
    );
}

#[test]
fn namespace_names_have_the_characters_and_the_form_of_uris() {
    for uri in [
        "urn:",
        ":a",
        "urn:a&gt;b",
        "urn:a&lt;b",
        "urn:a&quot;b",
        "urn:a`b",
        "urn:a{b}",
        "urn:a|b",
        "urn:a\\b",
        "urn:a^b",
        "urn:a&amp;b",
        "urn:a[b]",
        "urn:é",
        "urn:a\u{200b}b",
        "urn:a\u{a0}b",
        "urn:a&#9;b",
        "urn:a&#x7f;b",
        "urn:a&#x80;b",
        "urn:%",
        "urn:%4",
        "urn:%4g",
        "urn:%g4",
        "urn:a%20b%",
        "urn:a#b#c",
        "http://a&gt;b/",
        "http://a@b@c/",
        "http://a:b:1/",
        "http://a:b/",
        "http://a:/",
        "http://a:123456/",
        "http://[::1]/",
        "http://a:b@c:d/",
    ] {
        assert_eq!(verdict(format!("<a xmlns:r='{uri}'/>").as_bytes()), "xml.namespace_uri", "{uri}");
        assert_eq!(verdict(format!("<a xmlns='{uri}'/>").as_bytes()), "xml.namespace_uri", "{uri}");
    }
    for uri in [
        "urn:a:b@c/d?e/f#g?h/",
        "urn:?",
        "urn:#",
        "urn:a-._~!$()*+,;=b",
        "urn:a%20b%2Fc%e9",
        "http://acme.test",
        "http://acme.test:65535/a//b?c#d",
        "http://user:pass@acme.test:1?c:d@e",
        "http:///a",
        "x:/a:b@c",
        "HTTP://%41/",
    ] {
        assert_eq!(verdict(format!("<a xmlns:r='{uri}' xmlns='{uri}'/>").as_bytes()), "accepted", "{uri}");
    }
    assert_eq!(verdict(b"<a xmlns:r=\"urn:a'b\"/>"), "accepted");
}

#[test]
fn names_are_names() {
    for name in ["1a", "-a", "a$", "a:b:c", ":a", "a:", "a/b", "\u{B7}a", "a\u{D7}b", "a\u{A0}b"] {
        assert_eq!(verdict(format!("<{name}/>").as_bytes()), "xml.name", "{name:?}");
        assert_eq!(verdict(format!("<a {name}='b'/>").as_bytes()), "xml.name", "{name:?}");
    }
    check(
        &[("<a//>", "xml.name"), ("<>", "xml.name"), ("< a/>", "xml.name"), ("<a><b<c></a>", "xml.name")],
        &["<_a-1.b é='中'/>", "<中><a·b/></中>"],
    );
}

#[test]
fn tags_keep_to_the_grammar() {
    check(
        &[
            ("<a b='1'c='2'/>", "xml.syntax"),
            ("<a b/>", "xml.syntax"),
            ("<a b=1/>", "xml.syntax"),
            ("<a b='1/>", "xml.syntax"),
            ("<a b='<'/>", "xml.syntax"),
            ("<a b='1' /c='2'/>", "xml.name"),
            ("<a ='1'/>", "xml.name"),
            ("<a\u{85}b='1'/>", "xml.name"),
            ("<a><!x></a>", "xml.syntax"),
            ("<a><![cdata[x]]></a>", "xml.syntax"),
            ("<a><![CDATA[x</a>", "xml.syntax"),
        ],
        &["<a b = '1'\n\tc\r\n=\r\"2\" />", "<a b='>'/>", "<a><![CDATA[<&]]></a>"],
    );
}

#[test]
fn character_data_has_no_cdata_end() {
    check(
        &[("<a>x]]>y</a>", "xml.syntax")],
        &["<a>x]]&gt;y]] ></a>", "<a b=']]>'/>", "<a><![CDATA[]]]]></a>"],
    );
}

#[test]
fn comments_keep_to_the_grammar() {
    check(
        &[
            ("<a><!-- -- --></a>", "xml.comment"),
            ("<a><!----- ></a>", "xml.comment"),
            ("<a><!-- x ---></a>", "xml.comment"),
            ("<a><!--></a>", "xml.comment"),
            ("<a><!---></a>", "xml.comment"),
            ("<a><!-- x", "xml.comment"),
        ],
        &["<a><!----></a>", "<a><!-- - --></a>"],
    );
}

#[test]
fn comments_never_stand_beside_a_value() {
    check(
        &[
            ("<a>user@acme.test<!---->.evil.test</a>", "xml.comment_in_value"),
            ("<a><!---->user</a>", "xml.comment_in_value"),
            ("<a>user<!----></a>", "xml.comment_in_value"),
            ("<a>user<b/><!----></a>", "xml.comment_in_value"),
            ("<a><![CDATA[ ]]><!----></a>", "xml.comment_in_value"),
            ("<a><!---->&#32;</a>", "xml.comment_in_value"),
        ],
        &["<a> <!-- x --> <b>user</b><!-- y --> </a>", "<a><!-- x --></a>"],
    );
}

#[test]
fn errors_say_where() {
    let input = "<a>\n  <é/><b c='&x;'/>\n</a>";
    let error = Document::parse(input.as_bytes(), &Limits::default()).unwrap_err();
    let position = error.position();
    assert_eq!((position.line, position.column), (2, 13));
    assert_eq!(&input[position.offset..=position.offset], "&");
    assert_eq!(
        error.to_string(),
        "\"&x;\" is no reference to one of XML's five entities at line 2, column 13"
    );
    assert_eq!(error.found().as_deref(), Some("&x;"));
}

#[test]
fn errors_point_at_what_is_wrong() {
    // What is wrong begins where the first part ends.
    for (before, rest) in [
        ("<a>xy", "]]></a>"),
        ("<a b='1' ", "b='2'/>"),
        ("<a ", "p:b='1'/>"),
        ("<a b='xy", "<'/>"),
        ("<a b='xy", "&z;'/>"),
        ("<a>", "<p:b/></a>"),
        ("<a ", "xmlns:p=''/>"),
        ("<a>x", "<!-- y --></a>"),
        ("<a>é", "</b>"),
        ("<a/>", "<b/>"),
        ("<a/>\n", "x"),
        ("<a>", "<![CDATA["),
        ("<?xml version='1.0' ", "encoding='latin1'?><a/>"),
    ] {
        let error = Document::parse(format!("{before}{rest}").as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.position().offset, before.len(), "{before}{rest}: {error}");
    }
}

#[test]
fn errors_carry_little_of_the_document() {
    let input = format!("<a>&{};</a>", "x".repeat(100_000));
    let error = Document::parse(input.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "xml.entity");
    assert!(error.to_string().len() < 250, "{}", error.to_string().len());
}
