//! What is claimed once, for everybody and long enough: D14, S30.

use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::sso_session::{claim_key, revocation_key};
use jumpcloud_sso::parts::sso_store::{Claim, ClaimStore as _, Claimed, Revocation, SessionStore as _};
use jumpcloud_sso::{
    CodeChallenge, Connection, MemoryStore, NewSession, SessionRefusal, Sessions, SingleSignOn,
};

use crate::case::now;
use crate::world::{Post, Scenario, World, settings, wait};

const SECOND: Duration = Duration::from_secs(1);

/// The most that a connection tolerates, and the most that the clocks of a service's machines differ.
const MOST: Duration = Duration::from_secs(300);

/// A login through a store that some connections fill as far as they can, or until `limit`.
fn flooded(by: &[&str], limit: usize) -> &'static str {
    let store = MemoryStore::with_capacity(1_000 * MemoryStore::CLAIM_BYTES);
    for scope in by {
        for number in 0..limit {
            let claim = Claim { key: claim_key(scope, &[&number.to_string()]), until: now() + MOST };
            if wait(store.claim(&[claim], now())).is_err() {
                break;
            }
        }
    }
    let world = World { sso: SingleSignOn::new(&settings(), store).expect("a service") };
    let connection = World::acme();
    world.finish(&connection, &World::answer(&connection, &world.begin(&connection)), now())
}

/// Where a browser is sent with a code.
const FRONT_END: &str = "https://www.acme.test/in";

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Something that is good once, in one store. Logging out is the only use of it that is not an attempt.
struct Thing {
    /// What comes of an attempt, on a machine whose clock says that it is this time.
    attempt: Box<dyn Fn(SystemTime) -> &'static str>,
    log_out: Option<Box<dyn Fn()>>,
}

impl Thing {
    fn new(attempt: impl Fn(SystemTime) -> &'static str + 'static) -> Self {
        Self { attempt: Box::new(attempt), log_out: None }
    }

    fn use_up(&self) {
        match &self.log_out {
            Some(log_out) => log_out(),
            None => assert_eq!((self.attempt)(now()), "accepted"),
        }
    }
}

/// A service and a connection that tolerates as much as it may.
fn service(store: &MemoryStore) -> (World, Connection) {
    let world = World { sso: SingleSignOn::new(&settings(), store.clone()).expect("a service") };
    let connection = World::connection("acme").allow_idp_initiated(true).clock_skew(MOST);
    (world, connection.build().expect("a connection"))
}

/// Sessions whose verifier tolerates as much as it may.
fn sessions(store: &MemoryStore) -> Sessions {
    let verifier = settings().session_verifier().expect("a verifier").clock_skew(MOST);
    let sessions = Sessions::with(&settings(), settings().session_issuer(), verifier, store.clone());
    sessions.and_then(|sessions| sessions.redirect_uris([FRONT_END])).expect("sessions")
}

fn outcome<T>(result: Result<T, SessionRefusal>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "accepted")
}

/// An assertion that is not used yet.
fn assertion(store: &MemoryStore) -> Thing {
    let (world, connection) = service(store);
    let (idp, service) = (crate::doc::idp(), connection.service_provider());
    let response = idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::doc::user());
    let post = Post::unsolicited(&response.build().expect("a Response"));
    Thing::new(move |at| world.finish(&connection, &post, at))
}

/// A request that is not answered yet; each answer is another assertion.
fn request(store: &MemoryStore) -> Thing {
    let (world, connection) = service(store);
    let start = world.begin(&connection);
    Thing::new(move |at| world.finish(&connection, &World::answer_at(&connection, &start, at), at))
}

/// A token that was not refreshed yet.
fn token(store: &MemoryStore) -> Thing {
    let sessions = sessions(store);
    let issued = sessions.issue(&NewSession::new("u", "acme", "password"), now()).expect("a session");
    Thing::new(move |at| outcome(wait(sessions.refresh("acme", issued.token(), at))))
}

/// A code that is not exchanged yet.
fn code(store: &MemoryStore) -> Thing {
    let sessions = sessions(store);
    let issued = sessions.issue(&NewSession::new("u", "acme", "password"), now()).expect("a session");
    let challenge = CodeChallenge::of_verifier(VERIFIER).expect("a challenge");
    let handed = wait(sessions.hand_over(&issued, &challenge, FRONT_END, now())).expect("a code");
    Thing::new(move |at| outcome(wait(sessions.redeem(handed.code(), VERIFIER, FRONT_END, at))))
}

/// A session that is not logged out yet. Its token ends with it, so that the revocation is kept no longer
/// than it has to be.
fn session(store: &MemoryStore) -> Thing {
    let sessions = sessions(store);
    let new = NewSession::new("u", "acme", "password").not_after(now() + SECOND * 3600);
    let token = sessions.issue(&new, now()).expect("a session").token().to_owned();
    let (other, same) = (self::sessions(store), token.clone());
    Thing {
        attempt: Box::new(move |at| outcome(wait(sessions.verify("acme", &token, at)))),
        log_out: Some(Box::new(move || wait(other.log_out("acme", &same, now())).expect("logged out"))),
    }
}

/// The last second at which something is accepted for the first time.
fn last_second(make: fn(&MemoryStore) -> Thing) -> SystemTime {
    let accepted = |seconds: u32| {
        let thing = make(&MemoryStore::default());
        (thing.attempt)(now() + SECOND * seconds) == "accepted"
    };
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
fn by_the_slowest(make: fn(&MemoryStore) -> Thing, is_used: bool) -> &'static str {
    let (store, last) = (MemoryStore::default(), last_second(make));
    let thing = make(&store);
    if is_used {
        thing.use_up();
    }
    let present = last + MOST;
    // A machine whose clock is right has the store forget what has expired.
    let until = present + MOST;
    let claim = wait(store.claim(&[Claim { key: claim_key("acme", &["present"]), until }], present));
    assert_eq!(claim.expect("a claim"), Claimed::Now);
    let other = Revocation { key: revocation_key(None, &["another session"]), instant: present, until };
    wait(store.revoke(&[other], present)).expect("a revocation");
    (thing.attempt)(last)
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
    Scenario {
        id: "S30",
        what: "a request in its last second, on the slowest machine",
        expected: "accepted",
        twin: "",
        run: || by_the_slowest(request, false),
    },
    Scenario {
        id: "S30",
        what: "a request that was answered, in its last second, on the slowest machine",
        expected: "replay.request",
        twin: "a request in its last second, on the slowest machine",
        run: || by_the_slowest(request, true),
    },
    Scenario {
        id: "S30",
        what: "a code in its last second, on the slowest machine",
        expected: "accepted",
        twin: "",
        run: || by_the_slowest(code, false),
    },
    Scenario {
        id: "S30",
        what: "a code that was exchanged, in its last second, on the slowest machine",
        expected: "session.code_used",
        twin: "a code in its last second, on the slowest machine",
        run: || by_the_slowest(code, true),
    },
    Scenario {
        id: "S30",
        what: "a session in its last second, on the slowest machine",
        expected: "accepted",
        twin: "",
        run: || by_the_slowest(session, false),
    },
    Scenario {
        id: "S30",
        what: "a session that was logged out, in its last second, on the slowest machine",
        expected: "session.revoked",
        twin: "a session in its last second, on the slowest machine",
        run: || by_the_slowest(session, true),
    },
];
