//! Domains and whose they are.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use redis::{Script, Value};
use sso_store::{
    Dispute, DomainClaim, DomainRelease, DomainStore, EndedDomain, EventRow, HeldDomain, Release, StoreError,
};

use crate::reply::unexpected;
use crate::script;
use crate::store::RedisStore;
use crate::time::{from_millis, millis_after};

/// What every script about a domain begins with. KEYS: the domain, all domains. ARGV: domain.
///
/// A domain is a hash. It was a string, the organization, before there were disputes, and such a domain was
/// in no set of all domains. Whoever comes upon one turns it into what it is now.
const CONVERT: &str = r"
    if redis.call('TYPE', KEYS[1]).ok == 'string' then
        local organization = redis.call('GET', KEYS[1])
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'organization', organization)
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
    end
";

fn script(body: &str) -> Script {
    script::script(&[CONVERT, body].concat())
}

/// KEYS: the domain, all domains. ARGV: domain.
static GET: LazyLock<Script> =
    LazyLock::new(|| script("return redis.call('HMGET', KEYS[1], 'organization', 'challenger', 'since')"));

/// KEYS: the domain, all domains, the organization's domains, then those of the events. ARGV: domain,
/// organization, then the events.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        local owner = redis.call('HGET', KEYS[1], 'organization')
        if owner then return owner == ARGV[2] and 1 or 2 end
        redis.call('HSET', KEYS[1], 'organization', ARGV[2])
        redis.call('ZADD', KEYS[2], 0, ARGV[1])
        redis.call('ZADD', KEYS[3], 0, ARGV[1])
        append(4, 3)
        return 0
        ",
    )
});

/// KEYS: the domain, all domains, the organization's domains, its connections, those of them that do not rely
/// on domains, domains that have ended, then those of the events. ARGV: domain, organization, whether it may
/// be in use, name and time of the end, events. The answer is 0 or 1, or the ID of a connection.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        if redis.call('HGET', KEYS[1], 'organization') ~= ARGV[2] then return 0 end
        if ARGV[3] == '0' then
            local relying = redis.call('ZDIFF', 2, KEYS[4], KEYS[5])
            if relying[1] then return relying[1] end
        end
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZREM', KEYS[3], ARGV[1])
        redis.call('ZADD', KEYS[6], 'GT', ARGV[5], ARGV[4])
        append(7, 6)
        return 1
        ",
    )
});

/// KEYS: the domain, all domains, those of the organization and of the next one, domains that have ended,
/// then those of the events. ARGV: domain, then organization, challenger and since, and the same of what
/// comes next; name and time of the end, events. Without a dispute, challenger and since are empty.
static REPLACE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
        local kept = redis.call('HMGET', KEYS[1], 'organization', 'challenger', 'since')
        if kept[1] ~= ARGV[2] or (kept[2] or '') ~= ARGV[3] or (kept[3] or '') ~= ARGV[4] then return 0 end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'organization', ARGV[5])
        if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'challenger', ARGV[6], 'since', ARGV[7]) end
        if ARGV[2] ~= ARGV[5] then
            redis.call('ZREM', KEYS[3], ARGV[1])
            redis.call('ZADD', KEYS[4], 0, ARGV[1])
            redis.call('ZADD', KEYS[5], 'GT', ARGV[9], ARGV[8])
        end
        append(6, 10)
        return 1
        ",
    )
});

/// KEYS: domains that have ended. ARGV: name and time of the end.
static FORGET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
        if at and tonumber(at) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
        ",
    )
});

/// How many keys the server looks at in one go.
const SCAN: usize = 1000;

/// The pattern that matches a text alone.
pub(crate) fn literal(text: &str) -> String {
    text.chars()
        .flat_map(|it| ['*', '?', '[', ']', '\\'].contains(&it).then_some('\\').into_iter().chain([it]))
        .collect()
}

/// A hash of a domain: organization, and of a dispute the challenger and the time.
type Fields = (Option<String>, Option<String>, Option<u64>);

fn held((organization, challenger, since): Fields, domain: &str) -> Option<HeldDomain> {
    let dispute =
        challenger.zip(since).map(|(challenger, since)| Dispute::new(&challenger, from_millis(since)));
    Some(HeldDomain { domain: domain.to_owned(), organization: organization?, dispute })
}

fn dispute_of(held: &HeldDomain) -> (&str, String) {
    let dispute = held.dispute.as_ref();
    dispute.map_or(("", String::new()), |it| (it.challenger(), millis_after(it.since()).to_string()))
}

/// The name of an end. Domains hold no space.
fn end_of(organization: &str, domain: &str) -> String {
    format!("{domain} {organization}")
}

impl RedisStore {
    fn all_domains(&self) -> String {
        self.key("domains", "")
    }

    fn ended(&self) -> String {
        self.key("ended-domains", "")
    }

    async fn fields(&self, domain: &str) -> Result<Fields, StoreError> {
        let mut get = GET.key(self.key("domain", domain));
        get.key(self.all_domains()).arg(domain);
        self.run(&get).await
    }

