//! Asks samael about the messages of a folder that `attacks export` has written, those that are received at
//! one time: `score-samael FOLDER AT [BEGIN]`. It reads the system's clock, which has to say that time. As
//! many as BEGIN says are passed over, so that it can be started again behind a message that has ended the
//! process.

use std::error::Error;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samael::crypto::AllowedSignatureAlgorithm;
use samael::service_provider::ServiceProvider;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(at)) = (arguments.next(), arguments.next()) else {
        return Err("usage: score-samael FOLDER AT [BEGIN]".into());
    };
    let mut passed_over = arguments.next().map_or(Ok(0), |begin| begin.parse::<usize>())?;
    let folder = Path::new(&folder);
    std::panic::set_hook(Box::new(|_| {}));
    for line in std::fs::read_to_string(folder.join("manifest.jsonl"))?.lines() {
        let case: Value = serde_json::from_str(line)?;
        let is_asked = case["at"] == at
            && case["certificates"].as_array().is_some_and(|certificates| certificates.len() == 1)
            && text(&case, "file").ends_with(".xml")
            && case["decryption_key"].is_null()
            // As cases.py has it: what is passed over is counted there.
            && case["algorithms"].is_null()
            && case["requires_signed_response"] == false
            && case["authn_contexts"].is_null();
        if is_asked && passed_over > 0 {
            passed_over -= 1;
        } else if is_asked {
            // Neither an error nor a panic has let anybody in.
            let accepted = std::panic::catch_unwind(|| accepts(folder, &case).is_ok()).unwrap_or(false);
            println!("{} {}", if accepted { "accept" } else { "reject" }, text(&case, "name"));
        }
    }
    Ok(())
}

fn text<'c>(case: &'c Value, name: &str) -> &'c str {
    case[name].as_str().unwrap_or_default()
}

fn accepts(folder: &Path, case: &Value) -> Result<(), Box<dyn Error>> {
    let certificate =
        std::fs::read_to_string(folder.join(case["certificates"][0].as_str().ok_or("no name")?))?;
    let request_id = case["request_id"].as_str();
    let service = ServiceProvider {
        entity_id: Some(text(case, "sp_entity_id").to_owned()),
        acs_url: Some(text(case, "acs_url").to_owned()),
        idp_metadata: metadata(text(case, "idp_entity_id"), &certificate).parse()?,
        allow_idp_initiated: request_id.is_none(),
        allowed_signature_algorithms: Some(vec![
            AllowedSignatureAlgorithm::RsaSha256,
            AllowedSignatureAlgorithm::RsaSha384,
            AllowedSignatureAlgorithm::RsaSha512,
            AllowedSignatureAlgorithm::EcdsaSha256,
            AllowedSignatureAlgorithm::EcdsaSha384,
        ]),
        ..ServiceProvider::default()
    };
    let field = STANDARD.encode(std::fs::read(folder.join(text(case, "file")))?);
    service.parse_base64_response(&field, request_id.as_ref().map(std::slice::from_ref))?;
    Ok(())
}

/// Of the identity provider that is trusted.
fn metadata(entity_id: &str, certificate: &str) -> String {
    let base64: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">
        <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
        <ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        Location="https://sso.jumpcloud.com/saml2/acme"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}
