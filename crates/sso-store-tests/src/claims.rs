use std::time::{Duration, Instant, SystemTime};

use sso_store::{Claim, Claimed, StoreError, Stores};

use crate::support::{MINUTE, all, claim, claim_key, now, unique};

/// Once is once: a key is claimed by one caller, until its time is over and not before.
pub async fn claims(store: &Stores) {
    let (key, other) = (claim_key(&unique("key")), claim_key(&unique("key")));
    let begin = now();
    assert_eq!(claim(store, key, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    assert_ne!(claim(store, key, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    assert_ne!(claim(store, key, begin + 2 * MINUTE, begin).await.unwrap(), Claimed::Now);
    assert_eq!(claim(store, other, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    it_is_claimable_again_when_its_time_is_over(store).await;
    keys_are_compared_to_the_letter(store).await;
    all_are_claimed_or_none(store).await;
    of_overlapping_claims_at_once_one_is_made(store).await;
    what_makes_no_sense_is_refused(store).await;
}

async fn all_are_claimed_or_none(store: &Stores) {
    let begin = now();
    let [first, second, third] = [1, 2, 3].map(|_| claim_key(&unique("key")));
    let made = |key| Claim { key, until: begin + MINUTE };
    let together = async |keys: &[Claim]| store.claims.claim(keys, begin).await.unwrap();
    assert_eq!(together(&[made(first), made(second)]).await, Claimed::Now);
    assert_eq!(together(&[made(third), made(second)]).await, Claimed::Before(second));
    // The first one in the order of the call is named.
    assert_eq!(together(&[made(second), made(third), made(first)]).await, Claimed::Before(second));
    assert_eq!(together(&[made(first), made(second)]).await, Claimed::Before(first));
    assert_eq!(together(&[made(third)]).await, Claimed::Now, "nothing was claimed with the others");
}

/// Each caller claims a key of its own and two that all want, in one order or the other.
async fn of_overlapping_claims_at_once_one_is_made(store: &Stores) {
    for _ in 0..10 {
        let (first, second) = (claim_key(&unique("key")), claim_key(&unique("key")));
        let own: Vec<_> = (0..32).map(|_| claim_key(&unique("key"))).collect();
        let begin = now();
        let calls = all(own.len(), |number| {
            let (store, own) = (store.clone(), own[number]);
            let mut keys = vec![first, own, second];
            if number % 2 == 1 {
                keys.reverse();
            }
            let claims: Vec<_> = keys.into_iter().map(|key| Claim { key, until: begin + MINUTE }).collect();
            async move { store.claims.claim(&claims, begin).await.unwrap() }
        });
        let winners: Vec<_> = calls.await.into_iter().map(|answer| answer == Claimed::Now).collect();
        assert_eq!(winners.iter().filter(|won| **won).count(), 1);
        for (key, won) in own.into_iter().zip(winners) {
            let is_free = claim(store, key, begin + MINUTE, begin).await.unwrap() == Claimed::Now;
            assert_eq!(is_free, !won, "whoever lost has claimed nothing");
        }
    }
}

async fn what_makes_no_sense_is_refused(store: &Stores) {
    let begin = now();
    let claims: Vec<_> = (0..=sso_store::MAX_CLAIMS)
        .map(|_| Claim { key: claim_key(&unique("key")), until: begin + MINUTE })
        .collect();
    let (twice, many) = ([claims[0], claims[0]], &claims[..sso_store::MAX_CLAIMS]);
    assert!(store.claims.claim(&[], begin).await.is_err());
    assert!(store.claims.claim(&twice, begin).await.is_err());
    assert!(store.claims.claim(&claims, begin).await.is_err());
    assert_eq!(store.claims.claim(many, begin).await.unwrap(), Claimed::Now);
}

async fn it_is_claimable_again_when_its_time_is_over(store: &Stores) {
    let key = claim_key(&unique("key"));
    let begin = now();
    let until = begin + Duration::from_millis(400);
    assert_eq!(claim(store, key, until, begin).await.unwrap(), Claimed::Now);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let early = now();
    // On a machine that stood still in between there is nothing to see.
    if early < until {
        let claim = claim(store, key, early + MINUTE, early).await.unwrap();
        assert!(claim != Claimed::Now || now() >= until, "forgotten too early");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let late = now();
    assert_eq!(claim(store, key, late + MINUTE, late).await.unwrap(), Claimed::Now);
}

async fn keys_are_compared_to_the_letter(store: &Stores) {
    let key = unique("Schlüssel:it's \"one\" \\ % _ * 日本");
    let variants = [key.clone(), key.to_uppercase(), format!("{key} "), format!(" {key}")];
    let variants = variants.map(|variant| claim_key(&variant));
    let begin = now();
    for variant in &variants {
        assert_eq!(claim(store, *variant, begin + MINUTE, begin).await.unwrap(), Claimed::Now, "{variant:?}");
    }
    for variant in &variants {
        assert_ne!(claim(store, *variant, begin + MINUTE, begin).await.unwrap(), Claimed::Now, "{variant:?}");
    }
}

/// Claims `key` in `callers` calls at once, and gives the number of those that were told to be the first.
pub async fn one_winner(store: &Stores, key: &str, callers: usize) -> usize {
    let begin = now();
    let call = |_| {
        let (store, key) = (store.clone(), claim_key(key));
        tokio::spawn(async move { claim(&store, key, begin + MINUTE, begin).await })
    };
    let calls: Vec<_> = (0..callers).map(call).collect();
    let mut winners = 0;
    for call in calls {
        if call.await.unwrap().unwrap() == Claimed::Now {
            winners += 1;
        }
    }
    winners
}

/// Claims keys for a while, `callers` at a time, each `claims` of them, and gives the number of claims a
/// second.
///
/// # Errors
/// What the store fails with.
pub async fn claims_per_second(store: &Stores, callers: u32, claims: u32) -> Result<f64, StoreError> {
    let run = unique("claims");
    let begin = Instant::now();
    let call = |caller: u32| {
        let (store, run) = (store.clone(), run.clone());
        tokio::spawn(async move {
            for number in 0..claims {
                let now = SystemTime::now();
                let key = claim_key(&format!("{run} {caller} {number}"));
                let claim = claim(&store, key, now + 10 * MINUTE, now).await?;
                assert_eq!(claim, Claimed::Now);
            }
            Ok::<(), StoreError>(())
        })
    };
    let calls: Vec<_> = (0..callers).map(call).collect();
    for call in calls {
        call.await.unwrap()?;
    }
    Ok(f64::from(callers) * f64::from(claims) / begin.elapsed().as_secs_f64())
}
