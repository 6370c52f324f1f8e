//! How a domain moves to another organization: by two lookups that are a day apart.

use std::time::SystemTime;

use sso_session::Sessions;
use sso_store::{Dispute, DomainClaim, EndedDomain, HeldDomain, Selection, StoreError};

use super::domains::Domains;
use super::error::DomainError;
use crate::event::{Actor, Event, EventKind};
use crate::reading::all_of;
use crate::record::ConnectionRecord;

/// How often a change is tried again while others change the same domain.
const ATTEMPTS: usize = 3;

/// How many domains that were taken are read in one go.
const PAGE: usize = 100;

/// What a lookup says of a domain that belongs to somebody.
pub(super) enum Standing {
    /// The holder's record is there.
    Present,
    /// It is not, and nobody else's is known to be.
    Absent,
    /// It is not, but the challenger's is.
    Disputed(Dispute),
    /// The domain has moved to the challenger.
    Moved(HeldDomain),
    /// Somebody else has changed it in the meantime.
    Changed,
}

impl Domains {
    /// Settles by what was found whose a domain is that belongs to somebody, and begins a dispute if it
    /// belongs to another organization. `verified` is the event of the organization that proves it.
    pub(super) async fn contest(
        &self,
        organization: &str,
        domain: &str,
        found: &[String],
        verified: &Event,
        now: SystemTime,
    ) -> Result<(), DomainError> {
        let taken = || Err(DomainError::Taken { domain: domain.to_owned() });
        for _ in 0..ATTEMPTS {
            let Some(held) = self.stores.domains.held_domain(domain).await? else {
                // It was released in the meantime.
                let events = [verified.to_row()?];
                match self.stores.domains.claim_domain(domain, organization, &events).await? {
                    DomainClaim::Claimed => {
                        verified.trace();
                        return Ok(());
                    }
                    DomainClaim::Owned => return Ok(()),
                    DomainClaim::Taken => continue,
                }
            };
            match self.settle(&held, found, verified.actor(), now).await? {
                Standing::Present if held.organization == organization => return Ok(()),
                Standing::Moved(held) if held.organization == organization => return Ok(()),
                Standing::Disputed(dispute) if dispute.challenger() == organization => {
                    return Err(disputed(domain, &dispute));
                }
                Standing::Present | Standing::Moved(_) | Standing::Disputed(_) => return taken(),
                Standing::Absent => {
                    let dispute = Dispute::new(organization, now);
                    let kind =
                        EventKind::DomainDisputed { domain: domain.to_owned(), not_before: dispute.due() };
                    let event = Event::new(&Actor::System, now, &held.organization, None, kind);
                    let next = HeldDomain { dispute: Some(dispute.clone()), ..held.clone() };
                    if self.replace(&held, &next, now, &[event]).await? {
                        return Err(disputed(domain, &dispute));
                    }
                }
                Standing::Changed => {}
            }
        }
        Err(StoreError::new("others are changing the same domain; try again").into())
    }

    /// Settles a dispute by what was found: the holder's record ends it, and so does the absence of the
    /// challenger's; otherwise it is completed after a day. `by` is who asks, for the challenger's event; the
    /// holder is told without a name, which would be another organization's.
    pub(super) async fn settle(
        &self,
        held: &HeldDomain,
        found: &[String],
        by: &Actor,
        now: SystemTime,
    ) -> Result<Standing, StoreError> {
        let HeldDomain { domain, organization, dispute } = held;
        let is_present = self.proves(organization, domain, found);
        let to_holder = |kind| Event::new(&Actor::System, now, organization, None, kind);
        match dispute {
            None if is_present => Ok(Standing::Present),
            None => Ok(Standing::Absent),
            Some(dispute) if !is_present && self.proves(dispute.challenger(), domain, found) => {
                if now < dispute.due() {
                    return Ok(Standing::Disputed(dispute.clone()));
                }
                let while_in_use = self.has_relying_connection(organization).await?;
                let verified = EventKind::DomainVerified { domain: domain.clone() };
                let events = [
                    to_holder(EventKind::DomainMoved { domain: domain.clone(), while_in_use }),
                    Event::new(by, now, dispute.challenger(), None, verified),
                ];
                let organization = dispute.challenger().to_owned();
                let next = HeldDomain { domain: domain.clone(), organization, dispute: None };
                let is_kept = self.replace(held, &next, now, &events).await?;
                Ok(if is_kept { Standing::Moved(next) } else { Standing::Changed })
            }
            Some(_) => {
                let event = to_holder(EventKind::DomainDisputeEnded { domain: domain.clone() });
                let next = HeldDomain { dispute: None, ..held.clone() };
                let is_kept = self.replace(held, &next, now, &[event]).await?;
                // Where the challenger's record is gone, whoever has one now begins a dispute of their own.
                Ok(if is_kept && is_present { Standing::Present } else { Standing::Changed })
            }
        }
    }

    /// Whether a connection of the organization relies on its domains. It stops no move: who controls the
    /// domain is no longer the organization.
    async fn has_relying_connection(&self, organization: &str) -> Result<bool, StoreError> {
        let records = all_of(&*self.stores.connections, organization, Selection::All).await?;
        Ok(records.iter().any(ConnectionRecord::relies_on_domains))
    }

    async fn replace(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        now: SystemTime,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let rows = events.iter().map(Event::to_row).collect::<Result<Vec<_>, _>>()?;
        let is_kept = self.stores.domains.replace_domain(present, next, now, &rows).await?;
        if is_kept {
            events.iter().for_each(Event::trace);
        }
        Ok(is_kept)
    }

    /// Revokes the sessions that rest on domains which were taken from their organizations, and gives these
    /// domains.
    ///
    /// After the change and not before: a change that is refused must end no session, and one that begins in
    /// between rests on the domain too. That it is still to be done is kept together with the change, so that
    /// a failure or a crash in between is made good by whoever comes here next.
    pub(super) async fn revoke_ended(&self, sessions: &Sessions) -> Result<Vec<EndedDomain>, StoreError> {
        let mut revoked = Vec::new();
        loop {
            let page = self.stores.domains.ended_domains(PAGE).await?;
            let is_last = page.len() < PAGE;
            for ended in page {
                sessions.revoke_domain(&ended.organization, &ended.domain, ended.at).await?;
                self.stores.domains.forget_ended_domain(&ended).await?;
                revoked.push(ended);
            }
            if is_last {
                return Ok(revoked);
            }
        }
    }
}

fn disputed(domain: &str, dispute: &Dispute) -> DomainError {
    DomainError::Disputed { domain: domain.to_owned(), since: dispute.since(), not_before: dispute.due() }
}
