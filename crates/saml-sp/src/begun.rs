//! What a browser keeps of the logins that it has begun: at most eight sealed cookies.

use std::cmp::Reverse;
use std::fmt;
use std::time::{Duration, SystemTime};

use saml_protocol::RequestId;
use sso_session::{CodeChallenge, CookieError, Cookies, Purpose, SealError, Sealer};

use crate::settings::Settings;

/// How long a user may take to log in at JumpCloud.
pub(crate) const LOGIN_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Cookies with this prefix are `Secure`, have no `Domain` and the path `/`: no subdomain can plant one (RFC
/// 6265bis §4.1.3.2).
const COOKIE_PREFIX: &str = "__Host-sso-";

/// How many logins a browser can have under way.
const SLOTS: u8 = 8;

/// From how many bytes of login cookies on a new one takes the place of the largest instead of being one
/// more. Servers take 8 KiB of a header field, in which the session's cookie and those of others have to fit
/// too; and any page can make a browser begin logins.
const MAX_COOKIES: usize = 4 * 1024;

/// What a browser brings when a login begins, and what is to become of the login.
///
/// ```
/// use saml_sp::LoginRequest;
///
/// // With the crate `http`: `LoginRequest::new(headers.get_all(COOKIE))`.
/// let request = LoginRequest::new(["theme=dark"]).return_to("/dashboard");
/// ```
#[derive(Clone, Default)]
pub struct LoginRequest {
    pub(crate) cookies: Cookies,
    pub(crate) return_to: Option<String>,
    pub(crate) challenge: Option<CodeChallenge>,
}

impl LoginRequest {
    /// Takes the values of all `Cookie` header fields of the request. They tell which logins the browser has
    /// under way, so that their cookies are left alone.
    pub fn new<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self { cookies: Cookies::new(fields), return_to: None, challenge: None }
    }

    /// Sets the path of this service to go to after the login, at most 512 bytes.
    #[must_use]
    pub fn return_to(mut self, path: &str) -> Self {
        self.return_to = Some(path.to_owned());
        self
    }

    /// Makes this the login of a front end on another origin, which gets its session by a code: see
    /// [`Sessions::hand_over`](sso_session::Sessions::hand_over). The challenge comes back as
    /// [`Login::code_challenge`](crate::Login::code_challenge).
    #[must_use]
    pub fn code_challenge(mut self, challenge: &CodeChallenge) -> Self {
        self.challenge = Some(challenge.clone());
        self
    }
}

impl fmt::Debug for LoginRequest {
    /// Writes neither cookies nor paths.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest").finish_non_exhaustive()
    }
}

/// A login that this browser has begun, as its cookie says.
#[derive(Clone)]
pub(crate) struct BegunLogin {
    pub(crate) slot: Slot,
    pub(crate) request: RequestId,
    pub(crate) challenge: Option<CodeChallenge>,
    pub(crate) return_to: String,
    pub(crate) expires_at: SystemTime,
    connection: String,
    /// The bytes that its cookie takes.
    length: usize,
}

/// The place of a login among those that a browser has under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u8);

impl Slot {
    fn all() -> impl Iterator<Item = Self> {
        (0..SLOTS).map(Self)
    }

    /// The name of its cookie. The value is sealed to it, so that it cannot be moved to another slot.
    pub(crate) fn cookie_name(self) -> String {
        format!("{COOKIE_PREFIX}{}", self.0)
    }
}

/// What `RelayState` carries: the slot, and enough of the request's ID to tell whether a later login has
/// taken the slot.
pub(crate) struct Relay<'r> {
    slot: Slot,
    handle: &'r str,
}

impl<'r> Relay<'r> {
    /// Reads what [`relay_state`] wrote. JumpCloud's portal sends whatever an administrator has typed there.
    pub(crate) fn parse(text: &'r str) -> Option<Self> {
        let (slot, handle) = text.split_once('.')?;
        let slot = Slot::all().find(|it| it.0.to_string() == slot)?;
        let is_handle = handle.len() == HANDLE_LEN && handle.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_handle.then_some(Self { slot, handle })
    }
}

const HANDLE_LEN: usize = 16;

/// The first 64 random bits of a request's ID.
pub(crate) fn handle_of(id: &RequestId) -> String {
    id.as_str().chars().skip(1).take(HANDLE_LEN).collect()
}

pub(crate) fn relay_state(slot: Slot, id: &RequestId) -> String {
    format!("{}.{}", slot.0, handle_of(id))
}

/// Seals and opens the cookies of logins.
pub(crate) struct BegunLogins {
    /// Under the present secret, then under former ones: logins that are under way go on.
    sealers: Vec<Sealer>,
}

impl BegunLogins {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SealError> {
        let sealers = settings.secrets().map(|secret| Sealer::new(secret, Purpose::LoginCookie));
        Ok(Self { sealers: sealers.collect::<Result<_, _>>()? })
    }

