//! What a person sees, line by line of the product's promise: real homeserver, real encryption, real
//! binary, a simulated carrier.

mod bot;
mod delivery;
mod leaving;
mod numbers;
mod outage;
mod refused;
mod room;
mod talk;
mod undecryptable;
