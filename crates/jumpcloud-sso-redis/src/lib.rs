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
//! Over each connection that is made, the server is asked before anything else, and one that forgets is refused; likewise
//! every minute ([`RedisStore::check_every`]), as settings change:
//! - `appendonly yes`: without it a restart forgets every claim, and each assertion of the last minutes could be used
//!   again. With `appendfsync always`, a claim that was confirmed is on the disk. With `everysec`, the default, it survives
//!   the death of the server's process as a rule, and the last second may be lost with the whole machine; where the disk
//!   is too slow for that, the last two, and with the process. `no` is refused where the server tells (`CONFIG GET`).
//! - `maxmemory-policy noeviction`: any other one deletes claims when memory runs short.
//!
//! After a failover to a replica, what had not reached it could be claimed again: Redis replicates asynchronously.
//!
//! The connection is made anew by itself when it breaks. While the server is down, whatever needs it fails within seconds,
//! and what it was for is refused. Expired claims go away by themselves, by the server's clock.

mod connections;
mod domains;
mod expiring;
mod link;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jumpcloud_sso::StoreError;
use redis::{Client, Cmd, FromRedisValue, Pipeline, ScriptInvocation};

use link::Link;

const CHECK_EVERY: Duration = Duration::from_secs(60);

const DEFAULT_PREFIX: &str = "jumpcloud-sso";

/// All four stores in Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    check_every: Duration,
    prefix: String,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// The error for a reply that the protocol does not have: what was asked for is then refused.
fn unexpected<T: fmt::Debug>(reply: T) -> StoreError {
    let reply: String = format!("{reply:?}").chars().take(64).collect();
    StoreError::new(format!("the Redis server gave a reply that is not expected here: {reply}"))
}

impl RedisStore {
    /// On the server of a URL such as `redis://user:password@host:6379/0`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be reached, or forgets.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url);
        Self::new(client.map_err(|error| StoreError::new(error.to_string()).because(error))?).await
    }

    /// On the server of a client that the host has set up.
    ///
    /// # Errors
    /// [`StoreError`] where the server cannot be reached, or forgets.
    pub async fn new(client: Client) -> Result<Self, StoreError> {
        let store = Self::over(Link::new(client, false));
        store.link.open(store.check_every).await?;
        Ok(store)
    }

    /// Without asking whether the server forgets, and without connecting yet: for one that does not tell, or for tests. If
    /// it forgets, assertions of the last minutes can be used twice.
    #[must_use]
    pub fn on_a_server_that_may_forget(client: Client) -> Self {
        Self::over(Link::new(client, true))
    }

    fn over(link: Link) -> Self {
        Self { link: Arc::new(link), check_every: CHECK_EVERY, prefix: DEFAULT_PREFIX.to_owned() }
    }

    /// With another time than a minute after which the server is asked again.
    #[must_use]
    pub fn check_every(mut self, time: Duration) -> Self {
        self.check_every = time;
        self
    }

    /// With another prefix of all keys than `jumpcloud-sso`: one for each service on a server.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The name of a key of ours. All have the same hash tag, so that a script may touch several in a cluster too.
    fn key(&self, kind: &str, name: &str) -> String {
        format!("{{{}}}:{kind}:{name}", self.prefix)
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = script.invoke_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = command.query_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }

    async fn query_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = commands.query_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }
}
