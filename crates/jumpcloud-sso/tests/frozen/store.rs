//! A store's content, written by [`populate`] and checked by [`check`]. The stores' crates have dumps of it.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::{
    Actor, Claim, ClaimKey, CompletedLogin, ConnectionRecord, ConnectionStore, Dispute, DomainClaim,
    DomainRelease, DomainStore, EndedDomain, Event, EventKind, HeldDomain, OnceStore, Release, Requires,
    RevocationKey, RevocationStore, Saved,
};

const RECORDS: [&str; 5] = [
    include_str!("records/active.json"),
    include_str!("records/configured.json"),
    include_str!("records/draft.json"),
    include_str!("records/enforced.json"),
    include_str!("records/full.json"),
];
const EVENTS: &str = include_str!("events.jsonl");
const LOGIN: &str = include_str!("login.json");

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

fn records() -> Vec<ConnectionRecord> {
    let mut records: Vec<_> = RECORDS.iter().map(|json| ConnectionRecord::from_json(json).unwrap()).collect();
    records.sort_by(|first, second| first.id().cmp(second.id()));
    records
}

fn deleted() -> ConnectionRecord {
    let draft = records().into_iter().find(|record| record.version() == 1).unwrap();
    ConnectionRecord::from_json(&draft.to_json().unwrap().replace(draft.id(), DELETED)).unwrap()
}

fn events() -> Vec<Event> {
    EVENTS.lines().map(|json| Event::from_json(json).unwrap()).collect()
}

/// The only event of another organization.
fn other_event() -> Event {
    let kind = EventKind::DomainVerified { domain: "other.test".to_owned() };
    Event::new(&Actor::user("admin-2"), now(), "other", None, kind)
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
    parts.iter().map(|parts| ClaimKey::new("acme", parts)).collect()
}

/// Each with how many seconds after [`now`] it was revoked.
fn revocations() -> Vec<(RevocationKey, u64)> {
    let parts: [&[&str]; 4] = [
        &["session", "s1"],
        &["user", "acme", "user-1"],
        &["activation", "acme-1", "1"],
        &["domain", "acme", "released.test"],
    ];
    parts.iter().map(|parts| RevocationKey::new(parts).within("acme")).zip(1..).collect()
}

