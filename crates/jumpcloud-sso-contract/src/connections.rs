mod many;

use std::collections::BTreeSet;

use jumpcloud_sso::{
    Actor, CompletedLogin, ConnectionRecord, ConnectionStore, Event, EventKind, Phase, Requires, Saved,
};

use crate::{now, unique};

/// Connections are kept as they were given, changed by one at a time, and never come back; events are kept with the
/// change or not at all, in their order; all of it also where many call at once.
pub async fn connections<S: ConnectionStore + Clone + 'static>(store: &S) {
    a_record_comes_back_as_it_was(store).await;
    of_two_changes_one_is_kept(store).await;
    a_deleted_one_stays_deleted(store).await;
    they_are_listed_in_order(store).await;
    the_latest_login_of_each_kind_is_kept(store).await;
    events_are_read_in_pages(store).await;
    many::of_many_changes_at_once_one_is_kept(store).await;
    many::of_many_logins_at_once_one_is_the_first(store).await;
    many::a_reader_misses_no_event(store).await;
    many::a_login_leaves_nothing_behind_a_deletion(store).await;
}

async fn a_record_comes_back_as_it_was<S: ConnectionStore>(store: &S) {
    let (id, organization) = (unique("c"), unique("acme \"&' ö"));
    assert_eq!(store.connection(&id).await.unwrap(), None);
    let record = record(&id, &organization, 1);
    assert_eq!(
        store.save(&record, None, Requires::Nothing, &[created(&record)]).await.unwrap(),
        Saved::Saved
    );
    assert_eq!(store.connection(&id).await.unwrap(), Some(record.clone()));
    assert_eq!(ConnectionRecord::from_json(&record.to_json().unwrap()).unwrap(), record);
    let events = store.events(&organization, 0, 10).await.unwrap();
    assert_eq!(events.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), [created(&record)]);
}

