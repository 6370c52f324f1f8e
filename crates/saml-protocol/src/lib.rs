//! SAML 2.0 messages, bindings and the rules of the Web Browser SSO profile
