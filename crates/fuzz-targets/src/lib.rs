//! What is fuzzed, as plain functions: the fuzzer calls them, and `cargo test` replays seeds and findings
//! through them. Each panics where its property does not hold.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a property that does not hold is a panic"
)]

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_protocol::{
    Attribute, AttributeValue, Expected, IdpMetadata, MessageField, Parties, RedirectMessage,
    ResponseVerifier, decode_post, format_instant, parse_instant,
};
use jumpcloud_sso::parts::saml_signature::TrustedKeys;
use jumpcloud_sso::parts::saml_xml::{Document, Element, Limits, PrefixList};
use jumpcloud_sso::{AttributeMap, Certificate, NewSession, SessionVerifier, Settings};
use jumpcloud_sso_testkit::{JumpCloud, Sign, User, auth_secret, keys, xml_nodes};

const URL: &str = "https://app.acme.test";

/// One address for all of them.
const PARTIES: Parties<'_> = Parties { idp_entity_id: URL, sp_entity_id: URL, acs_url: URL };

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

/// What parses has a canonical form, which parses too, is its own canonical form and says the same. The first
/// byte of the input chooses the prefixes that are treated inclusively.
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
        let text = |bytes| xml_nodes(std::str::from_utf8(bytes).expect("UTF-8"));
        let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
        assert_eq!(text(input), text(&form));
    }
}

static RESPONSES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let user = User::new("bjensen@acme.test", "Barbara", "Jensen").groups(&["a", "b"]);
    [Sign::Assertion, Sign::Response, Sign::Both].map(|sign| {
        let response = IDP.response(URL, URL, now()).user(&user).ids("R", "A").sign(sign);
        response.build().expect("a response").into_bytes()
    })
});

static IDP: LazyLock<JumpCloud> = LazyLock::new(|| {
    JumpCloud::with_key(URL, URL, keys::OWN_KEY, keys::OWN_CERTIFICATE).expect("an identity provider")
});

static VERIFIER: LazyLock<ResponseVerifier> = LazyLock::new(|| {
    let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).expect("a certificate");
    ResponseVerifier::new(TrustedKeys::new([certificate]).expect("a key"))
});

/// Takes an edit off the input and makes it: where (two bytes), how many bytes to take away, how many to put
/// there, and these.
fn splice<'i>(bytes: &mut Vec<u8>, input: &'i [u8]) -> Option<&'i [u8]> {
    let [low, high, removed, added, rest @ ..] = input else { return None };
    let (inserted, rest) = rest.split_at(usize::from(*added).min(rest.len()));
    let start = usize::from(u16::from_le_bytes([*low, *high])).min(bytes.len());
    let end = (start + usize::from(*removed)).min(bytes.len());
    bytes.splice(start..end, inserted.iter().copied());
    Some(rest)
}

/// Takes an edit off the input and makes it, as those do who wrap a signature: which element is copied, to
/// which other one, and by bits whether it comes before that one or at its end, whether the original goes,
/// and whether the copy gets other IDs, names somebody else and loses its signatures. Nothing happens to what
/// is not well-formed.
fn wrap<'i>(bytes: &mut Vec<u8>, input: &'i [u8]) -> Option<&'i [u8]> {
    let [which, target, how, rest @ ..] = input else { return None };
    let limits = Limits::default();
    let Ok(document) = Document::parse(bytes, &limits) else { return Some(rest) };
    let elements: Vec<_> = document.elements().map(|element| element.source()).collect();
    let chosen = |index: &u8| elements.get(usize::from(*index) % elements.len()).copied();
    let (Some(original), Some(target)) = (chosen(which), chosen(target)) else { return Some(rest) };
    let offset = |part: &[u8]| part.as_ptr().addr() - bytes.as_ptr().addr();
    let inside = target.windows(2).rposition(|pair| pair == b"</").filter(|_| how & 1 == 0);
    let (at, start) = (offset(target) + inside.unwrap_or_default(), offset(original));
    let mut copy = String::from_utf8_lossy(original).into_owned();
    if how & 4 != 0 {
        copy = copy.replace(" ID=\"A\"", " ID=\"A2\"").replace(" ID=\"R\"", " ID=\"R2\"");
    }
    if how & 8 != 0 {
        copy = copy.replace("bjensen@", "admin@");
    }
    while how & 16 != 0
        && let (Some(from), Some(to)) = (copy.find("<ds:Signature "), copy.find("</ds:Signature>"))
        && from < to
    {
        copy.replace_range(from..to + "</ds:Signature>".len(), "");
    }
    let mut original = start..start + original.len();
    if at <= original.start {
        original = original.start + copy.len()..original.end + copy.len();
    }
    let apart = !original.contains(&at);
    bytes.splice(at..at, copy.into_bytes());
    if how & 2 != 0 && apart {
        bytes.drain(original);
    }
    Some(rest)
}

