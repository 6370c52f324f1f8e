//! Keys as they were before a domain was a hash, and before it was kept which connections rely on domains.

use jumpcloud_sso_redis::RedisStore;
use std::time::Duration;

use sso_store::{
    ConnectionRow, ConnectionStore as _, Created, Dispute, DomainClaim, DomainRelease, DomainStore as _,
    EventRow, EventStore as _, HeldDomain, Maintenance as _, Release, Requires, Saved, Selection,
    SessionStore as _,
};
use sso_store_tests::now;

use crate::server::RedisServer;

/// A prefix with whatever means something in a pattern.
const PREFIX: &str = r"a*[b]?\c";

/// A store, and what a former version had written: each organization with a domain.
async fn former(server: &RedisServer, domains: &[(&str, &str)]) -> RedisStore {
    let mut connection = server.client().get_multiplexed_async_connection().await.unwrap();
    let mut pipeline = redis::pipe();
    for (domain, organization) in domains {
        pipeline.set(format!("{{{PREFIX}}}:domain:{domain}"), organization);
        pipeline.cmd("ZADD").arg(format!("{{{PREFIX}}}:domains-of:{organization}")).arg(0).arg(domain);
    }
    // Of another service on the same server.
    pipeline.set("{axbc}:domain:other.test", "acme");
    pipeline.exec_async(&mut connection).await.unwrap();
    server.store().await.prefix(PREFIX)
}

