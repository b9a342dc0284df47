//! The suite that every store passes: plain functions over the ports, run on each database.
#![allow(clippy::unwrap_used, reason = "a case that cannot go on has failed")]

mod crypto;
mod faults;
mod inbound;
mod jobs;
mod lease;
pub(crate) mod log;
mod messages;
mod people;
mod receipt;
pub(crate) mod world;

use futures_util::future::BoxFuture;
use world::World;

/// A named case. It gets an empty store.
pub(crate) type Case = (&'static str, for<'a> fn(&'a World) -> BoxFuture<'a, ()>);

/// Lists functions as cases.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// The cases of this file.
        pub(crate) const CASES: &[super::Case] =
            &[$((concat!(module_path!(), "::", stringify!($name)), |w| Box::pin($name(w)))),*];
    };
}
pub(crate) use cases;

/// Every case.
pub(crate) fn all() -> impl Iterator<Item = Case> {
    [
        crypto::CASES,
        faults::CASES,
        inbound::CASES,
        jobs::CASES,
        lease::CASES,
        log::CASES,
        messages::CASES,
        people::CASES,
        receipt::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