/// Writes everything that [`check`] looks for into an empty store.
#[allow(dead_code, reason = "where there is a dump, it was written by an earlier version")]
pub(crate) async fn populate<S>(store: &S)
where
    S: ConnectionStore + DomainStore + OnceStore + RevocationStore,
{
    for domain in ["acme.test", "disputed.test", "moved.test", "released.test"] {
        assert_eq!(store.claim_domain(domain, "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    }
    let claimed = store.claim_domain("other.test", "other", &[other_event()]).await;
    assert_eq!(claimed.unwrap(), DomainClaim::Claimed);
    for record in records() {
        let saved = store.save(&record, None, Requires::Domain, &[]).await.unwrap();
        assert_eq!(saved, Saved::Saved);
    }
    assert_eq!(store.save(&deleted(), None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(store.delete(DELETED, deleted().version(), &[]).await.unwrap(), Saved::Saved);
    assert!(store.record_login(&CompletedLogin::from_json(LOGIN).unwrap(), &[]).await.unwrap());
    store.append(&events()).await.unwrap();

    let replaced = store.replace_domain(&held("disputed.test", "acme"), &disputed(), now(), &[]).await;
    assert!(replaced.unwrap());
    let [moved, released] = ended().try_into().unwrap();
    let (before, after) = (held("moved.test", "acme"), held("moved.test", "other"));
    assert!(store.replace_domain(&before, &after, moved.at, &[]).await.unwrap());
    let release = Release::EvenIfMembersAreLockedOut;
    let answer = store.release_domain("released.test", "acme", release, released.at, &[]).await.unwrap();
    assert_eq!(answer, DomainRelease::Released);

    for key in claims() {
        assert_eq!(store.claim(&key, far(), now()).await.unwrap(), Claim::Claimed);
    }
    for (key, seconds) in revocations() {
        store.revoke(&key, now() + Duration::from_secs(seconds), far(), now()).await.unwrap();
    }
}

/// Checks every value, then that the store goes on from there.
pub(crate) async fn check<S>(store: &S)
where
    S: ConnectionStore + DomainStore + OnceStore + RevocationStore,
{
    let records = records();
    for record in &records {
        assert_eq!(store.connection(record.id()).await.unwrap().as_ref(), Some(record));
    }
    assert_eq!(store.connections(None, "", 100).await.unwrap(), records);
    assert_eq!(store.connections(Some("acme"), "", 100).await.unwrap(), records);
    assert_eq!(store.connections(Some("other"), "", 100).await.unwrap(), []);
    assert_eq!(store.connection(DELETED).await.unwrap(), None);
    let login = CompletedLogin::from_json(LOGIN).unwrap();
    assert_eq!(store.logins(login.connection()).await.unwrap(), [login]);
    assert_eq!(numbered(store, "acme").await, events());
    assert_eq!(numbered(store, "other").await, [other_event()]);

    let domains =
        [held("acme.test", "acme"), disputed(), held("moved.test", "other"), held("other.test", "other")];
    assert_eq!(store.held_domains("", 100).await.unwrap(), domains);
    assert_eq!(store.held_domain("disputed.test").await.unwrap(), Some(disputed()));
    assert_eq!(store.domains("acme").await.unwrap(), ["acme.test", "disputed.test"]);
    assert_eq!(store.domains("other").await.unwrap(), ["moved.test", "other.test"]);
    let mut found = store.ended_domains(100).await.unwrap();
    found.sort_by(|first, second| first.domain.cmp(&second.domain));
    assert_eq!(found, ended());

    for key in claims() {
        assert_eq!(store.claim(&key, far(), now()).await.unwrap(), Claim::AlreadyClaimed);
    }
    for (key, seconds) in revocations() {
        let revoked = store.revoked_at(&[key], now()).await.unwrap();
        assert_eq!(revoked, Some(now() + Duration::from_secs(seconds)));
    }
    goes_on(store, &records).await;
}

/// The events of an organization, whose numbers rise.
async fn numbered(store: &impl ConnectionStore, organization: &str) -> Vec<Event> {
    let events = store.events(organization, 0, 100).await.unwrap();
    assert!(events.is_sorted_by(|first, second| first.0 < second.0));
    events.into_iter().map(|(_, event)| event).collect()
}

async fn goes_on<S>(store: &S, records: &[ConnectionRecord])
where
    S: ConnectionStore + DomainStore + OnceStore + RevocationStore,
{
    // An ID is never used again.
    assert_eq!(store.save(&deleted(), None, Requires::Nothing, &[]).await.unwrap(), Saved::Conflict);
    assert_eq!(store.claim_domain("acme.test", "other", &[]).await.unwrap(), DomainClaim::Taken);
    let release = async |domain: &str, organization: &str| {
        store.release_domain(domain, organization, Release::IfUnused, now(), &[]).await.unwrap()
    };
    let relying: Vec<_> = records.iter().filter(|record| record.relies_on_domains()).collect();
    let DomainRelease::InUse(id) = release("acme.test", "acme").await else {
        panic!("the domain is released, on which connections rely")
    };
    assert!(relying.iter().any(|record| record.id() == id));
    assert_eq!(release("other.test", "other").await, DomainRelease::Released);
    for record in relying {
        assert_eq!(store.delete(record.id(), record.version() + 1, &[]).await.unwrap(), Saved::Conflict);
        assert_eq!(store.delete(record.id(), record.version(), &[]).await.unwrap(), Saved::Saved);
    }
    assert_eq!(release("acme.test", "acme").await, DomainRelease::Released);
    for ended in ended() {
        store.forget_ended_domain(&ended).await.unwrap();
    }
    assert_eq!(store.ended_domains(100).await.unwrap().len(), 2, "those of this check are left");
    store.append(&[other_event()]).await.unwrap();
    assert_eq!(numbered(store, "other").await, [other_event(), other_event()]);
    assert_eq!(store.claim(&ClaimKey::new("acme", &["new"]), far(), now()).await.unwrap(), Claim::Claimed);
}
