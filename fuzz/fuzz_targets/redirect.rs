#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| jumpcloud_sso_fuzz_targets::redirect(input));
