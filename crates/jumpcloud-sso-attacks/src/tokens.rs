//! Sessions, tokens, forms and queries: J01 to J11, B01 to B04, B07, B10, B14, S27.

use std::time::Duration;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jumpcloud_sso::parts::saml_protocol::{AuthnRequest, MessageField, PostForm, RedirectMessage, RequestId};
use jumpcloud_sso::parts::sso_session::{AuthSecret, Purpose, Sealer};
use jumpcloud_sso::{CodeChallenge, MemoryStore, NewSession, PostedForm, SessionRefusal, Sessions, Settings};

use crate::case::now;
use crate::world::{SECRET, SITE, Scenario, World, settings, wait};

const HOUR: Duration = Duration::from_secs(3600);
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn sessions() -> Sessions {
    Sessions::new(&settings(), MemoryStore::default()).expect("sessions")
}

fn token() -> String {
    let session = NewSession::new("user-1", "acme", "c-1");
    settings().session_issuer().issue(&session, now()).expect("a session").token().to_owned()
}

fn code<T>(result: Result<T, SessionRefusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

/// What becomes of a token.
fn verify(token: &str) -> &'static str {
    code(wait(sessions().verify("acme", token, now())))
}

/// A token of which one part is another one.
fn forged(header: &str, claims: Option<&str>) -> String {
    let token = token();
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    if let Some(part) = parts.first_mut() {
        *part = URL_SAFE_NO_PAD.encode(header);
    }
    if let (Some(claims), Some(part)) = (claims, parts.get_mut(1)) {
        *part = URL_SAFE_NO_PAD.encode(claims);
    }
    parts.join(".")
}

fn key_id() -> String {
    let token = token();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
    header.get("kid").and_then(serde_json::Value::as_str).expect("a name").to_owned()
}

/// The key of HS256, derived as the service does it.
fn signing_key() -> hmac::Key {
    let mut bytes = [0; 32];
    let secret = STANDARD.decode(SECRET.as_bytes()).expect("base64");
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"jumpcloud-sso")
        .extract(&secret)
        .expand(&[b"v1 session HS256"], hkdf::HKDF_SHA256)
        .and_then(|key| key.fill(&mut bytes))
        .expect("a key");
    hmac::Key::new(hmac::HMAC_SHA256, &bytes)
}

/// A token with other claims, signed by the service's own key: nothing but the rule can be what refuses it.
fn signed(change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> String {
    let token = token();
    let mut parts = token.split('.');
    let (header, claims) = (parts.next().expect("a header"), parts.next().expect("claims"));
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let mut claims = serde_json::from_slice(&claims).expect("claims");
    change(&mut claims);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_string(&claims).expect("JSON"));
    let message = format!("{header}.{claims}");
    let tag = hmac::sign(&signing_key(), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// What becomes of a token of which one claim is another one.
fn claim(name: &str, value: impl Into<serde_json::Value>) -> &'static str {
    verify(&signed(|claims| {
        claims.insert(name.to_owned(), value.into());
    }))
}

/// What becomes of a token without this claim.
fn without(name: &str) -> &'static str {
    verify(&signed(|claims| {
        claims.remove(name).expect("a claim");
    }))
}

fn header(rest: &str) -> String {
    format!("{{\"typ\":\"sso-session+jwt\",\"kid\":\"{}\",{rest}}}", key_id())
}

fn secret(text: &str) -> &'static str {
    AuthSecret::from_base64(text).map_or_else(|error| error.code(), |_| "accepted")
}

fn query(query: &str) -> &'static str {
    RedirectMessage::decode(query, MessageField::Response).map_or_else(|error| error.code(), |_| "accepted")
}

fn form(body: &str) -> &'static str {
    PostedForm::parse(body.as_bytes()).map_or_else(|error| error.code(), |_| "accepted")
}

/// What becomes of a session that the identity provider limits to an hour, after this time.
fn limited(later: Duration) -> &'static str {
    let session = NewSession::new("u", "acme", "c").not_after(now() + HOUR);
    let issued = settings().session_issuer().issue(&session, now()).expect("a session");
    code(wait(sessions().verify("acme", issued.token(), now() + later)))
}

