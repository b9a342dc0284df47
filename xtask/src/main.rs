//! Development tasks: `cargo xtask <command>`.
//!
//! `ci` is the list of all checks. Everything else is a shorter way to one thing.

mod architecture;
mod bench;
mod ci;
mod delegate;
mod run;
mod screens;
mod tools;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development tasks of Verbatim.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo xtask ci                     every check, as CI runs them
  cargo xtask ci --only fmt,clippy   two of them
  cargo xtask ci --from e2e          from one on
  cargo xtask bench edge --quick     a look at the edge's speed
  cargo xtask architecture           only the direction of dependencies")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check, in order.
    Ci(ci::Args),
    /// Measure; the figures of docs/performance.md.
    Bench(bench::Args),
    /// Picture the main states of the client and of the phone page, for docs/screens. Builds what it runs.
    Screens,
    /// Check that packages depend only on what they may know, and that the code map is true.
    Architecture,
    #[command(flatten)]
    Delegated(delegate::Command),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Ci(args) => ci::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Screens => screens::run(),
        Command::Architecture => {
            let findings = architecture::check()?;
            println!("{findings}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Delegated(command) => delegate::run(command),
    }
}
