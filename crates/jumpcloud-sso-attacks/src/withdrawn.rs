//! What a login leads to, and what takes it back: J12 to J14, T13, T14, T16.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::{
    Actor, Certificate, Connection, Connections, Domains, Edit, IssuedSession, JustInTime, Login,
    MemoryStore, Provisioning, Refusal, Release, Retirement, RoleMap, SameEmail, SessionRefusal, Sessions,
};
use jumpcloud_sso_testkit::keys;

use crate::case::{IDP, now};
use crate::domains::Dns;
use crate::tenants::{URL, member};
use crate::world::{MINUTE, Scenario, World, accepted, refused, settings, wait};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const FRONT_END: &str = "https://www.acme.test/in";

fn code<T>(result: Result<T, SessionRefusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

/// A service whose connection is stored and enabled.
struct Service {
    world: World,
    connections: Connections,
    sessions: Sessions,
    domains: Domains,
    id: String,
}

impl Service {
    fn new() -> Self {
        let store = MemoryStore::default();
        let connections = Connections::new(&settings(), store.clone());
        let sessions = Sessions::new(&settings(), store.clone()).expect("sessions");
        let domains = Domains::new(&settings(), store);
        let sessions = sessions.redirect_uris([FRONT_END]).expect("an address");
        let edit = Edit::new()
            .idp_url(URL)
            .idp_entity_id(IDP)
            .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
            .add_certificate(keys::OTHER_CERTIFICATE.as_bytes())
            .accept_any_email_domain(true);
        let id = wait(async {
            let acme = connections.of("acme");
            let id = acme.create(&Actor::System, now()).await?.id().to_owned();
            acme.edit(&id, &edit, &Actor::System, now()).await?;
            acme.enable(&id, &Actor::System, now()).await?;
            Ok::<_, Refusal>(id)
        })
        .expect("a connection");
        Self { world: World::new(), connections, sessions, domains, id }
    }

    fn connection(&self) -> Connection {
        wait(self.connections.active(&self.id)).expect("a connection")
    }

    fn log_in(&self) -> Login {
        self.world.log_in(&self.connection(), now())
    }

    fn complete(&self, login: Login, user: &str, at: SystemTime) -> Result<IssuedSession, Refusal> {
        wait(self.connections.complete_login(login, user, &self.sessions, at))
    }

    /// The session of a login as it should be.
    fn session(&self) -> IssuedSession {
        self.complete(self.log_in(), "user-1", now()).expect("a session")
    }

    fn edit(&self, edit: &Edit) {
        let acme = self.connections.of("acme");
        wait(acme.edit_and_revoke(&self.id, edit, &self.sessions, &Actor::System, now())).expect("an edit");
    }

    /// What a session is worth a minute later, and what comes of refreshing it.
    fn worth(&self, session: &IssuedSession) -> [&'static str; 2] {
        let at = now() + MINUTE;
        let verified = code(wait(self.sessions.verify("acme", session.token(), at)));
        [verified, code(wait(self.connections.refresh(&self.sessions, "acme", session.token(), at)))]
    }
}

/// A login is completed after something has happened.
fn completed(at: Duration, meanwhile: impl FnOnce(&Service)) -> &'static str {
    let service = Service::new();
    let login = service.log_in();
    meanwhile(&service);
    service.complete(login, "user-1", now() + at).map_or_else(|refusal| refusal.code(), |_| "accepted")
}

/// A session is used after something has happened; verifying and refreshing have to agree.
fn used(meanwhile: impl FnOnce(&Service, &IssuedSession)) -> &'static str {
    let service = Service::new();
    let session = service.session();
    meanwhile(&service, &session);
    let [verified, refreshed] = service.worth(&session);
    assert_eq!(verified, refreshed);
    verified
}

