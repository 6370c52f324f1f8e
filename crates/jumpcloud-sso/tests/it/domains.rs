//! Whose an e-mail domain is: names, proofs, disputes, and what ends with a domain.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jumpcloud_sso::parts::sso_session::revocation_key;
use jumpcloud_sso::parts::sso_store::{
    Authorization, Changes, ConnectionStore as _, DomainClaim, DomainStore as _, EventStore as _, Requires,
    Revocation, RevocationKey, Saved, SessionStore,
};
use jumpcloud_sso::{
    Actor, ConnectionRecord, DomainError, Domains, Event, EventKind, HeldDomain, Hint, LookupError,
    MemoryStore, Release, Sessions, Settings, StoreError, Stores, TxtLookup,
};

use crate::failing_store::{FailingStore, Fault};
use crate::{now, settings};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Name servers that know some records, and of some names nothing at all.
#[derive(Default)]
struct Dns {
    records: HashMap<String, Vec<String>>,
    silent: HashSet<String>,
    asked: Mutex<Vec<String>>,
}

impl Dns {
    /// The domains that were asked about since the last call, in this order.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|name| name.trim_start_matches("_sso-challenge.").to_owned()).collect()
    }
}

impl TxtLookup for Dns {
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        self.asked.lock().unwrap().push(name.to_owned());
        if self.silent.contains(name) {
            return Err(LookupError::new("timeout"));
        }
        Ok(self.records.get(name).cloned().unwrap_or_default())
    }
}

/// A store whose revocations fail while it is down.
#[derive(Clone, Default)]
struct Revocations {
    store: MemoryStore,
    is_down: Arc<AtomicBool>,
}

#[async_trait]
impl SessionStore for Revocations {
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Authorization, StoreError> {
        self.store.authorize(organization, keys, now).await
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        self.store.revoked_at(keys, now).await
    }

    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(StoreError::new("down"));
        }
        self.store.revoke(revocations, now).await
    }

    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError> {
        self.store.changes(after, limit).await
    }
}

impl From<&Revocations> for Stores {
    fn from(revocations: &Revocations) -> Self {
        Self { sessions: Arc::new(revocations.clone()), ..revocations.store.clone().into() }
    }
}

struct World<'r> {
    store: MemoryStore,
    domains: Domains,
    sessions: Sessions,
    revocations: &'r Revocations,
    dns: Dns,
}

impl<'r> World<'r> {
    fn new(revocations: &'r Revocations) -> Self {
        let store = MemoryStore::default();
        let sessions = Sessions::new(&settings(), revocations).unwrap();
        let domains = Domains::new(&settings(), store.clone());
        Self { store, domains, sessions, revocations, dns: Dns::default() }
    }

    /// The records of a domain are those of these organizations from now on.
    fn publish(&mut self, domain: &str, organizations: &[&str]) {
        let challenge = |organization: &&str| self.domains.challenge(organization, domain).unwrap();
        let texts = organizations.iter().map(|it| challenge(it).record_text).collect();
        self.dns.records.insert(challenge(&"acme").record_name, texts);
    }

    async fn verify_error(&self, organization: &str, domain: &str, at: SystemTime) -> Option<DomainError> {
        let admin = Actor::user(&format!("admin-of-{organization}"));
        let verified = self.domains.verify(organization, domain, &self.dns, &self.sessions, &admin, at).await;
        verified.err()
    }