    /// Chooses the slot of a new login: a free one, or else the oldest; where there would be too many bytes
    /// of them, the oldest of those with the largest cookie. Which of several free ones is up to the
    /// request's random ID, so that two tabs that open at once seldom meet. A slot whose cookie comes
    /// twice is left alone: no login can be finished there.
    pub(crate) fn slot_for(
        &self,
        connection: &str,
        id: &RequestId,
        request: &LoginRequest,
        return_to: &str,
        now: SystemTime,
    ) -> Slot {
        let digit = id.as_str().chars().next_back().and_then(|it| it.to_digit(16)).unwrap_or_default();
        let (mut free, mut taken) = (None, Vec::new());
        // One hexadecimal digit chooses each slot equally often.
        for slot in (digit..)
            .filter_map(|index| u8::try_from(index % u32::from(SLOTS)).ok())
            .map(Slot)
            .take(SLOTS.into())
        {
            match self.open(slot, &request.cookies, now) {
                Ok(None) => free = free.or(Some(slot)),
                Ok(Some(begun)) => taken.push(begun),
                Err(_) => {}
            }
        }
        let own = state(connection, id, request, return_to).len();
        let total = taken.iter().map(|begun| begun.length).sum::<usize>() + cookie_len(own);
        let replaced = if total > MAX_COOKIES {
            taken.iter().max_by_key(|begun| (begun.length, Reverse(begun.expires_at)))
        } else if free.is_none() {
            taken.iter().min_by_key(|begun| begun.expires_at)
        } else {
            None
        };
        replaced.map(|begun| begun.slot).or(free).unwrap_or(Slot(0))
    }

    /// Seals a login into the value of its cookie.
    pub(crate) fn seal(
        &self,
        slot: Slot,
        connection: &str,
        id: &RequestId,
        request: &LoginRequest,
        return_to: &str,
        now: SystemTime,
    ) -> Result<String, SealError> {
        let state = state(connection, id, request, return_to);
        let sealer = self.sealers.first().ok_or(SealError::Failed)?;
        sealer.seal(state.as_bytes(), slot.cookie_name().as_bytes(), now + LOGIN_LIFETIME)
    }

    /// Opens the cookie of a slot. `None` for one that is absent, was not sealed here, or has expired.
    fn open(
        &self,
        slot: Slot,
        cookies: &Cookies,
        now: SystemTime,
    ) -> Result<Option<BegunLogin>, CookieError> {
        let name = slot.cookie_name();
        let Some(sealed) = cookies.value(&name)? else { return Ok(None) };
        let opened = self.sealers.iter().find_map(|sealer| sealer.open(sealed, name.as_bytes(), now).ok());
        Ok(opened.and_then(|opened| BegunLogin::read(slot, opened.payload(), opened.expires_at())))
    }

    /// Finds the login that a `RelayState` of ours names, if it is under way through this connection in this
    /// browser.
    pub(crate) fn by_relay(
        &self,
        connection: &str,
        relay: &Relay<'_>,
        cookies: &Cookies,
        now: SystemTime,
    ) -> Result<Option<BegunLogin>, CookieError> {
        let begun = self.open(relay.slot, cookies, now)?;
        Ok(begun.filter(|it| it.connection == connection && handle_of(&it.request) == relay.handle))
    }

    /// Finds the login whose request has this ID.
    pub(crate) fn by_request(
        &self,
        connection: &str,
        request: &str,
        cookies: &Cookies,
        now: SystemTime,
    ) -> Result<Option<BegunLogin>, CookieError> {
        let mut duplicate = None;
        for slot in Slot::all() {
            match self.open(slot, cookies, now) {
                Ok(Some(begun)) if begun.connection == connection && begun.request.as_str() == request => {
                    return Ok(Some(begun));
                }
                Ok(_) => {}
                // It matters only if the login is in no other slot.
                Err(error) => duplicate = Some(error),
            }
        }
        duplicate.map_or(Ok(None), Err)
    }
}

/// What is sealed into a cookie. The return path comes last and is free of control characters; IDs and
/// challenges hold no line feed either.
fn state(connection: &str, id: &RequestId, request: &LoginRequest, return_to: &str) -> String {
    let challenge = request.challenge.as_ref().map_or("", CodeChallenge::as_str);
    format!("{connection}\n{}\n{challenge}\n{return_to}", id.as_str())
}

/// The bytes that a cookie with this much sealed into it takes in a header: nonce, expiry and tag are sealed
/// with it, base64 makes four characters of three bytes, and the name and separators come with it.
fn cookie_len(payload: usize) -> usize {
    ((12 + 8 + payload + 16) * 4).div_ceil(3) + "__Host-sso-0=; ".len()
}

impl BegunLogin {
    fn read(slot: Slot, payload: &[u8], expires_at: SystemTime) -> Option<Self> {
        let mut parts = std::str::from_utf8(payload).ok()?.splitn(4, '\n');
        let (connection, id, challenge) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            slot,
            connection: connection.to_owned(),
            request: RequestId::from_stored(id)?,
            challenge: CodeChallenge::new(challenge).ok(),
            return_to: parts.next()?.to_owned(),
            expires_at,
            length: cookie_len(payload.len()),
        })
    }
}
