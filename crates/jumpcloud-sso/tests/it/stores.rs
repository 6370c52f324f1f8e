use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use jumpcloud_sso::{Claim, ClaimKey, Cookies, MemoryStore, OnceStore, SingleSignOn, StoreError};
use jumpcloud_sso_contract::claim_key;

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
    jumpcloud_sso_contract::walk(&store).await;
    assert_eq!(jumpcloud_sso_contract::one_winner(&store, "key", 64).await, 1);
}

#[tokio::test]
async fn a_full_store_fails_and_recovers() {
    let store = MemoryStore::with_capacity(3);
    for key in ["a", "b", "c"] {
        assert_eq!(store.claim(&claim_key(key), now() + MINUTE, now()).await.unwrap(), Claim::Claimed);
    }
    assert!(store.claim(&claim_key("d"), now() + MINUTE, now()).await.is_err());
    assert_eq!(store.claim(&claim_key("a"), now() + MINUTE, now()).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(
        store.claim(&claim_key("d"), now() + MINUTE + MINUTE, now() + MINUTE).await.unwrap(),
        Claim::Claimed
    );
    assert_eq!(store.claims(), 1);
}

#[tokio::test]
async fn expired_claims_are_forgotten() {
    let store = MemoryStore::default();
    for n in 0..1_000_000 {
        let at = now() + Duration::from_millis(n);
        assert_eq!(
            store.claim(&claim_key(&n.to_string()), at + Duration::from_secs(1), at).await.unwrap(),
            Claim::Claimed
        );
    }
    assert!(store.claims() < 5_000, "{}", store.claims());
    assert!(store.claims() > 0);
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
