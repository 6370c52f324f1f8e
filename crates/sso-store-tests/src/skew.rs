use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sso::{
    CodeChallenge, Connection, Cookies, LoginForm, LoginRequest, NewSession, Sessions, Settings, SingleSignOn,
};
use jumpcloud_sso_testkit::{IncomingRequest, JumpCloud, User, auth_secret, keys};

use sso_store::{Claimed, Stores};

use crate::support::{claim, claim_key, now, revocation_key, revoke, unique};

const FRONT_END: &str = "https://www.acme.test/signed-in";

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The most that a verifier tolerates, and the most that the clocks of a service's machines differ.
const MOST: Duration = Duration::from_secs(300);

/// No token is good for longer, in seconds.
const LONGEST: u32 = 10 * 24 * 60 * 60;

/// What was used is refused to the last second at which it could be accepted, also on a machine whose clock
/// is 300 seconds behind, where verifiers tolerate as much as they may: assertions, the requests that they
/// answer, tokens that were refreshed, codes, and sessions that were logged out.
///
/// A store that goes by the times that it is given, such as the one in memory, has forgotten by then whatever
/// it may. One that goes by its own clock has nothing to forget in the time that this takes.
pub async fn skew(store: &Stores) {
    // On the heap: there is a lot in it.
    Box::pin(async {
        let machines = Machines::new(store);
        machines.check(Kind::Assertion, "replay.assertion").await;
        machines.check(Kind::Request, "replay.request").await;
        machines.check(Kind::Refresh, "session.refreshed").await;
        machines.check(Kind::Code, "session.code_used").await;
        machines.check(Kind::Logout, "session.revoked").await;
    })
    .await;
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Assertion,
    Request,
    Refresh,
    Code,
    Logout,
}

/// Something that can be used once.
enum Thing {
    /// A Response that answers no request.
    Assertion(String),
    /// A request: its ID, RelayState and cookie. It can be answered by any number of assertions.
    Request { id: String, relay_state: String, cookie: String },
    /// A token to be refreshed.
    Refresh(String),
    /// A code to be exchanged.
    Code(String),
    /// A token to be logged out.
    Logout(String),
}

/// A service of several machines over one store.
struct Machines {
    store: Stores,
    begin: SystemTime,
    sso: SingleSignOn,
    sessions: Sessions,
    idp: JumpCloud,
    connection: Connection,
}

impl Machines {
    fn new(store: &Stores) -> Self {
        let settings = Settings::new("https://app.acme.test", &auth_secret("skew")).unwrap();
        let verifier = settings.session_verifier().unwrap().clock_skew(MOST);
        let sessions = Sessions::with(&settings, settings.session_issuer(), verifier, store.clone()).unwrap();
        let url = "https://sso.jumpcloud.com/saml2/acme";
        let connection = Connection::builder(&settings, &unique("c"), "acme")
            .unwrap()
            .idp_url(url)
            .idp_entity_id("acme")
            .certificate(keys::OWN_CERTIFICATE.as_bytes())
            .email_domains(["acme.test"])
            .allow_idp_initiated(true)
            .clock_skew(MOST);
        Self {
            store: store.clone(),
            begin: now(),
            sso: SingleSignOn::new(&settings, store.clone()).unwrap(),
            sessions: sessions.redirect_uris([FRONT_END]).unwrap(),
            idp: JumpCloud::with_key(url, "acme", keys::OWN_KEY, keys::OWN_CERTIFICATE).unwrap(),
            connection: connection.build().unwrap(),
        }
    }

    async fn check(&self, kind: Kind, code: &str) {
        let last = self.last_second(kind).await;
        let used = self.make(kind).await;
        self.use_up(&used).await;
        // By now a machine whose clock is right has had the store forget what has expired.
        let present = last + MOST;
        let claimed = claim(&self.store, claim_key(&unique("key")), present + MOST, present).await;
        assert_eq!(claimed.unwrap(), Claimed::Now);
        let other = revocation_key(&unique("session"));
        revoke(&self.store, other, present, present + MOST, present).await.unwrap();
        assert_eq!(self.attempt(&used, last).await, Err(code), "{kind:?} in its last second");
        let control = self.make(kind).await;
        assert_eq!(self.attempt(&control, last).await, Ok(()), "{kind:?} for the first time");
    }

