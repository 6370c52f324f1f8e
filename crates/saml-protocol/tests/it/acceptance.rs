//! The rules of the profile. Every refused Response is properly signed by the pinned key: nothing but the
//! rule can refuse it. The Response that all of them are made of is accepted.

use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::Sign;
use saml_protocol::{Expected, Parties, SignedParts, format_instant};
use sso_types::clock::{CLOCK_ALLOWANCE, DEFAULT_CLOCK_SKEW, MAX_CLOCK_SKEW};

use crate::{
    ACS, IDP, PARTIES, REQUEST, SP, expected, idp, now, outcome_with, resigned, resigned_as, response,
    sign_again, user, verdict, verifier,
};

/// Each change of what is signed, with the code that it has to be refused with.
#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    for (from, to, code) in cases {
        assert_eq!(verdict(&resigned(from, to)), *code, "{from} -> {to}");
    }
}

fn text(instant: SystemTime) -> String {
    format_instant(instant).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// JumpCloud's five minutes.
const VALIDITY: Duration = Duration::from_secs(300);

#[test]
fn the_response_that_all_others_are_made_of_is_accepted() {
    let accepted = outcome_with(&response(&idp()).build().unwrap(), &expected(), now()).unwrap();
    assert_eq!(accepted.name_id().value(), "bjensen@acme.test");
    assert_eq!(accepted.name_id().format(), Some("urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified"));
    assert_eq!((accepted.id(), accepted.issuer()), ("ASSERTION", IDP));
    assert_eq!(accepted.not_on_or_after(), now() + VALIDITY);
    assert_eq!(accepted.remember_until(), now() + VALIDITY + MAX_CLOCK_SKEW + CLOCK_ALLOWANCE);
    assert_eq!(accepted.authn_instant(), now());
    assert_eq!(accepted.session_not_on_or_after(), None);
    assert_eq!(accepted.session_index().unwrap().len(), 36);
    let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    assert_eq!(accepted.authn_context_class(), Some(class));
    assert_eq!(accepted.evidence().signed(), SignedParts::Assertion);
    assert!(!accepted.one_time_use());
    let names: Vec<_> = accepted.attributes().iter().map(saml_protocol::Attribute::name).collect();
    assert_eq!(names, ["email", "firstName", "lastName"]);
    // Signing again with nothing changed is accepted too, so that the cases below are refused for their
    // change.
    assert_eq!(verdict(&resigned("bjensen", "bjensen")), "accepted");
}

#[test]
fn what_is_answered_is_said_before_anything_is_accepted() {
    let answers = |xml: &str| verifier().verify(xml.as_bytes()).unwrap().in_response_to().map(str::to_owned);
    assert_eq!(answers(&response(&idp()).build().unwrap()).as_deref(), Some(REQUEST));
    let idp = idp();
    let unsolicited = idp.response(ACS, SP, now()).user(&user()).build().unwrap();
    assert_eq!(answers(&unsolicited), None);
}

#[test]
fn versions_are_2_0() {
    check(&[
        (
            "ID=\"ASSERTION\" IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"2.0\"",
            "ID=\"ASSERTION\" IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"2.1\"",
            "assertion.version",
        ),
        (
            "ID=\"RESPONSE\" InResponseTo=\"_request\" IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"2.0\"",
            "ID=\"RESPONSE\" InResponseTo=\"_request\" IssueInstant=\"2027-01-15T08:00:00.000Z\" Version=\"1.1\"",
            "response.version",
        ),
    ]);
}

#[test]
fn status_is_success_and_nothing_else() {
    let success = "<saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    check(&[
        ("status:Success", "status:Responder", "response.status"),
        ("status:Success", "status:success", "response.status"),
        (
            success,
            "<saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"><saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></saml2p:StatusCode>",
            "response.status",
        ),
        (success, "", "response.schema"),
        (success, "<saml2p:StatusCode/>", "response.schema"),
    ]);
}

#[test]
fn issuers_are_the_identity_provider() {
    let of_assertion = format!(
        "Version=\"2.0\"><saml2:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">{IDP}"
    );
    let with = |to: &str| of_assertion.replace(IDP, to);
    let format = of_assertion.replace("nameid-format:entity", "nameid-format:persistent");
    check(&[
        (&of_assertion, &with("other"), "assertion.issuer"),
        (&of_assertion, &with("idp entity id"), "assertion.issuer"),
        (&of_assertion, &with("IdP Entity ID "), "assertion.issuer"),
        (&of_assertion, &with(""), "assertion.issuer"),
        (&of_assertion, &format, "assertion.issuer"),
        (
            &of_assertion,
            &of_assertion.replace(" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\"", ""),
            "accepted",
        ),
    ]);
    let of_response = format!(
        "xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">{IDP}"
    );
    check(&[(&of_response, &of_response.replace(IDP, "other"), "response.issuer")]);
}

#[test]
fn a_response_may_do_without_issuer_unless_it_is_signed() {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:Issuer xmlns").unwrap();
    let end = start + unsigned[start..].find("</saml2:Issuer>").unwrap() + "</saml2:Issuer>".len();
    let issuer = &unsigned[start..end];
    assert_eq!(verdict(&resigned_as(Sign::Assertion, issuer, "")), "accepted");
    assert_eq!(verdict(&resigned_as(Sign::Response, issuer, "")), "response.issuer");
}

