//! Tasks that need the product: programs of other packages, built and run by cargo.
//!
//! To add one: a constant and a variant here, and a binary there.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::Subcommand;

use crate::workspace;

/// Each takes the options of the program behind it, as they are.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Simulate the product under faults, by seed: `simulate --seeds 2000`.
    Simulate(Rest),
    /// Kill real processes at random moments: `chaos --rounds 10`.
    Chaos(Rest),
    /// Take pictures of the pages.
    Screens(Rest),
}

/// Options for the program, unread.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// Where a task lives.
pub(crate) struct Program {
    package: &'static str,
    binary: &'static str,
    release: bool,
}

/// Thousands of seeds: worth an optimised build.
pub(crate) const SIMULATE: Program = Program {
    package: "verbatim-testkit",
    binary: "simulate",
    release: true,
};
/// Real processes; most of the time is theirs.
pub(crate) const CHAOS: Program = Program {
    package: "e2e",
    binary: "chaos",
    release: false,
};
const SCREENS: Program = Program {
    package: "e2e",
    binary: "screens",
    release: false,
};

impl Program {
    /// The command that builds and runs it.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, options: &[S]) -> std::process::Command {
        let mut cargo = workspace::cargo();
        cargo.args(["run", "--quiet", "--locked"]);
        cargo.args(["--package", self.package, "--bin", self.binary]);
        if self.release {
            cargo.arg("--release");
        }
        cargo.arg("--").args(options);
        cargo
    }
}

/// Runs it in the foreground; its exit code is ours.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let (program, rest) = match command {
        Command::Simulate(rest) => (SIMULATE, rest),
        Command::Chaos(rest) => (CHAOS, rest),
        Command::Screens(rest) => (SCREENS, rest),
    };
    let status = program.command(&rest.options).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