fn row(id: &str, version: u64, relies_on_domains: bool) -> ConnectionRow {
    let json = format!(r#"{{"id":"{id}","organization":"acme","version":{version}}}"#);
    let (id, organization) = (id.to_owned(), "acme".to_owned());
    ConnectionRow { id, organization, version, is_enforced: false, relies_on_domains, json }
}

fn held(domain: &str, organization: &str) -> HeldDomain {
    HeldDomain { domain: domain.to_owned(), organization: organization.to_owned(), dispute: None }
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_domain_that_was_a_string_is_read_by_whatever_asks_for_it() {
    let server = RedisServer::new().await;
    let all = [("a.test", "acme"), ("b.test", "acme"), ("c.test", "acme"), ("d.test", "acme")];
    let store = former(&server, &all).await;
    assert_eq!(store.held_domain("a.test").await.unwrap(), Some(held("a.test", "acme")));
    assert_eq!(store.held_domain("e.test").await.unwrap(), None);
    assert_eq!(store.claim_domain("b.test", "acme", &[]).await.unwrap(), DomainClaim::Owned);
    let released = store.release_domain("c.test", "other", Release::IfUnused, now(), &[]).await.unwrap();
    assert_eq!(released, DomainRelease::NotOwned);
    let released = store.release_domain("c.test", "acme", Release::IfUnused, now(), &[]).await.unwrap();
    assert_eq!(released, DomainRelease::Released);
    let present = held("d.test", "acme");
    let disputed = HeldDomain { dispute: Some(Dispute::new("other", now())), ..present.clone() };
    assert!(store.replace_domain(&present, &disputed, now(), &[]).await.unwrap());
    let expected = [held("a.test", "acme"), held("b.test", "acme"), disputed];
    assert_eq!(store.held_domains("", 100).await.unwrap(), expected);
    assert_eq!(store.domains("acme").await.unwrap(), ["a.test", "b.test", "d.test"]);
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn domains_that_were_strings_belong_to_all_domains() {
    let server = RedisServer::new().await;
    let names: Vec<_> = (0..2500).map(|number| format!("d{number:0>4}.test")).collect();
    let all: Vec<_> = names.iter().map(|name| (name.as_str(), "acme")).collect();
    let store = former(&server, &all).await;
    assert_eq!(store.claim_domain("new.test", "other", &[]).await.unwrap(), DomainClaim::Claimed);
    let mut expected: Vec<_> = names.iter().map(|name| held(name, "acme")).collect();
    expected.push(held("new.test", "other"));
    assert_eq!(store.held_domains("", 10_000).await.unwrap(), expected);
    assert_eq!(store.claim_domain("d0000.test", "other", &[]).await.unwrap(), DomainClaim::Taken);
    // One that an old process claims later is among them as soon as it was asked for.
    let store = former(&server, &[("late.test", "acme")]).await;
    assert_eq!(store.held_domain("late.test").await.unwrap(), Some(held("late.test", "acme")));
    assert_eq!(
        store.held_domains("f", 100).await.unwrap(),
        [held("late.test", "acme"), held("new.test", "other")]
    );
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_connection_that_did_not_say_relies_on_domains_until_it_is_saved_again() {
    let server = RedisServer::new().await;
    let store = former(&server, &[("a.test", "acme")]).await;
    let mut connection = server.client().get_multiplexed_async_connection().await.unwrap();
    let json = row("c-1", 1, false).json;
    let mut pipeline = redis::pipe();
    pipeline.cmd("HSET").arg(format!("{{{PREFIX}}}:connection:c-1")).arg(&["version", "1", "record", &json]);
    for list in ["connections:", "connections-of:acme"] {
        pipeline.cmd("ZADD").arg(format!("{{{PREFIX}}}:{list}")).arg(0).arg("c-1");
    }
    pipeline.exec_async(&mut connection).await.unwrap();
    let release =
        async || store.release_domain("a.test", "acme", Release::IfUnused, now(), &[]).await.unwrap();
    assert_eq!(release().await, DomainRelease::InUse("c-1".to_owned()));
    // Enabled, it does; disabled, it does not.
    for (version, relies) in [(2, true), (3, false)] {
        let saved = store.save(&row("c-1", version, relies), Some(version - 1), Requires::Nothing, &[]).await;
        assert_eq!(saved.unwrap(), Saved::Saved);
        if relies {
            assert_eq!(release().await, DomainRelease::InUse("c-1".to_owned()));
        }
    }
    assert_eq!(release().await, DomainRelease::Released);
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_connection_that_a_former_version_has_saved_may_be_enforced() {
    let server = RedisServer::new().await;
    let store = former(&server, &[]).await;
    let select = async || {
        let enforced = store.authorize("acme", &[], now()).await.unwrap().enforced;
        let listed = store.connections(Some("acme"), Selection::Enforced, "", 10).await.unwrap();
        assert_eq!(enforced, listed);
        enforced.into_iter().map(|row| row.version).collect::<Vec<_>>()
    };
    let saved = store.save(&row("c-1", 1, false), None, Requires::Nothing, &[]).await.unwrap();
    assert_eq!(saved, Saved::Saved);
    assert!(select().await.is_empty());
    // As a former version saves it, which knows nothing of what is kept beside the record.
    let mut connection = server.client().get_multiplexed_async_connection().await.unwrap();
    let mut save = redis::cmd("HSET");
    save.arg(format!("{{{PREFIX}}}:connection:c-1")).arg(&[
        "version",
        "2",
        "record",
        &row("c-1", 2, false).json,
    ]);
    save.exec_async(&mut connection).await.unwrap();
    assert_eq!(select().await, [2]);
    let saved = store.save(&row("c-1", 3, false), Some(2), Requires::Nothing, &[]).await.unwrap();
    assert_eq!(saved, Saved::Saved);
    assert!(select().await.is_empty());
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn events_whose_time_nobody_kept_count_as_of_the_first_time_that_it_is_asked_for() {
    let server = RedisServer::new().await;
    let store = former(&server, &[]).await;
    let mut connection = server.client().get_multiplexed_async_connection().await.unwrap();
    let mut push = redis::cmd("RPUSH");
    push.arg(format!("{{{PREFIX}}}:events:acme"));
    for number in 0..2500 {
        push.arg(format!(r#"{{"number":{number}}}"#));
    }
    push.exec_async(&mut connection).await.unwrap();
    let pruned = store.prune(now()).await.unwrap();
    assert_eq!(pruned.events, 0, "they may be of today");
    let later = now() + Duration::from_secs(60);
    let mut pruned = 0;
    for _ in 0..3 {
        pruned += store.prune(later).await.unwrap().events;
    }
    assert_eq!(pruned, 2500);
    assert!(store.events("acme", 0, 10).await.unwrap().is_empty());
    store
        .append(&[EventRow { organization: "acme".to_owned(), at: now(), json: "{}".to_owned() }])
        .await
        .unwrap();
    let numbers: Vec<_> =
        store.events("acme", 0, 10).await.unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [2501]);
}

#[tokio::test]
#[ignore = "needs redis-server, which .ci/run installs"]
async fn a_connection_in_a_slot_may_have_any_id() {
    let server = RedisServer::new().await;
    let store = server.store().await;
    for id in ["0", "1", "2"] {
        let (first, second) = (row(id, 1, false), row("other", 1, false));
        assert_eq!(store.get_or_create(id, &first, &[]).await.unwrap(), Created::Now);
        assert_eq!(store.get_or_create(id, &second, &[]).await.unwrap(), Created::Before(first));
    }
}