#[test]
fn the_destination_is_ours() {
    let destination = format!("Destination=\"{ACS}\"");
    let other = |url: &str| format!("Destination=\"{url}\"");
    check(&[
        (&destination, &other("https://app.acme.test/other"), "response.destination"),
        (&destination, &other(&format!("{ACS}/")), "response.destination"),
        (&destination, &other(""), "response.destination"),
        (&destination, "", "accepted"),
    ]);
    assert_eq!(verdict(&resigned_as(Sign::Response, &destination, "")), "response.destination");
}

#[test]
fn the_recipient_is_our_address_to_the_letter() {
    let recipient = format!("Recipient=\"{ACS}\"");
    for other in [
        "https://app.acme.test/sso/saml2/other/acs",
        "https://app.acme.test/sso/saml2/acme/acs/",
        "https://app.acme.test/sso/saml2/acme",
        "http://app.acme.test/sso/saml2/acme/acs",
        "https://app.acme.test:443/sso/saml2/acme/acs",
        "https://user@app.acme.test/sso/saml2/acme/acs",
        "https://APP.acme.test/sso/saml2/acme/acs",
        "",
    ] {
        check(&[(&recipient, &format!("Recipient=\"{other}\""), "assertion.recipient")]);
    }
    check(&[(&recipient, "", "assertion.recipient")]);
}

#[test]
fn the_audience_is_us() {
    let audience = format!("<saml2:Audience>{SP}</saml2:Audience>");
    let restriction = format!("<saml2:AudienceRestriction>{audience}</saml2:AudienceRestriction>");
    let other = "<saml2:Audience>https://other.test</saml2:Audience>";
    let restricted =
        |inside: &str| format!("<saml2:AudienceRestriction>{inside}</saml2:AudienceRestriction>");
    check(&[
        (&audience, other, "assertion.audience"),
        (&audience, &audience.replace(SP, &format!("{SP}/")), "assertion.audience"),
        (&audience, &audience.replace(SP, &SP.to_uppercase()), "assertion.audience"),
        (&audience, &audience.replace(SP, "https://app.acme.test"), "assertion.audience"),
        (&audience, &audience.replace(SP, &format!(" {SP} ")), "assertion.audience"),
        (&audience, "<saml2:Audience/>", "assertion.audience"),
        (&audience, "", "assertion.schema"),
        (&restriction, "", "assertion.audience_missing"),
        // Within a restriction one of several audiences suffices; of several restrictions each has to name
        // us.
        (&restriction, &restricted(&format!("{other}{audience}")), "accepted"),
        (&restriction, &format!("{restriction}{}", restricted(other)), "assertion.audience"),
        (&restriction, &format!("{restriction}{restriction}"), "accepted"),
    ]);
}

#[test]
fn the_answer_is_to_our_request() {
    let in_response = format!("ID=\"RESPONSE\" InResponseTo=\"{REQUEST}\"");
    let in_confirmation = format!("<saml2:SubjectConfirmationData InResponseTo=\"{REQUEST}\"");
    check(&[
        (&in_response, "ID=\"RESPONSE\" InResponseTo=\"_other\"", "response.in_response_to"),
        (&in_response, "ID=\"RESPONSE\"", "response.in_response_to"),
        (
            &in_confirmation,
            "<saml2:SubjectConfirmationData InResponseTo=\"_other\"",
            "assertion.in_response_to",
        ),
        (&in_confirmation, "<saml2:SubjectConfirmationData", "assertion.in_response_to"),
    ]);
}

#[test]
fn an_unsolicited_response_answers_nothing() {
    let idp = idp();
    let unsolicited = idp.response(ACS, SP, now()).user(&user()).build().unwrap();
    let expected_unsolicited = Expected::unsolicited(PARTIES);
    assert!(outcome_with(&unsolicited, &expected_unsolicited, now()).is_ok());
    assert_eq!(outcome_with(&unsolicited, &expected(), now()).unwrap_err(), "response.in_response_to");
    let answer = response(&idp).build().unwrap();
    assert_eq!(outcome_with(&answer, &expected_unsolicited, now()).unwrap_err(), "response.in_response_to");
    let only_inside = resigned(&format!("ID=\"RESPONSE\" InResponseTo=\"{REQUEST}\""), "ID=\"RESPONSE\"");
    assert_eq!(
        outcome_with(&only_inside, &expected_unsolicited, now()).unwrap_err(),
        "assertion.in_response_to"
    );
}

