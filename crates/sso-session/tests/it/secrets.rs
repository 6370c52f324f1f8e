use std::time::Duration;

use sso_session::{AuthSecret, AuthSecretError, Purpose, Sealer};

use crate::{SECRET, issuer, now, secret, session, verifier};

fn refused(text: &str) -> AuthSecretError {
    AuthSecret::from_base64(text).unwrap_err()
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn random_secrets_are_accepted_however_written() {
    let secret = SECRET.as_str();
    let (first, second) = secret.split_at(20);
    // `openssl rand -base64 64` breaks its line.
    for text in
        [secret, &format!(" {secret}\n"), secret.trim_end_matches('='), &format!("{first}\r\n{second}\n")]
    {
        assert!(AuthSecret::from_base64(text).is_ok(), "{text}");
    }
}

#[test]
fn fresh_secrets_are_accepted_and_differ() {
    let (first, second) = (AuthSecret::generate().unwrap(), AuthSecret::generate().unwrap());
    assert!(AuthSecret::from_base64(first.expose()).is_ok());
    assert_eq!(first.expose().len(), 44);
    assert_ne!(first.expose(), second.expose());
}

#[test]
fn what_is_no_secret_is_refused() {
    let pattern: Vec<u8> = b"\x12\xF3\x99\x04\xAB".repeat(8);
    let sequence: Vec<u8> = (1..=32).collect();
    let odd: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(7)).collect();
    for (text, error) in [
        (String::new(), AuthSecretError::Missing),
        (" \n".to_owned(), AuthSecretError::Missing),
        ("not base64!".to_owned(), AuthSecretError::Base64),
        (SECRET.replace('=', "*"), AuthSecretError::Base64),
        (encode(&[0xA7; 31]), AuthSecretError::TooShort { found: 31 }),
        (encode(&[0; 32]), AuthSecretError::NotRandom),
        (encode(&pattern), AuthSecretError::NotRandom),
        (encode(&sequence), AuthSecretError::NotRandom),
        (encode(&odd), AuthSecretError::NotRandom),
        (encode(b"please change me, this is a sample value"), AuthSecretError::NotRandom),
        ("5lrMXKKWCVocS/uerPsl7V+TX/aaUaI7iDkgl3tSmLE=".to_owned(), AuthSecretError::Published),
        ("5lrMXKKWCVocS/uerPsl7V+TX/aaUaI7iDkgl3tSmLE".to_owned(), AuthSecretError::Published),
        ("q2xqEJ9XhHjrIySHtDSRyF3xKzJqoKXYDSn7VmE4hHU=".to_owned(), AuthSecretError::Published),
        ("8vZ1k0hM2m8Xh3zJv7J9o6cC2rYw5pQeT4uFbN1xLsA=".to_owned(), AuthSecretError::Published),
    ] {
        assert_eq!(refused(&text), error, "{text}");
    }
}

#[test]
fn errors_say_what_to_do_and_nothing_of_the_secret() {
    let message = refused("c2hvcnQ=").to_string();
    assert!(message.contains("openssl rand -base64 32") && !message.contains("c2hvcnQ"), "{message}");
    assert_eq!(refused("").code(), "config.auth_secret_missing");
}

#[test]
fn sessions_are_not_shown() {
    let issued = issuer().issue(&session().email("bjensen@acme.test"), now()).unwrap();
    let verified = verifier().verify_for("acme", issued.token(), now()).unwrap();
    let shown = format!("{verified:?} {issued:?}");
    assert!(shown.starts_with("VerifiedSession") && shown.contains(issued.id()), "{shown}");
    assert!(!shown.contains("bjensen") && !shown.contains(issued.token()), "{shown}");
    let sealer = Sealer::new(&secret(&SECRET), Purpose::LoginCookie).unwrap();
    let sealed = sealer.seal(b"payload", b"", now() + Duration::from_secs(1)).unwrap();
    let shown = format!("{sealer:?} {:?}", sealer.open(&sealed, b"", now()).unwrap());
    assert!(shown.starts_with("Sealer(redacted) Opened") && !shown.contains("payload"), "{shown}");
}

#[test]
fn secrets_are_not_shown() {
    assert_eq!(format!("{:?}", secret(&SECRET)), "AuthSecret(redacted)");
    assert_eq!(format!("{:?}", AuthSecret::generate().unwrap()), "GeneratedSecret(redacted)");
}
