//! What is fuzzed, as plain functions: the fuzzer calls them, and `cargo test` replays seeds and findings through them.
//! Each panics where its property does not hold.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::{
    Attribute, AttributeValue, Expected, IdpMetadata, MessageField, RedirectMessage, ResponseVerifier,
    decode_post, format_instant, parse_instant,
};
use jumpcloud_sso::parts::saml_signature::TrustedKeys;
use jumpcloud_sso::parts::saml_xml::{Document, Element, Limits, PrefixList};
use jumpcloud_sso::{AttributeMap, Certificate, SessionVerifier, Settings};
use jumpcloud_sso_testkit::{JumpCloud, Sign, User, auth_secret, keys};

#[path = "../../crates/saml-xml/tests/it/walk.rs"]
mod walk;

const URL: &str = "https://app.acme.test";

/// A target, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("attributes", attributes),
    ("canonicalize", canonicalize),
    ("certificate", certificate),
    ("date_time", date_time),
    ("metadata", metadata),
    ("parse", parse),
    ("redirect", redirect),
    ("session", session),
    ("verify", verify),
];

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// No bytes make the parser panic, and every element of what parses knows where it stood.
pub fn parse(input: &[u8]) {
    let Ok(document) = Document::parse(input, &Limits::default()) else { return };
    for element in document.elements() {
        assert!(element.source().starts_with(b"<") && element.source().ends_with(b">"));
        let _ = (element.text(), element.child_elements().map(Iterator::count), element.position());
    }
}

/// What parses has a canonical form, which parses too, is its own canonical form and says the same. The first byte of the
/// input chooses the prefixes that are treated inclusively.
pub fn canonicalize(input: &[u8]) {
    let Some((choice, input)) = input.split_first() else { return };
    let list = ["", "xs", "#default", "a b xs xsi #default"].get(usize::from(*choice) % 4).copied();
    let prefixes = PrefixList::parse(list.unwrap_or_default()).expect("a list of prefixes");
    let limits = Limits::default();
    let form_of = |document: &Document<'_>| {
        let mut bytes = Vec::new();
        document.root().canonicalize(&prefixes, &mut bytes).ok().map(|()| bytes)
    };
    let Ok(document) = Document::parse(input, &limits) else { return };
    let Some(form) = form_of(&document) else { return };
    assert!(!form.is_empty(), "no element has an empty form");
    if form.len() <= limits.input_bytes {
        let again = Document::parse(&form, &limits).expect("a canonical form is well-formed");
        assert_eq!(form_of(&again).as_deref(), Some(form.as_slice()));
        let said = |document: &Document<'_>| -> Vec<(String, Option<String>)> {
            let text = |element: &Element<'_, '_>| Some(element.text().ok()?.to_owned());
            document.elements().map(|element| (element.local_name().to_owned(), text(&element))).collect()
        };
        assert_eq!(said(&document), said(&again));
        // Mixed content too, by a reading that shares nothing with the parser.
        let text = |bytes| walk::nodes(std::str::from_utf8(bytes).expect("UTF-8"));
        let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
        assert_eq!(text(input), text(&form));
    }
}

static RESPONSE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let user = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["a", "b"]);
    let response = IDP.response(URL, URL, now()).user(&user).ids("R", "A").sign(Sign::Both);
    response.build().expect("a response").into_bytes()
});

static IDP: LazyLock<JumpCloud> = LazyLock::new(|| {
    JumpCloud::with_key(URL, URL, keys::OWN_KEY, keys::OWN_CERTIFICATE).expect("an identity provider")
});

static VERIFIER: LazyLock<ResponseVerifier> = LazyLock::new(|| {
    let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).expect("a certificate");
    ResponseVerifier::new(TrustedKeys::new([certificate]).expect("a key"))
});

