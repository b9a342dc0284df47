//! Exports: records are taken away, with what proves them. `verbatim export` makes a bundle from these.

pub(crate) mod begin;
pub(crate) mod certificate;
pub(crate) mod checkpoint;
pub(crate) mod policy;
pub(crate) mod records;
pub(crate) mod tile;
pub(crate) mod timestamp;

use axum::extract::{FromRequestParts, Path};
use http::StatusCode;
use http::request::Parts;

use crate::api::problem::Problem;

/// The export that a path names: the position of its record.
pub(crate) struct ExportPath(pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for ExportPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let position = Path::<u64>::from_request_parts(parts, state).await;
        position.map(|Path(position)| Self(position)).map_err(|_| {
            let detail = "That is not the number of an export.";
            Problem::new(StatusCode::NOT_FOUND, "export.not.found", detail)
        })
    }
}
