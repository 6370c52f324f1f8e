//! Each case comes to what it has to come to, each class has a case, and the index is up to date.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use jumpcloud_sso::Code;
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
            assert!(code.parse::<Code>().is_ok(), "{}: {code}", document.name);
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
        assert!(scenario.expected.parse::<Code>().is_ok(), "{}", scenario.what);
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
