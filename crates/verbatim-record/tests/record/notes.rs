//! Signed notes, checkpoints, cosignatures and policies, against vectors of other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verbatim_record::checkpoint::{CheckpointError, cosign, cosigned_at};
use verbatim_record::note::{Algorithm, Note, NoteError, NoteSignature, Signer, VerifierKey};
use verbatim_record::policy::{Policy, Witness};
use verbatim_record::signing::FileSigner;
use verbatim_record::{Checkpoint, Frontier};

/// From the specification of signed notes.
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// Made with Rust's signed_note, checked with Go's sumdb/note and an independent Python program.
const LOG_KEY: &str =
    "archive.firm.example/log+12bbd4ee+Acc7/hYb8ICI7RhurKUG7gvlP27xMIWYK8yVRXcQeVm3";
const LOG_NOTE: &str = "archive.firm.example/log\n200000\n\
    70uJ1Dmi+EjOTAZBOyOJitYxitLDblCQuf99hdm1PGA=\n\n\u{2014} archive.firm.example/log \
    ErvU7uVlf5bUC4uqQ+BABksSL0lSxluKQOJ+7C9D96muPQRoJdM0tD9dnlLVY/OwzflqLcHnZfSnTEbfdsdKL11iyg4=\n";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn signer(name: &str, algorithm: Algorithm, seed: u8) -> FileSigner {
    FileSigner::from_seed(name, algorithm, &[seed; 32]).unwrap()
}

fn witness(name: &str, seed: u8) -> (FileSigner, Witness) {
    let signer = signer(name, Algorithm::CosignatureEd25519, seed);
    let key = signer.verifier().clone();
    let (name, url) = (name.to_owned(), None);
    (signer, Witness { name, key, url })
}

#[test]
fn vectors_of_others_are_believed_and_written_alike() {
    for (key_text, note) in [(SPEC_KEY, SPEC_NOTE), (LOG_KEY, LOG_NOTE)] {
        let key = key(key_text);
        assert_eq!(key.to_string(), key_text);
        let read = Note::parse(note).unwrap();
        assert_eq!(read.to_string(), note);
        read.check(&[key]).unwrap();
    }
    let note = Note::parse(LOG_NOTE).unwrap();
    let checkpoint = Checkpoint::open(&note, &key(LOG_KEY)).unwrap();
    assert_eq!(checkpoint.size, 200_000);
    assert_eq!(checkpoint.to_string(), note.text);
}

#[test]
fn any_altered_byte_is_noticed() {
    let log = key(LOG_KEY);
    for at in 0..LOG_NOTE.len() {
        let mut bytes = LOG_NOTE.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let believed = Note::parse(&text).is_ok_and(|note| Checkpoint::open(&note, &log).is_ok());
        assert!(!believed, "byte {at}");
    }
}

#[test]
fn malformed_notes_are_refused() {
    let line = "\u{2014} a AAAAAAA=\n";
    let many = format!("text\n\n{}", line.repeat(65));
    for (note, why) in [
        ("", "it has no signatures"),
        ("text\n", "it has no signatures"),
        ("text\n\n", "its last line has no end"),
        ("text\n\n\u{2014} a AAAAAAA=", "its last line has no end"),
        (
            "te\u{7}xt\n\n\u{2014} a AAAAAAA=\n",
            "it has control characters in it",
        ),
        (many.as_str(), "it has too many signatures"),
        (
            "text\n\n- a AAAAAAA=\n",
            "a line of signature is not `— name base64`",
        ),
        (
            "text\n\n\u{2014} a+b AAAAAAA=\n",
            "a line of signature is not `— name base64`",
        ),
        (
            "text\n\n\u{2014} a AAAA\n",
            "a line of signature is not `— name base64`",
        ),
    ] {
        assert_eq!(
            Note::parse(note),
            Err(NoteError::Malformed(why)),
            "{note:?}"
        );
    }
    // A text may hold empty lines: the last one divides.
    let note = Note::parse(&format!("one\n\ntwo\n\n{line}")).unwrap();
    assert_eq!(note.text, "one\n\ntwo\n");
}

