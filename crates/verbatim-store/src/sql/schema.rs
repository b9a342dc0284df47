//! The schema's version, and the first state of the log.

use crate::stmt::statements;

statements! {
    /// A row if there is a schema at all.
    EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'",
        postgres "SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL";
    VERSION = "SELECT version FROM schema_version ORDER BY version DESC LIMIT 1";
    VERSION_ADD = "INSERT INTO schema_version (version) VALUES ($1)";
    LOG_START = "INSERT INTO log_state (id, size, frontier, last_at) VALUES (1, 0, $1, 0)";
    LOG_SIZES = "SELECT size, (SELECT COALESCE(MAX(global_seq) + 1, 0) FROM records), \
        (SELECT COALESCE(MAX(size), 0) FROM log_roots), \
        (SELECT CAST(COALESCE(SUM(length), 0) AS BIGINT) FROM conversation_heads) FROM log_state WHERE id = 1";
}
