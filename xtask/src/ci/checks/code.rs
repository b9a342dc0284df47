//! The code as text: format, lints, documentation.

use std::time::Duration;

use super::cargo;
use crate::{run, tools, workspace};

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

/// The fuzz targets stand outside of the workspace; whether they still compile needs no fuzzer.
pub(crate) fn fuzz(limit: Duration) -> anyhow::Result<()> {
    // The fuzzer's own library is C++.
    tools::cpp(limit)?;
    cargo(
        limit,
        &[
            "check",
            "--locked",
            "--bins",
            "--manifest-path",
            "fuzz/Cargo.toml",
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
