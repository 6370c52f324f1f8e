//! Looking all domains up, for a daily job.

use std::time::SystemTime;

use super::dispute::Standing;
use super::{Domains, LookupError, TxtLookup, record_name};
use crate::event::Actor;
use crate::sessions::Sessions;
use crate::store::{ConnectionStore, DomainStore, HeldDomain, OnceStore, RevocationStore, StoreError};

/// How many domains are read in one go.
const PAGE: usize = 100;

/// The outcome of [`Domains::recheck_all`].
#[derive(Debug, Default)]
#[must_use]
#[non_exhaustive]
pub struct DomainReport {
    /// The number of domains whose record is there.
    pub present: usize,
    /// Domains whose record is absent. They stay with their organizations; whether to
    /// [release](Domains::release) one is the host's decision.
    pub absent: Vec<AbsentDomain>,
    /// Domains that have moved to the organization which had disputed them.
    pub moved: Vec<DomainMove>,
    /// Domains about which the DNS gave no answer. Nothing was changed about them.
    pub unanswered: Vec<(String, LookupError)>,
    /// The first failure of a store, if there was one. The next call does what is left undone.
    pub failure: Option<StoreError>,
}

/// A domain whose record is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbsentDomain {
    /// The domain.
    pub domain: String,
    /// The organization that it belongs to.
    pub organization: String,
    /// When it moves to another organization at the earliest, unless the record is back by then.
    pub moves_at: Option<SystemTime>,
}

/// A domain that has moved from one organization to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainMove {
    /// The domain.
    pub domain: String,
    /// The organization that it belonged to.
    pub from: String,
    /// The organization that it belongs to now.
    pub to: String,
}

impl<S: DomainStore + ConnectionStore> Domains<S> {
    /// Looks all domains up, one after the other; to be called once a day or so, since domains change hands.
    /// A record that is there ends a dispute about its domain, and disputes that are due are completed.
    /// Absence alone takes no domain away: it is reported. Sessions are revoked that rest on a domain which
    /// has moved, or which was released when revoking failed.
    pub async fn recheck_all<R: RevocationStore + OnceStore>(
        &self,
        lookup: &impl TxtLookup,
        sessions: &Sessions<R>,
        now: SystemTime,
    ) -> DomainReport {
        let mut report = DomainReport::default();
        let rechecked = self.recheck_each(lookup, now, &mut report).await;
        report.note(rechecked);
        let revoked = self.revoke_ended(sessions).await;
        report.note(revoked.map(drop));
        report
    }

    async fn recheck_each(
        &self,
        lookup: &impl TxtLookup,
        now: SystemTime,
        report: &mut DomainReport,
    ) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let page = self.store.held_domains(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            last.domain.clone_into(&mut after);
            for held in page {
                match lookup.txt(&record_name(&held.domain)).await {
                    Ok(found) => self.recheck_one(held, &found, now, report).await?,
                    Err(error) => report.unanswered.push((held.domain, error)),
                }
            }
        }
    }

    async fn recheck_one(
        &self,
        held: HeldDomain,
        found: &[String],
        now: SystemTime,
        report: &mut DomainReport,
    ) -> Result<(), StoreError> {
        let HeldDomain { domain, organization, .. } = held.clone();
        let moves_at = match self.settle(&held, found, &Actor::System, now).await? {
            Standing::Moved(next) => {
                report.moved.push(DomainMove { domain, from: organization, to: next.organization });
                return Ok(());
            }
            _ if self.proves(&organization, &domain, found) => {
                report.present += 1;
                return Ok(());
            }
            Standing::Disputed(dispute) => Some(dispute.due()),
            Standing::Present | Standing::Absent | Standing::Changed => None,
        };
        report.absent.push(AbsentDomain { domain, organization, moves_at });
        Ok(())
    }
}

impl DomainReport {
    fn note(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }
}
