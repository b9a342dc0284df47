//! Legal holds.

pub(crate) mod approve;
pub(crate) mod keep;
pub(crate) mod list;
pub(crate) mod release;
pub(crate) mod set;

use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::HoldView;

use super::acts::Act;

/// A legal hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hold {
    /// Our id.
    id: String,
    /// Its name.
    name: String,
    /// Why.
    reason: String,
    /// Whom it covers, as it was asked for.
    covers: String,
    /// `standing`, `release_asked` or `released`.
    #[schema(example = "standing")]
    state: String,
    /// Who set it.
    set: Act,
    /// Who asked for its release.
    asked: Option<Act>,
    /// Who agreed to that.
    released: Option<Act>,
}

impl From<HoldView> for Hold {
    fn from(v: HoldView) -> Self {
        Self {
            id: v.id,
            name: v.name,
            reason: v.reason,
            covers: v.covers,
            state: v.state,
            set: v.set.into(),
            asked: v.asked.map(Act::from),
            released: v.released.map(Act::from),
        }
    }
}
