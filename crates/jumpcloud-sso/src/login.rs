//! A login from its beginning at the service to its end there.

use std::fmt;
use std::time::SystemTime;

use saml_attributes::{AttributeError, UserProfile};
use saml_protocol::{
    AcceptedAssertion, AuthnRequest, AuthnRequestError, BindingError, Expected, MessageField, Parties,
    Rejection, RequestId, ResponseError, decode_post, encode_redirect,
};
use saml_signature::{Certificate, CertificateWarning};
use serde::Serialize;
use serde_json::Value;
use sso_session::{
    CodeChallenge, CookieError, Cookies, HandOver, HandOverError, IssueError, NewSession, SealError,
};
use sso_types::clock::CLOCK_ALLOWANCE;
use thiserror::Error;
use tracing::Instrument as _;
use url::{Position, Url};

use crate::account::AccountKey;
use crate::begun::{BegunLogin, BegunLogins, LOGIN_LIFETIME, LoginRequest, Relay, handle_of, relay_state};
use crate::connection::Connection;
use crate::diagnosis::{Diagnosis, Warning};
use crate::domain::normalized_domain;
use crate::enforcement::whole_seconds;
use crate::settings::{Settings, excerpt};
use crate::store::{Claim, ClaimKey, OnceStore, StoreError};

/// A NameID of this format is another one at each login (SAML core §8.3.8): no account could be known by it.
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// The longest return path in bytes. A cookie holds it, and a browser may carry eight of these.
const MAX_RETURN_TO: usize = 512;

/// Begins and finishes logins, for all connections of a service.
pub struct SingleSignOn<S> {
    site_url: Url,
    begun: BegunLogins,
    store: S,
}

impl<S> fmt::Debug for SingleSignOn<S> {
    /// Writes nothing of the store.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleSignOn").field("site_url", &self.site_url.as_str()).finish_non_exhaustive()
    }
}

/// The form that JumpCloud has a browser post to the ACS URL.
#[derive(Clone, Copy)]
pub struct LoginForm<'f> {
    /// The field `SAMLResponse`.
    pub saml_response: &'f str,
    /// The field `RelayState`, if there is one.
    pub relay_state: Option<&'f str>,
}

impl fmt::Debug for LoginForm<'_> {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginForm").field("saml_response", &self.saml_response.len()).finish_non_exhaustive()
    }
}

/// The form of a request to the ACS URL, read from its body.
#[derive(Clone)]
pub struct PostedForm {
    saml_response: String,
    relay_state: Option<String>,
}

impl PostedForm {
    /// Reads a body of the type `application/x-www-form-urlencoded`. Of the two fields neither may be there twice: a proxy
    /// and a service could each take another one.
    ///
    /// # Errors
    /// [`BindingError::Missing`], [`BindingError::Duplicate`].
    pub fn parse(body: &[u8]) -> Result<Self, BindingError> {
        let (mut saml_response, mut relay_state) = (None, None);
        for (name, value) in url::form_urlencoded::parse(body) {
            let field = match &*name {
                "SAMLResponse" => &mut saml_response,
                "RelayState" => &mut relay_state,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(BindingError::Duplicate { parameter: name.into_owned() });
            }
        }
        let saml_response = saml_response.ok_or(BindingError::Missing { parameter: "SAMLResponse" })?;
        Ok(Self { saml_response, relay_state })
    }

    /// What [`SingleSignOn::finish_login`] takes.
    #[must_use]
    pub fn as_form(&self) -> LoginForm<'_> {
        LoginForm { saml_response: &self.saml_response, relay_state: self.relay_state.as_deref() }
    }
}

impl fmt::Debug for PostedForm {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_form().fmt(f)
    }
}

impl<S: OnceStore> SingleSignOn<S> {
    /// With a store that remembers what was used.
    ///
    /// # Errors
    /// [`SealError`], where the library of cryptography fails.
    pub fn new(settings: &Settings, store: S) -> Result<Self, SealError> {
        Ok(Self { site_url: settings.url().clone(), begun: BegunLogins::new(settings)?, store })
    }

