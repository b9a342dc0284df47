//! `POST /api/v1/exports`: begin an export.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_record::bundle::{Head, Of, Selection};

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Longest purpose, in characters.
const LONGEST_PURPOSE: usize = 1000;

/// Whose records: exactly one of these, or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Whose {
    /// Everybody's, and those about the installation.
    All,
    /// Of a conversation, by id.
    Conversation(String),
    /// Of an employee, by platform account.
    Person(String),
    /// Of one of the firm's numbers.
    Number(String),
    /// Of a contact, by id.
    Contact(String),
}

/// What is wanted, and what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginExport {
    /// Whose records.
    of: Whose,
    /// Captured at this time or later, Unix milliseconds.
    #[serde(default)]
    from_ms: Option<i64>,
    /// Captured before this time, Unix milliseconds.
    #[serde(default)]
    to_ms: Option<i64>,
    /// Why; goes into the record of the export.
    #[serde(default)]
    #[schema(example = "Regulator's request 2026-117", max_length = 1000)]
    purpose: String,
}

/// An export that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Export {
    /// Position of its record in the log: names it, and only older records are in it.
    position: u64,
    /// When, Unix milliseconds.
    at_ms: i64,
    /// The head of its bundle (docs/formats/bundle.md).
    #[schema(value_type = Object)]
    head: Head,
    /// The log's name.
    origin: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post("/api/v1/exports", Needs::Scope(Scope::Export), begin_export)
}

/// Begins an export: records who takes what and why, before anything is handed out.
#[utoipa::path(post, path = "/api/v1/exports", tag = "record", request_body = BeginExport,
    responses((status = 201, body = Export)))]
pub(crate) async fn begin_export(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<BeginExport>,
) -> Result<(StatusCode, Json<Export>), Problem> {
    if wish.purpose.chars().count() > LONGEST_PURPOSE {
        let detail = format!("A purpose may have {LONGEST_PURPOSE} characters.");
        return Err(Problem::invalid("purpose.too.long", detail));
    }
    let selection = Selection {
        of: of(wish.of)?,
        from_ms: wish.from_ms,
        to_ms: wish.to_ms,
    };
    let head = engine
        .begin_export(&caller.actor(), &wish.purpose, &selection)
        .await?;
    let export = Export {
        position: head.position,
        at_ms: head.at_ms,
        head,
        origin: engine.log_origin().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(export)))
}

fn of(whose: Whose) -> Result<Of, Problem> {
    Ok(match whose {
        Whose::All => Of::All,
        Whose::Conversation(id) => Of::Conversation(id.parse().map_err(|_| {
            let detail =
                "That is not the id of a conversation: `verbatim conversation list` shows them.";
            Problem::new(StatusCode::NOT_FOUND, "conversation.not.found", detail)
        })?),
        Whose::Person(user) => Of::Person(user),
        Whose::Number(number) => Of::Number(number),
        Whose::Contact(id) => Of::Contact(id),
    })
}
