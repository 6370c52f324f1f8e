use std::process::ExitCode;
use std::time::SystemTime;

use jumpcloud_sso::parts::saml_protocol::format_instant;
use jumpcloud_sso::parts::saml_signature::TrustedKeys;
use jumpcloud_sso::{Certificate, Warning};
use serde::Serialize;

use crate::arguments::CertificateArguments;
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Mark};
use crate::verify::JsonWarning;

#[derive(Serialize)]
struct Facts<'c> {
    subject: &'c str,
    issuer: &'c str,
    serial: &'c str,
    key: String,
    not_before: Option<String>,
    not_after: Option<String>,
    days_left: i64,
    fingerprint_sha256: String,
    warnings: Vec<JsonWarning>,
}

pub(crate) fn run(arguments: &CertificateArguments) -> Result<ExitCode, Failure> {
    let content = input::read(&arguments.file)?;
    let certificate = Certificate::parse(&content)
        .map_err(|error| Failure::refusal(error.code(), &format!("{}: {error}", arguments.file.display())))?;
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let facts = Facts {
        subject: certificate.subject(),
        issuer: certificate.issuer(),
        serial: certificate.serial(),
        key: certificate.key().to_string(),
        not_before: format_instant(certificate.not_before()),
        not_after: format_instant(certificate.not_after()),
        days_left: certificate.days_left(now),
        fingerprint_sha256: certificate.fingerprint_sha256().to_string(),
        warnings: warnings(&certificate, now).iter().map(JsonWarning::from).collect(),
    };
    if arguments.json {
        output::json(&facts);
    } else {
        print(&facts);
    }
    Ok(ExitCode::SUCCESS)
}

fn warnings(certificate: &Certificate, now: SystemTime) -> Vec<Warning> {
    let told = certificate.warnings(now).into_iter().map(|warning| Warning::new(warning.code(), &warning));
    let weakness =
        TrustedKeys::new([certificate.clone()]).err().map(|error| Warning::new(error.code(), &error));
    told.chain(weakness).collect()
}

fn print(facts: &Facts<'_>) {
    let instant = |instant: &Option<String>| instant.clone().unwrap_or_else(|| "unknown".to_owned());
    output::line(&format!("subject      {}", facts.subject));
    output::line(&format!("issuer       {}", facts.issuer));
    output::line(&format!("serial       {}", facts.serial));
    output::line(&format!("key          {}", facts.key));
    output::line(&format!("valid from   {}", instant(&facts.not_before)));
    output::line(&format!("valid until  {} ({} days left)", instant(&facts.not_after), facts.days_left));
    output::line(&format!("fingerprint  {} (SHA-256)", facts.fingerprint_sha256));
    for warning in &facts.warnings {
        output::marked(Mark::Warning, &format!("{} ({})", warning.message, warning.code));
        output::line(&format!("  {}", warning.hint));
    }
}
