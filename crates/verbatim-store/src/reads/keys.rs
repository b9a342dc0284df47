//! The installation and its keys, wrapped.

use verbatim_engine::ports::{Installation, KeyRotation, StoreError};
use verbatim_record::{BucketId, RetentionClass};

use crate::sql::keys as sql;
use crate::tx::Tx;
use crate::value::Row;

/// Whose store this is, once that was said.
pub(crate) async fn installation(tx: &dyn Tx, (): &()) -> Result<Option<Installation>, StoreError> {
    let read = |row: Row| {
        Ok(Installation {
            log: row.get(0)?,
            key_check: row.get(1)?,
            state_root: row.get::<Option<Vec<u8>>>(2)?.unwrap_or_default(),
            archive_key: row.get::<Option<Vec<u8>>>(3)?.unwrap_or_default(),
        })
    };
    let row = tx.query_opt(&sql::INSTALLATION, vec![]).await?;
    row.map(read).transpose()
}

/// All wrapped bucket keys.
pub(crate) async fn bucket_keys(
    tx: &dyn Tx,
    (): &(),
) -> Result<Vec<(BucketId, Vec<u8>)>, StoreError> {
    let key = |row: &Row| {
        let class = RetentionClass(row.get(0)?);
        Ok((
            BucketId {
                class,
                expiry_month: row.get(1)?,
            },
            row.get(2)?,
        ))
    };
    let rows = tx.query(&sql::BUCKET_KEYS, vec![]).await?;
    rows.iter().map(key).collect()
}

/// Rotations of the key-encryption key, newest first.
pub(crate) async fn rotations(tx: &dyn Tx, (): &()) -> Result<Vec<KeyRotation>, StoreError> {
    let rotation = |row: &Row| {
        Ok(KeyRotation {
            at: row.get(0)?,
            old_key: row.get(1)?,
            new_key: row.get(2)?,
            buckets: row.get(3)?,
        })
    };
    let rows = tx.query(&sql::ROTATIONS, vec![]).await?;
    rows.iter().map(rotation).collect()
}
