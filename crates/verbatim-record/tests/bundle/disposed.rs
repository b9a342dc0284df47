//! Records that are not disclosed, and nothing right says why.

use verbatim_domain::{ConversationId, Timestamp};
use verbatim_record::bundle::{CERTIFICATES, Given, MemoryFolder, Of, check as bundle_check};
use verbatim_record::certificate::Certificate;
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::signing::FileSigner;
use verbatim_record::{BucketId, Kind, Note, RetentionClass, Signer};

use crate::fixture::*;
use crate::forged::{remove_line, replace, wrong};

/// The bundle of conversation 1 without record 3, which names the certificate at `at`.
fn without_3(world: &mut World, at: u64) -> MemoryFolder {
    let head = world.export(&of(Of::Conversation(conversation(1))));
    world.bundle_of(head, &Gone::from([(3, at)]))
}

#[track_caller]
fn check(name: &str, folder: &MemoryFolder, check: &str, words: &str) {
    let (found, said) = wrong(folder).unwrap_or_else(|| panic!("{name} is not found"));
    assert_eq!(found, check, "{name}: {said}");
    assert!(said.contains(words), "{name}: {said}");
}

fn signed_by(name: &str, seed: u8, certificate: &Certificate) -> String {
    let other = FileSigner::from_seed(name, Algorithm::Ed25519, &[seed; 32]).unwrap();
    Note::sign(certificate.to_text(), &other)
        .unwrap()
        .to_string()
}

/// Each is in the log, as its owner wanted it.
#[test]
fn certificates_that_are_not_the_logs_are_found() {
    let right = certificate_of(&[3]);
    let signed = signed_by(ORIGIN, 7, &right);
    let other_log = Certificate {
        log: [0xcc; 16],
        ..right.clone()
    };
    for (name, note, expected) in [
        ("not signed", right.to_text(), "signature"),
        (
            "another key",
            signed_by(ORIGIN, 8, &right),
            "no signature is by a key",
        ),
        (
            "another name",
            signed_by("log.example.org/b", 7, &right),
            "no signature is by a key",
        ),
        (
            "another log",
            signed_by(ORIGIN, 7, &other_log),
            "is about another log",
        ),
        (
            "altered",
            signed.replace("range: 3 3", "range: 3 4"),
            "does not fit",
        ),
        (
            "no certificate",
            Note::sign("hello\n".to_owned(), &signer())
                .unwrap()
                .to_string(),
            "no certificate of a disposal",
        ),
    ] {
        let mut world = World::small();
        let at = world.certify(&note);
        let folder = without_3(&mut world, at);
        check(name, &folder, "certificates", expected);
        assert!(wrong(&folder).unwrap().1.contains("record 7"), "{name}");
    }
}

/// The log's key has signed them, and nobody may do what they certify.
#[test]
fn certificates_of_what_nobody_may_do_are_found() {
    type Change = fn(&mut Certificate);
    let changes: [(&str, Change, Option<&str>); 7] = [
        ("right", |_| {}, None),
        (
            "in its last month",
            |c| c.bucket.expiry_month += 1,
            Some("was not over"),
        ),
        (
            "years too early",
            |c| c.bucket.expiry_month += 84,
            Some("was not over"),
        ),
        (
            "single records too early",
            |c| {
                c.only_data_keys = true;
                c.bucket.expiry_month += 1;
            },
            Some("was not over"),
        ),
        (
            "of certificates",
            |c| {
                c.bucket = BucketId {
                    class: RetentionClass::PERMANENT,
                    expiry_month: 0,
                }
            },
            Some("never disposed of"),
        ),
        (
            "one person",
            |c| c.approved.actor = c.proposed.actor.clone(),
            Some("had proposed it"),
        ),
        // Record 7 has the time 7.
        (
            "in advance",
            |c| c.destroyed_at = Timestamp(time(7).unwrap() + 1),
            Some("only after"),
        ),
    ];
    for (name, change, expected) in changes {
        let mut world = World::small();
        let mut certificate = certificate_of(&[3]);
        change(&mut certificate);
        let at = world.certify(&signed_by(ORIGIN, 7, &certificate));
        let folder = without_3(&mut world, at);
        match expected {
            None => assert_eq!(wrong(&folder), None, "{name}"),
            Some(expected) => check(name, &folder, "certificates", expected),
        }
    }
}

#[test]
fn records_that_are_no_certificates_are_found() {
    let note = signed_by(ORIGIN, 7, &certificate_of(&[3]));
    let body = certificate_body(&note);
    let mut other_reason = body.clone();
    other_reason.reason = "proposed".to_owned();
    for (name, conversation, kind, body) in [
        ("kind", ConversationId::NONE, Kind::Config, &body),
        ("conversation", conversation(2), Kind::Disposal, &body),
        (
            "reason",
            ConversationId::NONE,
            Kind::Disposal,
            &other_reason,
        ),
    ] {
        let mut world = World::small();
        let at = world.append(conversation, kind, None, body);
        let folder = without_3(&mut world, at);
        check(
            name,
            &folder,
            "certificates",
            "it is not the record of a certificate",
        );
    }
}

