//! `GET /api/v1/conversations/{id}/timeline`: the records of a conversation, opened and checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use verbatim_engine::Engine;
use verbatim_engine::views::{DisposedView, RecordView};

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::{ConversationPath, Query, bad_query};
use crate::api::page::{Page, checked_limit, unknown_cursor};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// A record. Times are Unix milliseconds, 0 where not known; texts are empty where there are none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Record {
    /// Position in the log.
    log_index: u64,
    /// Position in the conversation.
    conversation_seq: u64,
    /// `message_in`, `message_out`, `status`, …
    #[schema(example = "message_in")]
    kind: String,
    /// When we captured it.
    captured_ms: i64,
    /// When its origin says that it happened.
    origin_ms: i64,
    /// When the carrier or the homeserver says that it happened.
    provider_ms: i64,
    /// Who did it.
    actor: String,
    /// From whom.
    from: String,
    /// To whom.
    to: String,
    /// Id of the message it is about.
    message: String,
    /// The text as typed or received.
    text: String,
    /// The text as transmitted, where it differs.
    transmitted: String,
    /// The rule that decided, with its version.
    rule: String,
    /// Its reason code.
    reason: String,
    /// Ids elsewhere.
    refs: BTreeMap<String, String>,
    /// Details.
    details: BTreeMap<String, String>,
    /// Size of the raw evidence kept with it, in bytes.
    evidence_bytes: usize,
    /// Hash of its leaf in the log, hex.
    leaf_hash: String,
    /// When it was disposed of; null if it can be read.
    disposed: Option<Disposed>,
    /// Why it does not open, though nobody has disposed of it: it is damaged, or not by Verbatim. Null if it does.
    unreadable: Option<String>,
}

/// A record that nobody can read any more: only its place, kind and time are left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disposed {
    /// When its key was destroyed, Unix milliseconds.
    at_ms: i64,
    /// Position in the log of the certificate.
    certificate: u64,
}

impl From<DisposedView> for Disposed {
    fn from(v: DisposedView) -> Self {
        Self {
            at_ms: v.at_ms,
            certificate: v.certificate,
        }
    }
}

impl From<RecordView> for Record {
    fn from(v: RecordView) -> Self {
        Self {
            log_index: v.log_index,
            conversation_seq: v.conversation_seq,
            kind: v.kind,
            captured_ms: v.captured_ms,
            origin_ms: v.origin_ms,
            provider_ms: v.provider_ms,
            actor: v.actor,
            from: v.from,
            to: v.to,
            message: v.message,
            text: v.text,
            transmitted: v.transmitted,
            rule: v.rule,
            reason: v.reason,
            refs: v.refs,
            details: v.details,
            evidence_bytes: v.evidence_bytes,
            leaf_hash: v.leaf_hash,
            disposed: v.disposed.map(Disposed::from),
            unreadable: v.unreadable,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/conversations/{id}/timeline",
        Needs::Scope(Scope::Record),
        timeline,
    )
}

/// Which part of a timeline.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineQuery {
    /// The `next` of the page before; without it, the first page.
    after: Option<String>,
    /// Instead of `after`: the position in the conversation to begin at. Positions have no gaps.
    from: Option<u64>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<u32>,
}

impl TimelineQuery {
    /// Where to begin, and before which position to end.
    fn part(&self) -> Result<(u64, Option<u64>), Problem> {
        match (&self.after, self.from) {
            (None, from) => Ok((from.unwrap_or(0), None)),
            // The cursor is the first position of the next page, and where the first page saw the end.
            (Some(cursor), None) => {
                let (from, end) = cursor.split_once('-').ok_or_else(unknown_cursor)?;
                let number = |text: &str| text.parse().map_err(|_| unknown_cursor());
                Ok((number(from)?, Some(number(end)?)))
            }
            (Some(_), Some(_)) => Err(bad_query("`after` and `from` exclude each other")),
        }
    }
}

/// The records of a conversation in order, each opened and checked against its leaf; one that does not open
/// shows its leaf and says so. Each page is recorded as a view, behind what it shows; `next` leads to what was
/// there when the first page was asked for.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/timeline", tag = "record",
    params(("id" = String, Path, description = "The conversation's id."), TimelineQuery),
    responses((status = 200, body = Page<Record>)))]
pub(crate) async fn timeline(
    State(engine): State<Arc<Engine>>,
    ConversationPath(id): ConversationPath,
    caller: Caller,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<Page<Record>>, Problem> {
    let ((from, end), limit) = (query.part()?, checked_limit(query.limit)?);
    let viewer = caller.viewer();
    let part = engine.timeline(&viewer, id, from, end, limit).await?;
    Ok(Json(Page {
        items: part.items.into_iter().map(Record::from).collect(),
        next: part.next.map(|(from, end)| format!("{from}-{end}")),
    }))
}
