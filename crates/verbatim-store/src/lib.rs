//! Everything durable: the ports `Store` and `CryptoRows` on SQLite and PostgreSQL.
//!
//! Operations are written once (`ops` writes, `reads` reads) over a small transaction trait (`tx`);
//! every SQL text has a name (`sql`) and serves both databases wherever the dialects agree. All writes
//! of a process go through one writer that commits in groups (`batch`): concurrent callers share one
//! flush to the disk, and nobody is answered before it. The log (`log`) gets its positions and its root
//! in the same transaction as the state changes and jobs that belong to a record.

mod ahead;
mod batch;
mod crypto;
mod log;
mod look;
mod ops;
mod port;
mod postgres;
mod reads;
mod schema;
mod sql;
mod sqlite;
mod stmt;
mod store;
mod tx;
mod value;
mod work;

use std::path::Path;
use std::sync::Arc;

use verbatim_engine::ports::{CryptoRows, Store, StoreError};

#[doc(hidden)]
pub use batch::Fault;
pub use look::{Look, LookAtLog, look, look_at_log};
#[doc(hidden)]
pub use sql::never_run;
pub use stmt::Dialect;
pub use store::SqlStore;

/// A store on SQLite: [`SqlStore::open`], [`SqlStore::in_memory`].
pub type SqliteStore = SqlStore;
/// A store on PostgreSQL: [`SqlStore::connect`].
pub type PgStore = SqlStore;

/// An open store behind its two ports.
#[derive(Clone)]
pub struct OpenStore {
    /// Everything durable of the product.
    pub store: Arc<dyn Store>,
    /// The platform adapter's rows, in the same database and under the same fence.
    pub crypto: Arc<dyn CryptoRows>,
}

/// Opens the store that a URL names: `sqlite:<path>` or `postgres://…`.
///
/// # Errors
/// [`StoreError::Locked`] if another process has the file, [`StoreError::Newer`] if the schema is newer
/// than this program, [`StoreError::Unavailable`] if there is no such store.
pub async fn open(url: &str) -> Result<OpenStore, StoreError> {
    let store = match url.split_once(':') {
        Some(("sqlite", path)) => SqlStore::open(Path::new(path.trim_start_matches("//")))?,
        Some(("postgres" | "postgresql", _)) => SqlStore::connect(url).await?,
        _ => return Err(not_a_store()),
    };
    Ok(OpenStore {
        store: Arc::clone(&store) as _,
        crypto: store,
    })
}

/// Joins a store that full nodes keep, as an edge: the schema is looked at and never changed, so that the
/// database need not allow it.
///
/// # Errors
/// [`StoreError::Newer`] if the schema is newer than this program, [`StoreError::Unavailable`] if it is older
/// or there is no such store, or none that two processes can have.
pub async fn join(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("postgres" | "postgresql", _)) => Ok(SqlStore::join(url).await?),
        Some(("sqlite", _)) => Err(StoreError::Unavailable(
            "an edge shares its store with full nodes: only PostgreSQL lets it".into(),
        )),
        _ => Err(not_a_store()),
    }
}

fn not_a_store() -> StoreError {
    StoreError::Unavailable("a store is named sqlite:<path> or postgres://…".into())
}
