//! Cosignatures and timestamps.

use verbatim_engine::ports::{Cosignature, LogTimestamp, StoreError};

use super::log::MOST;
use crate::sql::anchors as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

fn cosignature(row: &Row) -> Result<Cosignature, StoreError> {
    Ok(Cosignature {
        size: row.get(0)?,
        witness: row.get(1)?,
        line: row.get(2)?,
        at: row.get(3)?,
    })
}

fn timestamp(row: &Row) -> Result<LogTimestamp, StoreError> {
    Ok(LogTimestamp {
        size: row.get(0)?,
        authority: row.get(1)?,
        request: row.get(2)?,
        response: row.get(3)?,
        at: row.get(4)?,
    })
}

/// Of the largest checkpoint that a witness has cosigned.
pub(crate) async fn latest_cosignature(
    tx: &dyn Tx,
    witness: &str,
) -> Result<Option<Cosignature>, StoreError> {
    let row = tx.query_opt(&sql::COSIGNATURE_LATEST, params![witness]);
    row.await?.as_ref().map(cosignature).transpose()
}

/// Of the checkpoint of a size.
pub(crate) async fn cosignatures(tx: &dyn Tx, size: &u64) -> Result<Vec<Cosignature>, StoreError> {
    let rows = tx.query(&sql::COSIGNATURES, params![*size]).await?;
    rows.iter().map(cosignature).collect()
}

/// The newest of an authority.
pub(crate) async fn latest_timestamp(
    tx: &dyn Tx,
    authority: &str,
) -> Result<Option<LogTimestamp>, StoreError> {
    let row = tx.query_opt(&sql::TIMESTAMP_LATEST, params![authority]);
    row.await?.as_ref().map(timestamp).transpose()
}

/// Of the largest checkpoint that has one, up to a size.
pub(crate) async fn timestamp_up_to(
    tx: &dyn Tx,
    size: &u64,
) -> Result<Option<LogTimestamp>, StoreError> {
    let row = tx.query_opt(&sql::TIMESTAMP_UP_TO, params![*size]);
    row.await?.as_ref().map(timestamp).transpose()
}

/// Of checkpoints larger than one, smallest first.
pub(crate) async fn timestamps(
    tx: &dyn Tx,
    (after, limit): &(u64, u32),
) -> Result<Vec<LogTimestamp>, StoreError> {
    let params = params![*after, (*limit).min(MOST)];
    let rows = tx.query(&sql::TIMESTAMPS, params).await?;
    rows.iter().map(timestamp).collect()
}
