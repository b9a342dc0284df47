//! What the tests stand on: ports that work in memory, and a simulation of the whole product on them.
//!
//! Development only; nothing of this is linked into the product.

pub mod fakes;
pub mod sim;
pub mod softhsm;
