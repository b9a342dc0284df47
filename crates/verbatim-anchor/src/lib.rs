//! Witnesses (C2SP `tlog-witness`) and time authorities (RFC 3161) over HTTP.
//!
//! Answers are bounded in size and time and read strictly; whether they are true is checked by the engine.

mod authority;
mod client;
mod witness;

pub use authority::HttpAuthority;
pub use client::ConfigError;
pub use witness::HttpWitness;