    /// Begins a login: gives the address at JumpCloud to redirect the browser to, and the cookie to set with it.
    ///
    /// A browser keeps at most eight logins under way, fewer where their return paths are long; one more takes the place of
    /// another.
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
            path => self.own_path(path).ok_or_else(|| LoginFailure::ReturnTo { found: excerpt(path) })?,
        };
        let id = RequestId::generate()?;
        let service = connection.service_provider();
        let destination = connection.idp_url();
        let message =
            AuthnRequest::new(&id, destination.as_str(), service.entity_id(), service.acs_url(), now)
                .requested_authn_contexts(connection.requested_authn_contexts().iter().map(String::as_str));
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
        Ok(LoginStart { redirect_url, cookie_name: slot.cookie_name(), cookie_value: sealed })
    }

    /// Resolves a path as a browser does, and returns it without dot segments. `None` for one that leads elsewhere: browsers
    /// read a second slash or a backslash as the beginning of a host name, also where only resolving brings it forth.
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

    /// Finishes a login with the form that was posted to the ACS URL of `connection`, and the cookies of that request.
    ///
    /// Unless the connection accepts logins that begin at JumpCloud, the cookie of a login that began here is needed before
    /// any signature is verified or anything decrypted. Everything is checked before anything is claimed in the store, so that a failed attempt uses nothing up.
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
        // Not every identity provider hands RelayState back. What is answered leads to the same cookie. Nobody has signed it
        // yet: it selects the cookie, and is compared with what is sealed there once it is verified.
        let begun = match (by_relay, response.in_response_to()) {
            (Some(begun), _) => Some(begun),
            (None, Some(request)) => {
                let begun = self.begun.by_request(connection.id(), request, cookies, now)?;
                Some(begun.ok_or(LoginFailure::State)?)
            }
            (None, None) => None,
        };
        if begun.is_none() && !connection.allows_idp_initiated() {
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
        if connection.enforces_certificate_dates() {
            check_dates(accepted.evidence().certificate(), now)?;
        }
        let profile = connection.attributes().profile(&accepted)?;
        let domain = profile.email_domain();
        let email_is_verified = connection.domains().check(domain).map_err(|()| {
            LoginFailure::EmailDomain { expected: connection.domains().list(), found: domain.to_owned() }
        })?;
        // A session has whole seconds. One that would be over at once is refused before anything is used up.
        if let Some(end) = accepted.session_not_on_or_after()
            && whole_seconds(end) <= whole_seconds(now)
        {
            return Err(Rejection::SessionExpired { not_on_or_after: end, now }.into());
        }
        let request = begun.as_ref().map(|begun| (begun.request.clone(), begun.expires_at));
        let login = Login {
            account: AccountKey::new(connection.id(), accepted.name_id()),
            organization: connection.organization().to_owned(),
            revision: connection.revision(),
            activation: connection.activation(),
            idp_key: name_of_key(accepted.evidence().certificate()),
            warnings: Warning::of_login(&accepted, &profile, now),
            accepted_at: now,
            claims: Vec::new(),
            cookie_name: begun.as_ref().map(|begun| begun.slot.cookie_name()),
            challenge: begun.as_ref().and_then(|begun| begun.challenge.clone()),
            return_to: begun.map(|begun| begun.return_to).filter(|path| !path.is_empty()),
            profile,
            email_is_verified,
            accepted,
        };
        login.check_size(self.site_url.as_str())?;
        self.claim(connection, request, &login.accepted, now).await?;
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
        let scoped = |parts: [&str; 3]| ClaimKey::new(connection.organization(), &parts);
        let assertion = scoped(["assertion", connection.id(), &accepted.replay_key()]);
        if self.store.claim(&assertion, accepted.remember_until(), now).await? == Claim::AlreadyClaimed {
            return Err(LoginFailure::ReplayedAssertion);
        }
        if let Some((id, expires_at)) = request {
            let request = scoped(["request", connection.id(), id.as_str()]);
            // Until no machine would take the cookie any longer, however its clock differs.
            let until = expires_at + CLOCK_ALLOWANCE;
            if self.store.claim(&request, until, now).await? == Claim::AlreadyClaimed {
                return Err(LoginFailure::ReplayedRequest);
            }
        }
        Ok(())
    }
}

