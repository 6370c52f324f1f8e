//! Every version reads what an earlier one has written, and means the same by it: tests/frozen/README.md.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso::parts::sso_session::{Purpose, Sealer};
use jumpcloud_sso::parts::sso_store::{
    Authorization, Changes, Claim, ClaimStore, Claimed, ConnectionStore as _, DomainStore as _,
    LoginStore as _, Requires, Revocation, RevocationKey, Saved, SessionStore,
};
use jumpcloud_sso::{
    Access, Actor, AuthSecret, Certificate, CodeChallenge, CompletedLogin, Connection, ConnectionRecord,
    Connections, Cookies, Diagnose as _, Domains, Edit, Event, EventKind, Field, IdpKey, Login, LoginForm,
    LookupError, MemoryStore, Missing, Phase, Release, Sessions, Settings, SingleSignOn, StoreError, Stores,
    TxtLookup, VerifiedSession,
};
use jumpcloud_sso_testkit::keys;
use serde_json::{Value, json};

use crate::{IDP, IDP_URL, now};

const ACTIVE: &str = "e727d0025cdffb47e69496b59b06d3eb";
const ENFORCED: &str = "48b22fd626c30acadf2da5b5e13b08a9";
const FULL: &str = "229fc2bb85552d612fd39a889363a8b7";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn read(name: &str) -> String {
    let shared = match name {
        "events.jsonl" => Some(sso_store_tests::EVENTS),
        "keys.json" => Some(sso_store_tests::KEYS),
        "login.json" => Some(sso_store_tests::LOGIN),
        "reminder.json" => Some(sso_store_tests::REMINDER),
        _ => name.strip_prefix("records/").and_then(|name| name.strip_suffix(".json")).map(|name| {
            let mut records = sso_store_tests::RECORDS.into_iter();
            records.find(|(known, _)| *known == name).unwrap().1
        }),
    };
    if let Some(text) = shared {
        return text.to_owned();
    }
    let path = format!("{}/tests/frozen/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A text without the line end of its file.
fn text(name: &str) -> String {
    read(name).trim_end_matches('\n').to_owned()
}

fn value(name: &str) -> String {
    let values: Value = serde_json::from_str(&read("values.json")).unwrap();
    values[name].as_str().unwrap_or_else(|| panic!("there is no {name}")).to_owned()
}

fn settings() -> Settings {
    Settings::new(&value("site_url"), &value("auth_secret")).unwrap()
}

/// After the secret was replaced.
fn later_settings() -> Settings {
    let later = jumpcloud_sso_testkit::auth_secret("later");
    Settings::new(&value("site_url"), &later).unwrap().former_secret(&value("auth_secret")).unwrap()
}

/// Minutes after the beginning.
fn at(minutes: u64) -> SystemTime {
    now() + Duration::from_secs(60 * minutes)
}

fn admin() -> Actor {
    Actor::user("admin-1")
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A record that is rewritten as it was.
fn record(name: &str) -> ConnectionRecord {
    let json = read(&format!("records/{name}.json"));
    let record = ConnectionRecord::from_json(&json).unwrap();
    assert_eq!(json_of(&record.to_json().unwrap()), json_of(&json), "{name}");
    record
}

/// A record of the earliest format, which is rewritten in the present one.
fn first_record(name: &str) -> ConnectionRecord {
    ConnectionRecord::from_json(&read(&format!("records/{name}.json"))).unwrap()
}

/// A store with this record, in which `acme` has its domain.
async fn stored(record: &ConnectionRecord) -> MemoryStore {
    let store = MemoryStore::default();
    let _ = store.claim_domain("acme.test", "acme", &[]).await.unwrap();
    assert_eq!(store.save(&crate::row(record), None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    store
}

fn fingerprint(pem: &str) -> String {
    Certificate::parse(pem.as_bytes()).unwrap().fingerprint_sha256().to_string()
}

fn fingerprints(record: &ConnectionRecord) -> Vec<String> {
    record.certificates().iter().map(|it| it.fingerprint_sha256().to_string()).collect()
}

#[test]
fn a_draft_is_read() {
    let draft = record("draft");
    assert_eq!((draft.id(), draft.organization()), ("a0c1fc5c9e145265db32d9cb2e064eff", "acme"));
    assert_eq!((draft.version(), draft.revision(), draft.activation()), (1, 1, 0));
    assert_eq!((draft.phase(), draft.created_at()), (Phase::Draft, at(1)));
    assert_eq!(draft.missing(), [Missing::IdpUrl, Missing::IdpEntityId, Missing::Certificate]);
    assert_eq!((draft.idp_url(), draft.idp_entity_id()), (None, None));
    assert!(draft.certificates().is_empty() && draft.break_glass().is_empty());
    assert_eq!(draft.retired_certificates().count(), 0);
    assert!(!draft.allows_idp_initiated() && !draft.accepts_any_email_domain());
    assert!(draft.attributes().requires(Field::FirstName) && !draft.attributes().requires(Field::LastName));
}

#[test]
fn configured_and_active_connections_are_read() {
    for (name, id, version, activation, phase, created) in [
        ("configured", "d2cac4803d41692cc7629cfa9384d613", 2, 0, Phase::Configured, at(2)),
        ("active", ACTIVE, 3, 1, Phase::Active, at(4)),
    ] {
        let record = record(name);
        assert_eq!((record.id(), record.organization()), (id, "acme"));
        assert_eq!((record.version(), record.revision(), record.activation()), (version, 2, activation));
        assert_eq!((record.phase(), record.created_at()), (phase, created));
        assert_eq!((record.idp_url(), record.idp_entity_id()), (Some(IDP_URL), Some(IDP)));
        assert_eq!(fingerprints(&record), [fingerprint(keys::OWN_CERTIFICATE)]);
        assert_eq!(record.relies_on_domains(), phase == Phase::Active);
        assert!(!record.allows_idp_initiated() && !record.accepts_any_email_domain());
    }
}

#[tokio::test]
async fn an_enforced_connection_is_read_and_enforced() {
    let enforced = record("enforced");
    assert_eq!((enforced.id(), enforced.phase(), enforced.activation()), (ENFORCED, Phase::Enforced, 1));
    assert_eq!((enforced.version(), enforced.revision()), (4, 2));
    assert_eq!(enforced.break_glass(), ["admin-1", "admin-2"]);
    assert!(enforced.allows_idp_initiated() && enforced.relies_on_domains());
    // Since when, and that earlier sessions end.
    let connections = Connections::new(&settings(), stored(&enforced).await);
    let organization = connections.of("acme");
    let session = async |began: SystemTime| {
        let new = jumpcloud_sso::NewSession::new("user-1", "acme", ENFORCED).activation(1);
        let issued = settings().session_issuer().issue(&new, began).unwrap();
        let verifier = settings().session_verifier().unwrap();
        let session = verifier.verify_for("acme", issued.token(), began).unwrap();
        organization.enforcement().await.unwrap().session(&session)
    };
    assert!(matches!(session(at(24) - Duration::from_secs(1)).await, Access::SsoRequired(_)));
    assert_eq!(session(at(24) + Duration::from_secs(1)).await, Access::Allowed);
    let other_way = async |user: &str| organization.other_way_in(user, "password", at(25)).await.unwrap();
    assert_eq!(other_way("admin-2").await, Access::BreakGlass);
    assert!(matches!(other_way("user-1").await, Access::SsoRequired(_)));
}

#[tokio::test]
async fn a_connection_with_every_setting_is_read() {
    let full = record("full");
    assert_eq!((full.id(), full.phase(), full.activation()), (FULL, Phase::Active, 2));
    assert_eq!((full.version(), full.revision(), full.created_at()), (13, 7, at(40)));
    let pinned = [fingerprint(keys::OWN_CERTIFICATE), fingerprint(keys::JUMPCLOUD_CERTIFICATE)];
    assert_eq!(fingerprints(&full), pinned);
    let retired: Vec<_> = full.retired_certificates().collect();
    assert_eq!(retired, [fingerprint(keys::OTHER_CERTIFICATE)]);
    let is_compromised = |pem: &str| full.is_compromised(&Certificate::parse(pem.as_bytes()).unwrap());
    assert!(is_compromised(keys::OTHER_CERTIFICATE) && !is_compromised(keys::OWN_CERTIFICATE));
    assert_eq!(full.break_glass(), ["admin-1"]);
    assert!(full.allows_idp_initiated() && full.accepts_any_email_domain());
    let map = full.attributes();
    let fields = [Field::Email, Field::FirstName, Field::LastName, Field::Groups];
    assert_eq!(
        fields.map(|field| map.configured_name(field)),
        [Some("mail"), Some("givenName"), Some("sn"), Some("roles")]
    );
    assert_eq!(fields.map(|field| map.requires(field)), [true, false, true, false]);
    assert!(map.takes_email_from_name_id());
    assert_eq!(reminders(&full).await, [7, 7], "of 30 days they were given");
}

/// The days of the reminders of a record 20 days, then 5 days before its certificate expires.
async fn reminders(record: &ConnectionRecord) -> Vec<u32> {
    let connections = Connections::new(&settings(), stored(record).await);
    let end = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap().not_after();
    let mut found = Vec::new();
    for days in [20, 5] {
        let due = connections.expiry_reminders(end - Duration::from_secs(days * 24 * 60 * 60)).await.due;
        found.extend(due.iter().map(|event| match event.kind() {
            EventKind::CertificateExpires { days, .. } => *days,
            other => panic!("{other:?}"),
        }));
    }
    found
}

/// What no accessor of a record tells, the event of its change does.
#[tokio::test]
async fn every_setting_has_the_value_that_was_set() {
    let store = stored(&record("full")).await;
    let connections = Connections::new(&settings(), store);
    let nothing = [""; 0];
    let edit = Edit::new()
        .allow_idp_initiated(false)
        .clock_skew(Duration::from_secs(1))
        .insecure_allow_sha1(false)
        .enforce_certificate_dates(false)
        .accept_any_email_domain(false)
        .algorithms([])
        .cross_verify(false)
        .require_signed_response(false)
        .request_authn_contexts(nothing)
        .require_authn_contexts(nothing)
        .remove_decryption_key();
    connections.of("acme").edit(FULL, &edit, &admin(), at(60)).await.unwrap();
    let events = connections.of("acme").events(0, 10).await.unwrap();
    let [(_, event)] = events.as_slice() else { panic!("{events:?}") };
    let EventKind::Configured { changes, .. } = event.kind() else { panic!("{event:?}") };
    let found: BTreeMap<_, _> =
        changes.iter().map(|it| (it.field.as_str(), it.before.as_deref().unwrap_or("none"))).collect();
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    let required = format!("{password} https://refeds.org/profile/mfa");
    let expected = [
        ("algorithms", "rsa-pss-sha512 rsa-sha256"),
        ("allow_idp_initiated", "true"),
        ("any_email_domain", "true"),
        ("clock_skew", "90.5s"),
        ("cross_verify", "true"),
        ("decryption_key", "2 private keys"),
        ("enforce_certificate_dates", "true"),
        ("insecure_allow_sha1", "true"),
        ("request_authn_contexts", password),
        ("require_authn_contexts", &required),
        ("require_signed_response", "true"),
    ];
    assert_eq!(found, expected.into());
}

#[tokio::test]
async fn a_connection_of_the_earliest_format_is_read() {
    for name in ["first-format", "first-format-without-key"] {
        let first = first_record(name);
        assert_eq!((first.id(), first.organization(), first.phase()), (ENFORCED, "acme", Phase::Active));
        assert_eq!((first.version(), first.revision(), first.activation()), (4, 2, 0));
        assert_eq!((first.idp_url(), first.idp_entity_id()), (Some(IDP_URL), Some(IDP)));
        assert_eq!(fingerprints(&first), [fingerprint(keys::OWN_CERTIFICATE)]);
        assert!(first.accepts_any_email_domain() && !first.allows_idp_initiated());
        assert!(first.break_glass().is_empty());
        assert_eq!(first.created_at(), now());
        let before = json_of(&read(&format!("records/{name}.json")));
        let after = json_of(&first.to_json().unwrap());
        assert_eq!(after["format"], 1);
        let keys = &before["configuration"]["decryption_key"];
        let keys: Vec<_> = std::iter::once(keys).filter(|key| !key.is_null()).collect();
        assert_eq!(after["configuration"]["decryption_keys"], json!(keys));
        assert_eq!(after["configuration"].get("decryption_key"), None);
    }
}

#[tokio::test]
async fn sealed_decryption_keys_open() {
    for (record, count) in [(record("enforced"), 1), (record("full"), 2), (first_record("first-format"), 1)] {
        let id = record.id().to_owned();
        let connections = Connections::new(&settings(), stored(&record).await);
        let organization = connections.of("acme");
        let unchanged = organization.reseal(&id, &admin(), at(60)).await.unwrap();
        assert_eq!(unchanged, record, "they are sealed under the present secret");
        // The key that they hold is this one.
        let newest = if count == 2 { keys::OTHER_KEY } else { keys::SERVICE_KEY };
        if id != FULL {
            let edit = Edit::new().decryption_key(newest);
            assert!(organization.preview(&id, &edit).await.unwrap().is_empty());
        }

        let connections = Connections::new(&later_settings(), stored(&record).await);
        let resealed = connections.of("acme").reseal(&id, &admin(), at(60)).await.unwrap();
        let sealed = |record: &ConnectionRecord| {
            let json = json_of(&record.to_json().unwrap());
            json["configuration"]["decryption_keys"].as_array().unwrap().clone()
        };
        let (before, after) = (sealed(&record), sealed(&resealed));
        assert_eq!((before.len(), after.len()), (count, count));
        assert!(before.iter().zip(&after).all(|(before, after)| before != after));
    }
}

/// Through a connection that decrypts by a key which was sealed then.
#[tokio::test]
async fn an_encrypted_login_succeeds() {
    let store = stored(&record("enforced")).await;
    let connection = Connections::new(&settings(), store.clone()).active(ENFORCED).await.unwrap();
    let login = finish(&connection, "encrypted", None, &Cookies::default(), &store.clone().into()).await;
    assert_eq!(login.profile().email(), "bjensen@acme.test");
}

async fn finish(
    connection: &Connection,
    response: &str,
    relay_state: Option<&str>,
    cookies: &Cookies,
    stores: &Stores,
) -> Login {
    let sso = SingleSignOn::new(&settings(), stores).unwrap();
    let response = text(&format!("responses/{response}.b64"));
    let form = LoginForm { saml_response: &response, relay_state };
    let when = if connection.id() == ENFORCED { at(31) } else { at(11) };
    let finished = sso.finish_login(connection, form, cookies, when).await;
    finished.unwrap_or_else(|error| panic!("{:?}", error.diagnosis()))
}

#[test]
fn events_are_read_and_rewritten() {
    let lines = read("events.jsonl");
    let mut names = BTreeSet::new();
    for line in lines.lines() {
        let (event, json) = (Event::from_json(line).unwrap(), json_of(line));
        assert_eq!(json_of(&event.to_json().unwrap()), json);
        assert_eq!((event.name(), event.organization()), (json["event"].as_str().unwrap(), "acme"));
        assert_eq!(event.connection(), json["connection"].as_str());
        let user = json["actor"]["user"].as_str();
        assert_eq!(event.actor(), &user.map_or(Actor::System, Actor::user));
        names.insert(event.name());
    }
    let expected = [
        "connection.break_glass_changed",
        "connection.break_glass_used",
        "connection.configured",
        "connection.created",
        "connection.deleted",
        "connection.disabled",
        "connection.enabled",
        "connection.enforced",
        "connection.resealed",
        "connection.tested",
        "connection.unenforced",
        "domain.dispute_ended",
        "domain.disputed",
        "domain.moved",
        "domain.released",
        "domain.verified",
    ];
    assert_eq!(names, expected.into());
    let first = Event::from_json(lines.lines().next().unwrap()).unwrap();
    assert_eq!((first.at(), first.name()), (now(), "domain.verified"));
    // What former versions did not say, and what a later one may.
    let moved = r#"{"at":"2027-01-15T08:00:00.000Z","actor":"system","organization":"acme","connection":null,"event":"domain.moved","domain":"acme.test"}"#;
    let moved = Event::from_json(moved).unwrap();
    let domain = "acme.test".to_owned();
    assert_eq!(moved.kind(), &EventKind::DomainMoved { domain, while_in_use: false });
    let later = r#"{"at":"2027-01-15T08:00:00.000Z","actor":"system","organization":"acme","connection":null,"event":"domain.painted","colour":"red"}"#;
    assert_eq!(Event::from_json(later).unwrap().kind(), &EventKind::Unknown);
}

/// It once had two members `at`: the instant of the event, then that of the expiry.
#[test]
fn a_reminder_is_read_and_has_names_of_its_own() {
    let json = text("reminder.json");
    let certificate = fingerprint(keys::OWN_CERTIFICATE);
    let end = at(71) + Duration::from_millis(5);
    let kind = EventKind::CertificateExpires { certificate, expires_at: end, days: 30 };
    let event = Event::new(&Actor::System, at(70), "acme", Some(ENFORCED), kind);
    assert_eq!(Event::from_json(&json).unwrap(), event);
    let (first, second) = json.rsplit_once(r#""at""#).unwrap();
    let written = event.to_json().unwrap();
    assert_eq!(written, format!(r#"{first}"expires_at"{second}"#));
    assert_eq!(Event::from_json(&written).unwrap(), event);
    // Any other member twice is a defect still.
    let twice = written.replacen(r#""actor""#, r#""days":1,"actor""#, 1);
    assert!(Event::from_json(&twice).unwrap_err().to_string().contains("twice"));
}

#[test]
fn completed_logins_are_read_and_rewritten() {
    let json = read("login.json");
    let login = CompletedLogin::from_json(&json).unwrap();
    assert_eq!(json_of(&login.to_json().unwrap()), json_of(&json));
    assert_eq!((login.connection(), login.revision(), login.user()), (ACTIVE, 2, "user-1"));
    assert_eq!(login.certificate(), fingerprint(keys::OWN_CERTIFICATE));
    assert_eq!((login.email_domain(), login.activation()), ("acme.test", 1));
    assert!(login.began_at_service());
    assert_eq!(login.at(), at(12));
    // As the first version wrote it.
    let mut first = json_of(&json);
    for later in ["email_domain", "activation", "began_at_service"] {
        first.as_object_mut().unwrap().remove(later).unwrap();
    }
    let first = CompletedLogin::from_json(&first.to_string()).unwrap();
    assert_eq!((first.email_domain(), first.activation(), first.began_at_service()), ("", 0, false));
    assert!(first.is_replaced_by(&login));
}

fn verified(token: &str, settings: &Settings) -> VerifiedSession {
    settings.session_verifier().unwrap().verify_for("acme", &value(token), at(11)).unwrap()
}

#[test]
fn a_session_with_every_claim_is_verified() {
    let session = verified("token_full", &settings());
    assert_eq!(
        (session.id(), session.session_id()),
        ("6uk44vutZn-GE5RHSOOq6pf7_pc", "6uk44vutZn-GE5RHSOOq6pf7_pc")
    );
    assert_eq!((session.began_at(), session.issued_at()), (at(10), at(10)));
    assert_eq!((session.ends_at(), session.expires_at()), (at(24 * 60), at(8 * 60 + 10)));
    assert_eq!((session.subject(), session.organization(), session.connection()), ("user-1", "acme", ACTIVE));
    assert_eq!((session.activation(), session.is_break_glass()), (Some(1), false));
    assert_eq!(session.login(), Some("Zg4-XqYgXq2Tj9kWk4r2n3YJc3mDq2o1b8M7Jm3yW0E"));
    let key = "31A2CC581C24A5D0D13CFBB421F3649A6CE863E7D0DBFD1F8AED336F09C65772";
    assert_eq!((session.idp_key(), session.email_domain()), (Some(key), Some("acme.test")));
    assert_eq!(
        (session.methods(), session.authenticated_at()),
        (&["pwd", "otp"].map(str::to_owned)[..], Some(at(9)))
    );
    assert_eq!((session.email(), session.email_is_verified()), (Some("BJensen@acme.test"), true));
    assert_eq!((session.given_name(), session.family_name()), (Some("Barbara"), Some("Jensen")));
    assert_eq!(session.claim_names().collect::<Vec<_>>(), ["plan", "seats"]);
    assert_eq!((session.claim("plan"), session.claim("seats")), (Some("team".to_owned()), Some(3)));
}

#[test]
fn small_sessions_are_verified() {
    for (token, id, settings) in [
        ("token_minimal", "rCrvYP09MVCaepOnzCJQjJAvttg", settings()),
        ("token_minimal", "rCrvYP09MVCaepOnzCJQjJAvttg", later_settings()),
        (
            "token_previous_secret",
            "ZtfIWxTix0SGm-yb1iP6M8w6NCw",
            settings().former_secret(&value("previous_auth_secret")).unwrap(),
        ),
    ] {
        let session = verified(token, &settings);
        assert_eq!((session.id(), session.session_id()), (id, id));
        assert_eq!(
            (session.subject(), session.organization(), session.connection()),
            ("user-1", "acme", "acme-1")
        );
        assert_eq!((session.began_at(), session.issued_at()), (at(10), at(10)));
        assert_eq!((session.ends_at(), session.expires_at()), (at(7 * 24 * 60 + 10), at(8 * 60 + 10)));
        assert_eq!((session.activation(), session.is_break_glass()), (None, false));
        assert_eq!((session.login(), session.idp_key(), session.email_domain()), (None, None, None));
        assert_eq!((session.methods(), session.authenticated_at()), (&["saml".to_owned()][..], None));
        assert_eq!((session.email(), session.email_is_verified()), (None, false));
        assert_eq!((session.given_name(), session.family_name()), (None, None));
        assert_eq!(session.claim_names().count(), 0);
    }
    let verifier = settings().session_verifier().unwrap();
    assert!(verifier.verify_for("acme", &value("token_previous_secret"), at(11)).is_err());
    let session = verified("token_break_glass", &settings());
    assert_eq!((session.subject(), session.connection()), ("admin-1", "password"));
    assert!(session.is_break_glass());
}

/// A store that remembers the keys that it was asked for, each by its name in keys.json.
#[derive(Clone, Default)]
struct KeyLog {
    store: MemoryStore,
    calls: Arc<Mutex<Vec<String>>>,
}

impl KeyLog {
    fn note(&self, call: &str, keys: impl Iterator<Item = String>) {
        let known = json_of(&read("keys.json"));
        let kind = if call == "claim" { "claims" } else { "revocations" };
        let name = |key: String| {
            let mut names = known[kind].as_object().unwrap().iter();
            names.find(|(_, known)| **known == *key).map_or(key, |(name, _)| name.clone())
        };
        let mut names: Vec<_> = keys.map(name).collect();
        names.sort();
        self.calls.lock().unwrap().push(format!("{call} {}", names.join(" ")));
    }

    /// The calls since the last time, of which the keys are the frozen ones.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

fn encoded(hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

#[async_trait]
impl ClaimStore for KeyLog {
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        self.note("claim", claims.iter().map(|claim| encoded(claim.key.as_bytes())));
        self.store.claim(claims, now).await
    }
}

#[async_trait]
impl SessionStore for KeyLog {
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Authorization, StoreError> {
        self.note("authorize", keys.iter().map(|key| encoded(key.as_bytes())));
        self.store.authorize(organization, keys, now).await
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        self.note("revoked_at", keys.iter().map(|key| encoded(key.as_bytes())));
        self.store.revoked_at(keys, now).await
    }

    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError> {
        self.note("revoke", revocations.iter().map(|it| encoded(it.key.as_bytes())));
        self.store.revoke(revocations, now).await
    }

    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError> {
        self.store.changes(after, limit).await
    }
}

impl From<&KeyLog> for Stores {
    fn from(log: &KeyLog) -> Self {
        let store = Arc::new(log.clone());
        Self { claims: store.clone(), sessions: store, ..log.store.clone().into() }
    }
}

/// A login from the cookie to the session, all of whose bytes are from then.
#[tokio::test]
async fn a_login_that_was_under_way_is_finished() {
    let active = record("active");
    let (store, log) = (stored(&active).await, KeyLog::default());
    let connections = Connections::new(&settings(), store.clone());
    let sessions = Sessions::new(&settings(), &log).unwrap();
    let connection = connections.active(ACTIVE).await.unwrap();
    let cookies = || Cookies::new([format!("{}={}", value("login_cookie_name"), value("login_cookie"))]);
    let login =
        finish(&connection, "login", Some(&value("relay_state")), &cookies(), &Stores::from(&log)).await;
    assert_eq!(log.calls(), ["claim assertion request"]);

    let account = "e727d0025cdffb47e69496b59b06d3eb:\
        53:urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified:-:-:17:BJensen@acme.test";
    assert_eq!(login.account().to_string(), account);
    assert_eq!((login.organization(), login.revision()), ("acme", 2));
    assert_eq!(login.return_to(), Some("/dashboard?tab=1"));
    assert_eq!(login.code_challenge().map(CodeChallenge::as_str), Some(&*value("code_challenge")));
    assert_eq!(login.verified_email(), Some("bjensen@acme.test"));
    let cleared =
        format!("{}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None", value("login_cookie_name"));
    assert_eq!(login.clear_cookie(), Some(cleared));
    let profile = login.profile();
    assert_eq!((profile.first_name(), profile.last_name()), (Some("Barbara"), Some("Jensen")));
    assert_eq!(profile.groups(), Some(&["Engineering".to_owned()][..]));

    let issued = connections.complete_login(login, "user-1", &sessions, at(12)).await.unwrap();
    let rests_on = "activation connection email_domain idp_key organization user";
    assert_eq!(log.calls(), [format!("revoked_at {rests_on}"), "claim login".to_owned()]);
    let completed = CompletedLogin::from_json(&read("login.json")).unwrap();
    let kept = store.logins(ACTIVE).await.unwrap();
    assert_eq!(
        kept.iter().map(|row| CompletedLogin::from_json(row).unwrap()).collect::<Vec<_>>(),
        [completed]
    );
    let session = sessions.verify("acme", issued.token(), at(12)).await.unwrap();
    assert_eq!(session.login(), json_of(&read("keys.json"))["claims"]["login"].as_str());

    // Under a former secret, and without a RelayState.
    for (settings, relay_state) in [(settings(), None), (later_settings(), Some(value("relay_state")))] {
        let sso = SingleSignOn::new(&settings, MemoryStore::default()).unwrap();
        let response = text("responses/login.b64");
        let form = LoginForm { saml_response: &response, relay_state: relay_state.as_deref() };
        let again = sso.finish_login(&connection, form, &cookies(), at(11)).await.unwrap();
        assert_eq!(again.account().to_string(), account);
    }
}

#[test]
fn cookies_have_the_names_that_they_had() {
    let sso = SingleSignOn::new(&settings(), MemoryStore::default()).unwrap();
    let start = sso.begin_login(&crate::acme(), &jumpcloud_sso::LoginRequest::default(), now()).unwrap();
    let cookie = start.set_cookie();
    let (name, rest) = cookie.split_once('=').unwrap();
    let slot = name.strip_prefix("__Host-sso-").unwrap();
    assert!(matches!(slot.as_bytes(), [b'0'..=b'7']), "{name}");
    assert!(rest.ends_with("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=None"), "{rest}");
    let sessions = Sessions::new(&settings(), MemoryStore::default()).unwrap();
    assert_eq!(
        sessions.cookie().clear(),
        "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
    );
    let cookies = Cookies::new(["__Host-session=token"]);
    assert_eq!(sessions.cookie().read(&cookies).unwrap(), Some("token"));
}

#[tokio::test]
async fn a_session_asks_for_the_revocations_that_it_asked_for() {
    let log = KeyLog::default();
    let sessions = Sessions::new(&settings(), &log).unwrap();
    sessions.verify("acme", &value("token_full"), at(11)).await.unwrap();
    let all = "activation connection email_domain idp_key organization session user";
    assert_eq!(log.calls(), [format!("revoked_at {all}")]);
    // Through a stored connection.
    let connections = Connections::new(&settings(), stored(&record("active")).await);
    connections.refresh(&sessions, "acme", &value("token_full"), at(11)).await.unwrap();
    assert_eq!(log.calls(), [format!("revoked_at {all}"), "claim refresh".to_owned()]);
    sessions.log_out("acme", &value("token_full"), at(11)).await.unwrap();
    assert_eq!(log.calls(), ["revoke session"]);
}

#[tokio::test]
async fn each_revocation_has_the_key_that_it_had() {
    let (log, active) = (KeyLog::default(), record("active"));
    let sessions = Sessions::new(&settings(), &log).unwrap();
    let own = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).unwrap();
    let session = verified("token_full", &settings());
    sessions.revoke_session(session.session_id(), at(11)).await.unwrap();
    sessions.revoke_user("acme", "user-1", at(11)).await.unwrap();
    sessions.revoke_connection("acme", ACTIVE, at(11)).await.unwrap();
    sessions.revoke_organization("acme", at(11)).await.unwrap();
    sessions
        .revoke_idp_key(ACTIVE, &IdpKey::from_fingerprint(own.public_key_fingerprint().as_bytes()), at(11))
        .await
        .unwrap();
    let expected =
        ["revoke session", "revoke user", "revoke connection", "revoke organization", "revoke idp_key"];
    assert_eq!(log.calls(), expected);
    let store = stored(&active).await;
    let release = Release::EvenIfMembersAreLockedOut;
    let domains = Domains::new(&settings(), store.clone());
    domains.release("acme", "acme.test", release, &sessions, &admin(), at(11)).await.unwrap();
    assert_eq!(log.calls(), ["revoke email_domain"]);
    let connections = Connections::new(&settings(), store);
    connections.of("acme").disable(ACTIVE, &sessions, &admin(), at(11)).await.unwrap();
    assert_eq!(log.calls(), ["revoke activation"]);
}

#[tokio::test]
async fn a_code_is_redeemed() {
    assert_eq!(CodeChallenge::of_verifier(VERIFIER).unwrap().as_str(), value("code_challenge"));
    let (code, uri) = (value("code"), value("redirect_uri"));
    for settings in [settings(), later_settings()] {
        let log = KeyLog::default();
        let sessions = Sessions::new(&settings, &log).unwrap();
        let when = at(10) + Duration::from_secs(59);
        let token = sessions.redeem(&code, VERIFIER, &uri, when).await.unwrap();
        assert_eq!(token, value("token_minimal"));
        let asked = "revoked_at code_connection code_session organization user";
        assert_eq!(log.calls(), [asked, "claim code", "revoke code"]);
        let again = sessions.redeem(&code, VERIFIER, &uri, when).await.unwrap_err();
        assert_eq!(again.code(), "session.code_used");
    }
}

struct Records(String, String);

impl TxtLookup for Records {
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        Ok(if name == self.0 { vec![self.1.clone()] } else { Vec::new() })
    }
}

#[tokio::test]
async fn a_domain_has_the_challenge_that_it_had() {
    let domains = Domains::new(&settings(), MemoryStore::default());
    let challenge = domains.challenge("acme", "Acme.Test").unwrap();
    assert_eq!(challenge.domain, "acme.test");
    assert_eq!(challenge.record_name, value("domain_record_name"));
    assert_eq!(challenge.record_text, value("domain_record_text"));
    // And under a former secret.
    let records = Records(value("domain_record_name"), value("domain_record_text"));
    let later = Domains::new(&later_settings(), MemoryStore::default());
    later.recheck("acme", "acme.test", &records).await.unwrap();
}

#[test]
fn each_purpose_has_the_key_that_it_had() {
    let secret = AuthSecret::from_base64(&value("auth_secret")).unwrap();
    let values = json_of(&read("values.json"));
    for (name, purpose) in [
        ("session", Purpose::Session),
        ("session_key_id", Purpose::SessionKeyId),
        ("login_cookie", Purpose::LoginCookie),
        ("hand_over_code", Purpose::HandOverCode),
        ("stored_secret", Purpose::StoredSecret),
        ("domain_challenge", Purpose::DomainChallenge),
    ] {
        let sealed = |kind: &str| values["purposes"][name][kind].as_str().unwrap();
        let sealer = Sealer::new(&secret, purpose).unwrap();
        let at_rest = sealer.open_at_rest(sealed("at_rest"), b"context").unwrap();
        assert_eq!(at_rest.as_slice(), name.as_bytes());
        let until = sealer.open(sealed("until"), b"context", at(10) - Duration::from_secs(1)).unwrap();
        assert_eq!((until.payload(), until.expires_at()), (name.as_bytes(), at(10)));
        assert_eq!(secret.tag(purpose, b"message"), sealed("tag"));
    }
}

#[test]
fn a_connection_has_the_urls_that_it_had() {
    let connection = Connection::builder(&settings(), "acme-1", "acme").unwrap();
    let connection = connection
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .certificate(keys::OWN_CERTIFICATE.as_bytes())
        .email_domains(["acme.test"])
        .build()
        .unwrap();
    let service = connection.service_provider();
    assert_eq!(service.entity_id(), "https://app.acme.test/sso/saml2/acme-1");
    assert_eq!(service.acs_url(), "https://app.acme.test/sso/saml2/acme-1/acs");
    assert_eq!(service.login_url(), "https://app.acme.test/sso/saml2/acme-1/login");
}

/// By these strings services find their users.
#[tokio::test]
async fn an_account_is_named_as_it_was() {
    let connection = Connection::builder(&settings(), "acme-1", "acme").unwrap();
    let connection = connection
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .certificate(keys::OWN_CERTIFICATE.as_bytes())
        .email_domains(["acme.test"])
        .allow_idp_initiated(true)
        .build()
        .unwrap();
    for (response, account) in [
        (
            "qualified-name",
            "acme-1:52:urn:oasis:names:tc:SAML:2.0:nameid-format:persistent:13:IdP Entity ID:\
             38:https://app.acme.test/sso/saml2/acme-1:17:BJensen@acme.test",
        ),
        ("bare-name", "acme-1:-:-:-:17:BJensen@acme.test"),
    ] {
        let store = MemoryStore::default();
        let login = finish(&connection, response, None, &Cookies::default(), &store.clone().into()).await;
        assert_eq!(login.account().to_string(), account);
    }
}

#[tokio::test]
async fn what_is_written_today_is_what_the_dumps_hold() {
    let store = MemoryStore::default();
    let stores = Stores::from(store);
    sso_store_tests::populate(&stores).await;
    sso_store_tests::check(&stores).await;
}
