//! What it must not forget: crashes, restarts, clocks, rivals, damage.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier};
use std::thread;

use support::{Cutting, Hands, Log, START, WITNESS, body, folder, open, open_with, time_of};
use verbatim_record::{Checkpoint, Note, Signer, VerifierKey};
use verbatim_witness::{Folder, FolderError, RealDisk, Refusal, Submission, Witness};

fn submit(witness: &Witness, body: &str) -> Result<u64, Refusal> {
    let submission = Submission::parse(body)?;
    let signature = witness.submit(&submission)?;
    Ok(time_of(&submission.note, &signature, witness.key()))
}

/// The one file of the one log.
fn state(dir: &Path) -> PathBuf {
    let mut files = fs::read_dir(dir.join("checkpoints")).unwrap();
    let file = files.next().expect("a checkpoint").unwrap().path();
    assert!(files.next().is_none(), "one file only");
    file
}

#[test]
fn a_restart_forgets_nothing() {
    let dir = folder();
    let log = Log::known(20);
    submit(&open(dir.path()), &log.body(0, 10)).unwrap();
    let again = open(dir.path());
    assert_eq!(submit(&again, &log.body(0, 20)), Err(Refusal::Size(10)));
    assert!(matches!(
        submit(&again, &Log::forked(5, 20).body(10, 20)),
        Err(Refusal::Inconsistent(_))
    ));
    submit(&again, &log.body(10, 20)).unwrap();
}

/// The log has changed its key at ten records: whoever stole the old one cannot have more cosigned.
#[test]
fn a_key_that_was_replaced_does_not_count_for_more() {
    let dir = folder();
    let (old, mut new) = (Log::known(20), Log::known(20));
    new.signer = Log::new(support::ORIGIN, 2, "", 0).signer;
    let (first, second) = (old.signer.verifier(), new.signer.verifier());
    let policy = format!("log {second}\n#sizes 11\nlog {first}\n#sizes 0 10\nquorum none\n");
    fs::write(dir.path().join("logs.policy"), policy).unwrap();
    let witness = open(dir.path());
    let is_refused = |body: &str| matches!(submit(&witness, body), Err(Refusal::Unsigned(_)));
    assert!(is_refused(&new.body(0, 10)), "a new key for an old size");
    submit(&witness, &old.body(0, 10)).unwrap();
    assert!(is_refused(&old.body(10, 20)), "an old key for a new size");
    submit(&witness, &new.body(10, 20)).unwrap();
}

/// A log that changes its key signs with both. Whoever knows the new key alone believes what is shown, though
/// this witness knows the old one.
#[test]
fn all_that_is_signed_in_the_logs_name_is_shown() {
    let dir = folder();
    let log = Log::known(10);
    let next = Log::new(support::ORIGIN, 2, "", 0).signer;
    let stranger = Log::new("other.example/log", 3, "", 0).signer;
    let mut note = log.note(10);
    for other in [&next, &stranger] {
        let signed = log.checkpoint(10).to_string();
        let signed = Note::sign(signed, other).unwrap();
        note.signatures.extend(signed.signatures);
    }
    submit(&open(dir.path()), &body("0", &[], &note.to_string())).unwrap();
    let shown = open(dir.path()).latest(&hex_of_origin()).unwrap();
    let shown = Note::parse(&shown).unwrap();
    let is_by = |key: &VerifierKey| shown.signatures.iter().any(|s| s.is_by(key));
    assert!(is_by(log.signer.verifier()) && is_by(next.verifier()));
    assert!(!is_by(stranger.verifier()));
    Checkpoint::open(&shown, next.verifier()).unwrap();
}

/// Anybody can add lines to a checkpoint that is public: no more of them are kept than can be read again.
#[test]
fn a_note_full_of_signatures_is_no_reason_not_to_start() {
    let dir = folder();
    let log = Log::known(20);
    let mut note = log.note(10);
    for n in 1..64 {
        let mut more = note.signatures[0].clone();
        if n % 2 == 0 {
            more.key_id = [n; 4];
        }
        note.signatures.insert(0, more);
    }
    submit(&open(dir.path()), &body("0", &[], &note.to_string())).unwrap();
    let again = open(dir.path());
    let shown = Note::parse(&again.latest(&hex_of_origin()).unwrap()).unwrap();
    Checkpoint::open(&shown, log.signer.verifier()).unwrap();
    submit(&again, &log.body(10, 20)).unwrap();
}

