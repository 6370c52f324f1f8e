//! What is issued is what is verified.

use std::time::{Duration, SystemTime};

use jumpcloud_sso_testkit::data;
use sso_session::{IssueError, SessionIssuer, SessionKey, SessionKeyError, SessionVerifier};

use crate::{OTHER_SECRET, SECRET, SITE, issuer, key, now, secret, session, verifier};

const EDDSA: &str = data("ed25519.key.pem");
const ES256: &str = data("ec-p256.key.pem");

#[test]
fn all_that_a_session_says_survives() {
    let new = session()
        .email("bjensen@acme.test")
        .given_name("Barbara")
        .family_name("Jensen")
        .authenticated_at(now() - Duration::from_secs(5))
        .methods(["saml", "mfa"])
        .claim("role", "admin")
        .unwrap()
        .claim("seats", [1, 2])
        .unwrap();
    let issued = issuer().issue(&new, now()).unwrap();
    let verified = verifier().verify_for("acme", issued.token(), now()).unwrap();
    assert_eq!(
        (verified.subject(), verified.organization(), verified.connection()),
        ("user-1", "acme", "connection-1")
    );
    assert_eq!(
        (issued.subject(), issued.organization(), issued.connection()),
        ("user-1", "acme", "connection-1")
    );
    assert_eq!((verified.activation(), verified.is_break_glass()), (None, false));
    assert_eq!(verified.email(), Some("bjensen@acme.test"));
    assert_eq!((verified.given_name(), verified.family_name()), (Some("Barbara"), Some("Jensen")));
    assert_eq!(verified.authenticated_at(), Some(now() - Duration::from_secs(5)));
    assert_eq!(verified.methods(), ["saml", "mfa"]);
    assert_eq!(verified.id(), issued.id());
    assert_eq!(verified.issued_at(), now());
    assert_eq!(verified.expires_at(), issued.expires_at());
    assert_eq!(verified.claim::<String>("role").as_deref(), Some("admin"));
    assert_eq!(verified.claim::<Vec<u8>>("seats"), Some(vec![1, 2]));
    assert_eq!(verified.claim::<u8>("role"), None);
    assert_eq!(verified.claim_names().collect::<Vec<_>>(), ["role", "seats"]);
}

#[test]
fn sessions_are_distinct() {
    let (first, second) =
        (issuer().issue(&session(), now()).unwrap(), issuer().issue(&session(), now()).unwrap());
    assert_ne!(first.id(), second.id());
    assert_eq!(first.id().len(), 27);
}

#[test]
fn the_lifetime_is_bounded_by_everything() {
    let ends = |issuer: &SessionIssuer, limit: Option<u64>| {
        let limit = limit.map(|seconds| now() + Duration::from_secs(seconds));
        let new = limit.map_or_else(session, |limit| session().not_after(limit));
        issuer.issue(&new, now()).map(|issued| issued.expires_at().duration_since(now()).unwrap().as_secs())
    };
    assert_eq!(ends(&issuer(), None), Ok(8 * 3600));
    assert_eq!(ends(&issuer(), Some(60)), Ok(60));
    assert_eq!(ends(&issuer(), Some(86_400)), Ok(8 * 3600));
    assert_eq!(ends(&issuer(), Some(0)), Err(IssueError::Over));
    let past = session().not_after(now() - Duration::from_secs(1));
    assert_eq!(issuer().issue(&past, now()).unwrap_err().code(), "session.over");
    let long = issuer().lifetime(Duration::from_secs(1_000_000_000));
    assert_eq!(ends(&long, None), Ok(30 * 24 * 3600));
    assert_eq!(ends(&issuer().lifetime(Duration::ZERO), None), Err(IssueError::Over));
}

#[test]
fn reserved_claims_stay_reserved() {
    for name in [
        "iss",
        "aud",
        "sub",
        "iat",
        "nbf",
        "exp",
        "jti",
        "org",
        "connection",
        "amr",
        "auth_time",
        "email",
        "given_name",
        "family_name",
    ] {
        assert_eq!(session().claim(name, 1).unwrap_err().code(), "session.claim", "{name}");
    }
    assert!(session().claim("role", 1).is_ok());
}

