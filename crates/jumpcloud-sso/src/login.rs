//! A login from its beginning at the service to its end there.

use std::fmt;
use std::time::{Duration, SystemTime};

use saml_attributes::{AttributeError, UserProfile};
use saml_protocol::{
    AcceptedAssertion, AuthnRequest, AuthnRequestError, BindingError, Expected, MessageField, Parties,
    Rejection, RequestId, ResponseError, decode_post, encode_redirect,
};
use saml_signature::{Certificate, CertificateWarning};
use sso_session::{CodeChallenge, NewSession, Purpose, SealError, Sealer, cookie_value};
use thiserror::Error;
use tracing::Instrument as _;
use url::Url;

use crate::account::AccountKey;
use crate::connection::Connection;
use crate::diagnosis::{Diagnosis, Warning};
use crate::settings::Settings;
use crate::store::{Claim, ClaimKey, OnceStore, StoreError};

/// How long a user may take to log in at JumpCloud.
const LOGIN_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Cookies with this prefix are `Secure`, have no `Domain` and the path `/`: no subdomain can plant one (RFC 6265bis
/// §4.1.3.2).
const COOKIE_PREFIX: &str = "__Host-sso-";

/// A NameID of this format is another one at each login (SAML core §8.3.8): no account could be known by it.
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// A request's claim is kept for as much longer than its cookie lives as clocks of one service may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Longer is no path of a service, and a cookie has to hold it.
const MAX_RETURN_TO: usize = 1024;

/// Begins and finishes logins, for all connections of a service.
#[derive(Debug)]
pub struct SingleSignOn<S> {
    site_url: Url,
    /// Under the present secret, then under former ones: logins that are under way go on.
    sealers: Vec<Sealer>,
    store: S,
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
        let sealers = settings.secrets().map(|secret| Sealer::new(secret, Purpose::LoginCookie));
        let sealers = sealers.collect::<Result<_, _>>()?;
        Ok(Self { site_url: settings.url().clone(), sealers, store })
    }

    /// Begins a login: gives the address at JumpCloud to redirect the browser to, and the cookie to set with it.
    /// `return_to` is a path of this service to go to after the login.
    ///
    /// # Errors
    /// [`LoginError`] for a `return_to` that leads elsewhere.
    pub fn begin_login(
        &self,
        connection: &Connection,
        return_to: Option<&str>,
        now: SystemTime,
    ) -> Result<LoginStart, LoginError> {
        self.begin(connection, return_to, None, now).map_err(|failure| LoginError::of(failure, connection))
    }

    /// The same for a front end on another origin, which gets its session by a code: see
    /// [`Sessions::hand_over`](crate::Sessions::hand_over). The challenge comes back with the login, as
    /// [`Login::code_challenge`].
    ///
    /// # Errors
    /// As for [`begin_login`](Self::begin_login).
    pub fn begin_login_to_hand_over(
        &self,
        connection: &Connection,
        challenge: &CodeChallenge,
        return_to: Option<&str>,
        now: SystemTime,
    ) -> Result<LoginStart, LoginError> {
        self.begin(connection, return_to, Some(challenge), now)
            .map_err(|failure| LoginError::of(failure, connection))
    }

    fn begin(
        &self,
        connection: &Connection,
        return_to: Option<&str>,
        challenge: Option<&CodeChallenge>,
        now: SystemTime,
    ) -> Result<LoginStart, LoginFailure> {
        let return_to = return_to.unwrap_or_default();
        if !return_to.is_empty() && !self.is_own_path(return_to) {
            return Err(LoginFailure::ReturnTo { found: crate::settings::excerpt(return_to) });
        }
        let id = RequestId::generate()?;
        let service = connection.service_provider();
        let destination = connection.idp_url();
        let request =
            AuthnRequest::new(&id, destination.as_str(), service.entity_id(), service.acs_url(), now);
        let handle = handle_of(&id);
        let redirect_url =
            encode_redirect(destination, MessageField::Request, &request.to_xml()?, Some(&handle), None)?;
        let challenge = challenge.map_or("", CodeChallenge::as_str);
        let state = format!("{}\n{challenge}\n{return_to}", id.as_str());
        let sealer = self.sealers.first().ok_or(SealError::Failed)?;
        let sealed = sealer.seal(state.as_bytes(), connection.id().as_bytes(), now + LOGIN_LIFETIME)?;
        Ok(LoginStart { redirect_url, cookie_name: format!("{COOKIE_PREFIX}{handle}"), cookie_value: sealed })
    }

    /// Whether `path` leads to a place of this service, however a browser reads it.
    fn is_own_path(&self, path: &str) -> bool {
        let is_path = path.starts_with('/') && !path.starts_with("//") && path.len() <= MAX_RETURN_TO;
        let is_plain = !path.contains(|character: char| character == '\\' || character.is_control());
        let stays = || self.site_url.join(path).is_ok_and(|target| target.origin() == self.site_url.origin());
        is_path && is_plain && stays()
    }

    /// Finishes a login with the form that was posted to the ACS URL of `connection`, and the header `Cookie` of that
    /// request.
    ///
    /// Everything is checked before anything is claimed in the store, so that a failed attempt uses nothing up.
    ///
    /// # Errors
    /// [`LoginError`], which shows the browser one thing and tells the administrator another.
    pub async fn finish_login(
        &self,
        connection: &Connection,
        form: LoginForm<'_>,
        cookies: Option<&str>,
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
        cookies: Option<&str>,
        now: SystemTime,
    ) -> Result<Login, LoginFailure> {
        let mut begun = match form.relay_state.filter(|handle| is_handle(handle)) {
            Some(handle) => Some(self.begun_login(connection, handle, cookies, now)?),
            None => None,
        };
        let xml = decode_post(form.saml_response)?;
        let verified = connection.verifier().verify(&xml)?;
        // Not every identity provider hands RelayState back. What is answered leads to the same cookie.
        if let (None, Some(request)) = (&begun, verified.in_response_to().and_then(RequestId::from_stored)) {
            begun = Some(self.begun_login(connection, &handle_of(&request), cookies, now)?);
        }
        let accepted = match verified.accept(&expected(connection, begun.as_ref()), now) {
            // Without the cookie of a login that began here, an answer to one has no place in this browser.
            Err(Rejection::InResponseTo { expected: None, .. }) => return Err(LoginFailure::State),
            other => other?,
        };
        if begun.is_none() && !connection.allows_idp_initiated() {
            return Err(LoginFailure::IdpInitiated);
        }
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
        self.claim(connection, begun.as_ref(), &accepted, now).await?;
        Ok(Login {
            account: AccountKey::new(connection.id(), accepted.name_id()),
            organization: connection.organization().to_owned(),
            revision: connection.revision(),
            activation: connection.activation(),
            email_is_verified,
            warnings: Warning::of_login(&accepted, &profile, now),
            profile,
            accepted,
            cookie_name: begun.as_ref().map(|begun| begun.cookie_name.clone()),
            challenge: begun.as_ref().and_then(|begun| begun.challenge.clone()),
            return_to: begun.map(|begun| begun.return_to).filter(|path| !path.is_empty()),
        })
    }

    /// The login that this browser began, by the cookie that `handle` names.
    fn begun_login(
        &self,
        connection: &Connection,
        handle: &str,
        cookies: Option<&str>,
        now: SystemTime,
    ) -> Result<BegunLogin, LoginFailure> {
        let cookie_name = format!("{COOKIE_PREFIX}{handle}");
        let sealed =
            cookies.and_then(|cookies| cookie_value(cookies, &cookie_name)).ok_or(LoginFailure::State)?;
        let open = |sealer: &Sealer| sealer.open(sealed, connection.id().as_bytes(), now).ok();
        let opened = self.sealers.iter().find_map(open).ok_or(LoginFailure::State)?;
        let state = std::str::from_utf8(opened.payload()).map_err(|_| LoginFailure::State)?;
        let mut parts = state.splitn(3, '\n');
        let mut part = || parts.next().ok_or(LoginFailure::State);
        let (id, challenge, return_to) = (part()?, part()?, part()?);
        let request = RequestId::from_stored(id).ok_or(LoginFailure::State)?;
        let challenge = CodeChallenge::new(challenge).ok();
        let (return_to, expires_at) = (return_to.to_owned(), opened.expires_at());
        Ok(BegunLogin { request, challenge, return_to, cookie_name, expires_at })
    }

    /// Uses up the assertion and the request that it answers.
    async fn claim(
        &self,
        connection: &Connection,
        begun: Option<&BegunLogin>,
        accepted: &AcceptedAssertion,
        now: SystemTime,
    ) -> Result<(), LoginFailure> {
        let assertion = ClaimKey::new(connection.id(), &["assertion", &accepted.replay_key()]);
        if self.store.claim(&assertion, accepted.remember_until(), now).await? == Claim::AlreadyClaimed {
            return Err(LoginFailure::ReplayedAssertion);
        }
        if let Some(begun) = begun {
            let request = ClaimKey::new(connection.id(), &["request", begun.request.as_str()]);
            // Until no machine would take the cookie any longer, however its clock differs.
            if self.store.claim(&request, begun.expires_at + CLOCK_SKEW, now).await? == Claim::AlreadyClaimed
            {
                return Err(LoginFailure::ReplayedRequest);
            }
        }
        Ok(())
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
    match connection.clock_skew() {
        Some(skew) => expected.clock_skew(skew),
        None => expected,
    }
}

/// A login that this browser began, as its cookie says.
struct BegunLogin {
    request: RequestId,
    challenge: Option<CodeChallenge>,
    return_to: String,
    cookie_name: String,
    expires_at: SystemTime,
}

/// What `RelayState` carries: enough of the request's ID to find its cookie among those of other tabs.
fn handle_of(id: &RequestId) -> String {
    id.as_str().chars().skip(1).take(16).collect()
}

fn is_handle(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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

/// A login that succeeded.
#[derive(Clone, Debug)]
pub struct Login {
    account: AccountKey,
    organization: String,
    revision: u64,
    activation: Option<u64>,
    profile: UserProfile,
    email_is_verified: bool,
    challenge: Option<CodeChallenge>,
    accepted: AcceptedAssertion,
    warnings: Vec<Warning>,
    return_to: Option<String>,
    cookie_name: Option<String>,
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

    /// The session to issue for this login: `user_id` is the service's own name for the user, the rest is filled in.
    #[must_use]
    pub fn new_session(&self, user_id: &str) -> NewSession {
        let mut session = NewSession::new(user_id, &self.organization, self.account.connection())
            .authenticated_at(self.accepted.authn_instant())
            .email(self.profile.email())
            .email_verified(self.email_is_verified);
        if let Some(name) = self.profile.first_name() {
            session = session.given_name(name);
        }
        if let Some(name) = self.profile.last_name() {
            session = session.family_name(name);
        }
        if let Some(activation) = self.activation {
            session = session.activation(activation);
        }
        match self.accepted.session_not_on_or_after() {
            Some(end) => session.not_after(end),
            None => session,
        }
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
#[derive(Debug)]
pub struct LoginError {
    failure: Box<LoginFailure>,
    reference: String,
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
            Self::Seal(_) => "config.sealing_failed",
            Self::Store(_) => "replay.store",
        }
    }
}
