//! `GET /api/v1/retention`: the rules, and what they have filled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::{BucketView, RetentionView, RuleView};

use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// How long records are kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retention {
    /// The rules in force; the one that keeps a record longest decides.
    rules: Vec<RetentionRule>,
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

impl From<RuleView> for RetentionRule {
    fn from(v: RuleView) -> Self {
        Self {
            class: v.class,
            name: v.name,
            months: v.months,
            starts: v.starts,
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

impl From<RetentionView> for Retention {
    fn from(v: RetentionView) -> Self {
        Self {
            rules: v.rules.into_iter().map(RetentionRule::from).collect(),
            buckets: v.buckets.into_iter().map(RetentionBucket::from).collect(),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/retention", Needs::Scope(Scope::Read), retention)
}

/// The rules in force, and the records they keep, by class and month of expiry.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention",
    responses((status = 200, body = Retention)))]
pub(crate) async fn retention(
    State(engine): State<Arc<Engine>>,
) -> Result<Json<Retention>, Problem> {
    Ok(Json(engine.retention().await?.into()))
}
