//! Sessions that go on: refreshed, handed over, kept in a cookie.

use std::time::Duration;

use jumpcloud_sso_testkit::data;
use sso_session::{
    CodeChallenge, Cookies, HandOver, HandOverError, IssueError, NewSession, Purpose, SealError, Sealer,
    SessionCookie, SessionIssuer, SessionKey,
};

use crate::{OTHER_SECRET, SECRET, SITE, issuer, key, now, secret, session, verifier};

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
    let opened = codes.open(&code, VERIFIER, FRONT_END).unwrap();
    // The code's own end, whatever the clock of who redeems it says.
    let shown = format!("{opened:?}");
    assert!(
        shown.starts_with("OpenedCode") && shown.contains("redacted") && !shown.contains("\"token\""),
        "{shown}"
    );
    assert_eq!(opened.expires_at(), now() + Duration::from_secs(60));
    let claim = opened.claim_key().to_owned();
    assert_eq!(opened.token(), "token");
    assert_eq!(opened.into_token(now() + Duration::from_secs(59)).unwrap(), "token");
    // It is the code that is used once. Another one, as for another front end, is another claim.
    assert_eq!(codes.open(&code, VERIFIER, FRONT_END).unwrap().claim_key(), claim);
    let other = codes.code("token", &challenge, FRONT_END, now()).unwrap();
    assert_ne!(codes.open(&other, VERIFIER, FRONT_END).unwrap().claim_key(), claim);
}

#[test]
fn a_code_has_a_limit_that_is_told_beforehand() {
    let codes = HandOver::new(&secret(&SECRET)).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let longest = (2000..4000).take_while(|length| HandOver::fits(*length)).last().unwrap();
    let code = codes.code(&"t".repeat(longest), &challenge, FRONT_END, now()).unwrap();
    assert!((4090..=4096).contains(&code.len()), "{}", code.len());
    let error = codes.code(&"t".repeat(longest + 1), &challenge, FRONT_END, now()).unwrap_err();
    assert_eq!((error, error.code()), (HandOverError::TooLong { found: longest + 1 }, "limit.code"));
}

