//! The store in memory.

mod expiring;
mod kept;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use async_trait::async_trait;

use crate::attempt::{AttemptRow, Ring};
use crate::claim::{Claim, ClaimStore, Claimed};
use crate::connection::{ConnectionRow, ConnectionStore, Created, Requires, Saved, Selection};
use crate::domain::{DomainClaim, DomainRelease, DomainStore, EndedDomain, HeldDomain, Release};
use crate::error::StoreError;
use crate::event::{EventRow, EventStore};
use crate::login::{LoginRow, LoginStore, UserLogin};
use crate::maintenance::{Maintenance, Pruned};
use crate::session::{Authorization, ChangeKind, Changes, Revocation, RevocationKey, SessionStore};
use expiring::{Claims, Revocations};
use kept::Kept;

/// A store in the memory of this process: for tests, and for services that run as a single process and
/// configure their connections by code. What it remembers is lost when the process ends, so that an assertion
/// could be replayed to the next one for the minutes that it is valid. Clones are the same store.
///
/// Memory is bounded: see [`with_capacity`](Self::with_capacity).
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    capacity: usize,
    claims: Mutex<Claims>,
    /// Locked after `kept` by whoever needs both.
    revocations: Mutex<Revocations>,
    kept: Mutex<Kept>,
}

impl fmt::Debug for MemoryStore {
    /// Without what it keeps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.0.capacity).finish_non_exhaustive()
    }
}

/// Claims are made after a signature was verified only, so that nobody can fill the store who has no account.
/// A single organization has half of this, which is more than a million claims: two for each login, so a
/// thousand logins a second with the ten minutes that JumpCloud's assertions live. It is a limit; what is not
/// used is not allocated.
const DEFAULT_CAPACITY: usize = 512 * 1024 * 1024;

/// The version of what is kept, which is gone with the process.
const SCHEMA: u32 = 1;

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

impl MemoryStore {
    /// The bytes that a claim is counted with: the most that it takes in memory, however full the tables are.
    pub const CLAIM_BYTES: usize = Claims::CLAIM_BYTES;

    /// Creates a store whose claims take at most `capacity` bytes, and whose revocations take as many. The
    /// default is 512 MiB. Connections, domains, logins and events are not counted.
    ///
    /// The claims of one [scope](crate::ClaimKey::scope) never take more than they leave free: one
    /// organization alone has half of the capacity, and one that floods the store leaves room for the
    /// others. A claim beyond that fails, and the login is refused. What has expired is not counted.
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
}

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, StoreError> {
    mutex.lock().map_err(|_| StoreError::new("a thread panicked while it held the lock"))
}

fn latest(revocations: &Revocations, keys: &[RevocationKey], now: SystemTime) -> Option<SystemTime> {
    keys.iter().filter_map(|key| revocations.revoked_at(key.as_bytes(), now)).max()
}

#[async_trait]
impl ClaimStore for MemoryStore {
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        Claim::check(claims)?;
        lock(&self.0.claims)?.claim(claims, now, self.0.capacity)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Authorization, StoreError> {
        let kept = self.kept()?;
        let revoked_at = latest(&*lock(&self.0.revocations)?, keys, now);
        let enforced = kept.connections(Some(organization), Selection::Enforced, "", usize::MAX);
        Ok(Authorization::new(revoked_at, enforced))
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        Ok(latest(&*lock(&self.0.revocations)?, keys, now))
    }

    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError> {
        let mut kept = self.kept()?;
        let instants = lock(&self.0.revocations)?.revoke(revocations, now, self.0.capacity)?;
        for (revocation, instant) in revocations.iter().zip(instants) {
            kept.change(ChangeKind::Revoked { key: *revocation.key.as_bytes(), instant });
        }
        Ok(())
    }

    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError> {
        Ok(self.kept()?.changes(after, limit))
    }
}

#[async_trait]
impl ConnectionStore for MemoryStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError> {
        Ok(self.kept()?.connections.get(id).cloned())
    }

    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError> {
        let kept = self.kept()?;
        let row = kept.connections.get(id);
        Ok(row.map(|row| (row.clone(), kept.domains(&row.organization))))
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        Ok(self.kept()?.connections(organization, selection, after, limit))
    }

    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError> {
        Ok(self.kept()?.get_or_create(slot, row, events))
    }

    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError> {
        Ok(self.kept()?.save(row, expected, requires, events))
    }

    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError> {
        Ok(self.kept()?.delete(id, expected, events))
    }
}

#[async_trait]
impl LoginStore for MemoryStore {
    async fn record_login(&self, login: &LoginRow, first: &[EventRow]) -> Result<bool, StoreError> {
        Ok(self.kept()?.record_login(login, first))
    }

    async fn logins(&self, connection: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.kept()?.logins(connection))
    }

    async fn last_logins(
        &self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<UserLogin>, StoreError> {
        Ok(self.kept()?.last_logins(connection, after, limit))
    }

    async fn record_attempt(&self, attempt: &AttemptRow) -> Result<(), StoreError> {
        self.kept()?.record_attempt(attempt);
        Ok(())
    }

    async fn attempts(&self, connection: &str, ring: Ring) -> Result<Vec<AttemptRow>, StoreError> {
        Ok(self.kept()?.attempts(connection, ring))
    }
}

#[async_trait]
impl DomainStore for MemoryStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError> {
        Ok(self.kept()?.claim_domain(domain, organization, events))
    }

    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError> {
        Ok(self.kept()?.release_domain(domain, organization, release, at, events))
    }

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        Ok(self.kept()?.replace_domain(present, next, at, events))
    }

    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError> {
        Ok(self.kept()?.held_domain(domain))
    }

    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError> {
        Ok(self.kept()?.held_domains(after, limit))
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.kept()?.domains(organization))
    }

    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError> {
        Ok(self.kept()?.ended_domains(limit))
    }

    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError> {
        self.kept()?.forget_ended_domain(ended);
        Ok(())
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, events: &[EventRow]) -> Result<(), StoreError> {
        self.kept()?.append(events);
        Ok(())
    }

    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EventRow)>, StoreError> {
        Ok(self.kept()?.events(organization, after, limit))
    }
}

#[async_trait]
impl Maintenance for MemoryStore {
    async fn prune(&self, before: SystemTime) -> Result<Pruned, StoreError> {
        Ok(self.kept()?.prune(before))
    }

    async fn sweep(&self, now: SystemTime) -> Result<u64, StoreError> {
        let mut swept = lock(&self.0.claims)?.sweep(now);
        swept += self.kept()?.forget_changes(SystemTime::now());
        swept += lock(&self.0.revocations)?.sweep(now);
        Ok(u64::try_from(swept).unwrap_or(u64::MAX))
    }

    async fn ping(&self) -> Result<u32, StoreError> {
        drop((lock(&self.0.claims)?, self.kept()?, lock(&self.0.revocations)?));
        Ok(SCHEMA)
    }
}
