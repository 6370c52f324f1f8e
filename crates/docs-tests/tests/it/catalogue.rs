//! Every code that the crates can give stands in the catalogue, and the catalogue in the docs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use jumpcloud_sso::{Code, parts};

use crate::repository;

const AREAS: [(&str, &str); 14] = [
    ("xml", "The message is not the XML that it has to be"),
    ("binding", "The message did not come as it has to"),
    ("signature", "The signature is missing, malformed or wrong"),
    ("certificate", "What was given as a certificate"),
    ("key", "The key that a file names"),
    ("algorithm", "Algorithms that are not allowed"),
    ("encryption", "Encrypted assertions"),
    ("response", "The Response"),
    ("assertion", "The assertion"),
    ("attribute", "The user's attributes"),
    ("session", "Session tokens"),
    ("config", "The configuration"),
    ("limit", "Limits"),
    ("replay", "What was used before"),
];

/// The crates that make errors, each with the codes that it lists.
const CRATES: [(&str, &[&str]); 9] = [
    ("saml-attributes", parts::saml_attributes::CODES),
    ("saml-encryption", parts::saml_encryption::CODES),
    ("saml-protocol", parts::saml_protocol::CODES),
    ("saml-signature", parts::saml_signature::CODES),
    ("saml-sp", parts::saml_sp::CODES),
    ("saml-xml", parts::saml_xml::CODES),
    ("sso-connections", parts::sso_connections::CODES),
    ("sso-session", parts::sso_session::CODES),
    ("sso-store", parts::sso_store::CODES),
];

/// All string literals of the form `area.what` in the sources of a crate, but in its list of them and in
/// comments.
fn codes_in(name: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut folders = vec![repository().join("crates").join(name).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("codes.rs") {
                let source = fs::read_to_string(path).unwrap();
                let code: Vec<_> =
                    source.lines().filter(|line| !line.trim_start_matches(' ').starts_with("//")).collect();
                codes.extend(code.join("\n").split('"').filter(|text| is_code(text)).map(str::to_owned));
            }
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    let Some((area, what)) = text.split_once('.') else { return false };
    AREAS.iter().any(|(known, _)| *known == area)
        && !what.is_empty()
        && what.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[test]
fn every_crate_lists_the_codes_that_it_makes() {
    for (name, listed) in CRATES {
        let found = codes_in(name);
        assert!(!found.is_empty(), "{name}");
        assert_eq!(
            listed.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>(),
            Vec::from_iter(found),
            "{name}"
        );
    }
}

#[test]
fn the_catalogue_holds_exactly_the_codes_of_the_crates() {
    let catalogue: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(catalogue.len(), Code::ALL.len(), "a code stands twice");
    let listed = CRATES.iter().flat_map(|(_, codes)| codes.iter().map(|code| (*code).to_owned()));
    // The command line is a program, and lists nothing.
    let made: BTreeSet<_> = listed.chain(codes_in("jumpcloud-sso-cli")).collect();
    assert_eq!(
        made.difference(&catalogue).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "missing in the catalogue"
    );
    assert_eq!(catalogue.difference(&made).collect::<Vec<_>>(), Vec::<&String>::new(), "made nowhere");
}

#[test]
fn every_entry_says_what_it_means_and_what_to_change() {
    for code in Code::ALL {
        assert!(is_code(code.as_str()), "{code}");
        assert!(!code.meaning().is_empty() && code.hint().ends_with('.'), "{code}");
        assert_eq!(code.as_str().parse(), Ok(*code));
    }
}

#[test]
fn the_docs_hold_the_catalogue() {
    let mut text = String::from(
        "# Error codes\n\nEvery refusal has a stable code `area.what`. Codes are never renamed and never get another meaning; new \
         ones may come.\n\nThis page is made of `Code` in `crates/jumpcloud-sso-hints/src/code.rs`; a test compares them. \
         `UPDATE_DOCS=1 cargo test -p jumpcloud-sso-docs` writes it anew.\n",
    );
    for (area, title) in AREAS {
        write!(text, "\n## {area}: {title}\n\n| code | what it means | what to change |\n|---|---|---|\n")
            .unwrap();
        for code in Code::ALL.iter().filter(|code| code.as_str().split('.').next() == Some(area)) {
            writeln!(text, "| `{}` | {} | {} |", code, code.meaning(), code.hint()).unwrap();
        }
    }
    let path = repository().join("docs/errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "docs/errors.md is out of date");
}
