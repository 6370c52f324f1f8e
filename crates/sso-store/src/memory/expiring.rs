//! What the store in memory may forget at some time, within a limit in bytes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use crate::claim::{Claim, Claimed};
use crate::error::StoreError;
use crate::session::Revocation;

type Key = [u8; 32];

/// Maps this small are not shrunk.
const SMALL: usize = 1024;

/// The most bytes that an entry takes. A `HashMap` fills 7 of 8 buckets, each with a control byte, before it
/// doubles, so that right after doubling an entry has 16/7 buckets; a heap doubles too.
const fn entry_bytes<T>() -> usize {
    let bucket = size_of::<(Key, (T, SystemTime))>() + 1;
    bucket * 16 / 7 + 2 * size_of::<(SystemTime, Key)>()
}

/// Entries in the order in which they expire. None is looked at that has expired, and an entry costs a
/// logarithm of their number, also when there are too many.
#[derive(Debug)]
struct Expiring<T> {
    entries: HashMap<Key, (T, SystemTime)>,
    /// One for each entry, at the time that it expires or before.
    order: BinaryHeap<Reverse<(SystemTime, Key)>>,
}

impl<T> Default for Expiring<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: BinaryHeap::new() }
    }
}

impl<T> Expiring<T> {
    fn get(&self, key: &Key, now: SystemTime) -> Option<&T> {
        self.entries.get(key).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }

    fn insert(&mut self, key: Key, value: T, until: SystemTime) {
        if self.entries.insert(key, (value, until)).is_none() {
            self.order.push(Reverse((until, key)));
        }
    }

    /// Forgets what has expired at `now`, and gives it to `forgotten`.
    fn expire(&mut self, now: SystemTime, mut forgotten: impl FnMut(T)) {
        while let Some(&Reverse((at, key))) = self.order.peek()
            && at <= now
        {
            self.order.pop();
            match self.entries.get(&key) {
                Some(&(_, until)) if until > now => self.order.push(Reverse((until, key))),
                _ => {
                    if let Some((value, _)) = self.entries.remove(&key) {
                        forgotten(value);
                    }
                }
            }
        }
        let size = (2 * self.entries.len()).max(SMALL);
        if self.entries.capacity() > 2 * size {
            self.entries.shrink_to(size);
            self.order.shrink_to(size);
        }
    }
}

/// Entries, each of a scope that takes no more than it leaves free.
#[derive(Debug)]
struct Scoped<T> {
    entries: Expiring<(Scope, T)>,
    scopes: HashSet<Scope>,
}

/// A scope. As many entries are its own as there are references to it beside the one of the set.
type Scope = Arc<Key>;

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self { entries: Expiring::default(), scopes: HashSet::new() }
    }
}

impl<T> Scoped<T> {
    /// The most bytes that an entry takes, without its scope.
    const ENTRY_BYTES: usize = entry_bytes::<(Scope, T)>();

    /// The most bytes that a scope takes: a bucket of the set, and an allocation of a hash with two counters.
    const SCOPE_BYTES: usize = (size_of::<Scope>() + 1) * 16 / 7 + size_of::<Key>() + 4 * size_of::<usize>();

    fn expire(&mut self, now: SystemTime) {
        let Self { entries, scopes } = self;
        entries.expire(now, |(scope, _)| {
            // This one, and that of the set.
            if Arc::strong_count(&scope) == 2 {
                scopes.remove(&scope);
            }
        });
    }

    /// Keeps an entry, whatever room there is.
    fn insert(&mut self, scope: &Key, key: &Key, value: T, until: SystemTime) {
        let Self { entries, scopes } = self;
        let scope = scopes.get(scope).cloned().unwrap_or_else(|| {
            let scope = Arc::new(*scope);
            scopes.insert(Arc::clone(&scope));
            scope
        });
        entries.insert(*key, (scope, value), until);
    }

