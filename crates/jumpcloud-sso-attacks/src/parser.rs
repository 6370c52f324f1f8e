//! What is no XML 1.0, or more than a Response needs of it: P01 to P16.

use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::Doc;

/// In what the signature covers.
pub(crate) const NAME_ID_TEXT: &str = ">bjensen@acme.test</saml2:NameID>";
/// In what it does not cover.
pub(crate) const CONSENT: &str = "Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\"";
pub(crate) const ROOT: &str = "<saml2p:Response ";
pub(crate) const END: &str = "</saml2p:Response>";
pub(crate) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Something in the text of the NameID, and in an attribute.
pub(crate) fn both_places(inserted: &str) -> [(&'static str, Doc); 2] {
    let base = Doc::signed(Sign::Assertion);
    [
        ("text", base.replace(NAME_ID_TEXT, &format!(">{inserted}bjensen@acme.test</saml2:NameID>"))),
        ("an attribute", base.replace(CONSENT, &format!("Consent=\"{inserted}\""))),
    ]
}

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    doctypes(suite);
    entities(suite);
    characters(suite);
    encodings(suite);
    declarations(suite);
    beyond_the_root(suite);
}

fn doctypes(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let front = |doctype: &str| base.before(ROOT, doctype);
    for (id, what, doctype) in [
        ("P01", "a DOCTYPE", "<!DOCTYPE Response>"),
        ("P01", "a DOCTYPE in lower case", "<!doctype Response>"),
        ("P01", "two DOCTYPEs", "<!DOCTYPE a><!DOCTYPE b>"),
        ("P01", "a DOCTYPE with an empty subset", "<!DOCTYPE Response []>"),
        ("P01", "a DOCTYPE behind a comment", "<!-- c --><!DOCTYPE Response>"),
        ("P01", "a DOCTYPE that does not end", "<!DOCTYPE Response"),
        ("P02", "an entity that is declared", "<!DOCTYPE r [<!ENTITY e \"admin@acme.test\">]>"),
        ("P03", "a SYSTEM identifier", "<!DOCTYPE r SYSTEM \"http://evil.test/r.dtd\">"),
        ("P03", "a PUBLIC identifier", "<!DOCTYPE r PUBLIC \"-//x//y\" \"http://evil.test/r.dtd\">"),
        ("P03", "an external entity", "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"),
        (
            "P03",
            "an external parameter entity",
            "<!DOCTYPE r [<!ENTITY % x SYSTEM \"http://evil.test/\"> %x;]>",
        ),
        ("P05", "a literal that hides the end", "<!DOCTYPE r [<!NOTATION n SYSTEM '\">]><!--'>]>"),
        ("P05", "a comment that hides the end", "<!DOCTYPE r [<!-- ]> --> <!ENTITY e \"x\">]>"),
        ("P06", "a default for the ID", "<!DOCTYPE r [<!ATTLIST r ID ID \"EVIL\">]>"),
        ("P06", "a default for a namespace", "<!DOCTYPE r [<!ATTLIST r xmlns:saml2 CDATA \"urn:evil\">]>"),
    ] {
        suite.refused(id, what, front(doctype), "xml.doctype");
    }
    let lol: String =
        (1..12).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    suite.refused(
        "P04",
        "nested entities",
        front(&format!("<!DOCTYPE r [<!ENTITY l0 \"lol\">{lol}]>")),
        "xml.doctype",
    );
    let long = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>", "a".repeat(50_000));
    suite.refused("P04", "one long entity", front(&long), "xml.doctype");
    suite.refused(
        "P01",
        "a DOCTYPE before the declaration",
        format!("<!DOCTYPE r>{}", base.as_str()),
        "xml.doctype",
    );
    suite.refused(
        "P01",
        "a DOCTYPE in the content",
        base.before("<saml2p:Status>", "<!DOCTYPE r>"),
        "xml.doctype",
    );
    suite.refused("P01", "a DOCTYPE behind the root", base.after(END, "<!DOCTYPE r>"), "xml.doctype");
}

