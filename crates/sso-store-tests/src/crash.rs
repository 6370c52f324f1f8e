use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jumpcloud_sso::{Actor, Connection, Diagnose as _, Edit};
use jumpcloud_sso_testkit::{JumpCloud, TestPost, User, keys};
use sso_store::{Claimed, Stores};
use tokio::time::sleep;

use crate::page::LoginPage;
use crate::server::Server;
use crate::support::{MINUTE, claim, claim_key, now, unique};

/// How many logins are under way when the server is killed.
const LOGINS: usize = 1000;

/// How many have finished by the time that it is killed, which takes a moment, in which others finish.
const FINISHED: usize = LOGINS / 8;

/// The server is killed in the middle of logins. No assertion is ever accepted twice, logins fail with a
/// clear error while it is down, and succeed again after it is back, over the same store.
pub async fn crash(store: &Stores, server: &mut impl Server) {
    // On the heap: there is a lot in it.
    Box::pin(crash_inner(store, server)).await;
}

async fn crash_inner(store: &Stores, server: &mut impl Server) {
    let page = Arc::new(LoginPage::new(store));
    let connection = active_connection(&page).await;
    let idp = JumpCloud::with_key(
        "https://sso.jumpcloud.com/saml2/acme",
        "acme",
        keys::OWN_KEY,
        keys::OWN_CERTIFICATE,
    )
    .unwrap();
    let user = User::new("bjensen@acme.test", "Barbara", "Jensen");
    let begin = now();
    let answers: Vec<_> = (0..LOGINS).map(|_| page.answer(&connection, &idp, &user, begin)).collect();

    let finished = Arc::new(AtomicUsize::new(0));
    let under_way: Vec<_> = answers
        .iter()
        .map(|answer| {
            let (page, connection, answer) = (Arc::clone(&page), connection.clone(), answer.clone());
            let finished = Arc::clone(&finished);
            tokio::spawn(async move {
                let is_accepted = outcome(&page, &connection, &answer).await;
                finished.fetch_add(1, Ordering::Relaxed);
                is_accepted
            })
        })
        .collect();
    // Some have claimed by then, some are claiming, some have not begun.
    while finished.load(Ordering::Relaxed) < FINISHED {
        sleep(Duration::from_millis(1)).await;
    }
    server.kill().await;
    let mut accepted = Vec::with_capacity(LOGINS);
    for login in under_way {
        accepted.push(login.await.unwrap());
    }

    let count = accepted.iter().filter(|accepted| **accepted).count();
    assert!((FINISHED..LOGINS).contains(&count), "{count} of {LOGINS} logins were before the crash");

    refused_while_down(&page, &connection, &page.answer(&connection, &idp, &user, now())).await;
    server.start().await;
    wait_until_back(store).await;

    for (answer, was_accepted) in answers.iter().zip(&accepted) {
        let is_accepted = outcome(&page, &connection, answer).await;
        assert!(!(is_accepted && *was_accepted), "an assertion was accepted twice");
        assert!(!outcome(&page, &connection, answer).await, "an assertion was accepted twice");
    }
    let fresh = page.answer(&connection, &idp, &user, now());
    assert!(outcome(&page, &connection, &fresh).await, "logins work again");
}

async fn active_connection(page: &LoginPage) -> Connection {
    let (admin, begin) = (Actor::user("admin-1"), now());
    let organization = unique("acme");
    let own = page.connections.of(&organization);
    let record = own.create(&admin, begin).await.unwrap();
    let edit = Edit::new()
        .idp_url("https://sso.jumpcloud.com/saml2/acme")
        .idp_entity_id("acme")
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true);
    own.edit(record.id(), &edit, &admin, begin).await.unwrap();
    own.enable(record.id(), &admin, begin).await.unwrap();
    page.connections.active(record.id()).await.unwrap()
}

/// Whether a login is accepted; if not, for one of the reasons that there may be.
async fn outcome(page: &LoginPage, connection: &Connection, answer: &TestPost) -> bool {
    match page.finish(connection, answer, now()).await {
        Ok(_) => true,
        Err(error) => {
            let code = error.code();
            assert!(matches!(code, "replay.assertion" | "replay.request" | "replay.store"), "{code}");
            false
        }
    }
}

async fn refused_while_down(page: &LoginPage, connection: &Connection, answer: &TestPost) {
    let error = page.finish(connection, answer, now()).await.unwrap_err();
    let diagnosis = error.diagnosis();
    assert_eq!(diagnosis.code, "replay.store");
    assert!(diagnosis.message.starts_with("the store failed: "), "{}", diagnosis.message);
    assert!(error.to_string().starts_with("signing in failed; the reference"), "{error}");
    let refusal = page.connections.active(connection.id()).await.unwrap_err();
    assert_eq!(refusal.code(), "config.store");
    let access =
        page.connections.of(connection.organization()).other_way_in("user-1", "password", now()).await;
    assert!(access.is_err(), "nobody comes in by another way while nobody can tell");
}

async fn wait_until_back(store: &Stores) {
    for _ in 0..300 {
        let begin = now();
        if let Ok(Claimed::Now) = claim(store, claim_key(&unique("key")), begin + MINUTE, begin).await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the store does not come back");
}
