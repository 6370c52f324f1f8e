//! The canonical form: N01 to N15.

use jumpcloud_sso_testkit::{AttributeStyle, Sign};

use crate::case::{SP, Suite};
use crate::doc::{ASSERTION, Doc, evil_assertion, idp, response};
use crate::parser::{CONSENT, NAME_ID_TEXT};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-assertion");
    values_in_two_parts(suite);
    signed_info(suite);
    other_forms(suite);
    prefix_lists(suite);
    context(suite);
}

/// What cuts a value in two for a careless reader, and is not in the canonical form.
fn values_in_two_parts(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    let unsigned = Doc::unsigned();
    for (id, what, cut, code) in [
        ("N01", "a comment", "<!-- -->", "xml.comment_in_value"),
        ("N01", "an empty comment", "<!---->", "xml.comment_in_value"),
        ("N02", "a processing instruction", "<?p x?>", "xml.processing_instruction"),
    ] {
        for (place, marker, changed) in [
            (
                "the NameID",
                NAME_ID_TEXT.to_owned(),
                format!(">bjensen@acme.test{cut}.evil.test</saml2:NameID>"),
            ),
            ("an attribute's value", ">Barbara<".to_owned(), format!(">Bar{cut}bara<")),
            ("the audience", format!(">{SP}<"), format!(">{SP}{cut}.evil.test<")),
            ("the digest", "<ds:DigestValue>".to_owned(), format!("<ds:DigestValue>{cut}")),
            (
                "the value of the signature",
                "</ds:SignatureValue>".to_owned(),
                format!("{cut}</ds:SignatureValue>"),
            ),
        ] {
            let (id, code) = if place.contains("digest") || place.contains("signature") {
                ("N03", code)
            } else {
                (id, code)
            };
            suite.refused(id, format!("{what} in {place}"), signed.replace(&marker, &changed), code);
            if id == "N01" {
                let doc = unsigned.replace(&marker, &changed.replace(cut, "CUT"));
                suite.refused(
                    id,
                    format!("{what} in {place}, which the signature passes over"),
                    doc.signed_with_node("CUT", cut, ""),
                    code,
                );
            } else if id == "N02" {
                let doc = unsigned.replace(&marker, &changed.replace(cut, "CUT"));
                suite.refused(
                    id,
                    format!("{what} in {place}, and signed so"),
                    doc.signed_with_node("CUT", cut, cut),
                    code,
                );
            }
        }
    }
    let issuer = "</saml2:Issuer><ds:Signature ";
    suite.refused(
        "N01",
        "a comment in the issuer",
        signed.before(issuer, "<!-- -->"),
        "xml.comment_in_value",
    );
    suite.accepted(
        "N13",
        "characters that have to be escaped",
        unsigned
            .replace(">Barbara<", ">&lt;B&amp;b]]&gt;\"'<")
            .replace(">Jensen<", "><![CDATA[<&>]]><")
            .resigned(),
    );
}

fn signed_info(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    for (what, marker) in [
        ("at its beginning", "<ds:SignedInfo>"),
        ("between its parts", "<ds:Reference "),
        ("at its end", "</ds:SignedInfo>"),
    ] {
        // Between elements a comment is in no canonical form, and changes nothing for anybody.
        suite.accepted(
            "N03",
            format!("a comment in SignedInfo, {what}"),
            if marker == "<ds:SignedInfo>" {
                signed.after(marker, "<!-- c -->")
            } else {
                signed.before(marker, "<!-- c -->")
            },
        );
    }
    let smuggled = signed.replace("<ds:DigestValue>", "<ds:DigestValue><x/>");
    suite.refused("N03", "an element in the digest", smuggled, "xml.content");
}

