//! What changes a connection, and what refuses to.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use jumpcloud_sso::parts::sso_store::{
    ConnectionStore as _, DomainClaim, DomainRelease, DomainStore as _, LoginStore as _, Requires, Saved,
};
use jumpcloud_sso::{
    Actor, AttributeMap, BreakGlass, Certificate, CompletedLogin, ConnectionRecord, Connections, Cookies,
    Domains, EarlierSessions, Edit, Effect, Entitlements, Event, EventKind, Feature, Field, Hint,
    IssuedSession, Login, LoginForm, MemoryStore, Missing, Organization, Phase, Refusal, Release, Retirement,
    Sessions, Settings, StoreError, UnenforcedBecause,
};
use jumpcloud_sso_testkit::{JumpCloud, data, keys};

use crate::failing_store::{FailingStore, Fault};
use crate::{IDP, IDP_URL, now, settings};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn admin() -> Actor {
    Actor::user("admin-1")
}

pub(crate) struct Admin {
    pub(crate) store: MemoryStore,
    pub(crate) connections: Connections,
    pub(crate) id: String,
}

impl Admin {
    /// With a connection that is a draft.
    pub(crate) async fn new() -> Self {
        Self::with_settings(&settings()).await
    }

    pub(crate) async fn with_settings(settings: &Settings) -> Self {
        let store = MemoryStore::default();
        let connections = Connections::new(settings, store.clone());
        let id = connections.of("acme").create(&admin(), now()).await.unwrap().id().to_owned();
        Self { store, connections, id }
    }

    /// With one that logins can go through.
    pub(crate) async fn with_active() -> Self {
        let it = Self::new().await;
        it.edit(complete()).await.unwrap();
        it.own().enable(&it.id, &admin(), now()).await.unwrap();
        it
    }

    /// With one that logins have to go through.
    pub(crate) async fn with_enforced() -> Self {
        let it = Self::with_active().await;
        it.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        it.enforce().await.unwrap();
        it
    }

    pub(crate) fn own(&self) -> Organization<'_> {
        self.connections.of("acme")
    }

    pub(crate) fn sessions(&self) -> Sessions {
        Sessions::new(&settings(), self.store.clone()).unwrap()
    }

    pub(crate) async fn edit(&self, edit: Edit) -> Result<Vec<Effect>, Refusal> {
        let (sessions, by) = (self.sessions(), admin());
        let edited = self.own().edit_and_revoke(&self.id, &edit, &sessions, &by, now()).await;
        edited.map(|edited| edited.effects)
    }

    pub(crate) async fn enforce(&self) -> Result<(), Refusal> {
        let nobody = BreakGlass::NobodyEvenIfLockedOut;
        self.own().enforce(&self.id, &nobody, EarlierSessions::GoOn, &admin(), now()).await.map(|_| ())
    }

    /// A login to its very end.
    async fn log_in(&self, key: &str, certificate: &str) {
        self.log_in_at(key, certificate, now()).await;
    }

    async fn log_in_at(&self, key: &str, certificate: &str, at: SystemTime) -> IssuedSession {
        let page = sso_store_tests::LoginPage::new(&self.store);
        let connection = self.connections.active(&self.id).await.unwrap();
        let idp = JumpCloud::with_key(IDP_URL, IDP, key, certificate).unwrap();
        let answer = page.answer(&connection, &idp, &crate::user(), at);
        let login = page.finish(&connection, &answer, at).await.unwrap();
        self.connections.complete_login(login, "user-1", &page.sessions, at).await.unwrap()
    }

    /// Another connection of the same organization, as complete, and in use.
    async fn second(&self) -> Self {
        let id = self.own().create(&admin(), now()).await.unwrap().id().to_owned();
        let second = Self { store: self.store.clone(), connections: self.connections.clone(), id };
        second.edit(complete()).await.unwrap();
        second.own().enable(&second.id, &admin(), now()).await.unwrap();
        second
    }

    async fn reloaded(&self) -> ConnectionRecord {
        self.own().record(&self.id).await.unwrap()
    }

    /// What a session of this connection is worth a minute later, by the revocations in `store`.
    async fn worth(&self, session: &IssuedSession, store: &MemoryStore) -> [&'static str; 2] {
        let sessions = sso_store_tests::LoginPage::new(store).sessions;
        let (token, at) = (session.token(), now() + MINUTE);
        let code = |error: jumpcloud_sso::SessionRefusal| error.code();
        let verified = sessions.verify("acme", token, at).await.map_or_else(code, |_| "good");
        let refreshed = self.connections.refresh(&sessions, "acme", token, at).await;
        [verified, refreshed.map_or_else(code, |_| "good")]
    }

    pub(crate) async fn phase(&self) -> Phase {
        self.own().record(&self.id).await.unwrap().phase()
    }

    pub(crate) async fn last_event(&self) -> EventKind {
        let events = self.own().events(0, 1000).await.unwrap();
        events.last().unwrap().1.kind().clone()
    }
}

pub(crate) fn complete() -> Edit {
    Edit::new()
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true)
}

pub(crate) fn code(result: Result<Vec<Effect>, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "kept")
}

