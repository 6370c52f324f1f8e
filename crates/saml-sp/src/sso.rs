//! Beginning and finishing logins.

use sso_types::text::excerpt_of_input;
use std::fmt;
use std::time::SystemTime;

use saml_protocol::{
    AcceptedAssertion, AuthnRequest, Expected, MessageField, Parties, Rejection, RequestId, decode_post,
    encode_redirect,
};
use saml_signature::{Certificate, CertificateWarning};
use sso_session::{Cookies, SealError, claim_key, whole_seconds};
use sso_store::{Claim, Claimed, Stores};
use sso_types::clock::CLOCK_ALLOWANCE;
use tracing::Instrument as _;
use url::{Position, Url};

use crate::begun::{BegunLogin, BegunLogins, LoginRequest, Relay, relay_state};
use crate::connection::Connection;
use crate::failure::{LoginError, LoginFailure};
use crate::form::LoginForm;
use crate::login::Login;
use crate::settings::Settings;
use crate::start::LoginStart;

/// A NameID of this format is another one at each login (SAML core §8.3.8): no account could be known by it.
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// The longest return path in bytes. A cookie holds it, and a browser may carry eight of these.
const MAX_RETURN_TO: usize = 512;

/// Begins and finishes logins, for all connections of a service.
pub struct SingleSignOn {
    site_url: Url,
    begun: BegunLogins,
    stores: Stores,
}

impl fmt::Debug for SingleSignOn {
    /// Writes nothing of the store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleSignOn").field("site_url", &self.site_url.as_str()).finish_non_exhaustive()
    }
}

impl SingleSignOn {
    /// Creates it over a store that remembers what was used.
    ///
    /// # Errors
    /// [`SealError`], where the library of cryptography fails.
    pub fn new(settings: &Settings, stores: impl Into<Stores>) -> Result<Self, SealError> {
        let (site_url, begun) = (settings.url().clone(), BegunLogins::new(settings)?);
        Ok(Self { site_url, begun, stores: stores.into() })
    }

    /// Begins a login: gives the address at JumpCloud to redirect the browser to, and the cookie to set with
    /// it.
    ///
    /// A browser keeps at most eight logins under way, fewer where their return paths are long; one more
    /// takes the place of another.
    ///
    /// # Errors
    /// [`LoginError`] for a return path that leads elsewhere or has more than 512 bytes.
    pub fn begin_login(
        &self,
        connection: &Connection,
        request: &LoginRequest,
        now: SystemTime,
    ) -> Result<LoginStart, LoginError> {
        self.begin(connection, request, now).map_err(|failure| LoginError::of(failure, connection))
    }

    fn begin(
        &self,
        connection: &Connection,
        request: &LoginRequest,
        now: SystemTime,
    ) -> Result<LoginStart, LoginFailure> {
        let return_to = match request.return_to.as_deref().unwrap_or_default() {
            "" => String::new(),
            path => {
                self.own_path(path).ok_or_else(|| LoginFailure::ReturnTo { found: excerpt_of_input(path) })?
            }
        };
        let id = RequestId::generate()?;
        let service = connection.service_provider();
        let destination = connection.idp_url();
        let message =
            AuthnRequest::new(&id, destination.as_str(), service.entity_id(), service.acs_url(), now)
                .requested_authn_contexts(
                    connection.configuration().requested_authn_contexts().iter().map(String::as_str),
                );
        let slot = self.begun.slot_for(connection.id(), &id, request, &return_to, now);
        let relay_state = relay_state(slot, &id);
        let redirect_url = encode_redirect(
            destination,
            MessageField::Request,
            &message.to_xml()?,
            Some(&relay_state),
            None,
        )?;
        let sealed = self.begun.seal(slot, connection.id(), &id, request, &return_to, now)?;
        Ok(LoginStart::new(redirect_url, slot.cookie_name(), sealed))
    }

    /// Resolves a path as a browser does, and returns it without dot segments. `None` for one that leads
    /// elsewhere: browsers read a second slash or a backslash as the beginning of a host name, also where
    /// only resolving brings it forth.
    fn own_path(&self, path: &str) -> Option<String> {
        let is_plain = !path.contains(|character: char| character == '\\' || character.is_control());
        if !path.starts_with('/') || !is_plain || path.len() > MAX_RETURN_TO {
            return None;
        }
        let target = self.site_url.join(path).ok()?;
        let resolved = &target[Position::BeforePath..];
        let stays = target.origin() == self.site_url.origin() && !resolved.starts_with("//");
        (stays && resolved.len() <= MAX_RETURN_TO).then(|| resolved.to_owned())
    }

    /// Finishes a login with the form that was posted to the ACS URL of `connection`, and the cookies of that
    /// request.
    ///
    /// Unless the connection accepts logins that begin at JumpCloud, the cookie of a login that began here is
    /// needed before any signature is verified or anything decrypted. Everything is checked before
    /// anything is claimed in the store, so that a failed attempt uses nothing up.
    ///
    /// # Errors
    /// [`LoginError`], which shows the browser one thing and tells the administrator another.
    pub async fn finish_login(
        &self,
        connection: &Connection,
        form: LoginForm<'_>,
        cookies: &Cookies,
        now: SystemTime,
    ) -> Result<Login, LoginError> {
        let span = tracing::info_span!(
            "finish_login",
            organization = connection.organization(),
            connection = connection.id(),
            code = tracing::field::Empty
        );
        async {
            let finished = self.finish(connection, form, cookies, now).await;
            let finished =
                finished.inspect(Login::trace).map_err(|failure| LoginError::of(failure, connection));
            if let Err(error) = &finished {
                tracing::Span::current().record("code", error.code());
            }
            finished
        }
        .instrument(span)
        .await
    }

