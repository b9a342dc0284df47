//! Measures what a carrier sees: a signed webhook over HTTP, recorded durably, answered.
//!
//! Everything is the product's own (edge, Twilio adapter, engine, store) except the homeserver, which is
//! in memory. Each run also measures what the machine allows: the same rows without the product, and
//! HTTP without the product. Results are JSON lines on standard output; `cargo xtask bench` makes the
//! tables of docs/performance.md of them.

mod cluster;
mod edge;
mod export;
mod fill;
mod hooks;
mod limits;
mod load;
mod record;
mod same_rows;
mod system;
mod world;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the edge; fills stores.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Webhook → verified → recorded → 200, and what the machine allows.
    Edge(edge::Options),
    /// Appends, checkpoints, proofs and verification as the log grows.
    Record(record::Options),
    /// Fills a SQLite store with records, without people, rooms and jobs.
    FillRecords {
        /// Verbatim's folder: `verbatim.db` in it, which no process has open.
        #[arg(long)]
        data: PathBuf,
        /// The key file.
        #[arg(long)]
        key: PathBuf,
        /// How many messages.
        #[arg(long, default_value_t = 1_000_000)]
        messages: u64,
    },
    /// Fills a SQLite store with conversations whose rooms exist in memory only.
    Fill {
        /// Verbatim's folder: `verbatim.db` in it, which no process has open.
        #[arg(long)]
        data: PathBuf,
        /// The key file.
        #[arg(long)]
        key: PathBuf,
        /// One of the firm's numbers, with holder.
        #[arg(long)]
        number: String,
        /// How many conversations.
        #[arg(long, default_value_t = 10_000)]
        conversations: usize,
    },
}

fn main() -> Result<()> {
    // An error means that the process has one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Arguments::parse().command {
        Command::Edge(options) => edge::run(&options),
        Command::Record(options) => record::run(&options),
        Command::FillRecords {
            data,
            key,
            messages,
        } => record::fill(&data, &key, messages),
        Command::Fill {
            data,
            key,
            number,
            conversations,
        } => fill::run(&data, &key, &number, conversations),
    }
}
