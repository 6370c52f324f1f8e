//! What the store in memory keeps until it is told to forget it.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::SystemTime;

use crate::attempt::{AttemptRow, Ring};
use crate::connection::{ConnectionRow, Created, Requires, Saved, Selection};
use crate::domain::{DomainClaim, DomainRelease, EndedDomain, HeldDomain, Release};
use crate::event::EventRow;
use crate::login::{LoginRow, UserLogin};
use crate::maintenance::Pruned;
use crate::session::{CHANGES_KEPT, Change, ChangeKind, Changes};

#[derive(Default)]
pub(super) struct Kept {
    pub(super) connections: BTreeMap<String, ConnectionRow>,
    /// Of connections that are gone.
    taken: HashSet<String>,
    /// By organization and slot, the IDs of connections, some of which may be gone.
    slots: BTreeMap<(String, String), String>,
    logins: Vec<LoginRow>,
    /// By connection and user.
    user_logins: BTreeMap<(String, String), SystemTime>,
    /// By connection and ring, the latest last.
    attempts: BTreeMap<(String, Ring), VecDeque<AttemptRow>>,
    domains: BTreeMap<String, HeldDomain>,
    /// By organization and domain.
    ended_domains: BTreeMap<(String, String), SystemTime>,
    events: Vec<(u64, EventRow)>,
    /// How many events there ever were.
    appended: u64,
    changes: VecDeque<(SystemTime, Change)>,
    /// How many changes there ever were.
    changed: u64,
}

impl Kept {
    pub(super) fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Vec<ConnectionRow> {
        let is_wanted = |row: &&ConnectionRow| {
            row.id.as_str() > after
                && organization.is_none_or(|organization| row.organization == organization)
                && (selection == Selection::All || row.is_enforced)
        };
        self.connections.values().filter(is_wanted).take(limit).cloned().collect()
    }

    pub(super) fn get_or_create(&mut self, slot: &str, row: &ConnectionRow, events: &[EventRow]) -> Created {
        let slot = (row.organization.clone(), slot.to_owned());
        if let Some(present) = self.slots.get(&slot).and_then(|id| self.connections.get(id)) {
            return Created::Before(present.clone());
        }
        match self.save(row, None, Requires::Nothing, events) {
            Saved::Saved => {
                self.slots.insert(slot, row.id.clone());
                Created::Now
            }
            Saved::Conflict | Saved::NoDomain => Created::Conflict,
        }
    }

