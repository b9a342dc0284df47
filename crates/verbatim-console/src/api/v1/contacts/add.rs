//! `POST /api/v1/contacts`: add a contact.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::{Contact, NewContact, add_one};
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/contacts",
        Needs::Scope(Scope::Provision),
        add_contact,
    )
}

/// Adds a contact, or names the one who has that number. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/contacts", tag = "contacts", request_body = NewContact,
    responses((status = 200, body = Contact)))]
pub(crate) async fn add_contact(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(new): input::Json<NewContact>,
) -> Result<Json<Contact>, Problem> {
    add_one(&engine, &caller, &new).await.map(Json)
}