    async fn verify(&self, organization: &str, domain: &str, at: SystemTime) -> &'static str {
        self.verify_error(organization, domain, at).await.map_or("verified", |error| {
            assert!(!error.hint().is_empty());
            error.code()
        })
    }

    async fn release(&self, organization: &str, domain: &str, at: SystemTime) -> &'static str {
        let (admin, unused) = (Actor::user("admin-1"), Release::IfUnused);
        let released = self.domains.release(organization, domain, unused, &self.sessions, &admin, at).await;
        released.map_or_else(|error| error.code(), |()| "released")
    }

    async fn owner(&self, domain: &str) -> Option<String> {
        self.store.held_domain(domain).await.unwrap().map(|held| held.organization)
    }

    async fn events(&self, organization: &str) -> Vec<Event> {
        let events = self.store.events(organization, 0, 100).await.unwrap();
        events.iter().map(|(_, event)| Event::from_json(&event.json).unwrap()).collect()
    }

    async fn event_names(&self, organization: &str) -> Vec<&'static str> {
        self.events(organization).await.iter().map(Event::name).collect()
    }

    /// When the sessions of an organization that rest on a domain were revoked.
    async fn revoked(&self, organization: &str, domain: &str) -> Option<SystemTime> {
        let key = revocation_key(None, &["domain", organization, domain]);
        self.revocations.store.revoked_at(&[key], now()).await.unwrap()
    }
}

#[test]
fn a_domain_has_one_spelling() {
    let domains = Domains::new(&settings(), MemoryStore::default());
    let spelled = |domain: &str| match domains.challenge("acme", domain) {
        Ok(challenge) => challenge.domain,
        Err(error) => error.code().to_owned(),
    };
    let longest_label = "a".repeat(63);
    let longest = format!("{}.{}.{}.{}", longest_label, longest_label, longest_label, "a".repeat(61));
    for (given, expected) in [
        ("acme.test", "acme.test"),
        ("ACME.Test", "acme.test"),
        ("mail.acme.test", "mail.acme.test"),
        ("a-b--c.1.test", "a-b--c.1.test"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("XN--Bcher-kva.test", "xn--bcher-kva.test"),
        ("日本語.test", "xn--wgv71a119e.test"),
        (&longest, &longest),
    ] {
        assert_eq!(spelled(given), expected, "{given}");
    }
    for wrong in [
        "",
        "acme",
        ".",
        ".acme.test",
        "acme.test.",
        "acme..test",
        "acme.test。",
        "acme。test",
        "acme．test",
        "acme｡test",
        "-acme.test",
        "acme-.test",
        "acme.-test",
        "acme.test-",
        "acme_1.test",
        "acme.test;x",
        "acme.test,other.test",
        "\"acme.test\"",
        "'acme.test'",
        " acme.test",
        "acme.test ",
        "acme.test\u{2003}",
        "acme.test\n",
        "acme\t.test",
        "acme\u{ad}.test",
        "acme\u{200b}.test",
        "acme\u{200d}.test",
        "ａcme.test",
        "ａcmé.test",
        "ℂme.test",
        "ﬁrm.test",
        "user@acme.test",
        "acme.test:443",
        "acme.test/x",
        "acme.test\\x",
        "acme%2etest",
        "*.acme.test",
        "127.0.0.1",
        "1.2",
        "0x7f.1",
        "[::1]",
        "xn--\u{fc}.test",
        "xn--a.test",
        &format!("{longest_label}a.test"),
        &format!("a{longest}"),
    ] {
        assert_eq!(spelled(wrong), "config.email_domain", "{wrong:?}");
    }
}

#[tokio::test]
async fn a_domain_is_proved_by_the_organization_that_claims_it() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    let challenge = world.domains.challenge("acme", "ACME.test").unwrap();
    assert_eq!(
        (challenge.domain.as_str(), challenge.record_name.as_str()),
        ("acme.test", "_sso-challenge.acme.test")
    );
    assert_eq!(world.domains.challenge("acme", "acme.test").unwrap(), challenge);
    assert_ne!(world.domains.challenge("other", "acme.test").unwrap().record_text, challenge.record_text);
    assert_eq!(world.verify("acme", "acme.test", now()).await, "config.domain_not_verified");
    world.publish("acme.test", &["acme"]);
    // Somebody else's record proves nothing for others.
    assert_eq!(world.verify("other", "acme.test", now()).await, "config.domain_not_verified");
    assert_eq!(world.verify("acme", "mail.acme.test", now()).await, "config.domain_not_verified");
    assert_eq!(world.verify("acme", "acme", now()).await, "config.email_domain");
    world.dns.silent.insert("_sso-challenge.acme.test".to_owned());
    assert_eq!(world.verify("acme", "acme.test", now()).await, "config.dns");
    assert!(world.domains.of("acme").await.unwrap().is_empty());
    world.dns.silent.clear();
    for _ in 0..2 {
        assert_eq!(world.verify("acme", "acme.test", now()).await, "verified");
    }
    assert_eq!(world.domains.of("acme").await.unwrap(), ["acme.test"]);
    assert_eq!(world.event_names("acme").await, ["domain.verified"]);

    // It belongs to one organization, until that one lets go.
    world.publish("acme.test", &["other", "acme"]);
    assert_eq!(world.verify("other", "acme.test", now()).await, "config.domain_taken");
    assert_eq!(world.release("other", "acme.test", now()).await, "config.domain_not_owned");
    assert_eq!(world.release("acme", "acme.test", now()).await, "released");
    assert_eq!(world.release("acme", "acme.test", now()).await, "config.domain_not_owned");
    assert_eq!(world.verify("other", "acme.test", now()).await, "verified");
}

