//! The log: state, records and roots.

use crate::stmt::{Rows, statements};

macro_rules! record_columns {
    () => {
        "id, kind, captured_at, retention_class, expiry_month, commitment, ciphertext_hash, \
         key_commitment, ciphertext, leaf, leaf_hash, conversation, conversation_seq, global_seq, \
         previous"
    };
}

/// A record with its data key; without one, that was destroyed.
macro_rules! record_select {
    () => {
        "SELECT r.id, r.kind, r.captured_at, r.retention_class, r.expiry_month, r.commitment, \
           r.ciphertext_hash, r.key_commitment, r.ciphertext, r.leaf, r.leaf_hash, r.conversation, \
           r.conversation_seq, r.global_seq, k.retention_class, k.expiry_month, k.wrapped, r.previous \
         FROM records r LEFT JOIN data_keys k ON k.global_seq = r.global_seq "
    };
}

statements! {
    /// Reads the state of the log; on PostgreSQL it also makes this transaction the only writer.
    /// The log's end, and the schema that the store has by now.
    LOG_LOCK = "SELECT size, frontier, last_at, (SELECT MAX(version) FROM schema_version) \
        FROM log_state WHERE id = 1",
        postgres "SELECT size, frontier, last_at, (SELECT MAX(version) FROM schema_version) \
        FROM log_state WHERE id = 1 FOR UPDATE";
    LOG_SAVE = "UPDATE log_state SET size = $1, frontier = $2, last_at = $3 WHERE id = 1";
    /// The last record of a conversation; without a hash, head and record contradict each other.
    LOG_HEAD = "SELECT h.length, h.last, r.leaf_hash FROM conversation_heads h \
        LEFT JOIN records r ON r.global_seq = h.last AND r.conversation = h.conversation \
          AND r.conversation_seq = h.length - 1 \
        WHERE h.conversation = $1";
    HEAD_PUT = "INSERT INTO conversation_heads (conversation, last, length) VALUES ($1, $2, $3) \
        ON CONFLICT (conversation) DO UPDATE SET last = excluded.last, length = excluded.length",
        rows Rows::Text("INSERT INTO conversation_heads (conversation, last, length) \
        SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[]) \
        ON CONFLICT (conversation) DO UPDATE SET last = excluded.last, length = excluded.length");
    MARK = "SELECT place FROM conversation_marks WHERE conversation = $1 AND mark = $2";
    /// Read through: whoever asks has just read every record.
    MARK_COUNT = "SELECT COUNT(*) FROM conversation_marks WHERE place < $1";
    MARK_ADD = "INSERT INTO conversation_marks (conversation, mark, place) VALUES ($1, $2, $3)",
        rows Rows::Alike;
    RECORD_SEQ = "SELECT global_seq FROM records WHERE id = $1";
    RECORD_ADD = concat!("INSERT INTO records (", record_columns!(), ") VALUES \
        ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"),
        rows Rows::Alike;
    DATA_KEY_ADD = "INSERT INTO data_keys (global_seq, retention_class, expiry_month, wrapped) \
        VALUES ($1, $2, $3, $4)",
        rows Rows::Alike;
    RECORDS = concat!(record_select!(), "WHERE r.global_seq >= $1 ORDER BY r.global_seq LIMIT $2");
    /// From a record of a conversation back to a position in it, each by the place that the one behind it
    /// names. A place that is not before the last one is damage, and ends it.
    RECORDS_OF = concat!("WITH RECURSIVE chain (place, before, seq) AS ( \
          SELECT global_seq, previous, conversation_seq FROM records WHERE global_seq = $2 \
          UNION ALL \
          SELECT b.global_seq, b.previous, b.conversation_seq FROM chain c \
          JOIN records b ON b.global_seq = c.before \
          WHERE c.seq > $3 AND b.global_seq < c.place AND b.conversation = $1 \
        ) ", record_select!(), "JOIN chain c ON c.place = r.global_seq \
        WHERE r.conversation = $1 AND c.seq >= $3 AND c.seq < $4 ORDER BY c.seq");
    RECORDS_IN = concat!(record_select!(), "WHERE k.retention_class = $1 AND k.expiry_month = $2 \
        AND k.global_seq > $3 ORDER BY k.global_seq LIMIT $4");
    /// 19 is the kind `Export`; written out, so that the partial index serves.
    EXPORTS = concat!(record_select!(), "WHERE r.kind = 19 AND r.global_seq >= $1 \
        ORDER BY r.global_seq LIMIT $2");
    /// What edges sealed: with the condition of the index `data_keys_unadopted`.
    RECORDS_UNADOPTED = concat!(record_select!(), "WHERE LENGTH(k.wrapped) > 73 \
        AND k.global_seq > $1 ORDER BY k.global_seq LIMIT $2");
    RECORD = concat!(record_select!(), "WHERE r.id = $1");
    ROOT_ADD = "INSERT INTO log_roots (size, root, at) VALUES ($1, $2, $3)";
    ROOT_LAST = "SELECT size, root, at FROM log_roots ORDER BY size DESC LIMIT 1";
    ROOTS = "SELECT size, root, at FROM log_roots WHERE size > $1 ORDER BY size LIMIT $2";
    PROBE_PUT = "INSERT INTO probe (id, filler) VALUES (1, $1)";
    PROBE_CLEAR = "DELETE FROM probe";
}
