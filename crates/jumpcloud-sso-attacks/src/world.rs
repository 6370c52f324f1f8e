//! A service, its logins and what a browser brings: what the scenarios are told in.

use std::future::Future;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::{
    Connection, ConnectionBuilder, Cookies, Login, LoginError, LoginForm, LoginRequest, LoginStart,
    MemoryStore, Settings, SingleSignOn,
};
use jumpcloud_sso_testkit::{JumpCloud, TestBrowser, User, auth_secret, keys};

use crate::case::{IDP, now};
use crate::doc;

/// An attack on what is around a message, with the verdict that it has to get.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// The class, by its identifier in [`CLASSES`](crate::CLASSES).
    pub id: &'static str,
    /// What is done.
    pub what: &'static str,
    /// The code that it has to be refused with, or `accepted`.
    pub expected: &'static str,
    /// Of a refused scenario, what is done in the accepted one that differs in the attacked point only; of
    /// an accepted one, nothing.
    pub twin: &'static str,
    /// Does it, and gives what came of it.
    pub run: fn() -> &'static str,
}

/// A scenario that has to be refused.
pub(crate) const fn refused(
    id: &'static str,
    what: &'static str,
    expected: &'static str,
    twin: &'static str,
    run: fn() -> &'static str,
) -> Scenario {
    Scenario { id, what, expected, twin, run }
}

/// A scenario that has to be accepted.
pub(crate) const fn accepted(id: &'static str, what: &'static str, run: fn() -> &'static str) -> Scenario {
    Scenario { id, what, expected: "accepted", twin: "", run }
}

pub(crate) static SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("attacks"));
pub(crate) const SITE: &str = "https://app.acme.test";

pub(crate) fn settings() -> Settings {
    Settings::new(SITE, &SECRET).expect("settings")
}

/// Runs what is asynchronous to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

pub(crate) fn code<T>(result: Result<T, LoginError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "accepted")
}

/// A service with one store.
pub(crate) struct World {
    pub(crate) sso: SingleSignOn,
}

/// What a browser brings to the ACS URL.
pub(crate) use jumpcloud_sso_testkit::TestPost as Post;

impl World {
    pub(crate) fn new() -> Self {
        Self { sso: SingleSignOn::new(&settings(), MemoryStore::default()).expect("a service") }
    }

    pub(crate) fn connection(id: &str) -> ConnectionBuilder {
        Connection::builder(&settings(), id, "acme")
            .expect("an ID")
            .idp_url("https://sso.jumpcloud.com/saml2/acme")
            .idp_entity_id(IDP)
            .certificate(keys::OWN_CERTIFICATE.as_bytes())
            .email_domains(["acme.test"])
    }

    pub(crate) fn acme() -> Connection {
        Self::connection("acme").build().expect("a connection")
    }

    pub(crate) fn begin(&self, connection: &Connection) -> LoginStart {
        self.sso.begin_login(connection, &LoginRequest::default().return_to("/home"), now()).expect("a login")
    }

    /// What JumpCloud answers to a login that has begun.
    pub(crate) fn answer(connection: &Connection, start: &LoginStart) -> Post {
        Self::answer_at(connection, start, now())
    }

    pub(crate) fn answer_at(connection: &Connection, start: &LoginStart, at: SystemTime) -> Post {
        Self::answered(&doc::idp(), connection, start, &doc::user(), at)
    }

    pub(crate) fn answer_of(
        idp: &JumpCloud,
        connection: &Connection,
        start: &LoginStart,
        user: &User,
    ) -> Post {
        Self::answered(idp, connection, start, user, now())
    }

    fn answered(
        idp: &JumpCloud,
        connection: &Connection,
        start: &LoginStart,
        user: &User,
        at: SystemTime,
    ) -> Post {
        let mut browser = TestBrowser::new();
        browser.set_cookie(&start.set_cookie());
        let audience = connection.service_provider().entity_id();
        browser.follow(start.redirect_url(), idp, audience, user, at).expect("a Response")
    }

    pub(crate) fn finish(&self, connection: &Connection, post: &Post, now: SystemTime) -> &'static str {
        let form = LoginForm { saml_response: &post.saml_response, relay_state: post.relay_state.as_deref() };
        let cookies = Cookies::new(post.cookies.as_deref());
        code(wait(self.sso.finish_login(connection, form, &cookies, now)))
    }

    /// A login as a whole.
    pub(crate) fn log_in(&self, connection: &Connection, now: SystemTime) -> Login {
        self.finished(connection, &Self::answer_at(connection, &self.begin(connection), now))
    }

    /// A login that is accepted.
    pub(crate) fn finished(&self, connection: &Connection, post: &Post) -> Login {
        let form = LoginForm { saml_response: &post.saml_response, relay_state: post.relay_state.as_deref() };
        let cookies = Cookies::new(post.cookies.as_deref());
        wait(self.sso.finish_login(connection, form, &cookies, now())).expect("a login")
    }
}

/// Changes what a browser brings to an otherwise good login.
pub(crate) fn with(change: impl FnOnce(&World, &Connection, Post) -> Post) -> &'static str {
    let (world, connection) = (World::new(), World::acme());
    let start = world.begin(&connection);
    let post = World::answer(&connection, &start);
    let post = change(&world, &connection, post);
    world.finish(&connection, &post, now())
}

pub(crate) fn return_to(path: &str) -> &'static str {
    let world = World::new();
    code(world.sso.begin_login(&World::acme(), &LoginRequest::default().return_to(path), now()))
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
