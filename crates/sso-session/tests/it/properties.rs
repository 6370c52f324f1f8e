use proptest::prelude::*;
use sso_session::{AuthSecret, Purpose, Sealer};

use crate::{SECRET, issuer, now, secret, session, verifier};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_verifier_panic(text in "([A-Za-z0-9_=-]{0,20}\\.?){0,5}") {
        prop_assert!(verifier().verify_for("acme", &text, now()).is_err());
    }

    #[test]
    fn no_change_of_a_token_is_accepted(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
        let token = issuer().issue(&session(), now()).unwrap().token().to_owned();
        let at = at.index(token.len());
        let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(verifier().verify_for("acme", &changed, now()).is_ok(), changed == token);
    }

    #[test]
    fn no_text_makes_a_secret_or_a_seal_panic(text in ".{0,80}") {
        let _ = AuthSecret::from_base64(&text);
        let sealer = Sealer::new(&secret(&SECRET), Purpose::LoginCookie).unwrap();
        prop_assert!(sealer.open(&text, b"", now()).is_err());
    }

    #[test]
    fn whatever_a_session_says_survives(email in ".{0,40}", name in "\\PC{0,40}", claim in ".{0,40}") {
        let new = session().email(&email).given_name(&name).claim("note", &claim).unwrap();
        let token = issuer().issue(&new, now()).unwrap();
        let verified = verifier().verify_for("acme", token.token(), now()).unwrap();
        prop_assert_eq!(verified.email(), Some(email.as_str()));
        prop_assert_eq!(verified.given_name(), Some(name.as_str()));
        prop_assert_eq!(verified.claim::<String>("note"), Some(claim));
    }
}
