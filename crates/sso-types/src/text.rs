//! Text for error messages and for pages.

/// The length of an excerpt, in characters.
const EXCERPT: usize = 120;

/// The length of a short excerpt, in characters.
const SHORT_EXCERPT: usize = 80;

/// Returns the first 120 characters of text that somebody else wrote, for an error message: a sender must not
/// be able to flood a log.
///
/// ```
/// use sso_types::text::excerpt;
///
/// assert_eq!(excerpt("urn:example"), "urn:example");
/// assert_eq!(excerpt(&"ä".repeat(500)), "ä".repeat(120));
/// ```
#[must_use]
pub fn excerpt(text: &str) -> String {
    first(text, EXCERPT)
}

/// Returns the first 80 characters of a name or a reference, for an error message.
///
/// ```
/// assert_eq!(sso_types::text::short_excerpt(&"a".repeat(500)).len(), 80);
/// ```
#[must_use]
pub fn short_excerpt(text: &str) -> String {
    first(text, SHORT_EXCERPT)
}

/// Returns an [`excerpt`] of text that an administrator entered. It may be a private key by mistake, of which
/// nothing is shown.
///
/// ```
/// use sso_types::text::excerpt_of_input;
///
/// assert_eq!(excerpt_of_input("acme.test"), "acme.test");
/// assert_eq!(excerpt_of_input("-----BEGIN PRIVATE KEY-----\nMC4C"), "(a private key, not shown)");
/// ```
#[must_use]
pub fn excerpt_of_input(text: &str) -> String {
    if text.contains("PRIVATE KEY") { "(a private key, not shown)".to_owned() } else { excerpt(text) }
}

fn first(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Returns whether a character is white space of any kind. This is for what people type and paste; the
/// messages of a protocol have white space of named characters only.
///
/// ```
/// assert!(sso_types::text::is_white_space('\u{2003}'));
/// ```
#[must_use]
#[expect(clippy::disallowed_methods, reason = "typed and pasted text, not a message of a protocol")]
pub fn is_white_space(character: char) -> bool {
    character.is_whitespace()
}

/// Escapes text for HTML, where it may be content or stand in a quoted attribute.
///
/// ```
/// assert_eq!(sso_types::text::escape_html("<\"&'>"), "&lt;&quot;&amp;&#39;&gt;");
/// ```
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
