//! `POST /api/v1/contacts/bulk`: add up to a hundred contacts, with a report for each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::{Contact, NewContact, add_one};
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::{Problem, ProblemBody};
use crate::api::scope::{Needs, Scope};

/// The most that one request may add.
const ITEMS: usize = 100;

/// Who is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContacts {
    /// At most 100.
    #[schema(max_items = 100)]
    items: Vec<NewContact>,
}

/// What became of each, in the order they were given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkReport {
    /// One for each item of the request.
    items: Vec<BulkItem>,
    /// How many of them failed.
    failed: usize,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "lowercase")]
pub(crate) enum BulkItem {
    /// Added or named.
    Ok {
        /// The contact as it is now.
        contact: Contact,
    },
    /// Nothing was changed for this one.
    Error {
        /// Why.
        error: ProblemBody,
    },
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/contacts/bulk",
        Needs::Scope(Scope::Provision),
        add_contacts,
    )
}

/// Adds up to 100 contacts. Answers 200 with a report for each, also if some or all failed. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/contacts/bulk", tag = "contacts", request_body = NewContacts,
    responses((status = 200, body = BulkReport)))]
pub(crate) async fn add_contacts(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(new): input::Json<NewContacts>,
) -> Result<Json<BulkReport>, Problem> {
    if new.items.len() > ITEMS {
        return Err(Problem::invalid(
            "items.too.many",
            format!("Send at most {ITEMS} items at once."),
        ));
    }
    let mut items = Vec::with_capacity(new.items.len());
    for contact in &new.items {
        items.push(match add_one(&engine, &caller, contact).await {
            Ok(contact) => BulkItem::Ok { contact },
            Err(problem) => BulkItem::Error {
                error: problem.to_body(),
            },
        });
    }
    let failed = items
        .iter()
        .filter(|item| matches!(item, BulkItem::Error { .. }))
        .count();
    Ok(Json(BulkReport { items, failed }))
}
