//! The stores of `jumpcloud-sso` in Redis, for services of more than one process.
//!
//! What Redis is best at here is remembering what was used and what was revoked. [`RedisStore`] keeps connections, domains
//! and events too, so that a service without another database needs none; where there is one, `jumpcloud-sso-postgres` is
//! the better home for those, and both can be used side by side: each part of `jumpcloud-sso` takes its own store.
//!
//! ```no_run
//! use jumpcloud_sso::{Settings, SingleSignOn};
//! use jumpcloud_sso_redis::RedisStore;
//!
//! # async fn set_up() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect("redis://localhost:6379").await?;
//! let sso = SingleSignOn::new(&Settings::from_env()?, store)?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it relies on
//! [`RedisStore::connect`] asks the server, and refuses one that forgets:
//! - `appendonly yes`: without it a restart forgets every claim, and each assertion of the last minutes could be used
//!   again. A claim that was confirmed survives the death of the server's process; with `appendfsync everysec`, the
//!   default, the last second may be lost with the whole machine, with `always` it is not.
//! - `maxmemory-policy noeviction`: any other one deletes claims when memory runs short.
//!
//! After a failover to a replica, what had not reached it could be claimed again: Redis replicates asynchronously.
//!
//! The connection is made anew by itself when it breaks. While the server is down, whatever needs it fails within seconds,
//! and what it was for is refused. Expired claims go away by themselves.

mod connections;
mod domains;
mod expiring;

use std::fmt;
use std::time::Duration;

use jumpcloud_sso::StoreError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, InfoDict, RedisError, ScriptInvocation};

const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before connecting again at most: a login that comes in this time is refused.
const MAX_DELAY: Duration = Duration::from_millis(500);

const DEFAULT_PREFIX: &str = "jumpcloud-sso";

/// All four stores in Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: String,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// On the server of a URL such as `redis://user:password@host:6379/0`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be reached, or forgets.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(failed)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(MAX_DELAY);
        Self::new(ConnectionManager::new_with_config(client, config).await.map_err(failed)?).await
    }

    /// Over a connection that the host has already.
    ///
    /// # Errors
    /// [`StoreError`] where the server cannot be reached, or forgets.
    pub async fn new(connection: ConnectionManager) -> Result<Self, StoreError> {
        let store = Self::on_a_server_that_may_forget(connection);
        store.check_durability().await?;
        Ok(store)
    }

    /// Without asking whether the server forgets: for one that does not tell, or for tests. If it forgets, assertions of
    /// the last minutes can be used twice.
    #[must_use]
    pub fn on_a_server_that_may_forget(connection: ConnectionManager) -> Self {
        Self { connection, prefix: DEFAULT_PREFIX.to_owned() }
    }

    /// With another prefix of all keys than `jumpcloud-sso`: one for each service on a server.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    async fn check_durability(&self) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        let info: InfoDict = redis::cmd("INFO").query_async(&mut connection).await.map_err(failed)?;
        if info.get::<u8>("aof_enabled") != Some(1) {
            return Err(StoreError::new(
                "the Redis server forgets what was used when it restarts; set appendonly to yes",
            ));
        }
        let policy: Option<String> = info.get("maxmemory_policy");
        if policy.as_deref() != Some("noeviction") {
            return Err(StoreError::new(format!(
                "the Redis server deletes keys when memory runs short (maxmemory-policy {}); set it to noeviction",
                policy.as_deref().unwrap_or("unknown")
            )));
        }
        Ok(())
    }

    /// The name of a key of ours. All have the same hash tag, so that a script may touch several in a cluster too.
    fn key(&self, kind: &str, name: &str) -> String {
        format!("{{{}}}:{kind}:{name}", self.prefix)
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        script.invoke_async(&mut self.connection.clone()).await.map_err(failed)
    }

    async fn query<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        command.query_async(&mut self.connection.clone()).await.map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn failed(error: RedisError) -> StoreError {
    StoreError::new(error.to_string())
}
