//! A store's content as an earlier version wrote it: [`populate`] writes it, [`check`] checks it. The crates
//! of real engines have dumps of it.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::sso_session::{claim_key, revocation_key};
use serde_json::Value;
use sso_store::{
    Claim, ClaimKey, Claimed, ConnectionRow, Dispute, DomainClaim, DomainRelease, EndedDomain, EventRow,
    HeldDomain, LoginRow, Release, Requires, Revocation, RevocationKey, Saved, Selection, Stores,
};

/// The connections, by their names.
pub const RECORDS: [(&str, &str); 7] = [
    ("active", include_str!("../frozen/records/active.json")),
    ("configured", include_str!("../frozen/records/configured.json")),
    ("draft", include_str!("../frozen/records/draft.json")),
    ("enforced", include_str!("../frozen/records/enforced.json")),
    ("full", include_str!("../frozen/records/full.json")),
    ("first-format", include_str!("../frozen/records/first-format.json")),
    ("first-format-without-key", include_str!("../frozen/records/first-format-without-key.json")),
];

/// Each kind of event but one, a line each.
pub const EVENTS: &str = include_str!("../frozen/events.jsonl");

/// The event of a certificate that expires, which had two members `at`.
pub const REMINDER: &str = include_str!("../frozen/reminder.json");

/// A completed login.
pub const LOGIN: &str = include_str!("../frozen/login.json");

/// The keys of claims and revocations, by their names.
pub const KEYS: &str = include_str!("../frozen/keys.json");

/// The ID of a connection that was deleted.
const DELETED: &str = "00000000000000000000000000000000";

/// 2027-01-15T08:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A hundred years later by the clock of whoever keeps it.
fn far() -> SystemTime {
    now() + Duration::from_secs(100 * 365 * 24 * 60 * 60)
}

fn row(json: &str) -> ConnectionRow {
    let json = json.trim_end_matches('\n');
    let value: Value = serde_json::from_str(json).unwrap();
    let text = |name: &str| value[name].as_str().unwrap().to_owned();
    let use_of = value["use_of"]["is"].as_str().unwrap();
    ConnectionRow {
        id: text("id"),
        organization: text("organization"),
        version: value["version"].as_u64().unwrap(),
        is_enforced: use_of == "enforced",
        relies_on_domains: use_of != "disabled" && value["configuration"]["any_email_domain"] != true,
        json: json.to_owned(),
    }
}

fn rows() -> Vec<ConnectionRow> {
    // Those of the earliest format have the ID of another one.
    let mut rows: Vec<_> = RECORDS.iter().take(5).map(|(_, json)| row(json)).collect();
    rows.sort_by(|first, second| first.id.cmp(&second.id));
    rows
}

fn deleted() -> ConnectionRow {
    let draft = rows().into_iter().find(|row| row.version == 1).unwrap();
    row(&draft.json.replace(&draft.id, DELETED))
}

fn event(organization: &str, json: &str) -> EventRow {
    EventRow { organization: organization.to_owned(), at: now(), json: json.to_owned() }
}

fn events() -> Vec<EventRow> {
    EVENTS.lines().map(|json| event("acme", json)).collect()
}

/// The only event of another organization.
fn other_event() -> EventRow {
    event(
        "other",
        r#"{"at":"2027-01-15T08:00:00.000Z","actor":{"user":"admin-2"},"organization":"other","connection":null,"event":"domain.verified","domain":"other.test"}"#,
    )
}

fn login() -> LoginRow {
    let json = LOGIN.trim_end_matches('\n');
    let value: Value = serde_json::from_str(json).unwrap();
    let text = |name: &str| value[name].as_str().unwrap().to_owned();
    LoginRow {
        connection: text("connection"),
        revision: value["revision"].as_u64().unwrap(),
        certificate: text("certificate"),
        user: text("user"),
        at: now(),
        json: json.to_owned(),
    }
}

fn held(domain: &str, organization: &str) -> HeldDomain {
    HeldDomain { domain: domain.to_owned(), organization: organization.to_owned(), dispute: None }
}

fn disputed() -> HeldDomain {
    HeldDomain { dispute: Some(Dispute::new("other", now())), ..held("disputed.test", "acme") }
}

