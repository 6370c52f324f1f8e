use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_encryption::EncryptOptions;
use jumpcloud_sso::parts::saml_protocol::{MessageField, RedirectMessage};
use jumpcloud_sso::{
    Certificate, Connection, Cookies, Diagnose, Hint, Login, LoginError, LoginForm, LoginRequest, LoginStart,
    MemoryStore, PostedForm, Sessions, SingleSignOn, Stage,
};
use jumpcloud_sso_testkit::{JumpCloud, ResponseBuilder, User, data, keys};

use crate::{World, acme, builder, cookies, idp, now, request, settings, user};

fn sessions() -> Sessions {
    Sessions::new(&settings(), MemoryStore::default()).unwrap()
}

#[tokio::test]
async fn a_login_from_its_beginning_to_its_session() {
    let world = World::new(acme());
    let start = world.begin();
    assert_eq!(start.redirect_url().host_str(), Some("sso.jumpcloud.com"));
    assert_eq!(request(&start).issuer(), "https://app.acme.test/sso/saml2/acme-1");
    let login = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap();
    assert_eq!(login.profile().email(), "bjensen@acme.test");
    assert_eq!(login.profile().groups().unwrap(), ["Engineering"]);
    assert_eq!(login.return_to(), Some("/dashboard"));
    assert_eq!(
        login.account().to_string(),
        "acme-1:53:urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified:-:-:17:BJensen@acme.test"
    );
    assert_eq!(login.warnings(), []);
    let token = sessions().begin(login, "user-1", now()).await.unwrap();
    let session = settings().session_verifier().unwrap().verify_for("acme", token.token(), now()).unwrap();
    assert_eq!((session.subject(), session.connection()), ("user-1", "acme-1"));
    assert_eq!((session.given_name(), session.family_name()), (Some("Barbara"), Some("Jensen")));
    assert_eq!(session.authenticated_at(), Some(now()));
}

