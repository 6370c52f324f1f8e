//! The examples of jumpcloud-sso.