#[tokio::test]
async fn a_record_is_compared_exactly() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    let challenge = world.domains.challenge("acme", "acme.test").unwrap();
    let text = &challenge.record_text;
    for wrong in [
        format!("{text} "),
        format!(" {text}"),
        format!("{text}\n"),
        format!("\u{2003}{text}"),
        format!("\"{text}\""),
        text.to_uppercase(),
        format!("{text};x"),
    ] {
        world.dns.records.insert(challenge.record_name.clone(), vec![wrong.clone()]);
        assert_eq!(world.verify("acme", "acme.test", now()).await, "config.domain_not_verified", "{wrong:?}");
    }
    let among_others = vec!["v=spf1 -all".to_owned(), text.clone()];
    world.dns.records.insert(challenge.record_name, among_others);
    assert_eq!(world.verify("acme", "acme.test", now()).await, "verified");
}

#[tokio::test]
async fn a_challenge_outlives_a_change_of_the_secret() {
    let former = crate::FORMER_SECRET.as_str();
    let (store, admin) = (MemoryStore::default(), Actor::user("admin-1"));
    let sessions = Sessions::new(&settings(), store.clone()).unwrap();
    let before = Domains::new(&Settings::new("https://app.acme.test", former).unwrap(), store.clone());
    let challenge = before.challenge("acme", "acme.test").unwrap();
    let mut dns = Dns::default();
    dns.records.insert(challenge.record_name, vec![challenge.record_text]);
    let without = Domains::new(&settings(), store.clone());
    assert!(without.verify("acme", "acme.test", &dns, &sessions, &admin, now()).await.is_err());
    let with = Domains::new(&settings().former_secret(former).unwrap(), store);
    with.verify("acme", "acme.test", &dns, &sessions, &admin, now()).await.unwrap();
}

#[tokio::test]
async fn a_domain_moves_by_two_lookups_a_day_apart() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    world.publish("acme.test", &["acme"]);
    assert_eq!(world.verify("acme", "acme.test", now()).await, "verified");
    world.publish("acme.test", &["other"]);
    match world.verify_error("other", "acme.test", now()).await {
        Some(error @ DomainError::Disputed { since, not_before, .. }) => {
            assert_eq!((since, not_before), (now(), now() + DAY));
            assert_eq!(error.code(), "config.domain_disputed");
            assert!(
                error.to_string().ends_with("verify again at 2027-01-16T08:00:00.000Z or later to move it")
            );
        }
        other => panic!("{other:?}"),
    }
    // Asking again and again, or by somebody else, makes it no sooner.
    for at in [now(), now() + HOUR, now() + DAY - Duration::from_millis(1)] {
        assert_eq!(world.verify("other", "acme.test", at).await, "config.domain_disputed");
        assert_eq!(world.verify("third", "acme.test", at).await, "config.domain_not_verified");
    }
    assert_eq!(world.owner("acme.test").await.as_deref(), Some("acme"));
    assert_eq!(world.revoked("acme", "acme.test").await, None);
    assert_eq!(world.verify("other", "acme.test", now() + DAY).await, "verified");
    assert_eq!(world.owner("acme.test").await.as_deref(), Some("other"));
    assert_eq!(world.revoked("acme", "acme.test").await, Some(now() + DAY));
    assert_eq!(world.revoked("other", "acme.test").await, None);

    // The holder is told when it begins and when it has moved, and not by whom.
    assert_eq!(world.event_names("acme").await, ["domain.verified", "domain.disputed", "domain.moved"]);
    let events = world.events("acme").await;
    assert!(events.iter().skip(1).all(|event| *event.actor() == Actor::System), "{events:?}");
    let disputed = EventKind::DomainDisputed { domain: "acme.test".to_owned(), not_before: now() + DAY };
    assert_eq!(*events[1].kind(), disputed);
    assert_eq!(Event::from_json(&events[1].to_json().unwrap()).unwrap(), events[1]);
    assert_eq!(world.event_names("other").await, ["domain.verified"]);
    assert_eq!(*world.events("other").await[0].actor(), Actor::user("admin-of-other"));
}

