//! Tiles, checkpoints, and what they are made from.

use verbatim_engine::ports::{LogLeaf, SignedCheckpoint, StoreError};

use super::log::MOST;
use crate::sql::signed_log as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

/// The largest checkpoint.
pub(crate) async fn latest_checkpoint(
    tx: &dyn Tx,
    (): &(),
) -> Result<Option<SignedCheckpoint>, StoreError> {
    let row = tx.query_opt(&sql::CHECKPOINT_LATEST, vec![]).await?;
    row.as_ref().map(checkpoint).transpose()
}

/// Checkpoints of a greater size, the smallest first.
pub(crate) async fn checkpoints(
    tx: &dyn Tx,
    (after, limit): &(u64, u32),
) -> Result<Vec<SignedCheckpoint>, StoreError> {
    let params = params![*after, (*limit).min(MOST)];
    let rows = tx.query(&sql::CHECKPOINTS, params).await?;
    rows.iter().map(checkpoint).collect()
}

fn checkpoint(row: &Row) -> Result<SignedCheckpoint, StoreError> {
    Ok(SignedCheckpoint {
        size: row.get(0)?,
        root: row.get(1)?,
        at: row.get(2)?,
        note: row.get(3)?,
    })
}

/// The hashes of a full tile.
pub(crate) async fn tile(
    tx: &dyn Tx,
    (level, index): &(u8, u64),
) -> Result<Option<Vec<u8>>, StoreError> {
    let place = params![i64::from(*level), *index];
    let row = tx.query_opt(&sql::TILE, place).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Leaves from a position on.
pub(crate) async fn leaves(
    tx: &dyn Tx,
    (from, limit): &(u64, u32),
) -> Result<Vec<LogLeaf>, StoreError> {
    let params = params![*from, (*limit).min(MOST)];
    let rows = tx.query(&sql::LEAVES, params).await?;
    let leaf = |row: &Row| {
        Ok(LogLeaf {
            bytes: row.get(0)?,
            hash: row.get(1)?,
        })
    };
    rows.iter().map(leaf).collect()
}
