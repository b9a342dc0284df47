//! The ports as a mortal process has them.

pub(crate) mod anchor;
pub(crate) mod carrier;
pub(crate) mod platform;
pub(crate) mod store;
