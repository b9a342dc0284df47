//! Every HTTP surface of Verbatim, as five routers for five listeners.
//!
//! | router | who calls it | listener |
//! |---|---|---|
//! | [`edge_router`] | carriers, from the internet | public |
//! | [`appservice_router`] | the homeserver | private |
//! | [`api_router`] | operators' programs | private |
//! | [`client_router`] | employees' browsers | private, or through a TLS-terminating proxy |
//! | [`ops_router`] | supervisors and Prometheus | private, no authentication |
//!
//! A handler reads a bounded body, asks the engine, and turns the answer into a status; it decides
//! nothing. Each endpoint is one file: its API text, its handler and its tests.
//! Every request is traced and counted. [`serve()`] runs a router on a listener.

mod api;
mod appservice;
mod body;
mod client;
mod edge;
mod ops;
mod serve;
#[cfg(test)]
mod testing;
mod trace;

pub use api::{COMMAND_LINE, OPERATOR, PURPOSE, SCOPES, api_router, local_api_router, openapi};
pub use appservice::appservice_router;
pub use client::{ClientSite, client_router};
pub use edge::edge_router;
pub use ops::{OpsState, ops_router};
pub use serve::serve;
pub use trace::LISTENER;
