//! What changes a connection, and what refuses to.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::{
    Actor, AttributeMap, BreakGlass, ConnectionStore, Connections, EarlierSessions, Edit, Effect,
    Entitlements, EventKind, Feature, Field, MemoryStore, Missing, OnceStore, Phase, Refusal, Saved,
    StoreError,
};
use jumpcloud_sso_testkit::{JumpCloud, keys};

use crate::{IDP, IDP_URL, now, settings};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn admin() -> Actor {
    Actor::user("admin-1")
}

struct Admin {
    store: MemoryStore,
    connections: Connections<MemoryStore>,
    id: String,
}

impl Admin {
    /// With a connection that is a draft.
    async fn new() -> Self {
        let store = MemoryStore::default();
        let connections = Connections::new(&settings(), store.clone());
        let id = connections.create("acme", &admin(), now()).await.unwrap().id().to_owned();
        Self { store, connections, id }
    }

    /// With one that logins can go through.
    async fn with_active() -> Self {
        let it = Self::new().await;
        it.edit(complete()).await.unwrap();
        it.connections.enable(&it.id, &admin(), now()).await.unwrap();
        it
    }

    /// With one that logins have to go through.
    async fn with_enforced() -> Self {
        let it = Self::with_active().await;
        it.log_in(keys::OWN_KEY, keys::OWN_CERTIFICATE).await;
        it.enforce().await.unwrap();
        it
    }

    async fn edit(&self, edit: Edit) -> Result<Vec<Effect>, Refusal> {
        self.connections.edit(&self.id, &edit, &admin(), now()).await.map(|edited| edited.effects)
    }

    async fn enforce(&self) -> Result<(), Refusal> {
        let nobody = BreakGlass::NobodyEvenIfLockedOut;
        self.connections.enforce(&self.id, &nobody, EarlierSessions::GoOn, &admin(), now()).await.map(|_| ())
    }

    /// A login to its very end.
    async fn log_in(&self, key: &str, certificate: &str) {
        let page = jumpcloud_sso_contract::LoginPage::new(&self.store);
        let connection = self.connections.active(&self.id).await.unwrap();
        let idp = JumpCloud::with_key(IDP_URL, IDP, key, certificate).unwrap();
        let answer = page.answer(&connection, &idp, &crate::user(), now());
        let login = page.finish(&connection, &answer, now()).await.unwrap();
        let session = page.sessions.begin(&login, "user-1", now()).unwrap();
        self.connections.complete_login(&login, "user-1", &session, now()).await.unwrap();
    }

    async fn phase(&self) -> Phase {
        self.connections.record(&self.id).await.unwrap().phase()
    }

    async fn last_event(&self) -> EventKind {
        let events = self.connections.events("acme", 0, 1000).await.unwrap();
        events.last().unwrap().1.kind().clone()
    }
}

fn complete() -> Edit {
    Edit::new()
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true)
}

fn code(result: Result<Vec<Effect>, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "kept")
}

