//! The writer: one task that owns the only writing connection of this process and commits in groups.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio_postgres::Config;
use verbatim_engine::ports::StoreError;

use super::tx::PostgresTx;
use crate::batch::{self, End, Faults, MOST, WAITING};
use crate::work::{Work, Write};

/// The writer's queue. When it is dropped, the task finishes what was queued and ends.
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Write>>,
}

impl Writer {
    pub(super) fn start(config: Config, arrived: Arc<Notify>, faults: Faults) -> Self {
        let (queue, writes) = mpsc::channel(WAITING);
        tokio::spawn(
            Desk {
                config,
                arrived,
                faults,
                open: None,
            }
            .serve(writes),
        );
        Self { queue }
    }

    /// Queues an operation; waits for a place if too many wait already.
    pub(super) async fn submit(&self, write: Box<dyn Write>) {
        if let Err(mpsc::error::SendError(write)) = self.queue.send(write).await {
            write.answer(Err(super::gone()));
        }
    }
}

struct Desk {
    config: Config,
    arrived: Arc<Notify>,
    faults: Faults,
    open: Option<(Arc<PostgresTx>, Work)>,
}

impl Desk {
    async fn serve(mut self, mut writes: mpsc::Receiver<Box<dyn Write>>) {
        let mut batch = Vec::with_capacity(MOST);
        while writes.recv_many(&mut batch, MOST).await > 0 {
            if !self.write(std::mem::take(&mut batch)).await {
                return;
            }
        }
    }

    /// Whether to go on.
    async fn write(&mut self, batch: Vec<Box<dyn Write>>) -> bool {
        let faults = self.faults.clone();
        let work = match self.connection().await {
            Ok(work) => work,
            Err(error) => {
                tracing::warn!(%error, "no connection to the database");
                batch
                    .into_iter()
                    .for_each(|write| write.answer(Err(error.clone())));
                return true;
            }
        };
        match batch::run(work, batch, &faults).await {
            End::Done { woke } => {
                if woke {
                    self.arrived.notify_one();
                }
                true
            }
            // What the connection went through is not known: the next batch gets a new one.
            End::Failed => {
                self.open = None;
                true
            }
            End::Dead => false,
        }
    }

    async fn connection(&mut self) -> Result<&mut Work, StoreError> {
        self.open = self.open.take().filter(|(tx, _)| !tx.is_closed());
        if self.open.is_none() {
            let tx = Arc::new(super::connect(&self.config).await?);
            let work = Work::new(Arc::clone(&tx) as _);
            self.open = Some((tx, work));
        }
        let open = self.open.as_mut().map(|(_, work)| work);
        open.ok_or_else(super::gone)
    }
}
