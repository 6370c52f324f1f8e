//! Attributes to profiles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::{AttributeStyle, JumpCloud, keys};
use proptest::prelude::*;
use saml_attributes::{AttributeError, AttributeMap, AttributeWarning, UserProfile};
use saml_protocol::{AcceptedAssertion, Expected, Parties, ResponseVerifier};
use saml_signature::{Certificate, SignOptions, SigningKey, TrustedKeys, sign};

const URI: &str = "https://app.acme.test";

fn accepted(
    attributes: &[(&str, &[&str])],
    style: AttributeStyle,
    change: impl Fn(String) -> String,
) -> AcceptedAssertion {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let idp = JumpCloud::with_key(
        "https://sso.jumpcloud.com/saml2/acme",
        URI,
        keys::OWN_KEY,
        keys::OWN_CERTIFICATE,
    )
    .unwrap();
    let mut response =
        idp.response(URI, URI, now).style(style).name_id("BJensen@acme.test", "urn:x").ids("R", "A");
    for (name, values) in attributes {
        response = response.attribute(name, values);
    }
    let unsigned = change(response.sign(jumpcloud_sso_testkit::Sign::Nothing).build().unwrap());
    let xml =
        sign(&unsigned, "A", &SigningKey::from_pem(keys::OWN_KEY).unwrap(), &SignOptions::default()).unwrap();
    let trusted = TrustedKeys::new([Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap()]).unwrap();
    let verified = ResponseVerifier::new(trusted).verify(xml.as_bytes()).unwrap();
    verified
        .accept(&Expected::unsolicited(Parties { idp_entity_id: URI, sp_entity_id: URI, acs_url: URI }), now)
        .unwrap()
}

fn with(map: &AttributeMap, attributes: &[(&str, &[&str])]) -> Result<UserProfile, AttributeError> {
    map.profile(&accepted(attributes, AttributeStyle::Plain, |xml| xml))
}

fn profile(attributes: &[(&str, &[&str])]) -> Result<UserProfile, AttributeError> {
    with(&AttributeMap::default(), attributes)
}

const EMAIL: (&str, &[&str]) = ("email", &["bjensen@acme.test"]);
const FIRST: (&str, &[&str]) = ("firstName", &["Barbara"]);
const LAST: (&str, &[&str]) = ("lastName", &["Jensen"]);

#[test]
fn the_guides_names_need_no_configuration() {
    let profile = profile(&[("email", &["BJensen@ACME.test"]), ("firstName", &[" Barbara "]), LAST]).unwrap();
    assert_eq!(profile.email(), "bjensen@acme.test");
    assert_eq!(profile.email_domain(), "acme.test");
    assert_eq!((profile.first_name(), profile.last_name()), (Some("Barbara"), Some("Jensen")));
    assert_eq!(profile.groups(), None);
    assert_eq!(profile.warnings(), []);
}

#[test]
fn what_others_call_the_same_is_known() {
    for (email, first, last) in [
        ("mail", "givenName", "sn"),
        ("emailAddress", "first_name", "last_name"),
        (
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        ),
        ("urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"),
    ] {
        let profile = profile(&[(email, EMAIL.1), (first, FIRST.1), (last, LAST.1)]).unwrap();
        assert_eq!((profile.first_name(), profile.last_name()), (Some("Barbara"), Some("Jensen")), "{email}");
        assert_eq!(profile.warnings(), [], "{email}");
    }
}

#[test]
fn exact_names_go_before_those_that_differ_in_case() {
    let got = profile(&[("EMAIL", &["other@acme.test"]), EMAIL, FIRST]).unwrap();
    assert_eq!((got.email(), got.warnings().len()), ("bjensen@acme.test", 0));
    // An exact alias, too, goes before another case of the first name.
    let got = profile(&[("EMAIL", &["other@acme.test"]), ("mail", EMAIL.1), FIRST]).unwrap();
    assert_eq!((got.email(), got.warnings().len()), ("bjensen@acme.test", 0));
}

