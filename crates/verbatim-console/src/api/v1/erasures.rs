//! `POST /api/v1/erasures`: somebody wants everything about a contact erased (GDPR article 17).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::disposals::Disposals;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// About whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestErasure {
    /// One of the contact's numbers.
    #[schema(example = "+14155552671")]
    contact: String,
}

/// The answer, as it is recorded. A refusal is an answer, not an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erasure {
    /// Id of the contact.
    contact: String,
    /// `refused`, `proposed` or `nothing_left`.
    #[schema(example = "refused")]
    answer: String,
    /// What binds, and until when.
    because: Vec<String>,
    /// How many records about them can be read now.
    records: u64,
    /// How many of these say who looked at the contact's conversations: they hold nothing of the contact's,
    /// bind nothing, and stay until their own time.
    left: u64,
    /// The disposals that were proposed for it now; somebody else must approve each.
    proposed: Disposals,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/erasures",
        Needs::Scope(Scope::Dispose),
        request_erasure,
    )
}

/// Answers the wish that everything about a contact be erased: refused while a retention rule or a hold
/// binds any of it, else the disposal of what has expired is proposed. Records of who looked at it bind nothing
/// and are left. Wish and answer are recorded.
#[utoipa::path(post, path = "/api/v1/erasures", tag = "disposals", request_body = RequestErasure,
    responses((status = 200, body = Erasure)))]
pub(crate) async fn request_erasure(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<RequestErasure>,
) -> Result<Json<Erasure>, Problem> {
    let view = engine
        .request_erasure(&caller.actor(), &wish.contact)
        .await?;
    Ok(Json(Erasure {
        contact: view.contact,
        answer: view.answer,
        because: view.because,
        records: view.records,
        left: view.left,
        proposed: view.proposed.into(),
    }))
}
