//! The installation and its keys.
//!
//! A batch that writes is the only one in the database (`Log::begin` sees to it), so what an operation
//! reads here stands until its commit.

use verbatim_domain::DisposalId;
use verbatim_engine::ports::{Installation, RotateKeys, StoreError};
use verbatim_record::{BucketId, Hash};

use crate::reads::keys as reads;
use crate::sql::keys as sql;
use crate::value::params;
use crate::work::Work;

/// Says whose store this is, unless that was said already.
pub(crate) async fn install(
    work: &mut Work,
    new: &Installation,
) -> Result<Installation, StoreError> {
    if let Some(standing) = reads::installation(&*work.tx, &()).await? {
        return Ok(standing);
    }
    let params = params![
        new.log,
        new.key_check,
        new.state_root.as_slice(),
        new.archive_key.as_slice()
    ];
    work.tx.execute(&sql::INSTALL, params).await?;
    Ok(new.clone())
}

/// Keeps the wrapped state root of an installation that has none.
pub(crate) async fn adopt_state_root(
    work: &mut Work,
    (key_check, wrapped): &(Hash, Vec<u8>),
) -> Result<Vec<u8>, StoreError> {
    let standing = standing(work, key_check).await?;
    if !standing.state_root.is_empty() {
        return Ok(standing.state_root);
    }
    let params = params![wrapped.as_slice(), *key_check];
    one(work.tx.execute(&sql::STATE_ROOT_ADOPT, params).await?)?;
    Ok(wrapped.clone())
}

/// Keeps the wrapped archive key of an installation that has none.
pub(crate) async fn adopt_archive_key(
    work: &mut Work,
    (key_check, wrapped): &(Hash, Vec<u8>),
) -> Result<Vec<u8>, StoreError> {
    let standing = standing(work, key_check).await?;
    if !standing.archive_key.is_empty() {
        return Ok(standing.archive_key);
    }
    let params = params![wrapped.as_slice(), *key_check];
    one(work.tx.execute(&sql::ARCHIVE_KEY_ADOPT, params).await?)?;
    Ok(wrapped.clone())
}

/// Keeps a wrapped bucket key, unless there is one; the one that stands.
pub(crate) async fn bucket_key(
    work: &mut Work,
    (bucket, wrapped, key_check): &(BucketId, Vec<u8>, Hash),
) -> Result<Vec<u8>, StoreError> {
    // Even an existing key is of no use to whoever holds another key-encryption key.
    standing(work, key_check).await?;
    let class = i64::from(bucket.class.0);
    let params = params![class, bucket.expiry_month];
    if let Some(row) = work.tx.query_opt(&sql::BUCKET_KEY, params).await? {
        return match row.get::<Option<DisposalId>>(1)? {
            None => row.get(0),
            Some(_) => Err(StoreError::Conflict("the bucket was disposed of".into())),
        };
    }
    let params = params![class, bucket.expiry_month, wrapped.as_slice()];
    work.tx.execute(&sql::BUCKET_KEY_ADD, params).await?;
    Ok(wrapped.clone())
}

/// Puts everything that is under one key-encryption key under another. What was read for it must still
/// be all there is: a bucket made or destroyed since makes it [`StoreError::Stale`].
pub(super) async fn rotate(work: &Work, new: &RotateKeys) -> Result<(), StoreError> {
    let tx = &*work.tx;
    let row = tx.query_opt(&sql::BUCKET_KEY_COUNT, vec![]).await?;
    let buckets: u64 = row.map_or(Ok(0), |row| row.get(0))?;
    if buckets != new.buckets.len() as u64 {
        return Err(STALE);
    }
    for bucket in &new.buckets {
        let params = params![
            i64::from(bucket.id.class.0),
            bucket.id.expiry_month,
            bucket.new.as_slice(),
            bucket.old.as_slice(),
        ];
        one(tx.execute(&sql::BUCKET_KEY_REWRAP, params).await?)?;
    }
    let old = &new.old;
    let params = params![
        new.key_check,
        new.state_root.as_slice(),
        new.archive_key.as_slice(),
        old.key_check,
        old.state_root.as_slice(),
        old.archive_key.as_slice()
    ];
    one(tx.execute(&sql::REKEY, params).await?)?;
    let done = &new.rotation;
    let params = params![done.at, &*done.old_key, &*done.new_key, buckets];
    tx.execute(&sql::ROTATION_ADD, params).await.map(drop)
}

const STALE: StoreError = StoreError::Stale("the keys have changed");

/// The installation, if it is under this key-encryption key.
async fn standing(work: &Work, key_check: &Hash) -> Result<Installation, StoreError> {
    let standing = reads::installation(&*work.tx, &()).await?;
    let standing = standing.ok_or_else(|| StoreError::Damaged("no installation".into()))?;
    if standing.key_check == *key_check {
        Ok(standing)
    } else {
        Err(STALE)
    }
}

fn one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(STALE) }
}
