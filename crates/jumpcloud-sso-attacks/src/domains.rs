//! E-mail domains and whose they are: T04, T15, T19, T20.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jumpcloud_sso::parts::sso_store::{
    ConnectionRow, ConnectionStore, Created, DomainClaim, DomainRelease, DomainStore, EventRow, Requires,
    Saved, Selection,
};
use jumpcloud_sso::{
    Actor, Connections, DomainError, Domains, Edit, EndedDomain, HeldDomain, LookupError, MemoryStore,
    Refusal, Release, Sessions, StoreError, Stores, TxtLookup,
};
use jumpcloud_sso_testkit::keys;

use crate::case::{IDP, now};
use crate::world::{Scenario, settings, wait};

const DOMAIN: &str = "acme.test";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Name servers that say whatever somebody wrote there.
pub(crate) struct Dns(pub(crate) Vec<String>);

impl TxtLookup for Dns {
    async fn txt(&self, _: &str) -> Result<Vec<String>, LookupError> {
        Ok(self.0.clone())
    }
}

fn code(result: Result<(), DomainError>) -> &'static str {
    result.map_or_else(|error| error.code(), |()| "accepted")
}

fn sessions() -> Sessions {
    Sessions::new(&settings(), MemoryStore::default()).expect("sessions")
}

/// A service whose organizations prove domains.
struct Registry {
    domains: Domains,
    sessions: Sessions,
}

impl Registry {
    fn new() -> Self {
        Self { domains: Domains::new(&settings(), MemoryStore::default()), sessions: sessions() }
    }

    fn proof(&self, organization: &str) -> String {
        self.domains.challenge(organization, DOMAIN).expect("a challenge").record_text
    }

    fn claim(&self, organization: &str, records: &[String], at: SystemTime) -> &'static str {
        let dns = Dns(records.to_vec());
        code(wait(self.domains.verify(organization, DOMAIN, &dns, &self.sessions, &Actor::System, at)))
    }
}

/// A single claim by a record that is made of the organization's proof.
fn by_record(record: impl FnOnce(String) -> String) -> &'static str {
    let registry = Registry::new();
    let record = record(registry.proof("acme"));
    registry.claim("acme", &[record], now())
}

fn spelled(domain: &str) -> &'static str {
    code(Registry::new().domains.challenge("acme", domain).map(drop))
}

/// What comes of another organization's proof after some time, where the records are then its own and
/// `others`. The holder's record was there, and was gone when the other's proof was first seen.
fn challenged(others: &[&str], after: Duration) -> &'static str {
    let registry = Registry::new();
    assert_eq!(registry.claim("acme", &[registry.proof("acme")], now()), "accepted");
    let own = registry.proof("other");
    assert_eq!(registry.claim("other", std::slice::from_ref(&own), now()), "config.domain_disputed");
    let records: Vec<_> = others.iter().map(|it| registry.proof(it)).chain([own]).collect();
    registry.claim("other", &records, now() + after)
}

/// What somebody else does between a check and the change that rests on it.
#[derive(Clone, Copy, PartialEq)]
enum Meanwhile {
    Nothing,
    /// The last domain is released before a connection is saved.
    Released,
    /// A connection that relies on the domain is saved before it is released.
    Enabled,
}

/// A store in which somebody else comes in between.
#[derive(Clone)]
struct Raced {
    store: MemoryStore,
    meanwhile: Meanwhile,
    is_over: Arc<AtomicBool>,
}

impl From<&Raced> for Stores {
    fn from(raced: &Raced) -> Self {
        let store = Arc::new(raced.clone());
        Self { connections: store.clone(), domains: store, ..Self::from(&raced.store) }
    }
}

impl Raced {
    /// Whether it is time for what happens meanwhile.
    fn is(&self, meanwhile: Meanwhile) -> bool {
        self.meanwhile == meanwhile && !self.is_over.swap(true, Ordering::SeqCst)
    }
}

