//! The command line.
#![allow(rustdoc::bare_urls, reason = "the comments are help for a terminal, which knows no links")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use jumpcloud_sso::parts::saml_xml::PrefixList;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Checks SAML logins from JumpCloud and says which field to change when one fails.
#[derive(Debug, Parser)]
#[command(
    name = "jumpcloud-sso",
    version,
    about,
    after_help = "Exit codes: 0 accepted, 1 rejected, 2 wrong use."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The arguments that the command was called with.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let arguments = Self::try_parse()?;
        match &arguments.command {
            Command::Verify(verify) if verify.names_a_field_twice() => {
                let message = "each FIELD can be given one --attribute only\n";
                Err(Self::command().error(ErrorKind::ArgumentConflict, message))
            }
            _ => Ok(arguments),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a SAML Response as a service would, and say what to change where it is refused
    Verify(VerifyArguments),
    /// Print the exclusive canonical form of an XML element: what a digest is taken over
    Canonicalize(CanonicalizeArguments),
    /// Show a certificate: subject, key, validity, fingerprint, days left, warnings
    Certificate(CertificateArguments),
    /// Show what to do in JumpCloud, step by step, with the values to paste
    Setup(SetupArguments),
    /// Read JumpCloud's metadata, or write the service's
    #[command(subcommand)]
    Metadata(MetadataCommand),
    /// Make a fresh AUTH_SECRET, as `openssl rand -base64 32` would
    Secret,
    /// Look into session tokens
    #[command(subcommand)]
    Session(SessionCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MetadataCommand {
    /// Take IdP URL, IdP Entity ID and certificates out of the file of JumpCloud's "Export Metadata"
    Import(ImportArguments),
    /// Print the service's metadata, for an identity provider that imports it
    Export(ExportArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Show the claims of a session token, or why it is refused
    Verify(SessionArguments),
}

#[allow(clippy::struct_excessive_bools, reason = "the flags of a command line are what they are")]
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The Response: XML, or base64 as it came in the form field SAMLResponse; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// JumpCloud's certificate, PEM or bare base64; repeat it to pin several
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) idp_certificate: Vec<PathBuf>,
    /// The IdP Entity ID as typed in JumpCloud; free text, compared to the letter
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) idp_entity_id: String,
    /// The SP Entity ID as typed in JumpCloud, compared to the letter
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sp_entity_id: String,
    /// The ACS URL as typed in JumpCloud, compared to the letter
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) acs_url: String,
    /// The AuthnRequest that this must answer; without it only a login that began at JumpCloud is accepted
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) request_id: Option<String>,
    /// The time of the check, such as 2026-11-23T17:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub(crate) at: Option<SystemTime>,
    /// How far clocks may differ
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(0..=300))]
    clock_skew: u64,
    /// The attribute that stands for a field, such as email=mail; FIELD is email, first_name, last_name or
    /// groups
    #[arg(long, value_name = "FIELD=NAME", value_parser = attribute)]
    pub(crate) attribute: Vec<(FieldName, String)>,
    /// Take the e-mail address from the NameID where no attribute gives it
    #[arg(long)]
    pub(crate) email_from_name_id: bool,
    /// Do without a first name
    #[arg(long)]
    pub(crate) first_name_optional: bool,
    /// The private key to decrypt with, PEM; repeat it to try several
    #[arg(long, value_name = "FILE")]
    pub(crate) decryption_key: Vec<PathBuf>,
    /// Refuse a Response that is not signed itself, even where its assertion is
    #[arg(long)]
    pub(crate) require_signed_response: bool,
    /// A way of authentication that is accepted, as the URI of its class; repeat it to accept several
    /// [default: any]
    #[arg(long, value_name = "URI", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) authn_context: Vec<String>,
    /// Let SHA-1 pass: insecure, for old identity providers only
    #[arg(long)]
    pub(crate) allow_sha1: bool,
    /// Let AES-CBC pass: insecure, for old identity providers only
    #[arg(long)]
    pub(crate) allow_aes_cbc: bool,
    /// Stop after this stage
    #[arg(long, value_enum, default_value = "profile")]
    pub(crate) stage: StageName,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl VerifyArguments {
    pub(crate) fn clock_skew(&self) -> Duration {
        Duration::from_secs(self.clock_skew)
    }

    fn names_a_field_twice(&self) -> bool {
        let mut fields: Vec<_> = self.attribute.iter().map(|(field, _)| *field).collect();
        fields.sort_unstable();
        fields.windows(2).any(|pair| matches!(pair, [first, second] if first == second))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum StageName {
    /// Whether the message is genuine
    Signature,
    /// Whether the assertion is for this service, valid, and the expected answer
    Assertion,
    /// Whether the attributes make a profile
    Profile,
}

impl StageName {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Assertion => "assertion",
            Self::Profile => "profile",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FieldName {
    Email,
    FirstName,
    LastName,
    Groups,
}

#[derive(Debug, Args)]
pub(crate) struct CanonicalizeArguments {
    /// The XML document; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The element whose attribute `ID` this is, instead of the root
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The PrefixList of InclusiveNamespaces, such as "xs #default"
    #[arg(long, value_name = "PREFIXES", default_value = "", value_parser = prefixes, hide_default_value = true)]
    pub(crate) inclusive_prefixes: PrefixList,
}

/// Which connection of which service.
#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    /// The service's address as browsers see it, such as https://app.acme.test
    #[arg(long, value_name = "URL", env = "SITE_URL")]
    pub(crate) site_url: String,
    /// The ID of the connection, which is part of its URLs
    #[arg(long, value_name = "ID")]
    pub(crate) connection: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetupArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// What members see in JumpCloud's portal
    #[arg(long, value_name = "TEXT", default_value = "the name of your service")]
    pub(crate) name: String,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: GuideFormat,
    /// Print one JSON object
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuideFormat {
    /// For a terminal
    Text,
    /// For a page or an issue
    Markdown,
    /// A fragment of a page
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// JumpCloud's metadata; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The time to check the validity at [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub(crate) at: Option<SystemTime>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// The certificate of the service's decryption key, where it has one
    #[arg(long, value_name = "FILE")]
    pub(crate) encryption_certificate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateArguments {
    /// The certificate: PEM, bare base64 or DER; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The time to count the days from [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub(crate) at: Option<SystemTime>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The service's settings come from the environment variables SITE_URL and AUTH_SECRET.
#[derive(Debug, Args)]
pub(crate) struct SessionArguments {
    /// The token; `-` reads standard input, which keeps it out of the shell's history
    #[arg(value_name = "TOKEN")]
    pub(crate) token: String,
    /// The organization that the session has to be of
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
    /// The time of the check [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub(crate) at: Option<SystemTime>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// RFC 3339 §5.6: the letters may be small, and a space may stand for the `T`.
fn instant(text: &str) -> Result<SystemTime, String> {
    let none = || "not an instant such as 2026-11-23T17:00:00Z".to_owned();
    let (date, rest) = text.split_at_checked(10).ok_or_else(none)?;
    let time = rest.strip_prefix(['T', 't', ' ']).ok_or_else(none)?;
    OffsetDateTime::parse(&format!("{date}T{time}"), &Rfc3339).map(SystemTime::from).map_err(|_| none())
}

fn prefixes(text: &str) -> Result<PrefixList, String> {
    PrefixList::parse(text).map_err(|error| error.to_string())
}

fn attribute(text: &str) -> Result<(FieldName, String), String> {
    let (field, name) = text.split_once('=').ok_or("not of the form FIELD=NAME")?;
    let field = match field {
        "email" => FieldName::Email,
        "first_name" => FieldName::FirstName,
        "last_name" => FieldName::LastName,
        "groups" => FieldName::Groups,
        _ => return Err("FIELD is email, first_name, last_name or groups".to_owned()),
    };
    if name.is_empty() { Err("NAME is empty".to_owned()) } else { Ok((field, name.to_owned())) }
}
