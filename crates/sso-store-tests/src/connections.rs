mod many;

use std::collections::BTreeSet;

use sso_store::{ConnectionRow, Created, Requires, Saved, Selection, Stores};

use crate::rows::{enforced, event, names, relying, row};
use crate::support::{all, now, unique};

/// Connections are kept as they were given, changed by one at a time, and never come back; events are kept
/// with the change or not at all; all of it also where many call at once.
pub async fn connections(store: &Stores) {
    a_row_comes_back_as_it_was(store).await;
    of_two_changes_one_is_kept(store).await;
    a_deleted_one_stays_deleted(store).await;
    they_are_listed_in_order(store).await;
    enforced_ones_are_selected(store).await;
    a_slot_holds_one(store).await;
    domains_come_with_it(store).await;
    many::of_many_changes_at_once_one_is_kept(store).await;
    many::a_login_leaves_nothing_behind_a_deletion(store).await;
}

async fn keep(store: &Stores, row: &ConnectionRow, expected: Option<u64>, what: &str) -> Saved {
    let event = event(&row.organization, what);
    store.connections.save(row, expected, Requires::Nothing, &[event]).await.unwrap()
}

async fn a_row_comes_back_as_it_was(store: &Stores) {
    for make in [row, relying, enforced] {
        let (id, organization) = (unique("c"), unique("acme \"&' ö"));
        assert_eq!(store.connections.connection(&id).await.unwrap(), None);
        let row = make(&id, &organization, 1);
        assert_eq!(keep(store, &row, None, "created").await, Saved::Saved);
        assert_eq!(store.connections.connection(&id).await.unwrap(), Some(row.clone()));
        let events = store.events.events(&organization, 0, 10).await.unwrap();
        let kept: Vec<_> = events.into_iter().map(|(_, event)| (event.organization, event.json)).collect();
        assert_eq!(kept, [(organization.clone(), event(&organization, "created").json)]);
    }
}

async fn of_two_changes_one_is_kept(store: &Stores) {
    let (id, organization) = (unique("c"), unique("acme"));
    let [first, second, third] = [1, 2, 3].map(|version| row(&id, &organization, version));
    assert_eq!(keep(store, &second, Some(1), "created").await, Saved::Conflict);
    assert_eq!(keep(store, &first, None, "created").await, Saved::Saved);
    assert_eq!(keep(store, &first, None, "created").await, Saved::Conflict);
    assert_eq!(keep(store, &second, Some(1), "enabled").await, Saved::Saved);
    assert_eq!(keep(store, &second, Some(1), "enabled").await, Saved::Conflict);
    assert_eq!(keep(store, &third, Some(1), "enabled").await, Saved::Conflict);
    assert_eq!(store.connections.connection(&id).await.unwrap(), Some(second));
    // A change that was not kept left no event.
    assert_eq!(names(store, &organization).await, ["created", "enabled"]);
}

