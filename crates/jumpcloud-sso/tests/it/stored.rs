//! What a stored connection can be set to, how long it may be, and how it outlives a change of version.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_signature::{Question, SecondOpinion, SecondOpinionError, SignatureAlgorithm};
use jumpcloud_sso::parts::sso_store::{ConnectionStore as _, Requires, Saved};
use jumpcloud_sso::{
    Actor, AttributeMap, BreakGlass, Connection, ConnectionBuilder, ConnectionRecord, Connections, Domains,
    Edit, Effect, EventKind, LookupError, MemoryStore, Phase, Refusal, ServiceProvider, Sessions, Settings,
    SiteUrl, TxtLookup,
};
use jumpcloud_sso_testkit::{Sign, data, keys};
use sso_store_tests::LoginPage;

use crate::life::{Admin, admin, code, complete};
use crate::{World, builder, cookies, idp, now, request, settings, user};

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

impl Admin {
    /// What comes of a login through the connection, whose Response is signed like this.
    async fn login(&self, sign: Sign, algorithm: SignatureAlgorithm) -> &'static str {
        match self.connections.active(&self.id).await {
            Ok(connection) => login(connection, sign, algorithm).await,
            Err(refusal) => refusal.code(),
        }
    }

    async fn usual_login(&self) -> &'static str {
        self.login(Sign::Assertion, SignatureAlgorithm::RsaSha256).await
    }

    async fn reload(&self) -> ConnectionRecord {
        self.own().record(&self.id).await.unwrap()
    }

    /// Keeps the record with its JSON changed, as another process would have written it.
    async fn rewrite(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let before = self.reload().await;
        let mut json: serde_json::Value = serde_json::from_str(&before.to_json().unwrap()).unwrap();
        change(&mut json);
        json["version"] = (before.version() + 1).into();
        let record = ConnectionRecord::from_json(&json.to_string()).unwrap();
        let saved =
            self.store.save(&crate::row(&record), Some(before.version()), Requires::Nothing, &[]).await;
        assert_eq!(saved.unwrap(), Saved::Saved);
    }
}

async fn login(connection: Connection, sign: Sign, algorithm: SignatureAlgorithm) -> &'static str {
    let world = World::new(connection);
    let start = world.begin();
    let request = request(&start);
    let idp = idp();
    let response = idp
        .response(request.acs_url(), world.connection.service_provider().entity_id(), now())
        .user(&user())
        .in_response_to(request.id())
        .sign(sign)
        .algorithm(algorithm);
    let answer = (STANDARD.encode(response.build().unwrap()), request.relay_state().unwrap().to_owned());
    let finished = world.finish(&answer, Some(&cookies(&start)), now()).await;
    finished.map_or_else(|error| error.code(), |_| "accepted")
}

fn built(change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder) -> &'static str {
    change(builder("acme-1", "acme")).build().map_or_else(|error| error.code(), |_| "accepted")
}

/// A second implementation that agrees to nothing.
#[derive(Debug)]
struct Dissent;

impl SecondOpinion for Dissent {
    fn digested(&self, _: &Question<'_>) -> Result<Vec<u8>, SecondOpinionError> {
        Err(SecondOpinionError::new("no"))
    }
}

#[tokio::test]
async fn a_second_implementation_has_to_agree_where_the_connection_says_so() {
    let with = settings().cross_verifier(Arc::new(Dissent));
    let admin = Admin::with_settings(&with).await;
    admin.edit(complete()).await.unwrap();
    admin.own().enable(&admin.id, &self::admin(), now()).await.unwrap();
    assert_eq!(admin.usual_login().await, "accepted", "nobody asks for one");
    assert_eq!(admin.edit(Edit::new().cross_verify(true)).await.unwrap(), [Effect::NeedsTestLogin]);
    assert_eq!(admin.usual_login().await, "signature.second_opinion");
    // In a process without one, every login is refused.
    let without = Connections::new(&settings(), admin.store.clone());
    assert_eq!(without.active(&admin.id).await.unwrap_err().code(), "config.cross_verifier");
    assert!(admin.edit(Edit::new().cross_verify(false)).await.unwrap().is_empty());
    assert_eq!(admin.usual_login().await, "accepted");
    // There it cannot be asked for either.
    let edit = Edit::new().cross_verify(true);
    let refusal = without.of("acme").edit(&admin.id, &edit, &self::admin(), now()).await.unwrap_err();
    let Refusal::Edit(error) = &refusal else { panic!("{refusal}") };
    assert_eq!((refusal.code(), error.problems()[0].field()), ("config.cross_verifier", "cross_verify"));
}

