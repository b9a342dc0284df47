//! Seals: what is sealed opens, what is altered does not, and the failed check is named.

use crate::common::*;
use proptest::prelude::*;
use verbatim_domain::{RecordId, Timestamp};
use verbatim_record::seal::check_ciphertext;
use verbatim_record::{
    Body, BucketId, FormatError, Kek, Keyring, Kind, NewSeal, RetentionClass, SealChance,
    SealError, SealedRecord, StateRoot, Vault,
};

fn sealed() -> SealedRecord {
    seal(&keyring(), 0x10, Kind::MessageIn, 5, &full_body())
}

/// All copies of `bytes` with one bit flipped.
fn flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, copy)
    })
}

fn rehashed(ciphertext: Vec<u8>) -> SealedRecord {
    use sha2::Digest;
    let ciphertext_hash = sha2::Sha256::digest(&ciphertext).into();
    SealedRecord {
        ciphertext,
        ciphertext_hash,
        ..sealed()
    }
}

#[test]
fn a_sealed_record_opens_and_shows_nothing() {
    let ring = keyring();
    assert_eq!(ring.open(&sealed()), Ok(full_body()));
    let stored = [sealed().ciphertext, sealed().wrapped_key].concat();
    for secret in ["please sell", "+15550100", "contact:"] {
        assert!(
            !stored
                .windows(secret.len())
                .any(|part| part == secret.as_bytes()),
            "{secret}"
        );
    }
    assert!(!format!("{ring:?}").contains(char::is_numeric));
}

#[test]
fn every_flipped_bit_is_detected() {
    let (ring, good) = (keyring(), sealed());
    for (at, ciphertext) in flips(&good.ciphertext) {
        let error = ring.open(&SealedRecord {
            ciphertext,
            ..good.clone()
        });
        assert_eq!(error, Err(SealError::CiphertextHash), "byte {at}");
    }
    for (at, wrapped_key) in flips(&good.wrapped_key) {
        match ring
            .open(&SealedRecord {
                wrapped_key,
                ..good.clone()
            })
            .unwrap_err()
        {
            SealError::Format(FormatError::UnknownVersion { .. }) if at == 0 => {}
            error => assert_eq!(error, SealError::DataKey, "byte {at}"),
        }
    }
    for (_, hash) in flips(&good.commitment) {
        let commitment = hash.try_into().unwrap();
        let error = ring.open(&SealedRecord {
            commitment,
            ..good.clone()
        });
        assert_eq!(error, Err(SealError::Commitment));
    }
    for (_, hash) in flips(&good.ciphertext_hash) {
        let ciphertext_hash = hash.try_into().unwrap();
        let error = ring.open(&SealedRecord {
            ciphertext_hash,
            ..good.clone()
        });
        assert_eq!(error, Err(SealError::CiphertextHash));
    }
    for (_, hash) in flips(&good.key_commitment) {
        let key_commitment = hash.try_into().unwrap();
        let error = ring.open(&SealedRecord {
            key_commitment,
            ..good.clone()
        });
        assert_eq!(error, Err(SealError::KeyCommitment));
    }
    for (_, id) in flips(good.id.0.as_bytes()) {
        let id = RecordId(uuid::Uuid::from_slice(&id).unwrap());
        let error = ring.open(&SealedRecord { id, ..good.clone() });
        assert_eq!(error, Err(SealError::Misplaced));
    }
}

/// Whoever recomputes the hash too still fails, at the head or at the authentication.
#[test]
fn an_altered_and_rehashed_ciphertext_is_detected() {
    for (at, ciphertext) in flips(&sealed().ciphertext) {
        match keyring().open(&rehashed(ciphertext)).unwrap_err() {
            SealError::Format(FormatError::UnknownVersion { .. }) if at == 0 => {}
            SealError::Misplaced if (1..18).contains(&at) => {}
            error => assert_eq!(error, SealError::Ciphertext, "byte {at}"),
        }
    }
    for length in 0..sealed().ciphertext.len() {
        let cut = rehashed(sealed().ciphertext[..length].to_vec());
        assert!(keyring().open(&cut).is_err(), "{length}");
    }
}

#[test]
fn a_record_opens_only_as_itself() {
    let ring = keyring();
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| *kind != Kind::MessageIn)
    {
        let renamed = SealedRecord { kind, ..sealed() };
        assert_eq!(ring.open(&renamed), Err(SealError::Misplaced));
        assert_eq!(check_ciphertext(&renamed), Err(SealError::Misplaced));
    }
    let other = seal(&ring, 0x90, Kind::MessageIn, 5, &full_body());
    let with_other_key = SealedRecord {
        wrapped_key: other.wrapped_key,
        ..sealed()
    };
    assert_eq!(ring.open(&with_other_key), Err(SealError::DataKey));
}

