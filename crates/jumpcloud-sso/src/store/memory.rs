use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::{Future, ready};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use super::expiring::{Claims, Revocations};
use super::{
    Claim, ClaimKey, ConnectionStore, DomainClaim, DomainRelease, DomainStore, EndedDomain, HeldDomain,
    OnceStore, Requires, RevocationKey, RevocationStore, Saved, StoreError,
};
use crate::domain::Release;
use crate::event::Event;
use crate::record::{CompletedLogin, ConnectionRecord};

/// All four stores in the memory of this process: for tests, and for services that run as a single process and configure
/// their connections by code. What it remembers is lost when the process ends, so that an assertion could be replayed to
/// the next one for the minutes that it is valid. Clones are the same store.
///
/// Memory is bounded: see [`with_capacity`](Self::with_capacity).
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    capacity: usize,
    claims: Mutex<Claims>,
    revocations: Mutex<Revocations>,
    kept: Mutex<Kept>,
}

impl fmt::Debug for MemoryStore {
    /// Without what it keeps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    connections: BTreeMap<String, ConnectionRecord>,
    /// Of connections that are gone.
    taken: HashSet<String>,
    logins: Vec<CompletedLogin>,
    domains: BTreeMap<String, HeldDomain>,
    /// By organization and domain.
    ended_domains: BTreeMap<(String, String), SystemTime>,
    events: Vec<Event>,
}

/// Claims are made after a signature was verified only, so that nobody can fill the store who has no account.
/// A single organization has half of this, which is more than a million claims: two for each login, so a
/// thousand logins a second with the ten minutes that JumpCloud's assertions live. It is a limit; what is not
/// used is not allocated.
const DEFAULT_CAPACITY: usize = 512 * 1024 * 1024;

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

impl MemoryStore {
    /// The bytes that a claim is counted with: the most that it takes in memory, however full the tables are.
    pub const CLAIM_BYTES: usize = Claims::CLAIM_BYTES;

