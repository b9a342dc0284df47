//! What the machine allows: rows of the same size without the product, and HTTP without the product.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use futures_util::future::try_join_all;
use rusqlite::Connection;

use crate::load::now;

/// What a text adds to the store: sealed record, sealed text for the room, hashes, ids, keys.
pub(crate) const ROW: usize = 1_800;

/// Rows of a size a second into a SQLite file of its own, `batch` in a transaction, each flushed to the disk.
pub(crate) fn sqlite(dir: &Path, size: usize, batch: usize, rows: usize) -> Result<f64> {
    let mut connection = Connection::open(dir.join("limit.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; \
         PRAGMA cache_size = -32000; DROP TABLE IF EXISTS rows; CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB NOT NULL);",
    )?;
    let row = vec![7_u8; size];
    let began = now();
    let mut left = rows;
    while left > 0 {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO rows (data) VALUES (?1)")?;
            for _ in 0..batch.min(left) {
                insert.execute([&row])?;
            }
        }
        transaction.commit()?;
        left = left.saturating_sub(batch);
    }
    Ok(rows as f64 / began.elapsed().as_secs_f64())
}

/// The same into a table of its own in PostgreSQL, statements pipelined.
pub(crate) async fn postgres(url: &str, batch: usize, rows: usize) -> Result<f64> {
    let (mut client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .context("PostgreSQL")?;
    let connection = tokio::spawn(connection);
    let table = "DROP TABLE IF EXISTS limit_rows; CREATE TABLE limit_rows (id BIGSERIAL PRIMARY KEY, data BYTEA NOT NULL)";
    client.batch_execute(table).await?;
    let insert = client
        .prepare("INSERT INTO limit_rows (data) VALUES ($1)")
        .await?;
    let row = vec![7_u8; ROW];
    let began = now();
    let mut left = rows;
    while left > 0 {
        let transaction = client.transaction().await?;
        let all = (0..batch.min(left)).map(async |_| transaction.execute(&insert, &[&row]).await);
        try_join_all(all).await?;
        transaction.commit().await?;
        left = left.saturating_sub(batch);
    }
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    drop(client);
    let _ = connection.await;
    Ok(rate)
}

/// Reads the body and answers, without anything else.
pub(crate) fn echo() -> Router {
    Router::new().route("/{*any}", post(async |body: Bytes| body.len().to_string()))
}
