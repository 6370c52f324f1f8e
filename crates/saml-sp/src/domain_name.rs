//! The one spelling of a domain.

use url::Host;

/// RFC 1035 §2.3.4, without the root.
const MAX_NAME: usize = 253;

/// RFC 1035 §2.3.4.
const MAX_LABEL: usize = 63;

/// A domain as it is compared: lower-case, international names in their ASCII form. `None` for whatever is
/// not a host name (RFC 952, RFC 1123 §2.1) of at least two labels, and for what only becomes one by mapping
/// characters: a full stop of another script, a fullwidth letter, a soft hyphen. Case is the only difference
/// that is overlooked.
#[must_use]
pub fn normalized_domain(text: &str) -> Option<String> {
    if !text.chars().all(|character| !character.is_ascii() || is_ldh(character) || character == '.') {
        return None;
    }
    let Ok(Host::Domain(name)) = Host::parse(text) else { return None };
    let is_host_name = name.len() <= MAX_NAME && name.contains('.') && name.split('.').all(is_label);
    let is_spelled_out = text.split('.').count() == name.split('.').count()
        && text.split('.').zip(name.split('.')).all(|(given, ascii)| keeps_ascii(given, ascii));
    (is_host_name && is_spelled_out).then_some(name)
}

fn is_ldh(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-'
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.chars().all(is_ldh)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether IDNA has made no ASCII characters out of others. The ASCII form of an international label is
/// `xn--`, its ASCII characters and a hyphen if there are any, and the others as digits (RFC 3492 §3.1).
fn keeps_ascii(given: &str, ascii: &str) -> bool {
    if given.is_ascii() {
        return given.eq_ignore_ascii_case(ascii);
    }
    let Some(encoded) = ascii.strip_prefix("xn--") else { return false };
    let basic = encoded.rsplit_once('-').map_or("", |(basic, _)| basic);
    let given = given.chars().filter(char::is_ascii);
    given.map(|character| character.to_ascii_lowercase()).eq(basic.chars())
}
