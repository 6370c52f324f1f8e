//! What a service has to remember, as four small traits.

mod expiring;
mod key;
mod memory;

use std::future::Future;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use crate::domain::Release;
use crate::event::Event;
use crate::record::{CompletedLogin, ConnectionRecord};

pub use key::{ClaimKey, RevocationKey};
pub use memory::MemoryStore;

/// Remembers what was used, so that it cannot be used again: assertions, the requests that they answer, tokens that were
/// refreshed, codes that were redeemed.
///
/// Claims have to be atomic: of any number of calls with the same key, on any number of machines, exactly one gets
/// [`Claim::Claimed`]. A store that cannot tell has to fail, and what it was asked for is then refused.
pub trait OnceStore: Send + Sync {
    /// Claims `key` until `until`. It may be forgotten from then on, and not before. `now` is the time of the caller.
    fn claim(
        &self,
        key: &ClaimKey,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;
}

/// Who was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// The caller: the key was not claimed before.
    Claimed,
    /// Somebody else: the key is claimed already.
    AlreadyClaimed,
}

/// Keeps organizations' connections, and with every change the events of the audit log.
///
/// A record is kept as the text that [`ConnectionRecord::to_json`] gives, an event likewise. Whatever changes does so
/// together with its events or not at all.
pub trait ConnectionStore: Send + Sync {
    /// The connection `id`.
    fn connection(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<ConnectionRecord>, StoreError>> + Send;

    /// The connections of an organization, or of all, ordered by ID: those after the ID `after`, at most `limit`. Only where
    /// there are no more it may give none.
    fn connections(
        &self,
        organization: Option<&str>,
        after: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ConnectionRecord>, StoreError>> + Send;

    /// Keeps `record` in place of the one whose version is `expected`, and appends `events`. `None` expects that there
    /// is no connection of this ID, and that there never was one: an ID is never used again.
    ///
    /// What `requires` says is checked in the same transaction: it holds at the moment that the record is
    /// written, and whatever would end it waits, or comes before. With the record is kept whether it [relies
    /// on domains](ConnectionRecord::relies_on_domains), for [`DomainStore::release_domain`] to ask.
    fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Forgets the connection `id` and its logins, if its version is `expected`, and appends `events`. The ID stays
    /// taken.
    fn delete(
        &self,
        id: &str,
        expected: u64,
        events: &[Event],
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;

    /// Keeps a login in place of the former one through the same connection at the same revision by the same
    /// certificate. Where there is no former one, it is the first of its kind: `first` is appended, and the answer is
    /// `true`. A login through a connection that is gone is dropped, and is the first of nothing.
    fn record_login(
        &self,
        login: &CompletedLogin,
        first: &[Event],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What was recorded of the connection `id`.
    fn logins(&self, id: &str) -> impl Future<Output = Result<Vec<CompletedLogin>, StoreError>> + Send;

    /// Appends events that go with no change of a connection.
    fn append(&self, events: &[Event]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The events of an organization in the order in which they were appended, each with its number: those with a
    /// number above `after`, at most `limit`.
    fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(u64, Event)>, StoreError>> + Send;
}

/// The condition of a change of a connection that other records decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// There is none.
    Nothing,
    /// The organization of the record has a verified domain.
    Domain,
}

/// Whether a change was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It was.
    Saved,
    /// It was not: somebody else has changed the connection, or the ID is taken.
    Conflict,
    /// It was not: the organization has no domain, and [`Requires::Domain`] was asked for. A conflict comes
    /// before this.
    NoDomain,
}

/// Keeps which domain belongs to which organization. A domain belongs to one at a time.
///
/// Whatever takes a domain from an organization leaves an [`EndedDomain`] in the same transaction, until
/// [`forget_ended_domain`](Self::forget_ended_domain): sessions that rest on the domain are revoked after
/// that, and a failure in between must not let them live on unnoticed.
pub trait DomainStore: Send + Sync {
    /// Gives `domain` to `organization` if it belongs to nobody, and appends `events` if so.
    fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> impl Future<Output = Result<DomainClaim, StoreError>> + Send;

    /// Takes `domain` from `organization` if it belongs to it, with the dispute about it, and appends
    /// `events` if so.
    /// `at` is the time of the caller.
    ///
    /// By [`Release::IfUnused`] only if no connection of the organization [relies on its
    /// domains](ConnectionRecord::relies_on_domains), which is decided in the same transaction: of a release
    /// and a [`save`](ConnectionStore::save) that requires a domain at once, the second one sees the first.
    fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[Event],
    ) -> impl Future<Output = Result<DomainRelease, StoreError>> + Send;

    /// Keeps `next` in place of `present`, which is the same domain, and appends `events`; if what is kept is
    /// `present` exactly, and says whether it was. Another organization in `next` takes the domain from that
    /// of `present`. `at` is the time of the caller.
    fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[Event],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Returns who holds `domain`.
    fn held_domain(
        &self,
        domain: &str,
    ) -> impl Future<Output = Result<Option<HeldDomain>, StoreError>> + Send;

    /// Returns the domains of all organizations, ordered: those after the domain `after`, at most `limit`.
    fn held_domains(
        &self,
        after: &str,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<HeldDomain>, StoreError>> + Send;

    /// Returns the domains of an organization, ordered.
    fn domains(&self, organization: &str) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Returns domains that were taken from their organizations and not forgotten since, at most `limit`. Of
    /// one that was taken from the same organization several times, the last time counts.
    fn ended_domains(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<EndedDomain>, StoreError>> + Send;

    /// Forgets that a domain was taken from its organization, unless it was again since.
    fn forget_ended_domain(&self, ended: &EndedDomain)
    -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// How long the holder's record has to be absent before a domain moves.
const DISPUTE: Duration = Duration::from_secs(24 * 60 * 60);

/// A domain and the organization that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDomain {
    /// The domain, normalized.
    pub domain: String,
    /// The organization.
    pub organization: String,
    /// The dispute about it, if there is one.
    pub dispute: Option<Dispute>,
}

/// Another organization's proof that a domain is its own, by which the domain may move to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    challenger: String,
    since: SystemTime,
}

impl Dispute {
    /// Creates the dispute of a challenging organization, in whole milliseconds: stores keep no more.
    #[must_use]
    pub fn new(challenger: &str, since: SystemTime) -> Self {
        let whole = |since: Duration| Duration::from_secs(since.as_secs()) + millis(since.subsec_millis());
        let since = since.duration_since(SystemTime::UNIX_EPOCH).map_or(Duration::ZERO, whole);
        Self { challenger: challenger.to_owned(), since: SystemTime::UNIX_EPOCH + since }
    }

    /// Returns the organization that proved the domain to be its own.
    #[must_use]
    pub fn challenger(&self) -> &str {
        &self.challenger
    }

    /// Returns when its proof was seen first, and the holder's was not.
    #[must_use]
    pub fn since(&self) -> SystemTime {
        self.since
    }

    /// Returns when the domain moves at the earliest: a day later. A zone that is being moved or repaired is
    /// back by then.
    #[must_use]
    pub fn due(&self) -> SystemTime {
        self.since + DISPUTE
    }
}

fn millis(count: u32) -> Duration {
    Duration::from_millis(count.into())
}

/// A domain that was taken from an organization, whose sessions that rest on it are to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedDomain {
    /// The organization that had it.
    pub organization: String,
    /// The domain.
    pub domain: String,
    /// When it was taken, not before the time that was given; a store may round up to whole milliseconds.
    pub at: SystemTime,
}

/// To whom a domain belongs after a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DomainClaim {
    /// To the caller, from now on.
    Claimed,
    /// To the caller, as before.
    Owned,
    /// To another organization.
    Taken,
}

/// Whether a domain was taken from its organization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum DomainRelease {
    /// It was.
    Released,
    /// It was not: it does not belong to the organization.
    NotOwned,
    /// It was not: a connection of the organization relies on its domains. This is its ID; of several, any.
    InUse(String),
}

/// Remembers which sessions were revoked.
pub trait RevocationStore: Send + Sync {
    /// Everything under `key` that was issued at `instant` or before is revoked. This may be forgotten from `until` on,
    /// when none of it could be valid any longer. A later call never makes an earlier one undone. `now` is the time of
    /// the caller.
    fn revoke(
        &self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The latest instant that any of `keys` was revoked at, as far as it is remembered at `now`.
    fn revoked_at(
        &self,
        keys: &[RevocationKey],
        now: SystemTime,
    ) -> impl Future<Output = Result<Option<SystemTime>, StoreError>> + Send;
}

/// Why a store could not tell, or could not keep.
#[derive(Debug, Error)]
#[error("the store failed: {message}")]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// With what went wrong, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same with the failure of another library behind it.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "config.store"
    }
}
