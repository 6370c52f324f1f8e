//! Every code that the crates can give stands in the catalogue, and the catalogue in the docs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use jumpcloud_sso::CATALOGUE;

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

/// All string literals of the form `area.what` in the sources of the crates.
fn codes_in_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut folders = vec![repository().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_catalogue = path.ends_with("jumpcloud-sso/src/catalogue.rs");
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_catalogue {
                codes.extend(
                    fs::read_to_string(path)
                        .unwrap()
                        .split('"')
                        .filter(|text| is_code(text))
                        .map(str::to_owned),
                );
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
fn the_catalogue_holds_exactly_the_codes_of_the_sources() {
    let catalogue: BTreeSet<String> = CATALOGUE.iter().map(|entry| entry.code.to_owned()).collect();
    assert_eq!(catalogue.len(), CATALOGUE.len(), "a code stands twice");
    let sources = codes_in_sources();
    assert_eq!(
        sources.difference(&catalogue).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "missing in the catalogue"
    );
    assert_eq!(catalogue.difference(&sources).collect::<Vec<_>>(), Vec::<&String>::new(), "used nowhere");
}

#[test]
fn every_entry_says_what_it_means_and_what_to_change() {
    for entry in CATALOGUE {
        assert!(is_code(entry.code), "{}", entry.code);
        assert!(!entry.meaning.is_empty() && entry.hint.ends_with('.'), "{}", entry.code);
    }
}

#[test]
fn the_docs_hold_the_catalogue() {
    let mut text = String::from(
        "# Error codes\n\nEvery refusal has a stable code `area.what`. Codes are never renamed and never get another meaning; new \
         ones may come.\n\nThis page is made of `CATALOGUE` in `crates/jumpcloud-sso/src/catalogue.rs`; a test compares them. \
         `UPDATE_DOCS=1 cargo test -p jumpcloud-sso-docs` writes it anew.\n",
    );
    for (area, title) in AREAS {
        write!(text, "\n## {area}: {title}\n\n| code | what it means | what to change |\n|---|---|---|\n")
            .unwrap();
        for entry in CATALOGUE.iter().filter(|entry| entry.code.split('.').next() == Some(area)) {
            writeln!(text, "| `{}` | {} | {} |", entry.code, entry.meaning, entry.hint).unwrap();
        }
    }
    let path = repository().join("docs/errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "docs/errors.md is out of date");
}
