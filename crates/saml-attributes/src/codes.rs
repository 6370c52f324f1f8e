//! The stable codes.

/// The stable codes of the errors and warnings that this crate makes.
pub const CODES: &[&str] = &[
    "attribute.ambiguous",
    "attribute.case_differs",
    "attribute.characters",
    "attribute.email",
    "attribute.empty",
    "attribute.markup",
    "attribute.missing",
    "attribute.none_received",
    "attribute.several_values",
    "attribute.too_long",
    "attribute.values_left_out",
];