async fn of_two_changes_one_is_kept<S: ConnectionStore>(store: &S) {
    let (id, organization) = (unique("c"), unique("acme"));
    let [first, second, third] = [1, 2, 3].map(|version| record(&id, &organization, version));
    assert_eq!(
        store.save(&second, Some(1), Requires::Nothing, &[created(&first)]).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(store.save(&first, None, Requires::Nothing, &[created(&first)]).await.unwrap(), Saved::Saved);
    assert_eq!(
        store.save(&first, None, Requires::Nothing, &[created(&first)]).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(
        store.save(&second, Some(1), Requires::Nothing, &[enabled(&first)]).await.unwrap(),
        Saved::Saved
    );
    assert_eq!(
        store.save(&second, Some(1), Requires::Nothing, &[enabled(&first)]).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(
        store.save(&third, Some(1), Requires::Nothing, &[enabled(&first)]).await.unwrap(),
        Saved::Conflict
    );
    assert_eq!(store.connection(&id).await.unwrap(), Some(second));
    // A change that was not kept left no event.
    let events = store.events(&organization, 0, 10).await.unwrap();
    assert_eq!(names(&events), ["connection.created", "connection.enabled"]);
}

async fn a_deleted_one_stays_deleted<S: ConnectionStore>(store: &S) {
    let (id, organization) = (unique("c"), unique("acme"));
    let first = record(&id, &organization, 1);
    let deleted = event(&organization, Some(&id), EventKind::Deleted { before: Phase::Draft });
    let delete = |expected| store.delete(&id, expected, std::slice::from_ref(&deleted));
    assert_eq!(delete(1).await.unwrap(), Saved::Conflict);
    assert_eq!(store.save(&first, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert!(store.record_login(&login(&id, 1, "AA", "user-1"), &[]).await.unwrap());
    assert_eq!(delete(2).await.unwrap(), Saved::Conflict);
    assert_eq!(store.connection(&id).await.unwrap(), Some(first.clone()));
    assert_eq!(delete(1).await.unwrap(), Saved::Saved);
    assert_eq!(delete(1).await.unwrap(), Saved::Conflict);
    assert_eq!(store.connection(&id).await.unwrap(), None);
    assert!(store.connections(Some(&organization), "", 10).await.unwrap().is_empty());
    assert!(store.logins(&id).await.unwrap().is_empty());
    // Its ID was part of URLs and of what accounts are known by.
    assert_eq!(store.save(&first, None, Requires::Nothing, &[]).await.unwrap(), Saved::Conflict);
    assert_eq!(store.save(&first, Some(1), Requires::Nothing, &[]).await.unwrap(), Saved::Conflict);
    let events = store.events(&organization, 0, 10).await.unwrap();
    assert_eq!(names(&events), ["connection.deleted"]);
}

async fn they_are_listed_in_order<S: ConnectionStore>(store: &S) {
    let (acme, other) = (unique("acme"), unique("other"));
    let mut ids: Vec<_> = (0..5).map(|_| unique("c")).collect();
    for (number, id) in ids.iter().enumerate() {
        let organization = if number == 2 { &other } else { &acme };
        assert_eq!(
            store.save(&record(id, organization, 1), None, Requires::Nothing, &[]).await.unwrap(),
            Saved::Saved
        );
    }
    ids.remove(2);
    ids.sort();
    let list = async |after: &str, limit| {
        let records = store.connections(Some(&acme), after, limit).await.unwrap();
        records.iter().map(|record| record.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("", 10).await, ids);
    assert_eq!(list("", 2).await, ids.iter().take(2).cloned().collect::<Vec<_>>());
    let second = ids.get(1).unwrap();
    assert_eq!(list(second, 10).await, ids.iter().skip(2).cloned().collect::<Vec<_>>());
    assert!(list(ids.last().unwrap(), 10).await.is_empty());
    // All organizations' in pages, with whatever else is there.
    let (mut seen, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = store.connections(None, &after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.iter().all(|record| record.id() > after.as_str()), "out of order");
        last.id().clone_into(&mut after);
        seen.extend(page.into_iter().map(|record| record.id().to_owned()));
    }
    assert!(ids.iter().all(|id| seen.contains(id)));
}

async fn the_latest_login_of_each_kind_is_kept<S: ConnectionStore>(store: &S) {
    let id = unique("c");
    let organization = unique("acme");
    let tested = |user: &str| {
        let kind = EventKind::Tested { user: user.to_owned(), revision: 1, certificate: "AA".to_owned() };
        [event(&organization, Some(&id), kind)]
    };
    // Of a connection that is not there, nothing is kept.
    assert!(!store.record_login(&login(&id, 1, "AA", "user-1"), &tested("user-1")).await.unwrap());
    assert!(store.logins(&id).await.unwrap().is_empty());
    assert!(store.events(&organization, 0, 10).await.unwrap().is_empty());
    assert_eq!(
        store.save(&record(&id, &organization, 1), None, Requires::Nothing, &[]).await.unwrap(),
        Saved::Saved
    );
    for (revision, certificate, user, is_first) in [
        (1, "AA", "user-1", true),
        (1, "BB", "user-1", true),
        (2, "AA", "user-1", true),
        (1, "AA", "user-2", false),
    ] {
        let login = login(&id, revision, certificate, user);
        assert_eq!(store.record_login(&login, &tested(user)).await.unwrap(), is_first);
    }
    // The event is kept with the first one of each kind.
    let events = store.events(&organization, 0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|(_, event)| event.kind().clone()).collect();
    assert_eq!(kinds, [0, 1, 2].map(|_| tested("user-1")[0].kind().clone()));
    let logins = store.logins(&id).await.unwrap();
    let kept: BTreeSet<_> =
        logins.iter().map(|login| (login.revision(), login.certificate(), login.user())).collect();
    assert_eq!(kept, BTreeSet::from([(1, "AA", "user-2"), (1, "BB", "user-1"), (2, "AA", "user-1")]));
    assert_eq!(logins.len(), 3);
}

async fn events_are_read_in_pages<S: ConnectionStore>(store: &S) {
    let (acme, other) = (unique("acme"), unique("other"));
    let domains: Vec<_> = (0..5).map(|number| format!("{number}.test")).collect();
    for domain in &domains {
        let kind = EventKind::DomainVerified { domain: domain.clone() };
        store.append(&[event(&acme, None, kind.clone()), event(&other, None, kind)]).await.unwrap();
    }
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let page = store.events(&acme, after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        assert!(*last > after && page.len() <= 2, "numbers rise");
        after = *last;
        read.extend(page.into_iter().map(|(_, event)| event));
    }
    let expected = domains.iter().map(|domain| EventKind::DomainVerified { domain: domain.clone() });
    assert_eq!(read.iter().map(Event::kind).cloned().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// A record that holds some of everything.
pub(crate) fn record(id: &str, organization: &str, version: u64) -> ConnectionRecord {
    let created_at = "2027-01-15T08:00:00.000Z";
    let text = |value: &str| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let json = format!(
        r#"{{"id":{},"organization":{},"version":{version},"revision":1,"use_of":{{"is":"disabled"}},
            "configuration":{{"idp_url":"https://sso.jumpcloud.com/saml2/acme","idp_entity_id":" IdP 'Entity' \\ ID ","#,
        text(id),
        text(organization)
    );
    let rest = format!(r#""any_email_domain":true}},"break_glass":["user-1"],"created_at":"{created_at}"}}"#);
    ConnectionRecord::from_json(&(json + &rest)).unwrap()
}

/// One that is in use, and refuses addresses of other domains than the organization's own.
pub(crate) fn relying(id: &str, organization: &str, version: u64) -> ConnectionRecord {
    let json = record(id, organization, version).to_json().unwrap();
    let json = json.replace(r#""is":"disabled""#, r#""is":"active""#);
    let json = json.replace(r#""any_email_domain":true"#, r#""any_email_domain":false"#);
    let record = ConnectionRecord::from_json(&json).unwrap();
    assert!(record.relies_on_domains());
    record
}

fn login(connection: &str, revision: u64, certificate: &str, user: &str) -> CompletedLogin {
    let json = format!(
        r#"{{"connection":"{connection}","revision":{revision},"certificate":"{certificate}","user":"{user}",
            "at":"2027-01-15T08:00:00.000Z"}}"#
    );
    CompletedLogin::from_json(&json).unwrap()
}

pub(crate) fn event(organization: &str, connection: Option<&str>, kind: EventKind) -> Event {
    Event::new(&Actor::user("admin-1"), now(), organization, connection, kind)
}

fn created(record: &ConnectionRecord) -> Event {
    // The same each time.
    Event::new(
        &Actor::System,
        record.created_at(),
        record.organization(),
        Some(record.id()),
        EventKind::Created,
    )
}

fn enabled(record: &ConnectionRecord) -> Event {
    event(record.organization(), Some(record.id()), EventKind::Enabled { before: Phase::Configured })
}

fn names(events: &[(u64, Event)]) -> Vec<&'static str> {
    events.iter().map(|(_, event)| event.name()).collect()
}