fn hand_over(verifier: &str, uri: &str, seconds: u64, times: usize) -> &'static str {
    let sessions = sessions().redirect_uris(["https://www.acme.test/in"]).expect("sessions");
    let session =
        settings().session_issuer().issue(&NewSession::new("u", "acme", "c"), now()).expect("a session");
    let challenge = CodeChallenge::of_verifier(VERIFIER).expect("a challenge");
    let handed = wait(sessions.hand_over(&session, &challenge, "https://www.acme.test/in", now()));
    let handed = handed.expect("a code");
    let mut last = "accepted";
    for _ in 0..times {
        last =
            code(wait(sessions.redeem(handed.code(), verifier, uri, now() + Duration::from_secs(seconds))));
    }
    last
}

/// A message of 96 characters, deflated.
const MESSAGE: &str = "sylILMlQsFXKKy0oyiwuSs1NVEivSk0uLcosqVRyAIraKCUWF6cWlWTm5ykppAElikoSS0qVYgE%3D";

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "J01",
        what: "a token as it was issued",
        expected: "accepted",
        twin: "",
        run: || verify(&token()),
    },
    Scenario {
        id: "J01",
        what: "no algorithm",
        expected: "session.algorithm",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"none\""), None)),
    },
    Scenario {
        id: "J01",
        what: "no algorithm, in another case",
        expected: "session.algorithm",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"nOnE\""), None)),
    },
    Scenario {
        id: "J01",
        what: "an empty signature",
        expected: "session.signature",
        twin: "a token as it was issued",
        run: || {
            verify(token().rsplit_once('.').map(|(head, _)| format!("{head}.")).expect("a token").as_str())
        },
    },
    Scenario {
        id: "J02",
        what: "another algorithm than the key's",
        expected: "session.algorithm",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"RS256\""), None)),
    },
    Scenario {
        id: "J02",
        what: "a stronger algorithm than the key's",
        expected: "session.algorithm",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS512\""), None)),
    },
    Scenario {
        id: "J03",
        what: "claims that were changed",
        expected: "session.signature",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS256\""), Some("{\"exp\":9999999999}"))),
    },
    Scenario {
        id: "J03",
        what: "signed again without a change",
        expected: "accepted",
        twin: "",
        run: || verify(&signed(|_| ())),
    },
    Scenario {
        id: "J03",
        what: "no `exp`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("exp"),
    },
    Scenario {
        id: "J03",
        what: "no `nbf`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("nbf"),
    },
    Scenario {
        id: "J03",
        what: "no `aud`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("aud"),
    },
    Scenario {
        id: "J03",
        what: "no `iss`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("iss"),
    },
    Scenario {
        id: "J03",
        what: "no `sub`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("sub"),
    },
    Scenario {
        id: "J03",
        what: "no `org`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("org"),
    },
    Scenario {
        id: "J03",
        what: "no `jti`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("jti"),
    },
    Scenario {
        id: "J03",
        what: "no `sid`, and signed so",
        expected: "session.claim_missing",
        twin: "signed again without a change",
        run: || without("sid"),
    },
    Scenario {
        id: "J03",
        what: "an end that is text",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("exp", "9999999999"),
    },
    Scenario {
        id: "J03",
        what: "an end between two seconds",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("exp", 1_800_003_600.5),
    },
    Scenario {
        id: "J03",
        what: "an end before all time",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("exp", -1),
    },
    Scenario {
        id: "J03",
        what: "no end by name",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("exp", serde_json::Value::Null),
    },
    Scenario {
        id: "J03",
        what: "a beginning that is text",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("nbf", "1800000000"),
    },
    Scenario {
        id: "J03",
        what: "a list of audiences",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("aud", vec![SITE, "https://evil.test"]),
    },
    Scenario {
        id: "J03",
        what: "an issuer that is true",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("iss", true),
    },
    Scenario {
        id: "J03",
        what: "a user that is a number",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("sub", 1),
    },
    Scenario {
        id: "J03",
        what: "an organization that is a list",
        expected: "session.claim_type",
        twin: "signed again without a change",
        run: || claim("org", vec!["acme"]),
    },
    Scenario {
        id: "J03",
        what: "another audience, and signed so",
        expected: "session.audience",
        twin: "signed again without a change",
        run: || claim("aud", "https://evil.test"),
    },
    Scenario {
        id: "J03",
        what: "an end in the past, and signed so",
        expected: "session.expired",
        twin: "signed again without a change",
        run: || claim("exp", 1_799_999_000),
    },
    Scenario {
        id: "J03",
        what: "a beginning in the future, and signed so",
        expected: "session.not_yet_valid",
        twin: "signed again without a change",
        run: || claim("nbf", 1_800_000_061),
    },
    Scenario {
        id: "J04",
        what: "a path for the name of a key",
        expected: "session.unknown_key",
        twin: "a token as it was issued",
        run: || {
            verify(&forged(
                "{\"typ\":\"sso-session+jwt\",\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}",
                None,
            ))
        },
    },
    Scenario {
        id: "J04",
        what: "the address of a key",
        expected: "session.header",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS256\",\"jku\":\"https://evil.test\""), None)),
    },
    Scenario {
        id: "J04",
        what: "a key in the header",
        expected: "session.header",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS256\",\"jwk\":{}"), None)),
    },
    Scenario {
        id: "J04",
        what: "a certificate in the header",
        expected: "session.header",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS256\",\"x5u\":\"https://evil.test\""), None)),
    },
    Scenario {
        id: "J05",
        what: "a secret of 32 random bytes",
        expected: "accepted",
        twin: "",
        run: || secret(&SECRET),
    },
    Scenario {
        id: "J05",
        what: "no secret",
        expected: "config.auth_secret_missing",
        twin: "a secret of 32 random bytes",
        run: || secret(""),
    },
    Scenario {
        id: "J05",
        what: "a short secret",
        expected: "config.auth_secret_short",
        twin: "a secret of 32 random bytes",
        run: || secret("c2hvcnQ="),
    },
    Scenario {
        id: "J05",
        what: "a secret out of a guide",
        expected: "config.auth_secret_weak",
        twin: "a secret of 32 random bytes",
        run: || secret("5lrMXKKWCVocS/uerPsl7V+TX/aaUaI7iDkgl3tSmLE="),
    },
    Scenario {
        id: "J05",
        what: "a secret of zeros",
        expected: "config.auth_secret_weak",
        twin: "a secret of 32 random bytes",
        run: || secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    },
    Scenario {
        id: "J06",
        what: "a token of another service",
        expected: "session.issuer",
        twin: "a token as it was issued",
        run: || {
            let other = Settings::new("https://other.test", &SECRET).expect("settings");
            let issued =
                other.session_issuer().issue(&NewSession::new("u", "acme", "c"), now()).expect("a session");
            verify(issued.token())
        },
    },
    Scenario {
        id: "J06",
        what: "a token of another organization",
        expected: "session.organization",
        twin: "a token as it was issued",
        run: || {
            let issued = settings()
                .session_issuer()
                .issue(&NewSession::new("u", "other", "c"), now())
                .expect("a session");
            verify(issued.token())
        },
    },
    Scenario {
        id: "J06",
        what: "a token of another type",
        expected: "session.type",
        twin: "a token as it was issued",
        run: || verify(&forged("{\"typ\":\"JWT\",\"alg\":\"HS256\"}", None)),
    },
    Scenario {
        id: "J06",
        what: "a login cookie as a hand-over code",
        expected: "session.code",
        twin: "a code redeemed by who began the login",
        run: || {
            let sealer =
                Sealer::new(&AuthSecret::from_base64(&SECRET).expect("a secret"), Purpose::LoginCookie)
                    .expect("a sealer");
            // All of it is as in a code, but for the purpose.
            let challenge = CodeChallenge::of_verifier(VERIFIER).expect("a challenge");
            let payload = format!("{}{}", challenge.as_str(), token());
            let address = "https://www.acme.test/in";
            let cookie = sealer.seal(payload.as_bytes(), address.as_bytes(), now() + HOUR).expect("sealed");
            let sessions = sessions().redirect_uris([address]).expect("sessions");
            code(wait(sessions.redeem(&cookie, VERIFIER, address, now())))
        },
    },
    Scenario {
        id: "J07",
        what: "a session within the limit of the identity provider",
        expected: "accepted",
        twin: "",
        run: || limited(HOUR / 2),
    },
    Scenario {
        id: "J07",
        what: "a session beyond the limit of the identity provider",
        expected: "session.expired",
        twin: "a session within the limit of the identity provider",
        run: || limited(2 * HOUR),
    },
    Scenario {
        id: "J07",
        what: "a token that is refreshed once",
        expected: "accepted",
        twin: "",
        run: || code(wait(sessions().refresh("acme", &token(), now()))),
    },
    Scenario {
        id: "J07",
        what: "a token that is refreshed twice",
        expected: "session.refreshed",
        twin: "a token that is refreshed once",
        run: || {
            let (sessions, token) = (sessions(), token());
            assert_eq!(code(wait(sessions.refresh("acme", &token, now()))), "accepted");
            code(wait(sessions.refresh("acme", &token, now())))
        },
    },
    Scenario {
        id: "J08",
        what: "a session while another one is logged out",
        expected: "accepted",
        twin: "",
        run: || {
            let (sessions, token) = (sessions(), token());
            wait(sessions.log_out("acme", &self::token(), now())).expect("logged out");
            code(wait(sessions.verify("acme", &token, now())))
        },
    },
    Scenario {
        id: "J08",
        what: "a session after logging out",
        expected: "session.revoked",
        twin: "a session while another one is logged out",
        run: || {
            let (sessions, token) = (sessions(), token());
            wait(sessions.log_out("acme", &token, now())).expect("logged out");
            code(wait(sessions.verify("acme", &token, now())))
        },
    },
    Scenario {
        id: "J09",
        what: "a cookie that has every protection",
        expected: "accepted",
        twin: "",
        run: || {
            let issued = settings()
                .session_issuer()
                .issue(&NewSession::new("u", "acme", "c"), now())
                .expect("a session");
            let cookie = sessions().cookie().set(&issued, now());
            let protected = ["__Host-", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"];
            if protected.iter().all(|it| cookie.contains(it)) && !cookie.contains("Domain") {
                "accepted"
            } else {
                "unprotected"
            }
        },
    },
    Scenario {
        id: "J10",
        what: "a code redeemed by who began the login",
        expected: "accepted",
        twin: "",
        run: || hand_over(VERIFIER, "https://www.acme.test/in", 59, 1),
    },
    Scenario {
        id: "J10",
        what: "a code redeemed twice",
        expected: "session.code_used",
        twin: "a code redeemed by who began the login",
        run: || hand_over(VERIFIER, "https://www.acme.test/in", 1, 2),
    },
    Scenario {
        id: "J10",
        what: "a code that is too old",
        expected: "session.code_expired",
        twin: "a code redeemed by who began the login",
        run: || hand_over(VERIFIER, "https://www.acme.test/in", 60, 1),
    },
    Scenario {
        id: "J10",
        what: "a code without its verifier",
        expected: "session.pkce_mismatch",
        twin: "a code redeemed by who began the login",
        run: || {
            hand_over("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "https://www.acme.test/in", 1, 1)
        },
    },
    Scenario {
        id: "J10",
        what: "a code at an address that begins alike",
        expected: "session.code",
        twin: "a code redeemed by who began the login",
        run: || hand_over(VERIFIER, "https://www.acme.test/in.evil", 1, 1),
    },
    Scenario {
        id: "J11",
        what: "a name twice in the header",
        expected: "session.malformed",
        twin: "a token as it was issued",
        run: || verify(&forged("{\"typ\":\"sso-session+jwt\",\"typ\":\"x\",\"alg\":\"HS256\"}", None)),
    },
    Scenario {
        id: "J11",
        what: "a compressed token",
        expected: "session.header",
        twin: "a token as it was issued",
        run: || verify(&forged(&header("\"alg\":\"HS256\",\"zip\":\"DEF\""), None)),
    },
    Scenario {
        id: "J11",
        what: "a token of a megabyte",
        expected: "limit.token",
        twin: "a token as it was issued",
        run: || verify(&"a".repeat(1_000_000)),
    },
    Scenario {
        id: "J11",
        what: "a token of five parts",
        expected: "session.malformed",
        twin: "a token as it was issued",
        run: || verify("a.b.c.d.e"),
    },
    Scenario {
        id: "B01",
        what: "a request and a response in one query",
        expected: "binding.duplicate",
        twin: "a query with each parameter once",
        run: || query(&format!("SAMLRequest={MESSAGE}&SAMLResponse={MESSAGE}")),
    },
    Scenario {
        id: "B02",
        what: "a query with each parameter once",
        expected: "accepted",
        twin: "",
        run: || query(&format!("SAMLResponse={MESSAGE}&RelayState=a")),
    },
    Scenario {
        id: "B02",
        what: "a message twice",
        expected: "binding.duplicate",
        twin: "a query with each parameter once",
        run: || query(&format!("SAMLResponse={MESSAGE}&SAMLResponse={MESSAGE}")),
    },
    Scenario {
        id: "B02",
        what: "a name that is spelled by references",
        expected: "binding.duplicate",
        twin: "a query with each parameter once",
        run: || query(&format!("SAMLResponse={MESSAGE}&%53AMLResponse={MESSAGE}")),
    },
    Scenario {
        id: "B02",
        what: "RelayState twice",
        expected: "binding.duplicate",
        twin: "a query with each parameter once",
        run: || query(&format!("SAMLResponse={MESSAGE}&RelayState=a&RelayState=b")),
    },
    Scenario {
        id: "B02",
        what: "a form with the message twice",
        expected: "binding.duplicate",
        twin: "a form with each field once",
        run: || form("SAMLResponse=AA&SAMLResponse=BB"),
    },
    Scenario {
        id: "B02",
        what: "a form with a name spelled by references",
        expected: "binding.duplicate",
        twin: "a form with each field once",
        run: || form("SAMLResponse=AA&%53AMLResponse=BB"),
    },
    Scenario {
        id: "B02",
        what: "a form with each field once",
        expected: "accepted",
        twin: "",
        run: || form("SAMLResponse=AA&RelayState=h"),
    },
    Scenario {
        id: "B04",
        what: "a signature with its algorithm",
        expected: "accepted",
        twin: "",
        run: || {
            query(&format!(
                "SAMLResponse={MESSAGE}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=AAAA"
            ))
        },
    },
    Scenario {
        id: "B04",
        what: "a signature without its algorithm",
        expected: "binding.missing",
        twin: "a signature with its algorithm",
        run: || query(&format!("SAMLResponse={MESSAGE}&Signature=AAAA")),
    },
    Scenario {
        id: "B04",
        what: "an algorithm without a signature",
        expected: "binding.missing",
        twin: "a signature with its algorithm",
        run: || query(&format!("SAMLResponse={MESSAGE}&SigAlg=x")),
    },
    Scenario {
        id: "B07",
        what: "no message at all",
        expected: "binding.missing",
        twin: "a form with each field once",
        run: || form(""),
    },
    Scenario {
        id: "B07",
        what: "the encoding by its name",
        expected: "accepted",
        twin: "",
        run: || {
            query(&format!(
                "SAMLResponse={MESSAGE}&SAMLEncoding=urn%3Aoasis%3Anames%3Atc%3ASAML%3A2.0%3Abindings%3AURL-Encoding%3ADEFLATE"
            ))
        },
    },
    Scenario {
        id: "B07",
        what: "another encoding",
        expected: "binding.encoding",
        twin: "the encoding by its name",
        run: || query(&format!("SAMLResponse={MESSAGE}&SAMLEncoding=urn:x")),
    },
    Scenario {
        id: "B10",
        what: "markup in RelayState",
        expected: "accepted",
        twin: "",
        run: || {
            let url = "https://app.acme.test/acs".parse().expect("a URL");
            let page =
                PostForm::new(&url, MessageField::Response, "<x/>", Some("\"><script>alert(1)</script>"))
                    .expect("a form");
            if page.html().contains("<script>alert") { "injected" } else { "accepted" }
        },
    },
    Scenario {
        id: "B14",
        what: "what is shown of a session by mistake",
        expected: "accepted",
        twin: "",
        run: || {
            let issued = settings()
                .session_issuer()
                .issue(&NewSession::new("u", "acme", "c"), now())
                .expect("a session");
            let shown = format!("{issued:?} {:?} {:?} {:?}", settings(), sessions(), World::acme());
            if shown.contains(issued.token()) || shown.contains(SECRET.as_str()) {
                "shown"
            } else {
                "accepted"
            }
        },
    },
    Scenario {
        id: "S27",
        what: "markup in what the service asks",
        expected: "accepted",
        twin: "",
        run: || {
            let id = RequestId::generate().expect("an ID");
            let request = AuthnRequest::new(
                &id,
                "https://idp.test/\"><x/>",
                SITE,
                "https://app.acme.test/acs?a=\"&b=<",
                now(),
            );
            let xml = request.to_xml().expect("a request");
            if xml.contains("<x/>") || xml.contains("b=<") { "injected" } else { "accepted" }
        },
    },
];
