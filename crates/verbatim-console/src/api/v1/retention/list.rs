//! `GET /api/v1/retention`: the rules, and what they have filled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::{BucketView, ExtensionView, RetentionView, RuleView};

use super::{Whose, shown};
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::Query;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// How long records are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retention {
    /// The rules in force; the one that keeps a record longest decides.
    rules: Vec<RetentionRule>,
    /// What somebody's records are kept longer by.
    extensions: Vec<RetentionExtension>,
    /// Records that are disposed of together.
    buckets: Vec<RetentionBucket>,
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionRule {
    /// Its class.
    class: u8,
    /// Its name.
    name: String,
    /// Its months.
    months: u32,
    /// `creation` or `fiscal_year_end`.
    #[schema(example = "creation")]
    starts: String,
    /// Whose records: `employee @…`, `number +…`, `conversation …`; everybody's if empty. Numbers are masked
    /// for tokens without scope `record` or `provision`.
    of: Vec<String>,
}

/// Somebody's records of a class are kept longer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionExtension {
    /// Whose.
    of: String,
    /// The class that they were made with.
    class: u8,
    /// How many months longer; the longest counts.
    months: u32,
    /// Who said so.
    by: String,
    /// When, Unix milliseconds: of records captured up to then.
    at_ms: i64,
}

/// Records that are disposed of together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetentionBucket {
    /// Their class.
    class: u8,
    /// Its name.
    name: String,
    /// The month with whose end they may be disposed of; null if never.
    #[schema(example = "2033-11")]
    expires: Option<String>,
    /// How many can be read.
    records: u64,
    /// State of their disposal: `proposed`, `approved`, `destroyed`, `done`; null if nobody proposed one.
    disposal: Option<String>,
}

impl RetentionRule {
    fn shown(v: RuleView, caller: &Caller) -> Self {
        Self {
            class: v.class,
            name: v.name,
            months: v.months,
            starts: v.starts,
            of: v.of.iter().map(|of| shown(of, caller)).collect(),
        }
    }
}

impl RetentionExtension {
    fn shown(v: ExtensionView, caller: &Caller) -> Self {
        Self {
            of: shown(&v.of, caller),
            class: v.class,
            months: v.months,
            by: v.by,
            at_ms: v.at_ms,
        }
    }
}

impl From<BucketView> for RetentionBucket {
    fn from(v: BucketView) -> Self {
        Self {
            class: v.class,
            name: v.name,
            expires: v.expires,
            records: v.records,
            disposal: v.disposal,
        }
    }
}

impl Retention {
    fn shown(v: RetentionView, caller: &Caller) -> Self {
        let rules = v.rules.into_iter();
        let extensions = v.extensions.into_iter();
        Self {
            rules: rules.map(|r| RetentionRule::shown(r, caller)).collect(),
            extensions: extensions
                .map(|e| RetentionExtension::shown(e, caller))
                .collect(),
            buckets: v.buckets.into_iter().map(RetentionBucket::from).collect(),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/retention", Needs::Scope(Scope::Read), retention)
}

/// The rules in force, and the records they keep, by class and month of expiry; for the firm, or for somebody.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention", params(Whose),
    responses((status = 200, body = Retention)))]
pub(crate) async fn retention(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<Json<Retention>, Problem> {
    let whose = whose.member()?;
    let viewer = caller.viewer();
    let view = engine.show_retention(&viewer, whose.as_ref()).await?;
    Ok(Json(Retention::shown(view, &caller)))
}