#[tokio::test]
async fn each_wrong_field_has_its_own_error_and_changes_nothing() {
    let admin = Admin::new().await;
    admin.edit(complete()).await.unwrap();
    let before = admin.connections.record(&admin.id).await.unwrap();
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
        (Edit::new().idp_entity_id(""), "config.idp_entity_id"),
        (Edit::new().idp_entity_id("acme "), "config.idp_entity_id"),
        (Edit::new().idp_entity_id(&"a".repeat(1025)), "config.idp_entity_id"),
        (certificate(""), "certificate.empty"),
        (certificate(keys::OWN_KEY), "certificate.private_key"),
        (certificate(&metadata), "certificate.xml"),
        (certificate("not a certificate"), "certificate.base64"),
        (Edit::new().retire_certificate("00:11"), "config.unknown_certificate"),
        (Edit::new().decryption_key("not a key"), "config.decryption_key"),
        (Edit::new().decryption_key(keys::OWN_CERTIFICATE), "config.decryption_key"),
    ] {
        let refusal = admin.connections.edit(&admin.id, &edit, &self::admin(), now()).await.unwrap_err();
        assert_eq!(refusal.code(), expected, "{edit:?}");
        assert!(!refusal.hint().is_empty(), "{expected}");
        assert_eq!(admin.connections.record(&admin.id).await.unwrap(), before, "{edit:?}");
    }
    assert_eq!(admin.edit(url("http://localhost:8080/saml2/acme")).await.unwrap(), [Effect::NeedsTestLogin]);
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let admin = Admin::new().await;
    let edit = complete().idp_url("x").idp_entity_id("").decryption_key("x").retire_certificate("00");
    match admin.edit(edit).await.unwrap_err() {
        Refusal::Edit(error) => {
            let fields: Vec<_> = error.problems().iter().map(jumpcloud_sso::FieldError::field).collect();
            assert_eq!(fields, ["idp_url", "idp_entity_id", "certificates", "decryption_key"]);
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
        (Edit::new().clock_skew(Duration::from_secs(30)), false),
    ] {
        let before = admin.connections.record(&admin.id).await.unwrap();
        admin.edit(edit.clone()).await.unwrap();
        let after = admin.connections.record(&admin.id).await.unwrap();
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

#[tokio::test]
async fn private_keys_are_sealed_in_the_store() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().decryption_key(keys::SERVICE_KEY)).await.unwrap();
    let json = admin.connections.record(&admin.id).await.unwrap().to_json().unwrap();
    assert!(json.contains("decryption_key") && !json.contains("PRIVATE"));
    admin.connections.active(&admin.id).await.unwrap();
    // Under another AUTH_SECRET it is worthless, with the former one as such it is not.
    let other = "8vZ1k0hM2m8Xh3zJv7J9o6cC2rYw5pQeT4uFbN1xLsA=";
    let rotated = jumpcloud_sso::Settings::new("https://app.acme.test", other).unwrap();
    let without = Connections::new(&rotated, admin.store.clone());
    assert_eq!(without.active(&admin.id).await.unwrap_err().code(), "config.sealed_elsewhere");
    let with = Connections::new(&rotated.former_secret(crate::SECRET).unwrap(), admin.store.clone());
    with.active(&admin.id).await.unwrap();
}

