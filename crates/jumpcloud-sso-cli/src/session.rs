//! Secrets and session tokens.

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jumpcloud_sso::parts::saml_protocol::format_instant;
use jumpcloud_sso::{AuthSecret, Diagnosis, Settings, VerifiedSession};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::arguments::SessionArguments;
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Mark};
use crate::verify::Rejected;

pub(crate) fn secret() -> Result<ExitCode, Failure> {
    let secret =
        AuthSecret::generate().map_err(|error| Failure::refusal(error.code(), &error.to_string()))?;
    output::line(secret.expose());
    Ok(ExitCode::SUCCESS)
}

/// What is printed of a session: the claims under their own names, and the instants among them once more for
/// people.
#[derive(Serialize)]
struct Claims {
    accepted: bool,
    /// Those that mean something to every service.
    #[serde(flatten)]
    own: Map<String, Value>,
    issued_at: Option<String>,
    expires_at: Option<String>,
    session_started_at: Option<String>,
    session_ends_at: Option<String>,
    authenticated_at: Option<String>,
    /// Those that the service put there itself, apart from the others: it is free in how it calls them.
    #[serde(rename = "claims")]
    custom: Map<String, Value>,
}

impl Claims {
    /// The claims of a token that was verified.
    fn of(session: &VerifiedSession, token: &str) -> Option<Self> {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
        let instant = |name: &str| {
            let seconds = Duration::from_secs(claims.get(name)?.as_u64()?);
            format_instant(UNIX_EPOCH.checked_add(seconds)?)
        };
        let (issued_at, expires_at) = (instant("iat"), instant("exp"));
        let (session_started_at, session_ends_at) = (instant("session_start"), instant("session_end"));
        let authenticated_at = instant("auth_time");
        let custom: HashSet<&str> = session.claim_names().collect();
        let (custom, own) = claims.into_iter().partition(|(name, _)| custom.contains(name.as_str()));
        Some(Self {
            accepted: true,
            own,
            issued_at,
            expires_at,
            session_started_at,
            session_ends_at,
            authenticated_at,
            custom,
        })
    }
}

pub(crate) fn verify(arguments: &SessionArguments) -> Result<ExitCode, Failure> {
    let settings = Settings::from_env().map_err(|error| Failure::usage(error.code(), &error.to_string()))?;
    let verifier =
        settings.session_verifier().map_err(|error| Failure::usage(error.code(), &error.to_string()))?;
    let token = token(&arguments.token)?;
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let outcome = match &arguments.organization {
        Some(organization) => verifier.verify_for(organization, &token, now),
        None => verifier.verify_any_organization(&token, now),
    };
    let session = match outcome {
        Ok(session) => session,
        Err(error) => {
            Rejected::new(&Diagnosis::from(&error), Vec::new()).report("session", arguments.json);
            return Ok(ExitCode::from(1));
        }
    };
    // What was verified has claims that can be read.
    let claims = Claims::of(&session, &token)
        .ok_or_else(|| Failure::refusal("session.malformed", "this is no token"))?;
    if arguments.json {
        output::json(&claims);
    } else {
        print(&claims);
    }
    Ok(ExitCode::SUCCESS)
}

fn token(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let content = input::read(Path::new("-"))?;
    let text =
        String::from_utf8(content).map_err(|_| Failure::refusal("session.malformed", "this is no token"))?;
    Ok(text.trim_matches([' ', '\t', '\r', '\n']).to_owned())
}

fn print(claims: &Claims) {
    output::marked(Mark::Passed, "the session is valid");
    for (name, value) in claims.own.iter().chain(&claims.custom) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        output::line(&format!("  {name:<18} {text}"));
    }
    for (name, instant) in [
        ("issued at", &claims.issued_at),
        ("expires at", &claims.expires_at),
        ("session started at", &claims.session_started_at),
        ("session ends at", &claims.session_ends_at),
        ("authenticated at", &claims.authenticated_at),
    ] {
        if let Some(instant) = instant {
            output::line(&format!("  {name:<18} {instant}"));
        }
    }
}