#[test]
fn another_case_is_taken_with_a_warning() {
    let profile = profile(&[EMAIL, ("firstname", FIRST.1)]).unwrap();
    assert_eq!(profile.first_name(), Some("Barbara"));
    let expected =
        AttributeWarning::CaseDiffers { expected: "firstName".to_owned(), found: "firstname".to_owned() };
    assert_eq!(profile.warnings(), [expected]);
}

#[test]
fn two_that_differ_in_case_only_are_ambiguous() {
    let error = profile(&[EMAIL, ("FIRSTNAME", FIRST.1), ("firstname", FIRST.1)]).unwrap_err();
    assert_eq!(error.code(), "attribute.ambiguous");
    assert_eq!(error.found().as_deref(), Some("FIRSTNAME, firstname"));
}

#[test]
fn a_configured_name_is_the_only_one() {
    let map = AttributeMap::default().email("mail").first_name("nick").last_name("clan").groups("Roles");
    let all: [(&str, &[&str]); 6] = [
        EMAIL,
        ("mail", &["mail@acme.test"]),
        ("nick", &["Babs"]),
        ("clan", &["J"]),
        ("Roles", &["a", "b"]),
        ("groups", &["c"]),
    ];
    let profile = with(&map, &all).unwrap();
    assert_eq!(
        (profile.email(), profile.first_name(), profile.last_name()),
        ("mail@acme.test", Some("Babs"), Some("J"))
    );
    assert_eq!(profile.groups().unwrap(), ["a", "b"]);
    let error = with(&map, &[EMAIL, FIRST]).unwrap_err();
    assert_eq!(error.expected().as_deref(), Some("the attribute mail"));
}

#[test]
fn what_is_missing_is_told_with_what_came() {
    let error = profile(&[EMAIL, ("vorname", FIRST.1)]).unwrap_err();
    assert_eq!(error.code(), "attribute.missing");
    assert_eq!(error.to_string(), "the first name is missing: the identity provider sent email, vorname");
    assert_eq!(profile(&[FIRST]).unwrap_err().code(), "attribute.missing");
    let none = profile(&[]).unwrap_err();
    assert_eq!(none.found().as_deref(), Some("no attributes at all"));
    // No more than 20 names are told.
    let names: Vec<String> = (0..30).map(|number| format!("a{number}")).collect();
    let many: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &["x"][..])).collect();
    let AttributeError::Missing { received, .. } = profile(&many).unwrap_err() else { panic!("missing") };
    assert_eq!((received.len(), received[19].as_str()), (20, "a19"));
}

#[test]
fn what_came_without_a_value_is_told_from_what_is_missing() {
    for empty in [&[""][..], &[" \n"], &["", " "], &[]] {
        let error = profile(&[EMAIL, ("firstname", empty)]).unwrap_err();
        assert_eq!(error.code(), "attribute.empty", "{empty:?}");
        assert_eq!(
            error.to_string(),
            "the first name is empty: the attribute \"firstname\" came without a value"
        );
        assert_eq!(error.expected().as_deref(), Some("a value in the attribute firstname"));
        assert_eq!(profile(&[("email", empty), FIRST]).unwrap_err().code(), "attribute.empty", "{empty:?}");
        // Where it is not required, nothing is said.
        assert_eq!(profile(&[EMAIL, FIRST, ("lastName", empty)]).unwrap().last_name(), None);
    }
    let nil = accepted(&[EMAIL, FIRST], AttributeStyle::Plain, |xml| {
        xml.replace(
            "<saml2:AttributeValue>Barbara<",
            "<saml2:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"><",
        )
    });
    assert_eq!(AttributeMap::default().profile(&nil).unwrap_err().code(), "attribute.empty");
}

