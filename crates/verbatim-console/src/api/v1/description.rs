//! `GET /api/v1/openapi.json`: the description of this API, for programs.

use axum::Json;
use utoipa::openapi::OpenApi;

use crate::api::endpoint::Endpoint;
use crate::api::scope::Needs;

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/openapi.json", Needs::Nothing, describe)
}

/// This description (OpenAPI 3.1).
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about",
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = serde_json::Value)))]
pub(crate) async fn describe() -> Json<OpenApi> {
    Json(crate::api::openapi())
}
