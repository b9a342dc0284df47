//! Cosignatures and timestamps.

use crate::stmt::statements;

statements! {
    COSIGNATURE_PUT = "INSERT INTO cosignatures (witness, size, line, at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (witness, size) DO UPDATE SET line = excluded.line, at = excluded.at";
    COSIGNATURE_LATEST = "SELECT size, witness, line, at FROM cosignatures WHERE witness = $1 \
        ORDER BY size DESC LIMIT 1";
    COSIGNATURES = "SELECT size, witness, line, at FROM cosignatures WHERE size = $1 \
        ORDER BY witness";
    TIMESTAMP_ADD = "INSERT INTO timestamps (size, authority, request, response, at) \
        VALUES ($1, $2, $3, $4, $5)";
    TIMESTAMP_LATEST = "SELECT size, authority, request, response, at FROM timestamps \
        WHERE authority = $1 ORDER BY pos DESC LIMIT 1";
    /// The first of the largest checkpoint that has any, up to a size.
    TIMESTAMP_UP_TO = "SELECT size, authority, request, response, at FROM timestamps \
        WHERE size <= $1 ORDER BY size DESC, pos LIMIT 1";
    TIMESTAMPS = "SELECT size, authority, request, response, at FROM timestamps \
        WHERE size > $1 ORDER BY size, pos LIMIT $2";
}
