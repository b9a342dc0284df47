//! `GET /api/v1/exports/{position}/checkpoint`: the signed checkpoint that an export is proved with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;
use verbatim_engine::Engine;

use super::ExportPath;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// What is enough.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckpointQuery {
    /// Do not wait for witnesses that have not cosigned.
    #[serde(default)]
    alone: bool,
    /// Position in the log of another record that it must cover, such as a certificate's.
    #[serde(default)]
    over: u64,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/checkpoint",
        Needs::Scope(Scope::Export),
        export_checkpoint,
    )
}

/// A checkpoint (C2SP tlog-checkpoint) that covers the export's own record, a second after it, and `over`, with the
/// cosignatures of all witnesses.
#[utoipa::path(get, path = "/api/v1/exports/{position}/checkpoint", tag = "record",
    params(("position" = u64, Path, description = "The export's number."), CheckpointQuery),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "Not signed yet: ask again.", body = super::super::super::problem::ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn export_checkpoint(
    State(engine): State<Arc<Engine>>,
    ExportPath(position): ExportPath,
    Query(query): Query<CheckpointQuery>,
) -> Result<impl IntoResponse, Problem> {
    let head = engine.export(position).await?;
    let over = head.position.max(query.over);
    let checkpoint = engine.checkpoint_over(over).await?;
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
    if !checkpoint.is_cosigned && !query.alone {
        let detail = "Not all witnesses have cosigned yet: ask again, or with `alone=true` for what there is.";
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "checkpoint.not.cosigned",
            detail,
        )
        .retry_after(1));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain")], checkpoint.note))
}
