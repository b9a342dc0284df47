//! What an edge seals: only the archive key opens it, whole and in its place.

use verbatim_domain::Timestamp;
use verbatim_record::archive::{Beside, is_of_edge};
use verbatim_record::{
    ArchiveKey, ArchivePublic, BucketId, EdgeKeys, FormatError, Kek, KeyError, Keyring, Kind,
    NewSeal, RetentionClass, SealError, SealedRecord, Vault,
};

use crate::common::*;

fn archive() -> ArchiveKey {
    ArchiveKey::new(&counting(0x11).into())
}

/// A full node's ring.
fn opening() -> Keyring {
    keyring().with_archive(archive())
}

fn sealed_by_edge(to: &ArchivePublic) -> (SealedRecord, Beside) {
    of_kind(to, Kind::MessageIn)
}

fn of_kind(to: &ArchivePublic, kind: Kind) -> (SealedRecord, Beside) {
    let body = full_body();
    let new = NewSeal {
        id: record_id(0x10),
        kind,
        captured_at: Timestamp(1_795_000_000_789),
        bucket: BUCKET,
        body: &body,
        chance: chance(0x10),
    };
    to.seal(&new, &counting(0x77).into()).unwrap()
}

#[test]
fn golden_file() {
    let wrapped = archive().wrap(&kek(), &counting(0x30));
    let (sealed, beside) = sealed_by_edge(archive().public());
    let number = beside.seal("number", b"", b"+15550100", &counting(0x50));
    let text = parts(&[
        ("archive_key", &wrapped),
        ("public_key", archive().public().bytes()),
        ("ciphertext_hash", &sealed.ciphertext_hash),
        ("wrapped_key", &sealed.wrapped_key),
        ("number", &number.unwrap()),
    ]);
    check_golden("archive-1.txt", &text);
    let text = golden("archive-1.txt");
    let key = ArchiveKey::unwrap(&kek(), &part(&text, "archive_key")).unwrap();
    let old = SealedRecord {
        wrapped_key: part(&text, "wrapped_key"),
        ..sealed
    };
    let ring = Keyring::new(&kek()).with_archive(key.clone());
    assert_eq!(
        ring.open(&old),
        Ok(full_body()),
        "no bucket key is needed for it"
    );
    let vault = Vault::new(&state_root()).with_archive(key);
    let number = part(&text, "number");
    assert_eq!(vault.open("number", b"", &number).unwrap(), b"+15550100");
    // Except for its data key, it is the record that a full node would have sealed.
    assert_eq!(part(&golden("sealed-1.txt"), "ciphertext"), old.ciphertext);
}

/// The public half is no secret: whoever writes the store can seal to it.
#[test]
fn only_what_an_edge_makes_opens() {
    let ring = opening();
    for kind in Kind::ALL {
        let (sealed, _) = of_kind(archive().public(), kind);
        let is_made = matches!(kind, Kind::MessageIn | Kind::Status | Kind::Malformed);
        let expected = if is_made {
            Ok(full_body())
        } else {
            Err(SealError::NotOfEdge(kind))
        };
        assert_eq!(ring.open(&sealed), expected);
        let adopted = ring.wrap_again(&sealed, BUCKET, [5; 24]);
        assert_eq!(adopted.err(), expected.err(), "adopted, it would open");
    }
}

#[test]
fn adopted_it_is_as_if_a_full_node_had_sealed_it() {
    let ring = opening();
    let (mut sealed, _) = sealed_by_edge(archive().public());
    assert!(is_of_edge(&sealed.wrapped_key));
    sealed.wrapped_key = ring.wrap_again(&sealed, BUCKET, [5; 24]).unwrap();
    assert!(!is_of_edge(&sealed.wrapped_key));
    assert_eq!(keyring().open(&sealed), Ok(full_body()), "no archive key");
    // A hold may take it over without that step.
    let hold = BucketId {
        class: RetentionClass::FIRST_HOLD,
        ..BUCKET
    };
    let wrapped = kek().wrap_bucket(hold, &counting(0x41), &counting(0x60));
    ring.open_bucket(hold, &wrapped).unwrap();
    let (mut sealed, _) = sealed_by_edge(archive().public());
    sealed.wrapped_key = ring.wrap_again(&sealed, hold, [5; 24]).unwrap();
    sealed.wrapped_by = hold;
    assert_eq!(ring.open(&sealed), Ok(full_body()));
}

#[test]
fn a_wrong_key_opens_nothing() {
    let (sealed, beside) = sealed_by_edge(archive().public());
    let number = beside.seal("number", b"", b"1", &[1; 24]).unwrap();
    assert_eq!(keyring().open(&sealed), Err(SealError::NoArchiveKey));
    let vault = Vault::new(&state_root());
    assert_eq!(
        vault.open("number", b"", &number),
        Err(SealError::NoArchiveKey)
    );
    let other = ArchiveKey::new(&counting(0x12).into());
    let ring = keyring().with_archive(other.clone());
    assert_eq!(ring.open(&sealed), Err(SealError::DataKey));
    let vault = vault.with_archive(other);
    assert_eq!(vault.open("number", b"", &number), Err(SealError::State));
}

