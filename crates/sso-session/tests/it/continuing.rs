//! Sessions that go on: refreshed, handed over, kept in a cookie.

use std::time::Duration;

use sso_session::{
    CodeChallenge, HandOver, HandOverError, IssueError, Purpose, SealError, Sealer, SessionCookie,
};

use crate::{OTHER_SECRET, SECRET, issuer, now, secret, session, verifier};

const HOUR: Duration = Duration::from_secs(3600);

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FRONT_END: &str = "https://www.acme.test/signed-in";

#[test]
fn a_refreshed_session_is_the_same_session() {
    let new = session().email("bjensen@acme.test").email_verified(true).claim("role", "admin").unwrap();
    let new = new.activation(3).break_glass();
    let first = issuer().issue(&new, now()).unwrap();
    let before = verifier().verify_for("acme", first.token(), now()).unwrap();
    let second = issuer().refresh(&before, now() + HOUR).unwrap();
    let after = verifier().verify_for("acme", second.token(), now() + HOUR).unwrap();
    assert_eq!(after.session_id(), before.session_id());
    assert_eq!(first.session_id(), second.session_id());
    assert_ne!(after.id(), before.id());
    assert_eq!(after.expires_at(), before.expires_at() + HOUR);
    assert_eq!((before.began_at(), before.issued_at()), (now(), now()));
    assert_eq!((after.began_at(), after.issued_at()), (now(), now() + HOUR));
    assert_eq!(after.ends_at(), before.ends_at());
    assert_eq!((after.activation(), after.is_break_glass()), (Some(3), true));
    assert_eq!((after.email(), after.email_is_verified()), (Some("bjensen@acme.test"), true));
    assert_eq!(after.claim::<String>("role").as_deref(), Some("admin"));
    assert_eq!(after.subject(), "user-1");
}

#[test]
fn an_address_is_verified_only_where_the_token_says_so() {
    for (new, expected) in [
        (session().email("b@acme.test"), false),
        (session().email("b@acme.test").email_verified(false), false),
        (session().email("b@acme.test").email_verified(true), true),
    ] {
        let issued = issuer().issue(&new, now()).unwrap();
        let verified = verifier().verify_for("acme", issued.token(), now()).unwrap();
        assert_eq!(verified.email_is_verified(), expected);
    }
}

#[test]
fn no_refresh_goes_beyond_what_the_identity_provider_allows() {
    let new = session().not_after(now() + 10 * HOUR);
    let first = issuer().issue(&new, now()).unwrap();
    let verified = verifier().verify_for("acme", first.token(), now()).unwrap();
    assert_eq!(verified.ends_at(), now() + 10 * HOUR);
    let second = issuer().refresh(&verified, now() + 7 * HOUR).unwrap();
    assert_eq!(second.expires_at(), now() + 10 * HOUR);
    let again = verifier().verify_for("acme", second.token(), now() + 9 * HOUR).unwrap();
    assert_eq!(issuer().refresh(&again, now() + 10 * HOUR).unwrap_err(), IssueError::Over);
}

#[test]
fn without_such_a_limit_the_issuer_has_one() {
    let end = |longest: u64| {
        let issuer = issuer().longest_session(Duration::from_secs(longest));
        let issued = issuer.issue(&session(), now()).unwrap();
        let verified = verifier().verify_for("acme", issued.token(), now()).unwrap();
        verified.ends_at().duration_since(now()).unwrap().as_secs()
    };
    assert_eq!(end(24 * 3600), 24 * 3600);
    assert_eq!(end(u64::MAX), 90 * 24 * 3600);
    // Never shorter than a token: a session that is not refreshed lasts as long as its token.
    assert_eq!(end(0), 8 * 3600);
}

#[test]
fn a_session_is_handed_over_to_who_began_the_login() {
    let codes = HandOver::new(&secret(&SECRET)).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    assert_eq!(CodeChallenge::of_verifier(VERIFIER).unwrap(), challenge);
    let code = codes.code("token", &challenge, FRONT_END, now()).unwrap();
    assert!(!code.contains("token"));
    let opened = codes.open(&code, VERIFIER, FRONT_END, now() + Duration::from_secs(59)).unwrap();
    // The code's own end, whatever the clock of who redeems it says.
    let shown = format!("{opened:?}");
    assert!(
        shown.starts_with("OpenedCode") && shown.contains("redacted") && !shown.contains("\"token\""),
        "{shown}"
    );
    assert_eq!(opened.expires_at(), now() + Duration::from_secs(60));
    let claim = opened.claim_key().to_owned();
    assert_eq!(opened.into_token(), "token");
    // Another code for the same session is claimed under the same key.
    let code = codes.code("token", &challenge, FRONT_END, now()).unwrap();
    assert_eq!(codes.open(&code, VERIFIER, FRONT_END, now()).unwrap().claim_key(), claim);
    let other = codes.code("other", &challenge, FRONT_END, now()).unwrap();
    assert_ne!(codes.open(&other, VERIFIER, FRONT_END, now()).unwrap().claim_key(), claim);
}

