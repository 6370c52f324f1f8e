use jumpcloud_sso::{ConnectionStore, DomainClaim, DomainStore, EventKind};

use crate::connections::event;
use crate::{all, unique};

/// A domain belongs to one organization at a time, and its events are kept with the change or not at all; also where many
/// claim it at once.
pub async fn domains<S: DomainStore + ConnectionStore + Clone + 'static>(store: &S) {
    it_belongs_to_one_organization(store).await;
    of_many_organizations_at_once_one_gets_it(store).await;
}

async fn it_belongs_to_one_organization<S: DomainStore + ConnectionStore>(store: &S) {
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

async fn of_many_organizations_at_once_one_gets_it<S: DomainStore + ConnectionStore + Clone + 'static>(
    store: &S,
) {
    for _ in 0..5 {
        let domain = format!("{}.test", unique("a").to_lowercase());
        let claims = all(32, |_| {
            let (store, domain, organization) = (store.clone(), domain.clone(), unique("acme"));
            async move {
                let verified =
                    event(&organization, None, EventKind::DomainVerified { domain: domain.clone() });
                let claim = store.claim_domain(&domain, &organization, &[verified]).await.unwrap();
                (organization, claim)
            }
        });
        let mut owners = Vec::new();
        for (organization, claim) in claims.await {
            let is_owner = claim == DomainClaim::Claimed;
            assert!(is_owner || claim == DomainClaim::Taken, "{claim:?}");
            assert_eq!(names(store, &organization).await.len(), usize::from(is_owner));
            assert_eq!(store.domains(&organization).await.unwrap().len(), usize::from(is_owner));
            owners.extend(is_owner.then_some(organization));
        }
        assert_eq!(owners.len(), 1);
        assert_eq!(store.domain_owner(&domain).await.unwrap(), owners.pop());
    }
}

async fn names<S: ConnectionStore>(store: &S, organization: &str) -> Vec<&'static str> {
    store.events(organization, 0, 100).await.unwrap().iter().map(|(_, event)| event.name()).collect()
}
