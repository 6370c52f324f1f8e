//! Queries of HTTP-Redirect, and form fields of HTTP-POST.
#![no_main]

use jumpcloud_sso::parts::saml_protocol::{MessageField, RedirectMessage, decode_post};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = decode_post(text);
    if let Ok(message) = RedirectMessage::decode(text, MessageField::Request) {
        assert!(!message.unsigned_message().is_empty() && message.unsigned_message().len() <= 64 * 1024);
    }
});