#[tokio::test]
async fn the_holders_record_ends_a_dispute() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    world.publish("acme.test", &["acme"]);
    assert_eq!(world.verify("acme", "acme.test", now()).await, "verified");
    let dispute = async |world: &mut World<'_>, at: SystemTime| {
        world.publish("acme.test", &["other"]);
        assert_eq!(world.verify("other", "acme.test", at).await, "config.domain_disputed");
    };
    dispute(&mut world, now()).await;
    // Seen by the challenger's own lookup.
    world.publish("acme.test", &["acme", "other"]);
    assert_eq!(world.verify("other", "acme.test", now() + DAY).await, "config.domain_taken");
    dispute(&mut world, now() + DAY).await;
    // By the holder's.
    world.publish("acme.test", &["acme", "other"]);
    assert_eq!(world.verify("acme", "acme.test", now() + 2 * DAY).await, "verified");
    dispute(&mut world, now() + 2 * DAY).await;
    // By the daily job.
    world.publish("acme.test", &["acme", "other"]);
    let report = world.domains.recheck_all(&world.dns, &world.sessions, now() + 3 * DAY).await;
    assert_eq!((report.present, report.absent.len(), report.moved.len()), (1, 0, 0));
    dispute(&mut world, now() + 3 * DAY).await;
    // Somebody else's proof replaces one that is gone, and begins anew.
    world.publish("acme.test", &["third"]);
    let at = now() + 4 * DAY;
    assert_eq!(world.verify("third", "acme.test", at).await, "config.domain_disputed");
    world.publish("acme.test", &["third", "other"]);
    assert_eq!(world.verify("other", "acme.test", at + HOUR).await, "config.domain_taken");
    assert_eq!(world.verify("third", "acme.test", at + DAY).await, "verified");
    let pair = ["domain.disputed", "domain.dispute_ended"];
    let mut expected = vec!["domain.verified"];
    expected.extend([pair; 4].concat());
    expected.extend(["domain.disputed", "domain.moved"]);
    assert_eq!(world.event_names("acme").await, expected);
}

