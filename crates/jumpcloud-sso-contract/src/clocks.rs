use std::time::Duration;

use jumpcloud_sso::{Claim, OnceStore, RevocationStore};

use crate::{MINUTE, claim_key, now, revocation_key, unique};

/// How far the clock of one machine is ahead. What is claimed for less than that has long expired there.
const AHEAD: Duration = Duration::from_secs(400);

/// A store of several machines goes by one clock, its own: a caller whose clock is ahead frees nothing that is in use, and
/// makes nothing good again that is revoked.
pub async fn clocks<S: OnceStore + RevocationStore>(store: &S) {
    let begin = now();
    let ahead = begin + AHEAD;
    let key = claim_key(&unique("key"));
    assert_eq!(store.claim(&key, begin + MINUTE, begin).await.unwrap(), Claim::Claimed);
    assert_eq!(store.claim(&key, ahead + MINUTE, ahead).await.unwrap(), Claim::AlreadyClaimed);

    let session = revocation_key(&unique("session"));
    store.revoke(&session, begin, begin + MINUTE, begin).await.unwrap();
    let keys = [session];
    assert_eq!(store.revoked_at(&keys, ahead).await.unwrap(), Some(begin));

    // Its calls make what has expired go away, and nothing else.
    for _ in 0..1024 {
        let claim = store.claim(&claim_key(&unique("key")), ahead + MINUTE, ahead).await.unwrap();
        assert_eq!(claim, Claim::Claimed);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(store.claim(&key, begin + MINUTE, begin).await.unwrap(), Claim::AlreadyClaimed);
    assert_eq!(store.revoked_at(&keys, begin).await.unwrap(), Some(begin));
}
