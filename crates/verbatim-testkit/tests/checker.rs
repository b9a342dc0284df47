//! The list of failures can fail: each defect that is built in on purpose is caught by its rule.

use verbatim_testkit::sim::operation::{
    AuthorityMood, Delivery, HoldOn, Mood, NodeName, Operation as O, RecordOp,
};
use verbatim_testkit::sim::{Failure, Sabotage, StoreKind, operations, run_sabotaged, run_seeds};

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

/// Ann proposes, and Bob approves.
fn agreed() -> [O; 2] {
    [
        RecordOp::Propose { who: 0 },
        RecordOp::Approve {
            who: 1,
            disposal: 0,
        },
    ]
    .map(O::Record)
}

/// What shows a defect that the years do not show.
fn showing(sabotage: Sabotage) -> Vec<Vec<O>> {
    let text = |phone| O::ClientTexts {
        phone,
        number: 0,
        text: 1,
        hook: Delivery::Now,
    };
    let work = O::Work { jobs: 9 };
    let begin = [text(0), text(1), work.clone()];
    let months = O::Record(RecordOp::MonthsPass(3));
    let [propose, approve] = agreed();
    let rest = match sabotage {
        Sabotage::ForgetsWithdrawals => {
            let withdraw = O::Record(RecordOp::Withdraw {
                who: 2,
                disposal: 0,
            });
            vec![vec![months, propose, approve, withdraw, work]]
        }
        Sabotage::ForgetsExtensions => {
            let extended = |on| {
                let (who, months) = (0, 4);
                let longer = O::Record(RecordOp::Extend { who, months, on });
                let [propose, approve] = agreed();
                let three = O::Record(RecordOp::MonthsPass(3));
                vec![three, propose, longer, approve, work.clone()]
            };
            [HoldOn::Everyone, HoldOn::Contact(0), HoldOn::Employee(0)]
                .map(extended)
                .to_vec()
        }
        Sabotage::ConfusesContacts => {
            let erase = |contact| O::Record(RecordOp::Erase { who: 0, contact });
            let approve = |disposal| O::Record(RecordOp::Approve { who: 1, disposal });
            let mut wanted = vec![months, erase(0), erase(1)];
            wanted.extend((0..4).map(approve));
            vec![[wanted, vec![work.clone(), work]].concat()]
        }
        Sabotage::AltersTimestamps => {
            let honest = O::Record(RecordOp::Authority(AuthorityMood::Honest));
            vec![vec![honest, text(1), work]]
        }
        _ => {
            let [change, retire] = [RecordOp::ChangeSigner, RecordOp::RetireSigner].map(O::Record);
            vec![vec![change, work.clone(), retire, text(0), work]]
        }
    };
    let whole = |rest: Vec<O>| begin.iter().cloned().chain(rest).collect();
    rest.into_iter().map(whole).collect()
}

#[test]
fn further_defects_of_the_record_are_caught() {
    for (sabotage, rule) in Sabotage::FURTHER_OF_THE_RECORD {
        for operations in showing(sabotage) {
            for seed in 0..3 {
                let run =
                    |sabotage| run_sabotaged(seed, &operations, &StoreKind::SqliteMemory, sabotage);
                assert_eq!(run(Sabotage::Nothing).failures, []);
                let failures = run(sabotage).failures;
                // Where a row contradicts the log, nothing is destroyed: the disposal waits for ever.
                let shows = |failure: &Failure| [rule, "left over"].contains(&failure.rule);
                let caught = failures.iter().any(shows);
                assert!(caught, "{sabotage:?} {rule} {operations:?}: {failures:#?}");
            }
        }
    }
}

/// A simulation in which nothing happens finds nothing: what matters most must occur.
#[test]
fn what_matters_happens() {
    let report = run_seeds(0..100, &StoreKind::SqliteMemory, |_| ());
    for what in [
        "at the carrier",
        "config config.change v1 retention.extend",
        "disposal record.disposal v1 certificate",
        "disposal record.disposal v1 withdrawn",
        "erasure record.erasure v1 proposed",
        "erasure record.erasure v1 refused",
        "erased by themselves",
        "stamped",
        "export record.export v1 export",
        "hold_released record.hold v1 asked",
        "hold_set record.hold v1 set",
        "key key.custody v1 key.rotate",
        "key record.key v1 signing-key",
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