#[async_trait]
impl ConnectionStore for Raced {
    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError> {
        if row.relies_on_domains && self.is(Meanwhile::Released) {
            let released = self.store.release_domain(DOMAIN, "acme", Release::IfUnused, now(), &[]).await?;
            assert_eq!(released, DomainRelease::Released);
        }
        self.store.save(row, expected, requires, events).await
    }

    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError> {
        self.store.connection(id).await
    }

    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError> {
        self.store.connection_with_domains(id).await
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        self.store.connections(organization, selection, after, limit).await
    }

    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError> {
        self.store.get_or_create(slot, row, events).await
    }

    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError> {
        self.store.delete(id, expected, events).await
    }
}

#[async_trait]
impl DomainStore for Raced {
    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError> {
        if self.is(Meanwhile::Enabled) {
            let connections = Connections::new(&settings(), self.store.clone());
            let drafts = connections.of(organization).list().await?;
            let id = drafts.first().expect("a connection").id().to_owned();
            let enabled = Box::pin(connections.of(organization).enable(&id, &Actor::System, at)).await;
            enabled.expect("it is enabled");
        }
        self.store.release_domain(domain, organization, release, at, events).await
    }

    async fn claim_domain(
        &self,
        name: &str,
        by: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError> {
        self.store.claim_domain(name, by, events).await
    }

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        self.store.replace_domain(present, next, at, events).await
    }

    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError> {
        self.store.held_domain(domain).await
    }

    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError> {
        self.store.held_domains(after, limit).await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        self.store.domains(organization).await
    }

    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError> {
        self.store.ended_domains(limit).await
    }

    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError> {
        self.store.forget_ended_domain(ended).await
    }
}

/// An organization with one domain and a connection that is ready to be enabled, and what comes of `then`
/// while somebody else does something `meanwhile`.
fn raced(
    meanwhile: Meanwhile,
    then: impl AsyncFnOnce(&Raced, &Connections, &str) -> &'static str,
) -> &'static str {
    let store = MemoryStore::default();
    let raced = Raced { store, meanwhile, is_over: Arc::default() };
    wait(async {
        let connections = Connections::new(&settings(), &raced);
        let record = connections.of("acme").create(&Actor::System, now()).await.expect("a draft");
        let edit = Edit::new()
            .idp_url("https://sso.jumpcloud.com/saml2/acme")
            .idp_entity_id(IDP)
            .add_certificate(keys::OWN_CERTIFICATE.as_bytes());
        connections.of("acme").edit(record.id(), &edit, &Actor::System, now()).await.expect("an edit");
        let claimed = raced.store.claim_domain(DOMAIN, "acme", &[]).await.expect("an answer");
        assert_eq!(claimed, DomainClaim::Claimed);
        then(&raced, &connections, record.id()).await
    })
}

fn enabled(meanwhile: Meanwhile) -> &'static str {
    raced(meanwhile, async |_, connections, id| {
        let enabled = connections.of("acme").enable(id, &Actor::System, now()).await;
        enabled.map_or_else(|refusal: Refusal| refusal.code(), |_| "accepted")
    })
}

