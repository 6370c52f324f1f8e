//! Organizations and configuration: T01 to T12, K08, E13.

use std::time::SystemTime;

use jumpcloud_sso::{
    Actor, Connection, Connections, Edit, FieldError, JustInTime, MemoryStore, Provisioning, Refusal,
    Retirement, RoleMap, SameEmail, Sessions, check_idp_url,
};
use jumpcloud_sso_testkit::{JumpCloud, User, keys};

use crate::case::{IDP, now};
use crate::world::{Post, Scenario, World, settings, wait};

pub(crate) const URL: &str = "https://sso.jumpcloud.com/saml2/acme";

pub(crate) fn other_idp() -> JumpCloud {
    JumpCloud::with_key(URL, IDP, keys::OTHER_KEY, keys::OTHER_CERTIFICATE).expect("an identity provider")
}

/// A login that is answered by an identity provider whose entity ID is the configured one, but not its key.
fn answered_by_namesake(connection: &Connection) -> &'static str {
    let world = World::new();
    let start = world.begin(connection);
    let post = World::answer_of(&other_idp(), connection, &start, &crate::doc::user());
    world.finish(connection, &post, now())
}

fn url(text: &str) -> &'static str {
    check_idp_url(text).map_or_else(|error| error.code(), |_| "accepted")
}

fn metadata(change: impl FnOnce(String) -> String) -> &'static str {
    let idp =
        JumpCloud::with_key(URL, IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE).expect("an identity provider");
    let xml = change(idp.metadata(true).expect("metadata"));
    Edit::new().metadata(xml.as_bytes(), now()).map_or_else(|error| error.code(), |_| "accepted")
}

fn sessions() -> Sessions {
    Sessions::new(&settings(), MemoryStore::default()).expect("sessions")
}

/// What an administrator does with a connection, up to the point where it could be used.
fn life(edit: &Edit, then: impl AsyncFnOnce(&Connections, &str) -> Result<(), Refusal>) -> &'static str {
    let connections = Connections::new(&settings(), MemoryStore::default());
    wait(async {
        let (admin, now): (Actor, SystemTime) = (Actor::user("admin"), now());
        let record = connections.of("acme").create(&admin, now).await?;
        connections.of("acme").edit(record.id(), edit, &admin, now).await?;
        then(&connections, record.id()).await
    })
    .map_or_else(|refusal| refusal.code(), |()| "accepted")
}

/// Retires the first certificate of a connection in use.
fn retired(configuration: &Edit) -> &'static str {
    life(configuration, async |connections, id| {
        let own = connections.of("acme");
        own.enable(id, &Actor::System, now()).await?;
        let record = own.record(id).await?;
        let fingerprint =
            record.certificates().first().expect("a certificate").fingerprint_sha256().to_string();
        let edit = Edit::new().retire_certificate(&fingerprint, Retirement::Rotated);
        own.edit(id, &edit, &Actor::System, now()).await.map(drop).inspect_err(|refusal| {
            let Refusal::Edit(error) = refusal else { panic!("{refusal}") };
            assert_eq!(error.problems().first().map(FieldError::field), Some("certificates"));
        })
    })
}

pub(crate) fn complete() -> Edit {
    Edit::new()
        .idp_url(URL)
        .idp_entity_id(IDP)
        .add_certificate(keys::OWN_CERTIFICATE.as_bytes())
        .accept_any_email_domain(true)
}

/// Somebody of the organization who has the address and never logged in by JumpCloud.
pub(crate) fn member() -> SameEmail {
    SameEmail {
        user: "u".to_owned(),
        email_is_verified: true,
        is_member: true,
        has_account: false,
        is_deactivated: false,
    }
}

