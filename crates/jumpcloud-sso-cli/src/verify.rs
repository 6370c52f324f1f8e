//! The command `verify`: a login's checks one by one, on a message that was saved.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::SystemTime;

use jumpcloud_sso::parts::saml_encryption::{DecryptionKey, DecryptionKeyError, DecryptionPolicy, Decryptor};
use jumpcloud_sso::parts::saml_protocol::{
    AcceptedAssertion, Evidence, Expected, Parties, Rejection, ResponseError, ResponseVerifier, SignedParts,
    format_instant,
};
use jumpcloud_sso::parts::saml_signature::{
    AlgorithmPolicy, CertificateWarning, TrustedKeys, TrustedKeysError,
};
use jumpcloud_sso::{
    AttributeMap, Certificate, CertificateError, ConnectionError, Diagnosis, Hint as _, Stage, UserProfile,
    Warning,
};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::arguments::{FieldName, StageName, VerifyArguments};
use crate::failure::Failure;
use crate::input;
use crate::output::{self, Mark};

/// Where the message answers a request and the command was not told of one.
const REQUEST_ID_NEEDED: &str = "This message answers a request: give that request's ID by --request-id. It is the \
    InResponseTo of the message, and the service has to have sent it. Without --request-id only a login that began at \
    JumpCloud is accepted.";
const TIME_NEEDED: &str = "A message that was saved is judged by the clock of now. Give --at with the time at which it was \
     sent, such as its IssueInstant. If it was sent just now, have the user log in again and compare the clocks of the \
     service and of JumpCloud.";

pub(crate) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let content = input::read(&arguments.file)?;
    let trusted = read_certificates(arguments)?;
    let decryption = read_decryption_keys(arguments)?;
    let now = arguments.at.unwrap_or_else(SystemTime::now);
    let mut report = Report::new(arguments);
    match check(arguments, content, trusted, decryption, now, &mut report) {
        Ok(()) => {
            report.accepted();
            Ok(ExitCode::SUCCESS)
        }
        Err(diagnosis) => {
            report.rejected(&diagnosis);
            Ok(ExitCode::from(1))
        }
    }
}

/// The stages of a login, each told to the report once it is passed.
fn check(
    arguments: &VerifyArguments,
    content: Vec<u8>,
    trusted: Result<TrustedKeys, TrustedKeysError>,
    decryption: Decryption,
    now: SystemTime,
    report: &mut Report,
) -> Result<(), Diagnosis> {
    let trusted = trusted.map_err(|error| Diagnosis::from(&error))?;
    report.pinned(&trusted);
    let Decryption { decryptor, weak_key } = decryption;
    let algorithms = AlgorithmPolicy::default();
    let algorithms = if arguments.allow_sha1 { algorithms.insecure_allow_sha1() } else { algorithms };
    let verifier = ResponseVerifier::new(trusted).algorithms(algorithms).decryptor(decryptor);
    let verifier =
        if arguments.require_signed_response { verifier.require_signed_response() } else { verifier };
    if let Some(certificate) = verifier.key_for_both() {
        let fingerprint = certificate.fingerprint_sha256().to_string();
        let error = ConnectionError::KeyForBoth { fingerprint };
        report.warnings.push(Warning::new(error.code(), &error));
    }

    let xml = input::message(content).map_err(|error| Diagnosis::from(&error))?;
    let told = |error| diagnose(&error, weak_key);
    let evidence = verifier.verify_signatures(&xml).map_err(told)?;
    report.signature(&evidence, now);
    if arguments.stage == StageName::Signature {
        return Ok(());
    }
    let verified = verifier.verify(&xml).map_err(told)?;
    let accepted =
        verified.accept(&expected(arguments), now).map_err(|error| rejection(arguments, &error))?;
    report.assertion(&accepted);
    if arguments.stage == StageName::Assertion {
        return Ok(());
    }
    let profile = attribute_map(arguments).profile(&accepted).map_err(|error| Diagnosis::from(&error))?;
    report.profile(&profile);
    Ok(())
}

