//! From messages to accepted assertions, and everything that must not become one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod acceptance;
mod bindings;
mod encryption;
mod instants;
mod metadata;
mod properties;
mod requests;
mod responses;

use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::{JumpCloud, ResponseBuilder, Sign, User, keys};
use saml_protocol::{AcceptedAssertion, Expected, Parties, ResponseVerifier};
use saml_signature::{Certificate, SignOptions, SigningKey, TrustedKeys, sign};

const IDP: &str = "IdP Entity ID";
const SP: &str = "https://app.acme.test/sso/saml2/acme";
const ACS: &str = "https://app.acme.test/sso/saml2/acme/acs";
const PARTIES: Parties<'_> = Parties { idp_entity_id: IDP, sp_entity_id: SP, acs_url: ACS };
const REQUEST: &str = "_request";
const RESPONSE_ID: &str = "RESPONSE";
const ASSERTION_ID: &str = "ASSERTION";

/// 2027-01-15T08:00:00Z, a time like any other.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn idp() -> JumpCloud {
    JumpCloud::with_key("https://sso.jumpcloud.com/saml2/acme", IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE)
        .unwrap()
}

fn user() -> User {
    User::new("bjensen@acme.test", "Barbara", "Jensen")
}

/// A Response that is accepted, to be varied.
fn response(idp: &JumpCloud) -> ResponseBuilder<'_> {
    idp.response(ACS, SP, now()).user(&user()).in_response_to(REQUEST).ids(RESPONSE_ID, ASSERTION_ID)
}

fn verifier() -> ResponseVerifier {
    let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
    ResponseVerifier::new(TrustedKeys::new([certificate]).unwrap())
}

fn expected() -> Expected {
    Expected::answering(REQUEST, PARTIES)
}

/// What comes of a Response: the accepted assertion or the code of the refusal.
fn outcome_with(xml: &str, expected: &Expected, now: SystemTime) -> Result<AcceptedAssertion, &'static str> {
    let verified = verifier().verify(xml.as_bytes()).map_err(|error| error.code())?;
    verified.accept(expected, now).map_err(|rejection| rejection.code())
}

fn verdict(xml: &str) -> &'static str {
    outcome_with(xml, &expected(), now()).map_or_else(|code| code, |_| "accepted")
}

/// An unsigned Response, changed and then signed on the assertion: what an identity provider could have meant
/// to say.
#[track_caller]
fn resigned(from: &str, to: &str) -> String {
    resigned_as(Sign::Assertion, from, to)
}

#[track_caller]
fn resigned_as(what: Sign, from: &str, to: &str) -> String {
    let unsigned = response(&idp()).sign(Sign::Nothing).build().unwrap();
    assert!(unsigned.contains(from), "{from} in {unsigned}");
    sign_again(&unsigned.replace(from, to), what)
}

fn sign_again(unsigned: &str, what: Sign) -> String {
    let key = SigningKey::from_pem(keys::OWN_KEY).unwrap();
    let sign = |xml: &str, id: &str| {
        sign(xml, id, &key, &SignOptions::default()).unwrap_or_else(|error| panic!("{error}: {xml}"))
    };
    let mut xml = unsigned.to_owned();
    if matches!(what, Sign::Assertion | Sign::Both) {
        xml = sign(&xml, ASSERTION_ID);
    }
    if matches!(what, Sign::Response | Sign::Both) { sign(&xml, RESPONSE_ID) } else { xml }
}
