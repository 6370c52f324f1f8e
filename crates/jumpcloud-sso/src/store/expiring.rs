//! What the store in memory may forget at some time, within a limit in bytes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use super::{Claim, ClaimKey, RevocationKey, StoreError};

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

    /// Keeps an entry, unless its scope would then take more than is free: the dynamic threshold by which
    /// queues share a buffer (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet
    /// switches", 1998, with α = 1). A scope alone may take half of `capacity`; n scopes that all want more
    /// get 1/(n + 1) each, and as much stays free for the next one.
    fn insert(
        &mut self,
        scope: &Key,
        key: &Key,
        value: T,
        until: SystemTime,
        capacity: usize,
    ) -> Result<(), StoreError> {
        let Self { entries, scopes } = self;
        let known = scopes.get(scope).cloned();
        let (share, cost) = match &known {
            // Without the one of the set, and that of `known`.
            Some(scope) => (Self::bytes(Arc::strong_count(scope) - 2, 1), Self::ENTRY_BYTES),
            None => (0, Self::bytes(1, 1)),
        };
        let free = capacity.saturating_sub(Self::bytes(entries.entries.len(), scopes.len()));
        if share + cost > free {
            return Err(StoreError::new(format!(
                "it has {free} of {capacity} bytes free; this connection or organization takes {share} already and may not \
                 take more than it leaves free"
            )));
        }
        let scope = known.unwrap_or_else(|| {
            let scope = Arc::new(*scope);
            scopes.insert(Arc::clone(&scope));
            scope
        });
        entries.insert(*key, (scope, value), until);
        Ok(())
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

    pub(super) fn claim(
        &mut self,
        key: &ClaimKey,
        until: SystemTime,
        now: SystemTime,
        capacity: usize,
    ) -> Result<Claim, StoreError> {
        self.0.expire(now);
        if self.0.entries.get(key.as_bytes(), now).is_some() {
            return Ok(Claim::AlreadyClaimed);
        }
        self.0.insert(key.scope(), key.as_bytes(), (), until, capacity)?;
        Ok(Claim::Claimed)
    }
}

/// Instants that something was revoked at.
#[derive(Debug, Default)]
pub(super) struct Revocations(Scoped<SystemTime>);

impl Revocations {
    /// Keeps the later of two instants, until the later of two times.
    pub(super) fn revoke(
        &mut self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
        capacity: usize,
    ) -> Result<(), StoreError> {
        self.0.expire(now);
        if let Some(((_, former), end)) = self.0.entries.entries.get_mut(key.as_bytes()) {
            (*former, *end) = (instant.max(*former), until.max(*end));
            return Ok(());
        }
        self.0.insert(key.scope(), key.as_bytes(), instant, until, capacity)
    }

    pub(super) fn revoked_at(&self, key: &RevocationKey, now: SystemTime) -> Option<SystemTime> {
        self.0.entries.get(key.as_bytes(), now).map(|(_, instant)| *instant)
    }
}