#[test]
fn an_empty_name_does_not_hide_a_filled_one() {
    let got = profile(&[("email", &[""]), ("mail", EMAIL.1), ("firstName", &[]), ("givenName", FIRST.1)]);
    let got = got.unwrap();
    assert_eq!((got.email(), got.first_name()), ("bjensen@acme.test", Some("Barbara")));
    assert_eq!(got.warnings(), []);
    let got = profile(&[EMAIL, FIRST, ("groups", &[" "]), ("memberOf", &["a"])]).unwrap();
    assert_eq!(got.groups().unwrap(), ["a"]);
    let got = profile(&[("mail", &[""]), ("EMAIL", EMAIL.1), FIRST]).unwrap();
    assert_eq!((got.email(), got.warnings().len()), ("bjensen@acme.test", 1));
    let got = profile(&[("email", &[""]), ("EMAIL", EMAIL.1), FIRST]).unwrap();
    let differs = AttributeWarning::CaseDiffers { expected: "email".to_owned(), found: "EMAIL".to_owned() };
    assert_eq!((got.email(), got.warnings()), ("bjensen@acme.test", &[differs][..]));
    let got = profile(&[("EMAIL", &[""]), ("MAIL", EMAIL.1), FIRST, ("lastname", &[""])]).unwrap();
    assert_eq!((got.email(), got.warnings().len()), ("bjensen@acme.test", 1));
    // Two that differ in case only are ambiguous even so.
    let error = profile(&[("email", &[""]), ("EMAIL", EMAIL.1), ("Email", EMAIL.1), FIRST]).unwrap_err();
    assert_eq!(error.code(), "attribute.ambiguous");
    // A configured name has none to look on to.
    let map = AttributeMap::default().email("mail");
    assert_eq!(with(&map, &[("mail", &[""]), EMAIL, FIRST]).unwrap_err().code(), "attribute.empty");
}

#[test]
fn many_names_are_merged_as_few_are() {
    let names: Vec<String> = (0..30).map(|number| format!("a{}", number % 15)).collect();
    let mut many: Vec<(&str, &[&str])> = vec![EMAIL, FIRST];
    many.extend(names.iter().map(|name| (name.as_str(), &["x"][..])));
    let got = profile(&many).unwrap();
    assert_eq!(got.attributes().len(), 17);
    assert_eq!(got.attributes()[2], ("a0".to_owned(), vec!["x".to_owned(), "x".to_owned()]));
    let values: Vec<String> = (0..30).map(|number| format!("g{}", number % 15)).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let got = profile(&[EMAIL, FIRST, ("groups", &values)]).unwrap();
    assert!(got.groups().unwrap().iter().eq(&values[..15]));
}

#[test]
fn what_is_required_can_be_chosen() {
    assert!(with(&AttributeMap::default().first_name_optional(), &[EMAIL]).is_ok());
    assert!(profile(&[EMAIL, FIRST]).is_ok());
    let strict = AttributeMap::default().last_name_required();
    assert_eq!(with(&strict, &[EMAIL, FIRST]).unwrap_err().code(), "attribute.missing");
    assert!(with(&strict, &[EMAIL, FIRST, LAST]).is_ok());
}

#[test]
fn the_name_id_is_an_email_address_only_where_that_is_said() {
    assert_eq!(profile(&[FIRST]).unwrap_err().code(), "attribute.missing");
    let map = AttributeMap::default().email_from_name_id();
    assert_eq!(with(&map, &[FIRST]).unwrap().email(), "bjensen@acme.test");
    // An attribute goes first.
    assert_eq!(with(&map, &[("email", &["b@acme.test"]), FIRST]).unwrap().email(), "b@acme.test");
    let bare = with(&map.first_name_optional(), &[]).unwrap();
    assert_eq!(bare.warnings(), [AttributeWarning::NoAttributes]);
}

