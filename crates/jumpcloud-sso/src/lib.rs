//! JumpCloud single sign-on for any Rust backend
