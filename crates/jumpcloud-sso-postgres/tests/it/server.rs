use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use jumpcloud_sso_postgres::PostgresStore;
use sso_store_tests::{Server, kill_all};
use tokio::process::{Child, Command};
use tokio_postgres::{Config, NoTls};

/// A server with a database of its own, gone when it is dropped.
pub(crate) struct PostgresServer {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

impl PostgresServer {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With settings such as `fsync=off`.
    pub(crate) async fn with(settings: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(sso_store_tests::unique("postgres"));
        std::fs::create_dir(&directory).unwrap();
        let programs = programs();
        if is_root().await {
            run(Command::new("chown").arg("postgres").arg(&directory)).await;
        }
        let mut initdb = as_unprivileged(&programs.join("initdb")).await;
        run(initdb.args(["--username=app", "--auth=trust", "--no-sync", "-D"]).arg(directory.join("data")))
            .await;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(ToString::to_string).collect();
        let mut server = Self { programs, directory, port, settings, process: None };
        server.start().await;
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pool(&self) -> Pool {
        pool(self.port)
    }

    /// With its tables.
    pub(crate) async fn store(&self) -> PostgresStore {
        let store = PostgresStore::new(self.pool());
        store.migrate().await.unwrap();
        store
    }

    /// Runs statements.
    pub(crate) async fn run(&self, statements: &str) {
        self.pool().get().await.unwrap().batch_execute(statements).await.unwrap();
    }

    /// The number that a query gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.pool().get().await.unwrap().query_one(query, &[]).await.unwrap().get(0)
    }
}

pub(crate) fn pool(port: u16) -> Pool {
    pool_of(port, 8)
}

pub(crate) fn pool_of(port: u16, connections: usize) -> Pool {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user("app").dbname("postgres");
    Pool::builder(Manager::new(config, NoTls)).max_size(connections).build().unwrap()
}

impl Server for PostgresServer {
    async fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        kill_all(process.id().unwrap());
        process.wait().await.unwrap();
    }

    async fn start(&mut self) {
        // What one that was killed leaves in the system's memory may take a moment to go, and none starts
        // before.
        for _ in 0..100 {
            let mut postgres = as_unprivileged(&self.programs.join("postgres")).await;
            postgres.arg("-D").arg(self.directory.join("data")).arg("-k").arg(&self.directory);
            postgres.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
            postgres.args(self.settings.iter().flat_map(|setting| ["-c", setting]));
            let mut process = postgres.stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
            while process.try_wait().unwrap().is_none() {
                if self.pool().get().await.is_ok() {
                    self.process = Some(process);
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("the server does not start");
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if let Some(id) = self.process.as_ref().and_then(Child::id) {
            kill_all(id);
        }
        // What they leave behind is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Where Debian and others put what a server needs; `POSTGRES_BIN` says it for the rest.
fn programs() -> PathBuf {
    if let Some(directory) = std::env::var_os("POSTGRES_BIN") {
        return directory.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    found.pop().expect("PostgreSQL's server programs; set POSTGRES_BIN to their directory")
}

async fn is_root() -> bool {
    Command::new("id").arg("-u").output().await.unwrap().stdout == b"0\n"
}

/// The server refuses to be root.
async fn as_unprivileged(program: &Path) -> Command {
    if !is_root().await {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

async fn run(command: &mut Command) {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