#[tokio::test]
async fn a_second_implementation_has_to_agree_to_a_built_connection() {
    let with = settings().cross_verifier(Arc::new(Dissent));
    let builder = |settings: &Settings| {
        Connection::builder(settings, "acme-1", "acme")
            .unwrap()
            .idp_url(crate::IDP_URL)
            .idp_entity_id(crate::IDP)
            .certificate(keys::OWN_CERTIFICATE.as_bytes())
            .email_domains(["acme.test"])
    };
    let usual = async |connection| login(connection, Sign::Assertion, SignatureAlgorithm::RsaSha256).await;
    assert_eq!(usual(builder(&with).build().unwrap()).await, "accepted");
    assert_eq!(usual(builder(&with).cross_verify(true).build().unwrap()).await, "signature.second_opinion");
    assert_eq!(builder(&settings()).cross_verify(true).build().unwrap_err().code(), "config.cross_verifier");
}

#[tokio::test]
async fn stored_connections_narrow_algorithms_and_require_signed_responses() {
    use SignatureAlgorithm::{RsaPssSha256, RsaSha256};
    let admin = Admin::with_active().await;
    assert_eq!(admin.login(Sign::Assertion, RsaPssSha256).await, "accepted");
    let edit = Edit::new().algorithms([RsaSha256, RsaSha256]);
    assert_eq!(admin.edit(edit.clone()).await.unwrap(), [Effect::NeedsTestLogin]);
    assert!(admin.edit(edit).await.unwrap().is_empty());
    assert_eq!(admin.login(Sign::Assertion, RsaSha256).await, "accepted");
    assert_eq!(admin.login(Sign::Assertion, RsaPssSha256).await, "algorithm.not_allowed");
    let EventKind::Configured { changes, .. } = admin.last_event().await else { panic!() };
    assert_eq!((changes[0].field.as_str(), changes[0].after.as_deref()), ("algorithms", Some("rsa-sha256")));
    // Whoever could log in before can do so after it.
    assert!(admin.edit(Edit::new().algorithms([RsaSha256, RsaPssSha256])).await.unwrap().is_empty());
    assert!(admin.edit(Edit::new().algorithms([])).await.unwrap().is_empty());
    assert_eq!(admin.login(Sign::Assertion, RsaPssSha256).await, "accepted");

    let edit = Edit::new().require_signed_response(true);
    assert_eq!(admin.edit(edit).await.unwrap(), [Effect::NeedsTestLogin]);
    assert_eq!(admin.login(Sign::Assertion, RsaSha256).await, "signature.response_missing");
    for sign in [Sign::Response, Sign::Both] {
        assert_eq!(admin.login(sign, RsaSha256).await, "accepted");
    }
    assert!(admin.edit(Edit::new().require_signed_response(false)).await.unwrap().is_empty());
    assert_eq!(admin.login(Sign::Assertion, RsaSha256).await, "accepted");
}

/// A later version may know an algorithm by which this one cannot verify.
#[tokio::test]
async fn a_stored_algorithm_that_is_not_known_refuses_logins() {
    let admin = Admin::with_active().await;
    admin
        .rewrite(|json| json["configuration"]["algorithms"] = ["rsa-sha256", "ml-dsa-65"].as_slice().into())
        .await;
    assert_eq!(admin.usual_login().await, "config.algorithm");
    admin.rewrite(|json| json["configuration"]["algorithms"] = ["rsa-sha256"].as_slice().into()).await;
    assert_eq!(admin.usual_login().await, "accepted");
}

