//! The connection to the server, which is asked whether it forgets before anything else.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, InfoDict, RedisError, RedisResult, ServerErrorKind};
use sso_store::StoreError;
use tokio::sync::Mutex;

const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// For how long after a failure nobody connects again: a login that comes in this time is refused.
const PAUSE: Duration = Duration::from_millis(500);

/// What all clones of a store share.
///
/// A connection never outlives the server's process, and never becomes one to another: what was asked over it
/// holds for every command that goes over it. Whoever finds it broken has it forgotten, and the next one
/// connects and asks anew.
pub(crate) struct Link {
    client: Client,
    may_forget: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// When and why there was no connection.
    failed: Option<(Instant, String)>,
    /// How many connections there were.
    count: u64,
}

/// A connection to a server that was asked.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) connection: MultiplexedConnection,
    asked: Instant,
    number: u64,
}

impl Link {
    pub(crate) fn new(client: Client, may_forget: bool) -> Self {
        Self { client, may_forget, state: Mutex::default() }
    }

    /// A connection that was made and asked within the time of `check_every`. While one connects, the others
    /// wait for it.
    pub(crate) async fn open(&self, check_every: Duration) -> Result<Open, StoreError> {
        let mut state = self.state.lock().await;
        if let Some(open) = state.open.as_ref().filter(|open| open.asked.elapsed() < check_every) {
            return Ok(open.clone());
        }
        state.open = None;
        if let Some((_, why)) = state.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(StoreError::new(why));
        }
        let result = self.connect().await;
        state.failed = result.as_ref().err().map(|error| (Instant::now(), error.message.clone()));
        state.count += 1;
        let (connection, number) = (result.map_err(Failure::into_error)?, state.count);
        Ok(state.open.insert(Open { connection, asked: Instant::now(), number }).clone())
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        if !self.may_forget {
            check_durability(&mut connection).await?;
        }
        Ok(connection)
    }

    /// The result of a command. A connection that cannot be relied on any longer is forgotten.
    pub(crate) async fn close_if_broken<T>(
        &self,
        open: &Open,
        result: RedisResult<T>,
    ) -> Result<T, StoreError> {
        if result.as_ref().is_err_and(is_of_the_connection) {
            let mut state = self.state.lock().await;
            state.open.take_if(|other| other.number == open.number);
        }
        result.map_err(|error| Failure::from(error).into_error())
    }
}

/// Whether an error is one of the connection or of who is at its other end, and not an answer to a command.
fn is_of_the_connection(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

async fn check_durability(connection: &mut MultiplexedConnection) -> Result<(), Failure> {
    let info: InfoDict = redis::cmd("INFO").query_async(connection).await?;
    if info.get::<u8>("aof_enabled") != Some(1) {
        return Err(Failure::new(
            "the Redis server forgets what was used when it restarts; set appendonly to yes",
        ));
    }
    let policy: Option<String> = info.get("maxmemory_policy");
    if policy.as_deref() != Some("noeviction") {
        return Err(Failure::new(format!(
            "the Redis server deletes keys when memory runs short (maxmemory-policy {}); set it to noeviction",
            policy.as_deref().unwrap_or("unknown")
        )));
    }
    if appendfsync(connection).await?.as_deref() == Some("no") {
        return Err(Failure::new(
            "the Redis server forgets what was used when its machine fails; set appendfsync to everysec or always",
        ));
    }
    Ok(())
}

/// When the server writes to the disk. Providers do not always tell.
async fn appendfsync(connection: &mut MultiplexedConnection) -> Result<Option<String>, Failure> {
    let mut get = redis::cmd("CONFIG");
    let answer = get.arg("GET").arg("appendfsync").query_async(connection).await;
    match answer {
        Err(error) if is_of_the_connection(&error) => Err(error.into()),
        Err(_) => Ok(None),
        Ok(settings) => {
            let mut settings: HashMap<String, String> = settings;
            Ok(settings.remove("appendfsync"))
        }
    }
}

/// Why there is no connection, or no answer.
struct Failure {
    message: String,
    source: Option<RedisError>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    fn into_error(self) -> StoreError {
        let error = StoreError::new(self.message);
        match self.source {
            Some(source) => error.because(source),
            None => error,
        }
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self { message: error.to_string(), source: Some(error) }
    }
}