/// Retires the certificate of the key that logins are signed by.
fn retire(service: &Service, why: Retirement) {
    let certificate = Certificate::parse(keys::OWN_CERTIFICATE.as_bytes()).expect("a certificate");
    let fingerprint = certificate.fingerprint_sha256().to_string();
    service.edit(&Edit::new().retire_certificate(&fingerprint, why));
}

/// What comes of another connection that pins the key which the first one retires: before that, so that it
/// only has to be enabled, or after.
fn pinned_elsewhere(organization: &str, why: Retirement, before: bool) -> &'static str {
    let service = Service::new();
    let edit = Edit::new()
        .idp_url(URL)
        .idp_entity_id(IDP)
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true);
    let administrators = service.connections.of(organization);
    let id = wait(administrators.create(&Actor::System, now())).expect("a draft").id().to_owned();
    let pin = || wait(administrators.edit(&id, &edit, &Actor::System, now()));
    if before {
        pin().expect("a connection");
    }
    retire(&service, why);
    let pinned = if before { Ok(()) } else { pin().map(drop) };
    let enabled = pinned.and_then(|()| wait(administrators.enable(&id, &Actor::System, now())));
    enabled.map_or_else(|refusal| refusal.code(), |_| "accepted")
}

/// What a session is worth whose address is a verified one, after something has happened.
fn verified(meanwhile: impl FnOnce(&Service)) -> &'static str {
    let service = Service::new();
    let proof = service.domains.challenge("acme", "acme.test").expect("a challenge").record_text;
    let dns = Dns(vec![proof]);
    let verify = service.domains.verify("acme", "acme.test", &dns, &service.sessions, &Actor::System, now());
    wait(verify).expect("a domain");
    let session = service.session();
    meanwhile(&service);
    let [verified, refreshed] = service.worth(&session);
    assert_eq!(verified, refreshed);
    verified
}

/// What a code is worth: the last of so many exchanges, or the session behind it.
fn exchanged(times: usize, session_instead: bool) -> &'static str {
    let service = Service::new();
    let session = service.session();
    let challenge = jumpcloud_sso::CodeChallenge::of_verifier(VERIFIER).expect("a challenge");
    let handed = wait(service.sessions.hand_over(&session, &challenge, FRONT_END, now())).expect("a code");
    let mut last = "";
    for _ in 0..times {
        last = code(wait(service.sessions.redeem(handed.code(), VERIFIER, FRONT_END, now())));
    }
    if session_instead { code(wait(service.sessions.verify("acme", session.token(), now()))) } else { last }
}

/// The code of a session that is revoked before or after it is made.
fn revoked_code(before: bool) -> &'static str {
    let service = Service::new();
    let session = service.session();
    let challenge = jumpcloud_sso::CodeChallenge::of_verifier(VERIFIER).expect("a challenge");
    let revoke = || wait(service.sessions.revoke_session(session.session_id(), now())).expect("a store");
    if before {
        revoke();
    }
    match wait(service.sessions.hand_over(&session, &challenge, FRONT_END, now())) {
        Ok(handed) => {
            revoke();
            code(wait(service.sessions.redeem(handed.code(), VERIFIER, FRONT_END, now())))
        }
        Err(refusal) => refusal.code(),
    }
}

/// What is decided about the first login of the owner of an address.
fn first_login(same_email: &SameEmail) -> &'static str {
    let login = World::new().log_in(&World::acme(), now());
    match JustInTime::default().decide(&login, Some(same_email)) {
        Provisioning::Create { claims_email: true } => "accepted",
        Provisioning::Create { claims_email: false } => "unclaimed",
        Provisioning::Link { .. } => "linked",
        Provisioning::Refuse(refusal) => refusal.code(),
    }
}

/// What is decided about somebody who asserts an address without proof that somebody else has.
fn squatted(same_email: &SameEmail) -> &'static str {
    let service = Service::new();
    let rules = JustInTime::default().link_members_by_verified_email();
    match rules.decide(&service.log_in(), Some(same_email)) {
        Provisioning::Create { claims_email: false } => "accepted",
        _ => "claimed",
    }
}

