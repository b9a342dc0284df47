//! `POST /api/v1/conversations/consent`: enter what a client said about being texted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_domain::consent::Consent;
use verbatim_engine::Engine;

use super::Conversation;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// In which conversation, what the client said, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterConsent {
    /// Its id.
    conversation: String,
    /// `opted-in` or `opted-out`.
    #[schema(value_type = String, example = "opted-out")]
    consent: Consent,
    /// How it is known: for the record.
    #[schema(max_length = 200, example = "by telephone on 3 May")]
    because: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/conversations/consent",
        Needs::Scope(Scope::Provision),
        enter_consent,
    )
}

/// Enters what a client said by another way than a text. It counts for the two numbers of the conversation,
/// is recorded, and the employee is told. A carrier keeps its own list: what it refuses stays refused.
#[utoipa::path(post, path = "/api/v1/conversations/consent", tag = "conversations",
    request_body = EnterConsent, responses((status = 200, body = Conversation)))]
pub(crate) async fn enter_consent(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(said): input::Json<EnterConsent>,
) -> Result<Json<Conversation>, Problem> {
    let id = input::id(&said.conversation, "conversation")?;
    let because = input::name(&said.because)?;
    let actor = caller.actor();
    let view = engine.enter_consent(&actor, id, said.consent, because);
    Ok(Json(Conversation::shown(view.await?, &caller)))
}