#[test]
fn clocks_may_differ_a_little() {
    let token = issuer().issue(&session(), now()).unwrap();
    let at = |now: SystemTime| {
        verifier().verify_for("acme", token.token(), now).map_or_else(|error| error.code(), |_| "valid")
    };
    let (skew, second) = (Duration::from_secs(60), Duration::from_secs(1));
    assert_eq!(at(now() - skew), "valid");
    assert_eq!(at(now() - skew - second), "session.not_yet_valid");
    assert_eq!(at(token.expires_at() + skew - second), "valid");
    assert_eq!(at(token.expires_at() + skew), "session.expired");
    let strict = verifier().clock_skew(Duration::ZERO);
    assert_eq!(
        strict.verify_for("acme", token.token(), token.expires_at()).unwrap_err().code(),
        "session.expired"
    );
}

#[test]
fn keys_rotate() {
    let old = SessionKey::from_auth_secret(&secret(&OTHER_SECRET));
    let token = SessionIssuer::new(old.clone(), SITE, SITE).issue(&session(), now()).unwrap();
    let both = SessionVerifier::new([key(), old.clone()], SITE, SITE).unwrap();
    assert!(both.verify_for("acme", token.token(), now()).is_ok());
    assert!(both.verify_for("acme", issuer().issue(&session(), now()).unwrap().token(), now()).is_ok());
    let error = verifier().verify_for("acme", token.token(), now()).unwrap_err();
    assert_eq!(error.code(), "session.unknown_key");
    assert_eq!(error.found().as_deref(), Some(old.id()));
    assert_ne!(old.id(), key().id());
    assert_eq!(key().id(), SessionKey::from_auth_secret(&secret(&SECRET)).id());
}

#[test]
fn verifiers_need_different_keys() {
    assert_eq!(SessionVerifier::new([], SITE, SITE).unwrap_err().code(), "config.session_keys");
    assert_eq!(SessionVerifier::new([key(), key()], SITE, SITE).unwrap_err().code(), "config.session_keys");
}

#[test]
fn asymmetric_keys_sign_and_export_their_public_half() {
    for (pem, algorithm) in [(EDDSA, "EdDSA"), (ES256, "ES256")] {
        let key = SessionKey::from_private_key_pem(pem).unwrap();
        let token = SessionIssuer::new(key.clone(), SITE, SITE).issue(&session(), now()).unwrap();
        let verifier = SessionVerifier::new([key.clone()], SITE, SITE).unwrap();
        assert_eq!(verifier.verify_for("acme", token.token(), now()).unwrap().subject(), "user-1");
        let set: serde_json::Value = serde_json::from_str(&verifier.jwks_json()).unwrap();
        let public = &set["keys"][0];
        assert_eq!((public["alg"].as_str(), public["kid"].as_str()), (Some(algorithm), Some(key.id())));
        assert_eq!(public["d"], serde_json::Value::Null);
        // Somebody else verifies with nothing but the set.
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(public.clone()).unwrap();
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        validation.algorithms = vec![if algorithm == "EdDSA" {
            jsonwebtoken::Algorithm::EdDSA
        } else {
            jsonwebtoken::Algorithm::ES256
        }];
        validation.set_audience(&[SITE]);
        validation.validate_exp = false;
        assert!(jsonwebtoken::decode::<serde_json::Value>(token.token(), &decoding, &validation).is_ok());
    }
    assert_eq!(verifier().jwks_json(), r#"{"keys":[]}"#);
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let rsa = data("rsa2048.key.pem");
    assert_eq!(SessionKey::from_private_key_pem(rsa).unwrap_err(), SessionKeyError::Kind);
    assert_eq!(SessionKey::from_private_key_pem("").unwrap_err(), SessionKeyError::Pem);
}

#[test]
fn nothing_secret_is_shown() {
    let issued = issuer().issue(&session().email("bjensen@acme.test"), now()).unwrap();
    assert!(!format!("{issued:?}").contains(issued.token()));
    assert!(!format!("{:?}", session().email("bjensen@acme.test")).contains("bjensen"));
    assert!(format!("{:?}", key()).ends_with("redacted)"));
    let verified = verifier().verify_for("acme", issued.token(), now()).unwrap();
    assert!(!format!("{verified:?}").contains("bjensen"));
}
