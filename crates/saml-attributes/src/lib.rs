//! Maps the attributes of a SAML assertion to a user profile
