//! What may be forgotten at some time: Redis does that by itself.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::{Claim, ClaimKey, OnceStore, RevocationKey, RevocationStore, StoreError};
use redis::{Script, Value};

use crate::{RedisStore, unexpected};

/// Keeps the later of two instants, and for the longer of two times.
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local instant, lifetime = ARGV[1], tonumber(ARGV[2])
        local former = redis.call('GET', KEYS[1])
        if former and tonumber(former) > tonumber(instant) then instant = former end
        lifetime = math.max(lifetime, redis.call('PTTL', KEYS[1]))
        return redis.call('SET', KEYS[1], instant, 'PX', lifetime)
        ",
    )
});

impl OnceStore for RedisStore {
    async fn claim(&self, key: &ClaimKey, until: SystemTime, now: SystemTime) -> Result<Claim, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(self.key("once", &key.to_string())).arg(1).arg("NX").arg("PX").arg(lifetime(until, now));
        // Nothing but these two is a reply to SET with NX.
        match self.query(&set).await? {
            Value::Okay => Ok(Claim::Claimed),
            Value::Nil => Ok(Claim::AlreadyClaimed),
            other => Err(unexpected(other)),
        }
    }
}

impl RevocationStore for RedisStore {
    async fn revoke(
        &self,
        key: &RevocationKey,
        instant: SystemTime,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let mut revoke = REVOKE.key(self.key("revoked", &key.to_string()));
        match self.run(revoke.arg(millis_after(instant)).arg(lifetime(until, now))).await? {
            Value::Okay => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    async fn revoked_at(
        &self,
        keys: &[RevocationKey],
        _now: SystemTime,
    ) -> Result<Option<SystemTime>, StoreError> {
        if keys.is_empty() {
            return Ok(None);
        }
        let mut get = redis::cmd("MGET");
        for key in keys {
            get.arg(self.key("revoked", &key.to_string()));
        }
        let instants: Vec<Option<String>> = self.query(&get).await?;
        if instants.len() != keys.len() {
            return Err(unexpected(instants));
        }
        let parse = |instant: String| instant.parse().map_err(|_| unexpected(instant));
        let instants = instants.into_iter().flatten().map(parse).collect::<Result<Vec<u64>, _>>()?;
        Ok(instants.into_iter().max().map(from_millis))
    }
}

/// Milliseconds to keep something for, at least one: Redis has no shorter time.
fn lifetime(until: SystemTime, now: SystemTime) -> u64 {
    let left = until.duration_since(now).unwrap_or_default() + Duration::from_nanos(999_999);
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Whole milliseconds since 1970, rounded up: nothing is forgotten early.
pub(crate) fn millis_after(instant: SystemTime) -> u64 {
    lifetime(instant, SystemTime::UNIX_EPOCH)
}

pub(crate) fn from_millis(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}
