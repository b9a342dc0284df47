//! Pages of listings: `?after=…&limit=…`, answered with `{items, next}`.

use axum::Json;
use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use verbatim_engine::admin::AdminError;
use verbatim_engine::ports::{self, StoreError};

use super::input::Query;
use super::problem::Problem;

const DEFAULT_LIMIT: u32 = 50;
const LIMIT: u32 = 1000;
const LONGEST_CURSOR: usize = 256;

/// Which page of a listing.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The `next` of the page before; without it, the first page.
    after: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<u32>,
}

/// A page of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Goes into `after` for the next page; null at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The engine's page, each item as this caller may see it.
    pub(crate) fn of<V>(
        page: Result<ports::Page<V>, AdminError>,
        show: impl FnMut(V) -> T,
    ) -> Result<Json<Self>, Problem> {
        let page = page.map_err(|error| match error {
            // Nothing else can contradict a listing.
            AdminError::Store(StoreError::Conflict(_)) => unknown_cursor(),
            error => error.into(),
        })?;
        Ok(Json(Self {
            items: page.items.into_iter().map(show).collect(),
            next: page.next,
        }))
    }
}

/// A checked [`PageQuery`].
#[derive(Debug)]
pub(crate) struct Paging {
    pub after: Option<String>,
    pub limit: u32,
}

impl Paging {
    /// As the engine takes it.
    pub(crate) fn at(self) -> ports::PageAt {
        ports::PageAt {
            after: self.after,
            limit: self.limit,
        }
    }
}

/// The cursor is not one of ours.
pub(crate) fn unknown_cursor() -> Problem {
    let detail = "`after` must be the `next` of the page before, unchanged.";
    Problem::new(StatusCode::BAD_REQUEST, "page.cursor.unknown", detail)
}

/// The limit that was asked for, if it may be.
pub(crate) fn checked_limit(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("`limit` must be from 1 to {LIMIT}.");
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "page.limit.out.of.range",
        detail,
    ))
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(query) = Query::<PageQuery>::from_request_parts(parts, state).await?;
        let limit = checked_limit(query.limit)?;
        let fits = |after: &String| (1..=LONGEST_CURSOR).contains(&after.len());
        if !query.after.as_ref().is_none_or(fits) {
            return Err(unknown_cursor());
        }
        Ok(Self {
            after: query.after,
            limit,
        })
    }
}
