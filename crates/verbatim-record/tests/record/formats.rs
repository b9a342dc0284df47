//! Decoders: one encoding for each content, everything else refused, no input that makes them panic.

use std::collections::BTreeMap;

use crate::common::*;
use proptest::prelude::*;
use uuid::Uuid;
use verbatim_domain::{ConversationId, Timestamp};
use verbatim_record::{Body, FormatError, Frontier, Kek, KekFile, Kind, Leaf, RetentionClass};

/// A body of version 1 with its salt, then `fields` (a count in addition to those two, and bytes).
fn raw_body(count: u8, fields: &[u8]) -> Vec<u8> {
    [
        &[0xa0 + 2 + count, 0x00, 0x01, 0x01, 0x58, 0x20],
        &[9; 32][..],
        fields,
    ]
    .concat()
}

#[test]
fn only_the_deterministic_encoding_is_read() {
    #[track_caller]
    fn check(count: u8, fields: &[u8], error: Option<&str>) {
        let found = Body::decode(&raw_body(count, fields))
            .map(|_| ())
            .map_err(|e| e.to_string());
        match (found, error) {
            (Ok(()), None) => {}
            (Err(found), Some(error)) => assert!(found.contains(error), "{found}"),
            (found, error) => panic!("{found:?} instead of {error:?}"),
        }
    }
    let order = Some("not in deterministic encoding");
    // Right.
    check(0, &[], None);
    check(1, b"\x06\x62hi", None);
    check(2, b"\x06\x62hi\x08\x18\x64", None);
    check(1, b"\x0e\xa2\x61z\x60\x62aa\x61b", None);
    // Trailing bytes, at the end and inside the count.
    check(0, b"\x00", order);
    check(0, b"\x06\x62hi", order);
    // Fields out of order, or twice.
    check(2, b"\x06\x62hi\x02\x61a", order);
    check(2, b"\x06\x61a\x06\x62hi", order);
    check(1, b"\x01\x58\x20AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", order);
    // Names out of order, or twice; the shorter one comes first (RFC 8949 section 4.2.1).
    check(1, b"\x0e\xa2\x62aa\x60\x61z\x60", order);
    check(1, b"\x0e\xa2\x61a\x60\x61a\x60", order);
    // Integers and lengths longer than need be; indefinite lengths.
    check(1, b"\x08\x18\x01", order);
    check(1, b"\x18\x06\x62hi", order);
    check(1, b"\x06\x78\x02hi", order);
    check(1, b"\x0e\xbf\x61a\x60\xff", order);
    check(1, b"\x06\x7f\x62hi\xff", Some("damaged"));
    // Empty fields are left out.
    check(1, b"\x06\x60", order);
    check(1, b"\x08\x00", order);
    check(1, b"\x0e\xa0", order);
    check(1, b"\x10\x40", order);
    // Unknown fields, wrong types, bad UTF-8, missing bytes.
    check(1, b"\x12\x61a", Some("field 18"));
    check(1, b"\x19\x03\xe8\x61a", Some("field 1000"));
    check(1, b"\x61a\x61a", Some("damaged"));
    check(1, b"\x06\x01", Some("damaged"));
    check(1, b"\x06\x62\xff\xff", Some("damaged"));
    check(
        1,
        b"\x08\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
        Some("damaged"),
    );
    check(
        1,
        b"\x0c\x1b\x00\x00\x00\x01\x00\x00\x00\x00",
        Some("damaged"),
    );
    check(
        1,
        b"\x06\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        Some("damaged"),
    );
    check(1, b"", Some("damaged"));
}

#[test]
fn a_body_needs_its_version_and_its_salt() {
    let version = "its version in the first place";
    let cases: [(&[u8], Option<&str>); 7] = [
        (&[0xa0], Some(version)),
        (&[0xa1, 0x01, 0x01], Some(version)),
        (&[0xa1, 0x00, 0x01], Some("the salt")),
        (&[0xa2, 0x00, 0x01, 0x01, 0x41, 0x00], None),
        (&[0xbf, 0x00, 0x01, 0xff], None),
        (
            &[
                0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x01,
            ],
            None,
        ),
        (&[], None),
    ];
    for (bytes, missing) in cases {
        match (Body::decode(bytes).unwrap_err(), missing) {
            (FormatError::Missing { part, .. }, Some(missing)) => assert_eq!(part, missing),
            (FormatError::Missing { part, .. }, None) => panic!("{part}"),
            (_, None) => {}
            (error, Some(_)) => panic!("{error}"),
        }
    }
}

