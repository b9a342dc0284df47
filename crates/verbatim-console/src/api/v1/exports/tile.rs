//! `GET /api/v1/exports/{position}/tile`: a tile of the log that an export is proved with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::StoreError;
use verbatim_engine::{Engine, LogError};
use verbatim_record::tile::TileId;

use super::ExportPath;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which tile.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TileQuery {
    /// Its path by C2SP tlog-tiles, such as `tile/0/x001/234.p/12`.
    path: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/tile",
        Needs::Scope(Scope::Export),
        export_tile,
    )
}

/// The hashes of a tile of the signed log, 32 bytes each.
#[utoipa::path(get, path = "/api/v1/exports/{position}/tile", tag = "record",
    params(("position" = u64, Path, description = "The export's number."), TileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn export_tile(
    State(engine): State<Arc<Engine>>,
    ExportPath(_): ExportPath,
    Query(query): Query<TileQuery>,
) -> Result<impl IntoResponse, Problem> {
    let none = || {
        let detail = "The signed log has no such tile.";
        Problem::new(StatusCode::NOT_FOUND, "tile.not.found", detail)
    };
    let id: TileId = query.path.parse().map_err(|_| none())?;
    let tile = engine.tile(id).await.map_err(|error| match error {
        LogError::Store(error) => AdminError::Store(error),
        other => AdminError::Store(StoreError::Damaged(other.to_string())),
    })?;
    let tile = tile.ok_or_else(none)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], tile))
}
