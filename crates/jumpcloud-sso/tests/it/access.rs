//! Who comes in: sessions, enforcement, domains, provisioning.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::sso_store::{DomainClaim, DomainStore as _};
use jumpcloud_sso::{
    Access, Actor, AuthSecret, BreakGlass, CodeChallenge, Connection, Connections, Cookies, Diagnose as _,
    EarlierSessions, Edit, Hint, JustInTime, Login, LoginForm, LoginRequest, MemoryStore, NewSession,
    Provisioning, ProvisioningRefusal, RoleMap, SameEmail, SessionIssuer, SessionKey, SessionRefusal,
    SessionVerifier, Sessions, Settings, SingleSignOn, SsoReason, VerifiedSession,
};
use jumpcloud_sso_testkit::{data, keys};

use crate::{IDP, IDP_URL, World, acme, builder, cookies, idp, now, settings, user};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FRONT_END: &str = "https://www.acme.test/signed-in";

async fn login(connection: Connection) -> Login {
    let world = World::new(connection);
    let start = world.begin();
    world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap()
}

/// A connection that accepts addresses of any domain, and has verified none.
fn any_domain() -> Connection {
    Connection::builder(&settings(), "acme-1", "acme")
        .unwrap()
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true)
        .build()
        .unwrap()
}

fn sessions(store: &MemoryStore) -> Sessions {
    Sessions::new(&settings(), store.clone()).unwrap()
}

/// A session of `user` in `organization` through `connection`.
fn token(organization: &str, connection: &str, user: &str, at: SystemTime) -> String {
    let session = NewSession::new(user, organization, connection);
    settings().session_issuer().issue(&session, at).unwrap().token().to_owned()
}

