//! Alarms, tokens and cursors.

use crate::stmt::statements;

statements! {
    ALARM_PUT = "INSERT INTO alarms (name, body, at) VALUES ($1, $2, $3) \
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, at = excluded.at";
    ALARM_CLEAR = "DELETE FROM alarms WHERE name = $1";
    ALARMS = "SELECT name, body, at FROM alarms ORDER BY at DESC, name LIMIT 1000";
    ALARM_COUNT = "SELECT COUNT(*) FROM alarms";
    TOKEN_PUT = "INSERT INTO tokens (hash, name, scopes, created, revoked) \
        VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (hash) DO UPDATE SET name = excluded.name, scopes = excluded.scopes, \
          created = excluded.created, revoked = excluded.revoked";
    TOKEN = "SELECT hash, name, scopes, created, revoked FROM tokens WHERE hash = $1";
    TOKENS = "SELECT hash, name, scopes, created, revoked FROM tokens ORDER BY pos";
    CURSOR = "SELECT value FROM cursors WHERE name = $1";
    CURSOR_PUT = "INSERT INTO cursors (name, value) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}
