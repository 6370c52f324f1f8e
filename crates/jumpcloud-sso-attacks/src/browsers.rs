//! What a browser can be made to send: B16 to B19, D15, D17.

use jumpcloud_sso::{
    Cookies, LoginForm, LoginRequest, MemoryStore, NewSession, SessionCookie, SessionRefusal, Sessions,
};

use crate::case::now;
use crate::world::{Post, Scenario, World, accepted, code, refused, return_to, settings, wait, with};

const OWN: &str = "a login in the browser that began it";

/// What a service makes of these cookies beside a session token of its own.
fn session(fields: impl FnOnce(&str) -> Vec<Vec<u8>>) -> &'static str {
    let store = MemoryStore::default();
    let sessions = Sessions::new(&settings(), store).expect("sessions");
    let issued = sessions.issue(&NewSession::new("victim", "acme", "c"), now()).expect("a session");
    let pair = sessions.cookie().set(&issued, now()).split(';').next().expect("a cookie").to_owned();
    let cookies = Cookies::new(fields(&pair));
    match SessionCookie::default().read(&cookies) {
        Ok(token) => {
            let verified = wait(sessions.verify("acme", token.unwrap_or_default(), now()));
            verified.map_or_else(|refusal: SessionRefusal| refusal.code(), |_| "accepted")
        }
        Err(error) => error.code(),
    }
}

/// A cookie whose name begins with a character that Unicode calls a space.
fn planted(space: &str) -> &'static str {
    session(|pair| vec![format!("{space}{pair}").into_bytes()])
}

/// The cookie of a login, behind such a character.
fn planted_login(space: &str) -> &'static str {
    with(|_, _, post| Post { cookies: post.cookies.map(|pair| format!("{space}{pair}")), ..post })
}

/// A post with its cookie in these fields.
fn fields(of: impl FnOnce(&str) -> Vec<String>) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let post = World::answer(&connection, &world.begin(&connection));
    let form = LoginForm { saml_response: &post.saml_response, relay_state: post.relay_state.as_deref() };
    let cookies = Cookies::new(of(post.cookies.as_deref().expect("a cookie")));
    code(wait(world.sso.finish_login(&connection, form, &cookies, now())))
}

/// The first of so many logins that one browser begins is answered.
fn begun_many(logins: usize, path_len: usize) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let mut cookies: Vec<String> = Vec::new();
    let mut first = None;
    for seconds in 0..logins {
        let request = LoginRequest::new(&cookies).return_to(&format!("/{}", "a".repeat(path_len - 1)));
        let at = now() + std::time::Duration::from_secs(seconds as u64);
        let start = world.sso.begin_login(&connection, &request, at).expect("a login");
        let pair = start.set_cookie().split(';').next().expect("a cookie").to_owned();
        let (name, _) = pair.split_once('=').expect("a pair");
        cookies.retain(|other| !other.starts_with(&format!("{name}=")));
        cookies.push(pair);
        first.get_or_insert(start);
    }
    assert!(cookies.concat().len() < 5 * 1024, "servers take 8 KiB of a header field, for all cookies");
    let post = World::answer(&connection, &first.expect("a login"));
    let form = LoginForm { saml_response: &post.saml_response, relay_state: post.relay_state.as_deref() };
    code(wait(world.sso.finish_login(&connection, form, &Cookies::new(&cookies), now())))
}

/// A forged post, whose signature would be refused if anybody looked at it.
fn forged(change: impl FnOnce(Post) -> Post) -> &'static str {
    with(|world, connection, own| {
        let idp = crate::tenants::other_idp();
        let forged = World::answer_of(&idp, connection, &world.begin(connection), &crate::doc::user());
        change(Post { saml_response: forged.saml_response, ..own })
    })
}

/// A session with so much in its token.
fn filled(length: usize) -> &'static str {
    let session = NewSession::new("u", "acme", "c").claim("filler", "x".repeat(length)).expect("a claim");
    let issued = settings().session_issuer().issue(&session, now());
    issued.map_or_else(|error| error.code(), |_| "accepted")
}

const COOKIE: &str = "the cookie of a session";
const FIELDS: &str = "the login's cookie in the second of three header fields";
const PATH: &str = "a path with dot segments that stays a path";
const FILLED: &str = "a session whose token fits into a cookie";

