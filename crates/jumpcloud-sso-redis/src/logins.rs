//! Logins, and attempts to log in.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use redis::Script;
use sso_store::{AttemptRow, EventRow, LoginRow, LoginStore, Ring, StoreError, UserLogin};

use crate::reply::unexpected;
use crate::script::script;
use crate::store::RedisStore;
use crate::time::{from_millis, millis_after};

/// KEYS: connection, logins, users, times of users, then those of the events. ARGV: revision and certificate,
/// login, user, time, then the events. Users are listed by their bytes, their times apart.
static RECORD_LOGIN: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return 0 end
        redis.call('ZADD', KEYS[3], 0, ARGV[3])
        redis.call('ZADD', KEYS[4], 'GT', ARGV[4], ARGV[3])
        local is_first = redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
        if is_first == 1 then append(5, 5) end
        return is_first
        ",
    )
});

/// KEYS: connection, attempts. ARGV: attempt, how many are kept.
static RECORD_PROVEN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
        redis.call('LPUSH', KEYS[2], ARGV[1])
        redis.call('LTRIM', KEYS[2], 0, ARGV[2] - 1)
        ",
    )
});

/// KEYS: connection, attempts by code, their counts, their order, what they are numbered by. ARGV: attempt,
/// how many are kept, code, count.
static RECORD_UNPROVEN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return end
        redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
        redis.call('HINCRBY', KEYS[3], ARGV[3], ARGV[4])
        redis.call('ZADD', KEYS[4], redis.call('INCR', KEYS[5]), ARGV[3])
        while redis.call('ZCARD', KEYS[4]) > tonumber(ARGV[2]) do
            local code = redis.call('ZPOPMIN', KEYS[4])[1]
            redis.call('HDEL', KEYS[2], code)
            redis.call('HDEL', KEYS[3], code)
        end
        ",
    )
});

/// KEYS: attempts by code, their counts, their order. The answer is each attempt with its count, the latest
/// first.
static UNPROVEN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local attempts = {}
        for index, code in ipairs(redis.call('ZREVRANGE', KEYS[3], 0, -1)) do
            attempts[index] = { redis.call('HGET', KEYS[1], code), redis.call('HGET', KEYS[2], code) }
        end
        return attempts
        ",
    )
});

impl RedisStore {
    /// Logins, users, times of users, attempts, other attempts by code, their counts, their order, what they
    /// are numbered by.
    pub(crate) fn login_keys(&self, connection: &str) -> [String; 8] {
        [
            "logins",
            "users",
            "user-times",
            "attempts",
            "other-attempts",
            "other-attempts-counts",
            "other-attempts-order",
            "other-attempts-number",
        ]
        .map(|kind| self.key(kind, connection))
    }
}

/// An attempt as it is kept: its time, so that a script can read it, and its parts but for the count.
fn text_of(AttemptRow { reference, code, at, json, .. }: &AttemptRow) -> Result<String, StoreError> {
    let parts = serde_json::to_string(&[reference, code, json]);
    let parts = parts.map_err(|error| StoreError::new("an attempt cannot be written").because(error))?;
    Ok(format!("{} {parts}", millis_after(*at)))
}

fn attempt_of(text: &str, connection: &str, ring: Ring, count: u64) -> Result<AttemptRow, StoreError> {
    let parse = || {
        let (at, parts) = text.split_once(' ')?;
        let [reference, code, json] = serde_json::from_str(parts).ok()?;
        let (connection, at) = (connection.to_owned(), from_millis(at.parse().ok()?));
        Some(AttemptRow { connection, ring, reference, code, at, count, json })
    };
    parse().ok_or_else(|| unexpected(text))
}

