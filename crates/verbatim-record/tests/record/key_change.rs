//! A log that changes its key: what a policy with several keys believes, and the statement of the change.

use verbatim_domain::Timestamp;
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::key_change::KeyChange;
use verbatim_record::note::{Algorithm, NoteError};
use verbatim_record::policy::Policy;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Frontier, Note, Signer};

use crate::common::{check_golden, golden};

const LOG: &str = "log.example/acme";

fn old() -> FileSigner {
    FileSigner::from_seed(LOG, Algorithm::Ed25519, &[1; 32]).unwrap()
}

fn new() -> FileSigner {
    FileSigner::from_seed(LOG, Algorithm::EcdsaP256, &[2; 32]).unwrap()
}

fn signed(size: u64, signers: &[&FileSigner]) -> Note {
    let checkpoint = Checkpoint {
        origin: LOG.into(),
        size,
        root: Frontier::new().root(),
    };
    let mut note = checkpoint.sign(signers[0]).unwrap();
    for signer in &signers[1..] {
        note.signatures
            .extend(checkpoint.sign(*signer).unwrap().signatures);
    }
    note
}

#[test]
fn each_key_counts_for_its_sizes() {
    let policy =
        Policy::of_log(old().verifier().clone()).with_next_key(new().verifier().clone(), 10);
    let text = format!("{}quorum none\n", policy.log_lines());
    assert_eq!(text.parse::<Policy>().unwrap(), policy, "{text}");
    check_golden("policy-2.txt", &text);
    let (old, new) = (old(), new());
    for (size, signers, good) in [
        (0, vec![&old], true),
        (10, vec![&old], true),
        // The old key has had its day, and the new one had not begun.
        (11, vec![&old], false),
        (10, vec![&new], false),
        (11, vec![&new], true),
        (12, vec![&new, &old], true),
        (12, vec![&old, &new], true),
        (10, vec![&new, &old], true),
    ] {
        let opened = policy.open(&signed(size, &signers));
        match (good, &opened) {
            (true, Ok(_)) | (false, Err(CheckpointError::OutOfRange { .. })) => {}
            _ => panic!("{size} by {}: {opened:?}", signers.len()),
        }
    }
    // One signature that does not fit spoils the other.
    let mut note = signed(12, &[&new, &old]);
    note.signatures[1].bytes[9] ^= 1;
    let spoilt = policy.open(&note);
    assert!(matches!(
        spoilt,
        Err(CheckpointError::Note(NoteError::BadSignature(_)))
    ));
    // Who knows one of the two believes what both have signed, and what that one has.
    for key in [old.verifier(), new.verifier()] {
        let one = Policy::of_log(key.clone());
        one.open(&signed(12, &[&new, &old])).unwrap();
        one.open(&signed(5, &[&new, &old])).unwrap();
    }
}

#[test]
fn ranges_that_cannot_be_are_refused() {
    let key = old().verifier().to_string();
    let cosigner = FileSigner::from_seed("w.example", Algorithm::CosignatureEd25519, &[4; 32]);
    let cosigner = cosigner.unwrap().verifier().to_string();
    for (lines, why) in [
        (format!("log {key}\n#sizes 5"), None),
        (format!("log {key}\n#sizes 5 5"), None),
        (format!("log {key}\n# sizes as one likes"), None),
        (format!("log {key}\n\n# of 2026\n#sizes 5"), None),
        (
            format!("#sizes 5\nlog {key}"),
            Some("the line before it is no log's"),
        ),
        (
            format!("log {key}\nwitness w {cosigner}\n#sizes 5"),
            Some("the line before it is no log's"),
        ),
        (
            format!("log {key}\n#sizes 5\n#sizes 0"),
            Some("the line before it is no log's"),
        ),
        (format!("log {key}\n#sizes five"), Some("not a number")),
        (format!("log {key}\n#sizes 5 4"), Some("from the first on")),
        (format!("log {key}\n#sizes 05"), Some("not a number")),
        (format!("log {key}\n#sizes 1 2 3"), Some("not one of")),
        (format!("log {key}\n#sizes"), Some("not one of")),
        (format!("log {key}\nlog {key}"), Some("there already")),
    ] {
        match (format!("{lines}\nquorum none").parse::<Policy>(), why) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{lines}: {error}"),
            (read, why) => panic!("{lines}: {read:?}, expected {why:?}"),
        }
    }
}

#[test]
fn the_statement_of_a_change_is_by_both_keys() {
    let (old, new) = (old(), new());
    let note = KeyChange::sign([0xaa; 16], Timestamp(1_795_000_000_000), &old, &new).unwrap();
    check_golden("key-change-1.note", &note.to_string());
    let read = Note::parse(&golden("key-change-1.note")).unwrap();
    let change = KeyChange::open(&read).unwrap();
    assert_eq!((&change.old, &change.new), (old.verifier(), new.verifier()));
    assert_eq!(change.log, [0xaa; 16]);

    let refused = |what: &str, alter: &dyn Fn(&mut Note)| {
        let mut altered = note.clone();
        alter(&mut altered);
        assert!(KeyChange::open(&altered).is_err(), "{what}");
    };
    refused("without the old", &|n| drop(n.signatures.remove(0)));
    refused("without the new", &|n| drop(n.signatures.remove(1)));
    refused("another version", &|n| {
        n.text = n.text.replace("key: 1", "key: 2")
    });
    refused("another time", &|n| {
        n.text = n.text.replace("at: 1", "at: 2")
    });
    refused("more", &|n| n.text.push_str("more: 1\n"));
    let text = note.to_string();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let read = String::from_utf8(bytes)
            .ok()
            .and_then(|t| Note::parse(&t).ok());
        assert!(
            read.is_none_or(|note| KeyChange::open(&note).is_err()),
            "byte {at}"
        );
    }
    // To itself, or to another log's name, is no change.
    let twin = KeyChange::sign([0; 16], Timestamp(1), &old, &old).unwrap();
    assert!(KeyChange::open(&twin).is_err());
    let other = FileSigner::from_seed("other", Algorithm::Ed25519, &[3; 32]).unwrap();
    let other = KeyChange::sign([0; 16], Timestamp(1), &old, &other).unwrap();
    assert!(KeyChange::open(&other).is_err());
}
