//! What scripts have in common.

use redis::{Script, ScriptInvocation};
use sso_store::EventRow;

use crate::store::RedisStore;
use crate::time::millis_after;

/// Appends events: from a key on the log, the times and the number of trimmed events of each, from an
/// argument on each with its time.
const APPEND: &str = r"
    local function append(key, arg)
        while ARGV[arg] do
            local length = redis.call('RPUSH', KEYS[key], ARGV[arg])
            local trimmed = tonumber(redis.call('GET', KEYS[key + 2]) or '0')
            redis.call('HSET', KEYS[key + 1], string.format('%d', length + trimmed), ARGV[arg + 1])
            key, arg = key + 3, arg + 2
        end
    end
";

/// Tells a change: what changes are numbered by, the changes, and what has changed. A change is its number,
/// its time and what has changed, and is kept for ten minutes.
pub(crate) const TELL: &str = r"
    local function tell(count, changes, what)
        local number, time = redis.call('INCR', count), redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZADD', changes, number, string.format('%d:%d:', number, now) .. what)
        for _, old in ipairs(redis.call('ZRANGE', changes, 0, 9)) do
            if now - tonumber(string.match(old, '^%d+:(%d+):')) <= 600000 then break end
            redis.call('ZREM', changes, old)
        end
    end
";

/// A script that may append events and tell changes.
pub(crate) fn script(body: &str) -> Script {
    Script::new(&[APPEND, TELL, body].concat())
}

impl RedisStore {
    pub(crate) fn event_keys(&self, organization: &str) -> [String; 3] {
        ["events", "event-times", "events-trimmed"].map(|kind| self.key(kind, organization))
    }

    /// Adds events to a script, behind all of its other keys and arguments.
    pub(crate) fn add_events(&self, script: &mut ScriptInvocation<'_>, events: &[EventRow]) {
        for EventRow { organization, at, json } in events {
            for key in self.event_keys(organization) {
                script.key(key);
            }
            script.arg(json).arg(millis_after(*at));
        }
    }
}
