//! Packages: whom they know, and what comes from outside.

use std::process::Command;
use std::time::Duration;

use crate::{architecture, run, tools, workspace};

pub(crate) fn architecture(_limit: Duration) -> anyhow::Result<()> {
    println!("{}", architecture::check()?);
    Ok(())
}

pub(crate) fn deny(limit: Duration) -> anyhow::Result<()> {
    let mut deny = Command::new(tools::cargo_deny(limit)?);
    deny.current_dir(workspace::root());
    deny.args(["--locked", "check", "licenses", "bans", "sources"]);
    run::run(deny, limit)
}
