use std::time::{Duration, SystemTime};

use sso_store::{AttemptRow, Claimed, EventRow, LoginRow, Requires, Ring, Saved, Stores};

use crate::rows::{event, login, names, row};
use crate::support::{MINUTE, claim, claim_key, now, revocation_key, revoke, unique};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is old is removed, and nothing else; numbers go on; and the store says that it is well.
pub async fn maintenance(store: &Stores) {
    assert!(store.maintenance.ping().await.unwrap() > 0);
    what_is_old_is_pruned(store).await;
    what_has_expired_is_swept(store).await;
}

async fn what_is_old_is_pruned(store: &Stores) {
    let (id, acme) = (unique("c"), unique("acme"));
    // Before whatever else is kept on the same server.
    let long_ago = SystemTime::UNIX_EPOCH + 365 * DAY;
    let at = |at: SystemTime, what: &str| EventRow { at, ..event(&acme, what) };
    let save = [at(long_ago, "created")];
    let draft = row(&id, &acme, 1);
    assert_eq!(store.connections.save(&draft, None, Requires::Nothing, &save).await.unwrap(), Saved::Saved);
    store.events.append(&[at(long_ago, "old"), at(long_ago + 2 * DAY, "kept")]).await.unwrap();
    let old = LoginRow { at: long_ago, ..login(&id, 1, "AA", "user-1") };
    let recent = LoginRow { at: long_ago + 2 * DAY, ..login(&id, 1, "BB", "user-2") };
    for login in [&old, &recent] {
        assert!(store.logins.record_login(login, &[]).await.unwrap());
    }
    let attempt = |ring, code: &str, at| AttemptRow {
        connection: id.clone(),
        ring,
        reference: "r".to_owned(),
        code: code.to_owned(),
        at,
        count: 1,
        json: "{}".to_owned(),
    };
    for ring in [Ring::Proven, Ring::Unproven] {
        store.logins.record_attempt(&attempt(ring, "old", long_ago)).await.unwrap();
        store.logins.record_attempt(&attempt(ring, "kept", long_ago + 2 * DAY)).await.unwrap();
    }
    let numbers = async || {
        let events = store.events.events(&acme, 0, 10).await.unwrap();
        events.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    let before = numbers().await;
    let pruned = store.maintenance.prune(long_ago + DAY).await.unwrap();
    assert!(pruned.events >= 2 && pruned.attempts >= 2 && pruned.user_logins >= 1, "{pruned:?}");
    assert_eq!(names(store, &acme).await, ["kept"]);
    assert_eq!(numbers().await, before[2..]);
    // The next one has the next number.
    store.events.append(&[at(long_ago + 3 * DAY, "next")]).await.unwrap();
    let after = numbers().await;
    assert!(after.len() == 2 && after[1] > before[2], "{before:?} {after:?}");
    assert_eq!(store.events.events(&acme, before[2], 10).await.unwrap().len(), 1);
    let users = store.logins.last_logins(&id, None, 10).await.unwrap();
    assert_eq!(users.into_iter().map(|login| login.user).collect::<Vec<_>>(), ["user-2"]);
    for ring in [Ring::Proven, Ring::Unproven] {
        let codes: Vec<_> = store.logins.attempts(&id, ring).await.unwrap();
        assert_eq!(codes.into_iter().map(|attempt| attempt.code).collect::<Vec<_>>(), ["kept"]);
    }
    // The last login of each kind stays, however old.
    assert_eq!(store.logins.logins(&id).await.unwrap().len(), 2);
    // And the connection with it.
    assert_eq!(store.connections.connection(&id).await.unwrap(), Some(draft));
}

async fn what_has_expired_is_swept(store: &Stores) {
    let begin = now();
    let [short, long] = [1, 2].map(|_| claim_key(&unique("key")));
    let [ended, lasting] = [1, 2].map(|_| revocation_key(&unique("session")));
    let soon = begin + Duration::from_millis(100);
    assert_eq!(claim(store, short, soon, begin).await.unwrap(), Claimed::Now);
    assert_eq!(claim(store, long, begin + MINUTE, begin).await.unwrap(), Claimed::Now);
    revoke(store, ended, begin, soon, begin).await.unwrap();
    revoke(store, lasting, begin, begin + MINUTE, begin).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let late = now();
    store.maintenance.sweep(late).await.unwrap();
    assert_ne!(claim(store, long, late + MINUTE, late).await.unwrap(), Claimed::Now);
    assert_eq!(claim(store, short, late + MINUTE, late).await.unwrap(), Claimed::Now);
    assert_eq!(store.sessions.revoked_at(&[lasting], late).await.unwrap(), Some(begin));
    assert_eq!(store.sessions.revoked_at(&[ended], late).await.unwrap(), None);
    // There is nothing left of what had expired.
    let swept = store.maintenance.sweep(late).await.unwrap();
    assert_eq!(store.maintenance.sweep(late).await.unwrap().min(swept), 0);
}
