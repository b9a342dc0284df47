//! `GET /api/v1/disposals/{id}`: one disposal with its certificate.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Disposal;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// A disposal with its certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertifiedDisposal {
    /// The disposal.
    disposal: Disposal,
    /// The certificate, a signed note as docs/formats/record.md describes it; null before the key is
    /// destroyed.
    certificate: Option<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/disposals/{id}",
        Needs::Scope(Scope::Dispose),
        show_disposal,
    )
}

/// One disposal, with its certificate once its key is destroyed.
#[utoipa::path(get, path = "/api/v1/disposals/{id}", tag = "disposals",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, body = CertifiedDisposal)))]
pub(crate) async fn show_disposal(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
) -> Result<Json<CertifiedDisposal>, Problem> {
    let id = input::id(&id, "disposal")?;
    let (disposal, certificate) = engine.show_disposal(id).await?;
    Ok(Json(CertifiedDisposal {
        disposal: disposal.into(),
        certificate,
    }))
}
