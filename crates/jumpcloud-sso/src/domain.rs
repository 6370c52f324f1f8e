//! E-mail domains, and how an organization proves that one is its own.

use std::future::Future;
use std::time::SystemTime;

use sso_session::Purpose;
use thiserror::Error;
use url::Host;

use crate::event::{Actor, Event, EventKind};
use crate::settings::{Settings, excerpt};
use crate::store::{ConnectionStore, DomainClaim, DomainRelease, DomainStore, StoreError};
use crate::traced::traced;

/// A domain as it is compared: lower-case, international names in their ASCII form. `None` for what is no domain name
/// with at least one dot.
pub(crate) fn normalized_domain(text: &str) -> Option<String> {
    let is_plain =
        !text.is_empty() && !text.contains(['@', '/', ':', '%', '\\', ' ', '*']) && !text.ends_with('.');
    match Host::parse(text).ok().filter(|_| is_plain)? {
        Host::Domain(name) if name.contains('.') && name.len() <= 253 => Some(name.clone()),
        _ => None,
    }
}

/// The domains that organizations have proved to be their own.
#[derive(Clone, Debug)]
pub struct Domains<S> {
    settings: Settings,
    store: S,
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

/// Looks records up in the DNS: a job of the host, or with the feature `hickory` of
/// [`HickoryLookup`](crate::HickoryLookup).
pub trait TxtLookup: Send + Sync {
    /// The texts of the TXT records of `name`, the strings of one record joined. None where the name does not exist.
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
        Ok(DomainChallenge { record_name: format!("_sso-challenge.{domain}"), record_text: text, domain })
    }

    /// Looks the challenge up, and gives the domain to `organization` if it is there.
    ///
    /// # Errors
    /// [`DomainError`].
    pub async fn verify(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let work = self.verify_now(organization, domain, lookup, by, now);
        traced("verify_domain", organization, None, work).await
    }

    async fn verify_now(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let challenge = self.challenge(organization, domain)?;
        let domain = challenge.domain.clone();
        self.look_up(organization, challenge, lookup).await?;
        let event =
            Event::new(by, now, organization, None, EventKind::DomainVerified { domain: domain.clone() });
        match self.store.claim_domain(&domain, organization, std::slice::from_ref(&event)).await? {
            DomainClaim::Claimed => event.trace(),
            DomainClaim::Owned => {}
            DomainClaim::Taken => return Err(DomainError::Taken { domain }),
        }
        Ok(())
    }

    /// Looks the challenge of a domain up that was verified before, as a host should from time to time: domains change
    /// hands. Takes nothing away by itself; that is [`release`](Self::release).
    ///
    /// # Errors
    /// [`DomainError::NotFound`] where the record is gone.
    pub async fn recheck(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
    ) -> Result<(), DomainError> {
        self.look_up(organization, self.challenge(organization, domain)?, lookup).await
    }

    async fn look_up(
        &self,
        organization: &str,
        challenge: DomainChallenge,
        lookup: &impl TxtLookup,
    ) -> Result<(), DomainError> {
        let found = lookup.txt(&challenge.record_name).await?;
        let message = message(organization, &challenge.domain);
        let mut accepted = self
            .settings
            .secrets()
            .map(|secret| record_text(&secret.tag(Purpose::DomainChallenge, &message)));
        // The record is public: there is nothing to be learned from the time that this takes.
        if accepted.any(|text| found.iter().any(|record| record.trim() == text)) {
            Ok(())
        } else {
            Err(DomainError::NotFound {
                challenge,
                found: found.iter().take(8).map(|it| excerpt(it)).collect(),
            })
        }
    }

    /// Takes a domain from its organization. Addresses of it are refused from then on.
    ///
    /// # Errors
    /// [`DomainError::NotOwned`] where it is not the organization's, [`DomainError::InUse`] where members log in with
    /// addresses of it and `release` does not accept that they are locked out.
    pub async fn release(
        &self,
        organization: &str,
        domain: &str,
        release: Release,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let work = self.release_now(organization, domain, release, by, now);
        traced("release_domain", organization, None, work).await
    }

    async fn release_now(
        &self,
        organization: &str,
        domain: &str,
        release: Release,
        by: &Actor,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let domain = normalized(domain)?;
        // Whether it is in use is for the store to say, when it writes.
        let mut released = self.release_as(organization, &domain, Release::IfUnused, by, now).await?;
        if let (DomainRelease::InUse(_), Release::EvenIfMembersAreLockedOut) = (&released, release) {
            released = self.release_as(organization, &domain, release, by, now).await?;
        }
        match released {
            DomainRelease::Released => Ok(()),
            DomainRelease::NotOwned => Err(DomainError::NotOwned { domain }),
            DomainRelease::InUse(connection) => Err(DomainError::InUse { domain, connection }),
        }
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
        let events = std::slice::from_ref(&event);
        let released = self.store.release_domain(domain, organization, release, events).await?;
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

fn record_text(tag: &str) -> String {
    format!("sso-domain-verification={tag}")
}

/// Why a domain is not an organization's.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DomainError {
    /// Not a domain name.
    #[error("{found:?} is no e-mail domain; give it without @, such as acme.test")]
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
    /// The DNS gave no answer.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DomainError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "config.email_domain",
            Self::NotFound { .. } => "config.domain_not_verified",
            Self::Taken { .. } => "config.domain_taken",
            Self::InUse { .. } => "config.domain_in_use",
            Self::NotOwned { .. } => "config.domain_not_owned",
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
