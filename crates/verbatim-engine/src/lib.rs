//! What Verbatim does: the ports it needs, and the pipelines between them.
//!
//! No vendor, no database and no clock in here: only [`ports`].

pub mod ports;