#[test]
fn algorithms_have_stable_names() {
    use SignatureAlgorithm as A;
    for (algorithm, name) in [
        (A::RsaSha256, "rsa-sha256"),
        (A::RsaSha384, "rsa-sha384"),
        (A::RsaSha512, "rsa-sha512"),
        (A::RsaPssSha256, "rsa-pss-sha256"),
        (A::RsaPssSha384, "rsa-pss-sha384"),
        (A::RsaPssSha512, "rsa-pss-sha512"),
        (A::EcdsaSha256, "ecdsa-sha256"),
        (A::EcdsaSha384, "ecdsa-sha384"),
        (A::Ed25519, "ed25519"),
        (A::RsaSha1, "rsa-sha1"),
    ] {
        assert_eq!((algorithm.name(), A::from_name(name)), (name, Some(algorithm)));
    }
    assert_eq!(A::from_name("RSA-SHA256"), None);
}

#[tokio::test]
async fn authentication_contexts_are_uris() {
    let admin = Admin::with_active().await;
    let many = |count: usize| (0..count).map(|it| format!("urn:acme:{it}")).collect::<Vec<_>>();
    let long = |bytes: usize| vec![format!("urn:acme:{}", "a".repeat(bytes - "urn:acme:".len()))];
    let plain = |text: &str| vec![text.to_owned()];
    for (classes, expected) in [
        (plain(PASSWORD), "accepted"),
        (plain("https://refeds.org/profile/mfa"), "accepted"),
        (many(16), "accepted"),
        (many(17), "config.authn_context"),
        (long(1024), "accepted"),
        (long(1025), "config.authn_context"),
        (plain(""), "config.authn_context"),
        (plain("password"), "config.authn_context"),
        (plain(&format!(" {PASSWORD}")), "config.authn_context"),
        (plain("urn:acme:a\nb"), "config.authn_context"),
    ] {
        assert_eq!(built(|it| it.request_authn_contexts(&classes)), expected, "{classes:?}");
        assert_eq!(built(|it| it.require_authn_contexts(&classes)), expected, "{classes:?}");
        let edits = [
            ("request_authn_contexts", Edit::new().request_authn_contexts(&classes)),
            ("require_authn_contexts", Edit::new().require_authn_contexts(&classes)),
        ];
        for (field, edit) in edits {
            match admin.edit(edit).await {
                Ok(effects) => {
                    assert_eq!((expected, effects.as_slice()), ("accepted", &[Effect::NeedsTestLogin][..]));
                }
                Err(Refusal::Edit(error)) => {
                    assert_eq!((error.problems()[0].code(), error.problems()[0].field()), (expected, field));
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    let EventKind::Configured { changes, .. } = admin.last_event().await else { panic!() };
    assert_eq!(changes[0].field, "require_authn_contexts");
    // To accept every way of authentication again locks nobody out.
    assert!(admin.edit(Edit::new().require_authn_contexts([""; 0])).await.unwrap().is_empty());
}

#[tokio::test]
async fn decryption_keys_roll() {
    let admin = Admin::with_enforced().await;
    let sealed = async || {
        let json: serde_json::Value = serde_json::from_str(&admin.reload().await.to_json().unwrap()).unwrap();
        let keys = json["configuration"]["decryption_keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let add = |pem: &str| Edit::new().decryption_key(pem);
    admin.edit(add(keys::SERVICE_KEY)).await.unwrap();
    let first = sealed().await;
    // The former one goes on decrypting, so that members are not locked out.
    assert_eq!(admin.edit(add(keys::OTHER_KEY)).await.unwrap(), [Effect::NeedsTestLogin]);
    assert_eq!(admin.phase().await, Phase::Enforced);
    let both = sealed().await;
    assert_eq!((both.len(), &both[1..]), (2, &first[..]));
    // The same key once more, in whatever form, is no change; the former one becomes the newest again.
    assert!(admin.edit(add(&format!("\n{}", keys::OTHER_KEY))).await.unwrap().is_empty());
    admin.edit(add(keys::SERVICE_KEY)).await.unwrap();
    assert_eq!(sealed().await, [first[0].clone(), both[0].clone()]);
    // A third one takes the place of the oldest, by which members may still log in.
    assert_eq!(code(admin.edit(add(keys::JUMPCLOUD_KEY)).await), "config.ends_enforcement");
    admin.edit(add(keys::JUMPCLOUD_KEY).accept_end_of_enforcement()).await.unwrap();
    assert_eq!((sealed().await.len(), &sealed().await[1..]), (2, &first[..]));
    let EventKind::Unenforced { .. } = admin.last_event().await else { panic!() };
    let newest = sealed().await[0].clone();
    admin.edit(Edit::new().remove_former_decryption_key()).await.unwrap();
    assert_eq!(sealed().await, [newest]);
    admin.edit(Edit::new().remove_decryption_key()).await.unwrap();
    assert!(sealed().await.is_empty());
}

/// As versions before kept it.
#[tokio::test]
async fn a_decryption_key_under_its_former_name_is_read() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().decryption_key(keys::SERVICE_KEY)).await.unwrap();
    let record = admin.reload().await;
    let mut json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    let configuration = json["configuration"].as_object_mut().unwrap();
    let key = configuration.remove("decryption_keys").unwrap()[0].take();
    configuration.insert("decryption_key".to_owned(), key);
    assert_eq!(ConnectionRecord::from_json(&json.to_string()).unwrap(), record);
    json["configuration"]["decryption_key"] = serde_json::Value::Null;
    let without = ConnectionRecord::from_json(&json.to_string()).unwrap();
    admin.edit(Edit::new().remove_decryption_key()).await.unwrap();
    assert!(without.to_json().unwrap().contains(r#""decryption_keys":[]"#));
}

#[tokio::test]
async fn decryption_keys_that_anybody_can_compute_are_refused() {
    let weak = data("rsa2048-close-factors.key.pem");
    let admin = Admin::with_active().await;
    match admin.edit(Edit::new().decryption_key(weak)).await.unwrap_err() {
        Refusal::Edit(error) => {
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!((problem.field(), problem.code()), ("decryption_key", "encryption.weak_key"));
            assert!(problem.to_string().contains("two close factors"), "{problem}");
        }
        other => panic!("{other}"),
    }
    assert_eq!(built(|it| it.decryption_key(weak)), "encryption.weak_key");
    assert_eq!(built(|it| it.decryption_key(keys::SERVICE_KEY)), "accepted");
}

#[tokio::test]
async fn a_url_of_the_service_itself_is_no_idp_url() {
    let own = ServiceProvider::new(&settings(), "acme-1").unwrap();
    // A draft, of which nothing but the field itself is checked.
    let admin = Admin::new().await;
    admin.edit(complete()).await.unwrap();
    for (url, expected) in [
        (own.entity_id(), "config.idp_url"),
        (own.acs_url(), "config.idp_url"),
        (&own.login_url(), "config.idp_url"),
        (&format!("{}/metadata", own.entity_id()), "config.idp_url"),
        ("https://app.acme.test/sso/saml2/another", "config.idp_url"),
        ("https://app.acme.test/sso/saml2", "config.idp_url"),
        ("https://app.acme.test/sso/saml2/acme-1/login?x=y", "config.idp_url"),
        // Spelled in another way.
        ("https://APP.acme.test:443/sso/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test./sso/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/x/../sso/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/%73so/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test//sso//saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/%252573so/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/x/..%2fsso/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/x/%252e%252e%252fsso/saml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/sso%5csaml2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test/SSO/SAML2/acme-1/login", "config.idp_url"),
        ("https://app.acme.test\\sso\\saml2\\acme-1", "config.idp_url"),
        // Others', and other paths.
        ("https://sso.jumpcloud.com/sso/saml2/acme-1", "accepted"),
        ("https://app.acme.test:8443/sso/saml2/acme-1", "accepted"),
        ("https://app.acme.test/sso/saml2x/acme-1", "accepted"),
        ("https://app.acme.test/idp/sso/saml2/acme-1", "accepted"),
    ] {
        assert_eq!(built(|it| it.idp_url(url)), expected, "{url}");
        let edited = code(admin.edit(Edit::new().idp_url(url)).await);
        assert_eq!(edited, if expected == "accepted" { "kept" } else { expected }, "{url}");
    }
    let local = SiteUrl::parse("http://localhost:8080").unwrap();
    for (url, is_own) in [
        ("http://127.0.0.1:8080/sso/saml2/acme-1/login", true),
        ("http://[::1]:8080/sso/saml2/acme-1/login", true),
        ("http://localhost:9000/sso/saml2/acme-1", false),
        ("http://127.0.0.1:8080/saml2/acme-1", false),
    ] {
        assert_eq!(local.check_idp_url(url).is_err(), is_own, "{url}");
    }
    let below = SiteUrl::parse("https://app.acme.test/base/").unwrap();
    assert!(below.check_idp_url("https://app.acme.test/sso/saml2/acme-1").is_ok());
    let error = below.check_idp_url("https://app.acme.test/base/sso/saml2/acme-1/acs").unwrap_err();
    assert!(error.to_string().contains("a URL of this service"), "{error}");
}

#[tokio::test]
async fn what_is_stored_has_a_limit_and_errors_name_the_size() {
    let long = |bytes: usize| "a".repeat(bytes);
    let url = |bytes: usize| {
        format!("https://sso.jumpcloud.com/{}", long(bytes - "https://sso.jumpcloud.com/".len()))
    };
    let admin = Admin::with_active().await;
    let map = |name: &str| AttributeMap::default().groups(name);
    let over = |text: &str, of: &str| format!("it has {text}, more than the limit of {of}");
    for (edit, expected) in [
        (Edit::new().idp_url(&url(2048)), None),
        (Edit::new().idp_url(&url(2049)), Some(("idp_url", "config.idp_url", over("2049 bytes", "2048")))),
        (
            Edit::new().idp_url(&url(10_000_000)),
            Some(("idp_url", "config.idp_url", over("10000000 bytes", "2048"))),
        ),
        // The parser makes three bytes of each.
        (
            Edit::new().idp_url(&url(2048).replace('a', "\"")),
            Some(("idp_url", "config.idp_url", "too long once its characters are escaped".to_owned())),
        ),
        (Edit::new().idp_entity_id(&long(1024)), None),
        (
            Edit::new().idp_entity_id(&long(1025)),
            Some(("idp_entity_id", "config.idp_entity_id", over("1025 characters", "1024"))),
        ),
        (Edit::new().attributes(map(&long(1024))), None),
        (
            Edit::new().attributes(map(&long(1025))),
            Some((
                "attributes",
                "config.attribute_name",
                "for the groups has 1025 bytes, more than the limit of 1024".to_owned(),
            )),
        ),
    ] {
        match (admin.edit(edit).await, expected) {
            (Ok(_), None) => {}
            (Err(Refusal::Edit(error)), Some((field, code, text))) => {
                let [problem] = error.problems() else { panic!("{error}") };
                assert_eq!((problem.field(), problem.code()), (field, code));
                assert!(problem.to_string().contains(&text) && problem.to_string().len() < 1000, "{problem}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(built(|it| it.attributes(map(&long(1025)))), "config.attribute_name");
    let named = |bytes: usize| {
        let built = builder("acme-1", &long(bytes)).build();
        built.map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    };
    assert_eq!(named(1024), "accepted");
    assert_eq!(named(1025), "the organization's name has 1025 bytes, more than the limit of 1024");
}

#[tokio::test]
async fn site_url_leaves_room_for_the_entity_id() {
    let site = |bytes: usize| {
        format!("https://app.acme.test/{}", "a".repeat(bytes - "https://app.acme.test/".len()))
    };
    let longest = SiteUrl::parse(&site(SiteUrl::MAX_BYTES)).unwrap();
    let service = ServiceProvider::new(&longest, &"a".repeat(64)).unwrap();
    assert_eq!(service.entity_id().len(), 1024);
    let error = SiteUrl::parse(&site(SiteUrl::MAX_BYTES + 1)).unwrap_err();
    assert_eq!(error.code(), "config.site_url");
    assert!(error.to_string().contains("it has 950 bytes, more than the limit of 949"), "{error}");
    let escaped = SiteUrl::parse(&format!("https://app.acme.test/{}", "\"".repeat(900))).unwrap_err();
    assert!(escaped.to_string().contains("once its characters are escaped"), "{escaped}");
}

#[tokio::test]
async fn break_glass_accounts_and_ids_have_a_limit() {
    let admin = Admin::with_enforced().await;
    let set = async |accounts: Vec<String>| {
        let accounts = BreakGlass::Accounts(accounts);
        let set = admin.own().set_break_glass(&admin.id, &accounts, &self::admin(), now()).await;
        set.map_or_else(|refusal| refusal.to_string(), |_| "kept".to_owned())
    };
    let many = |count: usize| (0..count).map(|it| format!("user-{it}")).collect::<Vec<_>>();
    assert_eq!(set(many(32)).await, "kept");
    assert_eq!(set([many(32), many(32)].concat()).await, "kept", "the same accounts twice");
    assert_eq!(set(many(33)).await, "33 break-glass accounts are named, more than the limit of 32");
    assert_eq!(set(vec!["a".repeat(1024)]).await, "kept");
    let refused = "the break-glass account has 1025 bytes, more than the limit of 1024";
    assert_eq!(set(vec!["a".repeat(1025)]).await, refused);
    // Who did it is kept too.
    for (bytes, expected) in [(1024, "kept"), (1025, "limit.text")] {
        let by = Actor::user(&"a".repeat(bytes));
        let edit = Edit::new().idp_entity_id(&format!("by-{bytes}"));
        let edited = admin.own().edit(&admin.id, &edit.accept_end_of_enforcement(), &by, now()).await;
        assert_eq!(edited.map_or_else(|refusal| refusal.code(), |_| "kept"), expected);
        let organization = "a".repeat(bytes);
        let created = admin.connections.of(&organization).create(&self::admin(), now()).await;
        assert_eq!(created.map_or_else(|refusal| refusal.code(), |_| "kept"), expected);
    }
}

#[tokio::test]
async fn a_user_whose_id_is_too_long_completes_no_login() {
    let admin = Admin::with_active().await;
    for (bytes, expected) in [(1025, "limit.text"), (1024, "accepted")] {
        let page = LoginPage::new(&admin.store);
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &idp(), &user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        let id = "a".repeat(bytes);
        let completed = admin.connections.complete_login(login, &id, &page.sessions, now()).await;
        assert_eq!(completed.map_or_else(|refusal| refusal.code(), |_| "accepted"), expected);
    }
}

#[tokio::test]
async fn an_administrator_whose_id_is_too_long_verifies_no_domain() {
    let store = MemoryStore::default();
    let domains = Domains::new(&settings(), store.clone());
    let sessions = Sessions::new(&settings(), store).unwrap();
    let record = domains.challenge("acme", "acme.test").unwrap().record_text;
    for (bytes, expected) in [(1025, "limit.text"), (1024, "accepted")] {
        let by = Actor::user(&"a".repeat(bytes));
        let verified = domains.verify("acme", "acme.test", &Dns(record.clone()), &sessions, &by, now()).await;
        assert_eq!(verified.map_or_else(|error| error.code(), |()| "accepted"), expected);
    }
}

/// Name servers with one record.
struct Dns(String);

impl TxtLookup for Dns {
    async fn txt(&self, _: &str) -> Result<Vec<String>, LookupError> {
        Ok(vec![self.0.clone()])
    }
}

/// An older process rewrites a record of a newer one: what it does not know, it keeps.
#[tokio::test]
async fn unknown_fields_of_a_record_survive_a_rewrite() {
    let admin = Admin::with_active().await;
    let stricter = serde_json::json!({"level": 3, "of": ["a", null, {"b": 1.5}]});
    admin
        .rewrite(|json| {
            json["quarantine"] = stricter.clone();
            json["configuration"]["require_passkey"] = true.into();
        })
        .await;
    admin.edit(Edit::new().idp_entity_id("other").decryption_key(keys::SERVICE_KEY)).await.unwrap();
    let nobody = BreakGlass::NobodyEvenIfLockedOut;
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    admin.own().set_break_glass(&admin.id, &nobody, &self::admin(), now()).await.unwrap();
    admin.own().reseal(&admin.id, &self::admin(), now()).await.unwrap();
    let record = admin.reload().await;
    let json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    assert_eq!((&json["quarantine"], &json["configuration"]["require_passkey"]), (&stricter, &true.into()));
    assert_eq!(json["format"], 1);
    assert_eq!(ConnectionRecord::from_json(&json.to_string()).unwrap(), record);
}

#[tokio::test]
async fn a_record_in_a_newer_format_is_refused() {
    let admin = Admin::with_active().await;
    let record = admin.reload().await;
    let mut json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    // Records from before formats had numbers are of the first.
    json.as_object_mut().unwrap().remove("format");
    assert_eq!(ConnectionRecord::from_json(&json.to_string()).unwrap(), record);
    json["format"] = 2.into();
    // Nothing else of it need be as it is today.
    json["use_of"] = "another".into();
    let error = ConnectionRecord::from_json(&json.to_string()).unwrap_err();
    assert!(
        error.to_string().contains("is stored in format 2, but this version reads formats up to 1"),
        "{error}"
    );
    for malformed in [serde_json::json!("2"), serde_json::json!(-1), serde_json::json!(1.5)] {
        json["format"] = malformed;
        assert!(ConnectionRecord::from_json(&json.to_string()).is_err());
    }
}

#[tokio::test]
async fn records_edits_builders_and_settings_show_no_secrets() {
    let admin = Admin::with_enforced().await;
    let accounts = BreakGlass::Accounts(vec!["root-account".to_owned()]);
    admin.own().set_break_glass(&admin.id, &accounts, &self::admin(), now()).await.unwrap();
    let edit = Edit::new().decryption_key(keys::SERVICE_KEY);
    let edited = admin.own().edit(&admin.id, &edit, &self::admin(), now()).await;
    let edited = edited
        .or(admin
            .own()
            .edit(&admin.id, &edit.clone().accept_end_of_enforcement(), &self::admin(), now())
            .await)
        .unwrap();
    let record = admin.reload().await;
    let status = admin.own().status(&admin.id).await.unwrap();
    let sealed: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    let sealed = sealed["configuration"]["decryption_keys"][0].as_str().unwrap();
    let connection = admin.connections.active(&admin.id).await.unwrap();
    let builder = builder("acme-1", "acme").certificate(keys::OWN_KEY.as_bytes());
    let secret = crate::SECRET.as_str();
    for shown in [
        format!("{record:?}"),
        format!("{edited:?}"),
        format!("{status:?}"),
        format!("{edit:?}"),
        format!("{connection:?}"),
        format!("{builder:?}"),
        format!("{:?}", settings()),
    ] {
        for hidden in ["-----BEGIN", "PRIVATE KEY", "root-account", sealed, secret, "MII"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
    let shown = format!("{record:?}");
    assert!(shown.contains("phase: ") && shown.contains(&admin.id), "{shown}");
}

/// Each of these can refuse a login that succeeded before.
#[tokio::test]
async fn settings_that_can_refuse_a_login_end_enforcement() {
    for edit in [
        Edit::new().algorithms([SignatureAlgorithm::Ed25519]),
        Edit::new().require_signed_response(true),
        Edit::new().request_authn_contexts([PASSWORD]),
        Edit::new().require_authn_contexts([PASSWORD]),
    ] {
        let admin = Admin::with_enforced().await;
        assert_eq!(code(admin.edit(edit).await), "config.ends_enforcement");
        assert_eq!(admin.phase().await, Phase::Enforced);
    }
}
