//! Connections. A connection is a hash of its version, its record and what is kept beside it; a deleted one
//! is left without a record, so that its ID stays taken. Sorted sets in which all have the same score list
//! them by ID.

use std::sync::LazyLock;

use async_trait::async_trait;
use redis::Script;
use serde::Deserialize;
use sso_store::{ConnectionRow, ConnectionStore, Created, EventRow, Requires, Saved, Selection, StoreError};

use crate::reply::unexpected;
use crate::script::script;
use crate::store::RedisStore;

/// KEYS: connection, all connections, those of the organization, those that do not rely on domains, domains,
/// what changes are numbered by, the changes, slots, then those of the events. ARGV: ID, expected version or
/// nothing, version, record, whether it relies on domains, whether it requires one, organization, whether it
/// is enforced, slot or nothing, what the key of a connection begins with, then the events. The answer is 0,
/// 1 or 2, or the ID of the connection in the slot.
static SAVE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        if ARGV[9] ~= '' then
            local taken = redis.call('HGET', KEYS[8], ARGV[9])
            if taken and redis.call('HEXISTS', ARGV[10] .. taken, 'record') == 1 then return '=' .. taken end
        end
        local present = redis.call('HGET', KEYS[1], 'version')
        if ARGV[2] == '' then
            if present then return '0' end
        elseif present ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 'record') == 0 then
            return '0'
        end
        if ARGV[6] == '1' and redis.call('ZCARD', KEYS[5]) == 0 then return '2' end
        redis.call('HSET', KEYS[1], 'version', ARGV[3], 'record', ARGV[4], 'organization', ARGV[7],
            'flags', ARGV[3], 'relies', ARGV[5], 'enforced', ARGV[8])
        if ARGV[9] ~= '' then
            redis.call('HSET', KEYS[1], 'slot', ARGV[9])
            redis.call('HSET', KEYS[8], ARGV[9], ARGV[1])
        end
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        redis.call('ZADD', KEYS[3], 0, ARGV[1])
        if ARGV[5] == '1' then
            redis.call('ZREM', KEYS[4], ARGV[1])
        else
            redis.call('ZADD', KEYS[4], 0, ARGV[1])
        end
        tell(KEYS[6], KEYS[7], 'c' .. ARGV[7])
        append(9, 11)
        return '1'
        ",
    )
});

/// KEYS: connection, all connections, those of the organization, those that do not rely on domains, what
/// changes are numbered by, the changes, slots, logins, users, times of users, attempts, other attempts,
/// their counts, their order, what they are numbered by, then those of the events. ARGV: ID, expected
/// version, organization, then the events.
static DELETE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        local present = redis.call('HGET', KEYS[1], 'version')
        if present ~= ARGV[2] or redis.call('HDEL', KEYS[1], 'record') == 0 then return 0 end
        local slot = redis.call('HGET', KEYS[1], 'slot')
        if slot and redis.call('HGET', KEYS[7], slot) == ARGV[1] then redis.call('HDEL', KEYS[7], slot) end
        for number = 2, 4 do redis.call('ZREM', KEYS[number], ARGV[1]) end
        for number = 8, 15 do redis.call('DEL', KEYS[number]) end
        tell(KEYS[5], KEYS[6], 'c' .. ARGV[3])
        append(16, 4)
        return 1
        ",
    )
});

/// KEYS: connection. ARGV: what the key of an organization's domains begins with. The answer is the
/// connection, and the domains where it says of whose.
static WITH_DOMAINS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local fields = redis.call('HMGET', KEYS[1],
            'version', 'record', 'organization', 'flags', 'enforced', 'relies')
        if not fields[3] then return { fields, {} } end
        return { fields, redis.call('ZRANGE', ARGV[1] .. fields[3], 0, -1) }
        ",
    )
});

const FIELDS: &[&str] = &["version", "record", "organization", "flags", "enforced", "relies"];

