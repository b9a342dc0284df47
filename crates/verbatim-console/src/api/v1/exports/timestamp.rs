//! `GET /api/v1/exports/{position}/timestamp`: by when records of an export existed, says a time authority.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use verbatim_engine::Engine;

use super::ExportPath;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which timestamp.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimestampQuery {
    /// The size of the checkpoint that the export is proved with: the stamped one is not larger.
    size: u64,
}

/// A checkpoint that a time authority has stamped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportTimestamp {
    /// Number of records that the stamped checkpoint covers.
    size: u64,
    /// The signed note, without cosignatures. Its text was stamped.
    checkpoint: String,
    /// The authority's answer (RFC 3161), DER in base64.
    response: String,
}

/// The newest timestamp there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewestTimestamp {
    /// Null if no checkpoint of that size or smaller was stamped.
    timestamp: Option<ExportTimestamp>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/timestamp",
        Needs::Scope(Scope::Export),
        export_timestamp,
    )
}

/// The newest timestamp (RFC 3161) of a checkpoint of this size or smaller.
#[utoipa::path(get, path = "/api/v1/exports/{position}/timestamp", tag = "record",
    params(("position" = u64, Path, description = "The export's number."), TimestampQuery),
    responses((status = 200, body = NewestTimestamp)))]
pub(crate) async fn export_timestamp(
    State(engine): State<Arc<Engine>>,
    ExportPath(position): ExportPath,
    Query(query): Query<TimestampQuery>,
) -> Result<Json<NewestTimestamp>, Problem> {
    engine.export(position).await?;
    let stamped = engine.stamped_up_to(query.size).await?;
    let timestamp = stamped.map(|stamped| ExportTimestamp {
        size: stamped.size,
        checkpoint: stamped.note,
        response: STANDARD.encode(stamped.response),
    });
    Ok(Json(NewestTimestamp { timestamp }))
}
