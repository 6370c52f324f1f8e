//! The fuzzer's seeds and findings, replayed.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::path::{Path, PathBuf};

use jumpcloud_sso_fuzz_targets::TARGETS;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn seeds_and_findings_hold() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (name, target) in TARGETS {
        let seeds = files(&fuzz.join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        // A panic names the file: the fuzzer's names are hashes of the content.
        for file in seeds.into_iter().chain(files(&fuzz.join("findings").join(name))) {
            println!("{}", file.display());
            target(&std::fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_target_is_built_by_the_fuzzer_and_every_folder_is_of_one() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stem = |file: &PathBuf| file.file_stem().unwrap().to_string_lossy().into_owned();
    assert_eq!(files(&fuzz.join("fuzz_targets")).iter().map(stem).collect::<Vec<_>>(), names);
    for folder in ["seeds", "findings"] {
        for file in files(&fuzz.join(folder)).iter().filter(|file| file.is_dir()) {
            assert!(names.contains(&stem(file)), "{}", file.display());
        }
    }
}
