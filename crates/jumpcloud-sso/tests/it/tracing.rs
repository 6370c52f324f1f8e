//! What a host's log gets to see.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use jumpcloud_sso::{Actor, Connections, Edit, MemoryStore};
use tracing_subscriber::fmt::MakeWriter;

use crate::{World, acme, cookies, now, settings};

/// Where lines are collected.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is logged while `work` is done.
async fn logged(work: impl Future<Output = ()>) -> String {
    let lines = Lines::default();
    // Where there is one subscriber in the process, an event that another thread meets first is switched off
    // for all threads, since that thread has none.
    let _second = ::tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    {
        let _guard = ::tracing::subscriber::set_default(subscriber);
        work.await;
    }
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn line<'l>(log: &'l str, part: &str) -> &'l str {
    log.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part:?} in {log}"))
}

#[tokio::test]
async fn each_change_is_logged_with_its_code() {
    let connections = Connections::new(&settings(), MemoryStore::default());
    let log = logged(async {
        let (acme, admin) = (connections.of("acme"), Actor::user("admin-1"));
        let id = acme.create(&admin, now()).await.unwrap().id().to_owned();
        acme.edit(&id, &Edit::new().idp_url("http://evil.test/<secret>"), &admin, now()).await.unwrap_err();
        acme.enable(&id, &admin, now()).await.unwrap_err();
    })
    .await;
    let created = line(&log, "connection.created");
    assert!(
        created.contains("operation=\"create\"") && created.contains("organization=\"acme\""),
        "{created}"
    );
    let refused = line(&log, "operation=\"edit\"");
    assert!(refused.contains("WARN") && refused.contains("code=\"config.idp_url\""), "{refused}");
    assert!(line(&log, "operation=\"enable\"").contains("code=\"config.incomplete\""));
    // Values that somebody else has chosen are not.
    assert!(!log.contains("evil.test"), "{log}");
}

#[tokio::test]
async fn each_login_is_logged_within_its_span() {
    let world = World::new(acme());
    let start = world.begin();
    let answer = world.answer(&start);
    let log = logged(async {
        world.finish(&answer, None, now()).await.unwrap_err();
        world.finish(&answer, Some(&cookies(&start)), now()).await.unwrap();
    })
    .await;
    let refused = line(&log, "a login was refused");
    assert!(refused.contains("finish_login{organization=\"acme\" connection=\"acme-1\"}"), "{refused}");
    assert!(refused.contains("code=\"binding.state\"") && refused.contains("reference="), "{refused}");
    let succeeded = line(&log, "a login succeeded");
    assert!(succeeded.contains("finish_login{"), "{succeeded}");
    assert!(!log.to_lowercase().contains("bjensen"), "{log}");
}
