//! Markup that is not well-formed, or that no Response needs: P23 to P28, P30 to P34.

use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::Doc;
use crate::parser::{CONSENT, NAME_ID_TEXT, ROOT};

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    tags(suite);
    comments(suite);
    instructions(suite);
    equal_values(suite);
    elsewhere(suite);
}

fn tags(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    let element = |tag: &str| base.before("<saml2p:Status>", tag);
    for (id, what, tag, code) in [
        ("P23", "two colons", "<a:b:c/>", "xml.name"),
        ("P23", "a colon in front", "<:a/>", "xml.name"),
        ("P23", "a colon at the end", "<a:/>", "xml.name"),
        ("P23", "a digit in front", "<1a/>", "xml.name"),
        ("P23", "a dollar", "<a$/>", "xml.name"),
        ("P23", "a hyphen in front", "<-a/>", "xml.name"),
        ("P23", "an attribute with a bracket", "<a b<c=\"\"/>", "xml.name"),
        ("P23", "an attribute of a digit", "<a 1=\"\"/>", "xml.name"),
        ("P23", "two slashes", "<a//>", "xml.name"),
        ("P23", "no name", "<>", "xml.name"),
        ("P23", "a space in front", "< a/>", "xml.name"),
        ("P24", "no white space between attributes", "<a b=\"\"c=\"\"/>", "xml.syntax"),
        ("P24", "a vertical tab between attributes", "<a b=\"\"\u{b}c=\"\"/>", "xml.character"),
        ("P24", "a form feed between attributes", "<a b=\"\"\u{c}c=\"\"/>", "xml.character"),
        ("P24", "a next line between attributes", "<a b=\"\"\u{85}c=\"\"/>", "xml.syntax"),
        ("P24", "a wide space between attributes", "<a b=\"\"\u{2003}c=\"\"/>", "xml.syntax"),
        ("P24", "an attribute without a value", "<a b/>", "xml.syntax"),
        ("P24", "an attribute without quotes", "<a b=c/>", "xml.syntax"),
        ("P24", "a slash within a tag", "<a / b=\"\">", "xml.name"),
        ("P25", "a bracket in an attribute", "<a b=\"<\"/>", "xml.syntax"),
    ] {
        suite.refused(id, what, element(tag), code);
    }
    let text = base.replace(NAME_ID_TEXT, ">bjensen@acme.test]]></saml2:NameID>");
    suite.refused("P25", "the end of CDATA in text", text, "xml.syntax");
}

fn comments(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    for (what, comment, code) in [
        ("two hyphens within", "<!--a--b-->", "xml.comment"),
        ("three hyphens at the end", "<!--a--->", "xml.comment"),
        ("the short one of HTML", "<!-->", "xml.comment"),
        ("the other short one of HTML", "<!--->", "xml.comment"),
    ] {
        suite.refused("P26", what, base.before("<saml2p:Status>", comment), code);
    }
    suite.refused("P26", "no end", base.before("<saml2p:Status>", "<!-- "), "xml.comment");
    suite.accepted("P26", "a comment between elements", base.before("<saml2p:Status>", "<!-- c -->"));
}

fn instructions(suite: &mut Suite) {
    let base = Doc::signed(Sign::Assertion);
    for (what, instruction, code) in [
        ("any", "<?p x?>", "xml.processing_instruction"),
        ("a style sheet", "<?xml-stylesheet href=\"http://evil.test/x.xsl\"?>", "xml.processing_instruction"),
        ("an empty target", "<? x?>", "xml.processing_instruction"),
        ("a target with a colon", "<?a:b?>", "xml.processing_instruction"),
        ("the target xml", "<?xml?>", "xml.declaration"),
        ("the target xml in upper case", "<?XML x?>", "xml.processing_instruction"),
    ] {
        let id = if what == "a style sheet" { "P34" } else { "P27" };
        suite.refused(
            id,
            format!("{what}, in the content"),
            base.before("<saml2p:Status>", instruction),
            code,
        );
        suite.refused(id, format!("{what}, before the root"), base.before(ROOT, instruction), code);
    }
}

/// What may be written in several ways says the same in each.
fn equal_values(suite: &mut Suite) {
    let name_id =
        |written: &str| Doc::unsigned().replace(NAME_ID_TEXT, &format!(">{written}</saml2:NameID>"));
    for (id, what, written) in [
        ("P32", "CDATA as a whole", "<![CDATA[bjensen@acme.test]]>"),
        ("P32", "CDATA in part", "bjensen<![CDATA[@acme]]>.test"),
        ("P32", "empty CDATA in between", "bjensen@<![CDATA[]]>acme.test"),
        ("P30", "references for characters", "bjensen&#64;acme&#x2E;test"),
        ("P30", "line ends around it", "\r\n bjensen@acme.test\r\n"),
    ] {
        suite.accepted(id, what, name_id(written).resigned());
    }
    let folded = Doc::unsigned().replace(CONSENT, "Consent=\"a\r\n\tb\"").resigned();
    suite.accepted("P30", "line ends in an attribute", folded);
    let kept = name_id("bjensen@acme.test&#13;&#10;.evil.test").resigned();
    suite.refused("P30", "line ends by reference within the NameID", kept, "assertion.name_id");
}

fn elsewhere(suite: &mut Suite) {
    let base = Doc::unsigned();
    let response = |attribute: &str| base.replace(CONSENT, &format!("{CONSENT} {attribute}")).resigned();
    let location = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x http://evil.test/x.xsd\"";
    suite.accepted("P34", "a location of a schema, where nobody goes", response(location));
    suite.accepted(
        "P34",
        "a base for addresses, which nobody asks for",
        response("xml:base=\"http://evil.test/\""),
    );
    let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"/>";
    let included = base.before("<saml2p:Status>", include).resigned();
    suite.refused("P34", "XInclude", included, "response.schema");
    let value = base.replace(">Barbara<", &format!(">{include}<")).resigned();
    suite.refused("P34", "XInclude in an attribute of the user", value, "attribute.markup");
}
