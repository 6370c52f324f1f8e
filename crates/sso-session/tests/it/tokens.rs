//! Tokens that nobody should have made. Those with a good signature are made by a holder of the key, so that
//! nothing but the rule refuses them.

use aws_lc_rs::hkdf;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{SECRET, SITE, issuer, key, now, session, verifier};

/// The key of HS256, derived as the crate does it. If that ever changes, all sessions end.
fn signing_key() -> hmac::Key {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut bytes = [0; 32];
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"jumpcloud-sso")
        .extract(&STANDARD.decode(SECRET.as_bytes()).unwrap());
    secret.expand(&[b"v1 session HS256"], Length).unwrap().fill(&mut bytes).unwrap();
    hmac::Key::new(hmac::HMAC_SHA256, &bytes)
}

fn header() -> Value {
    json!({"typ": "sso-session+jwt", "alg": "HS256", "kid": key().id()})
}

fn claims() -> Value {
    json!({
        "iss": SITE, "aud": SITE, "sub": "user-1", "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_003_600,
        "jti": "id", "sid": "session", "session_start": 1_800_000_000, "session_end": 1_800_604_800, "org": "acme", "connection": "connection-1", "amr": ["saml"],
    })
}

fn token(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&signing_key(), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn code(token: &str) -> &'static str {
    verifier().verify_for("acme", token, now()).map_or_else(|error| error.code(), |_| "valid")
}

fn with_claim(name: &str, value: Value) -> &'static str {
    let mut claims = claims();
    claims[name] = value;
    code(&token(&header().to_string(), &claims.to_string()))
}

fn with_header(name: &str, value: Value) -> &'static str {
    let mut header = header();
    header[name] = value;
    code(&token(&header.to_string(), &claims().to_string()))
}

#[test]
fn the_token_that_all_others_are_made_of_is_valid() {
    assert_eq!(code(&token(&header().to_string(), &claims().to_string())), "valid");
}

#[test]
fn the_header_says_what_it_has_to_and_no_more() {
    for (name, value, expected) in [
        ("typ", json!("JWT"), "session.type"),
        ("typ", json!(null), "session.type"),
        ("typ", json!("SSO-SESSION+JWT"), "session.type"),
        ("alg", json!("none"), "session.algorithm"),
        ("alg", json!("None"), "session.algorithm"),
        ("alg", json!("HS512"), "session.algorithm"),
        ("alg", json!("RS256"), "session.algorithm"),
        ("alg", json!(1), "session.algorithm"),
        ("kid", json!("other"), "session.unknown_key"),
        ("kid", json!("../../etc/passwd"), "session.unknown_key"),
        ("kid", json!(1), "session.unknown_key"),
        ("jku", json!("https://evil.test/jwks"), "session.header"),
        ("jwk", json!({"kty": "oct", "k": "AAAA"}), "session.header"),
        ("x5u", json!("https://evil.test"), "session.header"),
        ("x5c", json!(["AAAA"]), "session.header"),
        ("crit", json!(["exp"]), "session.header"),
        ("zip", json!("DEF"), "session.header"),
        ("b64", json!(false), "session.header"),
    ] {
        assert_eq!(with_header(name, value.clone()), expected, "{name} {value}");
    }
}

