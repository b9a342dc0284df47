//! `POST /api/v1/keys/custody`: files of keys are about to be changed on a machine.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::admin::KeyDeed;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// What is done to files of keys, which the service does not do itself.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Another signing key is put in the place of the log's.
    ChangeSigner,
    /// The signing key from before is taken away.
    RetireSigner,
    /// The key file is wrapped by a token's key.
    HsmInit,
}

impl From<Deed> for KeyDeed {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::ChangeSigner => Self::ChangeSigner,
            Deed::RetireSigner => Self::RetireSigner,
            Deed::HsmInit => Self::HsmInit,
        }
    }
}

/// What is about to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Custody {
    /// What.
    deed: Deed,
    /// With which key, by its public name: the signing key that is replaced, the one that stays, the token's key.
    key: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/keys/custody",
        Needs::Scope(Scope::Admin),
        record_custody,
    )
}

/// Records that files of keys are about to be changed on a machine. Call it before it is done. That a signing
/// key is taken away is refused unless the log signs with the one that stays.
#[utoipa::path(post, path = "/api/v1/keys/custody", tag = "keys", request_body = Custody,
    responses((status = 204, description = "Recorded.")))]
pub(crate) async fn record_custody(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(custody): input::Json<Custody>,
) -> Result<StatusCode, Problem> {
    let deed = custody.deed.into();
    engine
        .record_key_deed(&caller.actor(), deed, &custody.key)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
