//! A first look at the product under faults; `cargo xtask simulate` looks longer.

use verbatim_testkit::sim::{StoreKind, run_seeds};

#[track_caller]
fn check(seeds: std::ops::Range<u64>, store: &StoreKind) {
    let report = run_seeds(seeds, store, |_| ());
    for failed in &report.failed {
        eprintln!(
            "seed {}: {:#?}\n{:#?}",
            failed.seed, failed.failures, failed.operations
        );
    }
    assert!(
        report.failed.is_empty(),
        "{} seeds failed",
        report.failed.len()
    );
    assert!(report.records > report.seeds, "nothing happened");
}

#[test]
fn fifty_seeds_in_memory() {
    check(0..50, &StoreKind::SqliteMemory);
}

#[test]
fn some_seeds_in_a_file_that_is_searched_for_clear_text() {
    check(1000..1005, &StoreKind::SqliteFile);
}
