//! Lists the attacks, and writes them out as files for other implementations.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_protocol::format_instant;
use jumpcloud_sso_attacks::{Document, Message, Verdict, documents, scenarios};
use jumpcloud_sso_testkit::keys;
use serde::Serialize;

/// Every documented attack on SAML, as files.
#[derive(Debug, Parser)]
#[command(name = "attacks", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write each case to a file, and what it has to come to into manifest.jsonl
    Export {
        /// A folder, which is created where it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print a line for each case: what it has to come to, its name and, of a refused one, its twin
    List,
}

/// A line of the manifest.
#[derive(Serialize)]
struct Line<'d> {
    id: &'static str,
    name: &'d str,
    what: &'d str,
    file: String,
    certificates: Vec<String>,
    decryption_key: Option<&'static str>,
    idp_entity_id: &'static str,
    sp_entity_id: &'static str,
    acs_url: &'static str,
    request_id: Option<&'static str>,
    at: Option<String>,
    clock_skew: u64,
    algorithms: Option<Vec<&'static str>>,
    requires_signed_response: bool,
    authn_contexts: Option<&'d [&'static str]>,
    expected: &'static str,
    code: Option<&'static str>,
    name_id: Option<&'d str>,
    twin: Option<&'static str>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Export { folder } => export(&folder),
        Command::List => {
            list();
            Ok(())
        }
    };
    outcome.map_or_else(
        |error| {
            report(&format!("error: {error}"));
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

#[expect(clippy::print_stderr, reason = "this is how a command fails")]
fn report(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn list() {
    for document in documents() {
        let verdict = match &document.verdict {
            Verdict::Refused(code) => code,
            Verdict::Accepted(_) => "accepted",
        };
        let twin = if matches!(document.verdict, Verdict::Refused(_)) { document.twin } else { "" };
        println!("{}", format!("{verdict:<32} {:<80} {twin}", document.name).trim_end_matches(' '));
    }
    for scenario in scenarios() {
        let name = format!("{}: {}", scenario.id, scenario.what);
        println!(
            "{}",
            format!("{:<32} {name:<80} {}", scenario.expected, scenario.twin).trim_end_matches(' ')
        );
    }
}

fn export(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("decryption.key.pem"), keys::SERVICE_KEY)?;
    let mut manifest = String::new();
    for document in documents() {
        let (file, content) = match &document.message {
            Message::Xml(xml) => (format!("{}.xml", document.name), xml.clone()),
            Message::Field(field) => (format!("{}.txt", document.name), field.clone().into_bytes()),
        };
        std::fs::write(folder.join(&file), content)?;
        let line = line(folder, &document, file)?;
        manifest.push_str(&serde_json::to_string(&line)?);
        manifest.push('\n');
    }
    std::fs::write(folder.join("manifest.jsonl"), manifest)
}

fn line<'d>(folder: &Path, document: &'d Document, file: String) -> std::io::Result<Line<'d>> {
    let setup = &document.setup;
    let mut certificates = Vec::new();
    for pem in &setup.certificates {
        let name = format!("{}.pem", certificate_name(pem));
        std::fs::write(folder.join(&name), pem)?;
        certificates.push(name);
    }
    let (expected, code, name_id) = match &document.verdict {
        Verdict::Refused(code) => ("reject", Some(*code), None),
        Verdict::Accepted(name_id) => ("accept", None, Some(name_id.as_str())),
    };
    Ok(Line {
        id: document.id,
        name: &document.name,
        what: &document.what,
        file,
        certificates,
        decryption_key: setup.decrypts.then_some("decryption.key.pem"),
        idp_entity_id: "IdP Entity ID",
        sp_entity_id: "https://app.acme.test/sso/saml2/acme",
        acs_url: "https://app.acme.test/sso/saml2/acme/acs",
        request_id: setup.request_id,
        at: format_instant(setup.now),
        clock_skew: setup.clock_skew.as_secs(),
        algorithms: setup.algorithms.as_ref().map(|it| it.iter().map(|it| it.uri()).collect()),
        requires_signed_response: setup.requires_signed_response,
        authn_contexts: setup.authn_contexts.as_deref(),
        expected,
        code,
        name_id,
        twin: code.map(|_| document.twin),
    })
}

/// The same for the same certificate, in all cases.
fn certificate_name(pem: &str) -> String {
    let certificates = Certificate::parse_all(pem.as_bytes()).unwrap_or_default();
    let name = match certificates.as_slice() {
        [] => "unreadable".to_owned(),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!("-and-{}-more", rest.len()) };
            format!("{}{more}", first.fingerprint_sha256())
        }
    };
    name.replace(':', "").to_lowercase()
}