#[test]
fn claims_are_there_and_of_their_type() {
    for name in [
        "iss",
        "aud",
        "sub",
        "iat",
        "nbf",
        "exp",
        "jti",
        "sid",
        "session_start",
        "session_end",
        "org",
        "connection",
        "amr",
    ] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(
            code(&token(&header().to_string(), &claims.to_string())),
            "session.claim_missing",
            "{name}"
        );
        assert_eq!(with_claim(name, json!(true)), "session.claim_type", "{name}");
        assert_eq!(with_claim(name, json!(null)), "session.claim_type", "{name}");
    }
    for (name, value) in [
        ("exp", json!("9999999999")),
        ("exp", json!(1_800_003_600.5)),
        ("exp", json!(-1)),
        ("nbf", json!("1800000000")),
        ("aud", json!([SITE])),
        ("amr", json!("saml")),
        ("amr", json!([1])),
        ("email", json!(["bjensen@acme.test"])),
        ("auth_time", json!("now")),
        ("session_start", json!("then")),
        ("session_end", json!("never")),
        ("activation", json!("1")),
        ("break_glass", json!("true")),
        ("email_verified", json!("true")),
    ] {
        assert_eq!(with_claim(name, value.clone()), "session.claim_type", "{name} {value}");
    }
    assert_eq!(with_claim("role", json!({"any": ["thing"]})), "valid");
}

#[test]
fn issuer_audience_and_organization_are_exact() {
    for (name, value, expected) in [
        ("iss", "https://app.acme.test/", "session.issuer"),
        ("iss", "https://evil.test", "session.issuer"),
        ("aud", "https://other.test", "session.audience"),
        ("org", "other", "session.organization"),
        ("org", "ACME", "session.organization"),
    ] {
        assert_eq!(with_claim(name, json!(value)), expected, "{name} {value}");
    }
    let token = issuer().issue(&session(), now()).unwrap();
    let error = verifier().verify_for("other", token.token(), now()).unwrap_err();
    assert_eq!((error.expected().as_deref(), error.found().as_deref()), (Some("other"), Some("acme")));
    assert!(verifier().verify_any_organization(token.token(), now()).is_ok());
}

#[test]
fn no_instant_of_beginning_lies_ahead() {
    for (name, ahead, expected) in [
        ("iat", 60, "valid"),
        ("iat", 61, "session.not_yet_valid"),
        ("nbf", 60, "valid"),
        ("nbf", 61, "session.not_yet_valid"),
    ] {
        assert_eq!(with_claim(name, json!(1_800_000_000_u64 + ahead)), expected, "{name} {ahead}");
    }
}

#[test]
fn what_was_expected_is_said() {
    let expected = |header: &Value, claims: &Value| {
        let token = token(&header.to_string(), &claims.to_string());
        verifier().verify_for("acme", &token, now()).unwrap_err().expected()
    };
    let mut other_type = header();
    other_type["typ"] = json!("JWT");
    assert_eq!(expected(&other_type, &claims()).as_deref(), Some("sso-session+jwt"));
    let mut without = claims();
    without.as_object_mut().unwrap().remove("jti");
    assert_eq!(expected(&header(), &without).as_deref(), Some("jti"));
}

#[test]
fn names_stand_once() {
    let twice = claims().to_string().replacen('{', "{\"sub\":\"admin\",", 1);
    assert_eq!(code(&token(&header().to_string(), &twice)), "session.malformed");
    let twice = header().to_string().replacen('{', "{\"kid\":\"other\",", 1);
    assert_eq!(code(&token(&twice, &claims().to_string())), "session.malformed");
}

#[test]
fn signatures_hold() {
    let good = token(&header().to_string(), &claims().to_string());
    let (message, signature) = good.rsplit_once('.').unwrap();
    assert_eq!(code(&format!("{message}.")), "session.signature");
    assert_eq!(code(&format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 32]))), "session.signature");
    assert_ne!(code(&format!("{message}.{}", &signature[..20])), "valid");
    let other = token(&header().to_string(), &claims().to_string().replace("user-1", "admin"));
    let (other, _) = other.rsplit_once('.').unwrap();
    assert_eq!(code(&format!("{other}.{signature}")), "session.signature");
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", ".", "..", "a.b", "a.b.c", "....", "{}", &"A".repeat(4000)] {
        assert_eq!(code(text), "session.malformed", "{text:?}");
    }
    let nested = "[".repeat(2500);
    assert_eq!(code(&token(&header().to_string(), &nested)), "session.malformed");
    assert_eq!(code(&"A".repeat(4001)), "limit.token");
}
