use std::time::{Duration, Instant, SystemTime};

use jumpcloud_sso::{Claim, ClaimKey, OnceStore, StoreError};

use crate::{MINUTE, claim_key, now, unique};

/// Once is once: a key is claimed by one caller, until its time is over and not before.
pub async fn once<S: OnceStore>(store: &S) {
    let (key, other) = (claim_key(&unique("key")), claim_key(&unique("key")));
    let begin = now();
    assert_eq!(store.claim(&key, begin + MINUTE, begin).await.unwrap(), Claim::Claimed);
    assert_eq!(store.claim(&key, begin + MINUTE, begin).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(store.claim(&key, begin + 2 * MINUTE, begin).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(store.claim(&other, begin + MINUTE, begin).await.unwrap(), Claim::Claimed);
    it_is_claimable_again_when_its_time_is_over(store).await;
    keys_are_compared_to_the_letter(store).await;
}

async fn it_is_claimable_again_when_its_time_is_over<S: OnceStore>(store: &S) {
    let key = claim_key(&unique("key"));
    let begin = now();
    let until = begin + Duration::from_millis(400);
    assert_eq!(store.claim(&key, until, begin).await.unwrap(), Claim::Claimed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let early = now();
    // On a machine that stood still in between there is nothing to see.
    if early < until {
        let claim = store.claim(&key, early + MINUTE, early).await.unwrap();
        assert!(claim == Claim::AlreadyClaimed || now() >= until, "forgotten too early");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let late = now();
    assert_eq!(store.claim(&key, late + MINUTE, late).await.unwrap(), Claim::Claimed);
}

async fn keys_are_compared_to_the_letter<S: OnceStore>(store: &S) {
    let key = unique("Schlüssel:it's \"one\" \\ % _ * 日本");
    let variants = [key.clone(), key.to_uppercase(), format!("{key} "), format!(" {key}")];
    let variants = variants.map(|variant| claim_key(&variant));
    let begin = now();
    for variant in &variants {
        assert_eq!(store.claim(variant, begin + MINUTE, begin).await.unwrap(), Claim::Claimed, "{variant}");
    }
    for variant in &variants {
        assert_eq!(
            store.claim(variant, begin + MINUTE, begin).await.unwrap(),
            Claim::AlreadyClaimed,
            "{variant}"
        );
    }
}

/// Claims `key` in `callers` calls at once, and gives the number of those that were told to be the first.
pub async fn one_winner<S: OnceStore + Clone + 'static>(store: &S, key: &str, callers: usize) -> usize {
    let begin = now();
    let call = |_| {
        let (store, key) = (store.clone(), claim_key(key));
        tokio::spawn(async move { store.claim(&key, begin + MINUTE, begin).await })
    };
    let calls: Vec<_> = (0..callers).map(call).collect();
    let mut winners = 0;
    for call in calls {
        if call.await.unwrap().unwrap() == Claim::Claimed {
            winners += 1;
        }
    }
    winners
}

/// Claims keys for a while, `callers` at a time, each `claims` of them, and gives the number of claims a second.
///
/// # Errors
/// What the store fails with.
pub async fn claims_per_second<S: OnceStore + Clone + 'static>(
    store: &S,
    callers: u32,
    claims: u32,
) -> Result<f64, StoreError> {
    let run = unique("claims");
    let begin = Instant::now();
    let call = |caller: u32| {
        let (store, run) = (store.clone(), run.clone());
        tokio::spawn(async move {
            for number in 0..claims {
                let now = SystemTime::now();
                let key = ClaimKey::new(&run, &[&caller.to_string(), &number.to_string()]);
                let claim = store.claim(&key, now + 10 * MINUTE, now).await?;
                assert_eq!(claim, Claim::Claimed);
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
