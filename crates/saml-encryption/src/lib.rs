//! Decryption of encrypted SAML assertions
