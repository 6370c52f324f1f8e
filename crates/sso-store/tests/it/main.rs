//! The store in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hash::Hasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use sso_store::{
    Claim, ClaimKey, ClaimStore as _, Claimed, DomainClaim, DomainStore as _, MemoryStore, Revocation,
    RevocationKey, SessionStore as _, StoreError, Stores,
};
use sso_store_tests::{claim_key, revocation_key};

/// 2027-01-15T08:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn hash(text: &str) -> [u8; 32] {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text.as_bytes());
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    hash
}

fn scoped(scope: &str, name: &str) -> ClaimKey {
    ClaimKey::from_hashes(hash(scope), hash(&format!("{scope}:{name}")))
}

async fn claim(
    store: &MemoryStore,
    key: ClaimKey,
    until: SystemTime,
    now: SystemTime,
) -> Result<Claimed, StoreError> {
    store.claim(&[Claim { key, until }], now).await
}

async fn revoke(store: &MemoryStore, key: RevocationKey, at: SystemTime) -> Result<(), StoreError> {
    store.revoke(&[Revocation { key, instant: at, until: at + MINUTE }], at).await
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_key_is_claimed_once_until_it_expires() {
    let store = MemoryStore::default();
    assert_eq!(claim(&store, claim_key("a"), now() + MINUTE, now()).await.unwrap(), Claimed::Now);
    assert_ne!(claim(&store, claim_key("a"), now() + MINUTE, now()).await.unwrap(), Claimed::Now);
    assert_eq!(claim(&store, claim_key("b"), now() + MINUTE, now()).await.unwrap(), Claimed::Now);
    let last = now() + MINUTE - Duration::from_millis(1);
    assert_ne!(claim(&store, claim_key("a"), now() + MINUTE, last).await.unwrap(), Claimed::Now);
    assert_eq!(
        claim(&store, claim_key("a"), now() + MINUTE + MINUTE, now() + MINUTE).await.unwrap(),
        Claimed::Now
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
                    if claim(&store, claim_key(&format!("key-{round}")), now() + MINUTE, now()).await.unwrap()
                        == Claimed::Now
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
    let stores = Stores::from(store);
    sso_store_tests::all_of(&stores).await;
    assert_eq!(sso_store_tests::one_winner(&stores, "key", 64).await, 1);
}

#[tokio::test]
async fn a_full_store_fails_and_recovers() {
    let store = MemoryStore::with_capacity(5 * MemoryStore::CLAIM_BYTES);
    let claim_by_name = async |key: &str, until: SystemTime, at: SystemTime| {
        claim(&store, claim_key(key), until, at).await.map_err(|error| error.to_string())
    };
    for key in ["a", "b"] {
        assert_eq!(claim_by_name(key, now() + MINUTE, now()).await, Ok(Claimed::Now));
    }
    let error = claim_by_name("c", now() + MINUTE, now()).await.unwrap_err();
    let expected = format!(
        "this connection or organization takes {} already and may not take more than it leaves free",
        2 * MemoryStore::CLAIM_BYTES + 84
    );
    assert!(error.contains(&expected), "{error}");
    assert_eq!(claim_by_name("a", now() + MINUTE, now()).await, Ok(Claimed::Before(claim_key("a"))));
    assert_eq!(claim_by_name("c", now() + MINUTE + MINUTE, now() + MINUTE).await, Ok(Claimed::Now));
    assert_eq!(store.claims(), 1);
}

/// Claims as many keys of a scope as it may have, and says how many.
async fn flood(store: &MemoryStore, scope: &str) -> usize {
    let mut claimed = 0;
    loop {
        let key = scoped(scope, &store.claims().to_string());
        match claim(store, key, now() + MINUTE, now()).await {
            Ok(claim) => assert_eq!(claim, Claimed::Now),
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
            let key = scoped(&format!("org-{other}"), &number.to_string());
            assert_eq!(claim(&store, key, now() + MINUTE, now()).await.unwrap(), Claimed::Now);
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
            let key = scoped(&format!("org-{scope}"), &round.to_string());
            *claimed += usize::from(claim(&store, key, now() + MINUTE, now()).await.is_ok());
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
        let key = scoped("acme", &format!("later {number}"));
        assert_eq!(claim(&store, key, later + MINUTE, later).await.unwrap(), Claimed::Now);
    }
    assert_eq!(store.claims(), first);
    let key = scoped("acme", "one more");
    assert!(claim(&store, key, later + MINUTE, later).await.is_err());
}

#[tokio::test]
async fn a_scope_without_claims_takes_nothing() {
    let store = MemoryStore::with_capacity(10 * MemoryStore::CLAIM_BYTES);
    for round in 0..1_000 {
        let at = now() + MINUTE * round;
        let key = scoped(&format!("org-{round}"), "once");
        assert_eq!(claim(&store, key, at + MINUTE, at).await.unwrap(), Claimed::Now, "round {round}");
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
    let revoke_one = async |organization: &str, number: usize| {
        let key = RevocationKey::from_hashes(hash(organization), hash(&format!("{organization} {number}")));
        revoke(&store, key, now()).await.is_ok()
    };
    let mut flood = 0;
    while revoke_one("evil", flood).await {
        flood += 1;
    }
    assert!((150..200).contains(&flood), "{flood}");
    for number in 0..50 {
        assert!(revoke_one("acme", number).await, "{number}");
    }
    assert!(!revoke_one("evil", flood).await);
    // Whose share it takes is no part of what is revoked.
    let revoked =
        store.revoked_at(&[RevocationKey::from_hashes([0; 32], hash("acme 7"))], now()).await.unwrap();
    assert_eq!(revoked, Some(now()));
}

#[tokio::test]
async fn revocations_are_bounded_and_recover() {
    // Four of one scope, which leaves as much free.
    let store = MemoryStore::with_capacity(2_264);
    let revoke_by_name = async |key: &str, at: SystemTime| {
        revoke(&store, revocation_key(key), at).await.map_err(|error| error.to_string())
    };
    for key in ["a", "b", "c", "d", "a"] {
        assert_eq!(revoke_by_name(key, now()).await, Ok(()));
    }
    let error = revoke_by_name("e", now()).await.unwrap_err();
    assert!(error.contains("of 2264 bytes free; this connection or organization takes"), "{error}");
    // What is there already can be revoked later still, and longer.
    assert_eq!(revoke_by_name("a", now() + Duration::from_secs(1)).await, Ok(()));
    assert_eq!(revoke_by_name("e", now() + MINUTE).await, Ok(()));
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
        assert_eq!(claim(&store, key, at + Duration::from_secs(1), at).await.unwrap(), Claimed::Now);
    }
    assert_eq!(store.claims(), 1000);
}

#[tokio::test]
async fn several_claims_take_no_more_than_there_is() {
    let store = MemoryStore::with_capacity(5 * MemoryStore::CLAIM_BYTES);
    let claims: Vec<_> =
        ["a", "b", "c"].map(|name| Claim { key: claim_key(name), until: now() + MINUTE }).into();
    assert!(store.claim(&claims, now()).await.is_err());
    assert_eq!(store.claims(), 0, "nothing is left of those that would have fitted");
    assert_eq!(store.claim(&claims[..2], now()).await.unwrap(), Claimed::Now);
}

#[tokio::test]
async fn the_store_in_memory_shows_no_rows() {
    let store = MemoryStore::default();
    assert_eq!(store.claim_domain("acme.test", "acme", &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(format!("{store:?}"), "MemoryStore { capacity: 536870912, .. }");
    assert_eq!(format!("{:?}", Stores::from(store)), "Stores { .. }");
}
