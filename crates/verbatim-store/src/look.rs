//! A look at a store that changes nothing, for checks beside a service or before its first start.

use std::path::Path;

use verbatim_engine::ports::StoreError;
use verbatim_record::Hash;

use crate::reads;
use crate::schema;
use crate::sql::{keys, schema as sql};
use crate::tx::Tx;
use crate::{postgres, sqlite};

/// The first schema with signed checkpoints.
const SIGNED: u32 = 2;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There is no store yet: the first start makes it.
    Nothing,
    /// A store of an earlier program: the next start brings it up to date.
    Older {
        /// Its schema.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// A store that this program can use as it is.
    Current {
        /// The fingerprint of the key-encryption key that it is bound to; none before the first start.
        key_check: Option<Hash>,
    },
}

/// Looks at the store that a URL names. Makes no file, takes no lock, writes nothing.
///
/// # Errors
/// [`StoreError::Newer`] if the schema is newer than this program, [`StoreError::Unavailable`] if the store
/// cannot be reached or read.
pub async fn look(url: &str) -> Result<Look, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = Path::new(path.trim_start_matches("//"));
            match sqlite::look(path)? {
                None => Ok(Look::Nothing),
                Some(tx) => sqlite::ready(seen(&tx)),
            }
        }
        Some(("postgres" | "postgresql", _)) => seen(&postgres::look(url).await?).await,
        _ => Err(crate::not_a_store()),
    }
}

/// What was seen of a store's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAtLog {
    /// How many records it has.
    pub size: u64,
    /// The newest signed checkpoint, as a note; none if nothing was ever signed.
    pub checkpoint: Option<String>,
}

/// Looks at the log of the store that a URL names, as [`look`] does; none if there is no store, or one from
/// before logs were signed.
///
/// # Errors
/// As [`look`].
pub async fn look_at_log(url: &str) -> Result<Option<LookAtLog>, StoreError> {
    match look(url).await? {
        Look::Nothing => return Ok(None),
        Look::Older { found, .. } if found < SIGNED => return Ok(None),
        Look::Older { .. } | Look::Current { .. } => {}
    }
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = Path::new(path.trim_start_matches("//"));
            match sqlite::look(path)? {
                None => Ok(None),
                Some(tx) => sqlite::ready(seen_of_log(&tx)).map(Some),
            }
        }
        _ => seen_of_log(&postgres::look(url).await?).await.map(Some),
    }
}

async fn seen_of_log(tx: &dyn Tx) -> Result<LookAtLog, StoreError> {
    let last = reads::signed_log::latest_checkpoint(tx, &()).await?;
    Ok(LookAtLog {
        size: reads::log::last_root(tx, &()).await?.size,
        checkpoint: last.map(|checkpoint| checkpoint.note),
    })
}

async fn seen(tx: &dyn Tx) -> Result<Look, StoreError> {
    if tx.query_opt(&sql::EXISTS, vec![]).await?.is_none() {
        return Ok(Look::Nothing);
    }
    let row = tx.query_opt(&sql::VERSION, vec![]).await?;
    let found: u32 = row.map_or(Ok(0), |row| row.get(0))?;
    let known = schema::KNOWN;
    match found {
        0 => Ok(Look::Nothing),
        _ if found > known => Err(StoreError::Newer { found, known }),
        _ if found < known => Ok(Look::Older { found, known }),
        _ => {
            let row = tx.query_opt(&keys::INSTALLATION, vec![]).await?;
            let key_check = row.map(|row| row.get(1)).transpose()?;
            Ok(Look::Current { key_check })
        }
    }
}
