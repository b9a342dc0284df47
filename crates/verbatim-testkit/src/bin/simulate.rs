//! Runs the simulation over many seeds: `cargo xtask simulate --seeds 2000`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use verbatim_testkit::sim::{FailedSeed, SimReport, StoreKind, run_seeds};

/// Simulates the product under faults, and judges it by its list of failures.
#[derive(Parser)]
#[command(name = "simulate")]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 2000)]
    seeds: u64,
    /// Run this seed only.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,
    /// Where the simulated product keeps its state.
    #[arg(long, value_enum, default_value = "sqlite-memory")]
    store: Store,
    /// The database for `--store postgres`. EVERYTHING in its schema `public` is dropped.
    #[arg(long, env = "VERBATIM_SIMULATE_POSTGRES", hide_env_values = true)]
    postgres_url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    SqliteMemory,
    SqliteFile,
    Postgres,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let store = match (args.store, args.postgres_url) {
        (Store::SqliteMemory, _) => StoreKind::SqliteMemory,
        (Store::SqliteFile, _) => StoreKind::SqliteFile,
        (Store::Postgres, Some(url)) => StoreKind::Postgres(url),
        (Store::Postgres, None) => {
            eprintln!("name a database that may be emptied: --postgres-url postgres://…");
            return ExitCode::FAILURE;
        }
    };
    let range = match args.seed {
        Some(seed) => seed..seed.saturating_add(1),
        None => args.from..args.from.saturating_add(args.seeds),
    };
    let report = run_seeds(range, &store, progress);
    println!();
    for failed in &report.failed {
        tell(failed);
    }
    for (what, count) in &report.seen {
        println!("{count:>9} {what}");
    }
    println!(
        "{} seeds, {} operations, {} records: {} failed",
        report.seeds,
        report.operations,
        report.records,
        report.failed.len()
    );
    if report.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn progress(report: &SimReport) {
    if report.seeds.is_multiple_of(100) {
        print!("\r{} seeds, {} failed", report.seeds, report.failed.len());
        let _ = std::io::stdout().flush();
    }
}

/// Everything needed to find the cause: the seed, what was wrong, what happened.
fn tell(failed: &FailedSeed) {
    println!("seed {} failed:", failed.seed);
    for failure in &failed.failures {
        println!("  {failure}");
    }
    println!("  the shortest list of operations that was found:");
    for operation in &failed.operations {
        println!("    {operation:?}");
    }
    println!("  repeat it: cargo xtask simulate --seed {}", failed.seed);
}