/// The cipher does not commit to its key, and a holder of the bucket key can wrap any data key: only
/// the two commitments keep a record from opening to another text.
#[test]
fn a_second_text_under_a_second_key_is_refused() {
    let ring = keyring();
    let body = Body {
        text: "another text".into(),
        ..full_body()
    };
    let forged = ring
        .seal(NewSeal {
            id: sealed().id,
            kind: sealed().kind,
            captured_at: sealed().captured_at,
            bucket: BUCKET,
            body: &body,
            chance: chance(0x77),
        })
        .unwrap();
    assert_eq!(ring.open(&forged), Ok(body));
    let key_kept = SealedRecord {
        key_commitment: sealed().key_commitment,
        commitment: sealed().commitment,
        ..forged.clone()
    };
    assert_eq!(ring.open(&key_kept), Err(SealError::KeyCommitment));
    let body_kept = SealedRecord {
        commitment: sealed().commitment,
        ..forged
    };
    assert_eq!(ring.open(&body_kept), Err(SealError::Commitment));
}

#[test]
fn buckets_are_apart() {
    let ring = keyring();
    let class = BucketId {
        class: RetentionClass(4),
        ..BUCKET
    };
    let month = BucketId {
        expiry_month: BUCKET.expiry_month + 1,
        ..BUCKET
    };
    for bucket in [class, month] {
        let moved = SealedRecord {
            bucket,
            wrapped_by: bucket,
            ..sealed()
        };
        assert!(!ring.has_bucket(bucket));
        assert_eq!(ring.open(&moved), Err(SealError::BucketNotOpen(bucket)));
        let wrapped = kek().wrap_bucket(bucket, &[7; 32], &[8; 24]);
        assert!(
            !ring.has_bucket(bucket),
            "a new key must be stored before it is used"
        );
        assert_eq!(
            ring.open_bucket(BUCKET, &wrapped),
            Err(SealError::BucketKey)
        );
        ring.open_bucket(bucket, &wrapped).unwrap();
        assert!(ring.has_bucket(bucket));
        assert_eq!(ring.open(&moved), Err(SealError::DataKey));
    }
    assert_eq!(ring.open(&sealed()), Ok(full_body()));
}

/// A hold takes the data key over; the record stays as it is, and opens with the hold's bucket alone.
#[test]
fn a_hold_wraps_the_data_key_again() {
    let ring = keyring();
    let hold = BucketId {
        class: RetentionClass::FIRST_HOLD,
        ..BUCKET
    };
    let wrap = |to| ring.wrap_again(&sealed(), to, [9; 24]);
    assert_eq!(wrap(hold), Err(SealError::BucketNotOpen(hold)));
    let key = kek().wrap_bucket(hold, &[7; 32], &[8; 24]);
    ring.open_bucket(hold, &key).unwrap();
    let held = SealedRecord {
        wrapped_key: wrap(hold).unwrap(),
        wrapped_by: hold,
        ..sealed()
    };
    ring.forget_bucket(BUCKET);
    assert_eq!(ring.open(&held), Ok(full_body()));
    assert_eq!(ring.open(&sealed()), Err(SealError::BucketNotOpen(BUCKET)));
    ring.forget_bucket(hold);
    assert_eq!(ring.open(&held), Err(SealError::BucketNotOpen(hold)));
}

/// Whoever takes a data key over keeps it at least as long.
#[test]
fn no_bucket_that_expires_earlier_takes_a_data_key_over() {
    let check = |class, month: i32, may: bool| {
        let other = BucketId {
            class,
            expiry_month: BUCKET.expiry_month.strict_add_signed(month),
        };
        let ring = keyring();
        let key = kek().wrap_bucket(other, &[7; 32], &[8; 24]);
        ring.open_bucket(other, &key).unwrap();
        let wrapped = ring.wrap_again(&sealed(), other, [9; 24]);
        assert_eq!(wrapped.is_ok(), may, "{other:?}");
        let moved = SealedRecord {
            wrapped_by: other,
            wrapped_key: wrapped.unwrap_or_else(|_| sealed().wrapped_key),
            ..sealed()
        };
        let opened = if may {
            Ok(full_body())
        } else {
            Err(SealError::ForeignBucket)
        };
        assert_eq!(ring.open(&moved), opened, "{other:?}");
        // Nor does it help to say that the record was made for that bucket.
        let rewritten = SealedRecord {
            bucket: other,
            ..moved
        };
        assert_eq!(ring.open(&rewritten), Err(SealError::DataKey), "{other:?}");
    };
    let (other, hold, last) = (
        RetentionClass(4),
        RetentionClass::FIRST_HOLD,
        RetentionClass::LAST_HOLD,
    );
    for (class, month, may) in [
        (BUCKET.class, 1, true),
        (other, 1, true),
        (hold, 0, true),
        (last, 1, true),
        (other, 0, false),
        (BUCKET.class, -1, false),
        (hold, -1, false),
        (RetentionClass::PERMANENT, 1, false),
    ] {
        check(class, month, may);
    }
}