#[test]
fn a_code_is_worthless_to_anybody_else() {
    let codes = HandOver::new(&secret(&SECRET)).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let code = codes.code("token", &challenge, FRONT_END, now()).unwrap();
    let open = |code: &str, verifier: &str, uri: &str, seconds: u64| {
        let error = codes.open(code, verifier, uri, now() + Duration::from_secs(seconds)).unwrap_err();
        (error, error.code())
    };
    let other = "a".repeat(43);
    assert_eq!(open(&code, &other, FRONT_END, 0), (HandOverError::VerifierMismatch, "session.pkce_mismatch"));
    assert_eq!(open(&code, VERIFIER, "https://evil.test/", 0), (HandOverError::Code, "session.code"));
    assert_eq!(open(&code, VERIFIER, FRONT_END, 60), (HandOverError::Expired, "session.code_expired"));
    assert_eq!(open("", VERIFIER, FRONT_END, 0), (HandOverError::Code, "session.code"));
    assert_eq!(open(&code, CHALLENGE, FRONT_END, 0).0, HandOverError::VerifierMismatch);
    let strangers = HandOver::new(&secret(&OTHER_SECRET)).unwrap();
    assert_eq!(strangers.open(&code, VERIFIER, FRONT_END, now()).unwrap_err(), HandOverError::Code);
    // A login cookie is no code.
    let cookie = Sealer::new(&secret(&SECRET), Purpose::LoginCookie).unwrap();
    let payload = format!("{CHALLENGE}token");
    let cookie = cookie.seal(payload.as_bytes(), FRONT_END.as_bytes(), now() + HOUR).unwrap();
    assert_eq!(open(&cookie, VERIFIER, FRONT_END, 0).0, HandOverError::Code);
}

#[test]
fn challenges_and_verifiers_have_their_form() {
    for text in ["", "short", &CHALLENGE[1..], &format!("{CHALLENGE}A"), &CHALLENGE.replace('-', "+")] {
        assert_eq!(CodeChallenge::new(text), Err(HandOverError::Challenge), "{text}");
    }
    assert!(CodeChallenge::of_verifier(&"~".repeat(128)).is_ok());
    for verifier in ["", &"a".repeat(42), &"a".repeat(129), &format!("{} ", "a".repeat(43))] {
        assert_eq!(CodeChallenge::of_verifier(verifier), Err(HandOverError::Verifier), "{verifier}");
    }
}

#[test]
fn the_cookie_has_every_protection() {
    let issued = issuer().issue(&session(), now()).unwrap();
    let cookie = SessionCookie::default();
    let header = cookie.set(&issued, now() + HOUR);
    assert_eq!(
        header,
        format!("__Host-session={}; Path=/; Max-Age=25200; Secure; HttpOnly; SameSite=Lax", issued.token())
    );
    let sent = format!("theme=dark; {}", header.split(';').next().unwrap());
    assert_eq!(cookie.read(&sent), Some(issued.token()));
    assert_eq!(cookie.read("theme=dark"), None);
    assert_eq!(cookie.read("__Host-session2=x; x__Host-session=y"), None);
    assert_eq!(cookie.clear(), "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    assert!(SessionCookie::named("a; Domain=evil\r\n").clear().starts_with("__Host-aDomainevil=;"));
}

#[test]
fn secrets_at_rest_are_bound_to_their_place() {
    let sealer = Sealer::new(&secret(&SECRET), Purpose::StoredSecret).unwrap();
    let long = vec![7; 10_000];
    let sealed = sealer.seal_at_rest(&long, b"connection-1").unwrap();
    assert_eq!(*sealer.open_at_rest(&sealed, b"connection-1").unwrap(), long);
    assert_eq!(sealer.open_at_rest(&sealed, b"connection-2").unwrap_err(), SealError::Forged);
    let other = Sealer::new(&secret(&OTHER_SECRET), Purpose::StoredSecret).unwrap();
    assert_eq!(other.open_at_rest(&sealed, b"connection-1").unwrap_err(), SealError::Forged);
}

#[test]
fn tags_differ_by_message_purpose_and_secret() {
    let tag = |text, purpose, message: &str| secret(text).tag(purpose, message.as_bytes());
    let first = tag(&SECRET, Purpose::DomainChallenge, "acme.test");
    assert_eq!(first.len(), 43);
    assert_eq!(first, tag(&SECRET, Purpose::DomainChallenge, "acme.test"));
    assert_ne!(first, tag(&SECRET, Purpose::DomainChallenge, "acme2.test"));
    assert_ne!(first, tag(&SECRET, Purpose::StoredSecret, "acme.test"));
    assert_ne!(first, tag(&OTHER_SECRET, Purpose::DomainChallenge, "acme.test"));
}
