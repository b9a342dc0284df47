//! `verbatim serve --role edge`: the listener for webhooks, and health; nothing that reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio::task::JoinSet;
use verbatim_console::{OpsState, edge_router, ops_router};

use crate::config::Config;
use crate::serve::{DRAIN, bind, listen_until, terminated};
use crate::wiring::wire_edge;

/// Runs until SIGTERM or Ctrl-C, or until a listener ends by itself.
pub(crate) async fn run(config: &Config) -> Result<()> {
    let public = bind("public", config.listen.public).await?;
    let ops_listener = bind("ops", config.listen.ops).await?;
    let intake = wire_edge(config).await?;
    let ops = Arc::new(OpsState::edge(intake.clone()));
    let (stop, stopped) = watch::channel(false);
    let (ops_stop, ops_stopped) = watch::channel(false);
    let mut edge = JoinSet::new();
    edge.spawn(listen_until(public, edge_router(intake.clone()), stopped));
    let ops_server = tokio::spawn(listen_until(
        ops_listener,
        ops_router(ops.clone()),
        ops_stopped,
    ));
    tracing::info!(public = %config.listen.public, "serving as an edge");
    let broken = tokio::select! {
        asked = terminated() => asked.err(),
        () = intake.run_rules_watch() => None,
        ended = edge.join_next() => Some(match ended {
            Some(Ok(Err(error))) => error.context("the listener ended"),
            _ => anyhow::anyhow!("the listener ended"),
        }),
    };
    tracing::info!("stopping");
    // Not ready first, so that load balancers stop sending.
    ops.draining.store(true, Ordering::Relaxed);
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(config.listen.drain_delay_seconds)) => {}
        // Asked again: somebody is in a hurry.
        result = terminated() => result?,
    }
    let _ = stop.send(true);
    let drained = tokio::time::timeout(DRAIN, edge.join_next()).await;
    if drained.is_err() {
        tracing::warn!(
            "not every webhook was answered in time; carriers repeat, or a poll finds them"
        );
    }
    let _ = ops_stop.send(true);
    let ended = ops_server.await?;
    broken.map_or(ended, Err)
}