#[test]
fn keys_that_are_not_ours_are_ignored_and_ours_must_fit() {
    let ours = signer("log", Algorithm::Ed25519, 1);
    let theirs = signer("other", Algorithm::Ed25519, 2);
    let mut note = Note::sign("text\n".into(), &theirs).unwrap();
    let keys = [ours.verifier().clone()];
    assert_eq!(note.check(&keys), Err(NoteError::NoTrustedSignature));
    // The same name with another id is another key.
    let twin = signer("log", Algorithm::Ed25519, 3);
    note.signatures
        .extend(Note::sign("text\n".into(), &twin).unwrap().signatures);
    assert_eq!(note.check(&keys), Err(NoteError::NoTrustedSignature));
    note.signatures
        .extend(Note::sign("text\n".into(), &ours).unwrap().signatures);
    assert_eq!(note.check(&keys), Ok(()));
    note.text = "next\n".into();
    assert_eq!(
        note.check(&keys),
        Err(NoteError::BadSignature("log".into()))
    );
}

#[test]
fn keys_in_files() {
    for algorithm in [
        Algorithm::Ed25519,
        Algorithm::EcdsaP256,
        Algorithm::CosignatureEd25519,
    ] {
        let made = signer("firm.example/log", algorithm, 7);
        let read = FileSigner::parse(&made.to_text()).unwrap();
        assert_eq!(read.verifier(), made.verifier());
        assert_eq!(read.sign(b"x"), made.sign(b"x"));
    }
    for text in [
        "",
        "PRIVATE+KEY+a",
        "PRIVATE+KEY+a+00000000+AQ==",
        "PRIVATE+KEY+a+00000000+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
        // No number below the order of P-256.
        "PRIVATE+KEY+a+00000000+Av//////////////////////////////////////////",
    ] {
        assert!(
            matches!(FileSigner::parse(text), Err(NoteError::Key(_))),
            "{text}"
        );
    }
    for name in ["", "a+b", "a b", "a\u{a0}b"] {
        assert!(
            VerifierKey::new(name, Algorithm::Ed25519, &[0; 32]).is_err(),
            "{name}"
        );
    }
    for text in ["", "a+b", "a+00000000+AAAA", "a+530d903a+AekyeRrm"] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
}

#[test]
fn checkpoints_are_three_lines_and_perhaps_more() {
    let root = STANDARD.encode(Frontier::new().root());
    for (text, good) in [
        (format!("log\n0\n{root}\n"), true),
        (format!("log\n10\n{root}\nextension\n"), true),
        (format!("log\n010\n{root}\n"), false),
        (format!("log\n+1\n{root}\n"), false),
        (format!("log\n18446744073709551616\n{root}\n"), false),
        (format!("\n1\n{root}\n"), false),
        ("log\n1\nAAAA\n".into(), false),
        ("log\n1\n".into(), false),
        (format!("log\n1\n{root}"), false),
        (format!("log\n1\n{root}\n\nx\n"), false),
    ] {
        assert_eq!(Checkpoint::parse(&text).is_ok(), good, "{text:?}");
    }
}

#[test]
fn a_checkpoint_of_another_log_is_refused_though_the_key_is_right() {
    let log = signer("log", Algorithm::Ed25519, 1);
    let root = Frontier::new().root();
    let other = Checkpoint {
        origin: "other".into(),
        size: 0,
        root,
    };
    let note = other.sign(&log).unwrap();
    let refused = Checkpoint::open(&note, log.verifier());
    assert!(matches!(refused, Err(CheckpointError::Origin { .. })));
}

#[test]
fn cosignatures_bind_text_time_and_witness() {
    let log = signer("log", Algorithm::Ed25519, 1);
    let (ada, ada_key) = witness("ada", 2);
    let (_, bob_key) = witness("bob", 3);
    let root = Frontier::new().root();
    let checkpoint = Checkpoint {
        origin: "log".into(),
        size: 0,
        root,
    };
    let mut note = checkpoint.sign(&log).unwrap();
    let line = cosign(&note.text, 1_795_392_845, &ada).unwrap();
    note.signatures
        .push(NoteSignature::parse(&line.to_string()).unwrap());
    assert_eq!(cosigned_at(&note, &ada_key.key), Ok(Some(1_795_392_845)));
    assert_eq!(cosigned_at(&note, &bob_key.key), Ok(None));
    // A log's own key does not cosign, nor is a cosignature a signature of the log.
    assert!(cosign(&note.text, 1, &log).is_err());
    for change in 0..2 {
        let mut altered = note.clone();
        match change {
            0 => altered.text = altered.text.replace("\n0\n", "\n1\n"),
            _ => altered.signatures[1].bytes[7] ^= 1,
        }
        assert_eq!(
            cosigned_at(&altered, &ada_key.key),
            Err(NoteError::BadSignature("ada".into()))
        );
    }
}

