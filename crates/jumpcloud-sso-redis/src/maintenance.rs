//! What keeps the database small.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use redis::Script;
use sso_store::{Maintenance, Pruned, StoreError};

use crate::domains::literal;
use crate::store::RedisStore;
use crate::time::millis_after;

/// The version of the keys.
const SCHEMA: u32 = 2;

/// How many keys the server looks at in one go.
const SCAN: usize = 1000;

/// Trims the log of an organization. An event whose time is not known, as a former version wrote it, goes
/// with one that came after it, and counts as of now where none did. KEYS: the log, times, number of trimmed
/// events. ARGV: the instant. The answer is how many are gone.
static PRUNE_EVENTS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local trimmed, length = tonumber(redis.call('GET', KEYS[3]) or '0'), redis.call('LLEN', KEYS[1])
        local old, unknown = 0, {}
        for index = 1, math.min(length, 1000) do
            local at = redis.call('HGET', KEYS[2], string.format('%d', trimmed + index))
            if at and tonumber(at) >= tonumber(ARGV[1]) then break end
            if at then old, unknown = index, {} else unknown[#unknown + 1] = index end
        end
        local now = redis.call('TIME')[1] .. '000'
        for _, index in ipairs(unknown) do
            redis.call('HSET', KEYS[2], string.format('%d', trimmed + index), now)
        end
        if old == 0 then return 0 end
        redis.call('LTRIM', KEYS[1], old, -1)
        for index = 1, old do redis.call('HDEL', KEYS[2], string.format('%d', trimmed + index)) end
        redis.call('INCRBY', KEYS[3], old)
        return old
        ",
    )
});

/// KEYS: users, times of users. ARGV: the instant, user. One who has logged in since stays.
static PRUNE_USER: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local at = redis.call('ZSCORE', KEYS[2], ARGV[2])
        if not at or tonumber(at) >= tonumber(ARGV[1]) then return 0 end
        redis.call('ZREM', KEYS[1], ARGV[2])
        return redis.call('ZREM', KEYS[2], ARGV[2])
        ",
    )
});

/// KEYS: attempts, other attempts by code, their counts, their order. ARGV: the instant. The answer is how
/// many are gone.
static PRUNE_ATTEMPTS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local gone = 0
        local function is_old(text) return tonumber(string.match(text, '^%d+')) < tonumber(ARGV[1]) end
        for _, text in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
            if is_old(text) then gone = gone + redis.call('LREM', KEYS[1], 1, text) end
        end
        for _, code in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
            if is_old(redis.call('HGET', KEYS[2], code)) then
                redis.call('HDEL', KEYS[2], code)
                redis.call('HDEL', KEYS[3], code)
                gone = gone + redis.call('ZREM', KEYS[4], code)
            end
        end
        return gone
        ",
    )
});

/// KEYS: the changes. The answer is how many are gone.
static SWEEP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time, gone = redis.call('TIME'), 0
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        for _, old in ipairs(redis.call('ZRANGE', KEYS[1], 0, 999)) do
            if now - tonumber(string.match(old, '^%d+:(%d+):')) <= 600000 then break end
            gone = gone + redis.call('ZREM', KEYS[1], old)
        end
        return gone
        ",
    )
});

#[async_trait]
impl Maintenance for RedisStore {
    async fn prune(&self, before: SystemTime) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        let mut cursor = 0;
        loop {
            let (next, organizations) = self.scan("events", "list", cursor).await?;
            for organization in organizations {
                pruned.events += self.prune_events(&organization, before).await?;
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        // By what is kept, and not by connection: a former version deletes one and leaves this behind.
        for (kind, of) in [("user-times", "zset"), ("attempts", "list"), ("other-attempts-order", "zset")] {
            loop {
                let (next, connections) = self.scan(kind, of, cursor).await?;
                for connection in connections {
                    pruned.user_logins += self.prune_users(&connection, before).await?;
                    pruned.attempts += self.prune_attempts(&connection, before).await?;
                }
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        Ok(pruned)
    }

    async fn sweep(&self, _now: SystemTime) -> Result<u64, StoreError> {
        let [_, changes] = self.changes_keys();
        let mut swept = 0;
        loop {
            let gone: u64 = self.run(&SWEEP.key(&changes)).await?;
            swept += gone;
            if gone == 0 {
                return Ok(swept);
            }
        }
    }

    async fn ping(&self) -> Result<u32, StoreError> {
        self.query::<()>(&redis::cmd("PING")).await?;
        Ok(SCHEMA)
    }
}

impl RedisStore {
    /// The names of some keys of a kind, and where to go on; 0 is the beginning and the end.
    async fn scan(&self, kind: &str, of: &str, cursor: u64) -> Result<(u64, Vec<String>), StoreError> {
        let prefix = self.key(kind, "");
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{}*", literal(&prefix)));
        scan.arg("COUNT").arg(SCAN).arg("TYPE").arg(of);
        let (next, keys): (u64, Vec<String>) = self.query(&scan).await?;
        let names = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
        Ok((next, names.map(str::to_owned).collect()))
    }

    async fn prune_events(&self, organization: &str, before: SystemTime) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let mut prune = PRUNE_EVENTS.prepare_invoke();
            for key in self.event_keys(organization) {
                prune.key(key);
            }
            let gone: u64 = self.run(prune.arg(millis_after(before))).await?;
            pruned += gone;
            if gone == 0 {
                return Ok(pruned);
            }
        }
    }

    async fn prune_attempts(&self, connection: &str, before: SystemTime) -> Result<u64, StoreError> {
        let [_, _, _, proven, unproven, counts, order, _] = self.login_keys(connection);
        let mut prune = PRUNE_ATTEMPTS.key(proven);
        prune.key(unproven).key(counts).key(order).arg(millis_after(before));
        self.run(&prune).await
    }

    async fn prune_users(&self, connection: &str, before: SystemTime) -> Result<u64, StoreError> {
        let [_, users, times, ..] = self.login_keys(connection);
        let mut pruned = 0;
        loop {
            let mut gone = 0;
            for user in self.users_before(connection, before).await? {
                let mut prune = PRUNE_USER.key(&users);
                gone += self.run::<u64>(prune.key(&times).arg(millis_after(before)).arg(user)).await?;
            }
            pruned += gone;
            if gone == 0 {
                return Ok(pruned);
            }
        }
    }
}
