//! Properties that hold for all messages.

use proptest::prelude::*;
use saml_protocol::{MessageField, RedirectMessage, decode_post, parse_instant};

use crate::{expected, idp, now, outcome_with, response};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever byte changes on the way: the Response is refused, or says the very same about the user.
    #[test]
    fn no_changed_byte_changes_who_logs_in(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let xml = response(&idp()).build().unwrap();
        let mut bytes = xml.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        if let Ok(accepted) = outcome_with(&changed, &expected(), now()) {
            prop_assert_eq!(accepted.name_id().value(), "bjensen@acme.test");
            prop_assert_eq!(accepted.id(), "ASSERTION");
            prop_assert_eq!(accepted.attributes().len(), 3);
        }
    }

    #[test]
    fn no_query_makes_the_reader_panic(query in "(SAMLRequest|RelayState|SigAlg|Signature|=|&|%|[0-9A-F]|[a-z]){0,40}") {
        let _ = RedirectMessage::decode(&query, MessageField::Request);
    }

    #[test]
    fn no_field_makes_the_reader_panic(field in ".{0,60}") {
        let _ = decode_post(&field);
    }

    #[test]
    fn no_text_makes_the_reader_of_instants_panic(text in "[0-9TZ:.+\\- é]{0,40}") {
        let _ = parse_instant(&text);
    }
}
