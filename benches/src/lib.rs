//! The benches of jumpcloud-sso.
