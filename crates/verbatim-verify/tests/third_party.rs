//! Bundles under the eyes of somebody else's program.
//!
//! It runs where `VERBATIM_THIRD_PARTY` names the program (`cargo xtask ci --only third-party` builds it),
//! which is a check of its own: without it, there is nothing to compare with.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

#[path = "../../verbatim-record/tests/bundle/fixture.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fixture::*;
use tempfile::TempDir;
use verbatim_record::bundle::{MemoryFolder, Of, Selection};
use verbatim_record::{Certificate, Kind, Note, Signer, VerifierKey};

fn program() -> Option<PathBuf> {
    std::env::var_os("VERBATIM_THIRD_PARTY").map(PathBuf::from)
}

fn write(folder: &MemoryFolder) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in &folder.0 {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    dir
}

fn examine(program: &Path, bundle: &Path, older: Option<&Path>) -> Output {
    examine_by(signer().verifier(), program, bundle, older)
}

fn examine_by(key: &VerifierKey, program: &Path, bundle: &Path, older: Option<&Path>) -> Output {
    let mut command = Command::new(program);
    command.arg(bundle).arg(key.to_string()).args(older);
    command.output().unwrap()
}

#[test]
fn it_finds_bundles_right() {
    let Some(program) = program() else { return };
    for (before, after) in [(0, 0), (5, 3), (255, 0), (256, 700), (66_000, 10)] {
        let mut world = World::long(before);
        let head = world.export(&of(Of::Conversation(conversation(2))));
        for number in 0..after {
            let body = text(&format!("later{number}"), "later");
            world.append(conversation(3), Kind::MessageIn, None, &body);
        }
        let dir = write(&world.bundle_of(head, &Gone::new()));
        let answer = examine(&program, dir.path(), None);
        assert!(answer.status.success(), "{before}+{after}: {answer:?}");
        let of_it = (0..before).filter(|n| n % 3 == 1).count();
        let words = String::from_utf8(answer.stdout).unwrap();
        assert_eq!(words, format!("{} records are in the log\n", of_it + 1));
    }
}

#[test]
fn it_believes_a_log_that_signs_with_ecdsa_and_finds_an_altered_signature() {
    let Some(program) = program() else { return };
    let mut world = World::long(300);
    world.signer = ecdsa_signer();
    let whole = world.bundle(&all(), &[4, 5, 90]);
    let key = world.signer.verifier();
    let answer = examine_by(key, &program, write(&whole).path(), None);
    assert!(answer.status.success(), "{answer:?}");
    let other = examine(&program, write(&whole).path(), None);
    assert!(!other.status.success(), "{other:?}");
    let mut altered = whole.clone();
    let note = altered.0.get_mut("log/checkpoint").unwrap();
    let at = note.len() - 10;
    note[at] = if note[at] == b'B' { b'C' } else { b'B' };
    let answer = examine_by(key, &program, write(&altered).path(), None);
    assert!(!answer.status.success(), "{answer:?}");
}

#[test]
fn it_compares_checkpoints() {
    let Some(program) = program() else { return };
    let mut world = World::long(300);
    let dir = write(&world.bundle(&all(), &[]));
    let rewritten = {
        let mut other = World::small();
        other.append(conversation(1), Kind::MessageIn, None, &text("x", "other"));
        other.checkpoint().1
    };
    for (note, expected) in [
        (world.checkpoint_at(100).1, true),
        (world.checkpoint_at(256).1, true),
        (rewritten, false),
    ] {
        let older = dir.path().join("older");
        fs::write(&older, note.to_string()).unwrap();
        let answer = examine(&program, dir.path(), Some(&older));
        assert_eq!(answer.status.success(), expected, "{answer:?}");
    }
}

/// A bundle suffices to see that the log which was stamped is the beginning of its own.
#[test]
fn it_compares_the_stamped_checkpoint() {
    let Some(program) = program() else { return };
    let mut world = World::long(600);
    world.stamp = Some((300, LONG_300.to_vec()));
    let selection = Selection {
        of: Of::Conversation(conversation(1)),
        from_ms: time(550),
        to_ms: None,
    };
    let dir = write(&world.bundle(&selection, &[]));
    let stamped = dir.path().join("timestamps/300.checkpoint");
    let answer = examine(&program, dir.path(), Some(&stamped));
    assert!(answer.status.success(), "{answer:?}");
    fs::remove_file(dir.path().join("log/tile/0/001")).unwrap();
    let answer = examine(&program, dir.path(), Some(&stamped));
    assert!(!answer.status.success(), "{answer:?}");
}

#[test]
fn it_finds_altered_bundles_wrong() {
    let Some(program) = program() else { return };
    let whole = World::long(300).bundle(&all(), &[4, 5, 90]);
    assert!(
        examine(&program, write(&whole).path(), None)
            .status
            .success()
    );
    // What it does not look at: our own page and words.
    let looks = |path: &&String| path.starts_with("log/") || path.ends_with(".jsonl");
    for path in whole.0.keys().filter(looks) {
        let mut folder = whole.clone();
        let bytes = folder.0.get_mut(path).unwrap();
        let at = match path.as_str() {
            "certificates.jsonl" => find(bytes, b"range: 4 ") - 1,
            "records-1.jsonl" => find(bytes, b"\"leaf\":\"") + 100,
            "keys-1.jsonl" => find(bytes, b"\"key\":\"") + 10,
            "log/checkpoint" => find(bytes, b"/acme\n") + 1,
            _ => bytes.len() / 2,
        };
        bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
        let dir = write(&folder);
        let answer = examine(&program, dir.path(), None);
        assert!(!answer.status.success(), "{path}: {answer:?}");
    }
}

/// Signed by the log's key and about the record, and still not to be believed.
#[test]
fn it_finds_certificates_of_what_nobody_may_do_wrong() {
    let Some(program) = program() else { return };
    type Change = fn(&mut Certificate);
    let changes: [(&str, Change, bool); 4] = [
        ("right", |_| {}, true),
        ("too early", |c| c.bucket.expiry_month += 1, false),
        (
            "one person",
            |c| c.approved.actor = c.proposed.actor.clone(),
            false,
        ),
        ("in advance", |c| c.destroyed_at.0 += 3_600_000, false),
    ];
    for (name, change, expected) in changes {
        let mut world = World::small();
        let mut certificate = certificate_of(&[3]);
        change(&mut certificate);
        let note = Note::sign(certificate.to_text(), &world.signer).unwrap();
        let at = world.certify(&note.to_string());
        let head = world.export(&all());
        let dir = write(&world.bundle_of(head, &Gone::from([(3, at)])));
        let answer = examine(&program, dir.path(), None);
        assert_eq!(answer.status.success(), expected, "{name}: {answer:?}");
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|w| w == wanted)
        .unwrap()
        + wanted.len()
}
