//! E-mail domains, and how an organization proves that one is its own.

mod dispute;
mod name;
mod recheck;

use std::fmt;
use std::future::Future;
use std::time::SystemTime;

use sso_session::Purpose;
use thiserror::Error;

use crate::bounds::TooLong;
use crate::event::{Actor, Event, EventKind};
use crate::sessions::Sessions;
use crate::settings::{Settings, excerpt};
use crate::store::{
    ConnectionStore, DomainClaim, DomainRelease, DomainStore, OnceStore, RevocationStore, StoreError,
};
use crate::text_time::shown;
use crate::traced::traced;

pub(crate) use name::normalized_domain;
pub use recheck::{AbsentDomain, DomainMove, DomainReport};

/// The domains that organizations have proved to be their own.
#[derive(Clone)]
pub struct Domains<S> {
    settings: Settings,
    store: S,
}

impl<S> fmt::Debug for Domains<S> {
    /// Writes nothing of the store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domains").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What an administrator writes into the DNS of a domain: one record of the type TXT.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainChallenge {
    /// The domain, normalised.
    pub domain: String,
    /// The name of the record.
    pub record_name: String,
    /// Its text.
    pub record_text: String,
}

/// Whether a domain may be released while members log in with addresses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It may not.
    IfUnused,
    /// It may, though they are locked out: the domain belongs to somebody else now.
    EvenIfMembersAreLockedOut,
}

/// Looks records up in the DNS: implemented by the host, or with the feature `hickory` by
/// `HickoryLookup`.
///
/// What it gives is taken for what the domain's owner says at this moment. Ask without a cache, which
/// remembers what is no longer there, and what was not there yet; ask the name servers of the zone; and give
/// records of the name itself only, not those that an alias (CNAME) leads to. Give up after some seconds:
/// whose domain it is decides how long its name servers take, and [`Domains::recheck_all`] looks up one after
/// the other.
pub trait TxtLookup: Send + Sync {
    /// Returns the texts of the TXT records of `name`, the strings of one record joined; none where the name
    /// does not exist.
    fn txt(&self, name: &str) -> impl Future<Output = Result<Vec<String>, LookupError>> + Send;
}

/// Why the DNS gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the DNS gave no answer: {message}")]
pub struct LookupError {
    message: String,
}

impl LookupError {
    /// With the message of the underlying failure, for the log.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// Returns that message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl<S: DomainStore + ConnectionStore> Domains<S> {
    /// With a store that remembers whose they are.
    pub fn new(settings: &Settings, store: S) -> Self {
        Self { settings: settings.clone(), store }
    }

    /// What `organization` has to write into the DNS of `domain`. It is the same each time, and another one for every
    /// organization.
    ///
    /// # Errors
    /// [`DomainError::Name`].
    pub fn challenge(&self, organization: &str, domain: &str) -> Result<DomainChallenge, DomainError> {
        let domain = normalized(domain)?;
        let text = record_text(
            &self.settings.secret().tag(Purpose::DomainChallenge, &message(organization, &domain)),
        );
        Ok(DomainChallenge { record_name: record_name(&domain), record_text: text, domain })
    }

    /// Looks the challenge up, and gives the domain to `organization` if it is there.
    ///
    /// A domain of another organization moves only if that one's record is absent, and this one's present, in
    /// two lookups at least a day apart. The first one begins a dispute, of which the holder is told by an
    /// event; its own record ends it. The second one, by this method or by
    /// [`recheck_all`](Self::recheck_all), moves the domain and revokes the holder's `sessions` that rest on
    /// it.
    ///
    /// # Errors
    /// [`DomainError::Disputed`] says when to verify again; [`DomainError::Taken`] where the holder's record
    /// is there. Should revoking fail, the domain has moved all the same, and verifying again revokes, as
    /// does [`recheck_all`](Self::recheck_all).
    pub async fn verify<R: RevocationStore + OnceStore>(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
        sessions: &Sessions<R>,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let work = async {
            let challenge = self.challenge(organization, domain)?;
            let found = lookup.txt(&challenge.record_name).await?;
            self.check(organization, &challenge, &found)?;
            self.claim(organization, &challenge.domain, &found, by, now).await?;
            self.revoke_ended(sessions).await?;
            Ok(())
        };
        traced("verify_domain", organization, None, work).await
    }

