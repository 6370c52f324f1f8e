//! The stable codes.

/// The stable codes of the errors and warnings that this crate makes.
pub const CODES: &[&str] = &[
    "config.decryption_key",
    "config.decryption_keys",
    "encryption.algorithm",
    "encryption.cbc_refused",
    "encryption.failed",
    "encryption.key_reference",
    "encryption.malformed",
    "encryption.no_key",
    "encryption.oaep_parameters",
    "encryption.rsa_1_5_refused",
    "encryption.weak_key",
    "limit.encrypted_keys",
];
