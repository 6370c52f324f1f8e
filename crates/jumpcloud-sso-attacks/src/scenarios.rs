//! Attacks that take more than one message.

use std::sync::Barrier;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::parts::saml_signature::{SignatureAlgorithm, SigningKey};
use jumpcloud_sso::{ConnectionBuilder, MemoryStore, PostedForm, SingleSignOn};
use jumpcloud_sso_testkit::{JumpCloud, Sign, keys};

use crate::case::{IDP, now};
use crate::world::{MINUTE, Post, Scenario, World, return_to, settings, with};
use crate::{browsers, claims, configuration, domains, tenants, tokens, withdrawn};

/// All scenarios, those that are accepted among them.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    [
        LOGINS,
        browsers::SCENARIOS,
        claims::SCENARIOS,
        tokens::SCENARIOS,
        tenants::SCENARIOS,
        domains::SCENARIOS,
        configuration::SCENARIOS,
        withdrawn::SCENARIOS,
    ]
    .concat()
}

/// Twice the same post, with something done in between.
fn twice(change: fn(&Post) -> Post, later: Duration) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let start = world.begin(&connection);
    let post = World::answer(&connection, &start);
    assert_eq!(world.finish(&connection, &post, now()), "accepted");
    world.finish(&connection, &change(&post), now() + later)
}

/// The same post on several threads that wait for each other: what the other ones get where one is accepted.
fn at_once(posts: usize) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let post = World::answer(&connection, &world.begin(&connection));
    let barrier = Barrier::new(posts);
    let finish = || {
        barrier.wait();
        world.finish(&connection, &post, now())
    };
    let verdicts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..posts).map(|_| scope.spawn(finish)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a verdict")).collect()
    });
    let others: Vec<_> = verdicts.into_iter().filter(|verdict| *verdict != "accepted").collect();
    assert_eq!(others.len() + 1, posts, "one of them wins");
    let first = others.first().copied().expect("another one");
    assert!(others.iter().all(|verdict| *verdict == first), "{others:?}");
    first
}

/// The request that a Response answers.
fn request_id(post: &Post) -> String {
    let xml = post.xml().expect("a Response");
    let value = xml.split_once("InResponseTo=\"").and_then(|(_, rest)| rest.split_once('"'));
    value.expect("an answer").0.to_owned()
}

/// An answer to a login that is addressed to another ACS URL.
fn sent_to(acs_url: &str) -> &'static str {
    with(|_, connection, post| {
        let idp = crate::doc::idp();
        let audience = connection.service_provider().entity_id();
        let response = idp.response(acs_url, audience, now()).user(&crate::doc::user());
        let request_id = request_id(&post);
        let response = response.in_response_to(&request_id);
        Post { saml_response: STANDARD.encode(response.build().expect("a Response")), ..post }
    })
}

/// A Response without a signature in a form that the pinned key has signed as a whole (HTTP POST-SimpleSign
/// §2.3), which is a binding that nobody asked for.
fn simply_signed() -> &'static str {
    with(|_, connection, post| {
        let (idp, service) = (crate::doc::idp(), connection.service_provider());
        let response = idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::doc::user());
        let request_id = request_id(&post);
        let response = response.in_response_to(&request_id).sign(Sign::Nothing);
        let xml = response.build().expect("a Response");
        let (algorithm, relay_state) =
            (SignatureAlgorithm::RsaSha256, post.relay_state.as_deref().expect("a state"));
        let octets = format!("SAMLResponse={xml}&RelayState={relay_state}&SigAlg={}", algorithm.uri());
        let key = SigningKey::from_pem(keys::OWN_KEY).expect("a key");
        let signature = key.sign(algorithm, octets.as_bytes()).expect("a signature");
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &STANDARD.encode(xml))
            .append_pair("RelayState", relay_state)
            .append_pair("SigAlg", algorithm.uri())
            .append_pair("Signature", &STANDARD.encode(signature))
            .finish();
        let form = PostedForm::parse(body.as_bytes()).expect("a form");
        let (saml_response, relay_state) =
            (form.as_form().saml_response.to_owned(), form.as_form().relay_state.map(str::to_owned));
        Post { saml_response, relay_state, ..post }
    })
}

