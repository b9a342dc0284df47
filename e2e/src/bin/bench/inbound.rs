//! A client texts; it has arrived once Verbatim has stored the id of the room's event.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use carrier_sim::Sim;
use e2e::harness::{ACCOUNT, PATIENCE};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tokio::sync::oneshot;

/// Between two looks into the store.
const LOOK: Duration = Duration::from_millis(2);
const EVENT: &str = "SELECT event FROM messages WHERE account = ?1 AND provider_id = ?2 \
    AND direction = 0 AND event IS NOT NULL";

type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

/// Watches the store of a running Verbatim, reading only.
pub(crate) struct Arrivals {
    waiting: Waiting,
}

impl Arrivals {
    /// Begins to watch; ends when this is dropped.
    pub(crate) fn watch(data: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store =
            Connection::open_with_flags(data.join("verbatim.db"), flags).context("store")?;
        let waiting = Waiting::default();
        let watched = Arc::downgrade(&waiting);
        std::thread::spawn(move || {
            while let Some(waiting) = watched.upgrade() {
                if let Err(error) = look(&store, &waiting) {
                    eprintln!("the store cannot be read: {error:#}");
                    return;
                }
                drop(waiting);
                // Another process's store gives no signal: it is sampled.
                std::thread::park_timeout(LOOK);
            }
        });
        Ok(Self { waiting })
    }

    /// Sends a text and waits until it has arrived.
    pub(crate) async fn text(
        &self,
        sim: &Arc<Sim>,
        phone: &str,
        number: &str,
        body: &str,
    ) -> Result<()> {
        let sid = sim.text(phone, number, body)?;
        let (tell, arrived) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(sid, tell);
        let arrived = tokio::time::timeout(PATIENCE * 4, arrived).await;
        arrived
            .context("a text did not arrive")?
            .context("nobody watches")
    }
}

fn look(store: &Connection, waiting: &Waiting) -> Result<()> {
    let pending: Vec<String> = waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .keys()
        .cloned()
        .collect();
    let mut find = store.prepare_cached(EVENT)?;
    for sid in pending {
        let found = find.query_row([ACCOUNT, &sid], |_| Ok(())).optional()?;
        if found.is_some()
            && let Some(tell) = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&sid)
        {
            let _ = tell.send(());
        }
    }
    Ok(())
}