#[tokio::test]
async fn metadata_fills_in_and_weakens_nothing() {
    let admin = Admin::with_active().await;
    admin.edit(Edit::new().enforce_certificate_dates(true)).await.unwrap();
    let idp = JumpCloud::new("https://sso.jumpcloud.com/saml2/new", "new").unwrap();
    for declare_redirect in [false, true] {
        let xml = idp.metadata(declare_redirect).unwrap();
        admin.edit(Edit::new().metadata(xml.as_bytes(), now()).unwrap()).await.unwrap();
        let record = admin.connections.record(&admin.id).await.unwrap();
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
    let missing = async || match admin.connections.enable(&admin.id, &self::admin(), now()).await {
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
        EventKind::Enforced { revision, tested_by, ends_earlier_sessions } => {
            assert_eq!((revision, tested_by.as_str(), ends_earlier_sessions), (3, "user-1", false));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_login_that_did_not_come_to_its_end_is_no_test() {
    let admin = Admin::with_active().await;
    let page = jumpcloud_sso_contract::LoginPage::new(&admin.store);
    let connection = admin.connections.active(&admin.id).await.unwrap();
    let idp = crate::idp();
    let answer = page.answer(&connection, &idp, &crate::user(), now());
    let login = page.finish(&connection, &answer, now()).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
    // One that began before a change tests what was before it.
    admin.edit(Edit::new().idp_url("https://sso.jumpcloud.com/saml2/new")).await.unwrap();
    let session = page.sessions.begin(&login, "user-1", now()).unwrap();
    admin.connections.complete_login(&login, "user-1", &session, now()).await.unwrap();
    assert_eq!(admin.enforce().await.unwrap_err().code(), "config.not_tested");
}

#[tokio::test]
async fn a_change_that_ends_enforcement_says_so_first() {
    let admin = Admin::with_enforced().await;
    let breaking = Edit::new().attributes(AttributeMap::default().last_name_required());
    let both = [Effect::NeedsTestLogin, Effect::EndsEnforcement];
    assert_eq!(admin.connections.preview(&admin.id, &breaking).await.unwrap(), both);
    assert_eq!(code(admin.edit(breaking.clone()).await), "config.ends_enforcement");
    assert_eq!(admin.phase().await, Phase::Enforced);
    assert_eq!(admin.edit(breaking.accept_end_of_enforcement()).await.unwrap(), both);
    assert_eq!(admin.phase().await, Phase::Active);
    assert_eq!(
        admin.last_event().await,
        EventKind::Unenforced { because: jumpcloud_sso::UnenforcedBecause::Changed }
    );
    // Where enforcement is in no danger, none ends, accepted or not.
    let admin = Admin::with_enforced().await;
    let harmless = Edit::new().clock_skew(Duration::from_secs(10)).accept_end_of_enforcement();
    assert!(admin.edit(harmless).await.unwrap().is_empty());
    assert_eq!(admin.phase().await, Phase::Enforced);
}

#[tokio::test]
async fn nobody_can_take_the_last_certificate_away() {
    let admin = Admin::with_active().await;
    let fingerprint = |certificate: &str| {
        jumpcloud_sso::Certificate::parse(certificate.as_bytes()).unwrap().fingerprint_sha256().to_string()
    };
    let own = fingerprint(keys::OWN_CERTIFICATE);
    assert_eq!(code(admin.edit(Edit::new().retire_certificate(&own)).await), "config.last_certificate");
    // Without colons and in lower case it is the same fingerprint.
    let plain = own.replace(':', "").to_lowercase();
    let both = Edit::new().add_certificate(keys::OTHER_CERTIFICATE.as_bytes()).retire_certificate(&plain);
    admin.edit(both).await.unwrap();
    let record = admin.connections.record(&admin.id).await.unwrap();
    let pinned: Vec<_> = record.certificates().iter().map(|it| it.fingerprint_sha256().to_string()).collect();
    assert_eq!(pinned, [fingerprint(keys::OTHER_CERTIFICATE)]);
    // Of a disabled one it can be.
    admin.connections.disable(&admin.id, &admin.store, &self::admin(), now()).await.unwrap();
    admin.edit(Edit::new().retire_certificate(&pinned[0])).await.unwrap();
    assert_eq!(admin.phase().await, Phase::Draft);
}

#[tokio::test]
async fn a_connection_in_use_is_not_deleted() {
    let admin = Admin::with_active().await;
    let delete = async || admin.connections.delete(&admin.id, &self::admin(), now()).await;
    assert_eq!(delete().await.unwrap_err().code(), "config.phase");
    admin.connections.disable(&admin.id, &admin.store, &self::admin(), now()).await.unwrap();
    delete().await.unwrap();
    assert_eq!(delete().await.unwrap_err().code(), "config.unknown_connection");
}

#[tokio::test]
async fn of_two_administrators_one_is_told() {
    let admin = Admin::new().await;
    let record = admin.connections.record(&admin.id).await.unwrap();
    admin.edit(complete()).await.unwrap();
    // The other one still has the former version.
    let saved = admin.store.save(&record, Some(record.version()), &[]).await.unwrap();
    assert_eq!(saved, Saved::Conflict);
}

#[tokio::test]
async fn doing_again_what_is_done_changes_nothing() {
    let admin = Admin::with_enforced().await;
    let version = async || admin.connections.record(&admin.id).await.unwrap().version();
    let before = version().await;
    admin.connections.enable(&admin.id, &self::admin(), now()).await.unwrap();
    admin.enforce().await.unwrap();
    assert_eq!(version().await, before);
    for _ in 0..2 {
        admin.connections.unenforce(&admin.id, &self::admin(), now()).await.unwrap();
    }
    assert_eq!(version().await, before + 1);
    for _ in 0..2 {
        admin.connections.disable(&admin.id, &admin.store, &self::admin(), now()).await.unwrap();
    }
    assert_eq!(version().await, before + 2);
}

/// What an organization has paid for.
struct Plan(&'static [Feature]);

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
    assert_eq!(free.create("acme", &self::admin(), now()).await.unwrap_err().code(), "config.not_entitled");
    let edit = Edit::new().allow_idp_initiated(true);
    let refused = free.edit(&admin.id, &edit, &self::admin(), now()).await.unwrap_err();
    assert_eq!(refused.code(), "config.not_entitled");
    free.unenforce(&admin.id, &self::admin(), now()).await.unwrap();
    let nobody = BreakGlass::NobodyEvenIfLockedOut;
    let enforce = free.enforce(&admin.id, &nobody, EarlierSessions::End, &self::admin(), now()).await;
    assert_eq!(enforce.unwrap_err().code(), "config.not_entitled");
    free.disable(&admin.id, &admin.store, &self::admin(), now()).await.unwrap();
    assert_eq!(
        free.enable(&admin.id, &self::admin(), now()).await.unwrap_err().code(),
        "config.not_entitled"
    );
    let team = Plan(&[Feature::Configure, Feature::Enable]);
    let team = Connections::with_entitlements(&settings(), admin.store.clone(), team);
    team.enable(&admin.id, &self::admin(), now()).await.unwrap();
    team.edit(&admin.id, &edit, &self::admin(), now()).await.unwrap();
    let enforce = team.enforce(&admin.id, &nobody, EarlierSessions::End, &self::admin(), now()).await;
    assert_eq!(enforce.unwrap_err().code(), "config.not_entitled");
}

#[tokio::test]
async fn reminders_come_once_each_and_the_most_urgent_first() {
    let admin = Admin::with_active().await;
    let end = admin.connections.record(&admin.id).await.unwrap().certificates()[0].not_after();
    let due = async |at: SystemTime| {
        let events = admin.connections.expiry_reminders(&admin.store, at).await.unwrap();
        let days = events.iter().map(|event| match event.kind() {
            EventKind::CertificateExpires { days, at, .. } => {
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
    // They are in the audit log too.
    assert!(matches!(admin.last_event().await, EventKind::CertificateExpires { days: 0, .. }));
}

#[tokio::test]
async fn reminders_are_for_connections_in_use() {
    let admin = Admin::new().await;
    admin.edit(complete()).await.unwrap();
    let end = admin.connections.record(&admin.id).await.unwrap().certificates()[0].not_after();
    assert!(admin.connections.expiry_reminders(&admin.store, end).await.unwrap().is_empty());
}

/// A store of claims that is down.
struct Down;

impl OnceStore for Down {
    async fn claim(&self, _: &str, _: SystemTime, _: SystemTime) -> Result<jumpcloud_sso::Claim, StoreError> {
        Err(StoreError::new("down"))
    }
}

#[tokio::test]
async fn a_reminder_is_not_lost_when_the_store_is_down() {
    let admin = Admin::with_active().await;
    let end = admin.connections.record(&admin.id).await.unwrap().certificates()[0].not_after();
    assert!(admin.connections.expiry_reminders(&Down, end).await.is_err());
    assert_eq!(admin.connections.expiry_reminders(&admin.store, end).await.unwrap().len(), 1);
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
    let record = admin.connections.record(&admin.id).await.unwrap();
    let read = jumpcloud_sso::ConnectionRecord::from_json(&record.to_json().unwrap()).unwrap();
    assert_eq!(read, record);
    assert_eq!(read.attributes().configured_name(Field::Email), Some("mail"));
    assert!(!read.attributes().requires(Field::FirstName));
    assert!(jumpcloud_sso::ConnectionRecord::from_json("{}").is_err());
    assert!(jumpcloud_sso::Event::from_json("{}").is_err());
}