/// A valid Response after some edits is refused, or says the very same. The first byte of the input chooses
/// what is signed; then come edits, each with a byte before it that chooses its kind.
pub fn verify(input: &[u8]) {
    let Some((choice, mut rest)) = input.split_first() else { return };
    let Some(mut xml) = RESPONSES.get(usize::from(*choice) % 3).cloned() else { return };
    while let Some((kind, edit)) = rest.split_first() {
        let made = if kind % 2 == 0 { splice(&mut xml, edit) } else { wrap(&mut xml, edit) };
        rest = made.unwrap_or_default();
    }
    let expected = Expected::unsolicited(PARTIES);
    let verified = VERIFIER.parse(&xml).and_then(|parsed| VERIFIER.verify_parsed(parsed));
    assert_eq!(verified.as_ref().err(), VERIFIER.verify(&xml).as_ref().err());
    let accepted = verified.ok().and_then(|verified| verified.accept(&expected, now()).ok());
    if let Some(accepted) = accepted {
        assert_eq!((accepted.id(), accepted.name_id().value()), ("A", "bjensen@acme.test"));
        let values = accepted.attributes().iter().flat_map(Attribute::values);
        let values: Vec<_> = values.filter_map(AttributeValue::as_text).collect();
        assert_eq!(values, ["bjensen@acme.test", "Barbara", "Jensen", "a", "b"]);
    } else {
        // A genuine one is accepted, or this would show nothing.
        assert_ne!(Some(&xml), RESPONSES.get(usize::from(*choice) % 3));
    }
}

/// Attributes that an identity provider chose freely make a profile that keeps its promises, or none. The
/// lines of the input are names and values in turn.
#[expect(clippy::disallowed_methods, reason = "the properties are about all white space that there is")]
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
    let Ok(accepted) = verified.accept(&Expected::unsolicited(PARTIES), now()) else { return };
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

/// Metadata that is taken has what a connection needs, of no key twice, and no more of them than it can pin.
pub fn metadata(input: &[u8]) {
    if let Ok(metadata) = IdpMetadata::parse(input, SystemTime::UNIX_EPOCH) {
        let keys: HashSet<_> = metadata.certificates().iter().map(Certificate::public_key_der).collect();
        assert_eq!(keys.len(), metadata.certificates().len());
        assert!((1..=TrustedKeys::MAX_KEYS).contains(&keys.len()) && !metadata.entity_id().is_empty());
    }
}

/// A certificate that is read can be written, and is the same then.
pub fn certificate(input: &[u8]) {
    if let Ok(certificate) = Certificate::parse(input) {
        assert_eq!(Certificate::parse(certificate.to_pem().as_bytes()).as_ref(), Ok(&certificate));
        let _ = TrustedKeys::new([certificate]);
    }
}

static SESSIONS: LazyLock<(SessionVerifier, String)> = LazyLock::new(|| {
    let settings = Settings::new(URL, &auth_secret("fuzz")).expect("settings");
    let session = NewSession::new("user-1", "acme", "connection-1")
        .email("bjensen@acme.test")
        .given_name("Barbara")
        .authenticated_at(now());
    let token = settings.session_issuer().issue(&session, now()).expect("a token").token().to_owned();
    (settings.session_verifier().expect("a verifier"), token)
});

/// A token that nobody issued is refused. The first byte of the input chooses: the rest is edits of a genuine
/// token, which is refused then or says the very same, or it is the token.
pub fn session(input: &[u8]) {
    let Some((choice, mut rest)) = input.split_first() else { return };
    let (verifier, genuine) = &*SESSIONS;
    let mut bytes = if choice % 2 == 0 { genuine.clone().into_bytes() } else { rest.to_vec() };
    while choice % 2 == 0 && !rest.is_empty() {
        rest = splice(&mut bytes, rest).unwrap_or_default();
    }
    let Ok(token) = std::str::from_utf8(&bytes) else { return };
    let said = |token: &str| -> Option<_> {
        let session = verifier.verify_for("acme", token, now()).ok()?;
        let instants = [session.began_at(), session.ends_at(), session.issued_at(), session.expires_at()];
        let ids = [session.id(), session.session_id(), session.subject(), session.connection()];
        let profile = [session.email(), session.given_name(), session.family_name()];
        let profile = profile.map(|value| value.map(str::to_owned));
        let rest = (session.activation(), session.is_break_glass(), session.authenticated_at());
        Some((instants, ids.map(str::to_owned), profile, rest, session.claim_names().count()))
    };
    let genuine_says = said(genuine);
    assert!(genuine_says.is_some(), "a genuine token is accepted");
    let says = said(token);
    assert!(says.is_none() || says == genuine_says, "{token}");
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