#[test]
fn the_envelope_cannot_say_what_an_assertion_answers() {
    // An assertion of a login that began at the identity provider, in a Response that nobody signed and that
    // was given an InResponseTo of the attacker's own; and each other way in which the two can be combined.
    let idp = idp();
    let unsolicited = idp.response(ACS, SP, now()).user(&user()).ids("RESPONSE", "ASSERTION");
    let envelope = |xml: String, id: Option<&str>| match id {
        None => xml,
        Some(id) => xml.replace("ID=\"RESPONSE\"", &format!("ID=\"RESPONSE\" InResponseTo=\"{id}\"")),
    };
    let signed = |id: Option<&str>| {
        let xml = unsolicited.clone().sign(Sign::Nothing).build().unwrap();
        let data = "<saml2:SubjectConfirmationData ";
        let xml = match id {
            None => xml,
            Some(id) => xml.replace(data, &format!("{data}InResponseTo=\"{id}\" ")),
        };
        sign_again(&xml, Sign::Assertion)
    };
    for (in_response, in_data, answering, unsolicited) in [
        (None, None, "response.in_response_to", "accepted"),
        (Some(REQUEST), None, "assertion.in_response_to", "response.in_response_to"),
        (None, Some(REQUEST), "response.in_response_to", "assertion.in_response_to"),
        (Some(REQUEST), Some(REQUEST), "accepted", "response.in_response_to"),
        (Some(REQUEST), Some("_other"), "assertion.in_response_to", "response.in_response_to"),
        (Some("_other"), Some(REQUEST), "response.in_response_to", "response.in_response_to"),
    ] {
        let xml = envelope(signed(in_data), in_response);
        for (expected, code) in [(expected(), answering), (Expected::unsolicited(PARTIES), unsolicited)] {
            let outcome = outcome_with(&xml, &expected, now()).map_or_else(|code| code, |_| "accepted");
            assert_eq!(outcome, code, "{in_response:?} {in_data:?}");
        }
    }
}

#[test]
fn the_subject_has_a_name() {
    let format = " Format=\"urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified\"";
    let name_id = format!("<saml2:NameID{format}>bjensen@acme.test</saml2:NameID>");
    let persistent = " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"";
    let with = |value: &str| name_id.replace("bjensen@acme.test", value);
    check(&[
        (&name_id, "", "assertion.name_id"),
        (&name_id, &with(""), "assertion.name_id"),
        (&name_id, &with(" \n "), "assertion.name_id"),
        (&name_id, &with("a&#10;b"), "assertion.name_id"),
        (&name_id, &with("\u{200b}"), "assertion.name_id"),
        (&name_id, &with("admin\u{202e}tset.emca@"), "assertion.name_id"),
        (&name_id, &with("bj\u{ad}ensen@acme.test"), "assertion.name_id"),
        (&name_id, &with("\n  bjensen@acme.test\n"), "accepted"),
        (&name_id, &name_id.repeat(2), "assertion.schema"),
        (&name_id, "<saml2:BaseID/>", "assertion.name_id"),
        (&name_id, "<saml2:EncryptedID/>", "assertion.name_id"),
        (&name_id, "<x:NameID xmlns:x=\"urn:evil\">admin</x:NameID>", "assertion.schema"),
        (&name_id, &format!("<x:NameID xmlns:x=\"urn:evil\">admin</x:NameID>{name_id}"), "assertion.schema"),
        (&name_id, &with("a<x/>b"), "assertion.schema"),
        (
            &name_id,
            &name_id.replace(format, &format!("{persistent} SPNameQualifier=\"https://other.test\"")),
            "assertion.name_id",
        ),
        (&name_id, &name_id.replace(format, &format!("{persistent} SPNameQualifier=\"{SP}\"")), "accepted"),
        // Of any format: what is qualified by a service is for that service.
        (&name_id, &name_id.replace(format, " SPNameQualifier=\"https://other.test\""), "assertion.name_id"),
        (&name_id, &name_id.replace(format, " SPNameQualifier=\"\""), "assertion.name_id"),
        (&name_id, &name_id.replace(format, &format!(" SPNameQualifier=\"{SP}/\"")), "assertion.name_id"),
        (&name_id, &name_id.replace(format, &format!(" SPNameQualifier=\"{SP}\"")), "accepted"),
        (&name_id, &name_id.replace(format, " NameQualifier=\"https://directory.test\""), "accepted"),
        (&name_id, &name_id.replace(format, ""), "accepted"),
    ]);
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:Subject>").unwrap();
    let end = unsigned.find("</saml2:Subject>").unwrap() + "</saml2:Subject>".len();
    check(&[(&unsigned[start..end], "", "assertion.subject_missing")]);
}

/// What a Response says with another NameID.
fn named(value: &str) -> &'static str {
    verdict(&resigned("bjensen@acme.test</saml2:NameID>", &format!("{value}</saml2:NameID>")))
}

#[test]
fn nothing_in_a_name_is_unseen() {
    // Default_Ignorable_Code_Point and Cf, written down apart from the table that is tested.
    const RANGES: [(u32, u32); 25] = [
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x0600, 0x0605),
        (0x061C, 0x061C),
        (0x06DD, 0x06DD),
        (0x070F, 0x070F),
        (0x0890, 0x0891),
        (0x08E2, 0x08E2),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFFB),
        (0x110BD, 0x110BD),
        (0x110CD, 0x110CD),
        (0x13430, 0x1343F),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    ];
    let with = |code: u32| named(&format!("bj{}ensen", char::from_u32(code).unwrap()));
    for (first, last) in RANGES {
        for code in [first, last] {
            assert_eq!(with(code), "assertion.name_id", "U+{code:04X}");
        }
        for code in [first - 1, last + 1] {
            // U+DFFFF is no character at all.
            if code != 0xDFFFF {
                assert_eq!(with(code), "accepted", "U+{code:04X}");
            }
        }
    }
}

