//! XML signatures under pinned X.509 certificates, for SAML
