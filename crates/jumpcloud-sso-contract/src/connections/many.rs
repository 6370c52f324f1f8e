//! What holds where many call at once.

use std::collections::BTreeSet;

use jumpcloud_sso::{ConnectionStore, Event, EventKind, Phase, Requires, Saved};
use tokio::task::JoinHandle;

use super::{created, enabled, event, login, names, record};
use crate::{all, begin, finish, unique};

const CALLERS: usize = 32;

pub(super) async fn of_many_changes_at_once_one_is_kept<S: ConnectionStore + Clone + 'static>(store: &S) {
    for _ in 0..5 {
        let (id, organization) = (unique("c"), unique("acme"));
        let [first, second] = [1, 2].map(|version| record(&id, &organization, version));
        let create = all(CALLERS, |_| {
            let (store, first) = (store.clone(), first.clone());
            async move { store.save(&first, None, Requires::Nothing, &[created(&first)]).await.unwrap() }
        });
        assert_eq!(kept(&create.await), 1);
        let change = all(CALLERS, |_| {
            let (store, second) = (store.clone(), second.clone());
            async move { store.save(&second, Some(1), Requires::Nothing, &[enabled(&second)]).await.unwrap() }
        });
        assert_eq!(kept(&change.await), 1);
        let events = store.events(&organization, 0, 100).await.unwrap();
        assert_eq!(names(&events), ["connection.created", "connection.enabled"]);
        assert_eq!(store.connection(&id).await.unwrap(), Some(second));
    }
}

fn kept(answers: &[Saved]) -> usize {
    answers.iter().filter(|saved| **saved == Saved::Saved).count()
}

pub(super) async fn of_many_logins_at_once_one_is_the_first<S: ConnectionStore + Clone + 'static>(store: &S) {
    for _ in 0..5 {
        let (id, organization) = (unique("c"), unique("acme"));
        assert_eq!(
            store.save(&record(&id, &organization, 1), None, Requires::Nothing, &[]).await.unwrap(),
            Saved::Saved
        );
        let logins = all(CALLERS, |number| {
            let (store, id, event) = (store.clone(), id.clone(), tested(&organization, &id));
            async move {
                let login = login(&id, 1, "AA", &format!("user-{number}"));
                store.record_login(&login, &[event]).await.unwrap()
            }
        });
        assert_eq!(logins.await.iter().filter(|is_first| **is_first).count(), 1);
        assert_eq!(store.logins(&id).await.unwrap().len(), 1);
        let events = store.events(&organization, 0, 100).await.unwrap();
        assert_eq!(names(&events), ["connection.tested"]);
    }
}

/// Whoever reads on from the last number that they have seen has seen everything before it.
pub(super) async fn a_reader_misses_no_event<S: ConnectionStore + Clone + 'static>(store: &S) {
    const WRITERS: usize = 6;
    const APPENDS: usize = 40;
    let organization = unique("acme");
    let writers = begin(WRITERS, |writer| {
        let (store, organization) = (store.clone(), organization.clone());
        async move {
            for number in 0..APPENDS {
                let event = verified(&organization, &format!("{writer}-{number}.test"));
                store.append(&[event]).await.unwrap();
            }
        }
    });
    let (mut seen, mut after) = (BTreeSet::new(), 0);
    loop {
        let is_over = writers.iter().all(JoinHandle::is_finished);
        let page = store.events(&organization, after, 3).await.unwrap();
        if is_over && page.is_empty() {
            break;
        }
        for (number, event) in page {
            assert!(number > after, "numbers rise");
            after = number;
            assert!(seen.insert(format!("{:?}", event.kind())), "read twice");
        }
        tokio::task::yield_now().await;
    }
    finish(writers).await;
    assert_eq!(seen.len(), WRITERS * APPENDS, "a reader has missed events");
}

/// A login is kept before its connection is deleted, and goes with it, or not at all.
pub(super) async fn a_login_leaves_nothing_behind_a_deletion<S: ConnectionStore + Clone + 'static>(
    store: &S,
) {
    for _ in 0..20 {
        let (id, organization) = (unique("c"), unique("acme"));
        assert_eq!(
            store.save(&record(&id, &organization, 1), None, Requires::Nothing, &[]).await.unwrap(),
            Saved::Saved
        );
        let calls = all(6, |number| {
            let (store, id, organization) = (store.clone(), id.clone(), organization.clone());
            async move {
                if number == 3 {
                    let deleted =
                        event(&organization, Some(&id), EventKind::Deleted { before: Phase::Draft });
                    assert_eq!(store.delete(&id, 1, &[deleted]).await.unwrap(), Saved::Saved);
                    return false;
                }
                let login = login(&id, 1, &format!("{number}{number}"), "user-1");
                store.record_login(&login, &[tested(&organization, &id)]).await.unwrap()
            }
        });
        let first = calls.await.into_iter().filter(|is_first| *is_first).count();
        assert!(store.logins(&id).await.unwrap().is_empty(), "a login of a connection that is gone");
        let mut expected = vec!["connection.tested"; first];
        expected.push("connection.deleted");
        assert_eq!(names(&store.events(&organization, 0, 100).await.unwrap()), expected);
    }
}

fn tested(organization: &str, id: &str) -> Event {
    let kind = EventKind::Tested { user: "user-1".to_owned(), revision: 1, certificate: "AA".to_owned() };
    event(organization, Some(id), kind)
}

fn verified(organization: &str, domain: &str) -> Event {
    event(organization, None, EventKind::DomainVerified { domain: domain.to_owned() })
}