    async fn claim(
        &self,
        organization: &str,
        domain: &str,
        found: &[String],
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let kind = EventKind::DomainVerified { domain: domain.to_owned() };
        let event = Event::new(by, now, organization, None, kind);
        event.check()?;
        match self.store.claim_domain(domain, organization, std::slice::from_ref(&event)).await? {
            DomainClaim::Claimed => {
                event.trace();
                Ok(())
            }
            DomainClaim::Owned | DomainClaim::Taken => {
                self.contest(organization, domain, found, &event, now).await
            }
        }
    }

    /// Looks the challenge of a domain up that was verified before. Changes nothing.
    /// [`recheck_all`](Self::recheck_all) is for a daily job.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] where the record is gone.
    pub async fn recheck(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
    ) -> Result<(), DomainError> {
        let challenge = self.challenge(organization, domain)?;
        let found = lookup.txt(&challenge.record_name).await?;
        self.check(organization, &challenge, &found)
    }

    fn check(
        &self,
        organization: &str,
        challenge: &DomainChallenge,
        found: &[String],
    ) -> Result<(), DomainError> {
        if self.proves(organization, &challenge.domain, found) {
            return Ok(());
        }
        let found = found.iter().take(8).map(|record| excerpt(record)).collect();
        Err(DomainError::NotFound { challenge: challenge.clone(), found })
    }

    /// Whether one of the records that were found is the organization's, under the present secret or a former
    /// one.
    fn proves(&self, organization: &str, domain: &str, found: &[String]) -> bool {
        let message = message(organization, domain);
        let mut accepted = self
            .settings
            .secrets()
            .map(|secret| record_text(&secret.tag(Purpose::DomainChallenge, &message)));
        // The record is public: there is nothing to be learned from the time that this takes.
        accepted.any(|text| found.contains(&text))
    }

    /// Takes a domain from its organization, and revokes the `sessions` that rest on it. Addresses of it are
    /// refused from then on.
    ///
    /// # Errors
    /// [`DomainError::NotOwned`] where it is not the organization's, [`DomainError::InUse`] where members log
    /// in with addresses of it and `release` does not accept that they are locked out. Should revoking fail,
    /// the domain is released all the same, and releasing it again revokes, as does
    /// [`recheck_all`](Self::recheck_all).
    pub async fn release<R: RevocationStore + OnceStore>(
        &self,
        organization: &str,
        domain: &str,
        release: Release,
        sessions: &Sessions<R>,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let work = async {
            let domain = self.spelled(organization, domain).await?;
            // Whether it is in use is for the store to say, when it writes.
            let mut released = self.release_as(organization, &domain, Release::IfUnused, by, now).await?;
            if let (DomainRelease::InUse(_), Release::EvenIfMembersAreLockedOut) = (&released, release) {
                released = self.release_as(organization, &domain, release, by, now).await?;
            }
            if let DomainRelease::InUse(connection) = released {
                return Err(DomainError::InUse { domain, connection });
            }
            let revoked = self.revoke_ended(sessions).await?;
            let is_done = released == DomainRelease::Released
                // It was released before, and what had failed is done now.
                || revoked.iter().any(|ended| ended.organization == organization && ended.domain == domain);
            if is_done { Ok(()) } else { Err(DomainError::NotOwned { domain }) }
        };
        traced("release_domain", organization, None, work).await
    }

