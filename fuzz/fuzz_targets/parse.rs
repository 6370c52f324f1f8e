//! What parses has a canonical form, which parses too and is its own canonical form.
#![no_main]

use jumpcloud_sso::parts::saml_xml::{Document, Limits, PrefixList};
use libfuzzer_sys::fuzz_target;

fn canonical(document: &Document<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    document.root().canonicalize(&PrefixList::default(), &mut bytes).ok().map(|()| bytes)
}

fuzz_target!(|input: &[u8]| {
    let limits = Limits::default();
    let Ok(document) = Document::parse(input, &limits) else { return };
    let Some(form) = canonical(&document) else { return };
    if form.len() <= limits.input_bytes {
        let again = Document::parse(&form, &limits).expect("a canonical form is well-formed");
        assert_eq!(canonical(&again), Some(form.clone()));
        assert_eq!(document.elements().count(), again.elements().count());
    }
});
