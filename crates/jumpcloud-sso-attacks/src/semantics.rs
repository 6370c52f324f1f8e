//! What an assertion says: S01 to S25, S29 and S31. All of these are signed by the pinned key: only the rule
//! can refuse them.

use std::time::Duration;

use jumpcloud_sso_testkit::Sign;

use crate::case::{ACS, SP, Setup, Suite, now};
use crate::doc::{Doc, RESPONSE, sign_with};

const NOW: &str = "2027-01-15T08:00:00.000Z";
const END: &str = "2027-01-15T08:05:00.000Z";

pub(crate) fn cases(suite: &mut Suite) {
    suite.twin("G01-signed-again-without-a-change");
    roots(suite);
    status_and_version(suite);
    parties(suite);
    confirmations(suite);
    times(suite);
    time_syntax(suite);
    answers(suite);
    envelopes(suite);
    required_by_the_connection(suite);
    conditions(suite);
    names(suite);
    qualifiers(suite);
    attributes(suite);
    order(suite);
}

/// One change of what is signed.
fn change(from: &str, to: &str) -> Doc {
    Doc::unsigned().replace(from, to).resigned()
}

fn table(suite: &mut Suite, rows: &[(&'static str, &str, &str, &str, &'static str)]) {
    for (id, what, from, to, code) in rows {
        let doc = change(from, to);
        if *code == "accepted" {
            suite.accepted(id, *what, doc);
        } else {
            suite.refused(id, *what, doc, code);
        }
    }
}

fn roots(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    suite.refused("S01", "the assertion alone", signed.assertion(), "response.root");
    for (what, name) in [
        ("a LogoutResponse", "LogoutResponse"),
        ("an ArtifactResponse", "ArtifactResponse"),
        ("an AuthnRequest", "AuthnRequest"),
        ("a LogoutRequest", "LogoutRequest"),
    ] {
        let doc = signed.as_str().replace("saml2p:Response", &format!("saml2p:{name}"));
        let id = if name == "ArtifactResponse" { "S28" } else { "S01" };
        suite.refused(id, what, doc, "response.root");
    }
    let metadata = "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"RESPONSE\" entityID=\"x\"><md:IDPSSODescriptor/></md:EntityDescriptor>";
    let signed_metadata = sign_with(
        metadata,
        RESPONSE,
        jumpcloud_sso_testkit::keys::OWN_KEY,
        jumpcloud_sso_testkit::keys::OWN_CERTIFICATE,
    );
    suite.refused("G34", "metadata signed by the same key", signed_metadata, "response.root");
    let soap = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{}</s:Body></s:Envelope>",
        signed.root()
    );
    suite.refused("S28", "a Response in an envelope of SOAP", soap, "response.root");
    suite.refused("S28", "a page of HTML", "<html><body>Error</body></html>", "response.root");
    let bare = Doc::unsigned();
    suite.refused(
        "S02",
        "no assertion",
        bare.without(&bare.assertion()).sign(Sign::Response),
        "response.assertion_count",
    );
    let evil = crate::doc::evil_assertion("SECOND");
    suite.refused(
        "S02",
        "two assertions, both covered by the signature of the Response",
        bare.after("</saml2:Assertion>", &evil).sign(Sign::Response),
        "response.assertion_count",
    );
}

fn status_and_version(suite: &mut Suite) {
    let success = "<saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    let nested = success.replace(
        "/>",
        "><saml2p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></saml2p:StatusCode>",
    );
    let of_response = format!("IssueInstant=\"{NOW}\" Version=\"2.0\"><saml2:Issuer xmlns");
    let of_assertion = format!("ID=\"ASSERTION\" IssueInstant=\"{NOW}\" Version=\"2.0\"");
    for version in ["1.1", "2.1", "2", "2.0 ", "", "3.0"] {
        let to = |text: &str| text.replace("Version=\"2.0\"", &format!("Version=\"{version}\""));
        suite.refused(
            "S03",
            format!("version {version:?} of the Response"),
            change(&of_response, &to(&of_response)),
            "response.version",
        );
        suite.refused(
            "S03",
            format!("version {version:?} of the assertion"),
            change(&of_assertion, &to(&of_assertion)),
            "assertion.version",
        );
    }
    table(
        suite,
        &[
            ("S04", "status Responder", "status:Success", "status:Responder", "response.status"),
            ("S04", "status Requester", "status:Success", "status:Requester", "response.status"),
            ("S04", "status VersionMismatch", "status:Success", "status:VersionMismatch", "response.status"),
            ("S04", "status in another case", "status:Success", "status:success", "response.status"),
            ("S04", "a status that is qualified", success, &nested, "response.status"),
            ("S04", "no code", success, "", "response.schema"),
            ("S04", "a code without a value", success, "<saml2p:StatusCode/>", "response.schema"),
            ("S04", "two codes", success, &success.repeat(2), "response.schema"),
            ("S04", "no status", &format!("<saml2p:Status>{success}</saml2p:Status>"), "", "response.schema"),
        ],
    );
}

