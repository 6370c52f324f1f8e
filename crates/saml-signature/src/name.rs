//! Distinguished names as text for people. Nothing is ever decided by them.

use saml_xml::is_invisible;
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::X509Name;

/// Longer than the attributes of a name may be together that follow RFC 5280 (appendix A.1).
const MAX_CHARACTERS: usize = 512;

/// The attributes of a name in their order, such as `C=US, O=Acme, CN=idp.acme.test`. Whatever is not valid
/// text in its encoding becomes U+FFFD, and values that are no text are not shown.
pub(crate) fn shown(name: &X509Name<'_>) -> String {
    let attribute = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let oid = attribute.attr_type();
        let label = oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned);
        format!("{label}={}", text(attribute.attr_value()))
    };
    let parts = name.iter_rdn().map(|rdn| rdn.iter().map(attribute).collect::<Vec<_>>().join(" + "));
    let full: String = parts.collect::<Vec<_>>().join(", ").chars().map(printable).collect();
    match full.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => full.get(..end).unwrap_or_default().to_owned() + "…",
        None => full,
    }
}

/// A certificate is somebody else's, and its name must not be able to write lines of a log, to move the
/// cursor of a terminal, to turn the direction of text, or to look like another name.
fn printable(character: char) -> char {
    let is_separator = matches!(character, '\u{2028}' | '\u{2029}');
    if character.is_control() || is_separator || is_invisible(character) {
        char::REPLACEMENT_CHARACTER
    } else {
        character
    }
}

fn text(value: &Any<'_>) -> String {
    match value.tag() {
        // T.61, which nobody implements, is ASCII where certificates use it.
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString
        | Tag::GeneralString
        | Tag::GraphicString
        | Tag::T61String => String::from_utf8_lossy(value.data).into_owned(),
        Tag::BmpString => {
            let units = value.data.chunks(2).map(|unit| match unit {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => UNREADABLE,
            });
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Tag::UniversalString => {
            let character = |bytes: &[u8]| {
                let number = u32::from_be_bytes(bytes.try_into().ok()?);
                char::from_u32(number)
            };
            let characters = value.data.chunks(4).map(character);
            characters.map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => "(not text)".to_owned(),
    }
}

/// A surrogate on its own, which is read as U+FFFD.
const UNREADABLE: u16 = 0xDC00;
