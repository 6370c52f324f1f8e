//! Each case comes to what it has to come to, each class has a case, and the index is up to date.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use jumpcloud_sso::CATALOGUE;
use jumpcloud_sso_attacks::{CLASSES, Verdict, documents, scenarios, verdict};

#[test]
fn every_document_gets_its_verdict() {
    let wrong: Vec<_> = documents()
        .iter()
        .filter_map(|document| {
            let found = verdict(document);
            (found != document.verdict)
                .then(|| format!("{}: {found:?} instead of {:?}", document.name, document.verdict))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_scenario_gets_its_verdict() {
    let wrong: Vec<_> = scenarios()
        .iter()
        .filter_map(|scenario| {
            let found = (scenario.run)();
            (found != scenario.expected).then(|| {
                format!("{} {}: {found} instead of {}", scenario.id, scenario.what, scenario.expected)
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_unique_and_twins_are_accepted() {
    let documents = documents();
    let names: BTreeSet<_> = documents.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(names.len(), documents.len());
    let accepted: BTreeSet<_> = documents
        .iter()
        .filter(|document| matches!(document.verdict, Verdict::Accepted(_)))
        .map(|document| document.name.as_str())
        .collect();
    for document in &documents {
        if let Verdict::Refused(code) = document.verdict {
            assert!(accepted.contains(document.twin), "{}: {}", document.name, document.twin);
            assert!(CATALOGUE.iter().any(|entry| entry.code == code), "{}: {code}", document.name);
        }
    }
    let scenarios = scenarios();
    let names: BTreeSet<_> = scenarios.iter().map(|scenario| scenario.what).collect();
    assert_eq!(names.len(), scenarios.len());
    for scenario in &scenarios {
        if scenario.expected == "accepted" {
            assert_eq!(scenario.twin, "", "{}", scenario.what);
            continue;
        }
        let twin = scenarios.iter().find(|it| it.what == scenario.twin);
        assert!(twin.is_some_and(|it| it.expected == "accepted"), "{}: {}", scenario.what, scenario.twin);
        assert!(CATALOGUE.iter().any(|entry| entry.code == scenario.expected), "{}", scenario.what);
    }
}

/// Classes in which the attack is on what the service is configured with, or on when and for what it asks.
const ATTACKED_SETUP: &[&str] =
    &["D08", "D09", "E13", "K07", "K09", "K13", "K15", "K16", "K17", "S11", "S15"];

#[test]
fn a_refused_document_is_received_as_its_twin_is() {
    let documents = documents();
    let setups: BTreeMap<_, _> = documents.iter().map(|it| (it.name.as_str(), &it.setup)).collect();
    let mut others = BTreeSet::new();
    for document in documents.iter().filter(|it| matches!(it.verdict, Verdict::Refused(_))) {
        if setups[document.twin] != &document.setup {
            assert!(
                ATTACKED_SETUP.contains(&document.id),
                "{} is not received as {}",
                document.name,
                document.twin
            );
            others.insert(document.id);
        }
    }
    assert_eq!(others, ATTACKED_SETUP.iter().copied().collect());
}

#[test]
fn every_class_has_a_refused_case_or_a_reason() {
    let (documents, scenarios) = (documents(), scenarios());
    let cases = documents
        .iter()
        .map(|it| (it.id, matches!(it.verdict, Verdict::Refused(_))))
        .chain(scenarios.iter().map(|it| (it.id, it.expected != "accepted")));
    let (refused, accepted): (Vec<_>, Vec<_>) = cases.partition(|(_, is_refused)| *is_refused);
    let ids = |cases: &[(&'static str, bool)]| cases.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
    let (refused, accepted) = (ids(&refused), ids(&accepted));
    for class in CLASSES {
        let (is_refused, is_accepted) = (refused.contains(class.id), accepted.contains(class.id));
        assert_eq!(!is_refused && !is_accepted, class.elsewhere.is_some(), "{} {}", class.id, class.what);
        assert_eq!(!is_refused && is_accepted, class.accepted.is_some(), "{} {}", class.id, class.what);
    }
    let known: BTreeSet<_> = CLASSES.iter().map(|class| class.id).collect();
    assert!(refused.union(&accepted).all(|id| known.contains(id)), "{refused:?} {accepted:?}");
    assert_eq!(known.len(), CLASSES.len());
}

/// The tests that a text names as `path/of/file.rs::function`, each of which has to be there.
fn tests_named_in(text: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
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
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
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
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "docs/{page} is out of date: UPDATE_DOCS=1 cargo test -p jumpcloud-sso-attacks"
        );
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
         `crates/jumpcloud-sso-attacks`, whose tests hold this page up to date (`UPDATE_DOCS=1 cargo test -p\n\
         jumpcloud-sso-attacks`). [attack-cases.md](attack-cases.md) names each, and so does `cargo run -p\n\
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