/// How sessions and revocations name a key of an identity provider: by the fingerprint of its SubjectPublicKeyInfo, without
/// colons, since a token has to fit into a cookie.
pub(crate) fn name_of_key(certificate: &Certificate) -> String {
    let fingerprint = certificate.public_key_fingerprint();
    let digits = fingerprint.as_bytes().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).map(|it| it.to_ascii_uppercase()).collect()
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
    let expected = match connection.required_authn_contexts() {
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

/// A login that has begun.
#[derive(Clone)]
pub struct LoginStart {
    redirect_url: Url,
    cookie_name: String,
    cookie_value: String,
}

impl LoginStart {
    /// Where to redirect the browser to, by a status such as 303.
    #[must_use]
    pub fn redirect_url(&self) -> &Url {
        &self.redirect_url
    }

    /// The header `Set-Cookie` to send with the redirect. `SameSite=None`, since the answer comes as a form that
    /// JumpCloud's page posts: with `Lax` the browser would leave the cookie out.
    #[must_use]
    pub fn set_cookie(&self) -> String {
        let Self { cookie_name, cookie_value, .. } = self;
        let age = LOGIN_LIFETIME.as_secs();
        format!("{cookie_name}={cookie_value}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=None")
    }
}

impl fmt::Debug for LoginStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginStart").field("cookie", &"redacted").finish_non_exhaustive()
    }
}

/// A login that succeeded. It turns into one session of one user, within five minutes: by
/// [`Connections::complete_login`](crate::Connections::complete_login), or by
/// [`Sessions::begin`](crate::Sessions::begin) where the connection is written down in the program.
pub struct Login {
    account: AccountKey,
    organization: String,
    revision: u64,
    activation: Option<u64>,
    /// The key that signed, as sessions name it.
    idp_key: String,
    profile: UserProfile,
    email_is_verified: bool,
    challenge: Option<CodeChallenge>,
    accepted: AcceptedAssertion,
    accepted_at: SystemTime,
    warnings: Vec<Warning>,
    return_to: Option<String>,
    cookie_name: Option<String>,
    /// The host's own claims, which were checked when they were added.
    claims: Vec<(String, Value)>,
}

impl fmt::Debug for Login {
    /// Writes no personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("organization", &self.organization)
            .field("connection", &self.account.connection())
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// Whose login it is, for ever.
    #[must_use]
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The organization whose connection it went through.
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The revision of the connection's configuration that it was checked by.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether it began at the service, and not by a click in JumpCloud's portal.
    #[must_use]
    pub fn began_at_service(&self) -> bool {
        self.cookie_name.is_some()
    }

    pub(crate) fn activation(&self) -> Option<u64> {
        self.activation
    }

    /// Whether the e-mail address is of a domain that the organization has verified. Where it is not, it says nothing
    /// about who the user is.
    #[must_use]
    pub fn email_is_verified(&self) -> bool {
        self.email_is_verified
    }

