//! The program, as an examiner runs it: what it answers and with which code it ends.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

#[path = "../../verbatim-record/tests/bundle/fixture.rs"]
mod fixture;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use fixture::*;
use tempfile::TempDir;
use verbatim_record::bundle::MemoryFolder;
use verbatim_record::note::Algorithm;
use verbatim_record::proof::inclusion;
use verbatim_record::signing::FileSigner;
use verbatim_record::tlog_proof::TlogProof;
use verbatim_record::{Note, Signer};

fn write(folder: &MemoryFolder) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in &folder.0 {
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    dir
}

/// Exit code and output.
fn verify(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verbatim-verify"));
    let output = command.args(arguments).output().unwrap();
    let mut words = String::from_utf8(output.stdout).unwrap();
    words.push_str(std::str::from_utf8(&output.stderr).unwrap());
    (output.status.code().unwrap(), words)
}

fn check(arguments: &[&str], code: i32, expected: &str) {
    let (found, words) = verify(arguments);
    assert_eq!(found, code, "{arguments:?}: {words}");
    assert!(words.contains(expected), "{arguments:?}: {words}");
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn bundles() {
    let mut world = World::small();
    let dir = write(&world.bundle(&all(), &[]));
    let files = tempfile::tempdir().unwrap();
    let policy = files.path().join("policy");
    fs::write(&policy, policy_text()).unwrap();
    let since = files.path().join("since");
    fs::write(&since, world.checkpoint_at(3).1.to_string()).unwrap();
    let key = signer().verifier().to_string();
    let (dir_path, policy, since) = (path(dir.path()), path(&policy), path(&since));

    check(
        &["bundle", dir_path, "--policy", policy],
        0,
        "All 7 records stand in that log",
    );
    check(
        &["bundle", dir_path, "--key", &key, "--since", since],
        0,
        "Nothing was rewritten",
    );
    check(&["bundle", dir_path], 3, "The policy is the bundle's own");
    check(
        &["--json", "bundle", dir_path, "--key", &key],
        0,
        "\"verdict\":\"proved\"",
    );
    check(
        &["bundle", "/nowhere", "--key", &key],
        2,
        "/nowhere is not a folder",
    );
    check(&["bundle", dir_path, "--key", "nonsense"], 2, "--key");
    check(&["bundle", dir_path, "--policy", since], 2, "policy");
    check(
        &["bundle", dir_path, "--policy", policy, "--key", &key],
        2,
        "cannot be used",
    );

    let mut disposed = world.bundle(&all(), &[2, 5]);
    let whole = write(&disposed);
    let said = "not disclosed: 2, 5. The log certifies that their key was destroyed at";
    check(&["bundle", path(whole.path()), "--key", &key], 0, said);
    check(&["bundle", path(whole.path())], 3, said);
    disposed.0.remove("certificates.jsonl");
    reseal(&mut disposed, |_| {});
    let without = write(&disposed);
    check(
        &["bundle", path(without.path()), "--key", &key],
        1,
        "record 2: it is not disclosed, and its certificate, record 8, is not in certificates.jsonl",
    );

    fs::write(dir.path().join("keys-1.jsonl"), "").unwrap();
    check(
        &["bundle", dir_path, "--key", &key],
        1,
        "keys-1.jsonl was altered",
    );
    check(
        &["--json", "bundle", dir_path, "--key", &key],
        1,
        "\"verdict\":\"wrong\"",
    );
}

#[test]
fn bundles_with_timestamps() {
    let mut folder = World::stamped().bundle(&all(), &[]);
    let dir = write(&folder);
    let files = tempfile::tempdir().unwrap();
    let [ca, other] = ["ca.pem", "other.pem"].map(|name| files.path().join(name));
    fs::write(&ca, CA).unwrap();
    fs::write(
        &other,
        include_str!("../../verbatim-record/testdata/timestamp/rsa.pem"),
    )
    .unwrap();
    let key = signer().verifier().to_string();
    let check_with = |dir: &TempDir, ca: &[&str], code, expected: &str| {
        let mut arguments = vec!["bundle", path(dir.path()), "--key", &key];
        arguments.extend(ca);
        check(&arguments, code, expected);
    };
    let (ca, other) = (["--tsa-ca", path(&ca)], ["--tsa-ca", path(&other)]);
    let said = "The records up to position 5 existed before 2026-11-23T18:52:46.000Z, says CN=bundle test authority";
    check_with(&dir, &ca, 0, said);
    check_with(&dir, &[], 0, "Who signed it was not proved");
    check_with(&dir, &other, 3, "not by a trusted authority");
    check_with(
        &dir,
        &["--tsa-ca", "/nowhere"],
        2,
        "/nowhere cannot be read",
    );
    let none = write(&World::small().bundle(&all(), &[]));
    check_with(&none, &ca, 3, "There is no timestamp here");
    folder.0.remove("timestamps/6.checkpoint");
    reseal(&mut folder, |_| {});
    let half = write(&folder);
    let said = "timestamps/6.tsr is here without timestamps/6.checkpoint";
    check_with(&half, &[], 1, said);
}

#[test]
fn logs_in_folders_and_over_http() {
    let world = World::long(600);
    let mut published = world.published();
    let dir = write(&published);
    let key = signer().verifier().to_string();
    let dir_path = path(dir.path());
    check(&["log", dir_path, "--key", &key], 0, "--full looks at each");
    check(
        &["log", dir_path, "--key", &key, "--full"],
        0,
        "All 600 records are whole",
    );
    check(&["log", dir_path], 2, "--key VKEY or --policy FILE");

    // Partial files that were replaced by full ones since.
    let larger = World::long(768).published();
    for file in ["tile/0/002", "tile/entries/002"] {
        published.0.remove(&format!("{file}.p/88"));
        published.0.insert(file.to_owned(), larger.0[file].clone());
    }
    let (address, server) = serve(published.clone());
    check(
        &["log", &address, "--key", &key, "--full"],
        0,
        "All 600 records are whole",
    );
    published.0.remove("tile/0/001");
    server.replace(published);
    check(
        &["log", &address, "--key", &key, "--full"],
        1,
        "tile/0/001 cannot be read",
    );
    check(
        &["log", &format!("{address}/none"), "--key", &key],
        1,
        "there is no checkpoint",
    );
}

#[test]
fn proofs() {
    let world = World::long(300);
    let hashes: Vec<_> = world.records.iter().map(|(_, leaf)| leaf.hash()).collect();
    let leaf = world.records[123].1.encode();
    let proof = TlogProof {
        entry: Some(leaf.clone()),
        index: 123,
        hashes: inclusion(123, 300, hashes.as_slice()).unwrap(),
        checkpoint: world.checkpoint().1,
    };
    let dir = tempfile::tempdir().unwrap();
    let [with, without, entry] = ["with", "without", "entry"].map(|name| dir.path().join(name));
    fs::write(&with, proof.to_string()).unwrap();
    fs::write(
        &without,
        TlogProof {
            entry: None,
            ..proof.clone()
        }
        .to_string(),
    )
    .unwrap();
    fs::write(&entry, &leaf).unwrap();
    let key = signer().verifier().to_string();
    check(&["proof", path(&with), "--key", &key], 0, "at position 123");
    check(&["proof", path(&without), "--key", &key], 2, "--leaf");
    check(
        &[
            "proof",
            path(&without),
            "--key",
            &key,
            "--leaf",
            path(&entry),
        ],
        0,
        "kind message_in",
    );
    let other = world.records[124].1.encode();
    fs::write(&entry, other).unwrap();
    check(
        &["proof", path(&with), "--key", &key, "--leaf", path(&entry)],
        1,
        "another root",
    );
}

#[test]
fn timestamps() {
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../verbatim-record/testdata/timestamp");
    let stamped = fs::read_to_string(golden.join("stamped.txt")).unwrap();
    let origin = stamped.lines().next().unwrap();
    let log = FileSigner::from_seed(origin, Algorithm::Ed25519, &[9; 32]).unwrap();
    let key = log.verifier().to_string();
    let dir = tempfile::tempdir().unwrap();
    let [right, other] = ["right", "other"].map(|name| dir.path().join(name));
    fs::write(
        &right,
        Note::sign(stamped.clone(), &log).unwrap().to_string(),
    )
    .unwrap();
    let larger = stamped.replace("200000", "200001");
    fs::write(&other, Note::sign(larger, &log).unwrap().to_string()).unwrap();
    let (response, ca) = (golden.join("p256.tsr"), golden.join("p256.pem"));
    let another = golden.join("rsa.pem");
    let [response, ca, another] = [&response, &ca, &another].map(|p| path(p));
    let check_with = |note: &Path, ca: &str, key: &str, code, expected: &str| {
        let arguments = ["timestamp", path(note), response, "--ca", ca, "--key", key];
        check(&arguments, code, expected);
    };
    check_with(
        &right,
        ca,
        &key,
        0,
        "The first 200000 records of that log existed at 2026-11-",
    );
    check_with(&other, ca, &key, 1, "about other bytes");
    check_with(&right, another, &key, 1, "not by a trusted authority");
    check_with(
        &right,
        ca,
        &signer().verifier().to_string(),
        1,
        "no signature is by a key",
    );
}

/// A server of files, as simple as can be: it lives as long as the test.
struct Files(std::sync::Arc<std::sync::Mutex<MemoryFolder>>);

impl Files {
    fn replace(&self, folder: MemoryFolder) {
        *self.0.lock().unwrap() = folder;
    }
}

fn serve(folder: MemoryFolder) -> (String, Files) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let files = std::sync::Arc::new(std::sync::Mutex::new(folder));
    let shared = files.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            // The rest of the head, so that nothing is left unread when the connection ends.
            while lines.next().unwrap().is_ok_and(|line| !line.is_empty()) {}
            let wanted = first.split(' ').nth(1).unwrap().trim_start_matches('/');
            let found = shared.lock().unwrap().0.get(wanted).cloned();
            let status = if found.is_some() {
                "200 OK"
            } else {
                "404 Not Found"
            };
            let body = found.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    (address, Files(files))
}
