//! What each check does.

pub(super) mod code;
pub(super) mod demo;
pub(super) mod packages;
pub(super) mod peers;
pub(super) mod product;
pub(crate) mod suites;

use std::path::PathBuf;
use std::time::Duration;

use crate::{run, workspace};

/// Runs cargo in the workspace.
fn cargo(limit: Duration, arguments: &[&str]) -> anyhow::Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(arguments);
    run::run(cargo, limit)
}

/// The folder with the programs as they ship. One optimised build serves every check that
/// starts real processes.
fn binaries(limit: Duration) -> anyhow::Result<PathBuf> {
    let packages = [
        "--package",
        "verbatim",
        "--package",
        "verbatim-verify",
        "--package",
        "carrier-sim",
    ];
    cargo(
        limit,
        &[&["build", "--release", "--locked"], &packages[..]].concat(),
    )?;
    Ok(workspace::target().join("release"))
}
