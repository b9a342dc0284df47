//! The suite that every store passes: plain functions over the ports, run on each database.

mod anchors;
pub(crate) mod config;
mod consent;
mod crypto;
mod faults;
mod inbound;
mod jobs;
mod keys;
mod lease;
pub(crate) mod log;
mod messages;
pub(crate) mod older;
mod people;
mod receipt;
mod retention;
mod signed_log;
mod unplaced;
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
        anchors::CASES,
        config::CASES,
        consent::CASES,
        crypto::CASES,
        faults::CASES,
        inbound::CASES,
        jobs::CASES,
        keys::CASES,
        lease::CASES,
        log::CASES,
        messages::CASES,
        people::CASES,
        receipt::CASES,
        signed_log::CASES,
        retention::CASES,
        unplaced::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
