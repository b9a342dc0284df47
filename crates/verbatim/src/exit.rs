//! Exit codes. 10–17 mean what they mean in other bridges, so that service managers can be set up alike.

/// The configuration cannot be read.
pub(crate) const CONFIG_UNREADABLE: u8 = 10;
/// The configuration is invalid.
pub(crate) const CONFIG_INVALID: u8 = 11;
/// The store cannot be used.
pub(crate) const STORE: u8 = 14;
/// The archive does not verify.
pub(crate) const RECORD_DOES_NOT_VERIFY: u8 = 41;
/// The key file is missing or is another store's.
pub(crate) const KEY: u8 = 42;
