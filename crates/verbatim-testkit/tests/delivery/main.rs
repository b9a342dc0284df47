//! How texts fare when rooms, carriers and this program itself are not in order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod carrier;
mod consent;
mod disclosure;
mod house;
mod look;
mod poll;
mod rooms;
