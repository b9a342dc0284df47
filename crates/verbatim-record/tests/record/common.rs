//! Fixed records, keys and golden files that the tests share. The keys are test vectors, not secrets.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use verbatim_domain::{ConversationId, RecordId, Timestamp};
use verbatim_record::{
    Body, BucketId, Kek, Keyring, Kind, Leaf, NewSeal, RetentionClass, SealChance, SealedRecord,
    StateRoot,
};

/// A value whose byte `i` is `first + i`.
pub(crate) fn counting<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|i| first.wrapping_add(i as u8))
}

pub(crate) fn kek() -> Kek {
    Kek::from_bytes(counting(0))
}

pub(crate) fn state_root() -> StateRoot {
    StateRoot::new(counting(0).into())
}

pub(crate) const BUCKET: BucketId = BucketId {
    class: RetentionClass(3),
    expiry_month: 2032 * 12 + 10,
};

/// A ring in which [`BUCKET`] is open.
pub(crate) fn keyring() -> Keyring {
    let ring = Keyring::new(&kek());
    let wrapped = kek().wrap_bucket(BUCKET, &counting(0x40), &counting(0x60));
    ring.open_bucket(BUCKET, &wrapped).unwrap();
    ring
}

/// Chance that differs in every byte with `seed`.
pub(crate) fn chance(seed: u8) -> SealChance {
    SealChance::from_bytes(&counting(seed))
}

pub(crate) fn record_id(seed: u8) -> RecordId {
    RecordId::from_random(counting(seed))
}

pub(crate) fn conversation(seed: u8) -> ConversationId {
    ConversationId::from_random(counting(seed))
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A body with every field set.
pub(crate) fn full_body() -> Body {
    Body {
        actor: "contact:00112233445566778899aabbccddeeff".into(),
        message: "ffeeddccbbaa99887766554433221100".into(),
        from: "+15550100".into(),
        to: "+15550199".into(),
        text: "Grüße, please sell 100 at 42 €\n".into(),
        transmitted: "Gruesse, please sell 100 at 42 EUR".into(),
        origin_at: 1_795_000_000_123,
        provider_at: 1_795_000_000_456,
        captured_at: 1_795_000_000_789,
        rule: "first-contact".into(),
        rule_version: 7,
        reason: "accepted".into(),
        refs: named(&[
            ("provider_id", "SM0123"),
            ("room_id", "!r:example.org"),
            ("zz", "1"),
        ]),
        details: named(&[("encoding", "ucs2"), ("segments", "1"), ("empty", "")]),
        evidence: b"From=%2B15550100&Body=\x00\xff".to_vec(),
        evidence_kind: "application/x-www-form-urlencoded".into(),
    }
}

/// A body with the least: who, and a time before the epoch.
pub(crate) fn small_body() -> Body {
    Body {
        actor: "system".into(),
        captured_at: -1,
        ..Body::default()
    }
}

pub(crate) fn seal(ring: &Keyring, seed: u8, kind: Kind, at: i64, body: &Body) -> SealedRecord {
    ring.seal(NewSeal {
        id: record_id(seed),
        kind,
        captured_at: Timestamp(at),
        bucket: BUCKET,
        body,
        chance: chance(seed),
    })
    .unwrap()
}

/// The leaf of a sealed record at a place in the log.
pub(crate) fn leaf_of(
    sealed: &SealedRecord,
    conversation: ConversationId,
    seqs: (u64, u64),
) -> Leaf {
    Leaf {
        log: counting(0xa0),
        conversation,
        conversation_seq: seqs.0,
        global_seq: seqs.1,
        kind: sealed.kind,
        captured_at: sealed.captured_at,
        retention: sealed.bucket.class,
        commitment: sealed.commitment,
        ciphertext_hash: sealed.ciphertext_hash,
        key_commitment: sealed.key_commitment,
        previous: [0; 32],
        about: None,
    }
}

/// The golden leaf: every field set.
pub(crate) fn golden_leaf() -> Leaf {
    let sealed = seal(
        &keyring(),
        0x10,
        Kind::MessageIn,
        1_795_000_000_789,
        &full_body(),
    );
    let leaf = leaf_of(&sealed, conversation(0xc0), (5, 9));
    Leaf {
        previous: counting(0x20),
        about: Some(7),
        ..leaf
    }
}

/// Compares with a golden file; with `UPDATE_GOLDEN=1` in the environment, writes it instead.
///
/// A golden file is the format's promise. Update one only to add a version, never to change one.
pub(crate) fn check_golden(name: &str, actual: &str) {
    let path = golden_path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|on| on == "1") {
        fs::write(&path, actual).unwrap();
    }
    assert_eq!(
        golden(name),
        actual,
        "{name} changed: stored records could not be read any more"
    );
}

pub(crate) fn golden(name: &str) -> String {
    fs::read_to_string(golden_path(name)).unwrap()
}

fn golden_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// Hex in lines of 32 bytes.
pub(crate) fn hex_lines(bytes: &[u8]) -> String {
    bytes
        .chunks(32)
        .map(|line| hex::encode(line) + "\n")
        .collect()
}

pub(crate) fn from_hex_lines(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

/// `name: hex` lines.
pub(crate) fn parts(named: &[(&str, &[u8])]) -> String {
    named
        .iter()
        .map(|(name, bytes)| format!("{name}: {}\n", hex::encode(bytes)))
        .collect()
}

pub(crate) fn part(text: &str, name: &str) -> Vec<u8> {
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    let (_, value) = lines.into_iter().find(|(found, _)| *found == name).unwrap();
    hex::decode(value).unwrap()
}