/// The line that Go's and Rust's implementations of the witness protocol agree on.
#[test]
fn the_signed_bytes_of_a_cosignature_are_those_of_the_specification() {
    let (ada, ada_key) = witness("ada", 2);
    let text = "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let line = cosign(text, 5, &ada).unwrap();
    let signed = format!("cosignature/v1\ntime 5\n{text}");
    assert!(ada_key.key.fits(signed.as_bytes(), &line.bytes[8..]));
    assert_eq!(line.bytes[..8], 5_u64.to_be_bytes());
}

#[test]
fn policies() {
    let keys: Vec<String> = ["a", "b", "c"]
        .iter()
        .zip(10..)
        .map(|(name, seed)| witness(name, seed).1.key.to_string())
        .collect();
    let (a, b, c) = (&keys[0], &keys[1], &keys[2]);
    let ecdsa = signer("log", Algorithm::EcdsaP256, 1);
    let head = format!(
        "# ours\nlog {LOG_KEY} https://log.example/\nwitness a {a} https://a.example\nwitness b {b}\n"
    );
    for (rest, why) in [
        ("quorum none".to_owned(), None),
        ("quorum a".to_owned(), None),
        (
            format!("witness c {c}\ngroup two 2 b c\ngroup all all a two\nquorum all"),
            None,
        ),
        ("".to_owned(), Some("no quorum line")),
        ("quorum c".to_owned(), Some("c was not defined before")),
        ("quorum a\nquorum b".to_owned(), Some("quorum already")),
        (format!("witness a {c}\nquorum a"), Some("a is taken")),
        (format!("witness none {c}\nquorum a"), Some("none is taken")),
        (format!("witness c {a}\nquorum a"), Some("key is there")),
        ("group g 3 a b\nquorum g".to_owned(), Some("not possible")),
        (
            "group g 1 a b\ngroup h any a\nquorum h".to_owned(),
            Some("in a group already"),
        ),
        (
            format!("witness c {LOG_KEY}\nquorum a"),
            Some("another kind"),
        ),
        ("wittness x".to_owned(), Some("not one of")),
        // A log by another algorithm than Ed25519, and one by an algorithm of tomorrow.
        (format!("log {}\nquorum none", ecdsa.verifier()), None),
        (
            "log a+00000000+BgAA\nquorum none".to_owned(),
            Some("the algorithm 0x06 (ML-DSA-44 cosignatures); this program knows Ed25519 (0x01)"),
        ),
    ] {
        let read = format!("{head}{rest}").parse::<Policy>();
        match (read, why) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{rest}: {error}"),
            (read, why) => panic!("{rest}: {read:?}, expected {why:?}"),
        }
    }
}

#[test]
fn a_quorum_counts_witnesses_that_fit() {
    let log = signer("log", Algorithm::Ed25519, 1);
    let witnesses: Vec<_> = ["a", "b", "c"]
        .iter()
        .zip(20..)
        .map(|(name, seed)| witness(name, seed))
        .collect();
    let lines: String = witnesses
        .iter()
        .map(|(_, w)| format!("witness {} {}\n", w.name, w.key))
        .collect();
    let policy = |quorum: &str| -> Policy {
        let text = format!("log {}\n{lines}{quorum}", log.verifier());
        text.parse().unwrap()
    };
    let checkpoint = Checkpoint {
        origin: "log".into(),
        size: 0,
        root: Frontier::new().root(),
    };
    let signed_by = |who: &[usize]| {
        let mut note = checkpoint.sign(&log).unwrap();
        for &who in who {
            let line = cosign(&note.text, 9, &witnesses[who].0).unwrap();
            note.signatures.push(line);
        }
        note
    };
    for (quorum, who, met) in [
        ("quorum none", vec![], true),
        ("quorum a", vec![1, 2], false),
        ("quorum a", vec![0], true),
        ("group g 2 a b c\nquorum g", vec![1], false),
        ("group g 2 a b c\nquorum g", vec![1, 2], true),
        ("group g any b c\ngroup h all a g\nquorum h", vec![0], false),
        (
            "group g any b c\ngroup h all a g\nquorum h",
            vec![0, 2],
            true,
        ),
    ] {
        let met_now = policy(quorum).quorum(&signed_by(&who)).is_ok();
        assert_eq!(met_now, met, "{quorum} by {who:?}");
    }
    let mut altered = signed_by(&[0]);
    altered.signatures[1].bytes[9] ^= 1;
    assert!(policy("quorum a").quorum(&altered).is_err());
}