#[tokio::test]
async fn each_wrong_field_has_its_own_error_and_changes_nothing() {
    let admin = Admin::new().await;
    admin.edit(complete()).await.unwrap();
    let before = admin.own().record(&admin.id).await.unwrap();
    let metadata = JumpCloud::new(IDP_URL, IDP).unwrap().metadata(true).unwrap();
    let url = |url: &str| Edit::new().idp_url(url);
    let certificate = |text: &str| Edit::new().add_certificate(text.as_bytes());
    for (edit, expected) in [
        (url(""), "config.idp_url"),
        (url("sso.jumpcloud.com/saml2/acme"), "config.idp_url"),
        (url(" https://sso.jumpcloud.com/saml2/acme"), "config.idp_url"),
        (url("https://sso.jumpcloud.com/saml2/acme\n"), "config.idp_url"),
        (url("http://sso.jumpcloud.com/saml2/acme"), "config.idp_url"),
        (url("javascript:alert(1)"), "config.idp_url"),
        (url("https://user:secret@sso.jumpcloud.com/saml2/acme"), "config.idp_url"),
        (url("https://sso.jumpcloud.com/saml2/acme#x"), "config.idp_url"),
        (url("https://console.jumpcloud.com/#/sso"), "config.idp_url"),
        (url("https://console.jumpcloud.com/api/applications/1/metadata.xml"), "config.idp_url"),
        (url("https://sso.jumpcloud.com/saml2/acme/metadata"), "config.idp_url"),
        (url("https://sso.jumpcloud.com/saml2/ac\nme"), "config.idp_url"),
        (url("https://sso.jumpcloud.com/saml2/ac\tme"), "config.idp_url"),
        (Edit::new().idp_entity_id(""), "config.idp_entity_id"),
        (Edit::new().idp_entity_id("ac\u{7}me"), "config.idp_entity_id"),
        (Edit::new().clock_skew(Duration::from_secs(301)), "config.clock_skew"),
        (Edit::new().idp_entity_id("acme "), "config.idp_entity_id"),
        (Edit::new().idp_entity_id(&"a".repeat(1025)), "config.idp_entity_id"),
        (certificate(""), "certificate.empty"),
        (certificate(keys::OWN_KEY), "certificate.private_key"),
        (certificate(&metadata), "certificate.xml"),
        (certificate("not a certificate"), "certificate.base64"),
        (Edit::new().retire_certificate("00:11", Retirement::Rotated), "config.unknown_certificate"),
        (Edit::new().decryption_key("not a key"), "config.decryption_key"),
        (Edit::new().decryption_key(keys::OWN_CERTIFICATE), "config.decryption_key"),
    ] {
        let refusal = admin.own().edit(&admin.id, &edit, &self::admin(), now()).await.unwrap_err();
        assert_eq!(refusal.code(), expected, "{edit:?}");
        assert!(!refusal.hint().is_empty(), "{expected}");
        assert_eq!(admin.own().record(&admin.id).await.unwrap(), before, "{edit:?}");
    }
    assert_eq!(admin.edit(url("http://localhost:8080/saml2/acme")).await.unwrap(), [Effect::NeedsTestLogin]);
    assert!(admin.edit(Edit::new().clock_skew(Duration::from_secs(300))).await.unwrap().is_empty());
    // Characters are counted, not bytes.
    admin.edit(Edit::new().idp_entity_id(&"ü".repeat(1024))).await.unwrap();
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let admin = Admin::new().await;
    let edit = complete()
        .idp_url("x")
        .idp_entity_id("")
        .decryption_key("x")
        .retire_certificate("00", Retirement::Rotated);
    let edit = edit.clock_skew(Duration::from_secs(3600));
    match admin.edit(edit).await.unwrap_err() {
        Refusal::Edit(error) => {
            let fields: Vec<_> = error.problems().iter().map(jumpcloud_sso::FieldError::field).collect();
            assert_eq!(fields, ["idp_url", "idp_entity_id", "certificates", "decryption_key", "clock_skew"]);
            let hints: Vec<_> = error.problems().iter().map(jumpcloud_sso::FieldError::hint).collect();
            assert!(hints[1].contains("IdP Entity ID") && hints[4].contains("300 seconds"), "{hints:?}");
            assert!(error.to_string().contains("the IdP URL \"x\" cannot be used"), "{error}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn entity_ids_are_compared_to_the_letter() {
    let admin = Admin::with_active().await;
    for entity_id in ["IdP Entity ID", "https://APP.acme.test/", "pillar-idp-2", "Ünïcode ☃"] {
        admin.edit(Edit::new().idp_entity_id(entity_id)).await.unwrap();
        let connection = admin.connections.active(&admin.id).await.unwrap();
        assert_eq!(connection.idp_entity_id(), entity_id);
    }
}

#[tokio::test]
async fn what_a_login_relies_on_raises_the_revision() {
    let admin = Admin::with_active().await;
    let map = AttributeMap::default().email("mail");
    for (edit, raises) in [
        (Edit::new(), false),
        (Edit::new().idp_url(IDP_URL), false),
        (Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes()), false),
        (Edit::new().idp_url("https://sso.jumpcloud.com/saml2/other"), true),
        (Edit::new().idp_entity_id("other"), true),
        (Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes()), true),
        (Edit::new().attributes(map.clone()), true),
        (Edit::new().attributes(map), false),
        (Edit::new().insecure_allow_sha1(true), true),
        (Edit::new().enforce_certificate_dates(true), true),
        (Edit::new().decryption_key(keys::SERVICE_KEY), true),
        (Edit::new().remove_decryption_key(), true),
        (Edit::new().allow_idp_initiated(true), false),
        // What is tolerated anyway.
        (Edit::new().clock_skew(Duration::from_secs(60)), false),
        (Edit::new().clock_skew(Duration::from_secs(120)), false),
        (Edit::new().clock_skew(Duration::from_secs(30)), true),
        // The same key once more is none, though it is sealed into another text.
        (Edit::new().decryption_key(keys::SERVICE_KEY), true),
        (Edit::new().decryption_key(keys::SERVICE_KEY), false),
        (Edit::new().decryption_key(keys::JUMPCLOUD_KEY), true),
    ] {
        let before = admin.own().record(&admin.id).await.unwrap();
        admin.edit(edit.clone()).await.unwrap();
        let after = admin.own().record(&admin.id).await.unwrap();
        assert_eq!(after.revision() - before.revision(), u64::from(raises), "{edit:?}");
        // Nothing is written where nothing changes.
        assert_eq!(after.version() > before.version(), after != before, "{edit:?}");
    }
}

#[tokio::test]
async fn an_event_says_what_was_before_and_after() {
    let admin = Admin::with_active().await;
    let edit = Edit::new()
        .idp_entity_id("other")
        .add_certificate(keys::OTHER_CERTIFICATE.as_bytes())
        .decryption_key(keys::SERVICE_KEY);
    admin.edit(edit).await.unwrap();
    let EventKind::Configured { changes, before, after, revision } = admin.last_event().await else {
        panic!("another event")
    };
    assert_eq!((before, after, revision), (Phase::Active, Phase::Active, 3));
    let rows: Vec<_> =
        changes.iter().map(|it| (it.field.as_str(), it.before.as_deref(), it.after.as_deref())).collect();
    assert_eq!(rows[0], ("idp_entity_id", Some(IDP), Some("other")));
    assert_eq!(rows[1].0, "certificates");
    assert!(rows[1].2.unwrap().starts_with(rows[1].1.unwrap()));
    // A secret is named, never shown.
    assert_eq!(rows[2], ("decryption_key", None, Some("a private key")));
    assert_eq!(rows.len(), 3);
}

/// One key for signing and decrypting.
#[tokio::test]
async fn the_identity_providers_key_does_not_decrypt() {
    let pinned = || Edit::new().add_certificate(keys::SERVICE_CERTIFICATE.as_bytes());
    let decrypts = || Edit::new().decryption_key(keys::SERVICE_KEY);
    for (first, second) in [(pinned(), decrypts()), (decrypts(), pinned())] {
        let admin = Admin::with_active().await;
        admin.edit(first).await.unwrap();
        match admin.edit(second).await.unwrap_err() {
            Refusal::Edit(error) => {
                let [problem] = error.problems() else { panic!("{error}") };
                assert_eq!((problem.field(), problem.code()), ("decryption_key", "config.key_for_both"));
                let certificate = Certificate::parse(keys::SERVICE_CERTIFICATE.as_bytes()).unwrap();
                let fingerprint = certificate.fingerprint_sha256().to_string();
                assert!(problem.to_string().contains(&fingerprint), "{problem}");
            }
            other => panic!("{other}"),
        }
        // A key of the service's own is as welcome as ever, and so is another certificate.
        admin.edit(Edit::new().decryption_key(keys::OTHER_KEY)).await.unwrap();
        admin.edit(Edit::new().add_certificate(keys::JUMPCLOUD_CERTIFICATE.as_bytes())).await.unwrap();
        admin.connections.active(&admin.id).await.unwrap();
    }
}

#[tokio::test]
async fn private_keys_are_sealed_in_the_store() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().decryption_key(keys::SERVICE_KEY)).await.unwrap();
    let json = admin.own().record(&admin.id).await.unwrap().to_json().unwrap();
    assert!(json.contains("decryption_key") && !json.contains("PRIVATE"));
    admin.connections.active(&admin.id).await.unwrap();
    // Under another AUTH_SECRET it is worthless, with the former one as such it is not.
    let other = crate::FORMER_SECRET.as_str();
    let rotated = Settings::new("https://app.acme.test", other).unwrap();
    let without = Connections::new(&rotated, admin.store.clone());
    assert_eq!(without.active(&admin.id).await.unwrap_err().code(), "config.sealed_elsewhere");
    let with = Connections::new(&rotated.former_secret(&crate::SECRET).unwrap(), admin.store.clone());
    with.active(&admin.id).await.unwrap();
    // Sealed anew, the former one can go.
    let before = admin.own().record(&admin.id).await.unwrap();
    assert_eq!(
        without.of("acme").reseal(&admin.id, &self::admin(), now()).await.unwrap_err().code(),
        "config.sealed_elsewhere"
    );
    with.of("acme").reseal(&admin.id, &self::admin(), now()).await.unwrap();
    assert_eq!(admin.last_event().await, EventKind::Resealed);
    without.active(&admin.id).await.unwrap();
    let after = with.of("acme").reseal(&admin.id, &self::admin(), now()).await.unwrap();
    assert_eq!((after.version(), after.revision()), (before.version() + 1, before.revision()));
}

#[test]
fn what_was_pasted_is_not_shown() {
    let edit = Edit::new().add_certificate(b"SECRET").decryption_key("SECRET");
    let shown = format!("{edit:?}");
    assert_eq!(shown, "Edit { changes: [Change(certificates), Change(decryption_key)], .. }");
    assert!(!shown.contains("SECRET") && !shown.contains("83, 69"), "{shown}");
    let pasted = Edit::new().idp_url(keys::OWN_KEY).idp_entity_id(keys::OWN_KEY);
    assert!(!format!("{pasted:?}").contains("PRIVATE"));
    let builder = crate::builder("acme-1", "acme").certificate(b"SECRET");
    let shown = format!("{builder:?}");
    assert!(shown.starts_with("ConnectionBuilder { id: \"acme-1\""), "{shown}");
    assert!(!shown.contains("SECRET") && !shown.contains("83, 69"), "{shown}");
}

