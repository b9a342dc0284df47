//! End-to-end tests: real processes, real encryption, and what becomes of them under `kill -9`.

#![recursion_limit = "256"]

pub mod chaos;
pub mod harness;
