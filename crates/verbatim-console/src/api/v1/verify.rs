//! `GET /api/v1/record/verify`: verify the whole log.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::VerifyView;

use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// The result. A record that does not verify is a result, not an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Whether everything held.
    ok: bool,
    /// Records read.
    records: u64,
    /// Records that nobody can read any more, as certificates of disposals say.
    disposed: u64,
    /// Stored roots compared.
    roots: u64,
    /// Signed checkpoints whose signature and root were checked.
    checkpoints: u64,
    /// Kept tiles compared with what the records lead to.
    tiles: u64,
    /// Size of the log.
    log_size: u64,
    /// Its root, hex.
    root: String,
    /// The first fault, naming the leaf.
    fault: Option<String>,
}

impl From<VerifyView> for Verification {
    fn from(view: VerifyView) -> Self {
        let VerifyView {
            ok,
            records,
            disposed,
            roots,
            checkpoints,
            tiles,
            log_size,
            root,
            fault,
        } = view;
        Self {
            ok,
            records,
            disposed,
            roots,
            checkpoints,
            tiles,
            log_size,
            root,
            fault,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/record/verify", Needs::Scope(Scope::Record), verify)
}

/// Recomputes the whole log from its records and opens every one. Takes as long as the log is; one at a
/// time. It ends when the caller goes away. What came out is recorded.
#[utoipa::path(get, path = "/api/v1/record/verify", tag = "record",
    responses((status = 200, body = Verification),
        (status = 409, description = "Another one is running.", body = super::super::problem::ProblemBody,
            content_type = "application/problem+json")))]
pub(crate) async fn verify(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Verification>, Problem> {
    let _turn = state.verifying.try_acquire().map_err(|_| {
        let detail = "A verification is running already: wait for it to end.";
        Problem::new(StatusCode::CONFLICT, "record.verification.running", detail).retry_after(10)
    })?;
    let view = state
        .engine
        .verify_for(&caller.viewer(), |records| {
            tracing::debug!(records, "verifying");
        })
        .await?;
    if let Some(fault) = &view.fault {
        tracing::error!(%fault, "the log does not verify");
    }
    Ok(Json(view.into()))
}
