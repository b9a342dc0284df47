//! Tests written in Rust, on whatever they need.

use std::process::Command;
use std::time::Duration;

use super::{binaries, cargo};
use crate::{run, tools, workspace};

/// Tests of which packages.
enum Of<'a> {
    AllBut(&'a str),
    Only(&'a [&'a str]),
}

/// The test runner: nextest where it is, else cargo's own, which runs the same tests.
fn runner(of: &Of<'_>) -> Command {
    let mut cargo = workspace::cargo();
    if has_nextest() {
        // Always the same selection for the build, so that it is the same build: features are
        // unified over what is selected.
        cargo.args([
            "nextest",
            "run",
            "--no-fail-fast",
            "--locked",
            "--workspace",
        ]);
        cargo.args(["-E", &filter(of)]);
        return cargo;
    }
    println!("cargo-nextest is not installed: the same tests run under cargo test");
    cargo.args([
        "test",
        "--no-fail-fast",
        "--locked",
        "--lib",
        "--bins",
        "--tests",
    ]);
    match of {
        Of::AllBut(package) => cargo.args(["--workspace", "--exclude", package]),
        Of::Only(packages) => cargo.args(packages.iter().flat_map(|name| ["--package", name])),
    };
    cargo
}

/// The tests of these packages, with the build of all.
pub(super) fn tests_of(packages: &[&str]) -> Command {
    runner(&Of::Only(packages))
}

fn has_nextest() -> bool {
    let mut probe = workspace::cargo();
    probe.args(["nextest", "--version"]);
    run::capture(probe).is_ok()
}

fn filter(of: &Of<'_>) -> String {
    match of {
        Of::AllBut(package) => format!("not package(={package})"),
        Of::Only(packages) => {
            let each: Vec<String> = packages.iter().map(|p| format!("package(={p})")).collect();
            each.join(" | ")
        }
    }
}

pub(crate) fn workspace(limit: Duration) -> anyhow::Result<()> {
    run::run(runner(&Of::AllBut("e2e")), limit)?;
    cargo(limit, &["test", "--workspace", "--doc", "--locked"])
}

pub(crate) fn postgres(limit: Duration) -> anyhow::Result<()> {
    let programs = tools::postgres(limit)?;
    let mut tests = runner(&Of::Only(&["verbatim-store", "verbatim-testkit"]));
    tests.env("VERBATIM_TEST_POSTGRES", "1");
    tests.env("VERBATIM_POSTGRES_BIN", programs);
    run::run(tests, limit)
}

/// Bundles, checked by what the Go project uses for its own log.
pub(crate) fn third_party(limit: Duration) -> anyhow::Result<()> {
    let program = tools::third_party(limit)?;
    let mut tests = runner(&Of::Only(&["verbatim-verify"]));
    tests.env("VERBATIM_THIRD_PARTY", program);
    run::run(tests, limit)
}

/// Keys in a token.
pub(crate) fn softhsm(limit: Duration) -> anyhow::Result<()> {
    let module = tools::softhsm(limit)?;
    let mut tests = runner(&Of::Only(&["verbatim-hsm", "verbatim"]));
    tests.env("VERBATIM_TEST_SOFTHSM", "1");
    tests.env("VERBATIM_SOFTHSM_MODULE", module);
    run::run(tests, limit)
}

pub(crate) fn e2e(limit: Duration) -> anyhow::Result<()> {
    let mut tests = runner(&Of::Only(&["e2e"]));
    surroundings(&mut tests, limit)?;
    run::run(tests, limit)
}

/// What real processes need: the programs of the product, Synapse, an independent client,
/// PostgreSQL; each named by a variable.
pub(crate) fn surroundings(command: &mut Command, limit: Duration) -> anyhow::Result<()> {
    let synapse = tools::venv("synapse", &[tools::SYNAPSE, tools::PSYCOPG], limit)?;
    let nio = tools::venv("nio", &[tools::NIO], limit)?;
    let binaries = binaries(limit)?;
    command.env("VERBATIM_E2E", "1");
    command.env("VERBATIM_SYNAPSE_PYTHON", synapse);
    command.env("VERBATIM_NIO_PYTHON", nio);
    command.env("VERBATIM_TEST_POSTGRES", "1");
    command.env("VERBATIM_POSTGRES_BIN", tools::postgres(limit)?);
    command.env("VERBATIM_BIN", binaries.join("verbatim"));
    command.env("CARRIER_SIM_BIN", binaries.join("carrier-sim"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_whole_packages() {
        assert_eq!(filter(&Of::AllBut("e2e")), "not package(=e2e)");
        assert_eq!(filter(&Of::Only(&["a", "b"])), "package(=a) | package(=b)");
    }
}