fn entities(suite: &mut Suite) {
    for (id, what, reference, code) in [
        ("P02", "an entity that is not declared", "&e;", "xml.entity"),
        ("P02", "an entity of HTML", "&nbsp;", "xml.entity"),
        ("P02", "a predefined one in upper case", "&LT;", "xml.entity"),
        ("P07", "a bare ampersand", "& ", "xml.entity"),
        ("P07", "an entity that does not end", "&lt ", "xml.entity"),
        ("P07", "an ampersand and a semicolon", "&;", "xml.entity"),
        ("P07", "a parameter entity", "&%e;", "xml.entity"),
    ] {
        for (place, doc) in both_places(reference) {
            suite.refused(id, format!("{what} in {place}"), doc, code);
        }
    }
    for number in [
        "0",
        "1",
        "8",
        "11",
        "12",
        "31",
        "x1F",
        "xD800",
        "xDFFF",
        "xFFFE",
        "xFFFF",
        "x110000",
        "+65",
        "X41",
        "",
        "x",
        "-1",
        "xFFFFFFFFFF",
        "65 ",
        " 65",
        "x4G",
    ] {
        let spelled = number.replace('+', "plus ").replace('-', "minus ").replace(' ', "space ");
        for (place, doc) in both_places(&format!("&#{number};")) {
            suite.refused(
                "P08",
                format!("the reference {spelled:?} in {place}"),
                doc,
                "xml.character_reference",
            );
        }
    }
    suite.accepted("P33", "references in the ID and in the URI", {
        let doc = Doc::signed(Sign::Assertion);
        doc.replace(
            "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"ASSERTION\"",
            "<saml2:Assertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"&#65;SSERTION\"",
        )
        .replace("URI=\"#ASSERTION\"", "URI=\"#ASSERTIO&#x4e;\"")
    });
}

fn characters(suite: &mut Suite) {
    for character in ['\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
        for (place, doc) in both_places(&character.to_string()) {
            let what = format!("the character U+{:04X} in {place}", u32::from(character));
            suite.refused("P09", what, doc, "xml.character");
        }
    }
    for (what, bytes) in [
        ("an overlong NUL", &[0xC0, 0x80][..]),
        ("an overlong slash", &[0xE0, 0x80, 0xAF]),
        ("a surrogate", &[0xED, 0xA0, 0x80]),
        ("a cut character", &[0xE2, 0x82]),
        ("a stray continuation", &[0x80]),
        ("a byte that is none", &[0xFF]),
        ("a character beyond Unicode", &[0xF4, 0x90, 0x80, 0x80]),
    ] {
        for (place, doc) in both_places("HERE") {
            suite.refused("P10", format!("{what} in {place}"), doc.with_bytes("HERE", bytes), "xml.encoding");
        }
        let name = Doc::signed(Sign::Assertion).replace("<saml2p:Status>", "<saml2p:StatusHERE>");
        suite.refused("P10", format!("{what} in a name"), name.with_bytes("HERE", bytes), "xml.encoding");
    }
}

fn encodings(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    for label in ["ISO-8859-1", "UTF-16", "UTF-7", "US-ASCII", "windows-1252", "utf8x", "UTF-32"] {
        let labelled = base.replace("encoding=\"UTF-8\"", &format!("encoding=\"{label}\""));
        suite.refused("P11", format!("the label {label}"), labelled, "xml.encoding");
    }
    suite.accepted("P11", "the label utf-8", base.replace("encoding=\"UTF-8\"", "encoding=\"utf-8\""));
    let wide = |mark: u16, to: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark).chain(base.as_str().encode_utf16()).flat_map(to).collect()
    };
    suite.refused("P11", "UTF-16 with the low byte first", wide(0xFEFF, u16::to_le_bytes), "xml.encoding");
    suite.refused("P11", "UTF-16 with the high byte first", wide(0xFEFF, u16::to_be_bytes), "xml.encoding");
    suite.accepted("P12", "one byte order mark", format!("\u{feff}{}", base.as_str()));
    suite.refused(
        "P12",
        "two byte order marks",
        format!("\u{feff}\u{feff}{}", base.as_str()),
        "xml.structure",
    );
    let middle = base.before("<saml2p:Status>", "\u{feff}");
    suite.refused("P12", "a byte order mark between elements", middle, "response.schema");
    suite.refused("P12", "a byte order mark behind the root", base.after(END, "\u{feff}"), "xml.structure");
}