    async fn finish(
        &self,
        connection: &Connection,
        form: LoginForm<'_>,
        cookies: &Cookies,
        now: SystemTime,
    ) -> Result<Login, LoginFailure> {
        let by_relay = match form.relay_state.and_then(Relay::parse) {
            Some(relay) => {
                let begun = self.begun.by_relay(connection.id(), &relay, cookies, now)?;
                Some(begun.ok_or(LoginFailure::State)?)
            }
            None => None,
        };
        let xml = decode_post(form.saml_response)?;
        let response = connection.verifier().parse(&xml)?;
        // Not every identity provider hands RelayState back. What is answered leads to the same cookie.
        // Nobody has signed it yet: it selects the cookie, and is compared with what is sealed there
        // once it is verified.
        let begun = match (by_relay, response.in_response_to()) {
            (Some(begun), _) => Some(begun),
            (None, Some(request)) => {
                let begun = self.begun.by_request(connection.id(), request, cookies, now)?;
                Some(begun.ok_or(LoginFailure::State)?)
            }
            (None, None) => None,
        };
        if begun.is_none() && !connection.configuration().allows_idp_initiated() {
            return Err(LoginFailure::IdpInitiated);
        }
        let verified = connection.verifier().verify_parsed(response)?;
        let accepted = match verified.accept(&expected(connection, begun.as_ref()), now) {
            // Without the cookie of a login that began here, an answer to one has no place in this browser.
            Err(Rejection::InResponseTo { expected: None, .. }) => return Err(LoginFailure::State),
            other => other?,
        };
        if accepted.name_id().format() == Some(TRANSIENT) {
            return Err(LoginFailure::TransientNameId);
        }
        if connection.configuration().enforces_certificate_dates() {
            check_dates(accepted.evidence().certificate(), now)?;
        }
        let profile = connection.attributes().profile(&accepted)?;
        let domain = profile.email_domain();
        let email_is_verified = connection.check_email_domain(domain).map_err(|()| {
            let expected = connection.verified_domains().join(", ");
            LoginFailure::EmailDomain { expected, found: domain.to_owned() }
        })?;
        // A session has whole seconds. One that would be over at once is refused before anything is used up.
        if let Some(end) = accepted.session_not_on_or_after()
            && whole_seconds(end) <= whole_seconds(now)
        {
            return Err(Rejection::SessionExpired { not_on_or_after: end, now }.into());
        }
        let request = begun.as_ref().map(|begun| (begun.request.clone(), begun.expires_at));
        let login = Login::new(connection, accepted, profile, email_is_verified, begun, now);
        login.check_size(self.site_url.as_str())?;
        self.claim(connection, request, login.assertion(), now).await?;
        Ok(login)
    }

    /// Uses up the assertion and the request that it answers.
    async fn claim(
        &self,
        connection: &Connection,
        request: Option<(RequestId, SystemTime)>,
        accepted: &AcceptedAssertion,
        now: SystemTime,
    ) -> Result<(), LoginFailure> {
        // Counted for the organization, however many connections it has.
        let scoped = |parts: [&str; 3]| claim_key(connection.organization(), &parts);
        let assertion = scoped(["assertion", connection.id(), &accepted.replay_key()]);
        let mut claims = vec![Claim { key: assertion, until: accepted.remember_until() }];
        claims.extend(request.map(|(id, expires_at)| Claim {
            key: scoped(["request", connection.id(), id.as_str()]),
            // Until no machine would take the cookie any longer, however its clock differs.
            until: expires_at + CLOCK_ALLOWANCE,
        }));
        match self.stores.claims.claim(&claims, now).await? {
            Claimed::Now => Ok(()),
            Claimed::Before(key) if key == assertion => Err(LoginFailure::ReplayedAssertion),
            Claimed::Before(_) => Err(LoginFailure::ReplayedRequest),
        }
    }
}

fn expected(connection: &Connection, begun: Option<&BegunLogin>) -> Expected {
    let service = connection.service_provider();
    let parties = Parties {
        idp_entity_id: connection.idp_entity_id(),
        sp_entity_id: service.entity_id(),
        acs_url: service.acs_url(),
    };
    let expected = match begun {
        Some(begun) => Expected::answering(begun.request.as_str(), parties),
        None => Expected::unsolicited(parties),
    };
    let expected = match connection.configuration().required_authn_contexts() {
        [] => expected,
        classes => expected.require_authn_contexts(classes),
    };
    match connection.clock_skew() {
        Some(skew) => expected.clock_skew(skew),
        None => expected,
    }
}

fn check_dates(certificate: &Certificate, now: SystemTime) -> Result<(), LoginFailure> {
    match certificate.warning(now) {
        Some(warning @ (CertificateWarning::Expired { .. } | CertificateWarning::NotYetValid)) => {
            Err(LoginFailure::CertificateDates(warning))
        }
        _ => Ok(()),
    }
}
