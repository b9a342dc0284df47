//! Periods, buckets, holds, disposals.

use crate::stmt::statements;

macro_rules! disposal_columns {
    () => {
        "id, retention_class, expiry_month, state, proposed_by, proposed_at, approved_by, \
         approved_at, destroyed_at, certificate, disposed, held, contact, withdrawn_by, withdrawn_at"
    };
}

statements! {
    PERIODS = "SELECT class, months, fiscal_year_end FROM retention_periods \
        ORDER BY class, months, fiscal_year_end";
    PERIOD_ADD = "INSERT INTO retention_periods (class, months, fiscal_year_end, since) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (class, months, fiscal_year_end) DO NOTHING";
    PROMISES = "SELECT idx, terms, made_by, made_at FROM promises ORDER BY pos";
    PROMISE_ADD = "INSERT INTO promises (idx, terms, made_by, made_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (idx) DO NOTHING";
    BUCKETS = "SELECT b.retention_class, b.expiry_month, b.kept_until, b.disposal, \
          (SELECT COUNT(*) FROM data_keys k WHERE k.retention_class = b.retention_class \
            AND k.expiry_month = b.expiry_month) \
        FROM bucket_keys b ORDER BY b.expiry_month, b.retention_class";
    BUCKET = "SELECT kept_until, disposal FROM bucket_keys \
        WHERE retention_class = $1 AND expiry_month = $2";
    BUCKET_SIZE = "SELECT COUNT(*) FROM data_keys \
        WHERE retention_class = $1 AND expiry_month = $2";
    /// What edges sealed is not destroyed with the bucket's key.
    BUCKET_UNADOPTED = "SELECT COUNT(*) FROM data_keys \
        WHERE LENGTH(wrapped) > 73 AND retention_class = $1 AND expiry_month = $2";
    BUCKET_KEEP = "UPDATE bucket_keys SET kept_until = $3 \
        WHERE retention_class = $1 AND expiry_month = $2";
    /// The value is overwritten: the row stays, so that the bucket is never made again.
    BUCKET_DESTROY = "UPDATE bucket_keys SET wrapped = $3, disposal = $4 \
        WHERE retention_class = $1 AND expiry_month = $2 AND disposal IS NULL";
    WRAP_AGAIN = "UPDATE data_keys SET retention_class = $4, expiry_month = $5, wrapped = $6 \
        WHERE global_seq = $1 AND retention_class = $2 AND expiry_month = $3";
    SHRED_TEXTS = "UPDATE records SET ciphertext = $3 WHERE global_seq IN \
        (SELECT global_seq FROM data_keys WHERE retention_class = $1 AND expiry_month = $2 \
          ORDER BY global_seq LIMIT $4)";
    SHRED_KEYS = "DELETE FROM data_keys WHERE global_seq IN \
        (SELECT global_seq FROM data_keys WHERE retention_class = $1 AND expiry_month = $2 \
          ORDER BY global_seq LIMIT $3)";
    HOLD_CHANGES = "SELECT changes FROM hold_changes WHERE id = 1";
    HOLD_CHANGED = "UPDATE hold_changes SET changes = changes + 1 WHERE id = 1";
    HOLDS = "SELECT id, terms, set_by, set_at, asked_by, asked_at, released_by, released_at \
        FROM holds ORDER BY pos";
    /// A release stands, and is of the request that its second person saw.
    HOLD_PUT = "INSERT INTO holds (id, terms, set_by, set_at, asked_by, asked_at, released_by, \
          released_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (id) DO UPDATE SET asked_by = excluded.asked_by, asked_at = excluded.asked_at, \
          released_by = excluded.released_by, released_at = excluded.released_at \
        WHERE holds.released_by IS NULL AND (excluded.released_by IS NULL \
          OR (holds.asked_by = excluded.asked_by AND holds.asked_at = excluded.asked_at))";
    DISPOSALS = concat!("SELECT ", disposal_columns!(), " FROM disposals ORDER BY pos");
    DISPOSAL = concat!("SELECT ", disposal_columns!(), " FROM disposals WHERE id = $1");
    DISPOSAL_ADD = concat!("INSERT INTO disposals (", disposal_columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    DISPOSAL_APPROVE = "UPDATE disposals SET state = 2, approved_by = $2, approved_at = $3 \
        WHERE id = $1 AND state = 1";
    DISPOSAL_DESTROYED = "UPDATE disposals SET state = 3, destroyed_at = $2, certificate = $3, \
        disposed = $4, held = $5 WHERE id = $1 AND state = 2";
    DISPOSAL_WITHDRAW = "UPDATE disposals SET state = 0, withdrawn_by = $2, withdrawn_at = $3 \
        WHERE id = $1 AND state IN (1, 2)";
    ERASE_TEXTS = "UPDATE records SET ciphertext = $5 WHERE global_seq IN \
        (SELECT global_seq FROM data_keys WHERE retention_class = $1 AND expiry_month = $2 \
          AND global_seq >= $3 AND global_seq <= $4)";
    ERASE_KEYS = "DELETE FROM data_keys WHERE retention_class = $1 AND expiry_month = $2 \
          AND global_seq >= $3 AND global_seq <= $4";
    DISPOSAL_DONE = "UPDATE disposals SET state = 4 WHERE id = $1 AND state = 3";
}