#[test]
fn names_have_a_length() {
    let unspecified = "Format=\"urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified\">bjensen@acme.test<";
    let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    let is_persistent = |value: &str| format!("Format=\"{persistent}\">{value}<");
    let refusal = |named: &str| {
        let verified = verifier().verify(resigned(unspecified, named).as_bytes()).unwrap();
        let rejection = verified.accept(&expected(), now()).unwrap_err();
        assert_eq!(rejection.code(), "assertion.name_id");
        (rejection.to_string(), rejection.expected().unwrap(), rejection.found().unwrap())
    };
    // Of a persistent one: characters, not bytes (core §8.3.7).
    assert_eq!(verdict(&resigned(unspecified, &is_persistent(&"é".repeat(256)))), "accepted");
    let (message, limit, found) = refusal(&is_persistent(&"é".repeat(257)));
    assert_eq!(message, "the NameID is too long");
    assert_eq!((limit.as_str(), found.as_str()), ("at most 256 characters", "257 characters"));
    // Of any: bytes, with all that identifies the account.
    let with = |format: usize, name_qualifier: usize, sp_name_qualifier: bool, value: &str| {
        let attributes = [
            ("Format", "f".repeat(format)),
            ("NameQualifier", "q".repeat(name_qualifier)),
            ("SPNameQualifier", if sp_name_qualifier { SP.to_owned() } else { String::new() }),
        ];
        let given = attributes.iter().filter(|(_, text)| !text.is_empty());
        let attributes: Vec<_> = given.map(|(name, text)| format!("{name}=\"{text}\"")).collect();
        let attributes = attributes.join(" ");
        format!("{attributes}>{value}<")
    };
    for (format, name_qualifier, sp_name_qualifier, rest) in [
        (0, 0, false, 1024),
        (100, 0, false, 924),
        (1000, 0, false, 24),
        (0, 1023, false, 1),
        (10, 10, true, 1004 - SP.len()),
    ] {
        let named = |value: &str| with(format, name_qualifier, sp_name_qualifier, value);
        assert_eq!(verdict(&resigned(unspecified, &named(&"n".repeat(rest)))), "accepted");
        let (message, limit, found) = refusal(&named(&"n".repeat(rest + 1)));
        assert_eq!(message, "the NameID is too long, with its Format and qualifiers");
        assert_eq!((limit.as_str(), found.as_str()), ("at most 1024 bytes", "1025 bytes"));
    }
    assert_eq!(refusal(&with(0, 0, false, &"é".repeat(513))).2, "1026 bytes");
    // The white space around it is not a part of it.
    assert_eq!(verdict(&resigned(unspecified, &format!(">\n{}\n<", "a".repeat(1024)))), "accepted");
}

#[test]
fn a_bearer_is_nobody_else_than_the_subject() {
    let bearer = "<saml2:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:NameID").unwrap();
    let end = unsigned.find("</saml2:NameID>").unwrap() + "</saml2:NameID>".len();
    let (name_id, mut cases) = (&unsigned[start..end], Vec::new());
    for (identifier, code) in [
        (name_id.to_owned(), "accepted"),
        (name_id.replace("bjensen", "admin"), "assertion.confirmation"),
        (name_id.replace(":unspecified", ":emailAddress"), "assertion.confirmation"),
        (name_id.replace(" Format", " NameQualifier=\"q\" Format"), "assertion.confirmation"),
        (name_id.replace(" Format", " SPNameQualifier=\"q\" Format"), "assertion.confirmation"),
        ("<saml2:NameID/>".to_owned(), "assertion.confirmation"),
        ("<saml2:BaseID/>".to_owned(), "assertion.confirmation"),
        ("<saml2:EncryptedID/>".to_owned(), "assertion.confirmation"),
        (name_id.repeat(2), "assertion.schema"),
    ] {
        cases.push((bearer, format!("{bearer}{identifier}"), code));
    }
    let cases: Vec<_> = cases.iter().map(|(from, to, code)| (*from, to.as_str(), *code)).collect();
    check(&cases);
    let xml = resigned(bearer, &format!("{bearer}{}", name_id.replace("bjensen", "admin")));
    let rejection = verifier().verify(xml.as_bytes()).unwrap().accept(&expected(), now()).unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "the subject is not confirmed: a bearer confirmation names somebody of its own"
    );
    // One of another method is looked at by nobody, and one that holds suffices.
    let start = unsigned.find(bearer).unwrap();
    let end = unsigned.find("</saml2:SubjectConfirmation>").unwrap() + "</saml2:SubjectConfirmation>".len();
    let confirmation = &unsigned[start..end];
    let of_another = confirmation.replace(bearer, &format!("{bearer}<saml2:BaseID/>"));
    check(&[(confirmation, &format!("{of_another}{confirmation}"), "accepted")]);
}