/// The fields of a connection, those that there are: version, record, organization, the version at which the
/// next two were written, whether it is enforced, whether it relies on domains.
pub(crate) type Fields =
    (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

/// As much of a record as a former version did not keep beside it.
#[derive(Deserialize)]
struct Organization {
    organization: String,
}

/// The row of some fields, unless it is deleted. What a former version has saved says nothing about
/// enforcement and domains, and may be enforced and rely on them.
pub(crate) fn row(id: &str, fields: Fields) -> Result<Option<ConnectionRow>, StoreError> {
    let (version, json, organization, flags, enforced, relies) = fields;
    let (Some(version), Some(json)) = (version, json) else { return Ok(None) };
    let organization = if let Some(organization) = organization {
        organization
    } else {
        let record = serde_json::from_str::<Organization>(&json);
        let unreadable = |error| StoreError::new("a connection is unreadable").because(error);
        record.map_err(unreadable)?.organization
    };
    let is_known = flags.as_ref() == Some(&version);
    let is = |flag: Option<String>| !is_known || flag.as_deref() != Some("0");
    Ok(Some(ConnectionRow {
        id: id.to_owned(),
        organization,
        is_enforced: is(enforced),
        relies_on_domains: is(relies),
        version: version.parse().map_err(|_| unexpected(version))?,
        json,
    }))
}

impl RedisStore {
    /// Saves a row, and answers as [`SAVE`] does.
    async fn save_row(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        slot: &str,
        events: &[EventRow],
    ) -> Result<String, StoreError> {
        let ConnectionRow { id, organization, version, is_enforced, relies_on_domains, json } = row;
        let mut save = SAVE.key(self.key("connection", id));
        save.key(self.list(None)).key(self.list(Some(organization))).key(self.independent(organization));
        save.key(self.domains_of(organization));
        for key in self.changes_keys() {
            save.key(key);
        }
        save.key(self.key("slots-of", organization));
        save.arg(id).arg(expected.map_or_else(String::new, |version| version.to_string()));
        save.arg(version).arg(json).arg(u8::from(*relies_on_domains));
        save.arg(u8::from(requires == Requires::Domain)).arg(organization).arg(u8::from(*is_enforced));
        save.arg(slot).arg(self.key("connection", ""));
        self.add_events(&mut save, events);
        self.run(&save).await
    }
}

#[async_trait]
impl ConnectionStore for RedisStore {
    async fn connection(&self, id: &str) -> Result<Option<ConnectionRow>, StoreError> {
        let mut get = redis::cmd("HMGET");
        get.arg(self.key("connection", id)).arg(FIELDS);
        row(id, self.query(&get).await?)
    }

    async fn connection_with_domains(
        &self,
        id: &str,
    ) -> Result<Option<(ConnectionRow, Vec<String>)>, StoreError> {
        let mut read = WITH_DOMAINS.key(self.key("connection", id));
        read.arg(self.domains_of(""));
        let (fields, domains): (Fields, Vec<String>) = self.run(&read).await?;
        let is_whole = fields.2.is_some();
        let Some(row) = row(id, fields)? else { return Ok(None) };
        if is_whole {
            return Ok(Some((row, domains)));
        }
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.domains_of(&row.organization)).arg(0).arg(-1);
        let domains = self.query(&range).await?;
        Ok(Some((row, domains)))
    }

    async fn connections(
        &self,
        organization: Option<&str>,
        selection: Selection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ConnectionRow>, StoreError> {
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        // One that is deleted between the two questions is no longer there, and others are not asked for:
        // such gaps are filled with what comes behind, so that a short page is the last one.
        while found.len() < limit {
            let mut range = redis::cmd("ZRANGEBYLEX");
            range.arg(self.list(organization)).arg(format!("({after}")).arg("+");
            range.arg("LIMIT").arg(0).arg(limit - found.len());
            let ids: Vec<String> = self.query(&range).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            let mut pipeline = redis::pipe();
            for id in &ids {
                pipeline.cmd("HMGET").arg(self.key("connection", id)).arg(FIELDS);
            }
            let rows: Vec<Fields> = self.query_all(&pipeline).await?;
            for (id, fields) in ids.iter().zip(rows) {
                let row = row(id, fields)?;
                found.extend(row.filter(|row| selection == Selection::All || row.is_enforced));
            }
        }
        Ok(found)
    }

    async fn get_or_create(
        &self,
        slot: &str,
        row: &ConnectionRow,
        events: &[EventRow],
    ) -> Result<Created, StoreError> {
        // A slot of that name may be empty text; what is kept is never.
        let slot = format!("s{slot}");
        loop {
            let answer = self.save_row(row, None, Requires::Nothing, &slot, events).await?;
            match answer.as_str() {
                "1" => return Ok(Created::Now),
                "0" => return Ok(Created::Conflict),
                other => {
                    let id = other.strip_prefix('=').ok_or_else(|| unexpected(other))?;
                    // One that is deleted meanwhile has left the slot.
                    if let Some(row) = self.connection(id).await? {
                        return Ok(Created::Before(row));
                    }
                }
            }
        }
    }

    async fn save(
        &self,
        row: &ConnectionRow,
        expected: Option<u64>,
        requires: Requires,
        events: &[EventRow],
    ) -> Result<Saved, StoreError> {
        match self.save_row(row, expected, requires, "", events).await?.as_str() {
            "0" => Ok(Saved::Conflict),
            "1" => Ok(Saved::Saved),
            "2" => Ok(Saved::NoDomain),
            other => Err(unexpected(other)),
        }
    }

    async fn delete(&self, id: &str, expected: u64, events: &[EventRow]) -> Result<Saved, StoreError> {
        let Some(row) = self.connection(id).await? else { return Ok(Saved::Conflict) };
        let organization = row.organization;
        let mut delete = DELETE.key(self.key("connection", id));
        delete.key(self.list(None)).key(self.list(Some(&organization))).key(self.independent(&organization));
        for key in self.changes_keys() {
            delete.key(key);
        }
        delete.key(self.key("slots-of", &organization));
        for key in self.login_keys(id) {
            delete.key(key);
        }
        delete.arg(id).arg(expected).arg(organization);
        self.add_events(&mut delete, events);
        match self.run(&delete).await? {
            0 => Ok(Saved::Conflict),
            1 => Ok(Saved::Saved),
            other => Err(unexpected::<u8>(other)),
        }
    }
}
