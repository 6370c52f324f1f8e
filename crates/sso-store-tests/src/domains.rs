use sso_store::{
    Dispute, DomainClaim, DomainRelease, EndedDomain, HeldDomain, Release, Requires, Saved, Stores,
};

use crate::rows::{event, names, relying, row};
use crate::support::{MINUTE, all, now, unique};

/// A domain belongs to one organization at a time, and its events are kept with the change or not at all;
/// also where many claim it at once. A connection that relies on domains and the release of the last one
/// exclude each other.
pub async fn domains(store: &Stores) {
    it_belongs_to_one_organization(store).await;
    of_many_organizations_at_once_one_gets_it(store).await;
    a_domain_in_use_is_kept(store).await;
    a_connection_that_requires_a_domain_is_kept_with_one_only(store).await;
    the_last_domain_is_released_or_relied_on(store).await;
    a_domain_changes_if_it_is_as_it_was_seen(store).await;
    of_many_changes_of_a_domain_one_is_kept(store).await;
    what_was_taken_is_remembered_until_it_is_forgotten(store).await;
    all_are_listed_in_order(store).await;
}

async fn it_belongs_to_one_organization(store: &Stores) {
    let (acme, other) = (unique("acme"), unique("other"));
    let first = domain();
    let second = format!("{}.test", unique("b").to_lowercase());
    let verified = |organization: &str| [event(organization, "domain.verified")];
    assert_eq!(store.domains.held_domain(&first).await.unwrap(), None);
    assert!(store.domains.domains(&acme).await.unwrap().is_empty());

    assert_eq!(
        store.domains.claim_domain(&first, &acme, &verified(&acme)).await.unwrap(),
        DomainClaim::Claimed
    );
    assert_eq!(
        store.domains.claim_domain(&first, &acme, &verified(&acme)).await.unwrap(),
        DomainClaim::Owned
    );
    assert_eq!(
        store.domains.claim_domain(&first, &other, &verified(&other)).await.unwrap(),
        DomainClaim::Taken
    );
    assert_eq!(store.domains.claim_domain(&second, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    let held = HeldDomain { domain: first.clone(), organization: acme.clone(), dispute: None };
    assert_eq!(store.domains.held_domain(&first).await.unwrap(), Some(held));
    assert_eq!(store.domains.domains(&acme).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(names(store, &acme).await, ["domain.verified"]);
    assert!(names(store, &other).await.is_empty());

    let released = |organization: &str| [event(organization, "domain.released")];
    let release = async |organization: &str| {
        let released = released(organization);
        store.domains.release_domain(&first, organization, Release::IfUnused, now(), &released).await.unwrap()
    };
    assert_eq!(release(&other).await, DomainRelease::NotOwned);
    assert_eq!(release(&acme).await, DomainRelease::Released);
    assert_eq!(release(&acme).await, DomainRelease::NotOwned);
    assert_eq!(names(store, &acme).await, ["domain.verified", "domain.released"]);
    assert_eq!(store.domains.claim_domain(&first, &other, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(store.domains.domains(&acme).await.unwrap(), [second]);
}

async fn of_many_organizations_at_once_one_gets_it(store: &Stores) {
    for _ in 0..5 {
        let domain = domain();
        let claims = all(32, |_| {
            let (store, domain, organization) = (store.clone(), domain.clone(), unique("acme"));
            async move {
                let verified = event(&organization, "domain.verified");
                let claim = store.domains.claim_domain(&domain, &organization, &[verified]).await.unwrap();
                (organization, claim)
            }
        });
        let mut owners = Vec::new();
        for (organization, claim) in claims.await {
            let is_owner = claim == DomainClaim::Claimed;
            assert!(is_owner || claim == DomainClaim::Taken, "{claim:?}");
            assert_eq!(names(store, &organization).await.len(), usize::from(is_owner));
            assert_eq!(store.domains.domains(&organization).await.unwrap().len(), usize::from(is_owner));
            owners.extend(is_owner.then_some(organization));
        }
        assert_eq!(owners.len(), 1);
        let held = store.domains.held_domain(&domain).await.unwrap();
        assert_eq!(held.map(|held| held.organization), owners.pop());
    }
}

/// What is in use is decided by the records as they are kept.
async fn a_domain_in_use_is_kept(store: &Stores) {
    let (acme, id, domain) = (unique("acme"), unique("c"), domain());
    let release = async |release: Release| {
        let events = [event(&acme, "domain.released")];
        store.domains.release_domain(&domain, &acme, release, now(), &events).await.unwrap()
    };
    let claim = async || store.domains.claim_domain(&domain, &acme, &[]).await.unwrap();
    assert_eq!(claim().await, DomainClaim::Claimed);
    // One that accepts any domain, or is not in use, does not rely on it; nor does another organization's.
    assert_eq!(
        store.connections.save(&row(&id, &acme, 1), None, Requires::Nothing, &[]).await.unwrap(),
        Saved::Saved
    );
    let foreign = relying(&unique("c"), &unique("other"), 1);
    assert_eq!(store.connections.save(&foreign, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(release(Release::IfUnused).await, DomainRelease::Released);
    assert_eq!(claim().await, DomainClaim::Claimed);

    let in_use = relying(&id, &acme, 2);
    assert_eq!(store.connections.save(&in_use, Some(1), Requires::Domain, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(release(Release::IfUnused).await, DomainRelease::InUse(id.clone()));
    assert_eq!(store.domains.domains(&acme).await.unwrap(), std::slice::from_ref(&domain));
    assert_eq!(release(Release::EvenIfMembersAreLockedOut).await, DomainRelease::Released);
    assert_eq!(release(Release::EvenIfMembersAreLockedOut).await, DomainRelease::NotOwned);

    // Disabled, it relies on nothing any longer; and deleted.
    assert_eq!(claim().await, DomainClaim::Claimed);
    let disabled = row(&id, &acme, 3);
    assert_eq!(
        store.connections.save(&disabled, Some(2), Requires::Nothing, &[]).await.unwrap(),
        Saved::Saved
    );
    assert_eq!(release(Release::IfUnused).await, DomainRelease::Released);
    assert_eq!(claim().await, DomainClaim::Claimed);
    let again = relying(&id, &acme, 4);
    assert_eq!(store.connections.save(&again, Some(3), Requires::Domain, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(release(Release::IfUnused).await, DomainRelease::InUse(id.clone()));
    assert_eq!(store.connections.delete(&id, 4, &[]).await.unwrap(), Saved::Saved);
    assert_eq!(release(Release::IfUnused).await, DomainRelease::Released);
    // Each release has its event, and nothing else has.
    assert_eq!(names(store, &acme).await, ["domain.released"; 4]);
}

async fn a_connection_that_requires_a_domain_is_kept_with_one_only(store: &Stores) {
    let (acme, id, domain) = (unique("acme"), unique("c"), domain());
    let save = async |version: u64, expected: Option<u64>, requires: Requires| {
        let enabled = event(&acme, "connection.enabled");
        store.connections.save(&relying(&id, &acme, version), expected, requires, &[enabled]).await.unwrap()
    };
    assert_eq!(save(1, None, Requires::Domain).await, Saved::NoDomain);
    assert_eq!(store.connections.connection(&id).await.unwrap(), None);
    assert_eq!(save(1, None, Requires::Nothing).await, Saved::Saved);
    // A conflict is one whether there is a domain or not.
    assert_eq!(save(2, None, Requires::Domain).await, Saved::Conflict);
    assert_eq!(save(2, Some(1), Requires::Domain).await, Saved::NoDomain);
    assert_eq!(store.connections.connection(&id).await.unwrap(), Some(relying(&id, &acme, 1)));
    // Another organization's domain does not count.
    assert_eq!(
        store.domains.claim_domain(&domain, &unique("other"), &[]).await.unwrap(),
        DomainClaim::Claimed
    );
    assert_eq!(save(2, Some(1), Requires::Domain).await, Saved::NoDomain);
    assert_eq!(store.domains.claim_domain(&self::domain(), &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(save(2, Some(1), Requires::Domain).await, Saved::Saved);
    assert_eq!(names(store, &acme).await, ["connection.enabled"; 2]);
}

/// Of a change that requires a domain and the release of the only one, at once, one is kept; each of them at
/// times.
async fn the_last_domain_is_released_or_relied_on(store: &Stores) {
    for round in 0..40 {
        let (acme, id, domain) = (unique("acme"), unique("c"), domain());
        assert_eq!(store.domains.claim_domain(&domain, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
        let draft = row(&id, &acme, 1);
        assert_eq!(store.connections.save(&draft, None, Requires::Nothing, &[]).await.unwrap(), Saved::Saved);
        let calls = all(8, |number| {
            let (store, acme, id, domain) = (store.clone(), acme.clone(), id.clone(), domain.clone());
            async move {
                if (number + round) % 2 == 0 {
                    let in_use = relying(&id, &acme, 2);
                    let saved =
                        store.connections.save(&in_use, Some(1), Requires::Domain, &[]).await.unwrap();
                    (saved == Saved::Saved, false)
                } else {
                    let release = Release::IfUnused;
                    let released =
                        store.domains.release_domain(&domain, &acme, release, now(), &[]).await.unwrap();
                    (false, released == DomainRelease::Released)
                }
            }
        });
        let answers = calls.await;
        let saved = answers.iter().filter(|(saved, _)| *saved).count();
        let released = answers.iter().filter(|(_, released)| *released).count();
        assert_eq!(
            saved + released,
            1,
            "{saved} changes were kept, and the domain released {released} times"
        );
        let is_in_use =
            store.connections.connection(&id).await.unwrap().is_some_and(|it| it.relies_on_domains);
        assert_eq!(is_in_use, saved == 1);
        assert_eq!(store.domains.domains(&acme).await.unwrap().len(), saved);
    }
}

/// A dispute begins, ends or is completed, by one who has seen the domain as it is.
async fn a_domain_changes_if_it_is_as_it_was_seen(store: &Stores) {
    let (acme, other, domain) = (unique("acme"), unique("other"), domain());
    let held = |organization: &str, dispute: Option<Dispute>| HeldDomain {
        domain: domain.clone(),
        organization: organization.to_owned(),
        dispute,
    };
    let (undisputed, at) = (held(&acme, None), now());
    let disputed = held(&acme, Some(Dispute::new(&other, at)));
    let later = held(&acme, Some(Dispute::new(&other, at + MINUTE)));
    let moved = held(&other, None);
    let replace = async |present: &HeldDomain, next: &HeldDomain| {
        let tell = |organization: &str| event(organization, "domain.moved");
        store.domains.replace_domain(present, next, at, &[tell(&acme), tell(&other)]).await.unwrap()
    };
    assert!(!replace(&undisputed, &disputed).await, "there is no such domain");
    assert_eq!(store.domains.claim_domain(&domain, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    assert!(!replace(&disputed, &moved).await);
    assert!(!replace(&moved, &disputed).await);
    assert!(replace(&undisputed, &disputed).await);
    assert_eq!(store.domains.held_domain(&domain).await.unwrap().as_ref(), Some(&disputed));
    assert!(!replace(&undisputed, &moved).await);
    assert!(!replace(&later, &moved).await);
    assert!(replace(&disputed, &undisputed).await);
    assert!(replace(&undisputed, &later).await);
    assert_eq!(store.domains.claim_domain(&domain, &acme, &[]).await.unwrap(), DomainClaim::Owned);
    assert_eq!(store.domains.claim_domain(&domain, &other, &[]).await.unwrap(), DomainClaim::Taken);
    assert!(replace(&later, &moved).await);
    assert_eq!(store.domains.held_domain(&domain).await.unwrap().as_ref(), Some(&moved));
    assert!(store.domains.domains(&acme).await.unwrap().is_empty());
    assert_eq!(store.domains.domains(&other).await.unwrap(), std::slice::from_ref(&domain));
    // Four changes were kept, each with both events.
    for organization in [&acme, &other] {
        assert_eq!(names(store, organization).await, ["domain.moved"; 4]);
    }
    // With the domain its dispute goes.
    assert!(replace(&moved, &held(&other, Some(Dispute::new(&acme, at)))).await);
    let release = Release::IfUnused;
    let released = store.domains.release_domain(&domain, &other, release, at, &[]).await.unwrap();
    assert_eq!(released, DomainRelease::Released);
    assert_eq!(store.domains.claim_domain(&domain, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(store.domains.held_domain(&domain).await.unwrap(), Some(undisputed));
}

async fn of_many_changes_of_a_domain_one_is_kept(store: &Stores) {
    let (acme, domain) = (unique("acme"), domain());
    assert_eq!(store.domains.claim_domain(&domain, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    let present = store.domains.held_domain(&domain).await.unwrap().unwrap();
    let moves = all(16, |_| {
        let (store, present, organization) = (store.clone(), present.clone(), unique("other"));
        async move {
            let next = HeldDomain { organization: organization.clone(), ..present.clone() };
            (organization, store.domains.replace_domain(&present, &next, now(), &[]).await.unwrap())
        }
    });
    let mut owners: Vec<_> = moves.await.into_iter().filter(|(_, is_kept)| *is_kept).collect();
    assert_eq!(owners.len(), 1);
    let held = store.domains.held_domain(&domain).await.unwrap().unwrap();
    assert_eq!(Some(held.organization), owners.pop().map(|(organization, _)| organization));
}

async fn what_was_taken_is_remembered_until_it_is_forgotten(store: &Stores) {
    let (acme, other, at) = (unique("acme \"&' ö"), unique("other"), now());
    let [released, moved] = [(); 2].map(|()| domain());
    for domain in [&released, &moved] {
        assert_eq!(store.domains.claim_domain(domain, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    }
    let ended = async || {
        let all = store.domains.ended_domains(1_000_000).await.unwrap();
        let mut ended: Vec<_> = all.into_iter().filter(|ended| ended.organization == acme).collect();
        ended.sort_by(|first, second| first.domain.cmp(&second.domain));
        ended
    };
    assert!(ended().await.is_empty());
    let release =
        async |at| store.domains.release_domain(&released, &acme, Release::IfUnused, at, &[]).await.unwrap();
    assert_eq!(release(at).await, DomainRelease::Released);
    let present = store.domains.held_domain(&moved).await.unwrap().unwrap();
    let disputed = HeldDomain { dispute: Some(Dispute::new(&other, at)), ..present.clone() };
    assert!(store.domains.replace_domain(&present, &disputed, at, &[]).await.unwrap());
    assert_eq!(ended().await.len(), 1, "a dispute takes nothing");
    let next = HeldDomain { organization: other.clone(), ..present };
    assert!(store.domains.replace_domain(&disputed, &next, at, &[]).await.unwrap());
    let end = |domain: &str, at| EndedDomain { organization: acme.clone(), domain: domain.to_owned(), at };
    let mut both = [end(&released, at), end(&moved, at)];
    both.sort_by(|first, second| first.domain.cmp(&second.domain));
    assert_eq!(ended().await, both);
    assert_eq!(store.domains.ended_domains(1).await.unwrap().len(), 1);

    // Taken again, the last time counts, and it is not forgotten by who has seen the first time.
    assert_eq!(store.domains.claim_domain(&released, &acme, &[]).await.unwrap(), DomainClaim::Claimed);
    assert_eq!(release(at + MINUTE).await, DomainRelease::Released);
    store.domains.forget_ended_domain(&end(&moved, at)).await.unwrap();
    store.domains.forget_ended_domain(&end(&released, at)).await.unwrap();
    assert_eq!(ended().await, [end(&released, at + MINUTE)]);
    store.domains.forget_ended_domain(&end(&released, at + MINUTE)).await.unwrap();
    store.domains.forget_ended_domain(&end(&released, at + MINUTE)).await.unwrap();
    assert!(ended().await.is_empty());
}

async fn all_are_listed_in_order(store: &Stores) {
    let mut expected = Vec::new();
    for organization in [unique("acme"), unique("other")] {
        for _ in 0..3 {
            let held = HeldDomain { domain: domain(), organization: organization.clone(), dispute: None };
            let claimed = store.domains.claim_domain(&held.domain, &organization, &[]).await.unwrap();
            assert_eq!(claimed, DomainClaim::Claimed);
            expected.push(held);
        }
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.domains.held_domains(&after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.iter().all(|held| held.domain > after), "out of order");
        last.domain.clone_into(&mut after);
        seen.extend(page);
    }
    seen.retain(|held| expected.contains(held));
    expected.sort_by(|first, second| first.domain.cmp(&second.domain));
    assert_eq!(seen, expected);
}

fn domain() -> String {
    format!("{}.test", unique("a").to_lowercase())
}
