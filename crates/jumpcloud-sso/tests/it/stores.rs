use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use jumpcloud_sso::{
    Claim, ClaimKey, Cookies, DomainClaim, DomainStore, Domains, MemoryStore, OnceStore, RevocationStore,
    SingleSignOn, StoreError,
};
use jumpcloud_sso_contract::{claim_key, revocation_key};

use crate::{World, acme, cookies, now, settings};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_key_is_claimed_once_until_it_expires() {
    let store = MemoryStore::default();
    assert_eq!(store.claim(&claim_key("a"), now() + MINUTE, now()).await.unwrap(), Claim::Claimed);
    assert_eq!(store.claim(&claim_key("a"), now() + MINUTE, now()).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(store.claim(&claim_key("b"), now() + MINUTE, now()).await.unwrap(), Claim::Claimed);
    let last = now() + MINUTE - Duration::from_millis(1);
    assert_eq!(store.claim(&claim_key("a"), now() + MINUTE, last).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(
        store.claim(&claim_key("a"), now() + MINUTE + MINUTE, now() + MINUTE).await.unwrap(),
        Claim::Claimed
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_wins() {
    let store = Arc::new(MemoryStore::default());
    for round in 0..50 {
        let winners = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (store, winners) = (Arc::clone(&store), Arc::clone(&winners));
                tokio::spawn(async move {
                    if store.claim(&claim_key(&format!("key-{round}")), now() + MINUTE, now()).await.unwrap()
                        == Claim::Claimed
                    {
                        winners.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(winners.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    let store = MemoryStore::default();
    jumpcloud_sso_contract::once(&store).await;
    jumpcloud_sso_contract::connections(&store).await;
    jumpcloud_sso_contract::domains(&store).await;
    jumpcloud_sso_contract::revocations(&store).await;
    jumpcloud_sso_contract::skew(&store).await;
    jumpcloud_sso_contract::walk(&store).await;
    assert_eq!(jumpcloud_sso_contract::one_winner(&store, "key", 64).await, 1);
}

#[tokio::test]
async fn a_full_store_fails_and_recovers() {
    let store = MemoryStore::with_capacity(5 * MemoryStore::CLAIM_BYTES);
    let claim = async |key: &str, until: SystemTime, at: SystemTime| {
        store.claim(&claim_key(key), until, at).await.map_err(|error| error.to_string())
    };
    for key in ["a", "b"] {
        assert_eq!(claim(key, now() + MINUTE, now()).await, Ok(Claim::Claimed));
    }
    let error = claim("c", now() + MINUTE, now()).await.unwrap_err();
    let expected = format!(
        "this connection or organization takes {} already and may not take more than it leaves free",
        2 * MemoryStore::CLAIM_BYTES + 84
    );
    assert!(error.contains(&expected), "{error}");
    assert_eq!(claim("a", now() + MINUTE, now()).await, Ok(Claim::AlreadyClaimed));
    assert_eq!(claim("c", now() + MINUTE + MINUTE, now() + MINUTE).await, Ok(Claim::Claimed));
    assert_eq!(store.claims(), 1);
}

/// Claims as many keys of a scope as it may have, and says how many.
async fn flood(store: &MemoryStore, scope: &str) -> usize {
    let mut claimed = 0;
    loop {
        let key = ClaimKey::new(scope, &[&store.claims().to_string()]);
        match store.claim(&key, now() + MINUTE, now()).await {
            Ok(claim) => assert_eq!(claim, Claim::Claimed),
            Err(_) => return claimed,
        }
        claimed += 1;
    }
}

#[tokio::test]
async fn a_scope_alone_has_half_of_the_store() {
    let store = MemoryStore::with_capacity(10_000 * MemoryStore::CLAIM_BYTES);
    assert!((4_990..=5_000).contains(&flood(&store, "acme").await));
    assert_eq!(flood(&store, "acme").await, 0, "there is nothing left for it");
}

#[tokio::test]
async fn a_flood_by_one_scope_leaves_the_others_room() {
    let store = MemoryStore::with_capacity(10_000 * MemoryStore::CLAIM_BYTES);
    flood(&store, "evil").await;
    // A hundred others, with fifteen logins each.
    for other in 0..100 {
        for number in 0..30 {
            let key = ClaimKey::new(&format!("org-{other}"), &[&number.to_string()]);
            assert_eq!(store.claim(&key, now() + MINUTE, now()).await.unwrap(), Claim::Claimed);
        }
    }
    assert_eq!(flood(&store, "evil").await, 0);
    // One that comes later and floods it too leaves as much free as it takes.
    let second = flood(&store, "evil-2").await;
    assert!(second > 900, "{second}");
    let third = flood(&store, "org-0").await;
    assert!(third > 400, "{third}");
}

#[tokio::test]
async fn many_scopes_that_want_all_get_the_same() {
    const SCOPES: usize = 9;
    let store = MemoryStore::with_capacity(10_000 * MemoryStore::CLAIM_BYTES);
    let mut claimed = [0_usize; SCOPES];
    for round in 0..2_000 {
        for (scope, claimed) in claimed.iter_mut().enumerate() {
            let key = ClaimKey::new(&format!("org-{scope}"), &[&round.to_string()]);
            *claimed += usize::from(store.claim(&key, now() + MINUTE, now()).await.is_ok());
        }
    }
    // A tenth each, and a tenth is free for the next one.
    assert!(claimed.iter().all(|claimed| (980..=1_001).contains(claimed)), "{claimed:?}");
    assert!(flood(&store, "late").await > 450);
}

#[tokio::test]
async fn what_has_expired_is_not_counted() {
    let store = MemoryStore::with_capacity(10_000 * MemoryStore::CLAIM_BYTES);
    let first = flood(&store, "acme").await;
    let later = now() + MINUTE;
    for number in 0..first {
        let key = ClaimKey::new("acme", &["later", &number.to_string()]);
        assert_eq!(store.claim(&key, later + MINUTE, later).await.unwrap(), Claim::Claimed);
    }
    assert_eq!(store.claims(), first);
    let key = ClaimKey::new("acme", &["one more"]);
    assert!(store.claim(&key, later + MINUTE, later).await.is_err());
}

#[tokio::test]
async fn a_scope_without_claims_takes_nothing() {
    let store = MemoryStore::with_capacity(10 * MemoryStore::CLAIM_BYTES);
    for round in 0..1_000 {
        let at = now() + MINUTE * round;
        let key = ClaimKey::new(&format!("org-{round}"), &["once"]);
        assert_eq!(store.claim(&key, at + MINUTE, at).await.unwrap(), Claim::Claimed, "round {round}");
    }
}

#[tokio::test]
async fn the_default_capacity_is_a_million_claims_of_one_organization() {
    let store = MemoryStore::default();
    assert!(flood(&store, "acme").await > 1_000_000);
}

#[tokio::test]
async fn an_organization_that_floods_the_store_with_revocations_leaves_others_room() {
    let store = MemoryStore::with_capacity(100_000);
    let revoke = async |organization: &str, number: usize| {
        let key = revocation_key(&format!("{organization} {number}")).within(organization);
        store.revoke(&key, now(), now() + MINUTE, now()).await.is_ok()
    };
    let mut flood = 0;
    while revoke("evil", flood).await {
        flood += 1;
    }
    assert!((150..200).contains(&flood), "{flood}");
    for number in 0..50 {
        assert!(revoke("acme", number).await, "{number}");
    }
    assert!(!revoke("evil", flood).await);
    // Whose share it takes is no part of what is revoked.
    let revoked = store.revoked_at(&[revocation_key("acme 7")], now()).await.unwrap();
    assert_eq!(revoked, Some(now()));
}

#[tokio::test]
async fn revocations_are_bounded_and_recover() {
    // Four of one scope, which leaves as much free.
    let store = MemoryStore::with_capacity(2_264);
    let revoke = async |key: &str, at: SystemTime| {
        store.revoke(&revocation_key(key), at, at + MINUTE, at).await.map_err(|error| error.to_string())
    };
    for key in ["a", "b", "c", "d", "a"] {
        assert_eq!(revoke(key, now()).await, Ok(()));
    }
    let error = revoke("e", now()).await.unwrap_err();
    assert!(error.contains("of 2264 bytes free; this connection or organization takes"), "{error}");
    // What is there already can be revoked later still, and longer.
    assert_eq!(revoke("a", now() + Duration::from_secs(1)).await, Ok(()));
    assert_eq!(revoke("e", now() + MINUTE).await, Ok(()));
    let at = async |key: &str| store.revoked_at(&[revocation_key(key)], now() + MINUTE).await.unwrap();
    assert_eq!(at("a").await, Some(now() + Duration::from_secs(1)));
    assert_eq!(at("b").await, None);
}

#[tokio::test]
async fn expired_claims_are_forgotten() {
    let store = MemoryStore::default();
    for n in 0..100_000 {
        let at = now() + Duration::from_millis(n);
        let key = claim_key(&n.to_string());
        assert_eq!(store.claim(&key, at + Duration::from_secs(1), at).await.unwrap(), Claim::Claimed);
    }
    assert_eq!(store.claims(), 1000);
}

#[tokio::test]
async fn the_store_in_memory_shows_no_records() {
    let store = MemoryStore::default();
    assert_eq!(store.claim_domain("acme.test", "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(format!("{store:?}"), "MemoryStore { capacity: 536870912, .. }");
    let domains = format!("{:?}", Domains::new(&settings(), store));
    assert!(!domains.contains("Store"), "{domains}");
}

struct Broken;

impl OnceStore for Broken {
    async fn claim(&self, _: &ClaimKey, _: SystemTime, _: SystemTime) -> Result<Claim, StoreError> {
        Err(StoreError::new("connection refused"))
    }
}

#[tokio::test]
async fn a_store_that_fails_refuses_the_login() {
    let world = World::new(acme());
    let start = world.begin();
    let answer = world.answer(&start);
    let broken = SingleSignOn::new(&settings(), Broken).unwrap();
    let form = jumpcloud_sso::LoginForm { saml_response: &answer.0, relay_state: Some(&answer.1) };
    let error = broken
        .finish_login(&world.connection, form, &Cookies::new([cookies(&start)]), now())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "replay.store");
    assert!(error.diagnosis().message.contains("connection refused"));
    assert!(!error.to_string().contains("connection refused"));
}