fn code<T>(result: Result<T, SessionRefusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

#[tokio::test]
async fn a_session_says_whether_the_address_is_the_organizations() {
    let verified = login(acme()).await;
    assert!(verified.email_is_verified());
    let store = MemoryStore::default();
    let issued = sessions(&store).begin(verified, "user-1", now()).await.unwrap();
    let session = sessions(&store).verify("acme", issued.token(), now()).await.unwrap();
    assert!(session.email_is_verified());
    let unverified = login(any_domain()).await;
    assert!(!unverified.email_is_verified());
    let issued = sessions(&store).begin(unverified, "user-1", now()).await.unwrap();
    let session = sessions(&store).verify("acme", issued.token(), now()).await.unwrap();
    assert!(!session.email_is_verified());
}

#[tokio::test]
async fn addresses_of_other_domains_are_refused() {
    let refused = async |domain: &str| {
        let connection = Connection::builder(&settings(), "acme-1", "acme")
            .unwrap()
            .idp_url(IDP_URL)
            .idp_entity_id(IDP)
            .certificate(keys::OWN_CERTIFICATE.as_bytes())
            .email_domains([domain])
            .build()
            .unwrap();
        let world = World::new(connection);
        let start = world.begin();
        world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.err()
    };
    assert!(refused("ACME.test").await.is_none());
    for domain in ["acme.test.evil.test", "mail.acme.test", "cme.test", "other.test"] {
        let diagnosis = refused(domain).await.unwrap().diagnosis();
        assert_eq!(diagnosis.code, "attribute.email_domain", "{domain}");
        assert_eq!(diagnosis.expected.as_deref(), Some(domain));
        assert_eq!(diagnosis.found.as_deref(), Some("acme.test"));
    }
}

#[test]
fn a_connection_says_whose_addresses_it_is_believed_about() {
    let bare = || {
        Connection::builder(&settings(), "acme-1", "acme")
            .unwrap()
            .idp_url(IDP_URL)
            .idp_entity_id(IDP)
            .certificate(keys::OWN_CERTIFICATE.as_bytes())
    };
    assert_eq!(bare().build().unwrap_err().code(), "config.email_domain");
    for wrong in [
        "",
        "@acme.test",
        "acme",
        "b@acme.test",
        "127.0.0.1",
        "[::1]",
        "acme.test/",
        "a b.test",
        "*.acme.test",
    ] {
        assert_eq!(
            bare().email_domains([wrong]).build().unwrap_err().code(),
            "config.email_domain",
            "{wrong}"
        );
    }
    assert!(bare().email_domains(["acme.test"]).build().is_ok());
    assert!(bare().email_domains(["bücher.test"]).build().is_ok());
    assert!(bare().accept_any_email_domain(true).build().is_ok());
}

#[tokio::test]
async fn a_connection_may_ask_for_valid_certificates() {
    let connection = |builder: jumpcloud_sso::ConnectionBuilder| builder.build().unwrap();
    let end = acme().certificates().next().unwrap().not_after();
    for (connection, at, expected) in [
        (connection(builder("acme-1", "acme")), end + HOUR, None),
        (connection(builder("acme-1", "acme").enforce_certificate_dates(true)), end - HOUR, None),
        (
            connection(builder("acme-1", "acme").enforce_certificate_dates(true)),
            end + HOUR,
            Some("certificate.expired"),
        ),
    ] {
        let page = sso_store_tests::LoginPage::new(MemoryStore::default());
        let answer = page.answer(&connection, &idp(), &user(), at);
        let result = page.finish(&connection, &answer, at).await;
        assert_eq!(result.err().map(|error| error.code()), expected);
    }
}

#[tokio::test]
async fn each_scope_of_revocation_ends_its_own_sessions() {
    let others = [("acme", "c-1", "user-2"), ("acme", "c-2", "user-3"), ("other", "c-3", "user-1")];
    for (scope, expected) in [
        ("session", ["session.revoked", "accepted", "accepted", "accepted"]),
        ("user", ["session.revoked", "accepted", "accepted", "accepted"]),
        ("connection", ["session.revoked", "session.revoked", "accepted", "accepted"]),
        ("organization", ["session.revoked", "session.revoked", "session.revoked", "accepted"]),
    ] {
        let store = MemoryStore::default();
        let sessions = sessions(&store);
        let first = token("acme", "c-1", "user-1", now());
        let later = now() + MINUTE;
        let session = sessions.verify("acme", &first, now()).await.unwrap();
        match scope {
            "session" => sessions.revoke_session(session.session_id(), later).await,
            "user" => sessions.revoke_user("acme", "user-1", later).await,
            "connection" => sessions.revoke_connection("acme", "c-1", later).await,
            _ => sessions.revoke_organization("acme", later).await,
        }
        .unwrap();
        let mut found = vec![code(sessions.verify("acme", &first, later).await)];
        for (organization, connection, user) in others {
            let token = token(organization, connection, user, now());
            found.push(code(sessions.verify(organization, &token, later).await));
        }
        assert_eq!(found, expected, "{scope}");
        // Who logs in afterwards has a session of their own.
        let again = token("acme", "c-1", "user-1", later + Duration::from_secs(1));
        assert_eq!(code(sessions.verify("acme", &again, later + MINUTE).await), "accepted", "{scope}");
    }
}

#[tokio::test]
async fn users_whose_names_are_spelled_alike_are_kept_apart() {
    let store = MemoryStore::default();
    let sessions = sessions(&store);
    sessions.revoke_user("acme", "a:b", now() + MINUTE).await.unwrap();
    let similar = token("acme:a", "c-1", "b", now());
    assert_eq!(code(sessions.verify("acme:a", &similar, now()).await), "accepted");
}

#[tokio::test]
async fn logging_out_ends_the_session_and_what_continues_it() {
    let store = MemoryStore::default();
    let sessions = sessions(&store);
    let first = token("acme", "c-1", "user-1", now());
    let second = sessions.refresh("acme", &first, now() + MINUTE).await.unwrap();
    let other = token("acme", "c-1", "user-1", now());
    sessions.log_out("acme", &first, now() + 2 * MINUTE).await.unwrap();
    let later = now() + 3 * MINUTE;
    assert_eq!(code(sessions.verify("acme", &first, later).await), "session.revoked");
    assert_eq!(code(sessions.verify("acme", second.token(), later).await), "session.revoked");
    assert_eq!(code(sessions.refresh("acme", second.token(), later).await), "session.revoked");
    assert_eq!(code(sessions.verify("acme", &other, later).await), "accepted");
    assert_eq!(code(sessions.log_out("other", &other, later).await), "session.organization");
    assert!(sessions.cookie().clear().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_token_is_refreshed_once() {
    let store = MemoryStore::default();
    let sessions = sessions(&store);
    let first = token("acme", "c-1", "user-1", now());
    let second = sessions.refresh("acme", &first, now() + HOUR).await.unwrap();
    let third = sessions.refresh("acme", second.token(), now() + 2 * HOUR).await.unwrap();
    assert_eq!(code(sessions.verify("acme", third.token(), now() + 2 * HOUR).await), "accepted");
    // A copy of the first one turns up.
    let later = now() + 3 * HOUR;
    assert_eq!(code(sessions.refresh("acme", &first, later).await), "session.refreshed");
    for token in [first.as_str(), second.token(), third.token()] {
        assert_eq!(code(sessions.verify("acme", token, later).await), "session.revoked");
    }
}

/// Claims and revocations are remembered beyond the end of what they are about, since clocks differ.
#[tokio::test]
async fn the_last_minute_of_a_session_is_like_any_other() {
    let sessions = sessions(&MemoryStore::default());
    let end = now() + HOUR;
    let issue = || {
        let session = NewSession::new("user-1", "acme", "c-1").not_after(end);
        settings().session_issuer().issue(&session, now()).unwrap().token().to_owned()
    };
    let (first, second, third) = (issue(), issue(), issue());
    assert_eq!(code(sessions.refresh("acme", &first, end - MINUTE).await), "accepted");
    assert_eq!(code(sessions.refresh("acme", &first, end - MINUTE).await), "session.refreshed");
    sessions.log_out("acme", &second, end - MINUTE).await.unwrap();
    for at in [end - MINUTE, end, end + MINUTE / 2] {
        assert_eq!(code(sessions.verify("acme", &first, at).await), "session.revoked");
        assert_eq!(code(sessions.verify("acme", &second, at).await), "session.revoked");
        assert_eq!(code(sessions.verify("acme", &third, at).await), "accepted");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_change() {
    let sessions = sessions(&MemoryStore::default());
    let token = token("acme", "c-1", "user-1", now());
    sessions.refresh("acme", &token, now()).await.unwrap();
    let refusal = sessions.refresh("acme", &token, now()).await.unwrap_err();
    let entry = jumpcloud_sso::Code::SessionRefreshed;
    assert_eq!((refusal.code(), refusal.hint()), (entry.as_str(), entry.hint()));
}

#[test]
fn public_keys_are_there_for_others() {
    let (store, pem) = (MemoryStore::default(), data("ed25519.key.pem"));
    let key = SessionKey::from_private_key_pem(pem).unwrap();
    let (site, id) = (settings().site_url().to_owned(), key.id().to_owned());
    let issuer = SessionIssuer::new(key.clone(), &site, &site);
    let verifier = SessionVerifier::new([key], &site, &site).unwrap();
    let sessions = Sessions::with(&settings(), issuer, verifier, store).unwrap();
    let set: serde_json::Value = serde_json::from_str(&sessions.jwks_json()).unwrap();
    assert_eq!(set["keys"][0]["kid"], id.as_str());
}

#[tokio::test]
async fn a_failing_store_refuses_sessions() {
    let sessions = Sessions::new(&settings(), crate::failing_store::down()).unwrap();
    let token = token("acme", "c-1", "user-1", now());
    assert_eq!(code(sessions.verify("acme", &token, now()).await), "config.store");
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let issued = settings().session_issuer().issue(&NewSession::new("u", "acme", "c"), now()).unwrap();
    let sessions = sessions.redirect_uris([FRONT_END]).unwrap();
    assert_eq!(code(sessions.hand_over(&issued, &challenge, FRONT_END, now()).await), "config.store");
    let up = self::sessions(&MemoryStore::default()).redirect_uris([FRONT_END]).unwrap();
    let handed = up.hand_over(&issued, &challenge, FRONT_END, now()).await.unwrap();
    assert_eq!(code(sessions.begin(login(acme()).await, "user-1", now()).await), "config.store");
    assert_eq!(code(sessions.redeem(handed.code(), VERIFIER, FRONT_END, now()).await), "config.store");
}

#[tokio::test]
async fn a_front_end_elsewhere_gets_its_session_by_a_code() {
    let store = MemoryStore::default();
    let sso = SingleSignOn::new(&settings(), store.clone()).unwrap();
    let connection = acme();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let request = LoginRequest::default().code_challenge(&challenge);
    let start = sso.begin_login(&connection, &request, now()).unwrap();
    let world = World::new(connection.clone());
    let (saml_response, relay_state) = world.answer(&start);
    let form = LoginForm { saml_response: &saml_response, relay_state: Some(&relay_state) };
    let login = sso.finish_login(&connection, form, &Cookies::new([cookies(&start)]), now()).await.unwrap();
    assert_eq!(login.code_challenge(), Some(&challenge));
    assert_eq!(login.return_to(), None);

    let sessions = sessions(&store).redirect_uris([FRONT_END]).unwrap();
    let issued = sessions.begin(login, "user-1", now()).await.unwrap();
    let handed = sessions.hand_over(&issued, &challenge, FRONT_END, now()).await.unwrap();
    assert_eq!(handed.url().as_str(), format!("{FRONT_END}?code={}", handed.code()));
    let headers = [
        ("Location", handed.url().as_str()),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ];
    assert_eq!(handed.headers(), headers);
    assert!(!format!("{handed:?}").contains(handed.code()));
    let redeem = async |verifier: &str| {
        sessions.redeem(handed.code(), verifier, FRONT_END, now() + Duration::from_secs(30)).await
    };
    // Trying with a wrong verifier uses nothing up.
    assert_eq!(code(redeem(&"a".repeat(43)).await), "session.pkce_mismatch");
    assert_eq!(redeem(VERIFIER).await.unwrap(), issued.token());
    // Whoever exchanges it again has a copy, and so perhaps of the token.
    assert_eq!(code(sessions.verify("acme", issued.token(), now()).await), "accepted");
    assert_eq!(code(redeem(VERIFIER).await), "session.code_used");
    assert_eq!(code(sessions.verify("acme", issued.token(), now()).await), "session.revoked");
    assert_eq!(code(sessions.hand_over(&issued, &challenge, FRONT_END, now()).await), "session.revoked");
}

#[tokio::test]
async fn a_session_that_is_revoked_meanwhile_is_not_handed_over() {
    let sessions = sessions(&MemoryStore::default()).redirect_uris([FRONT_END]).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    for revoked in [false, true] {
        let issued = sessions.issue(&NewSession::new("u", "acme", "c"), now()).unwrap();
        let handed = sessions.hand_over(&issued, &challenge, FRONT_END, now()).await.unwrap();
        if revoked {
            sessions.revoke_session(issued.session_id(), now()).await.unwrap();
        }
        let expected = if revoked { "session.revoked" } else { "accepted" };
        let redeemed = sessions.redeem(handed.code(), VERIFIER, FRONT_END, now()).await;
        assert_eq!(code(redeemed), expected);
    }
}

#[tokio::test]
async fn a_session_is_handed_over_to_listed_addresses_only() {
    let sessions = || sessions(&MemoryStore::default());
    let issued = settings().session_issuer().issue(&NewSession::new("u", "acme", "c"), now()).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let listed = sessions().redirect_uris([FRONT_END]).unwrap();
    let hand = async |sessions: &Sessions, uri: &str| {
        code(sessions.hand_over(&issued, &challenge, uri, now()).await)
    };
    assert_eq!(hand(&listed, FRONT_END).await, "accepted");
    assert_eq!(hand(&sessions(), FRONT_END).await, "session.redirect_uri");
    for uri in [
        "https://www.acme.test/signed-in/",
        "https://www.acme.test/signed-in?next=https://evil.test",
        "https://www.acme.test.evil.test/signed-in",
        "https://WWW.acme.test/signed-in",
        "",
    ] {
        assert_eq!(hand(&listed, uri).await, "session.redirect_uri", "{uri}");
    }
    for wrong in [
        "http://www.acme.test/",
        "javascript:alert(1)",
        "/signed-in",
        "https://a:b@www.acme.test/",
        "",
        " https://www.acme.test/",
        "https://www.acme.test/\u{a0}",
        "https://www.acme.test/\tin",
        "https://www.acme.test/\u{85}",
        "https://www.acme.test\\@evil.test/",
        // Which a browser reads as another URL.
        "https://ac\u{ad}me.test/in",
        "https://www\u{3002}acme.test/in",
        "https://www.acme.test/a/../in",
        "https:www.acme.test/in",
        "https://WWW.acme.test/in",
        "https://www.acme.test",
        // Two codes would be there.
        "https://www.acme.test/in?code=planted",
        "https://www.acme.test/in?a=1&%63ode=planted",
    ] {
        let error = sessions().redirect_uris([wrong]).err().unwrap();
        assert_eq!(error.code(), "config.redirect_uri", "{wrong}");
    }
    assert!(sessions().redirect_uris(["http://localhost:5173/in", "https://www.acme.test/in?a=1"]).is_ok());
}

#[tokio::test]
async fn a_code_is_redeemed_once_whatever_the_clocks_say() {
    let sessions = sessions(&MemoryStore::default()).redirect_uris([FRONT_END]).unwrap();
    let issued = settings().session_issuer().issue(&NewSession::new("u", "acme", "c"), now()).unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    // The machine that made the code is ahead, so that it lives longer by the clocks of the others.
    let ahead = now() + Duration::from_secs(200);
    let handed = sessions.hand_over(&issued, &challenge, FRONT_END, ahead).await.unwrap();
    let redeem = async |at: SystemTime| code(sessions.redeem(handed.code(), VERIFIER, FRONT_END, at).await);
    assert_eq!(redeem(now()).await, "accepted");
    // The second time revokes the session, also after the code's end: somebody has a copy of it.
    assert_eq!(redeem(now() + Duration::from_secs(260)).await, "session.code_used");
    for seconds in [61, 200, 259, 260] {
        assert_eq!(redeem(now() + Duration::from_secs(seconds)).await, "session.revoked", "{seconds}");
    }
    // One that nobody has redeemed is merely over, however often it comes.
    let issued = sessions.issue(&NewSession::new("u", "acme", "c"), now()).unwrap();
    let handed = sessions.hand_over(&issued, &challenge, FRONT_END, now()).await.unwrap();
    let late = sessions.redeem(handed.code(), VERIFIER, FRONT_END, now() + MINUTE).await;
    assert_eq!(code(late), "session.code_expired");
    let again = sessions.redeem(handed.code(), VERIFIER, FRONT_END, now() + MINUTE).await;
    assert_eq!(code(again), "session.code_expired");
    assert_eq!(code(sessions.verify("acme", issued.token(), now() + MINUTE).await), "accepted");
}

#[test]
fn sessions_that_would_be_refused_are_not_set_up() {
    let store = MemoryStore::default;
    let with = |issuer: SessionIssuer, verifier: SessionVerifier| {
        Sessions::with(&settings(), issuer, verifier, store()).map_or_else(|error| error.code(), |_| "ready")
    };
    let (site, other) = (settings().site_url().to_owned(), "https://other.acme.test");
    let key = || SessionKey::from_auth_secret(&AuthSecret::from_base64(&crate::SECRET).unwrap());
    let former = || SessionKey::from_auth_secret(&AuthSecret::from_base64(&crate::FORMER_SECRET).unwrap());
    let issuer = |key: SessionKey, audience: &str| SessionIssuer::new(key, &site, audience);
    let verifier = |key: SessionKey, audience: &str| SessionVerifier::new([key], &site, audience).unwrap();
    assert_eq!(with(issuer(key(), &site), verifier(key(), &site)), "ready");
    assert_eq!(with(issuer(key(), other), verifier(key(), other)), "ready");
    for (issuer, verifier) in [
        (issuer(key(), &site), verifier(key(), other)),
        (issuer(key(), &site), verifier(former(), &site)),
        (issuer(key(), &site).lifetime(Duration::ZERO), verifier(key(), &site)),
    ] {
        assert_eq!(with(issuer, verifier), "config.session_keys");
    }
}

#[tokio::test]
async fn what_was_revoked_stays_so_as_long_as_any_token_lives() {
    let store = MemoryStore::default();
    let month = Duration::from_secs(30 * 24 * 3600);
    let long = settings().session_issuer().lifetime(month);
    let issue = |user: &str| long.issue(&NewSession::new(user, "acme", "c-1"), now()).unwrap();
    let (first, second) = (issue("user-1"), issue("user-2"));
    // Another deployment of the service issues shorter ones by now.
    let short = settings().session_issuer().lifetime(MINUTE).longest_session(MINUTE);
    let verifier = settings().session_verifier().unwrap();
    let sessions = Sessions::with(&settings(), short, verifier, store).unwrap();
    sessions.revoke_user("acme", "user-1", now() + MINUTE).await.unwrap();
    sessions.revoke_session(second.session_id(), now() + MINUTE).await.unwrap();
    for at in [now() + MINUTE, now() + month / 2, now() + month - MINUTE] {
        assert_eq!(code(sessions.verify("acme", first.token(), at).await), "session.revoked");
        assert_eq!(code(sessions.verify("acme", second.token(), at).await), "session.revoked");
    }
}

#[tokio::test]
async fn a_logout_is_remembered_as_long_as_its_session_could_live() {
    let store = MemoryStore::with_capacity(512);
    let sessions = sessions(&store);
    let day = Duration::from_secs(24 * 3600);
    for round in 0..10 {
        let at = now() + day * 10 * round;
        let token = token("acme", "c-1", "user-1", at);
        sessions.log_out("acme", &token, at).await.unwrap();
        assert_eq!(code(sessions.verify("acme", &token, at + HOUR).await), "session.revoked");
    }
}

#[tokio::test]
async fn what_is_under_way_survives_a_change_of_the_secret() {
    let before = Settings::new("https://app.acme.test", &crate::FORMER_SECRET).unwrap();
    let after = settings().former_secret(&crate::FORMER_SECRET).unwrap();
    let store = MemoryStore::default();
    let connection = acme();
    let world = World::new(connection.clone());
    let start = SingleSignOn::new(&before, store.clone()).unwrap();
    let start = start.begin_login(&connection, &LoginRequest::default(), now()).unwrap();
    let (saml_response, relay_state) = world.answer(&start);
    let form = LoginForm { saml_response: &saml_response, relay_state: Some(&relay_state) };
    let finish = async |settings: &Settings| {
        let sso = SingleSignOn::new(settings, store.clone()).unwrap();
        sso.finish_login(&connection, form, &Cookies::new([cookies(&start)]), now())
            .await
            .map_err(|error| error.code())
    };
    assert_eq!(finish(&settings()).await.unwrap_err(), "binding.state");
    let login = finish(&after).await.unwrap();

    let listed = |settings: &Settings| {
        Sessions::new(settings, store.clone()).unwrap().redirect_uris([FRONT_END]).unwrap()
    };
    let issued = listed(&before).begin(login, "user-1", now()).await.unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let handed = listed(&before).hand_over(&issued, &challenge, FRONT_END, now()).await.unwrap();
    let redeem = async |settings: &Settings, verifier: &str, at: SystemTime| {
        code(listed(settings).redeem(handed.code(), verifier, FRONT_END, at).await)
    };
    assert_eq!(redeem(&settings(), VERIFIER, now()).await, "session.code");
    assert_eq!(redeem(&after, &"a".repeat(43), now()).await, "session.pkce_mismatch");
    assert_eq!(redeem(&after, VERIFIER, now()).await, "accepted");
    assert_eq!(redeem(&after, VERIFIER, now() + MINUTE).await, "session.code_used");
}

/// Instances of a service are restarted one after the other, so that two configurations run side by side at
/// each step.
#[tokio::test]
async fn a_secret_is_accepted_everywhere_before_it_is_used() {
    let of = |present: &str, accepted: &[&str]| {
        let settings = Settings::new("https://app.acme.test", present).unwrap();
        accepted.iter().fold(settings, |settings, secret| settings.former_secret(secret).unwrap())
    };
    let (old, new) = (crate::FORMER_SECRET.as_str(), crate::SECRET.as_str());
    let steps = [of(old, &[]), of(old, &[new]), of(new, &[old]), of(new, &[])];
    for pair in steps.windows(2) {
        for (first, second) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            assert_eq!(begun_here_used_there(first, second).await, Ok(()));
        }
    }
    // A secret that is used at once is not known to the instances that are yet to be restarted.
    let (before, after) = (of(old, &[]), of(new, &[old]));
    assert_eq!(begun_here_used_there(&before, &after).await, Ok(()));
    assert_eq!(begun_here_used_there(&after, &before).await, Err("binding.state"));
}

/// What one instance begins, another one goes on with: a login, its session, a code, a stored private key.
async fn begun_here_used_there(here: &Settings, there: &Settings) -> Result<(), &'static str> {
    let (store, admin) = (MemoryStore::default(), Actor::user("admin-1"));
    let connections = Connections::new(here, store.clone());
    let edit = Edit::new()
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .decryption_key(keys::SERVICE_KEY)
        .accept_any_email_domain(true);
    let id = connections.of("acme").create(&admin, now()).await.unwrap().id().to_owned();
    connections.of("acme").edit(&id, &edit, &admin, now()).await.unwrap();
    connections.of("acme").enable(&id, &admin, now()).await.unwrap();
    let connection = connections.active(&id).await.unwrap();

    let begun = SingleSignOn::new(here, store.clone()).unwrap();
    let start = begun.begin_login(&connection, &LoginRequest::default(), now()).unwrap();
    let world = World::new(connection.clone());
    let (saml_response, relay_state) = world.answer(&start);
    let form = LoginForm { saml_response: &saml_response, relay_state: Some(&relay_state) };
    let finishing = SingleSignOn::new(there, store.clone()).unwrap();
    let cookies = Cookies::new([cookies(&start)]);
    let login = finishing.finish_login(&connection, form, &cookies, now()).await;
    let login = login.map_err(|error| error.code())?;

    let sessions = |settings: &Settings| {
        Sessions::new(settings, store.clone()).unwrap().redirect_uris([FRONT_END]).unwrap()
    };
    let session = connections.complete_login(login, "user-1", &sessions(here), now()).await.unwrap();
    let challenge = CodeChallenge::new(CHALLENGE).unwrap();
    let handed = sessions(here).hand_over(&session, &challenge, FRONT_END, now()).await.unwrap();
    let token = sessions(there).redeem(handed.code(), VERIFIER, FRONT_END, now()).await;
    let token = token.map_err(|refusal| refusal.code())?;
    let elsewhere = Connections::new(there, store.clone());
    let refreshed = elsewhere.refresh(&sessions(there), "acme", &token, now()).await;
    refreshed.map_err(|refusal| refusal.code())?;
    elsewhere.active(&id).await.map_err(|refusal| refusal.code())?;
    Ok(())
}

#[tokio::test]
async fn connections_of_the_same_name_are_revoked_apart() {
    let store = MemoryStore::default();
    let sessions = sessions(&store);
    let password = |organization: &str| NewSession::new("user-1", organization, "password");
    let acme = sessions.issue(&password("acme"), now()).unwrap();
    let other = sessions.issue(&password("other"), now()).unwrap();
    sessions.revoke_connection("acme", "password", now() + MINUTE).await.unwrap();
    assert_eq!(code(sessions.verify("acme", acme.token(), now() + HOUR).await), "session.revoked");
    assert_eq!(code(sessions.verify("other", other.token(), now() + HOUR).await), "accepted");
}

#[tokio::test]
async fn a_token_that_continues_a_revoked_session_is_no_newer_than_it() {
    let store = MemoryStore::default();
    let sessions = sessions(&store);
    let first = token("acme", "c-1", "user-1", now());
    // Refreshed on one machine while the user is revoked on another.
    let second = sessions.refresh("acme", &first, now() + 2 * MINUTE).await.unwrap();
    sessions.revoke_user("acme", "user-1", now() + MINUTE).await.unwrap();
    assert_eq!(code(sessions.verify("acme", second.token(), now() + 3 * MINUTE).await), "session.revoked");
}

#[tokio::test]
async fn a_login_without_a_front_end_elsewhere_has_no_challenge() {
    let login = login(acme()).await;
    assert_eq!(login.code_challenge(), None);
    assert_eq!(login.return_to(), Some("/dashboard"));
    assert_eq!((login.organization(), login.revision()), ("acme", 0));
}

/// An organization that enforces its connection.
struct Enforced {
    store: MemoryStore,
    connections: Connections,
    id: String,
    since: SystemTime,
}

impl Enforced {
    async fn new(break_glass: BreakGlass, earlier: EarlierSessions) -> Self {
        let store = MemoryStore::default();
        let page = sso_store_tests::LoginPage::new(&store);
        let (admin, connections) = (Actor::user("admin-1"), Connections::new(&settings(), store.clone()));
        let id = connections.of("acme").create(&admin, now()).await.unwrap().id().to_owned();
        let edit = Edit::new()
            .idp_url(IDP_URL)
            .idp_entity_id(IDP)
            .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
            .accept_any_email_domain(true);
        connections.of("acme").edit(&id, &edit, &admin, now()).await.unwrap();
        connections.of("acme").enable(&id, &admin, now()).await.unwrap();
        let connection = connections.active(&id).await.unwrap();
        let answer = page.answer(&connection, &idp(), &user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        connections.complete_login(login, "user-1", &page.sessions, now()).await.unwrap();
        // Within a second, which sessions do not know of.
        let since = now() + HOUR + Duration::from_millis(900);
        connections.of("acme").enforce(&id, &break_glass, earlier, &admin, since).await.unwrap();
        Self { store, connections, id, since }
    }

    /// As if the organization had proved the domain.
    async fn prove(&self, domain: &str) {
        let claim = self.store.claim_domain(domain, "acme", &[]).await.unwrap();
        assert_eq!(claim, DomainClaim::Claimed);
    }

    async fn access(&self, organization: &str, connection: &str, user: &str, at: SystemTime) -> Access {
        self.connections.of("acme").enforcement().await.unwrap().session(&session(
            organization,
            connection,
            user,
            at,
        ))
    }
}

/// As a login through the connection begins it, since it was enabled for the first time.
fn session(organization: &str, connection: &str, user: &str, at: SystemTime) -> VerifiedSession {
    let new = NewSession::new(user, organization, connection).activation(1);
    let token = settings().session_issuer().issue(&new, at).unwrap().token().to_owned();
    settings().session_verifier().unwrap().verify_for(organization, &token, at).unwrap()
}

fn reason(access: &Access) -> SsoReason {
    match access {
        Access::SsoRequired(required) => required.reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_organizations_own_connection_satisfies() {
    let it = Enforced::new(BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::End).await;
    let after = it.since + MINUTE;
    assert_eq!(it.access("acme", &it.id, "user-2", after).await, Access::Allowed);
    // A login by SAML too, but through another identity provider.
    assert_eq!(reason(&it.access("acme", "another", "user-2", after).await), SsoReason::OtherConnection);
    assert_eq!(it.access("other", &it.id, "user-2", after).await, Access::OtherOrganization);
    // Where nothing is enforced, every session of the organization is good, and no other.
    let none = it.connections.of("other").enforcement().await.unwrap();
    assert!(!none.is_enforced());
    assert_eq!(none.session(&session("other", "any", "user-2", after)), Access::Allowed);
    assert_eq!(none.session(&session("acme", &it.id, "user-2", after)), Access::OtherOrganization);
}

#[tokio::test]
async fn a_session_that_merely_names_a_connection_is_not_one_of_it() {
    let it = Enforced::new(BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::End).await;
    let (at, sessions) = (it.since + MINUTE, sessions(&MemoryStore::default()));
    let enforcement = it.connections.of("acme").enforcement().await.unwrap();
    for (activation, is_of_it) in [(None, false), (Some(0), false), (Some(2), false), (Some(1), true)] {
        let new = NewSession::new("user-2", "acme", &it.id).idp_key("key").email_verified(true);
        let new = activation.map_or_else(|| new.clone(), |number| new.clone().activation(number));
        let issued = sessions.issue(&new, at).unwrap();
        let session = sessions.verify("acme", issued.token(), at).await.unwrap();
        assert_eq!(enforcement.session(&session) == Access::Allowed, is_of_it, "{activation:?}");
        let refreshed = it.connections.refresh(&sessions, "acme", issued.token(), at).await;
        let expected = if is_of_it { "accepted" } else { "session.withdrawn" };
        assert_eq!(code(refreshed), expected, "{activation:?}");
    }
    // Nor is one of another organization, whose connection has the same ID in its token.
    let new = NewSession::new("user-2", "other", &it.id).idp_key("key").activation(1);
    let issued = sessions.issue(&new, at).unwrap();
    let refreshed = it.connections.refresh(&sessions, "other", issued.token(), at).await;
    assert_eq!(code(refreshed), "session.withdrawn");
    // Another way in has no stored connection, and goes on.
    let issued = sessions.issue(&NewSession::new("user-2", "acme", "password"), at).unwrap();
    assert_eq!(code(it.connections.refresh(&sessions, "acme", issued.token(), at).await), "accepted");
}

#[tokio::test]
async fn an_unverified_address_goes_on_only_where_any_is_accepted() {
    let it = Enforced::new(BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::GoOn).await;
    let (at, sessions) = (it.since + MINUTE, sessions(&MemoryStore::default()));
    let new = NewSession::new("user-2", "acme", &it.id).idp_key("key").activation(1).email_verified(false);
    let refresh = async || {
        let issued = sessions.issue(&new, at).unwrap();
        code(it.connections.refresh(&sessions, "acme", issued.token(), at).await)
    };
    assert_eq!(refresh().await, "accepted");
    it.prove("acme.test").await;
    let strict = Edit::new().accept_any_email_domain(false).accept_end_of_enforcement();
    it.connections.of("acme").edit(&it.id, &strict, &Actor::user("admin-1"), at).await.unwrap();
    assert_eq!(refresh().await, "session.withdrawn");
}

#[tokio::test]
async fn sessions_from_before_go_on_or_end() {
    let it = Enforced::new(BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::End).await;
    assert_eq!(reason(&it.access("acme", &it.id, "user-2", it.since - MINUTE).await), SsoReason::Earlier);
    assert_eq!(it.access("acme", &it.id, "user-2", it.since).await, Access::Allowed);
    // A token that continues one from before is from before.
    let earlier = session("acme", &it.id, "user-2", it.since - MINUTE);
    let refreshed = settings().session_issuer().refresh(&earlier, it.since + MINUTE).unwrap();
    let verifier = settings().session_verifier().unwrap();
    let refreshed = verifier.verify_for("acme", refreshed.token(), it.since + MINUTE).unwrap();
    let enforcement = it.connections.of("acme").enforcement().await.unwrap();
    assert_eq!(reason(&enforcement.session(&refreshed)), SsoReason::Earlier);
    let it = Enforced::new(BreakGlass::NobodyEvenIfLockedOut, EarlierSessions::GoOn).await;
    assert_eq!(it.access("acme", &it.id, "user-2", it.since - MINUTE).await, Access::Allowed);
    assert_eq!(
        reason(&it.access("acme", "other", "user-2", it.since - MINUTE).await),
        SsoReason::OtherConnection
    );
}

#[tokio::test]
async fn breaking_the_glass_is_for_those_who_were_named() {
    let named = BreakGlass::Accounts(vec!["admin-1".to_owned(), " ".to_owned(), "admin-1".to_owned()]);
    let it = Enforced::new(named, EarlierSessions::End).await;
    let other_way = async |user: &str| {
        it.connections.of("acme").other_way_in(user, "api-key", it.since + MINUTE).await.unwrap()
    };
    assert_eq!(other_way("admin-1").await, Access::BreakGlass);
    for user in ["admin-2", "Admin-1", "", " "] {
        assert_eq!(reason(&other_way(user).await), SsoReason::OtherWay, "{user:?}");
    }
    // By a session that was begun as such, and not by another one of the same account.
    let (after, enforcement) = (it.since + MINUTE, it.connections.of("acme").enforcement().await.unwrap());
    let broken = |connection: &str, user: &str, at: SystemTime| {
        let new = NewSession::new(user, "acme", connection).break_glass();
        let token = settings().session_issuer().issue(&new, at).unwrap();
        let session = settings().session_verifier().unwrap().verify_for("acme", token.token(), at).unwrap();
        enforcement.session(&session)
    };
    assert_eq!(broken("password", "admin-1", after), Access::BreakGlass);
    assert_eq!(reason(&broken("password", "admin-2", after)), SsoReason::OtherConnection);
    assert_eq!(reason(&broken("password", "admin-1", it.since - MINUTE)), SsoReason::OtherConnection);
    assert_eq!(reason(&it.access("acme", "password", "admin-1", after).await), SsoReason::OtherConnection);
    // A login through the connection is one like any other.
    assert_eq!(it.access("acme", &it.id, "admin-1", after).await, Access::Allowed);
    assert_eq!(reason(&it.access("acme", &it.id, "admin-1", it.since - MINUTE).await), SsoReason::Earlier);
    let record = it.connections.of("acme").record(&it.id).await.unwrap();
    assert_eq!(record.break_glass(), ["admin-1"]);

    // Taking the last one away has to be said.
    let admin = Actor::user("admin-1");
    let set = async |break_glass: BreakGlass| {
        it.connections.of("acme").set_break_glass(&it.id, &break_glass, &admin, it.since + MINUTE).await
    };
    let refusal = set(BreakGlass::Accounts(vec![String::new()])).await.unwrap_err();
    assert_eq!(refusal.code(), "config.no_break_glass");
    assert_eq!(other_way("admin-1").await, Access::BreakGlass);
    set(BreakGlass::NobodyEvenIfLockedOut).await.unwrap();
    assert_eq!(reason(&other_way("admin-1").await), SsoReason::OtherWay);
}

#[tokio::test]
async fn nobody_is_linked_by_an_address_unless_all_is_sure() {
    let verified = login(acme()).await;
    let member = SameEmail {
        user: "user-1".to_owned(),
        email_is_verified: true,
        is_member: true,
        has_account: false,
        is_deactivated: false,
    };
    let refused = Provisioning::Refuse(ProvisioningRefusal::EmailInUse);
    let default = JustInTime::default();
    let creates = Provisioning::Create { claims_email: true };
    assert_eq!(default.decide(&verified, None), creates);
    assert_eq!(default.decide(&verified, Some(&member)), refused);
    let linking = default.link_members_by_verified_email();
    assert_eq!(linking.decide(&verified, Some(&member)), Provisioning::Link { user: "user-1".to_owned() });
    for user in
        [SameEmail { is_member: false, ..member.clone() }, SameEmail { has_account: true, ..member.clone() }]
    {
        assert_eq!(linking.decide(&verified, Some(&user)), refused, "{user:?}");
    }
    // Nobody who was deactivated comes back by logging in.
    let gone = SameEmail { is_deactivated: true, ..member.clone() };
    let deactivated = Provisioning::Refuse(ProvisioningRefusal::Deactivated);
    assert_eq!(linking.decide(&verified, Some(&gone)), deactivated);
    assert_eq!(default.decide(&verified, Some(&gone)), deactivated);
    let invited = default.without_creating();
    assert_eq!(invited.decide(&verified, None), Provisioning::Refuse(ProvisioningRefusal::NoUser));
    for refusal in
        [ProvisioningRefusal::NoUser, ProvisioningRefusal::EmailInUse, ProvisioningRefusal::Deactivated]
    {
        assert!(!refusal.hint().is_empty());
    }
}

#[tokio::test]
async fn an_unverified_address_neither_blocks_nor_claims_nor_links() {
    let (verified, unverified) = (login(acme()).await, login(any_domain()).await);
    assert_eq!((verified.verified_email(), unverified.verified_email()), (Some("bjensen@acme.test"), None));
    assert_eq!(unverified.profile().email(), "bjensen@acme.test");
    let owner = SameEmail {
        user: "user-1".to_owned(),
        email_is_verified: true,
        is_member: true,
        has_account: false,
        is_deactivated: false,
    };
    let squatter = SameEmail { email_is_verified: false, ..owner.clone() };
    let policy = JustInTime::default().link_members_by_verified_email();
    let unclaimed = Provisioning::Create { claims_email: false };
    // Whoever asserts an address without proof gets a user without it, whoever else has it.
    for other in
        [None, Some(&owner), Some(&squatter), Some(&SameEmail { is_deactivated: true, ..owner.clone() })]
    {
        assert_eq!(policy.decide(&unverified, other), unclaimed, "{other:?}");
    }
    // The owner of the address is not in the way of one who has merely asserted it, even as a member or
    // deactivated.
    for other in [
        squatter.clone(),
        SameEmail { is_deactivated: true, ..squatter.clone() },
        SameEmail { has_account: true, is_member: false, ..squatter },
    ] {
        let decision = policy.decide(&verified, Some(&other));
        assert_eq!(decision, Provisioning::Create { claims_email: true }, "{other:?}");
    }
    let invited = policy.without_creating();
    assert_eq!(invited.decide(&unverified, Some(&owner)), Provisioning::Refuse(ProvisioningRefusal::NoUser));
}

#[test]
fn groups_give_the_roles_of_the_list_and_no_others() {
    let map = RoleMap::default()
        .grant("Engineering", "developer")
        .grant("Engineering", "reader")
        .grant("Support", "reader");
    let changes = |groups: Option<&[&str]>, present: &[&str]| {
        let groups: Option<Vec<String>> =
            groups.map(|groups| groups.iter().map(ToString::to_string).collect());
        let changes = map.changes(groups.as_deref(), present.iter().copied());
        (changes.add, changes.remove)
    };
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let none = || texts(&[]);
    assert_eq!(changes(Some(&["Engineering"]), &[]), (texts(&["developer", "reader"]), none()));
    assert_eq!(changes(Some(&["Support"]), &["developer", "reader"]), (none(), texts(&["developer"])));
    // A group that is not on the list gives nothing, however it is named; what was given by hand stays.
    assert_eq!(changes(Some(&["admin", "engineering"]), &["owner"]), (none(), none()));
    assert_eq!(changes(Some(&[]), &["reader", "owner"]), (none(), texts(&["reader"])));
    // JumpCloud sent no groups at all.
    assert_eq!(changes(None, &["reader"]), (none(), none()));
}
