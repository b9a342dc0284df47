//! What each check does.

pub(super) mod code;
pub(super) mod demo;
pub(super) mod packages;
pub(super) mod peers;
pub(super) mod product;
pub(super) mod tests;

use std::time::Duration;

use crate::{run, workspace};

/// Runs cargo in the workspace.
fn cargo(limit: Duration, arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(arguments);
    run::run(cargo, limit)
}
