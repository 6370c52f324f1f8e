//! The command jumpcloud-sso: checks SAML responses and says what to change
