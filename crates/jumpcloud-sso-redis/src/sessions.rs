//! Which sessions were revoked: Redis forgets it by itself.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::{Script, Value};
use sso_store::{
    Authorization, Change, ChangeKind, Changes, Revocation, RevocationKey, SessionStore, StoreError,
};

use crate::connections::{Fields, row};
use crate::reply::unexpected;
use crate::script::script;
use crate::store::RedisStore;
use crate::time::{from_millis, lifetime, millis_after};

/// Keeps the later of two instants, and for the longer of two times. KEYS: what changes are numbered by, the
/// changes, what is revoked. ARGV: of each its name, the instant and the lifetime.
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        local reply
        for number = 3, #KEYS do
            local key, arg = KEYS[number], (number - 3) * 3
            local instant, lifetime = ARGV[arg + 2], tonumber(ARGV[arg + 3])
            local former = redis.call('GET', key)
            if former and tonumber(former) > tonumber(instant) then instant = former end
            lifetime = math.max(lifetime, redis.call('PTTL', key))
            reply = redis.call('SET', key, instant, 'PX', lifetime)
            tell(KEYS[1], KEYS[2], 'r' .. ARGV[arg + 1] .. instant)
        end
        return reply
        ",
    )
});

/// KEYS: the connections of an organization, what may be revoked. ARGV: what the key of a connection begins
/// with. The answer is the instants, and each connection that is or may be enforced.
static AUTHORIZE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local instants, enforced = {}, {}
        for number = 2, #KEYS do instants[number - 1] = redis.call('GET', KEYS[number]) end
        for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            local fields = redis.call('HMGET', ARGV[1] .. id,
                'version', 'record', 'organization', 'flags', 'enforced', 'relies')
            if fields[2] and (fields[4] ~= fields[1] or fields[5] ~= '0') then
                enforced[#enforced + 1] = { id, fields }
            end
        end
        return { instants, enforced }
        ",
    )
});

impl RedisStore {
    fn revocation_key(&self, key: &RevocationKey) -> String {
        self.key("revoked", &name(key))
    }
}

fn name(key: &RevocationKey) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn latest(instants: Vec<Option<String>>, expected: usize) -> Result<Option<SystemTime>, StoreError> {
    if instants.len() != expected {
        return Err(unexpected(instants));
    }
    let parse = |instant: String| instant.parse().map_err(|_| unexpected(instant));
    let instants = instants.into_iter().flatten().map(parse).collect::<Result<Vec<u64>, _>>()?;
    Ok(instants.into_iter().max().map(from_millis))
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn authorize(
        &self,
        organization: &str,
        keys: &[RevocationKey],
        _now: SystemTime,
    ) -> Result<Authorization, StoreError> {
        let mut authorize = AUTHORIZE.key(self.list(Some(organization)));
        for key in keys {
            authorize.key(self.revocation_key(key));
        }
        let answer: (Vec<Option<String>>, Vec<(String, Fields)>) =
            self.run(authorize.arg(self.key("connection", ""))).await?;
        let mut enforced = Vec::new();
        for (id, fields) in answer.1 {
            enforced.extend(row(&id, fields)?);
        }
        Ok(Authorization::new(latest(answer.0, keys.len())?, enforced))
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
            get.arg(self.revocation_key(key));
        }
        latest(self.query(&get).await?, keys.len())
    }

    async fn revoke(&self, revocations: &[Revocation], now: SystemTime) -> Result<(), StoreError> {
        if revocations.is_empty() {
            return Ok(());
        }
        let mut revoke = REVOKE.prepare_invoke();
        for key in self.changes_keys() {
            revoke.key(key);
        }
        for Revocation { key, instant, until } in revocations {
            revoke.key(self.revocation_key(key));
            revoke.arg(name(key)).arg(millis_after(*instant)).arg(lifetime(*until, now));
        }
        match self.run(&revoke).await? {
            Value::Okay => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    async fn changes(&self, after: Option<u64>, limit: usize) -> Result<Changes, StoreError> {
        let [count, changes] = self.changes_keys();
        let mut pipeline = redis::pipe();
        pipeline.atomic().get(count).cmd("ZRANGE").arg(&changes).arg(0).arg(0);
        pipeline
            .cmd("ZRANGEBYSCORE")
            .arg(&changes)
            .arg(format!("({}", after.unwrap_or_default()))
            .arg("+inf");
        pipeline.arg("LIMIT").arg(0).arg(if after.is_some() { limit } else { 0 });
        let (last, first, found): (Option<u64>, Vec<String>, Vec<String>) = self.query_all(&pipeline).await?;
        let last = last.unwrap_or_default();
        let Some(after) = after else { return Ok(Changes::new(Vec::new(), last, true)) };
        let first = first.iter().map(|text| change(text)).next().transpose()?;
        let found = found.iter().map(|text| change(text)).collect::<Result<Vec<_>, _>>()?;
        let position = found.last().map_or(after.min(last), |change| change.number);
        // A number that was never given is of another database.
        let is_complete =
            first.map_or(after == last, |first| first.number <= after.saturating_add(1)) && after <= last;
        Ok(Changes::new(found, position, is_complete))
    }
}

/// The length of a hash as text.
const NAME: usize = 43;

/// Reads a change as scripts write it.
fn change(text: &str) -> Result<Change, StoreError> {
    let parse = || {
        let (number, rest) = text.split_once(':')?;
        let what = rest.split_once(':')?.1;
        let kind = if let Some(organization) = what.strip_prefix('c') {
            ChangeKind::Connections { organization: organization.to_owned() }
        } else {
            let (name, instant) = what.strip_prefix('r')?.split_at_checked(NAME)?;
            let key = URL_SAFE_NO_PAD.decode(name).ok()?.try_into().ok()?;
            ChangeKind::Revoked { key, instant: from_millis(instant.parse().ok()?) }
        };
        Some(Change { number: number.parse().ok()?, kind })
    };
    parse().ok_or_else(|| unexpected(text))
}
