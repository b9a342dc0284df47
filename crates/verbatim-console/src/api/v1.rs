//! The endpoints, one per file. The table here is all there is: the router and the description are made
//! from it.

pub(super) mod acts;
pub(super) mod alarms;
pub(super) mod checkpoints;
pub(super) mod contacts;
pub(super) mod conversations;
pub(super) mod description;
pub(super) mod disposals;
pub(super) mod employees;
pub(super) mod erasures;
pub(super) mod exports;
pub(super) mod holds;
pub(super) mod keys;
pub(super) mod me;
pub(super) mod numbers;
pub(super) mod proof;
pub(super) mod retention;
pub(super) mod status;
pub(super) mod tokens;
pub(super) mod verify;
pub(super) mod who_saw;

use super::endpoint::Endpoint;

/// Every endpoint.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        description::endpoint(),
        me::endpoint(),
        status::endpoint(),
        employees::list::endpoint(),
        employees::add::endpoint(),
        employees::end::endpoint(),
        numbers::list::endpoint(),
        numbers::add::endpoint(),
        numbers::assign::endpoint(),
        numbers::release::endpoint(),
        contacts::list::endpoint(),
        contacts::add::endpoint(),
        contacts::bulk::endpoint(),
        conversations::list::endpoint(),
        conversations::start::endpoint(),
        conversations::show::endpoint(),
        conversations::consent::endpoint(),
        conversations::messages::endpoint(),
        conversations::timeline::endpoint(),
        verify::endpoint(),
        exports::begin::endpoint(),
        exports::records::endpoint(),
        exports::certificate::endpoint(),
        exports::timestamp::endpoint(),
        exports::checkpoint::endpoint(),
        exports::tile::endpoint(),
        exports::policy::endpoint(),
        proof::endpoint(),
        who_saw::endpoint(),
        checkpoints::endpoint(),
        retention::list::endpoint(),
        retention::extend::endpoint(),
        holds::list::endpoint(),
        holds::set::endpoint(),
        holds::release::endpoint(),
        holds::approve::endpoint(),
        holds::keep::endpoint(),
        disposals::list::endpoint(),
        disposals::show::endpoint(),
        disposals::propose::endpoint(),
        disposals::approve::endpoint(),
        disposals::withdraw::endpoint(),
        disposals::run::endpoint(),
        erasures::endpoint(),
        alarms::list::endpoint(),
        alarms::clear::endpoint(),
        keys::show::endpoint(),
        keys::prepare::endpoint(),
        keys::rotate::endpoint(),
        keys::custody::endpoint(),
        tokens::list::endpoint(),
        tokens::create::endpoint(),
        tokens::revoke::endpoint(),
    ]
}
