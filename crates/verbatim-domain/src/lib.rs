//! What Verbatim is about, without any way to do it: identifiers, phone numbers, SMS text, message
//! states, the conversation state machine, the bot's command language, how long records are kept, and the
//! retry arithmetic.
//!
//! Nothing in here reads a clock, draws a random number, waits, or talks to anything. Time and
//! chance are arguments; decisions come back as values. (STYLE 1, DESIGN invariant 8.)

pub mod command;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod first_contact;
pub mod ids;
pub mod message;
pub mod notice;
pub mod phone;
pub mod retention;
pub mod retry;
pub mod room;
pub mod sms;
pub mod time;

pub use ids::*;
pub use phone::PhoneNumber;
pub use time::{Duration, Timestamp};