/// A valid Response after some edits is refused, or says the very same. The input is a list of edits: where (two bytes), how
/// many bytes to take away, how many to put there, and these.
pub fn verify(input: &[u8]) {
    let mut xml = RESPONSE.clone();
    let mut rest = input;
    while let [low, high, removed, added, tail @ ..] = rest {
        let (inserted, tail) = tail.split_at(usize::from(*added).min(tail.len()));
        let start = usize::from(u16::from_le_bytes([*low, *high])).min(xml.len());
        let end = (start + usize::from(*removed)).min(xml.len());
        xml.splice(start..end, inserted.iter().copied());
        rest = tail;
    }
    let Ok(verified) = VERIFIER.verify(&xml) else { return };
    if let Ok(accepted) = verified.accept(&Expected::unsolicited(URL, URL, URL), now()) {
        assert_eq!((accepted.id(), accepted.name_id().value()), ("A", "bjensen@acme.test"));
        let values = accepted.attributes().iter().flat_map(Attribute::values);
        let values: Vec<_> = values.filter_map(AttributeValue::as_text).collect();
        assert_eq!(values, ["bjensen@acme.test", "Barbara", "Jensen", "a", "b"]);
    }
}

/// Attributes that an identity provider chose freely make a profile that keeps its promises, or none. The lines of the input
/// are names and values in turn.
pub fn attributes(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let lines: Vec<_> = text.split('\n').take(64).collect();
    let user = User::new("bjensen@acme.test", "Barbara", "Jensen");
    let mut response = IDP.response(URL, URL, now()).user(&user).sign(Sign::Assertion);
    for pair in lines.chunks_exact(2) {
        if let [name, value] = pair {
            response = response.attribute(name, &[value]);
        }
    }
    // What XML cannot hold is never sent.
    let Ok(xml) = response.build() else { return };
    let Ok(verified) = VERIFIER.verify(xml.as_bytes()) else { return };
    let Ok(accepted) = verified.accept(&Expected::unsolicited(URL, URL, URL), now()) else { return };
    if let Ok(profile) = AttributeMap::default().profile(&accepted) {
        let (local, domain) = profile.email().rsplit_once('@').expect("an address");
        assert!(!local.is_empty() && domain == profile.email_domain());
        assert!(
            !profile.email().chars().any(|it| it.is_control() || it.is_whitespace() || it.is_uppercase())
        );
        assert!(profile.first_name().is_some_and(|name| !name.trim().is_empty()));
    }
}

/// No query and no form field makes decoding panic, or inflate beyond its limit.
pub fn redirect(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = decode_post(text);
    if let Ok(message) = RedirectMessage::decode(text, MessageField::Request) {
        assert!(!message.unsigned_message().is_empty() && message.unsigned_message().len() <= 64 * 1024);
    }
}

/// Metadata that is taken has what a connection needs.
pub fn metadata(input: &[u8]) {
    if let Ok(metadata) = IdpMetadata::parse(input, SystemTime::UNIX_EPOCH) {
        assert!(!metadata.certificates().is_empty() && !metadata.entity_id().is_empty());
    }
}

/// A certificate that is read can be written, and is the same then.
pub fn certificate(input: &[u8]) {
    if let Ok(certificate) = Certificate::parse(input) {
        assert_eq!(Certificate::parse(certificate.to_pem().as_bytes()).as_ref(), Ok(&certificate));
        let _ = TrustedKeys::new([certificate]);
    }
}

static SESSIONS: LazyLock<SessionVerifier> = LazyLock::new(|| {
    let settings = Settings::new(URL, &auth_secret("fuzz")).expect("settings");
    settings.session_verifier().expect("a verifier")
});

/// A token that nobody issued is refused.
pub fn session(input: &[u8]) {
    let Ok(token) = std::str::from_utf8(input) else { return };
    assert!(SESSIONS.verify_for("acme", token, SystemTime::UNIX_EPOCH).is_err());
}

/// A time that is read can be written, and is the same then, to the millisecond.
pub fn date_time(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(instant) = parse_instant(text) else { return };
    let Some(written) = format_instant(instant) else { return };
    let again = parse_instant(&written).expect("what was written is read");
    let apart = instant.duration_since(again).unwrap_or_else(|error| error.duration());
    assert!(apart < Duration::from_millis(1), "{text} became {written}");
}
