//! `GET /api/v1/exports/{position}/records`: the records of an export.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use verbatim_engine::Engine;
use verbatim_engine::admin::Exported;
use verbatim_record::bundle::{Content, Entry};

use super::ExportPath;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordsQuery {
    /// The position in the log to begin at: 0, then the `next` of the page before.
    #[serde(default)]
    from: u64,
}

/// A line of the answer. The last line of a page has `next` alone: the position of the next page, or null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedRecord {
    /// The leaf, base64.
    leaf: String,
    /// The canonical body with its salt, base64; absent if it is not disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The key of the sealed copy, base64; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Why it is not disclosed.
    #[serde(skip_serializing_if = "Option::is_none")]
    undisclosed: Option<String>,
    /// Position in the log of the certificate that says so: `GET /api/v1/exports/{position}/certificate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<u64>,
}

impl From<&Exported> for ExportedRecord {
    fn from(exported: &Exported) -> Self {
        let key = exported.key.as_ref().map(|key| STANDARD.encode(**key));
        Self {
            key,
            ..Self::from(&exported.entry)
        }
    }
}

/// Without its key.
impl From<&Entry> for ExportedRecord {
    fn from(entry: &Entry) -> Self {
        let (body, undisclosed, certificate) = match &entry.content {
            Content::Disclosed { plain, .. } => (Some(STANDARD.encode(plain)), None, None),
            Content::Undisclosed(why) => (None, Some(why.why.clone()), Some(why.certificate)),
        };
        Self {
            leaf: STANDARD.encode(entry.leaf.encode()),
            body,
            key: None,
            undisclosed,
            certificate,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/exports/{position}/records",
        Needs::Scope(Scope::Export),
        export_records,
    )
}

/// Records of an export, each opened and checked, in lines of JSON (NDJSON). The export's own record is the last. Only
/// who began the export gets them.
#[utoipa::path(get, path = "/api/v1/exports/{position}/records", tag = "record",
    params(("position" = u64, Path, description = "The export's number."), RecordsQuery),
    responses((status = 200, body = ExportedRecord, content_type = "application/x-ndjson")))]
pub(crate) async fn export_records(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    ExportPath(position): ExportPath,
    Query(query): Query<RecordsQuery>,
) -> Result<impl IntoResponse, Problem> {
    let page = engine
        .export_page(&caller.actor(), position, query.from)
        .await?;
    let mut lines = String::new();
    for exported in &page.records {
        // Plain data: JSON can say all of it.
        lines.push_str(&serde_json::to_string(&ExportedRecord::from(exported)).unwrap_or_default());
        lines.push('\n');
    }
    lines.push_str(&serde_json::json!({"next": page.next}).to_string());
    lines.push('\n');
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines))
}