#[tokio::test]
async fn a_daily_job_rechecks_all_domains() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    // More than a page of them.
    for number in 0..150 {
        let domain = format!("d{number}.test");
        world.publish(&domain, &["acme"]);
        assert_eq!(world.verify("acme", &domain, now()).await, "verified");
    }
    for domain in ["d7.test", "d70.test", "d140.test"] {
        world.publish(domain, &["other"]);
        assert_eq!(world.verify("other", domain, now()).await, "config.domain_disputed");
    }
    world.publish("d8.test", &[]);
    world.dns.silent.insert("_sso-challenge.d9.test".to_owned());

    let recheck =
        async |world: &World<'_>, at| world.domains.recheck_all(&world.dns, &world.sessions, at).await;
    let report = recheck(&world, now() + HOUR).await;
    assert!(report.failure.is_none() && report.moved.is_empty());
    assert_eq!(report.present, 145);
    let absent: Vec<_> = report.absent.iter().map(|it| (it.domain.as_str(), it.moves_at)).collect();
    let due = Some(now() + DAY);
    assert_eq!(absent, [("d140.test", due), ("d7.test", due), ("d70.test", due), ("d8.test", None)]);
    assert!(report.absent.iter().all(|it| it.organization == "acme"));
    assert_eq!(report.unanswered, [("d9.test".to_owned(), LookupError::new("timeout"))]);

    // A challenger whose own record is gone has no dispute any longer.
    world.publish("d70.test", &[]);
    world.dns.silent.insert("_sso-challenge.d140.test".to_owned());
    let report = recheck(&world, now() + DAY).await;
    let moved: Vec<_> =
        report.moved.iter().map(|it| (it.domain.as_str(), it.from.as_str(), it.to.as_str())).collect();
    assert_eq!(moved, [("d7.test", "acme", "other")]);
    assert_eq!(world.revoked("acme", "d7.test").await, Some(now() + DAY));
    assert_eq!(report.unanswered.len(), 2, "without an answer nothing moves");
    assert_eq!(world.owner("d140.test").await.as_deref(), Some("acme"));
    // What is absent stays.
    assert_eq!(world.owner("d8.test").await.as_deref(), Some("acme"));
    world.publish("d70.test", &["other"]);
    assert_eq!(world.verify("other", "d70.test", now() + DAY).await, "config.domain_disputed");
    let report = recheck(&world, now() + DAY).await;
    assert!(report.moved.is_empty());
}

#[tokio::test]
async fn sessions_that_rest_on_a_released_domain_are_revoked_whatever_fails_first() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    for domain in ["a.test", "b.test", "c.test"] {
        world.publish(domain, &["acme"]);
        assert_eq!(world.verify("acme", domain, now()).await, "verified");
    }
    assert_eq!(world.release("acme", "a.test", now()).await, "released");
    assert_eq!(world.revoked("acme", "a.test").await, Some(now()));

    // It is released, and what is left to do is done when it is asked for again.
    world.revocations.is_down.store(true, Ordering::Relaxed);
    assert_eq!(world.release("acme", "b.test", now()).await, "config.store");
    assert_eq!(world.release("acme", "b.test", now() + HOUR).await, "config.store");
    assert_eq!(world.owner("b.test").await, None);
    assert_eq!(world.revoked("acme", "b.test").await, None);
    world.revocations.is_down.store(false, Ordering::Relaxed);
    assert_eq!(world.release("acme", "b.test", now() + HOUR).await, "released");
    assert_eq!(world.revoked("acme", "b.test").await, Some(now()));
    assert_eq!(world.release("acme", "b.test", now() + HOUR).await, "config.domain_not_owned");

    // Or by the daily job, also where the domain has a holder again.
    world.revocations.is_down.store(true, Ordering::Relaxed);
    assert_eq!(world.release("acme", "c.test", now()).await, "config.store");
    assert_eq!(world.store.claim_domain("c.test", "other", &[]).await.unwrap(), DomainClaim::Claimed);
    let recheck = async || world.domains.recheck_all(&world.dns, &world.sessions, now() + HOUR).await;
    assert!(recheck().await.failure.is_some());
    world.revocations.is_down.store(false, Ordering::Relaxed);
    assert!(recheck().await.failure.is_none());
    assert_eq!(world.revoked("acme", "c.test").await, Some(now()));
    assert!(world.store.ended_domains(10).await.unwrap().is_empty());

    // And a move is as good as a release.
    world.publish("c.test", &["third"]);
    assert_eq!(world.verify("third", "c.test", now()).await, "config.domain_disputed");
    world.revocations.is_down.store(true, Ordering::Relaxed);
    assert_eq!(world.verify("third", "c.test", now() + DAY).await, "config.store");
    assert_eq!(world.owner("c.test").await.as_deref(), Some("third"));
    world.revocations.is_down.store(false, Ordering::Relaxed);
    assert_eq!(world.verify("third", "c.test", now() + DAY).await, "verified");
    assert_eq!(world.revoked("other", "c.test").await, Some(now() + DAY));
}