    pub(super) fn save(
        &mut self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Saved {
        let found = self.connections.get(&row.id).map(|row| row.version);
        if found != expected || self.taken.contains(&row.id) {
            return Saved::Conflict;
        }
        if requires == Requires::Domain && !self.has_domain(&row.organization) {
            return Saved::NoDomain;
        }
        self.connections.insert(row.id.clone(), row.clone());
        self.append(events);
        self.change(ChangeKind::Connections { organization: row.organization.clone() });
        Saved::Saved
    }

    pub(super) fn delete(&mut self, id: &str, expected: u64, events: &[EventRow]) -> Saved {
        if self.connections.get(id).map(|row| row.version) != Some(expected) {
            return Saved::Conflict;
        }
        if let Some(row) = self.connections.remove(id) {
            self.change(ChangeKind::Connections { organization: row.organization });
        }
        self.taken.insert(id.to_owned());
        self.slots.retain(|_, in_slot| in_slot != id);
        self.logins.retain(|login| login.connection != id);
        self.user_logins.retain(|(connection, _), _| connection != id);
        self.attempts.retain(|(connection, _), _| connection != id);
        self.append(events);
        Saved::Saved
    }

    pub(super) fn record_login(&mut self, login: &LoginRow, first: &[EventRow]) -> bool {
        if !self.connections.contains_key(&login.connection) {
            return false;
        }
        let user = (login.connection.clone(), login.user.clone());
        let last = self.user_logins.entry(user).or_insert(login.at);
        *last = login.at.max(*last);
        let kind = |login: &LoginRow| (login.connection.clone(), login.revision, login.certificate.clone());
        if let Some(former) = self.logins.iter_mut().find(|other| kind(other) == kind(login)) {
            *former = login.clone();
            return false;
        }
        self.logins.push(login.clone());
        self.append(first);
        true
    }

    pub(super) fn logins(&self, connection: &str) -> Vec<String> {
        let own = self.logins.iter().filter(|login| login.connection == connection);
        own.map(|login| login.json.clone()).collect()
    }

    pub(super) fn last_logins(&self, connection: &str, after: Option<&str>, limit: usize) -> Vec<UserLogin> {
        let logins = self.user_logins.iter();
        let is_wanted = |(of, user): &(String, String)| {
            of == connection && after.is_none_or(|after| user.as_str() > after)
        };
        logins
            .filter(|(key, _)| is_wanted(key))
            .take(limit)
            .map(|((_, user), at)| UserLogin { user: user.clone(), at: *at })
            .collect()
    }

    pub(super) fn record_attempt(&mut self, attempt: &AttemptRow) {
        if !self.connections.contains_key(&attempt.connection) {
            return;
        }
        let ring = self.attempts.entry((attempt.connection.clone(), attempt.ring)).or_default();
        let mut attempt = attempt.clone();
        if attempt.ring == Ring::Unproven
            && let Some(former) = ring.iter().position(|other| other.code == attempt.code)
            && let Some(former) = ring.remove(former)
        {
            attempt.count = attempt.count.saturating_add(former.count);
        }
        if ring.len() >= attempt.ring.capacity() {
            ring.pop_front();
        }
        ring.push_back(attempt);
    }

    pub(super) fn attempts(&self, connection: &str, ring: Ring) -> Vec<AttemptRow> {
        let attempts = self.attempts.get(&(connection.to_owned(), ring));
        attempts.into_iter().flatten().rev().cloned().collect()
    }

    pub(super) fn append(&mut self, events: &[EventRow]) {
        for event in events {
            self.appended += 1;
            self.events.push((self.appended, event.clone()));
        }
    }

    pub(super) fn events(&self, organization: &str, after: u64, limit: usize) -> Vec<(u64, EventRow)> {
        let is_wanted =
            |(number, event): &&(u64, EventRow)| *number > after && event.organization == organization;
        self.events.iter().filter(is_wanted).take(limit).cloned().collect()
    }

    pub(super) fn prune(&mut self, before: SystemTime) -> Pruned {
        let counts = |kept: &Self| {
            let attempts: usize = kept.attempts.values().map(VecDeque::len).sum();
            [kept.events.len(), attempts, kept.user_logins.len()]
        };
        let [events, attempts, user_logins] = counts(self);
        self.events.retain(|(_, event)| event.at >= before);
        self.user_logins.retain(|_, at| *at >= before);
        self.attempts.values_mut().for_each(|ring| ring.retain(|attempt| attempt.at >= before));
        let [events_left, attempts_left, user_logins_left] = counts(self);
        let removed = |before: usize, left: usize| u64::try_from(before - left).unwrap_or(u64::MAX);
        Pruned {
            events: removed(events, events_left),
            attempts: removed(attempts, attempts_left),
            user_logins: removed(user_logins, user_logins_left),
        }
    }

    /// Numbers a change, and forgets those that need not be told any longer: by this machine's clock, as for
    /// every other store.
    pub(super) fn change(&mut self, kind: ChangeKind) {
        let now = SystemTime::now();
        self.forget_changes(now);
        self.changed += 1;
        self.changes.push_back((now, Change { number: self.changed, kind }));
    }

    pub(super) fn forget_changes(&mut self, now: SystemTime) -> usize {
        let before = self.changes.len();
        let is_old = |(at, _): &(SystemTime, Change)| {
            now.duration_since(*at).is_ok_and(|passed| passed > CHANGES_KEPT)
        };
        while self.changes.front().is_some_and(is_old) {
            self.changes.pop_front();
        }
        before - self.changes.len()
    }

    pub(super) fn changes(&self, after: Option<u64>, limit: usize) -> Changes {
        let Some(after) = after else { return Changes::new(Vec::new(), self.changed, true) };
        let first = self.changes.front().map_or(self.changed + 1, |(_, change)| change.number);
        let since = self.changes.iter().map(|(_, change)| change).filter(|change| change.number > after);
        let changes: Vec<_> = since.take(limit).cloned().collect();
        let position = changes.last().map_or(self.changed.min(after.max(first - 1)), |change| change.number);
        // A number that was never given is of another store.
        Changes::new(changes, position, first <= after.saturating_add(1) && after <= self.changed)
    }

    pub(super) fn domains(&self, organization: &str) -> Vec<String> {
        let of_organization = self.domains.values().filter(|held| held.organization == organization);
        of_organization.map(|held| held.domain.clone()).collect()
    }

    fn has_domain(&self, organization: &str) -> bool {
        self.domains.values().any(|held| held.organization == organization)
    }

    pub(super) fn claim_domain(
        &mut self,
        domain: &str,
        organization: &str,
        events: &[EventRow],
    ) -> DomainClaim {
        match self.domains.get(domain) {
            Some(held) if held.organization == organization => DomainClaim::Owned,
            Some(_) => DomainClaim::Taken,
            None => {
                let (name, organization) = (domain.to_owned(), organization.to_owned());
                let held = HeldDomain { domain: name.clone(), organization, dispute: None };
                self.domains.insert(name, held);
                self.append(events);
                DomainClaim::Claimed
            }
        }
    }

    fn end_domain(&mut self, domain: &str, organization: &str, at: SystemTime) {
        let ended = self.ended_domains.entry((organization.to_owned(), domain.to_owned())).or_insert(at);
        *ended = at.max(*ended);
    }

    pub(super) fn replace_domain(
        &mut self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> bool {
        match self.domains.get_mut(&present.domain) {
            Some(kept) if kept == present => *kept = next.clone(),
            _ => return false,
        }
        if next.organization != present.organization {
            self.end_domain(&present.domain, &present.organization, at);
        }
        self.append(events);
        true
    }

    pub(super) fn release_domain(
        &mut self,
        domain: &str,
        organization: &str,
        release: Release,
        at: SystemTime,
        events: &[EventRow],
    ) -> DomainRelease {
        if self.domains.get(domain).is_none_or(|held| held.organization != organization) {
            return DomainRelease::NotOwned;
        }
        let relies = |row: &&ConnectionRow| row.organization == organization && row.relies_on_domains;
        match self.connections.values().find(relies) {
            Some(row) if release == Release::IfUnused => DomainRelease::InUse(row.id.clone()),
            _ => {
                self.domains.remove(domain);
                self.end_domain(domain, organization, at);
                self.append(events);
                DomainRelease::Released
            }
        }
    }

    pub(super) fn held_domain(&self, domain: &str) -> Option<HeldDomain> {
        self.domains.get(domain).cloned()
    }

    pub(super) fn held_domains(&self, after: &str, limit: usize) -> Vec<HeldDomain> {
        let behind = self.domains.values().filter(|held| held.domain.as_str() > after);
        behind.take(limit).cloned().collect()
    }

    pub(super) fn ended_domains(&self, limit: usize) -> Vec<EndedDomain> {
        let ended = |((organization, domain), at): (&(String, String), &SystemTime)| EndedDomain {
            organization: organization.clone(),
            domain: domain.clone(),
            at: *at,
        };
        self.ended_domains.iter().take(limit).map(ended).collect()
    }

    pub(super) fn forget_ended_domain(&mut self, ended: &EndedDomain) {
        let key = (ended.organization.clone(), ended.domain.clone());
        if self.ended_domains.get(&key).is_some_and(|at| *at <= ended.at) {
            self.ended_domains.remove(&key);
        }
    }
}
