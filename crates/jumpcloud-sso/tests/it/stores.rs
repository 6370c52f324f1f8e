use jumpcloud_sso::{Cookies, Diagnose as _, Domains, MemoryStore, SingleSignOn, Stores};

use crate::failing_store::down;
use crate::{World, acme, cookies, now, settings};

#[tokio::test]
async fn a_connection_lives_its_whole_life_in_memory() {
    let stores = Stores::from(MemoryStore::default());
    sso_store_tests::skew(&stores).await;
    sso_store_tests::walk(&stores).await;
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_read_from_memory() {
    let stores = Stores::from(MemoryStore::default());
    sso_store_tests::populate(&stores).await;
    sso_store_tests::check(&stores).await;
}

#[test]
fn domains_show_nothing_of_their_store() {
    let domains = format!("{:?}", Domains::new(&settings(), MemoryStore::default()));
    assert!(!domains.contains("Store"), "{domains}");
}

#[tokio::test]
async fn a_store_that_fails_refuses_the_login() {
    let world = World::new(acme());
    let start = world.begin();
    let answer = world.answer(&start);
    let broken = SingleSignOn::new(&settings(), down()).unwrap();
    let form = jumpcloud_sso::LoginForm { saml_response: &answer.0, relay_state: Some(&answer.1) };
    let error = broken
        .finish_login(&world.connection, form, &Cookies::new([cookies(&start)]), now())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "replay.store");
    assert!(error.diagnosis().message.contains("connection refused"));
    assert!(!error.to_string().contains("connection refused"));
}
