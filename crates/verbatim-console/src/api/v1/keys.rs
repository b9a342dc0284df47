//! The key-encryption key: what lies under it, and its rotation. Never a key itself.

pub(crate) mod custody;
pub(crate) mod prepare;
pub(crate) mod rotate;
pub(crate) mod show;
