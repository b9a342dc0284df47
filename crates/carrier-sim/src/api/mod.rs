//! The provider's public API, version 2010-04-01: what the product and the provider's own SDKs
//! call.

mod account;
mod auth;
mod error;
mod fetch;
mod list;
mod numbers;
mod send;
mod strike;
mod view;

use crate::sim::Sim;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;

/// Pairs of names and values, as a query or a form carries them.
type Pairs = Vec<(String, String)>;

/// All of it. Faults strike outside of authentication, as a broken network does.
pub(crate) fn router(sim: &Arc<Sim>) -> Router<Arc<Sim>> {
    let api = Router::new()
        .route("/Accounts/{account}", get(account::handle))
        .route(
            "/Accounts/{account}/Messages.json",
            get(list::handle).post(send::handle),
        )
        .route("/Accounts/{account}/Messages/{sid}", get(fetch::handle))
        .route(
            "/Accounts/{account}/IncomingPhoneNumbers.json",
            get(numbers::handle),
        )
        .fallback(error::not_found)
        .layer(from_fn_with_state(Arc::clone(sim), auth::check))
        .layer(from_fn_with_state(Arc::clone(sim), strike::around));
    Router::new().nest("/2010-04-01", api)
}

fn pairs(encoded: &[u8]) -> Pairs {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

/// The last value of a name, as the provider takes it; an empty one counts as absent.
fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    let found = pairs.iter().rev().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}
