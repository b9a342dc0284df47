//! `GET /api/v1/exports/{position}/checkpoint`: the signed checkpoint that an export is proved with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use verbatim_engine::Engine;

use super::ExportPath;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/checkpoint",
        Needs::Scope(Scope::Export),
        export_checkpoint,
    )
}

/// The newest checkpoint (C2SP tlog-checkpoint), once it covers the export's own record: a second after it.
#[utoipa::path(get, path = "/api/v1/exports/{position}/checkpoint", tag = "record",
    params(("position" = u64, Path, description = "The export's number.")),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "Not signed yet: ask again.", body = super::super::super::problem::ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn export_checkpoint(
    State(engine): State<Arc<Engine>>,
    ExportPath(position): ExportPath,
) -> Result<impl IntoResponse, Problem> {
    let head = engine.export(position).await?;
    let checkpoint = engine.checkpoint_over(head.position).await?;
    let checkpoint = checkpoint.ok_or_else(|| {
        let detail = "The log is not signed up to this export yet. Whoever runs `verbatim serve` signs it within a \
                      second, unless an alarm says why not.";
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "checkpoint.not.yet",
            detail,
        )
        .retry_after(1)
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain")], checkpoint.note))
}
