//! A strict XML tree and its exclusive canonical form, for SAML
