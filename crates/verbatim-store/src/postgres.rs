//! PostgreSQL: many processes, each with one writer that commits in groups, and a few readers.
//!
//! Writers of different processes take turns: each transaction begins by locking the row that holds
//! the state of the log. So positions have no gaps, and what an operation reads stays true until it
//! commits.

mod error;
mod many;
mod readers;
mod tls;
mod tx;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio_postgres::Config;
use verbatim_engine::ports::StoreError;

use crate::batch::{Fault, Faults};
use crate::schema;
use crate::stmt::Dialect;
use crate::store::Backend;
use crate::tx::Tx;
use crate::work::{Read, Write};
use readers::Readers;
use tx::PostgresTx;
use writer::Writer;

/// A process that hangs must not keep the others out; a commit is durable when it is answered.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '30s'; \
    SET lock_timeout = '30s'; SET statement_timeout = '60s'; SET synchronous_commit = on; \
    SET standard_conforming_strings = on; SET client_min_messages = warning";
/// Keeps two processes from migrating at once; the number only has to be ours.
const LOCK: &str = "SET client_min_messages = warning; SELECT pg_advisory_lock(8726656616265)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(8726656616265)";
/// A peer that has vanished without a word is given up after this time.
const GONE_AFTER: Duration = Duration::from_secs(20);

/// A database with its writer and readers.
pub(crate) struct Postgres {
    writer: Writer,
    readers: Readers,
    arrived: Arc<Notify>,
    faults: Faults,
}

impl Postgres {
    /// Connects and brings the schema up to date.
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let config = configured(url)?;
        migrate(&config).await?;
        Ok(Self::on(config))
    }

    /// Connects to what others keep up to date.
    pub(crate) async fn join(url: &str) -> Result<Self, StoreError> {
        let config = configured(url)?;
        schema::check(&dial(&config).await?).await?;
        Ok(Self::on(config))
    }

    fn on(config: Config) -> Self {
        let (arrived, faults) = (Arc::new(Notify::new()), Faults::default());
        let writer = Writer::start(config.clone(), Arc::clone(&arrived), faults.clone());
        Self {
            writer,
            readers: Readers::new(config),
            arrived,
            faults,
        }
    }
}

fn configured(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url
        .parse()
        .map_err(|cause| StoreError::Unavailable(format!("{cause}")))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(GONE_AFTER);
    }
    config
        .tcp_user_timeout(GONE_AFTER)
        .application_name("verbatim");
    Ok(config)
}

/// A connection that cannot write.
pub(crate) async fn look(url: &str) -> Result<impl Tx, StoreError> {
    let tx = connect(&configured(url)?).await?;
    tx.script("SET default_transaction_read_only = on").await?;
    Ok(tx)
}

async fn migrate(config: &Config) -> Result<(), StoreError> {
    let tx = dial(config).await?;
    tx.script(LOCK).await?;
    let migrated = schema::migrate(&tx, Dialect::Postgres).await;
    // The lock ends with the connection in any case.
    let _ = tx.script(UNLOCK).await;
    migrated
}

/// A connection without settings, driven by a task of its own until it is dropped.
async fn dial(config: &Config) -> Result<PostgresTx, StoreError> {
    let connected = config.connect(tls::connector()?).await;
    let (client, connection) = connected.map_err(|cause| error::of(&cause))?;
    tokio::spawn(async move {
        if let Err(cause) = connection.await {
            tracing::warn!(%cause, "a database connection ended");
        }
    });
    Ok(PostgresTx::new(client))
}

/// A connection ready for use.
async fn connect(config: &Config) -> Result<PostgresTx, StoreError> {
    let tx = dial(config).await?;
    tx.script(SETTINGS).await?;
    Ok(tx)
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

#[async_trait]
impl Backend for Postgres {
    async fn submit(&self, write: Box<dyn Write>) {
        self.writer.submit(write).await;
    }

    async fn read(&self, read: Box<dyn Read>) {
        self.readers.run(read).await;
    }

    fn arrived(&self) -> &Notify {
        &self.arrived
    }

    fn inject(&self, fault: Fault) {
        self.faults.plan(fault);
    }

    async fn limit_pages(&self, most: Option<u32>) -> Result<(), StoreError> {
        let _ = most;
        Err(StoreError::Unavailable("only files have a limit".into()))
    }
}