    /// The spelling under which a domain is kept. A former version kept some that are refused by now.
    async fn spelled(&self, organization: &str, domain: &str) -> Result<String, DomainError> {
        let normalized = normalized(domain);
        if normalized.is_err() && self.store.domains(organization).await?.iter().any(|kept| kept == domain) {
            return Ok(domain.to_owned());
        }
        normalized
    }

    async fn release_as(
        &self,
        organization: &str,
        domain: &str,
        release: Release,
        by: &Actor,
        now: SystemTime,
    ) -> Result<DomainRelease, StoreError> {
        let while_in_use = release == Release::EvenIfMembersAreLockedOut;
        let kind = EventKind::DomainReleased { domain: domain.to_owned(), while_in_use };
        let event = Event::new(by, now, organization, None, kind);
        event.check()?;
        let events = std::slice::from_ref(&event);
        let released = self.store.release_domain(domain, organization, release, now, events).await?;
        if released == DomainRelease::Released {
            event.trace();
        }
        Ok(released)
    }

    /// The domains of an organization.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        self.store.domains(organization).await
    }
}

fn normalized(domain: &str) -> Result<String, DomainError> {
    normalized_domain(domain).ok_or_else(|| DomainError::Name { found: excerpt(domain) })
}

/// Both parts with the length of the first, so that no two pairs are spelled alike.
fn message(organization: &str, domain: &str) -> Vec<u8> {
    format!("{}:{organization}:{domain}", organization.len()).into_bytes()
}

fn record_name(domain: &str) -> String {
    format!("_sso-challenge.{domain}")
}

fn record_text(tag: &str) -> String {
    format!("sso-domain-verification={tag}")
}

/// Why a domain is not an organization's.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DomainError {
    /// Not a domain name.
    #[error("{found:?} is not an e-mail domain; give it without @, such as acme.test")]
    Name {
        /// What was given.
        found: String,
    },
    /// The record is not there.
    #[error("no TXT record of {} says {:?}", challenge.record_name, challenge.record_text)]
    NotFound {
        /// What should be there.
        challenge: DomainChallenge,
        /// What is there.
        found: Vec<String>,
    },
    /// It belongs to another organization.
    #[error("the domain {domain} belongs to another organization")]
    Taken {
        /// The domain.
        domain: String,
    },
    /// It belongs to another organization, whose record is absent: it moves if it still is a day later.
    #[error(
        "the domain {domain} belongs to another organization, whose TXT record is absent since {}; verify \
         again at {} or later to move it",
        shown(*since),
        shown(*not_before)
    )]
    Disputed {
        /// The domain.
        domain: String,
        /// When this organization's record was seen first, and the other's was not.
        since: SystemTime,
        /// When it moves at the earliest.
        not_before: SystemTime,
    },
    /// Members log in with addresses of it.
    #[error("members log in through the connection {connection} with addresses of {domain}")]
    InUse {
        /// The domain.
        domain: String,
        /// The connection.
        connection: String,
    },
    /// It does not belong to this organization.
    #[error("the domain {domain} does not belong to the organization")]
    NotOwned {
        /// The domain.
        domain: String,
    },
    /// A text is too long to be stored, such as the ID of a user.
    #[error("the {what} has {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes.
        found: usize,
    },
    /// The DNS gave no answer.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TooLong> for DomainError {
    fn from(TooLong { what, limit, found }: TooLong) -> Self {
        Self::TooLong { what, limit, found }
    }
}

impl DomainError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "config.email_domain",
            Self::NotFound { .. } => "config.domain_not_verified",
            Self::Taken { .. } => "config.domain_taken",
            Self::Disputed { .. } => "config.domain_disputed",
            Self::InUse { .. } => "config.domain_in_use",
            Self::NotOwned { .. } => "config.domain_not_owned",
            Self::TooLong { .. } => "limit.text",
            Self::Lookup(_) => "config.dns",
            Self::Store(error) => error.code(),
        }
    }

    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        crate::catalogue::hint(self.code())
    }
}
