//! A store that does not do all that it is asked.

use std::time::SystemTime;

use jumpcloud_sso::{
    CompletedLogin, ConnectionRecord, ConnectionStore, DomainClaim, DomainRelease, DomainStore, EndedDomain,
    Event, HeldDomain, MemoryStore, Release, Requires, Saved, StoreError,
};

/// What a [`FailingStore`] does not do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// It fails to replace this domain, and no other.
    About(&'static str),
    /// Somebody else is always faster, and pages are small.
    Contended,
}

/// A [`MemoryStore`] with a fault.
#[derive(Clone)]
pub(crate) struct FailingStore(pub(crate) Fault, pub(crate) MemoryStore);

impl DomainStore for FailingStore {
    async fn claim_domain(
        &self,
        domain: &str,
        by: &str,
        events: &[Event],
    ) -> Result<DomainClaim, StoreError> {
        self.1.claim_domain(domain, by, events).await
    }

    async fn release_domain(
        &self,
        domain: &str,
        by: &str,
        release: Release,
        at: SystemTime,
        events: &[Event],
    ) -> Result<DomainRelease, StoreError> {
        self.1.release_domain(domain, by, release, at, events).await
    }

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[Event],
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

impl ConnectionStore for FailingStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        self.1.connection(id).await
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRecord>, StoreError> {
        // A store may give less than it is asked for.
        let limit = if self.0 == Fault::Contended { limit.min(50) } else { limit };
        self.1.connections(organization, after, limit).await
    }

    async fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> Result<Saved, StoreError> {
        if self.0 == Fault::Contended {
            return Ok(Saved::Conflict);
        }
        self.1.save(record, expected, requires, events).await
    }

    async fn delete(&self, id: &str, expected: u64, events: &[Event]) -> Result<Saved, StoreError> {
        if self.0 == Fault::Contended {
            return Ok(Saved::Conflict);
        }
        self.1.delete(id, expected, events).await
    }

    async fn record_login(&self, login: &CompletedLogin, first: &[Event]) -> Result<bool, StoreError> {
        self.1.record_login(login, first).await
    }

    async fn logins(&self, id: &str) -> Result<Vec<CompletedLogin>, StoreError> {
        self.1.logins(id).await
    }

    async fn append(&self, events: &[Event]) -> Result<(), StoreError> {
        self.1.append(events).await
    }

    async fn events(&self, of: &str, after: u64, limit: usize) -> Result<Vec<(u64, Event)>, StoreError> {
        self.1.events(of, after, limit).await
    }
}
