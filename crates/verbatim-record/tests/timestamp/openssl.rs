//! A timestamp authority run by `openssl ts`, made for each test: it answers our requests, and its own
//! verifier believes what we keep. Runs where `VERBATIM_TEST_OPENSSL` is set (`cargo xtask ci --only
//! timestamps`).

use std::fs;
use std::path::Path;
use std::process::Command;

use verbatim_record::bundle::{self, Given, Of, Selection, timestamp_paths};
use verbatim_record::report::State;
use verbatim_record::timestamp::{TimestampError, check, request};

use crate::fixture::{Gone, World, policy, time};

const NOTE: &[u8] = b"archive.firm.example/log\n7\nAAAA\n";
const NONCE: u64 = 0xfedc_ba98_7654_3210;

/// What distinguishes authorities.
struct Kind {
    name: &'static str,
    key: &'static [&'static str],
    digest: &'static str,
    extensions: &'static str,
    days: &'static str,
}

const EXTENSIONS: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                          extendedKeyUsage=critical,timeStamping\n";
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];

const fn kind(name: &'static str, key: &'static [&'static str], digest: &'static str) -> Kind {
    Kind {
        name,
        key,
        digest,
        extensions: EXTENSIONS,
        days: "10",
    }
}

fn asked_for() -> bool {
    let asked = std::env::var_os("VERBATIM_TEST_OPENSSL").is_some();
    if !asked {
        eprintln!("skipped: VERBATIM_TEST_OPENSSL is not set");
    }
    asked
}

/// Runs `openssl` in a folder; whether it succeeded.
fn openssl(dir: &Path, arguments: &[&str]) -> bool {
    let ran = Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("openssl runs");
    if !ran.status.success() {
        eprintln!(
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    ran.status.success()
}

/// Makes an authority: `ca.pem`, and what `openssl ts -reply` needs.
fn authority(dir: &Path, kind: &Kind) {
    let must = |arguments: &[&str]| assert!(openssl(dir, arguments), "{}", kind.name);
    let key = |file: &str| must(&[&["genpkey", "-out", file][..], kind.key].concat());
    key("ca.key");
    key("tsa.key");
    must(&[
        "req",
        "-x509",
        "-new",
        "-key",
        "ca.key",
        "-days",
        "20",
        "-subj",
        "/CN=root",
        "-out",
        "ca.pem",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign",
    ]);
    must(&[
        "req",
        "-new",
        "-key",
        "tsa.key",
        "-subj",
        "/CN=authority",
        "-out",
        "tsa.csr",
    ]);
    fs::write(dir.join("extensions"), kind.extensions).unwrap();
    must(&[
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "77",
        "-days",
        kind.days,
        "-extfile",
        "extensions",
        "-out",
        "tsa.pem",
    ]);
    fs::write(dir.join("serial"), "0A").unwrap();
    let config = format!(
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest={}\n\
         default_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\ncerts=ca.pem\n",
        kind.digest
    );
    fs::write(dir.join("ts.cnf"), config).unwrap();
}

fn stamp(dir: &Path) -> Option<Vec<u8>> {
    stamp_text(dir, NOTE)
}

fn stamp_text(dir: &Path, text: &[u8]) -> Option<Vec<u8>> {
    fs::write(dir.join("request.tsq"), request(text, NONCE).unwrap()).unwrap();
    let reply = [
        "ts",
        "-reply",
        "-config",
        "ts.cnf",
        "-queryfile",
        "request.tsq",
        "-out",
        "reply.tsr",
    ];
    openssl(dir, &reply).then(|| fs::read(dir.join("reply.tsr")).unwrap())
}

fn ca(dir: &Path) -> String {
    fs::read_to_string(dir.join("ca.pem")).unwrap()
}

#[test]
fn openssl_and_we_believe_each_other() {
    if !asked_for() {
        return;
    }
    for kind in [
        kind("RSA", RSA, "sha256"),
        kind("RSA, SHA-512", RSA, "sha512"),
        kind("P-256", P256, "sha256"),
        kind("P-384", P384, "sha384"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        authority(dir.path(), &kind);
        let reply = stamp(dir.path()).expect(kind.name);
        let stamped = check(&reply, NOTE, Some(NONCE), &ca(dir.path()));
        let stamped = stamped.unwrap_or_else(|e| panic!("{}: {e}", kind.name));
        assert_eq!(
            (stamped.serial.as_str(), stamped.policy.as_str()),
            ("0b", "1.2.3.4")
        );
        // By the request and by the bytes, as an examiner would.
        fs::write(dir.path().join("note"), NOTE).unwrap();
        for by in [["-queryfile", "request.tsq"], ["-data", "note"]] {
            let verify = [
                "ts",
                "-verify",
                by[0],
                by[1],
                "-in",
                "reply.tsr",
                "-CAfile",
                "ca.pem",
            ];
            assert!(openssl(dir.path(), &verify), "{} {by:?}", kind.name);
        }
    }
}

#[test]
fn both_refuse_the_same() {
    if !asked_for() {
        return;
    }
    let mut not_for_timestamps = kind("a server's certificate", P256, "sha256");
    not_for_timestamps.extensions = "extendedKeyUsage=critical,serverAuth\n";
    let mut more_than_timestamps = kind("a certificate for more", P256, "sha256");
    more_than_timestamps.extensions = "extendedKeyUsage=critical,timeStamping,codeSigning\n";
    for kind in [not_for_timestamps, more_than_timestamps] {
        let dir = tempfile::tempdir().unwrap();
        authority(dir.path(), &kind);
        // Such an authority does not even start; its signature cannot be had.
        assert_eq!(stamp(dir.path()), None, "{}", kind.name);
    }
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    authority(ours.path(), &kind("ours", P256, "sha256"));
    authority(theirs.path(), &kind("theirs", P256, "sha256"));
    let reply = stamp(theirs.path()).unwrap();
    let refused = check(&reply, NOTE, Some(NONCE), &ca(ours.path()));
    assert!(
        matches!(refused, Err(TimestampError::Untrusted(_))),
        "{refused:?}"
    );
    fs::copy(ours.path().join("ca.pem"), theirs.path().join("other.pem")).unwrap();
    let verify = [
        "ts",
        "-verify",
        "-queryfile",
        "request.tsq",
        "-in",
        "reply.tsr",
        "-CAfile",
        "other.pem",
    ];
    assert!(!openssl(theirs.path(), &verify));
}

/// A request that the authority does not serve, answered as the standard has it.
#[test]
fn a_real_refusal_is_told() {
    if !asked_for() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    authority(dir.path(), &kind("choosy", P256, "sha256"));
    let config = fs::read_to_string(dir.path().join("ts.cnf")).unwrap();
    let choosy = config.replace("digests=sha256", "digests=sha512");
    fs::write(dir.path().join("ts.cnf"), choosy).unwrap();
    let reply = stamp(dir.path()).unwrap();
    let refused = check(&reply, NOTE, Some(NONCE), &ca(dir.path()));
    assert!(
        matches!(refused, Err(TimestampError::Refused { status: 2, .. })),
        "{refused:?}"
    );
}

/// What stands in a bundle is believed by OpenSSL too, as `VERIFY.txt` has it, whatever the sizes.
#[test]
fn openssl_believes_what_is_in_bundles() {
    if !asked_for() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    authority(dir.path(), &kind("P-256", P256, "sha256"));
    let other = tempfile::tempdir().unwrap();
    authority(other.path(), &kind("another", P256, "sha256"));
    for (records, size) in [
        (1, 1),
        (7, 8),
        (256, 256),
        (600, 257),
        (66_000, 300),
        (66_000, 65_537),
    ] {
        let mut world = World::long(records);
        // The last record alone, which lies elsewhere than where the log was stamped.
        let head = world.export(&Selection {
            of: Of::All,
            from_ms: time(records as i64 - 1),
            to_ms: None,
        });
        let text = world.checkpoint_at(size).1.text;
        world.stamp = Some((size, stamp_text(dir.path(), text.as_bytes()).unwrap()));
        let bundle = world.bundle_of(head, &Gone::new());
        for (ca, expected) in [
            (ca(dir.path()), State::Proved),
            (ca(other.path()), State::NotProved),
        ] {
            let policy = policy();
            let given = Given {
                policy: Some(&policy),
                since: None,
                tsa_ca: Some(&ca),
            };
            let found = bundle::check(&bundle, given, &mut |_, _| {});
            assert_eq!(found.verdict(), expected, "{size} of {records}: {found}");
        }
        for path in timestamp_paths(size) {
            let name = path.replace(&format!("timestamps/{size}."), "kept.");
            fs::write(dir.path().join(name), &bundle.0[&path]).unwrap();
        }
        let sed = Command::new("sed")
            .args(["/^$/,$d", "kept.checkpoint"])
            .current_dir(dir.path())
            .output();
        fs::write(dir.path().join("text"), sed.unwrap().stdout).unwrap();
        let verify = [
            "ts", "-verify", "-data", "text", "-in", "kept.tsr", "-CAfile", "ca.pem",
        ];
        assert!(openssl(dir.path(), &verify), "{size} of {records}");
    }
}