/// The roles of a member of this group.
fn roles(group: &str) -> &'static str {
    let map = RoleMap::default().grant("Admins", "admin");
    if map.changes(Some(&[group.to_owned()]), []).add.is_empty() { "accepted" } else { "promoted" }
}

const UNCHANGED: &str = "a login that is completed while its connection stays as it was";
const COMPLETED: &str = "a login that is completed within five minutes";
const USED: &str = "a session whose key, connection and user are as they were";
const PINNED_ELSEWHERE: &str = "a replaced key, pinned in another connection of the organization";
const PINNED_BEFORE: &str =
    "a replaced key that another connection of the organization pinned before, which is enabled";
const EXCHANGED: &str = "a code that is exchanged once";

pub(crate) const SCENARIOS: &[Scenario] = &[
    accepted("J12", COMPLETED, || completed(Duration::from_secs(299), |_| ())),
    refused(
        "J12",
        "a login that is completed after five minutes",
        "session.login_expired",
        COMPLETED,
        || completed(5 * MINUTE, |_| ()),
    ),
    refused("J12", "a login that is completed after thirty days", "session.login_expired", COMPLETED, || {
        completed(30 * 24 * 60 * MINUTE, |_| ())
    }),
    refused("J12", "a login whose user is revoked meanwhile", "session.revoked", COMPLETED, || {
        completed(MINUTE, |service| {
            wait(service.sessions.revoke_user("acme", "user-1", now())).expect("a store");
        })
    }),
    refused("J12", "a login whose organization is revoked meanwhile", "session.revoked", COMPLETED, || {
        completed(MINUTE, |service| {
            wait(service.sessions.revoke_organization("acme", now())).expect("a store");
        })
    }),
    refused(
        "J12",
        "a login through a stored connection, taken for one that is not",
        "config.stored_connection",
        COMPLETED,
        || {
            let service = Service::new();
            code(wait(service.sessions.begin(service.log_in(), "user-1", now())))
        },
    ),
    accepted("J13", UNCHANGED, || completed(MINUTE, |_| ())),
    refused("J13", "a login whose connection is disabled meanwhile", "config.disabled", UNCHANGED, || {
        completed(MINUTE, |service| {
            let acme = service.connections.of("acme");
            wait(acme.disable(&service.id, &service.sessions, &Actor::System, now())).expect("a store");
        })
    }),
    refused(
        "J13",
        "a login whose key is withdrawn meanwhile",
        "config.certificate_retired",
        UNCHANGED,
        || completed(MINUTE, |service| retire(service, Retirement::Compromised)),
    ),
    refused(
        "J12",
        "an assertion that two machines have accepted, for a second user",
        "session.login_used",
        UNCHANGED,
        || {
            let service = Service::new();
            let connection = service.connection();
            // They do not share what they remember of assertions.
            let other = World::new();
            let start = service.world.begin(&connection);
            let post = World::answer(&connection, &start);
            let first = service.world.finished(&connection, &post);
            let second = other.finished(&connection, &post);
            service.complete(first, "user-1", now()).expect("a session");
            service.complete(second, "user-2", now()).map_or_else(|refusal| refusal.code(), |_| "accepted")
        },
    ),
    accepted("J14", EXCHANGED, || exchanged(1, false)),
    refused("J14", "a code that is exchanged twice", "session.code_used", EXCHANGED, || exchanged(2, false)),
    accepted("J14", "the session of a code that is exchanged once", || exchanged(1, true)),
    refused(
        "J14",
        "the session of a code that is exchanged twice",
        "session.revoked",
        "the session of a code that is exchanged once",
        || exchanged(2, true),
    ),
    refused("J14", "a code for a revoked session", "session.revoked", EXCHANGED, || revoked_code(true)),
    refused("J14", "a code whose session is revoked meanwhile", "session.revoked", EXCHANGED, || {
        revoked_code(false)
    }),
    accepted("T13", "the owner of an address that somebody else has asserted", || {
        first_login(&SameEmail { email_is_verified: false, is_member: false, has_account: true, ..member() })
    }),
    accepted("T13", "the owner of an address that a deactivated user has asserted", || {
        first_login(&SameEmail { email_is_verified: false, is_deactivated: true, ..member() })
    }),
    refused(
        "T13",
        "the owner of an address that somebody else has proved",
        "config.email_in_use",
        "the owner of an address that somebody else has asserted",
        || first_login(&SameEmail { is_member: false, has_account: true, ..member() }),
    ),
    accepted("T13", "an asserted address that somebody else has proved, which is not claimed", || {
        squatted(&member())
    }),
    accepted("T14", USED, || used(|_, _| ())),
    accepted("T14", "a session whose key was replaced", || {
        used(|service, _| retire(service, Retirement::Rotated))
    }),
    refused("T14", "a session whose key was stolen", "session.revoked", USED, || {
        used(|service, _| retire(service, Retirement::Compromised))
    }),
    refused(
        "T14",
        "a session whose key was replaced, and found stolen later",
        "session.revoked",
        "a session whose key was replaced",
        || {
            used(|service, _| {
                retire(service, Retirement::Rotated);
                retire(service, Retirement::Compromised);
            })
        },
    ),
    accepted("T14", PINNED_ELSEWHERE, || pinned_elsewhere("acme", Retirement::Rotated, false)),
    refused(
        "T14",
        "a stolen key, pinned in another connection of the organization",
        "config.key_compromised",
        PINNED_ELSEWHERE,
        || pinned_elsewhere("acme", Retirement::Compromised, false),
    ),
    accepted("T14", PINNED_BEFORE, || pinned_elsewhere("acme", Retirement::Rotated, true)),
    refused(
        "T14",
        "a stolen key that another connection of the organization pinned before, which is enabled",
        "config.key_compromised",
        PINNED_BEFORE,
        || pinned_elsewhere("acme", Retirement::Compromised, true),
    ),
    accepted("T14", "a key that one organization retired as stolen, pinned by another organization", || {
        pinned_elsewhere("other", Retirement::Compromised, false)
    }),
    accepted("T14", "a session whose address is of a verified domain", || verified(|_| ())),
    refused(
        "T14",
        "a session whose domain was released",
        "session.revoked",
        "a session whose address is of a verified domain",
        || {
            verified(|service| {
                let release = Release::EvenIfMembersAreLockedOut;
                let (domains, sessions) = (&service.domains, &service.sessions);
                wait(domains.release("acme", "acme.test", release, sessions, &Actor::System, now()))
                    .expect("a domain");
            })
        },
    ),
    refused("T14", "a session whose user was removed", "session.revoked", USED, || {
        used(|service, _| wait(service.sessions.revoke_user("acme", "user-1", now())).expect("a store"))
    }),
    refused("T14", "a session whose connection was disabled", "session.revoked", USED, || {
        used(|service, _| {
            let acme = service.connections.of("acme");
            wait(acme.disable(&service.id, &service.sessions, &Actor::System, now())).expect("a store");
        })
    }),
    refused(
        "T14",
        "a session that is refreshed past its connection",
        "config.stored_connection",
        USED,
        || {
            let service = Service::new();
            let session = service.session();
            code(wait(service.sessions.refresh("acme", session.token(), now())))
        },
    ),
    refused(
        "T14",
        "a session whose connection is gone from the store of connections alone",
        "session.withdrawn",
        USED,
        || {
            let service = Service::new();
            let session = service.session();
            let elsewhere = Connections::new(&settings(), MemoryStore::default());
            code(wait(elsewhere.refresh(&service.sessions, "acme", session.token(), now())))
        },
    ),
    accepted("T16", "a group with an em space behind its name", || roles("Admins\u{2003}")),
    accepted("T16", "a group with a line end behind its name", || roles("Admins\n")),
];
