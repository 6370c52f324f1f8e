//! Finding what was pasted: PEM blocks (RFC 7468) within other text, bare base64, or DER.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use sso_types::pem::{self, Block, CutOff};
use sso_types::text::{excerpt, is_white_space};
use zeroize::Zeroizing;

use crate::certificate::CertificateError;

/// Real certificates have 1 to 4 KiB; a PEM file may hold a handful.
const MAX_BYTES: usize = 64 * 1024;

/// The constructed SEQUENCE that every certificate is.
const DER_SEQUENCE: u8 = 0x30;

/// What people copy often lacks the padding.
const LENIENT_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The DER of every certificate in `input`, at least one.
pub(crate) fn decode(input: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    if input.len() > MAX_BYTES {
        return Err(CertificateError::TooLarge { limit: MAX_BYTES, found: input.len() });
    }
    if input.first() == Some(&DER_SEQUENCE) && std::str::from_utf8(input).is_err() {
        return Ok(vec![input.to_vec()]);
    }
    let text = std::str::from_utf8(input).map_err(|_| CertificateError::NotBase64)?;
    // Environment files and JSON spell line ends as two characters and put quotes around.
    let text = text.replace("\\r", "\n").replace("\\n", "\n");
    let text = text.trim_start_matches('\u{FEFF}').trim_matches(is_white_space);
    let text = text.trim_matches(['"', '\'']).trim_matches(is_white_space);
    if text.is_empty() {
        Err(CertificateError::Empty)
    } else if pem::has_block(text) {
        blocks(text)
    } else if text.contains("-----") {
        Err(CertificateError::CutOff)
    } else if text.starts_with('<') {
        let is_html = text.get(..200).unwrap_or(text).to_ascii_lowercase().contains("<html");
        Err(if is_html { CertificateError::Html } else { CertificateError::Xml })
    } else {
        base64(text).map(|der| vec![der])
    }
}

/// The DER of the one private key in a PEM text, and the block's label.
pub(crate) fn private_key(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let Block { label, content, rest } = pem::next_block(text)?.ok()?;
    if pem::has_block(rest) {
        return None;
    }
    let compact: Zeroizing<String> = Zeroizing::new(pem::base64(content).collect());
    STANDARD.decode(compact.as_bytes()).ok().map(|der| (label, Zeroizing::new(der)))
}

/// All blocks of `text`, which have to be certificates.
fn blocks(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(block) = pem::next_block(rest) {
        let block = block.map_err(cut_off)?;
        check_label(block.label)?;
        found.push(base64(block.content)?);
        rest = block.rest;
    }
    Ok(found)
}

/// A block of something else is named for what it is, even where it is cut off.
fn cut_off(block: CutOff<'_>) -> CertificateError {
    check_label(block.label.unwrap_or("CERTIFICATE")).err().unwrap_or(CertificateError::CutOff)
}

fn check_label(label: &str) -> Result<(), CertificateError> {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" => Ok(()),
        _ if label.ends_with("PRIVATE KEY") => Err(CertificateError::PrivateKey),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Err(CertificateError::Request),
        _ if label.ends_with("PUBLIC KEY") => Err(CertificateError::PublicKey),
        _ => Err(CertificateError::Label { label: excerpt(label) }),
    }
}

/// Base64 with any white space in between.
fn base64(text: &str) -> Result<Vec<u8>, CertificateError> {
    match LENIENT_PADDING.decode(pem::base64(text).collect::<String>()) {
        Ok(bytes) if bytes.is_empty() => Err(CertificateError::Empty),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(CertificateError::NotBase64),
    }
}