    /// Looks for domains that are strings, once for all processes: nothing else has their names. One that an
    /// old process claims after that is converted when it is next asked for, at a login at the latest.
    async fn convert_domains(&self) -> Result<(), StoreError> {
        let done = self.key("converted", "domains");
        if self.query(redis::cmd("EXISTS").arg(&done)).await? {
            return Ok(());
        }
        let prefix = self.key("domain", "");
        let pattern = format!("{}*", literal(&prefix));
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(SCAN).arg("TYPE").arg("string");
            let (next, keys): (u64, Vec<String>) = self.query(&scan).await?;
            for domain in keys.iter().filter_map(|key| key.strip_prefix(&prefix)) {
                self.fields(domain).await?;
            }
            if next == 0 {
                return self.query(redis::cmd("SET").arg(&done).arg(1)).await;
            }
            cursor = next;
        }
    }
}

#[async_trait]
impl DomainStore for RedisStore {
    async fn claim_domain(
        &self,
        domain: &str,
        organization: &str,
        events: &[EventRow],
    ) -> Result<DomainClaim, StoreError> {
        let mut claim = CLAIM.key(self.key("domain", domain));
        claim.key(self.all_domains()).key(self.domains_of(organization));
        claim.arg(domain).arg(organization);
        self.add_events(&mut claim, events);
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
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<DomainRelease, StoreError> {
        let mut script = RELEASE.key(self.key("domain", domain));
        script.key(self.all_domains()).key(self.domains_of(organization));
        script.key(self.list(Some(organization))).key(self.independent(organization)).key(self.ended());
        script.arg(domain).arg(organization).arg(u8::from(release == Release::EvenIfMembersAreLockedOut));
        script.arg(end_of(organization, domain)).arg(millis_after(at));
        self.add_events(&mut script, events);
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

    async fn replace_domain(
        &self,
        present: &HeldDomain,
        next: &HeldDomain,
        at: SystemTime,
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        let HeldDomain { domain, organization, .. } = present;
        let mut script = REPLACE.key(self.key("domain", domain));
        script.key(self.all_domains()).key(self.domains_of(organization));
        script.key(self.domains_of(&next.organization)).key(self.ended());
        script.arg(domain);
        for held in [present, next] {
            let (challenger, since) = dispute_of(held);
            script.arg(&held.organization).arg(challenger).arg(since);
        }
        script.arg(end_of(organization, domain)).arg(millis_after(at));
        self.add_events(&mut script, events);
        match self.run(&script).await? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(unexpected::<u8>(other)),
        }
    }

    async fn held_domain(&self, domain: &str) -> Result<Option<HeldDomain>, StoreError> {
        Ok(held(self.fields(domain).await?, domain))
    }

    async fn held_domains(&self, after: &str, limit: usize) -> Result<Vec<HeldDomain>, StoreError> {
        self.convert_domains().await?;
        let (mut found, mut after) = (Vec::new(), after.to_owned());
        // As for connections, what was released between the two questions leaves no empty page behind.
        while found.len() < limit {
            let mut range = redis::cmd("ZRANGEBYLEX");
            range.arg(self.all_domains()).arg(format!("({after}")).arg("+");
            range.arg("LIMIT").arg(0).arg(limit - found.len());
            let domains: Vec<String> = self.query(&range).await?;
            let Some(last) = domains.last() else { break };
            after.clone_from(last);
            let mut pipeline = redis::pipe();
            for domain in &domains {
                let fields = &["organization", "challenger", "since"];
                pipeline.cmd("HMGET").arg(self.key("domain", domain)).arg(fields);
            }
            let fields: Vec<Fields> = self.query_all(&pipeline).await?;
            found
                .extend(fields.into_iter().zip(&domains).filter_map(|(fields, domain)| held(fields, domain)));
        }
        Ok(found)
    }

    async fn domains(&self, organization: &str) -> Result<Vec<String>, StoreError> {
        let mut range = redis::cmd("ZRANGE");
        self.query(range.arg(self.domains_of(organization)).arg(0).arg(-1)).await
    }

    async fn ended_domains(&self, limit: usize) -> Result<Vec<EndedDomain>, StoreError> {
        let Some(last) = limit.checked_sub(1) else { return Ok(Vec::new()) };
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.ended()).arg(0).arg(last).arg("WITHSCORES");
        let ended: Vec<(String, u64)> = self.query(&range).await?;
        let parse = |(name, at): (String, u64)| match name.split_once(' ') {
            Some((domain, organization)) => Ok(EndedDomain {
                organization: organization.to_owned(),
                domain: domain.to_owned(),
                at: from_millis(at),
            }),
            None => Err(unexpected(name)),
        };
        ended.into_iter().map(parse).collect()
    }

    async fn forget_ended_domain(&self, ended: &EndedDomain) -> Result<(), StoreError> {
        let mut script = FORGET.key(self.ended());
        script.arg(end_of(&ended.organization, &ended.domain)).arg(millis_after(ended.at));
        self.run(&script).await
    }
}
