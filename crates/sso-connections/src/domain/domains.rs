//! The domains that organizations have proved to be their own.

use sso_types::text::excerpt_of_input;
use std::fmt;
use std::time::SystemTime;

use saml_sp::Settings;
use sso_session::{Purpose, Sessions, traced};
use sso_store::{DomainClaim, DomainRelease, Release, StoreError, Stores};

use super::challenge::{DomainChallenge, message, record_name, record_text};
use super::error::{DomainError, normalized};
use super::lookup::TxtLookup;
use crate::event::{Actor, Event, EventKind};

/// The domains that organizations have proved to be their own.
#[derive(Clone)]
pub struct Domains {
    pub(super) settings: Settings,
    pub(super) stores: Stores,
}

impl fmt::Debug for Domains {
    /// Writes nothing of the store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domains").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Domains {
    /// Creates them over stores that remember whose they are.
    pub fn new(settings: &Settings, stores: impl Into<Stores>) -> Self {
        Self { settings: settings.clone(), stores: stores.into() }
    }

    /// What `organization` has to write into the DNS of `domain`. It is the same each time, and another one
    /// for every organization.
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
    pub async fn verify(
        &self,
        organization: &str,
        domain: &str,
        lookup: &impl TxtLookup,
        sessions: &Sessions,
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
        match self.stores.domains.claim_domain(domain, organization, &[event.to_row()?]).await? {
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
        let found = found.iter().take(8).map(|record| excerpt_of_input(record)).collect();
        Err(DomainError::NotFound { challenge: challenge.clone(), found })
    }

    /// Whether one of the records that were found is the organization's, under the present secret or a former
    /// one.
    pub(super) fn proves(&self, organization: &str, domain: &str, found: &[String]) -> bool {
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
    pub async fn release(
        &self,
        organization: &str,
        domain: &str,
        release: Release,
        sessions: &Sessions,
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
        if normalized.is_err()
            && self.stores.domains.domains(organization).await?.iter().any(|kept| kept == domain)
        {
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
        let events = [event.to_row()?];
        let domains = &self.stores.domains;
        let released = domains.release_domain(domain, organization, release, now, &events).await?;
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
        self.stores.domains.domains(organization).await
    }
}
