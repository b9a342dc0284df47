//! The product under faults and kills; the programs are those of `cargo xtask simulate` and
//! `cargo xtask chaos`.

use std::process::Command;
use std::time::Duration;

use super::cargo;
use super::suites::surroundings;
use crate::{delegate, run, workspace};

pub(crate) fn simulate(limit: Duration) -> anyhow::Result<()> {
    run::run(delegate::SIMULATE.command(&["--seeds", "2000"]), limit)
}

pub(crate) fn chaos(limit: Duration) -> anyhow::Result<()> {
    // With everything that the tests are built with: by itself it would be a second build of the whole client
    // SDK, since features are unified over what is selected.
    cargo(
        limit,
        &["test", "--no-run", "--quiet", "--locked", "--workspace"],
    )?;
    let mut chaos = Command::new(workspace::target().join("debug/chaos"));
    chaos.args(["--rounds", "10"]);
    surroundings(&mut chaos, limit)?;
    run::run(chaos, limit)
}
