use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use jumpcloud_sso_redis::RedisStore;
use redis::{Client, InfoDict};
use sso_store_tests::{Server, kill_all};
use tokio::process::{Child, Command};

/// A server of its own, gone when it is dropped.
pub(crate) struct RedisServer {
    directory: PathBuf,
    port: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl RedisServer {
    pub(crate) async fn new() -> Self {
        Self::with(&["--appendonly", "yes"]).await
    }

    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(sso_store_tests::unique("redis"));
        std::fs::create_dir(&directory).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut server = Self { directory, port, arguments, process: None };
        server.start().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn store(&self) -> RedisStore {
        RedisStore::connect(&self.url()).await.unwrap()
    }

    /// Kills it, and starts it over what it had written with other arguments.
    pub(crate) async fn restart_with(&mut self, arguments: &[&str]) {
        self.kill().await;
        self.arguments = arguments.iter().map(ToString::to_string).collect();
        self.start().await;
    }

    /// Changes a setting while it runs.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        let mut connection = self.client().get_multiplexed_async_connection().await.unwrap();
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg(name).arg(value).exec_async(&mut connection).await.unwrap();
    }

    /// The number of keys.
    pub(crate) async fn keys(&self) -> u64 {
        let mut connection = self.client().get_multiplexed_async_connection().await.unwrap();
        redis::cmd("DBSIZE").query_async(&mut connection).await.unwrap()
    }

    /// Bytes in use.
    pub(crate) async fn memory(&self) -> u64 {
        let mut connection = self.client().get_multiplexed_async_connection().await.unwrap();
        let info: InfoDict = redis::cmd("INFO").arg("memory").query_async(&mut connection).await.unwrap();
        info.get("used_memory").unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(self.url()).unwrap()
    }
}

impl Server for RedisServer {
    async fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        kill_all(process.id().unwrap());
        process.wait().await.unwrap();
    }

    async fn start(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(&self.directory);
        command.args(&self.arguments).stdout(Stdio::null()).kill_on_drop(true);
        self.process = Some(command.spawn().expect("redis-server"));
        for _ in 0..200 {
            // It answers while it still loads, too, but not to this.
            if let Ok(mut connection) = self.client().get_multiplexed_async_connection().await
                && redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not start");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(id) = self.process.as_ref().and_then(Child::id) {
            kill_all(id);
        }
        // What it leaves behind is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
