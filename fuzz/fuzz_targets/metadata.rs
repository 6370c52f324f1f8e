//! Metadata that an administrator imports.
#![no_main]

use std::time::SystemTime;

use jumpcloud_sso::parts::saml_protocol::IdpMetadata;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(metadata) = IdpMetadata::parse(input, SystemTime::UNIX_EPOCH) {
        assert!(!metadata.certificates().is_empty() && !metadata.entity_id().is_empty());
    }
});