/// Dies at every step of keeping a checkpoint, before it and after it, and in every case also goes on
/// without dying, as after a disk error. Whatever happens, no two trees are cosigned that do not extend
/// one another.
#[test]
fn dies_at_every_step() {
    let (honest, forked) = (Log::known(30), Log::forked(5, 30));
    for (step, done) in (0..4).flat_map(|step| [(step, false), (step, true)]) {
        let dir = folder();
        submit(&open(dir.path()), &honest.body(0, 10)).unwrap();
        {
            let cut = open_with(dir.path(), Cutting::at(step, done), Hands::at(START));
            let refused = submit(&cut, &honest.body(10, 20));
            assert!(matches!(refused, Err(Refusal::Storage(_))), "{step} {done}");
        }
        let after = open(dir.path());
        let size = match submit(&after, &honest.body(20, 30)) {
            Ok(_) => 20,
            Err(Refusal::Size(10)) => 10,
            other => panic!("step {step}, done {done}: {other:?}"),
        };
        let renamed = (step, done) >= (2, true);
        assert_eq!(size == 20, renamed, "step {step}, done {done}");
        for old in [10, 20, 30] {
            let lie = submit(&after, &forked.body(old, 30));
            assert!(lie.is_err(), "step {step}, done {done}: {lie:?}");
        }
    }
}

#[test]
fn goes_on_after_a_disk_error() {
    let dir = folder();
    let (honest, size) = (Log::known(30), |n| Err(Refusal::Size(n)));
    submit(&open(dir.path()), &honest.body(0, 10)).unwrap();
    let clock = Hands::at(START);
    for step in 0..4 {
        let witness = open_with(dir.path(), Cutting::at(step, true), clock.clone());
        let before = witness.latest(&hex_of_origin());
        assert!(submit(&witness, &honest.body(10, 20)).is_err());
        // What was not given out is not shown either.
        assert_eq!(witness.latest(&hex_of_origin()), before);
        assert_eq!(submit(&witness, &honest.body(20, 30)), size(10));
        drop(witness);
        if step >= 2 {
            // It is on the disk all the same; put back for the next round.
            let path = state(dir.path());
            let text = before.unwrap();
            assert_ne!(fs::read_to_string(&path).unwrap(), text);
            fs::write(&path, text).unwrap();
        }
    }
}

fn hex_of_origin() -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(support::ORIGIN))
}

#[test]
fn of_two_rivals_one_wins() {
    for round in 0..20 {
        let dir = folder();
        let witness = Arc::new(open(dir.path()));
        submit(&witness, &Log::known(10).body(0, 10)).unwrap();
        let start = Arc::new(Barrier::new(2));
        let rivals = [Log::known(20), Log::forked(10, 20)].map(|log| {
            let (witness, start) = (witness.clone(), start.clone());
            let body = log.body(10, 20);
            thread::spawn(move || {
                start.wait();
                submit(&witness, &body)
            })
        });
        let mut answers = rivals.map(|rival| rival.join().unwrap());
        answers.sort_by_key(Result::is_err);
        assert!(answers[0].is_ok(), "round {round}");
        assert_eq!(answers[1], Err(Refusal::Size(20)), "round {round}");
    }
}

