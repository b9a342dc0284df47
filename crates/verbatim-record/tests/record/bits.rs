//! The exhaustive test of the verifier: no bit of a stored row may change unnoticed.

use verbatim_domain::{ConversationId, RecordId};
use verbatim_record::{BucketId, Fault, LogVerifier, RetentionClass};

use crate::common::*;
use crate::log::{Log, Row};

/// One bit anywhere in a row, in each of its columns: found, and at that leaf.
#[test]
fn every_flipped_bit_is_found_at_its_leaf() {
    let (log, ring) = (Log::sample(), keyring());
    let mut verifier = LogVerifier::new().with_keyring(&ring);
    for (at, row) in log.rows.iter().enumerate() {
        if [0, 5, 7].contains(&at) {
            let altered = altered(row);
            assert!(altered.len() > 8 * 600, "{}", altered.len());
            for (change, row) in altered.iter().enumerate() {
                let fault = verifier.clone().record(&row.entry()).err();
                let found = fault.as_ref().and_then(Fault::global_seq);
                assert_eq!(found, Some(at as u64), "change {change}: {fault:?}");
            }
        }
        verifier.record(&row.entry()).unwrap();
    }
}

/// Flips the one bit that is due.
type Flip<'a> = &'a dyn Fn(&mut [u8]);

/// All copies of a row with one bit flipped.
fn altered(row: &Row) -> Vec<Row> {
    let mut all = Vec::new();
    let mut with = |length: usize, change: &dyn Fn(&mut Row, Flip<'_>)| {
        for bit in 0..length * 8 {
            let mut copy = row.clone();
            change(&mut copy, &|bytes| bytes[bit / 8] ^= 1 << (bit % 8));
            all.push(copy);
        }
    };
    with(row.leaf_bytes.len(), &|row, flip| flip(&mut row.leaf_bytes));
    with(32, &|row, flip| flip(&mut row.leaf_hash));
    with(8, &|row, flip| flip_u64(&mut row.conversation_seq, flip));
    with(8, &|row, flip| flip_u64(&mut row.global_seq, flip));
    with(16, &|row, flip| {
        let mut bytes = *row
            .conversation
            .unwrap_or(ConversationId::NONE)
            .0
            .as_bytes();
        flip(&mut bytes);
        row.conversation = Some(ConversationId(uuid::Uuid::from_bytes(bytes)));
    });
    with(16, &|row, flip| {
        let mut bytes = *row.sealed.id.0.as_bytes();
        flip(&mut bytes);
        row.sealed.id = RecordId(uuid::Uuid::from_bytes(bytes));
    });
    with(5, &|row, flip| {
        let BucketId {
            class,
            expiry_month,
        } = row.sealed.bucket;
        let mut bytes = [class.0, 0, 0, 0, 0];
        bytes[1..].copy_from_slice(&expiry_month.to_be_bytes());
        flip(&mut bytes);
        let [class, month @ ..] = bytes;
        let (class, expiry_month) = (RetentionClass(class), u32::from_be_bytes(month));
        row.sealed.bucket = BucketId {
            class,
            expiry_month,
        };
    });
    with(5, &|row, flip| {
        let wrapped_by = row.sealed.wrapped_by;
        let mut bytes = [wrapped_by.class.0, 0, 0, 0, 0];
        bytes[1..].copy_from_slice(&wrapped_by.expiry_month.to_be_bytes());
        flip(&mut bytes);
        let [class, month @ ..] = bytes;
        row.sealed.wrapped_by = BucketId {
            class: RetentionClass(class),
            expiry_month: u32::from_be_bytes(month),
        };
    });
    with(32, &|row, flip| flip(&mut row.sealed.commitment));
    with(32, &|row, flip| flip(&mut row.sealed.ciphertext_hash));
    with(32, &|row, flip| flip(&mut row.sealed.key_commitment));
    with(row.sealed.ciphertext.len(), &|row, flip| {
        flip(&mut row.sealed.ciphertext)
    });
    with(row.sealed.wrapped_key.len(), &|row, flip| {
        flip(&mut row.sealed.wrapped_key)
    });
    all
}

fn flip_u64(value: &mut u64, flip: Flip<'_>) {
    let mut bytes = value.to_be_bytes();
    flip(&mut bytes);
    *value = u64::from_be_bytes(bytes);
}
