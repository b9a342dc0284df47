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
    // Written for those who work on it: a public module may point at a private one, and both are there.
    let flags = "-D warnings -A rustdoc::private-intra-doc-links";
    cargo.env("RUSTDOCFLAGS", flags);
    cargo.args(["doc", "--workspace", "--no-deps", "--locked"]);
    cargo.arg("--document-private-items");
    run::run(cargo, limit)
}