    /// Returns the e-mail address if it is [verified](Self::email_is_verified): the only one that may become a user's own, at
    /// their first login and whenever a later one brings another address.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        Some(self.profile.email()).filter(|_| self.email_is_verified)
    }

    /// The challenge of the front end that the login was begun for.
    #[must_use]
    pub fn code_challenge(&self) -> Option<&CodeChallenge> {
        self.challenge.as_ref()
    }

    /// What JumpCloud says of them today.
    #[must_use]
    pub fn profile(&self) -> &UserProfile {
        &self.profile
    }

    /// The assertion behind it.
    #[must_use]
    pub fn assertion(&self) -> &AcceptedAssertion {
        &self.accepted
    }

    /// The path that the login was begun with.
    #[must_use]
    pub fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// What worked, but should be put right before it no longer does.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The header `Set-Cookie` that takes the login's cookie away again.
    #[must_use]
    pub fn clear_cookie(&self) -> Option<String> {
        let name = self.cookie_name.as_ref()?;
        Some(format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None"))
    }

    /// Adds a claim of the host's own to the session that this login turns into.
    ///
    /// # Errors
    /// As for [`NewSession::claim`].
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Result<Self, IssueError> {
        let unusable = |_| IssueError::Claim { name: name.to_owned() };
        let value = serde_json::to_value(value).map_err(unusable)?;
        // A session that is thrown away checks them.
        let _ = NewSession::new("", "", "").claim(name, &value)?;
        self.claims.push((name.to_owned(), value));
        Ok(self)
    }

    /// When it was accepted.
    pub(crate) fn accepted_at(&self) -> SystemTime {
        self.accepted_at
    }

    /// What is claimed when it turns into a session. Its text is the session's name for the login.
    pub(crate) fn claim_key(&self) -> ClaimKey {
        let connection = self.account.connection();
        ClaimKey::new(&self.organization, &["login", connection, &self.accepted.replay_key()])
    }

    /// The session that it turns into: `user_id` is the service's own name for the user.
    pub(crate) fn new_session(&self, user_id: &str) -> Result<NewSession, IssueError> {
        let mut session = NewSession::new(user_id, &self.organization, self.account.connection())
            .login(&self.claim_key().to_string())
            .idp_key(&self.idp_key)
            .authenticated_at(self.accepted.authn_instant())
            .email(self.profile.email())
            .email_verified(self.email_is_verified);
        if let Some(domain) = self.verified_domain() {
            session = session.email_domain(&domain);
        }
        if let Some(name) = self.profile.first_name() {
            session = session.given_name(name);
        }
        if let Some(name) = self.profile.last_name() {
            session = session.family_name(name);
        }
        if let Some(activation) = self.activation {
            session = session.activation(activation);
        }
        if let Some(end) = self.accepted.session_not_on_or_after() {
            session = session.not_after(end);
        }
        self.claims.iter().try_fold(session, |session, (name, value)| session.claim(name, value))
    }

    /// That its session, and where it is for a front end elsewhere the code for it, will not be too long: for a user whose ID has
    /// up to 256 bytes, and before claims of the host's own.
    fn check_size(&self, site_url: &str) -> Result<(), LoginFailure> {
        const USER_ID: usize = 256;
        let profile = &self.profile;
        let names = [profile.first_name(), profile.last_name()].map(|name| name.map_or(0, str::len));
        let free_text =
            site_url.len() + self.organization.len() + profile.email().len() + names.iter().sum::<usize>();
        // Everything else has a fixed or small size, so that most need not be written down to be known to fit.
        if free_text < 256 {
            return Ok(());
        }
        let length = self.new_session(&"u".repeat(USER_ID))?.max_token_len(site_url, site_url)?;
        if self.challenge.is_some() && !HandOver::fits(length) {
            return Err(HandOverError::TooLong { found: length }.into());
        }
        Ok(())
    }

    /// The key that signed, as sessions name it.
    pub(crate) fn idp_key(&self) -> &str {
        &self.idp_key
    }

    /// The domain that makes the e-mail address a verified one.
    pub(crate) fn verified_domain(&self) -> Option<String> {
        normalized_domain(self.profile.email_domain()).filter(|_| self.email_is_verified)
    }

    fn trace(&self) {
        let (organization, connection) = (self.organization.as_str(), self.account.connection());
        tracing::info!(organization, connection, revision = self.revision, "a login succeeded");
        for warning in &self.warnings {
            tracing::warn!(organization, connection, code = warning.code, "{}", warning.message);
        }
    }
}