#[test]
fn a_leaf_has_one_encoding() {
    let good = golden_leaf().encode();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Leaf::decode(&bytes)
    };
    let value = |part| FormatError::Value {
        what: "the leaf",
        part,
    };
    assert_eq!(changed(49, 0).unwrap_err(), value("the kind"));
    let beyond = u8::try_from(Kind::ALL.len()).unwrap() + 1;
    assert_eq!(changed(49, beyond).unwrap_err(), value("the kind"));
    assert_eq!(changed(187, 0).unwrap_err(), value("the reference"));
    assert_eq!(changed(187, 2).unwrap_err(), value("the reference"));
    for cut in 0..good.len() {
        let error = FormatError::Length {
            what: "the leaf",
            found: cut,
        };
        assert_eq!(Leaf::decode(&good[..cut]).unwrap_err(), error);
    }
    assert!(Leaf::decode(&[&good[..], &[0]].concat()).is_err());
}

#[test]
fn kinds_have_distinct_codes_and_words() {
    let words: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    assert_eq!(words.len(), Kind::ALL.len());
    for code in 0..=u8::MAX {
        match Kind::from_code(code) {
            Some(kind) => assert_eq!(kind.code(), code),
            None => assert!(code == 0 || usize::from(code) > Kind::ALL.len(), "{code}"),
        }
    }
}

fn names() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("(?s).{0,40}", "(?s).{0,30}", 0..5)
}

prop_compose! {
    fn body()(
        texts in prop::collection::vec("(?s).{0,40}", 9),
        times in any::<[i64; 3]>(),
        rule_version in any::<u32>(),
        refs in names(),
        details in names(),
        evidence in prop::collection::vec(any::<u8>(), 0..300),
    ) -> Body {
        let text = |i: usize| texts[i].clone();
        Body {
            actor: text(0), message: text(1), from: text(2), to: text(3), text: text(4),
            transmitted: text(5), rule: text(6), reason: text(7), evidence_kind: text(8),
            origin_at: times[0], provider_at: times[1], captured_at: times[2],
            rule_version, refs, details, evidence,
        }
    }
}

prop_compose! {
    fn leaf()(
        ids in any::<[[u8; 16]; 2]>(), seqs in any::<[u64; 2]>(), kind in 1..=17_u8,
        captured_at in any::<i64>(), retention in any::<u8>(), hashes in any::<[[u8; 32]; 4]>(),
        about in any::<Option<u64>>(),
    ) -> Leaf {
        Leaf {
            log: ids[0], conversation: ConversationId(Uuid::from_bytes(ids[1])),
            conversation_seq: seqs[0], global_seq: seqs[1], kind: Kind::from_code(kind).unwrap(),
            captured_at: Timestamp(captured_at), retention: RetentionClass(retention),
            commitment: hashes[0], ciphertext_hash: hashes[1], key_commitment: hashes[2],
            previous: hashes[3], about,
        }
    }
}

/// A valid encoding with some bytes replaced, and cut or extended: deeper than random bytes get.
fn damaged(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    let tail = prop::collection::vec(any::<u8>(), 0..3);
    (changes, any::<prop::sample::Index>(), tail, any::<bool>()).prop_map(
        move |(changes, cut, tail, shorten)| {
            let mut bytes = good.clone();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if shorten {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes.extend(tail);
            bytes
        },
    )
}

fn garbage() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        damaged(full_body().encode(&[1; 32])),
        damaged(golden_leaf().encode()),
        damaged(
            Frontier::decode(&part(&golden("frontier-1-7.txt"), "state"))
                .unwrap()
                .encode()
        ),
        damaged(kek().to_text().as_bytes().to_vec()),
    ]
}

proptest! {
    #[test]
    fn a_body_comes_back(body in body(), salt in any::<[u8; 32]>()) {
        prop_assert_eq!(Body::decode(&body.encode(&salt)), Ok((body, salt)));
    }

    #[test]
    fn a_leaf_comes_back(leaf in leaf()) {
        prop_assert_eq!(Leaf::decode(&leaf.encode()), Ok(leaf));
    }

    /// Whatever is accepted is the one encoding of what it was read as; nothing panics.
    #[test]
    fn garbage_is_refused_or_means_what_it_says(bytes in garbage()) {
        if let Ok((body, salt)) = Body::decode(&bytes) {
            prop_assert_eq!(body.encode(&salt), &bytes[..]);
        }
        if let Ok(leaf) = Leaf::decode(&bytes) {
            prop_assert_eq!(leaf.encode(), &bytes[..]);
        }
        if let Ok(frontier) = Frontier::decode(&bytes) {
            prop_assert_eq!(frontier.encode(), &bytes[..]);
            let _ = frontier.root();
        }
        if let Ok(KekFile::Wrapped(key)) = KekFile::parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert_eq!(KekFile::parse(&key.to_text()).is_ok(), true);
        }
        if let Ok(key) = Kek::parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert_eq!(key.check(), kek().check());
        }
    }
}
