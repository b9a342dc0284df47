//! `PUT /_matrix/app/v1/transactions/{txnId}`: events, committed raw before they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use serde_json::{Value, json};
use verbatim_engine::Engine;

use super::error::MatrixError;
use crate::body::{self, BodyError};

/// Far above a hundred events of 64 KiB, the most that one transaction holds.
const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// How long the homeserver may take to send it.
const READ_TIME: Duration = Duration::from_secs(60);

/// The transaction id is unique only within one homeserver database, so what makes an event seen once is
/// its own id; of the transaction's only the order is looked at. A body that is no transaction is kept
/// as evidence and acknowledged, since the homeserver would repeat it for ever and hold up everything behind it.
pub(super) async fn transaction(
    State(engine): State<Arc<Engine>>,
    request: Request,
) -> Result<Json<Value>, MatrixError> {
    let path = request.uri().path().to_owned();
    let txn = path.rsplit('/').next().unwrap_or_default();
    let body = body::read(request.into_body(), BODY_LIMIT, READ_TIME)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge(_) => MatrixError::TooLarge,
            BodyError::TooSlow | BodyError::Broken => MatrixError::Incomplete,
        })?;
    match engine.transaction(txn, &body).await {
        Ok(fresh) => {
            tracing::debug!(fresh, "transaction stored");
            Ok(Json(json!({})))
        }
        Err(error) => {
            tracing::error!(%error, "transaction not stored");
            Err(MatrixError::NotStored)
        }
    }
}
