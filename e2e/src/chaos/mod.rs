//! The kill campaign: numbered texts both ways through real processes, which are killed at random
//! moments while the carrier misbehaves; then three ledgers are compared: phone, room, record.
//!
//! What counts as failure, for each conversation, once everything is healed and quiet:
//! - *lost*: a text that one side sent is not on the other side;
//! - *doubled*: it is there twice;
//! - *out of order*: later numbers before earlier ones, on either side or in the record;
//! - *unrecorded*: in the room or on the phone, but not in the record; or recorded twice;
//! - *undecryptable*: the employee's client cannot read an event, or it came unencrypted;
//! - *work left over*: jobs that do not end, messages that are not delivered;
//! - the log does not verify, or what is published of it is not whole or does not extend what was published
//!   after the round before;
//! - Verbatim ended by itself.
//!
//! The order of inbound texts is that in which the carrier handed them over. A text whose webhooks all
//! failed is found by polling, and nobody can know before that it is missing: it may come after
//! later ones.

#[allow(dead_code)]
#[path = "../../../crates/verbatim-store/tests/cluster/mod.rs"]
mod cluster;
mod compare;
mod plan;
mod published;
mod round;

use std::path::PathBuf;

use anyhow::{Context, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::time::Instant;

use crate::harness::{Options, Stack};
use cluster::Cluster;
use round::Campaign;

/// Rounds on one stack: its history is read again and again, so it must not grow for ever.
const ROUNDS_PER_STACK: u64 = 40;

/// What a campaign is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// How many rounds.
    pub rounds: u64,
    /// Where chance starts.
    pub seed: u64,
    /// `sqlite`; `postgres` for a private server; or the address of a PostgreSQL server on which databases
    /// may be made.
    pub store: String,
}

/// Runs a campaign. True if nothing failed; a line per round and a summary go to standard output.
///
/// # Errors
/// When the stack itself cannot be run.
pub async fn run(order: &Order) -> Result<bool> {
    let began = Instant::now();
    let (mut failures, mut texts, mut kills) = (Vec::new(), 0, 0);
    let mut done = 0;
    let mut kept = Vec::<PathBuf>::new();
    let server = (order.store == "postgres").then(|| Cluster::start(""));
    while done < order.rounds {
        let first = done;
        let mut campaign = Campaign::new(stack(order, server.as_ref(), first).await?);
        while done < order.rounds && done < first + ROUNDS_PER_STACK {
            // Each round has its own chance, so that a seed and a number say what happened in it.
            let mut chance =
                StdRng::seed_from_u64(order.seed.wrapping_mul(1_000_003).wrapping_add(done));
            let report = campaign.round(done, &mut chance).await;
            done += 1;
            texts += report.texts;
            kills += report.kills;
            println!("{}", report.line(done, order.rounds));
            if !report.failures.is_empty() {
                failures.extend(
                    report
                        .failures
                        .iter()
                        .map(|what| json!({"round": done, "what": what})),
                );
                kept.push(campaign.stack.keep());
                break;
            }
        }
    }
    let summary = json!({
        "ok": failures.is_empty(), "rounds": done, "texts": texts, "kills": kills, "seed": order.seed,
        "store": order.store.split(':').next(), "seconds": began.elapsed().as_secs(),
        "failures": failures, "kept": kept,
    });
    println!("{summary}");
    if !failures.is_empty() {
        println!(
            "again: cargo xtask chaos --rounds {} --seed {} --store {}",
            order.rounds, order.seed, order.store
        );
    }
    Ok(failures.is_empty())
}

async fn stack(order: &Order, server: Option<&Cluster>, first: u64) -> Result<Stack> {
    let store = match order.store.as_str() {
        "sqlite" => None,
        _ if server.is_some() => server.map(Cluster::database),
        address => Some(
            fresh_database(address, order.seed, first)
                .await
                .context("PostgreSQL")?,
        ),
    };
    let options = Options {
        employees: vec!["alice".into(), "bob".into()],
        disclosure: true,
        store,
        ..Options::default()
    };
    Stack::start(&options).await
}

/// An empty database on the server, and its address.
async fn fresh_database(address: &str, seed: u64, first: u64) -> Result<String> {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let name = format!("chaos_{seed}_{first}_{}", std::process::id());
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    let mut url = url::Url::parse(address)?;
    url.set_path(&name);
    Ok(url.into())
}