/// The pinned keys. That one is too weak is a verdict about the connection, not about how the command was
/// called.
fn read_certificates(arguments: &VerifyArguments) -> Result<Result<TrustedKeys, TrustedKeysError>, Failure> {
    let mut certificates = Vec::new();
    for path in &arguments.idp_certificate {
        let wrong =
            |error: CertificateError| Failure::usage(error.code(), &format!("{}: {error}", path.display()));
        certificates.push(Certificate::parse(&input::read(path)?).map_err(wrong)?);
    }
    // The same certificate given twice is still one.
    let mut seen = HashSet::new();
    certificates.retain(|certificate| seen.insert(certificate.public_key_der().to_vec()));
    match TrustedKeys::new(certificates) {
        Err(error) if !matches!(error, TrustedKeysError::Weak { .. } | TrustedKeysError::Encoding { .. }) => {
            Err(Failure::usage(error.code(), &error.to_string()))
        }
        trusted => Ok(trusted),
    }
}

/// What encrypted assertions are decrypted with.
struct Decryption {
    decryptor: Decryptor,
    /// Where a key was left out because it is too weak.
    weak_key: Option<DecryptionKeyError>,
}

fn read_decryption_keys(arguments: &VerifyArguments) -> Result<Decryption, Failure> {
    if arguments.decryption_key.len() > Decryptor::MAX_KEYS {
        let error = DecryptionKeyError::Count;
        return Err(Failure::usage(error.code(), &error.to_string()));
    }
    let (mut keys, mut weak_key) = (Vec::new(), None);
    for path in &arguments.decryption_key {
        match DecryptionKey::from_pem(&String::from_utf8_lossy(&input::read(path)?)) {
            Ok(key) => keys.push(key),
            Err(error @ DecryptionKeyError::Weak) => weak_key = Some(error),
            Err(error) => {
                return Err(Failure::usage(error.code(), &format!("{}: {error}", path.display())));
            }
        }
    }
    let policy = DecryptionPolicy::default();
    let policy = if arguments.allow_aes_cbc { policy.insecure_allow_aes_cbc() } else { policy };
    let decryptor = if keys.is_empty() {
        Decryptor::without_keys(policy)
    } else {
        Decryptor::new(keys, policy).map_err(|error| Failure::usage(error.code(), &error.to_string()))?
    };
    Ok(Decryption { decryptor, weak_key })
}

/// What happened; where a key is missing because the one that was given is too weak, that is what has to be
/// changed.
fn diagnose(error: &ResponseError, weak_key: Option<DecryptionKeyError>) -> Diagnosis {
    match weak_key {
        Some(weak) if error.code() == "encryption.no_key" => Diagnosis::from(&weak),
        _ => Diagnosis::from(error),
    }
}

/// Which rule was not met; where it is one about the request, which option says of it.
fn rejection(arguments: &VerifyArguments, error: &Rejection) -> Diagnosis {
    let mut diagnosis = Diagnosis::from(error);
    let answers = matches!(error, Rejection::InResponseTo { found: Some(_), .. });
    if answers && arguments.request_id.is_none() {
        diagnosis.hint = REQUEST_ID_NEEDED;
    }
    let is_about_time = matches!(
        error,
        Rejection::Expired { .. }
            | Rejection::NotYetValid { .. }
            | Rejection::IssueInstant { .. }
            | Rejection::SessionExpired { .. }
    );
    if is_about_time && arguments.at.is_none() {
        diagnosis.hint = TIME_NEEDED;
    }
    diagnosis
}

fn expected(arguments: &VerifyArguments) -> Expected {
    let parties = Parties {
        idp_entity_id: &arguments.idp_entity_id,
        sp_entity_id: &arguments.sp_entity_id,
        acs_url: &arguments.acs_url,
    };
    let expected = match &arguments.request_id {
        Some(request) => Expected::answering(request, parties),
        None => Expected::unsolicited(parties),
    };
    let expected = match &arguments.authn_context[..] {
        [] => expected,
        classes => expected.require_authn_contexts(classes),
    };
    expected.clock_skew(arguments.clock_skew())
}