#[test]
fn the_subject_is_confirmed_for_the_bearer() {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:SubjectConfirmation ").unwrap();
    let end = unsigned.find("</saml2:SubjectConfirmation>").unwrap() + "</saml2:SubjectConfirmation>".len();
    let confirmation = &unsigned[start..end];
    let data_start = confirmation.find("<saml2:SubjectConfirmationData").unwrap();
    let data = &confirmation[data_start..confirmation.find("</saml2:SubjectConfirmation>").unwrap()];
    let expiry = format!("NotOnOrAfter=\"{}\" Recipient", text(now() + VALIDITY));
    let holder = confirmation.replace("cm:bearer", "cm:holder-of-key");
    let elsewhere = confirmation.replace(ACS, "https://other.test/acs");
    check(&[
        (confirmation, "", "assertion.confirmation"),
        (confirmation, &holder, "assertion.confirmation"),
        (confirmation, &confirmation.replace("cm:bearer", "cm:Bearer"), "assertion.confirmation"),
        (data, "", "assertion.confirmation"),
        (&expiry, "Recipient", "assertion.confirmation"),
        (&expiry, &format!("NotBefore=\"{}\" {expiry}", text(now() - SECOND)), "assertion.confirmation"),
        // One that holds suffices, wherever it stands.
        (confirmation, &format!("{holder}{confirmation}"), "accepted"),
        (confirmation, &format!("{elsewhere}{confirmation}"), "accepted"),
        (confirmation, &format!("{elsewhere}{holder}"), "assertion.recipient"),
    ]);
}

#[test]
fn validity_is_exact_to_the_millisecond() {
    let xml = response(&idp()).build().unwrap();
    let at = |now: SystemTime| outcome_with(&xml, &expected(), now).map_or_else(|code| code, |_| "accepted");
    let end = now() + VALIDITY + DEFAULT_CLOCK_SKEW;
    assert_eq!(at(end - MILLISECOND), "accepted");
    assert_eq!(at(end), "assertion.expired");
    // The instant of issue is the first limit in the past: nothing is accepted before it was made.
    assert_eq!(at(now() - DEFAULT_CLOCK_SKEW), "accepted");
    assert_eq!(at(now() - DEFAULT_CLOCK_SKEW - MILLISECOND), "response.issue_instant");
    let strict = expected().clock_skew(Duration::ZERO);
    let at = |now: SystemTime| outcome_with(&xml, &strict, now).map_or_else(|code| code, |_| "accepted");
    assert_eq!(at(now() + VALIDITY - MILLISECOND), "accepted");
    assert_eq!(at(now() + VALIDITY), "assertion.expired");
    let lax = expected().clock_skew(Duration::from_secs(3600));
    assert_eq!(outcome_with(&xml, &lax, now() + VALIDITY + VALIDITY).unwrap_err(), "assertion.expired");
}

#[test]
fn conditions_have_a_beginning_that_is_past_and_an_end_that_is_not() {
    let window = format!(
        "<saml2:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\"",
        text(now() - VALIDITY),
        text(now() + VALIDITY)
    );
    let with = |from: SystemTime, to: SystemTime| {
        format!("<saml2:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\"", text(from), text(to))
    };
    check(&[
        (&window, &with(now() + DEFAULT_CLOCK_SKEW, now() + VALIDITY), "accepted"),
        (
            &window,
            &with(now() + DEFAULT_CLOCK_SKEW + MILLISECOND, now() + VALIDITY),
            "assertion.not_yet_valid",
        ),
        (&window, &with(now() - VALIDITY, now() - DEFAULT_CLOCK_SKEW), "assertion.expired"),
        (&window, &with(now() - VALIDITY, now() - DEFAULT_CLOCK_SKEW + MILLISECOND), "accepted"),
        (&window, &with(now() + SECOND, now()), "assertion.validity"),
        (&window, &with(now(), now()), "assertion.validity"),
        (&window, &format!("<saml2:Conditions NotBefore=\"{}\"", text(now())), "assertion.validity"),
        (&window, &format!("<saml2:Conditions NotOnOrAfter=\"{}\"", text(now() + VALIDITY)), "accepted"),
    ]);
    // The earlier end counts, be it that of the conditions or that of the confirmation.
    let shorter = resigned(&window, &with(now() - VALIDITY, now() + SECOND));
    assert_eq!(outcome_with(&shorter, &expected(), now()).unwrap().not_on_or_after(), now() + SECOND);
    let confirmed = |end: SystemTime| format!("NotOnOrAfter=\"{}\" Recipient", text(end));
    let shorter = resigned(&confirmed(now() + VALIDITY), &confirmed(now() + SECOND));
    assert_eq!(outcome_with(&shorter, &expected(), now()).unwrap().not_on_or_after(), now() + SECOND);
}

