//! Connections, their logins, and the audit log. A connection is a hash of its version and its record; a deleted one is
//! left without a record, so that its ID stays taken. Sorted sets in which all have the same score list them by ID.

use std::sync::LazyLock;

use jumpcloud_sso::{CompletedLogin, ConnectionRecord, ConnectionStore, Event, Requires, Saved, StoreError};
use redis::Script;

use crate::{RedisStore, unexpected};

/// KEYS: connection, all connections, those of the organization, the log, those that do not rely on domains,
/// domains. ARGV: ID, expected version or nothing, version, record, whether it relies on domains, whether it
/// requires one, events.
static SAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local present = redis.call('HGET', KEYS[1], 'version')
        if ARGV[2] == '' then
            if present then return 0 end
        elseif present ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 'record') == 0 then
            return 0
        end
        if ARGV[6] == '1' and redis.call('ZCARD', KEYS[6]) == 0 then return 2 end
        redis.call('HSET', KEYS[1], 'version', ARGV[3], 'record', ARGV[4])
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        redis.call('ZADD', KEYS[3], 0, ARGV[1])
        if ARGV[5] == '1' then
            redis.call('ZREM', KEYS[5], ARGV[1])
        else
            redis.call('ZADD', KEYS[5], 0, ARGV[1])
        end
        for number = 7, #ARGV do redis.call('RPUSH', KEYS[4], ARGV[number]) end
        return 1
        ",
    )
});

/// KEYS: connection, all connections, those of the organization, the log, those that do not rely on domains,
/// logins. ARGV: ID, expected version, events.
static DELETE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local present = redis.call('HGET', KEYS[1], 'version')
        if present ~= ARGV[2] or redis.call('HDEL', KEYS[1], 'record') == 0 then return 0 end
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZREM', KEYS[3], ARGV[1])
        redis.call('ZREM', KEYS[5], ARGV[1])
        redis.call('DEL', KEYS[6])
        for number = 3, #ARGV do redis.call('RPUSH', KEYS[4], ARGV[number]) end
        return 1
        ",
    )
});

/// KEYS: connection, logins, and the log of each event. ARGV: revision and certificate, login, events.
static RECORD_LOGIN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return 0 end
        local is_first = redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
        if is_first == 1 then
            for number = 3, #ARGV do redis.call('RPUSH', KEYS[number], ARGV[number]) end
        end
        return is_first
        ",
    )
});

impl RedisStore {
    pub(crate) fn list(&self, organization: Option<&str>) -> String {
        organization.map_or_else(
            || self.key("connections", ""),
            |organization| self.key("connections-of", organization),
        )
    }

    /// The IDs of an organization's connections that do not rely on its domains. All others do: also one that
    /// was kept by a version which did not say, until it is saved again.
    pub(crate) fn independent(&self, organization: &str) -> String {
        self.key("independent-of", organization)
    }

    pub(crate) fn log(&self, organization: &str) -> String {
        self.key("events", organization)
    }
}

impl ConnectionStore for RedisStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRecord>, StoreError> {
        let mut get = redis::cmd("HGET");
        get.arg(self.key("connection", id)).arg("record");
        let record: Option<String> = self.query(&get).await?;
        record.map(|json| ConnectionRecord::from_json(&json)).transpose()
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRecord>, StoreError> {
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        // One that is deleted between the two questions is no longer there. An empty page means that there are no more, so
        // that such a gap is filled with what comes behind.
        while found.len() < limit {
            let mut range = redis::cmd("ZRANGEBYLEX");
            range.arg(self.list(organization)).arg(format!("({after}")).arg("+");
            range.arg("LIMIT").arg(0).arg(limit - found.len());
            let ids: Vec<String> = self.query(&range).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let mut pipeline = redis::pipe();
            for id in &ids {
                pipeline.hget(self.key("connection", id), "record");
            }
            let records: Vec<Option<String>> = self.query_all(&pipeline).await?;
            found.extend(records.into_iter().flatten());
        }
        found.iter().map(|json| ConnectionRecord::from_json(json)).collect()
    }

    async fn save(
        &self,
        record: &ConnectionRecord,
        expected: Option<u64>,
        requires: Requires,
        events: &[Event],
    ) -> Result<Saved, StoreError> {
        let (id, organization) = (record.id(), record.organization());
        let mut save = SAVE.key(self.key("connection", id));
        save.key(self.list(None)).key(self.list(Some(organization))).key(self.log(organization));
        save.key(self.independent(organization)).key(self.domains_of(organization));
        save.arg(id).arg(expected.map_or_else(String::new, |version| version.to_string()));
        save.arg(record.version()).arg(record.to_json()?);
        save.arg(u8::from(record.relies_on_domains())).arg(u8::from(requires == Requires::Domain));
        for event in events {
            save.arg(event.to_json()?);
        }
        saved(self.run(&save).await?)
    }

    async fn delete(&self, id: &str, expected: u64, events: &[Event]) -> Result<Saved, StoreError> {
        let Some(record) = self.connection(id).await? else { return Ok(Saved::Conflict) };
        let organization = record.organization();
        let mut delete = DELETE.key(self.key("connection", id));
        delete.key(self.list(None)).key(self.list(Some(organization))).key(self.log(organization));
        delete.key(self.independent(organization)).key(self.key("logins", id)).arg(id).arg(expected);
        for event in events {
            delete.arg(event.to_json()?);
        }
        saved(self.run(&delete).await?)
    }

    async fn record_login(&self, login: &CompletedLogin, first: &[Event]) -> Result<bool, StoreError> {
        let id = login.connection();
        let mut record = RECORD_LOGIN.key(self.key("connection", id));
        record.key(self.key("logins", id));
        record.arg(format!("{}:{}", login.revision(), login.certificate())).arg(login.to_json()?);
        for event in first {
            record.key(self.log(event.organization())).arg(event.to_json()?);
        }
        match self.run(&record).await? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(unexpected::<u8>(other)),
        }
    }

    async fn logins(&self, id: &str) -> Result<Vec<CompletedLogin>, StoreError> {
        let mut values = redis::cmd("HVALS");
        values.arg(self.key("logins", id));
        let logins: Vec<String> = self.query(&values).await?;
        logins.iter().map(|json| CompletedLogin::from_json(json)).collect()
    }

    async fn append(&self, events: &[Event]) -> Result<(), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        for event in events {
            pipeline.rpush(self.log(event.organization()), event.to_json()?).ignore();
        }
        if events.is_empty() {
            return Ok(());
        }
        self.query_all(&pipeline).await
    }

    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        // The first event has the number 1 and the index 0, so that a number is the index of the event behind it.
        let Some(last) = u64::try_from(limit).ok().and_then(|limit| limit.checked_sub(1)) else {
            return Ok(Vec::new());
        };
        let mut range = redis::cmd("LRANGE");
        let last = i64::try_from(after.saturating_add(last)).unwrap_or(i64::MAX);
        range.arg(self.log(organization)).arg(after).arg(last);
        let events: Vec<String> = self.query(&range).await?;
        (after + 1..).zip(events).map(|(number, json)| Ok((number, Event::from_json(&json)?))).collect()
    }
}

fn saved(answer: u8) -> Result<Saved, StoreError> {
    match answer {
        0 => Ok(Saved::Conflict),
        1 => Ok(Saved::Saved),
        2 => Ok(Saved::NoDomain),
        other => Err(unexpected(other)),
    }
}
