use jumpcloud_sso::{ConnectionStore, DomainClaim, DomainStore, EventKind};

use crate::connections::event;
use crate::unique;

/// A domain belongs to one organization at a time, and its events are kept with the change or not at all.
pub async fn domains<S: DomainStore + ConnectionStore>(store: &S) {
    let (acme, other) = (unique("acme"), unique("other"));
    let first = format!("{}.test", unique("a").to_lowercase());
    let second = format!("{}.test", unique("b").to_lowercase());
    let verified =
        |organization: &str| [event(organization, None, EventKind::DomainVerified { domain: first.clone() })];
    assert_eq!(store.domain_owner(&first).await.unwrap(), None);
    assert!(store.domains(&acme).await.unwrap().is_empty());

    assert_eq!(store.claim_domain(&first, &acme, &verified(&acme)).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(store.claim_domain(&first, &acme, &verified(&acme)).await.unwrap(), DomainClaim::Owned);
    assert_eq!(store.claim_domain(&first, &other, &verified(&other)).await.unwrap(), DomainClaim::Taken);
    assert_eq!(store.claim_domain(&second, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(store.domain_owner(&first).await.unwrap().as_deref(), Some(acme.as_str()));
    assert_eq!(store.domains(&acme).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(names(store, &acme).await, ["domain.verified"]);
    assert!(names(store, &other).await.is_empty());

    let released = |organization: &str| {
        [event(organization, None, EventKind::DomainReleased { domain: first.clone(), while_in_use: false })]
    };
    assert!(!store.release_domain(&first, &other, &released(&other)).await.unwrap());
    assert!(store.release_domain(&first, &acme, &released(&acme)).await.unwrap());
    assert!(!store.release_domain(&first, &acme, &released(&acme)).await.unwrap());
    assert_eq!(names(store, &acme).await, ["domain.verified", "domain.released"]);
    assert_eq!(store.claim_domain(&first, &other, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(store.domains(&acme).await.unwrap(), [second]);
}

async fn names<S: ConnectionStore>(store: &S, organization: &str) -> Vec<&'static str> {
    store.events(organization, 0, 100).await.unwrap().iter().map(|(_, event)| event.name()).collect()
}