#[test]
fn one_value_is_one_value() {
    let address = "a@acme.test";
    for several in [&[address, "b@acme.test"][..], &[address, "", "A@acme.test"]] {
        let error = profile(&[("email", several), FIRST]).unwrap_err();
        assert_eq!(
            (error.code(), error.found().as_deref()),
            ("attribute.several_values", Some("2 values")),
            "{several:?}"
        );
    }
    let other: (&str, &[&str]) = ("email", &[address]);
    assert_eq!(profile(&[EMAIL, other, FIRST]).unwrap_err().code(), "attribute.several_values");
    assert_eq!(profile(&[EMAIL, ("firstName", &["a", "b"])]).unwrap_err().code(), "attribute.several_values");
    // What is blank, and the same again, is no other value.
    for same in [&[address, ""][..], &[" ", address], &[address, address], &[address, " a@acme.test\n"]] {
        assert_eq!(profile(&[("email", same), FIRST]).unwrap().email(), address, "{same:?}");
    }
    assert!(profile(&[EMAIL, EMAIL, FIRST, FIRST]).is_ok());
}

#[test]
fn repeated_attributes_are_merged_in_order() {
    let attributes: [(&str, &[&str]); 5] =
        [EMAIL, ("memberOf", &["b", "a"]), FIRST, ("memberOf", &["c", "a", " "]), LAST];
    let expected = ["b".to_owned(), "a".to_owned(), "c".to_owned()];
    for style in [AttributeStyle::Plain, AttributeStyle::Typed, AttributeStyle::Repeated] {
        let profile = AttributeMap::default().profile(&accepted(&attributes, style, |xml| xml)).unwrap();
        assert_eq!(profile.groups().unwrap(), expected, "{style:?}");
        let (name, values) = &profile.attributes()[1];
        assert_eq!((name.as_str(), values.join(",").as_str()), ("memberOf", "b,a,c,a, "), "{style:?}");
        assert_eq!(profile.attributes().len(), 4);
    }
}

#[test]
fn groups_are_exactly_as_received() {
    for group in ["Admins\u{2003}", "\u{a0}Admins", " Admins", "Admins\n", "Admins\u{85}"] {
        let profile = profile(&[EMAIL, FIRST, ("groups", &[group])]).unwrap();
        assert_eq!(profile.groups().unwrap(), [group]);
    }
    assert_eq!(profile(&[EMAIL, FIRST, ("groups", &["Admins"])]).unwrap().groups().unwrap(), ["Admins"]);
}

#[test]
fn no_groups_is_not_the_same_as_nothing_about_groups() {
    assert_eq!(profile(&[EMAIL, FIRST]).unwrap().groups(), None);
    assert_eq!(profile(&[EMAIL, FIRST, ("memberOf", &[])]).unwrap().groups(), Some(&[][..]));
    assert_eq!(profile(&[EMAIL, FIRST, ("memberOf", &[""])]).unwrap().groups(), Some(&[][..]));
    assert_eq!(profile(&[EMAIL, FIRST, ("groups", &["a, b"])]).unwrap().groups().unwrap(), ["a, b"]);
}

#[test]
fn only_the_white_space_of_xml_is_around_an_address() {
    let address =
        |text: &str| profile(&[("email", &[text]), FIRST]).map(|profile| profile.email().to_owned());
    assert_eq!(address(" \t\n bjensen@acme.test \r\n").unwrap(), "bjensen@acme.test");
    for space in ["\u{a0}", "\u{2003}", "\u{3000}", "\u{85}", "\u{2028}"] {
        for text in [format!("{space}bjensen@acme.test"), format!("bjensen@acme.test{space}")] {
            assert_eq!(address(&text).unwrap_err().code(), "attribute.email", "{text:?}");
        }
    }
    // A value in which there is nothing to be seen is none, whatever it is made of.
    assert_eq!(address("\u{3000}").unwrap_err().code(), "attribute.empty");
    assert_eq!(profile(&[EMAIL, ("firstName", &["\u{a0}\u{2003}"])]).unwrap_err().code(), "attribute.empty");
}

