//! `GET /api/v1/record/who-saw`: who has been shown a message or a record.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use verbatim_engine::Engine;
use verbatim_engine::access::Sought;
use verbatim_engine::views::{SightingView, WhoSawView};

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::{Query, bad_query};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which record: one of the two.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhoSawQuery {
    /// Id of a message.
    message: Option<String>,
    /// Position of a record in the log.
    record: Option<u64>,
}

impl WhoSawQuery {
    fn sought(&self) -> Result<Sought, Problem> {
        match (&self.message, self.record) {
            (Some(id), None) => {
                let id = id.parse().map_err(|_| bad_query("`message` is no id"))?;
                Ok(Sought::Message(id))
            }
            (None, Some(position)) => Ok(Sought::Record(position)),
            _ => Err(bad_query("give either `message` or `record`")),
        }
    }
}

/// Who has been shown a record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhoSaw {
    /// Position of the record in the log.
    log_index: u64,
    /// Its conversation; null for the installation's own records.
    conversation: Option<String>,
    /// Its position in the conversation.
    conversation_seq: u64,
    /// Its kind.
    #[schema(example = "message_in")]
    kind: String,
    /// Each view, export and proof that covers it, in order.
    seen: Vec<Sighting>,
    /// Positions in the log of views, exports and proofs that do not open: whether they cover it cannot be said.
    unreadable: Vec<u64>,
}

/// Somebody was shown a part of a conversation, or handed records.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sighting {
    /// Position in the log of the record that says so; of an export, its id.
    log_index: u64,
    /// `view`, `export` or `proof`.
    #[schema(example = "view")]
    kind: String,
    /// What was done; of an export, what it selected.
    #[schema(example = "timeline")]
    what: String,
    /// Who.
    actor: String,
    /// What for; empty if they did not say.
    purpose: String,
    /// When, Unix milliseconds.
    at_ms: i64,
    /// First position in the conversation that was shown; null for an export.
    first: Option<u64>,
    /// Last one.
    last: Option<u64>,
}

impl From<SightingView> for Sighting {
    fn from(v: SightingView) -> Self {
        Self {
            log_index: v.log_index,
            kind: v.kind,
            what: v.what,
            actor: v.actor,
            purpose: v.purpose,
            at_ms: v.at_ms,
            first: v.range.map(|(first, _)| first),
            last: v.range.map(|(_, last)| last),
        }
    }
}

impl From<WhoSawView> for WhoSaw {
    fn from(v: WhoSawView) -> Self {
        Self {
            log_index: v.log_index,
            conversation: v.conversation,
            conversation_seq: v.conversation_seq,
            kind: v.kind,
            seen: v.seen.into_iter().map(Sighting::from).collect(),
            unreadable: v.unreadable,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/record/who-saw",
        Needs::Scope(Scope::Record),
        who_saw,
    )
}

/// Who has been shown a message or a record: from the chain of its conversation, and from the exports that
/// had it. Asking is recorded too.
#[utoipa::path(get, path = "/api/v1/record/who-saw", tag = "record", params(WhoSawQuery),
    responses((status = 200, body = WhoSaw)))]
pub(crate) async fn who_saw(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    Query(query): Query<WhoSawQuery>,
) -> Result<Json<WhoSaw>, Problem> {
    let view = engine.who_saw(&caller.viewer(), query.sought()?).await?;
    Ok(Json(view.into()))
}
