//! Disposals of what has expired.

pub(crate) mod approve;
pub(crate) mod list;
pub(crate) mod propose;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod withdraw;

use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::DisposalView;

use super::acts::Act;

/// The disposal of a bucket, or of a contact's records in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disposal {
    /// Our id.
    id: String,
    /// The class of its records.
    class: u8,
    /// The name of the class.
    name: String,
    /// The month with which they expired.
    #[schema(example = "2033-11")]
    expired: String,
    /// The contact whose records alone are meant (an erasure); null for the whole bucket.
    contact: Option<String>,
    /// `proposed`, `lapsed` (nobody approved it within 30 days), `withdrawn`, `approved`, `destroyed` or `done`.
    #[schema(example = "approved")]
    state: String,
    /// Who proposed it.
    proposed: Act,
    /// Who approved it.
    approved: Option<Act>,
    /// Who took it back.
    withdrawn: Option<Act>,
    /// When the key was destroyed, Unix milliseconds.
    destroyed_ms: Option<i64>,
    /// How many records it made unreadable.
    disposed: u64,
    /// How many it left to holds.
    held: u64,
}

/// Several disposals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disposals {
    /// In the order in which they were proposed.
    items: Vec<Disposal>,
}

impl From<DisposalView> for Disposal {
    fn from(v: DisposalView) -> Self {
        Self {
            id: v.id,
            class: v.class,
            name: v.name,
            expired: v.expired,
            contact: v.contact,
            state: v.state,
            proposed: v.proposed.into(),
            approved: v.approved.map(Act::from),
            withdrawn: v.withdrawn.map(Act::from),
            destroyed_ms: v.destroyed_ms,
            disposed: v.disposed,
            held: v.held,
        }
    }
}

impl From<Vec<DisposalView>> for Disposals {
    fn from(views: Vec<DisposalView>) -> Self {
        let items = views.into_iter().map(Disposal::from).collect();
        Self { items }
    }
}