fn parties(suite: &mut Suite) {
    let issuer = "<saml2:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">IdP Entity ID</saml2:Issuer>";
    let with = |value: &str| issuer.replace("IdP Entity ID", value);
    let audience = format!("<saml2:Audience>{SP}</saml2:Audience>");
    let restriction = format!("<saml2:AudienceRestriction>{audience}</saml2:AudienceRestriction>");
    let other = "<saml2:Audience>https://other.test</saml2:Audience>";
    table(
        suite,
        &[
            ("S05", "another issuer", issuer, &with("https://evil.test"), "assertion.issuer"),
            ("S05", "the issuer in another case", issuer, &with("idp entity id"), "assertion.issuer"),
            ("S05", "the issuer with more behind it", issuer, &with("IdP Entity ID/"), "assertion.issuer"),
            ("S05", "an empty issuer", issuer, &with(""), "assertion.issuer"),
            (
                "S05",
                "an issuer of another format",
                issuer,
                &issuer.replace("format:entity", "format:persistent"),
                "assertion.issuer",
            ),
            (
                "S05",
                "an issuer without a format",
                issuer,
                "<saml2:Issuer>IdP Entity ID</saml2:Issuer>",
                "accepted",
            ),
            ("S06", "another audience", &audience, other, "assertion.audience"),
            ("S06", "an empty audience", &audience, "<saml2:Audience/>", "assertion.audience"),
            ("S06", "a restriction to nobody", &audience, "", "assertion.schema"),
            ("S06", "no restriction", &restriction, "", "assertion.audience_missing"),
            (
                "S06",
                "one of two restrictions is to others",
                &restriction,
                &format!("{restriction}<saml2:AudienceRestriction>{other}</saml2:AudienceRestriction>"),
                "assertion.audience",
            ),
            ("S06", "one of two audiences is another", &audience, &format!("{other}{audience}"), "accepted"),
        ],
    );
    for (what, value) in [
        ("with a slash behind", format!("{SP}/")),
        ("in upper case", SP.to_uppercase()),
        ("cut", "https://app.acme.test".to_owned()),
        ("with more in front", format!("x{SP}")),
        ("with a space", format!(" {SP}")),
        ("by http", SP.replace("https", "http")),
    ] {
        suite.refused(
            "S06",
            format!("the audience {what}"),
            change(&audience, &audience.replace(SP, &value)),
            "assertion.audience",
        );
    }
    let recipient = format!("Recipient=\"{ACS}\"");
    let destination = format!("Destination=\"{ACS}\"");
    let urls = [
        ("another path", "https://app.acme.test/sso/saml2/other/acs"),
        ("a slash behind", "https://app.acme.test/sso/saml2/acme/acs/"),
        ("less of the path", "https://app.acme.test/sso/saml2/acme"),
        ("http", "http://app.acme.test/sso/saml2/acme/acs"),
        ("a port", "https://app.acme.test:443/sso/saml2/acme/acs"),
        ("a user", "https://user@app.acme.test/sso/saml2/acme/acs"),
        ("another case", "https://APP.acme.test/sso/saml2/acme/acs"),
        ("a query", "https://app.acme.test/sso/saml2/acme/acs?x"),
        ("a fragment", "https://app.acme.test/sso/saml2/acme/acs#x"),
        ("another host", "https://app.acme.test.evil.test/sso/saml2/acme/acs"),
        ("nothing", ""),
    ];
    for (what, url) in urls {
        suite.refused(
            "S07",
            format!("the recipient has {what}"),
            change(&recipient, &format!("Recipient=\"{url}\"")),
            "assertion.recipient",
        );
        suite.refused(
            "S08",
            format!("the destination has {what}"),
            change(&destination, &format!("Destination=\"{url}\"")),
            "response.destination",
        );
    }
    suite.refused("S07", "no recipient", change(&format!(" {recipient}"), ""), "assertion.recipient");
    let nowhere = Doc::unsigned().replace(&format!(" {destination}"), "");
    suite.refused(
        "S08",
        "a signed Response without a destination",
        nowhere.sign(Sign::Response),
        "response.destination",
    );
    suite.accepted("S08", "a signed assertion in a Response without a destination", nowhere.resigned());
}