#[tokio::test]
async fn a_domain_that_is_no_longer_accepted_can_be_released() {
    let revocations = Revocations::default();
    let world = World::new(&revocations);
    // As a former version kept it.
    for domain in ["my_corp.test", "acme..test"] {
        assert_eq!(world.release("acme", domain, now()).await, "config.email_domain");
        let claim = world.store.claim_domain(domain, "acme", &[]).await.unwrap();
        assert_eq!(claim, DomainClaim::Claimed);
        assert_eq!(world.release("other", domain, now()).await, "config.email_domain");
        assert_eq!(world.release("acme", domain, now()).await, "released");
        assert!(world.domains.of("acme").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_release_that_is_refused_ends_no_session() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    world.publish("acme.test", &["acme"]);
    assert_eq!(world.verify("acme", "acme.test", now()).await, "verified");
    for (organization, domain) in [("other", "acme.test"), ("acme", "other.test")] {
        assert_eq!(world.release(organization, domain, now()).await, "config.domain_not_owned");
        assert_eq!(world.revoked(organization, domain).await, None);
    }
    assert_eq!(world.revoked("acme", "acme.test").await, None);
    let held = HeldDomain { domain: "acme.test".to_owned(), organization: "acme".to_owned(), dispute: None };
    assert_eq!(world.store.held_domain("acme.test").await.unwrap(), Some(held));
}

/// An organization whose domain somebody else has proved for a day, and which is due.
async fn due_dispute(world: &mut World<'_>, organization: &str, domain: &str) {
    world.publish(domain, &[organization]);
    assert_eq!(world.verify(organization, domain, now()).await, "verified");
    world.publish(domain, &["other"]);
    assert_eq!(world.verify("other", domain, now()).await, "config.domain_disputed");
}

#[tokio::test]
async fn slow_name_servers_of_one_organization_delay_nobody_elses_moves() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    for domain in ["a1.test", "a2.test", "a3.test"] {
        world.publish(domain, &["slow"]);
        assert_eq!(world.verify("slow", domain, now()).await, "verified");
        world.dns.silent.insert(format!("_sso-challenge.{domain}"));
    }
    world.publish("b.test", &["acme"]);
    assert_eq!(world.verify("acme", "b.test", now()).await, "verified");
    due_dispute(&mut world, "slow", "c.test").await;
    world.dns.silent.insert("_sso-challenge.c.test".to_owned());
    due_dispute(&mut world, "slow", "d.test").await;
    due_dispute(&mut world, "acme", "z.test").await;
    world.dns.asked();

    // Nothing is due: in order, but the domains of who was silent come last.
    let report = world.domains.recheck_all(&world.dns, &world.sessions, now() + HOUR).await;
    let expected = ["a1.test", "b.test", "z.test", "a2.test", "a3.test", "c.test", "d.test"];
    assert_eq!(world.dns.asked(), expected);
    assert_eq!((report.unanswered.len(), report.moved.len(), report.present), (4, 0, 1));

    // What is due comes first.
    let report = world.domains.recheck_all(&world.dns, &world.sessions, now() + DAY).await;
    let expected = ["c.test", "z.test", "b.test", "d.test", "a1.test", "a2.test", "a3.test"];
    assert_eq!(world.dns.asked(), expected);
    let moved: Vec<_> = report.moved.iter().map(|it| it.domain.as_str()).collect();
    assert_eq!((moved.as_slice(), report.present), (["z.test", "d.test"].as_slice(), 1));
    assert!(report.failure.is_none() && report.failed.is_empty());
}

#[tokio::test]
async fn a_failure_about_one_domain_leaves_no_other_one_out() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    for domain in ["a.test", "b.test", "c.test"] {
        due_dispute(&mut world, "acme", domain).await;
    }
    world.publish("d.test", &["acme"]);
    assert_eq!(world.verify("acme", "d.test", now()).await, "verified");
    let failing = Domains::new(&settings(), FailingStore(Fault::About("b.test"), world.store.clone()));
    let report = failing.recheck_all(&world.dns, &world.sessions, now() + DAY).await;
    let moved: Vec<_> = report.moved.iter().map(|it| it.domain.as_str()).collect();
    assert_eq!((moved.as_slice(), report.present), (["a.test", "c.test"].as_slice(), 1));
    assert_eq!(report.failed, ["b.test"]);
    assert_eq!(report.failure.unwrap().to_string(), "the store failed: down");
    assert_eq!(world.owner("b.test").await.as_deref(), Some("acme"));
    // The next call does what is left undone.
    let report = world.domains.recheck_all(&world.dns, &world.sessions, now() + DAY).await;
    assert_eq!((report.moved.len(), report.failed.len(), report.failure.is_none()), (1, 0, true));
}

