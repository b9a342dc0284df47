//! What expires, what is held, and what is disposed of.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../delivery/house.rs"]
#[allow(dead_code, reason = "the tests of delivery ask more of it")]
mod house;

mod crash;
mod erasure;
mod holds;
mod members;
mod rules;
mod way;
mod years;
