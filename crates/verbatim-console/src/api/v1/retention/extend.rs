//! `POST /api/v1/retention/extend`: keep what a class has collected for longer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Whose;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// What, and by how much.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendRetention {
    /// The class.
    class: u8,
    /// How many months longer.
    #[schema(minimum = 1, maximum = 1200)]
    months: u32,
    /// Whose records; everybody's if left out.
    #[serde(default)]
    of: Whose,
}

/// What it did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Extended {
    /// How many buckets are kept longer now; null where it is somebody's records that are, wherever they are.
    buckets: Option<usize>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/retention/extend",
        Needs::Scope(Scope::Dispose),
        extend_retention,
    )
}

/// Keeps all records of a class that there are for longer, or those of somebody. This cannot be undone.
#[utoipa::path(post, path = "/api/v1/retention/extend", tag = "retention", request_body = ExtendRetention,
    responses((status = 200, body = Extended)))]
pub(crate) async fn extend_retention(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<ExtendRetention>,
) -> Result<Json<Extended>, Problem> {
    let (actor, class, months) = (caller.actor(), wish.class, wish.months);
    let buckets = match wish.of.member()? {
        None => Some(engine.extend_retention(&actor, class, months).await?),
        Some(member) => {
            engine.extend_for(&actor, &member, class, months).await?;
            None
        }
    };
    Ok(Json(Extended { buckets }))
}
