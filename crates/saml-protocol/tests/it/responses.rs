//! What a Response has to be before its assertion is looked at.

use jumpcloud_sso_testkit::{AttributeStyle, JumpCloud, Sign, User, data, keys};
use saml_protocol::{AttributeValue, Expected, Parties, ResponseError, ResponseVerifier, SignedParts};
use saml_signature::{AlgorithmPolicy, Certificate, SignatureAlgorithm, TrustedKeys};

use crate::{
    ACS, IDP, SP, expected, idp, now, outcome_with, resigned, resigned_as, response, sign_again, user,
    verdict, verifier,
};

/// The assertion of a Response, as it stands there.
fn assertion(xml: &str) -> &str {
    let start = xml.find("<saml2:Assertion").unwrap();
    let end = xml.find("</saml2:Assertion>").unwrap() + "</saml2:Assertion>".len();
    &xml[start..end]
}

#[test]
fn all_settings_of_jumpcloud_are_accepted() {
    let groups = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["Engineering", "Everybody"]);
    for (key, certificate) in [
        (keys::OWN_KEY, keys::OWN_CERTIFICATE),
        (keys::JUMPCLOUD_KEY, keys::JUMPCLOUD_CERTIFICATE),
        (keys::JUMPCLOUD_KEY, keys::JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS),
    ] {
        let idp = JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, key, certificate).unwrap();
        let trusted = TrustedKeys::new([Certificate::parse(certificate.as_bytes()).unwrap()]).unwrap();
        let verifier = ResponseVerifier::new(trusted);
        for (sign, signed) in [
            (Sign::Assertion, SignedParts::Assertion),
            (Sign::Response, SignedParts::Response),
            (Sign::Both, SignedParts::Both),
        ] {
            for style in [AttributeStyle::Plain, AttributeStyle::Typed, AttributeStyle::Repeated] {
                for user in [Some(&groups), None] {
                    let mut builder =
                        idp.response(ACS, SP, now()).in_response_to("_request").sign(sign).style(style);
                    builder = user.map_or(builder.clone(), |user| builder.user(user));
                    let verified = verifier.verify(builder.build().unwrap().as_bytes()).unwrap();
                    assert_eq!(verified.evidence().signed(), signed, "{sign:?} {style:?}");
                    assert!(verified.accept(&expected(), now()).is_ok(), "{sign:?} {style:?}");
                }
            }
        }
    }
}

#[test]
fn kinds_of_names_are_kept_apart() {
    for format in [
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified",
    ] {
        let xml = response(&idp()).name_id("user-1", format).build().unwrap();
        let accepted = outcome_with(&xml, &expected(), now()).unwrap();
        assert_eq!((accepted.name_id().value(), accepted.name_id().format()), ("user-1", Some(format)));
    }
}

#[test]
fn something_is_signed() {
    assert_eq!(verdict(&response(&idp()).sign(Sign::Nothing).build().unwrap()), "signature.missing");
}

#[test]
fn every_signature_that_is_there_holds() {
    let xml = response(&idp()).sign(Sign::Both).build().unwrap();
    assert_eq!(verdict(&xml), "accepted");
    // Of two signatures the inner one still holds.
    assert_eq!(
        verdict(&xml.replace("Consent=\"urn:oasis", "Consent=\"urn:other")),
        "signature.digest_mismatch"
    );
    // The outer one holds and covers an inner one that does not: signed after the assertion was changed.
    let changed = response(&idp()).build().unwrap().replace("bjensen@acme.test", "admin@acme.test");
    assert_eq!(verdict(&sign_again(&changed, Sign::Response)), "signature.digest_mismatch");
}

#[test]
fn any_change_of_the_signed_assertion_is_noticed() {
    let xml = response(&idp()).build().unwrap();
    for (from, to) in [
        ("bjensen@acme.test</saml2:NameID>", "admin@acme.test</saml2:NameID>"),
        ("2.0:cm:bearer", "2.0:cm:bearer "),
        (">Barbara<", "><"),
    ] {
        assert_eq!(verdict(&xml.replace(from, to)), "signature.digest_mismatch", "{to}");
    }
    // What is around it is nobody's word: it can only make a login fail.
    assert_eq!(verdict(&xml.replace("Consent=\"urn:oasis", "Consent=\"urn:other")), "accepted");
    assert_eq!(verdict(&xml.replace("status:Success", "status:Responder")), "response.status");
}

