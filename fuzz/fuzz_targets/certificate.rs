//! Certificates as administrators paste them.
#![no_main]

use jumpcloud_sso::Certificate;
use jumpcloud_sso::parts::saml_signature::TrustedKeys;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(certificate) = Certificate::parse(input) {
        assert_eq!(Certificate::parse(certificate.to_pem().as_bytes()).as_ref(), Ok(&certificate));
        let _ = TrustedKeys::new([certificate]);
    }
});
