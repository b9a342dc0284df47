//! An edge takes webhooks beside a full node: what it seals arrives, is adopted, dies with its bucket, and
//! cannot be read by the edge.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../delivery/house.rs"]
#[allow(dead_code, reason = "the tests of delivery ask more of it")]
mod house;
#[path = "../disposal/years.rs"]
#[allow(dead_code, reason = "the tests of disposal ask more of it")]
mod years;

mod adoption;
mod disposal;
mod forged;
mod node;
mod reading;
