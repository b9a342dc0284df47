//! `cargo xtask chaos`: kills real processes at random moments and compares what is left.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use e2e::chaos::{self, Order};

/// Numbered texts both ways while Verbatim is killed, Synapse restarts and the carrier misbehaves;
/// then phone, room and record must agree.
///
/// `cargo xtask chaos` gives it what it needs: VERBATIM_SYNAPSE_PYTHON (a Python with matrix-synapse), the
/// binary as VERBATIM_BIN (else target/debug/verbatim), and VERBATIM_POSTGRES_BIN.
#[derive(Parser)]
struct Arguments {
    /// How many rounds.
    #[arg(long, default_value_t = 10)]
    rounds: u64,
    /// Repeats a campaign: moments are drawn again, though machines never run alike.
    #[arg(long)]
    seed: Option<u64>,
    /// `sqlite`; `postgres` for a private server that is made and removed; or `postgres://…`: a server on
    /// which databases may be made.
    #[arg(long, default_value = "sqlite")]
    store: String,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let order = Order {
        rounds: arguments.rounds,
        seed,
        store: arguments.store,
    };
    println!("seed {seed}");
    let runtime = tokio::runtime::Runtime::new()?;
    let good = runtime.block_on(chaos::run(&order))?;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