    /// The last second at which something that was not used before is accepted.
    async fn last_second(&self, kind: Kind) -> SystemTime {
        let at = |seconds: u32| self.begin + Duration::from_secs(seconds.into());
        let (mut good, mut late) = (0, LONGEST);
        while late - good > 1 {
            let middle = u32::midpoint(good, late);
            let thing = self.make(kind).await;
            let is_accepted = self.attempt(&thing, at(middle)).await.is_ok();
            *(if is_accepted { &mut good } else { &mut late }) = middle;
        }
        assert!(good > 0, "{kind:?} is never accepted");
        at(good)
    }

    async fn make(&self, kind: Kind) -> Thing {
        let issued = || {
            let new = NewSession::new(&unique("user"), "acme", "password");
            self.sessions.issue(&new, self.begin).unwrap()
        };
        match kind {
            Kind::Assertion => Thing::Assertion(self.response(None, self.begin)),
            Kind::Request => {
                let request = LoginRequest::default();
                let start = self.sso.begin_login(&self.connection, &request, self.begin).unwrap();
                let asked = IncomingRequest::from_query(start.redirect_url().query().unwrap()).unwrap();
                Thing::Request {
                    id: asked.id().to_owned(),
                    relay_state: asked.relay_state().unwrap().to_owned(),
                    cookie: start.set_cookie().split(';').next().unwrap().to_owned(),
                }
            }
            Kind::Refresh => Thing::Refresh(issued().token().to_owned()),
            Kind::Code => {
                let challenge = CodeChallenge::new(CHALLENGE).unwrap();
                let redirect = self.sessions.hand_over(&issued(), &challenge, FRONT_END, self.begin).await;
                Thing::Code(redirect.unwrap().code().to_owned())
            }
            Kind::Logout => {
                // One whose token ends with it, so that the revocation is kept no longer than it has to be.
                let new = NewSession::new(&unique("user"), "acme", "password");
                let new = new.not_after(self.begin + Duration::from_secs(3600));
                Thing::Logout(self.sessions.issue(&new, self.begin).unwrap().token().to_owned())
            }
        }
    }

    fn response(&self, answers: Option<&str>, at: SystemTime) -> String {
        let service = self.connection.service_provider();
        let user = User::new("bjensen@acme.test", "Barbara", "Jensen");
        let mut response = self.idp.response(service.acs_url(), service.entity_id(), at).user(&user);
        if let Some(request) = answers {
            response = response.in_response_to(request);
        }
        STANDARD.encode(response.build().unwrap())
    }

    /// Uses something for the first time.
    async fn use_up(&self, thing: &Thing) {
        match thing {
            Thing::Logout(token) => self.sessions.log_out("acme", token, self.begin).await.unwrap(),
            _ => self.attempt(thing, self.begin).await.unwrap(),
        }
    }

    /// What becomes of something on a machine by whose clock it is `at`.
    async fn attempt(&self, thing: &Thing, at: SystemTime) -> Result<(), &'static str> {
        match thing {
            Thing::Assertion(response) => self.finish(response, None, &[], at).await,
            Thing::Request { id, relay_state, cookie } => {
                // Each time by another assertion.
                let response = self.response(Some(id), at);
                self.finish(&response, Some(relay_state), &[cookie], at).await
            }
            Thing::Refresh(token) => {
                self.sessions.refresh("acme", token, at).await.map(drop).map_err(|error| error.code())
            }
            Thing::Code(code) => {
                let exchanged = self.sessions.redeem(code, VERIFIER, FRONT_END, at).await;
                exchanged.map(drop).map_err(|error| error.code())
            }
            Thing::Logout(token) => {
                self.sessions.verify("acme", token, at).await.map(drop).map_err(|error| error.code())
            }
        }
    }

    async fn finish(
        &self,
        saml_response: &str,
        relay_state: Option<&str>,
        cookies: &[&String],
        at: SystemTime,
    ) -> Result<(), &'static str> {
        let (form, cookies) = (LoginForm { saml_response, relay_state }, Cookies::new(cookies));
        let finished = self.sso.finish_login(&self.connection, form, &cookies, at).await;
        finished.map(drop).map_err(|error| error.code())
    }
}