#[test]
fn every_changed_byte_and_every_other_place_shows() {
    let (sealed, beside) = sealed_by_edge(archive().public());
    let ring = opening();
    for at in 0..sealed.wrapped_key.len() {
        let mut altered = sealed.clone();
        altered.wrapped_key[at] ^= 0x80;
        match ring.open(&altered) {
            Err(SealError::Format(FormatError::UnknownVersion { known: 2, .. })) if at == 0 => {}
            // The highest bit of an X25519 key says nothing (RFC 7748), but the key schedule has it.
            Err(SealError::DataKey) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        let cut = SealedRecord {
            wrapped_key: sealed.wrapped_key[..at].to_vec(),
            ..sealed.clone()
        };
        assert!(ring.open(&cut).is_err(), "cut at {at}");
    }
    let later = BucketId {
        expiry_month: BUCKET.expiry_month + 1,
        ..BUCKET
    };
    let moved = SealedRecord {
        bucket: later,
        wrapped_by: later,
        ..sealed.clone()
    };
    assert_eq!(ring.open(&moved), Err(SealError::DataKey), "another month");
    let hold = BucketId {
        class: RetentionClass::FIRST_HOLD,
        ..BUCKET
    };
    let moved = SealedRecord {
        wrapped_by: hold,
        ..sealed
    };
    assert_eq!(ring.open(&moved), Err(SealError::ForeignBucket));

    let vault = Vault::new(&state_root()).with_archive(archive());
    let state = beside.seal("job", b"row", b"said", &[2; 24]).unwrap();
    assert_eq!(vault.open("job", b"row", &state).unwrap(), b"said");
    assert_eq!(vault.open("name", b"row", &state), Err(SealError::State));
    assert_eq!(vault.open("job", b"other", &state), Err(SealError::State));
    for at in 1..state.len() {
        let mut altered = state.clone();
        altered[at] ^= 0x80;
        assert_eq!(vault.open("job", b"row", &altered), Err(SealError::State));
        assert!(vault.open("job", b"row", &state[..at]).is_err());
    }
}

#[test]
fn one_record_of_another_is_not_taken_for_it() {
    let ring = opening();
    let (one, _) = sealed_by_edge(archive().public());
    let body = small_body();
    let new = NewSeal {
        id: record_id(0x20),
        kind: Kind::MessageIn,
        captured_at: Timestamp(0),
        bucket: BUCKET,
        body: &body,
        chance: chance(0x20),
    };
    let (two, _) = archive().public().seal(&new, &[8; 32].into()).unwrap();
    assert_eq!(ring.open(&two), Ok(small_body()));
    let mixed = SealedRecord {
        wrapped_key: one.wrapped_key,
        ..two
    };
    assert_eq!(ring.open(&mixed), Err(SealError::DataKey));
}

#[test]
fn the_archive_key_survives_a_rotation_and_any_change_to_it_shows() {
    let next = Kek::from_bytes([9; 32]);
    let old = archive().wrap(&kek(), &[4; 24]);
    let new = ArchiveKey::unwrap(&kek(), &old)
        .unwrap()
        .wrap(&next, &[5; 24]);
    let (sealed, _) = sealed_by_edge(&ArchivePublic::of_wrapped(&new).unwrap());
    let key = ArchiveKey::unwrap(&next, &new).unwrap();
    let ring = Keyring::new(&next).with_archive(key);
    assert_eq!(ring.open(&sealed), Ok(full_body()));
    assert_eq!(
        ArchiveKey::unwrap(&next, &old).unwrap_err(),
        SealError::ArchiveKey
    );
    for at in 0..new.len() {
        let mut altered = new.clone();
        altered[at] ^= 1;
        match ArchiveKey::unwrap(&next, &altered) {
            Err(SealError::Format(FormatError::UnknownVersion { .. })) if at == 0 => {}
            Err(SealError::ArchiveKey) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        assert!(ArchiveKey::unwrap(&next, &new[..at]).is_err());
    }
}

/// Its private key would be known to everybody.
#[test]
fn nothing_is_sealed_to_a_point_that_is_no_key() {
    let body = small_body();
    let new = NewSeal {
        id: record_id(1),
        kind: Kind::Notice,
        captured_at: Timestamp(0),
        bucket: BUCKET,
        body: &body,
        chance: chance(1),
    };
    let zero = ArchivePublic::new([0; 32]);
    let sealed = zero.seal(&new, &[3; 32].into()).map(drop);
    assert_eq!(sealed, Err(SealError::ArchivePublic));
}

#[test]
fn the_file_of_an_edge() {
    let keys = EdgeKeys {
        log: counting(0xa0),
        archive: archive().public().clone(),
        phones: Vault::new(&state_root()).index_key("phone"),
    };
    check_golden("edge-1.keys", keys.to_text().as_str());
    let text = golden("edge-1.keys");
    let read = EdgeKeys::parse(&text).unwrap();
    assert_eq!((read.log, &read.archive), (keys.log, archive().public()));
    assert_eq!(
        read.phones.index("+15550100"),
        Vault::new(&state_root()).index("phone", "+15550100")
    );
    let check = |text: &str, error: KeyError| assert_eq!(EdgeKeys::parse(text).unwrap_err(), error);
    check("", KeyError::NotEdgeKeys);
    check(&kek().to_text(), KeyError::NotEdgeKeys);
    check(
        &text.replace("verbatim-edge: 1", "verbatim-edge: 2"),
        KeyError::UnknownEdgeVersion("2".into()),
    );
    check(&text.replace("log: a0", "log: b0"), KeyError::Altered);
    check(&text.replace("log: a0", "log: a"), KeyError::Altered);
    let without = text.lines().filter(|line| !line.starts_with("archive"));
    let without = without.collect::<Vec<_>>().join("\n");
    check(&without, KeyError::Incomplete("archive"));
    assert!(
        Kek::parse(&text).is_err(),
        "it is no key-encryption key either"
    );
}