#[test]
fn conditions_are_known() {
    let end = "</saml2:Conditions>";
    check(&[
        (end, "<saml2:OneTimeUse/></saml2:Conditions>", "accepted"),
        (end, "<saml2:OneTimeUse/><saml2:OneTimeUse/></saml2:Conditions>", "assertion.schema"),
        (end, "<saml2:ProxyRestriction Count=\"0\"/></saml2:Conditions>", "accepted"),
        (end, "<saml2:ProxyRestriction/><saml2:ProxyRestriction/></saml2:Conditions>", "assertion.schema"),
        (end, "<saml2:Condition/></saml2:Conditions>", "assertion.condition"),
        (end, "<x:OneTimeUse xmlns:x=\"urn:x\"/></saml2:Conditions>", "assertion.condition"),
        (end, "text</saml2:Conditions>", "assertion.schema"),
    ]);
    let xml = resigned(end, "<saml2:OneTimeUse/></saml2:Conditions>");
    assert!(outcome_with(&xml, &expected(), now()).unwrap().one_time_use());
}

#[test]
fn instants_of_issue_are_recent() {
    let of_assertion = format!("ID=\"ASSERTION\" IssueInstant=\"{}\"", text(now()));
    let with = |instant: SystemTime| format!("ID=\"ASSERTION\" IssueInstant=\"{}\"", text(instant));
    let hour = Duration::from_secs(3600);
    check(&[
        (&of_assertion, &with(now() + DEFAULT_CLOCK_SKEW), "accepted"),
        (&of_assertion, &with(now() + DEFAULT_CLOCK_SKEW + MILLISECOND), "assertion.issue_instant"),
        (&of_assertion, &with(now() - hour - DEFAULT_CLOCK_SKEW + MILLISECOND), "accepted"),
        (&of_assertion, &with(now() - hour - DEFAULT_CLOCK_SKEW), "assertion.issue_instant"),
        (&of_assertion, "ID=\"ASSERTION\" IssueInstant=\"yesterday\"", "assertion.time_syntax"),
        (&of_assertion, "ID=\"ASSERTION\"", "assertion.schema"),
    ]);
    let of_response = format!("InResponseTo=\"{REQUEST}\" IssueInstant=\"{}\"", text(now()));
    check(&[
        (
            &of_response,
            &format!("InResponseTo=\"{REQUEST}\" IssueInstant=\"{}\"", text(now() - hour - hour)),
            "response.issue_instant",
        ),
        (
            &of_response,
            &format!("InResponseTo=\"{REQUEST}\" IssueInstant=\"2027-01-15T08:00:00\""),
            "response.time_syntax",
        ),
    ]);
}

#[test]
fn the_user_was_authenticated_in_a_session_that_lasts() {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:AuthnStatement ").unwrap();
    let end = unsigned.find("</saml2:AuthnStatement>").unwrap() + "</saml2:AuthnStatement>".len();
    let without = sign_again(&unsigned.replace(&unsigned[start..end], ""), Sign::Assertion);
    assert_eq!(verdict(&without), "assertion.authn_statement_missing");
    let instant = format!("AuthnInstant=\"{}\"", text(now()));
    let session = |end: SystemTime| format!("{instant} SessionNotOnOrAfter=\"{}\"", text(end));
    check(&[
        (&instant, &session(now() + SECOND), "accepted"),
        (&instant, &session(now() - DEFAULT_CLOCK_SKEW + MILLISECOND), "accepted"),
        (&instant, &session(now() - DEFAULT_CLOCK_SKEW), "assertion.session_expired"),
        (
            &instant,
            &format!("AuthnInstant=\"{}\"", text(now() + DEFAULT_CLOCK_SKEW + MILLISECOND)),
            "assertion.authn_instant",
        ),
        (&instant, &format!("AuthnInstant=\"{}\"", text(now() - Duration::from_secs(86_400))), "accepted"),
        (&instant, "", "assertion.schema"),
    ]);
    let xml = resigned(&instant, &session(now() + SECOND));
    assert_eq!(
        outcome_with(&xml, &expected(), now()).unwrap().session_not_on_or_after(),
        Some(now() + SECOND)
    );
}

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const MFA: &str = "https://refeds.org/profile/mfa";

