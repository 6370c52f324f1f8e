//! What keeps the database small.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use redis::Script;
use sso_store::{Maintenance, Pruned, StoreError};

use crate::store::RedisStore;
use crate::time::millis_after;

/// The version of the keys.
const SCHEMA: u32 = 2;

/// How many connections are looked at in one go.
const PAGE: usize = 100;

/// How many keys the server looks at in one go.
const SCAN: usize = 1000;

/// Trims the log of an organization. An event whose time is not known, as a former version wrote it, goes
/// with one that came after it. KEYS: the log, times, number of trimmed events. ARGV: the instant. The answer
/// is how many are gone.
static PRUNE_EVENTS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local trimmed, length = tonumber(redis.call('GET', KEYS[3]) or '0'), redis.call('LLEN', KEYS[1])
        local old = 0
        for index = 1, math.min(length, 1000) do
            local at = redis.call('HGET', KEYS[2], string.format('%d', trimmed + index))
            if at and tonumber(at) >= tonumber(ARGV[1]) then break end
            if at then old = index end
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
        let mut pruned = Pruned { events: self.prune_events(before).await?, ..Pruned::default() };
        let mut after = String::new();
        loop {
            let mut range = redis::cmd("ZRANGEBYLEX");
            range.arg(self.list(None)).arg(format!("({after}")).arg("+").arg("LIMIT").arg(0).arg(PAGE);
            let ids: Vec<String> = self.query(&range).await?;
            let Some(last) = ids.last() else { return Ok(pruned) };
            after.clone_from(last);
            for id in &ids {
                pruned.user_logins += self.prune_users(id, before).await?;
                let [_, _, _, proven, unproven, counts, order, _] = self.login_keys(id);
                let mut prune = PRUNE_ATTEMPTS.key(proven);
                prune.key(unproven).key(counts).key(order).arg(millis_after(before));
                pruned.attempts += self.run::<u64>(&prune).await?;
            }
        }
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
    async fn prune_events(&self, before: SystemTime) -> Result<u64, StoreError> {
        let prefix = self.key("events", "");
        let (mut pruned, mut cursor) = (0, 0_u64);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("{}*", crate::domains::literal(&prefix)));
            scan.arg("COUNT").arg(SCAN).arg("TYPE").arg("list");
            let (next, keys): (u64, Vec<String>) = self.query(&scan).await?;
            for organization in keys.iter().filter_map(|key| key.strip_prefix(&prefix)) {
                loop {
                    let mut prune = PRUNE_EVENTS.prepare_invoke();
                    for key in self.event_keys(organization) {
                        prune.key(key);
                    }
                    let gone: u64 = self.run(prune.arg(millis_after(before))).await?;
                    pruned += gone;
                    if gone == 0 {
                        break;
                    }
                }
            }
            if next == 0 {
                return Ok(pruned);
            }
            cursor = next;
        }
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
