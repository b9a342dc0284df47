//! A store as the first schema left it, with one record, and what the present one makes of it.

use super::world::World;

/// The script that makes it. `words` are what the schema's placeholders stand for; `bytes` writes a value.
pub(crate) fn script(words: [&str; 4], bytes: impl Fn(&str) -> String) -> String {
    let mut schema = include_str!("../../src/schema/0001_start.sql").to_owned();
    for (name, word) in ["{bytes}", "{text}", "{pos}", "{key}"].iter().zip(words) {
        schema = schema.replace(name, word);
    }
    let (id, hash, none) = (
        bytes(&"a5".repeat(16)),
        bytes(&"07".repeat(32)),
        bytes(&"00".repeat(16)),
    );
    let frontier = bytes(&format!("01{:016x}{}", 1, "07".repeat(32)));
    let (text, key, leaf) = (bytes("c0ffee"), bytes("0102"), bytes("01"));
    format!(
        "CREATE TABLE schema_version (version BIGINT PRIMARY KEY); {schema} \
         INSERT INTO schema_version VALUES (1); \
         INSERT INTO log_state VALUES (1, 1, {frontier}, 5); \
         INSERT INTO log_roots VALUES (1, {hash}, 5); \
         INSERT INTO bucket_keys VALUES (2, 24500, {key}); \
         INSERT INTO records (global_seq, id, conversation, conversation_seq, kind, captured_at, \
           retention_class, expiry_month, commitment, ciphertext_hash, key_commitment, ciphertext, \
           wrapped_key, leaf, leaf_hash) \
         VALUES (0, {id}, {none}, 0, 9, 5, 2, 24500, {hash}, {hash}, {hash}, {text}, {key}, {leaf}, {hash});"
    )
}

/// The data key has moved, the conversation is found by its head, and nothing else.
pub(crate) async fn check(w: &World) {
    let record = w.store.records(0, 10).await.unwrap().remove(0);
    let of_none = w.store.records_of(None, 0, 10).await;
    assert_eq!(of_none, Ok(vec![record.clone()]));
    let sealed = record.sealed;
    assert_eq!(
        (sealed.ciphertext, sealed.wrapped_key),
        (vec![0xc0, 0xff, 0xee], vec![1, 2])
    );
    assert_eq!(sealed.bucket, sealed.wrapped_by);
    assert_eq!(
        (sealed.bucket.class.0, sealed.bucket.expiry_month),
        (2, 24_500)
    );
    let bucket = w.store.buckets().await.unwrap().remove(0);
    assert_eq!(
        (bucket.records, bucket.kept_until, bucket.disposal),
        (1, None, None)
    );
    assert_eq!(w.store.holds().await, Ok((0, vec![])));
}
