//! Prints a Response in JumpCloud's shape, as the stand-in makes it: for trying things out, and for other
//! implementations.
//!
//! `cargo run --example response -- SIGN STYLE`, where SIGN is `assertion`, `response` or `both`, and STYLE
//! is `plain`, `typed` (attributes as OpenSAML writes them), `encrypted`, or `template` and `typed-template`:
//! with signatures to be filled in by another program such as `xmlsec1 --sign`. The certificate to check it
//! with is named on standard error.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use jumpcloud_sso::parts::saml_encryption::{DecryptionKey, EncryptOptions};
use jumpcloud_sso_testkit::{AttributeStyle, JumpCloud, Sign, User, keys};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (sign, style) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    // 2027-01-15T08:00:00Z, so that what is printed can be checked at any time.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let idp = JumpCloud::with_key(
        "https://sso.jumpcloud.com/saml2/acme",
        "idp",
        keys::OWN_KEY,
        keys::OWN_CERTIFICATE,
    )?;
    let mut response = idp
        .response("https://app.acme.test/acs", "sp", now)
        .user(&User::new("bjensen@acme.test", "Barbara", "Jensen"))
        .in_response_to("_r")
        .sign(match sign.as_str() {
            "response" => Sign::Response,
            "both" => Sign::Both,
            _ => Sign::Assertion,
        });
    if style.starts_with("typed") {
        response = response.style(AttributeStyle::Typed);
    }
    if style == "encrypted" {
        let key = DecryptionKey::from_pem(keys::SERVICE_KEY)?;
        response = response.encrypt(key.public_key_der(), EncryptOptions::default());
    }
    let xml = response.build()?;
    eprintln!("The certificate: crates/jumpcloud-sso-testkit/data/rsa2048.crt.pem");
    print!("{}", if style.ends_with("template") { emptied(&xml) } else { xml });
    Ok(())
}

/// The same with empty digests, signature values and key information, which another program fills in.
fn emptied(xml: &str) -> String {
    ["DigestValue", "SignatureValue", "X509Data"].iter().fold(xml.to_owned(), |xml, element| {
        let (open, close) = (format!("<ds:{element}>"), format!("</ds:{element}>"));
        let mut parts = xml.split(&open);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |before, part| {
            let rest = part.split_once(&close).map_or("", |(_, rest)| rest);
            format!("{before}{open}{close}{rest}")
        })
    })
}
