//! How long records are kept.

pub(crate) mod extend;
pub(crate) mod list;