    /// Checks that there is room for an entry of each of these scopes: that none takes more than is free
    /// then. This is the dynamic threshold by which queues share a buffer (Choudhury and Hahne, "Dynamic
    /// queue length thresholds for shared-memory packet switches", 1998, with α = 1). A scope alone may
    /// take half of `capacity`; n scopes that all want more get 1/(n + 1) each, and as much stays free
    /// for the next one.
    fn check_room(&self, wanted: &[&Key], capacity: usize) -> Result<(), StoreError> {
        let (mut entries, mut scopes) = (self.entries.entries.len(), self.scopes.len());
        for (index, scope) in wanted.iter().enumerate() {
            let earlier = wanted.iter().take(index).filter(|other| *other == scope).count();
            // Without the one of the set.
            let own = self.scopes.get(*scope).map_or(0, |scope| Arc::strong_count(scope) - 1) + earlier;
            let share = if own == 0 { 0 } else { Self::bytes(own, 1) };
            let cost = if own == 0 { Self::bytes(1, 1) } else { Self::ENTRY_BYTES };
            let free = capacity.saturating_sub(Self::bytes(entries, scopes));
            if share + cost > free {
                return Err(StoreError::new(format!(
                    "it has {free} of {capacity} bytes free; this connection or organization takes {share} already and may not \
                     take more than it leaves free"
                )));
            }
            entries += 1;
            scopes += usize::from(own == 0);
        }
        Ok(())
    }

    /// Forgets what has expired, and returns how many entries that was.
    fn sweep(&mut self, now: SystemTime) -> usize {
        let before = self.entries.entries.len();
        self.expire(now);
        before - self.entries.entries.len()
    }

    fn bytes(entries: usize, scopes: usize) -> usize {
        entries * Self::ENTRY_BYTES + scopes * Self::SCOPE_BYTES
    }
}

/// What was used.
#[derive(Debug, Default)]
pub(super) struct Claims(Scoped<()>);

impl Claims {
    /// The most bytes that a claim takes, without its scope.
    pub(super) const CLAIM_BYTES: usize = Scoped::<()>::ENTRY_BYTES;

    pub(super) fn len(&self) -> usize {
        self.0.entries.entries.len()
    }

    /// Makes all claims, or none.
    pub(super) fn claim(
        &mut self,
        claims: &[Claim],
        now: SystemTime,
        capacity: usize,
    ) -> Result<Claimed, StoreError> {
        self.0.expire(now);
        let is_claimed = |claim: &&Claim| self.0.entries.get(claim.key.as_bytes(), now).is_some();
        if let Some(claim) = claims.iter().find(is_claimed) {
            return Ok(Claimed::Before(claim.key));
        }
        let scopes: Vec<_> = claims.iter().map(|claim| claim.key.scope()).collect();
        self.0.check_room(&scopes, capacity)?;
        for Claim { key, until } in claims {
            self.0.insert(key.scope(), key.as_bytes(), (), *until);
        }
        Ok(Claimed::Now)
    }

    /// Forgets what has expired, and returns how many claims that was.
    pub(super) fn sweep(&mut self, now: SystemTime) -> usize {
        self.0.sweep(now)
    }
}

/// Instants that something was revoked at.
#[derive(Debug, Default)]
pub(super) struct Revocations(Scoped<SystemTime>);

impl Revocations {
    /// Revokes all, or nothing. Of each key the later of two instants is kept, until the later of two times;
    /// they are returned.
    pub(super) fn revoke(
        &mut self,
        revocations: &[Revocation],
        now: SystemTime,
        capacity: usize,
    ) -> Result<Vec<SystemTime>, StoreError> {
        self.0.expire(now);
        let is_new = |it: &&Revocation| !self.0.entries.entries.contains_key(it.key.as_bytes());
        let new: Vec<_> = revocations.iter().filter(is_new).collect();
        let scopes: Vec<_> = new.iter().map(|revocation| revocation.key.scope()).collect();
        self.0.check_room(&scopes, capacity)?;
        for Revocation { key, instant, until } in new {
            self.0.insert(key.scope(), key.as_bytes(), *instant, *until);
        }
        // A key that is revoked twice by one call was inserted with the last of both.
        let later = |revocation: &Revocation| {
            let ((_, instant), until) = self.0.entries.entries.get_mut(revocation.key.as_bytes())?;
            *instant = revocation.instant.max(*instant);
            *until = revocation.until.max(*until);
            Some(*instant)
        };
        Ok(revocations.iter().filter_map(later).collect())
    }

    pub(super) fn revoked_at(&self, key: &[u8; 32], now: SystemTime) -> Option<SystemTime> {
        self.0.entries.get(key, now).map(|(_, instant)| *instant)
    }

    /// Forgets what has expired, and returns how many revocations that was.
    pub(super) fn sweep(&mut self, now: SystemTime) -> usize {
        self.0.sweep(now)
    }
}