/// A login that failed.
///
/// Its [`Display`](fmt::Display) is for the browser: always the same sentence, with a reference to find the
/// [`diagnosis`](Self::diagnosis) by in the log.
pub struct LoginError {
    failure: Box<LoginFailure>,
    reference: String,
}

impl fmt::Debug for LoginError {
    /// Writes no values of the message: those are in the [`diagnosis`](Self::diagnosis).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginError")
            .field("code", &self.code())
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

impl LoginError {
    fn of(failure: LoginFailure, connection: &Connection) -> Self {
        // Without randomness there is no request ID either; the reference is then the least of the problems.
        let reference = RequestId::generate().map_or_else(|_| "none".to_owned(), |id| handle_of(&id));
        let error = Self { failure: Box::new(failure), reference };
        let (organization, connection) = (connection.organization(), connection.id());
        // Without the values of the message: an attacker chooses those, and a user's are personal.
        tracing::warn!(
            organization,
            connection,
            code = error.code(),
            reference = error.reference,
            "a login was refused"
        );
        error
    }

    /// What ties the sentence in the browser to the line in the log.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What happened, and what to change. For the log and the administrator; it holds values of the message.
    #[must_use]
    pub fn diagnosis(&self) -> Diagnosis {
        Diagnosis::of_login(&self.failure)
    }

    /// The stable code, as in the diagnosis.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.failure.code()
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signing in failed; the reference for your administrator is {}", self.reference)
    }
}

impl std::error::Error for LoginError {}

/// Why a login failed.
#[derive(Debug, Error)]
pub(crate) enum LoginFailure {
    #[error("the path to return to, {found:?}, does not lead to this service")]
    ReturnTo { found: String },
    #[error("the login was not begun in this browser, or more than ten minutes ago")]
    State,
    #[error(transparent)]
    Cookie(#[from] CookieError),
    #[error("the login began at JumpCloud, which this connection does not allow")]
    IdpInitiated,
    #[error("the assertion was used before")]
    ReplayedAssertion,
    #[error("the login was finished before")]
    ReplayedRequest,
    #[error("the e-mail address is of the domain {found:?}, which is none of the organization's own")]
    EmailDomain { expected: String, found: String },
    #[error("the NameID is transient, so that the user would be another one at each login")]
    TransientNameId,
    #[error("the connection wants valid certificates only: {0}")]
    CertificateDates(CertificateWarning),
    #[error(transparent)]
    Request(#[from] AuthnRequestError),
    #[error(transparent)]
    Binding(#[from] BindingError),
    #[error(transparent)]
    Response(#[from] ResponseError),
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    #[error(transparent)]
    Session(#[from] IssueError),
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    #[error("the login could not be sealed: {0}")]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoginFailure {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ReturnTo { .. } => "binding.return_to",
            Self::State => "binding.state",
            Self::Cookie(_) => "binding.duplicate_cookie",
            Self::IdpInitiated => "response.unsolicited",
            Self::ReplayedAssertion => "replay.assertion",
            Self::ReplayedRequest => "replay.request",
            Self::EmailDomain { .. } => "attribute.email_domain",
            Self::TransientNameId => "assertion.name_id_transient",
            Self::CertificateDates(warning) => warning.code(),
            Self::Request(error) => error.code(),
            Self::Binding(error) => error.code(),
            Self::Response(error) => error.code(),
            Self::Rejected(error) => error.code(),
            Self::Attributes(error) => error.code(),
            Self::Session(error) => error.code(),
            Self::HandOver(error) => error.code(),
            Self::Seal(_) => "config.sealing_failed",
            Self::Store(_) => "replay.store",
        }
    }
}
