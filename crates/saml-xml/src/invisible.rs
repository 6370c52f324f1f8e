//! Characters that deceive.

/// Characters that are not seen, or that change how others are: by Unicode 16.0 what
/// DerivedCoreProperties.txt gives the property Default_Ignorable_Code_Point, and what
/// DerivedGeneralCategory.txt gives the category Cf. First and last of each range, in ascending order.
#[rustfmt::skip]
const INVISIBLE: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Returns whether nobody sees a character, or it changes how others are seen: those that Unicode calls
/// formatting (general category Cf) or ignorable by default. Two texts that differ in them only look the
/// same.
///
/// ```
/// assert!(saml_xml::is_invisible('\u{202e}'));
/// assert!(!saml_xml::is_invisible('é'));
/// ```
#[must_use]
pub fn is_invisible(character: char) -> bool {
    INVISIBLE.iter().any(|&(first, last)| (first..=last).contains(&character))
}