/// A login that somebody took this long for at JumpCloud.
fn answered_after(time: Duration) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let start = world.begin(&connection);
    let post = World::answer_at(&connection, &start, now() + time);
    world.finish(&connection, &post, now() + time)
}

const LOGINS: &[Scenario] = &[
    Scenario {
        id: "B11",
        what: "a login in the browser that began it",
        expected: "accepted",
        twin: "",
        run: || with(|_, _, post| post),
    },
    Scenario {
        id: "B11",
        what: "an answer in a browser that began no login",
        expected: "binding.state",
        twin: "a login in the browser that began it",
        run: || with(|_, _, post| Post { cookies: None, ..post }),
    },
    Scenario {
        id: "B11",
        what: "an answer without RelayState, in the browser that began the login",
        expected: "accepted",
        twin: "",
        run: || with(|_, _, post| Post { relay_state: None, ..post }),
    },
    Scenario {
        id: "B11",
        what: "an answer without RelayState, in a browser that began no login",
        expected: "binding.state",
        twin: "an answer without RelayState, in the browser that began the login",
        run: || with(|_, _, post| Post { relay_state: None, cookies: None, ..post }),
    },
    Scenario {
        id: "B11",
        what: "an answer without RelayState, in a browser that began another login",
        expected: "binding.state",
        twin: "an answer without RelayState, in the browser that began the login",
        run: || {
            with(|world, connection, post| Post {
                relay_state: None,
                cookies: World::answer(connection, &world.begin(connection)).cookies,
                ..post
            })
        },
    },
    Scenario {
        id: "B12",
        what: "the answer to another browser's login",
        expected: "response.in_response_to",
        twin: "a login in the browser that began it",
        run: || {
            with(|world, connection, post| {
                let other = world.begin(connection);
                Post { saml_response: World::answer(connection, &other).saml_response, ..post }
            })
        },
    },
    Scenario {
        id: "B12",
        what: "the cookie of another login",
        expected: "binding.state",
        twin: "a login in the browser that began it",
        run: || {
            with(|world, connection, post| Post {
                cookies: World::answer(connection, &world.begin(connection)).cookies,
                ..post
            })
        },
    },
    Scenario {
        id: "B12",
        what: "another login's RelayState and cookie",
        expected: "response.in_response_to",
        twin: "a login in the browser that began it",
        run: || {
            with(|world, connection, post| Post {
                saml_response: post.saml_response,
                ..World::answer(connection, &world.begin(connection))
            })
        },
    },
    Scenario {
        id: "J06",
        what: "a cookie that was changed",
        expected: "binding.state",
        twin: "a login in the browser that began it",
        run: || {
            with(|_, _, post| Post {
                cookies: post.cookies.map(|cookie| cookie.replacen('=', "=A", 1)),
                ..post
            })
        },
    },
    Scenario {
        id: "S14",
        what: "a login that took nearly ten minutes",
        expected: "accepted",
        twin: "",
        run: || answered_after(9 * MINUTE),
    },
    Scenario {
        id: "S14",
        what: "a login that took longer than ten minutes",
        expected: "binding.state",
        twin: "a login that took nearly ten minutes",
        run: || answered_after(11 * MINUTE),
    },
    Scenario {
        id: "S15",
        what: "a login that began at JumpCloud, which is not allowed",
        expected: "response.unsolicited",
        twin: "a login that began at JumpCloud, which is allowed",
        run: || unsolicited(World::connection("acme")),
    },
    Scenario {
        id: "S15",
        what: "a login that began at JumpCloud, which is allowed",
        expected: "accepted",
        twin: "",
        run: || unsolicited(World::connection("acme").allow_idp_initiated(true)),
    },
    Scenario {
        id: "S16",
        what: "the same post again",
        expected: "replay.assertion",
        twin: "a login in the browser that began it",
        run: || twice(Clone::clone, Duration::ZERO),
    },
    Scenario {
        id: "S16",
        what: "the same post again when its validity is nearly over",
        expected: "replay.assertion",
        twin: "a login in the browser that began it",
        run: || twice(Clone::clone, 5 * MINUTE),
    },
    Scenario {
        id: "S17",
        what: "the same assertion in another Response",
        expected: "replay.assertion",
        twin: "a login in the browser that began it",
        run: || {
            twice(
                |post| {
                    // The first ID is that of the Response, which nobody signed.
                    let xml = post.xml().expect("a Response").replacen(" ID=\"", " ID=\"_other", 1);
                    Post { saml_response: STANDARD.encode(xml), ..post.clone() }
                },
                Duration::ZERO,
            )
        },
    },
    Scenario {
        id: "S16",
        what: "another answer to a request that was answered",
        expected: "replay.request",
        twin: "a login in the browser that began it",
        run: || {
            let (world, connection) = (World::new(), World::acme());
            let start = world.begin(&connection);
            assert_eq!(world.finish(&connection, &World::answer(&connection, &start), now()), "accepted");
            world.finish(&connection, &World::answer(&connection, &start), now())
        },
    },
    Scenario {
        id: "S16",
        what: "eight at once",
        expected: "replay.assertion",
        twin: "a login in the browser that began it",
        run: || at_once(8),
    },
    Scenario {
        id: "D11",
        what: "a store that is full of claims",
        expected: "replay.store",
        twin: "a forged message claims nothing",
        run: || {
            let connection = World::acme();
            let world = World {
                sso: SingleSignOn::new(&settings(), MemoryStore::with_capacity(0)).expect("a service"),
            };
            let post = World::answer(&connection, &world.begin(&connection));
            world.finish(&connection, &post, now())
        },
    },
    Scenario {
        id: "D11",
        what: "a forged message claims nothing",
        expected: "accepted",
        twin: "",
        run: || {
            let connection = World::acme();
            let world = World {
                sso: SingleSignOn::new(&settings(), MemoryStore::with_capacity(5 * MemoryStore::CLAIM_BYTES))
                    .expect("a service"),
            };
            let start = world.begin(&connection);
            let good = World::answer(&connection, &start);
            let other = JumpCloud::with_key(
                "https://sso.jumpcloud.com/saml2/acme",
                IDP,
                keys::OTHER_KEY,
                keys::OTHER_CERTIFICATE,
            )
            .expect("an identity provider");
            for _ in 0..10 {
                let forged = World::answer_of(&other, &connection, &start, &crate::doc::user());
                assert_eq!(world.finish(&connection, &forged, now()), "signature.untrusted_key");
            }
            world.finish(&connection, &good, now())
        },
    },
    Scenario {
        id: "B06",
        what: "an unsigned Response whose form is signed, as by HTTP-POST-SimpleSign",
        expected: "signature.missing",
        twin: "a login in the browser that began it",
        run: || simply_signed(),
    },
    Scenario {
        id: "B13",
        what: "an answer that was sent to the host of a forged header",
        expected: "response.destination",
        twin: "a login in the browser that began it",
        run: || sent_to("https://evil.test/sso/saml2/acme/acs"),
    },
    Scenario {
        id: "B09",
        what: "a path of the service",
        expected: "accepted",
        twin: "",
        run: || return_to("/home?tab=1#top"),
    },
    Scenario {
        id: "B09",
        what: "a host behind two slashes",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("//evil.test"),
    },
    Scenario {
        id: "B09",
        what: "a host behind a slash and a backslash",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("/\\evil.test"),
    },
    Scenario {
        id: "B09",
        what: "an address",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("https://evil.test/"),
    },
    Scenario {
        id: "B09",
        what: "a scheme without slashes",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("https:evil.test"),
    },
    Scenario {
        id: "B09",
        what: "a script",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("javascript:alert(1)"),
    },
    Scenario {
        id: "B09",
        what: "a line end",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("/\r\nSet-Cookie: x"),
    },
    Scenario {
        id: "B09",
        what: "a tab between slashes",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("/\t/evil.test"),
    },
    Scenario {
        id: "B09",
        what: "a relative path",
        expected: "binding.return_to",
        twin: "a path of the service",
        run: || return_to("home"),
    },
    Scenario {
        id: "B09",
        what: "a RelayState of somebody else's, which leads nowhere",
        expected: "accepted",
        twin: "",
        run: || with(|_, _, post| Post { relay_state: Some("https://evil.test/".to_owned()), ..post }),
    },
];

fn unsolicited(builder: ConnectionBuilder) -> &'static str {
    let (world, connection) = (World::new(), builder.build().expect("a connection"));
    let service = connection.service_provider();
    let idp = crate::doc::idp();
    let response = idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::doc::user());
    let post = Post::unsolicited(&response.build().expect("a Response"));
    world.finish(&connection, &post, now())
}
