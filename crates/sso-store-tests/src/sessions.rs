use std::time::Duration;

use sso_store::{ChangeKind, Requires, Revocation, Saved, Stores};

use crate::rows::{enforced, row};
use crate::support::{MINUTE, now, revocation_key, revoke, unique};

/// What is revoked stays revoked, at the latest instant that was given; one answer tells of that and of
/// enforcement; and whoever watches misses no change.
pub async fn sessions(store: &Stores) {
    what_is_revoked_stays_revoked(store).await;
    several_are_revoked_at_once(store).await;
    one_answer_tells_of_revocation_and_enforcement(store).await;
    a_watcher_hears_of_every_change(store).await;
    a_watcher_misses_nothing_while_many_revoke(store).await;
}

async fn what_is_revoked_stays_revoked(store: &Stores) {
    let [first, second, unknown] =
        ["session", "user", "connection"].map(|what| revocation_key(&unique(what)));
    let begin = now();
    let keys = [unknown, first, second];
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), None);
    assert_eq!(store.sessions.revoked_at(&[], begin).await.unwrap(), None);

    revoke(store, first, begin, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), Some(begin));
    assert_eq!(store.sessions.revoked_at(&[unknown, second], begin).await.unwrap(), None);

    let later = begin + Duration::from_secs(5);
    revoke(store, second, later, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), Some(later));

    // An earlier instant and an earlier end undo nothing.
    revoke(store, second, begin, begin + Duration::from_millis(1), begin).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.sessions.revoked_at(&keys, now()).await.unwrap(), Some(later));
    let latest = begin + Duration::from_secs(9);
    revoke(store, second, latest, begin + MINUTE, begin).await.unwrap();
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), Some(latest));
}

async fn several_are_revoked_at_once(store: &Stores) {
    let begin = now();
    let keys: Vec<_> = (0..3).map(|_| revocation_key(&unique("session"))).collect();
    let revocation = |key| Revocation { key, instant: begin, until: begin + MINUTE };
    let revocations: Vec<_> = keys.iter().copied().map(revocation).collect();
    store.sessions.revoke(&[], begin).await.unwrap();
    assert_eq!(store.sessions.revoked_at(&keys, begin).await.unwrap(), None);
    store.sessions.revoke(&revocations, begin).await.unwrap();
    for key in keys {
        assert_eq!(store.sessions.revoked_at(&[key], begin).await.unwrap(), Some(begin));
    }
}

async fn one_answer_tells_of_revocation_and_enforcement(store: &Stores) {
    let (acme, other) = (unique("acme"), unique("other"));
    let (session, begin) = (revocation_key(&unique("session")), now());
    let ask = async |organization: &str| {
        let answer = store.sessions.authorize(organization, &[session], begin).await.unwrap();
        let enforced: Vec<_> = answer.enforced.into_iter().map(|row| row.id).collect();
        (answer.revoked_at, enforced)
    };
    assert_eq!(ask(&acme).await, (None, Vec::new()));
    let mut ids = [unique("c"), unique("c")];
    ids.sort();
    for id in &ids {
        let kept =
            store.connections.save(&enforced(id, &acme, 1), None, Requires::Nothing, &[]).await.unwrap();
        assert_eq!(kept, Saved::Saved);
    }
    let plain = row(&unique("c"), &acme, 1);
    assert_eq!(store.connections.save(&plain, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(ask(&acme).await, (None, ids.to_vec()));
    revoke(store, session, begin, begin + MINUTE, begin).await.unwrap();
    assert_eq!(ask(&acme).await, (Some(begin), ids.to_vec()));
    assert_eq!(ask(&other).await, (Some(begin), Vec::new()));
    // Not enforced any longer, and deleted.
    let [first, second] = &ids;
    let next = row(first, &acme, 2);
    assert_eq!(store.connections.save(&next, Some(1), Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(ask(&acme).await, (Some(begin), vec![second.clone()]));
    assert_eq!(store.connections.delete(second, 1, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(ask(&acme).await, (Some(begin), Vec::new()));
    let answer = store.sessions.authorize(&acme, &[], begin).await.unwrap();
    assert_eq!((answer.revoked_at, answer.enforced), (None, Vec::new()));
}

async fn a_watcher_hears_of_every_change(store: &Stores) {
    let start = store.sessions.changes(None, 10).await.unwrap();
    assert!(start.changes.is_empty() && start.is_complete);
    let (acme, id) = (unique("acme"), unique("c"));
    let (session, begin) = (revocation_key(&unique("session")), now());
    revoke(store, session, begin, begin + MINUTE, begin).await.unwrap();
    let saved = store.connections.save(&row(&id, &acme, 1), None, Requires::Nothing, &[]).await.unwrap();
    assert_eq!(saved, Saved::Saved);
    assert_eq!(store.connections.delete(&id, 1, &[]).await.unwrap(), Saved::Saved);
    let (mut heard, mut after) = (Vec::new(), start.position);
    loop {
        let page = store.sessions.changes(Some(after), 1).await.unwrap();
        assert!(page.is_complete && page.changes.len() <= 1);
        let Some(change) = page.changes.into_iter().next() else { break };
        assert!(change.number > after, "numbers rise");
        assert_eq!(page.position, change.number);
        after = change.number;
        heard.push(change.kind);
    }
    // Others may use the same server.
    let of_us = |kind: &ChangeKind| match kind {
        ChangeKind::Revoked { key, .. } => key == session.as_bytes(),
        ChangeKind::Connections { organization } => *organization == acme,
        _ => false,
    };
    heard.retain(of_us);
    let changed = ChangeKind::Connections { organization: acme.clone() };
    let revoked = ChangeKind::Revoked { key: *session.as_bytes(), instant: begin };
    assert_eq!(heard, [revoked, changed.clone(), changed]);
    // A number that was never given is no place to go on from.
    let beyond = store.sessions.changes(Some(after + 1_000_000), 1).await.unwrap();
    assert!(!beyond.is_complete && beyond.position >= after && beyond.position < after + 1_000_000);
}

async fn a_watcher_misses_nothing_while_many_revoke(store: &Stores) {
    const WRITERS: usize = 6;
    const EACH: usize = 20;
    let mut after = store.sessions.changes(None, 1).await.unwrap().position;
    let begin = now();
    let keys: Vec<_> = (0..WRITERS * EACH).map(|_| revocation_key(&unique("session"))).collect();
    let writers = crate::support::begin(WRITERS, |writer| {
        let (store, keys) = (store.clone(), keys[writer * EACH..(writer + 1) * EACH].to_vec());
        async move {
            for key in keys {
                revoke(&store, key, begin, begin + MINUTE, begin).await.unwrap();
            }
        }
    });
    let mut heard = Vec::new();
    loop {
        let is_over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = store.sessions.changes(Some(after), 7).await.unwrap();
        assert!(page.is_complete);
        if is_over && page.changes.is_empty() {
            break;
        }
        after = page.position;
        heard.extend(page.changes.into_iter().map(|change| change.kind));
        tokio::task::yield_now().await;
    }
    crate::support::finish(writers).await;
    for key in keys {
        let revoked = ChangeKind::Revoked { key: *key.as_bytes(), instant: begin };
        assert_eq!(heard.iter().filter(|kind| **kind == revoked).count(), 1, "heard of once");
    }
}