#[async_trait]
impl LoginStore for RedisStore {
    async fn record_login(&self, login: &LoginRow, first: &[EventRow]) -> Result<bool, StoreError> {
        let LoginRow { connection, revision, certificate, user, at, json } = login;
        let mut record = RECORD_LOGIN.key(self.key("connection", connection));
        let [logins, users, times, ..] = self.login_keys(connection);
        record.key(logins).key(users).key(times);
        record.arg(format!("{revision}:{certificate}")).arg(json).arg(user).arg(millis_after(*at));
        self.add_events(&mut record, first);
        match self.run(&record).await? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(unexpected::<u8>(other)),
        }
    }

    async fn logins(&self, connection: &str) -> Result<Vec<String>, StoreError> {
        let mut values = redis::cmd("HVALS");
        values.arg(self.key("logins", connection));
        self.query(&values).await
    }

    async fn last_logins(
        &self,
        connection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<UserLogin>, StoreError> {
        let [_, users, times, ..] = self.login_keys(connection);
        let (mut found, mut after) = (Vec::new(), after.map(str::to_owned));
        // One that is pruned between the two questions leaves a gap, which is filled with what comes behind.
        while found.len() < limit {
            let mut range = redis::cmd("ZRANGEBYLEX");
            let begin = after.map_or_else(|| "-".to_owned(), |after| format!("({after}"));
            range.arg(&users).arg(begin).arg("+").arg("LIMIT").arg(0).arg(limit - found.len());
            let names: Vec<String> = self.query(&range).await?;
            let Some(last) = names.last() else { break };
            after = Some(last.clone());
            let mut pipeline = redis::pipe();
            for user in &names {
                pipeline.cmd("ZSCORE").arg(&times).arg(user);
            }
            let scores: Vec<Option<u64>> = self.query_all(&pipeline).await?;
            found.extend(names.into_iter().zip(scores).filter_map(|(user, at)| {
                let at = from_millis(at?);
                Some(UserLogin { user, at })
            }));
        }
        Ok(found)
    }

    async fn record_attempt(&self, attempt: &AttemptRow) -> Result<(), StoreError> {
        let AttemptRow { connection, ring, code, count, .. } = attempt;
        let [_, _, _, proven, unproven, counts, order, number] = self.login_keys(connection);
        let (key, text) = (self.key("connection", connection), text_of(attempt)?);
        match ring {
            Ring::Proven => {
                let mut record = RECORD_PROVEN.key(key);
                // Each stands for itself.
                self.run(record.key(proven).arg(text).arg(ring.capacity())).await
            }
            Ring::Unproven => {
                let mut record = RECORD_UNPROVEN.key(key);
                record.key(unproven).key(counts).key(order).key(number);
                self.run(record.arg(text).arg(ring.capacity()).arg(code).arg(count)).await
            }
        }
    }

    async fn attempts(&self, connection: &str, ring: Ring) -> Result<Vec<AttemptRow>, StoreError> {
        let [_, _, _, proven, unproven, counts, order, _] = self.login_keys(connection);
        match ring {
            Ring::Proven => {
                let mut range = redis::cmd("LRANGE");
                let texts: Vec<String> = self.query(range.arg(proven).arg(0).arg(-1)).await?;
                texts.iter().map(|text| attempt_of(text, connection, ring, 1)).collect()
            }
            Ring::Unproven => {
                let mut read = UNPROVEN.key(unproven);
                let texts: Vec<(String, u64)> = self.run(read.key(counts).key(order)).await?;
                texts.iter().map(|(text, count)| attempt_of(text, connection, ring, *count)).collect()
            }
        }
    }
}

impl RedisStore {
    /// The users of a connection who last logged in before an instant.
    pub(crate) async fn users_before(
        &self,
        connection: &str,
        before: SystemTime,
    ) -> Result<Vec<String>, StoreError> {
        let [_, _, times, ..] = self.login_keys(connection);
        let mut range = redis::cmd("ZRANGEBYSCORE");
        range.arg(times).arg("-inf").arg(format!("({}", millis_after(before))).arg("LIMIT").arg(0).arg(1000);
        self.query(&range).await
    }
}
