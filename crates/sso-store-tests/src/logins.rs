use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use sso_store::{AttemptRow, LoginRow, Requires, Ring, Saved, Stores};

use crate::rows::{event, login, names, row};
use crate::support::{all, now, unique};

const CALLERS: usize = 32;

/// The latest login of each kind is kept, and the last one of each user; attempts are kept in two rings, of
/// which neither takes anything from the other.
pub async fn logins(store: &Stores) {
    the_latest_login_of_each_kind_is_kept(store).await;
    of_many_logins_at_once_one_is_the_first(store).await;
    the_last_login_of_each_user_is_known(store).await;
    proven_attempts_are_kept_one_by_one(store).await;
    other_attempts_are_kept_by_code(store).await;
}

async fn connection(store: &Stores) -> (String, String) {
    let (id, organization) = (unique("c"), unique("acme"));
    let row = row(&id, &organization, 1);
    assert_eq!(store.connections.save(&row, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    (id, organization)
}

async fn the_latest_login_of_each_kind_is_kept(store: &Stores) {
    let (gone, nobody) = (unique("c"), unique("acme"));
    // Of a connection that is not there, nothing is kept.
    let tested = |organization: &str| [event(organization, "tested")];
    assert!(!store.logins.record_login(&login(&gone, 1, "AA", "user-1"), &tested(&nobody)).await.unwrap());
    assert!(store.logins.logins(&gone).await.unwrap().is_empty());
    assert!(store.logins.last_logins(&gone, None, 10).await.unwrap().is_empty());
    assert!(names(store, &nobody).await.is_empty());
    let (id, organization) = connection(store).await;
    for (revision, certificate, user, is_first) in [
        (1, "AA", "user-1", true),
        (1, "BB", "user-1", true),
        (2, "AA", "user-1", true),
        (1, "AA", "user-2", false),
    ] {
        let login = login(&id, revision, certificate, user);
        assert_eq!(store.logins.record_login(&login, &tested(&organization)).await.unwrap(), is_first);
    }
    // The event is kept with the first one of each kind.
    assert_eq!(names(store, &organization).await, ["tested"; 3]);
    let logins = store.logins.logins(&id).await.unwrap();
    assert_eq!(logins.len(), 3);
    for kept in [login(&id, 1, "AA", "user-2"), login(&id, 1, "BB", "user-1"), login(&id, 2, "AA", "user-1")]
    {
        assert!(logins.contains(&kept.json), "{kept:?}");
    }
}

async fn of_many_logins_at_once_one_is_the_first(store: &Stores) {
    for _ in 0..5 {
        let (id, organization) = connection(store).await;
        let calls = all(CALLERS, |number| {
            let (store, id, event) = (store.clone(), id.clone(), event(&organization, "tested"));
            async move {
                let login = login(&id, 1, "AA", &format!("user-{number}"));
                store.logins.record_login(&login, &[event]).await.unwrap()
            }
        });
        assert_eq!(calls.await.iter().filter(|is_first| **is_first).count(), 1);
        assert_eq!(store.logins.logins(&id).await.unwrap().len(), 1);
        assert_eq!(store.logins.last_logins(&id, None, 100).await.unwrap().len(), CALLERS);
        assert_eq!(names(store, &organization).await, ["tested"]);
    }
}

async fn the_last_login_of_each_user_is_known(store: &Stores) {
    let (id, _) = connection(store).await;
    let (other, _) = connection(store).await;
    let begin = now();
    let mut users = ["user-1", "User-1", "user 1:", "", "\0", "a\0b", "it's \"one\" \\ % _ *", "日本", "ö"];
    let at = |number: u64| begin + Duration::from_secs(number);
    for (number, user) in (1..).zip(users) {
        let first = LoginRow { at: at(number), ..login(&id, 1, "AA", user) };
        store.logins.record_login(&first, &[]).await.unwrap();
        // A machine whose clock is behind makes it no earlier; nor does another connection.
        let earlier = LoginRow { at: at(0), ..login(&id, 2, "BB", user) };
        store.logins.record_login(&earlier, &[]).await.unwrap();
        let elsewhere = LoginRow { at: at(100), ..login(&other, 1, "AA", user) };
        store.logins.record_login(&elsewhere, &[]).await.unwrap();
    }
    let expected: Vec<_> = (1..).zip(users).map(|(number, user)| (user.to_owned(), at(number))).collect();
    let all = store.logins.last_logins(&id, None, 100).await.unwrap();
    let found: BTreeSet<_> = all.iter().map(|login| (login.user.clone(), login.at)).collect();
    assert_eq!(found, expected.into_iter().collect());
    users.sort_unstable();
    assert_eq!(all.iter().map(|login| login.user.as_str()).collect::<Vec<_>>(), users, "out of order");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.logins.last_logins(&id, after.as_deref(), 1).await.unwrap();
        let is_last = page.is_empty();
        if let Some(last) = page.last() {
            after = Some(last.user.clone());
        }
        seen.extend(page);
        if is_last {
            break;
        }
    }
    assert_eq!(seen, all);
}

fn attempt(connection: &str, ring: Ring, number: u64, code: &str) -> AttemptRow {
    AttemptRow {
        connection: connection.to_owned(),
        ring,
        reference: format!("r{number}"),
        code: code.to_owned(),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + number),
        count: 1,
        json: format!(r#"{{"number":{number}}}"#),
    }
}

async fn proven_attempts_are_kept_one_by_one(store: &Stores) {
    let (id, _) = connection(store).await;
    let stranger = attempt(&id, Ring::Unproven, 0, "signature.untrusted_key");
    store.logins.record_attempt(&stranger).await.unwrap();
    let capacity = u64::try_from(Ring::Proven.capacity()).unwrap();
    for number in 0..capacity + 5 {
        store.logins.record_attempt(&attempt(&id, Ring::Proven, number, "assertion.expired")).await.unwrap();
    }
    let kept = store.logins.attempts(&id, Ring::Proven).await.unwrap();
    let expected: Vec<_> = (5..capacity + 5)
        .rev()
        .map(|number| attempt(&id, Ring::Proven, number, "assertion.expired"))
        .collect();
    assert_eq!(kept, expected);
    assert_eq!(store.logins.attempts(&id, Ring::Unproven).await.unwrap(), [stranger]);
    // Of a connection that is not there, nothing is kept.
    let gone = unique("c");
    store.logins.record_attempt(&attempt(&gone, Ring::Proven, 1, "assertion.expired")).await.unwrap();
    assert!(store.logins.attempts(&gone, Ring::Proven).await.unwrap().is_empty());
}

async fn other_attempts_are_kept_by_code(store: &Stores) {
    let (id, _) = connection(store).await;
    let proven = attempt(&id, Ring::Proven, 0, "assertion.expired");
    store.logins.record_attempt(&proven).await.unwrap();
    let capacity = u64::try_from(Ring::Unproven.capacity()).unwrap();
    let unproven = |number: u64, code: u64| attempt(&id, Ring::Unproven, number, &format!("code-{code}"));
    for number in 0..capacity {
        store.logins.record_attempt(&unproven(number, number)).await.unwrap();
    }
    // Once more, three times: it takes the place of the former one, and is the latest now.
    let again = AttemptRow { count: 3, ..unproven(capacity, 0) };
    store.logins.record_attempt(&again).await.unwrap();
    let kept = store.logins.attempts(&id, Ring::Unproven).await.unwrap();
    assert_eq!(kept.len(), Ring::Unproven.capacity());
    assert_eq!(kept[0], AttemptRow { count: 4, ..unproven(capacity, 0) });
    // Another code takes the place of the one that has not been seen for longest.
    store.logins.record_attempt(&unproven(capacity + 1, capacity)).await.unwrap();
    let kept = store.logins.attempts(&id, Ring::Unproven).await.unwrap();
    assert_eq!(kept.len(), Ring::Unproven.capacity());
    assert_eq!(kept[0], unproven(capacity + 1, capacity));
    assert!(!kept.iter().any(|attempt| attempt.code == "code-1"));
    assert!(kept.iter().any(|attempt| attempt.code == "code-2"));
    // A flood of them leaves the other ring as it is.
    assert_eq!(store.logins.attempts(&id, Ring::Proven).await.unwrap(), [proven]);
    // Many at once are all counted.
    let calls = all(CALLERS, |number| {
        let number = u64::try_from(number).unwrap();
        let (store, attempt) = (store.clone(), unproven(capacity + 2 + number, 2));
        async move { store.logins.record_attempt(&attempt).await.unwrap() }
    });
    calls.await;
    let kept = store.logins.attempts(&id, Ring::Unproven).await.unwrap();
    let counted: Vec<_> = kept.iter().filter(|it| it.code == "code-2").map(|it| it.count).collect();
    assert_eq!(counted, [1 + u64::try_from(CALLERS).unwrap()]);
    // They go with their connection.
    assert_eq!(store.connections.delete(&id, 1, &[]).await.unwrap(), Saved::Saved);
    for ring in [Ring::Proven, Ring::Unproven] {
        assert!(store.logins.attempts(&id, ring).await.unwrap().is_empty());
    }
}
