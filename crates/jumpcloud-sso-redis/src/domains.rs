//! Domains and whose they are.

use std::sync::LazyLock;

use jumpcloud_sso::{DomainClaim, DomainStore, Event, StoreError};
use redis::Script;

use crate::RedisStore;

/// KEYS: the domain, the organization's domains, its log. ARGV: domain, organization, events.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local owner = redis.call('GET', KEYS[1])
        if owner then return owner == ARGV[2] and 1 or 2 end
        redis.call('SET', KEYS[1], ARGV[2])
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        for number = 3, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[number]) end
        return 0
        ",
    )
});

/// KEYS and ARGV as for the other.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        for number = 3, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[number]) end
        return 1
        ",
    )
});

impl RedisStore {
    async fn change_domain(
        &self,
        script: &Script,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<u8, StoreError> {
        let mut change = script.key(self.key("domain", domain));
        change.key(self.key("domains-of", organization)).key(self.log(organization));
        change.arg(domain).arg(organization);
        for event in events {
            change.arg(event.to_json()?);
        }
        self.run(&change).await
    }
}

impl DomainStore for RedisStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<DomainClaim, StoreError> {
        Ok(match self.change_domain(&CLAIM, domain, organization, events).await? {
            0 => DomainClaim::Claimed,
            1 => DomainClaim::Owned,
            _ => DomainClaim::Taken,
        })
    }

    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        Ok(self.change_domain(&RELEASE, domain, organization, events).await? == 1)
    }

    async fn domain_owner(&self, domain: &str) -> Result<Option<String>, StoreError> {
        let mut get = redis::cmd("GET");
        self.query(get.arg(self.key("domain", domain))).await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        let mut range = redis::cmd("ZRANGE");
        self.query(range.arg(self.key("domains-of", organization)).arg(0).arg(-1)).await
    }
}
