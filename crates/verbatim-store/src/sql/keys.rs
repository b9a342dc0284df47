//! The installation, and what lies under its key-encryption key.

use crate::stmt::statements;

statements! {
    INSTALLATION = "SELECT log, key_check, state_root, archive_key FROM installation WHERE id = 1";
    INSTALL = "INSERT INTO installation (id, log, key_check, state_root, archive_key) \
        VALUES (1, $1, $2, $3, $4)";
    STATE_ROOT_ADOPT = "UPDATE installation SET state_root = $1 \
        WHERE id = 1 AND COALESCE(LENGTH(state_root), 0) = 0 AND key_check = $2";
    ARCHIVE_KEY_ADOPT = "UPDATE installation SET archive_key = $1 \
        WHERE id = 1 AND COALESCE(LENGTH(archive_key), 0) = 0 AND key_check = $2";
    REKEY = "UPDATE installation SET key_check = $1, state_root = $2, archive_key = $3 \
        WHERE id = 1 AND key_check = $4 AND state_root = $5 AND COALESCE(archive_key, $6) = $6";
    BUCKET_KEY = "SELECT wrapped, disposal FROM bucket_keys \
        WHERE retention_class = $1 AND expiry_month = $2";
    BUCKET_KEY_ADD = "INSERT INTO bucket_keys (retention_class, expiry_month, wrapped) \
        VALUES ($1, $2, $3)";
    BUCKET_KEYS = "SELECT retention_class, expiry_month, wrapped FROM bucket_keys \
        WHERE disposal IS NULL ORDER BY retention_class, expiry_month";
    BUCKET_KEY_COUNT = "SELECT COUNT(*) FROM bucket_keys WHERE disposal IS NULL";
    BUCKET_KEY_REWRAP = "UPDATE bucket_keys SET wrapped = $3 \
        WHERE retention_class = $1 AND expiry_month = $2 AND wrapped = $4";
    ROTATION_ADD = "INSERT INTO key_rotations (at, old_key, new_key, buckets) \
        VALUES ($1, $2, $3, $4)";
    ROTATIONS = "SELECT at, old_key, new_key, buckets FROM key_rotations ORDER BY pos DESC LIMIT 1000";
}
