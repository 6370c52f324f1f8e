use std::time::Duration;

use sso_store::{Claimed, Stores};

use crate::support::{MINUTE, claim, claim_key, now, revocation_key, revoke, unique};

/// How far the clock of one machine is ahead. What is claimed for less than that has long expired there.
const AHEAD: Duration = Duration::from_secs(400);

/// A store of several machines goes by one clock, its own: a caller whose clock is ahead frees nothing that
/// is in use, and makes nothing good again that is revoked.
pub async fn clocks(store: &Stores) {
    let begin = now();
    let ahead = begin + AHEAD;
    let key = claim_key(&unique("key"));
    assert_eq!(claim(store, key, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    assert_ne!(claim(store, key, ahead + MINUTE, ahead).await.unwrap(), Claimed::Now);

    let session = revocation_key(&unique("session"));
    revoke(store, session, begin, begin + MINUTE, begin).await.unwrap();
    let keys = [session];
    assert_eq!(store.sessions.revoked_at(&keys, ahead).await.unwrap(), Some(begin));

    // Its calls make what has expired go away, and nothing else.
    for _ in 0..1024 {
        let claim = claim(store, claim_key(&unique("key")), ahead + MINUTE, ahead).await.unwrap();
        assert_eq!(claim, Claimed::Now);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_ne!(claim(store, key, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), Some(begin));
}