#[test]
fn the_way_of_authentication_is_one_of_those_required() {
    let xml = response(&idp()).build().unwrap();
    let requiring = |classes: &[&str]| expected().require_authn_contexts(classes.iter().copied());
    let code = |xml: &str, classes: &[&str]| {
        outcome_with(xml, &requiring(classes), now()).map_or_else(|code| code, |_| "accepted")
    };
    assert_eq!(code(&xml, &[PASSWORD]), "accepted");
    assert_eq!(code(&xml, &[MFA, PASSWORD]), "accepted");
    assert_eq!(code(&xml, &[MFA]), "assertion.authn_context");
    assert_eq!(code(&xml, &[&PASSWORD.to_lowercase()]), "assertion.authn_context");
    assert_eq!(code(&xml, &[&format!("{PASSWORD}/more")]), "assertion.authn_context");
    assert_eq!(code(&xml, &[]), "assertion.authn_context");
    let class = format!("<saml2:AuthnContextClassRef>{PASSWORD}</saml2:AuthnContextClassRef>");
    for none in ["", "<saml2:AuthnContextClassRef/>"] {
        let without = resigned(&class, none);
        assert_eq!(code(&without, &[PASSWORD]), "assertion.authn_context");
        assert_eq!(code(&without, &[PASSWORD, ""]), "assertion.authn_context");
        assert_eq!(verdict(&without), "accepted");
    }
    // Each statement counts: one that was made in another way is not outvoted.
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:AuthnStatement ").unwrap();
    let end = unsigned.find("</saml2:AuthnStatement>").unwrap() + "</saml2:AuthnStatement>".len();
    let strong = unsigned[start..end].replace(PASSWORD, MFA);
    let both = format!("{strong}{}", &unsigned[start..end]);
    let both = sign_again(&unsigned.replace(&unsigned[start..end], &both), Sign::Assertion);
    assert_eq!(code(&both, &[MFA]), "assertion.authn_context");
    assert_eq!(code(&both, &[MFA, PASSWORD]), "accepted");

    let rejection = verifier().verify(xml.as_bytes()).unwrap().accept(&requiring(&[MFA]), now()).unwrap_err();
    assert_eq!(rejection.expected().as_deref(), Some(MFA));
    assert_eq!(rejection.found().as_deref(), Some(PASSWORD));
}

#[test]
fn every_statement_of_authentication_counts() {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:AuthnStatement ").unwrap();
    let end = unsigned.find("</saml2:AuthnStatement>").unwrap() + "</saml2:AuthnStatement>".len();
    let statement = &unsigned[start..end];
    let instant = format!("AuthnInstant=\"{}\"", text(now()));
    let until = |end: SystemTime| {
        statement.replace(&instant, &format!("{instant} SessionNotOnOrAfter=\"{}\"", text(end)))
    };
    let ahead = statement.replace(&instant, &format!("AuthnInstant=\"{}\"", text(now() + VALIDITY)));
    let with = |statements: &str| sign_again(&unsigned.replace(statement, statements), Sign::Assertion);
    assert_eq!(verdict(&with(&statement.repeat(2))), "accepted");
    let over = until(now() - VALIDITY);
    assert_eq!(verdict(&with(&format!("{statement}{over}"))), "assertion.session_expired");
    assert_eq!(verdict(&with(&format!("{statement}{ahead}"))), "assertion.authn_instant");
    // The session that ends first ends all.
    let (soon, later) = (now() + SECOND, now() + VALIDITY);
    for both in [[soon, later], [later, soon]] {
        let xml = with(&format!("{}{statement}{}", until(both[0]), until(both[1])));
        assert_eq!(outcome_with(&xml, &expected(), now()).unwrap().session_not_on_or_after(), Some(soon));
    }
}

#[test]
fn nothing_is_met_by_nothing() {
    let of_assertion = format!("{IDP}</saml2:Issuer><saml2:Subject>");
    let (issuer, audience) = (format!("{IDP}</saml2:Issuer>"), format!("<saml2:Audience>{SP}"));
    let recipient = format!("Recipient=\"{ACS}\"");
    let destination = format!("Destination=\"{ACS}\"");
    let in_response_to = format!("ID=\"RESPONSE\" InResponseTo=\"{REQUEST}\"");
    for (from, to, nothing, code) in [
        (
            &issuer,
            "</saml2:Issuer>",
            Expected::answering(REQUEST, Parties { idp_entity_id: "", ..PARTIES }),
            "response.issuer",
        ),
        (
            &audience,
            "<saml2:Audience>",
            Expected::answering(REQUEST, Parties { sp_entity_id: "", ..PARTIES }),
            "assertion.audience",
        ),
        (
            &recipient,
            "Recipient=\"\"",
            Expected::answering(REQUEST, Parties { acs_url: "", ..PARTIES }),
            "response.destination",
        ),
        (
            &destination,
            "",
            Expected::answering(REQUEST, Parties { acs_url: "", ..PARTIES }),
            "assertion.recipient",
        ),
        (
            &in_response_to,
            "ID=\"RESPONSE\" InResponseTo=\"\"",
            Expected::answering("", PARTIES),
            "response.in_response_to",
        ),
    ] {
        assert_eq!(outcome_with(&resigned(from, to), &nothing, now()).unwrap_err(), code, "{from}");
    }
    // Where the Response does not name itself, the assertion has to.
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:Issuer xmlns").unwrap();
    let end = start + unsigned[start..].find("</saml2:Issuer>").unwrap() + "</saml2:Issuer>".len();
    let bare = unsigned.replacen(&unsigned[start..end], "", 1);
    let empty = bare.replace(&of_assertion, "</saml2:Issuer><saml2:Subject>");
    let no_issuer = Expected::answering(REQUEST, Parties { idp_entity_id: "", ..PARTIES });
    assert_eq!(verdict(&sign_again(&bare, Sign::Assertion)), "accepted");
    let outcome = outcome_with(&sign_again(&empty, Sign::Assertion), &no_issuer, now());
    assert_eq!(outcome.unwrap_err(), "assertion.issuer");
    // And an empty recipient is that of nobody.
    let nowhere = unsigned.replace(&destination, "").replace(&recipient, "Recipient=\"\"");
    let no_acs = Expected::answering(REQUEST, Parties { acs_url: "", ..PARTIES });
    let outcome = outcome_with(&sign_again(&nowhere, Sign::Assertion), &no_acs, now());
    assert_eq!(outcome.unwrap_err(), "assertion.recipient");
}

