//! The list of failures can fail: each defect that is built in on purpose is caught by its rule.

use verbatim_testkit::sim::{Sabotage, StoreKind, operations, run_sabotaged, run_seeds};

/// A defect shows within so many seeds.
const SEEDS: u64 = 60;

fn caught(sabotage: Sabotage, rule: &str) -> bool {
    (0..SEEDS).any(|seed| {
        let run = run_sabotaged(seed, &operations(seed), &StoreKind::SqliteMemory, sabotage);
        run.failures.iter().any(|failure| failure.rule == rule)
    })
}

#[test]
fn every_defect_is_caught() {
    let missed: Vec<_> = Sabotage::ALL
        .into_iter()
        .filter(|(sabotage, rule)| !caught(*sabotage, rule))
        .collect();
    assert_eq!(missed, []);
}

/// A simulation in which nothing happens finds nothing: what matters most must occur.
#[test]
fn what_matters_happens() {
    let report = run_seeds(0..100, &StoreKind::SqliteMemory, |_| ());
    for what in [
        "at the carrier",
        "consent disclosure.first v1 first_contact",
        "gap gap.undecryptable v1 missing",
        "gap gap.undecryptable v1 m.unavailable",
        "malformed  v0 no id",
        "membership room.holder_gone v1 holder_left",
        "receipt",
        "reconciliation poll.carrier v1 webhooks_missing",
        "reconciliation submit.reconcile v1 found",
        "reconciliation submit.reconcile v1 proved_not_sent",
        "refused refuse.number v1 number_not_held",
        "refused refuse.unencrypted v1 not_encrypted",
        "status submit.carrier v1 refused",
        "status submit.carrier v1 unknown",
    ] {
        assert!(
            report.seen.contains_key(what),
            "{what} never happened: {:#?}",
            report.seen
        );
    }
}
