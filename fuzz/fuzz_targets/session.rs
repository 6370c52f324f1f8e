//! Session tokens that nobody issued.
#![no_main]

use std::sync::LazyLock;
use std::time::SystemTime;

use jumpcloud_sso::{SessionVerifier, Settings};
use libfuzzer_sys::fuzz_target;

static VERIFIER: LazyLock<SessionVerifier> = LazyLock::new(|| {
    let settings = Settings::new("https://app.acme.test", "q2xqEJ9XhHjrIySHtDSRyF3xKzJqoKXYDSn7VmE4hHU=");
    settings.unwrap().session_verifier(&[]).unwrap()
});

fuzz_target!(|token: &str| {
    assert!(VERIFIER.verify_for("acme", token, SystemTime::UNIX_EPOCH).is_err());
});
