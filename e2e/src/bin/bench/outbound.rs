//! An employee writes; it has arrived once the carrier's ledger has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use carrier_sim::{Event, Sim};
use e2e::harness::{Employee, PATIENCE};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

/// Watches the carrier's ledger.
pub(crate) struct Departures {
    waiting: Waiting,
    watching: JoinHandle<()>,
}

impl Departures {
    /// Begins to watch.
    pub(crate) fn watch(sim: Arc<Sim>) -> Self {
        let waiting = Waiting::default();
        let watching = tokio::spawn(watch(sim, waiting.clone()));
        Self { waiting, watching }
    }

    /// Writes and waits until the carrier has it. No two bodies are the same.
    pub(crate) async fn say(&self, employee: &Employee, room: &str, body: &str) -> Result<()> {
        let (tell, taken) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(body.to_owned(), tell);
        employee.say(room, body).await?;
        let taken = tokio::time::timeout(PATIENCE * 4, taken).await;
        taken
            .with_context(|| format!("the carrier never got {body}"))?
            .context("nobody watches")
    }
}

impl Drop for Departures {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(sim: Arc<Sim>, waiting: Waiting) {
    let mut newest = sim.newest();
    let mut seen = 0;
    loop {
        for entry in sim.ledger(seen) {
            seen = entry.seq;
            if let Event::Accepted { text, .. } = entry.event
                && let Some(tell) = waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(&text.body)
            {
                let _ = tell.send(());
            }
        }
        if newest.changed().await.is_err() {
            return;
        }
    }
}
