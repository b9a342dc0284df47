//! What the caller can do about an error of PostgreSQL, by its SQLSTATE (PostgreSQL manual, appendix A).

use verbatim_engine::ports::StoreError;

/// Maps an error of the client library.
pub(super) fn of(cause: &tokio_postgres::Error) -> StoreError {
    let Some(db) = cause.as_db_error() else {
        return StoreError::Unavailable(chain(cause));
    };
    let code = db.code().code();
    let text = format!("{code} {}", db.message());
    match code.get(..2) {
        // Constraint violations, and values that no column takes (a NUL in a text, for instance).
        Some("22" | "23") => StoreError::Conflict(text),
        // 42501: the role lacks a right, as an edge's does after an upgrade.
        Some("42") if code == "42501" => StoreError::Unavailable(format!(
            "{text}: give the role its rights anew (docs/operating.md, \"Edges\")"
        )),
        // A fault of ours, or its consequence: the operation's own error, not the connection's.
        Some("25" | "42" | "0A") => StoreError::Damaged(text),
        Some("53") if code == "53100" => StoreError::Full,
        Some("XX") => StoreError::Damaged(text),
        _ => StoreError::Unavailable(text),
    }
}

/// The library's own errors say little; their causes say more.
fn chain(cause: &tokio_postgres::Error) -> String {
    let mut text = cause.to_string();
    let mut source = std::error::Error::source(cause);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
