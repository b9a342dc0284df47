//! Timestamps: against answers that OpenSSL gave once, and against an OpenSSL that answers now.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../bundle/fixture.rs"]
mod fixture;
mod golden;
mod openssl;