#[test]
fn time_does_not_run_backwards() {
    let dir = folder();
    let clock = Hands::at(START);
    let log = Log::known(40);
    let witness = open_with(dir.path(), RealDisk, clock.clone());
    assert_eq!(submit(&witness, &log.body(0, 10)), Ok(START));
    clock.0.store(START - 3600, Ordering::SeqCst);
    assert_eq!(submit(&witness, &log.body(10, 20)), Ok(START));
    drop(witness);
    let again = open_with(dir.path(), RealDisk, clock.clone());
    assert_eq!(submit(&again, &log.body(20, 30)), Ok(START));
    clock.0.store(START + 1, Ordering::SeqCst);
    assert_eq!(submit(&again, &log.body(30, 40)), Ok(START + 1));

    let dir = folder();
    let never = open_with(dir.path(), RealDisk, Hands::at(0));
    assert_eq!(
        submit(&never, &log.body(0, 10)),
        Ok(1),
        "zero would mean none"
    );
}

#[test]
fn one_process_a_folder() {
    let dir = folder();
    let first = open(dir.path());
    assert!(matches!(
        Folder::open(dir.path()),
        Err(FolderError::Locked(_))
    ));
    drop(first);
    Folder::open(dir.path()).unwrap();
    assert!(matches!(
        Folder::create(dir.path(), WITNESS, &[8; 32]),
        Err(FolderError::Exists(_))
    ));
}

/// Every byte of the state flipped, every length cut to, and other people's files in its place.
#[test]
fn damage_is_not_taken_for_an_empty_state() {
    let dir = folder();
    submit(&open(dir.path()), &Log::known(10).body(0, 10)).unwrap();
    let path = state(dir.path());
    let whole = fs::read(&path).unwrap();
    let check = |name: &str, bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let opened = Witness::open(folder, Box::new(RealDisk), Box::new(Hands::at(START)));
        assert!(matches!(opened, Err(FolderError::Damaged { .. })), "{name}");
    };
    let text = String::from_utf8(whole.clone()).unwrap();
    let log_line = text.find(&format!("\u{2014} {}", support::ORIGIN)).unwrap();
    let our_line = text.find(&format!("\u{2014} {WITNESS}")).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        // The log's own signature is not looked at again: ours covers what we remember.
        if !(log_line..our_line).contains(&at) {
            check(&format!("byte {at} flipped"), &flipped);
        }
        check(&format!("cut to {at} bytes"), &whole[..at]);
    }
    check("unsigned by us", &text.as_bytes()[..our_line]);
    fs::write(&path, &whole).unwrap();
    let moved = path.with_file_name(format!("{}.checkpoint", "0".repeat(64)));
    fs::rename(&path, moved).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let opened = Witness::open(folder, Box::new(RealDisk), Box::new(Hands::at(START)));
    assert!(
        matches!(opened, Err(FolderError::Damaged { .. })),
        "under another name"
    );
}

#[test]
fn what_was_being_written_is_left_alone() {
    let dir = folder();
    submit(&open(dir.path()), &Log::known(10).body(0, 10)).unwrap();
    let mut leftover = state(dir.path()).into_os_string();
    leftover.push(".new");
    fs::write(&leftover, "half of some").unwrap();
    submit(&open(dir.path()), &Log::known(20).body(10, 20)).unwrap();
    state(dir.path());
}

#[test]
fn folders_that_cannot_be_used() {
    let damaged = |break_it: &dyn Fn(&Path)| {
        let dir = folder();
        break_it(dir.path());
        Folder::open(dir.path()).unwrap_err()
    };
    let no_key = damaged(&|dir| fs::remove_file(dir.join("witness.key")).unwrap());
    assert!(matches!(no_key, FolderError::Io { .. }));
    let no_state = damaged(&|dir| fs::remove_dir(dir.join("checkpoints")).unwrap());
    assert!(matches!(no_state, FolderError::Damaged { .. }));
    let no_quorum = damaged(&|dir| fs::write(dir.join("logs.policy"), "log nonsense").unwrap());
    assert!(matches!(no_quorum, FolderError::Logs { .. }));
    let log_key = damaged(&|dir| {
        let key = Log::known(0).signer.to_text();
        fs::write(dir.join("witness.key"), key.as_str()).unwrap();
    });
    assert!(matches!(log_key, FolderError::Key { .. }));
    let name = Folder::create(Path::new("/nowhere"), "with space", &[1; 32]);
    assert!(matches!(name, Err(FolderError::Key { .. })));
}
