//! Every SQL text of the product, by area.

pub(crate) mod anchors;
pub(crate) mod config;
pub(crate) mod crypto;
pub(crate) mod intake;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod retention;
pub(crate) mod schema;
pub(crate) mod signed_log;

use crate::stmt::{Dialect, Stmt};

/// Every named statement.
pub(crate) fn all() -> impl Iterator<Item = &'static Stmt> {
    [
        anchors::ALL,
        config::ALL,
        crypto::ALL,
        intake::ALL,
        jobs::ALL,
        keys::ALL,
        log::ALL,
        messages::ALL,
        people::ALL,
        retention::ALL,
        schema::ALL,
        signed_log::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Names of the statements that this process has not executed in a dialect yet.
#[doc(hidden)]
pub fn never_run(dialect: Dialect) -> Vec<&'static str> {
    all()
        .filter(|stmt| !stmt.has_run(dialect))
        .map(|stmt| stmt.name)
        .collect()
}
