//! Domains and whose they are.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::error::StoreError;
use crate::event::EventRow;

/// Keeps which domain belongs to which organization. A domain belongs to one at a time.
///
/// Whatever takes a domain from an organization leaves an [`EndedDomain`] in the same transaction, until
/// [`forget_ended_domain`](Self::forget_ended_domain): sessions that rest on the domain are revoked after
/// that, and a failure in between must not let them live on unnoticed.
#[async_trait]
pub trait DomainStore: Send + Sync {
    /// Gives `domain` to `organization` if it belongs to nobody, and appends `events` if so.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError>;

    /// Takes `domain` from `organization` if it belongs to it, with the dispute about it, and appends
    /// `events` if so.
    /// `at` is the time of the caller.
    ///
    /// By [`Release::IfUnused`] only if no connection of the organization [relies on its
    /// domains](crate::ConnectionRow::relies_on_domains), which is decided in the same transaction: of a
    /// release and a [`save`](crate::ConnectionStore::save) that requires a domain at once, the second
    /// one sees the first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError>;

    /// Keeps `next` in place of `present`, which is the same domain, and appends `events`; if what is kept is
    /// `present` exactly, and says whether it was. Another organization in `next` takes the domain from that
    /// of `present`. `at` is the time of the caller.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError>;

    /// Returns who holds `domain`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError>;

    /// Returns the domains of all organizations, ordered: those after the domain `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError>;

    /// Returns the domains of an organization, ordered.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError>;

    /// Returns domains that were taken from their organizations and not forgotten since, at most `limit`. Of
    /// one that was taken from the same organization several times, the last time counts.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError>;

    /// Forgets that a domain was taken from its organization, unless it was again since.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError>;
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

/// Whether a domain may be released while members log in with addresses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It may not.
    IfUnused,
    /// It may, though they are locked out: the domain belongs to somebody else now.
    EvenIfMembersAreLockedOut,
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
