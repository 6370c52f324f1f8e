//! The audit log: a list for each organization, with the times of the events beside it.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use redis::Script;
use sso_store::{EventRow, EventStore, StoreError};

use crate::script::script;
use crate::store::RedisStore;
use crate::time::from_millis;

static APPEND: LazyLock<Script> = LazyLock::new(|| script("append(1, 1)"));

/// KEYS: the log, times, number of trimmed events. ARGV: the number to go on after, limit. The answer is the
/// number of the first event, the events, and the times that are known.
static READ: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local trimmed, after = tonumber(redis.call('GET', KEYS[3]) or '0'), tonumber(ARGV[1])
        local first = math.max(after, trimmed) + 1
        local begin = first - trimmed - 1
        local events = redis.call('LRANGE', KEYS[1], begin, begin + ARGV[2] - 1)
        local times = {}
        for index = 1, #events do
            times[index] = redis.call('HGET', KEYS[2], string.format('%d', first + index - 1))
        end
        return { first, events, times }
        ",
    )
});

/// The most events of a page: a script looks at each.
const PAGE: usize = 10_000;

/// The largest number that a script counts with.
const MAX_NUMBER: u64 = 1 << 53;

#[async_trait]
impl EventStore for RedisStore {
    async fn append(&self, events: &[EventRow]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut append = APPEND.prepare_invoke();
        self.add_events(&mut append, events);
        self.run(&append).await
    }

    async fn events(
        &self,
        organization: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, EventRow)>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut read = READ.prepare_invoke();
        for key in self.event_keys(organization) {
            read.key(key);
        }
        read.arg(after.min(MAX_NUMBER)).arg(limit.min(PAGE));
        let (first, events, times): (u64, Vec<String>, Vec<Option<u64>>) = self.run(&read).await?;
        let times = times.into_iter().chain(std::iter::repeat(None));
        let event = |(json, at): (String, Option<u64>)| EventRow {
            organization: organization.to_owned(),
            // A former version has kept none.
            at: at.map_or_else(SystemTime::now, from_millis),
            json,
        };
        Ok((first..).zip(events.into_iter().zip(times).map(event)).collect())
    }
}
