//! The verifier: a good log passes, and every change to its rows is found at the leaf that it hit.

use proptest::prelude::*;
use verbatim_domain::Timestamp;
use verbatim_record::merkle::root_of;
use verbatim_record::{Fault, Frontier, Hash, Kind, LogVerifier, Report, RetentionClass};

use crate::common::*;
use crate::log::Log;

#[test]
fn a_good_log_passes() {
    let log = Log::sample();
    let report = log.verify(None);
    assert_eq!(
        report,
        Report {
            size: 8,
            root: log.root(),
            conversations: 3,
            roots: 3,
            opened: 0,
            disposed: 0,
            fault: None
        }
    );
    let ring = keyring();
    let opened = log.verify(Some(&ring));
    assert!(opened.is_good());
    assert_eq!(
        opened,
        Report {
            opened: 8,
            ..report
        }
    );
}

/// What was disposed of is told apart from what is missing, by certificates alone.
#[test]
fn a_body_is_missing_only_where_a_certificate_says_so() {
    let check =
        |destroy: &[usize], certified: &[(u64, u64)], expected: Result<(u64, u64), &str>| {
            let (mut log, ring) = (Log::sample(), keyring());
            for at in destroy {
                log.rows[*at].sealed.ciphertext.clear();
                log.rows[*at].sealed.wrapped_key.clear();
            }
            let mut verifier = LogVerifier::new()
                .with_keyring(&ring)
                .with_disposals(certified.to_vec());
            for row in &log.rows {
                if verifier.record(&row.entry()).is_err() {
                    break;
                }
            }
            let report = verifier.finish(8, log.root());
            let found = match &report.fault {
                None => Ok((report.opened, report.disposed)),
                Some(fault) => Err(fault.to_string()),
            };
            assert_eq!(
                found,
                expected.map_err(str::to_owned),
                "{destroy:?} {certified:?}"
            );
        };
    let missing = |at: u64| {
        format!(
            "leaf {at}: its body cannot be read any more, and no certificate says that it was disposed of"
        )
    };
    check(&[], &[], Ok((8, 0)));
    check(&[2, 3, 4], &[(2, 4)], Ok((5, 3)));
    check(&[0, 7], &[(7, 7), (0, 0)], Ok((6, 2)));
    check(&[2], &[], Err(&missing(2)));
    check(&[2, 5], &[(2, 4)], Err(&missing(5)));
    check(&[1], &[(2, 4)], Err(&missing(1)));
    // The key is destroyed first; what is removed after it is not looked at.
    check(&[], &[(2, 4)], Ok((5, 3)));
}

/// A ciphertext without its key is a body that nobody can read.
#[test]
fn a_destroyed_key_alone_is_noticed() {
    let (mut log, ring) = (Log::sample(), keyring());
    log.rows[3].sealed.wrapped_key.clear();
    assert!(
        log.verify(None).is_good(),
        "without keys, keys are not looked at"
    );
    let fault = log.verify(Some(&ring)).fault.unwrap();
    assert_eq!(fault.global_seq(), Some(3));
}

#[test]
fn an_empty_log_passes() {
    let mut verifier = LogVerifier::new();
    verifier.root(0, root_of(&[])).unwrap();
    let report = verifier.finish(0, Frontier::new().root());
    assert!(report.is_good());
    assert_eq!((report.size, report.roots), (0, 1));
}

