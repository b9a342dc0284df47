//! The list of failures can fail: each defect that is built in on purpose is caught by its rule.

use verbatim_testkit::sim::operation::{
    Delivery, HoldOn, Mood, NodeName, Operation as O, RecordOp,
};
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

/// Defects that show only when several seldom things come together.
#[test]
fn rare_defects_are_caught() {
    #[track_caller]
    fn check(sabotage: Sabotage, rule: &str, operations: &[O]) {
        let runs =
            (0..20).map(|seed| run_sabotaged(seed, operations, &StoreKind::SqliteMemory, sabotage));
        let mut failures = runs.flat_map(|run| run.failures);
        assert!(failures.any(|failure| failure.rule == rule), "{sabotage:?}");
    }
    let text = O::ClientTexts {
        phone: 0,
        number: 0,
        text: 1,
        hook: Delivery::Now,
    };
    let dies = O::WriteFails {
        node: NodeName::Worker,
        writes: 0,
        done: true,
        dies: true,
    };
    let work = O::Work { jobs: 9 };
    let sync = O::Sync {
        events: 9,
        again: false,
    };
    let weekend = [
        text.clone(),
        work.clone(),
        sync.clone(),
        work.clone(),
        text.clone(),
        dies,
        O::Work { jobs: 1 },
        O::DaysPass(3),
        work.clone(),
    ];
    check(Sabotage::TrustsTransactions, "doubled", &weekend);
    let mut declining = vec![O::Invitations(Mood::Unwilling), text];
    for _ in 0..30 {
        declining.extend([sync.clone(), work.clone()]);
    }
    check(Sabotage::PestersEmployees, "pestered", &declining);
}

/// A firm's years: everything that is ever asked of a record, in the order in which it is asked.
fn years() -> Vec<O> {
    let text = |phone, number| O::ClientTexts {
        phone,
        number,
        text: 1,
        hook: Delivery::Now,
    };
    let work = O::Work { jobs: 9 };
    let look = RecordOp::Look {
        who: 0,
        of: 0,
        from: 0,
        limit: 9,
    };
    let on = HoldOn::Contact(0);
    let of_the_record = [
        look,
        RecordOp::WhoSaw { who: 1, record: 0 },
        RecordOp::SetHold { who: 0, on },
        // Not long enough yet.
        RecordOp::MonthsPass(2),
        RecordOp::Propose { who: 0 },
        RecordOp::Approve {
            who: 1,
            disposal: 0,
        },
        RecordOp::MonthsPass(1),
        RecordOp::Propose { who: 0 },
        // By the same person, in vain; then by another.
        RecordOp::Approve {
            who: 0,
            disposal: 0,
        },
        RecordOp::Approve {
            who: 1,
            disposal: 1,
        },
        RecordOp::Approve {
            who: 1,
            disposal: 0,
        },
    ];
    let begin = [text(0, 0), text(1, 1), work.clone()];
    let rest = of_the_record.map(O::Record);
    let end = [work, O::Record(RecordOp::Rotate { who: 0 })];
    begin.into_iter().chain(rest).chain(end).collect()
}

#[test]
fn defects_of_the_record_are_caught() {
    let run = |sabotage| run_sabotaged(3, &years(), &StoreKind::SqliteMemory, sabotage);
    assert_eq!(run(Sabotage::Nothing).failures, []);
    for (sabotage, rule) in Sabotage::OF_THE_RECORD {
        let failures = run(sabotage).failures;
        let caught = failures.iter().any(|failure| failure.rule == rule);
        assert!(caught, "{sabotage:?} {rule}: {failures:#?}");
    }
}

/// A simulation in which nothing happens finds nothing: what matters most must occur.
#[test]
fn what_matters_happens() {
    let report = run_seeds(0..100, &StoreKind::SqliteMemory, |_| ());
    for what in [
        "at the carrier",
        "disposal record.disposal v1 certificate",
        "export record.export v1 export",
        "hold_released record.hold v1 asked",
        "hold_set record.hold v1 set",
        "key key.custody v1 key.rotate",
        "proof record.proof v1 proof",
        "view record.access v1 timeline",
        "view record.access v1 who_saw",
        "consent disclosure.first v1 first_contact",
        "gap gap.undecryptable v1 missing",
        "gap gap.undecryptable v1 m.unavailable",
        "malformed  v0 no id",
        "membership room.former_holder_gone v1 left_without_number",
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
