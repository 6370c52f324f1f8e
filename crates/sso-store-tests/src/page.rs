//! A service over a store.

use std::time::SystemTime;

use jumpcloud_sso::{
    Connection, Connections, Cookies, Login, LoginError, LoginForm, LoginRequest, Sessions, Settings,
    SingleSignOn, Stores,
};
use jumpcloud_sso_testkit::{JumpCloud, TestBrowser, TestPost, User, auth_secret};

/// A service over a store, with a browser that goes to JumpCloud and back.
pub struct LoginPage {
    /// Begins and finishes logins.
    pub sso: SingleSignOn,
    /// Issues sessions.
    pub sessions: Sessions,
    /// The connections that logins go through.
    pub connections: Connections,
}

impl LoginPage {
    /// Over a store.
    #[must_use]
    pub fn new(stores: impl Into<Stores>) -> Self {
        let stores = stores.into();
        let settings = settings();
        Self {
            sso: SingleSignOn::new(&settings, &stores).unwrap(),
            sessions: Sessions::new(&settings, &stores).unwrap(),
            connections: Connections::new(&settings, &stores),
        }
    }

    /// A login of `user` through `connection` from its beginning, as far as JumpCloud's answer: what a
    /// browser posts to the ACS URL, and its cookies.
    #[must_use]
    pub fn answer(&self, connection: &Connection, idp: &JumpCloud, user: &User, now: SystemTime) -> TestPost {
        let start =
            self.sso.begin_login(connection, &LoginRequest::default().return_to("/home"), now).unwrap();
        let mut browser = TestBrowser::new();
        browser.set_cookie(&start.set_cookie());
        let audience = connection.service_provider().entity_id();
        browser.follow(start.redirect_url(), idp, audience, user, now).unwrap()
    }

    /// What the service makes of such a post.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn finish(
        &self,
        connection: &Connection,
        answer: &TestPost,
        now: SystemTime,
    ) -> Result<Login, LoginError> {
        let form =
            LoginForm { saml_response: &answer.saml_response, relay_state: answer.relay_state.as_deref() };
        self.sso.finish_login(connection, form, &Cookies::new(&answer.cookies), now).await
    }
}

pub(crate) fn settings() -> Settings {
    Settings::new("https://app.acme.test", &auth_secret("walk")).unwrap()
}
