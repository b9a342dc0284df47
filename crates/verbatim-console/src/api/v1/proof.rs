//! `POST /api/v1/record/proofs`: prove that a record is in the log.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProveRecord {
    /// Its position in the log.
    position: u64,
}

/// A proof. It holds the record's leaf, which has no personal data, and nothing of its body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordProof {
    /// The content of a `.tlog-proof` file (C2SP tlog-proof), the leaf in its `extra` line.
    proof: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/record/proofs",
        Needs::Scope(Scope::Export),
        prove_record,
    )
}

/// Proves that a record is in the signed log. Who asked, and what for, is recorded.
#[utoipa::path(post, path = "/api/v1/record/proofs", tag = "record", request_body = ProveRecord,
    responses((status = 201, body = RecordProof)))]
pub(crate) async fn prove_record(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<ProveRecord>,
) -> Result<(StatusCode, Json<RecordProof>), Problem> {
    let proof = engine.prove_record(&caller.viewer(), wish.position).await?;
    let proof = proof.to_string();
    Ok((StatusCode::CREATED, Json(RecordProof { proof })))
}
