//! `verbatim-verify`: checks bundles, logs and proofs of Verbatim without trusting whoever made them.
//!
//! All of what is checked is in `verbatim-record`; here is where the bytes come from and how it is told.

mod args;
mod bundle;
mod log;
mod progress;
mod proof;
mod read;
mod timestamp;

use std::process::ExitCode;

use clap::Parser;
use verbatim_record::report::{Findings, State};

use crate::args::{Cli, Command};
use crate::read::Unreadable;

/// Something is wrong.
const WRONG: u8 = 1;
/// What was given cannot be used (also the code of wrong options).
const UNREADABLE: u8 = 2;
/// Nothing is wrong, but not everything is proved.
const NOT_PROVED: u8 = 3;

fn main() -> ExitCode {
    // `verbatim-verify … | head` ends quietly, as other tools do.
    sigpipe::reset();
    let cli = Cli::parse();
    match run(&cli.command) {
        Ok(findings) => {
            tell(&findings, cli.json);
            code_of(&findings)
        }
        Err(Unreadable(why)) => {
            eprintln!("verbatim-verify: {why}");
            ExitCode::from(UNREADABLE)
        }
    }
}

fn run(command: &Command) -> Result<Findings, Unreadable> {
    match command {
        Command::Bundle(args) => bundle::run(args),
        Command::Log(args) => log::run(args),
        Command::Proof(args) => proof::run(args),
        Command::Timestamp(args) => timestamp::run(args),
    }
}

fn tell(findings: &Findings, json: bool) {
    if json {
        let view = serde_json::json!({
            "verdict": findings.verdict(),
            "findings": findings.findings,
        });
        println!("{view}");
    } else {
        print!("{findings}");
    }
}

fn code_of(findings: &Findings) -> ExitCode {
    match findings.verdict() {
        State::Proved | State::NotAsked => ExitCode::SUCCESS,
        State::NotProved => ExitCode::from(NOT_PROVED),
        State::Wrong => ExitCode::from(WRONG),
    }
}