#[test]
fn the_replay_key_is_that_of_the_assertion_whatever_is_around_it() {
    let idp = idp();
    let key = |response_id: &str, assertion_id: &str| {
        let xml = response(&idp).ids(response_id, assertion_id).build().unwrap();
        outcome_with(&xml, &expected(), now()).unwrap().replay_key()
    };
    assert_eq!(key("R1", "A1"), key("R2", "A1"));
    assert_ne!(key("R1", "A1"), key("R1", "A2"));
}

#[test]
fn it_is_remembered_for_as_long_as_any_confirmation_could_be_accepted() {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    let start = unsigned.find("<saml2:SubjectConfirmation ").unwrap();
    let end = unsigned.find("</saml2:SubjectConfirmation>").unwrap() + "</saml2:SubjectConfirmation>".len();
    let confirmation = &unsigned[start..end];
    let until = |instant: SystemTime| format!("NotOnOrAfter=\"{}\"", text(instant));
    let later = confirmation.replace(&until(now() + VALIDITY), &until(now() + 8 * VALIDITY));
    let window = format!("{}><saml2:AudienceRestriction>", until(now() + VALIDITY));
    let longer = format!("{}><saml2:AudienceRestriction>", until(now() + 9 * VALIDITY));
    let both = unsigned.replace(confirmation, &format!("{confirmation}{later}")).replace(&window, &longer);
    let xml = sign_again(&both, Sign::Assertion);
    let first = outcome_with(&xml, &expected(), now()).unwrap();
    let second = outcome_with(&xml, &expected(), now() + 2 * VALIDITY).unwrap();
    assert_eq!(first.replay_key(), second.replay_key());
    assert_eq!(first.remember_until(), now() + 9 * VALIDITY + MAX_CLOCK_SKEW + CLOCK_ALLOWANCE);
    assert_eq!(first.remember_until(), second.remember_until());
}

#[test]
fn nothing_is_remembered_for_ever() {
    let forever = |from: &str| resigned(from, &from.replace("2027-01-15T08:05:00", "9999-01-01T00:00:00"));
    let window = format!("NotOnOrAfter=\"{}\"><saml2:AudienceRestriction>", text(now() + VALIDITY));
    let accepted = outcome_with(&forever(&window), &expected(), now()).unwrap();
    // An assertion is too old after an hour, whatever it says.
    assert_eq!(
        accepted.remember_until(),
        now() + Duration::from_secs(3600) + MAX_CLOCK_SKEW + CLOCK_ALLOWANCE
    );
}

#[test]
fn it_is_remembered_while_any_machine_could_accept_it() {
    let xml = response(&idp()).build().unwrap();
    let lax = expected().clock_skew(MAX_CLOCK_SKEW);
    let remember_until = outcome_with(&xml, &expected(), now()).unwrap().remember_until();
    // The last instant of the machine that is behind; a store may forget from `remember_until` on.
    let last = now() + VALIDITY + MAX_CLOCK_SKEW - MILLISECOND;
    assert!(outcome_with(&xml, &lax, last).is_ok());
    assert_eq!(outcome_with(&xml, &lax, last + MILLISECOND).unwrap_err(), "assertion.expired");
    assert!(last + CLOCK_ALLOWANCE < remember_until);
}

#[test]
fn an_old_message_is_expired_before_it_is_old() {
    let xml = response(&idp()).build().unwrap();
    for hours in [1, 2, 24, 24 * 365] {
        let late = now() + Duration::from_secs(hours * 3600);
        assert_eq!(outcome_with(&xml, &expected(), late).unwrap_err(), "assertion.expired");
    }
}

#[test]
fn rejections_say_what_was_compared() {
    let xml = resigned(&format!("<saml2:Audience>{SP}"), "<saml2:Audience>https://other.test");
    let verified = verifier().verify(xml.as_bytes()).unwrap();
    let rejection = verified.accept(&expected(), now()).unwrap_err();
    assert_eq!(rejection.to_string(), "the assertion is for another service");
    assert_eq!(rejection.expected().as_deref(), Some(SP));
    assert_eq!(rejection.found().as_deref(), Some("https://other.test"));
    let verified = verifier().verify(response(&idp()).build().unwrap().as_bytes()).unwrap();
    let late = verified.accept(&expected(), now() + Duration::from_secs(600)).unwrap_err();
    assert_eq!(late.expected().as_deref(), Some("valid until after 2027-01-15T08:10:00.000Z"));
    assert_eq!(late.found().as_deref(), Some("valid until 2027-01-15T08:05:00.000Z"));
}

#[test]
fn nothing_personal_is_shown_by_debug() {
    let accepted = outcome_with(&response(&idp()).build().unwrap(), &expected(), now()).unwrap();
    let shown = format!("{accepted:?}");
    assert!(!shown.contains("bjensen") && !shown.contains("Barbara"), "{shown}");
}