/// The domains that were taken from an organization, and how many seconds after [`now`].
const ENDED: [(&str, u64); 2] = [("moved.test", 2), ("released.test", 1)];

fn ended() -> Vec<EndedDomain> {
    let ended = |(domain, seconds): (&str, u64)| EndedDomain {
        organization: "acme".to_owned(),
        domain: domain.to_owned(),
        at: now() + Duration::from_secs(seconds),
    };
    ENDED.map(ended).to_vec()
}

fn claims() -> Vec<ClaimKey> {
    let parts: [&[&str]; 4] = [
        &["assertion", "acme-1", "assertion:13:IdP Entity ID:A1"],
        &["request", "acme-1", "_r1"],
        &["login", "acme-1", "assertion:13:IdP Entity ID:A1"],
        &["refresh", "t1"],
    ];
    parts.iter().map(|parts| claim_key("acme", parts)).collect()
}

/// Each with how many seconds after [`now`] it was revoked.
fn revocations() -> Vec<(RevocationKey, u64)> {
    let parts: [&[&str]; 4] = [
        &["session", "s1"],
        &["user", "acme", "user-1"],
        &["activation", "acme-1", "1"],
        &["domain", "acme", "released.test"],
    ];
    parts.iter().map(|parts| revocation_key(Some("acme"), parts)).zip(1..).collect()
}

