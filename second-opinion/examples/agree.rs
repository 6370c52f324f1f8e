//! Has both implementations look at Responses, and fails where they disagree:
//! `cargo run --example agree -- CERTIFICATE FILE…`. SHA-1 is let pass, so that there is more to agree on.
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use saml_protocol::{ResponseVerifier, decode_post};
use saml_signature::{AlgorithmPolicy, Certificate, TrustedKeys};
use saml_signature_xmlsec::XmlSec;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let certificate = std::fs::read(arguments.next().ok_or("CERTIFICATE FILE…")?)?;
    let keys = TrustedKeys::new([Certificate::parse(&certificate)?])?;
    let alone = ResponseVerifier::new(keys).algorithms(AlgorithmPolicy::default().insecure_allow_sha1());
    let both = alone.clone().second_opinion(Arc::new(XmlSec));
    let mut disagreements = 0_u8;
    for file in arguments {
        let content = std::fs::read(&file)?;
        let decoded = std::str::from_utf8(&content).ok().and_then(|text| decode_post(text).ok());
        let xml = decoded.unwrap_or(content);
        let code = |verifier: &ResponseVerifier| {
            verifier.verify_signatures(&xml).map_or_else(|error| error.code(), |_| "accepted")
        };
        let (first, second) = (code(&alone), code(&both));
        if first == second {
            println!("{first:<32} {file}");
        } else {
            println!("{first} but {second}: {file}");
            disagreements = disagreements.saturating_add(1);
        }
    }
    Ok(if disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