#[test]
fn the_cookie_is_out_of_reach_for_others() {
    let start = World::new(acme()).begin();
    let cookie = start.set_cookie();
    assert!(cookie.starts_with("__Host-sso-"), "{cookie}");
    for attribute in ["; Path=/;", "; Secure", "; HttpOnly", "; SameSite=None", "; Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(!cookie.contains(request(&start).id()), "the request's ID is sealed");
    assert!(!format!("{start:?}").contains(cookie.split('=').nth(1).unwrap()));
}

#[tokio::test]
async fn the_cookie_is_taken_away_again() {
    let world = World::new(acme());
    let start = world.begin();
    let login = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap();
    let name = start.set_cookie().split('=').next().unwrap().to_owned();
    assert!(login.clear_cookie().unwrap().starts_with(&format!("{name}=; Path=/; Max-Age=0;")));
}

#[tokio::test]
async fn nothing_is_accepted_twice() {
    let world = World::new(acme());
    let start = world.begin();
    let answer = world.answer(&start);
    let cookies = cookies(&start);
    assert!(world.finish(&answer, Some(&cookies), now()).await.is_ok());
    let again = world.finish(&answer, Some(&cookies), now()).await.unwrap_err();
    assert_eq!(again.code(), "replay.assertion");
    // A second assertion for the same request is no better.
    let second = world.answer(&start);
    assert_eq!(world.finish(&second, Some(&cookies), now()).await.unwrap_err().code(), "replay.request");
}

#[tokio::test]
async fn a_request_is_answered_once_as_long_as_its_cookie_lives() {
    let world = World::new(acme());
    let start = world.begin();
    let request = request(&start);
    let answer = async |at: SystemTime| {
        let idp = idp();
        let audience = world.connection.service_provider().entity_id();
        let response =
            idp.response(request.acs_url(), audience, at).user(&user()).in_response_to(request.id());
        let answer = (STANDARD.encode(response.build().unwrap()), request.relay_state().unwrap().to_owned());
        world
            .finish(&answer, Some(&cookies(&start)), at)
            .await
            .map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(answer(now()).await, "accepted");
    for seconds in [1, 299, 301, 599] {
        let at = now() + Duration::from_secs(seconds);
        assert_eq!(answer(at).await, "replay.request", "{seconds}");
    }
    assert_eq!(answer(now() + Duration::from_secs(600)).await, "binding.state");
}

#[test]
fn forms_and_cookies_are_not_shown() {
    let form = PostedForm::parse(b"SAMLResponse=c2VjcmV0&RelayState=secret").unwrap();
    let start = World::new(acme()).begin();
    let shown = format!("{form:?} {:?} {start:?}", form.as_form());
    assert_eq!(
        shown,
        "LoginForm { saml_response: 8, .. } LoginForm { saml_response: 8, .. } LoginStart { cookie: \"redacted\", .. }"
    );
}

#[tokio::test]
async fn a_failed_attempt_uses_nothing_up() {
    let connection =
        builder("acme-1", "acme").attributes(jumpcloud_sso::AttributeMap::default().first_name("nick"));
    let (strict, world) = (World::new(connection.build().unwrap()), World::new(acme()));
    let start = world.begin();
    let answer = world.answer(&start);
    let form = LoginForm { saml_response: &answer.0, relay_state: Some(&answer.1) };
    let cookies = cookies(&start);
    let refused =
        world.sso.finish_login(&strict.connection, form, &Cookies::new([&cookies]), now()).await.unwrap_err();
    assert_eq!(refused.code(), "attribute.missing");
    assert!(world.finish(&answer, Some(&cookies), now()).await.is_ok());
}

#[tokio::test]
async fn a_login_belongs_to_the_browser_that_began_it() {
    let world = World::new(acme());
    let (victim, attacker) = (world.begin(), world.begin());
    let answer = world.answer(&attacker);
    for cookies in
        [None, Some(String::new()), Some(cookies(&victim)), Some(cookies(&attacker).replace('=', "=A"))]
    {
        let error = world.finish(&answer, cookies.as_deref(), now()).await.unwrap_err();
        assert_eq!(error.code(), "binding.state", "{cookies:?}");
    }
    // Nor does it help to leave RelayState out, or to name another login.
    for relay_state in [None, Some("https://app.acme.test/"), Some("0.0123456789abcdef")] {
        for cookies in [None, Some(cookies(&victim))] {
            let form = LoginForm { saml_response: &answer.0, relay_state };
            let login = world
                .sso
                .finish_login(&world.connection, form, &Cookies::new(cookies.as_deref()), now())
                .await;
            assert_eq!(login.unwrap_err().code(), "binding.state", "{relay_state:?} {cookies:?}");
        }
    }
    assert!(world.finish(&answer, Some(&cookies(&attacker)), now()).await.is_ok());
}

#[tokio::test]
async fn relay_state_need_not_come_back() {
    for relay_state in [None, Some(""), Some("https://app.acme.test/"), Some("/a default of JumpCloud's")] {
        let world = World::new(acme());
        let other = world.begin();
        let start = world.begin_beside(&[&other]);
        let both = format!("{}; {}", cookies(&other), cookies(&start));
        let answer = world.answer(&start);
        let form = LoginForm { saml_response: &answer.0, relay_state };
        let login =
            world.sso.finish_login(&world.connection, form, &Cookies::new([&both]), now()).await.unwrap();
        assert_eq!(login.return_to(), Some("/dashboard"), "{relay_state:?}");
        assert!(start.set_cookie().starts_with(login.clear_cookie().unwrap().split('=').next().unwrap()));
        let again =
            world.sso.finish_login(&world.connection, form, &Cookies::new([&both]), now()).await.unwrap_err();
        assert_eq!(again.code(), "replay.assertion");
    }
}

/// A login whose answer is varied.
async fn varied(
    connection: Connection,
    vary: impl FnOnce(ResponseBuilder<'_>) -> ResponseBuilder<'_>,
    at: SystemTime,
) -> Result<Login, LoginError> {
    let world = World::new(connection);
    let (start, idp) = (world.begin(), idp());
    let request = request(&start);
    let audience = world.connection.service_provider().entity_id();
    let response =
        idp.response(request.acs_url(), audience, now()).user(&user()).in_response_to(request.id());
    let answer =
        (STANDARD.encode(vary(response).build().unwrap()), request.relay_state().unwrap().to_owned());
    world.finish(&answer, Some(&cookies(&start)), at).await
}

#[tokio::test]
async fn no_session_lives_longer_than_jumpcloud_says() {
    let end = now() + Duration::from_secs(1800);
    let login = varied(acme(), |response| response.session_not_on_or_after(end), now()).await.unwrap();
    let issued = sessions().begin(login, "user-1", now()).await.unwrap();
    assert_eq!(issued.expires_at(), end);
    let verified = settings().session_verifier().unwrap().verify_for("acme", issued.token(), now()).unwrap();
    assert_eq!(verified.ends_at(), end);
    let login = varied(acme(), |response| response, now()).await.unwrap();
    let issued = sessions().begin(login, "user-1", now()).await.unwrap();
    assert!(issued.expires_at() > end);
}

#[tokio::test]
async fn a_login_that_can_have_no_session_is_refused_and_uses_nothing_up() {
    let refused = |end: SystemTime, at: SystemTime| {
        varied(acme(), move |response| response.session_not_on_or_after(end), at)
    };
    // Within the tolerance for clocks, but over: no session could begin.
    for end in [now(), now() - Duration::from_secs(59)] {
        assert_eq!(refused(end, now()).await.unwrap_err().code(), "assertion.session_expired");
    }
    // Sessions have whole seconds.
    let at = now() + Duration::from_millis(100);
    assert_eq!(
        refused(now() + Duration::from_millis(900), at).await.unwrap_err().code(),
        "assertion.session_expired"
    );
    let login = refused(now() + Duration::from_secs(1), at).await.unwrap();
    assert!(sessions().begin(login, "user-1", at).await.is_ok());

    // Nothing was claimed: a store that is full would have said so.
    let sso = SingleSignOn::new(&settings(), crate::failing_store::down()).unwrap();
    let world = World::new(acme());
    let start = sso.begin_login(&world.connection, &LoginRequest::default(), now()).unwrap();
    let request = request(&start);
    let (idp, audience) = (idp(), world.connection.service_provider().entity_id());
    for (end, expected) in
        [(now(), "assertion.session_expired"), (now() + Duration::from_secs(60), "replay.store")]
    {
        let response = idp.response(request.acs_url(), audience, now()).user(&user());
        let response = response.in_response_to(request.id()).session_not_on_or_after(end);
        let saml_response = STANDARD.encode(response.build().unwrap());
        let form = LoginForm { saml_response: &saml_response, relay_state: request.relay_state() };
        let cookies = Cookies::new([cookies(&start)]);
        let error = sso.finish_login(&world.connection, form, &cookies, now()).await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[tokio::test]
async fn nothing_is_verified_for_a_browser_that_began_no_login() {
    let world = World::new(acme());
    let start = world.begin();
    let (_, relay_state) = world.answer(&start);
    let request = request(&start);
    let service = world.connection.service_provider();
    let stranger =
        JumpCloud::with_key(crate::IDP_URL, crate::IDP, keys::OTHER_KEY, keys::OTHER_CERTIFICATE).unwrap();
    let forged = |answers: bool| {
        let response = stranger.response(service.acs_url(), service.entity_id(), now()).user(&user());
        let response = if answers { response.in_response_to(request.id()) } else { response };
        STANDARD.encode(response.build().unwrap())
    };
    let (answer, unsolicited) = (forged(true), forged(false));
    // Nothing here can decrypt this, which is told where it is tried.
    let service_key = Certificate::parse(keys::SERVICE_CERTIFICATE.as_bytes()).unwrap();
    let idp = idp();
    let encrypted = idp.response(service.acs_url(), service.entity_id(), now()).user(&user());
    let encrypted = encrypted.in_response_to(request.id());
    let encrypted = encrypted.encrypt(service_key.public_key_der(), EncryptOptions::default());
    let encrypted = STANDARD.encode(encrypted.build().unwrap());
    let own = Cookies::new([cookies(&start)]);
    let none = Cookies::default();
    for (saml_response, relay_state, cookies, expected) in [
        (&answer, Some(relay_state.as_str()), &own, "signature.untrusted_key"),
        (&answer, None, &own, "signature.untrusted_key"),
        (&answer, Some(relay_state.as_str()), &none, "binding.state"),
        (&answer, None, &none, "binding.state"),
        (&encrypted, Some(relay_state.as_str()), &own, "encryption.no_key"),
        (&encrypted, None, &own, "encryption.no_key"),
        (&encrypted, Some(relay_state.as_str()), &none, "binding.state"),
        (&encrypted, None, &none, "binding.state"),
        (&unsolicited, None, &own, "response.unsolicited"),
        (&unsolicited, None, &none, "response.unsolicited"),
    ] {
        let form = LoginForm { saml_response, relay_state };
        let error = world.sso.finish_login(&world.connection, form, cookies, now()).await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
    // A connection that accepts logins which begin at JumpCloud has nothing else to go by.
    let open = World::new(builder("acme-1", "acme").allow_idp_initiated(true).build().unwrap());
    let form = LoginForm { saml_response: &unsolicited, relay_state: None };
    let error = open.sso.finish_login(&open.connection, form, &none, now()).await.unwrap_err();
    assert_eq!(error.code(), "signature.untrusted_key");
}

#[tokio::test]
async fn a_way_of_authentication_is_asked_for_and_required() {
    const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";
    let xml = |start: &LoginStart| {
        let query = start.redirect_url().query().unwrap();
        let message = RedirectMessage::decode(query, MessageField::Request).unwrap();
        String::from_utf8(message.unsigned_message().to_vec()).unwrap()
    };
    // What the stand-in JumpCloud says is a password over TLS.
    for (required, expected) in [
        (&[][..], "accepted"),
        (&[PASSWORD][..], "accepted"),
        (&[REFEDS_MFA, PASSWORD], "accepted"),
        (&[REFEDS_MFA], "assertion.authn_context"),
    ] {
        let connection = builder("acme-1", "acme")
            .request_authn_contexts(required.iter().copied())
            .require_authn_contexts(required.iter().copied());
        let world = World::new(connection.build().unwrap());
        let start = world.begin();
        let asked = required.iter().all(|class| xml(&start).contains(class));
        assert!(asked && xml(&start).contains("RequestedAuthnContext") != required.is_empty());
        let result = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await;
        assert_eq!(result.map_or_else(|error| error.code(), |_| "accepted"), expected, "{required:?}");
    }
}

#[tokio::test]
async fn a_diagnosis_has_at_most_16_kib() {
    let domains: Vec<_> = (0..20_000).map(|number| format!("d{number}.test")).collect();
    let connection = Connection::builder(&settings(), "acme-1", "acme")
        .unwrap()
        .idp_url(crate::IDP_URL)
        .idp_entity_id(crate::IDP)
        .certificate(keys::OWN_CERTIFICATE.as_bytes())
        .email_domains(&domains)
        .build()
        .unwrap();
    let world = World::new(connection);
    let start = world.begin();
    let error = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap_err();
    assert_eq!(error.code(), "attribute.email_domain");
    let expected = error.diagnosis().expected.unwrap();
    assert!(
        expected.starts_with("d0.test, d1.test") && expected.contains("bytes in all"),
        "{}",
        expected.len()
    );
    let whole = error.diagnosis().to_string().len();
    assert!((4096..16 * 1024).contains(&whole), "{whole}");
    // A log line quotes characters that take more room so.
    let attributes: Vec<_> = (0..60).map(|number| format!("{number}{}", "\u{301}".repeat(500))).collect();
    let names: Vec<_> = attributes.iter().map(|name| (name.as_str(), "x")).collect();
    let connection =
        builder("acme-1", "acme").attributes(jumpcloud_sso::AttributeMap::default().first_name("nick"));
    let error = varied(
        connection.build().unwrap(),
        |response| names.iter().fold(response, |response, (name, value)| response.attribute(name, &[value])),
        now(),
    );
    let error = error.await.unwrap_err();
    assert_eq!(error.code(), "attribute.missing");
    let whole = error.diagnosis().to_string().len();
    assert!((1000..16 * 1024).contains(&whole), "{whole}");
    assert!(!format!("{error:?}").contains('\u{301}'), "{error:?}");
}

#[tokio::test]
async fn a_login_whose_session_would_be_too_long_is_refused_and_uses_nothing_up() {
    let emoji = "\u{1f600}".repeat(256);
    let long = User::new("BJensen@acme.test", &emoji, &emoji);
    let challenge = jumpcloud_sso::CodeChallenge::of_verifier(&"v".repeat(43)).unwrap();
    let middle = User::new("BJensen@acme.test", &"\u{1f600}".repeat(250), &"\u{1f600}".repeat(100));
    for (user, elsewhere, expected) in [
        (&user(), true, "replay.store"),
        (&long, false, "limit.token"),
        (&middle, false, "replay.store"),
        (&middle, true, "limit.code"),
    ] {
        let (sso, connection) =
            (SingleSignOn::new(&settings(), crate::failing_store::down()).unwrap(), acme());
        let begin = LoginRequest::default();
        let begin = if elsewhere { begin.code_challenge(&challenge) } else { begin };
        let start = sso.begin_login(&connection, &begin, now()).unwrap();
        let (request, idp) = (request(&start), idp());
        let audience = connection.service_provider().entity_id();
        let response =
            idp.response(request.acs_url(), audience, now()).user(user).in_response_to(request.id());
        let saml_response = STANDARD.encode(response.build().unwrap());
        let form = LoginForm { saml_response: &saml_response, relay_state: request.relay_state() };
        let cookies = Cookies::new([cookies(&start)]);
        // A store that can keep nothing would have said so.
        let error = sso.finish_login(&connection, form, &cookies, now()).await.unwrap_err();
        assert_eq!(error.code(), expected, "{}", error.diagnosis());
    }
}

#[tokio::test]
async fn debugging_shows_no_one() {
    let world = World::new(acme());
    let start = world.begin();
    let login = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap();
    let shown = format!(
        "{:?} {login:?} {:?} {:?} {:?}",
        world.sso,
        sessions(),
        LoginRequest::new([cookies(&start)]).return_to("/dashboard"),
        Cookies::new([cookies(&start)]),
    );
    for secret in ["bjensen", "BJensen", "Barbara", "/dashboard", "__Host", start.redirect_url().as_str()] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert!(shown.contains("acme-1"), "{shown}");
}

#[tokio::test]
async fn a_connection_has_its_own_tolerance_for_clocks() {
    // JumpCloud's assertions are valid for five minutes.
    let end = now() + Duration::from_secs(300);
    for (skew, seconds, expected) in [
        (None, 59, None),
        (None, 60, Some("assertion.expired")),
        (Some(0), 0, Some("assertion.expired")),
        (Some(120), 119, None),
        (Some(120), 120, Some("assertion.expired")),
    ] {
        let builder = builder("acme-1", "acme");
        let builder = match skew {
            Some(skew) => builder.clock_skew(Duration::from_secs(skew)),
            None => builder,
        };
        let login = varied(builder.build().unwrap(), |it| it, end + Duration::from_secs(seconds)).await;
        assert_eq!(login.err().map(|error| error.code()), expected, "{skew:?} {seconds}");
    }
}

#[tokio::test]
async fn several_tabs_do_not_disturb_each_other() {
    let world = World::new(acme());
    let first = world.begin();
    let second = world.begin_beside(&[&first]);
    let both = format!("{}; {}", cookies(&first), cookies(&second));
    assert!(world.finish(&world.answer(&second), Some(&both), now()).await.is_ok());
    assert!(world.finish(&world.answer(&first), Some(&both), now()).await.is_ok());
}

#[tokio::test]
async fn the_answer_is_to_this_request() {
    let world = World::new(acme());
    let (first, second) = (world.begin(), world.begin());
    // The second login's answer with the first one's RelayState and cookie.
    let crossed = (world.answer(&second).0, world.answer(&first).1);
    let error = world.finish(&crossed, Some(&cookies(&first)), now()).await.unwrap_err();
    assert_eq!(error.code(), "response.in_response_to");
}

#[tokio::test]
async fn a_login_has_ten_minutes() {
    let world = World::new(acme());
    let start = world.begin();
    let later = now() + Duration::from_secs(600);
    let error = world.finish(&world.answer(&start), Some(&cookies(&start)), later).await.unwrap_err();
    assert_eq!(error.code(), "binding.state");
}

#[tokio::test]
async fn logins_that_begin_at_jumpcloud_have_to_be_allowed() {
    let entity_id = acme().service_provider().entity_id().to_owned();
    let acs_url = acme().service_provider().acs_url().to_owned();
    let tile = STANDARD.encode(idp().response(&acs_url, &entity_id, now()).user(&user()).build().unwrap());
    for relay_state in [None, Some(""), Some("/dashboard")] {
        let form = LoginForm { saml_response: &tile, relay_state };
        let world = World::new(acme());
        let error =
            world.sso.finish_login(&world.connection, form, &Cookies::default(), now()).await.unwrap_err();
        assert_eq!(error.code(), "response.unsolicited");
        assert!(error.diagnosis().hint.contains("Login URL"));
        let world = World::new(builder("acme-1", "acme").allow_idp_initiated(true).build().unwrap());
        let login =
            world.sso.finish_login(&world.connection, form, &Cookies::default(), now()).await.unwrap();
        assert_eq!((login.return_to(), login.clear_cookie()), (None, None));
        let again =
            world.sso.finish_login(&world.connection, form, &Cookies::default(), now()).await.unwrap_err();
        assert_eq!(again.code(), "replay.assertion");
    }
}

#[tokio::test]
async fn connections_do_not_mix() {
    // Two organizations with the same free-text IdP Entity ID, even with the same key.
    let acme = World::new(acme());
    let other = World::new(builder("other-1", "other").build().unwrap());
    let start = acme.begin();
    let answer = acme.answer(&start);
    let form = LoginForm { saml_response: &answer.0, relay_state: Some(&answer.1) };
    let error = acme
        .sso
        .finish_login(&other.connection, form, &Cookies::new([cookies(&start)]), now())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "binding.state", "the cookie is for the other connection");
    let start = other.begin();
    let form = LoginForm { saml_response: &answer.0, relay_state: Some(&other.answer(&start).1) };
    let error = acme
        .sso
        .finish_login(&other.connection, form, &Cookies::new([cookies(&start)]), now())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "response.destination");
}

#[tokio::test]
async fn paths_to_return_to_lead_to_the_service() {
    let returned = async |path: &str| {
        let world = World::new(acme());
        let request = LoginRequest::default().return_to(path);
        let start =
            world.sso.begin_login(&world.connection, &request, now()).map_err(|error| error.code())?;
        let login = world.finish(&world.answer(&start), Some(&cookies(&start)), now()).await.unwrap();
        Ok(login.return_to().unwrap_or_default().to_owned())
    };
    for (path, resolved) in [
        ("", ""),
        ("/", "/"),
        ("/a/b?c=d#e", "/a/b?c=d#e"),
        ("/%2F/evil.test", "/%2F/evil.test"),
        // As a browser resolves them.
        ("/a/./b/../c", "/a/c"),
        ("/a/%2e%2E/b", "/b"),
        ("/../../a", "/a"),
        ("/search?next=//evil.test", "/search?next=//evil.test"),
        (&format!("/{}", "a".repeat(511)), &format!("/{}", "a".repeat(511))),
    ] {
        assert_eq!(returned(path).await, Ok(resolved.to_owned()));
    }
    for path in [
        "//evil.test",
        "/\\evil.test",
        "\\evil.test",
        "https://evil.test",
        "https:evil.test",
        "javascript:alert(1)",
        "evil",
        "/a\nb",
        "/\t/evil.test",
        " /a",
        // These resolve to `//evil.test`.
        "/.//evil.test",
        "/..//evil.test",
        "/%2e//evil.test",
        "/%2E%2e//evil.test",
        "/a/..//evil.test",
        "/a/b/../..//evil.test",
        "/./%2e/.//evil.test",
        &format!("/{}", "a".repeat(512)),
        // Characters that take more room once they are escaped.
        &format!("/{}", "ü".repeat(200)),
    ] {
        assert_eq!(returned(path).await, Err("binding.return_to"), "{path:?}");
    }
}

/// The cookies of a browser that sends what it was told to set.
#[derive(Default)]
struct Browser(std::collections::BTreeMap<String, String>);

impl Browser {
    fn begin(&mut self, world: &World, at: SystemTime) -> LoginStart {
        let request = LoginRequest::new(self.header());
        let start = world.sso.begin_login(&world.connection, &request, at).unwrap();
        self.keep(&start);
        start
    }

    fn keep(&mut self, start: &LoginStart) {
        let set = start.set_cookie();
        let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn header(&self) -> [String; 1] {
        [self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")]
    }

    fn cookies(&self) -> Cookies {
        Cookies::new(self.0.iter().map(|(name, value)| format!("{name}={value}")))
    }
}

#[tokio::test]
async fn a_browser_keeps_eight_logins_and_the_oldest_gives_way() {
    let (world, mut browser) = (World::new(acme()), Browser::default());
    let starts: Vec<_> =
        (0..12).map(|minute| browser.begin(&world, now() + Duration::from_secs(minute))).collect();
    let names: Vec<_> = browser.0.keys().cloned().collect();
    assert_eq!(names, (0..8).map(|slot| format!("__Host-sso-{slot}")).collect::<Vec<_>>());
    for (index, start) in starts.iter().enumerate() {
        let (saml_response, relay_state) = world.answer(start);
        for relay_state in [Some(relay_state.as_str()), None] {
            let form = LoginForm { saml_response: &saml_response, relay_state };
            let result = world.sso.finish_login(&world.connection, form, &browser.cookies(), now()).await;
            let expected = match (index, relay_state) {
                (..4, _) => Some("binding.state"),
                (_, Some(_)) => None,
                (_, None) => Some("replay.assertion"),
            };
            assert_eq!(result.err().map(|error| error.code()), expected, "{index} {relay_state:?}");
        }
    }
    // What has expired is free again, and so is what was not sealed here.
    let mut browser = Browser::default();
    for _ in 0..8 {
        browser.begin(&world, now());
    }
    let forged = browser.0.keys().next().unwrap().clone();
    browser.0.insert(forged.clone(), "forged".to_owned());
    let start = browser.begin(&world, now());
    assert!(start.set_cookie().starts_with(&format!("{forged}=")));
}

#[tokio::test]
async fn nobody_makes_a_browser_carry_more_than_a_server_takes() {
    let longest = builder(&"c".repeat(64), "acme").build().unwrap();
    let world = World::new(longest);
    let challenge = jumpcloud_sso::CodeChallenge::of_verifier(&"v".repeat(43)).unwrap();
    let mut browser = Browser::default();
    let mut most = 0;
    for minute in 0..100_u64 {
        // Short ones, long ones, and both in turn.
        let length = if minute % 3 == 0 { 1 } else { 511 };
        let request = LoginRequest::new(browser.header()).return_to(&format!("/{}", "p".repeat(length)));
        let request = request.code_challenge(&challenge);
        let start = world.sso.begin_login(&world.connection, &request, now()).unwrap();
        browser.keep(&start);
        most = most.max(browser.header().concat().len());
        // The one that was begun last is never the one that is given up.
        let (saml_response, relay_state) = world.answer(&start);
        let form = LoginForm { saml_response: &saml_response, relay_state: Some(&relay_state) };
        assert!(world.sso.finish_login(&world.connection, form, &browser.cookies(), now()).await.is_ok());
    }
    // With a session of a kilobyte and as much of others, it stays below the 8 KiB that servers take of a
    // header field.
    assert!((3500..5200).contains(&most), "{most}");
}

#[tokio::test]
async fn cookies_of_logins_fit_into_a_browser_however_long_the_names_are() {
    let longest = builder(&"c".repeat(64), "acme").build().unwrap();
    let world = World::new(longest);
    let challenge = jumpcloud_sso::CodeChallenge::of_verifier(&"v".repeat(43)).unwrap();
    let path = format!("/{}", "p".repeat(511));
    let request = LoginRequest::default().return_to(&path).code_challenge(&challenge);
    let start = world.sso.begin_login(&world.connection, &request, now()).unwrap();
    let length = start.set_cookie().split(';').next().unwrap().len();
    assert!((900..1024).contains(&length), "{length}");
}

#[tokio::test]
async fn a_cookie_is_for_its_slot_and_comes_once() {
    let world = World::new(acme());
    let start = world.begin();
    let answer = world.answer(&start);
    let pair = start.set_cookie().split(';').next().unwrap().to_owned();
    let (name, value) = pair.split_once('=').unwrap();
    let finish = async |fields: &[String]| {
        let form = LoginForm { saml_response: &answer.0, relay_state: None };
        let result = world.sso.finish_login(&world.connection, form, &Cookies::new(fields), now()).await;
        result.map_or_else(|error| error.code(), |_| "accepted")
    };
    for slot in 0..8 {
        let other = format!("__Host-sso-{slot}");
        if other != name {
            assert_eq!(finish(&[format!("{other}={value}")]).await, "binding.state", "moved to {other}");
        }
    }
    for space in ["\u{2000}", "\u{a0}", "\u{85}", "\u{3000}"] {
        assert_eq!(finish(&[format!("{space}{pair}")]).await, "binding.state", "{space:?}");
    }
    for twice in [&[format!("{pair}; {pair}")][..], &[pair.clone(), format!("{name}=planted")]] {
        assert_eq!(finish(twice).await, "binding.duplicate_cookie", "{twice:?}");
        // A new login takes another slot.
        let begun = world.sso.begin_login(&world.connection, &LoginRequest::new(twice), now()).unwrap();
        assert!(!begun.set_cookie().starts_with(&format!("{name}=")));
    }
    // A cookie that comes twice elsewhere is in nobody's way.
    let elsewhere = (0..8).map(|slot| format!("__Host-sso-{slot}")).find(|other| other != name).unwrap();
    let form = LoginForm { saml_response: &answer.0, relay_state: None };
    let cookies = Cookies::new([format!("{elsewhere}=a; {elsewhere}=b")]);
    let error = world.sso.finish_login(&world.connection, form, &cookies, now()).await.unwrap_err();
    assert_eq!(error.code(), "binding.duplicate_cookie");
    let fields = [format!("{elsewhere}=a; {elsewhere}=b"), pair.clone()];
    assert_eq!(finish(&fields).await, "accepted");
    let world = World::new(acme());
    let finish = async |fields: &[String]| {
        let form = LoginForm { saml_response: &answer.0, relay_state: None };
        let result = world.sso.finish_login(&world.connection, form, &Cookies::new(fields), now()).await;
        result.map_or_else(|error| error.code(), |_| "accepted")
    };
    // HTTP/2 may send each cookie in a field of its own.
    assert_eq!(finish(&["theme=dark".to_owned(), pair, "other=1".to_owned()]).await, "accepted");
}

#[tokio::test]
async fn an_error_has_two_faces() {
    let world = World::new(acme());
    let start = world.begin();
    let mut answer = world.answer(&start);
    answer.0 = STANDARD.encode(
        String::from_utf8(STANDARD.decode(&answer.0).unwrap()).unwrap().replace("Barbara", "Mallory"),
    );
    let error = world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap_err();
    let shown = error.to_string();
    assert_eq!(
        shown,
        format!("signing in failed; the reference for your administrator is {}", error.reference())
    );
    assert_eq!(error.reference().len(), 16);
    let diagnosis = error.diagnosis();
    assert_eq!((diagnosis.stage, diagnosis.code), (Stage::Signature, "signature.digest_mismatch"));
    assert!(
        diagnosis.expected.is_some() && diagnosis.found.is_some() && diagnosis.expected != diagnosis.found
    );
    assert_eq!(diagnosis.to_string().lines().count(), 1);
    let other = world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap_err();
    assert_ne!(error.reference(), other.reference());
}

#[tokio::test]
async fn an_expired_certificate_is_a_warning() {
    use jumpcloud_sso_testkit::{JumpCloud, keys};
    let expired = keys::JUMPCLOUD_CERTIFICATE_EXPIRED;
    let connection = builder("acme-1", "acme").certificate(expired.as_bytes()).build().unwrap();
    let world = World::new(connection);
    let start = world.begin();
    let request = request(&start);
    let idp = JumpCloud::with_key(crate::IDP_URL, crate::IDP, keys::JUMPCLOUD_KEY, expired).unwrap();
    let response = idp.response(request.acs_url(), world.connection.service_provider().entity_id(), now());
    let xml = response.user(&user()).in_response_to(request.id()).build().unwrap();
    let answer = (STANDARD.encode(xml), request.relay_state().unwrap().to_owned());
    let login = world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap();
    assert_eq!(login.warnings()[0].code, "certificate.expired");
    assert!(!login.warnings()[0].hint().is_empty());
}

#[tokio::test]
async fn a_pinned_authority_is_a_warning() {
    let root = data("chain-root.crt.pem");
    let root_key = data("chain-root.key.pem");
    let world = World::new(builder("acme-1", "acme").certificate(root.as_bytes()).build().unwrap());
    for (key, certificate, expected) in
        [(root_key, root, &["certificate.authority"][..]), (keys::OWN_KEY, keys::OWN_CERTIFICATE, &[])]
    {
        let start = world.begin();
        let request = request(&start);
        let idp = JumpCloud::with_key(crate::IDP_URL, crate::IDP, key, certificate).unwrap();
        let audience = world.connection.service_provider().entity_id();
        let response = idp.response(request.acs_url(), audience, now()).user(&user());
        let xml = response.in_response_to(request.id()).build().unwrap();
        let answer = (STANDARD.encode(xml), request.relay_state().unwrap().to_owned());
        let login = world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap();
        let codes: Vec<_> = login.warnings().iter().map(|warning| warning.code).collect();
        assert_eq!(codes, expected);
    }
}

#[tokio::test]
async fn a_diagnosis_is_one_line_whoever_wrote_the_message() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let world = World::new(acme());
    let start = world.begin();
    let (_, relay_state) = world.answer(&start);
    let status = "x&#10;2027-01-15 INFO login accepted user=admin&#x9b;2J&#x202e;";
    let xml = format!(
        "<p:Response xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"a\" Version=\"2.0\" \
         IssueInstant=\"2027-01-15T08:00:00Z\"><p:Status><p:StatusCode Value=\"{status}\"/></p:Status></p:Response>"
    );
    let answer = (STANDARD.encode(xml), relay_state);
    let error = world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap_err();
    let diagnosis = error.diagnosis();
    assert_eq!(diagnosis.code, "response.status");
    for text in
        [diagnosis.to_string(), diagnosis.message.clone(), diagnosis.found.clone().unwrap_or_default()]
    {
        assert!(!text.chars().any(|it| it.is_control() || it == '\u{202e}'), "{text:?}");
    }
    assert!(diagnosis.message.contains("x\\n2027-01-15 INFO"), "{}", diagnosis.message);
}

#[tokio::test]
async fn a_name_that_changes_each_time_is_no_account() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    for (kind, expected) in [("transient", Some("assertion.name_id_transient")), ("persistent", None)] {
        let world = World::new(acme());
        let start = world.begin();
        let request = request(&start);
        let format = format!("urn:oasis:names:tc:SAML:2.0:nameid-format:{kind}");
        let idp = idp();
        let response = idp
            .response(request.acs_url(), world.connection.service_provider().entity_id(), now())
            .user(&user())
            .name_id("n-1", &format)
            .in_response_to(request.id());
        let answer = (STANDARD.encode(response.build().unwrap()), request.relay_state().unwrap().to_owned());
        let result = world.finish(&answer, Some(&cookies(&start)), now()).await;
        assert_eq!(result.err().map(|error| error.code()), expected, "{kind}");
    }
}

#[test]
fn a_form_has_each_field_once() {
    use jumpcloud_sso::PostedForm;
    let form = PostedForm::parse(b"RelayState=h&SAMLResponse=AA%2B%2F&other=1&other=2").unwrap();
    assert_eq!((form.as_form().saml_response, form.as_form().relay_state), ("AA+/", Some("h")));
    assert_eq!(PostedForm::parse(b"SAMLResponse=AA").unwrap().as_form().relay_state, None);
    for (body, code) in [
        (&b"RelayState=h"[..], "binding.missing"),
        (b"", "binding.missing"),
        (b"SAMLResponse=AA&SAMLResponse=BB", "binding.duplicate"),
        (b"SAMLResponse=AA&%53AMLResponse=BB", "binding.duplicate"),
        (b"SAMLResponse=AA&RelayState=a&RelayState=a", "binding.duplicate"),
        (b"samlresponse=AA", "binding.missing"),
    ] {
        assert_eq!(PostedForm::parse(body).unwrap_err().code(), code);
    }
    assert!(!format!("{form:?}").contains("AA"));
}
