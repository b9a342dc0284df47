//! What each check does.

pub(super) mod code;
pub(super) mod demo;
pub(super) mod packages;
pub(super) mod peers;
pub(super) mod product;
pub(crate) mod suites;
pub(super) mod web;

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
pub(crate) fn binaries(limit: Duration) -> anyhow::Result<PathBuf> {
    // The examiner's program by itself: selected together, features would be unified, and the product would
    // be built a second time where it is built alone, as the README does.
    for packages in [
        &["--package", "verbatim", "--package", "carrier-sim"][..],
        &["--package", "verbatim-verify"],
    ] {
        let build = ["build", "--release", "--locked"];
        cargo(limit, &[&build, packages].concat())?;
    }
    Ok(workspace::target().join("release"))
}
