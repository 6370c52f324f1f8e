//! Stores that do not do all that they are asked.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use jumpcloud_sso::parts::sso_store::{
    Authorization, Changes, Claim, ClaimStore, Claimed, ConnectionRow, ConnectionStore, Created, DomainClaim,
    DomainRelease, DomainStore, EventRow, Requires, Revocation, RevocationKey, Saved, Selection,
    SessionStore,
};
use jumpcloud_sso::{EndedDomain, HeldDomain, MemoryStore, Release, StoreError, Stores};

/// Stores whose claims and revocations fail.
pub(crate) fn down() -> Stores {
    Stores { claims: Arc::new(Down), sessions: Arc::new(Down), ..MemoryStore::default().into() }
}

/// A store that is down.
struct Down;

fn failed<T>() -> Result<T, StoreError> {
    Err(StoreError::new("connection refused"))
}

#[async_trait]
impl ClaimStore for Down {
    async fn claim(&self, _: &[Claim], _: SystemTime) -> Result<Claimed, StoreError> {
        failed()
    }
}

#[async_trait]
impl SessionStore for Down {
    async fn authorize(
        &self,
        _: &str,
        _: &[RevocationKey],
        _: SystemTime,
    ) -> Result<Authorization, StoreError> {
        failed()
    }

    async fn revoked_at(&self, _: &[RevocationKey], _: SystemTime) -> Result<Option<SystemTime>, StoreError> {
        failed()
    }

    async fn revoke(&self, _: &[Revocation], _: SystemTime) -> Result<(), StoreError> {
        failed()
    }

    async fn changes(&self, _: Option<u64>, _: usize) -> Result<Changes, StoreError> {
        failed()
    }
}

/// What a [`FailingStore`] does not do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It fails to replace this domain, and no other.
    About(&'static str),
    /// Somebody else is always faster.
    Contended,
}

/// A [`MemoryStore`] with a fault.
#[derive(Clone)]
pub(crate) struct FailingStore(pub(crate) Fault, pub(crate) MemoryStore);

#[async_trait]
impl DomainStore for FailingStore {
    async fn claim_domain(
        &self,
        domain: &str,
        by: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError> {
        self.1.claim_domain(domain, by, events).await
    }

    async fn release_domain(
        &self,
        domain: &str,
        by: &str,
        release: Release,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError> {
        self.1.release_domain(domain, by, release, at, events).await
    }

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        match self.0 {
            Fault::Contended => Ok(false),
            Fault::About(domain) if domain == present.domain => Err(StoreError::new("down")),
            Fault::About(_) => self.1.replace_domain(present, next, at, events).await,
        }
    }

    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError> {
        self.1.held_domain(domain).await
    }

    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError> {
        self.1.held_domains(after, limit).await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        self.1.domains(organization).await
    }

    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError> {
        self.1.ended_domains(limit).await
    }

    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError> {
        self.1.forget_ended_domain(ended).await
    }
}

impl From<FailingStore> for Stores {
    fn from(store: FailingStore) -> Self {
        let store = Arc::new(store);
        Self { domains: store.clone(), connections: store.clone(), ..store.1.clone().into() }
    }
}

#[async_trait]
impl ConnectionStore for FailingStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError> {
        self.1.connection(id).await
    }

    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError> {
        self.1.connection_with_domains(id).await
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        self.1.connections(organization, selection, after, limit).await
    }

    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError> {
        self.1.get_or_create(slot, row, events).await
    }

    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError> {
        if self.0 == Fault::Contended {
            return Ok(Saved::Conflict);
        }
        self.1.save(row, expected, requires, events).await
    }

    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError> {
        if self.0 == Fault::Contended {
            return Ok(Saved::Conflict);
        }
        self.1.delete(id, expected, events).await
    }
}
