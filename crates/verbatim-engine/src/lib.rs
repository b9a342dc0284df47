//! What Verbatim does: the ports it needs, and the pipelines between them.
//!
//! Read in this order: [`intake`] (what reaches us becomes durable), [`worker`] (durable jobs are run, each
//! lane in order; `trouble` says what happens to those that fail), [`inbox`] (an employee's event is decided
//! on), [`submit`] (a text goes to the carrier), [`relay`] and [`show`] (a room is made, spoken into, and told
//! how messages stand), `offer` (employees are asked into their rooms), [`admin`] (people), `log` (the record is
//! signed), `anchor` (others cosign and stamp it), [`access`] (who was shown what), `adopt` (what edges sealed comes under its bucket's key),
//! [`desk`] (what an employee's own client asks for), `disposal` (what has expired).
//!
//! No vendor, no database and no clock in here: only [`ports`].

pub mod access;
pub mod admin;
mod adopt;
mod anchor;
mod audit;
mod bot;
mod carriers;
mod chat;
pub mod consent;
mod core;
pub mod desk;
mod disposal;
mod evidence;
mod hold;
mod inbox;
pub mod intake;
mod key_watch;
mod keys;
mod ledger_check;
mod log;
mod look;
mod offer;
mod parties;
mod payload;
mod places_check;
mod poller;
pub mod ports;
mod publish;
mod receipt;
mod recorder;
mod relay;
mod retention;
mod settings;
mod show;
mod signed_check;
mod signing_key;
mod submit;
mod trouble;
mod undecryptable;
pub mod views;
pub mod worker;

pub use anchor::{AnchorError, Anchoring, Authority, FORKED};
pub use core::{Engine, OpenError, Parts};
pub use hold::HoldWish;
pub use intake::{Intake, IntakeParts, TransactionError, WebhookAnswer};
pub use keys::Keys;
pub use log::LogError;
pub use look::LookError;
pub use publish::PublishError;
pub use settings::{DisclosureMode, Settings};