#[test]
fn certificates_of_other_records_are_found() {
    for (name, positions) in [("before", &[2][..]), ("around", &[2, 4]), ("none", &[])] {
        let mut world = World::small();
        let at = world.dispose(positions);
        let folder = without_3(&mut world, at);
        let expected = "it is not disclosed, and the certificate in record 7 is not about it";
        check(name, &folder, "undisclosed", expected);
    }
    // One covers record 3, and another is named for it.
    let mut world = World::small();
    let (three, one) = (world.dispose(&[3]), world.dispose(&[1]));
    let head = world.export(&of(Of::Conversation(conversation(1))));
    let folder = world.bundle_of(head, &Gone::from([(1, three), (3, one)]));
    check(
        "crossed",
        &folder,
        "undisclosed",
        "the certificate in record 7 is not about it",
    );
    // A certificate cannot be about what was not recorded yet.
    let mut world = World::new();
    let at = world.dispose(&[4]);
    for number in 0..4 {
        world.append(
            conversation(1),
            Kind::MessageIn,
            None,
            &text("m", &number.to_string()),
        );
    }
    let head = world.export(&all());
    let folder = world.bundle_of(head, &Gone::from([(4, at)]));
    check(
        "later",
        &folder,
        "undisclosed",
        "the certificate in record 0 is not about it",
    );
}

/// Each with a manifest that fits again.
#[test]
fn what_a_forger_changes_about_certificates_is_found() {
    type Change = fn(&mut MemoryFolder);
    let changes: [(&str, &str, Change); 7] = [
        ("no file", "undisclosed", |f| {
            f.0.remove(CERTIFICATES);
        }),
        ("no line", "undisclosed", |f| {
            remove_line(f, CERTIFICATES, 0)
        }),
        ("one of two lines", "undisclosed", |f| {
            remove_line(f, CERTIFICATES, 1)
        }),
        ("readable text", "bodies", |f| {
            replace(f, CERTIFICATES, "range: 3 3", "range: 3 4")
        }),
        ("twice", "certificates", |f| {
            let twice = f.0[CERTIFICATES].repeat(2);
            f.0.insert(CERTIFICATES.to_owned(), twice);
        }),
        ("another reason", "undisclosed", |f| {
            replace(
                f,
                "records-1.jsonl",
                "\"why\":\"disposed\"",
                "\"why\":\"secret\"",
            )
        }),
        ("no certificate named", "bodies", |f| {
            replace(f, "records-1.jsonl", ",\"certificate\":7", "")
        }),
    ];
    for (name, expected, change) in changes {
        let mut world = World::small();
        let gone = Gone::from([(3, world.dispose(&[3])), (5, world.dispose(&[5]))]);
        let head = world.export(&of(Of::Conversation(conversation(1))));
        let mut folder = world.bundle_of(head, &gone);
        assert_eq!(wrong(&folder), None, "{name}");
        change(&mut folder);
        reseal(&mut folder, |_| {});
        check(name, &folder, expected, "");
    }
}

#[test]
fn certificates_from_elsewhere_or_of_nothing_are_found() {
    // Right, but of a log that is not this one: it stands nowhere here.
    let mut other = World::small();
    other.append(conversation(1), Kind::MessageIn, None, &text("x", "other"));
    let elsewhere = other.bundle(&of(Of::Conversation(conversation(1))), &[3]);
    let mut folder = World::small().bundle(&of(Of::Conversation(conversation(1))), &[3]);
    let certificates = elsewhere.0[CERTIFICATES].clone();
    folder.0.insert(CERTIFICATES.to_owned(), certificates);
    reseal(&mut folder, |_| {});
    check(
        "elsewhere",
        &folder,
        "inclusion",
        "is not what stands in the log",
    );

    let mut world = World::small();
    let at = world.dispose(&[3]);
    let with = world.bundle(&all(), &[5]);
    let mut folder = world.bundle(&all(), &[]);
    assert_eq!(wrong(&folder), None);
    folder
        .0
        .insert(CERTIFICATES.to_owned(), with.0[CERTIFICATES].clone());
    reseal(&mut folder, |_| {});
    check(
        "of nothing",
        &folder,
        "certificates",
        "which no record here names",
    );
    assert_eq!(at, 7);
}

/// Old certificates stay good after a change of the log's key, and the old key certifies nothing any more.
#[test]
fn a_certificate_counts_if_its_key_did_at_its_place() {
    let mut world = World::small();
    let old = world.dispose(&[3]);
    let size = world.size();
    let late = world.dispose(&[3]);
    world.signer = ecdsa_signer();
    let new = world.dispose(&[3]);
    let key = world.signer.verifier().clone();
    let both = policy().with_next_key(key.clone(), size);
    let alone = Policy::of_log(key);
    for (name, policy, at, expected) in [
        ("by the old key in its time", &both, old, None),
        ("by the new key in its time", &both, new, None),
        (
            "by the old key after its time",
            &both,
            late,
            Some("no signature is by a key"),
        ),
        (
            "by a key that the policy does not have",
            &alone,
            old,
            Some("no signature is by a key"),
        ),
    ] {
        let folder = without_3(&mut world, at);
        let given = Given {
            policy: Some(policy),
            since: None,
            tsa_ca: None,
        };
        let found = bundle_check(&folder, given, &mut |_, _| {});
        let words = found.wrong().map(|wrong| wrong.words.clone());
        match expected {
            None => assert_eq!(words, None, "{name}"),
            Some(expected) => assert!(words.unwrap().contains(expected), "{name}"),
        }
    }
}
