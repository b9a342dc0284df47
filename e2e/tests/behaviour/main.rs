//! What a person sees, line by line of the product's promise: real homeserver, real encryption, real
//! binary, a simulated carrier.

mod bot;
#[allow(dead_code)]
#[path = "../../../crates/verbatim-store/tests/cluster/mod.rs"]
mod cluster;
mod delivery;
mod desk;
mod leaving;
mod numbers;
mod outage;
mod postgres;
mod refused;
mod room;
mod talk;
mod undecryptable;