fn attribute_map(arguments: &VerifyArguments) -> AttributeMap {
    let mut map = AttributeMap::default();
    for (field, name) in &arguments.attribute {
        map = match field {
            FieldName::Email => map.email(name),
            FieldName::FirstName => map.first_name(name),
            FieldName::LastName => map.last_name(name),
            FieldName::Groups => map.groups(name),
        };
    }
    if arguments.email_from_name_id {
        map = map.email_from_name_id();
    }
    if arguments.first_name_optional { map.first_name_optional() } else { map }
}

/// What is said of a check: for people as it goes, for scripts at its end.
struct Report {
    json: bool,
    stage: StageName,
    accepted: Accepted,
    warnings: Vec<Warning>,
}

impl Report {
    fn new(arguments: &VerifyArguments) -> Self {
        let mut warnings = Vec::new();
        if arguments.allow_sha1 {
            warnings
                .push(Warning::new("algorithm.sha1_allowed", &"SHA-1 is allowed, which is no longer secure"));
        }
        if arguments.allow_aes_cbc {
            warnings.push(Warning::new("encryption.cbc_allowed", &"AES-CBC is allowed, which is not secure"));
        }
        let accepted = Accepted { verdict: true, stage: arguments.stage.as_str(), ..Accepted::default() };
        Self { json: arguments.json, stage: arguments.stage, accepted, warnings }
    }

    /// A key that may be another's than the identity provider's is never trusted silently.
    fn pinned(&mut self, trusted: &TrustedKeys) {
        for certificate in trusted.certificates().filter(|certificate| certificate.is_authority()) {
            let warning = CertificateWarning::Authority;
            let message = format!("{warning}: {}", certificate.fingerprint_sha256());
            self.warnings.push(Warning::new(warning.code(), &message));
        }
    }

    fn passed(&self, stage: StageName, what: &str) {
        if !self.json {
            output::marked(Mark::Passed, &format!("{:<9}  {what}", stage.as_str()));
        }
    }

    fn signature(&mut self, evidence: &Evidence, now: SystemTime) {
        self.warnings.extend(Warning::of_evidence(evidence, now));
        self.accepted.signed = match evidence.signed() {
            SignedParts::Response => vec!["response"],
            SignedParts::Assertion => vec!["assertion"],
            SignedParts::Both => vec!["response", "assertion"],
        };
        let certificate = evidence.certificate();
        let what = format!(
            "{} signed by {} ({})",
            self.accepted.signed.join(" and "),
            certificate.subject(),
            certificate.key()
        );
        self.passed(StageName::Signature, &what);
    }

    fn assertion(&mut self, accepted: &AcceptedAssertion) {
        let name_id = accepted.name_id();
        self.accepted.assertion = Some(AssertionFields {
            name_id: name_id.value().to_owned(),
            name_id_format: name_id.format().map(str::to_owned),
            session_index: accepted.session_index().map(str::to_owned),
            assertion_id: accepted.id().to_owned(),
            issuer: accepted.issuer().to_owned(),
            not_on_or_after: format_instant(accepted.not_on_or_after()),
        });
        let until = format_instant(accepted.not_on_or_after()).unwrap_or_default();
        self.passed(
            StageName::Assertion,
            &format!("{} from {}, valid until {until}", name_id.value(), accepted.issuer()),
        );
    }

