//! `POST /api/v1/keys/rotate`: change the key-encryption key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::KeyRotationView;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// What the caller starts from, so that a repeated request has no second effect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyInUse {
    /// Id of the key in use.
    pub(super) key: String,
}

/// A rotation of the key-encryption key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyRotation {
    /// When, Unix milliseconds.
    at_ms: i64,
    /// Id of the key before.
    old_key: String,
    /// Id of the key since.
    new_key: String,
    /// How many bucket keys were wrapped again.
    buckets: u64,
}

impl From<KeyRotationView> for KeyRotation {
    fn from(view: KeyRotationView) -> Self {
        let KeyRotationView {
            at_ms,
            old_key,
            new_key,
            buckets,
        } = view;
        Self {
            at_ms,
            old_key,
            new_key,
            buckets,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/keys/rotate",
        Needs::Scope(Scope::Admin),
        rotate_key,
    )
}

/// Changes the key-encryption key to the one that lies ready, or to a new one: everything under it is
/// wrapped again, at once. A rotation whose end nobody heard of is finished instead, and answered.
#[utoipa::path(post, path = "/api/v1/keys/rotate", tag = "keys", request_body = KeyInUse,
    responses((status = 200, body = KeyRotation)))]
pub(crate) async fn rotate_key(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(in_use): input::Json<KeyInUse>,
) -> Result<Json<KeyRotation>, Problem> {
    let done = engine.rotate_key(&caller.actor(), &in_use.key).await?;
    Ok(Json(done.into()))
}
