//! Domains and whose they are.

use std::sync::LazyLock;

use jumpcloud_sso::{DomainClaim, DomainRelease, DomainStore, Event, Release, StoreError};
use redis::{Script, Value};

use crate::{RedisStore, unexpected};

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

/// KEYS: the domain, the organization's domains, its log, its connections that rely on domains. ARGV: domain,
/// organization, whether it may be in use, events. The answer is 0 or 1, or the ID of a connection.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
        if ARGV[3] == '0' then
            local relying = redis.call('ZRANGE', KEYS[4], 0, 0)
            if relying[1] then return relying[1] end
        end
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        for number = 4, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[number]) end
        return 1
        ",
    )
});

impl RedisStore {
    /// The domains of an organization.
    pub(crate) fn domains_of(&self, organization: &str) -> String {
        self.key("domains-of", organization)
    }
}

impl DomainStore for RedisStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[Event],
    ) -> Result<DomainClaim, StoreError> {
        let mut claim = CLAIM.key(self.key("domain", domain));
        claim.key(self.domains_of(organization)).key(self.log(organization));
        claim.arg(domain).arg(organization);
        for event in events {
            claim.arg(event.to_json()?);
        }
        match self.run(&claim).await? {
            0 => Ok(DomainClaim::Claimed),
            1 => Ok(DomainClaim::Owned),
            2 => Ok(DomainClaim::Taken),
            other => Err(unexpected::<u8>(other)),
        }
    }

    async fn release_domain(
        &self,
        domain: &str,
        organization: &str,
        release: Release,
        events: &[Event],
    ) -> Result<DomainRelease, StoreError> {
        let mut script = RELEASE.key(self.key("domain", domain));
        script.key(self.domains_of(organization)).key(self.log(organization)).key(self.relying(organization));
        script.arg(domain).arg(organization).arg(u8::from(release == Release::EvenIfMembersAreLockedOut));
        for event in events {
            script.arg(event.to_json()?);
        }
        match self.run(&script).await? {
            Value::Int(0) => Ok(DomainRelease::NotOwned),
            Value::Int(1) => Ok(DomainRelease::Released),
            Value::BulkString(id) => {
                let id = String::from_utf8(id);
                Ok(DomainRelease::InUse(id.map_err(|error| unexpected(error.as_bytes()))?))
            }
            other => Err(unexpected(other)),
        }
    }

    async fn domain_owner(&self, domain: &str) -> Result<Option<String>, StoreError> {
        let mut get = redis::cmd("GET");
        self.query(get.arg(self.key("domain", domain))).await
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        let mut range = redis::cmd("ZRANGE");
        self.query(range.arg(self.domains_of(organization)).arg(0).arg(-1)).await
    }
}
