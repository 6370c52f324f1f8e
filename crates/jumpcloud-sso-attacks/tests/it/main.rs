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
    // Of scenarios, each family of codes has one that is accepted.
    let families: BTreeSet<_> = scenarios().iter().map(|scenario| &scenario.id[..1]).collect();
    for family in families {
        assert!(
            scenarios().iter().any(|it| it.id.starts_with(family) && it.expected == "accepted"),
            "{family}"
        );
    }
}

#[test]
fn every_class_has_a_case_or_a_reason() {
    let documents = documents();
    let refused = documents.iter().filter(|it| matches!(it.verdict, Verdict::Refused(_))).map(|it| it.id);
    let ids: BTreeSet<_> = refused.chain(scenarios().iter().map(|it| it.id)).collect();
    let accepted: BTreeSet<_> = documents.iter().map(|it| it.id).collect();
    for class in CLASSES {
        let has_case = ids.contains(class.id) || accepted.contains(class.id);
        assert_eq!(has_case, class.elsewhere.is_none(), "{} {}", class.id, class.what);
    }
    let known: BTreeSet<_> = CLASSES.iter().map(|class| class.id).collect();
    assert!(ids.iter().chain(&accepted).all(|id| known.contains(id)), "{ids:?}");
    assert_eq!(known.len(), CLASSES.len());
}

#[test]
fn the_docs_hold_the_index() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attacks.md");
    let index = index();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &index).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == index,
        "docs/attacks.md is out of date: UPDATE_DOCS=1 cargo test -p jumpcloud-sso-attacks"
    );
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
         jumpcloud-sso-attacks`). `cargo run -p jumpcloud-sso-attacks -- list` names each; `export DIR` writes them out for other\n\
         implementations.\n\n| class | what it is about | refused | accepted | codes |\n|---|---|---|---|---|\n"
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
        writeln!(text, "| {} | {} | {refused} | {accepted} | {} |", class.id, class.what, codes.join(", "))
            .unwrap();
    }
    text
}