#[tokio::test]
async fn a_private_key_in_any_field_is_recognised_and_not_shown() {
    let admin = Admin::new().await;
    for edit in [Edit::new().idp_url(keys::OWN_KEY), Edit::new().idp_entity_id(keys::OWN_KEY)] {
        let shown = admin.edit(edit).await.unwrap_err().to_string();
        assert!(shown.contains("it is a private key") && !shown.contains("BEGIN"), "{shown}");
    }
    let url = Edit::new().idp_url("https://user:hunter2@sso.jumpcloud.com/saml2/acme");
    let shown = admin.edit(url).await.unwrap_err().to_string();
    assert!(shown.contains("it holds credentials") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_a_later_version_has_written_can_be_passed_over() {
    let json = r#"{"at":"2027-01-15T08:00:00.000Z","actor":"system","organization":"acme","connection":null,"event":"connection.painted","colour":"red"}"#;
    let event = Event::from_json(json).unwrap();
    assert_eq!((event.kind(), event.name(), event.organization()), (&EventKind::Unknown, "unknown", "acme"));
    let beyond = SystemTime::UNIX_EPOCH + DAY * 4_000_000;
    assert!(Event::new(&Actor::System, beyond, "acme", None, EventKind::Created).to_json().is_err());
}

#[tokio::test]
async fn metadata_fills_in_and_weakens_nothing() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().enforce_certificate_dates(true)).await.unwrap();
    let idp = JumpCloud::new("https://sso.jumpcloud.com/saml2/new", "new").unwrap();
    for declare_redirect in [false, true] {
        let xml = idp.metadata(declare_redirect).unwrap();
        admin.edit(Edit::new().metadata(xml.as_bytes(), now()).unwrap()).await.unwrap();
        let record = admin.own().record(&admin.id).await.unwrap();
        assert_eq!(record.idp_url(), Some("https://sso.jumpcloud.com/saml2/new"));
        assert_eq!(record.idp_entity_id(), Some("new"));
        assert_eq!(record.certificates().len(), 2, "added to the one that is pinned");
        assert!(record.to_json().unwrap().contains(r#""enforce_certificate_dates":true"#));
    }
    let expired =
        idp.metadata(true).unwrap().replace("entityID=", r#"validUntil="2020-01-01T00:00:00Z" entityID="#);
    let error = Edit::new().metadata(expired.as_bytes(), now()).unwrap_err();
    assert_eq!(error.code(), "config.metadata_expired");
    // An address that a hand could not give cannot be imported either.
    let plain = idp.metadata(true).unwrap().replace("https://sso", "http://sso");
    assert_eq!(
        code(admin.edit(Edit::new().metadata(plain.as_bytes(), now()).unwrap()).await),
        "config.idp_url"
    );
}

#[tokio::test]
async fn enabling_says_what_is_missing() {
    let admin = Admin::new().await;
    let missing = async || match admin.own().enable(&admin.id, &self::admin(), now()).await {
        Err(Refusal::Incomplete { missing }) => missing,
        Ok(_) => Vec::new(),
        Err(other) => panic!("{other}"),
    };
    let all = [Missing::IdpUrl, Missing::IdpEntityId, Missing::Certificate, Missing::EmailDomain];
    assert_eq!(missing().await, all);
    admin.edit(Edit::new().idp_url(IDP_URL)).await.unwrap();
    assert_eq!(missing().await, all[1..]);
    admin.edit(Edit::new().idp_entity_id(IDP)).await.unwrap();
    assert_eq!(missing().await, all[2..]);
    admin.edit(Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes())).await.unwrap();
    assert_eq!(missing().await, all[3..]);
    assert_eq!(admin.phase().await, Phase::Configured);
    admin.edit(Edit::new().accept_any_email_domain(true)).await.unwrap();
    assert!(missing().await.is_empty());
    assert_eq!(admin.phase().await, Phase::Active);
}

#[tokio::test]
async fn enforcing_needs_a_login_at_the_present_revision() {
    let admin = Admin::with_active().await;
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    admin.edit(Edit::new().attributes(AttributeMap::default().groups("groups"))).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    // What no login relies on needs no new one.
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    admin.edit(Edit::new().allow_idp_initiated(true)).await.unwrap();
    admin.enforce().await.unwrap();
    assert_eq!(admin.phase().await, Phase::Enforced);
    match admin.last_event().await {
        EventKind::Enforced { before, revision, tested_by, ends_earlier_sessions, break_glass } => {
            assert_eq!((before, break_glass), (Phase::Active, Vec::new()));
            assert_eq!((revision, tested_by.as_str(), ends_earlier_sessions), (3, "user-1", false));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_login_that_did_not_come_to_its_end_is_no_test() {
    let admin = Admin::with_active().await;
    let page = sso_store_tests::LoginPage::new(&admin.store);
    let connection = admin.connections.active(&admin.id).await.unwrap();
    let idp = crate::idp();
    let answer = page.answer(&connection, &idp, &crate::user(), now());
    let login = page.finish(&connection, &answer, now()).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    // One that began before a change tests what was before it.
    admin.edit(Edit::new().idp_url("https://sso.jumpcloud.com/saml2/new")).await.unwrap();
    admin.connections.complete_login(login, "user-1", &page.sessions, now()).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
}

#[tokio::test]
async fn a_change_that_ends_enforcement_says_so_first() {
    let admin = Admin::with_enforced().await;
    let breaking = Edit::new().attributes(AttributeMap::default().last_name_required());
    let both = [Effect::NeedsTestLogin, Effect::EndsEnforcement];
    assert_eq!(admin.own().preview(&admin.id, &breaking).await.unwrap(), both);
    assert_eq!(code(admin.edit(breaking.clone()).await), "config.ends_enforcement");
    assert_eq!(admin.phase().await, Phase::Enforced);
    assert_eq!(admin.edit(breaking.accept_end_of_enforcement()).await.unwrap(), both);
    assert_eq!(admin.phase().await, Phase::Active);
    assert_eq!(
        admin.last_event().await,
        EventKind::Unenforced { because: UnenforcedBecause::Changed, after: Phase::Active }
    );
    // Whose clock differs by more than is tolerated could not log in any longer.
    let admin = Admin::with_enforced().await;
    let strict = Edit::new().clock_skew(Duration::ZERO);
    assert_eq!(admin.own().preview(&admin.id, &strict).await.unwrap(), both);
    // Where enforcement is in no danger, none ends, accepted or not.
    let admin = Admin::with_enforced().await;
    let harmless = Edit::new().clock_skew(Duration::from_secs(90)).accept_end_of_enforcement();
    assert!(admin.edit(harmless).await.unwrap().is_empty());
    assert_eq!(admin.phase().await, Phase::Enforced);
}

#[tokio::test]
async fn nobody_can_take_the_last_certificate_away() {
    let admin = Admin::with_active().await;
    let fingerprint = |certificate: &str| {
        Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
    };
    let own = fingerprint(keys::OWN_CERTIFICATE);
    assert_eq!(
        code(admin.edit(Edit::new().retire_certificate(&own, Retirement::Rotated)).await),
        "config.last_certificate"
    );
    // Without colons and in lower case it is the same fingerprint.
    let plain = own.replace(':', "").to_lowercase();
    let both = Edit::new()
        .add_certificate(keys::OTHER_CERTIFICATE.as_bytes())
        .retire_certificate(&plain, Retirement::Rotated);
    admin.edit(both).await.unwrap();
    let record = admin.own().record(&admin.id).await.unwrap();
    let pinned: Vec<_> = record.certificates().iter().map(|it| it.fingerprint_sha256().to_string()).collect();
    assert_eq!(pinned, [fingerprint(keys::OTHER_CERTIFICATE)]);
    // Of a disabled one it can be.
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    admin.edit(Edit::new().retire_certificate(&pinned[0], Retirement::Rotated)).await.unwrap();
    assert_eq!(admin.phase().await, Phase::Draft);
}

#[tokio::test]
async fn a_connection_in_use_is_not_deleted() {
    let admin = Admin::with_active().await;
    let delete = async || admin.own().delete(&admin.id, &self::admin(), now()).await;
    assert_eq!(delete().await.unwrap_err().code(), "config.phase");
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    delete().await.unwrap();
    assert_eq!(delete().await.unwrap_err().code(), "config.unknown_connection");
}

#[tokio::test]
async fn of_two_administrators_one_is_told() {
    let admin = Admin::with_enforced().await;
    let before = admin.own().record(&admin.id).await.unwrap();
    let connections = Connections::new(&settings(), FailingStore(Fault::Contended, admin.store.clone()));
    let (slower, by, id) = (connections.of("acme"), self::admin(), &admin.id);
    let nobody = BreakGlass::Accounts(vec!["admin-2".to_owned()]);
    let edit = Edit::new().allow_idp_initiated(true);
    for refusal in [
        slower.create(&by, now()).await.unwrap_err(),
        slower.edit(id, &edit, &by, now()).await.unwrap_err(),
        slower.set_break_glass(id, &nobody, &by, now()).await.unwrap_err(),
        slower.unenforce(id, &by, now()).await.unwrap_err(),
        slower.disable(id, &admin.sessions(), &by, now()).await.unwrap_err(),
    ] {
        assert_eq!(refusal.code(), "config.conflict");
    }
    assert_eq!(admin.own().record(id).await.unwrap(), before);
    // Nobody is reminded of what was not kept.
    let end = before.certificates()[0].not_after();
    assert!(connections.expiry_reminders(end).await.due.is_empty());
    assert_eq!(admin.connections.expiry_reminders(end).await.due.len(), 1);
    let drafts = Admin::new().await;
    let slower = Connections::new(&settings(), FailingStore(Fault::Contended, drafts.store.clone()));
    let delete = slower.of("acme").delete(&drafts.id, &by, now()).await;
    assert_eq!(delete.unwrap_err().code(), "config.conflict");
}

#[tokio::test]
async fn another_organizations_connection_does_not_exist() {
    let admin = Admin::with_enforced().await;
    let before = admin.own().record(&admin.id).await.unwrap();
    let (other, by, id) = (admin.connections.of("other"), Actor::user("intruder"), &admin.id);
    let evil = Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes());
    let nobody = BreakGlass::NobodyEvenIfLockedOut;
    for refusal in [
        other.record(id).await.unwrap_err(),
        other.status(id).await.unwrap_err(),
        other.preview(id, &evil).await.unwrap_err(),
        other.edit(id, &evil, &by, now()).await.unwrap_err(),
        other.enable(id, &by, now()).await.unwrap_err(),
        other.enforce(id, &nobody, EarlierSessions::End, &by, now()).await.unwrap_err(),
        other.set_break_glass(id, &nobody, &by, now()).await.unwrap_err(),
        other.unenforce(id, &by, now()).await.unwrap_err(),
        other.disable(id, &admin.sessions(), &by, now()).await.unwrap_err(),
        other.reseal(id, &by, now()).await.unwrap_err(),
        other.delete(id, &by, now()).await.unwrap_err(),
    ] {
        assert_eq!(refusal.code(), "config.unknown_connection");
    }
    assert!(other.list().await.unwrap().is_empty() && other.events(0, 100).await.unwrap().is_empty());
    assert_eq!(admin.own().record(id).await.unwrap(), before);
}

#[tokio::test]
async fn there_are_a_hundred_connections_at_most() {
    let admin = Admin::new().await;
    for _ in 1..100 {
        admin.own().create(&self::admin(), now()).await.unwrap();
    }
    let refusal = admin.own().create(&self::admin(), now()).await.unwrap_err();
    assert_eq!(refusal.code(), "config.too_many_connections");
    admin.connections.of("other").create(&self::admin(), now()).await.unwrap();
}

#[tokio::test]
async fn whatever_is_enforced_is_found_among_however_many() {
    let admin = Admin::with_enforced().await;
    // Two processes may have got past the limit.
    let enforced = admin.own().record(&admin.id).await.unwrap().to_json().unwrap();
    for number in 0..250 {
        let json = enforced.replace(&admin.id, &format!("0{number}")).replace("enforced", "active");
        let other = ConnectionRecord::from_json(&json).unwrap();
        assert_eq!(
            admin.store.save(&crate::row(&other), None, Requires::Nothing, &[]).await.unwrap(),
            Saved::Saved
        );
    }
    assert_eq!(admin.own().list().await.unwrap().len(), 251);
    assert!(admin.own().enforcement().await.unwrap().is_enforced());
    let slower = Connections::new(&settings(), FailingStore(Fault::Contended, admin.store.clone()));
    assert_eq!(slower.of("acme").list().await.unwrap().len(), 251);
    assert!(slower.of("acme").enforcement().await.unwrap().is_enforced());
}

#[tokio::test]
async fn retiring_what_jumpcloud_signs_with_locks_everybody_out() {
    let print = |certificate: &str| {
        Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
    };
    let admin = Admin::with_enforced().await;
    admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    admin.log_in_at(keys::OTHER_KEY, keys::OTHER_CERTIFICATE, now() + DAY).await;
    // The former one was seen too, but that was before the change at JumpCloud.
    let current = Edit::new().retire_certificate(&print(keys::OTHER_CERTIFICATE), Retirement::Rotated);
    let both = [Effect::NeedsTestLogin, Effect::EndsEnforcement];
    assert_eq!(admin.own().preview(&admin.id, &current).await.unwrap(), both);
    assert_eq!(code(admin.edit(current).await), "config.ends_enforcement");
    let former = Edit::new().retire_certificate(&print(keys::OWN_CERTIFICATE), Retirement::Rotated);
    assert_eq!(admin.edit(former).await.unwrap(), [Effect::NeedsTestLogin]);
    assert_eq!(admin.phase().await, Phase::Enforced);
}

#[tokio::test]
async fn a_compromised_key_is_never_pinned_again() {
    let print = |certificate: &str| {
        Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
    };
    let own = print(keys::OWN_CERTIFICATE);
    let retire = |reason| Edit::new().retire_certificate(&own, reason);
    let pin = || Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes());
    let idp = JumpCloud::with_key(IDP_URL, IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap();
    let metadata = idp.metadata(true).unwrap();
    let import = || Edit::new().metadata(metadata.as_bytes(), now()).unwrap();
    for (reason, expected) in
        [(Retirement::Rotated, "kept"), (Retirement::Compromised, "config.key_compromised")]
    {
        let admin = Admin::with_active().await;
        admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
        let effects = admin.own().preview(&admin.id, &retire(reason)).await.unwrap();
        let revokes = Effect::RevokesSessions { certificate: own.clone() };
        assert_eq!(effects.contains(&revokes), reason == Retirement::Compromised, "{effects:?}");
        // Not even in the change that retires it.
        assert_eq!(
            code(admin.edit(retire(reason).add_certificate(keys::OWN_CERTIFICATE.as_bytes())).await),
            expected
        );
        if reason == Retirement::Compromised {
            assert_eq!(admin.edit(retire(reason)).await.unwrap(), effects);
            let EventKind::Configured { changes, .. } = admin.last_event().await else { panic!() };
            let named = changes.iter().find(|it| it.field == "compromised_keys").unwrap();
            assert_eq!(named.after.as_deref(), Some(own.as_str()));
        }
        for edit in [pin(), import()] {
            assert_eq!(code(admin.edit(edit).await), expected, "{reason:?}");
        }
        let record = admin.own().record(&admin.id).await.unwrap();
        let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
        assert_eq!(record.is_compromised(&certificate), reason == Retirement::Compromised);
        // Another key is as welcome as ever.
        let other = Edit::new().add_certificate(keys::SERVICE_CERTIFICATE.as_bytes());
        assert_eq!(code(admin.edit(other).await), "kept");
    }
}

/// What counts is the key, not the certificate that it comes in.
#[tokio::test]
async fn a_compromised_key_is_known_in_another_certificate() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().add_certificate(keys::JUMPCLOUD_CERTIFICATE_EXPIRED.as_bytes())).await.unwrap();
    let expired = Certificate::parse(keys::JUMPCLOUD_CERTIFICATE_EXPIRED.as_bytes()).unwrap();
    let fingerprint = expired.fingerprint_sha256().to_string();
    admin.edit(Edit::new().retire_certificate(&fingerprint, Retirement::Compromised)).await.unwrap();
    let renewed = Edit::new().add_certificate(keys::JUMPCLOUD_CERTIFICATE.as_bytes());
    match admin.edit(renewed).await.unwrap_err() {
        Refusal::Edit(error) => {
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!((problem.field(), problem.code()), ("certificates", "config.key_compromised"));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_key_for_both_is_not_hidden_by_its_encoding() {
    let admin = Admin::new().await;
    admin.edit(Edit::new().decryption_key(data("rsa2048.key.pem"))).await.unwrap();
    for (pem, expected) in [
        (data("rsa2048.crt.pem"), "config.key_for_both"),
        (data("rsa2048-no-null.crt.pem"), "certificate.key_encoding"),
        (data("other-rsa2048.crt.pem"), "kept"),
    ] {
        assert_eq!(code(admin.edit(Edit::new().add_certificate(pem.as_bytes())).await), expected);
    }
}

/// A key in another encoding has another fingerprint, by which it would not be known.
#[tokio::test]
async fn a_compromised_key_is_not_pinned_in_another_encoding() {
    for (standard, others) in [
        (data("rsa2048.crt.pem"), &[data("rsa2048-no-null.crt.pem")][..]),
        (data("ec-p256.crt.pem"), &[data("ec-p256-compressed.crt.pem"), data("ec-p256-hybrid.crt.pem")]),
        (data("ec-p384.crt.pem"), &[data("ec-p384-compressed.crt.pem"), data("ec-p384-hybrid.crt.pem")]),
    ] {
        let admin = Admin::with_active().await;
        let add = |pem: &str| Edit::new().add_certificate(pem.as_bytes());
        admin.edit(add(standard).add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
        let certificate = Certificate::parse(standard.as_bytes()).unwrap();
        let fingerprint = certificate.fingerprint_sha256().to_string();
        let retire = Edit::new().retire_certificate(&fingerprint, Retirement::Compromised);
        // Neither beside the key, nor when it is gone.
        for other in others {
            assert_eq!(code(admin.edit(add(other)).await), "certificate.key_encoding");
        }
        admin.edit(retire).await.unwrap();
        assert_eq!(code(admin.edit(add(standard)).await), "config.key_compromised");
        for other in others {
            assert_eq!(code(admin.edit(add(other)).await), "certificate.key_encoding");
        }
    }
}

fn fingerprint(certificate: &str) -> String {
    Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
}

fn retire(certificate: &str, reason: Retirement) -> Edit {
    Edit::new().retire_certificate(&fingerprint(certificate), reason)
}

/// The usual order of events: the key is replaced first, and the investigation ends later.
#[tokio::test]
async fn a_rotated_key_can_be_retired_as_compromised_later() {
    let admin = Admin::with_active().await;
    let own = admin.log_in_at(keys::OWN_KEY, keys::OWN_CERTIFICATE, now()).await;
    admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    let other = admin.log_in_at(keys::OTHER_KEY, keys::OTHER_CERTIFICATE, now()).await;
    admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap();
    let rotated = admin.reloaded().await;
    let print = fingerprint(keys::OWN_CERTIFICATE);
    assert_eq!(rotated.retired_certificates().collect::<Vec<_>>(), [print.as_str()]);
    // Again as rotated is no change.
    assert!(admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap().is_empty());
    assert_eq!(admin.reloaded().await, rotated);

    let stolen = retire(keys::OWN_CERTIFICATE, Retirement::Compromised);
    let revokes = [Effect::RevokesSessions { certificate: print.clone() }];
    assert_eq!(admin.own().preview(&admin.id, &stolen).await.unwrap(), revokes);
    let by = self::admin();
    let refused = admin.own().edit(&admin.id, &stolen, &by, now()).await;
    assert_eq!(refused.unwrap_err().code(), "config.revokes_sessions");
    let down = Sessions::new(&settings(), crate::failing_store::down()).unwrap();
    let failed = admin.own().edit_and_revoke(&admin.id, &stolen, &down, &by, now()).await;
    assert_eq!(failed.unwrap_err().code(), "config.store");
    assert_eq!(admin.reloaded().await, rotated);
    assert_eq!(admin.edit(stolen.clone()).await.unwrap(), revokes);
    let EventKind::Configured { changes, .. } = admin.last_event().await else { panic!() };
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((change.field.as_str(), change.after.as_deref()), ("compromised_keys", Some(print.as_str())));

    let pin = Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes());
    assert_eq!(code(admin.edit(pin).await), "config.key_compromised");
    let forgetful = MemoryStore::default();
    assert_eq!(admin.worth(&own, &forgetful).await, ["good", "session.withdrawn"]);
    assert_eq!(admin.worth(&own, &admin.store).await, ["session.revoked"; 2]);
    assert_eq!(admin.worth(&other, &admin.store).await, ["good"; 2]);

    // Again as compromised changes nothing, but revokes again what a store may have lost.
    let compromised = admin.reloaded().await;
    let sessions = Sessions::new(&settings(), forgetful.clone()).unwrap();
    let again = admin.own().edit_and_revoke(&admin.id, &stolen, &sessions, &by, now()).await.unwrap();
    assert_eq!((again.effects.as_slice(), &again.record), (revokes.as_slice(), &compromised));
    assert_eq!(admin.worth(&own, &forgetful).await, ["session.revoked"; 2]);
    assert!(admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap().is_empty());
    assert_eq!(admin.reloaded().await, compromised);
    // Nor is it remembered twice, where something else changes with it.
    admin.edit(stolen.idp_entity_id("other")).await.unwrap();
    let json = admin.reloaded().await.to_json().unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["compromised"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_stolen_key_is_retired_in_whatever_certificate() {
    let pinned = async |admin: &Admin| {
        let record = admin.reloaded().await;
        let prints = record.certificates().into_iter().map(|it| it.fingerprint_sha256().to_string());
        prints.collect::<Vec<_>>()
    };
    let [own, renewed] = [keys::OWN_CERTIFICATE, keys::JUMPCLOUD_CERTIFICATE].map(fingerprint);
    for (reason, remaining) in [
        (Retirement::Rotated, vec![own.clone(), renewed.clone()]),
        (Retirement::Compromised, vec![own.clone()]),
    ] {
        let admin = Admin::with_active().await;
        for certificate in [keys::JUMPCLOUD_CERTIFICATE_EXPIRED, keys::JUMPCLOUD_CERTIFICATE] {
            admin.edit(Edit::new().add_certificate(certificate.as_bytes())).await.unwrap();
        }
        assert_eq!(pinned(&admin).await, [own.clone(), renewed.clone()]);
        // By the fingerprint of the certificate that the renewed one has replaced.
        admin.edit(retire(keys::JUMPCLOUD_CERTIFICATE_EXPIRED, reason)).await.unwrap();
        assert_eq!(pinned(&admin).await, remaining, "{reason:?}");
    }
    // The last key of a connection in use is not taken away so, either.
    let admin = Admin::with_active().await;
    for certificate in [keys::JUMPCLOUD_CERTIFICATE_EXPIRED, keys::JUMPCLOUD_CERTIFICATE] {
        admin.edit(Edit::new().add_certificate(certificate.as_bytes())).await.unwrap();
    }
    admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap();
    let last = retire(keys::JUMPCLOUD_CERTIFICATE_EXPIRED, Retirement::Compromised);
    assert_eq!(code(admin.edit(last).await), "config.last_certificate");
}

#[tokio::test]
async fn a_hundred_retired_certificates_are_remembered() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    let record = admin.reloaded().await;
    let mut json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
    let known = |number: u32| serde_json::json!({ "certificate": format!("{number:08X}"), "key": "00" });
    json["retired"] = (0..100).map(known).collect();
    json["version"] = (record.version() + 1).into();
    let full = ConnectionRecord::from_json(&json.to_string()).unwrap();
    let saved =
        admin.store.save(&crate::row(&full), Some(record.version()), Requires::Nothing, &[]).await.unwrap();
    assert_eq!(saved, Saved::Saved);
    let oldest = || Edit::new().retire_certificate("00000000", Retirement::Rotated);
    assert_eq!(code(admin.edit(oldest()).await), "kept");
    // A certificate that comes and goes takes one place.
    for _ in 0..2 {
        admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap();
        admin.edit(Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes())).await.unwrap();
    }
    let record = admin.reloaded().await;
    let retired: Vec<_> = record.retired_certificates().collect();
    assert_eq!((retired.len(), retired[0]), (100, "00000001"));
    assert_eq!(retired[99], fingerprint(keys::OWN_CERTIFICATE));
    assert_eq!(code(admin.edit(oldest()).await), "config.unknown_certificate");
    // A record of an older version remembers none.
    json.as_object_mut().unwrap().remove("retired");
    let older = ConnectionRecord::from_json(&json.to_string()).unwrap();
    assert_eq!(older.retired_certificates().count(), 0);
}

#[tokio::test]
async fn a_compromised_key_is_refused_in_every_connection_of_the_organization() {
    for (reason, expected) in
        [(Retirement::Rotated, "kept"), (Retirement::Compromised, "config.key_compromised")]
    {
        let admin = Admin::with_active().await;
        let (second, in_use) = (admin.second().await, admin.second().await);
        let (own, by) = (second.own(), self::admin());
        own.disable(&second.id, &second.sessions(), &by, now()).await.unwrap();
        in_use.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
        admin.edit(retire(keys::OWN_CERTIFICATE, reason)).await.unwrap();
        // Pinned before, it is refused when the connection is to be used, and when it is to be enforced.
        let enabled = own.enable(&second.id, &by, now()).await;
        assert_eq!(enabled.map_or_else(|refusal| refusal.code(), |_| "kept"), expected);
        let enforced = in_use.enforce().await;
        assert_eq!(enforced.map_or_else(|refusal| refusal.code(), |()| "kept"), expected);
        // A connection in use can go over to another key.
        let other = Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes());
        assert_eq!(code(in_use.edit(other.accept_end_of_enforcement()).await), "kept");
        let leave = retire(keys::OWN_CERTIFICATE, Retirement::Rotated).accept_end_of_enforcement();
        assert_eq!(code(in_use.edit(leave).await), "kept");
        let pin = Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes()).accept_end_of_enforcement();
        let metadata = JumpCloud::with_key(IDP_URL, IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap();
        let metadata = metadata.metadata(true).unwrap();
        let import = Edit::new().metadata(metadata.as_bytes(), now()).unwrap().accept_end_of_enforcement();
        for edit in [&pin, &import] {
            let draft = own.create(&by, now()).await.unwrap();
            for id in [draft.id(), &in_use.id] {
                let edited = own.edit(id, edit, &by, now()).await;
                assert_eq!(edited.map_or_else(|refusal| refusal.code(), |_| "kept"), expected, "{id}");
            }
        }
        // Another organization has its own incidents.
        let elsewhere = admin.connections.of("other");
        let draft = elsewhere.create(&by, now()).await.unwrap();
        elsewhere.edit(draft.id(), &pin, &by, now()).await.unwrap();
    }
}

#[tokio::test]
async fn connections_that_pin_a_compromised_key_still_are_named() {
    let admin = Admin::with_active().await;
    let (pinning, former, unconcerned) = (admin.second().await, admin.second().await, admin.second().await);
    let log_in = async |admin: &Admin| admin.log_in_at(keys::OWN_KEY, keys::OWN_CERTIFICATE, now()).await;
    let sessions = [log_in(&admin).await, log_in(&pinning).await, log_in(&former).await];
    for admin in [&admin, &former, &unconcerned] {
        admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    }
    for admin in [&former, &unconcerned] {
        admin.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap();
    }
    // A key that was replaced too early is pinned again.
    pinning.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    pinning.edit(retire(keys::OWN_CERTIFICATE, Retirement::Rotated)).await.unwrap();
    pinning.edit(Edit::new().add_certificate(keys::OWN_CERTIFICATE.as_bytes())).await.unwrap();
    let spared = unconcerned.log_in_at(keys::OTHER_KEY, keys::OTHER_CERTIFICATE, now()).await;
    let certificate = fingerprint(keys::OWN_CERTIFICATE);
    let expected = [
        Effect::NeedsTestLogin,
        Effect::RevokesSessions { certificate: certificate.clone() },
        Effect::StillPinnedBy { connection: pinning.id.clone(), certificate: certificate.clone() },
    ];
    let stolen = || retire(keys::OWN_CERTIFICATE, Retirement::Compromised);
    assert_eq!(admin.own().preview(&admin.id, &stolen()).await.unwrap(), expected);
    assert_eq!(admin.edit(stolen()).await.unwrap(), expected);
    let [own, pinned, formerly] = &sessions;
    let store = &admin.store;
    assert_eq!(admin.worth(own, store).await, ["session.revoked"; 2]);
    // Nobody would look for sessions of a connection that has left the key long ago.
    assert_eq!(admin.worth(formerly, store).await, ["session.revoked"; 2]);
    // Revoking here would lock the members of a connection out that an administrator has not looked at.
    assert_eq!(admin.worth(pinned, store).await, ["good"; 2]);
    assert_eq!(admin.worth(&spared, store).await, ["good"; 2]);

    let replaced = stolen().add_certificate(keys::SERVICE_CERTIFICATE.as_bytes());
    let effects = pinning.edit(replaced).await.unwrap();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StillPinnedBy { .. })), "{effects:?}");
    let again = [Effect::RevokesSessions { certificate }];
    assert_eq!(admin.edit(stolen()).await.unwrap(), again);
    let late = pinning.worth(pinned, store).await;
    assert!(late.iter().all(|code| *code != "good"), "{late:?}");
}

/// As an older version could write it, which knows of no compromised keys.
#[tokio::test]
async fn a_record_that_pins_a_compromised_key_makes_no_connection() {
    let admin = Admin::with_active().await;
    let own = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
    let record = admin.own().record(&admin.id).await.unwrap();
    let json = record.to_json().unwrap();
    let key = own.public_key_fingerprint().to_string();
    let pinned = json.replace(r#""compromised":[]"#, &format!(r#""compromised":["{key}"]"#));
    assert_ne!(pinned, json);
    let pinned = ConnectionRecord::from_json(&pinned).unwrap();
    let next =
        ConnectionRecord::from_json(&pinned.to_json().unwrap().replace(r#""version":3"#, r#""version":4"#))
            .unwrap();
    assert_eq!(
        admin.store.save(&crate::row(&next), Some(record.version()), Requires::Nothing, &[]).await.unwrap(),
        Saved::Saved
    );
    assert_eq!(admin.connections.active(&admin.id).await.unwrap_err().code(), "config.key_compromised");
}

#[tokio::test]
async fn every_key_that_an_edit_adds_is_named() {
    let admin = Admin::with_active().await;
    let pins = |certificate: &str| {
        let certificate = Certificate::parse(certificate.as_bytes()).unwrap();
        Effect::PinsKey {
            certificate: certificate.fingerprint_sha256().to_string(),
            subject: certificate.subject().to_owned(),
            is_authority: certificate.is_authority(),
        }
    };
    let edit = Edit::new()
        .add_certificate(keys::OTHER_CERTIFICATE.as_bytes())
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .add_certificate(keys::JUMPCLOUD_CERTIFICATE_EXPIRED.as_bytes());
    let effects = admin.own().preview(&admin.id, &edit).await.unwrap();
    let added = [pins(keys::OTHER_CERTIFICATE), pins(keys::JUMPCLOUD_CERTIFICATE_EXPIRED)];
    assert_eq!(effects[1..], added, "the key that was pinned before is not added");
    assert_eq!(admin.edit(edit).await.unwrap(), effects);
    let renewed = Edit::new().add_certificate(keys::JUMPCLOUD_CERTIFICATE.as_bytes());
    assert_eq!(admin.edit(renewed).await.unwrap(), [Effect::NeedsTestLogin]);
}

#[tokio::test]
async fn a_renewed_certificate_takes_the_place_of_the_former_one() {
    let admin = Admin::with_active().await;
    let pinned = async || {
        let record = admin.own().record(&admin.id).await.unwrap();
        record.certificates().iter().map(|it| it.fingerprint_sha256().to_string()).collect::<Vec<_>>()
    };
    let print = |certificate: &str| {
        Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
    };
    let add = |certificate: &str| Edit::new().add_certificate(certificate.as_bytes());
    let former = add(keys::JUMPCLOUD_CERTIFICATE_EXPIRED)
        .retire_certificate(&print(keys::OWN_CERTIFICATE), Retirement::Rotated);
    admin.edit(former).await.unwrap();
    assert_eq!(pinned().await, [print(keys::JUMPCLOUD_CERTIFICATE_EXPIRED)]);
    // Of the same key: who could log in before can do so after it.
    assert_eq!(admin.edit(add(keys::JUMPCLOUD_CERTIFICATE)).await.unwrap(), [Effect::NeedsTestLogin]);
    assert_eq!(pinned().await, [print(keys::JUMPCLOUD_CERTIFICATE)]);
    assert!(admin.edit(add(keys::JUMPCLOUD_CERTIFICATE)).await.unwrap().is_empty());
    // One out of an old file does not undo that.
    assert!(admin.edit(add(keys::JUMPCLOUD_CERTIFICATE_EXPIRED)).await.unwrap().is_empty());
    assert_eq!(pinned().await, [print(keys::JUMPCLOUD_CERTIFICATE)]);
    // What is retired is what was pinned before, also where it is replaced in the same breath.
    let both = add(keys::OWN_CERTIFICATE)
        .retire_certificate(&print(keys::JUMPCLOUD_CERTIFICATE), Retirement::Rotated);
    admin.edit(both.add_certificate(keys::JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS.as_bytes())).await.unwrap();
    assert_eq!(
        pinned().await,
        [print(keys::OWN_CERTIFICATE), print(keys::JUMPCLOUD_CERTIFICATE_EMPTY_EXTENSIONS)]
    );
}

#[tokio::test]
async fn a_connection_in_use_stays_whole() {
    let admin = Admin::with_active().await;
    // Without a verified domain nobody could log in.
    match admin.edit(Edit::new().accept_any_email_domain(false)).await.unwrap_err() {
        Refusal::Incomplete { missing } => assert_eq!(missing, [Missing::EmailDomain]),
        other => panic!("{other}"),
    }
    assert_eq!(admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    admin.edit(Edit::new().accept_any_email_domain(false)).await.unwrap();
    // Those who come by JumpCloud's portal are told before they are refused.
    admin.edit(Edit::new().allow_idp_initiated(true)).await.unwrap();
    let refuse = Edit::new().allow_idp_initiated(false);
    assert_eq!(admin.own().preview(&admin.id, &refuse).await.unwrap(), [Effect::RefusesIdpInitiated]);
    assert_eq!(admin.edit(refuse).await.unwrap(), [Effect::RefusesIdpInitiated]);
}

#[tokio::test]
async fn a_domain_that_members_log_in_with_is_not_released_by_mistake() {
    let admin = Admin::with_active().await;
    let domains = Domains::new(&settings(), admin.store.clone());
    for domain in ["acme.test", "other.test"] {
        assert_eq!(admin.store.claim_domain(domain, "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    }
    let release = async |domain: &str, how: Release| {
        let result = domains.release("acme", domain, how, &admin.sessions(), &self::admin(), now()).await;
        result.map_or_else(|error| error.code(), |()| "released")
    };
    admin.edit(Edit::new().accept_any_email_domain(false)).await.unwrap();
    assert_eq!(release("acme.test", Release::IfUnused).await, "config.domain_in_use");
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    assert_eq!(release("acme.test", Release::EvenIfMembersAreLockedOut).await, "released");
    let released = EventKind::DomainReleased { domain: "acme.test".to_owned(), while_in_use: true };
    assert_eq!(admin.last_event().await, released);
    // The login that was a test is none any longer: its address is believed no more.
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    assert_eq!(release("other.test", Release::EvenIfMembersAreLockedOut).await, "released");
    match admin.enforce().await.unwrap_err() {
        Refusal::Incomplete { missing } => assert_eq!(missing, [Missing::EmailDomain]),
        other => panic!("{other}"),
    }
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    assert_eq!(admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(release("acme.test", Release::IfUnused).await, "released");
    let released = EventKind::DomainReleased { domain: "acme.test".to_owned(), while_in_use: false };
    assert_eq!(admin.last_event().await, released);
}

#[tokio::test]
async fn a_login_by_a_certificate_that_is_retired_meanwhile_is_not_completed() {
    let admin = Admin::with_active().await;
    let page = sso_store_tests::LoginPage::new(&admin.store);
    let connection = admin.connections.active(&admin.id).await.unwrap();
    let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
    let login = page.finish(&connection, &answer, now()).await.unwrap();
    let own = connection.certificates().next().unwrap().fingerprint_sha256().to_string();
    let edit = Edit::new()
        .add_certificate(keys::OTHER_CERTIFICATE.as_bytes())
        .retire_certificate(&own, Retirement::Rotated);
    admin.edit(edit).await.unwrap();
    let refused = admin.connections.complete_login(login, "user-1", &page.sessions, now()).await;
    assert_eq!(refused.unwrap_err().code(), "config.certificate_retired");
}

#[tokio::test]
async fn a_test_is_a_login_by_the_way_that_members_are_sent() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().allow_idp_initiated(true)).await.unwrap();
    let page = sso_store_tests::LoginPage::new(&admin.store);
    // A click in JumpCloud's portal says nothing about the IdP URL.
    let click = async || {
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let (service, idp) = (connection.service_provider(), crate::idp());
        let response = idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::user());
        let saml_response = STANDARD.encode(response.build().unwrap());
        let form = LoginForm { saml_response: &saml_response, relay_state: None };
        let login = page.sso.finish_login(&connection, form, &Cookies::default(), now()).await.unwrap();
        assert!(!login.began_at_service());
        admin.connections.complete_login(login, "user-1", &page.sessions, now()).await.unwrap();
    };
    click().await;
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    // Another click does not undo it.
    click().await;
    admin.enforce().await.unwrap();
}

#[tokio::test]
async fn a_test_is_one_since_the_connection_was_enabled() {
    let admin = Admin::with_active().await;
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    admin.own().enable(&admin.id, &self::admin(), now()).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    admin.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
    admin.enforce().await.unwrap();
}

#[tokio::test]
async fn logins_go_by_the_domains_of_the_moment() {
    let admin = Admin::with_active().await;
    let page = sso_store_tests::LoginPage::new(&admin.store);
    let claimed = admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap();
    assert_eq!(claimed, DomainClaim::Claimed);
    admin.edit(Edit::new().accept_any_email_domain(false)).await.unwrap();
    let log_in = async || {
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
        page.finish(&connection, &answer, now()).await.map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(log_in().await, "accepted");
    assert_eq!(log_in().await, "accepted");
    let other = admin.store.claim_domain("other.test", "acme", &[]).await.unwrap();
    assert_eq!(other, DomainClaim::Claimed);
    let lockout = Release::EvenIfMembersAreLockedOut;
    let released = admin.store.release_domain("acme.test", "acme", lockout, now(), &[]).await.unwrap();
    assert_eq!(released, DomainRelease::Released);
    assert_eq!(log_in().await, "attribute.email_domain");
}

#[tokio::test]
async fn enforcing_anew_in_another_way_is_refused() {
    let admin = Admin::with_enforced().await;
    let enforce = async |break_glass: BreakGlass, earlier: EarlierSessions| {
        let result = admin.own().enforce(&admin.id, &break_glass, earlier, &self::admin(), now()).await;
        result.map_or_else(|refusal| refusal.code(), |_| "enforced")
    };
    let nobody = BreakGlass::NobodyEvenIfLockedOut;
    assert_eq!(enforce(nobody.clone(), EarlierSessions::GoOn).await, "enforced");
    assert_eq!(enforce(nobody, EarlierSessions::End).await, "config.phase");
    let named = BreakGlass::Accounts(vec!["admin-1".to_owned()]);
    assert_eq!(enforce(named, EarlierSessions::GoOn).await, "config.phase");
    assert_eq!(
        enforce(BreakGlass::Accounts(Vec::new()), EarlierSessions::GoOn).await,
        "config.no_break_glass"
    );
}

#[tokio::test]
async fn disabling_says_that_enforcement_ends_with_it() {
    let admin = Admin::with_enforced().await;
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    let events = admin.own().events(0, 1000).await.unwrap();
    let last: Vec<_> = events.iter().rev().take(2).map(|(_, event)| event.kind().clone()).collect();
    assert_eq!(
        last,
        [
            EventKind::Unenforced { because: UnenforcedBecause::Disabled, after: Phase::Configured },
            EventKind::Disabled { before: Phase::Enforced }
        ]
    );
    assert!(!admin.own().enforcement().await.unwrap().is_enforced());
}

#[tokio::test]
async fn disabling_ends_every_session_whenever_it_began() {
    let admin = Admin::with_active().await;
    let page = sso_store_tests::LoginPage::new(&admin.store);
    let login = async |at: SystemTime| {
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), at);
        page.finish(&connection, &answer, at).await.unwrap()
    };
    let complete = async |login: Login, at: SystemTime| {
        admin.connections.complete_login(login, "user-1", &page.sessions, at).await
    };
    let verify = async |token: &str, at: SystemTime| {
        page.sessions.verify("acme", token, at).await.map_or_else(|error| error.code(), |_| "good")
    };
    // On a machine whose clock is ahead, one begins after the end.
    let at = now() + Duration::from_secs(59);
    let first = complete(login(now()).await, now()).await.unwrap();
    let ahead = complete(login(at).await, at).await.unwrap();
    let under_way = login(at).await;
    let down = Sessions::new(&settings(), crate::failing_store::down()).unwrap();
    let refusal = admin.own().disable(&admin.id, &down, &self::admin(), now()).await.unwrap_err();
    assert_eq!(refusal.code(), "config.store");
    assert_eq!(admin.phase().await, Phase::Configured, "nobody logs in, whatever became of the sessions");
    // What was not revoked is not forgotten over it.
    let again = admin.own().enable(&admin.id, &self::admin(), now()).await.unwrap_err();
    assert_eq!(again.code(), "config.not_revoked");
    let delete = admin.own().delete(&admin.id, &self::admin(), now()).await.unwrap_err();
    assert_eq!(delete.code(), "config.not_revoked");
    admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    for (token, at) in [(&first, now()), (&ahead, now() + Duration::from_secs(59)), (&ahead, now() + DAY / 4)]
    {
        assert_eq!(verify(token.token(), at).await, "session.revoked");
    }
    // Enabled again, it begins anew: at once, and without what was under way before.
    admin.own().enable(&admin.id, &self::admin(), now()).await.unwrap();
    let fresh = complete(login(now()).await, now()).await.unwrap();
    assert_eq!(verify(fresh.token(), now()).await, "good");
    assert_eq!(complete(under_way, at).await.unwrap_err().code(), "config.disabled");
    assert_eq!(verify(ahead.token(), now() + DAY / 4).await, "session.revoked");
}

#[tokio::test]
async fn a_login_is_good_for_one_session_of_one_user() {
    let admin = Admin::with_active().await;
    let connection = admin.connections.active(&admin.id).await.unwrap();
    let page = sso_store_tests::LoginPage::new(&admin.store);
    let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
    // Two machines of a service that do not share what they remember of assertions: both accept it.
    let elsewhere = sso_store_tests::LoginPage::new(MemoryStore::default());
    let login = page.finish(&connection, &answer, now()).await.unwrap();
    let again = elsewhere.finish(&connection, &answer, now()).await.unwrap();
    let complete = async |login: Login, user: &str| {
        admin.connections.complete_login(login, user, &page.sessions, now()).await
    };
    let session = complete(login, "user-1").await.unwrap();
    assert_eq!(complete(again, "user-2").await.unwrap_err().code(), "session.login_used");
    // Nor does it count as a test by that user.
    let logins = admin.store.logins(&admin.id).await.unwrap();
    assert_eq!(
        logins
            .iter()
            .map(|json| CompletedLogin::from_json(json).unwrap().user().to_owned())
            .collect::<Vec<_>>(),
        ["user-1"]
    );
    let verified = page.sessions.verify("acme", session.token(), now()).await.unwrap();
    assert_eq!((verified.subject(), verified.login().map(str::len)), ("user-1", Some(43)));
}

#[tokio::test]
async fn a_login_has_five_minutes_to_become_a_session() {
    for (at, expected) in [
        (now(), "complete"),
        (now() + Duration::from_secs(299), "complete"),
        (now() + 5 * MINUTE, "session.login_expired"),
        (now() + 30 * DAY, "session.login_expired"),
        // The machine that accepted it was ahead, by as much as clocks may differ and by more.
        (now() - 5 * MINUTE, "complete"),
        (now() - Duration::from_secs(301), "session.login_expired"),
    ] {
        let admin = Admin::with_active().await;
        let page = sso_store_tests::LoginPage::new(&admin.store);
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        let completed = admin.connections.complete_login(login, "user-1", &page.sessions, at).await;
        assert_eq!(completed.map_or_else(|refusal| refusal.code(), |_| "complete"), expected, "{at:?}");
    }
}

#[tokio::test]
async fn what_is_revoked_while_a_login_is_under_way_stays_revoked() {
    for (revoked, expected) in [
        ("nothing", "complete"),
        ("another user", "complete"),
        ("an earlier second", "complete"),
        ("user", "session.revoked"),
        ("connection", "session.revoked"),
        ("organization", "session.revoked"),
    ] {
        let admin = Admin::with_active().await;
        let page = sso_store_tests::LoginPage::new(&admin.store);
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        let sessions = &page.sessions;
        match revoked {
            "another user" => sessions.revoke_user("acme", "user-2", now()).await,
            "an earlier second" => sessions.revoke_user("acme", "user-1", now() - MINUTE).await,
            "user" => sessions.revoke_user("acme", "user-1", now()).await,
            "connection" => sessions.revoke_connection("acme", &admin.id, now()).await,
            "organization" => sessions.revoke_organization("acme", now()).await,
            _ => Ok(()),
        }
        .unwrap();
        let completed = admin.connections.complete_login(login, "user-1", sessions, now() + MINUTE).await;
        assert_eq!(completed.map_or_else(|refusal| refusal.code(), |_| "complete"), expected, "{revoked}");
    }
}

#[tokio::test]
async fn a_compromised_key_ends_what_it_began_and_a_replaced_one_does_not() {
    for reason in [Retirement::Rotated, Retirement::Compromised] {
        let admin = Admin::with_active().await;
        let page = sso_store_tests::LoginPage::new(&admin.store);
        admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
        let session = async |key: &str, certificate: &str| {
            let connection = admin.connections.active(&admin.id).await.unwrap();
            let idp = JumpCloud::with_key(IDP_URL, IDP, key, certificate).unwrap();
            let answer = page.answer(&connection, &idp, &crate::user(), now());
            let login = page.finish(&connection, &answer, now()).await.unwrap();
            admin.connections.complete_login(login, "user-1", &page.sessions, now()).await.unwrap()
        };
        let own = session(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        let other = session(keys::OTHER_KEY, keys::OTHER_CERTIFICATE).await;
        let fingerprint = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap().fingerprint_sha256();
        let edit = Edit::new().retire_certificate(&fingerprint.to_string(), reason);
        let effects = admin.own().preview(&admin.id, &edit).await.unwrap();
        let revokes = Effect::RevokesSessions { certificate: fingerprint.to_string() };
        let is_compromised = reason == Retirement::Compromised;
        assert_eq!(effects.contains(&revokes), is_compromised);

        let down = Sessions::new(&settings(), crate::failing_store::down()).unwrap();
        let by = self::admin();
        if is_compromised {
            let refused = admin.own().edit(&admin.id, &edit, &by, now()).await;
            assert_eq!(refused.unwrap_err().code(), "config.revokes_sessions");
            let failed = admin.own().edit_and_revoke(&admin.id, &edit, &down, &by, now()).await;
            assert_eq!(failed.unwrap_err().code(), "config.store");
        }
        admin.own().edit_and_revoke(&admin.id, &edit, &page.sessions, &by, now()).await.unwrap();
        let at = now() + MINUTE;
        let code = |error: jumpcloud_sso::SessionRefusal| error.code();
        let expected = if is_compromised { "session.revoked" } else { "good" };
        for (session, expected) in [(&own, expected), (&other, "good")] {
            let verified = page.sessions.verify("acme", session.token(), at).await;
            assert_eq!(verified.map_or_else(code, |_| "good"), expected);
            let refreshed = page.connections.refresh(&page.sessions, "acme", session.token(), at).await;
            assert_eq!(refreshed.map_or_else(code, |_| "good"), expected);
        }
        // Even where a store has forgotten the revocation, the record has not.
        let forgetful = sso_store_tests::LoginPage::new(MemoryStore::default()).sessions;
        let refreshed = page.connections.refresh(&forgetful, "acme", own.token(), at).await;
        let expected = if is_compromised { "session.withdrawn" } else { "good" };
        assert_eq!(refreshed.map_or_else(code, |_| "good"), expected);
    }
}

#[tokio::test]
async fn a_stolen_key_is_retired_whatever_else_is_missing() {
    let admin = Admin::with_active().await;
    let claim = admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap();
    assert_eq!(claim, DomainClaim::Claimed);
    let both = Edit::new().accept_any_email_domain(false);
    admin.edit(both.add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    // The domain has moved to somebody else.
    let lost = Release::EvenIfMembersAreLockedOut;
    let released = admin.store.release_domain("acme.test", "acme", lost, now(), &[]).await.unwrap();
    assert_eq!(released, DomainRelease::Released);
    let own = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap().fingerprint_sha256().to_string();
    let other = Edit::new().idp_url("https://sso.jumpcloud.com/saml2/new");
    assert_eq!(admin.edit(other).await.unwrap_err().code(), "config.incomplete");
    admin.edit(Edit::new().retire_certificate(&own, Retirement::Compromised)).await.unwrap();
    let record = admin.own().record(&admin.id).await.unwrap();
    assert_eq!(record.certificates().len(), 1);
}

#[tokio::test]
async fn no_compromised_key_is_forgotten() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())).await.unwrap();
    let own = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap().fingerprint_sha256().to_string();
    let edit = Edit::new().retire_certificate(&own, Retirement::Compromised);
    for (count, expected) in [(100, Err("limit.compromised_keys")), (99, Ok(()))] {
        let record = admin.own().record(&admin.id).await.unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&record.to_json().unwrap()).unwrap();
        json["compromised"] = (0..count).map(|number| format!("key {number}")).collect();
        json["version"] = (record.version() + 1).into();
        let next = ConnectionRecord::from_json(&json.to_string()).unwrap();
        let saved =
            admin.store.save(&crate::row(&next), Some(record.version()), Requires::Nothing, &[]).await;
        assert_eq!(saved.unwrap(), Saved::Saved);
        let edited = admin.edit(edit.clone()).await;
        assert_eq!(edited.map(drop).map_err(|refusal| refusal.code()), expected, "{count}");
    }
}

#[tokio::test]
async fn a_login_from_before_a_domain_was_lost_is_not_completed() {
    for is_lost in [false, true] {
        let admin = Admin::with_active().await;
        admin.edit(Edit::new().accept_any_email_domain(true)).await.unwrap();
        let claim = admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap();
        assert_eq!(claim, DomainClaim::Claimed);
        let page = sso_store_tests::LoginPage::new(&admin.store);
        let connection = admin.connections.active(&admin.id).await.unwrap();
        if is_lost {
            let lost = Release::EvenIfMembersAreLockedOut;
            let released = admin.store.release_domain("acme.test", "acme", lost, now(), &[]).await.unwrap();
            assert_eq!(released, DomainRelease::Released);
        }
        // On a machine that has kept the connection, and whose clock is ahead of the release.
        let ahead = now() + MINUTE;
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), ahead);
        let login = page.finish(&connection, &answer, ahead).await.unwrap();
        assert!(login.email_is_verified());
        let completed = admin.connections.complete_login(login, "user-1", &page.sessions, ahead).await;
        let expected = if is_lost { "session.withdrawn" } else { "complete" };
        assert_eq!(completed.map_or_else(|refusal| refusal.code(), |_| "complete"), expected);
    }
}

#[tokio::test]
async fn refreshing_looks_at_the_connection_and_the_domain_anew() {
    let code = |error: jumpcloud_sso::SessionRefusal| error.code();
    for any_domain in [false, true] {
        let admin = Admin::with_active().await;
        let claim = admin.store.claim_domain("acme.test", "acme", &[]).await.unwrap();
        assert_eq!(claim, DomainClaim::Claimed);
        let page = sso_store_tests::LoginPage::new(&admin.store);
        admin.edit(Edit::new().accept_any_email_domain(any_domain)).await.unwrap();
        let connection = admin.connections.active(&admin.id).await.unwrap();
        let answer = page.answer(&connection, &crate::idp(), &crate::user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        assert!(login.email_is_verified());
        let session = admin.connections.complete_login(login, "user-1", &page.sessions, now()).await.unwrap();
        // What the store of revocations knows is left out here: the record and the domains have to do.
        let refresh = async |token: &str, at: SystemTime| {
            page.connections.refresh(&page.sessions, "acme", token, at).await
        };
        let session = refresh(session.token(), now() + MINUTE).await.unwrap();
        let verified = page.sessions.verify("acme", session.token(), now() + MINUTE).await.unwrap();
        assert_eq!((verified.email_is_verified(), verified.email_domain()), (true, Some("acme.test")));
        let lost = Release::EvenIfMembersAreLockedOut;
        let released = admin.store.release_domain("acme.test", "acme", lost, now(), &[]).await.unwrap();
        assert_eq!(released, DomainRelease::Released);
        let refreshed = refresh(session.token(), now() + 2 * MINUTE).await;
        if any_domain {
            let session = refreshed.unwrap();
            let verified = page.sessions.verify("acme", session.token(), now() + 2 * MINUTE).await.unwrap();
            assert_eq!((verified.email_is_verified(), verified.email_domain()), (false, None));
            assert_eq!(verified.email(), Some("bjensen@acme.test"));
        } else {
            assert_eq!(refreshed.map_or_else(code, |_| "good"), "session.withdrawn");
        }
    }
}

#[tokio::test]
async fn doing_again_what_is_done_changes_nothing() {
    let admin = Admin::with_enforced().await;
    let version = async || admin.own().record(&admin.id).await.unwrap().version();
    let before = version().await;
    admin.own().enable(&admin.id, &self::admin(), now()).await.unwrap();
    admin.enforce().await.unwrap();
    assert_eq!(version().await, before);
    for _ in 0..2 {
        admin.own().unenforce(&admin.id, &self::admin(), now()).await.unwrap();
    }
    assert_eq!(version().await, before + 1);
    for _ in 0..2 {
        admin.own().disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    }
    // Once for the connection, and once for its sessions.
    assert_eq!(version().await, before + 3);
}

/// What an organization has paid for.
struct Plan(&'static [Feature]);

#[async_trait::async_trait]
impl Entitlements for Plan {
    async fn allows(&self, organization: &str, feature: Feature) -> Result<bool, StoreError> {
        assert_eq!(organization, "acme");
        Ok(self.0.contains(&feature))
    }
}

#[tokio::test]
async fn a_plan_gates_what_goes_forward_and_nothing_that_goes_back() {
    let admin = Admin::with_enforced().await;
    let free = Connections::with_entitlements(&settings(), admin.store.clone(), Plan(&[]));
    assert_eq!(
        free.of("acme").create(&self::admin(), now()).await.unwrap_err().code(),
        "config.not_entitled"
    );
    let edit = Edit::new().allow_idp_initiated(true);
    for forward in [
        edit.clone(),
        Edit::new().idp_url("https://sso.jumpcloud.com/saml2/other"),
        Edit::new().idp_entity_id("other"),
        Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes()),
        Edit::new().attributes(AttributeMap::default().email("mail")),
        Edit::new().clock_skew(Duration::from_secs(30)),
        Edit::new().enforce_certificate_dates(true),
        Edit::new().decryption_key(keys::SERVICE_KEY),
        Edit::new().insecure_allow_sha1(true),
        Edit::new().accept_any_email_domain(true),
    ] {
        let forward = forward.accept_end_of_enforcement();
        let refused = free.of("acme").edit(&admin.id, &forward, &self::admin(), now()).await.unwrap_err();
        assert_eq!(refused.code(), "config.not_entitled", "{forward:?}");
    }
    // A key that leaked can be retired by everybody.
    let leaked = Edit::new().retire_certificate("00:11", Retirement::Rotated).accept_end_of_enforcement();
    let refused = free.of("acme").edit(&admin.id, &leaked, &self::admin(), now()).await.unwrap_err();
    assert_eq!(refused.code(), "config.unknown_certificate");
    let less = Edit::new().insecure_allow_sha1(false).allow_idp_initiated(false);
    free.of("acme").edit(&admin.id, &less, &self::admin(), now()).await.unwrap();
    free.of("acme").unenforce(&admin.id, &self::admin(), now()).await.unwrap();
    let nobody = BreakGlass::NobodyEvenIfLockedOut;
    let enforce =
        free.of("acme").enforce(&admin.id, &nobody, EarlierSessions::End, &self::admin(), now()).await;
    assert_eq!(enforce.unwrap_err().code(), "config.not_entitled");
    free.of("acme").disable(&admin.id, &admin.sessions(), &self::admin(), now()).await.unwrap();
    assert_eq!(
        free.of("acme").enable(&admin.id, &self::admin(), now()).await.unwrap_err().code(),
        "config.not_entitled"
    );
    let team = Plan(&[Feature::Configure, Feature::Enable]);
    let team = Connections::with_entitlements(&settings(), admin.store.clone(), team);
    team.of("acme").enable(&admin.id, &self::admin(), now()).await.unwrap();
    team.of("acme").edit(&admin.id, &edit, &self::admin(), now()).await.unwrap();
    let enforce =
        team.of("acme").enforce(&admin.id, &nobody, EarlierSessions::End, &self::admin(), now()).await;
    assert_eq!(enforce.unwrap_err().code(), "config.not_entitled");
}

#[tokio::test]
async fn reminders_come_once_each_and_the_most_urgent_first() {
    let admin = Admin::with_active().await;
    let before = admin.own().record(&admin.id).await.unwrap().version();
    let end = admin.own().record(&admin.id).await.unwrap().certificates()[0].not_after();
    let due = async |at: SystemTime| {
        let reminders = admin.connections.expiry_reminders(at).await;
        assert!(reminders.failure.is_none());
        let days = reminders.due.iter().map(|event| match event.kind() {
            EventKind::CertificateExpires { days, expires_at: at, .. } => {
                assert_eq!(*at, end);
                *days
            }
            other => panic!("{other:?}"),
        });
        days.collect::<Vec<_>>()
    };
    assert!(due(end - 61 * DAY).await.is_empty());
    assert_eq!(due(end - 60 * DAY).await, [60]);
    assert!(due(end - 59 * DAY).await.is_empty());
    assert_eq!(due(end - 30 * DAY).await, [30]);
    // The machine was off for a while: of what was missed, the last is enough.
    assert_eq!(due(end - DAY / 2).await, [1]);
    assert_eq!(due(end + DAY).await, [0]);
    assert!(due(end + 2 * DAY).await.is_empty());
    // Each was a change like any other: whoever still has the former version is told.
    let version = admin.own().record(&admin.id).await.unwrap().version();
    assert_eq!(version, before + 4);
    // They are in the audit log too.
    assert!(matches!(admin.last_event().await, EventKind::CertificateExpires { days: 0, .. }));
}

#[tokio::test]
async fn reminders_are_for_connections_in_use() {
    let admin = Admin::new().await;
    admin.edit(complete()).await.unwrap();
    let end = admin.own().record(&admin.id).await.unwrap().certificates()[0].not_after();
    assert!(admin.connections.expiry_reminders(end).await.due.is_empty());
}

#[tokio::test]
async fn a_record_survives_its_text() {
    let admin = Admin::with_enforced().await;
    let map = AttributeMap::default().email("mail").first_name_optional();
    let edit = Edit::new()
        .attributes(map)
        .clock_skew(Duration::from_secs(90))
        .insecure_allow_sha1(true)
        .accept_end_of_enforcement();
    admin.edit(edit).await.unwrap();
    let record = admin.own().record(&admin.id).await.unwrap();
    let read = ConnectionRecord::from_json(&record.to_json().unwrap()).unwrap();
    assert_eq!(read, record);
    assert_eq!(read.attributes().configured_name(Field::Email), Some("mail"));
    assert!(!read.attributes().requires(Field::FirstName));
    assert!(ConnectionRecord::from_json("{}").is_err());
    assert!(Event::from_json("{}").is_err());
}
