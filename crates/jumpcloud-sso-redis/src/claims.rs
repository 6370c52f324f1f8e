//! What was used once: Redis forgets it by itself.

use std::sync::LazyLock;
use std::time::SystemTime;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::{Script, Value};
use sso_store::{Claim, ClaimKey, ClaimStore, Claimed, StoreError};

use crate::reply::unexpected;
use crate::store::RedisStore;
use crate::time::lifetime;

/// Makes all claims or none. KEYS: what is claimed. ARGV: for how long each. The answer is 0, or the number
/// of the first one that was claimed before.
static CLAIM_ALL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        for number = 1, #KEYS do
            if redis.call('EXISTS', KEYS[number]) == 1 then return number end
        end
        for number = 1, #KEYS do redis.call('SET', KEYS[number], 1, 'PX', ARGV[number]) end
        return 0
        ",
    )
});

#[async_trait]
impl ClaimStore for RedisStore {
    async fn claim(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        Claim::check(claims)?;
        match claims {
            [claim] => self.claim_one(claim, now).await,
            claims => self.claim_all(claims, now).await,
        }
    }
}

impl RedisStore {
    fn claim_key(&self, key: &ClaimKey) -> String {
        self.key("once", &URL_SAFE_NO_PAD.encode(key.as_bytes()))
    }

    async fn claim_one(&self, claim: &Claim, now: SystemTime) -> Result<Claimed, StoreError> {
        let mut set = redis::cmd("SET");
        set.arg(self.claim_key(&claim.key)).arg(1).arg("NX").arg("PX").arg(lifetime(claim.until, now));
        // Nothing but these two is a reply to SET with NX.
        match self.query(&set).await? {
            Value::Okay => Ok(Claimed::Now),
            Value::Nil => Ok(Claimed::Before(claim.key)),
            other => Err(unexpected(other)),
        }
    }

    async fn claim_all(&self, claims: &[Claim], now: SystemTime) -> Result<Claimed, StoreError> {
        let mut all = CLAIM_ALL.prepare_invoke();
        for claim in claims {
            all.key(self.claim_key(&claim.key)).arg(lifetime(claim.until, now));
        }
        match self.run(&all).await? {
            0_usize => Ok(Claimed::Now),
            number => {
                let claim = number.checked_sub(1).and_then(|index| claims.get(index));
                Ok(Claimed::Before(claim.ok_or_else(|| unexpected(number))?.key))
            }
        }
    }
}