fn released(meanwhile: Meanwhile) -> &'static str {
    raced(meanwhile, async |raced, _, _| {
        let domains = Domains::new(&settings(), raced);
        let (sessions, unused) = (sessions(), Release::IfUnused);
        code(domains.release("acme", DOMAIN, unused, &sessions, &Actor::System, now()).await)
    })
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "T04",
        what: "a domain that was proved",
        expected: "accepted",
        twin: "",
        run: || by_record(|proof| proof),
    },
    Scenario {
        id: "T04",
        what: "a domain that was not proved",
        expected: "config.domain_not_verified",
        twin: "a domain that was proved",
        run: || by_record(|_| "v=spf1 -all".to_owned()),
    },
    Scenario {
        id: "T04",
        what: "a domain by another organization's proof",
        expected: "config.domain_not_verified",
        twin: "a domain that was proved",
        run: || {
            let registry = Registry::new();
            registry.claim("evil", &[registry.proof("acme")], now())
        },
    },
    Scenario {
        id: "T04",
        what: "a domain that belongs to somebody",
        expected: "config.domain_taken",
        twin: "a domain that was proved",
        run: || {
            let registry = Registry::new();
            let proofs = ["acme", "evil"].map(|organization| registry.proof(organization));
            assert_eq!(registry.claim("acme", &proofs, now()), "accepted");
            registry.claim("evil", &proofs, now())
        },
    },
    Scenario {
        id: "T15",
        what: "a domain in its one spelling",
        expected: "accepted",
        twin: "",
        run: || spelled("acme.test"),
    },
    Scenario {
        id: "T15",
        what: "a domain in capitals",
        expected: "accepted",
        twin: "",
        run: || spelled("ACME.TEST"),
    },
    Scenario {
        id: "T15",
        what: "a domain with an ideographic full stop at its end",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme.test\u{3002}"),
    },
    Scenario {
        id: "T15",
        what: "a domain with a fullwidth full stop",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme\u{ff0e}test"),
    },
    Scenario {
        id: "T15",
        what: "a domain with a fullwidth letter",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("\u{ff41}cme.test"),
    },
    Scenario {
        id: "T15",
        what: "a domain with a soft hyphen",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("ac\u{ad}me.test"),
    },
    Scenario {
        id: "T15",
        what: "a domain with the dot of the root",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme.test."),
    },
    Scenario {
        id: "T15",
        what: "a domain with an empty label",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme..test"),
    },
    Scenario {
        id: "T15",
        what: "a domain with a hyphen at its beginning",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("-acme.test"),
    },
    Scenario {
        id: "T15",
        what: "a domain with a semicolon",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme.test;x"),
    },
    Scenario {
        id: "T15",
        what: "a domain in quotation marks",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("\"acme.test\""),
    },
    Scenario {
        id: "T15",
        what: "a domain with an underscore",
        expected: "config.email_domain",
        twin: "a domain in its one spelling",
        run: || spelled("acme_1.test"),
    },
    Scenario {
        id: "T15",
        what: "a domain whose holder's record is absent for a day",
        expected: "accepted",
        twin: "",
        run: || challenged(&[], DAY),
    },
    Scenario {
        id: "T15",
        what: "a domain whose holder's record is absent for a little less",
        expected: "config.domain_disputed",
        twin: "a domain whose holder's record is absent for a day",
        run: || challenged(&[], Duration::from_secs(24 * 60 * 60 - 1)),
    },
    Scenario {
        id: "T15",
        what: "a domain whose holder's record is back after a day",
        expected: "config.domain_taken",
        twin: "a domain whose holder's record is absent for a day",
        run: || challenged(&["acme"], DAY),
    },
    Scenario {
        id: "T19",
        what: "a proof with white space around it",
        expected: "config.domain_not_verified",
        twin: "a domain that was proved",
        run: || by_record(|proof| format!("\u{2003}{proof} ")),
    },
    Scenario {
        id: "T20",
        what: "a connection that is enabled with a domain",
        expected: "accepted",
        twin: "",
        run: || enabled(Meanwhile::Nothing),
    },
    Scenario {
        id: "T20",
        what: "a connection that is enabled while the last domain is released",
        expected: "config.incomplete",
        twin: "a connection that is enabled with a domain",
        run: || enabled(Meanwhile::Released),
    },
    Scenario {
        id: "T20",
        what: "a domain that is released while nothing relies on it",
        expected: "accepted",
        twin: "",
        run: || released(Meanwhile::Nothing),
    },
    Scenario {
        id: "T20",
        what: "a domain that is released while a connection is enabled",
        expected: "config.domain_in_use",
        twin: "a domain that is released while nothing relies on it",
        run: || released(Meanwhile::Enabled),
    },
];
