//! White space: that of XML, and that of Unicode.

/// The white space of XML 1.0 §2.3. Unicode's has more, which a message must not be able to hide behind.
pub(crate) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// White space of any kind, Unicode's too: for what is refused because of it. Nothing is taken away by
/// asking.
pub(crate) use sso_types::text::is_white_space as is_space;

/// Whether there is nothing but white space in a value.
pub(crate) fn is_blank(value: &str) -> bool {
    value.chars().all(is_space)
}
