use std::time::Duration;

use jumpcloud_sso::RevocationStore;

use crate::{MINUTE, now, revocation_key, unique};

/// What is revoked stays revoked, at the latest instant that was given.
pub async fn revocations<S: RevocationStore>(store: &S) {
    let [first, second, unknown] =
        ["session", "user", "connection"].map(|what| revocation_key(&unique(what)));
    let begin = now();
    let keys = [unknown, first, second];
    assert_eq!(store.revoked_at(&keys, begin).await.unwrap(), None);
    assert_eq!(store.revoked_at(&[], begin).await.unwrap(), None);

    store.revoke(&first, begin, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.revoked_at(&keys, begin).await.unwrap(), Some(begin));
    assert_eq!(store.revoked_at(&[unknown, second], begin).await.unwrap(), None);

    let later = begin + Duration::from_secs(5);
    store.revoke(&second, later, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.revoked_at(&keys, begin).await.unwrap(), Some(later));

    // An earlier instant and an earlier end undo nothing.
    store.revoke(&second, begin, begin + Duration::from_millis(1), begin).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.revoked_at(&keys, now()).await.unwrap(), Some(later));
    let latest = begin + Duration::from_secs(9);
    store.revoke(&second, latest, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.revoked_at(&keys, begin).await.unwrap(), Some(latest));
}
