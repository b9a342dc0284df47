//! Alarms, tokens, cursors, the installation, bucket keys and the probe.

use verbatim_domain::DisposalId;
use verbatim_engine::ports::{Alarm, ApiToken, Installation, StoreError};
use verbatim_record::BucketId;

use crate::sql::{config as sql, log as log_sql};
use crate::value::params;
use crate::work::Work;

/// Raises or updates an alarm.
pub(super) async fn raise(work: &Work, alarm: &Alarm) -> Result<(), StoreError> {
    let Alarm { key, text, at } = alarm;
    work.tx
        .send(&sql::ALARM_PUT, params![key.as_str(), text.as_str(), *at])
        .await
}

/// Clears an alarm, if it is there.
pub(super) async fn clear(work: &Work, key: &str) -> Result<(), StoreError> {
    work.tx.send(&sql::ALARM_CLEAR, params![key]).await
}

/// Inserts or replaces a token. Scopes are words, one per line.
pub(super) async fn put_token(work: &Work, token: &ApiToken) -> Result<(), StoreError> {
    let ApiToken {
        hash,
        name,
        scopes,
        created,
        revoked,
    } = token;
    let params = params![*hash, name.as_str(), scopes.join("\n"), *created, *revoked];
    work.tx.send(&sql::TOKEN_PUT, params).await
}

/// Remembers how far something has come.
pub(super) async fn set_cursor(work: &Work, name: &str, value: &str) -> Result<(), StoreError> {
    work.tx.send(&sql::CURSOR_PUT, params![name, value]).await
}

/// Says whose store this is, unless that was said already.
pub(crate) async fn install(
    work: &mut Work,
    new: &Installation,
) -> Result<Installation, StoreError> {
    if let Some(row) = work.tx.query_opt(&log_sql::INSTALLATION, vec![]).await? {
        return Ok(Installation {
            log: row.get(0)?,
            key_check: row.get(1)?,
        });
    }
    work.tx
        .execute(&log_sql::INSTALL, params![new.log, new.key_check])
        .await?;
    Ok(*new)
}

/// Keeps a wrapped bucket key, unless there is one; the one that stands.
pub(crate) async fn bucket_key(
    work: &mut Work,
    (bucket, wrapped): &(BucketId, Vec<u8>),
) -> Result<Vec<u8>, StoreError> {
    let class = i64::from(bucket.class.0);
    let params = params![class, bucket.expiry_month];
    if let Some(row) = work.tx.query_opt(&log_sql::BUCKET_KEY, params).await? {
        return match row.get::<Option<DisposalId>>(1)? {
            None => row.get(0),
            Some(_) => Err(StoreError::Conflict("the bucket was disposed of".into())),
        };
    }
    let params = params![class, bucket.expiry_month, wrapped.as_slice()];
    work.tx.execute(&log_sql::BUCKET_KEY_ADD, params).await?;
    Ok(wrapped.clone())
}

/// More than a page, so that a full disk is noticed before a text is.
const FILLER: usize = 16 * 1024;

/// Writes and removes a probe.
pub(crate) async fn probe(work: &mut Work, (): &()) -> Result<(), StoreError> {
    work.tx.execute(&log_sql::PROBE_CLEAR, vec![]).await?;
    work.tx
        .execute(&log_sql::PROBE_PUT, params![vec![0u8; FILLER]])
        .await?;
    work.tx
        .execute(&log_sql::PROBE_CLEAR, vec![])
        .await
        .map(drop)
}
