//! Has both implementations look at Responses, and fails where they disagree: libxmlsec1 about what we
//! accept, or one of them about a signature that the other one finds good, but for the rules by which we are
//! stricter on purpose. `cargo run --features differential --example agree -- CERTIFICATE FILE…`. SHA-1 is
//! let pass, so that there is more to agree on.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use saml_protocol::{ResponseVerifier, decode_post};
use saml_signature::{AlgorithmPolicy, Certificate, TrustedKeys};
use saml_signature_xmlsec::XmlSec;
use saml_signature_xmlsec::differential::{self, Tally};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let certificate = std::fs::read(arguments.next().ok_or("CERTIFICATE FILE…")?)?;
    let certificates = [Certificate::parse(&certificate)?];
    let keys = TrustedKeys::new(certificates.iter().cloned())?;
    let policy = AlgorithmPolicy::default().insecure_allow_sha1();
    let alone = ResponseVerifier::new(keys).algorithms(policy.clone());
    let both = alone.clone().second_opinion(Arc::new(XmlSec));
    let (mut disagreements, mut tally) = (0_u8, Tally::default());
    for file in arguments {
        let content = std::fs::read(&file)?;
        let decoded = std::str::from_utf8(&content).ok().and_then(|text| decode_post(text).ok());
        let xml = decoded.unwrap_or(content);
        let code = |verifier: &ResponseVerifier| {
            verifier.verify_signatures(&xml).map_or_else(|error| error.code(), |_| "accepted")
        };
        let (first, second) = (code(&alone), code(&both));
        let opinions = differential::ask(&xml, &certificates, &policy);
        tally.add(opinions.as_ref());
        if let Some(disagreement) = opinions.and_then(|it| it.disagreement()) {
            println!("disagreement: {disagreement}: {file}");
            disagreements = disagreements.saturating_add(1);
        } else if first == second {
            println!("{first:<32} {file}");
        } else {
            println!("{first} but {second}: {file}");
            disagreements = disagreements.saturating_add(1);
        }
    }
    let Tally { unparsed, asked, ours, theirs } = tally;
    eprintln!(
        "{asked} signatures: good {ours} to us, {theirs} to libxmlsec1; {unparsed} documents do not parse"
    );
    Ok(if disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
