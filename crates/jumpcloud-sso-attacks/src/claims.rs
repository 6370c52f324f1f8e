//! What is claimed once, for everybody and long enough: D14, S30.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::{Claim, ClaimKey, MemoryStore, NewSession, OnceStore, Sessions, SingleSignOn};

use crate::case::now;
use crate::scenarios::{Post, Scenario, World, settings, wait};

const SECOND: Duration = Duration::from_secs(1);

/// The most that a connection tolerates, and the most that the clocks of a service's machines differ.
const MOST: Duration = Duration::from_secs(300);

/// A login through a store that some connections fill as far as they can, or until `limit`.
fn flooded(by: &[&str], limit: usize) -> &'static str {
    let store = MemoryStore::with_capacity(1_000 * MemoryStore::CLAIM_BYTES);
    for scope in by {
        for number in 0..limit {
            let key = ClaimKey::new(scope, &[&number.to_string()]);
            if wait(store.claim(&key, now() + MOST, now())).is_err() {
                break;
            }
        }
    }
    let world = World { sso: SingleSignOn::new(&settings(), store).expect("a service") };
    let connection = World::acme();
    world.finish(&connection, &World::answer(&connection, &world.begin(&connection)), now())
}

/// What came of a use of something at a time, on a machine whose clock says so.
type Use = Box<dyn Fn(SystemTime) -> &'static str>;

/// An assertion that is not used yet, at a connection that tolerates as much as it may.
fn assertion(store: &MemoryStore) -> Use {
    let world = World { sso: SingleSignOn::new(&settings(), store.clone()).expect("a service") };
    let connection = World::connection("acme").allow_idp_initiated().clock_skew(MOST);
    let connection = connection.build().expect("a connection");
    let (idp, service) = (crate::doc::idp(), connection.service_provider());
    let response = idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::doc::user());
    let post = Post::unsolicited(&response.build().expect("a Response"));
    Box::new(move |at| world.finish(&connection, &post, at))
}

/// A token that was not refreshed yet, where verifiers tolerate as much as they may.
fn token(store: &MemoryStore) -> Use {
    let verifier = settings().session_verifier().expect("a verifier").clock_skew(MOST);
    let sessions = Sessions::with(&settings(), settings().session_issuer(), verifier, store.clone());
    let sessions = sessions.expect("sessions");
    let issued = sessions.issue(&NewSession::new("u", "acme", "password"), now()).expect("a session");
    Box::new(move |at| {
        wait(sessions.refresh("acme", issued.token(), at)).map_or_else(|error| error.code(), |_| "accepted")
    })
}

/// The last second at which something is accepted for the first time.
fn last_second(make: fn(&MemoryStore) -> Use) -> SystemTime {
    let accepted = |seconds: u32| make(&MemoryStore::default())(now() + SECOND * seconds) == "accepted";
    let (mut good, mut late) = (0, 24 * 60 * 60);
    assert!(accepted(good) && !accepted(late));
    while late - good > 1 {
        let middle = u32::midpoint(good, late);
        *(if accepted(middle) { &mut good } else { &mut late }) = middle;
    }
    now() + SECOND * good
}

/// What a machine says in that second whose clock is behind by as much as clocks may be, by the time that the
/// store has by then.
fn by_the_slowest(make: fn(&MemoryStore) -> Use, is_used: bool) -> &'static str {
    let (store, last) = (MemoryStore::default(), last_second(make));
    let again = make(&store);
    if is_used {
        assert_eq!(again(now()), "accepted");
    }
    let present = last + MOST;
    // A machine whose clock is right has the store forget what has expired.
    let claim = wait(store.claim(&ClaimKey::new("acme", &["present"]), present + MOST, present));
    assert_eq!(claim.expect("a claim"), Claim::Claimed);
    again(last)
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "D14",
        what: "a login while another organization floods the store",
        expected: "accepted",
        twin: "",
        run: || flooded(&["evil"], usize::MAX),
    },
    Scenario {
        id: "D14",
        what: "a login while several others flood the store",
        expected: "accepted",
        twin: "",
        run: || flooded(&["evil-1", "evil-2", "evil-3", "evil-4"], usize::MAX),
    },
    Scenario {
        id: "D14",
        what: "a login through a connection that has flooded the store",
        expected: "replay.store",
        twin: "a login through a connection that has claimed less than half",
        run: || flooded(&["acme"], usize::MAX),
    },
    Scenario {
        id: "D14",
        what: "a login through a connection that has claimed less than half",
        expected: "accepted",
        twin: "",
        run: || flooded(&["acme"], 490),
    },
    Scenario {
        id: "S30",
        what: "an assertion in its last second, on the slowest machine",
        expected: "accepted",
        twin: "",
        run: || by_the_slowest(assertion, false),
    },
    Scenario {
        id: "S30",
        what: "an assertion that was used, in its last second, on the slowest machine",
        expected: "replay.assertion",
        twin: "an assertion in its last second, on the slowest machine",
        run: || by_the_slowest(assertion, true),
    },
    Scenario {
        id: "S30",
        what: "a token in its last second, on the slowest machine",
        expected: "accepted",
        twin: "",
        run: || by_the_slowest(token, false),
    },
    Scenario {
        id: "S30",
        what: "a token that was refreshed, in its last second, on the slowest machine",
        expected: "session.refreshed",
        twin: "a token in its last second, on the slowest machine",
        run: || by_the_slowest(token, true),
    },
];
