//! The pages of attacks are those of the suite, and the tests that the docs name are there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jumpcloud_sso_attacks::{CLASSES, Verdict, documents, scenarios};

use crate::repository;

/// The tests that a text names as `path/of/file.rs::function`, each of which has to be there.
fn tests_named_in(text: &str) -> Vec<String> {
    let root = repository();
    let named: Vec<_> = text.split('`').filter_map(|part| part.split_once(".rs::")).collect();
    for (file, function) in &named {
        let path = [root.join("crates"), root.clone()].map(|it| it.join(format!("{file}.rs")));
        let source = path.iter().find_map(|it| std::fs::read_to_string(it).ok());
        let source = source.unwrap_or_else(|| panic!("no {file}.rs, for {function}"));
        // `#[test]`, and those of an executor.
        let is_test = source.split("test]").skip(1).any(|behind| {
            behind.split_once("fn ").is_some_and(|(_, behind)| behind.starts_with(&format!("{function}(")))
        });
        assert!(is_test, "no test {function} in {file}.rs");
    }
    named.into_iter().map(|(file, function)| format!("{file}.rs::{function}")).collect()
}

#[test]
fn what_is_shown_elsewhere_is_there() {
    for class in CLASSES {
        let Some(elsewhere) = class.elsewhere else { continue };
        assert!(!tests_named_in(elsewhere).is_empty(), "{} names no test: {elsewhere}", class.id);
    }
}

#[test]
fn tests_that_the_conformance_page_names_are_there() {
    let page = repository().join("docs/conformance.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(tests_named_in(&page).len() > 150);
    // A row says what conforms only with a test that shows it.
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| requirement"));
    for row in rows.filter(|row| row.contains("| conforms")) {
        assert!(!tests_named_in(row).is_empty(), "{row}");
    }
}

#[test]
fn the_docs_hold_the_index() {
    for (page, text) in [("attacks.md", index()), ("attack-cases.md", cases())] {
        let path = repository().join("docs").join(page);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "docs/{page} is out of date: UPDATE_DOCS=1 cargo test -p jumpcloud-sso-docs");
    }
}

/// Every case by its name, with what it has to come to.
fn cases() -> String {
    let (documents, scenarios) = (documents(), scenarios());
    let mut text = "# Attack cases\n\n\
         Each case of [the index](attacks.md), by class. A refused one names its code and its twin, which differs from it in the\n\
         attacked point and is accepted. Those whose names begin with their class can be written out as files.\n"
        .to_owned();
    for class in CLASSES.iter().filter(|class| class.elsewhere.is_none()) {
        write!(text, "\n## {}: {}\n\n| case | comes to | twin |\n|---|---|---|\n", class.id, class.what)
            .unwrap();
        for document in documents.iter().filter(|it| it.id == class.id) {
            let (verdict, twin) = match &document.verdict {
                Verdict::Refused(code) => (*code, document.twin),
                Verdict::Accepted(_) => ("accepted", ""),
            };
            writeln!(text, "| `{}` | `{verdict}` | {twin} |", document.name).unwrap();
        }
        for scenario in scenarios.iter().filter(|it| it.id == class.id) {
            writeln!(text, "| {} | `{}` | {} |", scenario.what, scenario.expected, scenario.twin).unwrap();
        }
    }
    text
}

fn index() -> String {
    let (documents, scenarios) = (documents(), scenarios());
    let refused = documents.iter().filter(|it| matches!(it.verdict, Verdict::Refused(_))).count()
        + scenarios.iter().filter(|it| it.expected != "accepted").count();
    let accepted = documents.len() + scenarios.len() - refused;
    let mut text = format!(
        "# Attacks\n\n\
         {refused} cases that have to be refused, each with its code, and {accepted} that have to be accepted. They are made by\n\
         `crates/jumpcloud-sso-attacks`; a test holds this page up to date (`UPDATE_DOCS=1 cargo test -p\n\
         jumpcloud-sso-docs`). [attack-cases.md](attack-cases.md) names each, and so does `cargo run -p\n\
         jumpcloud-sso-attacks -- list`; `export DIR` writes the documents out for other implementations.\n\
         Scenarios, which take more than one message, cannot be written out.\n\n\
         | class | what it is about | refused | accepted | codes, or why there are none |\n|---|---|---|---|---|\n"
    );
    for class in CLASSES {
        if let Some(elsewhere) = class.elsewhere {
            writeln!(text, "| {} | {} | – | – | {elsewhere} |", class.id, class.what).unwrap();
            continue;
        }
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        let mut accepted = 0;
        for document in documents.iter().filter(|it| it.id == class.id) {
            match document.verdict {
                Verdict::Refused(code) => *codes.entry(code).or_default() += 1,
                Verdict::Accepted(_) => accepted += 1,
            }
        }
        for scenario in scenarios.iter().filter(|it| it.id == class.id) {
            if scenario.expected == "accepted" {
                accepted += 1;
            } else {
                *codes.entry(scenario.expected).or_default() += 1;
            }
        }
        let refused: usize = codes.values().sum();
        let codes: Vec<_> = codes.keys().map(|code| format!("`{code}`")).collect();
        let last = class.accepted.map_or_else(|| codes.join(", "), str::to_owned);
        writeln!(text, "| {} | {} | {refused} | {accepted} | {last} |", class.id, class.what).unwrap();
    }
    text
}