    fn profile(&mut self, profile: &UserProfile) {
        self.warnings.extend(profile.warnings().iter().map(|warning| Warning::new(warning.code(), warning)));
        self.accepted.profile = Some(ProfileFields {
            email: profile.email().to_owned(),
            first_name: profile.first_name().map(str::to_owned),
            last_name: profile.last_name().map(str::to_owned),
            groups: profile.groups().map(<[_]>::to_vec),
            attributes: Attributes(profile.attributes().to_vec()),
        });
        let names =
            [profile.first_name(), profile.last_name()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.passed(StageName::Profile, &format!("{} {names}", profile.email()));
    }

    fn accepted(mut self) {
        self.accepted.warnings = self.warnings.iter().map(JsonWarning::from).collect();
        if self.json {
            output::json(&self.accepted);
        } else {
            print_warnings(&self.accepted.warnings);
            output::line(&format!("accepted (stage {})", self.stage.as_str()));
        }
    }

    fn rejected(self, diagnosis: &Diagnosis) {
        let stage = match diagnosis.stage {
            Stage::Assertion => "assertion",
            Stage::Profile => "profile",
            // Whatever comes before, such as reading the message, belongs to the first stage.
            _ => "signature",
        };
        let warnings = self.warnings.iter().map(JsonWarning::from).collect();
        Rejected::new(diagnosis, warnings).report(stage, self.json);
    }
}

fn print_warnings(warnings: &[JsonWarning]) {
    for warning in warnings {
        output::marked(Mark::Warning, &format!("{} ({})", warning.message, warning.code));
        output::line(&format!("    change    {}", warning.hint));
    }
}

/// What is printed of an accepted message. Fields of later stages than the one asked for are absent.
#[derive(Default, Serialize)]
struct Accepted {
    #[serde(rename = "accepted")]
    verdict: bool,
    stage: &'static str,
    signed: Vec<&'static str>,
    #[serde(flatten)]
    assertion: Option<AssertionFields>,
    #[serde(flatten)]
    profile: Option<ProfileFields>,
    warnings: Vec<JsonWarning>,
}

#[derive(Serialize)]
struct AssertionFields {
    name_id: String,
    name_id_format: Option<String>,
    session_index: Option<String>,
    assertion_id: String,
    issuer: String,
    not_on_or_after: Option<String>,
}

#[derive(Serialize)]
struct ProfileFields {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    groups: Option<Vec<String>>,
    attributes: Attributes,
}

/// Attributes as an object, in their order.
struct Attributes(Vec<(String, Vec<String>)>);

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in &self.0 {
            map.serialize_entry(name, values)?;
        }
        map.end()
    }
}

/// A warning as it is printed.
#[derive(Serialize)]
pub(crate) struct JsonWarning {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// For people; scripts look it up by the code.
    #[serde(skip)]
    pub(crate) hint: &'static str,
}

impl From<&Warning> for JsonWarning {
    fn from(warning: &Warning) -> Self {
        Self { code: warning.code, message: warning.message.clone(), hint: warning.hint() }
    }
}

/// What is printed of a refusal.
#[derive(Serialize)]
pub(crate) struct Rejected {
    accepted: bool,
    stage: &'static str,
    code: &'static str,
    message: String,
    hint: &'static str,
    expected: Option<String>,
    found: Option<String>,
    warnings: Vec<JsonWarning>,
}

impl Rejected {
    pub(crate) fn new(diagnosis: &Diagnosis, warnings: Vec<JsonWarning>) -> Self {
        Self {
            accepted: false,
            stage: "",
            code: diagnosis.code,
            message: diagnosis.message.clone(),
            hint: diagnosis.hint,
            expected: diagnosis.expected.clone(),
            found: diagnosis.found.clone(),
            warnings,
        }
    }

    /// Prints it: as JSON, or for people with what to change.
    pub(crate) fn report(mut self, stage: &'static str, json: bool) {
        self.stage = stage;
        if json {
            output::json(&self);
            return;
        }
        output::marked(Mark::Failed, &format!("{stage:<9}  {} ({})", self.message, self.code));
        for (label, value) in [("expected", &self.expected), ("found", &self.found)] {
            if let Some(value) = value {
                output::line(&format!("    {label:<8}  {value}"));
            }
        }
        output::line(&format!("    change    {}", self.hint));
        print_warnings(&self.warnings);
    }
}
