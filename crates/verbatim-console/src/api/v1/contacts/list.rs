//! `GET /api/v1/contacts`: all contacts, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Contact;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::page::{Page, PageQuery, Paging};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/contacts", Needs::Scope(Scope::Read), list_contacts)
}

/// All contacts in order of their coming. That they were shown is recorded.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(PageQuery),
    responses((status = 200, body = Page<Contact>)))]
pub(crate) async fn list_contacts(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    paging: Paging,
) -> Result<Json<Page<Contact>>, Problem> {
    let page = engine.list_contacts(&caller.viewer(), paging.at()).await;
    Page::of(page, |contact| Contact::shown(contact, &caller))
}
