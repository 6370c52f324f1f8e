//! The contract of the stores, on a Redis server that each test starts for itself.
//!
//! They are ignored unless asked for (`cargo test -- --include-ignored`), since they need the server's
//! program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod former;
mod frozen;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso_redis::RedisStore;
use redis::Client;
use redis::aio::MultiplexedConnection;
use sso_store::{Claim, ClaimStore, Claimed, MemoryStore, Revocation, SessionStore as _, StoreError, Stores};
use sso_store_tests as contract;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use server::RedisServer;

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn it_keeps_the_contract() {
    let server = RedisServer::new().await;
    let store = server.store().await;
    contract::all_of(&store.clone().into()).await;
    contract::clocks(&store.clone().into()).await;
    contract::skew(&store.clone().into()).await;
    contract::walk(&store.clone().into()).await;
    contract::walk(&store.clone().into()).await;
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn services_with_different_prefixes_do_not_meet() {
    let server = RedisServer::new().await;
    let (first, second) = (server.store().await, server.store().await.prefix("other"));
    let now = contract::now();
    for store in [&first, &second] {
        assert_eq!(
            store
                .claim(
                    &[Claim { key: contract::claim_key("key"), until: now + Duration::from_secs(60) }],
                    now
                )
                .await
                .unwrap(),
            Claimed::Now
        );
        assert_ne!(
            store
                .claim(
                    &[Claim { key: contract::claim_key("key"), until: now + Duration::from_secs(60) }],
                    now
                )
                .await
                .unwrap(),
            Claimed::Now
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn it_survives_a_crash() {
    let mut server = RedisServer::new().await;
    let store = server.store().await;
    contract::crash(&store.clone().into(), &mut server).await;
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_server_that_forgets_is_refused() {
    let volatile = RedisServer::with(&["--appendonly", "no"]).await;
    let error = RedisStore::connect(&volatile.url()).await.unwrap_err();
    assert!(error.to_string().contains("set appendonly to yes"), "{error}");
    let evicting = ["--appendonly", "yes", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];
    let evicting = RedisServer::with(&evicting).await;
    let error = RedisStore::connect(&evicting.url()).await.unwrap_err();
    assert!(error.to_string().contains("(maxmemory-policy allkeys-lru); set it to noeviction"), "{error}");
    let slow = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "no"]).await;
    let error = RedisStore::connect(&slow.url()).await.unwrap_err();
    assert!(error.to_string().contains("set appendfsync to everysec or always"), "{error}");
    // One that does not tell.
    let silent = ["--appendonly", "yes", "--appendfsync", "no", "--rename-command", "CONFIG", ""];
    RedisStore::connect(&RedisServer::with(&silent).await.url()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_server_that_forgets_from_a_restart_on_is_refused() {
    let mut server = RedisServer::new().await;
    let store = server.store().await;
    let claim = async |key: &str| {
        let now = contract::now();
        store
            .claim(&[Claim { key: contract::claim_key(key), until: now + Duration::from_secs(600) }], now)
            .await
    };
    assert_eq!(claim("used").await.unwrap(), Claimed::Now);
    server.restart_with(&["--appendonly", "no"]).await;
    let begin = Instant::now();
    let mut last = String::new();
    while begin.elapsed() < Duration::from_secs(3) {
        last = claim("used").await.unwrap_err().to_string();
        let revoked = store.revoked_at(&[contract::revocation_key("user")], contract::now()).await;
        assert!(revoked.is_err(), "a server that has forgotten says what is revoked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(last.contains("set appendonly to yes"), "{last}");
    server.restart_with(&["--appendonly", "yes"]).await;
    while claim(&contract::unique("key")).await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(claim("used").await.unwrap(), Claimed::Now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn of_many_callers_none_is_served_by_a_server_that_forgets() {
    let mut server = RedisServer::new().await;
    let store = server.store().await;
    let now = contract::now();
    let until = now + Duration::from_secs(600);
    assert_eq!(
        store.claim(&[Claim { key: contract::claim_key("used"), until }], now).await.unwrap(),
        Claimed::Now
    );
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let begin = Instant::now();
                while begin.elapsed() < Duration::from_secs(4) {
                    let claim = store.claim(&[Claim { key: contract::claim_key("used"), until }], now).await;
                    assert!(!matches!(claim, Ok(Claimed::Now)), "claimed twice");
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    server.restart_with(&["--appendonly", "no"]).await;
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_server_that_is_told_to_forget_is_found_out() {
    let server = RedisServer::new().await;
    let store = server.store().await.check_every(Duration::from_millis(200));
    let claim = async || {
        let now = contract::now();
        store
            .claim(
                &[Claim {
                    key: contract::claim_key(&contract::unique("key")),
                    until: now + Duration::from_secs(60),
                }],
                now,
            )
            .await
    };
    assert_eq!(claim().await.unwrap(), Claimed::Now);
    server.set("appendonly", "no").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = claim().await.unwrap_err();
    assert!(error.to_string().contains("set appendonly to yes"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn of_two_processes_one_wins() {
    if contract::as_other_process(async |url: &str| RedisStore::connect(url).await.unwrap().into()).await {
        return;
    }
    let server = RedisServer::new().await;
    let store = server.store().await;
    contract::two_processes(&store.clone().into(), &server.url(), "of_two_processes_one_wins").await;
}

/// Looks before it writes, and lets the callers of its own process do so one after the other.
#[derive(Clone)]
struct LooksFirst {
    connection: MultiplexedConnection,
    turn: Arc<Mutex<()>>,
}

impl LooksFirst {
    async fn connect(url: &str) -> Self {
        let client = Client::open(url).unwrap();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        Self { connection, turn: Arc::default() }
    }

    fn stores(self) -> Stores {
        Stores { claims: Arc::new(self), ..MemoryStore::default().into() }
    }
}

#[async_trait]
impl ClaimStore for LooksFirst {
    async fn claim(&self, claims: &[Claim], _: SystemTime) -> Result<Claimed, StoreError> {
        let key = URL_SAFE_NO_PAD.encode(claims[0].key.as_bytes());
        let _turn = self.turn.lock().await;
        let mut connection = self.connection.clone();
        if redis::cmd("EXISTS").arg(&key).query_async(&mut connection).await.unwrap() {
            return Ok(Claimed::Before(claims[0].key));
        }
        redis::cmd("SET").arg(&key).arg(1).exec_async(&mut connection).await.unwrap();
        Ok(Claimed::Now)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
#[should_panic(expected = "1 callers of this process were the first, and 1 of the other")]
async fn of_two_processes_both_win_if_one_looks_first() {
    if contract::as_other_process(async |url: &str| LooksFirst::connect(url).await.stores()).await {
        return;
    }
    let server = RedisServer::new().await;
    let store = LooksFirst::connect(&server.url()).await.stores();
    contract::two_processes(&store, &server.url(), "of_two_processes_both_win_if_one_looks_first").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_million_expired_claims_go_away() {
    let server = RedisServer::new().await;
    let store = server.store().await;
    let before = server.memory().await;
    let callers: Vec<_> = (0..100)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..10_000 {
                    let now = contract::now();
                    let until = now + Duration::from_secs(5);
                    let claim = store
                        .claim(
                            &[Claim { key: contract::claim_key(&format!("{caller}:{number}")), until }],
                            now,
                        )
                        .await
                        .unwrap();
                    assert_eq!(claim, Claimed::Now);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    // Expired keys are looked for ten times a second, and faster where there are many.
    for _ in 0..120 {
        if server.keys().await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(server.keys().await, 0);
    let after = server.memory().await;
    assert!(after < before + 40_000_000, "{before} bytes before, {after} after");
}

/// A server that gives one reply to whatever it is asked, once the connection is set up.
async fn server_that_replies(reply: &'static str) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let mut stream = BufStream::new(listener.accept().await.unwrap().0);
            let mut line = String::new();
            // A command is the number of its parts, and each of them by its length and itself.
            while stream.read_line(&mut line).await.unwrap() > 0 {
                let parts: usize = line.trim_start_matches('*').trim_ascii().parse().unwrap();
                let mut command = Vec::new();
                for _ in 0..parts {
                    line.clear();
                    stream.read_line(&mut line).await.unwrap();
                    let mut part =
                        vec![0; line.trim_start_matches('$').trim_ascii().parse::<usize>().unwrap() + 2];
                    stream.read_exact(&mut part).await.unwrap();
                    command.push(String::from_utf8_lossy(&part).trim_ascii().to_owned());
                }
                line.clear();
                let reply = if command[0] == "CLIENT" { "+OK" } else { reply };
                stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    });
    Client::open(url).unwrap()
}

#[tokio::test]
async fn a_reply_that_is_not_documented_is_an_error() {
    let (key, now) = (contract::claim_key("key"), contract::now());
    let until = now + Duration::from_secs(60);
    let store = async |reply| RedisStore::on_a_server_that_may_forget(server_that_replies(reply).await);
    for wrong in ["+QUEUED", "$2\r\nOK", ":1", ":0", "*0", "*1\r\n+OK", "$3\r\nold", "-ERR no", "+ok"] {
        let error = store(wrong).await.claim(&[Claim { key, until }], now).await.unwrap_err();
        assert_eq!(error.code(), "config.store", "{wrong}");
        let revoked = store(wrong)
            .await
            .revoke(&[Revocation { key: contract::revocation_key("key"), instant: now, until }], now)
            .await;
        assert!(revoked.is_err(), "{wrong}");
    }
    for wrong in ["+OK", "*0", "*2\r\n$-1\r\n$-1", "*1\r\n+soon", "*1\r\n:-1", "$-1"] {
        let revoked = store(wrong).await.revoked_at(&[contract::revocation_key("key")], now).await;
        assert!(revoked.is_err(), "{wrong}: {revoked:?}");
    }
    // Controls.
    assert_eq!(store("+OK").await.claim(&[Claim { key, until }], now).await.unwrap(), Claimed::Now);
    assert_ne!(store("$-1").await.claim(&[Claim { key, until }], now).await.unwrap(), Claimed::Now);
    store("+OK")
        .await
        .revoke(&[Revocation { key: contract::revocation_key("key"), instant: now, until }], now)
        .await
        .unwrap();
    let revoked_at =
        async |reply| store(reply).await.revoked_at(&[contract::revocation_key("key")], now).await.unwrap();
    assert_eq!(revoked_at("*1\r\n$-1").await, None);
    let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    assert_eq!(revoked_at("*1\r\n$4\r\n1000").await, Some(second));
}

#[tokio::test]
async fn without_a_server_it_fails_and_says_so() {
    let error = RedisStore::connect("redis://127.0.0.1:1").await.unwrap_err();
    assert_eq!(error.code(), "config.store");
    assert!(error.to_string().starts_with("the store failed: "), "{error}");
    assert!(RedisStore::connect("not a URL").await.is_err());
}
