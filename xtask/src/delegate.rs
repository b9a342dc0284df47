//! Tasks that need the product: programs of other packages, built and run by cargo.
//!
//! To add one: a constant and a variant here, and a binary there.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;

use crate::ci::surroundings;
use crate::workspace;

/// For what is installed or built.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Each takes the options of the program behind it, as they are.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Simulate the product under faults, by seed: `simulate --seeds 2000`.
    Simulate(Rest),
    /// Kill real processes at random moments: `chaos --rounds 10 [--store postgres]`. Builds what it runs.
    Chaos(Rest),
    /// Fill a SQLite store with records: `fill --data DIR --key FILE --messages 1000000`.
    Fill(Rest),
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
/// Millions of records.
const FILL: Program = Program {
    package: "verbatim-bench",
    binary: "verbatim-bench",
    release: true,
};
/// Real processes; most of the time is theirs.
pub(crate) const CHAOS: Program = Program {
    package: "e2e",
    binary: "chaos",
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
    let mut program = match command {
        Command::Simulate(rest) => SIMULATE.command(&rest.options),
        Command::Chaos(rest) => {
            let mut chaos = CHAOS.command(&rest.options);
            // The same programs and surroundings as in CI: never a binary that was left lying about.
            surroundings(&mut chaos, LIMIT)?;
            chaos
        }
        Command::Fill(rest) => {
            let options = [&[OsString::from("fill-records")], rest.options.as_slice()];
            FILL.command(&options.concat())
        }
    };
    let status = program.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
