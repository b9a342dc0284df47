//! Tests written in Rust, on whatever they need.

use std::process::Command;
use std::time::Duration;

use super::cargo;
use crate::{run, tools, workspace};

/// The test runner: nextest where it is, else cargo's own, which runs the same tests.
fn runner() -> Command {
    let mut probe = workspace::cargo();
    let has_nextest = run::capture({
        probe.args(["nextest", "--version"]);
        probe
    })
    .is_ok();
    let mut cargo = workspace::cargo();
    if has_nextest {
        cargo.args(["nextest", "run", "--no-fail-fast", "--locked"]);
    } else {
        println!("cargo-nextest is not installed: the same tests run under cargo test");
        cargo.args(["test", "--no-fail-fast", "--locked"]);
    }
    cargo
}

pub(crate) fn workspace(limit: Duration) -> anyhow::Result<()> {
    let mut tests = runner();
    tests.args(["--workspace", "--exclude", "e2e"]);
    run::run(tests, limit)?;
    cargo(limit, &["test", "--workspace", "--doc", "--locked"])
}

pub(crate) fn postgres(limit: Duration) -> anyhow::Result<()> {
    let programs = tools::postgres(limit)?;
    let mut tests = runner();
    tests.args([
        "--package",
        "verbatim-store",
        "--package",
        "verbatim-testkit",
    ]);
    tests.env("VERBATIM_TEST_POSTGRES", "1");
    tests.env("VERBATIM_POSTGRES_BIN", programs);
    run::run(tests, limit)
}

pub(crate) fn e2e(limit: Duration) -> anyhow::Result<()> {
    let synapse = tools::venv("synapse", &[tools::SYNAPSE, tools::PSYCOPG], limit)?;
    let nio = tools::venv("nio", &[tools::NIO], limit)?;
    let programs = tools::postgres(limit)?;
    // The tests drive the real binary.
    cargo(
        limit,
        &[
            "build",
            "--package",
            "verbatim",
            "--package",
            "carrier-sim",
            "--locked",
        ],
    )?;
    let mut tests = runner();
    tests.args(["--package", "e2e"]);
    tests.env("VERBATIM_E2E", "1");
    tests.env("VERBATIM_SYNAPSE_PYTHON", synapse);
    tests.env("VERBATIM_NIO_PYTHON", nio);
    tests.env("VERBATIM_TEST_POSTGRES", "1");
    tests.env("VERBATIM_POSTGRES_BIN", programs);
    run::run(tests, limit)
}