fn confirmations(suite: &mut Suite) {
    let doc = Doc::unsigned();
    let confirmation = doc.part("<saml2:SubjectConfirmation ", "</saml2:SubjectConfirmation>");
    let data = doc.part("<saml2:SubjectConfirmationData ", "/>");
    let holder = confirmation.replace("cm:bearer", "cm:holder-of-key");
    let vouches = confirmation.replace("cm:bearer", "cm:sender-vouches");
    let expiry = format!("NotOnOrAfter=\"{END}\" Recipient");
    table(
        suite,
        &[
            ("S09", "no confirmation", &confirmation, "", "assertion.confirmation"),
            ("S09", "for the holder of a key", &confirmation, &holder, "assertion.confirmation"),
            ("S09", "vouched for by the sender", &confirmation, &vouches, "assertion.confirmation"),
            (
                "S09",
                "a method in another case",
                &confirmation,
                &confirmation.replace("cm:bearer", "cm:Bearer"),
                "assertion.confirmation",
            ),
            (
                "S09",
                "none of two for the bearer",
                &confirmation,
                &format!("{holder}{vouches}"),
                "assertion.confirmation",
            ),
            (
                "S09",
                "one of two for the bearer",
                &confirmation,
                &format!("{holder}{confirmation}"),
                "accepted",
            ),
            ("S09", "no data", &data, "", "assertion.confirmation"),
            (
                "S10",
                "a beginning",
                &expiry,
                &format!("NotBefore=\"{NOW}\" {expiry}"),
                "assertion.confirmation",
            ),
            ("S11", "no end of the confirmation", &expiry, "Recipient", "assertion.confirmation"),
        ],
    );
}

fn times(suite: &mut Suite) {
    let signed = Doc::signed(Sign::Assertion);
    let at = |offset_ms: i64, skew: u64| {
        let base = now();
        let offset = Duration::from_millis(offset_ms.unsigned_abs());
        let now = if offset_ms < 0 { base - offset } else { base + offset };
        Setup { now, clock_skew: Duration::from_secs(skew), ..Setup::default() }
    };
    for (what, offset, skew, code) in [
        ("a millisecond before the end and the tolerance", 359_999, 60, None),
        ("at the end and the tolerance", 360_000, 60, Some("assertion.expired")),
        ("a millisecond before the end without a tolerance", 299_999, 0, None),
        ("at the end without a tolerance", 300_000, 0, Some("assertion.expired")),
        ("an hour after the end", 3_900_000, 60, Some("assertion.expired")),
        ("ten years after the end", 315_360_000_000, 60, Some("assertion.expired")),
        ("with a tolerance that is too large to be one", 600_000, 3600, Some("assertion.expired")),
        ("at the tolerance before it was issued", -60_000, 60, None),
        ("a millisecond more before it was issued", -60_001, 60, Some("response.issue_instant")),
        ("a year before it was issued", -31_536_000_000, 60, Some("assertion.not_yet_valid")),
    ] {
        suite.setup(at(offset, skew));
        match code {
            None => suite.accepted("S11", what, signed.clone()),
            Some(code) => suite.refused("S11", what, signed.clone(), code),
        }
    }
    suite.usual_setup();
    let window = format!("<saml2:Conditions NotBefore=\"2027-01-15T07:55:00.000Z\" NotOnOrAfter=\"{END}\"");
    let with = |from: &str, to: &str| format!("<saml2:Conditions NotBefore=\"{from}\" NotOnOrAfter=\"{to}\"");
    let authn = format!("AuthnInstant=\"{NOW}\"");
    let session = |end: &str| format!("{authn} SessionNotOnOrAfter=\"{end}\"");
    let issued = format!("ID=\"ASSERTION\" IssueInstant=\"{NOW}\"");
    let issue = |instant: &str| format!("ID=\"ASSERTION\" IssueInstant=\"{instant}\"");
    table(
        suite,
        &[
            (
                "S11",
                "conditions that begin a millisecond too late",
                &window,
                &with("2027-01-15T08:01:00.001Z", END),
                "assertion.not_yet_valid",
            ),
            (
                "S11",
                "conditions that begin within the tolerance",
                &window,
                &with("2027-01-15T08:01:00.000Z", END),
                "accepted",
            ),
            (
                "S11",
                "conditions that have ended",
                &window,
                &with("2027-01-15T07:55:00Z", "2027-01-15T07:59:00Z"),
                "assertion.expired",
            ),
            (
                "S11",
                "conditions that end before they begin",
                &window,
                &with("2027-01-15T08:00:01Z", NOW),
                "assertion.validity",
            ),
            ("S11", "conditions that end as they begin", &window, &with(NOW, NOW), "assertion.validity"),
            (
                "S11",
                "conditions without an end",
                &window,
                "<saml2:Conditions NotBefore=\"2027-01-15T07:55:00.000Z\"",
                "assertion.validity",
            ),
            (
                "S11",
                "a session that is over",
                &authn,
                &session("2027-01-15T07:59:00.000Z"),
                "assertion.session_expired",
            ),
            (
                "S11",
                "a session that is about to be over",
                &authn,
                &session("2027-01-15T07:59:00.001Z"),
                "accepted",
            ),
            (
                "S13",
                "issued in the future",
                &issued,
                &issue("2027-01-15T08:01:00.001Z"),
                "assertion.issue_instant",
            ),
            (
                "S13",
                "issued more than an hour ago",
                &issued,
                &issue("2027-01-15T06:59:00.000Z"),
                "assertion.issue_instant",
            ),
            ("S13", "issued an hour ago", &issued, &issue("2027-01-15T06:59:00.001Z"), "accepted"),
            ("S13", "issued in 1970", &issued, &issue("1970-01-01T00:00:00Z"), "assertion.issue_instant"),
            (
                "S23",
                "logged in in the future",
                &authn,
                "AuthnInstant=\"2027-01-15T08:01:00.001Z\"",
                "assertion.authn_instant",
            ),
        ],
    );
    // Where no class of authentication is required, whatever class it says is as good as another one: what
    // there has to be is the statement, not made in the future.
    let statement = Doc::unsigned().part("<saml2:AuthnStatement ", "</saml2:AuthnStatement>");
    suite.refused(
        "S23",
        "no statement of a login",
        Doc::unsigned().without(&statement).resigned(),
        "assertion.authn_statement_missing",
    );
}

