//! Bounds: D01, D03 to D07, D09, D10, D13, N14. Of size, depth, attributes and namespaces each limit and one
//! beyond; of elements and of the growth of a form what is well within and well beyond; and what there is no
//! limit of.

use jumpcloud_sso_testkit::Sign;

use crate::case::Suite;
use crate::doc::Doc;
use crate::parser::CONSENT;

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    let base = Doc::signed(Sign::Assertion);
    let inside =
        |xml: &str| base.before("<saml2p:Status>", &format!("<saml2p:Extensions>{xml}</saml2p:Extensions>"));
    let nested = |depth: usize| inside(&format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth)));
    suite.accepted("D03", "64 elements deep", nested(62));
    suite.refused("D03", "65 elements deep", nested(63), "limit.depth");
    suite.refused("D03", "eighty thousand elements deep", Doc::text("<x>".repeat(80_000)), "limit.depth");
    let attributes = |count: usize| {
        let list: String = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        inside(&format!("<x{list}/>"))
    };
    suite.accepted("D04", "64 attributes", attributes(64));
    suite.refused("D04", "65 attributes", attributes(65), "limit.attributes");
    suite.refused("D04", "ten thousand attributes", attributes(10_000), "limit.attributes");
    let namespaces = |count: usize| {
        let list: String = (0..count).map(|number| format!(" xmlns:p{number}=\"urn:p\"")).collect();
        inside(&format!("<x{list}/>"))
    };
    suite.accepted("D05", "64 namespaces", namespaces(64));
    suite.refused("D05", "65 namespaces", namespaces(65), "limit.namespaces");
    let many = |count: usize| inside(&"<x/>".repeat(count));
    suite.accepted("D06", "ten thousand elements", many(10_000));
    suite.refused("D06", "twenty thousand elements", many(20_000), "limit.nodes");
    suite.accepted("D06", "many comments", base.before("<saml2p:Status>", &"<!---->".repeat(20_000)));
    let long = format!("<{}/>", "x".repeat(100_000));
    suite.accepted("D06", "a long name", inside(&long));
    let filled = |total: usize| {
        let rest = total - base.as_str().len() - "<!---->".len();
        base.before("<saml2p:Status>", &format!("<!--{}-->", "x".repeat(rest)))
    };
    suite.accepted("D01", "256 KiB", filled(256 * 1024));
    suite.refused("D01", "a byte more than 256 KiB", filled(256 * 1024 + 1), "limit.input");
    suite.refused("D01", "twenty million bytes", Doc::text("x".repeat(20_000_000)), "limit.input");
    let signature = base.signature();
    suite.refused("D07", "fifty signatures", inside(&signature.repeat(50)), "signature.position");
    let reference = base.part("<ds:Reference ", "</ds:Reference>");
    suite.refused(
        "D07",
        "fifty references",
        base.replace(&reference, &reference.repeat(50)).signed_as_it_stands(),
        "signature.reference_count",
    );
    let ids =
        |count: usize| inside(&(0..count).map(|number| format!("<x ID=\"i{number}\"/>")).collect::<String>());
    suite.accepted("D13", "eight thousand IDs", ids(8_000));
    suite.refused(
        "D13",
        "eight thousand IDs, the last of which was there before",
        ids(8_000).before("</saml2p:Extensions>", "<x ID=\"i0\"/>"),
        "xml.duplicate_id",
    );
    let unsigned = Doc::unsigned();
    // In what is signed: one declaration for each of many prefixes, used again on each of many levels.
    let declared: String =
        (0..60).map(|number| format!(" xmlns:p{number}=\"urn:{}\"", "x".repeat(40))).collect();
    let used: String = (0..30).map(|number| format!("<p{number}:x{declared}/>")).collect();
    let amplified = unsigned.after("</saml2:Conditions>", &format!("<saml2:Advice>{used}</saml2:Advice>"));
    suite.accepted("N14", "many declarations on many elements, in what is signed", amplified.resigned());
    // A declaration in a long name, which each of many elements repeats in the canonical form.
    let grown = |doc: &Doc, name: usize| {
        doc.after("<saml2:Assertion ", &format!("xmlns:p=\"urn:{}\" ", "x".repeat(name))).after(
            "</saml2:Conditions>",
            &format!("<saml2:Advice>{}</saml2:Advice>", "<p:a/>".repeat(10_000)),
        )
    };
    suite.accepted("N14", "a form that grows up to the limit", grown(&unsigned, 70).resigned());
    suite.twin("N14-a-form-that-grows-up-to-the-limit");
    suite.refused("N14", "a form that grows beyond the limit", grown(&base, 90), "limit.canonical_form");
    suite.twin("G01-signed-assertion");
    suite.accepted(
        "D09",
        "a huge modulus in KeyInfo, which nobody reads",
        base.after(
            "<ds:KeyInfo>",
            &format!(
                "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus></ds:RSAKeyValue></ds:KeyValue>",
                "A".repeat(100_000)
            ),
        ),
    );
    let wild = base.replace(CONSENT, "Consent=\"\u{10ffff}\"");
    suite.accepted("D10", "the last character there is", wild);
}
