//! Fills a store through the engine: every conversation gets a text, and a room in memory.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use verbatim_engine::worker::LEASE;
use verbatim_record::Kek;

use crate::hooks;
use crate::load;
use crate::world::World;

/// Phones that other measurements do not use.
const FIRST_PHONE: usize = 5_000_000;
/// No two fillings of one store have the same texts.
const CAMPAIGN: u32 = 0xF111;
const AT_ONCE: usize = 256;
const LOOK: Duration = Duration::from_millis(100);

/// Fills it; ends when no work is left.
pub(crate) fn run(data: &Path, key: &Path, number: &str, conversations: usize) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(fill(data, key, number, conversations))
}

async fn fill(data: &Path, key: &Path, number: &str, conversations: usize) -> Result<()> {
    let kek = Kek::parse(&std::fs::read_to_string(key)?).context("key file")?;
    let world = World::open(
        &format!("sqlite:{}", data.join("verbatim.db").display()),
        kek,
    )
    .await?;
    let began = load::now();
    let texts = load::run(AT_ONCE, conversations, async |_| {
        async |n| {
            world
                .take(&hooks::inbound(CAMPAIGN, n, FIRST_PHONE + n, number))
                .await
        }
    });
    texts.await?;
    world.lead().await?;
    let jobs = world.engine.run_jobs(idle(&world));
    tokio::select! {
        stopped = jobs => ensure!(stopped == verbatim_engine::worker::Stopped::Asked, "{stopped:?}"),
        result = keep(&world) => result?,
    }
    world.store.release_lease(LEASE, "bench").await?;
    eprintln!(
        "{conversations} conversations in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Completes once the queue is empty: a minute after the last room was made, since only then is it looked
/// whether the employee has come.
async fn idle(world: &World) {
    loop {
        tokio::time::sleep(LOOK).await;
        if world
            .store
            .queue_stats()
            .await
            .is_ok_and(|queues| queues.is_empty())
        {
            return;
        }
    }
}

/// Renews the lease for as long as the work takes.
async fn keep(world: &World) -> Result<()> {
    loop {
        tokio::time::sleep(world.engine.settings().lease.to_std() / 3).await;
        world.lead().await?;
    }
}