pub(crate) const SCENARIOS: &[Scenario] = &[
    accepted("B16", COOKIE, || planted("")),
    accepted("B16", "the cookie of a session behind a tab, which HTTP allows", || planted("\t")),
    refused("B16", "a session behind an en quad", "session.malformed", COOKIE, || planted("\u{2000}")),
    refused("B16", "a session behind a no-break space", "session.malformed", COOKIE, || planted("\u{a0}")),
    refused("B16", "a session behind a next line", "session.malformed", COOKIE, || planted("\u{85}")),
    refused("B16", "a session behind an ideographic space", "session.malformed", COOKIE, || {
        planted("\u{3000}")
    }),
    refused("B16", "a session behind the byte A0", "session.malformed", COOKIE, || {
        session(|pair| vec![[b"\xa0", pair.as_bytes()].concat()])
    }),
    accepted("B16", "a planted cookie in front of the genuine one", || {
        session(|pair| vec![format!("\u{2000}__Host-session=planted; {pair}").into_bytes()])
    }),
    refused("B16", "two cookies named like the session's", "session.duplicate_cookie", COOKIE, || {
        session(|pair| vec![format!("__Host-session=planted; {pair}").into_bytes()])
    }),
    refused("B16", "a login behind an en quad", "binding.state", OWN, || planted_login("\u{2000}")),
    refused("B16", "a login behind a no-break space", "binding.state", OWN, || planted_login("\u{a0}")),
    refused("B16", "two cookies named like the login's", "binding.duplicate_cookie", OWN, || {
        with(|_, _, post| Post { cookies: post.cookies.map(|pair| format!("{pair}; {pair}")), ..post })
    }),
    accepted("B17", FIELDS, || {
        fields(|pair| vec!["theme=dark".to_owned(), pair.to_owned(), "other=1".to_owned()])
    }),
    refused(
        "B17",
        "the login's cookie twice, in two header fields",
        "binding.duplicate_cookie",
        FIELDS,
        || fields(|pair| vec![pair.to_owned(), pair.to_owned()]),
    ),
    refused(
        "B17",
        "the session's cookie twice, in two header fields",
        "session.duplicate_cookie",
        COOKIE,
        || session(|pair| vec![pair.as_bytes().to_vec(), pair.as_bytes().to_vec()]),
    ),
    accepted("B18", "the first of eight logins in one browser", || begun_many(8, 20)),
    refused(
        "B18",
        "the first of a hundred logins in one browser, which keeps eight cookies",
        "binding.state",
        "the first of eight logins in one browser",
        || begun_many(100, 20),
    ),
    refused(
        "B18",
        "the first of eight logins with paths so long that not all of their cookies are kept",
        "binding.state",
        "the first of eight logins in one browser",
        || begun_many(8, 512),
    ),
    accepted("B19", PATH, || return_to("/a/./b/../c")),
    refused("B19", "a host behind a dot segment", "binding.return_to", PATH, || return_to("/.//evil.test")),
    refused("B19", "a host behind two dots", "binding.return_to", PATH, || return_to("/..//evil.test")),
    refused("B19", "a host behind an escaped dot", "binding.return_to", PATH, || {
        return_to("/%2e//evil.test")
    }),
    refused("B19", "a host behind a segment and back", "binding.return_to", PATH, || {
        return_to("/a/..//evil.test")
    }),
    refused("B19", "a path of 513 bytes", "binding.return_to", "a path of 512 bytes", || {
        return_to(&format!("/{}", "a".repeat(512)))
    }),
    accepted("B19", "a path of 512 bytes", || return_to(&format!("/{}", "a".repeat(511)))),
    refused("D15", "a forged answer in a browser that began a login", "signature.untrusted_key", OWN, || {
        forged(|post| post)
    }),
    refused("D15", "a forged answer in a browser that began no login", "binding.state", OWN, || {
        forged(|post| Post { cookies: None, ..post })
    }),
    refused(
        "D15",
        "a forged answer without RelayState in a browser that began no login",
        "binding.state",
        OWN,
        || forged(|post| Post { cookies: None, relay_state: None, ..post }),
    ),
    refused(
        "D15",
        "a forged answer to no request in a browser that began no login",
        "response.unsolicited",
        OWN,
        || {
            let service = World::acme().service_provider().clone();
            let idp = crate::tenants::other_idp();
            let response =
                idp.response(service.acs_url(), service.entity_id(), now()).user(&crate::doc::user());
            let post = Post::unsolicited(&response.build().expect("a Response"));
            World::new().finish(&World::acme(), &post, now())
        },
    ),
    accepted("D17", FILLED, || filled(2000)),
    refused("D17", "a session whose token no verifier would take", "limit.token", FILLED, || filled(4000)),
    refused("D17", "a claim that is nested too deep to be read", "session.claim", FILLED, || {
        let nested = (0..200).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
        let session = NewSession::new("u", "acme", "c").claim("nested", nested);
        session.map_or_else(|error| error.code(), |_| "accepted")
    }),
];