#[test]
fn each_change_is_found_and_named() {
    #[track_caller]
    fn check(change: impl Fn(&mut Log), expected: &str) {
        let mut log = Log::sample();
        change(&mut log);
        let fault = log.verify(None).fault.map(|fault| fault.to_string());
        assert_eq!(fault.as_deref(), Some(expected));
    }
    // Rows gone, repeated, swapped.
    check(
        |l| drop(l.rows.remove(3)),
        "leaf 3: it is missing; the next stored record has position 4",
    );
    check(
        |l| drop(l.rows.remove(0)),
        "leaf 0: it is missing; the next stored record has position 1",
    );
    check(
        |l| drop(l.rows.pop()),
        "leaf 7: the log should have 8 leaves and has 7",
    );
    check(
        |l| l.rows.insert(2, l.rows[1].clone()),
        "leaf 2: it is missing; the next stored record has position 1",
    );
    check(
        |l| l.rows.swap(5, 6),
        "leaf 5: it is missing; the next stored record has position 6",
    );
    check(
        |l| {
            let sealed = seal(&keyring(), 1, Kind::Notice, 60, &small_body());
            l.append(sealed, None, None);
        },
        "leaf 8: the log should have 8 leaves and has 9",
    );
    // Columns.
    check(
        |l| l.rows[3].global_seq = 99,
        "leaf 3: it is missing; the next stored record has position 99",
    );
    check(
        |l| l.rows[3].conversation = None,
        "leaf 3: the stored conversation is not the one in the leaf",
    );
    check(
        |l| l.rows[3].conversation_seq = 0,
        "leaf 3: the stored position in the conversation is not the one in the leaf",
    );
    check(
        |l| l.rows[2].sealed.kind = Kind::Gap,
        "leaf 2: the stored kind is not the one in the leaf",
    );
    check(
        |l| l.rows[2].sealed.bucket.class = RetentionClass(9),
        "leaf 2: the stored retention class is not the one in the leaf",
    );
    check(
        |l| l.rows[6].sealed.captured_at = Timestamp(42),
        "leaf 6: the stored capture time is not the one in the leaf",
    );
    check(
        |l| l.rows[6].sealed.captured_at = Timestamp(40),
        "leaf 6: the stored capture time is not the one in the leaf",
    );
    check(
        |l| l.rows[0].leaf_hash = [0; 32],
        "leaf 0: the stored leaf hash is not the hash of the stored leaf",
    );
    check(
        |l| l.rows[1].sealed.ciphertext.clear(),
        "leaf 1: its body cannot be read any more, and no certificate says that it was disposed of",
    );
    check(
        |l| l.rows[1].sealed.ciphertext.truncate(1),
        "leaf 1: the ciphertext was altered: its hash differs",
    );
    check(
        |l| l.rows[1].sealed.id = record_id(9),
        "leaf 1: the ciphertext belongs to another record or another kind of record",
    );
    check(
        |l| l.rows[1].sealed.commitment = [0; 32],
        "leaf 1: the stored commitment to the body is not the one in the leaf",
    );
    // Leaves rewritten with their hashes.
    check(
        |l| l.rewrite(4, |leaf| leaf.conversation_seq = 7),
        "leaf 4: the stored position in the conversation is not the one in the leaf",
    );
    check(
        |l| {
            l.rewrite(4, |leaf| leaf.conversation_seq = 7);
            l.rows[4].conversation_seq = 7;
        },
        "leaf 4: it has position 7 in its conversation where 2 comes next",
    );
    check(
        |l| l.rewrite(4, |leaf| leaf.previous = [1; 32]),
        "leaf 4: it does not follow the previous leaf of its conversation",
    );
    check(
        |l| l.rewrite(4, |leaf| leaf.captured_at = Timestamp(29)),
        "leaf 4: it was captured before the leaf in front of it",
    );
    check(
        |l| l.rewrite(4, |leaf| leaf.about = Some(4)),
        "leaf 4: it refers to leaf 4, which is not an earlier one",
    );
    check(
        |l| l.rewrite(4, |leaf| leaf.log = [0; 16]),
        "leaf 4: it belongs to another log",
    );
    // A rewritten end: chains hold, the root does not.
    check(
        |l| l.rewrite(7, |leaf| leaf.about = Some(0)),
        "the stored root at size 8 is not the root of the first 8 leaves",
    );
    // Unreadable.
    check(
        |l| l.rows[2].leaf_bytes.truncate(10),
        "leaf 2: it cannot be read: the leaf is 10 bytes long, which it cannot be",
    );
    // Roots.
    check(
        |l| l.roots[1].1 = [0; 32],
        "the stored root at size 5 is not the root of the first 5 leaves",
    );
    check(
        |l| l.roots.push((9, [0; 32])),
        "there is a stored root over 9 leaves, but the log has only 8",
    );
    check(
        |l| l.roots.push((5, [0; 32])),
        "the stored root at size 5 is not the root of the first 5 leaves",
    );
}

#[test]
fn a_fault_stays() {
    let log = Log::sample();
    let mut verifier = LogVerifier::new();
    let fault = verifier.record(&log.rows[1].entry()).unwrap_err();
    assert_eq!(verifier.record(&log.rows[0].entry()), Err(fault.clone()));
    assert_eq!(verifier.root(0, root_of(&[])), Err(fault.clone()));
    assert_eq!(verifier.finish(0, root_of(&[])).fault, Some(fault));
}

#[test]
fn a_late_root_is_an_error_of_the_caller() {
    let log = Log::sample();
    let mut verifier = LogVerifier::new();
    verifier.record(&log.rows[0].entry()).unwrap();
    verifier.record(&log.rows[1].entry()).unwrap();
    verifier
        .root(2, root_of(&[log.rows[0].leaf_hash, log.rows[1].leaf_hash]))
        .unwrap();
    let fault = verifier.root(1, log.rows[0].leaf_hash).unwrap_err();
    assert_eq!(fault, Fault::RootTooLate { size: 1, passed: 2 });
}

proptest! {
    #[test]
    fn garbage_is_a_fault_and_never_a_panic(
        leaf_bytes in prop::collection::vec(any::<u8>(), 0..300),
        ciphertext in prop::collection::vec(any::<u8>(), 0..100),
        leaf_hash in any::<Hash>(), seqs in any::<(u64, u64)>(),
    ) {
        let mut row = Log::sample().rows.swap_remove(0);
        row.sealed.ciphertext = ciphertext;
        (row.leaf_bytes, row.leaf_hash) = (leaf_bytes, leaf_hash);
        (row.conversation_seq, row.global_seq) = seqs;
        let ring = keyring();
        let mut verifier = LogVerifier::new().with_keyring(&ring);
        prop_assert!(verifier.record(&row.entry()).is_err());
        prop_assert!(!verifier.finish(seqs.0, leaf_hash).is_good());
    }
}
