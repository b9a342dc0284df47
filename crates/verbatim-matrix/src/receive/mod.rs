//! What the homeserver brings: transactions taken apart, events parsed and decrypted.

mod look;
mod open;
mod parse;
mod transaction;

pub use parse::parse_clear_event;
