//! `GET /api/v1/exports/{position}/certificate`: why records of an export are not disclosed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use verbatim_engine::Engine;

use super::ExportPath;
use super::records::ExportedRecord;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which certificate.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CertificateQuery {
    /// Position in the log of its record.
    at: u64,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/certificate",
        Needs::Scope(Scope::Export),
        export_certificate,
    )
}

/// The record of a certificate of a disposal, opened and checked, without the key of its sealed copy.
#[utoipa::path(get, path = "/api/v1/exports/{position}/certificate", tag = "record",
    params(("position" = u64, Path, description = "The export's number."), CertificateQuery),
    responses((status = 200, body = ExportedRecord)))]
pub(crate) async fn export_certificate(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    ExportPath(position): ExportPath,
    Query(query): Query<CertificateQuery>,
) -> Result<Json<ExportedRecord>, Problem> {
    let entry = engine
        .export_certificate(&caller.actor(), position, query.at)
        .await?;
    Ok(Json(ExportedRecord::from(&entry)))
}