/// Writes everything that [`check`] looks for into an empty store.
pub async fn populate(store: &Stores) {
    for domain in ["acme.test", "disputed.test", "moved.test", "released.test"] {
        assert_eq!(store.domains.claim_domain(domain, "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    }
    let claimed = store.domains.claim_domain("other.test", "other", &[other_event()]).await;
    assert_eq!(claimed.unwrap(), DomainClaim::Claimed);
    for row in rows() {
        let saved = store.connections.save(&row, None, Requires::Domain, &[]).await.unwrap();
        assert_eq!(saved, Saved::Saved);
    }
    assert_eq!(store.connections.save(&deleted(), None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(store.connections.delete(DELETED, deleted().version, &[]).await.unwrap(), Saved::Saved);
    assert!(store.logins.record_login(&login(), &[]).await.unwrap());
    store.events.append(&events()).await.unwrap();

    let replaced =
        store.domains.replace_domain(&held("disputed.test", "acme"), &disputed(), now(), &[]).await;
    assert!(replaced.unwrap());
    let [moved, released] = ended().try_into().unwrap();
    let (before, after) = (held("moved.test", "acme"), held("moved.test", "other"));
    assert!(store.domains.replace_domain(&before, &after, moved.at, &[]).await.unwrap());
    let release = Release::EvenIfMembersAreLockedOut;
    let answer =
        store.domains.release_domain("released.test", "acme", release, released.at, &[]).await.unwrap();
    assert_eq!(answer, DomainRelease::Released);

    for key in claims() {
        assert_eq!(claim(store, key).await, Claimed::Now);
    }
    for (key, seconds) in revocations() {
        let revocation = Revocation { key, instant: now() + Duration::from_secs(seconds), until: far() };
        store.sessions.revoke(&[revocation], now()).await.unwrap();
    }
}

/// Checks every value, then that the store goes on from there.
pub async fn check(store: &Stores) {
    let rows = rows();
    let mut found = Vec::new();
    for row in &rows {
        found.push(store.connections.connection(&row.id).await.unwrap().unwrap());
    }
    same_rows(&found, &rows);
    let list = async |organization: Option<&str>, selection| {
        store.connections.connections(organization, selection, "", 100).await.unwrap()
    };
    same_rows(&list(None, Selection::All).await, &rows);
    same_rows(&list(Some("acme"), Selection::All).await, &rows);
    same_rows(&list(Some("other"), Selection::All).await, &[]);
    // Whatever is enforced is among those that may be.
    let authorization = store.sessions.authorize("acme", &[], now()).await.unwrap();
    for selected in [list(Some("acme"), Selection::Enforced).await, authorization.enforced] {
        for row in rows.iter().filter(|row| row.is_enforced) {
            assert!(selected.iter().any(|found| found.id == row.id), "{row:?}");
        }
    }
    assert_eq!(store.connections.connection(DELETED).await.unwrap(), None);
    let login = login();
    let logins = store.logins.logins(&login.connection).await.unwrap();
    assert_eq!(logins, [login.json]);
    assert_eq!(numbered(store, "acme").await, jsons(&events()));
    assert_eq!(numbered(store, "other").await, jsons(&[other_event()]));

    let domains =
        [held("acme.test", "acme"), disputed(), held("moved.test", "other"), held("other.test", "other")];
    assert_eq!(store.domains.held_domains("", 100).await.unwrap(), domains);
    assert_eq!(store.domains.held_domain("disputed.test").await.unwrap(), Some(disputed()));
    assert_eq!(store.domains.domains("acme").await.unwrap(), ["acme.test", "disputed.test"]);
    assert_eq!(store.domains.domains("other").await.unwrap(), ["moved.test", "other.test"]);
    let mut found = store.domains.ended_domains(100).await.unwrap();
    found.sort_by(|first, second| first.domain.cmp(&second.domain));
    assert_eq!(found, ended());

    for key in claims() {
        assert_eq!(claim(store, key).await, Claimed::Before(key));
    }
    for (key, seconds) in revocations() {
        let revoked = store.sessions.revoked_at(&[key], now()).await.unwrap();
        assert_eq!(revoked, Some(now() + Duration::from_secs(seconds)));
    }
    goes_on(store, &rows).await;
}

fn jsons(events: &[EventRow]) -> Vec<String> {
    events.iter().map(|event| event.json.clone()).collect()
}

/// An earlier version kept less beside the JSON: what it did not say may be.
fn same_rows(found: &[ConnectionRow], expected: &[ConnectionRow]) {
    let parts =
        |row: &ConnectionRow| (row.id.clone(), row.organization.clone(), row.version, row.json.clone());
    let all = |rows: &[ConnectionRow]| rows.iter().map(parts).collect::<Vec<_>>();
    assert_eq!(all(found), all(expected));
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.is_enforced >= expected.is_enforced, "{found:?}");
        assert!(found.relies_on_domains >= expected.relies_on_domains, "{found:?}");
    }
}

async fn claim(store: &Stores, key: ClaimKey) -> Claimed {
    store.claims.claim(&[Claim { key, until: far() }], now()).await.unwrap()
}

/// The events of an organization, whose numbers rise.
async fn numbered(store: &Stores, organization: &str) -> Vec<String> {
    let events = store.events.events(organization, 0, 100).await.unwrap();
    assert!(events.is_sorted_by(|first, second| first.0 < second.0));
    events.into_iter().map(|(_, event)| event.json).collect()
}

async fn goes_on(store: &Stores, rows: &[ConnectionRow]) {
    // An ID is never used again.
    assert_eq!(
        store.connections.save(&deleted(), None, Requires::Nothing, &[]).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(store.domains.claim_domain("acme.test", "other", &[]).await.unwrap(), DomainClaim::Taken);
    let release = async |domain: &str, organization: &str| {
        store.domains.release_domain(domain, organization, Release::IfUnused, now(), &[]).await.unwrap()
    };
    let relying: Vec<_> = rows.iter().filter(|row| row.relies_on_domains).collect();
    let DomainRelease::InUse(id) = release("acme.test", "acme").await else {
        panic!("the domain is released, on which connections rely")
    };
    assert!(relying.iter().any(|row| row.id == id));
    assert_eq!(release("other.test", "other").await, DomainRelease::Released);
    for row in relying {
        assert_eq!(store.connections.delete(&row.id, row.version + 1, &[]).await.unwrap(), Saved::Conflict);
        assert_eq!(store.connections.delete(&row.id, row.version, &[]).await.unwrap(), Saved::Saved);
    }
    assert_eq!(release("acme.test", "acme").await, DomainRelease::Released);
    for ended in ended() {
        store.domains.forget_ended_domain(&ended).await.unwrap();
    }
    assert_eq!(store.domains.ended_domains(100).await.unwrap().len(), 2, "those of this check are left");
    store.events.append(&[other_event()]).await.unwrap();
    assert_eq!(numbered(store, "other").await, jsons(&[other_event(), other_event()]));
    assert_eq!(claim(store, claim_key("acme", &["new"])).await, Claimed::Now);
}