fn time_syntax(suite: &mut Suite) {
    let issued = format!("ID=\"ASSERTION\" IssueInstant=\"{NOW}\"");
    let window = format!("<saml2:Conditions NotBefore=\"2027-01-15T07:55:00.000Z\" NotOnOrAfter=\"{END}\"");
    for (what, text) in [
        ("no zone", "2027-01-15T08:00:00"),
        ("a zone in lower case", "2027-01-15T08:00:00z"),
        ("a separator in lower case", "2027-01-15t08:00:00Z"),
        ("a space for a separator", "2027-01-15 08:00:00Z"),
        ("a leap second", "2027-01-15T23:59:60Z"),
        ("hour 24", "2027-01-15T24:00:00Z"),
        ("hour 25", "2027-01-15T25:00:00Z"),
        ("a year of five digits", "12027-01-15T08:00:00Z"),
        ("a year before none", "-2027-01-15T08:00:00Z"),
        ("month 13", "2027-13-15T08:00:00Z"),
        ("30 February", "2027-02-30T08:00:00Z"),
        ("a fraction of nothing", "2027-01-15T08:00:00.Z"),
        ("a fraction that floods", "2027-01-15T08:00:00.000000000000000000000000000000000Z"),
        ("a comma", "2027-01-15T08:00:00,5Z"),
        ("an offset of a day", "2027-01-15T08:00:00+24:00"),
        ("an offset without minutes", "2027-01-15T08:00:00+02"),
        ("no seconds", "2027-01-15T08:00Z"),
        ("seconds since 1970", "1800000000"),
        ("a word", "now"),
        ("nothing", ""),
        ("digits of another script", "２０２７-01-15T08:00:00Z"),
    ] {
        suite.refused(
            "S12",
            format!("{what}, of the assertion's issue"),
            change(&issued, &format!("ID=\"ASSERTION\" IssueInstant=\"{text}\"")),
            "assertion.time_syntax",
        );
        let to = window.replace(END, text);
        suite.refused(
            "S12",
            format!("{what}, of the conditions' end"),
            change(&window, &to),
            "assertion.time_syntax",
        );
    }
    for (what, text) in [
        ("an offset", "2027-01-15T10:00:00+02:00"),
        ("twelve digits of a fraction", "2027-01-15T08:00:00.000000000000Z"),
        ("no fraction", "2027-01-15T08:00:00Z"),
        ("white space around it", " 2027-01-15T08:00:00Z "),
    ] {
        suite.accepted("S12", what, change(&issued, &format!("ID=\"ASSERTION\" IssueInstant=\"{text}\"")));
    }
}

