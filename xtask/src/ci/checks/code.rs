//! The code as text: format, lints, documentation.

use std::time::Duration;

use super::cargo;
use crate::{run, workspace};

pub(crate) fn fmt(limit: Duration) -> anyhow::Result<()> {
    cargo(limit, &["fmt", "--all", "--check"])
}

pub(crate) fn clippy(limit: Duration) -> anyhow::Result<()> {
    cargo(
        limit,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )
}

pub(crate) fn doc(limit: Duration) -> anyhow::Result<()> {
    let mut cargo = workspace::cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    cargo.args(["doc", "--workspace", "--no-deps", "--locked"]);
    run::run(cargo, limit)
}
