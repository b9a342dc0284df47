//! `GET /api/v1/numbers`: all virtual numbers, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Number;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::page::{Page, PageQuery, Paging, unknown_cursor};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/numbers", Needs::Scope(Scope::Read), list_numbers)
}

/// All virtual numbers in order of their coming, with who holds them.
#[utoipa::path(get, path = "/api/v1/numbers", tag = "numbers", params(PageQuery),
    responses((status = 200, body = Page<Number>)))]
pub(crate) async fn list_numbers(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    paging: Paging,
) -> Result<Json<Page<Number>>, Problem> {
    let all = engine.list_numbers().await?;
    // The engine lists them all at once; the cursor is the id of the last one shown.
    let from = match &paging.after {
        None => 0,
        Some(id) => {
            1 + all
                .iter()
                .position(|n| n.id == *id)
                .ok_or_else(unknown_cursor)?
        }
    };
    let limit = paging.limit as usize;
    let more = all.len() > from + limit;
    let items: Vec<Number> = all
        .into_iter()
        .skip(from)
        .take(limit)
        .map(|n| Number::shown(n, &caller))
        .collect();
    let next = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(Page { items, next }))
}
