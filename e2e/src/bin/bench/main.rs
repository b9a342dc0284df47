//! Measures the product as processes, on a real homeserver. Results are JSON lines on standard output;
//! `cargo xtask bench` makes the tables of docs/performance.md of them.
//!
//! Needs VERBATIM_SYNAPSE_PYTHON (a Python with matrix-synapse) and VERBATIM_BIN; `memory` also
//! VERBATIM_BENCH_BIN, the program that fills stores.

mod baseline;
mod callers;
mod inbound;
mod memory;
mod outbound;
mod through;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Through Synapse, and in memory.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Texts in and out, against what the same Synapse takes without us.
    Through {
        /// How often everything is repeated.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Few texts, one run.
        #[arg(long)]
        quick: bool,
    },
    /// What the process occupies with many conversations.
    Memory {
        /// Conversations in the store before it starts.
        #[arg(long, default_value_t = 10_000)]
        conversations: usize,
        /// New ones that texts open while it runs.
        #[arg(long, default_value_t = 500)]
        touched: usize,
        /// A tenth of everything.
        #[arg(long)]
        quick: bool,
    },
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match Arguments::parse().command {
            Command::Through { runs, quick } => through::run(runs, quick).await,
            Command::Memory {
                conversations,
                touched,
                quick,
            } => {
                let part = if quick { 10 } else { 1 };
                memory::run(conversations / part, touched / part).await
            }
        }
    })
}
