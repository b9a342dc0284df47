//! Matrix behind the port [`verbatim_engine::ports::Platform`]: an application service whose bot and
//! stand-ins speak end-to-end encrypted. Any homeserver that speaks the stable application-service API;
//! Synapse is tested.
//!
//! Read in this order: [`MatrixPlatform`] (the port), `shard` (the machines of bot and stand-ins under one
//! lease), `provision` and `machine` (how a device comes to be and stays), `keys` (the bot's key loop),
//! `rooms` (a room is made and kept as specified), `send` and `receive`. The crypto library's state lives in
//! [`crypto_store`] on our own rows. The library reads the clock and draws random numbers by itself, so it
//! lives here and not in the core.

mod cache;
mod config;
mod content;
pub mod crypto_store;
mod doctor;
mod epochs;
mod http;
mod keys;
mod machine;
mod platform;
mod provision;
mod readers;
mod receive;
mod rooms;
mod send;
mod shard;
mod signals;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use config::{ConfigError, DEVICE_ID, MatrixConfig, Secret, registration_yaml};
pub use doctor::Examined;
pub use platform::MatrixPlatform;
pub use receive::parse_clear_event;
