//! Bundles and published logs: what is right is proved, and what is not is named.
#![allow(
    clippy::unwrap_used,
    reason = "in a test, a failed unwrap is a failed test"
)]

mod disposed;
mod fixture;
mod forged;
mod golden;
mod logs;
mod resumed;
mod stamped;
mod whole;