fn declarations(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let declared = |declaration: &str| base.replace(DECLARATION, declaration);
    for (what, declaration) in [
        ("version 1.1", "<?xml version=\"1.1\" encoding=\"UTF-8\"?>"),
        ("version 2.7", "<?xml version=\"2.7\"?>"),
        ("no version", "<?xml encoding=\"UTF-8\"?>"),
        ("an attribute that is none", "<?xml version=\"1.0\" junk=\"1\"?>"),
        ("the wrong order", "<?xml encoding=\"UTF-8\" version=\"1.0\"?>"),
        ("standalone maybe", "<?xml version=\"1.0\" standalone=\"maybe\"?>"),
        ("no quotes", "<?xml version=1.0?>"),
        ("upper case", "<?XML version=\"1.0\"?>"),
        ("two declarations", "<?xml version=\"1.0\"?><?xml version=\"1.0\"?>"),
        ("white space before it", " <?xml version=\"1.0\"?>"),
        ("a comment before it", "<!-- c --><?xml version=\"1.0\"?>"),
    ] {
        suite.refused("P13", what, declared(declaration), code_of_declaration(what));
    }
    let content = base.before("<saml2p:Status>", "<?xml version=\"1.0\"?>");
    suite.refused("P13", "a declaration in the content", content, "xml.declaration");
    suite.accepted("P13", "no declaration", base.without(DECLARATION));
}

/// What looks like a processing instruction by its name is called one.
fn code_of_declaration(what: &str) -> &'static str {
    if what == "upper case" { "xml.processing_instruction" } else { "xml.declaration" }
}

fn beyond_the_root(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let evil = base.root().replace("bjensen@acme.test", "admin@acme.test");
    suite.refused("P14", "a second root behind the first", format!("{}{evil}", base.as_str()), "xml.roots");
    suite.refused("P14", "a second root before the first", base.before(ROOT, &evil), "xml.roots");
    suite.refused("P14", "an empty second root", base.after(END, "<x/>"), "xml.roots");
    for (id, what, doc, code) in [
        ("P15", "text before the root", base.before(ROOT, "x"), "xml.structure"),
        ("P15", "text behind the root", base.after(END, "x"), "xml.structure"),
        ("P15", "CDATA behind the root", base.after(END, "<![CDATA[x]]>"), "xml.structure"),
        ("P15", "a reference behind the root", base.after(END, "&#32;"), "xml.structure"),
        ("P15", "nothing", Doc::text(""), "xml.structure"),
        ("P15", "white space only", Doc::text(" \n"), "xml.structure"),
        ("P15", "a comment only", Doc::text("<!-- c -->"), "xml.structure"),
        ("P15", "no end", base.without(END), "xml.structure"),
        ("P15", "another end", base.replace(END, "</saml2p:Request>"), "xml.structure"),
        ("P15", "an end too many", base.after(END, "</x>"), "xml.structure"),
        ("P15", "half of a tag", Doc::text(base.as_str().trim_end_matches('>')), "xml.syntax"),
        ("P16", "a NUL behind the root", base.after(END, "\0"), "xml.character"),
        (
            "P16",
            "a processing instruction behind the root",
            base.after(END, "<?p?>"),
            "xml.processing_instruction",
        ),
        ("P16", "a second document behind the root", base.after(END, base.as_str()), "xml.declaration"),
    ] {
        suite.refused(id, what, doc, code);
    }
    suite.accepted("P16", "a comment behind the root", base.after(END, "<!-- c -->"));
    suite.accepted("P16", "white space behind the root", base.after(END, "\r\n \t"));
}
