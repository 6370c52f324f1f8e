//! References and the normalisations that the specification asks of a parser.

use sso_types::text::short_excerpt as excerpt;
use std::borrow::Cow;

use crate::characters::is_char;
use crate::error::ErrorKind;

/// What the reference `&…;` stands for (XML 1.0 §4.1, §4.6). `reference` is the whole of it.
pub(crate) fn resolve(reference: &str) -> Result<char, ErrorKind> {
    let Some(name) = reference.strip_prefix('&').and_then(|rest| rest.strip_suffix(';')) else {
        return Err(ErrorKind::Entity { reference: excerpt(reference) });
    };
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => match name.strip_prefix('#') {
            Some(number) => character(number)
                .ok_or_else(|| ErrorKind::CharacterReference { reference: excerpt(reference) }),
            None => Err(ErrorKind::Entity { reference: excerpt(reference) }),
        },
    }
}

/// The character of `&#number;`: decimal, or hexadecimal behind a lower-case `x`.
fn character(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (number, 10),
    };
    // `from_str_radix` alone would take a sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code_point = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code_point).filter(|&character| is_char(character))
}

/// End-of-line normalisation (XML 1.0 §2.11): CR LF and lone CR become LF.
pub(crate) fn normalize_line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Attribute-value normalisation (XML 1.0 §3.3.3) for an attribute of type CDATA, which all are without a
/// DTD: literal white space becomes a space, references are resolved and what they name stays. An error comes
/// with its offset in `raw`.
pub(crate) fn normalize_attribute(raw: &str) -> Result<String, (usize, ErrorKind)> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        let (before, from) = rest.split_at(at);
        value.push_str(before);
        let taken = if from.starts_with('&') {
            let end = from.find(';').map_or(from.len(), |semicolon| semicolon + 1);
            let (reference, _) = from.split_at(end);
            value.push(resolve(reference).map_err(|kind| (raw.len() - from.len(), kind))?);
            end
        } else {
            value.push(' ');
            // CR LF is one line end, hence one space.
            if from.starts_with("\r\n") { 2 } else { 1 }
        };
        rest = from.split_at(taken).1;
    }
    value.push_str(rest);
    Ok(value)
}
