//! The store itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{Client, Cmd, FromRedisValue, Pipeline, ScriptInvocation};
use sso_store::StoreError;

use crate::link::Link;

const CHECK_EVERY: Duration = Duration::from_secs(60);

const DEFAULT_PREFIX: &str = "jumpcloud-sso";

/// A store in Redis. Cheap to clone.
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

impl RedisStore {
    /// Connects to the server of a URL such as `redis://user:password@host:6379/0`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be reached, or forgets.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url);
        Self::new(client.map_err(|error| StoreError::new(error.to_string()).because(error))?).await
    }

    /// Connects to the server of a client that the host has set up.
    ///
    /// # Errors
    /// [`StoreError`] where the server cannot be reached, or forgets.
    pub async fn new(client: Client) -> Result<Self, StoreError> {
        let store = Self::over(Link::new(client, false));
        store.link.open(store.check_every).await?;
        Ok(store)
    }

    /// Uses a server without asking whether it forgets, and without connecting yet: for one that does not
    /// tell, or for tests. If it forgets, assertions of the last minutes can be used twice.
    #[must_use]
    pub fn on_a_server_that_may_forget(client: Client) -> Self {
        Self::over(Link::new(client, true))
    }

    fn over(link: Link) -> Self {
        Self { link: Arc::new(link), check_every: CHECK_EVERY, prefix: DEFAULT_PREFIX.to_owned() }
    }

    /// Sets another time than a minute after which the server is asked again.
    #[must_use]
    pub fn check_every(mut self, time: Duration) -> Self {
        self.check_every = time;
        self
    }

    /// Sets another prefix of all keys than `jumpcloud-sso`: one for each service on a server.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The name of a key of ours. All have the same hash tag, so that a script may touch several in a cluster
    /// too.
    pub(crate) fn key(&self, kind: &str, name: &str) -> String {
        format!("{{{}}}:{kind}:{name}", self.prefix)
    }

    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = script.invoke_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = command.query_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }

    pub(crate) async fn query_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let mut open = self.link.open(self.check_every).await?;
        let result = commands.query_async(&mut open.connection).await;
        self.link.close_if_broken(&open, result).await
    }

    pub(crate) fn list(&self, organization: Option<&str>) -> String {
        organization.map_or_else(
            || self.key("connections", ""),
            |organization| self.key("connections-of", organization),
        )
    }

    /// The domains of an organization.
    pub(crate) fn domains_of(&self, organization: &str) -> String {
        self.key("domains-of", organization)
    }

    /// The IDs of an organization's connections that do not rely on its domains. All others do: also one that
    /// was kept by a version which did not say, until it is saved again.
    pub(crate) fn independent(&self, organization: &str) -> String {
        self.key("independent-of", organization)
    }

    /// What changes are numbered by, and the changes.
    pub(crate) fn changes_keys(&self) -> [String; 2] {
        [self.key("changes-count", ""), self.key("changes", "")]
    }
}
