//! Alarms: what an operator should look at.

pub(crate) mod clear;
pub(crate) mod list;
