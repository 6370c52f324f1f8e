//! Logins as a host has them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod configuration;
mod domains;
mod failing_store;
mod frozen;
mod guide;
mod life;
mod logins;
mod stored;
mod stores;
mod tracing;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::sso_store::ConnectionRow;
use jumpcloud_sso::{
    Connection, ConnectionBuilder, ConnectionRecord, Cookies, Login, LoginError, LoginForm, LoginRequest,
    LoginStart, MemoryStore, Phase, Settings, SingleSignOn,
};
use jumpcloud_sso_testkit::{IncomingRequest, JumpCloud, TestBrowser, User, auth_secret, keys};

static SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("first"));
static FORMER_SECRET: LazyLock<String> = LazyLock::new(|| auth_secret("second"));
const IDP_URL: &str = "https://sso.jumpcloud.com/saml2/acme";
const IDP: &str = "IdP Entity ID";

/// The row of a record, as a store keeps it.
fn row(record: &ConnectionRecord) -> ConnectionRow {
    ConnectionRow {
        id: record.id().to_owned(),
        organization: record.organization().to_owned(),
        version: record.version(),
        is_enforced: record.phase() == Phase::Enforced,
        relies_on_domains: record.relies_on_domains(),
        json: record.to_json().unwrap(),
    }
}

/// 2027-01-15T08:00:00Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn settings() -> Settings {
    Settings::new("https://app.acme.test", &SECRET).unwrap()
}

fn builder(id: &str, organization: &str) -> ConnectionBuilder {
    Connection::builder(&settings(), id, organization)
        .unwrap()
        .idp_url(IDP_URL)
        .idp_entity_id(IDP)
        .certificate(keys::OWN_CERTIFICATE.as_bytes())
        .email_domains(["acme.test"])
}

fn acme() -> Connection {
    builder("acme-1", "acme").build().unwrap()
}

fn idp() -> JumpCloud {
    JumpCloud::with_key(IDP_URL, IDP, keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap()
}

fn user() -> User {
    User::new("BJensen@acme.test", "Barbara", "Jensen").groups(&["Engineering"])
}

/// A service with one store, and the browser that it talks to.
struct World {
    sso: SingleSignOn,
    connection: Connection,
}

impl World {
    fn new(connection: Connection) -> Self {
        Self { sso: SingleSignOn::new(&settings(), MemoryStore::default()).unwrap(), connection }
    }

    fn begin(&self) -> LoginStart {
        self.begin_beside(&[])
    }

    /// A login begins in the browser that has begun these.
    fn begin_beside(&self, others: &[&LoginStart]) -> LoginStart {
        let request = LoginRequest::new(others.iter().map(|start| cookies(start))).return_to("/dashboard");
        self.sso.begin_login(&self.connection, &request, now()).unwrap()
    }

    /// What JumpCloud answers to a login that has begun.
    fn answer(&self, start: &LoginStart) -> (String, String) {
        let audience = self.connection.service_provider().entity_id();
        let browser = TestBrowser::new();
        let post = browser.follow(start.redirect_url(), &idp(), audience, &user(), now()).unwrap();
        (post.saml_response, post.relay_state.unwrap())
    }

    async fn finish(
        &self,
        answer: &(String, String),
        cookies: Option<&str>,
        now: SystemTime,
    ) -> Result<Login, LoginError> {
        let form = LoginForm { saml_response: &answer.0, relay_state: Some(&answer.1) };
        self.sso.finish_login(&self.connection, form, &Cookies::new(cookies), now).await
    }
}

fn request(start: &LoginStart) -> IncomingRequest {
    IncomingRequest::from_query(start.redirect_url().query().unwrap()).unwrap()
}

/// The header `Cookie` that a browser makes of a `Set-Cookie`.
fn cookies(start: &LoginStart) -> String {
    format!("theme=dark; {}; other=1", start.set_cookie().split(';').next().unwrap())
}
