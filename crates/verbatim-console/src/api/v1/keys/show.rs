//! `GET /api/v1/keys`: what keys there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::{KeyedBucketView, KeysView};

use super::rotate::KeyRotation;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// The keys of the installation, without any of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    /// Id of the key-encryption key in use.
    key: String,
    /// Id of the one that lies ready for the next rotation.
    next: Option<String>,
    /// The key that the log signs with: its public half, as examiners and witnesses enter it.
    signer: String,
    /// Whether there is a state root: the key that names, numbers, queues and device state are under.
    state_root: bool,
    /// The buckets that have a key.
    buckets: Vec<Bucket>,
    /// Rotations, newest first, at most 1,000.
    rotations: Vec<KeyRotation>,
}

/// The records of a retention class that expire in the same month; one key for all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bucket {
    /// Retention class.
    class: u8,
    /// Year and month of expiry.
    #[schema(example = "2033-11")]
    expires: String,
}

impl From<KeysView> for Keys {
    fn from(view: KeysView) -> Self {
        let KeysView {
            key,
            next,
            signer,
            state_root,
            buckets,
            rotations,
        } = view;
        let bucket = |KeyedBucketView { class, expires }| Bucket { class, expires };
        Self {
            key,
            next,
            signer,
            state_root,
            buckets: buckets.into_iter().map(bucket).collect(),
            rotations: rotations.into_iter().map(Into::into).collect(),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/keys", Needs::Scope(Scope::Admin), show_keys)
}

/// What keys there are, and when the key-encryption key was changed.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", responses((status = 200, body = Keys)))]
pub(crate) async fn show_keys(State(engine): State<Arc<Engine>>) -> Result<Json<Keys>, Problem> {
    Ok(Json(engine.key_inventory().await?.into()))
}
