//! Secrets and session tokens.

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use jumpcloud_sso::parts::saml_protocol::format_instant;
use jumpcloud_sso::{AuthSecret, Diagnosis, Settings, VerifiedSession};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::arguments::SessionArguments;
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Mark, harmless};
use crate::verify::Rejected;

pub(crate) fn secret() -> Result<ExitCode, Failure> {
    let secret =
        AuthSecret::generate().map_err(|error| Failure::refusal(error.code(), &error.to_string()))?;
    output::line(secret.expose());
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Claims<'s> {
    accepted: bool,
    sub: &'s str,
    org: &'s str,
    connection: &'s str,
    jti: &'s str,
    session_id: &'s str,
    issued_at: Option<String>,
    expires_at: Option<String>,
    session_ends_at: Option<String>,
    amr: &'s [String],
    auth_time: Option<String>,
    email: Option<&'s str>,
    email_verified: bool,
    given_name: Option<&'s str>,
    family_name: Option<&'s str>,
    #[serde(rename = "claims")]
    custom: Map<String, Value>,
}

impl<'s> Claims<'s> {
    fn of(session: &'s VerifiedSession) -> Self {
        let custom = |name: &str| Some((name.to_owned(), session.claim::<Value>(name)?));
        Self {
            accepted: true,
            sub: session.subject(),
            org: session.organization(),
            connection: session.connection(),
            jti: session.id(),
            session_id: session.session_id(),
            issued_at: format_instant(session.issued_at()),
            expires_at: format_instant(session.expires_at()),
            session_ends_at: format_instant(session.ends_at()),
            amr: session.methods(),
            auth_time: session.authenticated_at().and_then(format_instant),
            email: session.email(),
            email_verified: session.email_is_verified(),
            given_name: session.given_name(),
            family_name: session.family_name(),
            custom: session.claim_names().filter_map(custom).collect(),
        }
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
    match outcome {
        Ok(session) if arguments.json => output::json(&Claims::of(&session)),
        Ok(session) => print(&Claims::of(&session)),
        Err(error) => {
            Rejected::new(&Diagnosis::from(&error), Vec::new()).report("session", arguments.json);
            return Ok(ExitCode::from(1));
        }
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
    Ok(text.trim().to_owned())
}

fn print(claims: &Claims<'_>) {
    output::line(&format!("{} the session is valid", Mark::Passed.render()));
    let object = serde_json::to_value(claims).ok();
    for (name, value) in object.iter().filter_map(Value::as_object).flatten() {
        let text = match value {
            Value::String(text) => harmless(text),
            Value::Null => continue,
            other => other.to_string(),
        };
        if name != "accepted" {
            output::line(&format!("  {name:<15} {text}"));
        }
    }
}
