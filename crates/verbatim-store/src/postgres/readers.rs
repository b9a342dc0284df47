//! Readers: a few connections beside the writer's. Each statement sees what is committed.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_postgres::Config;
use verbatim_engine::ports::StoreError;

use super::tx::PostgresTx;
use crate::work::Read;

/// Connections reading at once, at most.
const MOST: usize = 8;

/// The readers of a database.
pub(super) struct Readers {
    config: Config,
    idle: Mutex<Vec<PostgresTx>>,
    places: Semaphore,
}

impl Readers {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            idle: Mutex::default(),
            places: Semaphore::new(MOST),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PostgresTx>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a read on a connection that is free.
    pub(super) async fn run(&self, read: Box<dyn Read>) {
        let Ok(_place) = self.places.acquire().await else {
            return read.refuse(super::gone());
        };
        match self.connection().await {
            Err(error) => read.refuse(error),
            Ok(tx) => {
                read.run(&tx).await;
                if !tx.is_closed() {
                    self.idle().push(tx);
                }
            }
        }
    }

    async fn connection(&self) -> Result<PostgresTx, StoreError> {
        let idle = {
            let mut idle = self.idle();
            idle.retain(|tx| !tx.is_closed());
            idle.pop()
        };
        match idle {
            Some(tx) => Ok(tx),
            None => super::connect(&self.config).await,
        }
    }
}