fn answers(suite: &mut Suite) {
    let response = "ID=\"RESPONSE\" InResponseTo=\"_request\"";
    let data = "<saml2:SubjectConfirmationData InResponseTo=\"_request\"";
    table(
        suite,
        &[
            (
                "S14",
                "the Response answers another request",
                response,
                "ID=\"RESPONSE\" InResponseTo=\"_other\"",
                "response.in_response_to",
            ),
            ("S14", "the Response answers none", response, "ID=\"RESPONSE\"", "response.in_response_to"),
            (
                "S14",
                "the Response answers an empty one",
                response,
                "ID=\"RESPONSE\" InResponseTo=\"\"",
                "response.in_response_to",
            ),
            (
                "S14",
                "the confirmation answers another",
                data,
                "<saml2:SubjectConfirmationData InResponseTo=\"_other\"",
                "assertion.in_response_to",
            ),
            (
                "S14",
                "the confirmation answers none",
                data,
                "<saml2:SubjectConfirmationData",
                "assertion.in_response_to",
            ),
            (
                "S14",
                "the confirmation answers it in another case",
                data,
                "<saml2:SubjectConfirmationData InResponseTo=\"_REQUEST\"",
                "assertion.in_response_to",
            ),
        ],
    );
    let unsolicited = Setup { request_id: None, ..Setup::default() };
    suite.setup(unsolicited);
    suite.refused(
        "S15",
        "an answer where none was asked for",
        Doc::signed(Sign::Assertion),
        "response.in_response_to",
    );
    suite.refused(
        "S15",
        "an answer in the confirmation only",
        change(response, "ID=\"RESPONSE\""),
        "assertion.in_response_to",
    );
    let neither = Doc::unsigned()
        .replace(response, "ID=\"RESPONSE\"")
        .replace(data, "<saml2:SubjectConfirmationData")
        .resigned();
    suite.accepted("S15", "a login that began at the identity provider", neither);
    suite.usual_setup();
}

/// An assertion in a Response that nobody signed: whoever holds the assertion chooses what the Response
/// answers. Each case is changed after it was signed, but for what the confirmation says.
fn envelopes(suite: &mut Suite) {
    let data = "<saml2:SubjectConfirmationData InResponseTo=\"_request\"";
    let response = "ID=\"RESPONSE\" InResponseTo=\"_request\"";
    let solicited = Doc::signed(Sign::Assertion);
    let unsolicited = change(data, "<saml2:SubjectConfirmationData");
    let answering = |doc: &Doc, id: &str| match id {
        "_request" => doc.clone(),
        "" => doc.replace(response, "ID=\"RESPONSE\""),
        other => doc.replace(response, &format!("ID=\"RESPONSE\" InResponseTo=\"{other}\"")),
    };
    suite.accepted("S29", "a request is answered by both", answering(&solicited, "_request"));
    suite.twin("S29-a-request-is-answered-by-both");
    for (what, doc, code) in [
        (
            "a request is answered by the unsigned Response around an assertion that answers none",
            answering(&unsolicited, "_request"),
            "assertion.in_response_to",
        ),
        (
            "a request is answered by the assertion in an unsigned Response that answers none",
            answering(&solicited, ""),
            "response.in_response_to",
        ),
        (
            "a request is answered by the assertion in an unsigned Response that answers another",
            answering(&solicited, "_other"),
            "response.in_response_to",
        ),
        ("a request is answered by neither", answering(&unsolicited, ""), "response.in_response_to"),
    ] {
        suite.refused("S29", what, doc, code);
    }
    suite.setup(Setup { request_id: None, ..Setup::default() });
    suite.accepted("S29", "no request, and neither answers one", answering(&unsolicited, ""));
    suite.twin("S29-no-request-and-neither-answers-one");
    for (what, doc, code) in [
        (
            "no request, and the unsigned Response answers one",
            answering(&unsolicited, "_request"),
            "response.in_response_to",
        ),
        ("no request, and the assertion answers one", answering(&solicited, ""), "assertion.in_response_to"),
        ("no request, and both answer one", answering(&solicited, "_request"), "response.in_response_to"),
        (
            "no request, and each answers another one",
            answering(&solicited, "_other"),
            "response.in_response_to",
        ),
    ] {
        suite.refused("S29", what, doc, code);
    }
    suite.usual_setup();
    suite.twin("G01-signed-again-without-a-change");
}