#[test]
fn the_message_is_a_response() {
    let idp = idp();
    let xml = response(&idp).build().unwrap();
    assert_eq!(verdict(assertion(&xml)), "response.root");
    assert_eq!(verdict(&idp.metadata(true).unwrap()), "response.root");
    assert_eq!(verdict(&xml.replace("saml2p:Response", "saml2p:LogoutResponse")), "response.root");
    assert_eq!(
        verdict(&xml.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol")),
        "response.root"
    );
    assert_eq!(verdict("<html><body>Sign in</body></html>"), "response.root");
    assert_eq!(verdict("{\"error\":\"x\"}"), "xml.structure");
}

#[test]
fn there_is_exactly_one_assertion() {
    let idp = idp();
    let signed = response(&idp).build().unwrap();
    let own = assertion(&signed).to_owned();
    let evil = response(&idp).ids("R2", "EVIL").sign(Sign::Nothing).build().unwrap();
    let evil = assertion(&evil).replace("bjensen@acme.test", "admin@acme.test");
    let after = signed.replace(&own, &format!("{own}{evil}"));
    let before = signed.replace(&own, &format!("{evil}{own}"));
    let encrypted = "<saml2:EncryptedAssertion xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>";
    for (name, xml) in [
        ("behind", after),
        ("before", before),
        (
            "in Extensions",
            signed.replace(
                "<saml2p:Status>",
                &format!("<saml2p:Extensions>{evil}</saml2p:Extensions><saml2p:Status>"),
            ),
        ),
        (
            "in StatusDetail",
            signed.replace(
                "</saml2p:Status>",
                &format!("<saml2p:StatusDetail>{evil}</saml2p:StatusDetail></saml2p:Status>"),
            ),
        ),
        (
            "in the signature",
            signed.replace("</ds:Signature>", &format!("<ds:Object>{evil}</ds:Object></ds:Signature>")),
        ),
        (
            "in an advice",
            resigned(
                "<saml2:AuthnStatement",
                &format!("<saml2:Advice>{evil}</saml2:Advice><saml2:AuthnStatement"),
            ),
        ),
        ("in a value", resigned(">Barbara<", &format!(">{evil}<"))),
        (
            "around it",
            signed.replace(&own, &evil.replace("</saml2:Assertion>", &format!("{own}</saml2:Assertion>"))),
        ),
        ("an encrypted one", signed.replace(&own, &format!("{own}{encrypted}"))),
        ("none", signed.replace(&own, "")),
    ] {
        assert_eq!(verdict(&xml), "response.assertion_count", "{name}");
    }
}

#[test]
fn a_refusal_of_the_identity_provider_is_told() {
    let xml = response(&idp()).build().unwrap();
    let failed = "<saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></saml2p:StatusCode><saml2p:StatusMessage>no access</saml2p:StatusMessage>";
    let xml = xml
        .replace(assertion(&xml), "")
        .replace("<saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>", failed);
    let error = verifier().verify(xml.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "response.status");
    assert_eq!(error.expected().as_deref(), Some("urn:oasis:names:tc:SAML:2.0:status:Success"));
    let ResponseError::Status(status) = &error else { panic!("{error:?}") };
    assert_eq!(status.code(), "urn:oasis:names:tc:SAML:2.0:status:Responder");
    assert_eq!(status.second_code(), Some("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"));
    assert_eq!(status.message(), Some("no access"));
    assert_eq!(
        error.found().unwrap(),
        "urn:oasis:names:tc:SAML:2.0:status:Responder, urn:oasis:names:tc:SAML:2.0:status:AuthnFailed: \"no access\""
    );
}

#[test]
fn wrapped_signatures_are_refused() {
    // The eight permutations of Somorovsky et al., on a signed assertion and on a signed Response.
    let idp = idp();
    let signed = response(&idp).build().unwrap();
    let own = assertion(&signed).to_owned();
    let signature_start = own.find("<ds:Signature ").unwrap();
    let signature_end = own.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &own[signature_start..signature_end];
    let bare = own.replace(signature, "");
    let evil =
        bare.replace("bjensen@acme.test", "admin@acme.test").replace("ID=\"ASSERTION\"", "ID=\"EVIL\"");
    let evil_with = |inside: &str| evil.replace("</saml2:Issuer>", &format!("</saml2:Issuer>{inside}"));
    let object = |inside: &str| {
        signature.replace("</ds:Signature>", &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"))
    };
    let replaced = |by: &str| signed.replace(&own, by);
    for (name, xml, code) in [
        ("XSW3", replaced(&format!("{evil}{own}")), "response.assertion_count"),
        (
            "XSW4",
            replaced(&evil.replace("</saml2:Assertion>", &format!("{own}</saml2:Assertion>"))),
            "response.assertion_count",
        ),
        ("XSW5", replaced(&format!("{}{bare}", evil_with(signature))), "response.assertion_count"),
        (
            "XSW6",
            replaced(&evil_with(&signature.replace("</ds:Signature>", &format!("{bare}</ds:Signature>")))),
            "response.assertion_count",
        ),
        (
            "XSW7",
            signed.replace(
                "<saml2p:Status>",
                &format!("<saml2p:Extensions>{evil}</saml2p:Extensions><saml2p:Status>"),
            ),
            "response.assertion_count",
        ),
        ("XSW8", replaced(&evil_with(&object(&bare))), "response.assertion_count"),
        ("the signature of another element", replaced(&evil_with(signature)), "signature.wrong_target"),
        (
            "the same ID",
            replaced(&evil_with(signature).replace("EVIL", "ASSERTION")),
            "signature.digest_mismatch",
        ),
    ] {
        assert_eq!(verdict(&xml), code, "{name}");
    }
    let whole = response(&idp).sign(Sign::Response).build().unwrap();
    let whole = whole.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let evil =
        whole.replace("bjensen@acme.test", "admin@acme.test").replace("ID=\"RESPONSE\"", "ID=\"EVIL\"");
    for (name, xml) in [
        ("XSW1", evil.replace("</ds:Signature>", &format!("<ds:Object>{whole}</ds:Object></ds:Signature>"))),
        ("XSW2", evil.replace("<ds:Signature ", &format!("{whole}<ds:Signature "))),
    ] {
        assert_ne!(verdict(&xml), "accepted", "{name}");
    }
}

#[test]
fn foreign_names_are_never_read() {
    let own = |name: &str| format!("<x:{name} xmlns:x=\"urn:evil\">");
    let xml = response(&idp()).build().unwrap();
    for (from, to) in [
        ("<saml2p:Status>", format!("{}</x:Status><saml2p:Status>", own("Status"))),
        ("<saml2p:Status>", format!("{}</x:Issuer><saml2p:Status>", own("Issuer"))),
        ("</saml2p:Response>", format!("{}</x:Assertion></saml2p:Response>", own("Assertion"))),
    ] {
        assert_eq!(verdict(&xml.replace(from, &to)), "response.schema", "{to}");
    }
    for (from, to) in [
        ("<saml2:Conditions ", format!("{}</x:Conditions><saml2:Conditions ", own("Conditions"))),
        (
            "</saml2:AttributeStatement>",
            format!("{}</x:Attribute></saml2:AttributeStatement>", own("Attribute")),
        ),
        (
            "</saml2:Attribute>",
            format!("{}admin</x:AttributeValue></saml2:Attribute>", own("AttributeValue")),
        ),
    ] {
        assert_eq!(verdict(&resigned(from, &to)), "assertion.schema", "{to}");
    }
}

#[test]
fn elements_keep_to_their_sequence_and_attributes() {
    for (from, to) in [
        ("<saml2:AuthnStatement", "<saml2:Subject/><saml2:AuthnStatement"),
        ("<saml2:AttributeStatement>", "<saml2:Statement/><saml2:AttributeStatement>"),
        ("<saml2:Conditions ", "<saml2:Conditions Extra=\"\" "),
        ("<saml2:Attribute Name=\"email\">", "<saml2:Attribute>"),
        ("ID=\"ASSERTION\"", "ID=\"ASSERTION\" Extra=\"\""),
        ("<saml2:Subject>", "<saml2:Subject>text"),
        ("<saml2:AuthnContext>", "<x/><saml2:AuthnContext>"),
        ("<saml2:AuthnStatement ", "<saml2:AuthnStatement Extra=\"\" "),
        ("<saml2:SubjectConfirmation ", "<saml2:SubjectConfirmation Extra=\"\" "),
    ] {
        assert_eq!(verdict(&resigned(from, to)), "assertion.schema", "{to}");
    }
    // In a namespace of its own an attribute may say what it likes.
    for element in ["<saml2:AuthnStatement ", "<saml2:SubjectConfirmation "] {
        let to = format!("{element}xmlns:x=\"urn:x\" x:Extra=\"\" ");
        assert_eq!(verdict(&resigned(element, &to)), "accepted", "{to}");
    }
    for (from, to) in [
        ("Consent=", "Extra=\"\" Consent="),
        ("<saml2p:Status>", "text<saml2p:Status>"),
        (" Version=\"2.0\"><saml2:Issuer xmlns", "><saml2:Issuer xmlns"),
    ] {
        assert_eq!(verdict(&resigned(from, to)), "response.schema", "{to}");
    }
    assert_eq!(
        verdict(&resigned("<saml2p:Status>", "<saml2p:Extensions><x/></saml2p:Extensions><saml2p:Status>")),
        "accepted"
    );
    assert_eq!(
        verdict(&resigned("<saml2:AuthnStatement", "<saml2:Advice><x/></saml2:Advice><saml2:AuthnStatement")),
        "accepted"
    );
}

#[test]
fn errors_of_the_schema_say_what_was_expected_and_what_found() {
    let xml = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let instant = "an instant in UTC such as 2026-11-23T17:00:00Z";
    let (start, end) = (xml.find("<saml2p:Status>").unwrap(), xml.find("</saml2p:Status>").unwrap());
    let status = &xml[start..end + "</saml2p:Status>".len()];
    for (changed, expected, found) in [
        (xml.replacen(status, "", 1), Some("Status"), None),
        (xml.replacen(" Version=\"2.0\"", "", 1), Some("Version"), None),
        (
            xml.replacen("IssueInstant=\"", "IssueInstant=\"x", 1),
            Some(instant),
            Some("x2027-01-15T08:00:00.000Z"),
        ),
        (xml.replacen("</saml2p:Status>", "</saml2p:Status><saml2p:Other/>", 1), None, Some("Other")),
        (xml.replacen("<saml2p:Response ", "<saml2p:Response other=\"\" ", 1), None, Some("other")),
    ] {
        let error = verifier().verify(changed.as_bytes()).unwrap_err();
        let told = (error.expected(), error.found());
        assert_eq!((told.0.as_deref(), told.1.as_deref()), (expected, found), "{error}");
    }
}

#[test]
fn attribute_values_are_text_or_none() {
    let value = |inside: &str, attributes: &str| {
        let to = format!("<saml2:AttributeValue{attributes}>{inside}</saml2:AttributeValue>");
        let xml = resigned("<saml2:AttributeValue>Barbara</saml2:AttributeValue>", &to);
        let accepted = outcome_with(&xml, &expected(), now()).unwrap();
        accepted.attributes().iter().find(|it| it.name() == "firstName").unwrap().values()[0].clone()
    };
    let nil = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"";
    assert_eq!(value("Barbara", ""), AttributeValue::Text("Barbara".to_owned()));
    assert_eq!(value("Bar<![CDATA[bara]]>", ""), AttributeValue::Text("Barbara".to_owned()));
    assert_eq!(value("<b>Barbara</b>", ""), AttributeValue::Markup);
    assert_eq!(value("", nil), AttributeValue::Nil);
    assert_eq!(value("", &nil.replace("true", "false")), AttributeValue::Text(String::new()));
    // A type decides nothing, not even one that is bound to another namespace.
    let typed = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:boolean\"";
    assert_eq!(value("Barbara", typed), AttributeValue::Text("Barbara".to_owned()));
}

#[test]
fn the_policy_of_the_connection_holds() {
    let xml = response(&idp()).algorithm(SignatureAlgorithm::RsaSha256).build().unwrap();
    let narrow = verifier().algorithms(AlgorithmPolicy::default().only(&[SignatureAlgorithm::RsaSha512]));
    assert_eq!(narrow.verify(xml.as_bytes()).unwrap_err().code(), "algorithm.not_allowed");
    let xml = response(&idp()).algorithm(SignatureAlgorithm::RsaSha512).build().unwrap();
    assert!(narrow.verify(xml.as_bytes()).is_ok());
}

/// Signed by xmlsec1, since nothing here signs with SHA-1; see the README of the folder.
const SHA1: [(&str, &str); 2] =
    [("signature", data("response-sha1-signature.xml")), ("digest", data("response-sha1-digest.xml"))];

#[test]
fn sha1_is_accepted_only_where_that_is_said_and_told() {
    let lax = verifier().algorithms(AlgorithmPolicy::default().insecure_allow_sha1());
    let expected = Expected::answering(
        "_r",
        Parties { idp_entity_id: "idp", sp_entity_id: "sp", acs_url: "https://app.acme.test/acs" },
    );
    for (what, xml) in SHA1 {
        let error = verifier().verify(xml.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "algorithm.sha1_refused", "{what}");
        let verified = lax.verify(xml.as_bytes()).unwrap();
        assert!(verified.evidence().uses_sha1(), "{what}");
        let accepted = verified.accept(&expected, now()).unwrap();
        assert_eq!(accepted.name_id().value(), "bjensen@acme.test", "{what}");
        // It is still a signature.
        let error = lax.verify(xml.replace("Barbara", "Mallory").as_bytes()).unwrap_err();
        assert_eq!(error.code(), "signature.digest_mismatch", "{what}");
        let error = lax.verify(xml.replace("#rsa-sha", "#rsa-sha512?").as_bytes()).unwrap_err();
        assert_eq!(error.code(), "algorithm.unknown", "{what}");
    }
    let modern = response(&idp()).build().unwrap();
    assert!(!lax.verify(modern.as_bytes()).unwrap().evidence().uses_sha1());
}

#[test]
fn a_signature_of_the_response_can_be_required() {
    let strict = verifier().require_signed_response();
    let outcome = |xml: &str| strict.verify(xml.as_bytes()).map_err(|error| error.code());
    for (sign, code) in [
        (Sign::Response, None),
        (Sign::Both, None),
        (Sign::Assertion, Some("signature.response_missing")),
        (Sign::Nothing, Some("signature.missing")),
    ] {
        let xml = response(&idp()).sign(sign).build().unwrap();
        assert_eq!(outcome(&xml).err(), code, "{sign:?}");
    }
    // One that is there has to hold, as ever.
    let changed = response(&idp()).sign(Sign::Both).build().unwrap().replace("Consent=\"urn", "Consent=\"x");
    assert_eq!(outcome(&changed).unwrap_err(), "signature.digest_mismatch");
    let xml = response(&idp()).build().unwrap();
    let error = strict.verify(xml.as_bytes()).unwrap_err();
    assert_eq!(error.expected().as_deref(), Some("a signature of the Response"));
    assert_eq!(error.found().as_deref(), Some("a signature of the Assertion only"));
    assert_eq!(strict.verify_signatures(xml.as_bytes()).unwrap_err(), error);
}

#[test]
fn parsing_comes_before_any_signature() {
    let xml = response(&idp()).build().unwrap();
    let parsed = verifier().parse(xml.as_bytes()).unwrap();
    assert_eq!(parsed.in_response_to(), Some("_request"));
    assert!(!format!("{parsed:?}").contains("_request"));
    assert!(verifier().verify_parsed(parsed).unwrap().accept(&expected(), now()).is_ok());
    // What no key signed is parsed, and refused as soon as it is verified.
    for xml in [
        response(&idp()).sign(Sign::Nothing).build().unwrap(),
        xml.replace("Barbara", "Mallory"),
        xml.replace("IdP Entity ID", "other"),
    ] {
        let parsed = verifier().parse(xml.as_bytes()).unwrap();
        let error = verifier().verify_parsed(parsed).unwrap_err();
        assert_eq!(Err(error), verifier().verify(xml.as_bytes()).map(drop));
    }
    // What is not a Response with one assertion is refused by parsing alone.
    for (xml, code) in [
        ("<a>".to_owned(), "xml.structure"),
        ("<a/>".to_owned(), "response.root"),
        (xml.replace(assertion(&xml), ""), "response.assertion_count"),
        (xml.replace("<saml2p:Status>", "<saml2p:Other/><saml2p:Status>"), "response.schema"),
    ] {
        assert_eq!(verifier().parse(xml.as_bytes()).unwrap_err().code(), code);
        assert_eq!(verifier().verify(xml.as_bytes()).unwrap_err().code(), code);
    }
}

#[test]
fn another_organizations_identity_provider_is_not_trusted() {
    let other = JumpCloud::with_key(
        "https://sso.jumpcloud.com/saml2/other",
        IDP,
        keys::OTHER_KEY,
        keys::OTHER_CERTIFICATE,
    )
    .unwrap();
    let xml = other.response(ACS, SP, now()).user(&user()).in_response_to("_request").build().unwrap();
    assert_eq!(verdict(&xml), "signature.untrusted_key");
}

#[test]
fn signatures_can_be_verified_alone() {
    let xml = resigned_as(Sign::Both, "<saml2:Conditions ", "<saml2:Conditions Extra=\"\" ");
    assert_eq!(verdict(&xml), "assertion.schema");
    let evidence = verifier().verify_signatures(xml.as_bytes()).unwrap();
    assert_eq!(evidence.signed(), SignedParts::Both);
    assert_eq!(evidence.certificate().subject(), "CN=idp.acme.test");
    assert!(!evidence.uses_sha1() && !evidence.was_encrypted());
}
