//! The character classes of XML 1.0 (fifth edition) and of Namespaces in XML 1.0.

/// What one pass over the whole input tells. It lets the parser leave out the checks for what is not there at
/// all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    /// A carriage return: end-of-line normalisation is needed (XML 1.0 §2.11).
    pub(crate) carriage_return: bool,
    /// A closing bracket: character data may hold the forbidden `]]>` (XML 1.0 §2.4).
    pub(crate) closing_bracket: bool,
}

/// Counts out `text`, or gives the offset of the first character that XML 1.0 §2.2 does not allow, and that
/// character.
pub(crate) fn census(text: &str) -> Result<Census, (usize, char)> {
    let (mut control, mut carriage_return, mut closing_bracket, mut high) = (false, false, false, false);
    // Without a branch, so that the compiler makes vector instructions of it.
    for &byte in text.as_bytes() {
        control |= (byte < 0x20) && (byte != b'\t') && (byte != b'\n') && (byte != b'\r');
        carriage_return |= byte == b'\r';
        closing_bracket |= byte == b']';
        // U+FFFE and U+FFFF begin with this byte in UTF-8.
        high |= byte == 0xEF;
    }
    if control | high
        && let Some(found) = text.char_indices().find(|(_, character)| !is_char(*character))
    {
        return Err(found);
    }
    Ok(Census { carriage_return, closing_bracket })
}

/// `Char` (XML 1.0 §2.2). Surrogates are no `char` of Rust to begin with.
pub(crate) fn is_char(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// `S`, white space (XML 1.0 §2.3).
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether `text` is nothing but white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// `NCName`: a name without colon (Namespaces in XML 1.0 §3).
pub(crate) fn is_nc_name(name: &str) -> bool {
    if name.is_ascii() {
        let mut bytes = name.bytes();
        return bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    }
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

/// `NameStartChar` without the colon (XML 1.0 §2.3).
fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// `NameChar` without the colon (XML 1.0 §2.3).
fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