/// What a connection may require beyond the profile.
fn required_by_the_connection(suite: &mut Suite) {
    const MFA: &str = "https://refeds.org/profile/mfa";
    const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    let named = |class: &str| change(PASSWORD, class);
    suite.setup(Setup { authn_contexts: Some(vec![MFA]), ..Setup::default() });
    suite.accepted("S23", "authenticated in the way that is required", named(MFA));
    suite.twin("S23-authenticated-in-the-way-that-is-required");
    let class = format!("<saml2:AuthnContextClassRef>{PASSWORD}</saml2:AuthnContextClassRef>");
    let strong = named(MFA);
    let statement = strong.part("<saml2:AuthnStatement ", "</saml2:AuthnStatement>");
    let weak = statement.replace(MFA, PASSWORD);
    for (what, doc) in [
        ("authenticated in another way than is required", Doc::signed(Sign::Assertion)),
        ("the way that is required, with more behind it", named(&format!("{MFA}/not"))),
        ("the way that is required, in upper case", named(&MFA.to_uppercase())),
        ("no way where one is required", change(&class, "")),
        (
            "in the way that is required and in another",
            Doc::unsigned().replace(PASSWORD, MFA).after(&statement, &weak).resigned(),
        ),
    ] {
        suite.refused("S23", what, doc, "assertion.authn_context");
    }
    suite.setup(Setup { requires_signed_response: true, ..Setup::default() });
    suite.accepted("S29", "a signed Response where one is required", Doc::signed(Sign::Response));
    suite.twin("S29-a-signed-response-where-one-is-required");
    suite.refused(
        "S29",
        "an unsigned Response where a signed one is required",
        Doc::signed(Sign::Assertion),
        "signature.response_missing",
    );
    suite.refused("S29", "nothing signed where the Response has to be", Doc::unsigned(), "signature.missing");
    suite.usual_setup();
    suite.twin("G01-signed-again-without-a-change");
}

fn conditions(suite: &mut Suite) {
    let end = "</saml2:Conditions>";
    let before = |inside: &str| format!("{inside}{end}");
    table(
        suite,
        &[
            ("S18", "one use", end, &before("<saml2:OneTimeUse/>"), "accepted"),
            (
                "S18",
                "one use, twice",
                end,
                &before("<saml2:OneTimeUse/><saml2:OneTimeUse/>"),
                "assertion.schema",
            ),
            (
                "S18",
                "a restriction of proxies",
                end,
                &before("<saml2:ProxyRestriction Count=\"0\"/>"),
                "accepted",
            ),
            (
                "S18",
                "a condition that is not known",
                end,
                &before(
                    "<saml2:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"x\"/>",
                ),
                "assertion.condition",
            ),
            (
                "S18",
                "a condition of another namespace",
                end,
                &before("<x:OneTimeUse xmlns:x=\"urn:x\"/>"),
                "assertion.condition",
            ),
            ("S18", "a condition of no namespace", end, &before("<OneTimeUse/>"), "assertion.condition"),
            ("S18", "text", end, &before("x"), "assertion.schema"),
        ],
    );
}

