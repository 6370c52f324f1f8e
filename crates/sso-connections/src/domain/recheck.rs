//! Looking all domains up, for a daily job.

use std::collections::HashSet;
use std::time::SystemTime;

use sso_session::Sessions;
use sso_store::{HeldDomain, StoreError};

use super::challenge::record_name;
use super::dispute::Standing;
use super::domains::Domains;
use super::lookup::{LookupError, TxtLookup};
use crate::event::Actor;

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
    /// Domains about which the store failed. The others were rechecked all the same.
    pub failed: Vec<String>,
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

/// One call of [`Domains::recheck_all`].
struct Walk<'l, L> {
    lookup: &'l L,
    now: SystemTime,
    report: DomainReport,
    /// Organizations with a domain about which the DNS gave no answer.
    unanswered: HashSet<String>,
}

impl Domains {
    /// Looks all domains up, one after the other; to be called once a day or so, since domains change hands.
    /// A record that is there ends a dispute about its domain, and disputes that are due are completed.
    /// Absence alone takes no domain away: it is reported. Sessions are revoked that rest on a domain which
    /// has moved, or which was released when revoking failed.
    ///
    /// Revoking that was left undone comes first, then disputes that are due, then all other domains. Once
    /// the DNS has given no answer about a domain, the other domains of its organization wait until everybody
    /// else's are done, so that nobody's name servers delay the moves of others by more than one lookup. A
    /// failure about one domain leaves no other one out.
    pub async fn recheck_all(
        &self,
        lookup: &impl TxtLookup,
        sessions: &Sessions,
        now: SystemTime,
    ) -> DomainReport {
        let mut walk = Walk { lookup, now, report: DomainReport::default(), unanswered: HashSet::new() };
        let revoked = self.revoke_ended(sessions).await;
        walk.report.note(revoked.map(drop));
        let rechecked = self.recheck_each(&mut walk).await;
        walk.report.note(rechecked);
        let revoked = self.revoke_ended(sessions).await;
        walk.report.note(revoked.map(drop));
        walk.report
    }

    async fn recheck_each(&self, walk: &mut Walk<'_, impl TxtLookup>) -> Result<(), StoreError> {
        let due = self.disputes_due(walk.now).await?;
        let seen: HashSet<_> = due.iter().map(|held| held.domain.clone()).collect();
        let mut later = Vec::new();
        self.recheck_page(due, walk, &mut later).await;
        let mut after = String::new();
        let walked = loop {
            let mut page = match self.stores.domains.held_domains(&after, PAGE).await {
                Ok(page) => page,
                Err(error) => break Err(error),
            };
            let Some(last) = page.last() else { break Ok(()) };
            last.domain.clone_into(&mut after);
            page.retain(|held| !seen.contains(&held.domain));
            self.recheck_page(page, walk, &mut later).await;
        };
        for held in later {
            self.look_up(held, walk).await;
        }
        walked
    }

    /// Returns the domains that move now if the DNS still says so.
    async fn disputes_due(&self, now: SystemTime) -> Result<Vec<HeldDomain>, StoreError> {
        let is_due = |held: &HeldDomain| held.dispute.as_ref().is_some_and(|dispute| dispute.due() <= now);
        let (mut due, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.stores.domains.held_domains(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(due) };
            last.domain.clone_into(&mut after);
            due.extend(page.into_iter().filter(is_due));
        }
    }

    /// Rechecks domains, and leaves those for `later` whose organization had one without an answer.
    async fn recheck_page(
        &self,
        page: Vec<HeldDomain>,
        walk: &mut Walk<'_, impl TxtLookup>,
        later: &mut Vec<HeldDomain>,
    ) {
        for held in page {
            if walk.unanswered.contains(&held.organization) {
                later.push(held);
            } else {
                self.look_up(held, walk).await;
            }
        }
    }

    async fn look_up(&self, held: HeldDomain, walk: &mut Walk<'_, impl TxtLookup>) {
        let domain = held.domain.clone();
        match walk.lookup.txt(&record_name(&domain)).await {
            Ok(found) => {
                let rechecked = self.recheck_one(held, &found, walk.now, &mut walk.report).await;
                if rechecked.is_err() {
                    walk.report.failed.push(domain);
                }
                walk.report.note(rechecked);
            }
            Err(error) => {
                walk.unanswered.insert(held.organization);
                walk.report.unanswered.push((domain, error));
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
