//! What holds where many call at once.

use sso_store::{Requires, Saved, Stores};

use crate::rows::{event, login, names, row};
use crate::support::{all, unique};

const CALLERS: usize = 32;

pub(super) async fn of_many_changes_at_once_one_is_kept(store: &Stores) {
    for _ in 0..5 {
        let (id, organization) = (unique("c"), unique("acme"));
        for (version, expected, what) in [(1, None, "created"), (2, Some(1), "enabled")] {
            let calls = all(CALLERS, |_| {
                let (store, row) = (store.clone(), row(&id, &organization, version));
                async move {
                    let events = [event(&row.organization, what)];
                    store.connections.save(&row, expected, Requires::Nothing, &events).await.unwrap()
                }
            });
            let kept = calls.await.into_iter().filter(|saved| *saved == Saved::Saved).count();
            assert_eq!(kept, 1);
        }
        assert_eq!(names(store, &organization).await, ["created", "enabled"]);
        let kept = store.connections.connection(&id).await.unwrap();
        assert_eq!(kept, Some(row(&id, &organization, 2)));
    }
}

/// A login is kept before its connection is deleted, and goes with it, or not at all.
pub(super) async fn a_login_leaves_nothing_behind_a_deletion(store: &Stores) {
    for _ in 0..20 {
        let (id, organization) = (unique("c"), unique("acme"));
        let draft = row(&id, &organization, 1);
        assert_eq!(store.connections.save(&draft, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
        let calls = all(6, |number| {
            let (store, id, organization) = (store.clone(), id.clone(), organization.clone());
            async move {
                if number == 3 {
                    let deleted = event(&organization, "deleted");
                    assert_eq!(store.connections.delete(&id, 1, &[deleted]).await.unwrap(), Saved::Saved);
                    return false;
                }
                let login = login(&id, 1, &format!("{number}{number}"), "user-1");
                store.logins.record_login(&login, &[event(&organization, "tested")]).await.unwrap()
            }
        });
        let first = calls.await.into_iter().filter(|is_first| *is_first).count();
        assert!(store.logins.logins(&id).await.unwrap().is_empty(), "a login of a connection that is gone");
        assert!(store.logins.last_logins(&id, None, 10).await.unwrap().is_empty());
        let mut expected = vec!["tested"; first];
        expected.push("deleted");
        assert_eq!(names(store, &organization).await, expected);
    }
}
