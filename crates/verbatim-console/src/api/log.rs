//! `GET /log/…`: the signed log, file by file, as C2SP `tlog-tiles` lays it out.
//!
//! It needs no token: it holds no personal data, and whoever verifies it should not need to be trusted.
//! Any node answers, from the store.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};
use verbatim_engine::{Engine, LogError};
use verbatim_record::tile::{TileId, parse_entries_path};

use super::problem::Problem;

/// Where it lies.
pub(super) const PATH: &str = "/log/{*path}";

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
const CHANGES: &str = "no-cache";
const NEVER_CHANGES: &str = "public, max-age=31536000, immutable";

/// One file of the log.
pub(super) async fn file(
    State(engine): State<Arc<Engine>>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let found = if path == "checkpoint" {
        let note = engine.latest_cosigned().await.map_err(LogError::from);
        note.map(|note| note.map(|note| (kept(TEXT, CHANGES), note.into_bytes())))
    } else if let Ok((index, width)) = parse_entries_path(&path) {
        let entries = engine.entries(index, width).await;
        entries.map(|bytes| bytes.map(|bytes| (kept(BYTES, NEVER_CHANGES), bytes)))
    } else if let Ok(id) = path.parse::<TileId>() {
        let tile = engine.tile(id).await;
        tile.map(|bytes| bytes.map(|bytes| (kept(BYTES, NEVER_CHANGES), bytes)))
    } else {
        Ok(None)
    };
    match found {
        Ok(Some(file)) => Ok(file.into_response()),
        Ok(None) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "log.no_such_file",
            "The signed log has no such file: see C2SP tlog-tiles for its paths.",
        )),
        Err(error) => Err(failed(&error)),
    }
}

type Kept = [(HeaderName, &'static str); 2];

const fn kept(kind: &'static str, cache: &'static str) -> Kept {
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)]
}

fn failed(error: &LogError) -> Problem {
    tracing::error!(%error, "the signed log could not be read");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "log.unavailable",
        "The signed log cannot be read now: see the service's log.",
    )
    .retry_after(5)
}
