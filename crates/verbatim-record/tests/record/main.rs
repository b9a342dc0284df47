//! Tests of the record format through its public interface.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

mod archive;
mod bits;
mod certificate;
mod common;
mod ecdsa;
mod formats;
mod golden;
mod key_change;
mod keys;
mod log;
mod merkle;
mod notes;
mod proofs;
mod seal;
mod verify;
mod wrap;
