//! Replays every file of the fuzz corpora through the functions that the fuzz targets run, so that what
//! was once found stays found without a fuzzer.

#[allow(
    unreachable_pub,
    reason = "the fuzz package's library, compiled in here"
)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("a corpus for each target") {
        let path = entry.expect("readable").path();
        let data = fs::read(&path).expect("readable");
        let held = catch_unwind(AssertUnwindSafe(|| run(&data))).is_ok();
        assert!(held, "{target} fails for {}", path.display());
        count += 1;
    }
    assert!(count > 5, "{target}: only {count} files");
}

#[test]
fn every_corpus_file_keeps_every_promise() {
    for (target, run) in targets::TARGETS {
        replay(target, run);
    }
}

#[test]
fn every_target_and_every_corpus_is_replayed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let names = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| {
                let path = entry.expect("readable").path();
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    };
    let mut known: Vec<_> = targets::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    known.sort();
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("corpus"), known);
}