async fn a_deleted_one_stays_deleted(store: &Stores) {
    let (id, organization) = (unique("c"), unique("acme"));
    let first = row(&id, &organization, 1);
    let deleted = event(&organization, "deleted");
    let delete = async |expected| {
        store.connections.delete(&id, expected, std::slice::from_ref(&deleted)).await.unwrap()
    };
    assert_eq!(delete(1).await, Saved::Conflict);
    assert_eq!(store.connections.save(&first, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    let login = crate::rows::login(&id, 1, "AA", "user-1");
    assert!(store.logins.record_login(&login, &[]).await.unwrap());
    assert_eq!(delete(2).await, Saved::Conflict);
    assert_eq!(store.connections.connection(&id).await.unwrap(), Some(first.clone()));
    assert_eq!(delete(1).await, Saved::Saved);
    assert_eq!(delete(1).await, Saved::Conflict);
    assert_eq!(store.connections.connection(&id).await.unwrap(), None);
    assert_eq!(store.connections.connection_with_domains(&id).await.unwrap(), None);
    assert!(list(store, Some(&organization), "", 10).await.is_empty());
    assert!(store.logins.logins(&id).await.unwrap().is_empty());
    assert!(store.logins.last_logins(&id, None, 10).await.unwrap().is_empty());
    // Its ID was part of URLs and of what accounts are known by.
    for expected in [None, Some(1)] {
        assert_eq!(keep(store, &first, expected, "again").await, Saved::Conflict);
    }
    assert_eq!(store.connections.get_or_create("main", &first, &[]).await.unwrap(), Created::Conflict);
    assert_eq!(names(store, &organization).await, ["deleted"]);
}

async fn list(store: &Stores, organization: Option<&str>, after: &str, limit: usize) -> Vec<String> {
    let page = store.connections.connections(organization, Selection::All, after, limit).await.unwrap();
    page.into_iter().map(|row| row.id).collect()
}

async fn they_are_listed_in_order(store: &Stores) {
    let (acme, other) = (unique("acme"), unique("other"));
    let mut ids: Vec<_> = (0..5).map(|_| unique("c")).collect();
    for (number, id) in ids.iter().enumerate() {
        let organization = if number == 2 { &other } else { &acme };
        assert_eq!(keep(store, &row(id, organization, 1), None, "created").await, Saved::Saved);
    }
    ids.remove(2);
    ids.sort();
    let acme = Some(acme.as_str());
    assert_eq!(list(store, acme, "", 10).await, ids);
    assert_eq!(list(store, acme, "", 2).await, ids[..2]);
    assert_eq!(list(store, acme, &ids[1], 10).await, ids[2..]);
    assert!(list(store, acme, &ids[3], 10).await.is_empty());
    // All organizations' in pages, with whatever else is there; a short page is the last one.
    let (mut seen, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = list(store, None, &after, 3).await;
        assert!(page.iter().all(|id| *id > after), "out of order");
        let is_last = page.len() < 3;
        if let Some(last) = page.last() {
            last.clone_into(&mut after);
        }
        seen.extend(page);
        if is_last {
            break;
        }
    }
    assert!(ids.iter().all(|id| seen.contains(id)));
}

async fn enforced_ones_are_selected(store: &Stores) {
    let (acme, other) = (unique("acme"), unique("other"));
    let mut ids: Vec<_> = (0..3).map(|_| unique("c")).collect();
    ids.sort();
    for (organization, id) in [(&acme, &ids[0]), (&other, &ids[1]), (&acme, &ids[2])] {
        assert_eq!(keep(store, &enforced(id, organization, 1), None, "enforced").await, Saved::Saved);
        let plain = relying(&unique("c"), organization, 1);
        assert_eq!(keep(store, &plain, None, "enabled").await, Saved::Saved);
    }
    let select = async |organization: Option<&str>, after: &str, limit| {
        let selection = Selection::Enforced;
        let page = store.connections.connections(organization, selection, after, limit).await.unwrap();
        page.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(select(Some(&acme), "", 10).await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(select(Some(&acme), "", 1).await, [ids[0].clone()]);
    assert_eq!(select(Some(&acme), &ids[0], 10).await, [ids[2].clone()]);
    assert!(select(Some(&unique("nobody")), "", 10).await.is_empty());
    let everybody = select(None, "", 1_000_000).await;
    assert!(ids.iter().all(|id| everybody.contains(id)));
    let next = relying(&ids[0], &acme, 2);
    assert_eq!(keep(store, &next, Some(1), "unenforced").await, Saved::Saved);
    assert_eq!(select(Some(&acme), "", 10).await, [ids[2].clone()]);
}

async fn a_slot_holds_one(store: &Stores) {
    for _ in 0..5 {
        let (acme, other) = (unique("acme"), unique("other"));
        let calls = all(16, |_| {
            let (store, row) = (store.clone(), row(&unique("c"), &acme, 1));
            async move {
                let events = [event(&row.organization, "created")];
                match store.connections.get_or_create("main", &row, &events).await.unwrap() {
                    Created::Now => (row, true),
                    Created::Before(row) => (row, false),
                    Created::Conflict => panic!("the ID is taken"),
                }
            }
        });
        let answers = calls.await;
        assert_eq!(answers.iter().filter(|(_, is_new)| *is_new).count(), 1);
        let kept = answers[0].0.clone();
        assert!(answers.iter().all(|(row, _)| *row == kept), "all have the same");
        assert_eq!(names(store, &acme).await, ["created"]);
        assert_eq!(list(store, Some(&acme), "", 10).await, std::slice::from_ref(&kept.id));
        // Another slot, and the slot of another organization, are others.
        for (slot, organization) in [("second", &acme), ("main", &other)] {
            let row = row(&unique("c"), organization, 1);
            assert_eq!(store.connections.get_or_create(slot, &row, &[]).await.unwrap(), Created::Now);
        }
        // It is still there when it has changed, and free when it is gone.
        let next = relying(&kept.id, &acme, 2);
        assert_eq!(keep(store, &next, Some(1), "enabled").await, Saved::Saved);
        let fresh = row(&unique("c"), &acme, 1);
        let again = store.connections.get_or_create("main", &fresh, &[]).await.unwrap();
        assert_eq!(again, Created::Before(next));
        assert_eq!(store.connections.delete(&kept.id, 2, &[]).await.unwrap(), Saved::Saved);
        assert_eq!(store.connections.get_or_create("main", &fresh, &[]).await.unwrap(), Created::Now);
    }
}

async fn domains_come_with_it(store: &Stores) {
    let (acme, id) = (unique("acme"), unique("c"));
    assert_eq!(store.connections.connection_with_domains(&id).await.unwrap(), None);
    let row = relying(&id, &acme, 1);
    assert_eq!(keep(store, &row, None, "created").await, Saved::Saved);
    let read = async || store.connections.connection_with_domains(&id).await.unwrap().unwrap();
    assert_eq!(read().await, (row.clone(), Vec::new()));
    let mut domains: Vec<_> = (0..3).map(|_| format!("{}.test", unique("a").to_lowercase())).collect();
    for domain in &domains {
        let _ = store.domains.claim_domain(domain, &acme, &[]).await.unwrap();
    }
    let foreign = format!("{}.test", unique("a").to_lowercase());
    let _ = store.domains.claim_domain(&foreign, &unique("other"), &[]).await.unwrap();
    domains.sort();
    assert_eq!(read().await, (row, domains.clone()));
    let release = sso_store::Release::EvenIfMembersAreLockedOut;
    let _ = store.domains.release_domain(&domains[0], &acme, release, now(), &[]).await.unwrap();
    assert_eq!(read().await.1, domains[1..]);
}
