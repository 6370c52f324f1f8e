//! Metadata, JumpCloud's and the service's.

use std::process::ExitCode;
use std::time::SystemTime;

use jumpcloud_sso::parts::saml_protocol::{IdpMetadata, SpMetadata, format_instant};
use jumpcloud_sso::parts::saml_signature::TrustedKeys;
use jumpcloud_sso::{Certificate, Diagnosis, Warning, check_idp_url};
use serde::Serialize;

use crate::arguments::{ExportArguments, ImportArguments};
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Mark};
use crate::setup::service_provider;
use crate::verify::{JsonWarning, Rejected};

#[derive(Serialize)]
struct Imported<'m> {
    accepted: bool,
    idp_url: &'m str,
    idp_entity_id: &'m str,
    certificates: Vec<Pinned<'m>>,
    valid_until: Option<String>,
    wants_signed_requests: bool,
    warnings: Vec<JsonWarning>,
}

#[derive(Serialize)]
struct Pinned<'m> {
    pem: String,
    subject: &'m str,
    key: String,
    not_after: Option<String>,
    fingerprint_sha256: String,
}

impl<'m> From<&'m Certificate> for Pinned<'m> {
    fn from(certificate: &'m Certificate) -> Self {
        Self {
            pem: certificate.to_pem(),
            subject: certificate.subject(),
            key: certificate.key().to_string(),
            not_after: format_instant(certificate.not_after()),
            fingerprint_sha256: certificate.fingerprint_sha256().to_string(),
        }
    }
}

pub(crate) fn import(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let xml = input::read(&arguments.file)?;
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let all = input::check_size(&xml).map_err(|error| Diagnosis::from(&error));
    let metadata = all.and_then(|()| IdpMetadata::parse(&xml, now).map_err(|error| Diagnosis::from(&error)));
    let usable = metadata.and_then(|metadata| {
        check_idp_url(metadata.sso_url().as_str()).map_err(|error| Diagnosis::from(&error))?;
        // What no connection could pin is refused here, where the file is at hand.
        TrustedKeys::new(metadata.certificates().iter().cloned()).map_err(|error| Diagnosis::from(&error))?;
        Ok(metadata)
    });
    let metadata = match usable {
        Ok(metadata) => metadata,
        Err(diagnosis) => {
            Rejected::new(&diagnosis, Vec::new()).report("metadata", arguments.json);
            return Ok(ExitCode::from(1));
        }
    };
    let warnings = metadata.certificates().iter().flat_map(|certificate| certificate.warnings(now));
    let imported = Imported {
        accepted: true,
        idp_url: metadata.sso_url().as_str(),
        idp_entity_id: metadata.entity_id(),
        certificates: metadata.certificates().iter().map(Pinned::from).collect(),
        valid_until: metadata.valid_until().and_then(format_instant),
        wants_signed_requests: metadata.wants_signed_requests(),
        warnings: warnings.map(|it| JsonWarning::from(&Warning::new(it.code(), &it))).collect(),
    };
    if arguments.json {
        output::json(&imported);
    } else {
        print(&imported);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(imported: &Imported<'_>) {
    output::line(&format!("IdP URL        {}", imported.idp_url));
    output::line(&format!("IdP Entity ID  {}", imported.idp_entity_id));
    if let Some(end) = &imported.valid_until {
        output::line(&format!("valid until    {end}"));
    }
    if imported.wants_signed_requests {
        output::line("Requests       have to be signed (WantAuthnRequestsSigned)");
    }
    for certificate in &imported.certificates {
        output::line(&format!("Certificate    {}, {}", certificate.subject, certificate.key));
        output::line(&format!("               {} (SHA-256)", certificate.fingerprint_sha256));
        output::text(&certificate.pem);
    }
    for warning in &imported.warnings {
        output::marked(Mark::Warning, &format!("{} ({})", warning.message, warning.code));
        output::line(&format!("  {}", warning.hint));
    }
}

pub(crate) fn export(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let service = service_provider(&arguments.service)?;
    let certificate = arguments.encryption_certificate.as_deref().map(certificate).transpose()?;
    let mut metadata = SpMetadata::new(service.entity_id(), service.acs_url());
    if let Some(certificate) = &certificate {
        metadata = metadata.encryption_certificate(certificate);
    }
    // An ID and a URL that were checked above have nothing in them that XML could not represent.
    let xml = metadata.to_xml().map_err(|error| Failure::usage("config.site_url", &error.to_string()))?;
    output::text(&xml);
    Ok(ExitCode::SUCCESS)
}

fn certificate(file: &std::path::Path) -> Result<Certificate, Failure> {
    Certificate::parse(&input::read(file)?)
        .map_err(|error| Failure::usage(error.code(), &format!("{}: {error}", file.display())))
}
