//! `GET /api/v1/record/checkpoints`: the signed checkpoints, with what others have said of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::{CheckpointView, CosignatureView, TimestampView};

use crate::api::endpoint::Endpoint;
use crate::api::page::{Page, PageQuery, Paging};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// A signed checkpoint of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordCheckpoint {
    /// How many records it is over.
    size: u64,
    /// The root over them, hexadecimal.
    root: String,
    /// When it was signed, Unix milliseconds.
    at_ms: i64,
    /// Cosignatures of witnesses.
    cosignatures: Vec<Cosignature>,
    /// Timestamps of authorities (RFC 3161).
    timestamps: Vec<Timestamp>,
}

/// A witness's cosignature.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cosignature {
    /// The witness's name.
    #[schema(example = "witness.auditor.example/1")]
    witness: String,
    /// When, by its clock, Unix milliseconds.
    at_ms: i64,
}

/// A timestamp.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timestamp {
    /// The authority, as the configuration names it.
    #[schema(example = "notary")]
    authority: String,
    /// When, by its clock, Unix milliseconds.
    at_ms: i64,
}

impl From<CosignatureView> for Cosignature {
    fn from(v: CosignatureView) -> Self {
        let CosignatureView { witness, at_ms } = v;
        Self { witness, at_ms }
    }
}

impl From<TimestampView> for Timestamp {
    fn from(v: TimestampView) -> Self {
        let TimestampView { authority, at_ms } = v;
        Self { authority, at_ms }
    }
}

impl From<CheckpointView> for RecordCheckpoint {
    fn from(v: CheckpointView) -> Self {
        Self {
            size: v.size,
            root: v.root,
            at_ms: v.at_ms,
            cosignatures: v.cosignatures.into_iter().map(Cosignature::from).collect(),
            timestamps: v.timestamps.into_iter().map(Timestamp::from).collect(),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/record/checkpoints",
        Needs::Scope(Scope::Read),
        list_checkpoints,
    )
}

/// Signed checkpoints, the smallest first, with their cosignatures and timestamps. `after` may also be a size.
#[utoipa::path(get, path = "/api/v1/record/checkpoints", tag = "record", params(PageQuery),
    responses((status = 200, body = Page<RecordCheckpoint>)))]
pub(crate) async fn list_checkpoints(
    State(engine): State<Arc<Engine>>,
    paging: Paging,
) -> Result<Json<Page<RecordCheckpoint>>, Problem> {
    Page::of(engine.list_checkpoints(paging.at()).await, Into::into)
}