#[test]
fn a_code_is_worthless_to_anybody_else() {
    let codes = HandOver::new(&secret(&SECRET)).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let code = codes.code("token", &challenge, FRONT_END, now()).unwrap();
    let open = |code: &str, verifier: &str, uri: &str, seconds: u64| {
        let opened = codes.open(code, verifier, uri);
        let token = opened.and_then(|opened| opened.into_token(now() + Duration::from_secs(seconds)));
        let error = token.unwrap_err();
        (error, error.code())
    };
    let other = "a".repeat(43);
    assert_eq!(open(&code, &other, FRONT_END, 0), (HandOverError::VerifierMismatch, "session.pkce_mismatch"));
    assert_eq!(open(&code, VERIFIER, "https://evil.test/", 0), (HandOverError::Code, "session.code"));
    assert_eq!(open(&code, VERIFIER, FRONT_END, 60), (HandOverError::Expired, "session.code_expired"));
    assert_eq!(open("", VERIFIER, FRONT_END, 0), (HandOverError::Code, "session.code"));
    assert_eq!(open(&code, CHALLENGE, FRONT_END, 0).0, HandOverError::VerifierMismatch);
    let strangers = HandOver::new(&secret(&OTHER_SECRET)).unwrap();
    assert_eq!(strangers.open(&code, VERIFIER, FRONT_END).unwrap_err(), HandOverError::Code);
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
    assert_eq!(cookie.read(&Cookies::new([sent])), Ok(Some(issued.token())));
    assert_eq!(cookie.read(&Cookies::new(["theme=dark"])), Ok(None));
    assert_eq!(cookie.read(&Cookies::new(["__Host-session2=x; x__Host-session=y"])), Ok(None));
    assert_eq!(cookie.clear(), "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    assert!(SessionCookie::named("a; Domain=evil\r\n").clear().starts_with("__Host-aDomainevil=;"));
}

#[test]
fn cookie_names_are_bytes_that_no_other_white_space_precedes() {
    let cookie = SessionCookie::default();
    let read = |fields: &[&[u8]]| {
        cookie.read(&Cookies::new(fields)).map(|token| token.map(str::to_owned)).map_err(|error| error.code())
    };
    // The two that HTTP knows.
    for space in ["", " ", "\t", "  \t "] {
        let field = format!("a=1;{space}__Host-session=ours{space}; b=2");
        assert_eq!(read(&[field.as_bytes()]), Ok(Some("ours".to_owned())), "{space:?}");
    }
    // Those that a subdomain can begin a name with, as UTF-8 and as Latin-1.
    #[expect(clippy::disallowed_methods, reason = "the characters that this is about")]
    let mut planted: Vec<Vec<u8>> = (0..=0x0010_ffff_u32)
        .filter_map(char::from_u32)
        .filter(|it| it.is_whitespace() && !matches!(it, ' ' | '\t'))
        .map(|space| format!("{space}__Host-session=planted").into_bytes())
        .collect();
    assert!(planted.len() > 20);
    planted.extend([0x85_u8, 0xa0].map(|byte| [&[byte], &b"__Host-session=planted"[..]].concat()));
    for field in &planted {
        assert_eq!(read(&[field]), Ok(None), "{field:?}");
        // Nor does one in front of the genuine cookie get in its way.
        let both = [field, &b"; __Host-session=ours"[..]].concat();
        assert_eq!(read(&[&both]), Ok(Some("ours".to_owned())), "{field:?}");
    }
    for field in
        [&b"__host-session=planted"[..], b"__Host-session =planted", b"__Host-session", b"=__Host-session=x"]
    {
        assert_eq!(read(&[field]), Ok(None), "{field:?}");
    }
    assert_eq!(read(&[b"__Host-session=\xff"]), Ok(None));
}

#[test]
fn every_cookie_field_is_read_and_a_name_counts_once() {
    let cookie = SessionCookie::default();
    let code = |fields: &[&str]| match cookie.read(&Cookies::new(fields)) {
        Ok(token) => token.unwrap_or("none").to_owned(),
        Err(error) => error.code().to_owned(),
    };
    assert_eq!(code(&["a=1", "__Host-session=ours", "b=2"]), "ours");
    assert_eq!(code(&[]), "none");
    assert_eq!(
        code(&["a=1; a=2", "__Host-session=ours"]),
        "ours",
        "two of another name are not our business"
    );
    for fields in [
        &["__Host-session=ours; __Host-session=planted"][..],
        &["__Host-session=ours", "__Host-session=planted"],
        &["__Host-session=same; __Host-session=same"],
    ] {
        assert_eq!(code(fields), "session.duplicate_cookie", "{fields:?}");
    }
    let shown = format!("{:?}", Cookies::new(["__Host-session=ours"]));
    assert!(!shown.contains("ours"), "{shown}");
}

#[test]
fn a_cookie_fits_into_a_browser() {
    let name = "n".repeat(1000);
    let cookie = SessionCookie::named(&name);
    let length = |session: &NewSession| {
        let issued = issuer().issue(session, now())?;
        Ok(cookie.set(&issued, now()).split(';').next().unwrap().len())
    };
    let with = |length: usize| session().claim("filler", "x".repeat(length)).unwrap();
    let mut longest = 0;
    let refused = (2000..4000).find_map(|filler| match length(&with(filler)) {
        Ok(length) => {
            longest = length;
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(refused, Some(IssueError::TooLong { limit: 4000, found: 4001.. })), "{refused:?}");
    assert!((4000..=4096).contains(&longest), "{longest}");
}

#[test]
fn a_session_is_somebodys() {
    for (length, expected) in
        [(0, Some("session.subject")), (1, None), (1024, None), (1025, Some("session.subject"))]
    {
        let session = NewSession::new(&"u".repeat(length), "acme", "connection-1");
        let issued = issuer().issue(&session, now());
        assert_eq!(issued.err().map(|error| error.code()), expected, "{length}");
    }
}

#[test]
fn the_length_of_a_token_is_known_before_it_is_issued() {
    let ed25519 = data("ed25519.key.pem");
    let p256 = data("ec-p256.key.pem");
    let keys = [
        key(),
        SessionKey::from_private_key_pem(ed25519).unwrap(),
        SessionKey::from_private_key_pem(p256).unwrap(),
    ];
    for filler in [0, 1, 2, 500, 1000, 2000] {
        let new = session().break_glass().claim("filler", "ü\"".repeat(filler)).unwrap();
        let most = new.max_token_len(SITE, SITE);
        for key in &keys {
            let issued = SessionIssuer::new(key.clone(), SITE, SITE).issue(&new, now());
            match (&most, issued) {
                (Ok(most), Ok(issued)) => {
                    let length = issued.token().len();
                    assert!((length..length + 300).contains(most), "{filler}: {length} {most}");
                }
                (Err(most), Err(issued)) => {
                    assert_eq!((most.code(), issued.code()), ("limit.token", "limit.token"));
                }
                (most, issued) => panic!("{filler}: {most:?} {issued:?}"),
            }
        }
    }
}

#[test]
fn what_is_issued_is_verified() {
    // serde_json reads 128 levels, of which the token itself is one.
    let nested = |levels: usize| {
        (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]))
    };
    for levels in [1, 100, 126] {
        let issued = issuer().issue(&session().claim("nested", nested(levels)).unwrap(), now()).unwrap();
        assert!(verifier().verify_any_organization(issued.token(), now()).is_ok(), "{levels}");
    }
    for levels in [127, 1000] {
        assert_eq!(
            session().claim("nested", nested(levels)).unwrap_err().code(),
            "session.claim",
            "{levels}"
        );
    }
}

#[test]
fn a_session_tells_what_it_rests_on() {
    let session = session().login("login-1").idp_key("key-1").email_domain("acme.test").email_verified(true);
    let issued = issuer().issue(&session, now()).unwrap();
    let verified = verifier().verify_any_organization(issued.token(), now()).unwrap();
    let issued = issuer().refresh(&verified, now() + HOUR).unwrap();
    let verified = verifier().verify_any_organization(issued.token(), now() + HOUR).unwrap();
    let found = (verified.login(), verified.idp_key(), verified.email_domain(), verified.email_is_verified());
    assert_eq!(found, (Some("login-1"), Some("key-1"), Some("acme.test"), true));
    let issued = issuer().refresh_with_unverified_email(&verified, now() + HOUR).unwrap();
    let verified = verifier().verify_any_organization(issued.token(), now() + HOUR).unwrap();
    let found = (verified.login(), verified.idp_key(), verified.email_domain(), verified.email_is_verified());
    assert_eq!(found, (Some("login-1"), Some("key-1"), None, false));
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