fn other_forms(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    let method = signed.part("<ds:CanonicalizationMethod ", "/>");
    let transform = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"/>");
    for (id, what, uri) in [
        ("N04", "exclusive with comments", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        ("N04", "inclusive with comments", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
        ("N09", "inclusive", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("N09", "inclusive 1.1", "http://www.w3.org/2006/12/xml-c14n11"),
        ("N15", "unknown", "urn:evil:c14n"),
        ("N15", "empty", ""),
        ("N15", "with a space behind it", "http://www.w3.org/2001/10/xml-exc-c14n# "),
        ("N15", "in upper case", "HTTP://WWW.W3.ORG/2001/10/XML-EXC-C14N#"),
    ] {
        let of_signed_info =
            signed.replace(&method, &format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\"/>"));
        let of_signed_info = of_signed_info.signed_as_it_stands();
        suite.refused(id, format!("{what}, of SignedInfo"), of_signed_info, "algorithm.canonicalization");
        let of_reference = signed.replace(&transform, &format!("<ds:Transform Algorithm=\"{uri}\"/>"));
        let of_reference = of_reference.signed_over(ASSERTION);
        suite.refused(id, format!("{what}, of the reference"), of_reference, "algorithm.transform");
    }
    suite.refused("N15", "missing", signed.without(&method).signed_as_it_stands(), "signature.malformed");
    suite.refused("N15", "twice", signed.twice(&method).signed_as_it_stands(), "signature.malformed");
    suite.refused(
        "N15",
        "without an algorithm",
        signed.replace(&method, "<ds:CanonicalizationMethod/>").signed_as_it_stands(),
        "signature.malformed",
    );
    let filled = method.replace("/>", "><x/></ds:CanonicalizationMethod>");
    let filled = signed.replace(&method, &filled).signed_as_it_stands();
    suite.refused("N15", "with children", filled, "signature.malformed");
    // What no canonical form exists of is no document here, so that there is no empty form to be digested.
    let void = signed.replace(CONSENT, &format!("{CONSENT} xmlns:x=\"x\""));
    suite.refused("N05", "a document without a canonical form", void, "xml.namespace_uri");
    let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let digest = signed.part("<ds:DigestValue>", "</ds:DigestValue>");
    let empty = format!("<ds:DigestValue>{nothing}</ds:DigestValue>");
    suite.refused("N06", "the digest of nothing", signed.replace(&digest, &empty), "signature.untrusted_key");
    let signed_nothing = signed.replace(&digest, &empty).signed_as_it_stands();
    suite.refused("N06", "the digest of nothing, and signed so", signed_nothing, "signature.digest_mismatch");
    let target = signed.replace(&signed.assertion(), "").replace(
        "<saml2p:Status>",
        &format!("{}<saml2p:Status>", signed.signature().replace(&digest, &empty)),
    );
    suite.refused("N06", "the digest of nothing, and nothing there", target, "response.assertion_count");
    for (what, node) in
        [("an entity", "&e;"), ("a DOCTYPE", "<!DOCTYPE x>"), ("a processing instruction", "<?p?>")]
    {
        let code = match what {
            "an entity" => "xml.entity",
            "a DOCTYPE" => "xml.doctype",
            _ => "xml.processing_instruction",
        };
        let doc = signed.before("</saml2:Subject>", node);
        suite.refused("N07", format!("a node of another kind: {what}"), doc, code);
    }
}

fn prefix_lists(suite: &mut Suite) {
    let idp = idp();
    let typed = Doc::of(&response(&idp).style(AttributeStyle::Typed));
    suite.accepted("N08", "a list as OpenSAML writes it", typed.clone());
    suite.twin("N08-a-list-as-opensaml-writes-it");
    let with = |list: &str| typed.replace("PrefixList=\"xs\"", list);
    let many: Vec<_> = (0..40).map(|number| format!("p{number}")).collect();
    for (what, list, code) in [
        ("no list", String::new(), "signature.malformed"),
        ("a prefix twice", "PrefixList=\"xs xs\"".to_owned(), "algorithm.prefix_list"),
        ("what is no prefix", "PrefixList=\"xs 1\"".to_owned(), "algorithm.prefix_list"),
        ("a prefix with a colon", "PrefixList=\"xs a:b\"".to_owned(), "algorithm.prefix_list"),
        ("too many prefixes", format!("PrefixList=\"{}\"", many.join(" ")), "algorithm.prefix_list"),
        ("another list", "PrefixList=\"xsi\"".to_owned(), "signature.untrusted_key"),
        ("an empty list", "PrefixList=\"\"".to_owned(), "signature.untrusted_key"),
        ("the default namespace too", "PrefixList=\"xs #default\"".to_owned(), "signature.untrusted_key"),
    ] {
        let doc = with(&list);
        // A list that cannot be read is signed with the digest of the one that could; another one is a change
        // to SignedInfo, and refused as that.
        let doc = if code == "signature.untrusted_key" { doc } else { doc.signed_as_it_stands() };
        suite.refused("N08", what, doc, code);
    }
    for (what, list) in [
        ("another list", "PrefixList=\"xsi\""),
        ("an empty list", "PrefixList=\"\""),
        ("the default namespace too", "PrefixList=\"xs #default\""),
    ] {
        suite.accepted("N08", format!("{what}, and signed so"), with(list).signed_over(ASSERTION));
    }
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let list = typed.part("<ec:InclusiveNamespaces ", "/>");
    let moved =
        typed.without(&list).replace(enveloped, &enveloped.replace("/>", &format!(">{list}</ds:Transform>")));
    suite.refused(
        "N08",
        "a list on the other transform",
        moved.signed_as_it_stands(),
        "algorithm.parameters",
    );
    suite.refused("N08", "two lists", typed.twice(&list).signed_as_it_stands(), "signature.malformed");
    let foreign = typed.replace("xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\"", "xmlns:ec=\"urn:x\"");
    suite.refused("N08", "a list of another namespace", foreign.signed_as_it_stands(), "signature.malformed");
    suite.twin("G01-signed-assertion");
}

/// What stands around the signed element.
fn context(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    for (id, what, attribute) in [
        ("N09", "a namespace", "xmlns:x=\"urn:evil\""),
        ("N11", "a default namespace", "xmlns=\"urn:evil\""),
        ("N10", "a namespace for the types of values", "xmlns:xs=\"urn:evil\""),
    ] {
        suite.accepted(
            id,
            format!("{what} declared around the assertion"),
            signed.replace(CONSENT, &format!("{CONSENT} {attribute}")),
        );
    }
    suite.accepted(
        "N09",
        "an attribute of xml around the assertion, which is in no exclusive form",
        signed.replace(CONSENT, &format!("{CONSENT} xml:lang=\"en\"")),
    );
    let nested = signed.replace(
        &signed.assertion(),
        &signed.assertion().replace("saml2:", "s:").replace("xmlns:saml2", "xmlns:s"),
    );
    suite.refused("N11", "another prefix for the same namespace", nested, "signature.digest_mismatch");
    let unsigned = Doc::unsigned();
    for (what, doc) in [
        ("attributes in another order", unsigned.replace("AuthnInstant=\"2027-01-15T08:00:00.000Z\" ", "").after("<saml2:AuthnStatement ", "AuthnInstant=\"2027-01-15T08:00:00.000Z\" ")),
        ("a prefix that is not used", unsigned.replace("<saml2:Subject>", "<saml2:Subject xmlns:unused=\"urn:x\">")),
        ("two prefixes of one namespace", unsigned.replace("<saml2:AttributeValue>Barbara</saml2:AttributeValue>", "<s:AttributeValue xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\">Barbara</s:AttributeValue>")),
        ("characters beyond the first plane", unsigned.replace(">Barbara<", ">Bar𝒷ara 𐀀<")),
    ] {
        suite.accepted("N12", what, doc.resigned());
    }
    let evil = evil_assertion("EVIL");
    let leaked = signed.replace(&signed.assertion(), &evil);
    suite.refused("N11", "an assertion without a signature in the same context", leaked, "signature.missing");
}
