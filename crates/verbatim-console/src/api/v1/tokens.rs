//! Tokens of this API. Only their hashes are kept.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
