//! The log: state, records and roots.

use crate::stmt::{Rows, statements};

macro_rules! record_columns {
    () => {
        "id, kind, captured_at, retention_class, expiry_month, commitment, ciphertext_hash, \
         key_commitment, ciphertext, wrapped_key, leaf, leaf_hash, conversation, \
         conversation_seq, global_seq"
    };
}

statements! {
    /// Reads the state of the log; on PostgreSQL it also makes this transaction the only writer.
    LOG_LOCK = "SELECT size, frontier, last_at FROM log_state WHERE id = 1",
        postgres "SELECT size, frontier, last_at FROM log_state WHERE id = 1 FOR UPDATE";
    LOG_SAVE = "UPDATE log_state SET size = $1, frontier = $2, last_at = $3 WHERE id = 1";
    LOG_HEAD = "SELECT conversation_seq, leaf_hash FROM records WHERE conversation = $1 \
        ORDER BY conversation_seq DESC LIMIT 1";
    RECORD_SEQ = "SELECT global_seq FROM records WHERE id = $1";
    RECORD_ADD = concat!("INSERT INTO records (", record_columns!(), ") VALUES \
        ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"),
        rows Rows::Alike;
    RECORDS = concat!("SELECT ", record_columns!(), " FROM records WHERE global_seq >= $1 \
        ORDER BY global_seq LIMIT $2");
    RECORDS_OF = concat!("SELECT ", record_columns!(), " FROM records \
        WHERE conversation = $1 AND conversation_seq >= $2 ORDER BY conversation_seq LIMIT $3");
    ROOT_ADD = "INSERT INTO log_roots (size, root, at) VALUES ($1, $2, $3)";
    ROOT_LAST = "SELECT size, root, at FROM log_roots ORDER BY size DESC LIMIT 1";
    ROOTS = "SELECT size, root, at FROM log_roots WHERE size > $1 ORDER BY size LIMIT $2";
    PROBE_PUT = "INSERT INTO probe (id, filler) VALUES (1, $1)";
    PROBE_CLEAR = "DELETE FROM probe";
}
