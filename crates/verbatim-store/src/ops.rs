//! The writing operations, each written once for both databases.

pub(crate) mod anchors;
pub(crate) mod commit;
pub(crate) mod config;
pub(crate) mod crypto;
pub(crate) mod events;
pub(crate) mod inbound;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod lease;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod receipt;
pub(crate) mod retention;
pub(crate) mod signed_log;
