//! Contacts: the firm's clients.

pub(crate) mod add;
pub(crate) mod bulk;
pub(crate) mod list;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::ContactView;

use crate::api::caller::Caller;
use crate::api::input;
use crate::api::problem::Problem;

/// A contact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contact {
    /// Our id.
    id: String,
    /// Name; empty while unknown.
    name: String,
    /// Phone numbers, E.164; masked for tokens without scope `record` or `provision`.
    #[schema(example = json!(["+14155552671"]))]
    numbers: Vec<String>,
    /// `incomplete`, `confirmed`, …
    #[schema(example = "confirmed")]
    state: String,
    /// When it was added, Unix milliseconds.
    created_ms: i64,
}

impl Contact {
    fn shown(view: ContactView, caller: &Caller) -> Self {
        let ContactView {
            id,
            name,
            numbers,
            state,
            created_ms,
        } = view;
        let numbers = numbers.iter().map(|n| caller.number(n)).collect();
        Self {
            id,
            name,
            numbers,
            state,
            created_ms,
        }
    }
}

/// A contact to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContact {
    /// As people write it, with country code.
    #[schema(example = "+14155552671")]
    number: String,
    /// Name, if known.
    #[schema(max_length = 200)]
    #[serde(default)]
    name: Option<String>,
}

/// Adds one contact; the same for one alone and for one of many.
async fn add_one(engine: &Engine, caller: &Caller, new: &NewContact) -> Result<Contact, Problem> {
    let name = input::optional_name(new.name.as_deref())?.unwrap_or_default();
    let view = engine
        .add_contact(&caller.actor(), &new.number, name)
        .await?;
    Ok(Contact::shown(view, caller))
}