#[tokio::test]
async fn revoking_that_was_left_undone_comes_before_any_lookup() {
    /// Name servers that look whether the sessions of `a.test` were revoked when they are asked.
    struct Looks<'r>(&'r Revocations, Mutex<Vec<bool>>);

    impl TxtLookup for Looks<'_> {
        async fn txt(&self, _: &str) -> Result<Vec<String>, LookupError> {
            let key = revocation_key(None, &["domain", "acme", "a.test"]);
            let revoked = self.0.store.revoked_at(&[key], now()).await.unwrap();
            self.1.lock().unwrap().push(revoked.is_some());
            Err(LookupError::new("timeout"))
        }
    }

    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    for domain in ["a.test", "b.test"] {
        world.publish(domain, &["acme"]);
        assert_eq!(world.verify("acme", domain, now()).await, "verified");
    }
    revocations.is_down.store(true, Ordering::Relaxed);
    assert_eq!(world.release("acme", "a.test", now()).await, "config.store");
    revocations.is_down.store(false, Ordering::Relaxed);
    let dns = Looks(&revocations, Mutex::default());
    let report = world.domains.recheck_all(&dns, &world.sessions, now() + HOUR).await;
    assert!(report.failure.is_none());
    assert_eq!(*dns.1.lock().unwrap(), [true]);
}

#[tokio::test]
async fn a_move_says_whether_members_were_locked_out() {
    let revocations = Revocations::default();
    let mut world = World::new(&revocations);
    let record = |id: &str, organization: &str, is: &str, any: bool| {
        let json = format!(
            r#"{{"id":"{id}","organization":"{organization}","version":1,"revision":1,
            "use_of":{{"is":"{is}"}},
            "configuration":{{"idp_url":"https://sso.jumpcloud.com/saml2/acme","idp_entity_id":"acme",
            "any_email_domain":{any}}},"break_glass":[],"created_at":"2027-01-15T08:00:00.000Z"}}"#
        );
        ConnectionRecord::from_json(&json).unwrap()
    };
    for (organization, is, any, while_in_use) in [
        ("acme", "active", false, true),
        ("any", "active", true, false),
        ("disabled", "disabled", false, false),
        ("none", "", false, false),
    ] {
        let domain = format!("{organization}.test");
        if !is.is_empty() {
            let record = record(&format!("c-{organization}"), organization, is, any);
            let saved = world.store.save(&crate::row(&record), None, Requires::Nothing, &[]).await.unwrap();
            assert_eq!(saved, Saved::Saved);
        }
        due_dispute(&mut world, organization, &domain).await;
        assert_eq!(world.verify("other", &domain, now() + DAY).await, "verified");
        let events = world.events(organization).await;
        let moved = EventKind::DomainMoved { domain, while_in_use };
        assert_eq!(events.last().map(Event::kind), Some(&moved));
        assert_eq!(Event::from_json(&events.last().unwrap().to_json().unwrap()).unwrap().kind(), &moved);
    }
    // One that a former version wrote.
    let json = r#"{"at":"2027-01-15T08:00:00.000Z","actor":"system","organization":"acme","connection":null,
        "event":"domain.moved","domain":"acme.test"}"#;
    let moved = EventKind::DomainMoved { domain: "acme.test".to_owned(), while_in_use: false };
    assert_eq!(*Event::from_json(json).unwrap().kind(), moved);
}
