//! Who did something, and when: shared by holds and disposals.

use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::ActView;

/// Who did something, and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Act {
    /// Who.
    #[schema(example = "operator:ann")]
    by: String,
    /// When, Unix milliseconds.
    at_ms: i64,
}

impl From<ActView> for Act {
    fn from(v: ActView) -> Self {
        Self {
            by: v.by,
            at_ms: v.at_ms,
        }
    }
}