#[test]
fn email_addresses_are_plausible() {
    for good in [
        "a@b.c",
        "a@4.example",
        "first.last+tag@sub.acme.test",
        "o'brien@acme.test",
        "x_y-z@xn--bcher-kva.test",
        "\n a@acme.test ",
    ] {
        assert!(profile(&[("email", &[good]), FIRST]).is_ok(), "{good}");
    }
    let long_local = format!("{}@acme.test", "a".repeat(65));
    let long =
        format!("a@{}.test", "b".repeat(63).as_str().to_owned() + &format!(".{}", "c".repeat(60)).repeat(4));
    for bad in [
        "bjensen",
        "@acme.test",
        "bjensen@",
        "a@b@acme.test",
        "a b@acme.test",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@acme.1",
        "a@acme-.test",
        "a@acme..test",
        "a@-acme.test",
        "a@acme.test.",
        ".a@acme.test",
        "a..b@acme.test",
        "a@acme_corp.test",
        "bjensen@аcme.test",
        "bjensen\u{200B}@acme.test",
        "\u{202E}bjensen@acme.test",
        "<a@acme.test>",
        "a@acme.test,b@acme.test",
        &long_local,
        &long,
    ] {
        assert_eq!(profile(&[("email", &[bad]), FIRST]).unwrap_err().code(), "attribute.email", "{bad}");
    }
}

#[test]
fn names_are_of_any_script_but_harmless() {
    for good in ["Søren", "美咲", "محمد", "O'Neil-Smith Jr.", &"x".repeat(256)] {
        assert_eq!(profile(&[EMAIL, ("firstName", &[good])]).unwrap().first_name(), Some(good));
    }
    assert_eq!(
        profile(&[EMAIL, ("firstName", &[&"x".repeat(257)])]).unwrap_err().code(),
        "attribute.too_long"
    );
    for bad in ["a\u{202E}b", "a\u{2066}b", "a\tb", "a\u{85}b"] {
        assert_eq!(
            profile(&[EMAIL, ("firstName", &[bad])]).unwrap_err().code(),
            "attribute.characters",
            "{bad:?}"
        );
    }
}

#[test]
fn markup_is_no_value() {
    let changed = |to: &'static str| {
        accepted(&[EMAIL, FIRST, ("other", &["x"])], AttributeStyle::Plain, move |xml| {
            xml.replace(">Barbara<", to)
        })
    };
    let error = AttributeMap::default().profile(&changed("><b>Barbara</b><")).unwrap_err();
    assert_eq!(error.code(), "attribute.markup");
    assert!(AttributeMap::default().profile(&changed("><![CDATA[Barbara]]><")).is_ok());
    // Where nobody asks for it, it does no harm and is left out.
    let profile = AttributeMap::default().first_name("other").profile(&changed("><b/><")).unwrap();
    assert_eq!(profile.attributes()[1], ("firstName".to_owned(), Vec::new()));
    let expected = AttributeWarning::ValuesLeftOut { attributes: vec!["firstName".to_owned()] };
    assert_eq!(
        profile.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["values that are no text were left out of the attributes firstName"]
    );
    assert_eq!((profile.warnings(), expected.code()), (&[expected.clone()][..], "attribute.values_left_out"));
    // An empty text is a text.
    assert_eq!(AttributeMap::default().first_name("other").profile(&changed("><")).unwrap().warnings(), []);
}

#[test]
fn nothing_personal_is_shown_by_debug() {
    let shown = format!("{:?}", profile(&[EMAIL, FIRST, LAST]).unwrap());
    assert!(!shown.contains("bjensen") && !shown.contains("Barbara"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_values_make_the_map_panic(email in "[\\PC]{0,30}", name in "[\\PC]{0,30}", group in "[\\PC]{0,30}") {
        if let Ok(profile) = profile(&[("email", &[&email]), ("firstName", &[&name]), ("groups", &[&group])]) {
            prop_assert!(profile.email().is_ascii());
        }
    }
}
