//! Alarms, tokens and cursors.

use verbatim_engine::ports::{Alarm, ApiToken, StoreError};
use verbatim_record::Hash;

use crate::sql::config as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

fn token_row(row: &Row) -> Result<ApiToken, StoreError> {
    let scopes: String = row.get(2)?;
    Ok(ApiToken {
        hash: row.get(0)?,
        name: row.get(1)?,
        scopes: scopes.lines().map(str::to_owned).collect(),
        created: row.get(3)?,
        revoked: row.get(4)?,
    })
}

/// How many alarms there are.
pub(crate) async fn alarm_count(tx: &dyn Tx, (): &()) -> Result<u64, StoreError> {
    let row = tx.query_opt(&sql::ALARM_COUNT, vec![]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Alarms, newest first.
pub(crate) async fn alarms(tx: &dyn Tx, (): &()) -> Result<Vec<Alarm>, StoreError> {
    let alarm = |row: &Row| {
        Ok(Alarm {
            key: row.get(0)?,
            text: row.get(1)?,
            at: row.get(2)?,
        })
    };
    tx.query(&sql::ALARMS, vec![])
        .await?
        .iter()
        .map(alarm)
        .collect()
}

/// A token by its hash.
pub(crate) async fn token(tx: &dyn Tx, hash: &Hash) -> Result<Option<ApiToken>, StoreError> {
    let row = tx.query_opt(&sql::TOKEN, params![*hash]).await?;
    row.map(|row| token_row(&row)).transpose()
}

/// All tokens.
pub(crate) async fn tokens(tx: &dyn Tx, (): &()) -> Result<Vec<ApiToken>, StoreError> {
    tx.query(&sql::TOKENS, vec![])
        .await?
        .iter()
        .map(token_row)
        .collect()
}

/// How far something has come.
pub(crate) async fn cursor(tx: &dyn Tx, name: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query_opt(&sql::CURSOR, params![name]).await?;
    row.map(|row| row.get(0)).transpose()
}