    /// Creates a store whose claims take at most `capacity` bytes, and whose revocations take as many. The
    /// default is 512 MiB. Connections, domains and events are not counted.
    ///
    /// The claims of one [scope](super::ClaimKey::scope) never take more than they leave free: one
    /// organization alone has half of the capacity, and one that floods the store leaves room for the others.
    /// A claim beyond that fails, and the login is refused. What has expired is not counted.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            capacity,
            claims: Mutex::default(),
            revocations: Mutex::default(),
            kept: Mutex::default(),
        }))
    }

    /// Returns how many claims it remembers.
    #[must_use]
    pub fn claims(&self) -> usize {
        self.0.claims.lock().map_or(0, |claims| claims.len())
    }

    fn kept(&self) -> Result<MutexGuard<'_, Kept>, StoreError> {
        lock(&self.0.kept)
    }

    fn claim_now(&self, key: &ClaimKey, until: SystemTime, now: SystemTime) -> Result<Claim, StoreError> {
        lock(&self.0.claims)?.claim(key, until, now, self.0.capacity)
    }

    fn revoke_now(
        &self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        lock(&self.0.revocations)?.revoke(key, instant, until, now, self.0.capacity)
    }

    fn revoked_now(&self, keys: &[RevocationKey], now: SystemTime) -> Result<Option<SystemTime>, StoreError> {
        let revocations = lock(&self.0.revocations)?;
        Ok(keys.iter().filter_map(|key| revocations.revoked_at(key, now)).max())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, StoreError> {
    mutex.lock().map_err(|_| StoreError::new("a thread panicked while it held the lock"))
}

impl Kept {
    fn save(
        &mut self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> Saved {
        let found = self.connections.get(record.id()).map(ConnectionRecord::version);
        if found != expected || self.taken.contains(record.id()) {
            return Saved::Conflict;
        }
        if requires == Requires::Domain && !self.has_domain(record.organization()) {
            return Saved::NoDomain;
        }
        self.connections.insert(record.id().to_owned(), record.clone());
        self.events.extend_from_slice(events);
        Saved::Saved
    }

    fn delete(&mut self, id: &str, expected: u64, events: &[Event]) -> Saved {
        if self.connections.get(id).map(ConnectionRecord::version) != Some(expected) {
            return Saved::Conflict;
        }
        self.connections.remove(id);
        self.taken.insert(id.to_owned());
        self.logins.retain(|login| login.connection() != id);
        self.events.extend_from_slice(events);
        Saved::Saved
    }

    fn record_login(&mut self, login: &CompletedLogin, first: &[Event]) -> bool {
        if !self.connections.contains_key(login.connection()) {
            return false;
        }
        if let Some(former) = self.logins.iter_mut().find(|other| other.is_replaced_by(login)) {
            *former = login.clone();
            return false;
        }
        self.logins.push(login.clone());
        self.events.extend_from_slice(first);
        true
    }

    fn has_domain(&self, organization: &str) -> bool {
        self.domains.values().any(|held| held.organization == organization)
    }

    fn claim_domain(&mut self, domain: &str, organization: &str, events: &[Event]) -> DomainClaim {
        match self.domains.get(domain) {
            Some(held) if held.organization == organization => DomainClaim::Owned,
            Some(_) => DomainClaim::Taken,
            None => {
                let (name, organization) = (domain.to_owned(), organization.to_owned());
                let held = HeldDomain { domain: name.clone(), organization, dispute: None };
                self.domains.insert(name, held);
                self.events.extend_from_slice(events);
                DomainClaim::Claimed
            }
        }
    }

    fn end_domain(&mut self, domain: &str, organization: &str, at: SystemTime) {
        let ended = self.ended_domains.entry((organization.to_owned(), domain.to_owned())).or_insert(at);
        *ended = at.max(*ended);
    }

    fn replace_domain(
        &mut self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[Event],
    ) -> bool {
        match self.domains.get_mut(&present.domain) {
            Some(kept) if kept == present => *kept = next.clone(),
            _ => return false,
        }
        if next.organization != present.organization {
            self.end_domain(&present.domain, &present.organization, at);
        }
        self.events.extend_from_slice(events);
        true
    }

    fn release_domain(
        &mut self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[Event],
    ) -> DomainRelease {
        if self.domains.get(domain).is_none_or(|held| held.organization != organization) {
            return DomainRelease::NotOwned;
        }
        let relies =
            |record: &&ConnectionRecord| record.organization() == organization && record.relies_on_domains();
        match self.connections.values().find(relies) {
            Some(record) if release == Release::IfUnused => DomainRelease::InUse(record.id().to_owned()),
            _ => {
                self.domains.remove(domain);
                self.end_domain(domain, organization, at);
                self.events.extend_from_slice(events);
                DomainRelease::Released
            }
        }
    }
}

impl OnceStore for MemoryStore {
    fn claim(
        &self,
        key: &ClaimKey,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send {
        ready(self.claim_now(key, until, now))
    }
}

impl RevocationStore for MemoryStore {
    fn revoke(
        &self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.revoke_now(key, instant, until, now))
    }

    fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> impl Future<Output = Result<Option<SystemTime>, StoreError>> + Send {
        ready(self.revoked_now(keys, now))
    }
}

impl ConnectionStore for MemoryStore {
    fn connection(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<ConnectionRecord>, StoreError>> + Send {
        ready(self.kept().map(|kept| kept.connections.get(id).cloned()))
    }

    fn connections(
        &self,
        organization: Option<&str>,
        after: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ConnectionRecord>, StoreError>> + Send {
        let wanted = |record: &&ConnectionRecord| {
            record.id() > after
                && organization.is_none_or(|organization| record.organization() == organization)
        };
        ready(self.kept().map(|kept| kept.connections.values().filter(wanted).take(limit).cloned().collect()))
    }

    fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.save(record, expected, requires, events)))
    }

    fn delete(
        &self,
        id: &str,
        expected: u64,
        events: &[Event],
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.delete(id, expected, events)))
    }

    fn record_login(
        &self,
        login: &CompletedLogin,
        first: &[Event],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.record_login(login, first)))
    }

    fn logins(&self, id: &str) -> impl Future<Output = Result<Vec<CompletedLogin>, StoreError>> + Send {
        let of_connection = |login: &&CompletedLogin| login.connection() == id;
        ready(self.kept().map(|kept| kept.logins.iter().filter(of_connection).cloned().collect()))
    }

    fn append(&self, events: &[Event]) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.events.extend_from_slice(events)))
    }

    fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Event)>, StoreError>> + Send {
        ready(self.kept().map(|kept| {
            let numbered = (1_u64..).zip(&kept.events);
            numbered
                .filter(|(number, event)| *number > after && event.organization() == organization)
                .take(limit)
                .map(|(number, event)| (number, event.clone()))
                .collect()
        }))
    }
}

impl DomainStore for MemoryStore {
    fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> impl Future<Output = Result<DomainClaim, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.claim_domain(domain, organization, events)))
    }

    fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[Event],
    ) -> impl Future<Output = Result<DomainRelease, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.release_domain(domain, organization, release, at, events)))
    }

    fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[Event],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        ready(self.kept().map(|mut kept| kept.replace_domain(present, next, at, events)))
    }

    fn held_domain(
        &self,
        domain: &str,
    ) -> impl Future<Output = Result<Option<HeldDomain>, StoreError>> + Send {
        ready(self.kept().map(|kept| kept.domains.get(domain).cloned()))
    }

    fn held_domains(
        &self,
        after: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<HeldDomain>, StoreError>> + Send {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        ready(self.kept().map(|kept| {
            kept.domains.range::<str, _>(behind).take(limit).map(|(_, held)| held.clone()).collect()
        }))
    }

    fn domains(&self, organization: &str) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send {
        let of_organization = |held: &&HeldDomain| held.organization == organization;
        ready(self.kept().map(|kept| {
            kept.domains.values().filter(of_organization).map(|held| held.domain.clone()).collect()
        }))
    }

    fn ended_domains(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<EndedDomain>, StoreError>> + Send {
        let ended = |((organization, domain), at): (&(String, String), &SystemTime)| EndedDomain {
            organization: organization.clone(),
            domain: domain.clone(),
            at: *at,
        };
        ready(self.kept().map(|kept| kept.ended_domains.iter().take(limit).map(ended).collect()))
    }

    fn forget_ended_domain(
        &self,
        ended: &EndedDomain,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let key = (ended.organization.clone(), ended.domain.clone());
        ready(self.kept().map(|mut kept| {
            if kept.ended_domains.get(&key).is_some_and(|at| *at <= ended.at) {
                kept.ended_domains.remove(&key);
            }
        }))
    }
}
