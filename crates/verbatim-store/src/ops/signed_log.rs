//! Tiles and checkpoints: the last place that refuses to keep two histories of one log.

use verbatim_engine::ports::{LogTile, SignedCheckpoint, StoreError};
use verbatim_record::Hash;

use crate::sql::signed_log as sql;
use crate::value::params;
use crate::work::Work;

/// Keeps full tiles. One that is there already must be the same.
pub(super) async fn add_tiles(work: &Work, tiles: &[LogTile]) -> Result<(), StoreError> {
    for tile in tiles {
        let place = params![i64::from(tile.level), tile.index];
        match work.tx.query_opt(&sql::TILE, place).await? {
            None => {
                let row = params![i64::from(tile.level), tile.index, tile.hashes.as_slice()];
                work.tx.send(&sql::TILE_ADD, row).await?;
            }
            Some(row) if row.get::<Vec<u8>>(0)? == tile.hashes => {}
            Some(_) => {
                let (level, index) = (tile.level, tile.index);
                let what = format!("tile {index} of level {level} is kept with other hashes");
                return Err(StoreError::Damaged(what));
            }
        }
    }
    Ok(())
}

/// Keeps a checkpoint: greater than all before it, and with the root that was committed at its size.
pub(super) async fn add_checkpoint(
    work: &Work,
    checkpoint: &SignedCheckpoint,
) -> Result<(), StoreError> {
    let SignedCheckpoint {
        size,
        root,
        at,
        note,
    } = checkpoint;
    if let Some(row) = work.tx.query_opt(&sql::CHECKPOINT_LATEST, vec![]).await? {
        let (last, last_root): (u64, Hash) = (row.get(0)?, row.get(1)?);
        if last == *size && last_root == *root {
            return Ok(());
        }
        if last >= *size {
            let what = format!("a checkpoint of {last} records was signed, and now one of {size}");
            return Err(StoreError::Damaged(what));
        }
    }
    let committed = work
        .tx
        .query_opt(&sql::ROOT_OF, params![*size])
        .await?
        .map(|row| row.get::<Hash>(0))
        .transpose()?;
    if committed != Some(*root) {
        let what = format!("the root to be signed at {size} is not the one that was committed");
        return Err(StoreError::Damaged(what));
    }
    let row = params![*size, *root, *at, note.as_str()];
    work.tx.send(&sql::CHECKPOINT_ADD, row).await?;
    prune(work, *size).await
}

/// Bounds what is kept beside the log, in the commit that makes it needless: of the roots, those before the
/// signed one; of the checkpoints, all but the last of each hour once 300 newer ones are there. Proofs
/// between any two sizes come from the tiles, which are never pruned.
async fn prune(work: &Work, signed: u64) -> Result<(), StoreError> {
    work.tx.send(&sql::ROOTS_PRUNE, params![signed]).await?;
    let old = work.tx.query(&sql::CHECKPOINTS_OLD, vec![]).await?;
    let [next, last] = &old[..] else {
        return Ok(());
    };
    let hour = |at: i64| at.div_euclid(60 * 60 * 1000);
    if hour(next.get(1)?) != hour(last.get(1)?) {
        return Ok(());
    }
    let size: u64 = last.get(0)?;
    let gone = work.tx.execute(&sql::CHECKPOINT_PRUNE, params![size]);
    if gone.await? > 0 {
        let params = params![size];
        work.tx.send(&sql::COSIGNATURES_PRUNE, params).await?;
    }
    Ok(())
}