#[test]
fn an_altered_bucket_key_or_another_kek_is_detected() {
    let wrapped = kek().wrap_bucket(BUCKET, &[7; 32], &[8; 24]);
    for (at, altered) in flips(&wrapped) {
        match keyring().open_bucket(BUCKET, &altered).unwrap_err() {
            SealError::Format(FormatError::UnknownVersion { .. }) if at == 0 => {}
            error => assert_eq!(error, SealError::BucketKey, "byte {at}"),
        }
    }
    for length in 0..wrapped.len() {
        assert!(keyring().open_bucket(BUCKET, &wrapped[..length]).is_err());
    }
    let other = Keyring::new(&Kek::from_bytes([1; 32]));
    assert_eq!(
        other.open_bucket(BUCKET, &wrapped),
        Err(SealError::BucketKey)
    );
}

#[test]
fn chance_is_cut_without_overlap() {
    let chance = SealChance::from_bytes(&counting(0));
    assert_eq!(chance.salt, counting(0));
    assert_eq!(chance.data_key, counting(32));
    assert_eq!(chance.body_nonce, counting(64));
    assert_eq!(chance.key_nonce, counting(88));
}

#[test]
fn the_vault_keeps_purposes_and_contexts_apart() {
    let vault = Vault::new(&state_root());
    let sealed = vault.seal("name", b"row 1", b"Ada", [3; 24]);
    let open = |purpose: &str, context: &[u8]| vault.open(purpose, context, &sealed);
    assert_eq!(open("name", b"row 1").unwrap(), b"Ada");
    assert_eq!(open("name", b"row 2"), Err(SealError::State));
    assert_eq!(open("number", b"row 1"), Err(SealError::State));
    for (at, altered) in flips(&sealed) {
        match vault.open("name", b"row 1", &altered).unwrap_err() {
            SealError::Format(FormatError::UnknownVersion { .. }) if at == 0 => {}
            error => assert_eq!(error, SealError::State, "byte {at}"),
        }
    }
    let other = Vault::new(&StateRoot::new([1; 32].into()));
    let index = |vault: &Vault, purpose, value| vault.index(purpose, value);
    let known = index(&vault, "number", "+15550100");
    assert_eq!(known, index(&vault, "number", "+15550100"));
    assert_ne!(known, index(&vault, "number", "+15550101"));
    assert_ne!(known, index(&vault, "name", "+15550100"));
    assert_ne!(known, index(&other, "number", "+15550100"));
}

proptest! {
    #[test]
    fn any_body_comes_back(
        text in "(?s).{0,200}", evidence in prop::collection::vec(any::<u8>(), 0..500),
        seed in any::<[u8; 16]>(), chance in prop::collection::vec(any::<u8>(), 112),
    ) {
        let body = Body { text, evidence, ..Body::default() };
        let ring = keyring();
        let sealed = ring.seal(NewSeal {
            id: RecordId::from_random(seed),
            kind: Kind::MessageOut,
            captured_at: Timestamp(1),
            bucket: BUCKET,
            body: &body,
            chance: SealChance::from_bytes(&chance.try_into().unwrap()),
        });
        prop_assert_eq!(ring.open(&sealed.unwrap()), Ok(body));
    }

    #[test]
    fn garbage_opens_nothing(
        ciphertext in prop::collection::vec(any::<u8>(), 0..100),
        wrapped_key in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let ring = keyring();
        let bad_key = SealedRecord { wrapped_key: wrapped_key.clone(), ..sealed() };
        prop_assert!(ring.open(&bad_key).is_err());
        prop_assert!(ring.open(&rehashed(ciphertext)).is_err());
        prop_assert!(ring.open_bucket(BUCKET, &wrapped_key).is_err());
        prop_assert!(Vault::new(&state_root()).open("p", b"", &wrapped_key).is_err());
    }
}