fn names(suite: &mut Suite) {
    let format = " Format=\"urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified\"";
    let name_id = format!("<saml2:NameID{format}>bjensen@acme.test</saml2:NameID>");
    let with = |value: &str| name_id.replace("bjensen@acme.test", value);
    let persistent = " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"";
    table(
        suite,
        &[
            ("S19", "none", &name_id, "", "assertion.name_id"),
            ("S19", "an empty one", &name_id, &with(""), "assertion.name_id"),
            ("S19", "white space", &name_id, &with(" \n\t "), "assertion.name_id"),
            ("S19", "two", &name_id, &name_id.repeat(2), "assertion.schema"),
            ("S19", "a BaseID", &name_id, "<saml2:BaseID/>", "assertion.name_id"),
            ("S19", "an EncryptedID", &name_id, "<saml2:EncryptedID/>", "assertion.name_id"),
            (
                "E11",
                "an EncryptedID swapped in",
                &name_id,
                "<saml2:EncryptedID><x/></saml2:EncryptedID>",
                "assertion.name_id",
            ),
            ("S19", "one with an element in it", &name_id, &with("a<x/>b"), "assertion.schema"),
            (
                "S20",
                "a persistent one made for another service",
                &name_id,
                &name_id.replace(format, &format!("{persistent} SPNameQualifier=\"https://other.test\"")),
                "assertion.name_id",
            ),
            (
                "S20",
                "a persistent one made for us",
                &name_id,
                &name_id.replace(format, &format!("{persistent} SPNameQualifier=\"{SP}\"")),
                "accepted",
            ),
            (
                "D16",
                "a NameID with a Format of 900 bytes",
                &name_id,
                &name_id.replace(format, &format!(" Format=\"urn:{}\"", "f".repeat(896))),
                "accepted",
            ),
            (
                "D16",
                "a NameID with a Format of 100,000 bytes",
                &name_id,
                &name_id.replace(format, &format!(" Format=\"urn:{}\"", "f".repeat(99_996))),
                "assertion.name_id",
            ),
            ("S24", "a zero-width space", &name_id, &with("bjensen\u{200b}@acme.test"), "assertion.name_id"),
            ("S24", "a zero-width joiner", &name_id, &with("bjensen\u{200d}@acme.test"), "assertion.name_id"),
            ("S24", "text turned around", &name_id, &with("\u{202e}tset.emca@nimda"), "assertion.name_id"),
            ("S24", "an isolate", &name_id, &with("\u{2067}admin@acme.test\u{2069}"), "assertion.name_id"),
            ("S24", "a soft hyphen", &name_id, &with("bj\u{ad}ensen@acme.test"), "assertion.name_id"),
            ("S24", "a byte order mark", &name_id, &with("\u{feff}bjensen@acme.test"), "assertion.name_id"),
            ("S24", "a line end", &name_id, &with("bjensen@acme.test&#10;x"), "assertion.name_id"),
            ("S24", "a NUL of another kind", &name_id, &with("bjensen&#x85;@acme.test"), "assertion.name_id"),
        ],
    );
    // What looks alike is another name, and is never taken for the same.
    for (what, name) in [
        ("a letter of another script", "bjens\u{435}n@acme.test"),
        ("a letter with an accent", "bj\u{e9}nsen@acme.test"),
        ("another composition", "bje\u{301}nsen@acme.test"),
        ("another case", "BJensen@acme.test"),
    ] {
        suite.accepted_as("S24", format!("{what} is another name"), change(&name_id, &with(name)), name);
    }
}

/// Whoever qualifies a name by a service has made it for that one, whatever its format is.
fn qualifiers(suite: &mut Suite) {
    let format = " Format=\"urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified\"";
    let name_id = format!("<saml2:NameID{format}>bjensen@acme.test</saml2:NameID>");
    for (of, format) in [
        ("of the usual format", format),
        ("that is persistent", " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\""),
        ("that is an address", " Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\""),
        ("without a format", ""),
    ] {
        let qualified = |qualifier: &str| {
            let to = format!(
                "<saml2:NameID{format} SPNameQualifier=\"{qualifier}\">bjensen@acme.test</saml2:NameID>"
            );
            change(&name_id, &to)
        };
        suite.accepted("S31", format!("a name {of}, qualified by us"), qualified(SP));
        for (by, qualifier) in [
            ("another service", "https://other.test".to_owned()),
            ("our name with a slash behind it", format!("{SP}/")),
            ("our name in upper case", SP.to_uppercase()),
            ("our name with a space behind it", format!("{SP} ")),
            ("nothing", String::new()),
        ] {
            let what = format!("a name {of}, qualified by {by}");
            suite.refused("S31", what, qualified(&qualifier), "assertion.name_id");
        }
    }
}

