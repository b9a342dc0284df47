//! What goes wrong with the record, and how that shows: `docs/decisions/0023-faults-of-the-record.md` has
//! the whole list.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod exports;
mod firm;
mod invented;
mod stamp;
mod tables;
