//! The simulator from outside, over HTTP.
#![allow(clippy::unwrap_used)] // the lint's exception for tests does not reach their helpers

mod api;
mod faults;
mod ledger;
mod page;
mod support;
mod webhooks;
