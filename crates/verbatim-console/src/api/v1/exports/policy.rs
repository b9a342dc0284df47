//! `GET /api/v1/exports/{position}/policy`: whom to believe about the checkpoint of an export.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use verbatim_engine::Engine;

use super::ExportPath;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/policy",
        Needs::Scope(Scope::Export),
        export_policy,
    )
}

/// The log's trust policy (C2SP tlog-policy), with the keys that it has had up to now. Asked for behind the
/// checkpoint, it has the key that signed it, also where the key was changed since the export was begun.
#[utoipa::path(get, path = "/api/v1/exports/{position}/policy", tag = "record",
    params(("position" = u64, Path, description = "The export's number.")),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn export_policy(
    State(engine): State<Arc<Engine>>,
    ExportPath(position): ExportPath,
) -> Result<impl IntoResponse, Problem> {
    engine.export(position).await?;
    let policy = engine.log_policy().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain")], policy))
}