fn attributes(suite: &mut Suite) {
    let email = "<saml2:Attribute Name=\"email\"><saml2:AttributeValue>bjensen@acme.test</saml2:AttributeValue></saml2:Attribute>";
    let value = "<saml2:AttributeValue>bjensen@acme.test</saml2:AttributeValue>";
    let with = |text: &str| email.replace("bjensen@acme.test", text);
    let second = email.replace("bjensen", "admin");
    table(suite, &[
        ("S21", "two e-mail addresses in one attribute", email, &email.replace(value, &format!("{value}<saml2:AttributeValue>admin@acme.test</saml2:AttributeValue>")), "attribute.several_values"),
        ("S21", "two attributes of one name", email, &format!("{email}{second}"), "attribute.several_values"),
        ("S21", "two attributes that differ in case", email, &format!("{}{}", email.replace("\"email\"", "\"Email\""), second.replace("\"email\"", "\"EMAIL\"")), "attribute.ambiguous"),
        ("S21", "a friendly name is no name", email, &email.replace("Name=\"email\"", "Name=\"urn:x\" FriendlyName=\"email\""), "attribute.missing"),
        ("S21", "no address", email, "", "attribute.missing"),
        ("S22", "markup in the address", email, &with("<b>bjensen@acme.test</b>"), "attribute.markup"),
        ("S22", "markup behind the address", email, &with("bjensen@acme.test<x/>"), "attribute.markup"),
        ("S22", "nil", email, &email.replace("<saml2:AttributeValue>bjensen@acme.test</saml2:AttributeValue>", "<saml2:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>"), "attribute.empty"),
        ("S24", "a zero-width space in the address", email, &with("bjensen\u{200b}@acme.test"), "attribute.email"),
        ("S24", "a letter of another script in the address", email, &with("bjens\u{435}n@acme.test"), "attribute.email"),
        ("S24", "a line end in the address", email, &with("bjensen@acme.test&#10;Bcc: x"), "attribute.email"),
        ("S24", "two at signs", email, &with("bjensen@evil.test@acme.test"), "attribute.email"),
        ("S24", "no domain", email, &with("bjensen@"), "attribute.email"),
        ("S24", "a comma between two", email, &with("a@acme.test,b@acme.test"), "attribute.email"),
        ("S24", "a comment in the address", email, &with("bjensen(admin)@acme.test"), "attribute.email"),
        ("S24", "text turned around in the name", ">Barbara<", ">\u{202e}arabraB<", "attribute.characters"),
    ]);
    for (what, same) in [
        ("the same address in one attribute twice", email.replace(value, &value.repeat(2))),
        ("the same address in two attributes", email.repeat(2)),
        (
            "a blank value beside the address",
            email.replace(value, &format!("{value}<saml2:AttributeValue> </saml2:AttributeValue>")),
        ),
    ] {
        suite.accepted("S21", what, change(email, &same));
    }
    let typed = email.replace(
        "<saml2:AttributeValue>",
        "<saml2:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"evil\">",
    );
    suite.accepted("N10", "a type that nobody looks at", change(email, &typed));
}

fn order(suite: &mut Suite) {
    let doc = Doc::unsigned();
    let subject = doc.part("<saml2:Subject>", "</saml2:Subject>");
    let conditions = doc.part("<saml2:Conditions ", "</saml2:Conditions>");
    let statement = doc.part("<saml2:AuthnStatement ", "</saml2:AuthnStatement>");
    let issuer = "<saml2:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">IdP Entity ID</saml2:Issuer>";
    let status = doc.part("<saml2p:Status>", "</saml2p:Status>");
    for (what, changed, code) in [
        (
            "the subject behind the conditions",
            doc.without(&subject).after("</saml2:Conditions>", &subject),
            "assertion.schema",
        ),
        ("two subjects", doc.twice(&subject), "assertion.schema"),
        ("two conditions", doc.twice(&conditions), "assertion.schema"),
        ("no issuer", doc.without(issuer), "assertion.schema"),
        (
            "the issuer behind the subject",
            doc.without(issuer).after("</saml2:Subject>", issuer),
            "assertion.schema",
        ),
        ("no subject", doc.without(&subject), "assertion.subject_missing"),
        (
            "the conditions behind the statement",
            doc.without(&conditions).after("</saml2:AuthnStatement>", &conditions),
            "assertion.schema",
        ),
        ("a statement that is not known", doc.after(&statement, "<saml2:Other/>"), "assertion.schema"),
        (
            "an attribute that is not known",
            doc.replace("ID=\"ASSERTION\"", "ID=\"ASSERTION\" Other=\"x\""),
            "assertion.schema",
        ),
        ("text between elements", doc.before("<saml2:Conditions ", "x"), "xml.content"),
        ("two statuses", doc.twice(&status), "response.schema"),
        (
            "the status behind the assertion",
            doc.without(&status).before("</saml2p:Response>", &status),
            "response.schema",
        ),
        ("no conditions", doc.without(&conditions), "assertion.audience_missing"),
    ] {
        // Where no signature can be put into the assertion, the Response carries it.
        let sign = if what == "text between elements" { Sign::Response } else { Sign::Assertion };
        suite.refused("S25", what, changed.sign(sign), code);
    }
}