/// What is decided about a first login.
pub(crate) fn provisioning(rules: JustInTime, same_email: Option<&SameEmail>) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    match rules.decide(&world.log_in(&connection, now()), same_email) {
        Provisioning::Refuse(refusal) => refusal.code(),
        Provisioning::Create { .. } | Provisioning::Link { .. } => "accepted",
    }
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "T01",
        what: "a login begun at one connection, finished at another",
        expected: "binding.state",
        twin: "a login in the browser that began it",
        run: || {
            let (world, first) = (World::new(), World::acme());
            let second = World::connection("other").build().expect("a connection");
            let post = World::answer(&first, &world.begin(&first));
            world.finish(&second, &post, now())
        },
    },
    Scenario {
        id: "T01",
        what: "an answer by another organization's identity provider",
        expected: "signature.untrusted_key",
        twin: "a login in the browser that began it",
        run: || {
            let (world, connection) = (World::new(), World::acme());
            let start = world.begin(&connection);
            let post = World::answer_of(&other_idp(), &connection, &start, &crate::doc::user());
            world.finish(&connection, &post, now())
        },
    },
    Scenario {
        id: "T02",
        what: "another organization's assertion, with a login of one's own",
        expected: "response.destination",
        twin: "a login in the browser that began it",
        run: || {
            let (world, first) = (World::new(), World::acme());
            let second = World::connection("other").build().expect("a connection");
            let foreign = World::answer(&first, &world.begin(&first));
            let own = World::answer(&second, &world.begin(&second));
            world.finish(&second, &Post { saml_response: foreign.saml_response, ..own }, now())
        },
    },
    Scenario {
        id: "T03",
        what: "an address of a domain that is somebody else's",
        expected: "attribute.email_domain",
        twin: "a login in the browser that began it",
        run: || {
            let (world, connection) = (World::new(), World::acme());
            let start = world.begin(&connection);
            let victim = User::new("victim@other.test", "Victim", "Other");
            world.finish(
                &connection,
                &World::answer_of(&crate::doc::idp(), &connection, &start, &victim),
                now(),
            )
        },
    },
    Scenario {
        id: "T03",
        what: "an address of a subdomain",
        expected: "attribute.email_domain",
        twin: "a login in the browser that began it",
        run: || {
            let (world, connection) = (World::new(), World::acme());
            let start = world.begin(&connection);
            let victim = User::new("victim@mail.acme.test", "Victim", "Other");
            world.finish(
                &connection,
                &World::answer_of(&crate::doc::idp(), &connection, &start, &victim),
                now(),
            )
        },
    },
    Scenario {
        id: "T05",
        what: "a first login with an address that nobody has",
        expected: "accepted",
        twin: "",
        run: || provisioning(JustInTime::default(), None),
    },
    Scenario {
        id: "T05",
        what: "a first login with the address of a member, where these are linked",
        expected: "accepted",
        twin: "",
        run: || provisioning(JustInTime::default().link_members_by_verified_email(), Some(&member())),
    },
    Scenario {
        id: "T05",
        what: "a first login with an address that somebody has",
        expected: "config.email_in_use",
        twin: "a first login with an address that nobody has",
        run: || provisioning(JustInTime::default(), Some(&SameEmail { has_account: true, ..member() })),
    },
    Scenario {
        id: "T05",
        what: "a first login with the address of a member without an account",
        expected: "config.email_in_use",
        twin: "a first login with the address of a member, where these are linked",
        run: || provisioning(JustInTime::default(), Some(&member())),
    },
    Scenario {
        id: "T06",
        what: "an answer of another identity provider of the same entity ID",
        expected: "signature.untrusted_key",
        twin: "the same answer at that identity provider's own connection",
        run: || answered_by_namesake(&World::acme()),
    },
    Scenario {
        id: "T06",
        what: "the same answer at that identity provider's own connection",
        expected: "accepted",
        twin: "",
        run: || {
            let own = World::connection("acme").certificate(keys::OTHER_CERTIFICATE.as_bytes());
            answered_by_namesake(&own.build().expect("a connection"))
        },
    },
    Scenario {
        id: "T07",
        what: "a group that is named like a role",
        expected: "accepted",
        twin: "",
        run: || {
            let map = RoleMap::default().grant("Engineering", "developer");
            let changes = map.changes(Some(&["admin".to_owned(), "developer".to_owned()]), []);
            if changes.add.is_empty() { "accepted" } else { "promoted" }
        },
    },
    Scenario {
        id: "T08",
        what: "a login through a connection in use",
        expected: "accepted",
        twin: "",
        run: || {
            life(&complete(), async |connections, id| {
                connections.of("acme").enable(id, &Actor::System, now()).await?;
                connections.active(id).await.map(drop)
            })
        },
    },
    Scenario {
        id: "T08",
        what: "a login through a connection that is disabled",
        expected: "config.disabled",
        twin: "a login through a connection in use",
        run: || {
            life(&complete(), async |connections, id| {
                connections.of("acme").enable(id, &Actor::System, now()).await?;
                connections.of("acme").disable(id, &sessions(), &Actor::System, now()).await?;
                connections.active(id).await.map(drop)
            })
        },
    },
    Scenario {
        id: "T08",
        what: "another organization's administrator enables it",
        expected: "config.unknown_connection",
        twin: "a login through a connection in use",
        run: || {
            life(&complete(), async |connections, id| {
                connections.of("other").enable(id, &Actor::System, now()).await.map(drop)
            })
        },
    },
    Scenario {
        id: "T08",
        what: "a login through a draft",
        expected: "config.disabled",
        twin: "a login through a connection in use",
        run: || life(&Edit::new(), async |connections, id| connections.active(id).await.map(drop)),
    },
    Scenario {
        id: "T09",
        what: "metadata as JumpCloud exports it",
        expected: "accepted",
        twin: "",
        run: || metadata(|xml| xml),
    },
    Scenario {
        id: "T09",
        what: "metadata that has expired",
        expected: "config.metadata_expired",
        twin: "metadata as JumpCloud exports it",
        run: || metadata(|xml| xml.replacen("entityID=", "validUntil=\"2020-01-01T00:00:00Z\" entityID=", 1)),
    },
    Scenario {
        id: "T09",
        what: "metadata with a DOCTYPE",
        expected: "xml.doctype",
        twin: "metadata as JumpCloud exports it",
        run: || metadata(|xml| format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{xml}")),
    },
    Scenario {
        id: "T09",
        what: "metadata of two identity providers",
        expected: "config.metadata_role",
        twin: "metadata as JumpCloud exports it",
        run: || {
            metadata(|xml| {
                let start = xml.find("<md:IDPSSODescriptor").expect("a role");
                let end =
                    xml.find("</md:IDPSSODescriptor>").expect("an end") + "</md:IDPSSODescriptor>".len();
                let role = xml.get(start..end).expect("a part").to_owned();
                xml.replacen(&role, &role.repeat(2), 1)
            })
        },
    },
    Scenario {
        id: "K08",
        what: "metadata with a key for signing",
        expected: "accepted",
        twin: "",
        run: || metadata(|xml| xml),
    },
    Scenario {
        id: "K08",
        what: "metadata with a key for encryption only",
        expected: "config.metadata_certificate",
        twin: "metadata with a key for signing",
        run: || metadata(|xml| xml.replacen("use=\"signing\"", "use=\"encryption\"", 1)),
    },
    Scenario {
        id: "K08",
        what: "metadata with a key for something else",
        expected: "config.metadata_certificate",
        twin: "metadata with a key for signing",
        run: || metadata(|xml| xml.replacen("use=\"signing\"", "use=\"any\"", 1)),
    },
    Scenario {
        id: "T10",
        what: "a connection without a certificate",
        expected: "config.incomplete",
        twin: "a login through a connection in use",
        run: || {
            life(
                &Edit::new().idp_url(URL).idp_entity_id(IDP).accept_any_email_domain(true),
                async |connections, id| {
                    connections.of("acme").enable(id, &Actor::System, now()).await.map(drop)
                },
            )
        },
    },
    Scenario {
        id: "T10",
        what: "a connection without a word on e-mail domains",
        expected: "config.incomplete",
        twin: "a login through a connection in use",
        run: || {
            life(&complete().accept_any_email_domain(false), async |connections, id| {
                connections.of("acme").enable(id, &Actor::System, now()).await.map(drop)
            })
        },
    },
    Scenario {
        id: "T10",
        what: "retiring one of two certificates in use",
        expected: "accepted",
        twin: "",
        run: || retired(&complete().add_certificate(keys::OTHER_CERTIFICATE.as_bytes())),
    },
    Scenario {
        id: "T10",
        what: "retiring the last certificate in use",
        expected: "config.last_certificate",
        twin: "retiring one of two certificates in use",
        run: || retired(&complete()),
    },
    Scenario {
        id: "T11",
        what: "a first login where users are invited",
        expected: "config.no_user",
        twin: "a first login with an address that nobody has",
        run: || provisioning(JustInTime::default().without_creating(), None),
    },
    Scenario {
        id: "T11",
        what: "a first login with the address of a user who was deactivated",
        expected: "config.user_deactivated",
        twin: "a first login with the address of a member, where these are linked",
        run: || {
            let gone = SameEmail { is_deactivated: true, ..member() };
            provisioning(JustInTime::default().link_members_by_verified_email(), Some(&gone))
        },
    },
    Scenario {
        id: "E13",
        what: "a key for decryption that is the service's own",
        expected: "accepted",
        twin: "",
        run: || life(&complete().decryption_key(keys::SERVICE_KEY), async |_, _| Ok(())),
    },
    Scenario {
        id: "E13",
        what: "the identity provider's key for decryption",
        expected: "config.key_for_both",
        twin: "a key for decryption that is the service's own",
        run: || life(&complete().decryption_key(keys::OWN_KEY), async |_, _| Ok(())),
    },
    Scenario { id: "T12", what: "an address by https", expected: "accepted", twin: "", run: || url(URL) },
    Scenario {
        id: "T12",
        what: "an address in a private network, which nobody but browsers is sent to",
        expected: "accepted",
        twin: "",
        run: || url("https://10.0.0.1/saml2/acme"),
    },
    Scenario {
        id: "T12",
        what: "an address by http",
        expected: "config.idp_url",
        twin: "an address by https",
        run: || url("http://sso.jumpcloud.com/saml2/acme"),
    },
    Scenario {
        id: "T12",
        what: "a script for an address",
        expected: "config.idp_url",
        twin: "an address by https",
        run: || url("javascript:alert(1)"),
    },
    Scenario {
        id: "T12",
        what: "data for an address",
        expected: "config.idp_url",
        twin: "an address by https",
        run: || url("data:text/html,x"),
    },
    Scenario {
        id: "T12",
        what: "a file for an address",
        expected: "config.idp_url",
        twin: "an address by https",
        run: || url("file:///etc/passwd"),
    },
    Scenario {
        id: "T12",
        what: "credentials in the address",
        expected: "config.idp_url",
        twin: "an address by https",
        run: || url("https://a:b@sso.jumpcloud.com/"),
    },
];
